"""The fuses' rules: their model notices each one that is broken, and nothing else; and what programming does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.fuse.array import checksum
from blocks.fuse.model import FuseModel
from blocks.fuse.regs import FuseRegs
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.engine.conftest import Powered

Op = Callable[[FuseRegs], RegisterOp[Any]]
Steps = Sequence[Op | float]
Broken = list[tuple[str, str]]

NAME = "fuse"
AWAKE_S, SENSED_S, RISEN_S, PROGRAMMED_S = 7e-6, 65e-6, 4e-6, 13e-6  # by then
LOCKED = "locked: written while its lock is closed"
FIRST, SECOND = 0xC0DE5AFE, 0x0B501E7E


def timing(strobe: int = 12, pulse: int = 800) -> Op:
    return lambda r: r.TIMING.write(strobe=strobe, pulse=pulse)


def power_down(down: bool) -> Op:
    return lambda r: r.CTRL.write(power_down=down)


def sense(r: FuseRegs) -> RegisterOp[Any]:
    return r.CTRL.write(power_down=0, sense=1)


def key(word: int) -> Op:
    return lambda r: r.KEY.write(word=word)


def supply(on: bool) -> Op:
    return lambda r: r.VPP_CTRL.write(enable=on)


def at(word: int, value: int) -> list[Op | float]:
    return [lambda r: r.PROG_ADDRESS.write(word=word), lambda r: r.PROG_DATA.write(value=value)]


def start(r: FuseRegs) -> RegisterOp[Any]:
    return r.PROG_CTRL.write(start=1)


def end(r: FuseRegs) -> RegisterOp[Any]:
    return r.PROG_LOCK.write(disabled=1)


def lock(bank: int, *, hide: bool = False) -> Op:
    return lambda r: r.BANK[bank].LOCK.write(program=1, hide=hide)


def word(index: int) -> Op:
    return lambda r: r.WORD[index].read()


AWAKE: list[Op | float] = [timing(), power_down(False), AWAKE_S]
SENSED: list[Op | float] = [*AWAKE, sense, SENSED_S]
OPENED: list[Op | float] = [timing(), key(FIRST), key(SECOND)]
SUPPLIED: list[Op | float] = [*OPENED, supply(True), RISEN_S]
AIMED: list[Op | float] = [*SUPPLIED, *at(16, 5)]
PROGRAMMED: list[Op | float] = [*AIMED, start, PROGRAMMED_S]

FROM_RESET: list[tuple[Steps, Broken]] = [
    (SENSED, []),
    ([*SENSED, word(0), word(31)], []),
    ([*SENSED, power_down(True), *SENSED], []),
    ([*PROGRAMMED, supply(False), *SENSED, end, lock(2)], []),
    ([*PROGRAMMED, *at(16, 7), start, PROGRAMMED_S], []),
    # sensing
    ([timing(), sense], [("CTRL", "sensed before the amplifiers have settled")]),
    ([timing(), power_down(False), sense], [("CTRL", "sensed before the amplifiers have settled")]),
    ([power_down(False), AWAKE_S, sense], [("CTRL", "sensed with a strobe of 0 cycles")]),
    ([*AWAKE, sense, sense], [("CTRL", "sensed while words are sensed")]),
    ([*SENSED, sense], [("CTRL", "sensed anew under whoever reads the words")]),
    ([*AWAKE, sense, power_down(True)], [("CTRL", "amplifiers put to sleep while words are sensed")]),
    (
        [*AIMED, start, power_down(False), power_down(True)],
        [("CTRL", "amplifiers put to sleep while a word is programmed")],
    ),
    ([*AWAKE, *SUPPLIED[1:], sense], [("CTRL", "sensed while the programming supply is on")]),
    (
        [*AWAKE, *AIMED[1:], start, sense],
        [("CTRL", "sensed while a word is programmed"), ("CTRL", "sensed while the programming supply is on")],
    ),
    ([*AWAKE, sense, timing(13)], [("TIMING", "TIMING changed while words are sensed")]),
    ([*SENSED, timing(13)], [("TIMING", "TIMING changed while the words that it made are in use")]),
    ([*SENSED, timing()], []),
    (
        [*SENSED, lambda r: r.TEST.write(margin=1)],
        [("TEST", "TEST changed while the words that it made are in use")],
    ),
    ([word(3)], [("WORD[3]", "word read before it was sensed")]),
    ([lock(1)], [("BANK[1].LOCK", "bank locked before it was sensed")]),
    ([*SENSED, lock(3, hide=True), word(24)], [("WORD[24]", "word of bank 3 read, which is locked against that")]),
    ([*SENSED, lock(3, hide=True), word(23)], []),
    # programming
    ([key(FIRST), key(FIRST)], [("KEY", "wrong word written to KEY")]),
    ([key(SECOND)], [("KEY", "wrong word written to KEY")]),
    ([key(0), *OPENED, supply(True)], [("KEY", "wrong word written to KEY")]),
    (
        [*OPENED, key(0), supply(True)],
        [
            ("KEY", "wrong word written to KEY"),
            ("VPP_CTRL", "programming supply switched on without the key"),
        ],
    ),
    ([end, key(FIRST)], [("KEY", "key written after programming was ended")]),
    ([supply(True)], [("VPP_CTRL", "programming supply switched on without the key")]),
    ([*OPENED, end, supply(True)], [("VPP_CTRL", "programming supply switched on without the key")]),
    (
        [*AWAKE, *OPENED[1:], sense, supply(True)],
        [("VPP_CTRL", "programming supply switched on while words are sensed")],
    ),
    (
        [*AIMED, start, supply(False)],
        [("VPP_CTRL", "programming supply switched off while a word is programmed")],
    ),
    ([*SUPPLIED, end], [("PROG_LOCK", "programming ended with its supply on")]),
    (
        [*at(16, 5), timing(), start],
        [
            ("PROG_CTRL", "word programmed without the key"),
            ("PROG_CTRL", "word programmed before its supply is good"),
        ],
    ),
    (
        [*at(16, 5), timing(), end, start],
        [
            ("PROG_CTRL", "word programmed after programming was ended"),
            ("PROG_CTRL", "word programmed without the key"),
            ("PROG_CTRL", "word programmed before its supply is good"),
        ],
    ),
    (
        [*OPENED, supply(True), *at(16, 5), start],
        [("PROG_CTRL", "word programmed before its supply is good")],
    ),
    ([*AIMED, timing(12, 0), start], [("PROG_CTRL", "word programmed with a pulse of 0 cycles")]),
    ([*AIMED, start, start], [("PROG_CTRL", "word programmed while a word is programmed")]),
    ([*AIMED, start, timing(9)], [("TIMING", "TIMING changed while a word is programmed")]),
    (
        [*AIMED, start, *at(17, 6)],
        [
            ("PROG_ADDRESS", "PROG_ADDRESS changed while a word is programmed"),
            ("PROG_DATA", "PROG_DATA changed while a word is programmed"),
        ],
    ),
    ([*AIMED, start, *at(16, 5)], []),
    (
        [*SENSED, *AIMED[1:], lock(2), start],
        [("PROG_CTRL", "word 16 programmed, whose bank 2 is locked")],
    ),
    (
        [*PROGRAMMED, *at(16, 4), start],
        [("PROG_CTRL", "word 16 programmed to 0x4 where it holds 0x5: a 1 stays 1")],
    ),
]

IN_SERVICE: list[tuple[Steps, Broken]] = [
    ([timing(1)], [("TIMING.strobe", LOCKED)]),
    ([timing(12, 1)], [("TIMING.pulse", LOCKED)]),
    ([lambda r: r.TEST.write(margin=1)], [("TEST.margin", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), timing(12, 1)], [("TIMING.pulse", LOCKED)]),
    ([key(FIRST)], [("KEY", "key written after programming was ended")]),
    ([sense], [("CTRL", "sensed anew under whoever reads the words")]),
    ([word(30)], [("WORD[30]", "word of bank 3 read, which is locked against that")]),
    ([lambda r: r.BANK[3].LOCK.write(program=0, hide=0), word(24)], [
        ("WORD[24]", "word of bank 3 read, which is locked against that"),
    ]),
    ([word(0), word(23), lambda r: r.SERIAL.read(), lambda r: r.TRIM[3].read(), lambda r: r.CORRECTED.read()], []),
]  # fmt: skip


def do(hands: Hands, steps: Steps) -> Broken:
    """Do it, and return what was violated at the fuses; nothing else may have been."""
    for each in steps:
        if callable(each):
            hands.do(NAME, each)
        else:
            hands.wait(each)
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(powered: Powered, steps: Steps, broken: Broken) -> None:
    """Each rule of sensing and programming is noticed when it is broken, and not when it is kept."""
    assert do(powered(), steps) == broken


@pytest.mark.parametrize(("steps", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, steps: Steps, broken: Broken) -> None:
    """What was closed stays closed: each try to change or to see it is noticed, and nothing else is."""
    assert do(serving, steps) == broken


def test_what_is_programmed_outlasts_a_reset(
    powered: Powered, rising: Controller, wire_to: type[Wire]
) -> None:
    """A programmed bank is read as it was programmed, after every reset; without its checksum it is unsound."""
    hands = powered()
    words = [5, 0, 0, 0xFFFF_FFFF, 0, 1, 2]
    do(hands, OPENED)
    supplied: list[Op | float] = [supply(True), RISEN_S]
    for index, value in enumerate(words, 16):
        do(hands, [*supplied, *at(index, value), start, PROGRAMMED_S, supply(False)])
        assert hands.do(NAME, lambda r: r.INTR_STATUS.read()).programmed == 1
    do(hands, SENSED)
    status = hands.do(NAME, lambda r: r.BANK[2].STATUS.read())
    assert (status.sound, status.uncorrectable) == (0, 0)
    assert hands.do(NAME, lambda r: r.BANK[2].CRC.read()).crc == checksum(words)
    do(hands, [power_down(True), *supplied, *at(23, checksum(words)), start, PROGRAMMED_S, supply(False)])
    hands.sim.power_on()
    rising.run(wire_to(hands.sim))
    assert hands.sim.model(NAME).in_service
    assert [hands.do(NAME, word(index)).value for index in range(16, 23)] == words
    assert hands.broken == []


def test_what_breaks_a_rule_programs_nothing(powered: Powered) -> None:
    """A word that may not be programmed stays as it was."""
    hands = powered()
    model = hands.sim.model(NAME)
    assert isinstance(model, FuseModel)
    before = list(model.cells)
    do(hands, [timing(), *at(16, 5), start, PROGRAMMED_S, key(FIRST), key(SECOND), start, PROGRAMMED_S])
    assert model.cells == before
    assert len(hands.broken) == 3
