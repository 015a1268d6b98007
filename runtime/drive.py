"""Does under trio what a climb asks for: the generator knows what, this knows how."""

from __future__ import annotations

import math
from collections.abc import Awaitable
from typing import Any, TypeVar

import trio

from blocks.ladder import Dialogue
from blocks.port import Port, Submit
from registers.access import RegisterOp
from runtime import timer
from runtime.board import Board
from runtime.climb import Steps
from runtime.requests import Need, Reply, Request, Run, Stands, Talk, Wait, Watch
from runtime.words import duration
from transports.batch import Operation, Results
from transports.errors import PollTimeout, TransportError

T = TypeVar("T")


class BlockPort(Port):
    """A port whose short waits are short."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass on this runtime's clock."""
        await timer.sleep(seconds)


class TalkPort(BlockPort):
    """The port of one dialogue, which is ended when it is silent for too long."""

    def __init__(self, bus: Submit, owner: str, silence_s: float) -> None:
        super().__init__(bus, owner)
        self.silence_s = silence_s
        self.scope = trio.CancelScope(deadline=trio.current_time() + silence_s)

    async def submit(self, *items: RegisterOp[Any] | Operation) -> Results:
        """Run several operations in one batch, however long the bus takes."""
        return await self._heard(super().submit(*items))

    async def sleep(self, seconds: float) -> None:
        """Let time pass on this runtime's clock."""
        await self._heard(super().sleep(seconds))

    async def _heard(self, doing: Awaitable[T]) -> T:
        self.scope.deadline = math.inf
        try:
            return await doing
        finally:
            self.scope.deadline = trio.current_time() + self.silence_s


async def talk(dialogue: Dialogue, port: Port, silence_s: float) -> TransportError | None:
    """Hold a dialogue to its end; return what ended it early."""
    own = TalkPort(port.bus, port.owner, silence_s)
    try:
        with own.scope:
            await dialogue(own)
    except TransportError as error:
        return error
    if own.scope.cancelled_caught:
        return PollTimeout(f"the dialogue was silent for {duration(silence_s)}", where=port.owner, timeout_s=silence_s)
    return None


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
            request = steps.send(await answer(request, port, board))
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        steps.close()


async def _watch(watch: Watch, port: Port) -> Reply:
    seconds: float | None = watch.first_s
    looks = 0
    while True:
        if seconds:
            await timer.sleep(seconds)
        results = await port.bus.submit(watch.batch, owner=port.owner)
        now, looks = trio.current_time(), looks + 1
        seconds = watch.again(results, now)
        if seconds is None:
            return Reply(now, results, looks=looks)


async def answer(request: Request, port: Port, board: Board) -> Reply:
    """Do what a climb asks for."""
    match request:
        case Run(batch):
            results = await port.bus.submit(batch, owner=port.owner)
            return Reply(trio.current_time(), results)
        case Wait(seconds):
            await timer.sleep(seconds)
        case Stands(count):
            board.stands(port.owner, count)
        case Watch():
            return await _watch(request, port)
        case Need(names, rung):
            waited = await board.wait(port.owner, names, rung)
            return Reply(trio.current_time(), waited=waited)
        case Talk(dialogue, _, silence_s):
            error = await talk(dialogue, port, silence_s)
            return Reply(trio.current_time(), error=error)
    return Reply(trio.current_time())
