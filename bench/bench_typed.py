"""What one register operation costs from the typed call to the bus, and where the time goes.

    python -m bench.bench_typed [--json] [--small]

For a read, a write of a whole register, a change of one field and a check of one, in ns of CPU time an operation: the
handle (`regs.W[1]`), the operation (`register.modify(mid=1)`), everything up to its results on `memory:`, alone and in
batches, and batches that were prepared. Beside them peakrdl-python and PeakRDL-PyRAL do the same on the same memory.
bench/README.md says what is compared with what.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import trio
from attrs import asdict, frozen

from bench.measure import SMALL, Pace, Spread, Timed, aligned, in_loop, take
from bench.peers import LeftOut
from bench.peers.device import REGISTERS, Device, Step, steps_of
from bench.peers.firstlight import Typed
from bench.peers.peakrdl import PeakRdl, PyRal
from blocks.port import Port
from transports.batch import Batch, Prepared
from transports.bus import Bus

VERBS = ("read", "write", "modify", "check")
COUNTS = (1, 10, 100)
DEADLINE_S = 5.0  # as a session has it; nothing here comes near
OFFSETS = (0, 0x200)  # bytes; two instances of the device stand in its page

Things = dict[str, tuple[Timed, int]]  # what is timed, and how many operations one call of it has


@frozen
class Row:
    """What one operation takes, for each verb that has this: nanoseconds."""

    name: str
    cost: Mapping[str, Spread]


@frozen
class Found:
    """The rows, and for each peer that is not in them, why."""

    rows: Sequence[Row]
    left_out: Mapping[str, str]


def in_task(action: Callable[[], Awaitable[Any]], beside: Callable[[], Awaitable[None]] | None = None) -> Timed:
    """Return something to be awaited in a loop, by one task; `beside` is what another one does meanwhile."""

    async def main(count: int) -> tuple[int, int, Any]:
        last: Any = None
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        for _ in range(count):
            last = await action()
        return time.thread_time_ns() - cpu, time.perf_counter_ns() - wall, last

    async def with_another(count: int) -> tuple[int, int, Any]:
        async with trio.open_nursery() as nursery:
            if beside is not None:
                nursery.start_soon(beside)
                await trio.lowlevel.checkpoint()
            taken = await main(count)
            nursery.cancel_scope.cancel()
        return taken

    return lambda count: trio.run(main if beside is None else with_another, count)


class Ours(Typed):
    """The typed registers and a transport; each method returns what is timed of one verb."""

    def parts(self, verb: str) -> Things:
        """Return the steps on the way to a batch."""
        regs, step = self._regs, steps_of(verb, 2)[1]
        places, others = cycle(range(REGISTERS)), cycle(steps_of(verb, REGISTERS))
        values = cycle([Step(verb, 1, value) for value in range(0, 0x10000, 7)])
        things: Things = {
            "handle, the same again": (in_loop(lambda: regs.W[1]), 1),
            "handle, another each time": (in_loop(lambda: regs.W[next(places)]), 1),
            "operation, the same again": (in_loop(partial(self.typed, step)), 1),
            "operation, another register each time": (in_loop(lambda: self.typed(next(others))), 1),
        }
        if verb == "write":
            things["operation, another value each time"] = in_loop(lambda: self.typed(next(values))), 1
        return things

    def runs(self, verb: str) -> Things:
        """Return what ends on `memory:`, built anew each time."""
        things: Things = {}
        for count in COUNTS:
            steps = steps_of(verb, count)
            things[f"built and run, {count} in a batch"] = in_task(partial(self._run, steps)), count
        step = steps_of(verb, 2)[1]
        port = Port(Bus(self._transport), "bench")
        things["built, through port and bus, decoded"] = in_task(lambda: port.run(self.typed(step))), 1
        for name, watched in (("the bus watched", True), ("a watch for each batch", False)):
            bus = Bus(self._transport, deadline_s=DEADLINE_S)
            ask = partial(self._ask, Port(bus, "bench"), step)
            things[f"the same, {name}"] = in_task(ask, bus.watch if watched else None), 1
        return things

    def prepared(self, verb: str) -> Things:
        """Return what runs a batch again that was made beforehand, elsewhere and with other values."""
        things: Things = {}
        for count in COUNTS:
            steps = steps_of(verb, count)
            prepared = Batch(self.operations(steps)).prepare()
            things[f"prepared, at another offset, {count} in a batch"] = in_task(self._elsewhere(prepared)), count
            if verb in ("write", "modify"):
                name = f"prepared, at another offset with other values, {count} in a batch"
                shift = 8 if verb == "modify" else 0
                things[name] = in_task(self._elsewhere(prepared, [step.value << shift for step in steps])), count
        return things

    def _ask(self, port: Port, step: Step) -> Awaitable[Any]:
        return port.run(self.typed(step))

    def _run(self, steps: Sequence[Step]) -> Awaitable[Any]:
        return self._transport.execute(Batch(self.operations(steps)))

    def _elsewhere(self, prepared: Prepared, values: Sequence[int] | None = None) -> Callable[[], Awaitable[Any]]:
        offsets = cycle(OFFSETS)
        return lambda: self._transport.execute(prepared.at(next(offsets), values))


def theirs(peer: PeakRdl | PyRal, verb: str) -> Things:
    """Return the same of a peer."""
    return {
        f"{peer.name}, handle": (in_loop(peer.find), 1),
        f"{peer.name}, operation, handle found beforehand": (peer.program(steps_of(verb, 2)[1:]), 1),
    }


def found(folder: Path, pace: Pace) -> Found:
    """Measure everything that can be had here."""
    device = Device(folder)
    for offset in OFFSETS:
        device.fill(at=offset)
    ours = Ours(device)
    peers: list[PeakRdl | PyRal] = []
    left_out: dict[str, str] = {}
    for kind in (PyRal, PeakRdl):
        try:
            peers.append(kind(device))
        except LeftOut as reason:
            left_out[kind.name] = str(reason)
    costs: dict[str, dict[str, Spread]] = {}
    for verb in VERBS:
        things = ours.parts(verb) | ours.runs(verb) | ours.prepared(verb)
        for peer in peers:
            things |= theirs(peer, verb)
        taken = take({name: timed for name, (timed, _) in things.items()}, pace)
        for name, (_, count) in things.items():
            costs.setdefault(name, {})[verb] = taken[name].cpu.over(count)
        print(f"measured {verb}", file=sys.stderr)
    ours.close()
    device.close()
    return Found([Row(name, cost) for name, cost in costs.items()], left_out)


def text(said: Found) -> str:
    """Return all as text."""
    lines: list[Sequence[str]] = [("ns an operation, CPU", *VERBS)]
    lines += [(row.name, *(str(row.cost[verb]) if verb in row.cost else "-" for verb in VERBS)) for row in said.rows]
    parts = [aligned(lines), *(f"Left out: {name}: {why}" for name, why in said.left_out.items())]
    return "\n\n".join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_typed", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--small", action="store_true", help="few and short runs")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        said = found(Path(folder), SMALL if given.small else Pace())
    print(json.dumps(asdict(said), indent=2) if given.json else text(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
