"""Records what goes over a transport, while it goes."""

from __future__ import annotations

from typing import BinaryIO

import anyio
from anyio.lowlevel import checkpoint_if_cancelled
from attrs import evolve

from transports.base import Capabilities, Judge, Judgement, Notifier, Ordered, Pinging, Resettable, Transport
from transports.batch import Batch, Results
from transports.errors import Indeterminate, TransportError
from transports.powers import endowed, powers_of
from transports.recorded.file import Executed, Happened, Header, LinesRose, WasJudged, WasReset, Writer


class RecordingTransport:
    """Another transport, with every batch and its results written down; it has the powers of the device behind it.

    Batches go one at a time, and none in the round trip of another: tasks that get their results together go on in an
    order and at times that nobody sees, and a replay could not decide as they did (of 200 recordings with blocks that
    fail, 10 did not replay). Closing it closes the other one; the file stays the caller's.
    """

    def __init__(self, transport: Transport, writer: Writer) -> None:
        self.transport = transport
        self._writer = writer
        self._turn = anyio.Lock(fast_acquire=True)
        self._origin_s = anyio.current_time()
        self._capabilities = evolve(transport.capabilities, round_trip_s=0.0)

    @property
    def problem(self) -> str:
        """Why the recording ends before the run did; empty while it does not."""
        return self._writer.problem

    @property
    def capabilities(self) -> Capabilities:
        """Those of the other transport; a round trip counts for nothing, so that nobody shares it."""
        return self._capabilities

    async def turn(self, batch: Batch) -> None:
        """Wait for the turn of a batch that goes to a replay; to any other transport it goes when it is asked for."""
        if isinstance(self.transport, Ordered):
            await self.transport.turn(batch)

    async def execute(self, batch: Batch) -> Results:
        """Run the batch on the other transport, and write down what came of it, or that it was cancelled."""
        await checkpoint_if_cancelled()
        async with self._turn:
            start_s = self._now()
            try:
                results = await self.transport.execute(batch)
            except BaseException:
                given_up = Results((), Indeterminate("cancelled while it was out"))
                self._note(Executed(start_s, self._now(), batch, given_up, cancelled=True))
                raise
            self._note(Executed(start_s, self._now(), batch, results))
            return results

    async def aclose(self) -> None:
        """End the recording, and close the other transport."""
        self.end()
        await self.transport.aclose()

    def end(self) -> None:
        """Put the end mark, by which a reader knows that the recording is whole; what comes later is not recorded."""
        self._writer.end(self._now())

    def _now(self) -> float:
        return anyio.current_time() - self._origin_s

    def _note(self, happened: Happened) -> None:
        self._writer.note(happened)


class _Notifying(RecordingTransport):
    async def wait(self) -> frozenset[int]:
        """Wait for lines on the other transport, and write down which rose."""
        assert isinstance(self.transport, Notifier)
        lines = await self.transport.wait()
        self._note(LinesRose(self._now(), self._now(), lines))
        return lines


class _Resetting(RecordingTransport):
    async def reset(self) -> None:
        """Reset the other transport's device, and write it down."""
        assert isinstance(self.transport, Resettable)
        async with self._turn:
            start_s = self._now()
            problem: TransportError | None = None
            try:
                await self.transport.reset()
            except TransportError as error:
                problem = error
                raise
            finally:
                self._note(WasReset(start_s, self._now(), problem))


class _Judging(RecordingTransport):
    async def judge(self) -> Judgement:
        """Ask the other transport, and write the answer down."""
        assert isinstance(self.transport, Judge)
        start_s = self._now()
        judgement = await self.transport.judge()
        self._note(WasJudged(start_s, self._now(), judgement.moved(-self._origin_s)))
        return judgement


class _Pinging(RecordingTransport):
    async def ping(self) -> None:
        """Ask the other transport's link; a recording does not tell of it."""
        assert isinstance(self.transport, Pinging)
        await self.transport.ping()


_MIXINS = {
    "notifier": _Notifying, "resettable": _Resetting, "judge": _Judging,
    "pinging": _Pinging,
}  # fmt: skip


def record(transport: Transport, file: BinaryIO, header: Header) -> RecordingTransport:
    """Return the transport with all that goes over it written down.

    Args:
        file: open for writing, unbuffered, so that a run that is killed leaves what it has done.
        header: chip, target, date and versions; what the transport can do is filled in here.
    """
    powers = powers_of(transport)
    ways = frozenset({"pinging"} if isinstance(transport, Pinging) else ())
    writer = Writer(file, evolve(header, capabilities=transport.capabilities, powers=powers))
    return endowed(RecordingTransport, _MIXINS, powers | ways)(transport, writer)
