"""The verb `run`: a chip is brought up, or resumed, and kept in service until it is enough."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from argparse import Namespace
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from math import inf
from pathlib import Path
from urllib.parse import quote_plus

import trio
from attrs import define, field

from blocks.chip import Chip, load_chip
from registers.files import OutputRefused, check_outputs, write_atomically
from runtime.cli.exits import LOST, NOT_WELL, OK, UsageError, asked, only
from runtime.cli.incidents import Events, print_served, print_up
from runtime.cli.output import complain
from runtime.cli.sockets import SOCKET, what_is
from runtime.cli.target import CLOSE_S, on_target
from runtime.climb import granted
from runtime.describe import name_operations
from runtime.desk import Desk
from runtime.incident import Event, Served
from runtime.service import Service, Terms
from runtime.summary import Summary
from runtime.views.served import served_page
from transports.base import Transport
from transports.errors import DeviceLost
from transports.open import Target, TargetError, open_transport
from transports.wire.address import UnixAddress, address_of

ECHO_S = 0.2  # no person is that fast: the same signal so soon is one that came by two ways

# To open these once more is to have another chip, fresh from power-on; all others lead back to the one that there was.
FRESH = ("sim", "qemu")


def run_run(arguments: Namespace) -> int:
    """Keep a chip in service, and say what came of it.

    Raises:
        UsageError: an option that does not fit the target, a socket that has no such path, a file that cannot be
            written; nothing was done yet.
        Unavailable: a runtime serves at the socket already.
        DeviceLost: the device was lost before the chip was up.
    """
    chip = load_chip(arguments.chip)
    arguments = _fitted(arguments)
    report = None if arguments.report is None else Path(arguments.report)
    with asked(OSError, OutputRefused):
        check_outputs([] if report is None else [report], [arguments.chip])
    run = _Run(arguments, chip, _socket(arguments.socket))
    try:
        served = on_target(arguments, chip, run.serve, lasting=True)
    except Exception as problem:
        if run.told and isinstance(only(problem), DeviceLost):
            signal.raise_signal(run.told)  # before there was anything to keep: it ends as any verb that is told to
        raise
    written = report is None or _written(report, served_page(chip, served))
    if arguments.json:
        print(json.dumps(served.to_data()))
    else:
        print_served(served)
    return LOST if served.lost else OK if served.well and written else NOT_WELL


def _fitted(arguments: Namespace) -> Namespace:
    """Return the arguments with what only a simulated chip can be told in the target's URL, and with a clock.

    Raises:
        UsageError: the target is no simulated chip of this process, or a recording, or time jumps and has no end.
    """
    given = dict(vars(arguments))
    target = Target.parse(arguments.on)
    if target.scheme == "recorded":
        raise UsageError(
            f"{arguments.on}: a recording is no chip that could be kept in service; `firstlight up` replays it"
        )
    options = [("--workload", "workload=true")] if arguments.workload else []
    options += (
        [("--inject", f"inject={quote_plus(arguments.inject, safe='/')}")] if arguments.inject is not None else []
    )
    for name, option in options:
        if target.scheme != "sim":
            raise UsageError(f"{name}: found the target {arguments.on}; expected sim: (`firstlight sim` takes it, too)")
        given["on"] += f"{'&' if '?' in given['on'] else '?'}{option}"
    if arguments.for_s == inf:  # time that jumps would never come to an end
        if arguments.clock == "virtual":
            raise UsageError("--clock virtual: found no end; expected --for SECONDS, of the chip's time")
        given["clock"] = "real"
    return Namespace(**given)


def _socket(path: str | None) -> UnixAddress | None:
    """Return where a socket is to be.

    Raises:
        UsageError: it cannot be there: no such folder, a path too long, or something that is no socket has the name.
    """
    if path is None:
        return None
    try:
        address = address_of("unix", path, path)
    except TargetError as problem:
        raise UsageError(f"--socket {problem}") from problem
    assert isinstance(address, UnixAddress)
    if not os.path.exists(path):
        with asked(OSError):
            check_outputs([Path(path)])
    elif (found := what_is(path)) != SOCKET:
        raise UsageError(f"--socket {path}: found {found}; expected a name for a socket, or an old socket")
    return address


def _written(path: Path, text: str) -> bool:
    try:
        write_atomically(path, text.encode())
    except OSError as problem:
        complain(f"{path}: {problem.strerror or problem}")
        return False
    return True


@define(eq=False)
class _Run:
    """One service from its begin to its end.

    Attributes:
        told: the signal that asked for the end; 0: none did.
    """

    arguments: Namespace
    chip: Chip
    address: UnixAddress | None
    told: int = 0
    _open: list[Transport] = field(factory=list[Transport])

    async def serve(self, transport: Transport) -> Served:
        """Keep the chip in service over this transport until the time is over or a signal comes."""
        arguments, chip = self.arguments, self.chip
        name_operations(chip, transport)
        stop = trio.Event()
        listeners: list[Callable[[Event], None]] = [] if arguments.json else [Events()]

        def watch(event: Event) -> None:
            for listener in listeners:
                listener(event)

        service = Service(
            chip,
            transport,
            target=arguments.on,
            seed=arguments.seed,
            sweep_s=arguments.sweep,
            watch=watch,
            terms=Terms(
                consent=granted if arguments.disturb else None,
                reopen=None if Target.parse(arguments.on).scheme in FRESH else self._reopener(transport),
            ),
        )
        found: list[Served] = []

        async def keep(task_status: trio.TaskStatus[Summary]) -> None:
            found.append(await service.run(for_s=arguments.for_s, stop=stop, task_status=task_status))
            nursery.cancel_scope.cancel()

        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._close)
            if self.address is not None:
                desk = Desk(service)
                await stack.enter_async_context(desk.open_at(self.address))
                listeners.append(desk.note)
            nursery = await stack.enter_async_context(trio.open_nursery())
            nursery.start_soon(self._until_told, stop)
            summary = await nursery.start(keep)
            if not arguments.json:
                print_up(summary)
        return found[0]

    async def _until_told(self, stop: trio.Event) -> None:
        """Let the first SIGTERM or SIGINT end the service in good order; a second one does what it does to any verb.

        The same one at once is the first: `timeout` and others signal a process, and then its group.
        """
        wanted = [n for n in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(n) is not signal.SIG_IGN]
        if threading.current_thread() is not threading.main_thread():
            return
        again, told_s = 0, 0.0
        with trio.open_signal_receiver(*wanted) as signals:
            async for number in signals:
                if stop.is_set() and (number != self.told or time.monotonic() - told_s >= ECHO_S):
                    again = number
                    break
                if not stop.is_set():
                    self.told, told_s = number, time.monotonic()
                    stop.set()
        if again:
            signal.raise_signal(again)

    def _reopener(self, first: Transport) -> Callable[[], Awaitable[Transport]]:
        self._open.append(first)

        async def reopen() -> Transport:
            await self._close()
            arguments = self.arguments
            transport = await open_transport(
                arguments.on, chip=arguments.chip, description=self.chip, seed=arguments.seed
            )
            self._open.append(transport)
            name_operations(self.chip, transport)
            return transport

        return reopen

    async def _close(self) -> None:
        """Give back what is open of the target."""
        while self._open:
            with trio.move_on_after(CLOSE_S, shield=True):
                await self._open.pop().aclose()
