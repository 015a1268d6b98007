"""The synthetic workload of a simulated chip: packets that must arrive and be read back as they were sent.

A flow begins once every block on its way is in service, and rests while its source does, if that was brought to rest in
order. A packet that a source should have sent and could not is lost, as is one that meets a block which is not in
service, or a table that leads it astray; one that is read back otherwise than it was written is corrupt. The chip
records it as a violation, once an outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import crc32c
from attrs import define, field, frozen

from blocks.chip import Flow
from blocks.model import BlockModel, Simulation

HOPS_MAX = 32  # of one packet in one mesh, twice the nodes of the largest: one that has made more runs in a circle
LATENCY_S = 0.5e-6  # of one packet from its source to the memory
SLOTS = 8  # of a memory that one flow uses in turn


@runtime_checkable
class Store(Protocol):
    """What a model is that can be the end of a flow."""

    def store(self, slot: int, data: bytes) -> None:
        """Keep one packet."""
        ...

    def fetch(self, slot: int) -> bytes | None:
        """Return what was kept; None when it is not there any more."""
        ...


@runtime_checkable
class Mesh(Protocol):
    """What a model is that passes packets on by a table."""

    @property
    def node(self) -> int:
        """Where it stands."""
        ...

    def onward(self, node: int) -> BlockModel | None:
        """Return what has a packet to a node next; itself where the packet leaves the mesh, None where it is lost."""
        ...

    def forward(self, data: bytes, node: int) -> bytes:
        """Pass one packet to a node on, as `carry` does."""
        ...

    def lose(self, node: int) -> None:
        """Count a packet to a node that is lost here."""
        ...


@frozen
class Way:
    """The way of a packet, as the tables lead it now.

    Attributes:
        hops: each model, with the node where the packet leaves the mesh; None outside of a mesh.
        astray: why it gets no further than the last of them; empty: it gets to the memory.
    """

    hops: tuple[tuple[BlockModel, int | None], ...]
    astray: str = ""

    @property
    def blocked(self) -> BlockModel | None:
        """The first block that is not in service."""
        return next((model for model, _ in self.hops if not model.in_service), None)


@define(eq=False)
class Stream:
    """One flow at work.

    Attributes:
        models: of the source, the blocks that it goes by, and the memory.
        first: the first of its slots in the memory, which other flows may use as well.
        kept: the checksum of what lies in which slot, to be read back.
        well: the last packet arrived; an outage is told once.
    """

    flow: Flow
    models: tuple[BlockModel, ...]
    memory: Store
    first: int
    begun: bool = False
    number: int = 0
    kept: dict[int, int] = field(factory=dict[int, int])
    well: bool = True

    def way(self) -> Way:
        """Return the way of a packet that sets out now: between two routers that follow each other, by their tables."""
        hops: list[tuple[BlockModel, int | None]] = []
        before = False  # the last was a router
        for model in self.models:
            meshed = isinstance(model, Mesh)
            if not (before and meshed):
                hops.append((model, None))
            else:
                leg, astray = _leg(hops.pop()[0], model)  # the router before is the first of the leg
                hops += leg
                if astray or not leg[-1][0].in_service:
                    return Way(tuple(hops), astray)
            before = meshed
        return Way(tuple(hops))

    @property
    def serves(self) -> bool:
        """Whether every block that it goes by is in service, and every router between them."""
        return all(model.in_service for model in self.models) and self.way().blocked is None


class Workload:
    """All flows of one chip.

    Attributes:
        sent, delivered: packets into the memory.
        checked: packets that were read back as they were sent.
        lost, corrupt: packets that did not arrive, sent or due, or not as they were.
    """

    def __init__(self, flows: Iterable[Flow], sim: Simulation) -> None:
        self._sim = sim
        self.sent = self.delivered = self.checked = self.lost = self.corrupt = 0
        self._streams: list[Stream] = []
        ends: dict[str, int] = {}
        for flow in flows:
            models = tuple(sim.model(name) for name in (flow.source, *flow.via, flow.memory))
            memory = models[-1]
            if not isinstance(memory, Store):
                raise TypeError(f"{flow.memory} ({type(memory).__name__}) keeps no packets: it has no store and fetch")
            first = ends.get(flow.memory, 0)
            ends[flow.memory] = first + SLOTS
            self._streams.append(Stream(flow, models, memory, first))

    @property
    def runs(self) -> bool:
        """Whether there are flows."""
        return bool(self._streams)

    @property
    def traffic(self) -> dict[str, int]:
        """The counts, by name."""
        return {
            "sent": self.sent, "delivered": self.delivered, "checked": self.checked,
            "lost": self.lost, "corrupt": self.corrupt,
        }  # fmt: skip

    def start(self) -> None:
        """Begin anew, at power-on: nothing flows and nothing lies in a memory."""
        for stream in self._streams:
            stream.begun, stream.well = False, True
            stream.kept.clear()
            self._again(stream)

    def _again(self, stream: Stream) -> None:
        self._sim.after(stream.flow.source, stream.flow.period_s, lambda: self._tick(stream))

    def _tick(self, stream: Stream) -> None:
        self._again(stream)
        source = stream.models[0]
        if not stream.begun:
            stream.begun = stream.serves
        if not stream.begun:
            return
        if not source.in_service:
            self._miss(stream)
            return
        source.torn = False
        stream.number += 1
        data = _packet(stream)
        self.sent += 1
        source.in_flight += 1
        if self._passes(stream, stream.way(), None):
            self._sim.after(stream.flow.source, LATENCY_S, lambda: self._arrive(stream, data))
        else:
            source.in_flight = max(source.in_flight - 1, 0)

    def _miss(self, stream: Stream) -> None:
        """Do without a packet whose source is not in service: it is lost, unless the source was brought to rest."""
        source = stream.models[0]
        if source.torn or not source.quiesced:
            stream.number += 1
            self._lose(stream, source)
        else:
            stream.begun = False
            stream.kept.clear()  # it may be gone with the memory's rest

    def _passes(self, stream: Stream, way: Way, stopped: BlockModel | None) -> bool:
        """Say whether nothing stops a packet; tell of the block that does, or of the router that leads it astray."""
        blocked = stopped or way.blocked
        if blocked is not None:
            self._lose(stream, blocked)
        elif way.astray:
            last, node = way.hops[-1]
            if isinstance(last, Mesh) and node is not None:
                last.lose(node)
            self._lose(stream, last, way.astray)
        return blocked is None and not way.astray

    def _lose(self, stream: Stream, at: BlockModel, why: str = "") -> None:
        self.lost += 1
        self._tell(stream, at, "lost", why)

    def _arrive(self, stream: Stream, data: bytes) -> None:
        source = stream.models[0]
        way = stream.way()
        on_its_way = Way(way.hops[1:], way.astray)  # the source may have stopped, but not been reset
        passes = self._passes(stream, on_its_way, None if source.in_flight else source)
        source.in_flight = max(source.in_flight - 1, 0)
        if not passes:
            return
        slot = stream.first + stream.number % SLOTS
        stream.kept[slot] = crc32c.crc32c(data)
        for model, node in way.hops:
            data = model.forward(data, node) if isinstance(model, Mesh) and node is not None else model.carry(data)
        stream.memory.store(slot, data)
        self.delivered += 1
        self._read_back(stream, stream.first + (stream.number + 1) % SLOTS)

    def _read_back(self, stream: Stream, slot: int) -> None:
        """Compare the checksum of the oldest packet in the memory with that of what was sent."""
        expected = stream.kept.pop(slot, None)
        if expected is None:
            stream.well = True
            return
        found = stream.memory.fetch(slot)
        if found is not None and crc32c.crc32c(found) == expected:
            self.checked += 1
            stream.well = True
        else:
            self.corrupt += 1
            self._tell(stream, stream.models[-1], "corrupt")

    def _tell(self, stream: Stream, at: BlockModel, what: str, why: str = "") -> None:
        if stream.well:
            because = f", {why}" if why else ""
            packet = f"packet {stream.number} of the flow of {stream.flow.source}"
            self._sim.violate(at.name, "", f"traffic {what}: {packet}{because}")
        stream.well = False


def _leg(first: BlockModel, last: BlockModel) -> tuple[list[tuple[BlockModel, int | None]], str]:
    """Return the hops from one router to the node of another, and why it does not get there; up to one out of service.

    The router where a circle is given up is the last of the hops.
    """
    end = last.name
    assert isinstance(last, Mesh)
    node, at, hops = last.node, first, list[tuple[BlockModel, int | None]]()
    while True:
        hops.append((at, node))
        assert isinstance(at, Mesh)
        if not at.in_service:
            return hops, ""
        following = at.onward(node)
        if following is None:
            return hops, f"whose table leads packets to node {node} nowhere"
        if following is at:
            return hops, "" if at.name == end else f"whose table has packets to node {node} leave at node {at.node}"
        if len(hops) == HOPS_MAX:
            return hops, f"which has come through {HOPS_MAX} routers to node {node}: their tables make a circle"
        at = following


def _packet(stream: Stream) -> bytes:
    """Return a packet that no other flow sends, and no other number."""
    seed = f"{stream.flow.source}>{stream.flow.memory}#{stream.number};".encode()
    return (seed * (stream.flow.size // len(seed) + 1))[: stream.flow.size]
