"""Gives a cluster its clock and takes it out of reset, domain by domain; or puts it back to rest."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

from attrs import field, frozen

from blocks.base import Block
from blocks.crg.regs import CrgRegs, PointE, SourceE
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from registers.access import RegisterOp

SWITCH_S = 2 * US
SWITCH_LIMIT_S = 5 * SWITCH_S
RELEASE_S = 1 * US
COUNT_MAX = (1 << 24) - 1  # crg.rdl COUNT
WINDOW_CYCLES = 16  # crg.rdl MONITOR.window: its unit
DIVIDER = between(1, 15)


@frozen(kw_only=True)
class CrgConfig:
    """How a cluster is clocked.

    Attributes:
        divider: of the selected clock.
        noc_divider, sram_divider, core_divider: of each domain, behind it.
        clock_hz: what the PLL gives: the cluster is clocked only when that was measured; 0: by anything.
        off_percent: how far it may be off.
        reference_hz: of the always-on reference, which everything is measured with.
        window: how long the monitor counts, in units of 16 cycles of the reference.
    """

    divider: int = field(default=1, validator=DIVIDER)
    noc_divider: int = field(default=1, validator=DIVIDER)
    sram_divider: int = field(default=1, validator=DIVIDER)
    core_divider: int = field(default=1, validator=DIVIDER)
    clock_hz: float = field(default=0.0, validator=between(0.0, 3.2e9))
    off_percent: float = field(default=2.0, validator=between(0.1, 50.0))
    reference_hz: float = field(default=25e6, validator=between(5e6, 800e6))
    window: int = field(default=4, validator=between(1, 255))

    @property
    def window_s(self) -> float:
        """Time that the monitor counts for."""
        return self.window * WINDOW_CYCLES / self.reference_hz

    @property
    def counts(self) -> tuple[int, int]:
        """The fewest and the most that the monitor may count."""
        if not self.clock_hz:
            return 1, COUNT_MAX
        cycles, off = self.clock_hz / self.divider * self.window_s, self.off_percent / 100
        return max(1, floor(cycles * (1 - off)) - 1), ceil(cycles * (1 + off)) + 1

    @property
    def switch_cycles(self) -> int:
        """Cycles of the reference after which the multiplexer is late."""
        return ceil(SWITCH_LIMIT_S * self.reference_hz)


class Crg(Block[CrgRegs]):
    """Clock and reset generator: PLL in, divided and gated clocks and resets of one cluster out.

    The cluster leaves reset from the outside in: fabric interface, memories, cores; each only when the one before has
    passed its synchroniser, because a core fetches through the memories and those answer through the fabric. Dividers
    and limits are frozen before the PLL is selected: what runs cannot be clocked by anything else.
    """

    config: CrgConfig

    def up(self) -> Ladder:
        """All set and frozen while shut, clock selected and measured, gates opened, domains released, loss watched."""
        r, s = self.regs, SourceE
        return Ladder(
            *self._sound(),
            self._divided(),
            self._limited(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "selected",
                holds=[r.CLK_SEL.check(source=s.PLL), r.STATUS.check(source=s.PLL, switching=0, toggling=1)],
                reach=[*self._shut(), r.CLK_SEL.write(source=s.PLL)],
                settles=0.8 * SWITCH_S,
                within=10 * SWITCH_S,
                disturbs=True,
            ),
            self._measured(),
            Rung(
                "clocked",
                holds=[r.CLK_GATE.check(noc=1, sram=1, core=1), r.GATE_STATUS.check(noc=1, sram=1, core=1)],
                reach=[r.CLK_GATE.write(noc=1, sram=1, core=1)],
                within=5 * US,
            ),
            _release("fabric", [r.RESET.check(noc=0), r.RESET_STATUS.check(noc=0)], r.RESET.modify(noc=0)),
            # Each looks at those outside of it, too: what was released may be held again by the next act.
            _release(
                "memories",
                [r.RESET.check(noc=0, sram=0), r.RESET_STATUS.check(noc=0, sram=0)],
                r.RESET.modify(sram=0),
            ),
            _release(
                "cores",
                [r.RESET.check(noc=0, sram=0, core=0), r.RESET_STATUS.check(noc=0, sram=0, core=0)],
                r.RESET.modify(core=0),
            ),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(clock_lost=1, switch_late=1, out_of_range=1)],
                reach=[r.INTR_ENABLE.write(clock_lost=1, switch_late=1, out_of_range=1)],
                within=5 * US,
            ),
        )

    def rest(self) -> Ladder:
        """Domains held from the inside out, every gate shut, the clock given back; what used it must be idle.

        Under scan the gates are open whatever CLK_GATE says: scan is left first, and the clock waits for what they do.
        """
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(clock_lost=0, switch_late=0, out_of_range=0), r.CTRL.check(monitor=0)],
                reach=[r.INTR_ENABLE.write(clock_lost=0, switch_late=0, out_of_range=0), r.CTRL.modify(monitor=0)],
                within=5 * US,
            ),
            Rung("cores held", holds=[r.RESET.check(core=1)], reach=[r.RESET.modify(core=1)], within=5 * US),
            Rung("memories held", holds=[r.RESET.check(sram=1)], reach=[r.RESET.modify(sram=1)], within=5 * US),
            Rung("fabric held", holds=[r.RESET.check(noc=1)], reach=[r.RESET.modify(noc=1)], within=5 * US),
            Rung(
                "out of test",
                holds=[r.TEST.check(open_gates=0, observe=0)],
                reach=[r.TEST.write(open_gates=0, observe=0)],
                within=5 * US,
            ),
            Rung(
                "gated",
                holds=[r.CLK_GATE.check(noc=0, sram=0, core=0), r.GATE_STATUS.check(noc=0, sram=0, core=0)],
                reach=[r.CLK_GATE.write(noc=0, sram=0, core=0)],
                within=5 * US,
            ),
            self._settled(),
            Rung(
                "on reference",
                holds=[r.STATUS.check(source=SourceE.REFERENCE, switching=0)],
                reach=[r.CLK_SEL.write(source=SourceE.REFERENCE)],
                settles=0.8 * SWITCH_S,
                within=10 * SWITCH_S,
            ),
        )

    # ---- the parts of `up` ----

    def _sound(self) -> tuple[Rung, ...]:
        """Return the rungs of a generator that is the one expected, has lost nothing, and is not under test."""
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x4352, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.STATUS.check(clock_lost=0, switch_late=0)],
                reach=[*self._shut(running=True), r.STATUS.write(clock_lost=1, switch_late=1, out_of_range=0)],
                within=5 * US,
                disturbs=True,
            ),
            self._settled(),
            Rung(
                "out of test",
                holds=[r.TEST.check(open_gates=0, observe=0)],
                reach=[*self._shut(running=True), r.TEST.write(open_gates=0, observe=0)],
                within=5 * US,
                disturbs=True,
            ),
        )

    def _divided(self) -> Rung:
        """Return the rung of the dividers."""
        r, c = self.regs, self.config
        return Rung(
            "divided",
            holds=[
                r.CLK_DIV.check(divider=c.divider),
                r.DOMAIN_DIV.check(noc=c.noc_divider, sram=c.sram_divider, core=c.core_divider),
            ],
            reach=[
                r.LOCK.check(config=0),  # locked and wrong: only a reset mends it
                *self._shut(),
                r.CLK_DIV.write(divider=c.divider),
                r.DOMAIN_DIV.write(noc=c.noc_divider, sram=c.sram_divider, core=c.core_divider),
            ],
            within=5 * US,
            disturbs=True,
        )

    def _limited(self) -> Rung:
        """Return the rung of what multiplexer and clock are held to."""
        r, c = self.regs, self.config
        fewest, most = c.counts
        return Rung(
            "limited",
            holds=[
                r.SWITCH_LIMIT.check(cycles=c.switch_cycles),
                r.CTRL.check(watchdog=1),
                r.MONITOR.check(point=PointE.SELECTED, window=c.window),
                r.COUNT_MIN.check(count=fewest),
                r.COUNT_MAX.check(count=most),
            ],
            reach=[
                r.LOCK.check(config=0),
                *self._shut(),
                r.SWITCH_LIMIT.write(cycles=c.switch_cycles),
                r.CTRL.modify(watchdog=1),
                r.MONITOR.write(point=PointE.SELECTED, window=c.window),
                r.COUNT_MIN.write(count=fewest),
                r.COUNT_MAX.write(count=most),
            ],
            within=5 * US,
            disturbs=True,
        )

    def _measured(self) -> Rung:
        """Return the rung of a clock that was counted, and is the one that is meant.

        One that has left its range is counted anew: what is right again disturbs nobody, what is not is told.
        """
        r, window_s = self.regs, self.config.window_s
        return Rung(
            "in range",
            holds=[r.CTRL.check(monitor=1), r.COUNT.check(valid=1), r.STATUS.check(in_range=1, out_of_range=0)],
            reach=[
                r.CTRL.modify(monitor=0),
                r.STATUS.write(clock_lost=0, switch_late=0, out_of_range=1),
                r.CTRL.modify(monitor=1),
            ],
            settles=window_s,
            within=4 * window_s,
        )

    def _settled(self) -> Rung:
        """Return the rung that waits for a switch which another controller began: the multiplexer takes no second."""
        return Rung("settled", holds=[self.regs.STATUS.check(switching=0)], within=10 * SWITCH_S)

    def _shut(self, *, running: bool = False) -> list[RegisterOp[Any]]:
        """Hold everything, then shut every gate: what clock and divider may change under, with no monitor looking.

        Args:
            running: what is held may run: it is seen to be held, as the write to hold it may have been lost.
        """
        r = self.regs
        seen = [r.RESET.check(noc=1, sram=1, core=1)] if running else []
        return [
            r.CTRL.modify(monitor=0),
            r.RESET.write(noc=1, sram=1, core=1),
            *seen,
            r.CLK_GATE.write(noc=0, sram=0, core=0),
        ]


def _release(name: str, holds: list[RegisterOp[Any]], act: RegisterOp[Any]) -> Rung:
    """Return the rung of one domain's release: seen to hold only when its synchroniser has passed it on."""
    return Rung(name, holds=holds, reach=[act], settles=0.8 * RELEASE_S, within=10 * RELEASE_S)
