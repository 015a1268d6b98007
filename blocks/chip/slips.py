"""A block type whose own code fails: its author is told which one, file and line, and what is wrong."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

from attrs import define

FLOOR = Path(__file__).resolve().parents[1]  # blocks/
OWN = ("driver", "model")


@define
class BlockError(Exception):
    """The code of a block type does not run: a slip of its author's. Nothing was sent.

    Attributes:
        type: the block type.
        place: `blocks/pll/driver.py:31`, the author's last line on the way; the folder where that is not known.
        problem: what Python says.
    """

    type: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"block type {self.type}, {self.place}: {self.problem}"


@contextmanager
def slips(module: str, *passing: type[Exception]) -> Generator[None]:
    """Hold a call into the code of a block type: what it raises is told as its author's slip.

    Args:
        module: of the code, `blocks.pll.driver`; that of another place keeps its errors.
        passing: what says by itself whose mistake it is.

    Raises:
        BlockError: the call raised something else.
    """
    known: tuple[type[Exception], ...] = (BlockError, *passing)
    try:
        yield
    except known:
        raise
    except Exception as problem:
        parts = module.split(".")
        if len(parts) != 3 or parts[0] != FLOOR.name or parts[2] not in OWN:
            raise
        raise BlockError(parts[1], _place(problem, FLOOR / parts[1]), _said(problem)) from problem


def _place(problem: Exception, folder: Path) -> str:
    """Return the last line of the author's own files that the error came through."""
    found = [(Path(frame.f_code.co_filename).resolve(), line) for frame, line in walk_tb(problem.__traceback__)]
    if isinstance(problem, SyntaxError) and problem.filename:
        found.append((Path(problem.filename).resolve(), problem.lineno or 1))
    own = [(path, line) for path, line in found if folder in path.parents and path.name != "regs.py"]
    if not own:
        return f"{FLOOR.name}/{folder.name}"
    path, line = own[-1]
    return f"{path.relative_to(FLOOR.parent)}:{line}"


def _said(problem: Exception) -> str:
    said = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__
