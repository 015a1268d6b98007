"""The fuses' life: what they say of the part, what fails and how it says so, and what another controller left."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from blocks.fuse.array import checksum, factory, sound
from blocks.fuse.driver import FuseConfig
from blocks.fuse.regs import CauseE, FuseRegs, StateE
from registers.access import RegisterOp
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.engine.conftest import Climber, Powered

NAME = "fuse"


def word(index: int) -> Callable[[FuseRegs], RegisterOp[Any]]:
    return lambda r: r.WORD[index].read()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": 65536}, "model is 65536; expected 0..65535"),
        ({"lifecycle": "sold"}, "lifecycle is 'sold'; expected one of blank, test, development, production, returned"),
        ({"strobe": 0}, "strobe is 0; expected 1..255"),
        ({"pulse": 4096}, "pulse is 4096"),
    ],
)
def test_what_no_part_is_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside of what there is is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        FuseConfig(**values)


def test_each_piece_is_its_own() -> None:
    """Two pieces of one part have other serial numbers, trims and secrets, and every bank of both is sound."""
    one, other = (factory(serial, state=3, model=7, revision=1) for serial in (1 << 40 | 5, 9))
    assert one[:2] == other[:2] == [3, 7 | 1 << 16]
    assert one[2:4] == [5, 1 << 8]
    assert one[8:12] != other[8:12]
    assert one[24:31] != other[24:31]
    assert all(sound(words[k : k + 8]) for words in (one, other) for k in range(0, 32, 8))
    assert one[16:24] == [0] * 8
    assert not sound([*one[:6], 1, one[7]])


FAULTS: list[tuple[dict[str, object], str, str, str, str]] = [
    # parameters; rung, register, what was wanted, what was there
    ({"wake_s": inf}, "awake", "STATUS", "awake=0x1", "awake=0x0"),
    ({"sense_s": inf}, "settled", "STATUS", "busy=0x0", "busy=0x1"),
    ({"bad_ecc": 9}, "sound", "BANK[1].STATUS", "uncorrectable=0x0, sound=0x1", "uncorrectable=0x1, sound=0x0"),
    ({"bad_sum": 0}, "sound", "BANK[0].STATUS", "uncorrectable=0x0, sound=0x1", "uncorrectable=0x0, sound=0x0"),
    ({"model": 0x1234}, "the right part", "PART", "model=0xa71a", "model=0x1234"),
    ({"lifecycle": 2}, "the right part", "LIFECYCLE", "state=PRODUCTION", "state=DEVELOPMENT"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted", "last"), FAULTS)
def test_what_fails_is_named(
    powered: Powered, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str, last: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule; the others come up."""
    hands = powered({NAME: parameters})
    outcomes = rising.run(wire_to(hands.sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert fault.last.startswith(last)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert hands.broken == []
    assert not hands.sim.model(NAME).serves


@pytest.mark.parametrize(
    ("parameters", "cause", "word"),
    [({"bad_ecc": 9}, CauseE.UNCORRECTABLE, 9), ({"bad_sum": 2}, CauseE.CHECKSUM, 23)],
)
def test_a_bad_word_is_logged(
    powered: Powered, parameters: dict[str, object], cause: CauseE, word: int
) -> None:
    """The log says which word could not be mended, or where the checksum stands that did not fit."""
    hands = powered({NAME: parameters})
    hands.do(NAME, lambda r: r.TIMING.write(strobe=1, pulse=1))
    hands.do(NAME, lambda r: r.CTRL.write(power_down=0))
    hands.wait(7e-6)
    hands.do(NAME, lambda r: r.CTRL.write(power_down=0, sense=1))
    hands.wait(65e-6)
    log = hands.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.cause, log.word) == (1, cause, word)
    assert hands.do(NAME, lambda r: r.INTR_STATUS.read()).uncorrectable == 1
    assert hands.broken == []


def test_a_mended_word_is_up_but_not_full(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire]
) -> None:
    """A word that could be mended is counted and served; `full` says that it is not as it was."""
    hands = powered({NAME: {"corrected": 17}})
    assert isinstance(rising.run(wire_to(hands.sim))[NAME], Climbed)
    assert hands.sim.model(NAME).in_service
    assert hands.sim.raised == frozenset()
    assert [hands.do(NAME, lambda r: r.CORRECTED.read()).count for _ in range(2)] == [1, 0]
    fault = climber(lambda block: block.full(), NAME).run(wire_to(hands.sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.wanted) == ("unmended", "BANK[2].STATUS", "corrected=0x0")
    assert hands.broken == []


def test_it_says_what_the_part_is(serving: Hands) -> None:
    """What the words mean stands in registers of its own; secrets read as 0 and their bank is known to be sound."""
    do = serving.do
    part = do(NAME, lambda r: r.PART.read())
    assert (part.model, part.revision) == (0xA71A, 0x10)
    assert do(NAME, lambda r: r.LIFECYCLE.read()).state == StateE.PRODUCTION
    serial = do(NAME, lambda r: r.SERIAL.read()).serial
    assert serial == do(NAME, lambda r: r.WORD[2].read()).value | do(NAME, lambda r: r.WORD[3].read()).value << 32
    words = [do(NAME, word(index)).value for index in range(8, 16)]
    trim = do(NAME, lambda r: r.TRIM[1].read())
    assert (trim.bandgap, trim.oscillator, trim.temperature) == tuple(words[1].to_bytes(4, "little")[:3])
    assert do(NAME, lambda r: r.BANK[1].CRC.read()).crc == words[7] == checksum(words[:7])
    assert do(NAME, lambda r: r.BANK[3].STATUS.read()).sound == 1
    assert serving.broken == []
    assert do(NAME, lambda r: r.WORD[24].read()).value == 0


@pytest.mark.parametrize("event", ["uncorrectable", "key", "programmed"])
def test_each_interrupt_can_be_tried(serving: Hands, rising: Controller, wire_to: type[Wire], event: str) -> None:
    """A test of an interrupt sets its status and raises the line, and the next climb clears it and nothing else."""
    wanted = {name: int(name == event) for name in ("uncorrectable", "corrected", "key", "programmed")}
    serving.do(NAME, lambda r: r.INTR_TEST.write(**wanted))
    assert serving.sim.raised == {4}
    outcome = rising.run(wire_to(serving.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy",)
    assert serving.sim.raised == frozenset()
    assert serving.broken == []


def test_a_mended_word_raises_no_line(serving: Hands) -> None:
    """A word that was mended is no reason to look at once: its status is set, and the line stays low."""
    serving.do(NAME, lambda r: r.INTR_TEST.write(uncorrectable=0, corrected=1, key=0, programmed=0))
    assert serving.do(NAME, lambda r: r.INTR_STATUS.read()).corrected == 1
    assert serving.sim.raised == frozenset()


@pytest.mark.parametrize("waits_s", [0.0, 4e-6, 20e-6])
def test_what_somebody_else_began_is_awaited(
    powered: Powered, rising: Controller, wire_to: type[Wire], waits_s: float
) -> None:
    """With the programming supply on, or a word half programmed, the climb waits, switches off, and goes on."""
    hands = powered()
    hands.do(NAME, lambda r: r.TIMING.write(strobe=12, pulse=800))
    hands.do(NAME, lambda r: r.KEY.write(word=0xC0DE5AFE))
    hands.do(NAME, lambda r: r.KEY.write(word=0x0B501E7E))
    hands.do(NAME, lambda r: r.VPP_CTRL.write(enable=1))
    hands.wait(4e-6)
    hands.do(NAME, lambda r: r.PROG_ADDRESS.write(word=0))
    hands.do(NAME, lambda r: r.PROG_DATA.write(value=3))
    hands.do(NAME, lambda r: r.PROG_CTRL.write(start=1))
    hands.wait(waits_s)
    outcome = rising.run(wire_to(hands.sim))[NAME]
    assert isinstance(outcome, Climbed), str(outcome)
    assert "supply off" in outcome.acted
    assert hands.sim.model(NAME).in_service
    assert hands.broken == []


def test_another_timing_is_reached_as_long_as_nothing_is_frozen(
    powered: Powered, climber: Climber, wire_to: type[Wire]
) -> None:
    """From each place on the way up another timing is reached by sensing anew, or refused by the lock."""
    hands = powered()
    below = climber(lambda block: block.up(), "pll", "crg")
    up, other = climber(lambda block: block.up(), NAME), climber(lambda block: block.up(), NAME, strobe=20)
    ends: set[str] = set()
    limit = 0
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            up.run(wire_to(hands.sim, limit))
        except DeviceLost:
            pass
        else:
            break
        frozen = bool(hands.sim.model(NAME).registers.field("LOCK.config").value)
        outcome = other.run(wire_to(hands.sim))[NAME]
        ends.add(outcome.rung if isinstance(outcome, Fault) else "up")
        assert isinstance(outcome, Fault) == frozen
        if isinstance(outcome, Fault):
            assert (outcome.cause, outcome.register, outcome.last) == (Cause.ACT, "LOCK", "0x1")
        else:
            assert hands.sim.model(NAME).in_service
        limit += 1
    assert ends == {"up", "timed"}
    assert hands.broken == []
