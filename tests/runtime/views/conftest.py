"""Runs as they could have been, without running them: of a chip's blocks each rung takes its usual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
from attrs import frozen

from blocks.chip import Chip, load_chip
from interrupts.figures import LineFigures
from interrupts.tally import LineCounts
from runtime.fault import Access, Cause, Fault
from runtime.found import By
from runtime.history import History
from runtime.incident import Incident, Served
from runtime.summary import Lessened, Progress, State, Summary, Waiting

STEP_S = 1e-6  # a rung that settles at once
BEGIN_S = 5e-6  # from the session's begin to the first move
Ends: TypeAlias = Mapping[str, State]


@frozen
class Staged:
    """A run, and what came of it."""

    chip: Chip
    summary: Summary
    history: History

    @property
    def types(self) -> dict[str, str]:
        return {name: instance.type for name, instance in self.chip.instances.items()}


def stage(name: str, ends: Ends | None = None, *, said: str = "no answer") -> Staged:
    """Return a run of a chip: each block begins when the one before it is half up; `ends` says who does not get up.

    Args:
        said: the reason of each block that failed.
    """
    chip = load_chip(name)
    history = History()
    path: list[tuple[str, str]] = []
    begin_s, last_s = BEGIN_S, BEGIN_S
    states = dict.fromkeys(chip.instances, State.UP) | dict(ends or {})
    for block, instance in chip.instances.items():
        history.move(Progress(block, State.WAITING, "", BEGIN_S, "what it needs"))
        now = begin_s
        if states[block] is not State.WAITING:
            for rung in instance.block.up():
                history.move(Progress(block, State.CLIMBING, rung.name, now))
                path.append((block, rung.name))
                now += max(rung.settles, STEP_S)
            history.move(Progress(block, states[block], "", now, said))
            begin_s += (now - begin_s) / 64
        last_s = max(last_s, now)
    return Staged(chip, _summary(chip, states, said, last_s, tuple(path[:4])), history)


def _summary(chip: Chip, states: Ends, said: str, last_s: float, path: tuple[tuple[str, str], ...]) -> Summary:
    def those(*wanted: State) -> tuple[str, ...]:
        return tuple(block for block, state in states.items() if state in wanted)

    accesses = tuple(Access(time_s=last_s, verb="read", place=said, value=number) for number in range(32))
    failed = those(State.FAILED)
    return Summary(
        chip=chip.name,
        target="sim:",
        blocks=len(states),
        verdict="failed" if failed else "up",
        up=those(State.UP, State.DEGRADED),
        lessened=tuple(Lessened(b, "wide", "LINK", "X16", "X8", "degraded") for b in those(State.DEGRADED)),
        failed=tuple(
            Fault(block=b, rung="locked", cause=Cause.LATE, reason=said, register="STATUS", accesses=accesses)
            for b in failed
        ),
        waiting=tuple(Waiting(b, failed[:1], failed[:1]) for b in those(State.WAITING)),
        critical_path=path,
        critical_path_s=last_s,
        elapsed_s=last_s,
    )


@pytest.fixture(scope="session")
def staged() -> Callable[..., Staged]:
    """Return the maker of runs, `stage`."""
    return stage


@pytest.fixture(scope="session")
def ill() -> Staged:
    """Return a run of the large chip of which a few blocks did not get up."""
    ends = {
        "die[0].channel[1][5]": State.FAILED,
        "die[1].hbm_pll[2]": State.FAILED,
        "die[1].hbm_crg[2]": State.WAITING,
        "die[1].hbm[2]": State.WAITING,
        "die[0].pcie[1]": State.DEGRADED,
    }
    return stage("atlas", ends)


def lines_of(chip: Chip) -> tuple[LineFigures, ...]:
    """Return what could have been heard of the lines of a chip, and of one that nobody waits for."""
    found: list[LineFigures] = []
    for number, (name, instance) in enumerate(chip.instances.items()):
        if instance.line is not None:
            counts = LineCounts(hints=number % 7, storms=number % 11 == 3, lost=number % 13 == 1)
            for k in range(number % 7):
                counts.woken.add(10.0 ** -(4 + k))
                counts.looked.add(10.0 ** -(2 + k))
            line = instance.line
            found.append(LineFigures(block=name, controller=line.controller or "", source=line.source, counts=counts))
    return (*found, LineFigures(block="", controller="hub", source=31, masked=True, counts=LineCounts(hints=1)))


def hour(name: str = "atlas", *, number: int = 30, ill: bool = False) -> Served:
    """Return an hour in service that could have been, of a chip to which something happens again and again.

    Args:
        ill: the last incident did not end well.
    """
    chip = load_chip(name)
    blocks = list(chip.instances)
    summary = stage(name).summary
    incidents: list[Incident] = []
    for n in range(1, number + 1):
        root = "" if n % 15 == 0 and not (ill and n == number) else blocks[n * 37 % len(blocks)]
        fell = tuple(blocks[n * 5 : n * 5 + n % 4 + 1]) if root else tuple(blocks[:40])
        at_s = 3600.0 * n / (number + 1)
        began_s = at_s + 10.0 ** -(n % 6)
        incidents.append(
            Incident(
                number=n,
                root=root,
                cause=f"STATUS.lock wanted 1, was {n % 2}",
                began_s=began_s,
                ended_s=None if ill and n == number else began_s + 10.0 ** (-(n % 5) - 0.3),
                fell=(root, *fell),
                touched=(root,),
                steps=(f"{root}: climb at once", f"{root}: in service again"),
                level=("climb", "climb", "block", "climb", "cluster")[n % 5] if root else "chip",
                gave_up=(root,) if ill and n == number else (),
                lost=n * n % 23,
                corrupt=n * n % 19,
                found_by=[*By][n % len(By)],
                injected=f"upset {root}: lock_lost" if n % 4 else "",
                injected_s=at_s if n % 4 else None,
            )
        )
    down = {incidents[-1].root: "locked does not hold; nothing more is tried"} if ill else {}
    return Served(
        up=summary,
        for_s=3600.0,
        incidents=tuple(incidents),
        states=dict.fromkeys(chip.instances, "up") | dict.fromkeys(down, "failed"),
        unrecovered=down,
        verdict="failed" if ill else "up",
        reads=4_000_000,
        writes=321,
        batches=5000,
        interrupts={"hints": 77, "spurious": 3, "storms": 1},
        lines=lines_of(chip) if number else (),
        traffic={"sent": 100_000, "delivered": 99_800, "lost": 200},
        wall_s=12.0,
        cpu_s=11.0,
    )


@pytest.fixture(scope="session")
def hours() -> Callable[..., Served]:
    """Return the maker of hours in service, `hour`."""
    return hour
