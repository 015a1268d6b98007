"""The entry: parses, runs one verb, and turns what went wrong into one line and an exit status."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import cast

from runtime.cli.exits import NOT_WELL, OK, asked, explain, is_interrupt, only, stoppable, understood
from runtime.cli.output import complain, given_up, guarded
from runtime.cli.parser import parse

DEBUG = "FIRSTLIGHT_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status.

    With FIRSTLIGHT_DEBUG set, what went wrong keeps its traceback.
    """
    if given_up(sys.stdout):
        complain("standard output is closed; nothing was done")
        return NOT_WELL
    words = sys.argv[1:] if argv is None else list(argv)
    with guarded() as output:
        status = _run(words, alone=argv is None)
    if output.problem is not None and not isinstance(output.problem, BrokenPipeError):
        complain(f"standard output: {output.problem.strerror}")
        return status or NOT_WELL
    return status


def _run(words: Sequence[str], *, alone: bool) -> int:
    chip = ""
    with stoppable(alone=alone) as stop:
        try:
            arguments = parse(words, importlib.metadata.version("firstlight"))
            chip = getattr(arguments, "chip", "") or ""
            if os.environ.get("FIRSTLIGHT_ENGINE"):
                with asked(ValueError, ImportError):  # it names no engine, or one that is not there
                    importlib.import_module("transports.native")
            module, _, function = arguments.run.partition(":")
            run = cast("Callable[[Namespace], int]", getattr(importlib.import_module(module), function))
            return run(arguments)
        except SystemExit:  # --help and --version, which have said it all
            return OK
        except BaseException as problem:
            told = _told(problem, chip)
            if told is None and not is_interrupt(problem):
                raise
            line, status = told or stop.explain(problem)
    if "--json" in words:
        print(json.dumps({"error": line, "exit": status}))
    for part in line.splitlines():
        complain(part)
    return status


def _told(problem: BaseException, chip: str) -> tuple[str, int] | None:
    """Return line and status of what is understood, of a verb on a chip."""
    if not isinstance(problem, Exception) or os.environ.get(DEBUG):
        return None
    cause = only(problem)
    if not understood(cause):
        return None
    line, status = explain(cause)
    if type(cause).__name__ == "BlockError":  # by name: its module is imported by verbs that use chips, and no other
        return f"chip {chip}, {line}\n({DEBUG}=1 shows all frames)", status
    return line, status


if __name__ == "__main__":
    sys.exit(main())
