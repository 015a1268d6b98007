"""The access core: many tasks, one transport, one batch at a time, and one place that can say no.

The order of submits is the order on the bus. After `kill` not one access leaves; after `fence` none of an older
epoch does. Whoever observes sees every batch that left, in the order in which they left.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import anyio
import anyio.lowlevel
from attrs import define, frozen

from transports.base import Transport
from transports.batch import (
    Batch,
    Delay,
    Fence,
    Modify,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    count_accesses,
)
from transports.errors import (
    BusFault,
    ConditionError,
    Denied,
    DeviceLost,
    Indeterminate,
    TransportError,
)

Hold = Callable[[], AbstractContextManager[object]]

_NOTHING = nullcontext()


def _no_hold() -> AbstractContextManager[object]:
    return _NOTHING


@frozen
class Record:
    """One batch that left for the device, and what came of it; the trace is made of these.

    Attributes:
        sequence: counts from 0, without gaps.
        owner: who submitted it, as it named itself.
        start_s: when it left, on the clock of the event loop; `end_s` when its results were there.
    """

    sequence: int
    owner: str
    batch: Batch
    results: Results
    start_s: float
    end_s: float


@frozen
class Statistics:
    """Accesses that were made, counted from what completed and from the error that stopped the rest."""

    reads: int = 0
    writes: int = 0
    batches: int = 0


@define
class _Flight:
    """The batch that is out: how to stop it, and what it gets when stopped."""

    epoch: int | None
    scope: anyio.CancelScope
    stopped: TransportError | None = None

    def stop(self, error: TransportError) -> None:
        """Cancel it at its next wait; the first reason stands."""
        if self.stopped is None:
            self.stopped = error
            self.scope.cancel()


class Bus:
    """Owns a transport's order, its dead latch and its epoch. It does not close the transport.

    Args:
        hold: entered while a batch is out on a transport that answers in real time, so that virtual time does not
            jump over the answer.
    """

    def __init__(self, transport: Transport, *, hold: Hold | None = None) -> None:
        self._transport = transport
        self._hold = hold if hold is not None and transport.capabilities.real_time else _no_hold
        self._turn = anyio.Lock()
        self._flight: _Flight | None = None
        self._dead: DeviceLost | None = None
        self._epoch = 0
        self._observers: list[Callable[[Record], None]] = []
        self._reads = self._writes = self._batches = 0

    @property
    def transport(self) -> Transport:
        """What the batches go to."""
        return self._transport

    @property
    def dead(self) -> DeviceLost | None:
        """Why nothing leaves any more; None while the bus lives."""
        return self._dead

    @property
    def epoch(self) -> int:
        """The epoch that may use the bus now."""
        return self._epoch

    @property
    def in_flight(self) -> int:
        """How many batches are out at the device."""
        return int(self._flight is not None)

    @property
    def statistics(self) -> Statistics:
        """What left so far; a batch counts when it is back."""
        return Statistics(self._reads, self._writes, self._batches)

    def observe(self, callback: Callable[[Record], None]) -> None:
        """Call back with the record of each batch as soon as it is back, before its submitter goes on."""
        self._observers.append(callback)

    def kill(self, reason: str) -> None:
        """Let not one more access leave, ever. The batch that is out is cancelled at its next wait; idempotent."""
        if self._dead is None:
            self._dead = DeviceLost(reason)
        if self._flight is not None:
            self._flight.stop(self._dead)

    def fence(self) -> int:
        """Begin a new epoch and return it; submits of an older one are refused, and one that is out is cancelled."""
        self._epoch += 1
        if self._flight is not None and (refused := self._refusal(self._flight.epoch)):
            self._flight.stop(refused.at(reason=f"{refused.reason}; it was out, and may have been done in part"))
        return self._epoch

    async def submit(self, batch: Batch, *, owner: str = "", epoch: int | None = None) -> Results:
        """Run the batch when its turn comes, and return its results; as `execute`, it never raises a TransportError.

        Args:
            owner: who asks, for the trace.
            epoch: of the submitter, compared when its turn comes; None: whoever has the bus.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        try:
            self._turn.acquire_nowait()  # when nobody is before us, execute is the one checkpoint of a batch
        except anyio.WouldBlock:
            await self._turn.acquire()
        try:
            if refused := self._refusal(epoch):
                await anyio.lowlevel.checkpoint()
                return Results((), refused)
            return await self._fly(batch, owner, epoch)
        finally:
            self._turn.release()

    def _refusal(self, epoch: int | None) -> TransportError | None:
        """Return why a batch may not leave now, or None when it may."""
        if self._dead is not None:
            return self._dead
        if epoch is not None and epoch != self._epoch:
            return Denied(f"epoch {epoch} is over: the bus is in epoch {self._epoch}")
        return None

    async def _fly(self, batch: Batch, owner: str, epoch: int | None) -> Results:
        """Run the batch on the transport, and record it whatever happens."""
        results: Results | None = None
        start_s = anyio.current_time()
        flight = self._flight = _Flight(epoch, anyio.CancelScope())
        try:
            with self._hold(), flight.scope:
                results = await self._transport.execute(batch)
            if results is None and flight.stopped is not None:
                results = Results((), flight.stopped)
        finally:
            self._flight = None
            if results is None:
                results = Results(
                    (), Indeterminate("the batch was cancelled while it was out; what it did is not known")
                )
            self._record(batch, owner, results, start_s)
        return results

    def _record(self, batch: Batch, owner: str, results: Results, start_s: float) -> None:
        """Count the batch, latch dead when it lost the device, and tell the observers."""
        reads, writes = accesses_made(batch, results)
        self._reads += reads
        self._writes += writes
        self._batches += 1
        if isinstance(results.error, DeviceLost):
            self.kill(results.error.reason)
        if self._observers:
            record = Record(self._batches - 1, owner, batch, results, start_s, anyio.current_time())
            for observer in self._observers:
                observer(record)


def accesses_made(batch: Batch, results: Results) -> tuple[int, int]:
    """Return the (reads, writes) that a batch really made, as far as its results tell.

    The operation that failed counts by its error: a value that was not the wanted one was read; an access that was
    answered with an error was made; a write that may have landed counts; anything else was not made.
    """
    done = len(results.values)
    reads, writes = count_accesses(batch.operations[:done])
    reads += results.poll_reads
    if results.error is None or done == len(batch):
        return reads, writes
    failed = batch.operations[done]
    match results.error, failed:
        case BusFault(address=int(address)), ReadBurst(step=step) if step:
            reads += (address - failed.address) // step + 1
        case BusFault(address=int(address)), WriteBurst(step=step) if step:
            writes += (address - failed.address) // step + 1
        case (BusFault(), Delay() | Fence()):
            pass
        case (BusFault() | Indeterminate(), Write() | WriteBurst()):
            writes += 1
        case Indeterminate(), Modify():
            reads, writes = reads + 1, writes + 1
        case ((ConditionError() | BusFault()), _):
            reads += 1
        case _:
            pass
    return reads, writes
