"""Gives a cluster its clock and takes it out of reset, domain by domain; or puts it back to rest."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from blocks.base import Block
from blocks.crg.regs import CrgRegs, SourceE
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from registers.access import RegisterOp


@frozen(kw_only=True)
class CrgConfig:
    """How a cluster is clocked.

    Attributes:
        divider: of the selected clock.
    """

    divider: int = field(default=1, validator=between(1, 15))


class Crg(Block[CrgRegs]):
    """Clock and reset generator: PLL in, divided and gated clocks and resets of one cluster out.

    The cluster leaves reset from the outside in: fabric interface, memories, cores; each only when the one before has
    passed its synchroniser, because a core fetches through the memories and those answer through the fabric.
    """

    config: CrgConfig

    def up(self) -> Ladder:
        """Clock divided and selected with everything shut, gates opened, domains released in order, loss watched."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x4352, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.STATUS.check(clock_lost=0)],
                reach=[*self._shut(), r.STATUS.write(clock_lost=1)],
                within=5 * US,
                disturbs=True,
            ),
            self._settled(),
            Rung(
                "divided",
                holds=[r.CLK_DIV.check(divider=c.divider)],
                reach=[*self._shut(), r.CLK_DIV.write(divider=c.divider)],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "selected",
                holds=[
                    r.CLK_SEL.check(source=SourceE.PLL),
                    r.STATUS.check(source=SourceE.PLL, switching=0, toggling=1),
                ],
                reach=[*self._shut(), r.CLK_SEL.write(source=SourceE.PLL)],
                settles=2 * US,
                within=20 * US,
                disturbs=True,
            ),
            Rung(
                "clocked",
                holds=[r.CLK_GATE.check(noc=1, sram=1, core=1)],
                reach=[r.CLK_GATE.write(noc=1, sram=1, core=1)],
                within=5 * US,
            ),
            _release("fabric", [r.RESET.check(noc=0), r.RESET_STATUS.check(noc=0)], r.RESET.modify(noc=0)),
            _release("memories", [r.RESET.check(sram=0), r.RESET_STATUS.check(sram=0)], r.RESET.modify(sram=0)),
            _release("cores", [r.RESET.check(core=0), r.RESET_STATUS.check(core=0)], r.RESET.modify(core=0)),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(clock_lost=1)],
                reach=[r.INTR_ENABLE.write(clock_lost=1)],
                within=5 * US,
            ),
        )

    def rest(self) -> Ladder:
        """Domains held from the inside out, then gates shut, then the clock given back; what used it must be idle."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(clock_lost=0)],
                reach=[r.INTR_ENABLE.write(clock_lost=0)],
                within=5 * US,
            ),
            Rung("cores held", holds=[r.RESET.check(core=1)], reach=[r.RESET.modify(core=1)], within=5 * US),
            Rung("memories held", holds=[r.RESET.check(sram=1)], reach=[r.RESET.modify(sram=1)], within=5 * US),
            Rung("fabric held", holds=[r.RESET.check(noc=1)], reach=[r.RESET.modify(noc=1)], within=5 * US),
            Rung(
                "gated",
                holds=[r.CLK_GATE.check(noc=0, sram=0, core=0)],
                reach=[r.CLK_GATE.write(noc=0, sram=0, core=0)],
                within=5 * US,
            ),
            self._settled(),
            Rung(
                "on reference",
                holds=[r.STATUS.check(source=SourceE.REFERENCE, switching=0)],
                reach=[r.CLK_SEL.write(source=SourceE.REFERENCE)],
                settles=2 * US,
                within=20 * US,
            ),
        )

    def _settled(self) -> Rung:
        """Return the rung that waits for a switch which another controller began: the multiplexer takes no second."""
        return Rung("settled", holds=[self.regs.STATUS.check(switching=0)], within=20 * US)

    def _shut(self) -> list[RegisterOp[Any]]:
        """Hold everything, then shut every gate: what clock and divider may change under."""
        r = self.regs
        return [r.RESET.write(noc=1, sram=1, core=1), r.CLK_GATE.write(noc=0, sram=0, core=0)]


def _release(name: str, holds: list[RegisterOp[Any]], act: RegisterOp[Any]) -> Rung:
    """Return the rung of one domain's release: seen to hold only when its synchroniser has passed it on."""
    return Rung(name, holds=holds, reach=[act], settles=1 * US, within=10 * US)
