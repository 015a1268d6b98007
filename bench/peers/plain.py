"""What needs no library: elements of a memoryview, in a Python loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.measure import Timed, in_loop
from bench.peers.device import LOW, Device, Step


class Plain:
    """One loop over one kind, as it would be written by hand."""

    name = "memoryview, Python loop"
    clock = "cpu"

    def __init__(self, device: Device) -> None:
        self._words = device.words

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return the loop."""
        words = self._words
        kinds = {step.kind for step in steps}
        if kinds == {"read"}:
            places = [step.register for step in steps]
            return in_loop(lambda: [words[at] for at in places])
        pairs = [(step.register, step.value) for step in steps]
        if kinds == {"write"}:
            return in_loop(lambda: _write(words, pairs))
        if kinds == {"modify"}:
            return in_loop(lambda: _modify(words, pairs))
        mixed = [(step.kind, step.register, step.value) for step in steps]
        return in_loop(lambda: _mixed(words, mixed))

    def words(self, result: Any) -> Sequence[int]:
        """They are the result."""
        return result or []

    def close(self) -> None:
        """The memory is the device's."""


def _write(words: memoryview, pairs: Sequence[tuple[int, int]]) -> None:
    for at, value in pairs:
        words[at] = value


def _modify(words: memoryview, pairs: Sequence[tuple[int, int]]) -> None:
    for at, value in pairs:
        words[at] = words[at] & 0xFFFF00FF | value << 8


def _mixed(words: memoryview, steps: Sequence[tuple[str, int, int]]) -> list[int]:
    found: list[int] = []
    for kind, at, value in steps:
        if kind == "read":
            found.append(words[at])
        elif kind == "write":
            words[at] = value
        elif kind == "modify":
            words[at] = words[at] & 0xFFFF00FF | value << 8
        elif kind == "check":
            if words[at] & LOW != value:
                raise ValueError(f"register {at} is not as wanted")
        else:
            while words[at] >> 16 != value:
                pass
    return found
