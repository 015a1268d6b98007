"""The way to an interrupt controller, and to a block that climbs in service: each batch begins with the ground.

A hint comes at any time, also from a controller that has just lost its clock. A claim that looked at the whole ground,
as blocks do (`runtime.guard`), would make 43 reads for atlas' hub before its first own. Whether the hub can be reached
is told by 11 of these registers: by what hardware moves by itself, and what proves that nothing was reset.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from attrs import evolve

from blocks.ladder import Dialogue, Ladder, Where
from blocks.port import Port, Submit, flatten, named
from registers.access import RegisterOp
from runtime.climb import Seat, Steps
from runtime.drive import BlockPort
from runtime.fault import Cause, Fault
from runtime.graph import Graph
from runtime.guard import Sentries
from runtime.requests import Purpose, Reply, Run, Talk, Watch
from runtime.witness import configures, moved, proves, undone
from transports.batch import Batch, Check, Operation, Results
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable
from transports.joined import joined

if TYPE_CHECKING:
    from runtime.session import Session


T = TypeVar("T")
Needs: TypeAlias = tuple[tuple[str, int], ...]  # blocks, those first that others stand on, and how many rungs of each


class SurePort(BlockPort):
    """A port whose batches touch the block only where what it stands on shows that the block can be reached.

    Args:
        ground: the checks, each with the block that it is about.
        fell: called with the block that a check was about when that did not hold.
    """

    def __init__(
        self, bus: Submit, owner: str, ground: tuple[tuple[str, Operation], ...], fell: Callable[[str], None]
    ) -> None:
        super().__init__(bus, owner)
        self._below = tuple(block for block, _ in ground)
        self._ground = tuple(operation for _, operation in ground)
        self._fell = fell

    async def submit(self, *items: RegisterOp[Any] | Operation) -> Results:
        """Run several operations in one batch, behind the look at the ground.

        Raises:
            CheckFailed: a block that it stands on does not stand; the block itself was not touched.
            TransportError: as `Port.submit`.
        """
        operations, names = flatten(items)
        first = len(self._ground)
        results = await self.bus.submit(Batch((*self._ground, *operations)), owner=self.owner)
        if results.error is None:
            return Results(results.values[first:])
        done = len(results.values)
        if done >= first:
            raise named(results.error, self.owner, names, done - first)
        if not isinstance(results.error, DeviceLost | Unavailable | Indeterminate):
            self._fell(self._below[done])
        raise results.error.at(where=self._below[done], index=done)


def sure(session: Session, block: str) -> BlockPort:
    """Return the way to an interrupt controller; what it is found not to stand on is told to the session."""
    own, graph = session.port(block), session.graph
    sentries = Sentries(graph, lambda name: session.plan(graph.ladders[name]), session.seat)
    ground: list[tuple[str, Operation]] = []
    for name, rungs in sentries.ground(block):
        checks = Batch(standing(graph.ladders[name], rungs)).prepared.at(session.seat(name).offset)
        ground.extend((name, operation) for operation in checks.operations)
    return SurePort(own.bus, block, tuple(ground), lambda name: session.doubt(name)) if ground else own


def standing(
    ladder: Ladder, rungs: int, left: Collection[int] = (), *, lacking: Collection[int] = (), whole: bool = False
) -> tuple[Check, ...]:
    """Return the checks that fall when a block stops to stand: of what its lowest rungs check, each register once.

    Left out is what only software changes, but for the highest that was written: a reset clears that.

    Args:
        left: rungs that are taken as they are: what software wrote does not hold, and the block serves.
        lacking: rungs that only software changes, and that are not left out.
        whole: leave out nothing else: an act after a reset may have written the highest anew.
    """
    proof = next((index for index in reversed(range(rungs)) if proves(ladder[index]) and index not in left), None)
    found: dict[int, Check] = {}
    for index in range(rungs):
        unmoved = configures(ladder[index]) and index not in lacking
        if unmoved and (index in left or (index != proof and not whole)):
            continue
        for condition in moved(ladder[index]) if index in left else ladder[index].holds:
            if isinstance(condition, Where):
                continue
            for check in condition.operations:
                assert isinstance(check, Check), f"{check} in a condition"
                before = found.get(check.address, check)
                mask, value = before.mask | check.mask, before.value & ~check.mask | check.value
                found[check.address] = evolve(check, mask=mask, value=value)
    return tuple(found.values())


def _of(block: str, left: Collection[tuple[str, int]]) -> list[int]:
    """Return the rungs of a block that are among those left as they are."""
    return [index for name, index in left if name == block]


class Footing:
    """What makes sure, batch by batch, of the ground under a block that climbs in service.

    Its ground may fall at any moment of the climb, and a block without clock is not to be touched.

    Args:
        seat: of a block, by name.
        left: returns the rungs, by block and index, that are left as they are by now.

    Attributes:
        waits: called with a block that climbs up whenever it begins to wait for its hardware.
    """

    def __init__(
        self,
        graph: Graph,
        sentries: Sentries,
        seat: Callable[[str], Seat],
        left: Callable[[], Collection[tuple[str, int]]] = tuple,
    ) -> None:
        self._graph, self._sentries, self._seat, self._left = graph, sentries, seat, left
        self.waits: Callable[[str], None] = lambda _block: None
        self._grounds: dict[tuple[Needs, str], tuple[tuple[str, ...], Batch]] = {}
        self._parts: dict[tuple[str, int, str], Batch] = {}
        self._known: frozenset[tuple[str, int]] = frozenset()  # what was left when those were made

    def of(self, needs: Needs, own: str = "") -> tuple[tuple[str, ...], Batch]:
        """Return for each check of some ground the block that it is about, and the checks.

        Args:
            own: the block among them that is acted on itself: what the others lack for that does not stand.
        """
        left = frozenset(self._left())
        if left != self._known:
            self._grounds.clear()
            self._parts.clear()
            self._known = left
        key = needs, own
        if key not in self._grounds:
            parts = [(need[0], self._checks(*need, own)) for need in needs]
            below = tuple([name for name, part in parts for _ in range(len(part))])
            self._grounds[key] = below, joined(*(part for _, part in parts))
        return self._grounds[key]

    def _checks(self, block: str, rungs: int, own: str) -> Batch:
        """Return the checks of one block of some ground, at its own addresses."""
        key = block, rungs, own if own in ("", block) else "another"
        if key not in self._parts:
            ladder, known = self._graph.ladders[block], set(_of(block, self._known))
            lacking = known & undone(ladder) if own not in ("", block) else set[int]()
            checks = standing(ladder, rungs, known - lacking, lacking=lacking, whole=own == block)
            self._parts[key] = Batch(checks).rebased(self._seat(block).offset)
        return self._parts[key]

    def look(self, needs: Needs) -> Steps[TransportError | None]:
        """Look at some ground alone; return what was seen where it does not stand, or why it could not be seen.

        Raises:
            DeviceLost: the device is gone.
        """
        below, ground = self.of(needs)
        if not below:
            return None
        reply = yield Run(ground, Purpose.LOOK, "")
        assert reply.results is not None, "a batch without results"
        error = reply.results.error
        if isinstance(error, DeviceLost):
            raise error
        return None if error is None else error.at(where=below[len(reply.results)], index=len(reply.results))

    def _below(self, block: str, rung: str) -> int:
        """Return how many rungs of a block's way up are below one of them."""
        return [other.name for other in self._graph.ladders[block]].index(rung)

    def sure(self, steps: Steps[T | Fault], block: str, needs: Needs | None = None) -> Steps[T | Fault]:
        """Return a climb, or a look, whose batches touch the block only where its ground stands; else it ends.

        A dialogue is held over a way to the block on which the same is so. An act is done, and each batch of a
        dialogue, only where the rungs below stand as well: a reset may have taken them since they were looked at.

        Args:
            needs: the ground, of a climb to rest; None: all that the block stands on, and it climbs up.
        """
        own, needs = needs is None, self._sentries.ground(block) if needs is None else needs
        plain = self.of(needs)
        try:
            request = next(steps)
            while True:
                if own and isinstance(request, Watch):
                    self.waits(block)
                if own and _acts(request):
                    below, ground = self.of((*needs, (block, self._below(block, request.rung))), block)
                else:
                    below, ground = plain
                first = len(ground)
                if isinstance(request, Talk) and first:
                    sure = _Sure(request.dialogue, below, ground)
                    reply = yield evolve(request, dialogue=sure.hold)
                    if sure.fell is not None:
                        return _fallen(block, *sure.fell, reply.time_s)
                    request = steps.send(reply)
                    continue
                if not isinstance(request, (Run, Watch)) or not first:
                    request = steps.send((yield request))
                    continue
                reply = yield _behind(request, ground)
                results = reply.results
                assert results is not None, "a batch without results"
                error = results.error
                if len(results) < first and not isinstance(error, (DeviceLost, Unavailable, Indeterminate)):
                    return _fallen(block, below[len(results)], error, reply.time_s)
                theirs = Results(results.values[first:], error, results.poll_reads)
                request = steps.send(Reply(reply.time_s, theirs, looks=reply.looks, struck=reply.struck))
        except StopIteration as done:
            outcome: T | Fault = done.value
            return outcome
        finally:
            steps.close()


class _Sure:
    """A dialogue, and a way to its block on which each batch begins with the ground.

    Attributes:
        fell: the block of the ground that did not stand, and what was seen; None: it stood.
    """

    def __init__(self, dialogue: Dialogue, below: tuple[str, ...], ground: Batch) -> None:
        self._dialogue, self._below, self._ground = dialogue, below, ground
        self._bus: Submit | None = None
        self.fell: tuple[str, TransportError] | None = None

    async def hold(self, port: Port) -> None:
        """Hold the dialogue; the port is its own, and nobody else's."""
        self._bus, port.bus = port.bus, self
        await self._dialogue(port)

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        """Run a batch behind the look at the ground.

        Raises:
            CheckFailed, BusFault: a block that it stands on does not stand; the block itself was not touched.
        """
        assert self._bus is not None, "a batch of a dialogue that is not held"
        results = await self._bus.submit(joined(self._ground, batch), owner=owner)
        error, done = results.error, len(results) - len(self._ground)
        if error is not None and done < 0 and not isinstance(error, DeviceLost | Unavailable | Indeterminate):
            self.fell = self._below[len(results)], error
            raise error.at(where=self._below[len(results)], index=len(results))
        return Results(results.values[len(self._ground) :], error, results.poll_reads)


def _acts(request: object) -> TypeGuard[Run | Talk]:
    return isinstance(request, Talk) or (isinstance(request, Run) and request.purpose is Purpose.ACT)


def _fallen(block: str, below: str, error: TransportError | None, time_s: float) -> Fault:
    reason = f"{'it' if below == block else f'{below}, which it stands on,'} fell meanwhile: {error}"
    return Fault(block=block, rung="", cause=Cause.BUS, reason=reason, time_s=time_s, error=error)


def _behind(request: Run | Watch, ground: Batch) -> Run | Watch:
    batch, first = joined(ground, request.batch), len(ground)
    if isinstance(request, Run):
        return Run(batch, request.purpose, request.rung)
    rung, acted_s, deadline_s = request.rung, request.acted_s, request.deadline_s
    return Watch(batch, rung, request.stop + first, request.first_s, acted_s, deadline_s, first=first)
