"""A bring-up that was recorded runs again from its file, to the same end, and another bring-up is told from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blocks.chip import load_chip
from blocks.sim import open_sim
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.determinism import run
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
