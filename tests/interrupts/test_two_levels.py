"""Interrupts through two levels of aggregators, on the simulated chip, kept up."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from attrs import define, evolve, field
from trio.testing import MockClock

from blocks.aggregator.model import AggregatorModel
from blocks.chip import Chip, LineSpec
from blocks.chip.supervision import INTENSITY_MAX, Supervision
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.line import SHUT_S
from interrupts.source import Source
from interrupts.wiring import Wiring
from runtime.climb import granted
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import Progress, State
from transports.bus import Bus

SWEEP_S = 1.0
NEVER_S = 600.0
SOON_S = 20e-6  # a hint that is heard is acted on by then


@define(eq=False)
class Noise:
    """A source of hints that loses some, doubles others, and makes up its own."""

    inner: SimTransport
    choose: random.Random
    _again: list[frozenset[int]] = field(factory=list[frozenset[int]])

    async def wait(self) -> frozenset[int]:
        while not self._again:
            with trio.move_on_after(self.choose.random() * 0.1):
                heard = await self.inner.wait()
                self._again += [heard] * self.choose.randrange(3)
                continue
            self._again.append(self.choose.choice([frozenset[int](), frozenset({7}), frozenset({3})]))
        await trio.lowlevel.checkpoint()
        return self._again.pop()


@define(eq=False)
class Lab:
    """The simulated chip, kept up: what moved since it was up, and when."""

    transport: SimTransport
    wiring: Wiring
    session: Session
    moves: list[Progress]

    def model(self, name: str) -> AggregatorModel:
        self.transport.chip.advance(trio.current_time())
        model = self.transport.chip.model(name)
        assert isinstance(model, AggregatorModel)
        return model

    def lose_lock(self, name: str) -> float:
        """Let a PLL lose its lock, as it does when its supply dips; return when."""
        self.transport.chip.advance(trio.current_time())
        self.transport.chip.model(name).registers.raise_event("STATUS.lock_lost")
        self.moves.clear()
        return trio.current_time()

    def woken(self, name: str) -> list[float]:
        """Return when the block was seen to have fallen."""
        return [m.time_s for m in self.moves if (m.block, m.state, m.rung) == (name, State.CLIMBING, "healthy")]

    async def claimed(self, count: int) -> None:
        """Wait, in no time, until so many sources were claimed."""
        for _ in range(100):
            if self.wiring.counts.claimed >= count:
                return
            await trio.lowlevel.checkpoint()
        raise AssertionError(f"{self.wiring.counts}: expected {count} claims by now")

    @property
    def all_up(self) -> bool:
        return all(state in (State.UP, State.DEGRADED) for state in self.session.board.states.values())


@asynccontextmanager
async def kept_up(
    chip: Chip,
    *,
    seed: int | None = None,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    sweep_s: float = SWEEP_S,
    well: bool = True,
) -> AsyncGenerator[Lab]:
    """Give the chip up, with its interrupts, whatever happens to it how often. A seed makes hints unreliable."""
    chip = evolve(chip, supervision=dict.fromkeys(chip.instances, Supervision(intensity=INTENSITY_MAX)))
    transport = SimTransport(SimChip(chip, overrides=overrides))
    source: Source | None = None if seed is None else Noise(transport, random.Random(seed))
    labs: list[Lab] = []
    moves: list[Progress] = []

    def wire(session: Session) -> Wiring:
        def reachable(name: str) -> bool:
            return not session.board.missing(name, session.graph.needs[name])

        made = Wiring(session.chip, transport, session.port, source=source, reachable=reachable, sweeps=False)
        labs.append(Lab(transport, made, session, moves))
        return made

    async with trio.open_nursery() as nursery:
        terms = Terms(consent=granted, wire=wire)
        service = Service(chip, transport, sweep_s=sweep_s, on_event=moves.append, terms=terms)
        summary = await nursery.start(service.run)
        assert summary.well == well, summary
        await trio.sleep(0.01)
        yield labs[0]
        assert [str(violation) for violation in transport.violations] == []
        nursery.cancel_scope.cancel()
    await transport.aclose()


@pytest.mark.parametrize("name", ["pll[0]", "pll[1]", "far"])
async def test_a_loss_of_lock_two_levels_down_wakes_its_block(autojump_clock: MockClock, tree: Chip, name: str) -> None:
    """A PLL that loses lock is looked at within microseconds, and comes back; no sweep is needed for it."""
    async with kept_up(tree, sweep_s=NEVER_S) as lab:
        for number in range(1, 4):
            at_s = lab.lose_lock(name)
            await trio.sleep(0.01)
            woken_s = lab.woken(name)[0]
            assert 0 <= woken_s - at_s <= SOON_S
            fell = {move.block for move in lab.moves if move.state is not State.UP}
            assert {name} <= fell <= {name, *lab.session.graph.blocks_after(name)}, "only who stands on it may see it"
            assert lab.all_up
            counts = lab.wiring.counts
            assert number <= counts.claimed <= number * len(fell)
            assert (counts.unhandled, counts.swept, counts.errors, counts.spurious, counts.storms) == (0, 0, 0, 0, 0)
        assert lab.transport.chip.raised == frozenset()


async def test_all_at_once_are_served(autojump_clock: MockClock, tree: Chip) -> None:
    """When blocks of several leaves ask at one time, each is woken at once, and every mask is open afterwards."""
    names = ("pll[0]", "pll[1]", "far")
    async with kept_up(tree, sweep_s=NEVER_S) as lab:
        at_s = trio.current_time()
        for name in names:
            lab.lose_lock(name)
        await trio.sleep(0.01)
        assert all(lab.woken(name) and lab.woken(name)[0] - at_s <= SOON_S for name in names)
        assert lab.all_up
        masks = [lab.model(name).registers.field("MASK_SET.sources").value for name in ("leaf[0]", "leaf[1]", "hub")]
        assert masks == [0, 0, 0]


@pytest.mark.parametrize("deaf", ["leaf[1]", "hub"])
async def test_a_lost_interrupt_costs_a_sweep(autojump_clock: MockClock, tree: Chip, deaf: str) -> None:
    """With a line broken on either level nothing is heard, and the next sweep finds what asks."""
    async with kept_up(tree, overrides={deaf: {"deaf": True}}) as lab:
        at_s = lab.lose_lock("pll[1]")
        await trio.sleep(0.1)
        assert lab.woken("pll[1]") == []
        await trio.sleep(SWEEP_S)
        assert round(lab.woken("pll[1]")[0] - at_s, 2) == 0.99
        assert lab.wiring.counts.swept == 1
        assert lab.all_up
        (line,) = [line.counts for line in lab.wiring.figures() if line.block == "pll[1]"]
        assert (line.hints, line.lost) == (1, 1)
        assert line.woken.within_s(1.0) <= SOON_S, "from the sweep's claim, not from a hint of something long ago"


async def test_a_spurious_interrupt_is_harmless(autojump_clock: MockClock, tree: Chip) -> None:
    """A line that was high for nothing wakes its block, which finds nothing to do; a hint of nothing wakes nobody."""
    async with kept_up(tree, sweep_s=NEVER_S) as lab:
        before = lab.session.root.statistics
        lab.moves.clear()
        lab.model("leaf[0]").sink(3, True)
        lab.model("leaf[0]").sink(3, False)
        await trio.sleep(0.01)
        assert (lab.wiring.counts.spurious, lab.wiring.counts.claimed) == (1, 0)
        spurious = lab.session.root.statistics
        assert spurious.writes == before.writes
        lab.model("leaf[0]").sink(3, True)
        await lab.claimed(1)
        lab.model("leaf[0]").sink(3, False)
        await trio.sleep(0.01)
        assert (lab.wiring.counts.claimed, lab.wiring.counts.storms) == (1, 0)
        looked = lab.session.root.statistics
        assert looked.reads - spurious.reads > len(tree.instances["pll[0]"].variant.up), "it looked"
        assert looked.writes - spurious.writes == 4, "source 3 was masked and opened, on both levels, and no more"
        assert lab.moves == []
        lab.lose_lock("pll[0]")
        await trio.sleep(0.01)
        assert lab.woken("pll[0]")


@pytest.mark.parametrize("seed", range(5))
async def test_unreliable_hints_lose_nothing(autojump_clock: MockClock, tree: Chip, seed: int) -> None:
    """With hints lost, doubled and made up, every loss of lock is seen within one period of the sweep."""
    choose = random.Random(seed)
    async with kept_up(tree, seed=seed) as lab:
        for _ in range(10):
            name = choose.choice(["pll[0]", "pll[1]", "far"])
            at_s = lab.lose_lock(name)
            await trio.sleep(SWEEP_S + 0.01)
            assert lab.woken(name)
            assert lab.woken(name)[0] - at_s <= SWEEP_S
            assert lab.all_up


async def test_a_source_nobody_knows_is_masked_and_counted(autojump_clock: MockClock, tree: Chip) -> None:
    """A source without a block is claimed once, stays masked however often it asks, and keeps no other from asking."""
    async with kept_up(tree) as lab:
        leaf = lab.model("leaf[1]")
        for _ in range(5):
            leaf.sink(9, True)
            await trio.sleep(0.3)
            leaf.sink(9, False)
            await trio.sleep(0.3)
        assert lab.wiring.counts.unhandled == 1
        assert lab.model("leaf[1]").registers.field("MASK_CLR.sources").value == 1 << 9
        at_s = lab.lose_lock("pll[1]")
        await trio.sleep(0.01)
        assert lab.woken("pll[1]")[0] - at_s <= SOON_S


async def test_a_level_that_stays_costs_a_bounded_number_of_claims(autojump_clock: MockClock, tree: Chip) -> None:
    """A block whose line nobody can lower is shut after each burst of claims, at last for a whole period."""
    async with kept_up(tree) as lab:
        lab.model("leaf[0]").sink(3, True)
        await trio.sleep(2 * SHUT_S / 3)
        first = lab.wiring.counts.claimed
        assert 10 < first < 20
        assert lab.wiring.counts.storms == 1
        await trio.sleep(2 * SWEEP_S)
        early = lab.wiring.counts.claimed
        assert lab.wiring.counts.storms in (7, 8), "it was shut for 10, 20, 40, 80, 160, 320, 640 ms"
        await trio.sleep(3 * SWEEP_S)
        assert lab.wiring.counts.claimed - early <= 3 * (first + 1)
        lab.model("leaf[0]").sink(3, False)
        await trio.sleep(2 * SWEEP_S)
        at_s = lab.lose_lock("pll[0]")
        await trio.sleep(0.01)
        assert lab.woken("pll[0]")[0] - at_s <= SOON_S


async def test_a_leaf_that_tells_of_nothing_is_not_believed_for_ever(autojump_clock: MockClock, tree: Chip) -> None:
    """A leaf whose line is stuck costs a bounded number of claims, and the others go on being heard."""
    async with kept_up(tree) as lab:
        lab.model("hub").sink(1, True)
        await trio.sleep(2 * SHUT_S / 3)
        counts = lab.wiring.counts
        assert (counts.claimed, counts.storms) == (0, 1)
        assert 10 < counts.spurious < 20
        at_s = lab.lose_lock("pll[1]")
        await trio.sleep(0.01)
        assert lab.woken("pll[1]")[0] - at_s <= SOON_S


async def test_own_events_wake_the_aggregator(autojump_clock: MockClock, tree: Chip) -> None:
    """A source that storms is shut by the hardware; the aggregator is woken, and counts as degraded."""
    async with kept_up(tree, sweep_s=NEVER_S) as lab:
        assert "leaf[1]" not in lab.session.board.lessened
        for _ in range(65):
            lab.model("leaf[1]").sink(9, True)
            lab.model("leaf[1]").sink(9, False)
        await trio.sleep(0.01)
        assert lab.session.board.states["leaf[1]"] is State.DEGRADED
        seen = lab.session.board.lessened["leaf[1]"]
        assert (seen.rung, seen.register, seen.last.split()[0]) == ("calm", "SHUT", "sources=0x200")


async def test_what_masks_are_left_by_a_dead_controller_are_opened(autojump_clock: MockClock, tree: Chip) -> None:
    """Masks of known sources that an earlier controller left are opened at the beginning, on both levels."""
    transport = SimTransport(SimChip(tree))
    async with kept_up(tree, sweep_s=NEVER_S) as lab:
        await transport.aclose()
        for name, sources in (("leaf[1]", 0x50), ("hub", 0b110)):
            regs = tree.instances[name].block.regs
            await lab.session.port(name).submit(regs.MASK_SET.write(sources=sources))
        wiring = Wiring(tree, lab.transport, lab.session.port, sweep_s=NEVER_S)
        with trio.move_on_after(0.01):
            await wiring.run()
        assert [lab.model(n).registers.field("MASK_SET.sources").value for n in ("leaf[1]", "hub")] == [0, 0]


async def test_a_leaf_in_reset_is_not_touched(autojump_clock: MockClock, tree: Chip) -> None:
    """A leaf whose cluster did not come up is left alone by every sweep, and the other leaves are heard."""
    async with kept_up(tree, overrides={"pll[1]": {"lock_s": float("inf")}}, well=False) as lab:
        assert lab.session.board.states["leaf[2]"] is State.WAITING
        await trio.sleep(3 * SWEEP_S)
        at_s = lab.lose_lock("pll[0]")
        await trio.sleep(0.01)
        assert lab.woken("pll[0]")[0] - at_s <= SOON_S
        assert lab.wiring.counts.errors == 0


async def test_lines_are_those_of_the_description(tree: Chip) -> None:
    """Blocks have the lines that they name, aggregators that of their own events; three levels are refused."""

    def wired(chip: Chip) -> Wiring:
        transport = SimTransport(SimChip(tree))
        return Wiring(chip, transport, partial(Port, Bus(transport)))

    lines = {name: wired(tree).line(name) for name in tree.instances}
    assert {name: (line.controller, line.source) for name, line in lines.items() if line is not None} == {
        "refpll": ("leaf[0]", 1),
        "sys_crg": ("leaf[0]", 2),
        "pll[0]": ("leaf[0]", 3),
        "pll[1]": ("leaf[1]", 4),
        "crg[0]": ("leaf[0]", 5),
        "crg[1]": ("leaf[1]", 6),
        "far": ("leaf[2]", 31),
        "leaf[0]": ("leaf[0]", 0),
        "leaf[1]": ("leaf[1]", 0),
        "leaf[2]": ("leaf[2]", 0),
        "hub": ("hub", 0),
    }
    deep = evolve(tree.instances["leaf[2]"], line=LineSpec("leaf[1]", 30))
    with pytest.raises(ValueError, match=r"leaf\[2\] reports to leaf\[1\], which reports to hub: two levels at most"):
        wired(evolve(tree, instances={**tree.instances, "leaf[2]": deep}))
