"""A look that first makes sure of the ground: what a block stands on, and then the block, in one batch.

A block without clock or power answers with an error at best, and at worst not at all. So in service nobody touches a
block before what it needs was seen to stand, by the same batch: it stops at the first check that fails, and the block
is not reached. Nothing of an earlier look is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import pairwise

from attrs import evolve, frozen

from blocks.look import Look, Shortfall, compile_look
from runtime.climb import RETRY_S, Plan, Seat, Steps
from runtime.fault import Cause, Fault
from runtime.graph import Graph
from runtime.requests import Purpose, Run, Wait
from runtime.words import count
from transports.batch import Batch, Results
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable
from transports.joined import joined

MADE_MAX = 4  # looks that are kept for each block: as it is, and with what was left elsewhere; more are made anew
RETRIES_MAX = 2  # a link that is down is soon known to be: each try of 300 blocks may take its time-out


@frozen
class Ground:
    """A block was not looked at: something that it stands on does not stand.

    Attributes:
        block: that one; `index` how many of its rungs stand.
        reason: what was seen of it, one sentence.
        short: the evidence; None: it could not be read.
        error: why not, where it gave no answer: perhaps none is to be had from the whole chip.
    """

    block: str
    index: int
    reason: str
    short: Shortfall | None = None
    error: TransportError | None = None

    @property
    def said(self) -> str:
        """What it does not do, to go behind its name."""
        return f"{'cannot be read:' if self.short is None else 'does not show'} {self.reason}"


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
        ground: the checks of it alone.
    """

    seat: Seat
    needs: tuple[str, ...]
    ground: Batch
    batch: Batch
    _grounds: tuple[_Part, ...]
    _own: tuple[_Part, ...]

    def before(self, *looks: Look) -> Sentry:
        """Return other looks at the block behind the same ground, in one batch."""
        parts, first = list[_Part](), len(self.ground)
        for look in looks:
            parts.append(_Part(self.seat.name, look, first))
            first += len(look.batch)
        own = [look.batch.prepared.at(self.seat.offset) for look in looks]
        return evolve(self, batch=joined(self.ground, *own), own=tuple(parts))

    def judge(self, results: Results, *, ground: bool = False) -> Ground | Shortfall | None:
        """Return what does not hold; None when all does.

        Args:
            ground: only that was looked at.

        Raises:
            TransportError: the look at the block itself failed; its `where` names block and register.
        """
        for part in self._grounds:
            try:
                short = part.look.judge(results, part.block, first=part.first)
            except (DeviceLost, Unavailable, Indeterminate):
                raise
            except TransportError as error:
                return Ground(part.block, 0, str(error))
            if short is not None:
                return Ground(part.block, short.index, _said(short), short)
        for part in () if ground else self._own:
            if (short := part.look.judge(results, part.block, first=part.first)) is not None:
                return short
        return None

    def look(
        self, now: float, *, ground: bool = False, retries_max: int = RETRIES_MAX
    ) -> Steps[Ground | Shortfall | Fault | None]:
        """Look once; what the bus did not take is tried again.

        Args:
            ground: only at that; the block is not touched.
            retries_max: so many times more.

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
                return self.judge(reply.results, ground=ground)
            except DeviceLost:
                raise
            except (Unavailable, Indeterminate) as error:
                if retries >= retries_max:
                    how = f"the bus failed {count(retries + 1, 'time')}, last with {type(error).__name__}: {error}"
                    silent = self._silent(reply.results) if isinstance(error, Indeterminate) else None
                    return Ground(silent, 0, how, error=error) if silent else _fault(name, how, error, reply.time_s)
            except TransportError as error:
                return _fault(name, f"{type(error).__name__}: {error}", error, reply.time_s)
            retries += 1
            yield Wait(RETRY_S * 2 ** (retries - 1))

    def _silent(self, results: Results) -> str | None:
        """Return the block of the ground at which a batch got no answer; None: it got as far as the block itself."""
        return next((part.block for part in self._grounds if len(results) < part.first + len(part.look.batch)), None)


def _said(short: Shortfall) -> str:
    return f"{short.rung}: {short.register} wanted {short.wanted}, last {short.last}"


def _fault(block: str, reason: str, error: TransportError, time_s: float) -> Fault:
    register = error.where.removeprefix(block).removeprefix(".")
    return Fault(block=block, rung="", cause=Cause.BUS, reason=reason, register=register, error=error, time_s=time_s)


class Sentries:
    """The guarded looks of a chip, each made when it is first wanted, and kept as long as there are not too many.

    Args:
        plan, seat: of a block, by name.
    """

    def __init__(self, graph: Graph, plan: Callable[[str], Plan], seat: Callable[[str], Seat]) -> None:
        self._graph, self._plan, self._seat = graph, plan, seat
        self._order = {name: place for place, name in enumerate(graph.block_order())}
        self._needs: dict[str, dict[str, int]] = {}
        self._grounds: dict[tuple[tuple[str, int], ...], tuple[tuple[_Part, ...], Batch]] = {}
        self._made: dict[tuple[str, frozenset[str], frozenset[tuple[str, int]]], Sentry] = {}

    def of(self, block: str, without: Iterable[str] = (), left: Iterable[tuple[str, int]] = ()) -> Sentry:
        """Return the guarded look at a block.

        Args:
            without: blocks of the ground that are not looked at.
            left: rungs, by block and index, that are taken as they are: they do not hold, and the block serves.
        """
        key = block, frozenset(without), frozenset(left)
        if key not in self._made:
            if len(self._made) >= MADE_MAX * len(self._graph.ladders):
                self._made.clear()
            ground = tuple(item for item in self.ground(block) if item[0] not in key[1])
            parts, below = self._ground(ground, key[2])
            own = self._parts(block, len(self._plan(block).ladder), key[2], len(below))
            needs = tuple(self._name(*item) for item in ground)
            batch = joined(below, *map(self._checks, own))
            self._made[key] = Sentry(self._seat(block), needs, below, batch, parts, own)
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

    def _ground(
        self, ground: tuple[tuple[str, int], ...], left: Collection[tuple[str, int]]
    ) -> tuple[tuple[_Part, ...], Batch]:
        """Return the checks of some ground; all blocks of a cluster have the same."""
        if ground in self._grounds and not left:
            return self._grounds[ground]
        parts: list[_Part] = []
        first = 0
        for block, rungs in ground:
            parts += self._parts(block, rungs, left, first)
            first = sum(map(_size, parts))
        made = tuple(parts), joined(*map(self._checks, parts))
        if not left:
            self._grounds[ground] = made
        return made

    def _parts(self, block: str, rungs: int, left: Collection[tuple[str, int]], first: int) -> tuple[_Part, ...]:
        """Return the checks of the lowest rungs of a block; of those that are left as they are, what hardware moves."""
        plan = self._plan(block)
        skipped = sorted(index for name, index in left if name == block and index < rungs)
        if not skipped and rungs == len(plan.ladder):
            return (_Part(block, plan.whole, first),)
        parts: list[_Part] = []
        for start, stop in pairwise((-1, *skipped, rungs)):
            looks = [compile_look(plan.ladder, start + 1, stop), *([plan.moved(stop)] if stop < rungs else [])]
            for look in looks:
                parts.append(_Part(block, look, first))
                first += len(look.batch)
        return tuple(parts)

    def _checks(self, part: _Part) -> Batch:
        return part.look.batch.prepared.at(self._seat(part.block).offset)


def _size(part: _Part) -> int:
    return len(part.look.batch)
