"""Who needs whom: what must stand before what, in which order, and how long the hardware itself takes.

The nodes are rungs. A rung stands on the one below it; the lowest rung of a block stands on what the block needs and
on the block that offers its address space; any other rung stands on its own `needs`. So two blocks may need rungs of
each other, as long as no rung needs itself. The controller of a block's interrupt line is no need: a line is a hint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from blocks.ladder import Ladder
from registers.paths import instead, matching

if TYPE_CHECKING:
    from blocks.chip import Chip

Stages: TypeAlias = "Mapping[str, Mapping[str, float]]"  # seconds by block and rung
NO_STAGES: Mapping[str, float] = {}
Node: TypeAlias = "tuple[str, int]"  # a block and how many of its rungs: (block, 0) is the block before its look


class GraphError(ValueError):
    """The needs of a chip cannot be met: something is missing, or a rung needs itself."""


@frozen(eq=False)
class Graph:
    """The needs of a set of blocks.

    Attributes:
        ladders: of each block, in the order of the chip.
        needs: what each block needs before it is touched: `spi0`, or `pll[0]:locked`.
        behind: the block that offers the address space, of the blocks that are not on the chip's own bus.
    """

    ladders: Mapping[str, Ladder]
    needs: Mapping[str, tuple[str, ...]]
    behind: Mapping[str, str]

    def resolve(self, need: str, who: str) -> Node:
        """Return the block that a need names, and how many of its rungs must stand.

        Raises:
            GraphError: no such block, or no such rung.
        """
        block, colon, rung = need.partition(":")
        if block not in self.ladders:
            raise GraphError(f"{who} needs {need!r}, and there is no block {block!r}{instead(block, self.ladders)}")
        if not colon:
            return block, len(self.ladders[block])
        names = [rung.name for rung in self.ladders[block]]
        if rung not in names:
            raise GraphError(f"{who} needs {need!r}, and {block} has no rung {rung!r}; it has {', '.join(names)}")
        return block, names.index(rung) + 1

    @cached_property
    def before(self) -> Mapping[Node, tuple[Node, ...]]:
        """The nodes that must stand directly before each node.

        Raises:
            GraphError: a need that does not exist.
        """
        found: dict[Node, tuple[Node, ...]] = {}
        for block, ladder in self.ladders.items():
            found[block, 0] = tuple(self.resolve(need, block) for need in self.needs[block])
            for index, rung in enumerate(ladder):
                needs = (self.resolve(need, f"{block}:{rung.name}") for need in rung.needs)
                found[block, index + 1] = ((block, index), *needs)
        return found

    def blocks_before(self, block: str) -> tuple[str, ...]:
        """Return the other blocks that any rung of a block directly needs."""
        nodes = (node for count in range(len(self.ladders[block]) + 1) for node in self.before[block, count])
        return tuple(dict.fromkeys(other for other, _ in nodes if other != block))

    def needed_by(self, names: Iterable[str]) -> set[str]:
        """Return the blocks named and all they need, however far."""
        return _closure(names, {block: self.blocks_before(block) for block in self.ladders})

    def dependants(self, block: str) -> set[str]:
        """Return the blocks that need one, however far, without itself."""
        users: dict[str, list[str]] = {name: [] for name in self.ladders}
        for name in self.ladders:
            for other in self.blocks_before(name):
                users[other].append(name)
        return _closure([block], users) - {block}

    def only(self, pattern: str) -> Graph:
        """Return the part that the blocks of a pattern need; `*` and `?` as in a shell, `[` is a bracket.

        Raises:
            GraphError: no block matches.
        """
        matched = matching(pattern, self.ladders)
        if not matched:
            raise GraphError(f"no block matches {pattern!r}{instead(pattern, self.ladders)}")
        wanted = self.needed_by(matched)
        return Graph(
            {name: ladder for name, ladder in self.ladders.items() if name in wanted},
            {name: needs for name, needs in self.needs.items() if name in wanted},
            {name: parent for name, parent in self.behind.items() if name in wanted},
        )

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """All nodes, each after those it needs; among equals, in the order of the chip.

        Raises:
            GraphError: names the rungs of a cycle, or a need that does not exist.
        """
        place = {name: index for index, name in enumerate(self.ladders)}
        after: dict[Node, list[Node]] = {node: [] for node in self.before}
        for node, others in self.before.items():
            for other in others:
                after[other].append(node)
        missing = {node: len(others) for node, others in self.before.items()}
        ready = [(place[name], count) for (name, count), others in self.before.items() if not others]
        heapify(ready)
        names = list(self.ladders)
        done: list[Node] = []
        while ready:
            index, count = heappop(ready)
            done.append((names[index], count))
            for node in after[done[-1]]:
                missing[node] -= 1
                if not missing[node]:
                    heappush(ready, (place[node[0]], node[1]))
        if len(done) < len(missing):
            raise GraphError(f"needs go round in a circle: {self._circle(set(missing) - set(done))}")
        return tuple(done)

    def block_order(self) -> tuple[str, ...]:
        """Return the blocks in the order in which they can be up."""
        return tuple(name for name, count in self.order if count == len(self.ladders[name]))

    def _settles(self, node: Node) -> float:
        block, count = node
        return self.ladders[block][count - 1].settles if count else 0.0

    def critical_path(self, stages: Stages | None = None) -> tuple[float, tuple[str, ...]]:
        """Return the seconds that the hardware needs when nothing else does, and the chain of blocks that take them.

        Args:
            stages: as `critical_rungs`.
        """
        total, rungs = self.critical_rungs(stages)
        return total, tuple(block for block, _ in groupby(block for block, _ in rungs))

    def critical_rungs(self, stages: Stages | None = None) -> tuple[float, tuple[tuple[str, str], ...]]:
        """Return the seconds that the hardware needs when nothing else does, and the chain of rungs that take them.

        Args:
            stages: as `critical_steps`.
        """
        total, steps = self.critical_steps(stages)
        return total, tuple((block, rung) for block, rung, _ in steps)

    def critical_steps(self, stages: Stages | None = None) -> tuple[float, tuple[tuple[str, str, float], ...]]:
        """Return the same, each rung with the seconds that it takes.

        Args:
            stages: the seconds that the hardware takes, by block and rung, where the target knows them; None: the
                usual ones, as the ladders say.
        """
        takes = {node: self._settles(node) if stages is None else self._takes(node, stages) for node in self.order}
        ends: dict[Node, float] = {}
        via: dict[Node, Node | None] = {}
        for node in self.order:
            last = max(self.before[node], key=ends.__getitem__, default=None)
            ends[node] = takes[node] + (0.0 if last is None else ends[last])
            via[node] = last
        at = max(ends, key=ends.__getitem__, default=None)
        total = 0.0 if at is None else ends[at]
        chain: list[tuple[str, str, float]] = []
        while at is not None:
            if takes[at]:
                chain.append((at[0], self.ladders[at[0]][at[1] - 1].name, takes[at]))
            at = via[at]
        return total, tuple(reversed(chain))

    def _takes(self, node: Node, stages: Stages) -> float:
        block, count = node
        return stages.get(block, NO_STAGES).get(self.ladders[block][count - 1].name, 0.0) if count else 0.0

    def remaining(self) -> Mapping[str, float]:
        """Return, for each block, the longest time from its first act until all that needs it is up.

        Whoever shares a bus serves the longest first.
        """
        tail: dict[Node, float] = {}
        for node in reversed(self.order):
            tail[node] = tail.get(node, 0.0) + self._settles(node)
            for other in self.before[node]:
                tail[other] = max(tail.get(other, 0.0), tail[node])
        return {name: tail[name, 0] for name in self.ladders}

    def _said(self, node: Node) -> str:
        block, count = node
        ladder = self.ladders[block]
        return block if count in (0, len(ladder)) else f"{block}:{ladder[count - 1].name}"

    def _circle(self, left: set[Node]) -> str:
        """Return one cycle among the nodes left, in words."""
        at = min(left)
        walked: list[Node] = []
        while at not in walked:
            walked.append(at)
            at = min(node for node in self.before[at] if node in left)
        circle = [*walked[walked.index(at) :], at]
        needed = [self._said(after) for node, after in pairwise(circle) if after != (node[0], node[1] - 1)]
        first = needed.index(min(needed))
        return " -> ".join((*needed[first:], *needed[: first + 1]))


def _closure(names: Iterable[str], reach: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(reach[name])
    return found


def checked(graph: Graph) -> Graph:
    """Return a graph whose needs exist and do not go round in a circle.

    Raises:
        GraphError: as `Graph.order`.
    """
    assert len(graph.order) == len(graph.before), "an order lacks a rung"
    return graph


def graph_of(chip: Chip) -> Graph:
    """Return the needs of a chip, checked.

    Raises:
        GraphError: a need that does not exist, or a cycle, by name.
    """
    ladders = {name: instance.variant.up for name, instance in chip.instances.items()}
    needs = {
        name: tuple(dict.fromkeys((*(() if instance.behind is None else (instance.behind,)), *instance.needs)))
        for name, instance in chip.instances.items()
    }
    behind = {name: i.behind for name, i in chip.instances.items() if i.behind is not None}
    return checked(Graph(ladders, needs, behind))


def critical_path(chip: Chip) -> tuple[float, tuple[str, ...]]:
    """Return the seconds that a chip's hardware needs to come up, and the chain of blocks that take them."""
    return graph_of(chip).critical_path()
