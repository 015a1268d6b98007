"""Takes a stack of high-bandwidth memory from no power to calibrated and set up for its channels, and back."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from blocks.base import Block
from blocks.hbm_stack.regs import HbmStackRegs, InstructionE, TemperatureValue
from blocks.ladder import MS, US, Condition, Ladder, Rung, Where
from blocks.limits import between
from registers.access import RegisterOp

RAILS = ("VPP", "VDDC", "VDDQ")  # in the order of power-up: JESD235, power-up sequence
RAMP_S = (120 * US, 200 * US, 160 * US)  # fastest ramp of each
MODE_REGISTERS = 16
# MR0 write CRC and parity off, DBI on; MR1 drive strength; MR2 latencies; MR3 recovery, bank groups; MR4 ECC on.
MODE_DEFAULT = (0x03, 0x61, 0x8A, 0xB1, 0x03, *[0x00] * 11)


def _bytes(_instance: Any, attribute: Any, value: tuple[int, ...]) -> None:
    if len(value) != MODE_REGISTERS or not all(0 <= word <= 0xFF for word in value):
        raise ValueError(f"{attribute.name} is {list(value)}; expected {MODE_REGISTERS} numbers of 0..255")


@frozen(kw_only=True)
class HbmStackConfig:
    """Which part stands there, on which supplies, and how its channels are to work.

    Attributes:
        vpp_mv, vddc_mv, vddq_mv: the supplies, in millivolts.
        window_mv: by how much each may be off.
        warn_c, trip_c: temperatures at which the stack warns and is switched off, in degrees Celsius.
        manufacturer, density_gb, height: the part that must answer.
        mode: the mode registers, all of them.
        channels: a bit for each channel that there is.
    """

    vpp_mv: int = field(default=1800, validator=between(1700, 1950))
    vddc_mv: int = field(default=1100, validator=between(1000, 1250))
    vddq_mv: int = field(default=1100, validator=between(350, 1250))
    window_mv: int = field(default=50, validator=between(10, 150))
    warn_c: int = field(default=85, validator=between(40, 105))
    trip_c: int = field(default=105, validator=between(60, 125))
    manufacturer: int = field(default=0x6, validator=between(1, 15))
    density_gb: int = field(default=16, validator=between(1, 255))
    height: int = field(default=8, validator=between(1, 15))
    mode: tuple[int, ...] = field(default=MODE_DEFAULT, validator=_bytes)
    channels: int = field(default=0xFFFF, validator=between(1, 0xFFFF))

    def __attrs_post_init__(self) -> None:
        if self.trip_c <= self.warn_c:
            raise ValueError(f"trip_c is {self.trip_c}; expected more than warn_c, {self.warn_c}")
        if self.vddq_mv > self.vddc_mv:
            raise ValueError(f"vddq_mv is {self.vddq_mv}; expected vddc_mv, {self.vddc_mv}, or less")

    @property
    def rails_mv(self) -> tuple[int, int, int]:
        """The supplies in the order of RAILS."""
        return self.vpp_mv, self.vddc_mv, self.vddq_mv


class HbmStack(Block[HbmStackRegs]):
    """HBM stack manager: supplies, reset, test port, PHY clock, calibration and mode registers of one stack.

    A supply that leaves its window, and a stack that is too hot, are switched off by the hardware: the ladder then
    begins with what that left behind in INTR_STATUS.

    Source: hbm_stack.rdl; JESD235, power-up and initialisation sequence.
    """

    config: HbmStackConfig

    def up(self) -> Ladder:
        """Limits set without power, supplies up in order, reset released, PHY clocked, calibrated, mode sent."""
        return Ladder(
            *self._sound(), self._configured(), *self._powered(), *self._awake(), *self._interface(), *self._closed()
        )

    def rest(self) -> Ladder:
        """Calibration and clock given up, reset low, then the supplies off in reverse; no channel may run."""
        r = self.regs
        off = (
            Rung(
                f"{RAILS[index]} off",
                holds=[r.RAIL[index].CTRL.check(enable=0), r.RAIL[index].STATUS.check(discharged=1)],
                reach=[r.RAIL[index].CTRL.write(enable=0)],
                settles=40 * US,
                within=200 * US,
            )
            for index in (2, 1, 0)
        )
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(brownout=0, cattrip=0, dll_lost=0, zq_failed=0, warm=0)],
                reach=[r.INTR_ENABLE.write(brownout=0, cattrip=0, dll_lost=0, zq_failed=0, warm=0)],
                within=5 * US,
            ),
            Rung("uncalibrated", holds=[r.ZQ_CTRL.check(run=0)], reach=[r.ZQ_CTRL.write(run=0)], within=5 * US),
            Rung("unclocked", holds=[r.DLL_CTRL.check(enable=0)], reach=[r.DLL_CTRL.write(enable=0)], within=5 * US),
            Rung("in reset", holds=[r.RESET.check(release=0)], reach=[r.RESET.write(release=0)], within=5 * US),
            *off,
        )

    def full(self) -> Ladder:
        """Below the temperature of warning, and nothing was lost since the counts were cleared."""
        r, c = self.regs, self.config
        return Ladder(
            Rung("cool", holds=[_below(r.TEMPERATURE.read(), c.warn_c)], within=5 * US),
            Rung("undisturbed", holds=[r.EVENTS.check(brownouts=0, trips=0, unlocks=0)], within=5 * US),
        )

    # ---- the parts of `up` ----

    def _sound(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x4853, version=1)], within=5 * US),
            # Whatever a bit tells of, the hardware has switched off what it concerns before it told.
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(brownout=0, cattrip=0, dll_lost=0, zq_failed=0, warm=0)],
                reach=[r.INTR_STATUS.write(brownout=1, cattrip=1, dll_lost=1, zq_failed=1, warm=1)],
                within=5 * US,
            ),
            # What another controller asked for and did not see the end of.
            Rung(
                "settled",
                holds=[r.IEEE1500_STATUS.check(busy=0), r.MODE_STATUS.check(busy=0)],
                within=100 * US,
            ),
            Rung(
                "out of test",
                holds=[r.TEST.check(loopback=0, observe=0)],
                reach=[r.TEST.write(loopback=0, observe=0)],
                within=5 * US,
                disturbs=True,
            ),
        )

    def _configured(self) -> Rung:
        """Return the rung of what may change under no power only."""
        r, c = self.regs, self.config
        rails = list(zip(r.RAIL, c.rails_mv, strict=True))
        return Rung(
            "configured",
            holds=[
                r.CTRL.check(protect=1, trip=1),
                r.TEMP_LIMIT.check(warn=c.warn_c, trip=c.trip_c),
                r.CHANNELS.check(mask=c.channels),
                *(rail.LIMIT.check(target=mv, window=c.window_mv) for rail, mv in rails),
            ],
            reach=[
                r.LOCK.check(config=0),  # locked and wrong: only a reset mends it
                *self._off(),
                r.CTRL.write(protect=1, trip=1),
                r.TEMP_LIMIT.write(warn=c.warn_c, trip=c.trip_c),
                r.CHANNELS.write(mask=c.channels),
                *(rail.LIMIT.write(target=mv, window=c.window_mv) for rail, mv in rails),
            ],
            within=5 * US,
            disturbs=True,
        )

    def _off(self) -> list[RegisterOp[Any]]:
        """Take everything away, from the inside out."""
        r = self.regs
        return [
            r.ZQ_CTRL.write(run=0),
            r.DLL_CTRL.write(enable=0),
            r.RESET.write(release=0),
            *(r.RAIL[index].CTRL.write(enable=0) for index in (2, 1, 0)),
        ]

    def _powered(self) -> tuple[Rung, ...]:
        """Return the rungs of the supplies, each good before the next is switched on."""
        r = self.regs
        return tuple(
            Rung(
                name,
                holds=[r.RAIL[index].CTRL.check(enable=1), r.RAIL[index].STATUS.check(power_good=1)],
                reach=[r.RAIL[index].CTRL.write(enable=1)],
                settles=RAMP_S[index],
                within=5 * RAMP_S[index],
            )
            for index, name in enumerate(RAILS)
        )

    def _awake(self) -> tuple[Rung, ...]:
        """Return the rungs from reset to a stack that is the one expected, and not too hot."""
        r, c = self.regs, self.config
        return (
            # JESD235: RESET_n stays low for 200 us of stable power, and the stack sleeps for 500 us behind it.
            Rung("reset held", holds=[r.STATUS.check(reset_held=1)], settles=200 * US, within=1 * MS),
            Rung(
                "awake",
                holds=[r.RESET.check(release=1), r.STATUS.check(awake=1)],
                reach=[r.RESET.write(release=1)],
                settles=400 * US,
                within=2 * MS,
            ),
            Rung(
                "known",
                holds=[
                    r.DEVICE_ID.check(valid=1, manufacturer=c.manufacturer, density=c.density_gb, height=c.height)
                ],
                reach=[r.IEEE1500.write(instruction=InstructionE.DEVICE_ID, start=1)],
                settles=8 * US,
                within=40 * US,
            ),
            Rung(
                "cool",
                holds=[r.TEMP_CTRL.check(enable=1), _below(r.TEMPERATURE.read(), c.trip_c)],
                reach=[r.TEMP_CTRL.write(enable=1)],
                settles=16 * US,
                within=80 * US,
            ),
        )

    def _interface(self) -> tuple[Rung, ...]:
        """Return the rungs of PHY clock, calibration and mode registers."""
        r, c = self.regs, self.config
        return (
            Rung(
                "clocked",
                holds=[r.DLL_CTRL.check(enable=1), r.DLL_STATUS.check(lock=1)],
                reach=[r.DLL_CTRL.write(enable=1)],
                settles=16 * US,
                within=80 * US,
            ),
            # Begun anew: a calibration that failed, or that nobody knows the beginning of, is none.
            Rung(
                "calibrated",
                holds=[r.ZQ_CTRL.check(run=1), r.ZQ_STATUS.check(done=1, failed=0)],
                reach=[r.ZQ_CTRL.write(run=0), r.ZQ_CTRL.write(run=1)],
                settles=0.8 * MS,
                within=4 * MS,
            ),
            Rung(
                "mode set",
                holds=[r.MODE[index].check(data=data) for index, data in enumerate(c.mode)],
                reach=[
                    r.LOCK.check(config=0),
                    *(r.MODE[index].write(data=data) for index, data in enumerate(c.mode)),
                ],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "mode sent",
                holds=[r.MODE_STATUS.check(sent=1)],
                reach=[r.MODE_CTRL.write(broadcast=1)],
                settles=4 * US,
                within=20 * US,
            ),
            Rung("ready", holds=[r.STATUS.check(ready=1)], within=5 * US),
        )

    def _closed(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(brownout=1, cattrip=1, dll_lost=1, zq_failed=1, warm=1)],
                reach=[r.INTR_ENABLE.write(brownout=1, cattrip=1, dll_lost=1, zq_failed=1, warm=1)],
                within=5 * US,
            ),
        )


def _below(temperature: RegisterOp[TemperatureValue], limit_c: int) -> Condition:
    """Return the condition that the stack was measured, and is cooler than a limit."""

    def holds(now: TemperatureValue) -> bool:
        return bool(now.valid) and now.celsius < limit_c

    return Where(f"valid, and below {limit_c} degrees", [temperature], holds)
