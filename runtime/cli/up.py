"""Verbs on a whole chip: up and status."""

from __future__ import annotations

import json
from argparse import Namespace

from blocks.chip import load_chip
from runtime.bringup import bring_up, status
from runtime.cli.exits import LOST, NOT_WELL, OK
from runtime.cli.output import print_table
from runtime.cli.progress import watcher
from runtime.cli.target import on_target
from runtime.fault import Fault
from runtime.summary import State, Status, Summary
from transports.base import Transport

SHOWN_ACCESSES = 5  # of a failed block, for people; --json has all that the recorder kept


def run_up(arguments: Namespace) -> int:
    """Bring a chip up, and say what came of it."""
    chip = load_chip(arguments.chip)
    watch = watcher({name: i.type for name, i in chip.instances.items()}, quiet=arguments.json)

    async def body(transport: Transport) -> Summary:
        with watch.shown():
            return await bring_up(
                chip, transport, target=arguments.on, only=arguments.only, seed=arguments.seed, on_event=watch
            )

    summary = on_target(arguments, body)
    if arguments.json:
        print(json.dumps(summary.to_data()))
    else:
        _print_summary(summary)
    return _exit(lost=summary.lost is not None, well=summary.well)


def run_status(arguments: Namespace) -> int:
    """Look at every block and say what holds; nothing is written."""
    chip = load_chip(arguments.chip)

    async def body(transport: Transport) -> Status:
        return await status(chip, transport, target=arguments.on)

    found = on_target(arguments, body)
    if arguments.json:
        print(json.dumps(found.to_data()))
    else:
        _print_status(found, {name: i.type for name, i in chip.instances.items()})
    return _exit(lost=found.lost is not None, well=found.well)


def _exit(*, lost: bool, well: bool) -> int:
    return LOST if lost else OK if well else NOT_WELL


def duration(seconds: float) -> str:
    """Return a time as people say it: the unit by its size, three digits or more."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}" if seconds < 1000 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds * 1e6:.3g} us"


def _print_summary(summary: Summary) -> None:
    for fault in summary.failed:
        _print_fault(fault)
    for waiting in summary.waiting:
        roots = [root for root in waiting.root if root not in waiting.on]
        behind = f" (behind that: {', '.join(roots)})" if roots else ""
        print(f"waiting  {waiting.block}: needs {', '.join(waiting.on)}{behind}")
    for violation in summary.violations:
        print(f"violated  {violation}")
    if summary.lost is not None:
        print(f"device lost: {summary.lost}")
    print(
        f"{len(summary.up)} of {summary.blocks} blocks of {summary.chip} up on {summary.target} in "
        f"{duration(summary.elapsed_s)} of chip time (critical path {duration(summary.critical_path_s)}); "
        f"{summary.reads} reads, {summary.writes} writes in {summary.batches} batches; "
        f"wall {duration(summary.wall_s)}, cpu {duration(summary.cpu_s)}; "
        f"seed {summary.seed}, trace {summary.trace_hash[:12]}"
    )


def _print_fault(fault: Fault) -> None:
    print(f"failed   {fault}")
    tried = f"{fault.attempts} attempt{'' if fault.attempts == 1 else 's'}"
    print(f"         {tried}; {duration(fault.elapsed_s)} after the last act, at {fault.time_s:.6f} s")
    for access in fault.accesses[-SHOWN_ACCESSES:]:
        print(f"         {access}")
    if fault.traceback:
        print(fault.traceback)


def _print_status(found: Status, types: dict[str, str]) -> None:
    print_table(
        ("block", "type", "state", "rung", "why"),
        [(v.block, types[v.block], v.state.value, v.rung, v.reason) for v in found.verdicts],
    )
    up = sum(verdict.state is State.UP for verdict in found.verdicts)
    if found.lost is not None:
        print(f"device lost: {found.lost}")
    print(
        f"{up} of {len(found.verdicts)} blocks of {found.chip} up on {found.target}; "
        f"{found.reads} reads, {found.writes} writes"
    )
