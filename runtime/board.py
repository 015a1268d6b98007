"""Who stands, who waits for whom, and when nothing more will happen. In memory only: it mirrors the last looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import trio
from attrs import define, field

from blocks.look import Shortfall
from runtime.fault import Fault
from runtime.graph import Graph, Node
from runtime.summary import IN_SERVICE, Progress, State, Waiting


@define(eq=False)
class _Wait:
    """One block waits at one rung: for what is named, which are these blocks with so many of their rungs."""

    names: tuple[str, ...]
    nodes: tuple[Node, ...]
    event: trio.Event = field(factory=trio.Event)


class Board:
    """The blocks of one graph.

    Args:
        begin_s: from which times are counted, on the runtime's clock.

    Attributes:
        states: of each block; CLIMBING until something else is known.
        standing: how many of its lowest rungs were last seen to hold.
        faults: of the failed blocks.
        lessened: of the blocks that are up and not full, what does not hold.
        doubted: blocks that a sweep did not see to stand, and that have not been looked at by themselves since.
        settled: set when no block climbs: what waits then, waits for something that failed.
    """

    def __init__(self, graph: Graph, watch: Callable[[Progress], None] | None = None, *, begin_s: float = 0.0) -> None:
        self.graph, self._begin_s = graph, begin_s
        self.states = dict.fromkeys(graph.ladders, State.CLIMBING)
        self.standing = dict.fromkeys(graph.ladders, 0)
        self.faults: dict[str, Fault] = {}
        self.lessened: dict[str, Shortfall] = {}
        self.doubted: set[str] = set()
        self.settled = trio.Event()
        self._watch = watch
        self._climbing = len(self.states)
        self._served: dict[str, State] = {}  # how each was last seen in service
        self._waits: dict[str, _Wait] = {}
        self._users: dict[str, list[str]] = {}
        if not self._climbing:
            self.settled.set()

    def missing(self, block: str, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of a block's needs that do not stand now."""
        found: list[str] = []
        for name in names:
            other, count = self.graph.resolve(name, block)
            if self.standing[other] < count:
                found.append(name)
        return tuple(found)

    async def wait(self, block: str, names: tuple[str, ...], rung: str = "") -> bool:
        """Wait until all that is named stands at once, and say whether that took a wait.

        Args:
            rung: the one that needs it, for whoever watches.
        """
        missing = self.missing(block, names)
        if not missing:
            return False
        nodes = tuple(self.graph.resolve(name, block) for name in names)
        waiting = self._waits[block] = _Wait(names, nodes)
        for other in dict.fromkeys(other for other, _ in nodes):
            self._users.setdefault(other, []).append(block)
        self._move(block, State.WAITING, rung, ", ".join(missing))
        try:
            await waiting.event.wait()
        finally:
            self._waits.pop(block, None)
        return True

    def stands(self, block: str, count: int) -> None:
        """Note that the `count` lowest rungs of a block hold, and the next, if any, does not."""
        self.standing[block] = count
        self.doubted.discard(block)
        state, rungs = self.states[block], self.graph.ladders[block].rungs
        if count < len(rungs) and (self._watch is not None or state in IN_SERVICE):
            self._move(block, State.CLIMBING if state in IN_SERVICE else state, rungs[count].name)
        users = self._users.pop(block, None)
        if users is None:
            return
        still = [user for user in users if user in self._waits and not self._woken(user)]
        if still:
            self._users[block] = still

    def up(self, block: str, lessened: Shortfall | None = None, *, state: State = State.UP) -> None:
        """Note that a block's whole ladder was seen to hold; and what a full one would show, where it does not."""
        self.faults.pop(block, None)
        self.lessened.pop(block, None)
        if lessened is None:
            self._move(block, State.UP)
            return
        self.lessened[block] = lessened
        self._move(block, state, lessened.rung, f"{lessened.register} wanted {lessened.wanted}, last {lessened.last}")

    def again(self, block: str) -> None:
        """Note that a block is as it was last seen in service: whoever looked anew was cut short."""
        if block in self._served and self.states[block] in (State.CLIMBING, State.WAITING):
            self._move(block, self._served[block])

    def known(self, block: str, state: State, lessened: Shortfall | None) -> None:
        """Note how a block was last seen in service; nobody may look at it now, nor ask it for interrupts."""
        self.stands(block, len(self.graph.ladders[block]))
        self.up(block, lessened, state=state)
        self.doubted.add(block)

    def lacks(self, block: str) -> None:
        """Note that what a block stands on does not stand, and is not brought back now."""
        self.stands(block, 0)
        self._move(block, State.WAITING, "", ", ".join(self.missing(block, self.graph.needs[block])))

    def put_off(self, block: str) -> None:
        """Note that what is to be done about a block waits until nothing else climbs."""
        if not self.settled.is_set() and self.states[block] is State.CLIMBING:
            self._move(block, State.WAITING)

    def rest(self, block: str) -> None:
        """Note that a block was put to rest on purpose."""
        self.standing[block] = 0
        self.faults.pop(block, None)
        self.lessened.pop(block, None)
        self._move(block, State.RESTED)

    def wake(self, block: str) -> None:
        """Note that a block that was not in service is brought up."""
        self.faults.pop(block, None)
        self._move(block, State.CLIMBING)

    def fail(self, fault: Fault) -> None:
        """Note that a block failed."""
        self.faults[fault.block] = fault
        self.lessened.pop(fault.block, None)
        self._move(fault.block, State.FAILED, fault.rung, fault.reason)

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the blocks that wait, what for, and the failed blocks behind that."""
        found: list[Waiting] = []
        for block, state in self.states.items():
            if state is State.WAITING:
                found.append(Waiting(block, self.missing(block, self.awaited(block)), self._roots(block)))
        return tuple(found)

    def reachable(self, block: str) -> bool:
        """Say whether a block was in service when it was last looked at, and no sweep has found otherwise since."""
        return self.states[block] in IN_SERVICE and block not in self.doubted

    def down(self, block: str) -> bool:
        """Say whether nothing is done to bring a block up: it has failed or rests, or waits for one that has."""
        return any(self.states[root] in (State.FAILED, State.RESTED) for root in self._roots(block))

    def awaited(self, block: str) -> tuple[str, ...]:
        """Return what a block waits for."""
        waiting = self._waits.get(block)
        return self.graph.needs[block] if waiting is None else waiting.names

    def _roots(self, block: str) -> tuple[str, ...]:
        roots: dict[str, None] = {}
        seen: set[str] = set()
        todo = [block]
        while todo:
            at = todo.pop(0)
            if at in seen:
                continue
            seen.add(at)
            if self.states[at] is State.WAITING:
                names = self.missing(at, self.awaited(at))
                todo.extend(self.graph.resolve(name, at)[0] for name in names)
            else:
                roots[at] = None
        return tuple(roots)

    def _woken(self, block: str) -> bool:
        """Wake a waiting block when all it waits for stands; say whether it does."""
        waiting = self._waits[block]
        for other, count in waiting.nodes:
            if self.standing[other] < count:
                return False
        del self._waits[block]
        self._move(block, State.CLIMBING)
        waiting.event.set()
        return True

    def _move(self, block: str, state: State, rung: str = "", detail: str = "") -> None:
        before, self.states[block] = self.states[block], state
        if state in IN_SERVICE:
            self._served[block] = state
        if self._watch is not None:
            self._watch(Progress(block, state, rung, trio.current_time() - self._begin_s, detail))
        if state is before:
            return
        self._climbing += (state is State.CLIMBING) - (before is State.CLIMBING)
        if not self._climbing:
            self.settled.set()
