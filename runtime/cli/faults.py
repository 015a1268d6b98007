"""The verb `faults`: campaigns of faults on a simulated chip, and the replay of one of its trials."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from blocks.chip import load_chip
from runtime.cli.exits import NOT_WELL, OK, UsageError, asked, is_interrupt
from runtime.cli.shards import COLUMNS, Reports, Sharded, progress_line, small_line
from runtime.cli.trials import refuse, replay
from runtime.faults import small
from runtime.faults.budgeted import Watch
from runtime.faults.campaign import OF_ALL, allowed_s, local, make_small, run, run_shard
from runtime.faults.golden import Broke, NotWell
from runtime.faults.heap import NotAlone
from runtime.faults.plan import SHARDS, Mode, Plan, Points, behind, kinds_of
from runtime.faults.report import Report, peculiar, said
from runtime.faults.scale import Interrupted, Progress
from runtime.faults.strike import OF_HEAP
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.faults.tried import broke
from runtime.words import count, duration
from transports.faulty import DOWN_S
from transports.faulty.kinds import Kind

TOLD = 10  # failures that are told one by one
EVERY_S = 0.2  # from one line of progress to the next
REFUSALS = (CampaignError, NotWell, NotAlone)  # of what was asked for, or of the chip


def run_faults(arguments: Namespace) -> int:
    """Run a campaign, or one trial of one, and say what came of it.

    Raises:
        UsageError: the points, the kinds or the replay name nothing, or an option is not of a replay; or the chip
            cannot have a campaign; or there is no such engine, or a file cannot be written.
        Unfinished: workers died, or went away; what is done is kept.
    """
    if arguments.replay is not None:
        refuse(arguments)
        with asked(*REFUSALS):
            return replay(arguments, Trial.parse(arguments.replay))
    if arguments.all_accesses:
        raise UsageError("--all-accesses is of a replay; expected --replay ID beside it")
    reports = Reports.of(arguments)
    with asked(*REFUSALS):
        workload = Workload(arguments.workload or Workload.BRINGUP)
        kinds = _kinds(arguments, workload)
        plan = Plan(
            local(arguments.chip),
            arguments.chip,
            workload,
            arguments.seed or 0,
            kinds=kinds,
            url=arguments.on,
            budget_s=arguments.budget or 0.0,
            down_s=DOWN_S if arguments.link_down is None else arguments.link_down,
            trio=_takes_trio(arguments, workload),
            points=_points(arguments, kinds),
            whole=arguments.whole,
            agree=arguments.agree,
        )
        report = _ran(plan, arguments)
    if arguments.json:
        print(json.dumps(report.to_data()))
    else:
        show(report)
    written = reports.write(report)
    return OK if report.verdict == "passed" and written else NOT_WELL


def _kinds(arguments: Namespace, workload: Workload) -> tuple[Kind, ...]:
    """Return the kinds of fault that were asked for."""
    text = Kind.RESET if arguments.faults is None else arguments.faults
    return kinds_of(text, Kind if arguments.on or workload is not Workload.BRINGUP else OF_HEAP)


def _points(arguments: Namespace, kinds: Iterable[Kind]) -> Points:
    """Return the points that were asked for; of faults of the whole chip, each of which takes all of it, only some."""
    usual = Mode.EXHAUSTIVE if set(kinds).isdisjoint(OF_ALL) else Mode.NTH
    text = usual if arguments.points is None else arguments.points
    return Points.parse(text, "*" if arguments.only is None else arguments.only)


def _ran(plan: Plan, arguments: Namespace) -> Report:
    """Run a campaign, in shards or in one piece.

    Raises:
        Interrupted: says what is kept.
    """
    began_s, cpu_s = time.perf_counter(), time.process_time()
    shows = sys.stderr.isatty() and not arguments.json
    jobs = arguments.jobs or os.cpu_count() or 1
    try:
        shards = arguments.shards or (SHARDS if arguments.engine or arguments.results else plan.pieces(jobs))
        if shards > 1 or arguments.shards or arguments.engine or arguments.results:
            return _sharded(plan, arguments, jobs, shards, shows=shows)
        return run(plan, jobs=jobs, watch=_progress() if shows else None, watch_small=_making(shows=shows))
    except Broke as problem:
        tally = broke(Trial(plan.workload, plan.seed, ()), f"safety: {problem.rule}")
        tally.cpu_s = time.process_time() - cpu_s
        return Report(plan, tally, 0.0, time.perf_counter() - began_s)
    except BaseException as stop:  # trio's groups, too
        if isinstance(stop, Interrupted) or not is_interrupt(stop):
            raise
        kept = "nothing was kept: a campaign with --results FILE goes on from what is done"
        raise Interrupted("no shard was begun" if arguments.results else kept) from stop


def _takes_trio(arguments: Namespace, workload: Workload) -> bool:
    """Say whether a bring-up on `sim:` takes the runtime of production, and complain of it: it is slower."""
    if arguments.on or workload is not Workload.BRINGUP or not (why := behind(load_chip(arguments.chip))):
        return False
    print(f"{arguments.chip}: {why}, so it is brought up under trio, and not on the bare heap", file=sys.stderr)
    return True


def _sharded(plan: Plan, arguments: Namespace, jobs: int, number: int, *, shows: bool) -> Report:
    """Run a campaign in so many shards, where the arguments say."""
    began_s = time.perf_counter()
    shards = plan.shards(number)
    limit_s = allowed_s(plan)  # the chip comes up, before anything is given out
    results = None if arguments.results is None else Path(arguments.results)
    sharded = Sharded(arguments.engine or "local", jobs, results, shows, REFUSALS)
    campaign = f"{plan.chip}: {said(plan)}; sources {shards[0].digest}; {count(len(shards), 'shard')}"
    tally = sharded.run(campaign, shards, run_shard)
    try:
        make_small(plan, tally, watch=_making(shows=shows))
    except BaseException as stop:
        if results is None or not is_interrupt(stop):
            raise
        kept = f"all {count(len(shards), 'shard')} are done and kept in {results}"
        raise Interrupted(f"{kept}; the same command makes small what failed") from stop
    return Report(plan, tally, limit_s, time.perf_counter() - began_s)


class _Line:
    """A line of progress, which is overwritten until all is done; it says so much each EVERY_S."""

    def __init__(self) -> None:
        self._began_s = self._shown_s = time.perf_counter()

    @property
    def wall_s(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self._began_s

    def show(self, said: Callable[[], str], *, last: bool) -> None:
        """Show what is said, where it is time for that."""
        now_s = time.perf_counter()
        if last or now_s >= self._shown_s + EVERY_S:
            self._shown_s = now_s
            print(f"\r{said():<{COLUMNS}}", end="\n" if last else "", file=sys.stderr, flush=True)


def _progress() -> Watch:
    line = _Line()

    def show(tally: Tally, done: int, steps: int) -> None:
        line.show(lambda: progress_line(Progress.of_steps(tally, done, steps, line.wall_s), "step"), last=done == steps)

    return show


def _making(*, shows: bool) -> small.Watch:
    """Return what shows how far failures are made small, from its first call on."""
    lines: list[_Line] = []

    def show(done: int, steps: int, trials: int) -> None:
        lines.extend([] if lines else [_Line()])
        lines[0].show(lambda: small_line(done, steps, trials, lines[0].wall_s), last=done == steps)

    return show if shows else small.silent


def _tried(report: Report) -> str:
    """Say of which kinds some points were tried, and how many of how many; of all, where there are others beside."""
    sampled, told = report.tally.sampled, report.sampled
    some = [f"{kind} {told[kind]}" for kind in told if report.untried or sampled[kind][0] < sampled[kind][1]]
    if len(some) < len(told):
        some.append("of all other kinds every point" if some else "every point that there is")
    return ", ".join(some)


def show(report: Report) -> None:
    """Tell a campaign on the screen: its first failures, what was tried, and what was not."""
    plan, tally = report.plan, report.tally
    for failed in report.told[:TOLD]:
        print(f"{failed.block}: {failed.broken}{report.how(failed)}")
        print(f"  {report.command(failed.replay)}")
    if more := report.untold(TOLD):
        print(f"... and {count(more, 'more point')} failed; these are the first")
    head = f"{plan.chip}, {plan.workload}, {plan.points}"
    print(f"{head}: {count(tally.points, 'point')} in {count(tally.trials, 'trial')}")
    for (kind, of), cell in sorted(tally.cells.items()):
        noun = "point" if cell.points == 1 else "points"
        print(f"  {kind:<18} {of:<14} {cell.points:>9,} {noun}{peculiar(cell)}")
    for line in _how(report):
        print(line)
    if report.why_nothing:
        print(report.why_nothing)
        return
    if tally.unreached:
        print(f"never reached: {', '.join(tally.unreached)}")
    print(f"{count(tally.failures, 'failure')}; slowest recovery {duration(tally.slowest_s)} {report.allowed}".rstrip())
    print(f"{tally.cpu_s:.1f} CPU-s, {report.points_per_cpu_hour:,.0f} points a CPU-hour")


def _how(report: Report) -> Iterator[str]:
    """Yield how the trials were run, and what was not run."""
    plan, tally = report.plan, report.tally
    if not plan.live:
        yield f"{count(tally.whole, 'trial')} with the whole chip, of which {tally.doubted} because a part was in doubt"
    if report.disturbed:
        yield f"brought back: {report.disturbed}"
    if plan.points.faults > 1:
        yield f"all {plan.points.faults} faults struck in {count(tally.complete, 'schedule')}"
    if report.silent and not report.why_nothing:
        yield f"struck nothing: {', '.join(report.silent)}"
    yield from _reach(report)
    if report.left:
        yield report.left
    if tally.agreed:
        yield f"{count(tally.agreed, 'trial')} ran under trio as well"
    if tally.differed:
        yield f"{count(tally.differed, 'trial')} failed whose part did not: try --whole"


def _reach(report: Report) -> Iterator[str]:
    """Yield what was not tried, what was, and what of it nobody could judge."""
    if report.not_tried:
        yield f"not tried: {report.not_tried}"
    if report.sampled:
        yield f"tried{' of the others' if report.untried else ''}: {_tried(report)}"
    if report.not_judged:
        yield f"not judged on this target: {report.not_judged}"
