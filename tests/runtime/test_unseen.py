"""A block whose registers answer with errors was not seen to be broken: a reset waits, for so long."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from blocks.sim.faults.kinds import ErrorResponse, LocalReset
from tests.runtime.mini import GRAPH, MINI, ruled, serving
from tests.runtime.serving import run

PATIENT = ruled(MINI, {name: evolve(rule, patience_s=2.0) for name, rule in MINI.supervision.items()})


@pytest.mark.parametrize("block", ["refpll", "sys_crg", "pll[1]", "fabric_crg"])
@pytest.mark.parametrize("for_s", [0.15, 1.5])
def test_what_answers_with_errors_for_a_while_is_not_written_to(block: str, for_s: float) -> None:
    """Errors that end within the patience cost nothing: nobody is put to rest, reset or written to, whoever it is."""

    async def main() -> None:
        async with serving(PATIENT) as it:
            it.inject(ErrorResponse(block=block, for_s=for_s))
            await trio.sleep(4)
            assert it.down == set()
            assert it.transport.written == set()
            (incident,) = it.incidents
            assert (incident.root, incident.level, incident.recovered) == (block, "climb", True)

    run(main)


def test_what_answers_with_errors_for_longer_is_reset() -> None:
    """The patience has an end: then what stands on the block is put to rest, and given back once it answers."""

    async def main() -> None:
        async with serving(PATIENT) as it:
            it.inject(ErrorResponse(block="pll[1]", for_s=3.0))
            await trio.sleep(2)
            assert it.transport.written == set()
            await trio.sleep(4)
            assert it.transport.written == {"crg[1]", *GRAPH.blocks_after("crg[1]")}
            await trio.sleep(20)
            assert it.down == set()
            (incident,) = it.incidents
            assert (incident.level, incident.recovered) == ("block", True)

    run(main)


def test_what_was_lost_behind_the_errors_is_mended_as_if_they_had_not_been() -> None:
    """Once the errors end the block is seen to have lost its state, and climbs: it has not failed yet."""

    async def main() -> None:
        async with serving(PATIENT) as it:
            it.inject(ErrorResponse(block="pll[1]", for_s=0.5))
            it.inject(LocalReset(block="pll[1]"))
            await trio.sleep(4)
            assert it.down == set()
            assert "pll[1]" in it.transport.written
            (incident,) = it.incidents
            assert incident.level == "climb"

    run(main)
