"""What the laws are tried on, and how they say what they found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from attrs import frozen

from transports.base import Transport
from transports.batch import (
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
    Write,
    batch,
    ones,
)
from transports.errors import Denied, TransportError

SIZE_BYTES_MIN = 256
REGISTERS_MIN = 16  # of registers that stand apart
SHORT_S = 0.02  # of polls that fail and delays: long enough to be told from nothing
ROUNDING_S = 1e-6  # sums of seconds are not exact in binary
LONG_S = 60.0  # of polls and delays that only a cancellation ends


@frozen(kw_only=True)
class Storage:
    """What the laws are tried on: an open transport, and what was said about it in `check_transport`'s words."""

    transport: Transport
    base: int
    size: int
    widths: frozenset[int]
    writable: bool | None
    bounded: bool
    spacing: int | None

    @property
    def longest(self) -> int:
        """Operations of the longest batch that is tried: fewer of registers apart, whose accesses are dear."""
        return 3000 if self.spacing is None else 300

    def at(self, number: int, width: int) -> int:
        """Return the address of word `number` of this width, far from the ends."""
        return self.base + 64 + number * width if self.spacing is None else self.base + (8 + number) * self.spacing

    def words(self) -> Iterator[tuple[int, int, int]]:
        """Give (address, width, a word no byte of which equals another's), for each width."""
        for width in sorted(self.widths):
            yield self.at(2, width), width, int.from_bytes(range(0x81, 0x81 + width), "little")

    async def run(self, *operations: Operation) -> Results:
        """Run a batch; whatever comes back must be whole, in order and of the right kinds."""
        asked = batch(*operations)
        results = await self.transport.execute(asked)
        _expect_sound(asked, results)
        return results

    async def done(self, *operations: Operation) -> Results:
        """Run a batch that must complete."""
        results = await self.run(*operations)
        expect(results.error, None, f"{operations} failed")
        return results

    async def word(self, address: int, width: int) -> int:
        """Read one word."""
        return (await self.done(Read(address, width=width))).word(0)

    async def known(self, address: int, width: int, word: int) -> int:
        """Return the word that stands there: the one given, where it may be written."""
        if self.writable:
            await self.done(Write(address, word, width=width))
        return await self.word(address, width)

    async def refused(self, index: int, *operations: Operation) -> Denied:
        """Run a batch that must be refused because of operation `index`, before any access."""
        results = await self.run(*operations)
        op = operations[index]
        assert not isinstance(op, (Delay, Fence))
        if not isinstance(results.error, Denied):
            raise AssertionError(f"{op} gave {results}, expected Denied")
        expect(results.values, (), f"{op}: values of a batch that was refused")
        expect((results.error.index, results.error.address), (index, op.address), f"{op}: (index, address)")
        return results.error


def expect(got: object, wanted: object, what: str) -> None:
    """Fail the law when the two differ, saying what was looked at."""
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, expected {wanted!r}")


def _expect_sound(asked: Batch, results: Results) -> None:
    """Check what holds of the results of any batch."""
    done, error = len(results.values), results.error
    if error is None:
        expect(done, len(asked), f"{asked}: values of a batch without an error")
    else:
        if done >= len(asked) and asked.operations:
            raise AssertionError(f"{asked}: all operations have values, and yet there is {error!r}")
        _expect_unread_raises(results, error)
    for op, value in zip(asked, results.values, strict=False):
        match op:
            case Read() | Modify() | Check() | Poll():
                sound = isinstance(value, int) and 0 <= value <= ones(op.width)
            case ReadBurst():
                sound = isinstance(value, tuple) and len(value) == op.count
            case _:
                sound = value is None
        if not sound:
            raise AssertionError(f"{op} has the result {value!r}")


def _expect_unread_raises(results: Results, error: TransportError) -> None:
    try:
        value = results[len(results.values)]
    except TransportError as raised:
        expect(raised, error, "reading a result that is not there raises another error")
    else:
        raise AssertionError(f"reading a result that is not there gave {value!r}, expected {error!r}")


def without_reason(error: TransportError | None) -> TransportError | None:
    """Return the error as the laws compare it: the sentence for people is free, but there must be one."""
    if error is not None and not error.reason:
        raise AssertionError(f"{type(error).__name__} gives no reason")
    return None if error is None else error.at(reason="")


Law = Callable[[Storage], Awaitable[None]]
