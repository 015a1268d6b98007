"""Exit statuses, and what leads to which: bad input by its named types, the bus, a signal; the rest are our bugs."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

from attrs import define

from runtime.words import lost_line
from transports.errors import TransportError, ended
from transports.recorded import CutOff, Differs

OK, NOT_WELL, USAGE, LOST = 0, 1, 2, 3
INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM  # as a shell has it
_USUAL = (signal.default_int_handler, signal.SIG_IGN)  # what SIGINT may be where nobody has changed it


class UsageError(ValueError):
    """What the user gave cannot be; nothing was done."""


@contextmanager
def asked(*kinds: type[Exception]) -> Generator[None]:
    """Hold a call that only works out what the user's words name: what it raises of `kinds` is bad input.

    For calls of lower floors that raise plain ValueError or OSError, as few as can be: whatever else runs inside could
    hide its bugs here.

    Raises:
        UsageError: the call raised one of `kinds`.
    """
    try:
        yield
    except kinds as problem:
        if isinstance(problem, OSError) and problem.filename is not None:
            raise UsageError(f"{problem.filename}: {problem.strerror}") from problem
        raise UsageError(str(problem)) from problem


def bad_input() -> tuple[type[Exception], ...]:
    """Return what bad input raises, by name: a plain ValueError is a bug of ours and keeps its traceback.

    Asked for only when something was raised, so that `--help` imports nothing.
    """
    from blocks.chip import BlockError, ChipError
    from registers.compile import RdlError
    from registers.image import ImageError
    from runtime.graph import GraphError
    from transports.open import TargetError

    return (UsageError, BlockError, ChipError, RdlError, ImageError, GraphError, TargetError)


def understood(problem: BaseException) -> bool:
    """Say whether a person can be told in one line what this is."""
    return isinstance(problem, (TransportError, *bad_input())) or _unfinished(problem)


def _unfinished(problem: BaseException) -> bool:
    from runtime.faults.engines import Unfinished  # as in `bad_input`, only when something was raised

    return isinstance(problem, Unfinished)


def only(problem: Exception) -> Exception:
    """Return the one exception inside nested groups of one, else the group itself."""
    if isinstance(problem, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", problem)
        return only(group.exceptions[0]) if len(group.exceptions) == 1 else group
    return problem


def explain(problem: Exception) -> tuple[str, int]:
    """Return what a person can act on, and the exit status: one line, or one for each error in a description."""
    if isinstance(problem, (CutOff, Differs)):
        return f"replay over: {problem}", LOST
    if isinstance(problem, TransportError) and ended(problem):
        return lost_line("device lost", problem), LOST
    if isinstance(problem, TransportError):
        kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(problem).__name__).lower()
        return f"{kind}: {problem}", NOT_WELL
    if _unfinished(problem):
        return f"not finished: {problem}", NOT_WELL
    lines = [" ".join(line.split()) for line in str(problem).splitlines()]
    return "\n".join(lines) or type(problem).__name__, USAGE


@define
class Stop:
    """How the command was told to stop.

    Attributes:
        number: of the signal.
    """

    number: int = signal.SIGINT

    def explain(self, problem: BaseException) -> tuple[str, int]:
        """Return the line and the exit status; an interrupt that says what became of the work has the word."""
        word = "interrupted" if self.number == signal.SIGINT else "terminated"
        said = str(problem) if isinstance(problem, KeyboardInterrupt) else ""
        return f"{word}; {said or 'what was done until then stays done'}", 128 + self.number


def is_interrupt(problem: BaseException) -> bool:
    """Say whether this is an interrupt alone, or with what it did to the bus."""
    if isinstance(problem, BaseExceptionGroup):
        interrupts, rest = _group(problem).split(KeyboardInterrupt)
        return interrupts is not None and (rest is None or rest.split(TransportError)[1] is None)
    return isinstance(problem, KeyboardInterrupt)


def _group(problem: Any) -> BaseExceptionGroup[BaseException]:
    found: BaseExceptionGroup[BaseException] = problem
    return found


@contextmanager
def stoppable(*, alone: bool) -> Generator[Stop]:
    """Let SIGTERM end the command as SIGINT does, in good order: targets are closed, a QEMU that was started ends.

    A job in the background ignores SIGINT, and goes on doing so. Where the signals are somebody's own already, or this
    is not the main thread, they are left alone.

    Args:
        alone: the process is this command and nothing else: both are ignored from the end on, for the status stands.
            Else both are given back as they were, whatever a verb made of them.
    """
    stop = Stop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    usual = before[signal.SIGTERM] is signal.SIG_DFL and before[signal.SIGINT] in _USUAL
    if not usual or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    ignored = before[signal.SIGINT] is signal.SIG_IGN
    if ignored:  # it must have its handler for `terminate`, so it is held back instead
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def terminate(number: int, _frame: FrameType | None) -> None:
        stop.number = number
        if ignored:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.raise_signal(signal.SIGINT)  # trio knows to take that one at a safe place

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if alone else handler)
        if ignored:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
