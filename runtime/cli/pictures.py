"""The files that a bring-up leaves when asked: a timeline, a trace, a page, a recording."""

from __future__ import annotations

import importlib.metadata
import json
from argparse import Namespace
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from registers.files import OutputRefused, check_outputs, write_atomically
from runtime.cli.exits import asked
from runtime.cli.output import complain
from runtime.history import History
from runtime.summary import IN_SERVICE, Summary
from runtime.views.critical import followed
from runtime.views.page import page
from runtime.views.timeline import timeline
from runtime.views.trace import trace
from transports.base import Transport
from transports.open import Target
from transports.recorded import Header, RecordingTransport, record

if TYPE_CHECKING:
    from blocks.chip import Chip


@define(eq=False)
class Pictures:
    """What was asked for, and the history that it is made of.

    Attributes:
        history: for `bring_up`; it has the accesses only when a trace was asked for.
        files: by what shall be in them: timeline, trace, html, record.
        problems: what could not be written, a sentence each.
    """

    chip: Chip
    target: str
    history: History
    files: Mapping[str, Path]
    problems: list[str] = field(factory=list[str])

    def write(self, summary: Summary | None) -> None:
        """Write the pictures, each whole or not at all; a recording is written while the run goes.

        Args:
            summary: None when the bring-up was ended before it had one.
        """
        if not self.history.spans():
            return  # nothing moved, so there is nothing to be seen
        summary = summary or _ended(self.chip, self.target, self.history)
        makers: dict[str, Callable[[Summary], str]] = {
            "timeline": self._timeline,
            "trace": lambda _: json.dumps(trace(self.history, self.chip.name), separators=(",", ":")),
            "html": lambda summary: page(self.chip, summary, self.history),
        }
        for what, path in self.files.items():
            if what in makers:
                try:
                    write_atomically(path, makers[what](summary).encode())
                except OSError as problem:
                    self.problems.append(f"{path}: {problem.strerror or problem}")

    def _timeline(self, summary: Summary) -> str:
        types = {name: instance.type for name, instance in self.chip.instances.items()}
        title = f"{self.chip.name} on {self.target}, {len(summary.up)} of {summary.blocks} blocks up"
        spans = self.history.spans()
        return timeline(title, spans, types, followed(summary, spans))

    @contextmanager
    def recording(self, transport: Transport, run: Header) -> Generator[Transport]:
        """Write down what goes over the transport while the context is open, where that was asked for.

        Args:
            run: its seed, its blocks and its consent; the rest of the header is filled in.
        """
        path = self.files.get("record")
        if path is None:
            yield transport
            return
        date = datetime.now(UTC).isoformat(timespec="seconds")
        versions = {"firstlight": importlib.metadata.version("firstlight")}
        header = evolve(run, chip=self.chip.name, target=self.target, date=date, versions=versions)
        with path.open("wb", buffering=0) as file:
            recorder: RecordingTransport = record(transport, file, header)
            try:
                yield recorder
                recorder.end()  # of a run that was interrupted it stays cut off
            finally:
                if recorder.problem:
                    self.problems.append(f"{path}: {recorder.problem}; the recording ends there")

    def complain(self) -> bool:
        """Say what could not be written; whether there was any such."""
        for problem in self.problems:
            complain(problem)
        return bool(self.problems)


def asked_for(arguments: Namespace, chip: Chip) -> Pictures:
    """Return what the arguments ask for.

    Raises:
        UsageError: a file cannot be written, or is one that this run reads; nothing was done yet.
    """
    names = ("timeline", "trace", "html", "record")
    files = {name: Path(vars(arguments)[name]) for name in names if vars(arguments)[name] is not None}
    target = Target.parse(arguments.on)
    read = [arguments.chip, target.rest] if target.scheme == "recorded" else [arguments.chip]
    with asked(OSError, OutputRefused):
        check_outputs(list(files.values()), read)
    return Pictures(chip, arguments.on, History(accesses="trace" in files), files)


def _ended(chip: Chip, target: str, history: History) -> Summary:
    """Return what is known of a bring-up that was ended from outside."""
    last = {block: spans[-1].state for block, spans in history.spans().items()}
    up = tuple(block for block, state in last.items() if state in IN_SERVICE)
    return Summary(
        chip=chip.name,
        target=target,
        blocks=len(last),
        types=len({chip.instances[block].type for block in last}),
        verdict="failed",
        up=up,
        failed=(),
        waiting=(),
        stopped=tuple(block for block in last if block not in up),
        elapsed_s=history.end_s,
    )
