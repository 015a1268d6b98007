"""The contract's check can fail: each transport here breaks one law, and is told which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio
import attrs
import pytest

from transports.base import Capabilities, Transport
from transports.batch import (
    WIDTHS,
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
from transports.conformance import check_transport
from transports.engine import EVERYWHERE, Port, Region, Window, run
from transports.errors import BusFault, CheckFailed, Denied, PollTimeout, TransportError
from transports.memory import MemoryTransport

BASE, SIZE = 0x1000, 0x400


class Bent(MemoryTransport):
    """A memory transport that a subclass bends at one place."""

    port: Port
    region: Region

    def __init__(self) -> None:
        super().__init__(SIZE, BASE)
        self.port = self._window
        self.region = self._window.region

    async def execute(self, batch: Batch) -> Results:
        if self._window.closed:
            return await self.lost(batch)
        async with self._turn:
            return self.after(batch, await run(self.before(batch), self.port, self.region))

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        return [await self.execute(one) for one in batches]

    async def lost(self, batch: Batch) -> Results:
        return await MemoryTransport.execute(self, batch)

    def before(self, batch: Batch) -> Batch:
        return batch

    def after(self, batch: Batch, results: Results) -> Results:
        return results


class Straight(Bent):
    """Bent nowhere: what the others are compared with."""


def each(change: Callable[[Operation], Operation]) -> type[Bent]:
    """Return a transport that does another operation than was asked."""

    class Changed(Bent):
        def before(self, batch: Batch) -> Batch:
            return Batch(change(op) for op in batch)

    return Changed


def coming_back(change: Callable[[Batch, Results], Results]) -> type[Bent]:
    """Return a transport that brings other results back than there were."""

    class Changed(Bent):
        def after(self, batch: Batch, results: Results) -> Results:
            return change(batch, results)

    return Changed


def value_of(kind: type[Operation], change: Callable[[Operation, Value], Value]) -> type[Bent]:
    """Return a transport that brings another value back for one kind of operation."""

    def changed(batch: Batch, results: Results) -> Results:
        pairs = zip(batch, results.values, strict=False)
        values = tuple(change(op, value) if isinstance(op, kind) else value for op, value in pairs)
        return Results(values, results.error, results.poll_reads)

    return coming_back(changed)


def error_of(kind: type[TransportError], **changes: object) -> type[Bent]:
    """Return a transport whose errors of one kind say something else."""

    def changed(_batch: Batch, results: Results) -> Results:
        if not isinstance(results.error, kind):
            return results
        return Results(results.values, results.error.at(**changes), results.poll_reads)

    return coming_back(changed)


def over(port: Callable[[Window], Port], region: Region | None = None) -> type[Bent]:
    """Return a transport over another port, or with other guards."""

    class Changed(Bent):
        def __init__(self) -> None:
            super().__init__()
            self.port = port(self._window)
            self.region = region or self.region

    return Changed


@attrs.define
class Wrapped:
    """A port that passes everything on."""

    window: Window

    def read(self, address: int, width: int) -> int:
        return self.window.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.window.write(address, value, width, strobes)


class BigEndian(Wrapped):
    def read(self, address: int, width: int) -> int:
        return int.from_bytes(super().read(address, width).to_bytes(width, "big"), "little")

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        super().write(address, int.from_bytes(value.to_bytes(width, "big"), "little"), width, strobes)


class TooWide(Wrapped):
    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        super().write(address & ~7, value << 8 * (address & 7), 8, None)


class NoStrobes(Wrapped):
    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        super().write(address, value, width, None)


class HalfWord(Wrapped):
    """Loses the upper half of what is written in 8 bytes, as two halves of a bus might."""

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        super().write(address, value & 0xFFFF_FFFF, width, strobes)


class Lenient(Wrapped):
    """Has holes that read as zero, and swallow what is written."""

    def read(self, address: int, width: int) -> int:
        return super().read(address, width) if BASE <= address < BASE + SIZE else 0

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        if BASE <= address < BASE + SIZE:
            super().write(address, value, width, strobes)


class Faulting(Lenient):
    """Finds out at the access itself what it could have known before."""

    def read(self, address: int, width: int) -> int:
        if not BASE <= address < BASE + SIZE:
            raise Denied("outside")
        return super().read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        if not BASE <= address < BASE + SIZE:
            raise Denied("outside")
        super().write(address, value, width, strobes)


class SlaveError(Faulting):
    def read(self, address: int, width: int) -> int:
        if address % SIZE == 64 + 2:
            raise BusFault("slave error")
        return super().read(address, width)


class GoesOn(Bent):
    """Does the rest of the batch although a check in it failed."""

    async def execute(self, batch: Batch) -> Results:
        results = await super().execute(batch)
        if isinstance(results.error, CheckFailed):
            await super().execute(Batch(batch.operations[len(results) + 1 :]))
        return results


class GoesOnCancelled(Bent):
    """Does the rest of the batch although it was cancelled."""

    async def execute(self, batch: Batch) -> Results:
        try:
            return await super().execute(batch)
        except anyio.get_cancelled_exc_class():
            waits = [number for number, op in enumerate(batch) if isinstance(op, (Delay, Poll))]
            with anyio.CancelScope(shield=True):
                await super().execute(Batch(batch.operations[waits[0] + 1 :] if waits else ()))
            raise


class Stubborn(Bent):
    """Cannot be cancelled."""

    async def execute(self, batch: Batch) -> Results:
        results = Results(())
        with anyio.CancelScope(shield=True):
            results = await super().execute(batch)
        return results


class StuckAfterCancel(Bent):
    """Never gets over a cancellation."""

    stuck = False

    async def execute(self, batch: Batch) -> Results:
        if self.stuck:
            await anyio.sleep_forever()
        try:
            return await super().execute(batch)
        except anyio.get_cancelled_exc_class():
            self.stuck = True
            raise


class NoTurns(Bent):
    """Lets batches run into each other."""

    async def execute(self, batch: Batch) -> Results:
        return await (self.lost(batch) if self._window.closed else run(batch, self.port, self.region))


class Raises(Bent):
    """Raises what should be in the results."""

    async def execute(self, batch: Batch) -> Results:
        return (await super().execute(batch)).check()


class Immortal(Bent):
    """Answers after it was closed."""

    async def lost(self, batch: Batch) -> Results:
        return await MemoryTransport(SIZE, BASE).execute(batch)


class GivesUp(Bent):
    """Carries batches together up to the first that fails."""

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        found = list(await super().execute_all(batches))
        failed = next((number for number, results in enumerate(found) if results.error is not None), len(found))
        return found[:failed] + [Results((), BusFault("after a failure")) for _ in found[failed:]]


class AliveTogether(Bent):
    """Answers after it was closed, when it is asked several things at once."""

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        return [Results((0,)) for _ in batches] if self._window.closed else await super().execute_all(batches)


class ClosesOnce(Bent):
    """Does not like being closed twice."""

    async def aclose(self) -> None:
        if self._window.closed:
            raise AssertionError("closed already")
        await super().aclose()


class NoWide(Bent):
    """Says that it has fewer widths than it was said to have."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(widths=frozenset({1, 2, 4}))


class SaysNotifier(Bent):
    """Promises interrupts that it has no method for."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(notifier=True)


class SaysStrobes(Bent):
    """Promises strobes that it refuses."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(strobes=True)


class Short(Bent):
    """Takes a thousand operations and forgets the rest."""

    def before(self, batch: Batch) -> Batch:
        return Batch(batch.operations[:1000])


class Combining(Bent):
    """Leaves out a write when the batch has a later one to the same word, whatever reads it in between."""

    def before(self, batch: Batch) -> Batch:
        last = {op.address: number for number, op in enumerate(batch) if isinstance(op, Write)}
        return Batch(
            Fence() if isinstance(op, Write) and last[op.address] != number else op for number, op in enumerate(batch)
        )


def swap_burst(op: Operation) -> Operation:
    return attrs.evolve(op, stride=None) if isinstance(op, (ReadBurst, WriteBurst)) else op


def one_look(op: Operation) -> Operation:
    return attrs.evolve(op, timeout_s=0.0) if isinstance(op, Poll) else op


def no_delay(op: Operation) -> Operation:
    return Delay(0.0) if isinstance(op, Delay) else op


def plain_write(op: Operation) -> Operation:
    """Turn a modify into a read: what it should have written is lost."""
    return Read(op.address, width=op.width) if isinstance(op, Modify) else op


def after_modify(op: Operation, value: Value) -> Value:
    assert isinstance(op, Modify)
    assert isinstance(value, int)
    return value & ~op.mask | op.value


def swallowed(_batch: Batch, results: Results) -> Results:
    return Results(results.values, None, results.poll_reads)


MUTANTS: list[tuple[str, type[Bent], str]] = [
    ("widths are fewer", NoWide, "what_it_can"),
    ("notifier is not one", SaysNotifier, "what_it_can"),
    ("strobes are promised", SaysStrobes, "strobes_select"),
    ("long batches are cut", Short, "any_length"),
    ("bytes are swapped", over(BigEndian), "bytes_in_order"),
    ("bytes of a word are lost", over(HalfWord), "words_return"),
    ("writes are too wide", over(TooWide), "words_return"),
    ("errors are swallowed", coming_back(swallowed), "checks_stop"),
    ("errors are raised", Raises, "checks_stop"),
    ("a failed check says no index", error_of(CheckFailed, index=None), "checks_stop"),
    ("a failed check says no address", error_of(CheckFailed, address=None), "checks_stop"),
    ("a failed check says another value", error_of(CheckFailed, last=0), "checks_stop"),
    ("a failed check says no reason", error_of(CheckFailed, reason=""), "checks_stop"),
    ("polls look once", each(one_look), "polls_end"),
    ("a poll's error says no time", error_of(PollTimeout, timeout_s=9.0), "polls_end"),
    ("a poll's error says another value", error_of(PollTimeout, last=0x55), "polls_end"),
    ("delays are skipped", each(no_delay), "delays_last"),
    ("bursts know no stride", each(swap_burst), "bursts_are_words"),
    ("holes are found late", over(Faulting, EVERYWHERE), "guards_first"),
    ("holes read as zero", over(Lenient, EVERYWHERE), "guards_first"),
    ("a refusal says no index", error_of(Denied, index=None), "guards_first"),
    ("a refusal says no address", error_of(Denied, address=None), "guards_first"),
    ("an access fails", over(SlaveError), "words_return"),
    ("modify returns the word after", value_of(Modify, after_modify), "modify_returns_before"),
    ("modify does not write", each(plain_write), "modify_returns_before"),
    ("writes return something", value_of(Write, lambda _op, _value: 0), "words_return"),
    ("bursts return lists of another length", value_of(ReadBurst, lambda _op, _value: ()), "bursts_are_words"),
    ("checks return nothing", value_of(Check, lambda _op, _value: None), "checks_stop"),
    ("a failed batch goes on", GoesOn, "failure_stops"),
    ("a cancelled batch goes on", GoesOnCancelled, "cancelled_batches_end"),
    ("nothing can be cancelled", Stubborn, "cancelled_batches_end"),
    ("a cancellation is never got over", StuckAfterCancel, "cancelled_batches_end"),
    ("batches run into each other", NoTurns, "batches_take_turns"),
    ("writes are combined", Combining, "random_batches_agree"),
    ("strobes are ignored", over(NoStrobes), "strobes_select"),
    ("it answers when closed", Immortal, "closed_is_lost"),
    ("it cannot be closed twice", ClosesOnce, "closed_is_lost"),
    ("a failure stops the batches after it", GivesUp, "together_as_alone"),
    ("what is asked together is answered after it is closed", AliveTogether, "closed_is_lost"),
]


async def tried(
    kind: type[Bent], *, widths: frozenset[int] = frozenset(WIDTHS), bounded: bool = True, law_s: float = 1e6
) -> None:
    """Check one transport; virtual time is cheap, so a law may take long."""

    async def make() -> Transport:
        return kind()

    await check_transport(make, base=BASE, size=SIZE, widths=widths, bounded=bounded, law_s=law_s)


async def test_unbent_passes(autojump_clock: object) -> None:
    """What all the broken transports are made from breaks no law itself."""
    await tried(Straight)


@pytest.mark.parametrize(("kind", "law"), [pytest.param(kind, law, id=name) for name, kind, law in MUTANTS])
async def test_broken_transport_is_caught(kind: type[Bent], law: str, autojump_clock: object) -> None:
    """A transport that breaks one law is refused, and the message begins with the law's name."""
    with pytest.raises(AssertionError, match=f"^{law}: "):
        await tried(kind)


async def test_a_device_without_end_says_so(autojump_clock: object) -> None:
    """Where an address outside of the storage belongs to something else, that is said, and all other laws are tried."""
    await tried(over(Lenient, EVERYWHERE), bounded=False)


async def test_fewer_widths_are_said(autojump_clock: object) -> None:
    """A device of fewer widths passes when they are said, and must refuse the others."""
    words = frozenset({4, 8})

    class Words(Bent):
        def __init__(self) -> None:
            super().__init__()
            self.region = Region(BASE, SIZE, widths=words)

        @property
        def capabilities(self) -> Capabilities:
            return Capabilities(widths=words)

    await tried(Words, widths=words)

    class Careless(Words):
        def __init__(self) -> None:
            super().__init__()
            self.region = Region(BASE, SIZE)

    with pytest.raises(AssertionError, match=r"^guards_first: "):
        await tried(Careless, widths=words)


async def test_a_law_that_never_ends_is_late(autojump_clock: object) -> None:
    """A transport that does not come back is told the law that it did not come back from, after law_s."""

    class Silent(Bent):
        async def execute(self, batch: Batch) -> Results:
            await anyio.sleep_forever()
            raise AssertionError("slept for ever")

    with pytest.raises(AssertionError, match=r"^words_return: .* Not done within 5\.0 s"):
        await tried(Silent, law_s=5.0)


@pytest.mark.parametrize(("base", "size"), [(4, 4096), (0, 128)])
async def test_too_little_storage_is_refused(base: int, size: int) -> None:
    """Storage too small for the laws, or not aligned, is a ValueError before anything is opened."""

    async def make() -> Transport:
        raise AssertionError("opened")

    with pytest.raises(ValueError, match="256 bytes at a multiple of 8"):
        await check_transport(make, base=base, size=size)
