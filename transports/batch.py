"""A request is data: register operations, the batch that holds them, and the results that come back.

Each operation names an absolute `address`, a `width` in bytes (1, 2, 4, 8) and makes exactly one bus access of
that width (`Modify` two, `Poll` one per look, a burst one per word). A batch stops at the first operation that
fails; the results before it stand, and reading a later one raises what stopped it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from transports.errors import TransportError
from transports.guards import WIDTHS as WIDTHS
from transports.guards import check_count, check_stride, check_time, refuse, refuse_kind, words_of

T = TypeVar("T")


def ones(width: int) -> int:
    """Return a word of `width` bytes with every bit set."""
    return (1 << (8 * width)) - 1


# Operations are made by the thousand. So what most of them have is judged by one expression, and only what that refuses
# is put into words: a validator for each attribute took a third of the time of making a `Modify`. The expression has
# bits and no remainders, so that a float is a TypeError in it.


@frozen
class _Access:
    """What every access has: where, and how wide."""

    address: int
    width: int = field(default=4, kw_only=True)

    def __attrs_post_init__(self) -> None:
        address, width = self.address, self.width
        try:
            wrong = width not in WIDTHS or address < 0 or address & width - 1
        except TypeError:
            wrong = True
        if wrong:
            refuse(address, width)


@frozen
class _Masked(_Access):
    """What looks at some bits of a word, or changes them, has."""

    mask: int
    value: int

    def __attrs_post_init__(self) -> None:
        address, width, mask = self.address, self.width, self.mask
        try:
            wrong = width not in WIDTHS or mask >> 8 * width or self.value & ~mask or address < 0 or address & width - 1
        except TypeError:
            wrong = True
        if wrong:
            refuse(address, width, "mask", mask, self.value)


@frozen
class Read(_Access):
    """Read one word. Result: the word."""


@frozen
class Write(_Access):
    """Write one word; `strobes` bit k enables byte k (None: all). Result: None."""

    value: int
    strobes: int | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        address, width, value = self.address, self.width, self.value
        try:
            wrong = width not in WIDTHS or value >> 8 * width or address < 0 or address & width - 1
        except TypeError:
            wrong = True
        if wrong:
            refuse(address, width, "value", value)
        if self.strobes is not None:
            refuse_kind(strobes=self.strobes)
            if not 0 < self.strobes < 1 << width:
                raise ValueError(f"strobes {self.strobes:#x} do not fit {width} bytes")


@frozen
class Modify(_Masked):
    """Read one word, replace the bits of `mask` by those of `value`, write it back. Result: the word before."""


@frozen
class Check(_Masked):
    """Read one word and stop the batch unless its bits of `mask` equal `value`. Result: the word."""


@frozen
class Poll(_Masked):
    """Read one word again and again until its bits of `mask` equal `value`, for `timeout_s`. Result: the last word."""

    timeout_s: float = field(kw_only=True, validator=check_time)


@frozen
class ReadBurst(_Access):
    """Read `count` words, `stride` bytes apart (default: the width; 0: a FIFO). Result: a tuple of words."""

    count: int = field(default=1, validator=check_count)
    stride: int | None = field(default=None, kw_only=True, validator=check_stride)

    @property
    def step(self) -> int:
        """Bytes from one word to the next."""
        return self.width if self.stride is None else self.stride


@frozen
class WriteBurst(_Access):
    """Write `values`, `stride` bytes apart (default: the width; 0: a FIFO). Result: None."""

    values: tuple[int, ...] = field(converter=tuple[int, ...])
    stride: int | None = field(default=None, kw_only=True, validator=check_stride)

    def __attrs_post_init__(self) -> None:
        _Access.__attrs_post_init__(self)
        bits = 8 * self.width
        try:
            for value in self.values:
                if value >> bits:
                    refuse(self.address, self.width, "value", value)
        except TypeError:
            for value in self.values:
                refuse_kind(value=value)
            raise

    @property
    def step(self) -> int:
        """Bytes from one word to the next."""
        return self.width if self.stride is None else self.stride


@frozen
class Delay:
    """Let at least `seconds` pass. Result: None."""

    seconds: float = field(validator=check_time)


@frozen
class Fence:
    """All operations before this one have reached the device before any after it. Result: None."""


Access: TypeAlias = Read | Write | Modify | Check | Poll | ReadBurst | WriteBurst
Operation: TypeAlias = Access | Delay | Fence
Value: TypeAlias = int | tuple[int, ...] | None

# The setters of the slots, for `at`: with `object.__setattr__` it takes half as long again.
_put_address, _put_width = (vars(_Access)[name].__set__ for name in ("address", "width"))
_put_mask, _put_masked = (vars(_Masked)[name].__set__ for name in ("mask", "value"))
_put_value, _put_strobes = (vars(Write)[name].__set__ for name in ("value", "strobes"))
_new = object.__new__
_put_timeout_s = vars(Poll)["timeout_s"].__set__


def at(op: Access, address: int) -> Access:
    """Return the same access at another address. Only the address is judged: the rest was, when it was made.

    Raises:
        ValueError: the address is below 0, or no multiple of the width.
        TypeError: it is no integer.
    """
    width = op.width
    try:
        wrong = address < 0 or address & width - 1
    except TypeError:
        wrong = True
    if wrong:
        refuse(address, width)
    made: Any = _new(type(op))
    _put_address(made, address)
    _put_width(made, width)
    if isinstance(op, _Masked):
        _put_mask(made, op.mask)
        _put_masked(made, op.value)
        if isinstance(op, Poll):
            _put_timeout_s(made, op.timeout_s)
    elif isinstance(op, Write):
        _put_value(made, op.value)
        _put_strobes(made, op.strobes)
    elif not isinstance(op, Read):
        return evolve(op, address=address)
    moved: Access = made
    return moved


class Prepared:
    """What a batch holds, worked out once: run many times, at other addresses and with other values.

    Attributes:
        operations: as they were given, before a batch moves them.
        shape: for each operation, the words that it brings back; -1: one word, and not as a tuple; None: nothing.
    """

    __slots__ = ("_made", "operations", "shape")

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self.operations = operations
        self.shape = _brings(operations)
        self._made: dict[Callable[[tuple[Operation, ...]], Any], Any] = {}

    def once(self, make: Callable[[tuple[Operation, ...]], T]) -> T:
        """Return what `make` makes of the operations, made once: an engine's program, a frame, a hash."""
        try:
            found: T = self._made[make]
        except KeyError:
            found = self._made[make] = make(self.operations)
        return found

    def at(self, offset: int = 0, values: Sequence[int] | None = None) -> Batch:
        """Return a batch of these operations, `offset` bytes further on.

        Args:
            values: what it writes instead of the words it was made with, one for each word written, in order: of each
                `Write`, each `Modify`, and each word of a `WriteBurst`.

        Raises:
            ValueError: an address does not stay aligned, or the values do not fit the operations.
            TypeError: one of them is no integer.
        """
        if offset:
            lowest, align = self.once(_placed)
            if offset % align or lowest + offset < 0:
                raise ValueError(
                    f"moved by {offset:#x}: expected a multiple of the widest access, {align}, and no address below 0"
                )
        return Batch.of(self, offset, values)


class Batch:
    """An ordered, immutable sequence of operations that a transport runs in one go.

    Batches of one `prepared` share it: 64 channels of one kind have one, at 64 offsets.

    Attributes:
        offset: bytes that are added to each address of `prepared`.
        values: instead of the words that `prepared` writes; None: these.
    """

    __slots__ = ("_moved", "offset", "prepared", "values")

    prepared: Prepared
    offset: int
    values: array[int] | None

    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self._moved: tuple[Operation, ...] | None = tuple(operations)
        self.prepared = Prepared(self._moved)
        self.offset = 0
        self.values = None

    @classmethod
    def of(cls, prepared: Prepared, offset: int, values: Sequence[int] | None) -> Batch:
        """Return what `Prepared.at` returns, which checks the offset."""
        made = cls.__new__(cls)
        made.prepared = prepared
        made.offset = offset
        made.values = None if values is None else words_of(values)
        made._moved = None
        if made.values is not None:
            unfit = prepared.once(_unfit)
            if len(made.values) != len(unfit) or any(map(int.__and__, made.values, unfit)):
                _ = made.operations  # which says what does not fit
        return made

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations, with absolute addresses and the values that are written."""
        if self._moved is None:
            operations, still = self.prepared.operations, not self.offset and self.values is None
            self._moved = operations if still else _moved(operations, self.offset, self.values)
        return self._moved

    def __len__(self) -> int:
        return len(self.prepared.shape)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Batch):
            return NotImplemented
        if self.prepared is other.prepared and self.values is None and other.values is None:
            return self.offset == other.offset or self.operations == other.operations
        return self.operations == other.operations

    def __hash__(self) -> int:
        return hash(self.operations)

    def __repr__(self) -> str:
        return f"Batch(operations={self.operations!r})"

    def prepare(self) -> Prepared:
        """Return what all batches with these operations share: run it many times, `prepare().at(offset, values)`."""
        if self.offset or self.values is not None:
            return Prepared(self.operations)
        return self.prepared

    def rebased(self, offset: int) -> Batch:
        """Return the same batch `offset` bytes further on, as for another instance of the block."""
        return self.prepared.at(self.offset + offset, self.values)


def _placed(operations: tuple[Operation, ...]) -> tuple[int, int]:
    """Return the lowest address, and the width of the widest access."""
    accesses = [op for op in operations if not isinstance(op, (Delay, Fence))]
    return min((op.address for op in accesses), default=0), max((op.width for op in accesses), default=1)


def _unfit(operations: tuple[Operation, ...]) -> tuple[int, ...]:
    """Return, for each word that the operations write, the bits that it must not have."""
    bits: list[int] = []
    for op in operations:
        if isinstance(op, (Write, WriteBurst)):
            bits += [ones(8) ^ ones(op.width)] * (len(op.values) if isinstance(op, WriteBurst) else 1)
        elif isinstance(op, Modify):
            bits.append(ones(8) ^ op.mask)
    return tuple(bits)


def _moved(operations: tuple[Operation, ...], offset: int, values: Sequence[int] | None) -> tuple[Operation, ...]:
    """Return the operations at other addresses, with other values; `values` must be as many as they write."""
    moved: list[Operation] = []
    used = 0
    for op in operations:
        if values is not None and isinstance(op, (Write, Modify, WriteBurst)):
            count = len(op.values) if isinstance(op, WriteBurst) else 1
            given = tuple(values[used : used + count])
            if len(given) < count:
                raise ValueError(f"{len(values)} values, and the batch writes more words")
            changes: dict[str, Any] = {"values": given} if isinstance(op, WriteBurst) else {"value": given[0]}
            moved.append(evolve(op, address=op.address + offset, **changes))
            used += count
        else:
            moved.append(op if isinstance(op, (Delay, Fence)) else at(op, op.address + offset))
    if values is not None and used < len(values):
        raise ValueError(f"{len(values)} values, and the batch writes {used} words")
    return tuple(moved)


_WORD = {Read: -1, Write: None, Modify: -1, Check: -1, Poll: -1, WriteBurst: None, Delay: None, Fence: None}


def _brings(operations: tuple[Operation, ...]) -> tuple[int | None, ...]:
    """Return how many words each operation brings back; -1 for one that is not in a tuple, None for nothing."""
    return tuple([op.count if isinstance(op, ReadBurst) else _WORD[type(op)] for op in operations])


class Results:
    """What a batch brought back. Words that an engine packed are decoded when somebody asks.

    Attributes:
        error: what stopped the batch at operation `len(values)`; None when all completed.
        poll_reads: reads that polls made beyond one each.
        stamps: when each of these was done, where somebody asked and the transport can tell (`transports.stamps`).
    """

    __slots__ = ("_count", "_shape", "_values", "_words", "error", "poll_reads")

    stamps: Sequence[float] = ()
    _words: bytes | memoryview
    _shape: tuple[int | None, ...]

    def __init__(self, values: Iterable[Value] = (), error: TransportError | None = None, poll_reads: int = 0) -> None:
        self._values: tuple[Value, ...] | None = tuple(values)
        self._count = len(self._values)
        self.error = error
        self.poll_reads = poll_reads

    @classmethod
    def packed(
        cls,
        words: bytes | memoryview,
        shape: tuple[int | None, ...],
        error: TransportError | None = None,
        poll_reads: int = 0,
    ) -> Results:
        """Return results whose values stand in `words`, as native words of 8 bytes.

        Args:
            words: one for each operation, 0 where it brings nothing, and `count` for each burst that reads.
            shape: of the operations that completed (`Prepared.shape`).
        """
        made = cls.__new__(cls)
        made._values, made._words, made._shape, made._count = None, words, shape, len(shape)
        made.error, made.poll_reads = error, poll_reads
        return made

    @property
    def values(self) -> tuple[Value, ...]:
        """One for each operation that completed, in order."""
        if self._values is None:
            self._values = _decoded(memoryview(self._words).cast("Q"), self._shape)
        return self._values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Results):
            return NotImplemented
        return (self.values, self.error, self.poll_reads) == (other.values, other.error, other.poll_reads)

    def __hash__(self) -> int:
        return hash((self.values, self.error, self.poll_reads))

    def __repr__(self) -> str:
        return f"Results(values={self.values!r}, error={self.error!r}, poll_reads={self.poll_reads})"

    def __getitem__(self, index: int) -> Value:
        if 0 <= index < self._count:
            return self.values[index]
        if self.error is not None:
            raise self.error
        raise IndexError(f"result {index} of a batch of {self._count}")

    def __len__(self) -> int:
        return self._count

    def word(self, index: int) -> int:
        """Return result `index`, which must be one word.

        Raises:
            TransportError: what stopped the batch, when it stopped before that operation completed.
            TypeError: the operation brings no word (a write, a burst).
        """
        value = self[index]
        if not isinstance(value, int):
            raise TypeError(f"result {index} is {value!r}, not one word")
        return value

    def check(self) -> Results:
        """Return self when every operation completed.

        Raises:
            TransportError: what stopped the batch.
        """
        if self.error is not None:
            raise self.error
        return self


def _decoded(words: memoryview, shape: tuple[int | None, ...]) -> tuple[Value, ...]:
    """Return the value of each operation from the words that they brought."""
    values: list[Value] = []
    place = 0
    for count in shape:
        if count is None or count < 0:
            values.append(None if count is None else words[place])
            place += 1
        else:
            values.append(tuple(words[place : place + count].tolist()))
            place += count
    return tuple(values)


def batch(*operations: Operation | Iterable[Operation]) -> Batch:
    """Return a batch of the operations given, flattening iterables of them."""
    flat: list[Operation] = []
    for item in operations:
        flat.extend((item,) if isinstance(item, (_Access, Delay, Fence)) else item)
    return Batch(flat)


def count_accesses(operations: Sequence[Operation]) -> tuple[int, int]:
    """Return the (reads, writes) that the operations make when all run; a `Poll` counts one read."""
    reads = writes = 0
    for op in operations:
        match op:
            case Read() | Check() | Poll():
                reads += 1
            case Write():
                writes += 1
            case Modify():
                reads += 1
                writes += 1
            case ReadBurst():
                reads += op.count
            case WriteBurst():
                writes += len(op.values)
            case Delay() | Fence():
                pass
    return reads, writes
