"""The engine's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.engine.firmware import firmware
from blocks.engine.regs import EngineRegs
from registers.access import RegisterOp
from transports.errors import BusFault

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands
    from tests.blocks.engine.conftest import Powered

Op = Callable[[EngineRegs], RegisterOp[Any]]
Steps = Sequence[Op | float]
Broken = list[tuple[str, str]]

NAME = "engine[0]"
GATE_S, OPEN_S, BIST_S, BOOT_S, HALT_S = 25e-6, 7e-6, 250e-6, 650e-6, 3e-6  # by then
IMAGE = firmware("test", 8)
LOCKED = "locked: written while its lock is closed"


def stagger(cycles: int = 16) -> Op:
    return lambda r: r.PG_TIMES.write(stagger=cycles)


def gate(on: bool) -> Op:
    return lambda r: r.PG_CTRL.write(request=on)


def clamp(on: bool) -> Op:
    return lambda r: r.ISOLATION.write(clamp=on)


def clock(on: bool) -> Op:
    return lambda r: r.CLOCK.write(enable=on)


def hold(on: bool) -> Op:
    return lambda r: r.RESET.write(hold=on)


def run(on: bool) -> Op:
    return lambda r: r.CTRL.write(run=on)


def bist(on: bool = True) -> Op:
    return lambda r: r.CORE.BIST_CTRL.write(run=on)


def address(word: int) -> Op:
    return lambda r: r.CORE.IMEM_ADDRESS.write(word=word)


def data(word: int) -> Op:
    return lambda r: r.CORE.IMEM_DATA.write(word=word)


def length(words: int) -> Op:
    return lambda r: r.CORE.IMAGE_LENGTH.write(words=words)


def mark(version: int) -> Op:
    return lambda r: r.CORE.IMAGE_MARK.write(version=version)


def entry(word: int) -> Op:
    return lambda r: r.ENTRY.write(word=word)


def lanes(enable: int) -> Op:
    return lambda r: r.LANES.write(enable=enable)


def limit(page: int) -> Op:
    return lambda r: r.APERTURE_LIMIT.write(page=page)


def base(page: int) -> Op:
    return lambda r: r.APERTURE_BASE.write(page=page)


def traffic(outstanding: int) -> Op:
    return lambda r: r.TRAFFIC.write(priority=0, outstanding=outstanding)


def step(r: EngineRegs) -> RegisterOp[Any]:
    return r.STEP.write(once=1)


def loading(words: Sequence[int]) -> list[Op | float]:
    return [address(0), *(data(word) for word in words), length(len(words)), mark(1)]


CLOSED: list[Op | float] = [stagger(), gate(True), GATE_S]
CLOCKED: list[Op | float] = [*CLOSED, clamp(False), clock(True)]
ALIVE: list[Op | float] = [*CLOCKED, hold(False)]
TESTED: list[Op | float] = [*ALIVE, bist(), BIST_S]
LOADED: list[Op | float] = [*TESTED, *loading(IMAGE.words)]
BOUNDED: list[Op | float] = [*LOADED, entry(3), lanes(1), traffic(1)]
RUNNING: list[Op | float] = [*BOUNDED, run(True), BOOT_S]
HALTED: list[Op | float] = [*RUNNING, run(False), HALT_S]
OFF: list[Op | float] = [*HALTED, hold(True), clock(False), clamp(True), gate(False)]

# From reset, with clock and reset of the cluster up: operations, and the rules that they break.
FROM_RESET: list[tuple[Steps, Broken]] = [
    (RUNNING, []),
    (OFF, []),
    ([*OFF, OPEN_S, *CLOSED[1:]], []),
    ([*HALTED, run(True), run(False), run(True)], []),
    ([*HALTED, *loading(IMAGE.words), run(True)], []),
    ([*HALTED, step, step], []),
    # power gate
    ([gate(True)], [("PG_CTRL", "gate closed with all switches at once: the stagger is 0")]),
    ([stagger(), gate(True), gate(False)], [("PG_CTRL", "gate asked for more while it opens or closes")]),
    ([*OFF, gate(True)], [("PG_CTRL", "gate asked for more while it opens or closes")]),
    ([*CLOSED, stagger(17)], [("PG_TIMES", "stagger changed while the gate is closed")]),
    ([*CLOSED, stagger(16)], []),
    (
        [clamp(False), stagger(), gate(True)],
        [
            ("ISOLATION", "clamps opened before the supply is good"),
            ("PG_CTRL", "gate closed with the clamps open"),
        ],
    ),
    ([*CLOSED, clamp(False), gate(False)], [("PG_CTRL", "gate opened before the core is clamped")]),
    (
        [*CLOCKED, gate(False)],
        [
            ("PG_CTRL", "gate opened before the core is clamped"),
            ("PG_CTRL", "gate opened while the core's clock runs"),
        ],
    ),
    (
        [*RUNNING, gate(False)],
        [
            ("PG_CTRL", "gate opened while the core runs: halt comes first"),
            ("PG_CTRL", "gate opened before the core is clamped"),
            ("PG_CTRL", "gate opened while the core's clock runs"),
        ],
    ),
    # clamps, clock, reset
    ([stagger(), gate(True), clamp(False)], [("ISOLATION", "clamps opened before the supply is good")]),
    (
        [*RUNNING, clamp(True)],
        [
            ("ISOLATION", "core clamped while it runs: halt comes first"),
            ("ISOLATION", "core clamped before it is held in reset"),
        ],
    ),
    ([*HALTED, clamp(True)], [("ISOLATION", "core clamped before it is held in reset")]),
    ([*CLOSED, clock(True)], [("CLOCK", "clock started while the core is clamped")]),
    (
        [clock(True)],
        [("CLOCK", "clock started before the supply is good"), ("CLOCK", "clock started while the core is clamped")],
    ),
    ([*ALIVE, clock(False)], [("CLOCK", "clock stopped before the core is held in reset")]),
    ([*RUNNING, hold(True)], [("RESET", "core held in reset while it runs: halt comes first")]),
    ([*RUNNING, run(False), hold(True)], [("RESET", "core held in reset while it runs: halt comes first")]),
    (
        [hold(False)],
        [
            ("RESET", "core released before the supply is good"),
            ("RESET", "core released while it is clamped"),
            ("RESET", "core released without a clock"),
        ],
    ),
    ([*CLOSED, clamp(False), hold(False)], [("RESET", "core released without a clock")]),
    # behind the gate
    ([bist()], [("CORE.BIST_CTRL", "touched while the core has no power")]),
    ([lambda r: r.CORE.PC.read()], [("CORE.PC", "touched while the core has no power")]),
    ([*CLOSED, data(1)], [("CORE.IMEM_DATA", "touched while the core is clamped")]),
    ([*CLOSED, clamp(False), length(1)], [("CORE.IMAGE_LENGTH", "touched while the core's clock is off")]),
    (
        [*CLOCKED, lambda r: r.CORE.LANE[3].OPERATIONS.read()],
        [("CORE.LANE[3].OPERATIONS", "touched while the core is held in reset")],
    ),
    # memories and firmware
    ([*ALIVE, bist(), bist()], []),
    ([*ALIVE, bist(), bist(False)], [("CORE.BIST_CTRL", "test of the memories stopped half way")]),
    ([*TESTED, bist(False), bist(), BIST_S, *loading(IMAGE.words)], []),
    ([*RUNNING, bist(False), bist()], [("CORE.BIST_CTRL", "memories tested while the core runs")]),
    ([*ALIVE, address(0)], [("CORE.IMEM_ADDRESS", "firmware loaded before the memories were tested")]),
    ([*ALIVE, bist(), data(1)], [("CORE.IMEM_DATA", "firmware loaded before the memories were tested")]),
    ([*TESTED, address(63), data(1)], []),
    ([*TESTED, address(63), data(1), address(0), data(1)], []),
    ([*TESTED, address(63), data(1), data(2)], [("CORE.IMEM_DATA", "firmware written beyond the end of its memory")]),
    ([*TESTED, length(64)], []),
    ([*TESTED, length(65)], [("CORE.IMAGE_LENGTH", "length of the firmware is 65 words; there is room for 1..64")]),
    ([*LOADED, length(0)], [("CORE.IMAGE_LENGTH", "length of the firmware is 0 words; there is room for 1..64")]),
    ([*TESTED, mark(1)], [("CORE.IMAGE_MARK", "firmware marked before its length is known")]),
    ([*RUNNING, address(0)], [("CORE.IMEM_ADDRESS", "firmware changed while the core runs")]),
    ([*RUNNING, data(0)], [("CORE.IMEM_DATA", "firmware changed while the core runs")]),
    ([*RUNNING, length(8)], [("CORE.IMAGE_LENGTH", "firmware changed while the core runs")]),
    ([*RUNNING, mark(2)], [("CORE.IMAGE_MARK", "firmware changed while the core runs")]),
    ([*RUNNING, run(False), data(0)], [("CORE.IMEM_DATA", "firmware changed while the core runs")]),
    # the core
    (
        [entry(3), lanes(1), traffic(1), run(True)],
        [("CTRL", "core started while the core has no power")],
    ),
    (
        [*ALIVE, entry(3), lanes(1), traffic(1), run(True)],
        [
            ("CTRL", "core started before the memories were tested"),
            ("CTRL", "core started before firmware was loaded and marked"),
        ],
    ),
    ([*BOUNDED, data(1), run(True)], [("CTRL", "core started before firmware was loaded and marked")]),
    ([*BOUNDED, entry(8), run(True)], [("CTRL", "core started beyond the end of its firmware")]),
    ([*BOUNDED, lanes(0), run(True)], [("CTRL", "core started with no lane enabled")]),
    ([*BOUNDED, base(5), limit(4), run(True)], [("CTRL", "core started with an empty aperture")]),
    ([*BOUNDED, traffic(0), run(True)], [("CTRL", "core started with no request permitted")]),
    ([*RUNNING, step], [("STEP", "step of a core that is not halted in its firmware")]),
    ([*BOUNDED, step], [("STEP", "step of a core that is not halted in its firmware")]),
    ([step], [("STEP", "step of a core that is not halted in its firmware")]),
    ([*RUNNING, entry(4)], [("ENTRY", "ENTRY changed while the core runs")]),
    ([*RUNNING, entry(3)], []),
    ([*RUNNING, lanes(3)], [("LANES", "LANES changed while the core runs")]),
    ([*RUNNING, limit(3)], [("APERTURE_LIMIT", "APERTURE_LIMIT changed while the core runs")]),
    ([*RUNNING, base(3)], [("APERTURE_BASE", "APERTURE_BASE changed while the core runs")]),
    ([*RUNNING, traffic(2)], [("TRAFFIC", "TRAFFIC changed while the core runs")]),
    ([*RUNNING, lambda r: r.WATCHDOG.write(limit=3)], [("WATCHDOG", "WATCHDOG changed while the core runs")]),
    ([*RUNNING, lambda r: r.TEST.write(flip=1)], [("TEST", "TEST changed while the core runs")]),
    ([*HALTED, entry(4), lanes(3)], []),
]

# In service.
IN_SERVICE: list[tuple[Steps, Broken]] = [
    ([entry(4)], [("ENTRY.word", LOCKED)]),
    ([lanes(1)], [("LANES.enable", LOCKED)]),
    ([base(0)], [("APERTURE_BASE.page", LOCKED)]),
    ([limit(0)], [("APERTURE_LIMIT.page", LOCKED)]),
    ([traffic(32)], [("TRAFFIC.priority", LOCKED)]),
    ([lambda r: r.TRAFFIC.write(priority=3, outstanding=1)], [("TRAFFIC.outstanding", LOCKED)]),
    ([stagger(1)], [("PG_TIMES.stagger", LOCKED)]),
    ([lambda r: r.WATCHDOG.write(limit=1)], [("WATCHDOG.limit", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), lanes(1)], [("LANES.enable", LOCKED)]),
    ([lambda r: r.CORE.TASKS.read(), lambda r: r.CORE.LANE[7].STATUS.read(), lambda r: r.CORE.HEARTBEAT.read()], []),
    ([lambda r: r.SCRATCH.write(value=7), run(False), run(True)], []),
]


def do(hands: Hands, steps: Steps) -> Broken:
    """Do it, and return what was violated at the engine under test; nothing else may have been."""
    for each in steps:
        if callable(each):
            hands.do(NAME, each)
        else:
            hands.wait(each)
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(powered: Powered, steps: Steps, broken: Broken) -> None:
    """Each rule on the way up and down is noticed when it is broken, and not when it is kept."""
    assert do(powered(), steps) == broken


@pytest.mark.parametrize(("steps", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, steps: Steps, broken: Broken) -> None:
    """Each change that would disturb an engine which takes tasks is noticed, and nothing else is."""
    assert do(serving, steps) == broken


def test_a_failed_memory_starts_no_core(powered: Powered) -> None:
    """To start a core whose memory failed its test breaks a rule."""
    broken = do(powered({NAME: {"bad_sram": True}}), [*BOUNDED, run(True)])
    assert broken == [("CTRL", "core started with a memory that failed its test")]


def test_a_clock_that_is_not_there_is_not_started(powered: Powered) -> None:
    """To start the core's clock while its cluster has none breaks a rule; what is behind the gate stays silent."""
    hands = powered()
    do(hands, CLOSED)
    hands.do("crg", lambda r: r.RESET.write(noc=0, sram=0, core=1))
    hands.do("crg", lambda r: r.CLK_GATE.write(noc=1, sram=1, core=0))
    broken = do(hands, [clamp(False), clock(True), hold(False), lambda r: r.CORE.PC.read()])
    assert broken == [
        ("CLOCK", "clock started while the core's cluster has none"),
        ("CORE.PC", "touched while the core's cluster has no clock"),
    ]
    hands.do("crg", lambda r: r.CLK_GATE.write(noc=1, sram=1, core=1))
    assert do(hands, [lambda r: r.CORE.PC.read()])[2:] == [
        ("CORE.PC", "touched while the core's cluster is in reset")
    ]


def test_what_is_behind_the_gate_reads_as_nothing(serving: Hands) -> None:
    """A read behind a gate that was opened brings 0, and a write is lost, where before there was something."""
    crc = serving.do(NAME, lambda r: r.CORE.IMAGE_CRC.read()).crc
    assert crc == serving.sim.chip.instances[NAME].block.config.image.crc
    do(serving, OFF[-6:])
    serving.do(NAME, mark(7))
    assert serving.do(NAME, lambda r: r.CORE.IMAGE_CRC.read()).crc == 0
    do(serving, [OPEN_S, *CLOSED[1:], clamp(False), clock(True), hold(False)])
    assert serving.do(NAME, lambda r: r.CORE.IMAGE_MARK.read()).version == 0
    assert [v.register for v in serving.sim.violations] == ["CORE.IMAGE_MARK", "CORE.IMAGE_CRC"]


def test_nothing_answers_in_a_domain_that_is_held(serving: Hands) -> None:
    """While the cluster's interface is in reset, neither what is always on nor what is behind the gate answers."""
    serving.do("crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    serving.broke("crg.RESET")
    touches: list[Op] = [lambda r: r.ID.read(), lambda r: r.CORE.PC.read(), mark(1)]
    for op in touches:
        with pytest.raises(BusFault, match="in reset"):
            serving.do(NAME, op)
    rule = "touched while its domain crg.noc is in reset"
    touched = [("ID", rule), ("CORE.PC", rule), ("CORE.IMAGE_MARK", rule)]
    assert [(v.register, v.rule) for v in serving.sim.violations] == touched
