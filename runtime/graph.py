"""Who needs whom: what must stand before what, in which order, and how long the hardware itself takes.

The nodes are rungs. A rung stands on the one below it; the lowest rung of a block stands on what the block needs and
on the block that offers its address space; any other rung stands on its own `needs`. So two blocks may need rungs of
each other, as long as no rung needs itself. The controller of a block's interrupt line is no need: a line is a hint.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from heapq import heappop, heappush
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
        found = self._resolved.get(need)
        if found is None:
            found = self._resolved[need] = self._resolve(need, who)
        return found

    @cached_property
    def _resolved(self) -> dict[str, Node]:
        """Needs that were resolved before."""
        return {}

    def _resolve(self, need: str, who: str) -> Node:
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
    def _tops(self) -> Mapping[str, int]:
        """The number of each block's highest node: nodes are numbered block after block, each from the bottom up."""
        tops: dict[str, int] = {}
        top = -1
        for block, ladder in self.ladders.items():
            tops[block] = top = top + 1 + len(ladder)
        return tops

    @cached_property
    def _names(self) -> tuple[list[int], list[str]]:
        """The highest nodes of all blocks, and the blocks."""
        return list(self._tops.values()), list(self._tops)

    def _node(self, number: int) -> Node:
        tops, names = self._names
        block = names[bisect_left(tops, number)]
        return block, number - self._tops[block] + len(self.ladders[block])

    @cached_property
    def _before(self) -> list[tuple[int, ...]]:
        """The nodes that must stand directly before each node.

        Raises:
            GraphError: a need that does not exist.
        """

        def number(need: str, who: str) -> int:
            block, count = self.resolve(need, who)
            return self._tops[block] - len(self.ladders[block]) + count

        before: list[tuple[int, ...]] = []
        for block, ladder in self.ladders.items():
            before.append(tuple(dict.fromkeys([number(need, block) for need in self.needs[block]])))
            for at, rung in enumerate(ladder.rungs, len(before) - 1):
                if rung.needs:
                    needs = [number(need, f"{block}:{rung.name}") for need in rung.needs]
                    before.append(tuple(dict.fromkeys((at, *needs))))
                else:
                    before.append((at,))
        return before

    def blocks_before(self, block: str) -> tuple[str, ...]:
        """Return the other blocks that any rung of a block directly needs."""
        return self._suppliers[block]

    @cached_property
    def _suppliers(self) -> Mapping[str, tuple[str, ...]]:
        """The other blocks that each block directly needs."""
        found: dict[str, tuple[str, ...]] = {}
        for block, top in self._tops.items():
            bottom = top - len(self.ladders[block])
            nodes = [node for at in range(bottom, top + 1) for node in self._before[at] if not bottom <= node <= top]
            found[block] = tuple(dict.fromkeys([self._node(node)[0] for node in nodes]))
        return found

    @cached_property
    def _consumers(self) -> Mapping[str, list[str]]:
        """The other blocks that directly need each block."""
        found: dict[str, list[str]] = {name: [] for name in self.ladders}
        for name, others in self._suppliers.items():
            for other in others:
                found[other].append(name)
        return found

    def needed_by(self, names: Iterable[str]) -> set[str]:
        """Return the blocks named and all they need, however far."""
        return _closure(names, self._suppliers)

    def blocks_after(self, *blocks: str) -> tuple[str, ...]:
        """Return the other blocks that need any of those named, however far, in `stop_order`."""
        return self.stop_order(_closure(blocks, self._consumers).difference(blocks))

    def stop_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return blocks, each before all that it needs to be up: the way down."""
        return tuple(sorted(names, key=self._ranks.__getitem__, reverse=True))

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        """The place of each block in `block_order`."""
        return {block: rank for rank, block in enumerate(self.block_order())}

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
    def order(self) -> Sequence[int]:
        """All nodes, by number, each after those it needs; among equals, in the order of the chip.

        Raises:
            GraphError: names the rungs of a cycle, or a need that does not exist.
        """
        above, users = self._users()
        missing = [len(others) for others in self._before]
        ready = [node for node, count in enumerate(missing) if not count]
        done: list[int] = []
        while ready:
            node = heappop(ready)
            while True:
                done.append(node)
                for user in users.get(node, ()):
                    missing[user] -= 1
                    if not missing[user]:
                        heappush(ready, user)
                if not above[node]:
                    break
                node += 1
                missing[node] -= 1
                if missing[node]:
                    break
                if ready and ready[0] < node:
                    heappush(ready, node)
                    break
        if len(done) < len(missing):
            raise GraphError(f"needs go round in a circle: {self._circle(set(range(len(missing))) - set(done))}")
        return done

    def _users(self) -> tuple[bytearray, Mapping[int, list[int]]]:
        """Return who needs each node: whether the next by number does, mostly the next rung, and the others."""
        above = bytearray(len(self._before))
        users: dict[int, list[int]] = {}
        for node, others in enumerate(self._before):
            for other in others:
                if other == node - 1:
                    above[other] = True
                else:
                    users.setdefault(other, []).append(node)
        return above, users

    def block_order(self) -> tuple[str, ...]:
        """Return the blocks in the order in which they can be up."""
        names = {top: name for name, top in self._tops.items()}
        return tuple([names[node] for node in self.order if node in names])

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the blocks in rows: each needs blocks of the rows before it alone."""
        row: dict[str, int] = {}
        for name in self.block_order():
            below = [row[self.resolve(need, name)[0]] for need in self.needs[name]]
            if name in self.behind:
                below.append(row[self.behind[name]])
            row[name] = 1 + max(below, default=-1)
        rows: dict[int, list[str]] = {}
        for name, number in row.items():
            rows.setdefault(number, []).append(name)
        return tuple(tuple(rows[number]) for number in sorted(rows))

    @cached_property
    def _settles(self) -> list[float]:
        """The seconds that each node usually takes."""
        taken: list[float] = []
        for ladder in self.ladders.values():
            taken.append(0.0)
            taken.extend([rung.settles for rung in ladder.rungs])
        return taken

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
        takes = self._settles if stages is None else self._takes(stages)
        ends = [0.0] * len(takes)
        via = [-1] * len(takes)
        for node in self.order:
            others = self._before[node]
            if others:
                last = via[node] = others[0] if len(others) == 1 else max(others, key=ends.__getitem__)
                ends[node] = takes[node] + ends[last]
            else:
                ends[node] = takes[node]
        at = max(self.order, key=ends.__getitem__, default=-1)
        total = ends[at] if at >= 0 else 0.0
        chain: list[tuple[str, str, float]] = []
        while at >= 0:
            if takes[at]:
                block, count = self._node(at)
                chain.append((block, self.ladders[block][count - 1].name, takes[at]))
            at = via[at]
        return total, tuple(reversed(chain))

    def _takes(self, stages: Stages) -> list[float]:
        taken: list[float] = []
        for block, ladder in self.ladders.items():
            own = stages.get(block, NO_STAGES)
            taken.append(0.0)
            taken.extend([own.get(rung.name, 0.0) for rung in ladder.rungs])
        return taken

    def remaining(self) -> Mapping[str, float]:
        """Return, for each block, the longest time from its first act until all that needs it is up.

        Whoever shares a bus serves the longest first.
        """
        tail = list(self._settles)
        longest = [0.0] * len(tail)  # of those that need it
        for node in reversed(self.order):
            takes = tail[node] = tail[node] + longest[node]
            for other in self._before[node]:
                longest[other] = max(longest[other], takes)
        return {name: tail[top - len(self.ladders[name])] for name, top in self._tops.items()}

    def _said(self, node: Node) -> str:
        block, count = node
        ladder = self.ladders[block]
        return block if count in (0, len(ladder)) else f"{block}:{ladder[count - 1].name}"

    def _circle(self, left: set[int]) -> str:
        """Return one cycle among the nodes left, in words."""
        at = min(left, key=self._node)
        walked: list[int] = []
        while at not in walked:
            walked.append(at)
            at = min([node for node in self._before[at] if node in left], key=self._node)
        circle = [self._node(node) for node in (*walked[walked.index(at) :], at)]
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
    assert len(set(graph.order)) == sum(len(ladder) + 1 for ladder in graph.ladders.values()), "an order lacks a rung"
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
