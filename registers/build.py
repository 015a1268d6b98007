"""Makes anew what is generated from RDL in a tree: images beside the .rdl files, `regs.py` in each block's folder.

    python -m registers.build [--check] [folder ...]

`--check` writes nothing and says what is out of date. Which version of the compiler made an image does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from registers.compile import RdlError, compile_rdl
from registers.files import write_atomically
from registers.fresh import HALF
from registers.generate import generate
from registers.image import ImageError, load, pack
from registers.schema import Image

FOLDERS = ("blocks", "chips")


@frozen
class Output:
    """One generated file: where, what belongs there, and whether that is there already."""

    path: Path
    data: bytes
    fresh: bool


def sources(root: Path, folders: Iterable[str] = FOLDERS) -> list[Path]:
    """Return the .rdl files that stand for themselves: blocks/x/x.rdl and those of chips/."""
    found = [path for folder in folders for path in sorted((root / folder).glob("**/*.rdl"))]
    return [path for path in found if path.parent.name in (path.stem, "chips")]


def outputs(source: Path) -> Iterator[Output]:
    """Yield what is generated from one .rdl file.

    Raises:
        RdlError: it cannot be compiled.
    """
    image = compile_rdl(source)
    target = source.with_suffix(".image")
    yield Output(target, pack(image), _same_map(target, image))
    if source.parent.name == source.stem:
        module = source.with_name("regs.py")
        text = generate(image, image_file=target.name).encode()
        yield Output(module, text, module.is_file() and module.read_bytes() == text)


def _same_map(path: Path, image: Image) -> bool:
    """Say whether the file holds this map, and of this text: the compiler's version does not count."""
    try:
        there = load(path)
        same = there.source_hash[:HALF] == image.source_hash[:HALF]
        return same and pack(there) == pack(evolve(image, source_hash=there.source_hash))
    except ImageError:
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0: all is as it should be, 1: something is out of date or wrong, 2: a folder is not there."""
    parser = argparse.ArgumentParser(prog="python -m registers.build", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what is out of date")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="of the tree; default: here")
    parser.add_argument("folder", nargs="*", help=f"default: {' '.join(FOLDERS)}")
    given = parser.parse_args(argv)
    if absent := [folder for folder in given.folder if not (given.root / folder).is_dir()]:
        there = f"; expected folders of {given.root}, like {' or '.join(FOLDERS)}"
        print(f"{', '.join(absent)}: no such folder{there}", file=sys.stderr)
        return 2
    bad = done = wrote = 0
    told: set[str] = set()
    for source in sources(given.root, given.folder or FOLDERS):
        try:
            made = list(outputs(source))
        except RdlError as problem:  # one mistake may be met by a block and by each chip that includes it
            for message in problem.messages:
                place, colon, what = message.partition(": ")
                line = os.path.normpath(place) + colon + what  # by whichever way the file was found
                if line not in told:
                    print(line, file=sys.stderr)
                told.add(line)
            bad += 1
            continue
        done += len(made)
        for output in made:
            if given.check and not output.fresh:
                print(f"{output.path.relative_to(given.root)} is not what {source.name} gives; make generate")
                bad += 1
            elif not given.check and not output.fresh and write_atomically(output.path, output.data):
                print(f"wrote {output.path.relative_to(given.root)}")
                wrote += 1
    if not (bad or wrote):
        where = ", ".join(given.folder or FOLDERS)
        print(
            f"all {done} files are as their .rdl says"
            if done
            else f"nothing to do: no .rdl of a block or chip in {where}"
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
