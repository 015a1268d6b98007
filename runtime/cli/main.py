"""The entry: parses, runs one verb, and turns what went wrong into one line and an exit status."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import cast

from runtime.cli.parser import parse
from transports.errors import DeviceLost, TransportError

OK, NOT_WELL, USAGE, LOST = 0, 1, 2, 3


def bad_input() -> tuple[type[Exception], ...]:
    """Return what bad input raises: the guards of all floors. Anything else is a bug of ours and keeps its traceback.

    Asked for only when something was raised, so that `--help` imports nothing.
    """
    from blocks.chip import ChipError
    from registers.compile import RdlError
    from registers.image import ImageError

    return (ValueError, IndexError, OSError, ChipError, RdlError, ImageError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status.

    With FIRSTLIGHT_DEBUG set, what went wrong keeps its traceback.
    """
    arguments = parse(argv, importlib.metadata.version("firstlight"))
    module, _, function = arguments.run.partition(":")
    try:
        run = cast("Callable[[Namespace], int]", getattr(importlib.import_module(module), function))
        return run(arguments)
    except BrokenPipeError:
        # The reader of our output left (`| head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as problem:
        cause = only(problem)
        if os.environ.get("FIRSTLIGHT_DEBUG") or not isinstance(cause, (*bad_input(), TransportError)):
            raise
        line, status = explain(cause)
        if getattr(arguments, "json", False):
            print(json.dumps({"error": line, "exit": status}))
        for part in line.splitlines():
            print(f"firstlight: {part}", file=sys.stderr)
        return status


def only(problem: Exception) -> Exception:
    """Return the one exception inside nested groups of one, else the group itself."""
    if isinstance(problem, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", problem)
        return only(group.exceptions[0]) if len(group.exceptions) == 1 else group
    return problem


def explain(problem: Exception) -> tuple[str, int]:
    """Return what a person can act on, and the exit status: one line, or one for each error in a description."""
    if isinstance(problem, DeviceLost):
        return f"device lost: {problem}", LOST
    if isinstance(problem, TransportError):
        return f"{type(problem).__name__}: {problem}", NOT_WELL
    if isinstance(problem, OSError) and problem.filename is not None:
        return f"{problem.filename}: {problem.strerror}", USAGE
    lines = [" ".join(line.split()) for line in str(problem).splitlines()]
    return "\n".join(lines) or type(problem).__name__, USAGE


if __name__ == "__main__":
    sys.exit(main())
