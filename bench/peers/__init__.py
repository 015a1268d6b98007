"""What one would use instead, each doing the same work on the same memory.

A file here has one library, or two that are used alike. What all of them get is a `Device`: words in shared memory, and
the registers that lie over them, described once (`device.rdl`). What is not installed is left out, and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from bench.measure import Timed
from bench.peers.device import Device, Step


class LeftOut(Exception):
    """A peer cannot be measured here; says why."""


class Peer(Protocol):
    """One way to reach registers.

    Attributes:
        name: in the tables.
        clock: "cpu" where all work is done by the calling thread; "wall" where another process answers.
    """

    name: str
    clock: str

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return the steps as this library does them best, ready to be timed: handles are found beforehand."""
        ...

    def words(self, result: Any) -> Sequence[int]:
        """Return the words that the reads among the steps brought, from the result of the program made last."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Careful(Protocol):
    """A peer that knows fields: what its field write does to the fields beside it can be asked."""

    def set_gain(self, value: int) -> None:
        """Set the plain field `gain` of CTRL, as the library's users do."""
        ...


def wanted(module: str) -> Any:
    """Return a module that is installed.

    Raises:
        LeftOut: it is not.
    """
    try:
        return import_module(module)
    except ImportError as problem:
        raise LeftOut(f"not installed ({problem})") from problem


def opened(device: Device) -> tuple[list[Peer], dict[str, str]]:
    """Return the peers that can be had here, and for each of the others why it cannot."""
    from bench.peers import firstlight, litex, peakrdl, periphery, plain, uhal, walk

    makers: dict[str, Any] = {
        walk.Walk.name: walk.Walk,
        **firstlight.MAKERS,
        plain.Plain.name: plain.Plain,
        periphery.Periphery.name: periphery.Periphery,
        peakrdl.PyRal.name: peakrdl.PyRal,
        peakrdl.PeakRdl.name: peakrdl.PeakRdl,
        uhal.Uhal.name: uhal.Uhal,
        litex.LiteX.name: litex.LiteX,
    }
    peers: list[Peer] = []
    left_out: dict[str, str] = {}
    for name, make in makers.items():
        try:
            peers.append(make(device))
        except LeftOut as reason:
            left_out[name] = str(reason)
    return peers, left_out
