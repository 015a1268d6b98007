"""A campaign in shards, as the verb `faults` runs it: where, with which results kept; and the files that tell of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define

from registers.files import OutputRefused, check_outputs, write_atomically
from runtime.cli.exits import asked
from runtime.cli.output import complain
from runtime.faults.engines import EngineError, engine_of
from runtime.faults.report import Report
from runtime.faults.results import Results, ResultsError, beside
from runtime.faults.scale import Interrupted, Progress, Scale, ShardError
from runtime.faults.shrink import TRIES_MAX
from runtime.faults.tally import Tally
from runtime.faults.work import S
from runtime.views.campaign import campaign_page
from runtime.views.incidents import said_time
from runtime.views.junit import junit
from runtime.words import count, many

COLUMNS = 78  # of the line of progress
FILES: dict[str, Callable[[Report], str]] = {"report": campaign_page, "junit": junit}


@define
class Sharded:
    """Where and how a campaign is run in shards.

    Attributes:
        engine: `local`, or `dask://HOST:PORT`.
        jobs: processes of this machine.
        results: the file that keeps what is done, and from which a campaign goes on.
        shows: a line of progress, on standard error.
        refusals: errors by which a shard says that what was asked for cannot be.
    """

    engine: str = "local"
    jobs: int = 1
    results: Path | None = None
    shows: bool = False
    refusals: tuple[type[Exception], ...] = ()

    def run(self, campaign: str, shards: Sequence[S], run: Callable[[S], Tally]) -> Tally:
        """Run what is not done yet, and return what all shards came to.

        Args:
            campaign: what the results are of, with all that they depend on.
            run: a function of a module.

        Raises:
            UsageError: there is no such engine, or it cannot be had; or the file of results cannot; or a shard refused.
            Unfinished: it could not be run to its end; what is done is kept.
            Interrupted: by SIGINT or SIGTERM; says how to go on.
        """
        with asked(EngineError, ResultsError, *self.refusals):
            engine = engine_of(self.engine, self.jobs)
            with Results(self.results, campaign) as results:
                try:
                    return Scale(shards, run, engine, results, self._show if self.shows else None).all()
                except Interrupted:
                    self._end_line()
                    raise
                except ShardError as problem:
                    if isinstance(problem.__cause__, self.refusals):
                        raise problem.__cause__ from problem
                    raise

    def _show(self, progress: Progress) -> None:
        print(f"\r{progress_line(progress):<{COLUMNS}}", end="", file=sys.stderr, flush=True)
        if progress.done == progress.shards:
            self._end_line()

    def _end_line(self) -> None:
        if self.shows:
            print(file=sys.stderr)


def progress_line(progress: Progress, noun: str = "shard") -> str:
    """Return how far a campaign is, on one line."""
    parts = [
        f"{progress.done} of {count(progress.shards, noun)}",
        f"{progress.points:,} {'point' if progress.points == 1 else 'points'}",
        count(progress.failures, "failure"),
        f"{progress.points_per_s:,.0f}/s",
    ]
    if progress.left_s is not None:
        parts.append(f"{said_time(round(progress.left_s))} left")
    return ", ".join(parts)


def small_line(done: int, steps: int, trials: int, wall_s: float) -> str:
    """Return how far failures are made small, on one line.

    Args:
        done: of the steps that there are at most, so many for each reason; see `runtime.faults.small`.
    """
    parts = [
        f"making small: {done // TRIES_MAX} of {count(steps // TRIES_MAX, 'reason')}",
        many(trials, "trial"),
        f"{trials / wall_s if wall_s else 0.0:,.0f}/s",
    ]
    if trials:
        parts.append(f"{said_time(round((steps - done) * wall_s / trials))} left at most")
    return ", ".join(parts)


@define
class Reports:
    """The files that tell of a campaign.

    Attributes:
        files: by what is in them: report, junit.
    """

    files: dict[str, Path]

    @classmethod
    def of(cls, arguments: Namespace) -> Reports:
        """Return what was asked for, before anything is run.

        Raises:
            UsageError: a file is asked for twice, or cannot be written there.
        """
        files = {what: Path(path) for what in FILES if (path := getattr(arguments, what)) is not None}
        with asked(OSError, OutputRefused):
            results = [arguments.results, *beside(arguments.results)] if arguments.results else []
            check_outputs(list(files.values()), [arguments.chip, *results])
        return cls(files)

    def write(self, report: Report) -> bool:
        """Write them, each whole or not at all; return whether all could be written, and complain of those that not."""
        well = True
        for what, path in self.files.items():
            try:
                write_atomically(path, FILES[what](report).encode())
            except OSError as problem:
                complain(f"{path}: {problem.strerror or problem}")
                well = False
        return well
