"""QEMU's monitor, as far as a reset needs it: one JSON object a line, commands answered, events in between.

QEMU serves one monitor client at a time, so a conversation is short: connect, ask, leave.

Source: docs/interop/qmp-spec.txt of QEMU 7.2.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import define, field

from transports.errors import Unavailable

LINE_BYTES_MAX = 1 << 20  # the longest answer in use is 2 KB; a longer one ends the conversation
EVENTS_MAX = 256  # the oldest are forgotten; nobody waits for an event that is so far back


@contextmanager
def _mapped(path: Path) -> Generator[None]:
    """Say in our own words what became of the monitor."""
    try:
        yield
    except (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError) as problem:
        raise Unavailable(f"QEMU's monitor {path} is not there: {problem or type(problem).__name__}") from problem
    except (anyio.DelimiterNotFound, ValueError) as problem:
        raise Unavailable(f"{path} is no QEMU monitor: {problem}") from problem


@define
class Monitor:
    """One conversation with a QEMU's monitor."""

    _path: Path
    _stream: SocketStream
    _lines: BufferedByteReceiveStream
    _events: deque[str] = field(factory=lambda: deque[str](maxlen=EVENTS_MAX))

    async def _receive(self) -> dict[str, Any]:
        """Return the next object; an event is noted as well."""
        line = await self._lines.receive_until(b"\n", LINE_BYTES_MAX)
        if not line.startswith(b"{"):
            raise ValueError(f"{line!r} is no message")
        message: dict[str, Any] = json.loads(line)
        if "event" in message:
            self._events.append(str(message["event"]))
        return message

    async def command(self, name: str) -> Any:
        """Run a command and return what it answers.

        Raises:
            Unavailable: the monitor went away, or refused.
        """
        with _mapped(self._path):
            await self._stream.send(json.dumps({"execute": name}).encode() + b"\n")
            while True:
                message = await self._receive()
                if "return" in message:
                    return message["return"]
                if "error" in message:
                    raise Unavailable(f"QEMU's monitor refused {name}: {message['error'].get('desc')}")

    async def event(self, name: str) -> None:
        """Wait until the event has come, counting from the start of the conversation; it is then used up.

        Raises:
            Unavailable: the monitor went away.
        """
        with _mapped(self._path):
            while name not in self._events:
                await self._receive()
            self._events.remove(name)


@asynccontextmanager
async def monitor(path: Path, *, within_s: float) -> AsyncGenerator[Monitor]:
    """Hold a conversation with the monitor at a socket.

    Args:
        within_s: bound on the greeting; a monitor that serves another client accepts and stays silent.

    Raises:
        Unavailable: there is no monitor, or it does not greet in time.
    """
    with _mapped(path):
        stream = await anyio.connect_unix(path)
    async with stream:
        talk = Monitor(path, stream, BufferedByteReceiveStream(stream))
        try:
            with anyio.fail_after(within_s):
                await talk.command("qmp_capabilities")
        except TimeoutError:
            raise Unavailable(f"QEMU's monitor {path} is silent; does another client hold it?") from None
        yield talk
