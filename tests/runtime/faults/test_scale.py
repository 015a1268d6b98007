"""The laws of scale: the result of a campaign is that of its shards in order, whoever runs them, whatever is killed."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.faults.engines import Engine, EngineError, EngineLost, Given, Here, Processes, engine_of
from runtime.faults.results import Results
from runtime.faults.scale import AGAIN_MAX, Interrupted, Progress, Scale, ShardError, ShardsLost
from runtime.faults.tally import Tally
from runtime.faults.work import OtherCode, work
from tests.conftest import ROOT
from tests.runtime.faults.drawn import CAMPAIGN, Drawn, run, serially, shards

MANY = 30
DEADLY = st.dictionaries(st.integers(1, 12), st.integers(1, AGAIN_MAX - 1), max_size=6)


def scaled(which: list[Drawn], engine: Engine, path: Path | None = None, on_progress: Any = None) -> Tally:
    with Results(path, CAMPAIGN) as results:
        return Scale(which, run, engine, results, on_progress).all()


def kept(path: Path) -> set[str]:
    with Results(path, CAMPAIGN) as results:
        return results.done()


class Dead(RuntimeError):
    """A worker died."""


@define(eq=False)
class Shuffled(Engine):
    """Ends what it was given in an order that is drawn, one whenever it is asked and has nothing new.

    Attributes:
        deadly: shards that kill their worker, and how often; a breaking engine loses all that is out with one.
    """

    draw: random.Random
    deadly: dict[str, int]
    breaks: bool
    held: list[tuple[Future[Any], Any, tuple[Any, ...]]] = field(factory=list[Any])
    fresh: bool = False
    broken: int = 0
    died: tuple[type[BaseException], ...] = (Dead, BrokenExecutor)

    def open(self) -> Executor:
        return _Later(self, self.broken)

    def width(self) -> int:
        if self.held and not self.fresh:
            self.draw.shuffle(self.held)
            self.end(*self.held.pop())
        self.fresh = False
        return 5

    def stop(self) -> None:
        assert self.held == []

    def end(self, future: Future[Any], work: Any, arguments: tuple[Any, ...]) -> None:
        key = arguments[1].key
        if not self.deadly.get(key):
            future.set_result(work(*arguments))
            return
        self.deadly[key] -= 1
        self.broken += self.breaks
        future.set_exception(BrokenExecutor(key) if self.breaks else Dead(key))
        while self.breaks and self.held:
            self.held.pop()[0].set_exception(BrokenExecutor(key))


@define(eq=False)
class _Later(Executor):
    engine: Shuffled
    broken: int

    def submit(self, fn: Any, /, *args: Any, **_kwargs: Any) -> Future[Any]:
        if self.broken != self.engine.broken:
            raise BrokenExecutor("it broke before")
        future: Future[Any] = Future()
        self.engine.held.append((future, fn, args))
        self.engine.fresh = True
        return future


@settings(max_examples=40)
@given(
    st.integers(0, 2**32), st.dictionaries(st.integers(1, 12), st.integers(1, AGAIN_MAX - 1), max_size=6), st.booleans()
)
def test_the_order_and_the_dead_change_nothing(seed: int, deadly: dict[int, int], breaks: bool) -> None:
    """In whatever order shards end, and though their workers die, with all that is out or alone, the sum is the same.

    A shard that was there when another killed the worker has one run less, so here each kills one less than is borne.
    """
    which = shards(12)
    engine = Shuffled(random.Random(seed), {which[part - 1].key: times for part, times in deadly.items()}, breaks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runtime.faults.scale.LOOK_S", 0.0)
        assert scaled(which, engine).to_data() == serially(which).to_data()
    assert not any(engine.deadly.values())


@pytest.mark.parametrize("engine", [Here(), Processes(2), Given(ThreadPoolExecutor(2), 4)])
def test_every_engine_gives_the_same(engine: Engine) -> None:
    """One process, two, and an executor of somebody else come to what the shards come to one after the other."""
    told: list[Progress] = []

    assert scaled(shards(MANY), engine, on_progress=told.append).to_data() == serially(shards(MANY)).to_data()
    assert [progress.done for progress in told] == list(range(MANY + 1))
    whole = serially(shards(MANY))
    assert (told[-1].points, told[-1].failures) == (whole.points, whole.failures)
    assert told[0].left_s is None
    assert told[-1].left_s == 0


def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    """A campaign that is over is only read; one with more shards runs these."""
    path = tmp_path / "a.sqlite"
    scaled(shards(MANY)[:20], Here(), path)
    told: list[Progress] = []

    assert scaled(shards(MANY), Here(), path, told.append).to_data() == serially(shards(MANY)).to_data()
    assert [(progress.found, progress.done) for progress in told] == [(20, done) for done in range(20, MANY + 1)]
    again = Scale(shards(MANY), unable, Nowhere(), Results(path, CAMPAIGN))
    assert again.all().to_data() == serially(shards(MANY)).to_data()
    again.results.close()


def unable(shard: Drawn) -> Tally:
    raise ArithmeticError(f"nobody runs {shard.part}")


class Nowhere(Here):
    def open(self) -> Executor:
        raise AssertionError("opened for nothing")


@pytest.mark.parametrize("deaths", [1, AGAIN_MAX])
def test_a_worker_that_dies_costs_its_shard_another_run(tmp_path: Path, deaths: int) -> None:
    """A process of the pool is killed in the midst of a shard, once or as often as is borne; nothing is lost."""
    held = tmp_path / "kills"
    held.write_bytes(bytes(deaths))
    which = shards(MANY)
    which[9] = evolve(which[9], kills=str(held))

    assert scaled(which, Processes(2)).to_data() == serially(shards(MANY)).to_data()
    assert held.stat().st_size == 0


def test_a_shard_that_kills_every_worker_is_named_and_no_other(tmp_path: Path) -> None:
    """What kills its worker each time is told by name; all others are done, and kept."""
    held = tmp_path / "kills"
    held.write_bytes(bytes(100))
    which = shards(MANY)
    which[9] = evolve(which[9], kills=str(held))

    with pytest.raises(ShardsLost) as caught:
        scaled(which, Processes(2), tmp_path / "a.sqlite")
    assert caught.value.keys == (which[9].key,)
    assert str(caught.value) == "1 shard killed the worker 4 times over: drawn seed 7 10/30"
    assert kept(tmp_path / "a.sqlite") == {shard.key for shard in which} - {which[9].key}
    assert 100 - held.stat().st_size == AGAIN_MAX + 1


def test_an_error_of_a_shard_names_it() -> None:
    """What a shard raises is ours to mend: it ends the campaign, with the shard's name and what it was."""
    said = r"shard drawn seed 7 (\d)/3: ArithmeticError: nobody runs \1"
    with Results(None, CAMPAIGN) as results, pytest.raises(ShardError, match=said):
        Scale(shards(3), unable, Processes(2), results).all()


def test_two_shards_of_one_name_are_refused() -> None:
    """A key that stands for two shards would lose one of them."""
    with pytest.raises(ShardError, match="two shards are called drawn seed 7 2/3"):
        scaled([*shards(3), shards(3)[1]], Here())


def test_other_code_gives_no_results() -> None:
    """A worker whose code is another runs nothing, and says which machine it is."""
    with pytest.raises(OtherCode, match=r"has code [0-9a-f]{12}; expected 0123"):
        work(run, shards(1)[0], "0123")


def test_an_executor_of_somebody_else_is_not_opened_again() -> None:
    """Where an executor that was given breaks, the campaign ends and says so."""
    engine = Given(ThreadPoolExecutor(1), 1)
    engine.open()
    with pytest.raises(EngineLost, match="ThreadPoolExecutor broke"):
        engine.open()


class _Mute(Executor):
    """Takes work, and never does it."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def test_shards_that_do_not_end_are_given_up_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody works, and nothing ends, a campaign says what was under way, and what makes shards shorter."""
    monkeypatch.setattr("runtime.faults.scale.LOOK_S", 0.0)
    monkeypatch.setattr("runtime.faults.scale.SILENT_S", 0.0)

    with pytest.raises(EngineLost, match=r"no shard has ended for 0 s; under way are .*\. More of them \(--shards\)"):
        scaled(shards(3), Given(_Mute(), 2))


@pytest.mark.parametrize("name", ["remote", "dask://", "dask://host", "dask://host:port", "tcp://:1", ""])
def test_an_engine_that_is_none_is_refused(name: str) -> None:
    """The name of an engine is local, or has a host and a port."""
    with pytest.raises(EngineError, match="expected"):
        engine_of(name, 2)


def test_an_interrupt_keeps_what_is_done(tmp_path: Path) -> None:
    """Who interrupts is told how far it came and how it goes on; the rest is run the next time."""
    path = tmp_path / "a.sqlite"

    def interrupt(progress: Progress) -> None:
        if progress.done == 7:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"7 of 30 shards are done and kept in .*a\.sqlite; the same command runs"):
        scaled(shards(MANY), Processes(2), path, interrupt)
    assert len(kept(path)) == 7
    assert scaled(shards(MANY), Processes(2), path).to_data() == serially(shards(MANY)).to_data()


def test_an_interrupt_without_a_file_says_that_nothing_is_kept() -> None:
    """Where results are in memory, an interrupt says so."""

    def interrupt(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="2 of 30 shards are done, and not kept: --results FILE"):
        scaled(shards(MANY), Here(), on_progress=interrupt)


def campaign(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.runtime.faults.drawn", *map(str, arguments)]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=120)


def await_end(pid: int) -> None:
    """Wait until a process has ended that is not ours, if there still is one."""
    with suppress(ProcessLookupError):
        fd = os.pidfd_open(pid)
        try:
            assert select.select([fd], [], [], 20)[0], f"process {pid} goes on without its parent"
        finally:
            os.close(fd)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_campaign_that_is_killed_goes_on(tmp_path: Path, jobs: int) -> None:
    """The process is killed twice, midway, and its workers end; then the rest is run, and the result is the same."""
    path = tmp_path / "a.sqlite"
    for _ in range(2):
        assert campaign(path, "local", jobs, MANY, 8).returncode == -signal.SIGKILL
    with Results(path, CAMPAIGN) as results:
        for host in results.hosts():
            await_end(int(host.partition("/")[2]))
    done = campaign(path, "local", jobs, MANY, 0)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["found"] == 16
    assert told["tally"] == json.loads(json.dumps(serially(shards(MANY)).to_data()))
