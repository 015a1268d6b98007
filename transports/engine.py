"""The engine: runs a batch over anything that can read and write one word, and over mapped memory in C.

`interpret`, in Python, does no waiting of its own: it yields how long it wants to wait, and `run` waits. Everything
that can be known before the first access is checked before the first access (`refusal`). Over a `Window` the engine
in C does the same, with the same results, and `follow` waits for it; transports/native.py says whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.lowlevel
from attrs import field, frozen

from transports.batch import (
    WIDTHS,
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
    ones,
)
from transports.bounds import excess
from transports.errors import CheckFailed, Denied, DeviceLost, PollTimeout, TransportError
from transports.native import ENGINE as ENGINE
from transports.stamps import Stamps

if TYPE_CHECKING or ENGINE == "c":
    from transports import _engine

# A poll looks again after an eighth of the time it has waited so far: it notices at most that much late (12.5 %), and
# a wait of 20 ms costs some 65 looks instead of 4,000 at a fixed 5 us.
POLL_SHARE = 1 / 8
POLL_S_MIN = 5e-6  # the first looks come this close together; a shorter wait costs more CPU than it can save
POLL_S_MAX = 10e-3  # and the last ones no further apart: a wait of seconds is still noticed at human speed

Clock = Callable[[], float]


class Port(Protocol):
    """One word in or out, at once: the only thing that an engine needs of a device."""

    def read(self, address: int, width: int, /) -> int:
        """Return the word. Raises a TransportError when the device does not give one."""
        ...

    def write(self, address: int, value: int, width: int, strobes: int | None, /) -> None:
        """Store the word, only the bytes of `strobes` where that is not None. Raises as `read` does."""
        ...


@frozen
class Region:
    """What may be asked of a device: `size` bytes from `base` on, in these widths.

    Attributes:
        strobes: any byte strobes; otherwise only one aligned run of 1, 2, 4 or 8 bytes.
        writable: writes are allowed at all.
    """

    base: int = 0
    size: int = 1 << 64
    widths: frozenset[int] = field(default=frozenset(WIDTHS), kw_only=True)
    strobes: bool = field(default=False, kw_only=True)
    writable: bool = field(default=True, kw_only=True)

    def __str__(self) -> str:
        return f"{self.base:#x}..{self.base + self.size - 1:#x}"


EVERYWHERE = Region()


def strobed_run(strobes: int) -> tuple[int, int] | None:
    """Return (offset, width) in bytes of the one narrower access that equals `strobes`; None when there is none."""
    width = strobes.bit_count()
    offset = (strobes & -strobes).bit_length() - 1
    whole = strobes == ((1 << width) - 1) << offset
    return (offset, width) if whole and width in WIDTHS and offset % width == 0 else None


def _extent(op: Access) -> int:
    """Return how many bytes from its address on an operation reaches."""
    match op:
        case ReadBurst():
            return (op.count - 1) * op.step + op.width if op.count else 0
        case WriteBurst():
            return (len(op.values) - 1) * op.step + op.width if op.values else 0
        case _:
            return op.width


def _bad_strobes(op: Write, strobes: int, region: Region) -> str | None:
    """Return why these strobes cannot be had, or None when they can."""
    run = strobed_run(strobes)
    if region.strobes or (run is not None and run[1] in region.widths):
        return None
    return (
        f"strobes {strobes:#x} of a {op.width}-byte write at {op.address:#x} need the capability strobes; without it "
        f"they must be one aligned run of {sorted(region.widths)} bytes"
    )


def _bad_access(op: Access, region: Region) -> str | None:
    """Return why an operation may not be tried, or None when it may."""
    writes = isinstance(op, (Write, Modify, WriteBurst))
    if op.address < region.base or op.address + _extent(op) > region.base + region.size:
        kind = f"{_extent(op)}-byte burst" if isinstance(op, (ReadBurst, WriteBurst)) else f"{op.width}-byte access"
        return f"a {kind} at address {op.address:#x} is outside the window {region}"
    if op.width not in region.widths:
        return f"a {op.width}-byte access: the window {region} has widths {sorted(region.widths)}"
    if writes and not region.writable:
        return f"a {op.width}-byte write: the window {region} is read-only"
    if isinstance(op, Write) and op.strobes is not None:
        return _bad_strobes(op, op.strobes, region)
    return None


def refusal(batch: Batch, region: Region) -> Denied | None:
    """Return why the batch may not be begun (the first reason), or None when it may."""
    if too_much := batch.prepared.once(excess):
        return too_much.at(address=(too_much.address or 0) + batch.offset)
    if _admitted(batch.prepared.once(_demand), batch.offset, region):
        return None
    for index, op in enumerate(batch.operations):
        if not isinstance(op, (Delay, Fence)) and (reason := _bad_access(op, region)):
            return Denied(reason, address=op.address, index=index)
    return None


@frozen
class _Demand:
    """What the operations of a batch ask of a region, all together, before the batch moves them."""

    start: int
    end: int
    widths: frozenset[int]
    writes: bool
    strobes: bool


def _demand(operations: tuple[Operation, ...]) -> _Demand:
    accesses = [op for op in operations if not isinstance(op, (Delay, Fence))]
    return _Demand(
        min((op.address for op in accesses), default=0),
        max((op.address + _extent(op) for op in accesses), default=0),
        frozenset(op.width for op in accesses),
        any(isinstance(op, (Write, Modify, WriteBurst)) for op in accesses),
        any(isinstance(op, Write) and op.strobes is not None for op in accesses),
    )


def _admitted(asked: _Demand, offset: int, region: Region) -> bool:
    """Say whether a region has all of it, so that no operation needs to be looked at by itself."""
    inside = region.base <= asked.start + offset and asked.end + offset <= region.base + region.size
    permitted = (region.writable or not asked.writes) and (region.strobes or not asked.strobes)
    return inside and permitted and asked.widths <= region.widths


def _read_burst(op: ReadBurst, at: int, port: Port) -> tuple[int, ...]:
    words: list[int] = []
    try:
        for _ in range(op.count):
            words.append(port.read(at + len(words) * op.step, op.width))
    except TransportError as error:
        raise error.at(address=at + len(words) * op.step) from error
    return tuple(words)


def _write_burst(op: WriteBurst, at: int, port: Port) -> None:
    try:
        for word in op.values:
            port.write(at, word, op.width, None)
            at += op.step
    except TransportError as error:
        raise error.at(address=at) from error


def unlike(op: Check, word: int, index: int | None = None, address: int | None = None) -> CheckFailed:
    """Return the error of a check that saw `word`."""
    reason = f"read {word:#x}, wanted {op.value:#x} under mask {op.mask:#x}"
    return CheckFailed(reason, mask=op.mask, wanted=op.value, last=word, index=index, address=address)


def _step(op: Write | Modify | ReadBurst | WriteBurst, at: int, port: Port) -> Value:
    """Do one operation that needs no waiting, at its address."""
    match op:
        case Write():
            port.write(at, op.value, op.width, op.strobes)
            return None
        case Modify():
            word = port.read(at, op.width)
            port.write(at, word & ~op.mask | op.value, op.width, None)
            return word
        case ReadBurst():
            return _read_burst(op, at, port)
        case WriteBurst():
            _write_burst(op, at, port)
            return None


def again_s(op: Poll, word: int, start_s: float, looked_s: float) -> float:
    """Return how long to wait before the next look, so that the last look begins exactly at the deadline.

    Raises:
        PollTimeout: the look that gave `word` began at or after the deadline.
    """
    left_s = start_s + op.timeout_s - looked_s
    if left_s <= 0:
        raise PollTimeout(
            f"read {word:#x} to the end, wanted {op.value:#x} under mask {op.mask:#x} within {op.timeout_s:g} s",
            mask=op.mask, wanted=op.value, last=word, timeout_s=op.timeout_s,
        )  # fmt: skip
    return min(left_s, max(POLL_S_MIN, min((looked_s - start_s) * POLL_SHARE, POLL_S_MAX)))


def _pass(op: Delay | Fence, now: Clock) -> Generator[float]:
    """Yield how long to wait until an operation has passed that is no access."""
    if isinstance(op, Fence):
        return  # a port's accesses are done when they return: nothing is left to order
    until_s = now() + op.seconds
    while (left_s := until_s - now()) > 0:
        yield left_s


def interpret(
    batch: Batch, port: Port, now: Clock, made: Callable[[], list[Value]] = list
) -> Generator[float, None, Results]:
    """Run the batch over the port and return its results; yield each time it has to wait, for how many seconds.

    The caller waits and resumes; being resumed early does no harm. It is the caller who has asked `refusal` before.

    Args:
        now: the time in seconds, on the clock that the caller waits by.
        made: makes the list to which each value is appended as soon as its operation is done.
    """
    values = made()
    poll_reads = 0
    operations, offset = (batch.prepared.operations, batch.offset) if batch.values is None else (batch.operations, 0)
    for index, op in enumerate(operations):
        try:
            match op:
                case Check():
                    if (word := port.read(op.address + offset, op.width)) & op.mask != op.value:
                        # Returned as it is: a climb looks by checks, and two thirds of a campaign's batches end here.
                        return Results(tuple(values), unlike(op, word, index, op.address + offset), poll_reads)
                    values.append(word)
                case Read():
                    values.append(port.read(op.address + offset, op.width))
                case Poll():
                    start_s = looked_s = now()
                    while (word := port.read(op.address + offset, op.width)) & op.mask != op.value:
                        yield again_s(op, word, start_s, looked_s)
                        poll_reads += 1
                        looked_s = now()
                    values.append(word)
                case Delay() | Fence():
                    yield from _pass(op, now)
                    values.append(None)
                case _:
                    values.append(_step(op, op.address + offset, port))
        except TransportError as error:
            address = error.address
            if address is None and not isinstance(op, (Delay, Fence)):
                address = op.address + offset
            return Results(tuple(values), error.at(index=index, address=address), poll_reads)
    return Results(tuple(values), None, poll_reads)


def _program(operations: tuple[Operation, ...]) -> _engine.Program | None:
    """Return what the engine in C runs; None for what the format has no room for: Python must judge that."""
    try:
        return _engine.Program.of(operations)
    except (ValueError, TypeError):
        return None


def follow(run: _engine.Run, batch: Batch, region: Region, now: Clock) -> Generator[float, None, Results]:
    """Go on with a run of the engine in C that has stopped, to its end; yield waits as `interpret` does.

    Args:
        region: what the batch may reach, for the error when it does not.
    """
    polling, start_s = -1, 0.0
    while True:
        op = batch.operations[run.index] if run.code != _engine.DONE else None
        if isinstance(op, Delay) and run.code == _engine.WAIT_DELAY:
            yield from _pass(op, now)
        elif isinstance(op, Poll) and run.code == _engine.WAIT_POLL:
            looked_s = now()
            if polling != run.index:
                polling, start_s = run.index, looked_s
            try:
                wait_s = again_s(op, run.last, start_s, looked_s)
            except PollTimeout as late:
                return _results(run, batch, late.at(index=run.index, address=run.address))
            yield wait_s
        else:
            return _results(run, batch, None) if op is None else _failed(run, op, batch, region)
        run.step()


def _results(run: _engine.Run, batch: Batch, error: TransportError | None) -> Results:
    return Results.packed(run.words, batch.prepared.shape[: run.index], error, run.poll_reads)


def _failed(run: _engine.Run, op: Operation, batch: Batch, region: Region) -> Results:
    """Return the results of a run that has failed at `op`: the same that `interpret` or `refusal` gives."""
    error: TransportError
    if run.code == _engine.CHECK_FAILED and isinstance(op, Check):
        error = unlike(op, run.last)
    elif run.code == _engine.ONES:
        error = _lost(run.last)
    elif run.code == _engine.CLOSED:
        error = _closed()
    else:  # found before the first access
        refused = refusal(batch, region)
        assert refused is not None, f"code {run.code} at operation {run.index}, and nothing to refuse"
        return Results((), refused)
    return _results(run, batch, error.at(index=run.index, address=run.address))


def _lost(word: int) -> DeviceLost:
    """Return the error of a word that is all ones on a bus where nobody answers."""
    return DeviceLost(f"read {word:#x}, and the identity register reads all ones as well")


def _closed() -> DeviceLost:
    return DeviceLost("the window is closed")


async def run(batch: Batch, port: Port, region: Region = EVERYWHERE, *, now: Clock = anyio.current_time) -> Results:
    """Run the batch over the port: what a transport's `execute` does when its device is at hand.

    A checkpoint before the first access and none after it but the batch's own waits; a batch that does not fit the
    region, or a window that is the port, is refused whole. Batches that wait may interleave: who shares a port holds a
    lock around this.
    """
    await anyio.lowlevel.checkpoint()
    return await _run_now(batch, port, region, now)


async def run_all(
    batches: Sequence[Batch], port: Port, region: Region = EVERYWHERE, *, now: Clock = anyio.current_time
) -> list[Results]:
    """Run batches over the port as `run` does, one after the other, with one checkpoint before them all.

    One that fails stops no other: behind a lost device each finds that out by itself.
    """
    await anyio.lowlevel.checkpoint()
    return [await _run_now(batch, port, region, now) for batch in batches]


async def _run_now(batch: Batch, port: Port, region: Region, now: Clock) -> Results:
    """Run a batch; the waits that it holds are the only ones."""
    guarded = isinstance(port, Window) and (region is port.region or region is EVERYWHERE)  # by `start`
    if not guarded and (refused := refusal(batch, region)):
        return Results((), refused)
    steps = port.start(batch, now) if isinstance(port, Window) else interpret(batch, port, now)
    if isinstance(steps, Results):
        return steps
    while True:
        try:
            wait_s = next(steps)
        except StopIteration as stop:
            results: Results = stop.value
            return results
        await anyio.sleep(wait_s)


class Window:
    """Mapped memory as a port: one access of the right width for each word, and nothing else.

    Only an element of a cast memoryview does that in Python: ctypes stores read first, struct and slices access two or
    three times. tests/transports/test_fidelity.py counts. Strobes are one narrower access where they are one aligned
    run.

    Args:
        memory: a multiple of 8 bytes, aligned to 8; read-only memory makes a read-only window.
        base: the address of its first byte, a multiple of 8.
        widths: the access widths that there are, in bytes.
        identity: address of a 4-byte register that never reads all ones, on a bus that answers so for a device that is
            gone: a word of all ones is believed only when this register is read too, and is not.
        access_ns: usual time of one access; 0: ordinary memory. A long batch lets other threads run meanwhile.

    Attributes:
        native: the window of the engine in C; None where that is not there.
        stamping: results tell when each operation was done.

    Source: shared memory of the process; byte k of a word is at address + k (little-endian hosts only).
    """

    __slots__ = ("_base", "_identity", "_views", "native", "region", "stamping")

    def __init__(
        self,
        memory: bytes | bytearray | memoryview,
        base: int = 0,
        *,
        widths: frozenset[int] = frozenset(WIDTHS),
        identity: int | None = None,
        access_ns: int = 0,
    ) -> None:
        view = memoryview(memory).cast("B")
        if base % 8 or view.nbytes % 8 or not view.nbytes or not 0 <= base <= (1 << 64) - view.nbytes:
            raise ValueError(f"window of {view.nbytes} bytes at {base:#x}: both must be multiples of 8, below 2**64")
        if identity is not None and (identity % 4 or not base <= identity < base + view.nbytes):
            raise ValueError(f"identity {identity:#x}: expected a multiple of 4 inside the window")
        self.region = Region(base, view.nbytes, widths=widths, writable=not view.readonly)
        self._base = base
        self._identity = identity
        self.stamping = False
        self._views = {1: view, 2: view.cast("H"), 4: view.cast("I"), 8: view.cast("Q")}
        self.native: _engine.Window | None = None
        if ENGINE == "c":
            self.native = _engine.Window(view, base, access_ns=access_ns, identity=identity, widths=sum(widths))

    def start(self, batch: Batch, now: Clock) -> Results | Generator[float, None, Results]:
        """Begin the batch: return its results when it ends at once, else the rest of it, as `interpret` gives it."""
        fits = self.native is not None and -(1 << 63) <= batch.offset < 1 << 64
        program = batch.prepared.once(_program) if fits else None
        if self.stamping:
            return self._start_stamped(batch, program, now)
        if self.native is not None and program is not None:
            done = self.native.run(program, batch.offset, batch.values)
            if isinstance(done, bytes):
                return Results.packed(done, batch.prepared.shape)
            return follow(done, batch, self.region, now)
        refused = refusal(batch, self.region)
        return Results((), refused) if refused else interpret(batch, self, now)

    def _start_stamped(
        self, batch: Batch, program: _engine.Program | None, now: Clock
    ) -> Results | Generator[float, None, Results]:
        stamps = Stamps(len(batch), now)
        if self.native is not None and program is not None:
            stamps.begin()
            done = self.native.run(program, batch.offset, batch.values, stamps.words)
            stamps.end(len(batch) if isinstance(done, bytes) else done.index)
            if isinstance(done, bytes):
                return stamps.on(Results.packed(done, batch.prepared.shape))
            return stamps.kept(follow(stamps.over(done), batch, self.region, now))
        refused = refusal(batch, self.region)
        return Results((), refused) if refused else stamps.kept(interpret(batch, self, now, stamps.values))

    def read(self, address: int, width: int) -> int:
        """Return the word at an address that is inside the window and aligned."""
        try:
            word = self._views[width][(address - self._base) // width]
            if word == ones(width) and self._identity is not None:
                if self._views[4][(self._identity - self._base) // 4] == ones(4):
                    raise _lost(word)
        except KeyError:
            raise _closed() from None
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Store the word, or the aligned run of its bytes that `strobes` enables."""
        if strobes is not None:
            run = strobed_run(strobes)
            assert run is not None, f"strobes {strobes:#x} should have been refused"
            offset, width = run
            address, value = address + offset, value >> 8 * offset & ones(width)
        try:
            self._views[width][(address - self._base) // width] = value
        except KeyError:
            raise _closed() from None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return not self._views

    def close(self) -> None:
        """Let go of the memory; every later access raises DeviceLost. Idempotent.

        Raises:
            BufferError: a batch is running in another thread, or somebody else holds what is to be let go of.
        """
        if self.native is not None:
            self.native.close()
        views, self._views = self._views, {}
        for view in views.values():
            view.release()
