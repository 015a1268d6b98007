"""Whether an image is of the RDL text that stands beside it, told by a hash of that text: no compiler is needed.

The first half of an image's `source_hash` is of the text: the file and all that its `include lines name, found beside
the file that has them. Where one is found elsewhere (`-I`), or several files were given, nothing can be told later,
and that half is zeros. A wheel's images are judged so, too: their .rdl files come with them.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from importlib import resources
from pathlib import Path

from registers.image import ImageError
from registers.schema import Image

HALF = 32  # hexadecimal digits, 128 bits
UNTOLD = "0" * HALF
INCLUDES_MAX = 1000  # files; more are no description but a circle
_INCLUDE = re.compile(rb'^[ \t]*`include[ \t]+"([^"\n]+)"', re.MULTILINE)


def text_of(source: Path) -> str:
    """Return the hash of an RDL file and what it includes; UNTOLD where one of them is not there."""
    digest = hashlib.sha256()
    todo, known = [os.path.normpath(source)], set[str]()
    while todo:
        path = todo.pop()
        if path in known:
            continue
        known.add(path)
        try:
            state = os.stat(path)
            own, included = _read(path, state.st_mtime_ns, state.st_size)
        except OSError:
            return UNTOLD
        if len(known) > INCLUDES_MAX:
            return UNTOLD
        digest.update(os.path.basename(path).encode() + b"\0" + own)
        todo += reversed(included)
    return digest.hexdigest()[:HALF]


@lru_cache(maxsize=1024)
def _read(path: str, _changed_ns: int, _size: int) -> tuple[bytes, list[str]]:
    """Return the hash of one file's text, and the files that it includes."""
    with open(path, "rb", buffering=0) as file:
        data = file.readall().replace(b"\r\n", b"\n")
    names = [found.decode(errors="replace") for found in _INCLUDE.findall(data)]
    folder = os.path.dirname(path)
    return hashlib.sha256(data).digest(), [os.path.normpath(os.path.join(folder, name)) for name in names]


def check_fresh(image: Image, path: Path, remedy: str = "") -> None:
    """Refuse an image of another text than its .rdl has now; where there is none beside it, there is nothing to say.

    Args:
        path: the image's file.
        remedy: what makes it anew; default: the command that compiles one file.

    Raises:
        ImageError: the text has changed since.
    """
    source = path.with_suffix(".rdl")
    said = image.source_hash[:HALF]
    if image.source != source.name or said in ("", UNTOLD) or not source.is_file():
        return
    if text_of(source) not in (said, UNTOLD):
        raise ImageError(str(path), f"was made of another {source.name} than stands beside it", remedy)


def check_resource(image: Image, package: str, filename: str) -> None:
    """As `check_fresh`, of a file beside a package's modules.

    Raises:
        ImageError: the text has changed since; the folder's images are all made by one command.
    """
    file = resources.files(package).joinpath(filename)
    if isinstance(file, Path):
        try:
            check_fresh(image, file, "run: python -m registers.build")
        except ImageError as problem:
            raise ImageError(f"{package.replace('.', '/')}/{filename}", problem.problem, problem.remedy) from None
