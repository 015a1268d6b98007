"""Gives a DMA engine its windows and rings and sets its channels to work; or lets it finish, and stops it."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.dma.regs import DmaRegs, LockValue, StatusValue
from blocks.ladder import US, Act, Condition, Ladder, Rung, Where
from blocks.limits import between

CHANNELS = WINDOWS = 4
ALL = (1 << CHANNELS) - 1
READ, WRITE = 1, 2  # dma.rdl PERMIT
DESCRIPTOR_BYTES = 32
RING_ALIGN = 64
PAGE = 4096
INIT_S = 20 * US
DRAIN_S = 10 * US
FETCH_S = 2 * US


@frozen(kw_only=True)
class DmaConfig:
    """Where the engine may go, and how its channels share the way.

    Attributes:
        windows: up to four (first page, last page, permission): pages of 4 KiB; 1 reads, 2 writes, 3 both.
        ring_base: address of the ring of channel 0; those of the others follow it.
        ring_order: each ring has 2^ring_order descriptors of 32 bytes.
        weights: packets in a row from each channel before the next has its turn.
        reads, writes: of one channel on their way at once.
        watermark: packets after which a channel says so; 0: it never does.
    """

    windows: tuple[tuple[int, ...], ...] = ((0x100, 0x1FF, READ), (0x1_0000, 0xF_FFFF, READ | WRITE))
    ring_base: int = field(default=0x10_0000, validator=between(0, (1 << 48) - 1))
    ring_order: int = field(default=8, validator=between(1, 12))
    weights: tuple[int, ...] = (1, 1, 1, 1)
    reads: int = field(default=16, validator=between(1, 64))
    writes: int = field(default=16, validator=between(1, 64))
    watermark: int = field(default=0, validator=between(0, 0xFFFF))

    def __attrs_post_init__(self) -> None:
        if len(self.windows) > WINDOWS or any(len(window) != 3 for window in self.windows):
            raise ValueError(f"windows has {self.windows}; expected up to {WINDOWS} of [first page, last page, 1..3]")
        for first, last, permission in self.windows:
            if not (0 <= first <= last < 1 << 32 and permission in (READ, WRITE, READ | WRITE)):
                raise ValueError(
                    f"windows has {[first, last, permission]}; expected first <= last page, and permission 1..3"
                )
        if len(self.weights) != CHANNELS or any(not 1 <= weight <= 15 for weight in self.weights):
            raise ValueError(f"weights is {list(self.weights)}; expected {CHANNELS} numbers of 1..15")
        if self.ring_base % RING_ALIGN:
            raise ValueError(f"ring_base is {self.ring_base:#x}; expected a multiple of {RING_ALIGN}")
        last = self.rings[-1] + self.ring_bytes - 1
        if not any(
            permission & READ and first <= self.ring_base // PAGE and last // PAGE <= end
            for first, end, permission in self.windows
        ):
            raise ValueError(f"ring_base puts rings at {self.ring_base:#x}..{last:#x}; expected a window that is read")

    @property
    def ring_bytes(self) -> int:
        """Size of one ring."""
        return DESCRIPTOR_BYTES << self.ring_order

    @property
    def rings(self) -> tuple[int, ...]:
        """Address of each channel's ring."""
        return tuple(self.ring_base + channel * self.ring_bytes for channel in range(CHANNELS))


class Dma(Block[DmaRegs]):
    """DMA engine: four channels, each with a ring of descriptors, and windows that say where they may go.

    What a channel counts on (windows, rings, limits) changes only while it is disabled, and it is disabled only when
    nothing is on its way: the engine is paused, and time lets it come to rest.
    """

    config: DmaConfig

    def up(self) -> Ladder:
        """Buffers ready, windows before rings, all of it frozen before any channel is enabled, doorbells last.

        Frozen so early, what a running channel counts on needs no second look: it cannot have changed.
        """
        r, c = self.regs, self.config
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x444D, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(window=0, descriptor=0, parity=0), r.ERR_LOG.check(valid=0)],
                reach=[r.ERR_LOG.write(valid=1), r.INTR_STATUS.write(window=1, descriptor=1, parity=1)],
                within=5 * US,
            ),
            Rung(
                "released",
                holds=[r.CTRL.check(soft_reset=0)],
                reach=[r.CTRL.modify(soft_reset=0)],
                within=5 * US,
            ),
            Rung("ready", holds=[r.STATUS.check(ready=1)], settles=0.8 * INIT_S, within=4 * INIT_S),
            self._quiesced(),
            self._windowed(),
            self._shared(),
            self._ringed(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "enabled",
                holds=[r.CTRL.check(enable=1, pause=0), r.STATUS.check(enabled=ALL)],
                reach=[*(ch.CTRL.write(enable=1) for ch in r.CH), r.CTRL.modify(enable=1, pause=0)],
                within=5 * US,
            ),
            Rung(
                "running",
                holds=[r.STATUS.check(running=ALL)],
                reach=[
                    *(ch.ERROR.write(window=1, descriptor=1) for ch in r.CH),
                    *(ch.DOORBELL.write(tail=(1 << c.ring_order) - 1) for ch in r.CH),
                ],
                settles=0.8 * FETCH_S,
                within=4 * FETCH_S,
            ),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(window=1, descriptor=1, parity=1, watermark=0)],
                reach=[r.INTR_ENABLE.write(window=1, descriptor=1, parity=1, watermark=0)],
                within=5 * US,
            ),
        )

    def _quiesced(self) -> Rung:
        """Return the rung of what runs and is not frozen: somebody else set it to work, it is configured from rest."""
        r = self.regs
        intended = [r.LOCK.check(config=1)]
        return Rung(
            "quiesced",
            holds=[Where("frozen, or ready and idle", [r.LOCK.read(), r.STATUS.read()], _still, intended=intended)],
            reach=[r.CTRL.modify(pause=1)],
            settles=0.8 * DRAIN_S,
            within=4 * DRAIN_S,
            disturbs=True,
        )

    def _windowed(self) -> Rung:
        """Return the rung of the windows; those that are not used permit nothing."""
        used = [*self.config.windows, *[(0, 0, 0)] * (WINDOWS - len(self.config.windows))]
        checks: list[Condition] = []
        writes: list[Act] = []
        for window, (first, last, permission) in zip(self.regs.WINDOW, used, strict=True):
            read, write = bool(permission & READ), bool(permission & WRITE)
            checks += [window.BASE.check(page=first), window.LIMIT.check(page=last)]
            checks += [window.PERMIT.check(readable=read, writable=write)]
            writes += [window.BASE.write(page=first), window.LIMIT.write(page=last)]
            writes += [window.PERMIT.write(readable=read, writable=write)]
        return self._still("windowed", checks, writes)

    def _shared(self) -> Rung:
        """Return the rung of what channels share."""
        r, c = self.regs, self.config
        weight0, weight1, weight2, weight3 = c.weights
        return self._still(
            "shared",
            [
                r.ARBITER.check(weight0=weight0, weight1=weight1, weight2=weight2, weight3=weight3),
                r.LIMITS.check(reads=c.reads, writes=c.writes),
                r.WATERMARK.check(packets=c.watermark),
                r.TEST.check(flip=0),
            ],
            [
                r.ARBITER.write(weight0=weight0, weight1=weight1, weight2=weight2, weight3=weight3),
                r.LIMITS.write(reads=c.reads, writes=c.writes),
                r.WATERMARK.write(packets=c.watermark),
                r.TEST.write(flip=0),
            ],
        )

    def _ringed(self) -> Rung:
        """Return the rung of the rings."""
        checks: list[Condition] = []
        writes: list[Act] = []
        for ch, base in zip(self.regs.CH, self.config.rings, strict=True):
            low, high, order = base & 0xFFFF_FFFF, base >> 32, self.config.ring_order
            checks += [ch.RING_LO.check(base=low), ch.RING_HI.check(base=high), ch.RING_SIZE.check(order=order)]
            writes += [ch.RING_LO.write(base=low), ch.RING_HI.write(base=high), ch.RING_SIZE.write(order=order)]
        return self._still("ringed", checks, writes)

    def _still(self, name: str, holds: list[Condition], reach: list[Act]) -> Rung:
        """Return a rung whose act finds the lock open, and stops the channels first; they are idle by then."""
        act: list[Act] = [self.regs.LOCK.check(config=0), *self._disabled(), *reach]
        return Rung(name, holds=holds, reach=act, within=5 * US, disturbs=True)

    def full(self) -> Ladder:
        """No buffer had to be replaced."""
        return Ladder(Rung("whole", holds=[self.regs.STATUS.check(repaired=0)], within=5 * US))

    def rest(self) -> Ladder:
        """Nothing more sent, what is on its way awaited, then channels, engine and buffers off."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(window=0, descriptor=0, parity=0, watermark=0)],
                reach=[r.INTR_ENABLE.write(window=0, descriptor=0, parity=0, watermark=0)],
                within=5 * US,
            ),
            Rung(
                "drained",
                holds=[r.CTRL.check(pause=1), r.STATUS.check(idle=1)],
                reach=[r.CTRL.modify(pause=1)],
                settles=0.8 * DRAIN_S,
                within=4 * DRAIN_S,
            ),
            Rung(
                "disabled",
                holds=[r.STATUS.check(enabled=0), r.CTRL.check(enable=0)],
                reach=[*self._disabled(), r.CTRL.modify(enable=0)],
                within=5 * US,
            ),
            Rung(
                "held",
                holds=[r.CTRL.check(soft_reset=1), r.STATUS.check(ready=0)],
                reach=[r.CTRL.modify(soft_reset=1)],
                within=5 * US,
            ),
        )

    def _disabled(self) -> list[Act]:
        return [ch.CTRL.write(enable=0) for ch in self.regs.CH]


def _still(lock: LockValue, status: StatusValue) -> bool:
    """Say whether it may be configured; ready once more, for the one read that said so may have lied."""
    return bool(lock.config or (status.ready and status.idle))
