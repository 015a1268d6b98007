"""The access core: many tasks, one transport, one flight at a time, and one place that can say no.

A flight is what goes to the device in one round trip: one batch, or several of different tasks where a round trip is
dear. The bus has no task of its own. Whoever finds it idle flies; what came meanwhile waits, and the first of it takes
the next flight, with all that fits. A batch that waits at the device (`Poll`, `Delay`) flies alone.

Who goes next: `queue`. After `kill` not one access leaves; after `fence` none of an older epoch does. Whoever observes
sees every batch that left, in the order in which they left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import anyio
import anyio.lowlevel

from transports.base import Ordered, Stamping, Transport
from transports.batch import Batch, Read, Results
from transports.bus.carry import Outcome, carry, words_together
from transports.bus.figures import Figures, Statistics, accesses_made, shape_of
from transports.bus.flight import Flight, Record
from transports.bus.hang import Culprit, Diagnosis, Heard, ask_device
from transports.bus.identity import ask_identity, believed, doubtful
from transports.bus.queue import INTERRUPT, Asked, Bell, Queue
from transports.bus.watch import Watchdog
from transports.errors import Denied, DeviceLost, Indeterminate, TransportError

__all__ = [
    "INTERRUPT",
    "Bus",
    "Culprit",
    "Diagnosis",
    "Heard",
    "Hold",
    "Record",
    "Statistics",
    "accesses_made",
]

Hold = Callable[[], AbstractContextManager[object]]

GIVEN_UP = "the batch was cancelled while it was out; what it did is not known"

_NOTHING = nullcontext()


def _no_hold() -> AbstractContextManager[object]:
    return _NOTHING


class Bus:
    """Owns a transport's order, its dead latch and its epoch. It does not close the transport.

    Args:
        hold: entered while a flight is out on a transport that answers in real time, so that virtual time does not
            jump over the answer.
        identity: reads a register that never holds all ones. A read of all ones is then believed only when this one
            holds something else; otherwise the device is lost.
        deadline_s: how long a batch may be out, beyond what it waits for by itself, before somebody asks why: `watch`,
            or where nobody runs that, a task of its own for each flight.
        now: the time of the event loop.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        hold: Hold | None = None,
        identity: Read | None = None,
        deadline_s: float | None = None,
        now: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._wanted_hold = hold
        self._identity = identity
        self._deadline_s = math.inf if deadline_s is None else deadline_s
        self._now = now
        self._queue = Queue()
        self._busy = False  # a flight is out, or one of the waiting tasks has been told to take the next
        self._told: Asked | None = None  # who was told last to take the next flight
        self._flight: Flight | None = None
        self._dead: DeviceLost | None = None
        self._quiet = False  # what is out is waited for, and not cancelled
        self._epoch = 0
        self._preferred: dict[str, float] = {}
        self._observers: list[Callable[[Record], None]] = []
        self._stamped = False  # an observer wants the time of each operation
        self._figures = Figures()
        self._diagnosis: Diagnosis | None = None
        self._watchdog: Watchdog | None = None
        self._use(transport)

    def _use(self, transport: Transport) -> None:
        self._transport = transport
        self._ordered = transport if isinstance(transport, Ordered) else None
        self._hold = (
            self._wanted_hold if self._wanted_hold is not None and transport.capabilities.real_time else _no_hold
        )
        self._words = words_together(transport)
        if self._stamped and isinstance(transport, Stamping):
            transport.stamp()

    @property
    def transport(self) -> Transport:
        """What the batches go to."""
        return self._transport

    @property
    def identity(self) -> Read | None:
        """What tells whether the device is there; None: nobody said."""
        return self._identity

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
        return 0 if self._flight is None else len(self._flight.crew)

    @property
    def waiting(self) -> int:
        """How many batches wait for their turn."""
        return len(self._queue)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What was found out when a batch was last out for too long."""
        return self._diagnosis

    @property
    def statistics(self) -> Statistics:
        """What left so far; a batch counts when it is back."""
        return self._figures.read()

    def observe(self, callback: Callable[[Record], None], *, stamps: bool = False) -> None:
        """Call back with the record of each batch as soon as it is back, before its submitter goes on.

        Args:
            stamps: have the results tell when each operation was done, from transports that can.
        """
        self._observers.append(callback)
        if stamps and not self._stamped:
            self._stamped = True
            self._use(self._transport)

    def prefer(self, owner: str, urgency: float) -> None:
        """Take what an owner submits from now on for so urgent, where its submit does not say."""
        self._preferred[owner] = urgency

    def kill(self, reason: str) -> None:
        """Let not one more access leave, ever. What is out is cancelled at its next wait; idempotent."""
        if self._dead is None:
            self._dead = DeviceLost(reason)
        if self._flight is not None and not self._quiet:
            self._flight.stop(self._dead)

    async def quiesce(self, reason: str) -> None:
        """Let not one more access leave, ever, and return when what is out is back, whole."""
        self._quiet = True
        if self._dead is None:
            self._dead = DeviceLost(reason)
        await self._landed(self._flight)

    async def _landed(self, flight: Flight | None) -> None:
        """Wait until a flight is back, if there is one."""
        if flight is None:
            await anyio.lowlevel.checkpoint()
            return
        if flight.over is None:
            flight.over = anyio.Event()
        await flight.over.wait()

    def fence(self) -> int:
        """Begin a new epoch and return it; submits of an older one are refused, and what is out of it is cancelled."""
        self._epoch += 1
        if self._flight is not None and (refused := self._refusal(self._flight.crew[0].epoch)):
            self._flight.stop(refused.at(reason=f"{refused.reason}; it was out, and may have been done in part"))
        return self._epoch

    async def watch(self) -> None:
        """Keep watch over what leaves from now on and has a deadline, until cancelled; one task at most does so."""
        assert self._watchdog is None, "somebody keeps watch already"
        self._watchdog = Watchdog(self._now, self._found)
        try:
            await self._watchdog.run()
        finally:
            self._watchdog = None

    async def swap(self, transport: Transport) -> Transport:
        """Go on over another transport; return the one before when nothing is out on it any more.

        What has not left goes to the new one from now on, in its order. What is out comes back from the old one, and
        nothing of its owner leaves before that. If the device is lost on it, so is what is out and nothing else.
        Cancelled, the bus goes on over the new one all the same.
        """
        before, flight = self._transport, self._flight
        self._use(transport)
        await self._landed(flight)
        return before

    async def submit(
        self,
        batch: Batch,
        *,
        owner: str = "",
        epoch: int | None = None,
        urgency: float | None = None,
        deadline_s: float | None = None,
    ) -> Results:
        """Run the batch when its turn comes, and return its results; as `execute`, it never raises a TransportError.

        Cancelled while others share its flight, it comes back when they have theirs, or want it no more.

        Args:
            owner: who asks, for the trace. Batches of one owner leave in the order of their submits.
            epoch: of the submitter, compared when its turn comes; None: whoever has the bus.
            urgency: seconds of work that cannot begin before this is done; INTERRUPT for interrupt work; default: as
                its owner is preferred. The most urgent goes first.
            deadline_s: how long it may be out, beyond what it waits for by itself; default: as long as the bus says.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        if urgency is None:
            urgency = self._preferred.get(owner, 0.0)
        asked = Asked(batch, owner, epoch, urgency, self._deadline_s if deadline_s is None else deadline_s)
        if self._ordered is not None and not self._refusal(epoch):
            await self._ordered.turn(batch)
        if self._busy:
            return await self._wait(asked)
        if refused := self._refusal(epoch):
            await anyio.lowlevel.checkpoint()
            return Results((), refused)
        self._busy = True
        return await self._lead(asked)  # nobody is before us, so that execute is the one checkpoint of this batch

    async def submit_all(
        self, wanted: Sequence[tuple[Batch, str, float]], *, epoch: int | None = None
    ) -> list[Results]:
        """Run batches as `submit` does from as many tasks, and return what each brought, in order.

        Args:
            wanted: for each: the batch, who asks, and its urgency.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        crew = [Asked(batch, owner, epoch, urgency, self._deadline_s) for batch, owner, urgency in wanted]
        refused = None if self._busy else self._refusal(epoch)
        if refused is not None or not crew:
            await anyio.lowlevel.checkpoint()
            return [Results((), refused) for _ in crew]
        if self._busy or not self._one_flight(crew):
            return await self._wait_for_all(crew)
        self._busy = True
        try:
            await self._fly(crew, wanted=0)
        finally:
            self._hand_on()
        return [asked.brought for asked in crew]

    def _one_flight(self, crew: list[Asked]) -> bool:
        """Say whether these batches may fly together."""
        if len(crew) == 1:
            return True
        words = 0
        for asked in crew:
            shape = shape_of(asked.batch)
            words += shape.words
            if shape.waits or words > self._words:
                return False
        return True

    async def _wait_for_all(self, crew: list[Asked]) -> list[Results]:
        """Have batches take their turns among those of others; lead each flight that begins with one of them."""
        bell = Bell()
        for asked in crew:
            asked.event, asked.asked_s = bell, self._now()
            self._queue.add(asked)
        if not self._busy:
            self._busy = True
            self._hand_on()
        try:
            for asked in crew:
                while asked.results is None:
                    await bell.wait()
                    if (leader := self._told) is not None and leader.event is bell and leader.leads:
                        leader.leads = False
                        leader.results = await self._lead(leader)
        except BaseException:
            for asked in crew:
                if asked.results is None:
                    self._forsake(asked)
            raise
        await anyio.lowlevel.checkpoint_if_cancelled()
        return [asked.brought for asked in crew]

    def _refusal(self, epoch: int | None) -> TransportError | None:
        """Return why a batch may not leave now, or None when it may."""
        if self._dead is not None:
            return self._dead
        if epoch is not None and epoch != self._epoch:
            return Denied(f"epoch {epoch} is over: the bus is in epoch {self._epoch}")
        return None

    # ---- taking turns ----

    async def _wait(self, asked: Asked) -> Results:
        """Wait until another task has brought the results, or until it is our turn to fly."""
        asked.event = anyio.Event()
        asked.asked_s = self._now()
        self._queue.add(asked)
        try:
            await asked.event.wait()
        except BaseException:
            self._forsake(asked)
            raise
        return await self._lead(asked) if asked.results is None else asked.results

    def _forsake(self, asked: Asked) -> None:
        """Give up a batch whose task is cancelled, without any harm to the others."""
        if asked.leads:
            self._hand_on()
        elif not asked.out:
            self._queue.discard(asked)
        elif self._flight is not None and asked.results is None:
            self._flight.wanted -= 1
            if not self._flight.wanted:
                self._flight.scope.shield = False

    async def _lead(self, first: Asked) -> Results:
        """Fly with a batch and with what can go along, and hand the bus on.

        The next flight leaves before those of this one are woken: they go on while the device is at work.
        """
        crew = [first]
        try:
            if refused := self._refusal(first.epoch):
                return Results((), refused)
            if self._words and self._queue.peek() is not None:
                crew += self._company(first)
            await self._fly(crew, sum(asked.event is not first.event for asked in crew[1:]))
        finally:
            self._hand_on()
            try:
                if self._busy and len(crew) > 1:
                    await anyio.lowlevel.checkpoint()
            finally:
                for asked in crew:
                    asked.wake()
        if len(crew) > 1:
            await anyio.lowlevel.checkpoint_if_cancelled()  # which we kept, so as not to lose what others wait for
        return first.brought

    def _hand_on(self) -> None:
        """Have the task that is next fly; those that may not any more are told so."""
        while (asked := self._queue.take()) is not None:
            if refused := self._refusal(asked.epoch):
                asked.results = Results((), refused)
                asked.wake()
                continue
            asked.leads = True
            self._told = asked
            asked.wake()
            return
        self._busy = False

    def _company(self, first: Asked) -> list[Asked]:
        """Take from the queue what goes in the same flight: the next ones, as long as they fit and do not wait."""
        company: list[Asked] = []
        shape = shape_of(first.batch)
        words = shape.words
        while not shape.waits and (asked := self._queue.peek()) is not None and asked.epoch == first.epoch:
            shape = shape_of(asked.batch)
            words += max(1, shape.words)
            if shape.waits or words > self._words:
                break
            self._queue.remove(asked)
            asked.out = True
            company.append(asked)
        return company

    # ---- out and back ----

    async def _fly(self, crew: list[Asked], wanted: int) -> None:
        """Carry batches to the device and back, and record them whatever happens.

        Args:
            wanted: by how many others than the task that flies.
        """
        flight = self._flight = Flight(self._transport, crew, self._now(), anyio.CancelScope(shield=wanted > 0), wanted)
        try:
            with self._hold(), flight.scope:
                await self._carry(flight)
            if flight.suspect is not None and flight.stopped is None:
                flight.scope = anyio.CancelScope(shield=flight.wanted > 0)
                with self._hold(), flight.scope:
                    await self._diagnose(flight, flight.suspect)
        finally:
            self._flight = None
            self._land(flight)

    async def _carry(self, flight: Flight) -> None:
        """Do what is asked for, and have a watch kept on it where there is a deadline."""
        watchdog = self._watchdog
        if flight.deadline_s == math.inf:
            await self._execute(flight)
        elif watchdog is not None:
            watchdog.leaves(flight)
            try:
                await self._execute(flight)
            finally:
                watchdog.is_back()
        else:
            await self._carry_watched(flight)

    async def _carry_watched(self, flight: Flight) -> None:
        """Do what is asked for, with a watchdog for this flight alone."""
        problem: Exception | None = None
        watchdog = Watchdog(self._now, self._found)
        watchdog.leaves(flight)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watchdog.run)
            try:
                await self._execute(flight)
            except Exception as error:
                problem = error  # a group of one would be made of it
            tasks.cancel_scope.cancel()
        if problem is not None:
            raise problem

    async def _execute(self, flight: Flight) -> None:
        """Run the batches, and look whether what they brought is to be believed."""
        transport, crew, came = flight.transport, flight.crew, flight.came
        self._figures.round_trips += 1
        if len(crew) == 1:
            came[0] = await transport.execute(crew[0].batch)
        else:
            self._figures.round_trips += await carry(transport, [asked.batch for asked in crew], came) - 1
        if self._identity is not None:
            flight.outcome = await self._believed(transport, self._identity, crew, came)
        flight.unsure = False

    async def _believed(self, transport: Transport, identity: Read, crew: list[Asked], came: Outcome) -> Outcome:
        """Return what came, up to the first word of all ones where the identity register does not vouch for it."""
        if not any(doubtful(asked.batch, results) for asked, results in zip(crew, came, strict=True)):
            return came
        self._figures.round_trips += 1
        doubt = await ask_identity(transport, identity)
        return came if doubt is None else believed([asked.batch for asked in crew], came, doubt)

    def _land(self, flight: Flight) -> None:
        """Give each batch its results, count them all, and then tell the observers."""
        crew, over_s = flight.crew, self._now()
        for asked, results in zip(crew, flight.outcome, strict=True):
            asked.results = results
            if results is None or (self._identity is not None and flight.unsure and doubtful(asked.batch, results)):
                asked.results = Results((), flight.stopped or Indeterminate(GIVEN_UP))
        if len(crew) > 1:
            self._figures.coalesced += len(crew)
        first = self._figures.batches
        for asked, came in zip(crew, flight.came, strict=True):
            self._count(asked, asked.brought if came is None else came, flight)
        try:
            if self._observers:
                for number, asked in enumerate(crew, first):
                    record = Record(number, asked.owner, asked.batch, asked.brought, flight.start_s, over_s)
                    for observer in self._observers:
                        observer(record)
        finally:
            if flight.over is not None:
                flight.over.set()

    def _count(self, asked: Asked, came: Results, flight: Flight) -> None:
        """Count a batch, and latch dead when it lost the device; one on a transport that was swapped out does not."""
        self._figures.add(asked.batch, came)
        if asked.event is not None:
            self._figures.queue_s += flight.start_s - asked.asked_s
        error = asked.brought.error
        if error is not None and isinstance(error, DeviceLost) and flight.transport is self._transport:
            self.kill(error.reason)

    # ---- out for too long ----

    async def _diagnose(self, flight: Flight, suspect: Diagnosis) -> None:
        """Find out why a flight that was stopped was out for so long, and what may be concluded of its batches."""
        found = await ask_device(suspect, flight.transport, self._identity)
        self._found(found)
        for number, asked in enumerate(flight.crew):
            if flight.outcome[number] is None:
                flight.outcome[number] = Results((), found.error(asked.batch))

    def _found(self, diagnosis: Diagnosis) -> None:
        self._diagnosis = diagnosis
