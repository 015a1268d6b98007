"""The interrupt controller's block: who may interrupt."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.ladder import Ladder
from blocks.look import compile_look
from blocks.plic.driver import PRIORITY_MAX, Plic, PlicConfig, words
from blocks.plic.model import PlicModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from registers.access import RegisterOp
from transports.batch import Batch

SOURCES = st.sets(st.integers(1, 53))


def plic(**config: Any) -> Plic:
    """Return the block with another configuration."""
    block = load_chip("sifive_u").instances["plic"].block
    assert isinstance(block, Plic)
    return Plic("plic", block.regs, PlicConfig(**config))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"context": 9}, "context is 9; expected 0..8"),
        ({"sources": (4, 54, 0)}, r"sources has \[0, 54\]; expected numbers in 1..53"),
        ({"priority": 8}, "priority is 8; expected 1..7"),
        ({"priority": 2, "threshold": 2}, "priority is 2; expected more than the threshold, 2"),
    ],
)
def test_what_would_never_interrupt_is_refused(given: dict[str, Any], complaint: str) -> None:
    """A context or source that does not exist is refused, and a priority that the threshold holds back."""
    with pytest.raises(ValueError, match=complaint):
        PlicConfig(**given)


@given(SOURCES)
def test_words_hold_each_source_once(sources: set[int]) -> None:
    """Bit n of the enable words, taken as one number, is source n."""
    low, high = words(tuple(sources))
    assert {n for n in range(64) if (high << 32 | low) >> n & 1} == sources
    assert low < 1 << 32 > high


async def run(transport: SimTransport, operations: list[RegisterOp[Any]]) -> None:
    """Run acts of a ladder."""
    results = await transport.execute(Batch([single for op in operations for single in op.operations]))
    assert results.error is None


async def holds(transport: SimTransport, ladder: Ladder) -> bool:
    """Say whether the whole ladder holds."""
    look = compile_look(ladder)
    return look.judge(await transport.execute(look.batch), "plic") is None


def acts(ladder: Ladder) -> list[RegisterOp[Any]]:
    """Return every act of a ladder, in order."""
    return [op for rung in ladder for op in cast("tuple[RegisterOp[Any], ...]", rung.reach)]


async def test_an_act_cut_short_is_seen(autojump_clock: MockClock) -> None:
    """Up to the last write the ladder does not hold, so that the threshold is opened last whatever was cut."""
    for sources in ((4,), (4, 5, 51)):
        ladder = plic(sources=sources).up()
        for cut in range(len(acts(ladder)) + 1):
            transport = SimTransport(SimChip(load_chip("sifive_u")))
            await run(transport, acts(ladder)[:cut])
            done = await holds(transport, ladder)
            closed = plic(sources=sources).regs.CONTEXT[0].THRESHOLD.check(priority=PRIORITY_MAX)
            shut = (await transport.execute(Batch(closed.operations))).error is None
            assert done == (cut == len(acts(ladder)))
            assert not (done and shut)
            await run(transport, acts(ladder))
            assert await holds(transport, ladder)
            assert transport.violations == []
            await transport.aclose()


async def test_only_what_is_named_gets_through(autojump_clock: MockClock) -> None:
    """A source that is enabled raises the output, one that is not does not; at rest none does."""
    sim = SimChip(load_chip("sifive_u"))
    transport, model = SimTransport(sim), sim.model("plic")
    assert isinstance(model, PlicModel)
    block = plic(sources=(4,), priority=3, threshold=2)
    await run(transport, acts(block.up()))
    model.sink(5, True)
    assert sim.raised == frozenset()
    model.sink(4, True)
    assert sim.raised == {11}
    await run(transport, acts(block.rest()))
    assert await holds(transport, block.rest())
    assert sim.raised == frozenset()
    await transport.aclose()


def test_without_sources_nothing_is_prioritised() -> None:
    """A controller that collects nothing still shuts every source: one rung, no priority touched."""
    assert [rung.name for rung in plic().up()] == ["enabled"]
    assert [rung.name for rung in plic(sources=(4,)).up()] == ["prioritised", "enabled"]
