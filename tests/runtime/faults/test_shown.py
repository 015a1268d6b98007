"""The laws of what a replay shows: what was struck, what became of it, and around what its accesses are shown."""

from __future__ import annotations

import json
from functools import cache

import pytest

from blocks.chip import load_chip
from runtime.cli.main import main
from runtime.faults.campaign import local
from runtime.faults.golden import Access
from runtime.faults.live import LiveCampaign
from runtime.faults.scene import Scene
from runtime.faults.shown import Names
from runtime.faults.trial import Trial, Workload
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
    """Of an interrupt that was lost, or came for no reason, its line is told, in words and as JSON."""
    assert main(["faults", "mini", "--replay", f"in-service:0:{shot}", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    (struck,) = told["struck"]
    assert struck["line"] in {one.line.source for one in load_chip("mini").instances.values() if one.line}
    assert f"  ---- {shot}: line {struck['line']} {said}" in told["log"]


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
