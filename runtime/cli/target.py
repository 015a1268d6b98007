"""Opens the target a verb is for, on the right clock, and gives it back whatever happens."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

import trio
from attrs import frozen

from blocks.chip import Chip, Instance
from blocks.port import Port
from runtime.bringup import status
from runtime.cli.exits import UsageError
from runtime.clock import RealClock, StepClock, VirtualClock
from runtime.determinism import run
from runtime.fit import check_device, check_fit
from runtime.garbage import only_new
from runtime.session import Session
from runtime.summary import State
from transports.base import Transport
from transports.errors import DeviceLost, TransportError
from transports.open import Target, open_transport
from transports.recorded import recorded_header

T = TypeVar("T")

CLOSE_S = 5.0  # a target that is not given back by then is left to its own ways


def on_target(
    arguments: Namespace,
    chip: Chip,
    body: Callable[[Transport], Awaitable[T]],
    *,
    look: bool = False,
    lasting: bool = False,
) -> T:
    """Run `body` with the target of a chip open, under trio, with the schedule that the seed fixes.

    Args:
        look: `body` only reads, so another controller may hold the device.
        lasting: `body` goes on for long, and minds the garbage itself.

    Raises:
        TargetError, ValueError: the target's URL, or what its opener made of it.
        TransportError: the device was not reached, or what `body` raised.
    """
    seed: int = getattr(arguments, "seed", 0)
    choice: str | None = getattr(arguments, "clock", None)
    # A chip that is simulated in this process, or recorded, lives on its clock; anything else lives in real time.
    simulated = Target.parse(arguments.on).scheme in ("sim", "recorded")
    clock = VirtualClock() if choice == "virtual" or (choice is None and simulated) else RealClock()
    if isinstance(clock, RealClock) and getattr(arguments, "record", None):
        clock = StepClock()  # a replay must decide by the very times by which this run does

    async def main() -> T:
        if isinstance(clock, StepClock):
            trio.lowlevel.add_instrument(clock)
        with nullcontext() if simulated else clock.hold():  # a QEMU that starts takes real time
            transport = await open_transport(arguments.on, chip=arguments.chip, look=look, description=chip, seed=seed)
        try:
            with nullcontext() if lasting else only_new():
                return await body(transport)
        finally:
            with trio.move_on_after(CLOSE_S, shield=True):
                await transport.aclose()

    return run(main, seed=seed, clock=clock)


def as_recorded(arguments: Namespace) -> Namespace:
    """Return what the user asked for; on a recording, with its seed, its blocks and its consent for what was not said.

    Raises:
        TargetError: the target is a recording that cannot be read.
        UsageError: other blocks are asked for than were recorded.
    """
    given = dict(vars(arguments))
    target = Target.parse(arguments.on)
    seed, only = 0, None
    if target.scheme == "recorded":
        header = recorded_header(target)
        seed, only = header.seed, header.only
        if arguments.only is not None and arguments.only != only:
            there = "all blocks" if only is None else f"--only {only}"
            raise UsageError(f"--only {arguments.only}: {arguments.on} is a recording of {there}, and of no other run")
        given["disturb"] = arguments.disturb or header.disturb
    given["seed"] = seed if arguments.seed is None else arguments.seed
    given["only"] = only if arguments.only is None else arguments.only
    return Namespace(**given)


@frozen
class Seat:
    """Where a verb on one block sits: the way to its registers, and what it stands on."""

    chip: Chip
    instance: Instance
    transport: Transport
    port: Port

    async def not_up(self) -> tuple[str, ...]:
        """Return the blocks that this one needs, however far below, and that a look finds not up; it writes nothing."""
        found = await status(self.chip, self.transport, only=self.instance.name)
        if found.lost is not None:
            return ()
        return tuple(v.block for v in found.verdicts if v.state is not State.UP and v.block != self.instance.name)


def on_block(
    arguments: Namespace,
    chip: Chip,
    instance: Instance,
    body: Callable[[Seat], Awaitable[T]],
    *,
    look: bool = False,
) -> T:
    """Run `body` at one block, through whatever stands before it.

    Args:
        look: `body` only reads, and so changes nothing; a way through another block writes to that one all the same.

    Raises:
        TargetError: the target is another chip; nothing was touched.
        TransportError: as `on_target`; what the block needs and does not have comes first.
    """

    check_fit(chip, arguments.on)

    async def main(transport: Transport) -> T:
        check_device(chip, transport, arguments.on)
        session = Session(chip, transport)
        seat = Seat(chip, instance, transport, session.port(instance.name))
        try:
            return await body(seat)
        except DeviceLost:
            raise
        except TransportError as error:
            if below := await seat.not_up():
                raise error.at(reason=f"{needs(instance.name, below)}: {error.reason}") from error
            raise
        finally:
            await session.aclose()

    return on_target(arguments, chip, main, look=look and instance.behind is None)


def needs(name: str, not_up: Sequence[str]) -> str:
    """Say that a block needs others, which are not up."""
    *more, last = not_up
    listed = f"{', '.join(more)} and {last}" if more else last
    return f"{name} needs {listed}, which {'are' if more else 'is'} not up"
