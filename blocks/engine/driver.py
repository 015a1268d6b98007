"""Powers a compute engine, tests its memories, loads its firmware and starts it; or halts it, and takes its power."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.engine.firmware import HEAD_WORDS, IMEM_WORDS, WORDS_MIN, Firmware, firmware
from blocks.engine.regs import BootE, EngineRegs, ImageCrcValue, ImageMarkValue, LockValue, StatusValue
from blocks.ladder import MS, US, Act, Condition, Ladder, Rung, Where
from blocks.limits import between

GATE_S = 20 * US
OPEN_S = 5 * US
BIST_S = 200 * US
BOOT_S = 500 * US
HALT_S = 2 * US


@frozen(kw_only=True)
class EngineConfig:
    """Which firmware an engine runs, and within which bounds.

    Attributes:
        firmware: the version.
        firmware_words: how long it is.
        entry: the word where the core begins.
        lanes: that take part, one bit each.
        first_page, last_page: where the core may go, in pages of 4 KiB.
        priority: of its requests in the fabric; 7 is first.
        outstanding: requests on their way at once.
        watchdog_us: without a sign of life until the firmware counts as dead; 0: never.
        stagger: cycles from one group of power switches to the next.
    """

    firmware: str = "v1"
    firmware_words: int = field(default=48, validator=between(WORDS_MIN, IMEM_WORDS))
    entry: int = field(default=HEAD_WORDS, validator=between(HEAD_WORDS, IMEM_WORDS - 1))
    lanes: int = field(default=0xFF, validator=between(1, 0xFF))
    first_page: int = field(default=0x1_0000, validator=between(0, 0xFFFF_FFFF))
    last_page: int = field(default=0xF_FFFF, validator=between(0, 0xFFFF_FFFF))
    priority: int = field(default=3, validator=between(0, 7))
    outstanding: int = field(default=32, validator=between(1, 64))
    watchdog_us: int = field(default=2000, validator=between(0, 0xFFFF))
    stagger: int = field(default=16, validator=between(1, 255))

    def __attrs_post_init__(self) -> None:
        if self.last_page < self.first_page:
            raise ValueError(f"last_page is {self.last_page:#x}; expected first_page, {self.first_page:#x}, or more")
        if self.entry >= self.firmware_words - 1:
            raise ValueError(f"entry is {self.entry}; expected less than firmware_words - 1, {self.firmware_words - 1}")

    @property
    def image(self) -> Firmware:
        """What is loaded."""
        return firmware(self.firmware, self.firmware_words)


class Engine(Block[EngineRegs]):
    """Compute engine: a core behind a power gate, that forgets everything when the gate opens.

    Whether it runs is asked of what is always on; what is behind the gate is touched only when it answers. Firmware
    cannot be read back: it counts as loaded when the hardware's checksum over it is right and the mark is there, which
    is written last and lost with it.
    """

    config: EngineConfig

    def up(self) -> Ladder:
        """Configured and frozen while off; power, clamps, clock and reset; memories tested; firmware loaded and run."""
        configured = (self._configured(), self._frozen())
        return Ladder(*self._sound(), *configured, *self._powered(), *self._tested(), *self._run())

    def rest(self) -> Ladder:
        """Halted, then reset, clock, clamps and power, each behind the other; the firmware is lost."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(brownout=0, watchdog=0, clock_lost=0, parity=0)],
                reach=[r.INTR_ENABLE.write(brownout=0, watchdog=0, clock_lost=0, parity=0)],
                within=5 * US,
            ),
            Rung(
                "halted",
                holds=[r.CTRL.check(run=0), r.STATUS.check(running=0)],
                reach=[r.CTRL.write(run=0)],
                settles=0.8 * HALT_S,
                within=4 * HALT_S,
            ),
            Rung("gate at rest", holds=[r.PG_STATUS.check(changing=0)], within=4 * GATE_S),
            Rung("held", holds=[r.RESET.check(hold=1)], reach=[r.RESET.write(hold=1)], within=5 * US),
            Rung("stopped", holds=[r.CLOCK.check(enable=0)], reach=[r.CLOCK.write(enable=0)], within=5 * US),
            Rung("clamped", holds=[r.ISOLATION.check(clamp=1)], reach=[r.ISOLATION.write(clamp=1)], within=5 * US),
            Rung(
                "off",
                holds=[r.PG_CTRL.check(request=0), r.PG_STATUS.check(good=0, changing=0)],
                reach=[r.PG_CTRL.write(request=0)],
                settles=0.8 * OPEN_S,
                within=4 * OPEN_S,
            ),
        )

    def full(self) -> Ladder:
        """Every lane that is wanted works, and no row of a memory had to be replaced."""
        r = self.regs
        return Ladder(
            Rung("every lane", holds=[r.STATUS.check(lanes=self.config.lanes)], within=5 * US),
            Rung("unrepaired", holds=[r.STATUS.check(repaired=0)], within=5 * US),
        )

    # ---- the parts of `up` ----

    def _sound(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x4345, version=1)], within=5 * US),
            # Whatever cannot go on, the hardware has stopped before it told.
            Rung(
                "healthy",
                holds=[
                    r.INTR_STATUS.check(brownout=0, watchdog=0, clock_lost=0, parity=0),
                    r.ERR_LOG.check(valid=0),
                ],
                reach=[
                    r.ERR_LOG.write(valid=1),
                    r.INTR_STATUS.write(brownout=1, watchdog=1, clock_lost=1, parity=1),
                ],
                within=5 * US,
            ),
            # A core that runs and is not frozen was started by somebody else, and is configured anew.
            Rung(
                "quiesced",
                holds=[
                    Where(
                        "frozen, or halted",
                        [r.LOCK.read(), r.STATUS.read()],
                        _frozen_or_halted,
                        intended=[r.LOCK.check(config=1)],
                    )
                ],
                reach=[r.CTRL.write(run=0)],
                settles=0.8 * HALT_S,
                within=4 * HALT_S,
                disturbs=True,
            ),
            Rung("gate at rest", holds=[r.PG_STATUS.check(changing=0)], within=4 * GATE_S),
        )

    def _configured(self) -> Rung:
        """Return the rung of what may change only while the core is off; it is halted by then."""
        r, c = self.regs, self.config
        checks: list[Condition] = [
            r.PG_TIMES.check(stagger=c.stagger),
            r.WATCHDOG.check(limit=c.watchdog_us),
            r.ENTRY.check(word=c.entry),
            r.LANES.check(enable=c.lanes),
            r.APERTURE_BASE.check(page=c.first_page),
            r.APERTURE_LIMIT.check(page=c.last_page),
            r.TRAFFIC.check(priority=c.priority, outstanding=c.outstanding),
            r.TEST.check(flip=0),
        ]
        writes: list[Act] = [
            r.PG_TIMES.write(stagger=c.stagger),
            r.WATCHDOG.write(limit=c.watchdog_us),
            r.ENTRY.write(word=c.entry),
            r.LANES.write(enable=c.lanes),
            r.APERTURE_BASE.write(page=c.first_page),
            r.APERTURE_LIMIT.write(page=c.last_page),
            r.TRAFFIC.write(priority=c.priority, outstanding=c.outstanding),
            r.TEST.write(flip=0),
        ]
        off: list[Act] = [
            r.RESET.write(hold=1),
            r.CLOCK.write(enable=0),
            r.ISOLATION.write(clamp=1),
            r.PG_CTRL.write(request=0),
        ]
        return Rung(
            "configured",
            holds=[*checks, r.PG_STATUS.check(changing=0)],
            reach=[r.LOCK.check(config=0), *off, *writes],  # locked and wrong: only a reset mends it
            within=4 * OPEN_S,
            disturbs=True,
        )

    def _frozen(self) -> Rung:
        r = self.regs
        return Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US)

    def _powered(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung(
                "powered",
                holds=[r.PG_STATUS.check(good=1), r.PG_CTRL.check(request=1)],
                reach=[r.PG_CTRL.write(request=1)],
                settles=0.8 * GATE_S,
                within=4 * GATE_S,
            ),
            Rung("unclamped", holds=[r.ISOLATION.check(clamp=0)], reach=[r.ISOLATION.write(clamp=0)], within=5 * US),
            Rung("clocked", holds=[r.CLOCK.check(enable=1)], reach=[r.CLOCK.write(enable=1)], within=5 * US),
            Rung(
                "released",
                holds=[r.RESET.check(hold=0), r.STATUS.check(alive=1)],
                reach=[r.RESET.write(hold=0)],
                within=5 * US,
            ),
        )

    def _tested(self) -> tuple[Rung, ...]:
        """Return the rungs of the memories' test: two, so that what failed is known when the test ends."""
        core = self.regs.CORE
        return (
            Rung(
                "tested",
                holds=[core.BIST_CTRL.check(run=1), core.BIST_STATUS.check(done=1)],
                reach=[core.BIST_CTRL.write(run=1)],
                settles=0.8 * BIST_S,
                within=4 * BIST_S,
            ),
            Rung("test passed", holds=[core.BIST_STATUS.check(done=1, failed=0)], within=5 * US),
        )

    def _run(self) -> tuple[Rung, ...]:
        r, image = self.regs, self.config.image
        core = r.CORE

        def ours(status: StatusValue, crc: ImageCrcValue, mark: ImageMarkValue) -> bool:
            return not status.running or (crc.crc, mark.version) == (image.crc, image.mark)

        return (
            Rung(
                "halted for another",
                holds=[
                    Where(
                        "halted, or the firmware is the wanted one",
                        [r.STATUS.read(), core.IMAGE_CRC.read(), core.IMAGE_MARK.read()],
                        ours,
                    )
                ],
                reach=[r.CTRL.write(run=0)],
                settles=0.8 * HALT_S,
                within=4 * HALT_S,
                disturbs=True,
            ),
            Rung(
                "loaded",
                holds=[
                    core.IMAGE_LENGTH.check(words=len(image.words)),
                    core.IMAGE_CRC.check(crc=image.crc),
                    core.IMAGE_MARK.check(version=image.mark),
                ],
                reach=[
                    core.IMEM_ADDRESS.write(word=0),
                    *(core.IMEM_DATA.write(word=word) for word in image.words),
                    core.IMAGE_LENGTH.write(words=len(image.words)),
                    core.IMAGE_LENGTH.check(words=len(image.words)),  # a lost write must not be marked as whole
                    core.IMAGE_MARK.write(version=image.mark),
                ],
                within=5 * US,
            ),
            Rung(
                "booted",
                holds=[r.CTRL.check(run=1), core.RUN_STATUS.check(boot=BootE.READY), r.STATUS.check(ready=1)],
                reach=[r.CTRL.write(run=1)],
                settles=0.8 * BOOT_S,
                within=2 * MS,
            ),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(brownout=1, watchdog=1, clock_lost=1, parity=1)],
                reach=[r.INTR_ENABLE.write(brownout=1, watchdog=1, clock_lost=1, parity=1)],
                within=5 * US,
            ),
        )


def _frozen_or_halted(lock: LockValue, status: StatusValue) -> bool:
    return bool(lock.config or not status.running)
