"""The device of the benches: its memory, its registers, and the work that is done on them."""

from __future__ import annotations

import mmap
import os
import sys
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import frozen

from registers.compile import compile_rdl
from registers.generate import generate_to_file
from registers.image import save

SOURCE = Path(__file__).with_name("device.rdl")
REGISTERS = 64
SIZE_BYTES = mmap.PAGESIZE
CTRL_OFFSET = 0x100  # Source: device.rdl
GAIN_LSB, EVENTS = 4, 0x300
LOW, MID = 0xFF, 0x5A

KINDS = ("read", "write", "modify", "mixed")
MIXED = ("read", "write", "modify", "check", "poll")


@frozen
class Step:
    """One operation on a register.

    Attributes:
        kind: "read", "write" (the whole word), "modify" (its field `mid`), "check" (`low`) or "poll" (`high`).
        register: the index in W.
        value: what is written, or expected.
    """

    kind: str
    register: int
    value: int = 0


def word_of(register: int) -> int:
    """Return what a register holds when all was done."""
    return register | MID << 8 | (register * 257 & 0xFFFF) << 16


def steps_of(kind: str, count: int) -> list[Step]:
    """Return that many steps of one kind, or of each in turn; a poll finds at its first look what it waits for."""
    steps: list[Step] = []
    for number in range(count):
        register = number % REGISTERS
        what = MIXED[number % len(MIXED)] if kind == "mixed" else kind
        word = word_of(register)
        value = {"read": 0, "write": word, "modify": MID, "check": word & LOW, "poll": word >> 16}[what]
        steps.append(Step(what, register, value))
    return steps


class Device:
    """A page of shared memory, reached by every peer in its own way, from other processes too.

    Args:
        folder: for what is generated; goes with the bench.

    Attributes:
        memory, words: the page, and its words of 32 bits.
        path: where another process opens it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = os.memfd_create("firstlight-bench")
        os.ftruncate(self._file, SIZE_BYTES)
        self.path = f"/proc/{os.getpid()}/fd/{self._file}"
        self.memory = mmap.mmap(self._file, SIZE_BYTES)
        self.words = memoryview(self.memory).cast("I")

    @cached_property
    def regs(self) -> Any:
        """Our own registers of it, generated and typed, at address 0."""
        image = compile_rdl(SOURCE)
        package = self.package("firstlight_device")
        save(image, package / "device.image")
        generate_to_file(image, package / "regs.py", image_file="device.image")
        return import_module("firstlight_device.regs").DeviceRegs.at(0)

    def package(self, name: str) -> Path:
        """Return a new package's folder; Python finds it from now on, and nothing of that name from before."""
        made = self.folder / name
        made.mkdir()
        (made / "__init__.py").touch()
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        for loaded in [module for module in sys.modules if module.split(".")[0] == name]:
            del sys.modules[loaded]
        return made

    def fill(self, wrong: int = 0, *, at: int = 0) -> None:
        """Let every register, `at` bytes on, hold what it holds when all was done, but for the bits of `wrong`."""
        for register in range(REGISTERS):
            self.words[at // 4 + register] = word_of(register) ^ wrong

    def done(self) -> bool:
        """Say whether every register holds that."""
        return all(self.words[register] == word_of(register) for register in range(REGISTERS))

    def close(self) -> None:
        """Let go of the memory; the file goes with the last that has it open."""
        if str(self.folder) in sys.path:
            sys.path.remove(str(self.folder))
        self.words.release()
        try:
            self.memory.close()
        except BufferError:  # a library keeps its view for good
            pass
        os.close(self._file)
