"""Verbs on a whole chip: up and status."""

from __future__ import annotations

import json
from argparse import Namespace

from blocks.chip import load_chip
from runtime.bringup import bring_up, status
from runtime.cli.exits import LOST, NOT_WELL, OK
from runtime.cli.output import print_table, say
from runtime.cli.progress import watcher
from runtime.cli.target import on_target
from runtime.fault import Fault
from runtime.graph import graph_of
from runtime.summary import State, Status, Summary
from runtime.words import count, duration
from transports.base import Transport

INDENT = 9  # columns, as wide as the word that begins a line
SHOWN_ACCESSES = 5  # of a failed block, for people; --json has all that the recorder kept


def run_up(arguments: Namespace) -> int:
    """Bring a chip up, and say what came of it."""
    chip = load_chip(arguments.chip)
    picked = chip.instances if arguments.only is None else graph_of(chip).only(arguments.only).ladders
    watch = watcher({name: chip.instances[name].type for name in picked}, quiet=arguments.json)

    async def body(transport: Transport) -> Summary:
        with watch.shown():
            return await bring_up(
                chip, transport, target=arguments.on, only=arguments.only, seed=arguments.seed, on_event=watch
            )

    summary = on_target(arguments, body)
    if arguments.json:
        print(json.dumps(summary.to_data()))
    else:
        _print_summary(summary, whole=len(chip.instances))
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


def _print_summary(summary: Summary, *, whole: int) -> None:
    """Say what came of it, to people.

    Args:
        whole: the blocks that the chip has, asked for or not.
    """
    for fault in summary.failed:
        _print_fault(fault)
    for waiting in summary.waiting:
        roots = [root for root in waiting.root if root not in waiting.on]
        behind = f" (behind that: {', '.join(roots)})" if roots else ""
        say(f"waiting  {waiting.block}: needs {', '.join(waiting.on)}{behind}", indent=INDENT)
    for violation in summary.violations:
        say(f"violated {violation}", indent=INDENT)
    if summary.lost is not None:
        say(f"device lost: {summary.lost}", indent=INDENT)
    up, asked = len(summary.up), summary.blocks
    if asked == whole:
        done = f"{up} of {asked} blocks of {summary.chip}"
    else:
        done = f"{up} of {f'the {asked} asked for of ' if up < asked else ''}{summary.chip}'s {whole} blocks"
    say(
        f"{done} up on {summary.target} in "
        f"{duration(summary.elapsed_s)} of chip time (critical path {duration(summary.critical_path_s)}); "
        f"{count(summary.reads, 'read')}, {count(summary.writes, 'write')} in {count(summary.batches, 'batch')}; "
        f"wall {duration(summary.wall_s)}, cpu {duration(summary.cpu_s)}; "
        f"seed {summary.seed}, trace {summary.trace_hash[:12]}"
    )


def _print_fault(fault: Fault) -> None:
    margin = " " * INDENT
    say(f"failed   {fault}", indent=INDENT)
    say(f"{margin}{fault.effort}, at {duration(fault.time_s)}", indent=INDENT)
    for access in fault.accesses[-SHOWN_ACCESSES:]:
        say(f"{margin}{access.time_s * 1e6:.3f} us: {access.what}", indent=INDENT + 2)
    if fault.traceback:
        print(fault.traceback)


def _print_status(found: Status, types: dict[str, str]) -> None:
    print_table(
        ("block", "type", "state", "why"),
        [(v.block, types[v.block], v.state.value, v.reason) for v in found.verdicts],
    )
    up = sum(verdict.state is State.UP for verdict in found.verdicts)
    if found.lost is not None:
        say(f"device lost: {found.lost}", indent=INDENT)
    say(
        f"{up} of {len(found.verdicts)} blocks of {found.chip} up on {found.target}; "
        f"{count(found.reads, 'read')}, {count(found.writes, 'write')}"
    )
