"""Does under trio what a climb asks for: the generator knows what, this knows how."""

from __future__ import annotations

from typing import TypeVar

import trio

from blocks.port import Port
from runtime import timer
from runtime.board import Board
from runtime.climb import Need, Reply, Request, Run, Stands, Steps, Talk, Wait
from transports.errors import TransportError

T = TypeVar("T")


class BlockPort(Port):
    """A port whose short waits are short."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass on this runtime's clock."""
        await timer.sleep(seconds)


async def drive(steps: Steps[T], port: Port, board: Board) -> T:
    """Run a climb, or a look, to its end and return what it returns.

    Args:
        steps: the generator.
        port: the block's way to its registers.
        board: where others see how far it is.

    Raises:
        DeviceLost: the device is gone.
        Exception: whatever the block's own code raised, other than a TransportError.
    """
    try:
        request = next(steps)
        while True:
            request = steps.send(await _answer(request, port, board))
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        steps.close()


async def _answer(request: Request, port: Port, board: Board) -> Reply:
    match request:
        case Run(batch):
            results = await port.bus.submit(batch, owner=port.owner)
            return Reply(trio.current_time(), results)
        case Wait(seconds):
            await timer.sleep(seconds)
        case Stands(count):
            board.stands(port.owner, count)
        case Need(names, rung):
            await board.wait(port.owner, names, rung)
        case Talk(dialogue):
            try:
                await dialogue(port)
            except TransportError as error:
                return Reply(trio.current_time(), error=error)
    return Reply(trio.current_time())
