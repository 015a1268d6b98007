"""What it costs the runtime that blocks fall: one alone, many at once, and a controller that comes back to a chip.

    python -m bench.bench_recovery [--json] [--small]

- *one*: a block of atlas in service loses its state, again and again. What the runtime takes for it is compared, in
  turns, with what the same guarded looks and the same guarded climb take without supervision: the rest is the restart
  itself, that is policy, incident and evidence. Then whose steps it was made of, by tasks, and what it takes trio to
  end a task and begin another, which is a restart where there is nothing to mend. Accesses are counted by their owner:
  the other 323 blocks have none.
- *storm*: all blocks that no other needs are reset in one moment, and recover side by side.
- *resume*: a controller connects by a socket to a chip that is up and in service; it looks, and writes nothing.

The simulated chip's own work is accounted apart, as in `bench_bringup`; for *resume* it is another process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import asdict, frozen

from bench.parts import BETWEEN, Parts
from bench.silicon import Account, Timed, cost_ns
from blocks.chip import Chip, load_chip
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import LocalReset
from runtime.bringup import bring_up
from runtime.climb import climb, look
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.footing import Footing
from runtime.garbage import only_new
from runtime.graph import graph_of
from runtime.guard import Sentries
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.words import duration
from transports.base import Transport
from transports.open import open_transport

ONE = "die[0].channel[0][7]"
TIMES, TIMES_SMALL = 200, 10
STORMS, STORMS_SMALL = 9, 1
RESUMES, RESUMES_SMALL = 9, 1
QUIET_S = 30.0  # chip time between two falls: three incidents a minute are none too many
BACK_S = 2.0  # chip time in which all are back: below that of the watch, so that nothing else runs meanwhile
TASKS = 20  # ended and begun in one go: two looks at the clock are a microsecond
KEEPER, PILOT, OTHERS = "the blocks' own tasks", "the pilot: looks, climbs, the bus", "all other tasks"
KINDS = (KEEPER, PILOT, OTHERS, BETWEEN)
SWEEP_S = 1e6  # no sweep in between: what is measured is told by an interrupt
SEED = 0


@frozen(kw_only=True)
class Fall:
    """Blocks that fall in one moment; CPU seconds of the runtime, medians of so many times.

    Attributes:
        recovery_s: from the interrupt until all are in service; `climb_s`: the same looks and climbs, nobody
            supervising; `bare_s`: these without the ground before each batch of a climb.
        restart_s: of the differences between the first two, each of two that were taken one after the other.
        parts: of a recovery, by whose steps they were; taken apart from the rest, since to look at the clock at each
            step takes time.
        accesses: of the blocks themselves, for one recovery; `others`: of all together that they do not stand on.
    """

    blocks: int
    times: int
    recovery_s: float
    climb_s: float
    bare_s: float
    restart_s: float
    parts: Mapping[str, float]
    accesses: float
    others: int


@frozen
class Resume:
    """A chip that is found up, by a socket: seconds on the wall and of CPU, medians."""

    times: int
    wall_s: float
    cpu_s: float
    reads: int
    writes: int


class Bench:
    """Atlas in service, its own work accounted apart."""

    def __init__(self) -> None:
        self.chip: Chip = load_chip("atlas")
        self.simulated = SimChip(self.chip, seed=SEED)
        self.account = Account()
        self.step_ns = cost_ns()

    def spent_s(self) -> float:
        """Return the CPU seconds of this thread that were not the chip's."""
        return (self.account.others_ns(time.thread_time_ns()) - self.step_ns * self.account.steps) / 1e9

    def fall(self, names: Sequence[str]) -> None:
        """Let a block lose its lock, which takes two accesses to mend; or reset many."""
        for name in names:
            lock = self.simulated.model(name).upsets().get("lock_lost")
            if lock is not None and len(names) == 1:
                self.simulated.disturb(name, lock)
            else:
                self.simulated.inject(LocalReset(block=name))

    async def falls(self, names: Sequence[str], times: int) -> Fall:
        """Let blocks fall, and take in turns what it takes to mend them: supervised, and by nobody."""
        transport = Timed(self.simulated, self.account)
        service = Service(self.chip, transport, sweep_s=SWEEP_S, terms=Terms(wire=None))
        alone = Alone(self.chip, Timed(self.simulated, self.account))
        parts: list[Parts] = []
        owners: Counter[str] = Counter()
        taken: dict[str, list[float]] = {"recovery": [], "climb": [], "bare": []}
        async with trio.open_nursery() as nursery:
            await nursery.start(service.run)
            nursery.start_soon(alone.supervisor.pilot.run)
            await trio.sleep(QUIET_S)
            session = service.session
            assert session is not None, "a service without a session"
            session.root.observe(lambda record: owners.update({record.owner: len(record.batch)}))

            async def supervised() -> None:
                for name in names:
                    service.look(name)
                await trio.sleep(BACK_S)
                down = [name for name in names if not session.board.reachable(name)]
                assert not down, f"{down} did not recover"

            async def mended(*, guarded: bool) -> None:
                async with trio.open_nursery() as together:
                    for name in names:
                        together.start_soon(partial(alone.mend, name, guarded=guarded))
                await trio.sleep(BACK_S)

            ways: dict[str, Callable[[], Awaitable[None]]] = {
                "recovery": supervised,
                "climb": partial(mended, guarded=True),
                "bare": partial(mended, guarded=False),
            }
            for number in range(times + 1):
                for way, mend in ways.items():
                    taken[way].append(await self._taken(names, mend))
                if number:  # the first makes what is kept
                    parts.append(Parts(self.account, _whose))
                    trio.lowlevel.add_instrument(parts[-1])
                    await self._taken(names, supervised)
                    trio.lowlevel.remove_instrument(parts[-1])
            nursery.cancel_scope.cancel()
        await alone.aclose()
        await transport.aclose()
        del taken["recovery"][0], taken["climb"][0], taken["bare"][0]
        return Fall(
            blocks=len(names),
            times=times,
            recovery_s=statistics.median(taken["recovery"]),
            climb_s=statistics.median(taken["climb"]),
            bare_s=statistics.median(taken["bare"]),
            restart_s=statistics.median(map(float.__sub__, taken["recovery"], taken["climb"])),
            parts={kind: statistics.median(each.of_s(kind) for each in parts) for kind in KINDS},
            accesses=sum(owners[name] for name in names) / (2 * times + 1),
            others=sum(count for owner, count in owners.items() if owner not in self._near(names)),
        )

    async def _taken(self, names: Sequence[str], mend: Callable[[], Awaitable[None]]) -> float:
        """Let blocks fall, and return the CPU seconds until they are mended."""
        await trio.sleep(QUIET_S)
        self.fall(names)
        began = self.spent_s()
        await mend()
        return self.spent_s() - began

    def _near(self, names: Sequence[str]) -> set[str]:
        """Return some blocks, what they stand on, and who collects their interrupts."""
        lines = [self.chip.instances[name].line for name in names]
        told = {line.controller for line in lines if line is not None and line.controller is not None}
        return {*names, *graph_of(self.chip).needed_by(names), "die[0].hub", *told}


class Alone:
    """The looks and climbs of a recovery, and nothing else."""

    def __init__(self, chip: Chip, transport: Transport) -> None:
        self._session, self._transport = Session(chip, transport), transport
        self.supervisor = self._session.supervisor()
        units, graph = self.supervisor.units, self._session.graph
        self._sentries = Sentries(graph, lambda name: units[name].plan, lambda name: units[name].seat)
        self._footing = Footing(graph, self._sentries, lambda name: units[name].seat)

    async def mend(self, name: str, *, guarded: bool) -> None:
        """Look, climb, and look again."""
        unit, pilot, sentry = self.supervisor.units[name], self.supervisor.pilot, self._sentries.of(name)
        steps = climb(unit.plan, unit.seat, trio.current_time(), watching=True)
        await pilot.drive(sentry.look(trio.current_time()), unit.port)
        await pilot.drive(self._footing.sure(steps, name) if guarded else steps, unit.port)
        await pilot.drive(sentry.look(trio.current_time()), unit.port)
        if unit.full is not None:
            await pilot.drive(look(unit.full, unit.seat, trio.current_time(), tell=False), unit.port)

    async def aclose(self) -> None:
        """End the session."""
        await self._session.aclose()
        await self._transport.aclose()


def _whose(task: str) -> str:
    if task.startswith("block "):
        return KEEPER
    return PILOT if task.endswith("Pilot.run") else OTHERS


def one(times: int) -> Fall:
    """Measure a block that falls alone."""
    return _measured([ONE], times)


def storm(times: int) -> Fall:
    """Measure blocks that fall in one moment: all that no other needs."""
    chip = load_chip("atlas")
    graph = graph_of(chip)
    kept = {name for name, i in chip.instances.items() if i.type in ("aggregator", "pll", "crg")}
    return _measured([name for name in graph.ladders if name not in kept and not graph.blocks_after(name)], times)


def _measured(names: Sequence[str], times: int) -> Fall:
    bench = Bench()

    async def main() -> Fall:
        with only_new():
            return await bench.falls(names, times)

    return run(main, seed=SEED, clock=VirtualClock())


def begun(times: int) -> float:
    """Return the CPU seconds to end a task that waits, and to begin another until it waits: of trio, no hardware."""

    async def main() -> float:
        waits = 0

        async def task(task_status: trio.TaskStatus[trio.CancelScope]) -> None:
            nonlocal waits
            with trio.CancelScope() as scope:
                task_status.started(scope)
                waits += 1
                await trio.sleep_forever()

        async with trio.open_nursery() as nursery:
            taken: list[float] = []
            scope = await nursery.start(task)
            for _ in range(times):
                began = time.thread_time()
                for _ in range(TASKS):
                    scope.cancel()
                    scope = await nursery.start(task)
                taken.append((time.thread_time() - began) / TASKS)
            nursery.cancel_scope.cancel()
        assert waits == times * TASKS + 1, "a task that did not begin"
        return statistics.median(taken)

    return trio.run(main)


def resume(times: int) -> Resume:
    """Measure a controller that comes back to a chip that is up, by a socket."""
    chip = load_chip("atlas")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "chip")
        command = [sys.executable, "-m", "runtime.cli.main", "sim", "atlas", "--listen", f"unix:{path}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None, "a server without output"
                server.stdout.readline()

                async def main() -> Resume:
                    walls: list[float] = []
                    cpus: list[float] = []
                    reads = writes = 0
                    for number in range(times + 1):
                        transport = await open_transport(f"unix:{path}", chip="atlas", description=chip)
                        with only_new():
                            wall, cpu = time.perf_counter(), time.thread_time()
                            summary = await bring_up(chip, transport)
                            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
                        await transport.aclose()
                        assert len(summary.up) == len(chip.instances), "the chip is not up"
                        if number:  # the first brought it up
                            walls.append(wall)
                            cpus.append(cpu)
                            reads, writes = summary.reads, writes + summary.writes
                    return Resume(times, statistics.median(walls), statistics.median(cpus), reads, writes)

                return run(main, seed=SEED, clock=RealClock())
            finally:
                server.terminate()


def text(alone: Fall, together: Fall, begun_s: float, back: Resume) -> str:
    """Return what was measured as a table for people."""
    rows = [
        *_rows("one block", alone, "25 us"),
        ("", "a task ended, another begun", duration(begun_s), "25 us"),
        ("", "accesses of other blocks", f"{alone.others}", "0"),
        *_rows(f"{together.blocks} blocks at once", together, "5 ms"),
        ("", "restart of one of them", duration(together.restart_s / together.blocks), ""),
        ("resume by a socket", "wall", duration(back.wall_s), ""),
        ("", "CPU of the controller", duration(back.cpu_s), ""),
        ("", "reads, writes", f"{back.reads:,}, {back.writes}", "0 writes"),
        ("load", "", f"{os.getloadavg()[0]:.1f}", ""),
    ]
    head = ("what", "part", "median", "goal")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def _rows(name: str, fall: Fall, goal: str) -> list[tuple[str, str, str, str]]:
    return [
        (name, "restart itself", duration(fall.restart_s), goal),
        ("", "with its looks and its climb", duration(fall.recovery_s), ""),
        ("", "these alone, guarded", duration(fall.climb_s), ""),
        ("", "these alone, climbing unguarded", duration(fall.bare_s), ""),
        *(("", f"of it: {kind}", duration(seconds), "") for kind, seconds in fall.parts.items()),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_recovery", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--small", action="store_true", help="a few recoveries only, in seconds")
    given = parser.parse_args(argv)
    small: bool = given.small
    alone = one(TIMES_SMALL if small else TIMES)
    together = storm(STORMS_SMALL if small else STORMS)
    begun_s = begun(TIMES_SMALL if small else TIMES)
    back = resume(RESUMES_SMALL if small else RESUMES)
    if given.json:
        data: dict[str, Any] = {
            "one": {**asdict(alone), "begun_s": begun_s},
            "storm": asdict(together),
            "resume": asdict(back),
            "load": os.getloadavg()[0],
        }
        print(json.dumps(data, indent=2))
    else:
        print(text(alone, together, begun_s, back))
    return 0


if __name__ == "__main__":
    sys.exit(main())
