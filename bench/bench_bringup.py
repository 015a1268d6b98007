"""The atlas chip at 324 to 10,044 instances, and at 100,116: what loading, simulating and bringing it up costs.

    python -m bench.bench_bringup [--json] [--small] [--all]

The chip is atlas with 2, 6, 20, 62 or 618 dies of 162 blocks. Each size is measured by a process of its own, so that
what one leaves behind is no other's memory: once under the virtual clock, where every run is the same, and once under
the real one, where all that the runtime takes delays the chip. The simulated chip is accounted apart (`silicon`). A
third part measures how long the event loop serves nobody (`stalls`), while 10,044 blocks come up and while all of that
is cancelled half way, with the garbage collector set in different ways.

To compare with: the first row, and the critical path, which is the time that the hardware takes when nothing else does.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import trio
from attrs import asdict, frozen

from bench.costs import Row, table
from bench.silicon import Account, SiliconClock, Timed, cost_ns
from bench.stalled import GARBAGE, said, stalls
from blocks.chip import Chip, load_chip
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.garbage import only_new
from runtime.summary import Summary

DIES, DIES_SMALL = (2, 6, 20, 62), (2, 4)
DIES_ALL = 618  # 100,116 blocks: a quarter of an hour, most of it the simulated chip's
REAL_DIES_MAX = 62
STALL_DIES, STALL_DIES_SMALL = 62, 2
SEED = 0


@frozen
class Up:
    """One bring-up: what came of it, CPU seconds of the runtime and of the simulated chip, and its calls."""

    summary: Summary
    runtime_s: float
    chip_s: float
    steps: int


def up(chip: Chip, simulated: SimChip, clock: RealClock | VirtualClock) -> Up:
    """Bring a simulated chip up as the command does, the chip's own work accounted apart."""
    account = Account(clock if isinstance(clock, SiliconClock) else None)

    async def main() -> Summary:
        transport = Timed(simulated, account)
        try:
            return await bring_up(chip, transport, seed=SEED)
        finally:
            with trio.CancelScope(shield=True):
                await transport.aclose()

    began = time.thread_time_ns()
    with only_new():
        summary = run(main, seed=SEED, clock=clock)
    ours_ns = account.others_ns(time.thread_time_ns()) - began - cost_ns() * account.steps
    return Up(summary, ours_ns / 1e9, account.spent_ns / 1e9, account.steps)


def measure(dies: int) -> Row:
    """Load, simulate and bring up the chip with that many dies; in a process that does nothing else."""
    imports = largest()
    began, wall = time.process_time(), time.perf_counter()
    chip = load_chip(f"atlas?die={dies}")
    load_s, load_wall_s, loaded = time.process_time() - began, time.perf_counter() - wall, largest()
    began = time.process_time()
    simulated = SimChip(chip, seed=SEED)
    make_s, made = time.process_time() - began, largest()
    virtual = up(chip, simulated, VirtualClock())
    peak, summary = largest(), virtual.summary
    real: dict[str, float] = {}
    if dies <= REAL_DIES_MAX:
        simulated = SimChip(chip, seed=SEED)
        gc.collect()
        found = up(chip, simulated, SiliconClock())
        real = {
            "real": found.summary.elapsed_s / found.summary.critical_path_s,
            "real_wall_s": found.summary.wall_s,
            "real_runtime_s": found.runtime_s,
        }
    return Row(
        dies=dies,
        instances=len(chip.instances),
        load_wall_s=load_wall_s,
        load_s=load_s,
        make_s=make_s,
        runtime_s=virtual.runtime_s,
        chip_s=virtual.chip_s,
        loaded_bytes=loaded - imports,
        made_bytes=made - imports,
        peak_bytes=peak - imports,
        up=len(summary.up),
        violations=summary.broken,
        reads=summary.reads,
        writes=summary.writes,
        batches=summary.batches,
        flights=virtual.steps,
        virtual=summary.elapsed_s / summary.critical_path_s,
        trace_hash=summary.trace_hash,
        critical_s=summary.critical_path_s,
        **real,
    )


def largest() -> int:
    """Return the bytes of this process when it was largest.

    Source: /proc/self/status, VmHWM; unlike `getrusage` it does not begin with the size of the parent.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def apart(*given: str) -> Any:
    """Return what this bench says, as JSON, in a process of its own.

    Raises:
        CalledProcessError: it failed; what it said stands on stderr.
    """
    command = [sys.executable, "-m", "bench.bench_bringup", *given]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_bringup", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--small", action="store_true", help="324 and 648 blocks only, in a minute")
    parser.add_argument("--all", action="store_true", help="100,116 blocks too: a quarter of an hour more")
    parser.add_argument("--one", type=int, metavar="DIES", help="one size only, in this process, as JSON")
    parser.add_argument("--stalls", choices=GARBAGE, metavar="HOW", help="the stalls of --one alone, as JSON")
    given = parser.parse_args(argv)
    if given.one is not None:
        found = measure(given.one) if given.stalls is None else stalls(given.stalls, given.one)
        print(json.dumps(asdict(found)))
        return 0
    rows: list[Row] = []
    for dies in DIES_SMALL if given.small else (*DIES, DIES_ALL) if given.all else DIES:
        rows.append(Row(**apart("--one", str(dies))))
        print(f"measured {rows[-1].instances:,} blocks", file=sys.stderr)
    where = str(STALL_DIES_SMALL if given.small else STALL_DIES)
    watched = [apart("--one", where, "--stalls", how) for how in (list(GARBAGE)[:1] if given.small else GARBAGE)]
    load = os.getloadavg()[0]
    if given.json:
        print(json.dumps({"load": load, "rows": [asdict(row) for row in rows], "stalls": watched}, indent=2))
    else:
        print(f"{table(rows)}\n\n{said(watched)}\n\nLoad of the machine: {load:.1f} on {os.cpu_count()} processors.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
