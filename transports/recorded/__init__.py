"""`recorded:FILE`, a run that was recorded, as a target: it answers as then, and fails at the first difference.

with open("run.flr", "wb", buffering=0) as file:
    transport = record(transport, file, Header(chip="mini", target="sim:", date="2026-01-31"))
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio.lowlevel import checkpoint

from transports.open import Target, TargetError
from transports.recorded.difference import CutOff, Describe, Differs, plain_words
from transports.recorded.file import Header, Recording, Writer, read_header, read_recording
from transports.recorded.record import RecordingTransport, record
from transports.recorded.replay import ReplayTransport, count, replay
from transports.wire import WireError

T = TypeVar("T")

__all__ = [
    "CutOff",
    "Describe",
    "Differs",
    "Header",
    "Recording",
    "RecordingTransport",
    "ReplayTransport",
    "Writer",
    "open_recorded",
    "plain_words",
    "read_recording",
    "record",
    "recorded_header",
    "replay",
]


def recorded_header(target: Target) -> Header:
    """Return what a recording says of itself, `recorded:FILE`.

    Raises:
        TargetError: the file cannot be read, or is no recording.
    """
    return _read(target, read_header)


def _read(target: Target, read: Callable[[Path], T]) -> T:
    if not target.rest:
        raise TargetError(f"{target.url!r} names no file; expected recorded:FILE")
    try:
        return read(Path(target.rest))
    except OSError as problem:
        raise TargetError(f"{target.url!r}: {problem.strerror or problem}") from problem
    except WireError as problem:
        raise TargetError(f"{target.url!r} is no recording: {problem}") from problem


def _before(batches: int) -> str:
    return f"{count(batches)} {'stands' if batches == 1 else 'stand'}"


async def open_recorded(target: Target) -> ReplayTransport:
    """Open a recording, `recorded:FILE`. One whose writer was cut off is replayed to where it ends.

    Raises:
        TargetError: the file cannot be read, is no recording, is damaged, or is one of another chip.
    """
    recording = _read(target, read_recording)
    if recording.damage:
        raise TargetError(f"{target.url!r} is damaged {recording.damage}; {_before(recording.batches)} before it")
    chip = recording.header.chip
    if chip and target.chip is not None and Path(target.chip.partition("?")[0]).stem != chip:
        raise TargetError(f"{target.url!r} is a recording of {chip}, not of {target.chip}")
    await checkpoint()
    return replay(recording)
