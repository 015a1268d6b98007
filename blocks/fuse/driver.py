"""Has the fuses sensed and judged, and closes them to programming; or lets their amplifiers sleep."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.fuse.regs import FuseRegs, StateE
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between

BANKS = 4
SECRET = 3  # the bank that nobody reads once it is locked
WAKE_S = 5 * US
SENSE_S = 50 * US
STATES = {state.name.lower(): state for state in StateE}


def _state(_instance: object, _attribute: object, value: str) -> None:
    if value not in STATES:
        raise ValueError(f"lifecycle is {value!r}; expected one of {', '.join(STATES)}")


@frozen(kw_only=True)
class FuseConfig:
    """Which part must stand there, and how its fuses are read.

    Attributes:
        model: the part's number.
        lifecycle: the state of its life.
        strobe, pulse: of sensing and of programming, in cycles.
    """

    model: int = field(default=0xA71A, validator=between(0, 0xFFFF))
    lifecycle: str = field(default="production", validator=_state)
    strobe: int = field(default=12, validator=between(1, 0xFF))
    pulse: int = field(default=800, validator=between(1, 0xFFF))


class Fuse(Block[FuseRegs]):
    """Fuse controller: sensed once after a reset, then closed to programming and its secrets hidden until the next.

    Nothing here programs a fuse. What is sensed stays in the shadow until the amplifiers sleep.
    """

    config: FuseConfig

    def up(self) -> Ladder:
        """Words sensed and sound, of the right part; programming ended, banks locked, and changes watched."""
        return Ladder(*self._sensed(), *self._judged(), *self._closed())

    def rest(self) -> Ladder:
        """Not watched, and asleep with an empty shadow; every lock stays."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(uncorrectable=0, corrected=0, key=0, programmed=0)],
                reach=[r.INTR_ENABLE.write(uncorrectable=0, corrected=0, key=0, programmed=0)],
                within=5 * US,
            ),
            Rung("settled", holds=[r.STATUS.check(busy=0)], within=4 * SENSE_S),
            Rung(
                "asleep",
                holds=[r.CTRL.check(power_down=1), r.STATUS.check(awake=0)],
                reach=[r.CTRL.write(power_down=1)],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """No word had to be mended."""
        banks = [bank.STATUS.check(corrected=0) for bank in self.regs.BANK]
        return Ladder(Rung("unmended", holds=banks, within=5 * US))

    # ---- the parts of `up` ----

    def _sensed(self) -> tuple[Rung, ...]:
        r, c = self.regs, self.config
        return (
            Rung("identified", holds=[r.ID.check(part=0x4655, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(uncorrectable=0, key=0, programmed=0), r.ERR_LOG.check(valid=0)],
                reach=[
                    r.ERR_LOG.write(valid=1),
                    r.INTR_STATUS.write(uncorrectable=1, corrected=1, key=1, programmed=1),
                ],
                within=5 * US,
            ),
            # What another controller began; nothing may be changed under it, and nothing begun.
            Rung("settled", holds=[r.STATUS.check(busy=0)], within=4 * SENSE_S),
            Rung("supply off", holds=[r.VPP_CTRL.check(enable=0)], reach=[r.VPP_CTRL.write(enable=0)], within=5 * US),
            # What was sensed otherwise than is wanted here says nothing: asleep first, so that it is sensed anew.
            Rung(
                "timed",
                holds=[r.TIMING.check(strobe=c.strobe, pulse=c.pulse), r.TEST.check(margin=0)],
                reach=[
                    r.LOCK.check(config=0),  # locked and wrong: only a reset mends it
                    r.CTRL.write(power_down=1),
                    r.TIMING.write(strobe=c.strobe, pulse=c.pulse),
                    r.TEST.write(margin=0),
                ],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "awake",
                holds=[r.CTRL.check(power_down=0), r.STATUS.check(awake=1)],
                reach=[r.CTRL.write(power_down=0)],
                settles=0.8 * WAKE_S,
                within=4 * WAKE_S,
            ),
            Rung(
                "sensed",
                holds=[r.STATUS.check(sensed=1)],
                reach=[r.CTRL.write(power_down=0, sense=1)],
                settles=0.8 * SENSE_S,
                within=4 * SENSE_S,
            ),
        )

    def _judged(self) -> tuple[Rung, ...]:
        r, c = self.regs, self.config
        return (
            Rung(
                "sound",
                holds=[bank.STATUS.check(sound=1, uncorrectable=0) for bank in r.BANK],
                within=5 * US,
            ),
            Rung(
                "the right part",
                holds=[r.PART.check(model=c.model), r.LIFECYCLE.check(state=STATES[c.lifecycle])],
                within=5 * US,
            ),
        )

    def _closed(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung(
                "unprogrammable",
                holds=[r.PROG_LOCK.check(disabled=1)],
                reach=[r.PROG_LOCK.write(disabled=1)],
                within=5 * US,
            ),
            Rung(
                "locked",
                holds=[bank.LOCK.check(program=1, hide=index == SECRET) for index, bank in enumerate(r.BANK)],
                reach=[bank.LOCK.write(program=1, hide=index == SECRET) for index, bank in enumerate(r.BANK)],
                within=5 * US,
            ),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(uncorrectable=1, corrected=0, key=1, programmed=1)],
                reach=[r.INTR_ENABLE.write(uncorrectable=1, corrected=0, key=1, programmed=1)],
                within=5 * US,
            ),
        )
