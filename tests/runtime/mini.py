"""The simulated chip mini in service, every access to it noted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import trio
from attrs import define, evolve, field

from blocks.chip import Chip, load_chip
from blocks.chip.supervision import Supervision
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import Fault
from runtime.graph import graph_of
from runtime.incident import Event, Incident, Served, What
from runtime.service import Service, Terms
from runtime.summary import IN_SERVICE, Summary

MINI = load_chip("mini")
GRAPH = graph_of(MINI)


class Watched(SimTransport):
    """A connection that notes when which block was accessed: a link that is down is no reason not to be counted."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__(chip)
        self.log: list[tuple[float, str, str]] = []
        plain_read, plain_write = self.read, self.write

        def read(address: int, width: int) -> int:
            self._note("r", address)
            return plain_read(address, width)

        def write(address: int, value: int, width: int, strobes: int | None) -> None:
            self._note("w", address)
            plain_write(address, value, width, strobes)

        self.read, self.write = read, write

    def _note(self, kind: str, address: int) -> None:
        block = max((i for i in MINI.instances.values() if i.address <= address), key=lambda i: i.address)
        self.log.append((trio.current_time(), kind, block.name))

    @property
    def written(self) -> set[str]:
        return {block for _, kind, block in self.log if kind == "w"}

    @property
    def accessed(self) -> set[str]:
        return {block for _, _, block in self.log}


@define(eq=False)
class Mini:
    """The chip mini in service."""

    transport: Watched
    service: Service
    stop: trio.Event
    summary: Summary
    events: list[Event] = field(factory=list[Event])
    ends: list[Served] = field(factory=list[Served])

    def inject(self, fault: Fault) -> None:
        self.transport.chip.advance(trio.current_time())
        self.transport.chip.inject(fault)

    def told(self, what: What) -> list[Event]:
        return [event for event in self.events if event.what is what]

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return self.service.incidents()

    @property
    def down(self) -> set[str]:
        return {name for name, verdict in self.service.status().items() if verdict.state not in IN_SERVICE}


def ruled(chip: Chip, rules: Mapping[str, Supervision]) -> Chip:
    return evolve(chip, supervision={**chip.supervision, **rules})


@asynccontextmanager
async def serving(
    chip: Chip = MINI,
    *,
    before: Fault | None = None,
    over: Watched | None = None,
    sweep_s: float = 0.1,
    for_s: float = inf,
    **terms: Any,
) -> AsyncGenerator[Mini]:
    """Give mini in service, with its interrupts, over that connection; `before` is what is wrong at the begin."""
    transport, events, ends, stop = over or Watched(SimChip(chip)), list[Event](), list[Served](), trio.Event()
    if before is not None:
        transport.chip.inject(before)
    service = Service(chip, transport, sweep_s=sweep_s, watch=events.append, terms=Terms(**terms))
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[Summary]) -> None:
            ends.append(await service.run(for_s=for_s, stop=stop, task_status=task_status))

        summary = await nursery.start(serve)
        assert summary.well, summary
        await trio.sleep(0.05)
        transport.log.clear()
        yield Mini(transport, service, stop, summary, events, ends)
        assert [str(violation) for violation in transport.violations] == []
        nursery.cancel_scope.cancel()
