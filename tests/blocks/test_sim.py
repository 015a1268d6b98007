"""`sim:` as a target: it keeps the contract of a transport, tells of interrupts, and its chip outlives it."""

from __future__ import annotations

from math import inf, nextafter
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from blocks.chip import ChipError, LineSpec
from blocks.crg.model import CrgModel
from blocks.model import BlockModel, Clock
from blocks.sim import ModelFault, SimTransport, open_sim
from blocks.sim.chip import VIOLATIONS_MAX, SimChip
from blocks.sim.faults import ANSWER_S, ErrorResponse, Hang, InterruptSpurious, LocalReset, StuckBit
from blocks.sim.faults.board import Faults
from registers.schema import MemoryType
from registers.semantics import Sw
from transports.base import Notifier, Resettable
from transports.batch import Delay, Modify, Poll, Read, Write, batch
from transports.conformance import check_transport
from transports.errors import BusFault, CheckFailed, DeviceLost
from transports.open import Target, TargetError, open_transport

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Hands

SCRATCH, SCRATCH_SIZE = 0x10000, 0x400  # mini.rdl scratch
CTRL, STATUS, INTR_ENABLE = 0x04, 0x14, 0x18  # of refpll, which stands at 0


async def test_the_contract_of_a_transport(mini: Chip, autojump_clock: MockClock) -> None:
    """A simulated chip passes the conformance suite over its memory."""

    async def make() -> SimTransport:
        return SimTransport(SimChip(mini))

    await check_transport(make, base=SCRATCH, size=SCRATCH_SIZE, bounded=False)


async def test_it_is_opened_by_its_url(autojump_clock: MockClock) -> None:
    """`sim:` is an installed scheme: it opens the chip that is expected, with interrupts and a reset."""
    transport = await open_transport("sim:?pll[3].lock_s=inf", chip="mini", seed=7)
    assert isinstance(transport, SimTransport)
    assert isinstance(transport, Notifier)
    assert isinstance(transport, Resettable)
    assert not transport.capabilities.real_time
    assert transport.chip.seed == 7
    assert transport.chip.model("pll[3]").params.lock_s == float("inf")
    assert transport.chip.model("pll[2]").params.lock_s == 50e-6
    await transport.aclose()


async def test_nothing_stands_before_the_options() -> None:
    """`sim:` has options and no name of its own: the chip is named beside it."""
    with pytest.raises(TargetError, match=r"found 'mini'; expected sim: or sim:\?BLOCK.PARAMETER=VALUE"):
        await open_sim(Target.parse("sim:mini", chip="mini"))


async def test_a_chip_must_be_named() -> None:
    """A simulation of nothing in particular is refused, with what there is."""
    with pytest.raises(TargetError, match=r"none was named; one of .*mini"):
        await open_sim(Target.parse("sim:"))


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("clock", "refpll.lock", "expected a clock net, BLOCK.net: refpll.clock"),
        ("clock", "crg[0].noc", "expected a clock net, BLOCK.net: none there"),
        ("clock", "refpll", "expected a clock net, BLOCK.net: none there"),
        ("clock", "pll[9].clock", "no block 'pll"),
        ("domain", "refpll.clock", "expected a domain net, BLOCK.net: none there"),
    ],
)
def test_a_wire_must_fit_its_end(mini: Chip, parameter: str, value: str, message: str) -> None:
    """A wire to a net that is not there, or carries something else, is an error that lists those that fit."""
    with pytest.raises(ChipError) as caught:
        SimChip(mini, overrides={"sys_crg": {parameter: value}})
    assert caught.value.path == 'blocks."sys_crg".model'
    assert message in caught.value.found


def test_a_type_without_model_is_not_simulated(mini: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chip with a block that has no model is refused, and another target proposed."""

    def none(_name: str) -> None:
        return None

    monkeypatch.setattr("blocks.sim.chip.model_type", none)
    with pytest.raises(ChipError, match=r'blocks."refpll": found block type .pll. with no model; .* --on URL'):
        SimChip(mini)


def test_blocks_that_overlap_are_not_simulated(mini: Chip) -> None:
    """A block inside another's range is refused: an access would be ambiguous."""
    inside = evolve(mini.instances["sys_crg"], address=0x10)
    chip = evolve(mini, instances={**mini.instances, "sys_crg": inside})
    with pytest.raises(ChipError, match=r'blocks."sys_crg": found a block inside refpll'):
        SimChip(chip)


async def test_simulated_time_is_the_time_of_the_loop(mini: Chip, autojump_clock: MockClock) -> None:
    """What takes the hardware time takes time of the event loop, and a poll sees it when it has happened."""
    transport = SimTransport(SimChip(mini))
    results = await transport.execute(
        batch(Modify(CTRL, mask=1, value=0), Poll(STATUS, mask=1, value=1, timeout_s=1e-3), Delay(1e-3), Read(STATUS))
    )
    assert results.check().word(1) & 1
    lock_s = 80e-6 + 10e-6 + 256 / 25e6  # as it stands after reset, it searches its band too
    assert 1e-3 + 0.8 * lock_s <= trio.current_time() <= 1e-3 + 1.4 * lock_s
    assert transport.chip.now_s == pytest.approx(trio.current_time())


async def test_a_line_that_rises_wakes_who_waits(mini: Chip, autojump_clock: MockClock) -> None:
    """A rise that nobody caused by an access is told when it happens; each rise is told once."""
    sim = SimChip(mini)
    transport = SimTransport(sim)
    await transport.execute(batch(Write(INTR_ENABLE, 0x300), Modify(CTRL, mask=1, value=0)))
    sim.after("refpll", 2e-3, lambda: sim.model("refpll").inputs["reference"].drive(Clock()))
    assert await transport.wait() == {0}
    assert trio.current_time() == pytest.approx(2e-3)
    with trio.move_on_after(1.0) as scope:
        await transport.wait()
    assert scope.cancelled_caught
    second = SimTransport(sim)
    assert await second.wait() == {0}


async def test_an_access_that_raises_a_line_wakes_who_waits(mini: Chip, autojump_clock: MockClock) -> None:
    """A rise that an access causes wakes a task that was waiting already."""
    sim = SimChip(mini)
    transport = SimTransport(sim)
    await transport.execute(batch(Modify(CTRL, mask=1, value=0)))
    sim.model("refpll").inputs["reference"].drive(Clock())
    told: list[tuple[float, frozenset[int]]] = []

    async def listen() -> None:
        told.append((trio.current_time(), await transport.wait()))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await trio.sleep(1.0)
        assert told == []
        await transport.execute(batch(Write(INTR_ENABLE, 0x200)))
    assert told == [(0.0, frozenset({0}))]


async def test_a_closed_transport_ends_who_waits_and_not_the_chip(mini: Chip, autojump_clock: MockClock) -> None:
    """After `aclose` waiting and running batches find the device lost; another transport finds the chip as it was."""
    sim = SimChip(mini)
    transport = SimTransport(sim)
    await transport.execute(batch(Write(SCRATCH, 42)))
    outcomes: list[object] = []

    async def listen() -> None:
        with pytest.raises(DeviceLost):
            await transport.wait()
        outcomes.append("listened")

    async def poll() -> None:
        outcomes.append((await transport.execute(batch(Poll(SCRATCH, mask=1, value=1, timeout_s=60)))).error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        nursery.start_soon(poll)
        await trio.sleep(1.0)
        await transport.aclose()
        await transport.aclose()
    assert "listened" in outcomes
    assert any(isinstance(outcome, DeviceLost) for outcome in outcomes)
    assert (await SimTransport(sim).execute(batch(Read(SCRATCH)))).word(0) == 42


async def test_a_reset_is_that_of_power_on(mini: Chip, autojump_clock: MockClock) -> None:
    """A reset brings registers, memory and lines back to what they were, and forgets what was under way."""
    transport = SimTransport(SimChip(mini))
    await transport.execute(batch(Write(SCRATCH, 42), Modify(CTRL, mask=1, value=0)))
    await trio.sleep(30e-6)
    await transport.reset()
    await trio.sleep(1.0)
    assert (await transport.execute(batch(Read(SCRATCH), Read(CTRL), Read(STATUS)))).values == (0, 0x13, 0x2)


def test_the_chip_goes_on_between_two_event_loops(mini: Chip) -> None:
    """A chip's time goes on from where it was, whatever the clock of the next controller shows."""
    sim = SimChip(mini)

    async def power(time_s: float) -> float:
        transport = SimTransport(sim)  # never closed: the controller died
        await transport.execute(batch(Modify(CTRL, mask=1, value=0)))
        await trio.sleep(time_s)
        return (await transport.execute(batch(Read(STATUS)))).word(0) & 1

    assert trio.run(power, 40e-6, clock=MockClock(autojump_threshold=0)) == 0
    assert sim.now_s == pytest.approx(40e-6)
    assert trio.run(power, 90e-6, clock=MockClock(autojump_threshold=0)) == 1
    assert sim.now_s == pytest.approx(130e-6)
    assert sim.violations == []


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_it_runs_under_either_event_loop(mini: Chip, backend: str) -> None:
    """A simulated chip serves trio and asyncio programs alike."""

    async def main() -> tuple[int, frozenset[int]]:
        sim = SimChip(mini)
        transport = SimTransport(sim)
        await transport.execute(batch(Write(INTR_ENABLE, 0x300), Modify(CTRL, mask=1, value=0)))
        sim.model("refpll").inputs["reference"].drive(Clock())
        results = await transport.execute(batch(Delay(1e-6), Read(STATUS)))
        with anyio.fail_after(5):
            return results.word(1), await transport.wait()

    assert anyio.run(main, backend=backend) == (0x200, frozenset({0}))


def test_the_seed_decides_what_is_random(mini: Chip, hands_on: type[Hands]) -> None:
    """The same seed gives the same latencies, another one others, and a block's depend on nothing that went before."""

    def locks_at(seed: int, *, disturbed: bool = False) -> float:
        hands = hands_on(SimChip(mini, seed=seed))
        if disturbed:
            hands.do("sys_crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
            hands.sim.model("sys_crg").draw("fabric")
            hands.sim.model("refpll").draw("another thing")
        hands.do("refpll", lambda r: r.CTRL.modify(power_down=0))
        return hands.sim.next_event_s

    assert locks_at(1) == locks_at(1) == locks_at(1, disturbed=True)
    assert len({locks_at(seed) for seed in range(10)}) == 10


def test_nothing_stands_in_a_hole(fresh: Hands) -> None:
    """An access where nothing stands is a bus fault and a violation, to read and to write."""
    for access in (lambda: fresh.sim.read(0x800, 4), lambda: fresh.sim.write(0xFFFF_0000, 1, 4, None)):
        with pytest.raises(BusFault, match="nothing stands there"):
            access()
    with pytest.raises(BusFault, match="reaches beyond scratch"):
        fresh.sim.read(SCRATCH + SCRATCH_SIZE - 4, 8)
    assert fresh.broken == [
        ("bus.0x800", "read where nothing stands"),
        ("bus.0xffff0000", "write where nothing stands"),
    ]


async def test_a_fault_of_a_model_is_told_from_a_fault_of_the_hardware(
    mini: Chip, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    """An error inside a model names the model and what it was doing, whether at an access or as time passed."""
    sim = SimChip(mini)
    transport = SimTransport(sim)

    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("of the simulation")

    monkeypatch.setattr(sim.model("refpll"), "_drive", broken)
    message = "the model of refpll failed while 0x12 was written to offset 0x4: ZeroDivisionError: of the simulation"
    with pytest.raises(ModelFault, match=message):
        await transport.execute(batch(Write(CTRL, 0x12)))
    sim.after("pll[1]", 1e-6, broken)
    await trio.sleep(1.0)
    with pytest.raises(ModelFault, match=r"the model of pll\[1\] failed while time passed: ZeroDivisionError"):
        await transport.execute(batch(Read(SCRATCH)))


def test_a_fault_at_a_read_is_told_too(fresh: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that fails as it is read is named with the offset."""

    def broken(*_arguments: int) -> int:
        raise KeyError("of the simulation")

    monkeypatch.setattr(fresh.sim.model("refpll"), "read", broken)
    with pytest.raises(ModelFault, match="the model of refpll failed while offset 0x14 was read: KeyError"):
        fresh.sim.read(STATUS, 4)


def test_a_memory_that_is_only_read_keeps_its_words(mini: Chip) -> None:
    """A write to a memory that software may only read is a bus fault."""
    children = tuple(
        evolve(child, type=evolve(child.type, sw=Sw.R)) if isinstance(child.type, MemoryType) else child
        for child in mini.image.root.children
    )
    sim = SimChip(evolve(mini, image=evolve(mini.image, root=evolve(mini.image.root, children=children))))
    with pytest.raises(BusFault, match="scratch is only read"):
        sim.write(SCRATCH, 1, 4, None)
    assert sim.read(SCRATCH, 4) == 0


async def test_a_failing_check_ends_a_batch_with_what_stands(mini: Chip, autojump_clock: MockClock) -> None:
    """A bus fault in the middle of a batch leaves the results before it, and names the operation."""
    transport = SimTransport(SimChip(mini))
    results = await transport.execute(batch(Read(SCRATCH), Read(0x2000), Write(SCRATCH, 1)))
    assert (results.values, type(results.error)) == ((0,), BusFault)
    assert results.error is not None
    assert (results.error.index, results.error.address) == (1, 0x2000)
    assert not isinstance(results.error, CheckFailed)
    assert len(transport.violations) == 1


def test_violations_are_bounded(fresh: Hands) -> None:
    """A controller that breaks a rule for ever does not fill the memory: the first ones are kept."""
    for _ in range(VIOLATIONS_MAX + 10):
        fresh.sim.violate("refpll", "CTRL", "again")
    assert len(fresh.sim.violations) == VIOLATIONS_MAX


def test_a_line_reaches_the_model_of_its_controller(mini: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that names a controller goes to that controller's model, and is none of the chip's own."""
    taken: list[tuple[str, int, bool]] = []

    def sink(self: BlockModel, source: int, level: bool) -> None:
        taken.append((self.name, source, level))

    monkeypatch.setattr(CrgModel, "sink", sink)
    sim = SimChip(routed(mini))
    sim.line("refpll", True)
    sim.line("refpll", True)
    sim.line("refpll", False)
    assert taken == [("sys_crg", 5, True), ("sys_crg", 5, False)]
    assert sim.raised == frozenset()


def test_a_controller_must_take_lines(mini: Chip) -> None:
    """A line to a block whose model takes none is refused when the chip is assembled."""
    with pytest.raises(ChipError, match=r'blocks."refpll".line.controller: found .sys_crg., whose model takes no'):
        SimChip(routed(mini))


def routed(chip: Chip) -> Chip:
    """Return the chip with the line of refpll led to sys_crg."""
    refpll = evolve(chip.instances["refpll"], line=LineSpec("sys_crg", 5))
    return evolve(chip, instances={**chip.instances, "refpll": refpll})


def test_a_fault_that_is_not_there_yet_or_any_more_costs_an_access_nothing(
    mini: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accesses come by the board only while one may meet a fault, or begin one."""
    sim, asked = SimChip(mini), list[int]()
    admits = Faults.admits

    def counted(board: Faults, address: int, width: int, *, writing: bool) -> bool:
        asked.append(address)
        return admits(board, address, width, writing=writing)

    def read() -> int:
        before = len(asked)
        for offset in (CTRL, STATUS):
            sim.read(offset, 4)
        return len(asked) - before

    monkeypatch.setattr(Faults, "admits", counted)
    stuck = sim.inject(StuckBit(block="refpll", register="DIV.fbdiv", value=1), at_s=sim.now_s + 1.0)
    assert read() == 0
    sim.advance(sim.now_s + 1.0)
    assert read() == 2
    stuck.clear()
    assert read() == 0
    error = sim.inject(ErrorResponse(block="pll[0]"), after=3)
    assert read() == 2
    error.clear()
    assert read() == 2  # the third access: it would have begun
    assert read() == 0


async def test_a_judgement_tells_the_faults_that_have_begun(mini: Chip, autojump_clock: MockClock) -> None:
    """By the clock of the connection that asks, the first one first; one to come is not told, one that ended is."""
    sim = SimChip(mini)
    sim.advance(100.0)  # the chip is older than the connection
    begin = trio.current_time()
    transport = SimTransport(sim)
    sim.inject(StuckBit(block="refpll", register="DIV.fbdiv", value=1, for_s=1.0), at_s=102.0)
    sim.inject(ErrorResponse(block="pll[0]"), at_s=101.0)
    sim.inject(LocalReset(block="pll[1]"), at_s=200.0)
    assert (await transport.judge()).faults == ()
    await trio.sleep(5.0)
    told = (await transport.judge()).faults
    assert [(round(began_s - begin, 6), what) for began_s, what in told] == [
        (1.0, "error pll[0]"),
        (2.0, "stuck_bit refpll.DIV.fbdiv"),
    ]


class LookedAt(SimChip):
    """A chip that counts how often its time is told."""

    told = 0

    def advance(self, now_s: float) -> None:
        """Count, and let everything happen that happens up to then."""
        self.told += 1
        super().advance(now_s)


async def test_who_listens_sleeps_while_an_access_waits(mini: Chip, autojump_clock: MockClock) -> None:
    """While the chip is ahead of the clock, what is due there is waited for, and heard when the clock is there, too."""
    sim, heard = LookedAt(mini), list[float]()
    transport = SimTransport(sim)
    autojump_clock.rate = 0.01  # of the wall: one who never sleeps does not keep the test from its end

    async def listen() -> None:
        await transport.wait()
        heard.append(trio.current_time())

    sim.inject(Hang(block="refpll", for_s=1.0))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        nursery.start_soon(transport.execute, batch(Read(STATUS)))
        await trio.sleep(ANSWER_S / 2)
        assert sim.now_s > trio.current_time()
        sim.inject(InterruptSpurious(block="refpll", count=1), at_s=nextafter(sim.now_s, inf))
    assert sim.told < 20
    assert heard == [pytest.approx(ANSWER_S, rel=0.1)]
