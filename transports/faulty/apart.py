"""Takes a batch apart, so that something can happen at one of its accesses: what is before, the access, the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import anyio
from attrs import define, field

from transports.base import Capabilities
from transports.batch import (
    Access,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Value,
    Write,
    WriteBurst,
)
from transports.bounds import excess
from transports.engine import again_s, strobed_run, unlike
from transports.errors import Denied, TransportError


class Way(Protocol):
    """The way to the device, word by word or in runs that nothing happens to."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def free(self, operations: Sequence[Operation], first: int) -> int:
        """Return the index of the first operation, from one on, that something may happen to."""
        ...

    def free_words(self, address: int, most: int) -> int:
        """Return how many accesses from here on nothing can happen to, `most` at most."""
        ...

    async def run(self, batch: Batch, *, counted: bool = True) -> Results:
        """Run a batch that nothing happens to."""
        ...

    async def read(self, address: int, width: int) -> int:
        """Read one word; raises a TransportError when there is none."""
        ...

    async def write(self, op: Write) -> None:
        """Write one word."""
        ...


def _refusal(batch: Batch, there: Capabilities) -> Denied | None:
    """Return why a batch may not be begun, as far as that can be told without the device."""
    for index, op in enumerate(batch.operations):
        if isinstance(op, (Delay, Fence)):
            continue
        if op.width not in there.widths:
            reason = f"a {op.width}-byte access: this transport has widths {sorted(there.widths)}"
            return Denied(reason, address=op.address, index=index)
        if isinstance(op, Write) and op.strobes is not None and not there.strobes:
            run = strobed_run(op.strobes)
            if run is None or run[1] not in there.widths:
                reason = f"strobes {op.strobes:#x} of a {op.width}-byte write need the capability strobes"
                return Denied(reason, address=op.address, index=index)
    return None


def _empty(op: Operation) -> Operation:
    """Return what makes no access, and is refused where the operation would be, but for one just behind a window."""
    match op:
        case Delay() | Fence():
            return Fence()
        case ReadBurst():
            return ReadBurst(op.address + max(0, op.count - 1) * op.step, 0, width=op.width)
        case WriteBurst():
            return WriteBurst(op.address + max(0, len(op.values) - 1) * op.step, (), width=op.width)
        case Write() | Modify():
            return WriteBurst(op.address, (), width=op.width)
        case _:
            return ReadBurst(op.address, 0, width=op.width)


@define(eq=False)
class Apart:
    """One batch, taken apart."""

    way: Way
    batch: Batch
    values: list[Value] = field(factory=list[Value])
    poll_reads: int = 0

    async def run(self) -> Results:
        """Run it, in order up to the first operation that fails."""
        operations = self.batch.operations
        if self.way.free(operations, 0) == len(operations):
            return await self.way.run(self.batch)
        if refused := await self._refused():
            return Results((), refused)
        while (at := len(self.values)) < len(operations):
            end = self.way.free(operations, at)
            if end > at:
                came = await self.way.run(Batch(operations[at:end]))
                self.values += came.values
                self.poll_reads += came.poll_reads
                if came.error is not None:
                    place = len(came) if came.error.index is None else came.error.index
                    return self._ended(came.error.at(index=at + place))
                continue
            op = operations[at]
            assert not isinstance(op, (Delay, Fence)), "something happens to what is no access"
            try:
                self.values.append(await self._step(op))
            except TransportError as error:
                address = op.address if error.address is None else error.address
                return self._ended(error.at(index=at, address=address))
        return self._ended(None)

    def _ended(self, error: TransportError | None) -> Results:
        return Results(tuple(self.values), error, self.poll_reads)

    async def _refused(self) -> TransportError | None:
        """Return why the batch may not be begun: all of it is asked for before any of it is done."""
        if too_much := self.batch.prepared.once(excess):
            return too_much.at(address=(too_much.address or 0) + self.batch.offset)
        operations = self.batch.operations
        refused = _refusal(self.batch, self.way.capabilities)
        if refused is not None:
            assert refused.index is not None, "a refusal of nothing"
            operations = operations[: refused.index]  # what is before it may be refused by the device
        came = await self.way.run(Batch(map(_empty, operations)), counted=False)
        error = came.error or refused
        if error is None or error.index is None:
            return error
        op = self.batch.operations[error.index]
        return error if isinstance(op, (Delay, Fence)) else error.at(address=op.address)

    async def _step(self, op: Access) -> Value:
        """Do one operation word by word."""
        way = self.way
        match op:
            case Read():
                return await way.read(op.address, op.width)
            case Write():
                await way.write(op)
                return None
            case Check():
                if (word := await way.read(op.address, op.width)) & op.mask != op.value:
                    raise unlike(op, word)
                return word
            case Modify():
                word = await way.read(op.address, op.width)
                changed = Write(op.address, word & ~op.mask | op.value, width=op.width)
                await way.write(changed)
                return word
            case Poll():
                return await self._poll(op)
            case ReadBurst():
                return await self._read_burst(op)
            case WriteBurst():
                await self._write_burst(op)
                return None

    async def _poll(self, op: Poll) -> int:
        """Look as the engine looks."""
        start_s = looked_s = anyio.current_time()
        while (word := await self.way.read(op.address, op.width)) & op.mask != op.value:
            await anyio.sleep(again_s(op, word, start_s, looked_s))
            self.poll_reads += 1
            looked_s = anyio.current_time()
        return word

    async def _read_burst(self, op: ReadBurst) -> tuple[int, ...]:
        words: list[int] = []
        while (left := op.count - len(words)) > 0:
            at = op.address + len(words) * op.step
            free = self.way.free_words(at, left)
            if free:
                came = await self.way.run(Batch([ReadBurst(at, free, width=op.width, stride=op.stride)]))
                found = came.check()[0]
                assert isinstance(found, tuple), "a burst without words"
                words += found
            else:
                words.append(await self.way.read(at, op.width))
        return tuple(words)

    async def _write_burst(self, op: WriteBurst) -> None:
        done = 0
        while done < len(op.values):
            at = op.address + done * op.step
            free = self.way.free_words(at, len(op.values) - done)
            if free:
                some = op.values[done : done + free]
                (await self.way.run(Batch([WriteBurst(at, some, width=op.width, stride=op.stride)]))).check()
            else:
                await self.way.write(Write(at, op.values[done], width=op.width))
            done += free or 1
