"""SystemRDL 2.0 to a register image, in a process of its own. The only door to the RDL compiler.

Needs the extra `rdl`; a target that only loads images does not.

Not supported, and refused by name and line rather than half understood:

- `bigendian`, `bridge`, `shared`; `constraint` blocks; a property that this version does not know;
- a field of several bits in [low:high] (msb0) order: its bits stand reversed (one bit is one bit, and taken);
- accesses of more than 64 bits (`accesswidth`, `memwidth`); a place that is no multiple of its access width.

What becomes of every other property: `registers/compile/properties.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgpack
from attrs import define, frozen

from registers.files import check_outputs, write_atomically
from registers.image import unpack
from registers.schema import Image

SOURCES_MAX = 1000  # more files than that on one command line is a mistake
COMPILE_S_MAX = 3600.0  # 30,000 blocks written one by one take minutes; what takes an hour will not end


@define
class RdlError(Exception):
    """The description cannot be compiled.

    Attributes:
        messages: one line each, `file:line:column: what`, as far as the place is known.
    """

    messages: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.messages)


@frozen
class Compiled:
    """What a compilation gives.

    Attributes:
        image: the map.
        data: the same as the bytes of an image file.
        warnings: one line each.
        files: every file that was read.
        seconds: spent on parsing and elaborating (the RDL compiler's), and on the image (ours).
        peak_bytes: the most memory that the compiling process held.
    """

    image: Image
    data: bytes
    warnings: tuple[str, ...]
    files: tuple[str, ...]
    seconds: Mapping[str, float]
    peak_bytes: int


def compile_rdl(
    paths: str | Path | Sequence[str | Path],
    *,
    top: str | None = None,
    include: Sequence[str | Path] = (),
    parameters: Mapping[str, int | bool | str] | None = None,
    defines: Mapping[str, str] | None = None,
) -> Image:
    """Return the map that the RDL files describe.

    Args:
        paths: compiled in this order into one namespace.
        top: the address map to take; the last one defined otherwise.
        include: folders for `include, after the including file's own.
        parameters: of the top map; text is an RDL expression.
        defines: macros of the preprocessor.

    Raises:
        RdlError: a file is missing, wrong, or asks for what is not supported (named); or there is no compiler.
    """
    return compile_full(paths, top=top, include=include, parameters=parameters, defines=defines).image


def compile_full(
    paths: str | Path | Sequence[str | Path],
    *,
    top: str | None = None,
    include: Sequence[str | Path] = (),
    parameters: Mapping[str, int | bool | str] | None = None,
    defines: Mapping[str, str] | None = None,
) -> Compiled:
    """As `compile_rdl`, with the image's bytes, warnings, and the files that were read."""
    listed = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not 0 < len(listed) <= SOURCES_MAX:
        raise RdlError((f"{len(listed)} RDL files were given; expected 1 to {SOURCES_MAX}",))
    if find_spec("systemrdl") is None:
        how = "pip install 'firstlight[rdl]', or in a checkout pip install -e '.[rdl]'"
        raise RdlError((f"compiling RDL needs systemrdl-compiler: {how}",))
    request = {
        "paths": [str(path) for path in listed],
        "top": top,
        "include": [str(path) for path in include],
        "parameters": dict(parameters or {}),
        "defines": dict(defines or {}),
    }
    found = _ask(request)
    if found["errors"]:
        raise RdlError(tuple(found["errors"]))
    image = unpack(found["image"], name=str(listed[-1]))
    return Compiled(
        image=image,
        data=found["image"],
        warnings=tuple(found["warnings"]),
        files=tuple(found["files"]),
        seconds=found["seconds"],
        peak_bytes=found["peak_bytes"],
    )


def _ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """Run the compiler's process and return its answer."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(p for p in (here, os.environ.get("PYTHONPATH", "")) if p)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "registers.compile.worker"],
            input=msgpack.packb(request),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": path},
            timeout=COMPILE_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise RdlError((f"{request['paths'][-1]}: no end after {problem.timeout:.0f} s; gave up",)) from problem
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        raise RdlError((f"{request['paths'][-1]}: the RDL compiler failed: {last}",))
    answer: dict[str, Any] = msgpack.unpackb(done.stdout)
    return answer


def compile_to_file(
    paths: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    top: str | None = None,
    include: Sequence[str | Path] = (),
    parameters: Mapping[str, int | bool | str] | None = None,
    defines: Mapping[str, str] | None = None,
) -> tuple[Path, Compiled]:
    """Compile into an image file, written whole or not at all; return its path and what was compiled.

    Args:
        output: the image; beside the last RDL file, under its name, otherwise.

    Raises:
        RdlError: as `compile_rdl`; an older image is untouched.
        OutputRefused: the image would replace a file that was read; nothing was written.
        OSError: the image cannot be written.
    """
    made = compile_full(paths, top=top, include=include, parameters=parameters, defines=defines)
    last = paths if isinstance(paths, (str, Path)) else paths[-1]
    target = Path(output) if output is not None else Path(last).with_suffix(".image")
    check_outputs([target], made.files)
    write_atomically(target, made.data)
    return target, made
