"""Brings one end of a UCIe link from reset to passing flits, together with the other end, and back."""

from __future__ import annotations

from typing import Any, Final, Literal

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import MS, US, Ladder, Rung, Where
from blocks.limits import between
from blocks.ucie.regs import ErrorE, FlitE, ModeE, ProtocolE, RateE, StateE, UcieRegs, WidthE
from registers.access import RegisterOp
from transports.batch import Check

# What the hardware takes at least, which is 0.8 of the typical time.
POWER_S, LOCK_S = 16 * US, 40 * US
SIDEBAND_S = 1.6 * MS
MBINIT_S = 1.6 * MS
MBTRAIN_S = 4 * MS
LINKINIT_S = 160 * US
EXCHANGE_S = 16 * US

_EVENTS: Final = ("link_down", "train_error", "correctable", "uncorrectable", "retrained")
_EVERY: Final[dict[str, Literal[1]]] = dict.fromkeys(_EVENTS, 1)
_NONE: Final[dict[str, Literal[0]]] = dict.fromkeys(_EVENTS, 0)


@frozen(kw_only=True)
class UcieConfig:
    """Which link is asked for; both ends should be asked for the same.

    Attributes:
        drive: strength of the transmitters.
        retry: flits that arrive spoilt are sent again.
        timeout_s: longest stay in one state of training, once both ends are there.
        partner_s: how much later than this end the other one may be started.
    """

    rate: RateE = RateE.GT_32
    width: WidthE = WidthE.X16
    drive: int = field(default=3, validator=between(0, 7))
    protocol: ProtocolE = ProtocolE.STREAMING
    flit: FlitE = FlitE.FLIT_256
    retry: bool = True
    timeout_s: float = field(default=8e-3, validator=between(100e-6, 65.535e-3))
    partner_s: float = field(default=10.0, validator=between(0.0, 100.0))

    def __attrs_post_init__(self) -> None:
        if self.rate is RateE.NONE:
            raise ValueError("rate is NONE; expected GT_4..GT_32")
        if self.width is WidthE.NONE:
            raise ValueError("width is NONE; expected X8 or X16")
        if self.protocol is ProtocolE.NONE:
            raise ValueError("protocol is NONE; expected STREAMING, PCIE or CXL")
        if self.retry and self.flit is FlitE.RAW:
            raise ValueError("retry is true, and raw flits have no CRC to ask for it; expected false")

    @property
    def terminated(self) -> bool:
        """Whether receivers are terminated: rates above 16 GT/s need it."""
        return self.rate > RateE.GT_16


class Ucie(Block[UcieRegs]):
    """One end of a UCIe die-to-die link.

    The other end is another block, on the other die, that climbs its own ladder: neither needs the other, each waits
    in its own rungs for what takes both. A link that lost lanes or rate is up, and `full` says what it lacks.
    """

    config: UcieConfig

    def up(self) -> Ladder:
        """Link asked for while it is stopped, PHY powered, link trained with the other end, adapter on."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x5543, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(**_NONE)],
                reach=[r.INTR_STATUS.write(**_EVERY)],
                within=5 * US,
            ),
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
            self._started(),
            *self._trained(),
            Rung(
                "adapter ready",
                holds=[r.CTRL.check(adapter=1), r.STATUS.check(adapter_ready=1)],
                # Read back: the partner may take its time, and a write that was lost must not wait for it.
                reach=[r.CTRL.modify(adapter=1), r.CTRL.check(adapter=1)],
                settles=EXCHANGE_S,
                within=c.partner_s + 5 * EXCHANGE_S,
            ),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(**_EVERY)],
                reach=[r.INTR_ENABLE.write(**_EVERY)],
                within=5 * US,
            ),
        )

    def rest(self) -> Ladder:
        """Adapter off and drained, link stopped, PHY powered down; the other end finds its partner lost."""
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
                holds=[r.CTRL.check(adapter=0), r.STATUS.check(idle=1, adapter_ready=0)],
                reach=[r.CTRL.modify(adapter=0)],
                settles=2 * US,
                within=50 * US,
            ),
            Rung(
                "stopped",
                holds=[r.CTRL.check(start=0), r.STATE.check(state=StateE.RESET)],
                reach=[r.CTRL.modify(start=0)],
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
        """The link has all lanes without a spare and the rate that was asked for, and never trained again."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("full width", holds=[r.LINK_STATUS.check(width=c.width)], within=5 * US),
            Rung("full rate", holds=[r.LINK_STATUS.check(rate=c.rate)], within=5 * US),
            Rung("every lane", holds=[r.LINK_STATUS.check(repaired=0, left_out=0)], within=5 * US),
            Rung("never retrained", holds=[r.RETRAINS.check(count=0)], within=5 * US),
        )

    def _started(self) -> Rung:
        """Return the rung that starts training, and starts it again when it failed: the log then says why.

        In TRAINERROR no flit is on its way, so nothing is disturbed. The lock is looked at in the round trip of the
        start: one read that lies starts nothing.
        """
        r = self.regs
        return Rung(
            "started",
            holds=[
                r.ERR_LOG.check(valid=0, code=ErrorE.NONE, state=StateE.RESET, lanes=0),
                r.STATUS.check(error=0),
                r.CTRL.check(start=1),
            ],
            reach=[
                r.CTRL.modify(adapter=0, start=0),
                r.ERR_LOG.write(valid=1),
                r.STATUS.check(phy_lock=1),
                r.CTRL.modify(start=1),
            ],
            within=5 * US,
        )

    def _trained(self) -> tuple[Rung, ...]:
        """Return the rungs that wait for training, which takes both ends.

        The hardware gives up after `timeout_s` in one state: each waits for longer, so that its log can say why.
        """
        r, c = self.regs, self.config
        return (
            Rung(
                "sideband up",
                holds=[r.STATE.check(sideband=1)],
                settles=SIDEBAND_S,
                within=c.partner_s + c.timeout_s + SIDEBAND_S,
            ),
            Rung(
                "main band initialised",
                holds=[r.STATE.check(initialised=1)],
                settles=MBINIT_S,
                within=c.timeout_s + 5 * MBINIT_S,
            ),
            # Training falls back rate by rate where eyes are shut, and each time takes its time again.
            Rung(
                "main band trained",
                holds=[r.STATE.check(trained=1)],
                settles=MBTRAIN_S,
                within=c.timeout_s + 8 * MBTRAIN_S,
            ),
            Rung(
                "active",
                holds=[r.STATE.check(state=StateE.ACTIVE)],
                settles=LINKINIT_S,
                within=c.timeout_s + 5 * LINKINIT_S,
            ),
        )

    def _quiet(self) -> Rung:
        """Return the rung that stops a link of another configuration, which is then free to be changed."""
        r = self.regs
        intended = self._intended()
        wanted = [_bits(check) for check in intended]
        reads = [r.STATE.read(), *(x.read() for x in (r.LINK_CTRL, r.PHY_CTRL, r.ADAPTER_CTRL, r.TIMEOUT, r.TEST))]

        def holds(state: Any, *values: Any) -> bool:
            return state.state == StateE.RESET or all(
                value.raw & mask == word for value, (mask, word) in zip(values, wanted, strict=True)
            )

        return Rung(
            "quiet",
            holds=[Where("stopped, or configured as intended", reads, holds, intended=intended)],
            reach=[r.LOCK.check(config=0), r.CTRL.modify(adapter=0), r.CTRL.modify(start=0)],
            settles=2 * US,
            within=50 * US,
            disturbs=True,
        )

    def _intended(self) -> list[RegisterOp[Any]]:
        """Return the checks of the whole configuration."""
        r, c = self.regs, self.config
        return [
            r.LINK_CTRL.check(rate=c.rate, width=c.width),
            r.PHY_CTRL.check(drive=c.drive, terminated=c.terminated, quadrature=c.terminated),
            r.ADAPTER_CTRL.check(protocol=c.protocol, flit=c.flit, retry=c.retry),
            r.TIMEOUT.check(us=round(c.timeout_s * 1e6)),
            r.TEST.check(mode=ModeE.NORMAL),
        ]

    def _configure(self) -> list[RegisterOp[Any]]:
        """Return the writes that make it hold; they are refused under a closed lock, which only a reset opens."""
        r, c = self.regs, self.config
        return [
            r.LOCK.check(config=0),
            r.LINK_CTRL.write(rate=c.rate, width=c.width),
            r.PHY_CTRL.write(drive=c.drive, terminated=c.terminated, quadrature=c.terminated),
            r.ADAPTER_CTRL.write(protocol=c.protocol, flit=c.flit, retry=c.retry),
            r.TIMEOUT.write(us=round(c.timeout_s * 1e6)),
            r.TEST.write(mode=ModeE.NORMAL),
        ]


def _bits(check: RegisterOp[Any]) -> tuple[int, int]:
    """Return the mask and the value that a check of one word compares with."""
    (operation,) = check.operations
    assert isinstance(operation, Check), f"{check} is no check"
    return operation.mask, operation.value
