"""Gives a sensor its bias, trim and limits and lets it measure; or stops it and takes the bias away."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Act, Condition, Ladder, Rung, Where
from blocks.limits import between
from blocks.sensor.regs import CtrlValue, LockValue, SensorRegs, StatusValue, TestValue

CODE_ZERO_C, CODES_PER_C = -64.0, 8  # sensor.rdl, at its top
CELSIUS = between(-64.0, 447.0)
MILLIVOLTS = between(1, 4095)
BIAS_S = 20 * US
FIRST_S = 100 * US
STOP_S = 8 * US


@frozen(kw_only=True)
class SensorConfig:
    """How this part is trimmed, how often it measures, and between which limits all is well.

    Attributes:
        gain: of the converter, 2048 is 1; offset: in codes, added to them.
        period_us: from one conversion to the next.
        low_c, high_c, critical_c: limits of temperature, in degrees Celsius.
        hysteresis_c: how far back from a limit is far enough.
        low_mv, high_mv: limits of the supply voltage.
        droop_mv: a voltage below, however short, is a droop.
    """

    gain: int = field(default=2012, validator=between(1024, 4095))
    offset: int = field(default=5, validator=between(-128, 127))
    period_us: int = field(default=1000, validator=between(20, (1 << 20) - 1))
    low_c: float = field(default=-20.0, validator=CELSIUS)
    high_c: float = field(default=95.0, validator=CELSIUS)
    critical_c: float = field(default=110.0, validator=CELSIUS)
    hysteresis_c: float = field(default=4.0, validator=between(0.125, 31.875))
    low_mv: int = field(default=700, validator=MILLIVOLTS)
    high_mv: int = field(default=900, validator=MILLIVOLTS)
    droop_mv: int = field(default=650, validator=MILLIVOLTS)

    def __attrs_post_init__(self) -> None:
        if self.high_c - self.low_c <= 2 * self.hysteresis_c:
            raise ValueError(f"high_c is {self.high_c}; expected low_c, {self.low_c}, and twice hysteresis_c, or more")
        if self.critical_c <= self.high_c:
            raise ValueError(f"critical_c is {self.critical_c}; expected more than high_c, {self.high_c}")
        if self.high_mv <= self.low_mv:
            raise ValueError(f"high_mv is {self.high_mv}; expected more than low_mv, {self.low_mv}")
        if self.droop_mv > self.low_mv:
            raise ValueError(f"droop_mv is {self.droop_mv}; expected low_mv, {self.low_mv}, or less")


def code_of(celsius: float) -> int:
    """Return the code of a temperature."""
    return round((celsius - CODE_ZERO_C) * CODES_PER_C)


def celsius_of(code: int) -> float:
    """Return the temperature that a code means."""
    return CODE_ZERO_C + code / CODES_PER_C


class Sensor(Block[SensorRegs]):
    """Sensor: measures temperature and supply voltage of one place, again and again, and raises its line beyond limits.

    Trim and limits change only while nothing is converted, because a conversion under way would be judged by half of
    them; the bias is taken away last.
    """

    config: SensorConfig

    def up(self) -> Ladder:
        """At rest trimmed and limited, all of that frozen, then bias and conversions; never beyond the critical limit.

        Frozen so early, what a conversion counts on needs no second look: it cannot have changed.
        """
        r = self.regs
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x5345, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[
                    r.INTR_STATUS.check(high=0, low=0, critical=0, voltage=0, droop=0),
                    r.ERR_LOG.check(valid=0),
                ],
                reach=[
                    r.ERR_LOG.write(valid=1),
                    r.INTR_STATUS.write(high=1, low=1, critical=1, voltage=1, droop=1),
                ],
                within=5 * US,
            ),
            self._settled(),
            Rung(
                "out of test",
                holds=[r.TEST.check(inject=0)],
                reach=[r.STATUS.check(active=0), r.TEST.write(code=0, inject=0)],
                within=5 * US,
                disturbs=True,
            ),
            self._trimmed(),
            self._limited(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "biased",
                holds=[r.CTRL.check(power=1), r.STATUS.check(biased=1)],
                reach=[r.CTRL.modify(power=1)],
                settles=0.8 * BIAS_S,
                within=4 * BIAS_S,
            ),
            Rung(
                "measuring",
                holds=[r.CTRL.check(enable=1), r.STATUS.check(ready=1)],
                reach=[r.CTRL.modify(enable=1)],
                settles=0.8 * FIRST_S,
                within=4 * FIRST_S,
            ),
            Rung("cool", holds=[r.STATUS.check(critical=0)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(high=1, low=1, critical=1, voltage=1, droop=1)],
                reach=[r.INTR_ENABLE.write(high=1, low=1, critical=1, voltage=1, droop=1)],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """Temperature and voltage are within their limits now."""
        return Ladder(
            Rung("within limits", holds=[self.regs.STATUS.check(high=0, low=0, voltage=0)], within=5 * US),
        )

    def rest(self) -> Ladder:
        """The line low, the last conversion ended, then the bias off; trim and limits are kept."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(high=0, low=0, critical=0, voltage=0, droop=0)],
                reach=[r.INTR_ENABLE.write(high=0, low=0, critical=0, voltage=0, droop=0)],
                within=5 * US,
            ),
            Rung(
                "stopped",
                holds=[r.CTRL.check(enable=0), r.STATUS.check(active=0)],
                reach=[r.CTRL.modify(enable=0)],
                settles=0.8 * STOP_S,
                within=4 * STOP_S,
            ),
            Rung("unbiased", holds=[r.CTRL.check(power=0)], reach=[r.CTRL.modify(power=0)], within=5 * US),
        )

    # ---- the parts of `up` ----

    def _settled(self) -> Rung:
        """Return the rung of a sensor that measures as it should, or not at all.

        What runs and is not frozen was started by somebody else; what was stopped is ending its last conversion.
        """
        r = self.regs

        def holds(lock: LockValue, ctrl: CtrlValue, test: TestValue, status: StatusValue) -> bool:
            if ctrl.enable != status.active:
                return False
            return bool((lock.config and not test.inject) or not ctrl.enable)

        return Rung(
            "settled",
            holds=[
                Where(
                    "active, frozen and out of test, or neither enabled nor active",
                    [r.LOCK.read(), r.CTRL.read(), r.TEST.read(), r.STATUS.read()],
                    holds,
                    intended=[r.LOCK.check(config=1), r.TEST.check(inject=0)],
                )
            ],
            reach=[r.CTRL.modify(enable=0)],
            settles=0.8 * STOP_S,
            within=4 * STOP_S,
            disturbs=True,
        )

    def _trimmed(self) -> Rung:
        """Return the rung of what makes readings true, and how often there are any."""
        r, c = self.regs, self.config
        gain, offset = c.gain, c.offset + 128
        return self._still(
            "trimmed",
            [r.TRIM.check(gain=gain, offset=offset), r.RATE.check(period=c.period_us)],
            [r.TRIM.write(gain=gain, offset=offset), r.RATE.write(period=c.period_us)],
        )

    def _limited(self) -> Rung:
        """Return the rung of the limits."""
        r, c = self.regs, self.config
        low, high, critical = code_of(c.low_c), code_of(c.high_c), code_of(c.critical_c)
        codes = round(c.hysteresis_c * CODES_PER_C)
        return self._still(
            "limited",
            [
                r.LIMIT_LOW.check(code=low),
                r.LIMIT_HIGH.check(code=high),
                r.LIMIT_CRITICAL.check(code=critical),
                r.HYSTERESIS.check(codes=codes),
                r.VOLTAGE_LIMIT.check(low=c.low_mv, high=c.high_mv),
                r.DROOP_LIMIT.check(millivolts=c.droop_mv),
            ],
            [
                r.LIMIT_LOW.write(code=low),
                r.LIMIT_HIGH.write(code=high),
                r.LIMIT_CRITICAL.write(code=critical),
                r.HYSTERESIS.write(codes=codes),
                r.VOLTAGE_LIMIT.write(low=c.low_mv, high=c.high_mv),
                r.DROOP_LIMIT.write(millivolts=c.droop_mv),
            ],
        )

    def _still(self, name: str, holds: list[Condition], reach: list[Act]) -> Rung:
        """Return a rung whose act finds the lock open and nothing converted; under a lock only a reset mends it."""
        act: list[Act] = [self.regs.LOCK.check(config=0), self.regs.STATUS.check(active=0), *reach]
        return Rung(name, holds=holds, reach=act, within=5 * US, disturbs=True)
