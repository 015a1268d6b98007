"""Brings a PCIe endpoint from reset to a link that passes transactions at the highest common speed, and back."""

from __future__ import annotations

from typing import Any, Final, Literal

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import MS, US, Ladder, Rung, Where
from blocks.limits import between
from blocks.pcie.regs import ErrorE, LtssmE, ModeE, PcieRegs, SizeE, SpeedE, WidthE
from registers.access import RegisterOp
from transports.batch import Check

BARS = 6
BAR_LOG2_MIN, BAR_LOG2_MAX = 7, 63
NARROW_LOG2_MAX = 31  # larger ones take two places

# What the hardware takes at least: 0.8 of the typical time, and all that timers count. Source: PCI Express Base
# Specification 5.0, 4.2.6: Detect.Quiet 12 ms; phases 2 and 3 of equalisation, 9 ms of the 24 and 32 ms allowed.
POWER_S, LOCK_S, HOST_S = 16 * US, 40 * US, 8 * US
DETECT_S = 12.4 * MS
POLLING_S = 1.6 * MS
CONFIGURATION_S = 0.8 * MS
CREDITS_S = 40 * US
RECOVERY_S = 0.8 * MS
EQUALIZATION_S = 21.2 * MS

_EVENTS: Final = ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered")
_EVERY: Final[dict[str, Literal[1]]] = dict.fromkeys(_EVENTS, 1)
_NONE: Final[dict[str, Literal[0]]] = dict.fromkeys(_EVENTS, 0)


@frozen(kw_only=True)
class PcieConfig:
    """What the host shall find, and which link is asked for.

    Attributes:
        vendor, device: who this is; a vendor of all zeros or all ones is nobody.
        bars: log2 of the size of each base address register, 0 where there is none; above 31 it takes the next place
            too, which must be 0.
        prefetch: base address registers that may be prefetched, one bit each.
        tx_preset, rx_hint: where equalisation begins.
        host_s: how long the host may hold PERST#.
    """

    vendor: int = field(default=0x1AF7, validator=between(0x0001, 0xFFFE))
    device: int = field(default=0xA71A, validator=between(0, 0xFFFF))
    revision: int = field(default=1, validator=between(0, 0xFF))
    class_code: int = field(default=0x120000, validator=between(0, 0xFFFFFF))
    board: int = field(default=1, validator=between(0, 0xFFFF))
    payload: SizeE = SizeE.B_512
    read_request: SizeE = SizeE.B_4096
    bars: tuple[int, ...] = (16, 0, 36, 0, 24, 0)
    prefetch: int = field(default=0b000100, validator=between(0, (1 << BARS) - 1))
    speed: SpeedE = SpeedE.GT_32
    width: WidthE = WidthE.X16
    tx_preset: int = field(default=7, validator=between(0, 10))
    rx_hint: int = field(default=2, validator=between(0, 7))
    host_s: float = field(default=1e-3, validator=between(10e-6, 10.0))

    def __attrs_post_init__(self) -> None:
        if self.speed is SpeedE.NONE:
            raise ValueError("speed is NONE; expected GT_2_5..GT_32")
        if self.width is WidthE.NONE:
            raise ValueError("width is NONE; expected X1..X16")
        if len(self.bars) != BARS or any(b and not BAR_LOG2_MIN <= b <= BAR_LOG2_MAX for b in self.bars):
            raise ValueError(f"bars is {list(self.bars)}; expected {BARS} numbers, each 0 or 7..63")
        for index in range(BARS):
            if self.wide(index) and (index == BARS - 1 or self.bars[index + 1]):
                found = f"{self.bars[index]} at {index}, which takes two places"
                raise ValueError(f"bars has {found}; expected 0 behind it")

    def wide(self, index: int) -> bool:
        """Say whether a base address register takes 64 bits."""
        return self.bars[index] > NARROW_LOG2_MAX


class Pcie(Block[PcieRegs]):
    """PCIe endpoint: trains a link with the host, of up to 16 lanes.

    The link trains by itself once it is switched on; this climbs beside it. A link that comes up narrower or slower
    than it could is up, and `full` says what it lacks.
    """

    config: PcieConfig

    def up(self) -> Ladder:
        """Capabilities set while the link is off, PHY powered, link trained to its speed, traffic let through."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x5043, version=1)], within=5 * US),
            self._healthy(),
            self._quiet(),
            Rung("configured", holds=self._intended(), reach=tuple(self._configure()), within=5 * US, disturbs=True),
            Rung(
                "powered",
                holds=[r.CTRL.check(power=1), r.STATUS.check(power_good=1)],
                reach=[r.CTRL.modify(power=1)],
                settles=POWER_S,
                within=5 * POWER_S,
            ),
            Rung("clocked", holds=[r.STATUS.check(phy_lock=1)], settles=LOCK_S, within=5 * LOCK_S),
            Rung("host ready", holds=[r.STATUS.check(host_ready=1)], settles=HOST_S, within=5 * HOST_S + c.host_s),
            Rung("switched on", holds=[r.CTRL.check(ltssm=1)], reach=[r.CTRL.modify(ltssm=1)], within=5 * US),
            Rung("detected", holds=[r.LTSSM.check(detected=1)], settles=DETECT_S, within=4 * DETECT_S),
            Rung("polled", holds=[r.LTSSM.check(polled=1)], settles=POLLING_S, within=5 * POLLING_S),
            Rung(
                "link configured",
                holds=[r.LTSSM.check(configured=1)],
                settles=CONFIGURATION_S,
                within=5 * CONFIGURATION_S,
            ),
            Rung("data link up", holds=[r.LTSSM.check(data_link=1)], settles=CREDITS_S, within=5 * CREDITS_S),
            Rung(
                "at speed",
                holds=[r.LTSSM.check(at_speed=1, state=LtssmE.L0)],
                settles=self._to_speed_s(),
                within=4 * EQUALIZATION_S,
            ),
            Rung("passing", holds=[r.CTRL.check(traffic=1)], reach=[r.CTRL.modify(traffic=1)], within=5 * US),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(**_EVERY)],
                reach=[r.INTR_ENABLE.write(**_EVERY)],
                within=5 * US,
            ),
        )

    def rest(self) -> Ladder:
        """Traffic stopped and drained, link switched off, PHY powered down; the host sees the link go."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(**_NONE)],
                reach=[r.INTR_ENABLE.write(**_NONE)],
                within=5 * US,
            ),
            Rung(
                "drained",
                holds=[r.CTRL.check(traffic=0), r.STATUS.check(idle=1)],
                reach=[r.CTRL.modify(traffic=0)],
                settles=5 * US,
                within=50 * US,
            ),
            Rung(
                "switched off",
                holds=[r.CTRL.check(ltssm=0), r.STATUS.check(off=1)],
                reach=[r.CTRL.modify(ltssm=0)],
                settles=5 * US,
                within=50 * US,
            ),
            Rung(
                "powered down",
                holds=[r.CTRL.check(power=0), r.STATUS.check(power_good=0)],
                reach=[r.CTRL.modify(power=0)],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """The link has every lane and the speed that was asked for, and never had to recover."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("full width", holds=[r.LINK_STATUS.check(width=c.width)], within=5 * US),
            Rung("full speed", holds=[r.LINK_STATUS.check(speed=c.speed)], within=5 * US),
            Rung("lanes in order", holds=[r.STATUS.check(reversed=0)], within=5 * US),
            Rung("never recovered", holds=[r.RECOVERIES.check(count=0)], within=5 * US),
        )

    def _to_speed_s(self) -> float:
        """Return what the change of speed takes at least: equalisation is for 8 GT/s and more."""
        if self.config.speed is SpeedE.GT_2_5:
            return 0.0
        return RECOVERY_S + (EQUALIZATION_S if self.config.speed >= SpeedE.GT_8 else 0.0)

    def _healthy(self) -> Rung:
        """Return the rung that clears what happened; a link that was lost trains again by itself meanwhile."""
        r = self.regs
        return Rung(
            "healthy",
            holds=[
                r.ERR_LOG.check(valid=0, code=ErrorE.NONE),
                r.INTR_STATUS.check(**_NONE),
                r.AER_CORR.check(receiver=0, bad_tlp=0, bad_dllp=0, replay_rollover=0, replay_timeout=0),
                r.AER_UNCORR.check(data_link=0, surprise_down=0, poisoned=0, completion_timeout=0, malformed=0),
            ],
            reach=[
                r.AER_CORR.write(receiver=1, bad_tlp=1, bad_dllp=1, replay_rollover=1, replay_timeout=1),
                r.AER_UNCORR.write(data_link=1, surprise_down=1, poisoned=1, completion_timeout=1, malformed=1),
                r.INTR_STATUS.write(**_EVERY),
                r.ERR_LOG.write(valid=1),
            ],
            within=5 * US,
        )

    def _quiet(self) -> Rung:
        """Return the rung that switches off a link of another configuration, which is then free to be changed."""
        r = self.regs
        intended = self._intended()
        wanted = [_bits(check) for check in intended]

        def holds(status: Any, *values: Any) -> bool:
            return bool(status.off) or all(
                value.raw & mask == word for value, (mask, word) in zip(values, wanted, strict=True)
            )

        return Rung(
            "quiet",
            holds=[
                Where(
                    "off, or configured as intended",
                    [r.STATUS.read(), *self._configuration()],
                    holds,
                    intended=intended,
                )
            ],
            reach=[r.LOCK.check(config=0), r.CTRL.modify(traffic=0), r.CTRL.modify(ltssm=0)],
            settles=5 * US,
            within=50 * US,
            disturbs=True,
        )

    def _configuration(self) -> list[RegisterOp[Any]]:
        """Return the reads of what `_intended` checks, in its order."""
        r = self.regs
        registers = (r.DEVICE, r.CLASS, r.SUBSYSTEM, r.DEV_CTRL, r.LINK_CTRL, r.EQ_CTRL, r.TEST)
        return [*(register.read() for register in registers), *(r.BAR[i].read() for i in range(BARS))]

    def _intended(self) -> list[RegisterOp[Any]]:
        """Return the checks of the whole configuration."""
        r, c = self.regs, self.config
        return [
            r.DEVICE.check(vendor=c.vendor, device=c.device),
            r.CLASS.check(revision=c.revision, code=c.class_code),
            r.SUBSYSTEM.check(vendor=c.vendor, board=c.board),
            r.DEV_CTRL.check(payload=c.payload, read_request=c.read_request, extended_tag=1, relaxed_order=0),
            r.LINK_CTRL.check(speed=c.speed, width=c.width),
            r.EQ_CTRL.check(tx_preset=c.tx_preset, rx_hint=c.rx_hint),
            r.TEST.check(mode=ModeE.NORMAL),
            *(r.BAR[i].check(size=c.bars[i], wide=c.wide(i), prefetch=c.prefetch >> i & 1 == 1) for i in range(BARS)),
        ]

    def _configure(self) -> list[RegisterOp[Any]]:
        """Return the writes that make it hold; they are refused under a closed lock, which only a reset opens."""
        r, c = self.regs, self.config
        return [
            r.LOCK.check(config=0),
            r.DEVICE.write(vendor=c.vendor, device=c.device),
            r.CLASS.write(revision=c.revision, code=c.class_code),
            r.SUBSYSTEM.write(vendor=c.vendor, board=c.board),
            r.DEV_CTRL.write(payload=c.payload, read_request=c.read_request, extended_tag=1, relaxed_order=0),
            r.LINK_CTRL.write(speed=c.speed, width=c.width),
            r.EQ_CTRL.write(tx_preset=c.tx_preset, rx_hint=c.rx_hint),
            r.TEST.write(mode=ModeE.NORMAL),
            *(r.BAR[i].write(size=c.bars[i], wide=c.wide(i), prefetch=c.prefetch >> i & 1 == 1) for i in range(BARS)),
        ]


def _bits(check: RegisterOp[Any]) -> tuple[int, int]:
    """Return the mask and the value that a check of one word compares with."""
    (operation,) = check.operations
    assert isinstance(operation, Check), f"{check} is no check"
    return operation.mask, operation.value
