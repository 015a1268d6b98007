"""What is told of interrupts and looks: what each line came to over a whole service, and what found a trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio

from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import ErrorResponse, Fault, InterruptLost, LinkDown, LocalReset, Upset
from runtime.found import By
from runtime.service import Service
from tests.runtime.mini import MINI, Mini, Watched, serving
from tests.runtime.serving import run

SWEEP_S = 10.0  # none comes but where it is waited for
LOCK = Upset(block="pll[2]", name="lock_lost")
SEEN: list[tuple[By, list[Fault], Callable[[Mini], None] | None]] = [
    (By.INTERRUPT, [LOCK], None),
    (By.SWEEP, [InterruptLost(block="pll[2]", count=1), InterruptLost(block="crg[2]", count=1), LOCK], None),
    (By.SWEEP, [LocalReset(block="io_crg[0]")], None),
    (By.NEIGHBOUR, [LocalReset(block="pll[2]")], None),
    (By.ACCESS, [LinkDown(for_s=1.0)], lambda it: it.service.look("pll[0]")),
    (By.REQUEST, [InterruptLost(block="pll[2]", for_s=1.0), InterruptLost(block="crg[2]", for_s=1.0), LOCK],
     lambda it: it.service.look("pll[2]")),
]  # fmt: skip


@pytest.mark.parametrize(("by", "faults", "then"), SEEN, ids=[f"{by}-{faults[-1].kind}" for by, faults, _ in SEEN])
def test_an_incident_says_what_found_it(by: By, faults: list[Fault], then: Callable[[Mini], None] | None) -> None:
    """Its block's interrupt, a block that stands on it, the sweep, a request, or an access that was not answered."""

    async def main() -> None:
        async with serving(sweep_s=SWEEP_S) as it:
            for fault in faults:
                it.inject(fault)
            if then is not None:
                then(it)
            await trio.sleep(SWEEP_S + 3.0)
            assert it.down == set()
            assert [told.found_by for told in it.incidents] == [by]
            assert it.incidents[0].to_data()["found_by"] == by.value

    run(main)


def test_an_incident_of_the_first_bring_up_is_found_by_its_looks() -> None:
    """What cannot be read in the first bring-up was not asked for by anybody: the looks at all find it."""

    async def main() -> None:
        sim = SimChip(MINI)
        sim.inject(ErrorResponse(block="pll[1]", for_s=0.05))
        service = Service(MINI, Watched(sim), sweep_s=SWEEP_S)
        served = await service.run(for_s=1.0)
        assert served.well
        assert [(told.root, told.found_by) for told in served.incidents] == [("pll[1]", By.RETURN)]

    run(main)


def test_lines_are_told_over_all_connections() -> None:
    """What each line came to is told while it goes on and at the end, with what came of it before the link was lost."""

    async def main() -> None:
        async with serving(sweep_s=0.1) as it:
            for number in (1, 2):
                it.inject(LOCK)
                await trio.sleep(1.0)
                it.inject(LinkDown(for_s=0.5))
                await trio.sleep(3.0)
                (line,) = [line for line in it.service.heard.lines if line.block == "pll[2]"]
                assert line.counts.hints == line.counts.woken.count == number
                assert (line.place, line.masked) == ("the target 4", False)
                assert it.service.heard.numbers["hints"] >= number
            it.stop.set()
            await trio.sleep(1.0)
            (served,) = it.ends
            assert line in served.lines
            assert served.interrupts == it.service.heard.numbers
            blocks = [told.block for told in served.lines]
            assert [told["block"] for told in served.to_data()["interrupt_lines"]] == blocks
            assert "pll[0]" not in blocks, "it never asked"

    run(main)
