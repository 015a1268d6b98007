"""What it costs the runtime that blocks fall: one alone, many at once, and a controller that comes back to a chip.

    python -m bench.bench_recovery [--json] [--small]

- *one*: a block of atlas in service loses its state, again and again. What the runtime takes for it is compared with
  what the same guarded looks and the same climb take without supervision: the rest is the restart itself, that is
  policy, incident and evidence. Accesses are counted by their owner: the other 323 blocks have none.
- *storm*: all blocks that no other needs are reset in one moment, and recover side by side.
- *resume*: a controller connects by a socket to a chip that is up and in service; it looks, and writes nothing.

The simulated chip's own work is accounted apart, as in `bench_bringup`; for *resume* it is another process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import trio
from attrs import asdict, frozen

from bench.silicon import Account, Timed, cost_ns
from blocks.chip import Chip, load_chip
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import LocalReset
from runtime.bringup import bring_up
from runtime.climb import climb, look
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.garbage import only_new
from runtime.graph import graph_of
from runtime.guard import Sentries
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.words import duration
from transports.bus import Record
from transports.open import open_transport

ONE = "die[0].channel[0][7]"
TIMES, TIMES_SMALL = 200, 10
STORMS, STORMS_SMALL = 9, 1
RESUMES, RESUMES_SMALL = 9, 1
QUIET_S = 30.0  # chip time between two falls: three incidents a minute are none too many
SWEEP_S = 1e6  # no sweep in between: what is measured is told by an interrupt
SEED = 0


@frozen
class One:
    """A block that falls alone; CPU seconds of the runtime, medians.

    Attributes:
        recovery_s: from the interrupt until it is in service; `climb_s`: the same looks and climb, nobody supervising.
        accesses: of the block and of its ground, for one recovery; `others`: of all blocks together that it does not
            stand on.
    """

    times: int
    recovery_s: float
    climb_s: float
    accesses: float
    others: int

    @property
    def restart_s(self) -> float:
        """What supervision takes."""
        return self.recovery_s - self.climb_s


@frozen
class Storm:
    """Blocks that fall in one moment; CPU seconds of the runtime, medians of so many storms."""

    blocks: int
    times: int
    recovery_s: float
    climb_s: float

    @property
    def restart_s(self) -> float:
        """What supervision takes for all of them."""
        return self.recovery_s - self.climb_s


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

    async def supervised(self, names: Sequence[str], times: int) -> tuple[list[float], Counter[str]]:
        """Let blocks fall under a service; return what each recovery took, and the accesses of each block."""
        transport = Timed(self.simulated, self.account)
        service = Service(self.chip, transport, sweep_s=SWEEP_S, terms=Terms(wire=None))
        taken: list[float] = []
        owners: Counter[str] = Counter()
        async with trio.open_nursery() as nursery:
            await nursery.start(service.run)
            await trio.sleep(QUIET_S)
            session = service.session
            assert session is not None, "a service without a session"

            def count(record: Record) -> None:
                owners[record.owner] += len(record.batch)

            session.root.observe(count)
            for number in range(times):
                self.fall(names)
                began = self.spent_s()
                for name in names:
                    service.look(name)
                await trio.sleep(QUIET_S)
                taken.append(self.spent_s() - began)
                down = [name for name in names if not session.board.reachable(name)]
                assert not down, f"{down} did not recover at time {number}"
            nursery.cancel_scope.cancel()
        await transport.aclose()
        return taken, owners

    async def alone(self, names: Sequence[str], times: int) -> list[float]:
        """Do the looks and climbs of the same recoveries, and nothing else; return what each time took."""
        transport = Timed(self.simulated, self.account)
        session = Session(self.chip, transport)
        supervisor = session.supervisor()
        units = [supervisor.units[name] for name in names]
        sentries = Sentries(
            session.graph, lambda name: supervisor.units[name].plan, lambda name: supervisor.units[name].seat
        )
        taken: list[float] = []

        async def one(name: str) -> None:
            unit = supervisor.units[name]
            guarded, pilot = sentries.of(name), supervisor.pilot
            await pilot.drive(guarded.look(trio.current_time()), unit.port)
            await pilot.drive(climb(unit.plan, unit.seat, trio.current_time(), watching=True), unit.port)
            await pilot.drive(guarded.look(trio.current_time()), unit.port)
            if unit.full is not None:
                await pilot.drive(look(unit.full, unit.seat, trio.current_time(), tell=False), unit.port)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.pilot.run)
            for _ in range(times):
                self.fall(names)
                began = self.spent_s()
                async with trio.open_nursery() as together:
                    for unit in units:
                        together.start_soon(one, unit.name)
                await trio.sleep(QUIET_S)
                taken.append(self.spent_s() - began)
            nursery.cancel_scope.cancel()
        await session.aclose()
        await transport.aclose()
        return taken


def one(times: int) -> One:
    """Measure a block that falls alone."""
    bench = Bench()

    async def main() -> One:
        with only_new():
            taken, owners = await bench.supervised([ONE], times)
            alone = await bench.alone([ONE], times)
        ground = {ONE, *graph_of(bench.chip).needed_by([ONE])}
        line = bench.chip.instances[ONE].line
        told = {"die[0].hub", "" if line is None or line.controller is None else line.controller}
        others = sum(count for owner, count in owners.items() if owner not in ground | told)
        return One(
            times,
            statistics.median(taken),
            statistics.median(alone),
            owners[ONE] / times,
            others,
        )

    return run(main, seed=SEED, clock=VirtualClock())


def storm(times: int) -> Storm:
    """Measure blocks that fall in one moment: all that no other needs."""
    bench = Bench()
    graph = graph_of(bench.chip)
    kept = {name for name, i in bench.chip.instances.items() if i.type in ("aggregator", "pll", "crg")}
    names = [name for name in graph.ladders if name not in kept and not graph.blocks_after(name)]

    async def main() -> Storm:
        with only_new():
            taken, _ = await bench.supervised(names, times)
            alone = await bench.alone(names, times)
        return Storm(len(names), times, statistics.median(taken), statistics.median(alone))

    return run(main, seed=SEED, clock=VirtualClock())


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


def text(found_one: One, found_storm: Storm, found_resume: Resume) -> str:
    """Return what was measured as a table for people."""
    per = found_storm.blocks
    rows = [
        ("one block", "restart itself", duration(found_one.restart_s), "25 us"),
        ("", "with its looks and its climb", duration(found_one.recovery_s), ""),
        ("", "accesses of other blocks", f"{found_one.others}", "0"),
        (f"{per} blocks at once", "restarts themselves", duration(found_storm.restart_s), "5 ms"),
        ("", "with their looks and climbs", duration(found_storm.recovery_s), ""),
        ("", "restart of one of them", duration(found_storm.restart_s / per), ""),
        ("resume by a socket", "wall", duration(found_resume.wall_s), ""),
        ("", "CPU of the controller", duration(found_resume.cpu_s), ""),
        ("", "reads, writes", f"{found_resume.reads:,}, {found_resume.writes}", "0 writes"),
    ]
    head = ("what", "part", "median", "goal")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_recovery", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--small", action="store_true", help="a few recoveries only, in seconds")
    given = parser.parse_args(argv)
    small: bool = given.small
    found = (
        one(TIMES_SMALL if small else TIMES),
        storm(STORMS_SMALL if small else STORMS),
        resume(RESUMES_SMALL if small else RESUMES),
    )
    if given.json:
        alone, together, back = found
        data: dict[str, Any] = {
            "one": {**asdict(alone), "restart_s": alone.restart_s},
            "storm": {**asdict(together), "restart_s": together.restart_s},
            "resume": asdict(back),
        }
        print(json.dumps(data, indent=2))
    else:
        print(text(*found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
