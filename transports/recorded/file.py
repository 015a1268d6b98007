"""A recording as a file: frames of the wire's own encoding, a header and then one record for each thing that happened.

A record is written whole and at once, as soon as it happened, and the last one is the end mark. A file that was cut, at
any byte, is readable to its last whole record; one that was damaged, to the last record before the damage.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from attrs import Factory, asdict, frozen

from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.errors import TransportError
from transports.powers import POWERS
from transports.wire import Frames, Unfit, WireError, pack
from transports.wire.operations import decode_batch, decode_results, encode_batch, encode_results
from transports.wire.plain import (
    decode_capabilities,
    decode_judgement,
    encode_capabilities,
    encode_judgement,
    error_from,
    flag,
    items_of,
    lines,
    mapping,
    record,
    seconds,
    text,
)

VERSION = 1
RECORD_BYTES_MAX = 16 << 20  # a batch and its results, each of which may fill a frame of the wire
END_BYTES_MAX = 64  # the frame of an end mark has half as many
READ_BYTES = 1 << 16  # at once, until the header is whole: it has some hundred bytes


@frozen(kw_only=True)
class Header:
    """What was recorded.

    Attributes:
        chip: its name; empty when the recorder did not know.
        target: the URL of what was recorded.
        seed: of the recorded run.
        only: the pattern of its blocks; None: all.
        disturb: it had consent to disturb blocks in service.
        date: when, as the one who recorded writes it.
        versions: of the programs that took part, by name.
        powers: the optional powers that the recorded transport had.
    """

    chip: str = ""
    target: str = ""
    seed: int = 0
    only: str | None = None
    disturb: bool = False
    date: str = ""
    versions: dict[str, str] = Factory(dict[str, str])
    capabilities: Capabilities = Factory(Capabilities)
    powers: frozenset[str] = frozenset()


@frozen
class Executed:
    """A batch that was executed, from `start_s` to `end_s` of the recording; `cancelled`: whoever asked gave it up."""

    start_s: float
    end_s: float
    batch: Batch
    results: Results
    cancelled: bool = False


@frozen
class WasReset:
    """The device was reset; `error` is why that failed."""

    start_s: float
    end_s: float
    error: TransportError | None = None


@frozen
class WasJudged:
    """The target was asked how it had been treated."""

    start_s: float
    end_s: float
    judgement: Judgement


@frozen
class LinesRose:
    """Interrupt lines rose."""

    start_s: float
    end_s: float
    lines: frozenset[int]


Happened: TypeAlias = Executed | WasReset | WasJudged | LinesRose

_ENCODE: dict[type[Any], Callable[[Any], list[Any]]] = {
    Executed: lambda r: ["batch", encode_batch(r.batch), encode_results(r.results), r.cancelled],
    WasReset: lambda r: ["reset", None if r.error is None else r.error.to_data()],
    WasJudged: lambda r: ["judged", encode_judgement(r.judgement)],
    LinesRose: lambda r: ["rose", sorted(r.lines)],
}

_DECODE: dict[str, tuple[int, Callable[[float, float, list[Any]], Happened]]] = {
    "batch": (3, lambda a, b, d: Executed(a, b, decode_batch(d[0], carried=False), decode_results(d[1]), flag(d[2]))),
    "reset": (1, lambda a, b, d: WasReset(a, b, None if d[0] is None else error_from(d[0]))),
    "judged": (1, lambda a, b, d: WasJudged(a, b, decode_judgement(d[0]))),
    "rose": (1, lambda a, b, d: LinesRose(a, b, lines(d[0]))),
}


def encode_header(header: Header) -> list[Any]:
    """Return the header as plain data."""
    said = asdict(header, recurse=False)
    said |= {"capabilities": encode_capabilities(header.capabilities), "powers": sorted(header.powers)}
    return ["firstlight recording", VERSION, said]


def whole(value: Any) -> int:
    """Return a whole number, or refuse."""
    if type(value) is not int:
        raise WireError("a seed that is no whole number")
    return value


def decode_header(data: Any) -> Header:
    """Return the header that plain data describes.

    Raises:
        WireError: it describes none, or one of another version.
    """
    mark, version, said = record(data, 3, "a recording's header")
    if mark != "firstlight recording" or version != VERSION:
        raise WireError(f"not a recording of version {VERSION}")
    said = mapping(said, "a recording's header")
    powers = frozenset(text(power) for power in items_of(said.get("powers"), "powers"))
    if not powers <= set(POWERS):
        raise WireError(f"unknown powers: {', '.join(sorted(powers - set(POWERS)))}")
    return Header(
        chip=text(said.get("chip")),
        target=text(said.get("target")),
        seed=whole(said.get("seed", 0)),
        only=None if said.get("only") is None else text(said["only"]),
        disturb=flag(said.get("disturb", False)),
        date=text(said.get("date")),
        versions={name: text(of) for name, of in mapping(said.get("versions"), "versions").items()},
        capabilities=decode_capabilities(said.get("capabilities")),
        powers=powers,
    )


class Writer:
    """Writes records, each at once. What goes wrong with the file is kept and told, and never disturbs the run.

    Args:
        file: open for writing, unbuffered (`buffering=0`); it stays the caller's.

    Attributes:
        problem: why the recording ends before the run did; empty while it does not.
    """

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self.problem = ""
        self._ended = False
        self._write(encode_header(header))

    def note(self, happened: Happened) -> None:
        """Write one record."""
        word, *rest = _ENCODE[happened.__class__](happened)
        self._write([word, happened.start_s, happened.end_s, *rest])

    def end(self, time_s: float) -> None:
        """Write the end mark, once: whatever happens later is not part of the recording."""
        if not self._ended:
            self._write(["end", time_s, time_s])
            self._ended = True

    def _write(self, body: list[Any]) -> None:
        if self.problem or self._ended:
            return
        try:
            frame = pack(body, limit=RECORD_BYTES_MAX)
            if self._file.write(frame) != len(frame):
                self.problem = "the file took a part of a record only"
        except Unfit as problem:
            self.problem = f"a record does not fit: {problem}"
        except OSError as problem:
            self.problem = problem.strerror or str(problem)


@frozen
class Recording:
    """What a file holds.

    Attributes:
        ends: why nothing follows the last record.
        cut: the end mark is missing: whoever wrote it was killed, or it was not copied whole.
        damage: where and how the file is damaged; empty where it is not.
    """

    header: Header
    happened: tuple[Happened, ...]
    ends: str = "the recording ends here"
    cut: bool = False
    damage: str = ""

    @property
    def batches(self) -> int:
        """How many batches were recorded."""
        return sum(isinstance(step, Executed) for step in self.happened)


def read_header(path: Path) -> Header:
    """Read what a recording says of itself.

    Raises:
        OSError, WireError: as `read_recording`.
    """
    with _opened(path) as file:
        return _begin(file)[0]


def _opened(path: Path) -> BinaryIO:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise WireError("it is no regular file, and need not end")
    return path.open("rb")


def _begin(file: BinaryIO) -> tuple[Header, Frames]:
    frames = Frames(RECORD_BYTES_MAX)
    while data := file.read(READ_BYTES):
        frames.feed(data)
        for body in frames.take():
            return decode_header(body), frames
    raise WireError("it ends within its header")


def read_recording(path: Path) -> Recording:
    """Read a recording to its last whole record.

    Raises:
        OSError: the file cannot be read.
        WireError: it does not begin as a recording.
    """
    with _opened(path) as file:
        header, frames = _begin(file)
        frames.feed(file.read())
        size = file.tell()
    happened: list[Happened] = []
    at = size - frames.held
    try:
        while bodies := frames.take():
            if _is_end(bodies[0]):
                return _ended(header, happened, size - frames.held, size)
            happened.append(_record(bodies[0]))
            at = size - frames.held
    except WireError as problem:
        return _damaged(header, happened, at, str(problem))
    if frames.held and _marked(path):
        return _damaged(header, happened, at, "a record whose length is wrong")
    return Recording(header, tuple(happened), "the recording ends here: its writer was cut off", cut=True)


def _ended(header: Header, happened: list[Happened], at: int, size: int) -> Recording:
    """Return what stands before an end mark; nothing may follow it."""
    if at < size:
        return _damaged(header, happened, at, f"{size - at} bytes after the end mark")
    return Recording(header, tuple(happened))


def _damaged(header: Header, happened: list[Happened], at: int, problem: str) -> Recording:
    """Return what stands before the damage, which is in the record that begins at byte `at`."""
    ends = f"the recording is damaged from here on: {problem}"
    return Recording(header, tuple(happened), ends, damage=f"in the record at byte {at}: {problem}")


def _marked(path: Path) -> bool:
    """Say whether the last bytes of a file are an end mark, whatever stands before."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - END_BYTES_MAX))
        tail = file.read()
    for first in range(len(tail)):
        frames = Frames(END_BYTES_MAX)
        frames.feed(tail[first:])
        try:
            if (bodies := frames.take()) and _is_end(bodies[0]) and not frames.held:
                return True
        except WireError:
            continue
    return False


def _is_end(body: Any) -> bool:
    """Say whether this is the end mark."""
    items = items_of(body, "a record")
    return len(items) == 3 and items[0] == "end"


def _record(body: Any) -> Happened:
    word, start_s, end_s, *rest = items_of(body, "a record") if len(items_of(body, "a record")) > 2 else ("", 0, 0)
    if not isinstance(word, str) or word not in _DECODE:
        raise WireError(f"a record of unknown kind {str(word)[:40]!r}")
    length, decode = _DECODE[word]
    return decode(seconds(start_s), seconds(end_s), record(rest, length, f"a record {word!r}"))
