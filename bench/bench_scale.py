"""One chip's description at 324, 3,240 and 10,044 instances: what loading, simulating and bringing it up costs.

    python -m bench.bench_scale [--json] [--small]

The chip is atlas with 2, 20 and 62 dies of 162 blocks. Each is loaded, simulated and brought up under the virtual clock
by a process of its own, so that what one leaves behind is no other's memory.

To compare with: the first row. A cost that follows the number of blocks stands at 1.00 in the table of ratios, whatever
the size. What the models of the simulated chip take is not the runtime's, so it is measured apart, in each access; a
chip of silicon takes none of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import trio
from attrs import asdict

from bench.costs import Row, table
from blocks.chip import Chip, load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.determinism import run
from runtime.summary import Summary

DIES, DIES_SMALL = (2, 20, 62), (2, 4)
SEED = 0


class Timed(SimTransport):
    """A simulated chip whose accesses are timed, the events that they find due included."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__(chip)
        self.spent_ns = 0

    def read(self, address: int, width: int) -> int:
        """Read, and note how long the chip took."""
        began = time.thread_time_ns()
        try:
            return super().read(address, width)
        finally:
            self.spent_ns += time.thread_time_ns() - began

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write, and note how long the chip took."""
        began = time.thread_time_ns()
        try:
            super().write(address, value, width, strobes)
        finally:
            self.spent_ns += time.thread_time_ns() - began


def measure(dies: int) -> Row:
    """Load, simulate and bring up the chip with that many dies; in a process that does nothing else."""
    imports = largest()
    began, wall = time.process_time(), time.perf_counter()
    chip = load_chip(f"atlas?die={dies}")
    load_s, load_wall_s, loaded = time.process_time() - began, time.perf_counter() - wall, largest()
    began = time.process_time()
    simulated = SimChip(chip, seed=SEED)
    make_s, made = time.process_time() - began, largest()
    began = time.process_time()
    summary, models_s = up(chip, simulated)
    up_s = time.process_time() - began
    return Row(
        dies=dies,
        instances=len(chip.instances),
        load_wall_s=load_wall_s,
        load_s=load_s,
        make_s=make_s,
        up_s=up_s,
        models_s=models_s,
        loaded_bytes=loaded - imports,
        made_bytes=made - imports,
        peak_bytes=largest() - imports,
        up=len(summary.up),
        violations=len(summary.violations),
        reads=summary.reads,
        writes=summary.writes,
        batches=summary.batches,
        slowness=summary.elapsed_s / summary.critical_path_s,
        trace_hash=summary.trace_hash,
    )


def up(chip: Chip, simulated: SimChip) -> tuple[Summary, float]:
    """Bring a simulated chip up; return what came of it, and the seconds that its models took."""

    async def main() -> tuple[Summary, float]:
        transport = Timed(simulated)
        try:
            return await bring_up(chip, transport, seed=SEED), transport.spent_ns / 1e9
        finally:
            with trio.CancelScope(shield=True):
                await transport.aclose()

    return run(main, seed=SEED, clock=VirtualClock())


def largest() -> int:
    """Return the bytes of this process when it was largest.

    Source: /proc/self/status, VmHWM; unlike `getrusage` it does not begin with the size of the parent.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def apart(dies: int) -> Row:
    """Measure in a process of its own.

    Raises:
        CalledProcessError: it failed; what it said stands on stderr.
    """
    command = [sys.executable, "-m", "bench.bench_scale", "--one", str(dies)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Row(**json.loads(done.stdout))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_scale", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--small", action="store_true", help="324 and 648 blocks only, in half a minute")
    parser.add_argument("--one", type=int, metavar="DIES", help="one size only, in this process, as JSON")
    given = parser.parse_args(argv)
    if given.one is not None:
        print(json.dumps(asdict(measure(given.one))))
        return 0
    rows: list[Row] = []
    for dies in DIES_SMALL if given.small else DIES:
        rows.append(apart(dies))
        print(f"measured {rows[-1].instances:,} blocks", file=sys.stderr)
    data: list[dict[str, Any]] = [asdict(row) for row in rows]
    print(json.dumps(data, indent=2) if given.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
