"""LiteX's client: each access goes to its server, in another process, over TCP. It knows registers, and no fields."""

from __future__ import annotations

import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from bench.measure import Timed
from bench.peers import LeftOut, wanted
from bench.peers.calls import calls
from bench.peers.device import CTRL_OFFSET, GAIN_LSB, REGISTERS, SIZE_BYTES, Device, Step


def csr() -> str:
    """Return the table of registers that LiteX's builder would have written."""
    lines = [f"csr_register,w{n},{4 * n:#x},1,rw" for n in range(REGISTERS)]
    lines += [f"csr_register,ctrl,{CTRL_OFFSET:#x},1,rw"]
    lines += ["constant,config_csr_data_width,32,,", "constant,config_bus_address_width,32,,"]
    return "\n".join([*lines, ""])


class LiteX:
    """`RemoteClient` and the registers that it makes from a table."""

    name = "LiteX RemoteClient, TCP"
    clock = "wall"

    def __init__(self, device: Device) -> None:
        client = wanted("litex.tools.litex_client").RemoteClient
        table = device.folder / "csr.csv"
        table.write_text(csr())
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "bench.peers.litex", device.path, str(port)]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._server.stdout is not None
        if not any("serving" in line for line in self._server.stdout):
            raise LeftOut("its server does not start")
        self._client: Any = client(host="127.0.0.1", port=port, csr_csv=str(table))
        self._client.open()

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return a loop of calls."""
        registers = [getattr(self._client.regs, f"w{n}") for n in range(REGISTERS)]

        def modify(register: Any, value: int) -> None:
            register.write(register.read() & 0xFFFF00FF | value << 8)

        def low(register: Any) -> int:
            word: int = register.read()
            return word & 0xFF

        def high(register: Any) -> int:
            word: int = register.read()
            return word >> 16

        return calls(
            steps,
            read=[register.read for register in registers],
            write=[register.write for register in registers],
            modify=[partial(modify, register) for register in registers],
            low=[partial(low, register) for register in registers],
            high=[partial(high, register) for register in registers],
        )

    def words(self, result: Any) -> Sequence[int]:
        """They are the result. A read also ends what was written before it: the server answers in order."""
        self._client.regs.ctrl.read()
        found: Sequence[int] = result
        return found

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL by hand: read, mask, write; and wait until it is there."""
        ctrl = self._client.regs.ctrl
        ctrl.write(ctrl.read() & ~(0xF << GAIN_LSB) | value << GAIN_LSB)
        ctrl.read()

    def close(self) -> None:
        """End the server."""
        self._client.close()
        self._server.communicate()


class Memory:
    """The server's way to the memory, as its own drivers are made."""

    def __init__(self, path: str) -> None:
        file = os.open(path, os.O_RDWR)
        self._words = memoryview(mmap.mmap(file, SIZE_BYTES)).cast("I")

    def open(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def read(self, addr: int, length: int | None = None, burst: str = "incr") -> int | list[int]:
        """Return one word, or several."""
        first = addr >> 2
        return self._words[first] if length is None else self._words[first : first + length].tolist()

    def write(self, addr: int, data: int | list[int]) -> None:
        """Write one word, or several."""
        for at, word in enumerate([data] if isinstance(data, int) else data, addr >> 2):
            self._words[at] = word


def serve(path: str, port: int) -> None:
    """Serve the memory until standard input ends."""
    server = wanted("litex.tools.litex_server").RemoteServer(Memory(path), "127.0.0.1", port)
    server.open()
    server.start(1)
    print("serving", flush=True)
    sys.stdin.read()
    os._exit(0)  # its threads have no end


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
