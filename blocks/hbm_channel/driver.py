"""Trains a channel of high-bandwidth memory, maps out a lane that is bad, fills the memory and opens it to traffic."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.hbm_channel.regs import HbmChannelRegs
from blocks.ladder import MS, US, Act, Condition, Ladder, Rung
from blocks.limits import between
from blocks.port import Port

PHASES = ("write levelling", "gate", "read eye", "write eye")  # hbm_channel.rdl PHASE, in order
PHASE_S = (3.2 * MS, 3.2 * MS, 4.8 * MS, 4.8 * MS)  # fastest of each

cycles = between(1, 255)


@frozen(kw_only=True)
class HbmChannelConfig:
    """How the memory is timed, in cycles of its clock, how its errors are treated, and what it is filled with.

    Attributes:
        corrected_max: corrected errors between two reads of their count that raise no interrupt.
        pattern: what the memory is filled with.
    """

    trcd: int = field(default=14, validator=cycles)
    trp: int = field(default=14, validator=cycles)
    tras: int = field(default=33, validator=cycles)
    trc: int = field(default=47, validator=cycles)
    trfc: int = field(default=350, validator=between(1, 4095))
    trefi: int = field(default=3900, validator=between(1, 65535))
    trrd: int = field(default=4, validator=cycles)
    tfaw: int = field(default=16, validator=cycles)
    tccd: int = field(default=2, validator=cycles)
    twr: int = field(default=16, validator=cycles)
    twtr: int = field(default=8, validator=cycles)
    trtp: int = field(default=5, validator=cycles)
    read_latency: int = field(default=22, validator=cycles)
    write_latency: int = field(default=8, validator=cycles)
    txs: int = field(default=360, validator=between(1, 4095))
    scrub: bool = True
    corrected_max: int = field(default=100, validator=between(0, 65535))
    pattern: int = field(default=0, validator=between(0, 0xFFFFFFFF))

    def __attrs_post_init__(self) -> None:
        if self.trc < self.tras + self.trp:
            raise ValueError(f"trc is {self.trc}; expected tras + trp, {self.tras + self.trp}, or more")
        if self.tras < self.trcd + self.trtp:
            raise ValueError(f"tras is {self.tras}; expected trcd + trtp, {self.trcd + self.trtp}, or more")
        if self.trefi <= self.trfc:
            raise ValueError(f"trefi is {self.trefi}; expected more than trfc, {self.trfc}")
        if self.txs <= self.trfc:
            raise ValueError(f"txs is {self.txs}; expected more than trfc, {self.trfc}")
        if self.tfaw < 4 * self.trrd:
            raise ValueError(f"tfaw is {self.tfaw}; expected 4 trrd, {4 * self.trrd}, or more")
        if self.write_latency > self.read_latency:
            raise ValueError(f"write_latency is {self.write_latency}; expected {self.read_latency}, as reads, or less")


class HbmChannel(Block[HbmChannelRegs]):
    """HBM channel: 16 lanes and a spare, trained by engines in the PHY; memory that must be filled and refreshed.

    An attempt at training may fail for no lasting reason and is then made again, three times in all. A lane that fails
    twice running is bad: the spare stands in for one, and there is one spare.

    Source: hbm_channel.rdl; JESD235, initialisation and training.
    """

    config: HbmChannelConfig

    def up(self) -> Ladder:
        """Times set, PHY clocked, four phases of training passed, memory refreshed and filled, then traffic let in."""
        trained = [rung for index in range(len(PHASES)) for rung in self._phase(index)]
        return Ladder(*self._sound(), self._configured(), *self._clocked(), *trained, *self._filled(), *self._serving())

    def rest(self) -> Ladder:
        """Traffic drained, cells refreshing themselves, port clamped, PHY asleep; data and training are kept."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(corrected=0, uncorrectable=0, retention=0, stack_lost=0, dll_lost=0)],
                reach=[r.INTR_ENABLE.write(corrected=0, uncorrectable=0, retention=0, stack_lost=0, dll_lost=0)],
                within=5 * US,
            ),
            Rung(
                "drained",
                holds=[r.ENABLE.check(run=0), r.STATUS.check(idle=1)],
                reach=[r.ENABLE.write(run=0)],
                settles=0.8 * US,
                within=10 * US,
            ),
            Rung(
                "refreshing itself",
                holds=[r.REFRESH.check(self_refresh=1)],
                reach=[r.REFRESH.modify(self_refresh=1)],
                within=5 * US,
            ),
            Rung("isolated", holds=[r.CTRL.check(isolate=1)], reach=[r.CTRL.modify(isolate=1)], within=5 * US),
            Rung("asleep", holds=[r.CTRL.check(power_down=1)], reach=[r.CTRL.modify(power_down=1)], within=5 * US),
        )

    def full(self) -> Ladder:
        """Every lane is its own, and training passed at the first attempt."""
        r = self.regs
        return Ladder(
            Rung("unrepaired", holds=[r.REPAIR.check(used=0)], within=5 * US),
            Rung("trained at once", holds=[r.RETRIES.check(count=0)], within=5 * US),
        )

    # ---- the parts of `up` ----

    def _sound(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x4843, version=1)], within=5 * US),
            # Whatever cannot go on under traffic, the hardware has stopped before it told.
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(corrected=0, uncorrectable=0, retention=0, stack_lost=0, dll_lost=0)],
                reach=[r.INTR_STATUS.write(corrected=1, uncorrectable=1, retention=1, stack_lost=1, dll_lost=1)],
                within=5 * US,
            ),
            Rung(
                "out of test",
                holds=[r.TEST.check(loopback=0, observe=0)],
                reach=[r.TEST.write(loopback=0, observe=0)],
                within=5 * US,
                disturbs=True,
            ),
            Rung("stack ready", holds=[r.STATUS.check(stack_ready=1)], within=1 * MS),
        )

    def _configured(self) -> Rung:
        """Return the rung of what may change only while nothing depends on it."""
        r = self.regs
        return Rung(
            "configured",
            holds=self._wanted(),
            reach=[
                r.LOCK.check(config=0),  # locked and wrong: only a reset mends it
                r.ENABLE.write(run=0),
                r.STATUS.poll(idle=1, timeout_s=20 * US),
                r.CTRL.modify(isolate=1),
                r.INIT_CTRL.write(run=0),
                r.REFRESH.write(enable=0, self_refresh=0),
                *(r.PHASE[index].CTRL.write(run=0) for index in reversed(range(len(PHASES)))),
                *self._given(),
            ],
            within=5 * US,
            disturbs=True,
        )

    def _wanted(self) -> list[Condition]:
        r, c = self.regs, self.config
        return [
            r.ROW_TIMES.check(trcd=c.trcd, trp=c.trp, tras=c.tras, trc=c.trc),
            r.REFRESH_TIMES.check(trfc=c.trfc, trefi=c.trefi),
            r.BANK_TIMES.check(trrd=c.trrd, tfaw=c.tfaw, tccd=c.tccd),
            r.TURN_TIMES.check(twr=c.twr, twtr=c.twtr, trtp=c.trtp),
            r.LATENCIES.check(rl=c.read_latency, wl=c.write_latency, txs=c.txs),
            r.ECC_CTRL.check(enable=1, scrub=c.scrub),
            r.ECC_THRESHOLD.check(corrected=c.corrected_max),
            r.INIT_PATTERN.check(word=c.pattern),
        ]

    def _given(self) -> list[Act]:
        r, c = self.regs, self.config
        return [
            r.ROW_TIMES.write(trcd=c.trcd, trp=c.trp, tras=c.tras, trc=c.trc),
            r.REFRESH_TIMES.write(trfc=c.trfc, trefi=c.trefi),
            r.BANK_TIMES.write(trrd=c.trrd, tfaw=c.tfaw, tccd=c.tccd),
            r.TURN_TIMES.write(twr=c.twr, twtr=c.twtr, trtp=c.trtp),
            r.LATENCIES.write(rl=c.read_latency, wl=c.write_latency, txs=c.txs),
            r.ECC_CTRL.write(enable=1, scrub=c.scrub),
            r.ECC_THRESHOLD.write(corrected=c.corrected_max),
            r.INIT_PATTERN.write(word=c.pattern),
        ]

    def _clocked(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung(
                "awake",
                holds=[r.CTRL.check(power_down=0), r.STATUS.check(awake=1)],
                reach=[r.CTRL.modify(power_down=0)],
                settles=1.6 * US,
                within=10 * US,
            ),
            Rung(
                "clocked",
                holds=[r.DLL_CTRL.check(enable=1), r.DLL_STATUS.check(lock=1)],
                reach=[r.DLL_CTRL.write(enable=1)],
                settles=16 * US,
                within=80 * US,
            ),
            # Below training: a lane that two attempts found bad is mapped out before the third.
            Rung("repaired", holds=[r.BAD.check(count=0)], reach=self._map_out, within=5 * US),
        )

    async def _map_out(self, port: Port) -> None:
        """Let the spare stand in for the bad lane; with two bad lanes, or the spare used, it is refused."""
        r = self.regs
        bad = await port.run(r.BAD.read())
        if bad.count:
            await port.submit(r.LOCK.check(config=0), r.REPAIR.check(used=0), r.BAD.check(count=1))
            await port.run(r.REPAIR.write(used=1, lane=bad.lanes.bit_length() - 1))

    def _phase(self, index: int) -> tuple[Rung, Rung, Rung]:
        """Return the rungs of one phase: begun and not failed, ended, passed.

        They are three so that a failed attempt is noticed when it ends, and made again, not only when its time is over.
        No act here disturbs: a channel that is not trained has left normal mode by itself.
        """
        name, phase = PHASES[index], self.regs.PHASE[index]
        started: list[Condition] = [phase.CTRL.check(run=1), phase.STATUS.check(failed=0)]
        return (
            Rung(
                f"{name} begun",
                holds=started,
                reach=[phase.CTRL.write(run=0), phase.CTRL.write(run=1)],
                within=5 * US,
            ),
            Rung(name, holds=[phase.STATUS.check(done=1)], settles=PHASE_S[index], within=5 * PHASE_S[index]),
            Rung(f"{name} passed", holds=[phase.STATUS.check(done=1, failed=0)], within=1 * US),
        )

    def _filled(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung(
                "refreshed",
                holds=[r.REFRESH.check(enable=1, self_refresh=0), r.STATUS.check(refreshed=1)],
                reach=[r.REFRESH.write(enable=1, self_refresh=0)],
                within=5 * US,
            ),
            Rung(
                "filled",
                holds=[r.INIT_CTRL.check(run=1), r.INIT_STATUS.check(done=1)],
                reach=[r.INIT_CTRL.write(run=1)],
                settles=1.6 * MS,
                within=8 * MS,
            ),
        )

    def _serving(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            # The PHY is awake by now, which is said once more: a read that lies here would put it to sleep.
            Rung(
                "connected",
                holds=[r.CTRL.check(isolate=0)],
                reach=[r.CTRL.modify(isolate=0, power_down=0)],
                within=5 * US,
            ),
            Rung(
                "serving",
                holds=[r.ENABLE.check(run=1), r.STATUS.check(serving=1)],
                reach=[r.ENABLE.write(run=1)],
                within=5 * US,
            ),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(corrected=1, uncorrectable=1, retention=1, stack_lost=1, dll_lost=1)],
                reach=[r.INTR_ENABLE.write(corrected=1, uncorrectable=1, retention=1, stack_lost=1, dll_lost=1)],
                within=5 * US,
            ),
        )
