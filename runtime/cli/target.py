"""Opens the target a verb is for, on the right clock, and gives it back whatever happens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TypeVar

import trio

from blocks.chip import Chip, Instance
from blocks.port import Port
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.session import Session
from transports.base import Transport
from transports.open import Target, open_transport

T = TypeVar("T")

CLOSE_S = 5.0  # a target that is not given back by then is left to its own ways


def on_target(arguments: Namespace, body: Callable[[Transport], Awaitable[T]]) -> T:
    """Run `body` with the target open, under trio, with the schedule that the seed fixes.

    Raises:
        TargetError, ValueError: the target's URL, or what its opener made of it.
        TransportError: the device was not reached, or what `body` raised.
    """
    seed: int = getattr(arguments, "seed", 0)
    choice: str | None = getattr(arguments, "clock", None)
    # A simulated chip lives in this process and on its clock; anything else lives in real time.
    simulated = Target.parse(arguments.on).scheme == "sim"
    clock = VirtualClock() if choice == "virtual" or (choice is None and simulated) else RealClock()

    async def main() -> T:
        with nullcontext() if simulated else clock.hold():  # a QEMU that starts takes real time
            transport = await open_transport(arguments.on, chip=arguments.chip, seed=seed)
        try:
            return await body(transport)
        finally:
            with trio.move_on_after(CLOSE_S, shield=True):
                await transport.aclose()

    return run(main, seed=seed, clock=clock)


def on_block(arguments: Namespace, chip: Chip, instance: Instance, body: Callable[[Port], Awaitable[T]]) -> T:
    """Run `body` with a port to one block, through whatever stands before it."""

    async def main(transport: Transport) -> T:
        session = Session(chip, transport)
        try:
            return await body(session.port(instance.name))
        finally:
            await session.aclose()

    return on_target(arguments, main)
