"""The laws of what a replay shows: what was struck, what became of it, and around what its accesses are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest

from blocks.chip import Chip, load_chip
from runtime.cli import trials
from runtime.cli.main import main
from runtime.cli.parser import VERBS
from runtime.faults.campaign import local
from runtime.faults.golden import Access
from runtime.faults.live import LiveCampaign
from runtime.faults.scene import Scene
from runtime.faults.shown import Names
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import Kind
from transports.faulty.strike import Strike

READ, WRITE = 7, 26  # accesses of pll[2] in mini's bring-up
STATUS, WINDOW = "0x4054 LOCK", "0x4028 LOCK_WINDOW"


@cache
def scene() -> Scene:
    """Return mini's bring-up; the tests of this file share it."""
    return Scene(local("mini"))


@cache
def under_trio() -> LiveCampaign:
    """Return the same under trio."""
    return LiveCampaign(local("mini"), Workload.BRINGUP, 0, frozenset(Kind))


@pytest.mark.parametrize(("shot", "said"), [
    (f"reset@pll[2]:{READ}-", f"read {STATUS}, not done, the controller was reset"),
    (f"reset@pll[2]:{READ}+", f"read {STATUS}: 0x0, done, the controller was reset"),
    (f"device-reset@pll[2]:{READ}+", f"read {STATUS}: 0x0, the device was reset after it"),
    (f"device-reset@pll[2]:{WRITE}-", f"write {WINDOW} = 0x401, the device was reset before it"),
    (f"error@pll[2]:{READ}-", f"read {STATUS}, not done, answered with an error"),
    (f"error@pll[2]:{WRITE}+", f"write {WINDOW} = 0x401, done, answered with an error"),
    (f"hang@pll[2]:{WRITE}-", f"write {WINDOW} = 0x401, not done, no answer for 10 ms"),
    (f"hang@pll[2]:{READ}+", f"read {STATUS}: 0x0, done, no answer for 10 ms"),
    (f"dropped-write@pll[2]:{WRITE}", f"write {WINDOW} = 0x401, lost"),
    (f"all-ones@pll[2]:{READ}", f"read {STATUS}, told 0xffffffff"),
    (f"duplicated-write@pll[2]:{WRITE}", f"write {WINDOW} = 0x401, done twice"),
    (f"late@pll[2]:{READ}", f"read {STATUS}: 0x0, answered after 1 ms"),
])  # fmt: skip
def test_what_became_of_the_access_that_was_struck_is_told_both_ways(shot: str, said: str) -> None:
    """A line tells which access a fault struck and what became of it, on the heap as under trio."""
    trial = Trial.parse(f"bring-up:0:{shot}")

    (strike,) = scene().trial(trial).strikes
    under = under_trio().replay(trial)

    assert Names(scene().chip).strike(strike) == f"{shot}: pll[2] {said}"
    assert [line for line in under.log if "----" in line] == [f"  ---- {shot}: pll[2] {said}"]
    assert [one["became"] for one in under.struck] == [strike.became]


def test_what_a_read_was_told_is_what_the_driver_had() -> None:
    """Of a bit that flips the word that the device brought is told, what the driver was told, and which bit that is."""
    trial = Trial.parse(f"bring-up:0:bit-flip@pll[2]:{READ}")
    told = scene().trial(trial)
    (strike,) = told.strikes
    assert strike.told is not None
    assert (strike.word, strike.told.bit_count()) == (told.after[0].value, 1)
    bit = strike.told.bit_length() - 1
    assert strike.became == f"told {strike.told:#x} (bit {bit})"

    (struck,) = under_trio().replay(trial).struck
    assert (struck["word"], struck["told"].bit_count()) == (strike.word, 1)


@pytest.mark.parametrize(("strike", "became"), [
    (Strike(0.0, trial_shot, 0x4, what, 4, word, told, times, lost, 0.025), became)
    for trial_shot, what, word, told, times, lost, became in (
        (Trial.parse("bring-up:0:link-down@4").shots[0], "read", None, 0xF, 0, False, "down for 25 ms, told 0xf"),
        (Trial.parse("bring-up:0:link-down@4").shots[0], "write", 1, None, 0, True, "down for 25 ms, lost"),
        (Trial.parse("bring-up:0:link-down@4").shots[0], "write", 1, None, 0, False, "nothing went out"),
        (Trial.parse("bring-up:0:link-down@4").shots[0], "write", 1, None, 1, False, "done when it was back"),
        (Trial.parse("bring-up:0:torn-write@4").shots[0], "write", 1, None, 1, False, "only its lower half arrived"),
        (Trial.parse("bring-up:0:torn-write@4").shots[0], "write", 1, None, 0, False, "lost, a part of its register"),
    )
])  # fmt: skip
def test_what_the_link_and_the_bus_did_is_told(strike: Strike, became: str) -> None:
    """Of a link that is down it is told what became of the access, and of a torn write what arrived."""
    assert strike.became.endswith(became)


@pytest.mark.parametrize(("shot", "said"), [
    ("lost-interrupt@1", "rose, and nobody heard of it"),
    ("spurious-interrupt@20", "was heard, which did not rise"),
    ("interrupt-storm@20", "was heard again and again, which did not rise"),
])  # fmt: skip
def test_the_line_of_an_interrupt_is_told(shot: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an interrupt that was lost, or came for no reason, its line and block are told, in words and as JSON."""
    assert main(["faults", "mini", "--replay", f"in-service:0:{shot}", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    (struck,) = told["struck"]
    line = load_chip("mini").instances[struck["block"]].line
    assert line is not None
    assert struck["line"] == line.source
    assert f"  ---- {shot}: {struck['block']} line {struck['line']} {said}" in told["log"]


def test_accesses_are_told_with_their_registers(capsys: pytest.CaptureFixture[str]) -> None:
    """Each access of a replay names its register, and JSON tells what was struck beside where."""
    assert main(["faults", "mini", "--replay", f"bring-up:0:dropped-write@pll[2]:{WRITE}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("  ---- dropped-write"))
    assert lines[at - 1].endswith(" us pll[2] write 0x4010 LOCKDET = 0x100")
    assert lines[at + 1].endswith(" us pll[2] write 0x402c LOCK_LIMIT = 0x3d99")

    assert main(["faults", "mini", "--json", "--replay", f"bring-up:0:dropped-write@pll[2]:{WRITE}"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["struck"] == [{
        "shot": f"dropped-write@pll[2]:{WRITE}", "what": "write", "became": "lost", "block": "pll[2]",
        "register": "LOCK_WINDOW", "address": 0x4028, "width": 4, "word": 0x401, "told": None, "times": 0, "at": 0,
    }]  # fmt: skip
    assert told["before"][-1] == lines[at - 1].strip()
    assert told["after"][0] == lines[at + 1].strip()


def test_an_access_beyond_its_block_names_the_other() -> None:
    """An access for one block to another's register names both, and one to no register none."""
    names = Names(load_chip("mini"))
    assert str(names.access(Access("pll[0]", False, 0x4054, 1, 0.0))) == "0.000 us pll[0] read 0x4054 pll[2].LOCK: 0x1"
    assert str(names.access(Access("pll[0]", True, 0x2056, 1, 0.0))) == "0.000 us pll[0] write 0x2056 LOCK+0x2 = 0x1"
    assert str(names.access(Access("pll[0]", True, 0xFFFF_0000, 1, 0.0))) == "0.000 us pll[0] write 0xffff0000 = 0x1"


def shown_of(bug: Callable[[], Chip], replay: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Replay a trial of mini with a bug in one of its PLLs."""

    def there(_chip: str) -> Callable[[], Chip]:
        return bug

    monkeypatch.setattr(trials, "local", there)
    assert main(["faults", "mini", "--replay", replay, *more]) == 1


def marked(lines: list[str]) -> list[str]:
    """Return the accesses that are marked, without their times."""
    return [line.partition(" us ")[2] for line in lines if line.startswith(">")]


@pytest.mark.parametrize(("bug", "shots", "said"), [
    (planted.Timed, "dropped-write@pll[2]:37", "write 0x4004 CTRL = 0x21"),
    (planted.Trusting, "reset@1168+,reset@1-", "write 0x4018 INTR_ENABLE = 0x300"),
    (planted.Trusting, "error@refpll:3-", "write 0x4018 INTR_ENABLE = 0x300"),  # by the next look
])  # fmt: skip
def test_the_access_that_broke_a_rule_is_shown(
    bug: type, shots: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The access that broke a rule, or wrote a block that was up, is marked among those around it, far behind the
    fault, and JSON has its place."""
    load = planted.planted(bug)
    shown_of(load, f"bring-up:0:{shots}", monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert marked(lines) == [f"pll[2] {said}"]
    at = next(index for index, line in enumerate(lines) if line.startswith(">"))
    assert " us " in lines[at - 1]
    assert " us " in lines[at + 1]

    shown_of(load, f"bring-up:0:{shots}", monkeypatch, "--json")
    told = json.loads(capsys.readouterr().out)
    assert [told["after"][at - 1].partition(" us ")[2] for at in told["wrong"]] == [f"pll[2] {said}"]


@pytest.mark.parametrize(("bug", "trial", "said"), [
    (planted.Timed, "bring-up:0:dropped-write@pll[2]:37", "pll[2] write 0x4004 CTRL = 0x21"),
    (planted.Nervous, "recovery/pll[2].local_reset:0:error@refpll:87-", "refpll write 0x18 INTR_ENABLE = 0x300"),
])  # fmt: skip
def test_the_access_that_broke_a_rule_under_trio_is_shown(bug: type, trial: str, said: str) -> None:
    """Under trio, too, a replay marks the access that broke a rule, or wrote a block that was well."""
    one = Trial.parse(trial)
    running = LiveCampaign(planted.planted(bug), one.workload, 0, frozenset({one.shots[0].kind}))

    told = running.replay(one)

    assert told.broken.startswith("safety: ")
    assert marked(list(told.log)) == [said]


def test_what_is_not_up_is_shown_to_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what does not come up the last accesses are shown, and none of them is marked."""
    load, replay = planted.planted(planted.Sure), "bring-up:0:dropped-write@pll[2]:37"
    told = Scene(load).trial(Trial.parse(replay))

    shown_of(load, replay, monkeypatch)

    lines = capsys.readouterr().out.splitlines()
    last = [f"  {Names(scene().chip).access(one)}" for one in told.after[-8:]]
    end = next(index for index, line in enumerate(lines) if line.startswith("liveness: "))
    assert lines[end - 8 : end] == last
    assert marked(lines) == []
    assert sum(line.endswith("accesses more") for line in lines) == 1


@pytest.mark.parametrize("replay", ["bring-up:0:reset@400+", "in-service:0:late@20", "in-service:0:"])
def test_all_accesses_are_shown_where_that_is_asked_for(replay: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A replay has the accesses around its faults, and with an option all of them, in words and as JSON."""
    assert main(["faults", "mini", "--replay", replay]) == 0
    some = [line for line in capsys.readouterr().out.splitlines() if " us " in line]
    assert main(["faults", "mini", "--replay", replay, "--all-accesses"]) == 0
    every = [line for line in capsys.readouterr().out.splitlines() if " us " in line]
    assert main(["faults", "mini", "--replay", replay, "--all-accesses", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert len(some) < 60 < 280 < len(every)
    assert set(some) < set(every)
    data = [f"  {line}" for line in (*told["before"], *told["after"])] if "before" in told else told["log"]
    assert [line for line in data if "----" not in line] == every


@pytest.mark.parametrize(("words", "said"), [
    (("--seed", "0"), "--seed: the line of a replay says that already, bring-up:0:reset@400+"),
    (("--faults", "reset"), "--faults: the line of a replay says that already"),
    (("--points", "nth"), "--points: the line of a replay says that already"),
    (("--workload", "bring-up"), "--workload: the line of a replay says that already"),
    (("--only", "pll*"), "--only: the line of a replay says that already"),
    *(((f"--{name}", *value), f"expected no --{name} beside --replay") for name, *value in (
        ("budget", "3"), ("whole",), ("agree", "0"), ("jobs", "2"), ("results", "kept"), ("engine", "local"),
        ("shards", "2"), ("report", "a.html"), ("junit", "a.xml"),
    )),
])  # fmt: skip
def test_what_is_no_option_of_a_replay_is_refused(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that a replay would not heed is bad input, and named; so is one of a replay without one."""
    assert main(["faults", "mini", "--replay", "bring-up:0:reset@400+", *words]) == 2
    assert said in capsys.readouterr().err
    assert main(["faults", "mini", "--all-accesses", *words]) == 2
    assert "--all-accesses is of a replay; expected --replay ID beside it" in capsys.readouterr().err


def test_every_option_of_the_verb_is_a_replays_or_refused() -> None:
    """No option of `faults` is left out of what a replay heeds or refuses."""
    (verb,) = [verb for verb in VERBS if verb.words == "faults"]
    names = {name.removeprefix("--") for argument in verb.arguments for name in argument.names}
    heeded = {"chip", "on", "link-down", "replay", "all-accesses", "json"}
    assert names == {*trials.IN_THE_LINE, *trials.OF_CAMPAIGNS} | heeded


@pytest.mark.parametrize("shot", ["reset@81", "device-reset@pll[2]:3", "error@7", "hang@pll[2]:7"])
def test_a_fault_of_two_sides_says_which(shot: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A fault that is one thing before an access and another after it is refused without its sign, with both forms."""
    assert main(["faults", "mini", "--replay", f"bring-up:0:{shot}"]) == 2
    assert f"expected {shot}- before the access, or {shot}+ after it" in capsys.readouterr().err
