"""The synthetic workload of a simulated chip: packets that must arrive and be read back as they were sent.

A flow begins once every block on its way is in service, and rests while its source does, if that was brought to rest in
order. A packet that a source should have sent and could not is lost, as is one that meets a block which is not in
service, or a table that leads it astray; one that is read back otherwise than it was written is corrupt. The chip
records it as a violation, once an outage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from math import inf, nextafter
from typing import Final, Protocol, runtime_checkable

import crc32c
from attrs import define, field, frozen

from blocks.chip import Flow
from blocks.model import BlockModel, Event, Simulation
from blocks.sim.stretch import LATENCY_S, Ledger, Repeat

HOPS_MAX = 32  # of one packet in one mesh, twice the nodes of the largest: one that has made more runs in a circle
COUNTS: Final[tuple[str, ...]] = ("sent", "delivered", "checked", "lost", "corrupt", "outages")
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
        sound: packets in a row that arrived, unspoilt, each with an earlier one read back as it was sent.
        rank: of its packets among those of other flows that move at the same time: before all that the blocks do.
        due_s, calls: when its next packet is due, and what will send it.
        repeat: the stretch in which it rests; None: its packets are sent one by one.
    """

    flow: Flow
    models: tuple[BlockModel, ...]
    memory: Store
    first: int
    begun: bool = False
    number: int = 0
    kept: dict[int, int] = field(factory=dict[int, int])
    well: bool = True
    sound: int = 0
    rank: int = -1
    due_s: float = 0.0
    calls: Event | None = None
    repeat: Repeat | None = None

    @property
    def name(self) -> str:
        """Its source."""
        return self.flow.source

    def slot(self, number: int) -> int:
        """Return where a packet lies in the memory."""
        return self.first + number % SLOTS

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

    Raises:
        TypeError: a flow ends in a block that keeps nothing.
    """

    def __init__(self, flows: Iterable[Flow], sim: Simulation) -> None:
        self._sim = sim
        self._counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self.spoilt: Counter[str] = Counter()  # of the corrupt packets, how many lay in which memory
        self._streams: list[Stream] = []
        self._acting: Stream | None = None  # whose packet moves now
        ends: dict[str, int] = {}
        for flow in flows:
            models = tuple(sim.model(name) for name in (flow.source, *flow.via, flow.memory))
            memory = models[-1]
            if not isinstance(memory, Store):
                raise TypeError(f"{flow.memory} ({type(memory).__name__}) keeps no packets: it has no store and fetch")
            first = ends.get(flow.memory, 0)
            ends[flow.memory] = first + SLOTS
            self._streams.append(Stream(flow, models, memory, first))
        for rank, stream in enumerate(self._streams, -len(self._streams)):
            stream.rank = rank
        passed = Counter(model.name for stream in self._streams for model in {*stream.models})
        self._shared = {stream.name for stream in self._streams if passed[stream.name] > 1}

    @property
    def runs(self) -> bool:
        """Whether there are flows."""
        return bool(self._streams)

    @property
    def traffic(self) -> dict[str, int]:
        """The counts, by name."""
        counts = dict(self._counts)
        for stream in self._streams:
            if (repeat := stream.repeat) is not None:
                repeat.go_on()
                _add(counts, repeat)
        return counts

    @property
    def sent(self) -> int:
        """Packets that set out."""
        return self.traffic["sent"]

    @property
    def delivered(self) -> int:
        """Packets that arrived."""
        return self.traffic["delivered"]

    @property
    def checked(self) -> int:
        """Packets that were read back as they were sent."""
        return self.traffic["checked"]

    @property
    def lost(self) -> int:
        """Packets that did not arrive, sent or due."""
        return self._counts["lost"]

    @property
    def corrupt(self) -> int:
        """Packets that were read back otherwise than they were sent."""
        return self._counts["corrupt"]

    def start(self) -> None:
        """Begin anew, at power-on. What flowed and did not rest goes on: its packets are lost until it can."""
        for stream in self._streams:
            stream.sound = 0
            if not (stream.begun and stream.models[0].torn):
                stream.begun, stream.well = False, True
                stream.kept.clear()
            self._call(stream, self._sim.now_s + stream.flow.period_s)

    def stop(self) -> None:
        """Count what came by until now, before power-on."""
        for stream in self._streams:
            if stream.repeat is not None:
                stream.repeat.wake()

    # ---- one by one ----

    def _call(self, stream: Stream, due_s: float) -> None:
        stream.due_s = due_s
        stream.calls = self._at(stream, due_s, partial(self._tick, stream))

    def _at(self, stream: Stream, time_s: float, action: Callable[[], object]) -> Event:
        def act() -> None:
            self._acting = stream
            try:
                action()
            finally:
                self._acting = None

        return self._sim.at(stream.name, time_s, act, rank=stream.rank)

    def _tick(self, stream: Stream) -> None:
        now_s = self._sim.now_s
        self._call(stream, now_s + stream.flow.period_s)
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
        self._counts["sent"] += 1
        source.in_flight += 1
        if self._passes(stream, stream.way(), None):
            self._at(stream, now_s + LATENCY_S, partial(self._arrive, stream, _packet(stream, stream.number)))
        else:
            source.in_flight = max(source.in_flight - 1, 0)

    def _miss(self, stream: Stream) -> None:
        """Do without a packet whose source is not in service: it is lost, unless the source was brought to rest."""
        source = stream.models[0]
        if source.torn or not source.quiesced:
            stream.number += 1
            self._lose(stream, source)
        else:
            stream.begun, stream.sound = False, 0
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
        stream.sound = 0
        self._counts["lost"] += 1
        self._tell(stream, at, "lost", why)

    def _arrive(self, stream: Stream, data: bytes) -> None:
        source = stream.models[0]
        way = stream.way()
        on_its_way = Way(way.hops[1:], way.astray)  # the source may have stopped, but not been reset
        passes = self._passes(stream, on_its_way, None if source.in_flight else source)
        source.in_flight = max(source.in_flight - 1, 0)
        if not passes:
            return
        slot = stream.slot(stream.number)
        stream.kept[slot] = crc32c.crc32c(data)
        passed = data
        for model, node in way.hops:
            passed = (
                model.forward(passed, node) if isinstance(model, Mesh) and node is not None else model.carry(passed)
            )
        stream.memory.store(slot, passed)
        self._counts["delivered"] += 1
        back = self._read_back(stream, stream.slot(stream.number + 1))
        stream.sound = stream.sound + 1 if back and passed == data else 0
        if stream.sound >= SLOTS:  # so is all that lies in the memory
            self._rest(stream, way)

    def _read_back(self, stream: Stream, slot: int) -> bool:
        """Say whether the oldest packet in the memory has the checksum of what was sent; False where there is none."""
        expected = stream.kept.pop(slot, None)
        if expected is None:
            stream.well = True
            return False
        found = stream.memory.fetch(slot)
        if found is not None and crc32c.crc32c(found) == expected:
            self._counts["checked"] += 1
            stream.well = True
            return True
        self._counts["corrupt"] += 1
        self.spoilt[stream.flow.memory] += 1
        self._tell(stream, stream.models[-1], "corrupt")
        return False

    def _tell(self, stream: Stream, at: BlockModel, what: str, why: str = "") -> None:
        if stream.well:
            self._counts["outages"] += 1
            because = f", {why}" if why else ""
            packet = f"packet {stream.number} of the flow of {stream.flow.source}"
            self._sim.violate(at.name, "", f"traffic {what}: {packet}{because}")
        stream.well = False

    # ---- in stretches ----

    def _rest(self, stream: Stream, way: Way) -> None:
        """Let a flow rest whose next packets will fare as the last did: it was read back, and each block is calm."""
        source, memory, calls = stream.models[0], stream.memory, stream.calls
        if stream.name in self._shared or stream.flow.period_s <= LATENCY_S or not isinstance(memory, Ledger):
            return
        if calls is None or not source.in_service or source.in_flight:
            return
        if not all(model.calm(node) for model, node in way.hops):
            return
        calls.cancel()
        until, wake = partial(self._until, stream), partial(self._wake, stream)
        flow = stream.flow
        stream.repeat = Repeat(way.hops, memory, flow.size, flow.period_s, until, wake, stream.due_s)
        for model in dict.fromkeys(model for model, _ in way.hops):
            model.join(stream.repeat)

    def _until(self, stream: Stream) -> float:
        """Return the time up to which packets of a flow have moved: now, or not yet if another's go first now."""
        now_s, acting = self._sim.now_s, self._acting
        return now_s if acting is None or acting.rank >= stream.rank else nextafter(now_s, -inf)

    def _wake(self, stream: Stream) -> None:
        """Send packets one by one again, from the next on; one that is on its way has yet to arrive."""
        repeat = stream.repeat
        assert repeat is not None
        stream.repeat = None
        for model, _ in repeat.hops:
            model.leave(repeat)
        repeat.book()
        _add(self._counts, repeat)
        first = stream.number + 1
        stream.number += repeat.arrived
        self._refill(stream, repeat, first)
        self._call(stream, repeat.due_s)
        if repeat.landing_s < inf:
            stream.number += 1
            stream.models[0].in_flight += 1
            data = _packet(stream, stream.number)
            self._at(stream, repeat.landing_s, partial(self._arrive, stream, data))

    def _refill(self, stream: Stream, repeat: Repeat, first: int) -> None:
        """Have the memory hold the last packets of a stretch, of which `first` was the first."""
        last = stream.number
        for number in range(max(first, last - SLOTS + 2), last + 1):
            data, slot = _packet(stream, number), stream.slot(number)
            stream.kept[slot] = crc32c.crc32c(data)
            repeat.memory.keep(slot, data)
        stream.kept.pop(stream.slot(last + 1), None)


def _add(counts: dict[str, int], repeat: Repeat) -> None:
    for name, packets in (("sent", repeat.sent), ("delivered", repeat.arrived), ("checked", repeat.arrived)):
        counts[name] += packets


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


def _packet(stream: Stream, number: int) -> bytes:
    """Return a packet that no other flow sends, and no other number."""
    seed = f"{stream.flow.source}>{stream.flow.memory}#{number};".encode()
    return (seed * (stream.flow.size // len(seed) + 1))[: stream.flow.size]
