"""The limit: `walk.c`, compiled when the bench begins, called as any extension is."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sysconfig
from collections.abc import Sequence
from functools import partial
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from bench.measure import Timed, in_loop
from bench.peers import LeftOut
from bench.peers.device import MIXED, Device, Step

BITS = {"read": (0, 0), "write": (0xFFFFFFFF, 0), "modify": (0xFF00, 8), "check": (0xFF, 0), "poll": (0xFFFF0000, 16)}


def built(source: str, made: Path, *flags: str) -> Path:
    """Compile a C file of this folder with the system's compiler.

    Raises:
        LeftOut: there is no compiler, or it refuses; says its last words.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise LeftOut("no C compiler")
    file = Path(__file__).with_name(source)
    command = [compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", str(made), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LeftOut(f"{source} does not compile: {done.stderr.strip().splitlines()[-1]}")
    return made


class Walk:
    """A hand-written C loop over operations."""

    name = "C loop (the limit)"
    clock = "cpu"

    def __init__(self, device: Device) -> None:
        self._memory = device.memory
        name = "firstlight_walk"
        made = device.folder / f"{name}.so"
        built("walk.c", made, "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}")
        spec = spec_from_file_location(name, made, loader=ExtensionFileLoader(name, str(made)))
        assert spec is not None
        assert spec.loader is not None
        self._c: Any = module_from_spec(spec)
        spec.loader.exec_module(self._c)
        self._steps: Sequence[Step] = ()

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return the call that walks the steps."""
        ops: list[bytes] = []
        for step in steps:
            mask, shift = BITS[step.kind]
            ops.append(struct.pack("=4I", MIXED.index(step.kind), 4 * step.register, mask, step.value << shift))
        self._steps = steps
        return in_loop(partial(self._c.walk, self._c.prepare(b"".join(ops), self._memory)))

    def words(self, result: Any) -> Sequence[int]:
        """They are the result: one for each operation."""
        words = memoryview(result).cast("I")
        return [word for word, step in zip(words, self._steps, strict=True) if step.kind == "read"]

    def close(self) -> None:
        """The memory is the device's."""
