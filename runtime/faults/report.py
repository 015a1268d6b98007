"""A campaign that is over: what was asked for, what came of it, and how all of it is said in JSON."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from runtime.faults.plan import Mode, Plan
from runtime.faults.small import is_drawn
from runtime.faults.tally import FAILURES_MAX, Cell, Failed, Tally, seconds_of, step_of
from runtime.faults.trial import NO_FAULT, Trial
from runtime.words import count, duration, many
from transports.faulty import DOWN_S
from transports.faulty.kinds import Kind

AT_ONCE = step_of(0.0)  # the step of recoveries that took no time: there was nothing to do
COUNTED = (
    "accesses",
    "points",
    "trials",
    "whole",
    "doubted",
    "differed",
    "agreed",
    "complete",
    "left",
    "failures",
    "misled",
    "reset",
    "recovered_accesses",
)


def said(plan: Plan) -> str:
    """Say in words what is asked for."""
    only = "" if plan.points.only == "*" else f" of {plan.points.only}"
    whole = "; the whole chip each time" if plan.whole else ""
    agree = "" if plan.agree is None else f"; {plan.agree} under trio as well"
    down = f"; a link down for {plan.down_s:g} s" if plan.down_s != DOWN_S else ""
    return f"{plan.workload}; {', '.join(plan.kinds)}; {plan.points}{only}{whole}{agree}{down}; seed {plan.seed}"


@frozen
class Report:
    """What came of a campaign.

    Attributes:
        limit_s: what a recovery may take, on the chip's clock.
        wall_s: that it took, where it ran.
    """

    plan: Plan
    tally: Tally
    limit_s: float
    wall_s: float

    @property
    def chip(self) -> str:
        """The chip, as the command was given it: a name, or the path of a `.toml`."""
        return self.plan.chip

    @property
    def name(self) -> str:
        """The chip's name alone, without a dot."""
        at, mark, counts = self.chip.partition("?")
        return (Path(at).stem if at.endswith(".toml") else at).replace(".", "_") + mark + counts

    @property
    def verdict(self) -> str:
        """`passed`, or `failed`: some point did, or a whole recovery was not as that of its part, or nothing struck."""
        failed = self.tally.failures or self.tally.differed or not self.tally.points
        return "failed" if failed else "passed"

    @property
    def why_nothing(self) -> str:
        """Why there is no point, so that the campaign says nothing, in words; empty: there is one."""
        tally = self.tally
        if tally.points:
            return ""
        if tally.trials:
            return f"nothing struck in {count(tally.trials, 'trial')}"
        if tally.left:
            took = f"the runs without a fault took {duration(tally.cpu_s)} of CPU"
            return f"nothing was tried: {took}, the budget is {self.plan.budget_s:g} s"
        return f"nothing was tried: {', '.join(self.plan.kinds)} can strike nothing here"

    @property
    def points_per_cpu_hour(self) -> float:
        """Points by the CPU time that they took."""
        return self.tally.points / self.tally.cpu_s * 3600 if self.tally.cpu_s else 0.0

    def untold(self, most: int = FAILURES_MAX) -> int:
        """Return how many points failed that no line tells of, where only the first failures are told.

        Args:
            most: so many of these; no more are kept than FAILURES_MAX.
        """
        return self.tally.failures - sum(failed.points for failed in self.told[:most])

    @property
    def told(self) -> list[Failed]:
        """What failed, each line once: schedules that fail alike are one, with the kinds, types and points of all."""
        if self.plan.points.mode is not Mode.SEEDED:
            return self.tally.failed
        lines: dict[tuple[str, str], Failed] = {}
        for one in self.tally.failed:
            key = one.replay, one.broken
            lines[key] = _both(lines[key], one) if key in lines else one
        return list(lines.values())

    def how(self, failed: Failed) -> str:
        """Say of a schedule that was drawn, and failed, how many are like it, and whether it was made small."""
        if self.plan.points.mode is not Mode.SEEDED or not is_drawn(failed):
            return ""
        said = [f"{failed.points:,} schedules fail alike"] if failed.points > 1 else []
        said += [] if failed.drawn else ["as drawn"]
        return f" ({'; '.join(said)})" if said else ""

    @property
    def patience_s(self) -> float:
        """What the slowest recovery was allowed beyond the limit."""
        return self.tally.slowest[0].patience_s if self.tally.slowest else 0.0

    @property
    def allowed(self) -> str:
        """What the slowest recovery was allowed, in words; empty where nobody said."""
        if not self.limit_s:
            return ""
        of_it = f", {duration(self.patience_s)} of it patience" if self.patience_s else ""
        return f"of {duration(self.limit_s + self.patience_s)} allowed{of_it}"

    @property
    def sampled(self) -> dict[str, str]:
        """How many points of how many were tried, of each kind of fault of which that is known, in words.

        Of what is in `untried` they are none. Of a target nobody knows before which accesses a kind can strike.
        """
        found = [(kind, points) for kind, points in sorted(self.tally.sampled.items()) if kind != NO_FAULT]
        said = {kind: f"{tried:,} of {there:,} point{'s' * (there != 1)}" for kind, (tried, there) in found}
        most = {kind for kind, (tried, there) in found if self.plan.url and tried < there}
        return {kind: told + " at most" * (kind in most) for kind, told in said.items()}

    @property
    def untried(self) -> list[str]:
        """What is wrong without a fault, so that no fault of it was tried: a workload, or `recovery/BLOCK.UPSET`."""
        wrong = [Trial.parse(failed.replay) for failed in self.tally.failed if failed.kind == NO_FAULT]
        return [f"{one.workload}/{one.upset}" if one.upset else str(one.workload) for one in wrong]

    @property
    def not_tried(self) -> str:
        """What was not tried for it is wrong without a fault, in words; empty: nothing is."""
        names = self.untried
        which = f"which {'is' if len(names) == 1 else 'are'} wrong without a fault"
        return f"faults in {', '.join(names)}, {which}" if names else ""

    @property
    def not_judged(self) -> str:
        """What of the trials nobody could judge on this target, in words; empty: all was judged."""
        return ", ".join(sorted(self.tally.unjudged))

    @property
    def left(self) -> str:
        """How many trials the budget left, in words; empty: none."""
        said = f"{many(self.tally.left, 'trial')} left: the budget of {self.plan.budget_s:g} s was used"
        return said if self.tally.left else ""

    @property
    def disturbed(self) -> str:
        """What blocks were brought back from in how many trials, in words; empty: it is no recovery."""
        return ", ".join(f"{what} in {count(trials, 'trial')}" for what, trials in sorted(self.tally.disturbed.items()))

    @property
    def silent(self) -> list[str]:
        """Kinds of fault that struck nothing; of schedules of several faults nobody counts them apart.

        Pairs of resets are counted under a name of their own.
        """
        plan = self.plan
        if plan.points.mode is Mode.SEEDED and plan.points.faults > 1:
            return []
        if plan.points.mode is Mode.DOUBLE and self.tally.points:
            return []
        struck = {kind for kind, _ in self.tally.cells}
        return [str(kind) for kind in plan.kinds if kind not in struck]

    def command(self, replay: str) -> str:
        """Return the line that repeats a trial."""
        on = f" --on {shlex.quote(self.plan.url)}" if self.plan.url else ""
        down_s = self.plan.down_s
        down = f" --link-down {down_s!r}" if down_s != DOWN_S and str(Kind.DOWN) in replay else ""
        return f"firstlight faults {shlex.quote(self.chip)}{on}{down} --replay {shlex.quote(replay)}"

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        plan, tally = self.plan, self.tally
        told = tally.to_data()
        return {
            "chip": plan.chip,
            "workload": str(plan.workload),
            "seed": plan.seed,
            "faults": list(map(str, plan.kinds)),
            "mode": str(plan.points),
            "only": plan.points.only,
            "whole_chip": plan.whole,
            "url": plan.url,
            "budget_s": plan.budget_s,
            "link_down_s": plan.down_s,
            "verdict": self.verdict,
            "why_nothing": self.why_nothing,
            **{name: getattr(tally, name) for name in COUNTED},
            "disturbed": told["disturbed"],
            "sampled": {kind: {"points": tried, "of": there} for kind, (tried, there) in sorted(tally.sampled.items())},
            "points_per_cpu_hour": self.points_per_cpu_hour,
            "cpu_s": tally.cpu_s,
            "wall_s": self.wall_s,
            "slowest_s": tally.slowest_s,
            "limit_s": self.limit_s,
            "allowed_s": self.limit_s + self.patience_s,
            "replay": [failed.replay for failed in self.told],
            "failed": told["failed"],
            "untold": self.untold(),
            "slowest": told["slowest"],
            "reached": told["arms"],
            "unreached": tally.unreached,
            "struck_nothing": self.silent,
            "not_tried": self.untried,
            "not_judged": sorted(tally.unjudged),
            "cells": [_cell(*key, cell) for key, cell in sorted(tally.cells.items())],
        }


def _both(one: Failed, other: Failed) -> Failed:
    kinds, types = ({*have.split(", "), more} for have, more in ((one.kind, other.kind), (one.type, other.type)))
    points = one.points + other.points
    return evolve(one, kind=", ".join(sorted(kinds)), type=", ".join(sorted(types)), points=points)


def peculiar(cell: Cell) -> str:
    """Say what else is to be told of a cell beside its points, each with a comma before it."""
    said = f", slowest {duration(cell.slowest_s)}" if cell.times else ""
    said += f", patience {duration(cell.patience_s)}" if cell.patience_s else ""
    said += f", {cell.failed:,} failed" if cell.failed else ""
    said += f", {cell.misled:,} misled" if cell.misled else ""
    return said + (f", {cell.reset:,} needed a reset" if cell.reset else "")


def quantile_s(cell: Cell, part: float) -> float | None:
    """Return a time in which this part of the recoveries was done: the end of a step of the histogram, in seconds.

    0 where they were done at once; None where there is no recovery.
    """
    wanted, there = part * cell.times.total(), 0
    for step, number in sorted(cell.times.items()):
        there += number
        if there >= wanted:
            return 0.0 if step <= AT_ONCE else min(seconds_of(step + 1), cell.slowest_s)
    return None


def together(cells: list[Cell]) -> Cell:
    """Return the sum of some cells."""
    whole = Cell(times=Counter[int]())
    for cell in cells:
        whole.add(cell)
    return whole


def _cell(kind: str, type_name: str, cell: Cell) -> dict[str, Any]:
    """Return a cell; each of `times_s` is where a step of the histogram begins, in seconds, and how many there are."""
    return {
        "kind": str(kind),
        "type": type_name,
        "points": cell.points,
        "trials": cell.trials,
        "recovered": cell.points - cell.failed,
        "failed": cell.failed,
        "misled": cell.misled,
        "reset": cell.reset,
        "p50_s": quantile_s(cell, 0.5),
        "p99_s": quantile_s(cell, 0.99),
        "slowest_s": cell.slowest_s,
        "patience_s": cell.patience_s,
        "times_s": [[seconds_of(step), number] for step, number in sorted(cell.times.items())],
    }
