"""What results depend on: the code of this package, and the files of a chip, as one short digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import blocks
import chips
import interrupts
import registers
import runtime
import transports

PACKAGES = (transports, registers, chips, blocks, interrupts, runtime)
COUNTED = {".py", ".toml", ".image"}
LEFT_OUT = ("runtime/cli/", "runtime/views/")  # how things are said changes no result
DIGITS = 12


def digest_of(chip: str = "") -> str:
    """Return a digest of our code and chips; of a chip that is named by the path of its `.toml`, of its files too.

    Those are its description and its register image; its blocks are code of ours.

    Raises:
        OSError: a file of the chip cannot be read.
    """
    description = Path(chip.partition("?")[0])
    theirs = [description, description.with_suffix(".image")] if description.suffix == ".toml" else []
    return sha256("".join((_ours(), *_lines(description.parent, theirs))).encode()).hexdigest()[:DIGITS]


@cache
def _ours() -> str:
    folders = [Path(folder) for package in PACKAGES for folder in package.__path__]
    return "".join(line for folder in folders for line in _lines(folder.parent, _counted(folder)))


def _counted(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in COUNTED and file.is_file())


def _lines(root: Path, files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        name = file.relative_to(root).as_posix()
        if not name.startswith(LEFT_OUT):
            yield f"{sha256(file.read_bytes()).hexdigest()} {name}\n"
