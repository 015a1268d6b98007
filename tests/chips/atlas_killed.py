"""Atlas behind a socket, and controllers that are forked, serve it, and are killed. Not a test: imported by one.

The chip lives in this process, so a controller can be killed at an access, counted, however busy the machine is. The
controllers are `firstlight run`, each a process of its own, forked from one that has imported it all: what is left
out is the start of Python, which costs more than all that is tested here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import trio
from attrs import define

from blocks.look import compile_look
from blocks.sim import SimTransport
from blocks.sim.chip import Listener, SimChip
from runtime.graph import graph_of
from tests.chips.atlas_service import CHIP, NotedChip
from transports.engine import interpret
from transports.serve import Server, listen
from transports.wire.address import parse_address

# Forks a controller for each line that it reads, tells its number, and at its end the status.
TEMPLATE = """
import os, sys
import runtime.cli.run
from runtime.cli.main import main
from blocks.chip import load_chip
from runtime.graph import graph_of
graph_of(load_chip("atlas"))
for line in sys.stdin:
    number = os.fork()
    if not number:
        os._exit(main(line.split()))
    print("began", number, flush=True)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
"""
LOOKS = {instance.variant: compile_look(instance.variant.up) for instance in CHIP.instances.values()}
PATIENCE_S = 120.0  # for a machine that is busy with other things


class CountingChip(NotedChip):
    """An atlas that calls somebody at an access.

    Attributes:
        offset_s: what to add to the time of the loop to have the chip's.
    """

    offset_s: float = 0.0

    def __init__(self, seed: int) -> None:
        self._left = inf
        self._call: Callable[[], object] = bool
        super().__init__(seed)

    def call_at(self, access: float, call: Callable[[], object]) -> None:
        """Call at that access from now on, the first is 1; inf: at none."""
        self._left, self._call = access, call

    def attach(self, listener: Listener, time_s: float) -> float:
        """Tell a listener from now on, and note the time."""
        self.offset_s = super().attach(listener, time_s)
        return self.offset_s

    def catch_up(self) -> None:
        """Let everything happen that happens up to now."""
        self.advance(trio.current_time() + self.offset_s)

    def read(self, address: int, width: int) -> int:
        """Read, and count."""
        word = super().read(address, width)
        self._count()
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write, note and count."""
        super().write(address, value, width, strobes)
        self._count()

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._call()


@define(eq=False)
class Controllers:
    """What forks controllers, one after the other.

    Attributes:
        number: of the process that there is now; 0: none.
    """

    process: trio.Process
    address: str
    lines: trio.MemoryReceiveChannel[str]
    number: int = 0

    async def begin(self) -> None:
        """Fork one."""
        assert self.process.stdin is not None
        await self.process.stdin.send_all(f"run atlas --on {self.address} --sweep 20\n".encode())
        self.number = int((await self.until("began ")).split()[1])

    async def until(self, what: str) -> str:
        """Return the next line that contains a text."""
        with trio.fail_after(PATIENCE_S):
            while what not in (line := await self.lines.receive()):
                assert what == "ended " or not line.startswith("ended "), f"{line}, while waiting for {what!r}"
            return line

    def kill(self) -> None:
        """Kill the one that there is, at once; nothing if it was killed before."""
        if self.number:
            os.kill(self.number, signal.SIGKILL)
            self.number = 0

    async def killed(self) -> None:
        """Wait until the killed one is gone."""
        assert (await self.until("ended ")).split()[1] == str(-signal.SIGKILL)

    async def end(self) -> int:
        """Tell the one that there is to stop; return its status."""
        os.kill(self.number, signal.SIGTERM)
        self.number = 0
        return int((await self.until("ended ")).split()[1])


async def _split(stream: trio.abc.ReceiveStream, lines: trio.MemorySendChannel[str]) -> None:
    rest = b""
    async with lines:
        async for data in stream:
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                await lines.send(line.decode())


@asynccontextmanager
async def served(chip: NotedChip, folder: Path) -> AsyncGenerator[Controllers]:
    """Serve a chip at a socket in a folder, for controllers that are forked."""
    address = f"unix:{folder}/s"
    transport = SimTransport(chip)
    server = Server(transport)
    listener = await listen(parse_address(address))
    send, receive = trio.open_memory_channel[str](inf)
    process = await trio.lowlevel.open_process(
        [sys.executable, "-u", "-c", TEMPLATE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    controllers = Controllers(process, address, receive)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_split, process.stdout, send)
            nursery.start_soon(server.serve, listener)
            yield controllers
            nursery.cancel_scope.cancel()
    finally:
        controllers.kill()
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdin.aclose()
            await process.stdout.aclose()
        listener.close()


def down(chip: SimChip) -> set[str]:
    """Look at each block that stands on what is up, and return those that are not, without any transport."""
    graph = graph_of(CHIP)
    found = set[str]()
    for name in graph.block_order():
        if not found.isdisjoint(graph.resolve(need, name)[0] for need in graph.needs[name]):
            found.add(name)
            continue
        look, offset = LOOKS[CHIP.instances[name].variant], CHIP.instances[name].offset
        try:
            next(steps := interpret(look.batch.prepared.at(offset), chip, float))
        except StopIteration as stop:
            if look.judge(stop.value, name) is not None:
                found.add(name)
        else:
            raise AssertionError(f"the look at {name} waits: {steps}")
    return found
