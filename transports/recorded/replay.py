"""A recording as a device: answers what was recorded, at the times that were recorded, while what is asked is the same.

A batch ends no earlier than it did in the recording, counted from the opening. So under a clock that jumps, whoever
waits and looks again does so as often as then, and two runs with the same seed ask the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled
from attrs import evolve

from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.errors import DeviceLost
from transports.powers import endowed
from transports.recorded.difference import NOTHING, Describe, Differs, difference, plain_words
from transports.recorded.file import Executed, LinesRose, Recording, WasJudged, WasReset

CANCEL_S = 1.0  # a batch that was cancelled in the recording must be cancelled again, and not much later


class ReplayTransport:
    """What was recorded, as a transport; has the optional powers that the recorded one had.

    Attributes:
        describe: puts an operation into words; the floors above know names for its address and its bits.
    """

    def __init__(self, recording: Recording, describe: Describe = plain_words) -> None:
        self.recording = recording
        self.describe = describe
        self._steps = tuple(step for step in recording.happened if not isinstance(step, LinesRose))
        self._rises: Iterator[LinesRose] = (step for step in recording.happened if isinstance(step, LinesRose))
        self._at = 0
        self._batches = 0
        self._turn = anyio.Lock(fast_acquire=True)
        self._gone = anyio.Event()
        self._lost: DeviceLost | None = None
        self._origin_s = anyio.current_time()
        self._capabilities = evolve(recording.header.capabilities, real_time=False, round_trip_s=0.0)

    @property
    def capabilities(self) -> Capabilities:
        """Those of the recorded transport, except that no peer answers in real time and a round trip costs nothing.

        So each batch is asked for by itself, as it is written down, whichever flew together then.
        """
        return self._capabilities

    @property
    def remaining(self) -> int:
        """How much of what is recorded has not been asked for."""
        return len(self._steps) - self._at

    async def execute(self, batch: Batch) -> Results:
        """Return the recorded results of the batch, if it is the recorded one."""
        await checkpoint_if_cancelled()
        async with self._turn:
            if self._lost is not None:
                await checkpoint()
                return Results((), self._lost.at())
            step = self._step()
            if not isinstance(step, Executed):
                return await self._differ(self._other(self._words(batch)))
            if problem := difference(self._batches, step.batch, batch, self.describe):
                return await self._differ(problem)
            self._at += 1
            self._batches += 1
            await self._until(step.end_s)
            if step.cancelled:
                await self._until(step.end_s + CANCEL_S)
                return await self._differ(self._given_up(step))
            return Results((), self._lost.at()) if self._lost is not None else step.results

    async def aclose(self) -> None:
        """End; whoever waits finds the device lost."""
        self._lose(DeviceLost("the replay is closed"))
        await checkpoint()

    def _step(self) -> object:
        return self._steps[self._at] if self._at < len(self._steps) else None

    def _words(self, batch: Batch) -> str:
        first = self.describe(batch.operations[0]) if batch.operations else "no operation"
        return f"a batch of {len(batch)}: {first}"

    def _other(self, got: str) -> Differs:
        """Return the difference when something else than what was recorded is asked for."""
        match self._step():
            case Executed(batch=batch):
                expected = self._words(batch)
            case WasReset():
                expected = "a reset"
            case WasJudged():
                expected = "the question how the target was treated"
            case _:
                expected = f"{NOTHING} ({self.recording.ends})"
        reason = f"not as recorded after {self._batches} batches: expected {expected}, got {got}"
        return Differs(reason, batch=self._batches, expected=expected, got=got)

    def _given_up(self, step: Executed) -> Differs:
        words = self._words(step.batch)
        reason = f"not as recorded in batch {self._batches - 1}: {words} was cancelled in the recording, and is not now"
        return Differs(reason, batch=self._batches - 1, expected="its cancellation", got=words)

    async def _differ(self, problem: Differs) -> Results:
        self._lose(problem)
        await checkpoint()
        return Results((), problem)

    def _lose(self, problem: DeviceLost) -> None:
        if self._lost is None:
            self._lost = problem
            self._gone.set()

    async def _until(self, time_s: float) -> None:
        """Wait until a time of the recording, or until the replay is over."""
        with anyio.CancelScope(deadline=self._origin_s + time_s):
            await self._gone.wait()

    async def _special(self, kind: type[WasReset] | type[WasJudged], what: str) -> object:
        """Return the next step, which must be of a kind; raises the loss when it is another one."""
        await checkpoint_if_cancelled()
        async with self._turn:
            step = self._step()
            if self._lost is None and isinstance(step, kind):
                self._at += 1
                await self._until(step.end_s)
                return step
            if self._lost is None:
                self._lose(self._other(what))
            await checkpoint()
            assert self._lost is not None
            raise self._lost.at()


class _Notifying(ReplayTransport):
    async def wait(self) -> frozenset[int]:
        """Wait until the time when lines rose in the recording.

        Raises:
            DeviceLost: the replay is over.
        """
        await checkpoint()
        rise = next(self._rises, None)
        if rise is None:
            await self._gone.wait()
        else:
            await self._until(rise.start_s)
        if self._lost is not None or rise is None:
            assert self._lost is not None
            raise self._lost.at()
        return rise.lines


class _Resetting(ReplayTransport):
    async def reset(self) -> None:
        """Be reset, if the recorded device was.

        Raises:
            TransportError: it failed then, or it was not reset.
        """
        step = await self._special(WasReset, "a reset")
        if isinstance(step, WasReset) and step.error is not None:
            raise step.error.at()


class _Judging(ReplayTransport):
    async def judge(self) -> Judgement:
        """Return what the recorded target said, if it was asked.

        Raises:
            DeviceLost: it was not.
        """
        step = await self._special(WasJudged, "the question how the target was treated")
        assert isinstance(step, WasJudged)
        return step.judgement


_MIXINS = {"notifier": _Notifying, "resettable": _Resetting, "judge": _Judging}


def replay(recording: Recording, describe: Describe = plain_words) -> ReplayTransport:
    """Return a recording as a transport, whose time begins now."""
    return endowed(ReplayTransport, _MIXINS, recording.header.powers)(recording, describe)
