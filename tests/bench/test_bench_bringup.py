"""The bench of bring-up measures what it says: the chip's share is apart, ratios are a block's, stalls are seen."""

from __future__ import annotations

import gc
import json
import time

import pytest
import trio
from attrs import asdict, evolve

from bench.bench_bringup import apart, main
from bench.costs import Row, exponent, table
from bench.silicon import Account, Apart, SiliconClock, cost_ns
from bench.stalled import said, stalls
from bench.stalls import Watchdog

FIRST = Row(
    dies=2, instances=324, load_wall_s=1.0, load_s=1.0, make_s=2.0, runtime_s=5.0, chip_s=3.0,
    loaded_bytes=1 << 20, made_bytes=5 << 20, peak_bytes=9 << 20,
    up=324, violations=0, reads=10, writes=5, batches=4, flights=2, virtual=1.0, trace_hash="",
    critical_s=0.04, real=2.0, real_wall_s=1.0, real_runtime_s=5.0,
)  # fmt: skip


def burn(seconds: float) -> None:
    """Use the CPU for so long."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_size_is_measured_in_a_process_of_its_own() -> None:
    """The smallest chip comes up whole, in the time of its hardware; every cost is there, under both clocks."""
    row = Row(**apart("--one", "2"))
    assert (row.instances, row.up, row.violations) == (324, 324, 0)
    assert 1.0 <= row.virtual < 1.02
    assert row.real is not None
    assert row.real_wall_s is not None
    assert row.real_wall_s > row.real * row.critical_s >= row.critical_s
    assert row.batches > row.flights / 2 > 0
    assert 0 < row.loaded_bytes < row.made_bytes < row.peak_bytes
    assert min(row.load_s, row.make_s, row.chip_s, row.runtime_s, row.writes) > 0


def test_a_cost_that_follows_the_number_of_blocks_has_the_ratio_one() -> None:
    """Ten times the blocks for ten times the cost is 1.00; for twenty times the cost it is 2.00."""
    tenfold = evolve(FIRST, instances=3240, load_s=10.0, make_s=20.0, chip_s=60.0, runtime_s=20.0)
    ratios = table([FIRST, tenfold]).partition("as ratios to the first size")[2].splitlines()
    line = next(line for line in ratios if line.startswith("3,240"))
    assert line.split()[1:5] == ["1.00", "1.00", "2.00", "0.40"]


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_growth_is_the_power_by_which_a_cost_grows(power: float) -> None:
    """Costs that are a power of the number of blocks have that power as exponent."""
    rows = [evolve(FIRST, instances=count, runtime_s=1e-3 * count**power) for count in (300, 1000, 3000, 10_000)]
    assert exponent(rows, lambda row: row.runtime_s) == pytest.approx(power)
    assert f"blocks^{power:.2f}" in table(rows)


def test_what_the_chip_takes_is_accounted_apart_and_its_clock_stands_still() -> None:
    """Of what is awaited the CPU time is the account's, not the time of its waits; the clock shows the rest."""
    clock = SiliconClock()
    account = Account(clock)

    async def chip() -> str:
        burn(0.02)
        await trio.sleep(0.03)
        burn(0.02)
        return "done"

    async def run() -> tuple[str, float]:
        came = await Apart(chip(), account)
        burn(0.01)
        return came, trio.current_time()

    began = time.monotonic()
    came, elapsed_s = trio.run(run, clock=clock)
    assert time.monotonic() - began - elapsed_s >= 0.04
    assert came == "done"
    assert account.steps == 2
    assert 0.04 <= account.spent_ns / 1e9
    assert 0.04 <= elapsed_s
    assert account.others_ns(account.spent_ns + 5) == 5


def test_an_error_of_the_chip_is_accounted_and_goes_through() -> None:
    """What fails in the chip fails for whoever awaits it, and the clock goes on."""
    account = Account(SiliconClock())

    async def chip() -> None:
        await trio.lowlevel.checkpoint()
        raise KeyError("a model")

    async def run() -> None:
        with pytest.raises(KeyError):
            await Apart(chip(), account)

    trio.run(run)
    assert account.steps == 2
    assert cost_ns() > 0


def test_a_loop_that_serves_nobody_is_seen() -> None:
    """The longest stall is at least as long as the longest step of a task, and what the chip takes is none."""
    account = Account()

    async def run(own_s: float) -> float:
        with Watchdog(account) as watchdog:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watchdog.tick)
                await trio.sleep(0.01)
                watchdog.take()
                account.begin()
                burn(0.05)
                account.end()
                burn(own_s)
                await trio.sleep(0.01)
                found = watchdog.take()
                nursery.cancel_scope.cancel()
        return found.cpu_s

    assert trio.run(run, 0.1) >= 0.1
    assert not any(callback.__qualname__.startswith("Watchdog") for callback in gc.callbacks)


def test_the_stalls_of_each_phase_are_told() -> None:
    """A small chip comes up under watch and is cancelled half way; each phase has its longest stall, in a table."""
    found = stalls("as it is", 2)
    assert found.instances == 324
    phases = (found.making, found.climbing, found.ending, found.cancelled)
    assert all(phase.cpu_s > 0 for phase in phases)
    line = said([json.loads(json.dumps(asdict(found)))]).splitlines()[1]
    assert line.split()[:4] == ["as", "it", "is", "324"]


def test_one_size_is_printed_as_data(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--one` prints a row that becomes the same row again."""

    def measure(dies: int) -> Row:
        return evolve(FIRST, dies=dies)

    monkeypatch.setattr("bench.bench_bringup.measure", measure)
    assert main(["--one", "6"]) == 0
    assert Row(**json.loads(capsys.readouterr().out)) == evolve(FIRST, dies=6)
