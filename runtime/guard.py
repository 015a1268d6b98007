"""A look that first makes sure of the ground: what a block stands on, and then the block, in one batch.

A block without clock or power answers with an error at best, and at worst not at all. So in service nobody touches a
block before what it needs was seen to stand, by the same batch: it stops at the first check that fails, and the block
is not reached. Nothing of an earlier look is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import frozen

from blocks.look import Look, Shortfall, compile_look
from runtime.climb import RETRY_S, Plan, Seat, Steps
from runtime.fault import Cause, Fault
from runtime.graph import Graph
from runtime.requests import Purpose, Run, Wait
from runtime.words import count
from transports.batch import Batch, Operation, Results
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable

RETRIES_MAX = 2  # a link that is down is soon known to be: each try of 300 blocks may take its time-out


@frozen
class Ground:
    """A block was not looked at: something that it stands on does not stand.

    Attributes:
        block: that one; `index` how many of its rungs stand.
        reason: what was seen of it, one sentence.
    """

    block: str
    index: int
    reason: str


@frozen
class _Part:
    """The checks of one block within a batch: of its rungs up to the one that is needed."""

    block: str
    look: Look
    first: int


@frozen(eq=False)
class Sentry:
    """The look at one block, with the ground before it.

    Attributes:
        seat: whose.
        needs: the ground: blocks, or rungs of blocks, those first that others stand on.
    """

    seat: Seat
    needs: tuple[str, ...]
    batch: Batch
    _parts: tuple[_Part, ...]

    @property
    def ground(self) -> Batch:
        """The checks of the ground alone."""
        return Batch(self.batch.operations[: self._parts[-1].first])

    def judge(self, results: Results) -> Ground | Shortfall | None:
        """Return what does not hold; None when all does.

        Raises:
            TransportError: the look at the block itself failed; its `where` names block and register.
        """
        for part in self._parts[:-1]:
            try:
                short = part.look.judge(results, part.block, first=part.first)
            except (DeviceLost, Unavailable, Indeterminate):
                raise
            except TransportError as error:
                return Ground(part.block, 0, str(error))
            if short is not None:
                return Ground(part.block, short.index, _said(short))
        own = self._parts[-1]
        return own.look.judge(results, own.block, first=own.first)

    def look(self, now: float, *, ground: bool = False) -> Steps[Ground | Shortfall | Fault | None]:
        """Look once; what the bus did not take is tried again.

        Args:
            ground: only at that; the block is not touched.

        Returns:
            What does not hold, None when all does, or why the bus did not let it see.

        Raises:
            DeviceLost: the device is gone.
        """
        batch, retries, name = self.ground if ground else self.batch, 0, self.seat.name
        if not batch.operations:
            return None
        while True:
            reply = yield Run(batch, Purpose.LOOK, "")
            assert reply.results is not None, "a batch without results"
            try:
                return self._judge_ground(reply.results) if ground else self.judge(reply.results)
            except DeviceLost:
                raise
            except (Unavailable, Indeterminate) as error:
                if retries >= RETRIES_MAX:
                    how = f"the bus failed {count(retries + 1, 'time')}, last with {type(error).__name__}: {error}"
                    return _fault(name, how, error, reply.time_s)
            except TransportError as error:
                return _fault(name, f"{type(error).__name__}: {error}", error, reply.time_s)
            retries += 1
            yield Wait(RETRY_S * 2 ** (retries - 1))

    def _judge_ground(self, results: Results) -> Ground | Shortfall | None:
        return Sentry(self.seat, self.needs, self.batch, (*self._parts[:-1], _nothing(self._parts[-1]))).judge(results)


def _nothing(part: _Part) -> _Part:
    return _Part(part.block, Look(part.look.ladder, Batch(()), ()), part.first)


def _said(short: Shortfall) -> str:
    return f"{short.rung}: {short.register} wanted {short.wanted}, last {short.last}"


def _fault(block: str, reason: str, error: TransportError, time_s: float) -> Fault:
    register = error.where.removeprefix(block).removeprefix(".")
    return Fault(block=block, rung="", cause=Cause.BUS, reason=reason, register=register, error=error, time_s=time_s)


class Sentries:
    """The guarded looks of a chip, each made when it is first wanted.

    Args:
        plan, seat: of a block, by name.
    """

    def __init__(self, graph: Graph, plan: Callable[[str], Plan], seat: Callable[[str], Seat]) -> None:
        self._graph, self._plan, self._seat = graph, plan, seat
        self._order = {name: place for place, name in enumerate(graph.block_order())}
        self._needs: dict[str, dict[str, int]] = {}
        self._grounds: dict[tuple[tuple[str, int], ...], tuple[tuple[_Part, ...], tuple[Operation, ...]]] = {}
        self._made: dict[tuple[str, frozenset[str]], Sentry] = {}

    def of(self, block: str, without: Iterable[str] = ()) -> Sentry:
        """Return the guarded look at a block.

        Args:
            without: blocks of the ground that are taken as they are: they do not show what they should, and serve.
        """
        key = block, frozenset(without)
        if key not in self._made:
            ground = tuple(item for item in self.ground(block) if item[0] not in key[1])
            parts, operations = self._ground(ground)
            look, seat = self._plan(block).whole, self._seat(block)
            own = _Part(block, look, len(operations))
            batch = Batch((*operations, *look.batch.prepared.at(seat.offset).operations))
            self._made[key] = Sentry(seat, tuple(self._name(*item) for item in ground), batch, (*parts, own))
        return self._made[key]

    def ground(self, block: str) -> tuple[tuple[str, int], ...]:
        """Return what a block stands on before it may be touched: blocks, and how many of their rungs.

        Of an address space behind another block nothing is told here: it is reached through that block's registers.
        """
        return tuple(sorted(self._below(block).items(), key=lambda item: self._order[item[0]]))

    def _below(self, block: str) -> dict[str, int]:
        found = self._needs.get(block)
        if found is None:
            found = self._needs[block] = {}
            here = self._graph.behind.get(block)
            for need in self._graph.needs[block]:
                other, rungs = self._graph.resolve(need, block)
                if self._graph.behind.get(other) != here:
                    continue
                for below, at_least in (*self._below(other).items(), (other, rungs)):
                    found[below] = max(found.get(below, 0), at_least)
        return found

    def _name(self, block: str, rungs: int) -> str:
        ladder = self._graph.ladders[block]
        return block if rungs == len(ladder) else f"{block}:{ladder[rungs - 1].name}"

    def _ground(self, ground: tuple[tuple[str, int], ...]) -> tuple[tuple[_Part, ...], tuple[Operation, ...]]:
        """Return the checks of some ground; all blocks of a cluster have the same."""
        if ground not in self._grounds:
            parts: list[_Part] = []
            operations: list[Operation] = []
            for block, rungs in ground:
                plan = self._plan(block)
                whole = rungs == len(plan.ladder)
                look = plan.whole if whole else compile_look(plan.ladder, 0, rungs)
                parts.append(_Part(block, look, len(operations)))
                operations.extend(look.batch.prepared.at(self._seat(block).offset).operations)
            self._grounds[ground] = tuple(parts), tuple(operations)
        return self._grounds[ground]
