"""A recording as a device: answers what was recorded, in the order and at the times that were recorded.

Tasks that run side by side may ask in another order than they did: timers are late on a real clock and in time on a
virtual one. So whoever asks early waits for its turn, each batch leaves and ends no earlier than it did, counted from
the opening, and what is decided in between comes out as it did, by whatever seed the tasks are scheduled. What nobody
recorded, and a turn that nobody takes, are the first difference: there the replay ends. Where the writer was cut off
nobody knows what came next: what the rest does not hold waits for its end, and that is told instead.
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
from transports.recorded.difference import NOTHING, CutOff, Describe, Differs, difference, plain_words
from transports.recorded.file import Executed, LinesRose, Recording, WasJudged, WasReset
from transports.recorded.turns import Home, Key, Step, Turns, home_of, key_of

CANCEL_S = 1.0  # a batch that was cancelled in the recording must be cancelled again, and not much later
LATE_S = 1.0  # a turn that nobody takes for so long after its time is a difference; an equal run takes it in time


def count(batches: int) -> str:
    """Return `1 batch`, `2 batches`."""
    return "1 batch" if batches == 1 else f"{batches} batches"


def nowhere(_address: int) -> str:
    """Know no places: all addresses belong together."""
    return ""


class ReplayTransport:
    """What was recorded, as a transport; has the optional powers that the recorded one had.

    Attributes:
        describe: puts an operation into words; the floors above know names for its address and its bits.
        home: names the block that an address belongs to: a batch is compared with what was recorded of its block.
    """

    def __init__(self, recording: Recording, describe: Describe = plain_words) -> None:
        self.recording = recording
        self.describe = describe
        self.home: Home = nowhere
        self._turns = Turns([step for step in recording.happened if not isinstance(step, LinesRose)])
        self._rises: Iterator[LinesRose] = (step for step in recording.happened if isinstance(step, LinesRose))
        self._gone = anyio.Event()
        self._lost: DeviceLost | None = None
        self._beyonds = 0  # who asks for what only the time after the end may hold
        self._origin_s = self._since_s = anyio.current_time()
        self._capabilities = evolve(recording.header.capabilities, real_time=False, round_trip_s=0.0)

    @property
    def capabilities(self) -> Capabilities:
        """Those of the recorded transport; no peer answers in real time, and each batch goes alone, as it did."""
        return self._capabilities

    @property
    def remaining(self) -> int:
        """How much of what is recorded has not been asked for."""
        return len(self._turns)

    async def turn(self, batch: Batch) -> None:
        """Wait until the batch left in the recording, or until the replay is over."""
        await checkpoint_if_cancelled()
        await self._called(batch)

    async def execute(self, batch: Batch) -> Results:
        """Return the recorded results of the batch, when its turn comes, at the time when it ended."""
        await checkpoint_if_cancelled()
        if not self._turns.is_called(batch):
            await self._called(batch)
        if self._lost is not None:
            await checkpoint()
            return Results((), self._lost.at())
        step = self._turns.take()
        assert isinstance(step, Executed)
        try:
            await self._until(step.end_s)
            if step.cancelled:
                await self._until(step.end_s + CANCEL_S)
                self._lose(self._given_up(step))
            lost = self._lost  # what is lost from here on is not this batch
        finally:
            self._done()
        return step.results if lost is None else Results((), lost.at())

    def finish(self) -> None:
        """Say that the run is over.

        Raises:
            Differs: in the recording it went on.
        """
        if self._lost is None and len(self._turns):
            raise self._other(self._step_words(self._turns.head), "the end of the run")

    async def aclose(self) -> None:
        """End; whoever waits finds the device lost."""
        self._lose(DeviceLost("the replay is closed"))
        await checkpoint()

    async def _called(self, key: Key) -> None:
        """Wait until it is the turn of what is asked for, and its time; or until the replay is over."""
        if self._lost is not None:
            return
        asked = self._turns.ask(key)
        if asked is None:
            if self._is_beyond(key):
                await self._beyond()
            else:
                self._lose(self._unknown(key))
            return
        try:
            while not asked.called.is_set():
                with anyio.move_on_after(LATE_S):
                    await asked.called.wait()
                self._watch()
            head = self._turns.head
            if self._lost is None and head is not None:
                await self._until(head.start_s)
        except BaseException:
            self._turns.leave(asked)
            raise

    def _is_beyond(self, key: Key) -> bool:
        """Say whether what is asked for may have come after the end: the rest holds nothing of its block."""
        if not self.recording.cut:
            return False
        return not isinstance(key, Batch) or self._turns.first_at(home_of(key, self.home), self.home) is None

    async def _beyond(self) -> None:
        """Wait until the recording ends, or until the replay is over."""
        self._beyonds += 1
        self._end()
        try:
            while self._lost is None:
                with anyio.move_on_after(LATE_S):
                    await self._gone.wait()
                self._watch()
        finally:
            self._beyonds -= 1

    def _end(self) -> None:
        """Be over when nothing is left, and somebody asks for more."""
        if self._beyonds and self._turns.head is None:
            number = self._turns.batches
            reason = f"the recording ends here, after {count(number)}: its writer was cut off"
            self._lose(CutOff(reason, batches=number))

    def _watch(self) -> None:
        """End the replay when nobody takes the turn."""
        head = self._turns.head
        if head is None or self._turns.taken:
            return
        due_s = max(self._since_s, self._origin_s + head.start_s)
        if anyio.current_time() >= due_s + LATE_S:
            self._lose(self._missed(head))

    def _done(self) -> None:
        self._since_s = anyio.current_time()
        self._turns.done()
        self._end()

    def _words(self, key: Key) -> str:
        if not isinstance(key, Batch):
            return "a reset" if key is WasReset else "the question how the target was treated"
        first = self.describe(key.operations[0]) if key.operations else "no operation"
        return f"a batch of {len(key)}: {first}"

    def _step_words(self, step: Step | None) -> str:
        if step is None:
            return f"{NOTHING} ({self.recording.ends})"
        return self._words(key_of(step))

    def _unknown(self, key: Key) -> Differs:
        """Return the difference when something is asked for that is not recorded, or not once more."""
        head = self._turns.head
        if isinstance(key, Batch) and head is not None:
            place = home_of(key, self.home)
            found = self._turns.first_at(place, self.home)
            if found is not None and (differs := difference(found[0], found[1].batch, key, self.describe)):
                return differs
            if place:
                return self._other(f"{NOTHING} of {place}", self._words(key))
        return self._other(self._step_words(head), self._words(key))

    def _missed(self, head: Step) -> Differs:
        """Return the difference when something that is recorded is not asked for."""
        if not isinstance(head, Executed):
            return self._other(self._step_words(head), next(map(self._words, self._turns.waiting()), NOTHING))
        place = home_of(head.batch, self.home)
        for key in self._turns.waiting():
            if isinstance(key, Batch) and home_of(key, self.home) == place:
                if differs := difference(self._turns.batches, head.batch, key, self.describe):
                    return differs
        return self._other(self._step_words(head), f"{NOTHING} of {place}" if place else NOTHING)

    def _other(self, expected: str, got: str) -> Differs:
        number = self._turns.batches
        reason = f"not as recorded after {count(number)}: expected {expected}, got {got}"
        return Differs(reason, batch=number, expected=expected, got=got)

    def _given_up(self, step: Executed) -> Differs:
        words, number = self._words(step.batch), self._turns.batches
        reason = f"not as recorded in batch {number}: {words} was cancelled in the recording, and is not now"
        return Differs(reason, batch=number, expected="its cancellation", got=words)

    def _lose(self, problem: DeviceLost) -> None:
        if self._lost is None:
            self._lost = problem
            self._gone.set()
            self._turns.call_off()

    async def _until(self, time_s: float) -> None:
        """Wait until a time of the recording, or until the replay is over."""
        with anyio.CancelScope(deadline=self._origin_s + time_s):
            await self._gone.wait()

    async def _special(self, kind: type[WasReset] | type[WasJudged]) -> object:
        """Return the next step, which must be of a kind; raises the loss when it is another one."""
        await checkpoint_if_cancelled()
        await self._called(kind)
        if self._lost is not None:
            await checkpoint()
            raise self._lost.at()
        step = self._turns.take()
        try:
            await self._until(step.end_s)
        finally:
            self._done()
        return step


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
        step = await self._special(WasReset)
        if isinstance(step, WasReset) and step.error is not None:
            raise step.error.at()


class _Judging(ReplayTransport):
    async def judge(self) -> Judgement:
        """Return what the recorded target said, if it was asked.

        Raises:
            DeviceLost: it was not.
        """
        step = await self._special(WasJudged)
        assert isinstance(step, WasJudged)
        return step.judgement.moved(self._origin_s)


_MIXINS = {"notifier": _Notifying, "resettable": _Resetting, "judge": _Judging}


def replay(recording: Recording, describe: Describe = plain_words) -> ReplayTransport:
    """Return a recording as a transport, whose time begins now."""
    return endowed(ReplayTransport, _MIXINS, recording.header.powers)(recording, describe)
