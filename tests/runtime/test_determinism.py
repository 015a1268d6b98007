"""The laws of the seed: it fixes the schedule, and what comes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from blocks.chip import load_chip
from registers.handles import AnyMap, registers_below
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.determinism import SchedulerChanged, run, schedule, scheduler, seeded, self_test
from runtime.summary import Summary
from transports.base import Transport
from transports.batch import Batch
from transports.open import open_transport

ROOT = Path(__file__).resolve().parents[2]

ELSEWHERE = """
from tests.runtime.test_determinism import mini
print(*(mini(seed)[0].trace_hash for seed in (1, 2)))
"""


def mini(seed: int) -> tuple[Summary, dict[str, int]]:
    """Bring up the simulated chip and read all of its plain registers."""

    async def main() -> tuple[Summary, dict[str, int]]:
        transport = await open_transport("sim:", chip="mini", seed=5)
        summary = await bring_up(load_chip("mini"), transport, seed=seed)
        words = await contents(transport)
        await transport.aclose()
        return summary, words

    return run(main, seed=seed, clock=VirtualClock())


async def contents(transport: Transport) -> dict[str, int]:
    """Read every register of mini that a read does not change."""
    found: dict[str, int] = {}
    for name, instance in load_chip("mini").instances.items():
        regs = instance.block.regs
        for register in registers_below(AnyMap(regs.type, regs.address)):
            fields = register.register.fields
            if any(f.onread for f in fields) or not any(f.sw.readable for f in fields):
                continue
            results = await transport.execute(Batch(register.read().operations))
            found[f"{name}.{register.path}"] = register.read().raw(results.check().values)
    return found


def test_one_seed_gives_one_trace() -> None:
    """The same seed gives the same accesses at the same times with the same results, twice."""
    first, second = mini(7)[0], mini(7)[0]
    assert first.trace_hash == second.trace_hash
    assert (first.elapsed_s, first.reads, first.writes) == (second.elapsed_s, second.reads, second.writes)


def test_other_seeds_give_other_schedules_and_one_chip() -> None:
    """Other seeds give other schedules, and the chip ends with the same registers under each."""
    runs = [mini(seed) for seed in range(5)]
    assert len({summary.trace_hash for summary, _ in runs}) > 1
    assert all(words == runs[0][1] for _, words in runs)
    assert all(summary.well for summary, _ in runs)


def test_the_trace_does_not_depend_on_the_hash_seed() -> None:
    """In another process, under whatever PYTHONHASHSEED, a seed gives the same trace."""
    expected = " ".join(mini(seed)[0].trace_hash for seed in (1, 2))
    for hash_seed in ("0", "1234"):
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            cwd=ROOT, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout.strip() == expected


def test_a_seed_fixes_the_schedule_of_tasks() -> None:
    """Tasks that could run in any order run in the order of the seed, and seeds differ."""
    orders = [schedule(seed) for seed in range(6)]
    assert orders == [schedule(seed) for seed in range(6)]
    assert len(set(orders)) > 3


def test_trio_is_left_as_it_was() -> None:
    """After a seeded run trio schedules by chance again, from where its generator was."""
    names = scheduler()
    flag, state = names["_ALLOW_DETERMINISTIC_SCHEDULING"], names["_r"].getstate()
    with pytest.raises(ZeroDivisionError), seeded(3):
        raise ZeroDivisionError
    assert (names["_ALLOW_DETERMINISTIC_SCHEDULING"], names["_r"].getstate()) == (flag, state)


def test_a_trio_that_schedules_otherwise_is_refused() -> None:
    """When trio no longer has what a seed needs, or the seed does nothing, a run is refused with trio's version."""
    with pytest.raises(SchedulerChanged, match=rf"trio {trio.__version__} has no module trio\._gone"):
        scheduler("trio._gone")
    with pytest.raises(SchedulerChanged, match=r"has no _ALLOW_DETERMINISTIC_SCHEDULING and _r in trio\._util"):
        scheduler("trio._util")
    tried: list[int] = []

    def always(_seed: int) -> tuple[int, ...]:
        return (1, 2, 3)

    def by_chance(seed: int) -> tuple[int, ...]:
        tried.append(seed)
        return tuple(tried)

    with pytest.raises(SchedulerChanged, match="two seeds one schedule"):
        self_test(always)
    with pytest.raises(SchedulerChanged, match="one seed two schedules"):
        self_test(by_chance)
