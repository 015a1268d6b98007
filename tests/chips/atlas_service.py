"""Atlas in service under its workload, faults at chosen times, every write noted. Not a test: imported by some.

What became of it is told by others than the runtime: by the models, by the flows, and by a look over a connection of
its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, frozen

from blocks.chip import load_chip
from blocks.model import Violation
from blocks.sim import SimTransport
from blocks.sim.chip import VIOLATIONS_MAX, SimChip
from blocks.sim.faults import Fault
from registers.model.place import decode
from runtime import determinism
from runtime.bringup import status
from runtime.clock import VirtualClock
from runtime.graph import graph_of
from runtime.incident import Event, Incident, Served
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import IN_SERVICE, Summary
from runtime.wired import Wired, wired
from transports.batch import Batch, Results
from transports.bus import Record

CHIP = load_chip("atlas")
BLOCKS = len(CHIP.instances)
SWEEP_S = 1.0
ACCESS_S = 1e-6  # of a read over PCI Express, about
CLIMB_S = 0.15  # the longest way back of a block and of what stands on it, 40 ms of training, with back-offs
FADE_S = 1.7123  # eight packets of the slowest flow: so long what was lost with a memory is missed when it is read back
WINDOW_S = 0.6  # three packets of the slowest flow; it begins and ends between any two
PACKETS_S = sum(1 / flow.period_s for flow in CHIP.flows)
ARRIVES = {"sent", "delivered", "checked"}  # of a packet that does; whatever else is counted is an ill
CLAIMS = {"MASK_SET", "MASK_CLR", "PENDING"}  # of a controller: what is written for each interrupt that was claimed
PLACES = sorted((i.address, i.address + i.block.regs.group.size, i.name) for i in CHIP.instances.values())
STARTS = [start for start, *_ in PLACES]


@frozen
class Written:
    """One write that the chip took.

    Attributes:
        register: its path in the block.
    """

    time_s: float
    block: str
    register: str


def written_at(time_s: float, address: int) -> Written:
    """Return whose register stands at an address."""
    start, end, block = PLACES[bisect_right(STARTS, address) - 1]
    assert start <= address < end, f"a write to {address:#x}, where no block stands"
    path = decode(CHIP.image.root, address)[0].path
    return Written(time_s, block, path.removeprefix(f"{block}."))


class NotedChip(SimChip):
    """An atlas that notes each write as it takes it, whoever asks for it."""

    def __init__(self, seed: int) -> None:
        self.writes: list[tuple[float, int]] = []
        super().__init__(CHIP, seed=seed, workload=True)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write, and note when and where."""
        super().write(address, value, width, strobes)
        self.writes.append((self.now_s, address))

    def written(self, since: int = 0) -> tuple[Written, ...]:
        """Return the writes from one on."""
        return tuple(written_at(*write) for write in self.writes[since:])


class SlowTransport(SimTransport):
    """A connection that takes its time, ACCESS_S for each access, in order."""

    async def execute(self, batch: Batch) -> Results:
        """Run a batch once the time has passed that its accesses take."""
        await trio.sleep(ACCESS_S * len(batch.operations))
        return await super().execute(batch)

    async def execute_all(self, batches: Sequence[Batch]) -> list[Results]:
        """Run batches once the time has passed that their accesses take."""
        await trio.sleep(ACCESS_S * sum(len(batch.operations) for batch in batches))
        return await super().execute_all(batches)


def closure(*blocks: str) -> set[str]:
    """Return what may be written when blocks fall: they, what needs them, and what is wired to any of those."""
    if not blocks:
        return set()
    fallen = {*blocks, *graph_of(CHIP).blocks_after(*blocks)}
    wired = {
        name
        for name, instance in CHIP.instances.items()
        if any(str(value).rpartition(".")[0] in fallen for value in instance.model.values())
    }
    return fallen | wired


@frozen
class Felt:
    """What became of some faults.

    Attributes:
        began_s: when the first struck.
        writes: since then.
        rules: that were broken since then, without those of traffic, which the faults themselves cost.
        lost: packets; `corrupt` those read back otherwise, since their memory lost them.
        events: what the service told.
        well: the chip as it is now: each block is up by a look of somebody else.
        flows: each flow sends and arrives as it should.
    """

    began_s: float
    incidents: tuple[Incident, ...]
    writes: tuple[Written, ...]
    rules: tuple[Violation, ...]
    lost: int
    corrupt: int
    events: tuple[Event, ...]
    bad: dict[str, str]
    flows: dict[str, int]

    @property
    def open(self) -> list[Incident]:
        """Incidents that are not over, or ended badly."""
        return [incident for incident in self.incidents if not incident.recovered]

    @property
    def noticed_after_s(self) -> float:
        """From the first fault until somebody noticed."""
        return min(incident.began_s for incident in self.incidents) - self.began_s

    @property
    def recovered_after_s(self) -> float:
        """From the first fault until all was in service again."""
        assert not self.open, self.open
        return max(incident.ended_s or 0.0 for incident in self.incidents) - self.began_s

    def strange(self, allowed: Collection[str]) -> list[Written]:
        """Return the writes to other blocks than those; of a controller, what a claim writes is no recovery."""
        return [
            write
            for write in self.writes
            if write.block not in allowed
            and not (write.register in CLAIMS and CHIP.instances[write.block].type == "aggregator")
        ]

    def wrong(self, allowed: Collection[str]) -> list[str]:
        """Return all that is not as before: in service, no rule broken, every flow arriving, nobody else written to."""
        found = [f"{block} is {why}" for block, why in self.bad.items()]
        found += [f"incident {i.number} of {i.root or 'the chip'} is open: {i.cause}; {i.steps}" for i in self.open]
        found += [f"rule broken: {rule}" for rule in self.rules]
        found += [f"written: {write}" for write in self.strange(allowed)]
        due = {name: round(PACKETS_S * WINDOW_S) if name in ARRIVES else 0 for name in self.flows}
        return found if self.flows == due else [*found, f"packets {self.flows}, due {due}"]


@define(eq=False)
class Live:
    """Atlas in service."""

    sim: NotedChip
    service: Service
    up: Summary
    events: list[Event]
    records: list[Record]

    @property
    def now_s(self) -> float:
        """The time, of the chip as of the loop."""
        now = trio.current_time()
        self.sim.advance(now)
        assert self.sim.now_s == now, "the chip and the loop have begun at different times"
        return now

    async def struck(self, *faults: tuple[float, Fault], for_s: float = SWEEP_S + CLIMB_S) -> Felt:
        """Let faults strike, each so many seconds from now, wait `for_s` after the last, and see what came of it."""
        began_s = self.now_s
        events, writes, incidents = len(self.events), len(self.sim.writes), len(self.service.incidents())
        rules, traffic = len(self.sim.violations), dict(self.sim.traffic)
        injected = [self.sim.inject(fault, at_s=began_s + after_s) for after_s, fault in faults]
        await trio.sleep(max(after_s for after_s, _ in faults) + for_s)
        bad = await self.bad()
        await trio.sleep(FADE_S)
        felt = self.now_s, dict(self.sim.traffic)
        await trio.sleep(WINDOW_S)
        assert self.now_s == felt[0] + WINDOW_S
        flows = {name: count - felt[1][name] for name, count in self.sim.traffic.items()}
        assert all(fault.ended_s is not None for fault in injected), "a fault that goes on"
        assert self.sim.broken == len(self.sim.violations) < VIOLATIONS_MAX
        broken = self.sim.violations[rules:]
        return Felt(
            began_s=began_s,
            incidents=self.service.incidents()[incidents:],
            writes=self.sim.written(writes),
            rules=tuple(rule for rule in broken if not rule.rule.startswith("traffic ")),
            lost=felt[1]["lost"] - traffic["lost"],
            corrupt=felt[1]["corrupt"] - traffic["corrupt"],
            events=tuple(self.events[events:]),
            bad=bad,
            flows=flows,
        )

    async def bad(self) -> dict[str, str]:
        """Look at each block over a connection of one's own; return those that are not up, and why."""
        other = SimTransport(self.sim)
        seen = await status(CHIP, other)
        await other.aclose()
        told = {name for name, verdict in self.service.status().items() if verdict.state not in IN_SERVICE}
        found = {v.block: f"{v.state}: {v.reason}" for v in seen.verdicts if v.state not in IN_SERVICE}
        return {**dict.fromkeys(told, "so the service says"), **found}


@asynccontextmanager
async def serving(
    seed: int, *, sweep_s: float = SWEEP_S, connect: Callable[[SimChip], SimTransport] = SimTransport
) -> AsyncGenerator[Live]:
    """Bring a new atlas up and keep it up, inside the block."""
    sim = NotedChip(seed)
    transport, events, records, stop = connect(sim), list[Event](), list[Record](), trio.Event()
    ends = list[Served]()

    def wire(session: Session) -> Wired:
        session.root.observe(records.append)
        return wired(session)

    service = Service(CHIP, transport, seed=seed, sweep_s=sweep_s, watch=events.append, terms=Terms(wire=wire))

    async def serve(task_status: trio.TaskStatus[Summary]) -> None:
        ends.append(await service.run(stop=stop, task_status=task_status))

    async with trio.open_nursery() as nursery:
        up: Summary = await nursery.start(serve)
        assert (len(up.up), sim.violations) == (BLOCKS, [])
        assert len({write.block for write in sim.written()}) == BLOCKS, "writes that nobody noted"
        await trio.sleep(2 * FADE_S)  # every flow has begun, and rests
        yield Live(sim, service, up, events, records)
        stop.set()
    assert len(ends) == 1, "the service has not ended"


def run(main: Callable[[], Awaitable[Any]], seed: int) -> Any:
    """Run in virtual time, with a schedule of that seed."""
    return determinism.run(main, seed=seed, clock=VirtualClock())
