"""uHAL, which queues operations and sends them in packets: over IPbus, to a responder of ours in another process."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from bench.measure import Timed, in_loop
from bench.peers import LeftOut, wanted
from bench.peers.device import CTRL_OFFSET, REGISTERS, SIZE_BYTES, Device, Step
from bench.peers.walk import built

TIMEOUT_MS = 5000


def table() -> str:
    """Return the address table: IPbus counts addresses in words."""
    parts = (("low", 0xFF), ("mid", 0xFF00), ("high", 0xFFFF0000))
    fields = "".join(f'<node id="{name}" mask="{mask:#x}"/>' for name, mask in parts)
    words = "".join(f'<node id="W{n}" address="{n:#x}">{fields}</node>' for n in range(REGISTERS))
    ctrl = f'<node id="CTRL" address="{CTRL_OFFSET // 4:#x}"><node id="gain" mask="0xf0"/></node>'
    return f'<node id="device">{words}{ctrl}</node>'


class Uhal:
    """Everything is queued, then dispatched once a program. A change of a field is done by the target."""

    name = "uHAL, IPbus over UDP"
    clock = "wall"

    def __init__(self, device: Device) -> None:
        uhal = wanted("uhal")
        if not hasattr(uhal, "getDevice"):
            raise LeftOut("the module uhal that is installed is another one")
        uhal.disableLogging()
        program = built("ipbus.c", device.folder / "ipbus")
        command = [str(program), device.path, str(SIZE_BYTES)]
        self._responder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._responder.stdout is not None
        port = int(self._responder.stdout.readline())
        addresses = device.folder / "uhal.xml"
        addresses.write_text(table())
        self._hw: Any = uhal.getDevice("device", f"ipbusudp-2.0://127.0.0.1:{port}", f"file://{addresses}")
        self._hw.setTimeoutPeriod(TIMEOUT_MS)

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return what queues the steps and dispatches them."""
        nodes = [self._hw.getNode(f"W{register}") for register in range(REGISTERS)]
        parts = {"modify": "mid", "check": "low", "poll": "high"}
        found = [
            (step.kind, nodes[step.register].getNode(parts[step.kind]) if step.kind in parts else nodes[step.register])
            for step in steps
        ]
        work = [(kind, node, step.value) for (kind, node), step in zip(found, steps, strict=True)]
        dispatch = self._hw.dispatch

        def run() -> list[int]:
            reads: list[Any] = []
            looks: list[tuple[Any, int]] = []
            for kind, node, value in work:
                if kind == "read":
                    reads.append(node.read())
                elif kind in ("write", "modify"):
                    node.write(value)
                else:
                    looks.append((node.read(), value))
            dispatch()
            for word, value in looks:
                if word.value() != value:
                    raise ValueError("a field is not as wanted")
            return [word.value() for word in reads]

        return in_loop(run)

    def words(self, result: Any) -> Sequence[int]:
        """They are the result."""
        found: Sequence[int] = result
        return found

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL."""
        self._hw.getNode("CTRL.gain").write(value)
        self._hw.dispatch()

    def close(self) -> None:
        """End the responder."""
        del self._hw
        self._responder.communicate()
