"""A bring-up that was recorded runs again from its file, to the same end, and another bring-up is told from it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import define, field

from blocks.chip import load_chip
from blocks.sim import open_sim
from runtime import clock, timer
from runtime.bringup import bring_up
from runtime.clock import StepClock, VirtualClock
from runtime.determinism import run
from transports.base import Capabilities, Transport
from transports.batch import Batch, Results
from transports.open import Target
from transports.recorded import Header, open_recorded, read_recording, record
from transports.recorded.file import Executed

if TYPE_CHECKING:
    from runtime.summary import Summary

HEADER = Header(chip="mini", target="sim:", date="2026-01-31")


def recorded(path: Path, seed: int) -> Summary:
    """Bring the simulated mini up, and record it."""

    async def body() -> Summary:
        with path.open("wb", buffering=0) as file:
            sim = await open_sim(Target.parse("sim:", chip="mini", seed=seed))
            transport = record(sim, file, HEADER)
            summary = await bring_up(load_chip("mini"), transport, target="sim:", seed=seed)
            await transport.aclose()
        return summary

    return run(body, seed=seed, clock=VirtualClock())


def replayed(path: Path, seed: int, only: str | None = None) -> tuple[Summary, int]:
    """Bring the recorded mini up."""

    async def body() -> tuple[Summary, int]:
        transport = await open_recorded(Target.parse(f"recorded:{path}", chip="mini"))
        summary = await bring_up(load_chip("mini"), transport, target="recorded:", seed=seed, only=only)
        return summary, transport.remaining

    return run(body, seed=seed, clock=VirtualClock())


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_recorded_bring_up_runs_again(tmp_path: Path, seed: int) -> None:
    """With the same seed every batch is asked again, at its time, and the trace of both runs is the same."""
    then = recorded(tmp_path / "r", seed)
    now, remaining = replayed(tmp_path / "r", seed)
    assert (len(then.up), len(now.up), remaining) == (13, 13, 0)
    assert now.trace_hash == then.trace_hash
    assert (now.reads, now.writes, now.batches) == (then.reads, then.writes, then.batches)


def test_another_bring_up_is_told_from_it(tmp_path: Path) -> None:
    """A bring-up that asks something else loses the device at the first difference, which is named."""
    recorded(tmp_path / "r", 0)
    batches = sum(isinstance(step, Executed) for step in read_recording(tmp_path / "r").happened)
    now, remaining = replayed(tmp_path / "r", 0, only="crg[2]")
    assert now.lost is not None
    assert "not as recorded" in str(now.lost)
    assert 0 < remaining <= batches


@define
class Machine:
    """A computer whose time goes on whenever somebody looks, and whose timers are late."""

    rng: random.Random
    now: float = 0.0

    def monotonic(self) -> float:
        self.now += self.rng.expovariate(1 / 1e-6)
        return self.now

    def sleep_to(self, time_s: float) -> None:
        self.now = max(self.now, time_s + self.rng.expovariate(1 / 3e-6))


class LateClock(StepClock):
    """The clock of a recorded run, on such a machine."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine

    def deadline_to_sleep_time(self, deadline: float) -> float:
        if deadline < float("inf"):
            self.machine.sleep_to(self._start + deadline)
        return super().deadline_to_sleep_time(deadline)


@define
class Far:
    """A transport whose batches take a time that nobody knows before."""

    transport: Transport
    rng: random.Random
    capabilities: Capabilities = field(factory=lambda: Capabilities(round_trip_s=1e-4))

    async def execute(self, batch: Batch) -> Results:
        await trio.sleep(self.rng.expovariate(1 / 5e-6))
        return await self.transport.execute(batch)

    async def aclose(self) -> None:
        await self.transport.aclose()


def recorded_late(path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> Summary:
    """Record mini, two PLLs of which never lock, as a run in real time is recorded."""
    machine = Machine(random.Random(seed))

    async def body() -> Summary:
        late = trio.lowlevel.current_clock()
        assert isinstance(late, LateClock)
        trio.lowlevel.add_instrument(late)
        with path.open("wb", buffering=0) as file:
            sim = await open_sim(Target.parse("sim:?pll[1].lock_s=inf&pll[3].lock_s=inf", chip="mini", seed=seed))
            far = Far(sim, machine.rng)
            return await bring_up(load_chip("mini"), record(far, file, HEADER), target="sim:", seed=seed)

    with monkeypatch.context() as patch:
        patch.setattr(clock, "time", machine)
        patch.setattr(timer, "_armed", None)  # or the kernel's own timers would be waited for
        return run(body, seed=seed, clock=LateClock(machine))


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_a_run_with_late_timers_runs_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """By any seed a replay asks every batch of a run whose timers were late and whose deadlines were missed by little.

    Without `StepClock` about 5 of 100 such recordings do not replay.
    """
    for seed in range(first, first + 10):
        then = recorded_late(tmp_path / "r", seed, monkeypatch)
        now, remaining = replayed(tmp_path / "r", seed + 1)
        assert (now.lost, remaining) == (None, 0), seed
        assert (now.up, [fault.block for fault in now.failed]) == (then.up, [fault.block for fault in then.failed])
        assert [fault.reason for fault in now.failed] == [fault.reason for fault in then.failed]
        assert (now.reads, now.writes, now.batches) == (then.reads, then.writes, then.batches)
