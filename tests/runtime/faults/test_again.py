"""The laws of a replay: whatever a campaign told of is run again, where it was run, and each of its faults is shown."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from blocks.chip import Chip
from runtime.cli import trials
from runtime.cli.main import main
from runtime.faults.again import in_part
from runtime.faults.agree import Agreement
from runtime.faults.campaign import local
from runtime.faults.recovery import IN_PART
from runtime.faults.scene import Scene, Told
from runtime.faults.shown import Names
from runtime.faults.trial import CampaignError, Trial
from tests.runtime.faults import planted

MINI = local("mini")
ALONE = "bring-up:0:error@pll[0]:68-"  # with Timed in mini, pll[0] polls more often when it climbs alone: 70 accesses
TWICE = "bring-up:0:reset@288+,reset@pll[2]:12+"  # between the marks of Marked


def late(_agreement: Agreement, _trial: Trial, _told: Told) -> str:
    """Say that a trial ended otherwise under trio."""
    return "under trio: late; on the heap: recovered"


def test_what_only_a_part_makes_is_run_again_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault at an access that the whole chip does not make strikes in its part, and the command shows it there."""
    load = planted.planted(planted.Timed)
    scene = Scene(load)
    with pytest.raises(CampaignError):
        scene.trial(Trial.parse(ALONE))

    told = in_part(scene, Trial.parse(ALONE))

    assert told is not None
    assert (told.verdict.replay, told.verdict.block, told.verdict.broken) == (ALONE, "pll[0]", "")
    assert [(at, str(shot)) for at, shot in told.marks] == [(len(told.before), "error@pll[0]:68-")]
    assert sum(access.block == "pll[0]" for access in told.before) == 67

    def planted_there(_chip: str) -> Callable[[], Chip]:
        return load

    monkeypatch.setattr(trials, "local", planted_there)
    assert main(["faults", "mini", "--replay", ALONE]) == 0
    shown, told_of = capsys.readouterr().out, Names(scene.chip)
    became = f"  ---- {told_of.strike(told.strikes[0])}"
    assert became.startswith("  ---- error@pll[0]:68-: pll[0] read 0x")
    assert f"  {told_of.access(told.before[-1])}\n{became}\n  {told_of.access(told.after[0])}\n" in shown


def test_a_second_reset_in_a_part_ends_as_with_the_whole_chip() -> None:
    """A pair of resets comes to the same in its part as with the whole chip, whose other blocks are not shown."""
    scene = Scene(planted.planted(planted.Marked))
    whole = scene.trial(Trial.parse(TWICE))

    part = in_part(scene, Trial.parse(TWICE))

    assert part is not None
    assert part.verdict.broken.startswith(f"{IN_PART}: pll[2] failed: rung detecting: did not hold")
    assert part.verdict.broken.removeprefix(f"{IN_PART}: ") in whole.verdict.broken
    assert [str(shot) for _, shot in part.marks] == ["reset@288+", "reset@pll[2]:12+"]
    first, second = (
        (part.before + part.after)[part.marks[0][0] - 1],
        part.after[part.marks[1][0] - part.marks[0][0] - 1],
    )
    assert [(one.address, one.what, one.word, one.became) for one in part.strikes] == [
        (one.address, "write" if one.write else "read", one.value, "done, the controller was reset")
        for one in (first, second)
    ]
    between = part.after[: part.marks[1][0] - part.marks[0][0]]
    assert [access.block for access in between].count("pll[2]") == 12


@pytest.mark.parametrize("text", ["error@pll[9]:3-", "error@pll[2]:700-", "reset@400+", "reset@9+,reset@pll[2]:900-"])
def test_what_no_part_makes_is_told_as_none(text: str) -> None:
    """Where a part has no such access, or the fault is of the whole chip, nothing is told of parts."""
    assert in_part(Scene(MINI), Trial.parse(f"bring-up:0:{text}")) is None


def test_each_fault_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of several faults stands between the accesses that it came between."""
    assert main(["faults", "mini", "--replay", "bring-up:0:late@100,reset@400+,reset@7-"]) == 0

    lines = capsys.readouterr().out.splitlines()
    marks = [index for index, line in enumerate(lines) if "----" in line]
    assert [lines[index].split(":")[0] for index in marks] == [
        "  ---- late@100",
        "  ---- reset@400+",
        "  ---- reset@7-",
    ]
    assert marks[2] - marks[1] == 7, "six accesses of the controller between them"


@pytest.mark.parametrize(("text", "said"), [
    ("bring-up:0:reset@9999+", "there is no such access; mini makes 1164 accesses in this run"),
    ("bring-up:0:error@pll[2]:700-", "there is no such access; pll[2] of mini makes 65 accesses in this run"),
    ("bring-up:0:reset@288+,error@pll[2]:99-", "pll[2] of mini makes 46 accesses after the last reset"),
    ("bring-up:0:error@pll[9]:7-", "mini has no block pll[9]; did you mean pll[3]"),
    ("bring-up:0:bit-flip@288", "such a fault does not strike that access of mini: it is no read"),
    ("stop:0:late@99999", "there is no such access to strike; mini makes"),
    ("in-service:0:lost-interrupt@99", "there is no such interrupt; mini has"),
    ("bring-up:0:lost-interrupt@1", "lost-interrupt@1: nobody waits for interrupts in a bring-up"),
    ("bring-up:0:spurious-interrupt@5", "spurious-interrupt@5: nobody waits for interrupts in a bring-up"),
    ("bring-up:0:interrupt-storm@pll[2]:5", "interrupt-storm@pll[2]:5: nobody waits for interrupts in a bring-up"),
    ("bring-up:0:reset@4-,lost-interrupt@1", "lost-interrupt@1: nobody waits for interrupts in a bring-up"),
    ("in-service:0:reset@4-,reset@99999-", "reset@99999-: there is no such access to strike after the last reset"),
    ("in-service:0:late@4,late@99999", "late@99999: there is no such access to strike; mini makes"),
    ("in-service:0:dropped-write@100", "such a fault does not strike that access of mini"),
    ("stop:0:reset@4-,lost-interrupt@99", "there is no such interrupt to strike after the last reset of the"),
])  # fmt: skip
def test_what_strikes_nothing_is_bad_input(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A trial whose fault finds no access is refused with what there is, on the heap and under trio alike."""
    assert main(["faults", "mini", "--replay", text]) == 2
    assert said in capsys.readouterr().err


def test_a_trial_is_replayed_under_trio_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What both can run both run, and where they come to different ends the replay has failed and says how."""
    for shot in ("reset@400+", "error@pll[2]:7-", "reset@400+,reset@pll[2]:7-"):
        assert main(["faults", "mini", "--replay", f"bring-up:0:{shot}"]) == 0
        assert "under trio: the same" in capsys.readouterr().out
    for shot in ("bit-flip@523", "reset@400+,reset@7-"):
        assert main(["faults", "mini", "--replay", f"bring-up:0:{shot}"]) == 0
        assert "under trio" not in capsys.readouterr().out

    monkeypatch.setattr(Agreement, "compare", late)
    assert main(["faults", "mini", "--replay", "bring-up:0:reset@400+", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differs_under_trio"].startswith("under trio: late")
