"""Verbs on a whole chip: up and status."""

from __future__ import annotations

import json
from argparse import Namespace

from blocks.chip import load_chip
from runtime.bringup import bring_up, status
from runtime.cli.exits import LOST, NOT_WELL, OK
from runtime.cli.output import complain
from runtime.cli.pictures import asked_for
from runtime.cli.progress import watcher
from runtime.cli.report import print_status, print_summary
from runtime.cli.target import as_recorded, on_target
from runtime.climb import granted
from runtime.describe import name_operations
from runtime.graph import graph_of
from runtime.summary import Status, Summary
from runtime.words import count
from transports.base import Transport
from transports.recorded import Header, ReplayTransport


def run_up(arguments: Namespace) -> int:
    """Bring a chip up, leave the files that were asked for, and say what came of it."""
    chip = load_chip(arguments.chip)
    pictures = asked_for(arguments, chip)
    arguments = as_recorded(arguments)
    picked = chip.instances if arguments.only is None else graph_of(chip).only(arguments.only).ladders
    watch = watcher({name: chip.instances[name].type for name in picked}, quiet=arguments.json)
    header = Header(seed=arguments.seed, only=arguments.only, disturb=arguments.disturb)

    async def body(transport: Transport) -> Summary:
        name_operations(chip, transport)
        warn_of_cut(arguments.on, transport)
        with watch.shown(), pictures.recording(transport, header) as watched:
            summary = await bring_up(
                chip,
                watched,
                target=arguments.on,
                only=arguments.only,
                seed=arguments.seed,
                on_event=watch,
                consent=granted if arguments.disturb else None,
                history=pictures.history,
            )
        if isinstance(transport, ReplayTransport) and summary.lost is None:
            transport.finish()
        return summary

    try:
        summary = on_target(arguments, chip, body)
    except BaseException:  # an interrupt, too: what was seen until then is worth keeping
        pictures.write(None)
        pictures.complain()
        raise
    pictures.write(summary)
    if arguments.json:
        print(json.dumps(summary.to_data()))
    else:
        print_summary(summary, whole=len(chip.instances))
    unwritten = pictures.complain()
    return _exit(lost=summary.lost is not None, well=summary.well and not unwritten)


def run_status(arguments: Namespace) -> int:
    """Look at every block and say what holds; nothing is written."""
    chip = load_chip(arguments.chip)

    async def body(transport: Transport) -> Status:
        name_operations(chip, transport)
        return await status(chip, transport, target=arguments.on, only=arguments.only)

    if arguments.only is not None:
        graph_of(chip).only(arguments.only)  # what matches nothing is refused before anything is opened
    found = on_target(arguments, chip, body, look=True)
    if arguments.json:
        print(json.dumps(found.to_data()))
    else:
        print_status(found, {name: i.type for name, i in chip.instances.items()})
    return _exit(lost=found.lost is not None, well=found.well)


def warn_of_cut(url: str, transport: Transport) -> None:
    """Say beforehand that a recording is not whole."""
    if isinstance(transport, ReplayTransport) and transport.recording.cut:
        batches = count(transport.recording.batches, "batch")
        complain(f"{url} is cut off after {batches}: its writer was killed, or it was not copied whole")


def _exit(*, lost: bool, well: bool) -> int:
    return LOST if lost else OK if well else NOT_WELL
