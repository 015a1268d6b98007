"""A fault of the simulation changes what it says and nothing else, and a cleared one leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define
from trio.testing import MockClock

from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import (
    ANSWER_S,
    KINDS,
    BitFlip,
    ChipReset,
    ClusterReset,
    DroppedWrite,
    ErrorResponse,
    Fault,
    FaultError,
    Hang,
    InterruptLate,
    InterruptLost,
    InterruptSpurious,
    InterruptStorm,
    LinkDown,
    LocalReset,
    StuckBit,
    Upset,
)
from blocks.sim.faults.kinds import Answer
from registers.handles import registers_below
from registers.schema import RegisterType
from transports.batch import Read, Write, batch
from transports.errors import BusFault, Indeterminate, TransportError, Unavailable

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire

DIV, SCRATCH = 0x08, 0x50  # of refpll, which stands at 0: pll.rdl
ONES = 0xFFFF_FFFF
EVERY_KIND: tuple[Fault, ...] = (
    ErrorResponse(block="refpll"),
    Hang(block="pll[0]", for_s=1.0),
    DroppedWrite(block="crg[1]", register="CLK_GATE"),
    BitFlip(block="refpll", register="DIV.fbdiv", bit=3),
    StuckBit(block="refpll", register="STATUS.lock", value=0),
    Upset(block="refpll", name="lock_lost"),
    InterruptLate(block="refpll", by_s=1.0),
    InterruptLost(block="refpll"),
    InterruptSpurious(block="refpll"),
    InterruptStorm(block="refpll", for_s=1.0),
    LocalReset(block="crg[2]"),
    ClusterReset(block="sys_crg"),
    ChipReset(),
    LinkDown(for_s=1.0),
)


@define(eq=False)
class Ear:
    """Hears the chip's own lines, and when they rise."""

    sim: SimChip
    heard: list[tuple[float, int]]

    def rose(self, line: int) -> None:
        self.heard.append((self.sim.now_s, line))

    def scheduled(self) -> None:
        pass


@pytest.fixture
def make(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> Callable[[], SimChip]:
    """Make chips in service, each the twin of the others."""

    def made() -> SimChip:
        sim = SimChip(mini)
        bringing_up.run(wire_to(sim))
        return sim

    return made


def listening(sim: SimChip) -> list[tuple[float, int]]:
    ear = Ear(sim, [])
    sim.attach(ear, sim.now_s)
    return ear.heard


def registers(sim: SimChip, block: str) -> Iterator[tuple[str, int]]:
    """Yield path and address of each register of a block."""
    instance = sim.chip.instances[block]
    seen: set[int] = set()
    for register in registers_below(instance.block.regs):
        if register.address not in seen:
            seen.add(register.address)
            yield register.path, register.address


def answer(do: Callable[[], Any]) -> object:
    try:
        return do()
    except TransportError as error:
        return type(error).__name__


def words(sim: SimChip) -> dict[str, object]:
    """Read every register of every block once; what cannot be read is the name of its error."""
    return {
        f"{block}.{path}": answer(partial(sim.read, address, 4))
        for block in sim.chip.instances
        for path, address in registers(sim, block)
    }


def state(sim: SimChip) -> dict[str, int]:
    """Return what every register that was touched holds, without touching it."""
    return {
        f"{name}.{store.place.path}": store.value
        for name in sim.chip.instances
        for store in sim.model(name).registers.fabric.bank.stores()
    }


def test_every_kind_is_tried_here() -> None:
    """The faults that are cleared and awaited below are of all kinds."""
    assert {fault.kind for fault in EVERY_KIND} == set(KINDS)


def test_an_error_response_is_of_one_register_and_no_other(make: Callable[[], SimChip]) -> None:
    """For each register: an access to it is answered with an error, all else reads as on a sound chip."""
    sound = words(make())
    for path, _ in registers(make(), "pll[1]"):
        sim = make()
        sim.inject(ErrorResponse(block="pll[1]", register=path, count=1))
        found = words(sim)
        assert found.pop(f"pll[1].{path}") == "BusFault"
        assert found == {name: word for name, word in sound.items() if name != f"pll[1].{path}"}


@pytest.mark.parametrize("value", [0, 1])
def test_a_stuck_bit_is_one_bit(make: Callable[[], SimChip], value: int) -> None:
    """For each field: its lowest bit is read as it is stuck, every other bit as on a sound chip."""
    sound = words(make())
    for register in registers_below(make().chip.instances["pll[1]"].block.regs):
        assert isinstance(register.type, RegisterType)
        for field in register.type.fields:
            if not field.sw.readable:
                continue
            sim = make()
            sim.inject(StuckBit(block="pll[1]", register=f"{register.path}.{field.name}", value=value))
            found, name, bit = words(sim), f"pll[1].{register.path}", 1 << field.lsb
            was, now = sound[name], found.pop(name)
            assert isinstance(was, int)
            assert now == (was | bit if value else was & ~bit)
            assert found == {other: word for other, word in sound.items() if other != name}


def test_a_dropped_write_changes_nothing_at_all(make: Callable[[], SimChip]) -> None:
    """For each register: a write of ones that is dropped leaves the whole chip as one that was never written."""
    untouched = state(make())
    for path, address in registers(make(), "pll[1]"):
        sim = make()
        fault = sim.inject(DroppedWrite(block="pll[1]", register=path))
        sim.write(address, ONES, 4, None)
        assert {name: word for name, word in state(sim).items() if untouched.get(name, word) != word} == {}
        assert (fault.happened, fault.active, sim.violations) == (1, False, [])


def test_only_the_next_write_is_dropped(fresh: Hands) -> None:
    """A dropped write is one write, and no read; the one behind it is done."""
    sim = fresh.sim
    before = sim.read(SCRATCH, 4)
    sim.inject(DroppedWrite(block="refpll", register="SCRATCH"))
    assert sim.read(SCRATCH, 4) == before
    sim.write(SCRATCH, 0x1234, 4, None)
    assert sim.read(SCRATCH, 4) == before
    sim.write(SCRATCH, 0x1234, 4, None)
    assert sim.read(SCRATCH, 4) == 0x1234


def test_a_flipped_bit_is_written_over(fresh: Hands) -> None:
    """A flip turns one stored bit over, once; what is written next stands."""
    sim = fresh.sim
    before = words(sim)
    sim.inject(BitFlip(block="refpll", register="SCRATCH", bit=5))
    after = words(sim)
    assert {name for name in before if before[name] != after[name]} == {"refpll.SCRATCH"}
    assert sim.read(SCRATCH, 4) ^ int(str(before["refpll.SCRATCH"])) == 1 << 5
    sim.write(SCRATCH, 0x40, 4, None)
    assert sim.read(SCRATCH, 4) == 0x40


def test_the_hardware_follows_a_flipped_bit(live: Hands) -> None:
    """A PLL whose divider flips loses lock: the flop is what drives the loop."""
    sim = live.sim
    lock = sim.model("pll[1]").registers.field("STATUS.lock")
    assert lock.value
    sim.inject(BitFlip(block="pll[1]", register="DIV.fbdiv", bit=1))
    assert not lock.value


def test_a_stuck_bit_is_written_so_and_then_as_it_is_told(fresh: Hands) -> None:
    """While a bit is stuck a write stores it stuck; afterwards a write stores what it says."""
    sim = fresh.sim
    fault = sim.inject(StuckBit(block="refpll", register="SCRATCH", bit=4, value=1))
    sim.write(SCRATCH, 0x01, 4, None)
    fault.clear()
    assert sim.read(SCRATCH, 4) == 0x11
    sim.write(SCRATCH, 0x01, 4, None)
    assert sim.read(SCRATCH, 4) == 0x01


@pytest.mark.parametrize("fault", EVERY_KIND, ids=lambda fault: fault.kind)
def test_what_never_begins_leaves_no_trace(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire], fault: Fault
) -> None:
    """A fault cleared before its time, and one whose time never comes: the bring-up is the same, to the end."""

    def lived(*, told: bool) -> tuple[Any, ...]:
        sim = SimChip(mini)
        heard = listening(sim)
        if told:
            sim.inject(fault, at_s=1e-3).clear()
            sim.inject(fault, at_s=100.0)
            sim.inject(fault, after=10**6)
        wire = wire_to(sim)
        bringing_up.run(wire)
        sim.advance(99.0)
        return sim.violations, heard, wire.reads, wire.writes, state(sim), sim.stalled_s

    assert lived(told=True) == lived(told=False)


@pytest.mark.parametrize(
    "fault", [fault for fault in EVERY_KIND if hasattr(fault, "for_s")], ids=lambda fault: fault.kind
)
def test_a_cleared_fault_leaves_no_trace(make: Callable[[], SimChip], fault: Fault) -> None:
    """What lasted a while that nobody looked is over, and the chip is as one that never had it."""
    sim, twin = make(), make()
    injected = sim.inject(fault)
    injected.clear()
    injected.clear()
    for chip in (sim, twin):
        chip.advance(1.0)
    assert not injected.active
    assert state(sim) == state(twin)
    assert words(sim) == words(twin)
    assert sim.raised == twin.raised


def test_a_fault_begins_behind_so_many_accesses(fresh: Hands) -> None:
    """`after` counts reads and writes from when it was said."""
    sim = fresh.sim
    sim.read(DIV, 4)
    sim.inject(ErrorResponse(block="refpll"), after=2)
    sim.read(DIV, 4)
    sim.write(SCRATCH, 1, 4, None)
    with pytest.raises(BusFault, match="refpll answers with an error"):
        sim.read(DIV, 4)
    sim.read(DIV, 4)


async def test_a_hang_is_given_up(mini: Chip, autojump_clock: MockClock) -> None:
    """A read and a write without answer fail as `Indeterminate` after ANSWER_S, and what was given up is never done."""
    sim = SimChip(mini)
    transport = SimTransport(sim)
    before = sim.read(SCRATCH, 4)
    sim.inject(Hang(block="refpll", count=2))
    tried: tuple[Write | Read, ...] = (Write(SCRATCH, 0x77), Read(SCRATCH))
    for number, operation in enumerate(tried, start=1):
        results = await transport.execute(batch(operation, Write(SCRATCH, 0x88)))
        assert isinstance(results.error, Indeterminate)
        assert (results.error.address, results.error.index) == (SCRATCH, 0)
        assert trio.current_time() == pytest.approx(number * ANSWER_S)
        assert sim.now_s == pytest.approx(trio.current_time())
    assert (await transport.execute(batch(Read(SCRATCH)))).check().word(0) == before


async def test_a_hang_that_ends_in_time_is_a_late_answer(mini: Chip, autojump_clock: MockClock) -> None:
    """An access whose hang ends within ANSWER_S is done then; time has passed for whoever waits."""
    transport = SimTransport(SimChip(mini))
    transport.chip.inject(Hang(block="refpll", for_s=ANSWER_S / 2), at_s=0.0)
    (results,) = await transport.execute_all([batch(Write(SCRATCH, 0x77), Read(SCRATCH))])
    assert results.check().word(1) == 0x77
    assert trio.current_time() == pytest.approx(ANSWER_S / 2)


async def test_a_link_that_is_down_reads_as_ones(mini: Chip, autojump_clock: MockClock) -> None:
    """All ones and vanished writes for its time, nothing of an interrupt; then the chip is as it was left."""
    sim = SimChip(mini)
    transport = SimTransport(sim)
    heard = listening(sim)
    before = words(sim)
    sim.inject(LinkDown(for_s=1e-3))
    sim.inject(InterruptSpurious(block="refpll"), at_s=0.5e-3)
    results = await transport.execute(batch(Write(SCRATCH, 0x77), Read(SCRATCH), Read(DIV, width=8)))
    assert (results.check().word(1), results.word(2)) == (ONES, (1 << 64) - 1)
    await trio.sleep(1e-3)
    sim.advance(trio.current_time())
    assert heard == []
    assert words(sim) == before


async def test_a_link_without_answer_is_unavailable(mini: Chip, autojump_clock: MockClock) -> None:
    """Nothing went out, so a retry is safe; an access that the link's return finds waiting is done."""
    transport = SimTransport(SimChip(mini))
    transport.chip.inject(LinkDown(for_s=1.5 * ANSWER_S, answer=Answer.nothing))
    results = await transport.execute(batch(Write(SCRATCH, 0x77)))
    said = "the link to the chip is down: nothing went out for 0.01 s"
    assert results.error == Unavailable(said, address=SCRATCH, index=0)
    results = await transport.execute(batch(Write(SCRATCH, 0x77), Read(SCRATCH)))
    assert results.check().word(1) == 0x77
    assert trio.current_time() == pytest.approx(1.5 * ANSWER_S)


def test_an_upset_is_what_the_model_says(live: Hands) -> None:
    """A PLL that loses lock says so, locks anew by itself, and no other PLL that does not stand on it notices."""
    sim = live.sim
    cells = {name: sim.model(name).registers.field("STATUS.lock") for name in ("pll[0]", "pll[1]")}
    sim.inject(Upset(block="pll[1]", name="lock_lost"), at_s=sim.now_s + 1.0)
    live.wait(1.0)
    assert (cells["pll[0]"].value, cells["pll[1]"].value) == (1, 0)
    live.wait(1.0)
    assert (cells["pll[0]"].value, cells["pll[1]"].value) == (1, 1)
    assert sim.model("pll[1]").registers.field("STATUS.lock_lost").value
    assert sim.violations == []


def test_a_local_reset_is_of_one_block(live: Hands, fresh: Hands) -> None:
    """The block's registers are as after power-on; those of a block that does not stand on it are as before."""
    before = state(live.sim)
    live.sim.inject(LocalReset(block="io_crg[1]"))
    after, reset = state(live.sim), state(fresh.sim)
    changed = {name for name in after if after[name] != before[name]}
    assert changed
    assert all(name.startswith("io_crg[1].") for name in changed)
    assert all(after[name] == reset.get(name, 0) for name in changed)


def test_a_cluster_reset_is_of_all_behind_one_block(live: Hands) -> None:
    """What stands in the domains of the block is reset, the block itself is not."""
    before = state(live.sim)
    live.sim.inject(ClusterReset(block="fabric_crg"))
    after = state(live.sim)
    assert {name.partition(".")[0] for name in after if after[name] != before[name]} == {"io_crg[0]", "io_crg[1]"}


def test_a_chip_reset_is_the_power_on(live: Hands, mini: Chip) -> None:
    """Every register is as after power-on, time goes on, and a fault that lasts still does."""
    sim = live.sim
    stuck = sim.inject(StuckBit(block="refpll", register="ID", value=1))
    sim.inject(ChipReset(), at_s=5.0)
    sim.advance(5.0)
    twin = SimChip(mini)
    assert {name: word for name, word in state(sim).items() if name in state(twin)} == state(twin)
    assert (sim.now_s, stuck.active, sim.read(0, 4) & 1) == (5.0, True, 1)


def slipping(live: Hands, times: int) -> list[tuple[float, int]]:
    """Let refpll lose lock some times, a second apart, its event cleared between; return what is heard."""
    sim = live.sim
    heard = listening(sim)
    for _ in range(times):
        sim.inject(Upset(block="refpll", name="lock_lost"))
        live.wait(0.5)
        live.do("refpll", lambda r: r.STATUS.write(lock_lost=1, ref_lost=1))
        live.wait(0.5)
    return [(round(time_s, 6), line) for time_s, line in heard if line == 0]


def test_a_lost_interrupt_is_not_heard(live: Hands) -> None:
    """The first rise is lost and the second is heard."""
    start_s = round(live.sim.now_s, 6)
    live.sim.inject(InterruptLost(block="refpll"))
    assert slipping(live, 2) == [(start_s + 1.0, 0)]


def test_a_lost_interrupt_is_heard_when_the_fault_is_over(live: Hands) -> None:
    """A line that is high when its fault is cleared is heard then: the fault leaves no trace."""
    heard = listening(live.sim)
    fault = live.sim.inject(InterruptLost(block="refpll", for_s=inf))
    live.sim.inject(Upset(block="refpll", name="lock_lost"))
    assert (0 in [line for _, line in heard], 0 in live.sim.raised) == (False, False)
    heard.clear()
    fault.clear()
    assert [line for _, line in heard] == [0]
    assert 0 in live.sim.raised


def test_a_share_of_interrupts_is_lost_by_the_seed(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """Of 200 rises about 30% are lost, the same ones for a seed, others for another."""

    def heard(seed: int) -> list[tuple[float, int]]:
        sim = SimChip(mini, seed=seed)
        bringing_up.run(wire_to(sim))
        sim.inject(InterruptLost(block="refpll", share=0.3, for_s=inf))
        found = listening(sim)
        for number in range(200):
            sim.advance(sim.now_s + 1e-3)
            for level in (True, False):
                sim.line("refpll", level)
            assert len(found) <= number + 1
        return found

    first, again, other = heard(1), heard(1), heard(2)
    assert first == again
    assert [round(time_s, 3) for time_s, _ in first] != [round(time_s, 3) for time_s, _ in other]
    assert 110 <= len(first) <= 170


def test_a_late_interrupt_comes_later(live: Hands) -> None:
    """Each rise is heard so much later, until the fault is over."""
    start_s = round(live.sim.now_s, 6)
    live.sim.inject(InterruptLate(block="refpll", by_s=0.25, count=1))
    assert slipping(live, 2) == [(start_s + 0.25, 0), (start_s + 1.0, 0)]


def test_a_reset_takes_a_late_interrupt_with_it(live: Hands) -> None:
    """What was on its way when the chip was reset never arrives."""
    heard = listening(live.sim)
    live.sim.inject(InterruptLate(block="refpll", by_s=0.25, for_s=1.0))
    live.sim.inject(Upset(block="refpll", name="lock_lost"))
    live.sim.inject(ChipReset(), at_s=live.sim.now_s + 0.1)
    live.wait(2.0)
    assert 0 not in [line for _, line in heard]


def test_spurious_interrupts_are_heard_and_change_nothing(live: Hands) -> None:
    """Ten rises for no reason, a millisecond apart; no register changes."""
    before, heard = state(live.sim), listening(live.sim)
    live.sim.inject(InterruptSpurious(block="refpll", count=10))
    live.wait(1.0)
    assert [line for _, line in heard] == [0] * 10
    assert heard[-1][0] - heard[0][0] == pytest.approx(9e-3)
    assert state(live.sim) == before
    assert live.sim.raised == frozenset()


def test_a_storm_ends(live: Hands) -> None:
    """A storm rises at its rate for its time, also over a line that is high, and leaves the line as it was."""
    live.sim.inject(Upset(block="refpll", name="lock_lost"))
    heard = listening(live.sim)
    live.sim.inject(InterruptStorm(block="refpll", for_s=10.5e-3, every_s=1e-3))
    live.wait(1.0)
    assert len(heard) == 11
    assert live.sim.raised >= {0}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (LocalReset(block="pll[9]"), r"block: found 'pll\[9\]'; expected .*pll"),
        (ErrorResponse(block="refpll", register="NO"), "register: found 'NO' .*; expected the path of a reg"),
        (ErrorResponse(block="refpll", register="CTRL.bypass"), "register: found 'CTRL.bypass', a field; .*: CTRL"),
        (BitFlip(block="refpll", register="CTRL.bypas"), "register: found 'CTRL.bypas'; expected `bypass`, perhaps"),
        (BitFlip(block="refpll", register="CTRL", bit=32), r"bit: found 32; expected 0\.\.31"),
        (BitFlip(block="refpll", register="CTRL.bypass", bit=1), r"bit: found 1; expected 0\.\.0"),
        (BitFlip(block="refpll", register="CTRL", bit=31), "bit: found 31, which no field holds; .*bypass"),
        (Upset(block="refpll", name="lost"), "name: found 'lost'; expected `lock_lost`, perhaps"),
        (Upset(block="crg[0]", name="lost"), "name: found 'lost'; expected nothing here"),
        (ClusterReset(block="pll[0]"), "block: found 'pll.0.', in whose domain nothing stands; .*sys_crg"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fresh: Hands, fault: Fault, message: str) -> None:
    """The error names the key, what stands there and what there is; nothing is injected."""
    with pytest.raises(FaultError, match=message):
        fresh.sim.inject(fault)
    assert fresh.sim.injected == ()
