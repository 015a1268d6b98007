"""What goes wrong without a fault is a failure of the campaign, told as any other; what is sound beside it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from attrs import evolve

from blocks.chip import Chip
from blocks.ladder import US, Ladder, Rung, Where
from blocks.pll.driver import Pll
from runtime.cli import faults, trials
from runtime.cli.exits import NOT_WELL
from runtime.cli.main import main
from runtime.faults.campaign import run_shard
from runtime.faults.golden import NotWell
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.tally import Tally
from runtime.faults.trial import NO_FAULT, Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_escalation import Meddling
from tests.runtime.faults.test_recoveries import Silent, all_plls
from transports.faulty.kinds import Kind

LOCK = "recovery/pll[2].lock_lost:0:"  # what Silent does wrong
LOOKS = 2  # at which a weary PLL is well: as it comes up, and when a controller takes over


class Weary(Pll):
    """A PLL that is seen to be well twice, and then not any more."""

    looks = 0

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        watched = rungs["watched"]
        assert not callable(watched.holds)
        fresh = Where("it is not tired", [self.regs.INTR_ENABLE.read()], self._fresh)
        rungs["watched"] = evolve(watched, holds=[*watched.holds, fresh])
        return Ladder(*rungs.values())

    def _fresh(self, _read: Any) -> bool:
        self.looks += 1
        return self.looks <= LOOKS


class Hurried(Pll):
    """A PLL that drives its output before it has locked."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        order = [name for name in rungs if name not in ("driving", "locked")]
        order[order.index("powered") + 1 : order.index("powered") + 1] = ["driving", "locked"]
        return Ladder(*(rungs[name] for name in order))


class Never(Pll):
    """A PLL that does not come up."""

    def up(self) -> Ladder:
        return Ladder(Rung("never", holds=[self.regs.ID.check(part=1)], within=1 * US))


def campaign(load: Callable[[], Chip], workload: Workload) -> LiveCampaign:
    return LiveCampaign(load, workload, 0, frozenset({Kind.RESET}))


def test_a_recovery_that_is_wrong_without_a_fault_is_a_failure_and_the_others_go_on() -> None:
    """It is told as a failed point with a line that repeats it, and the faults of the others are tried."""
    running = campaign(partial(all_plls, Silent), Workload.RECOVERY)

    tally = running.tally("nth", drawn=6)

    (failed,) = tally.failed
    assert (failed.replay, failed.kind, failed.type, failed.block) == (LOCK, NO_FAULT, "pll", "pll[2]")
    assert "INTR_ENABLE ends as 0x0; before it was 0x300" in failed.broken
    assert (tally.trials, tally.points, tally.failures) == (7, 7, 1)
    assert tally.disturbed == {"pll[2].lock_lost": 1, "pll[2].local_reset": 3, "crg[1].local_reset": 3}
    assert {one.upset for one in running.trials("nth")} == tally.disturbed.keys() - {"pll[2].lock_lost"}


@pytest.mark.parametrize("points", ["nth", "seeded:4"])
def test_it_is_counted_once_in_however_many_shards(points: str) -> None:
    """Of a campaign in shards one tells of it."""
    load = partial(all_plls, Silent)
    plan = Plan(load, "mini", Workload.RECOVERY, points=Points.parse(points, "pll[2]"), budget_s=1e-6)
    together = Tally()
    for shard in plan.shards(3):
        together.add(run_shard(evolve(shard, budget_s=1e-6)))

    assert [failed.replay for failed in together.failed] == [LOCK]
    assert (together.failures, together.points) == (1, 1)


@pytest.mark.parametrize(("load", "text", "broken", "mark"), [
    (partial(all_plls, Silent), LOCK, "liveness: pll[2].INTR_ENABLE ends as 0x0", "write"),
    (planted.planted(Meddling), "recovery/pll[2].local_reset:0:", "safety: refpll was in service, and was written",
     "refpll write"),
])  # fmt: skip
def test_a_line_without_a_fault_repeats_it(load: Callable[[], Chip], text: str, broken: str, mark: str) -> None:
    """The replay fails in the same words, and shows the accesses around what was wrong, which is marked."""
    trial = Trial.parse(text)
    assert str(trial) == text

    said = campaign(load, Workload.RECOVERY).replay(trial)

    assert said.failed
    assert said.broken.startswith(broken)
    (marked,) = [line for line in said.log if line.startswith(">")]
    assert mark in marked
    assert len(said.log) > 8


def test_a_run_without_a_fault_that_is_right_repeats_as_one() -> None:
    """Its replay tells that nothing was wrong, and shows its first accesses."""
    said = campaign(partial(all_plls, Pll), Workload.RECOVERY).replay(Trial.parse(LOCK))

    assert (said.failed, said.broken) == (False, "")
    assert said.log


def test_a_fault_in_a_run_that_is_wrong_without_one_tells_nothing() -> None:
    """A replay of one says what is wrong without it."""
    said = campaign(partial(all_plls, Silent), Workload.RECOVERY).replay(Trial.parse(f"{LOCK}reset@4-"))

    assert said.failed
    assert said.broken.startswith("without a fault: liveness: pll[2].INTR_ENABLE")


@pytest.mark.parametrize("workload", [Workload.SERVICE, Workload.STOP])
def test_a_service_that_is_wrong_without_a_fault_is_a_failure(workload: Workload) -> None:
    """A chip that comes up and does not stay well is no bad usage: the campaign has one point, which failed."""
    running = campaign(planted.planted(Weary), workload)

    tally = running.tally("nth")

    assert [(failed.replay, failed.kind, failed.block) for failed in tally.failed] == [
        (f"{workload}:0:", NO_FAULT, "chip")
    ]
    assert (tally.points, tally.trials, tally.failures) == (1, 1, 1)
    assert running.replay(Trial.parse(tally.failed[0].replay)).broken == tally.failed[0].broken


@pytest.mark.parametrize("workload", list(Workload))
def test_a_chip_that_does_not_come_up_has_no_campaign(workload: Workload) -> None:
    """It is refused: the chip, the block and the reason are named."""
    with pytest.raises(NotWell, match=r"^mini does not come up without a fault: pll\[2\].*rung never: did not hold"):
        campaign(planted.planted(Never), workload).tally("nth", drawn=1)


@pytest.mark.parametrize("more", [[], ["--points", "double"], ["--results"]])
def test_a_bring_up_that_breaks_a_rule_is_a_failure(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chip that comes up, and breaks a rule as it does, has one point, which failed; its line repeats it."""
    verb_of(planted.planted(Hurried), monkeypatch)
    words = ["faults", "mini", *more, *([str(tmp_path / "kept")] if "--results" in more else [])]

    assert main([*words, "--json"]) == NOT_WELL
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["trials"], told["failures"], told["replay"]) == (1, 1, 1, ["bring-up:0:"])
    assert told["failed"][0]["broken"].startswith("safety: ")
    assert main(["faults", "mini", "--replay", "bring-up:0:"]) == NOT_WELL
    said = capsys.readouterr().out
    assert said.startswith(f"bring-up:0:: {told['failed'][0]['broken']}")
    assert "\n> " in said


def verb_of(load: Callable[[], Chip], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the verb have a chip by any name."""

    def local(_chip: str) -> Callable[[], Chip]:
        return load

    for module in (faults, trials):
        monkeypatch.setattr(module, "local", local)


def test_the_verb_tells_of_it_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status is 1; JSON, JUnit, the page and the screen have the failure and its line, which the verb repeats."""
    verb_of(partial(all_plls, Silent), monkeypatch)
    files = {name: tmp_path / name for name in ("junit", "report")}
    words = ["faults", "mini", "--workload", "recovery", "--budget", "0.1"]
    to_files = [word for name, at in files.items() for word in (f"--{name}", str(at))]

    assert main([*words, "--json", *to_files]) == NOT_WELL
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "failed"
    assert LOCK in told["replay"]
    assert told["not_tried"] == ["recovery/pll[2].lock_lost"]
    (cell,) = [cell for cell in told["cells"] if cell["kind"] == NO_FAULT]
    assert (cell["type"], cell["points"], cell["failed"]) == ("pll", 1, 1)
    line = f"firstlight faults mini --replay '{LOCK}'"
    assert line in files["report"].read_text().replace("&#x27;", "'").replace("&#39;", "'")
    cases = ElementTree.parse(files["junit"]).iter("testcase")
    (failure,) = [case.find("failure") for case in cases if case.get("classname") == f"mini.{NO_FAULT}"]
    assert failure is not None
    assert line in (failure.text or "")

    assert main(words) == NOT_WELL
    said = capsys.readouterr().out
    assert line in said
    assert "not tried: faults in recovery/pll[2].lock_lost, which is wrong without a fault\n" in said
    assert "every point" not in said
    assert main(["faults", "mini", "--replay", LOCK]) == NOT_WELL
    assert capsys.readouterr().out.startswith(f"{LOCK}: liveness: pll[2].INTR_ENABLE")
    assert main(["faults", "mini", "--replay", LOCK, "--json"]) == NOT_WELL
    again = json.loads(capsys.readouterr().out)
    assert (again["replay"], again["broken"], again["how"]) == (LOCK, told["failed"][0]["broken"], "")
    assert any(line.startswith(">") for line in again["log"])
