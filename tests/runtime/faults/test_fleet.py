"""The laws of scale on a real Dask cluster of two worker processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from runtime.faults.engines import EngineError, EngineLost, engine_of
from runtime.faults.results import Results
from runtime.faults.scale import Progress, Scale
from runtime.faults.tally import Tally
from tests.conftest import ROOT
from tests.runtime.faults.drawn import CAMPAIGN, run, serially, shards

distributed = pytest.importorskip("distributed", reason="the package distributed (extra fleet) is not installed")

MANY = 60


@contextmanager
def started(*words: object) -> Generator[subprocess.Popen[str]]:
    """Run a program of Dask as a process, and end it."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *map(str, words)]
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str], words: str) -> str:
    """Wait until a process says something; return the line."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it has ended, and did not say {words!r}")


@frozen
class Cluster:
    """A scheduler and two workers, each a process."""

    url: str
    scheduler: subprocess.Popen[str]
    workers: list[subprocess.Popen[str]]


@contextmanager
def clusters(folder: Path) -> Generator[Cluster]:
    """Run a cluster while the context is open."""
    with ExitStack() as stack:
        place = ("--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--no-show")
        scheduler = stack.enter_context(started("distributed.cli.dask_scheduler", *place))
        address = said(scheduler, "Scheduler at:").split("Scheduler at:")[1].strip()
        how = ("--nthreads", 1, "--no-nanny", "--no-dashboard", "--local-directory", folder)
        workers = [stack.enter_context(started("distributed.cli.dask_worker", address, *how)) for _ in range(2)]
        for worker in workers:
            said(worker, "Registered to:")
        yield Cluster(address.replace("tcp://", "dask://"), scheduler, workers)


def test_a_worker_is_killed_midway(tmp_path: Path) -> None:
    """One of two worker processes is killed in the midst of a campaign: the result is that of one process."""
    with clusters(tmp_path) as cluster:
        victim, other = cluster.workers

        def kill(progress: Progress) -> None:
            if progress.done == MANY // 3:
                victim.send_signal(signal.SIGKILL)

        with Results(tmp_path / "a.sqlite", CAMPAIGN) as results:
            tally = Scale(shards(MANY), run, engine_of(cluster.url, 1), results, kill).all()
            hosts = results.hosts()
        assert tally.to_data() == serially(shards(MANY)).to_data()
        assert victim.wait(10) == -signal.SIGKILL
        assert other.poll() is None
        assert sum(hosts.values()) == MANY
        assert hosts.keys() == {f"{socket.gethostname()}/{process.pid}" for process in (victim, other)}


def test_the_scheduler_is_killed_midway(tmp_path: Path) -> None:
    """When the scheduler goes that is said; what was done is kept, and the rest can be run elsewhere."""
    with clusters(tmp_path) as cluster, Results(tmp_path / "a.sqlite", CAMPAIGN) as results:

        def kill(progress: Progress) -> None:
            if progress.done == 5:
                cluster.scheduler.send_signal(signal.SIGKILL)
                cluster.scheduler.wait(10)

        with pytest.raises(EngineLost, match="has gone"):
            Scale(shards(MANY), run, engine_of(cluster.url, 1), results, kill).all()
        assert 5 <= len(results.done()) < MANY
        tally = Scale(shards(MANY), run, engine_of("local", 1), results).all()
    assert tally.to_data() == serially(shards(MANY)).to_data()


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no scheduler, that is said with its address; nothing was run."""
    monkeypatch.setattr("runtime.faults.fleet.CONNECT_S", 0.5)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"dask://127.0.0.1:{held.getsockname()[1]}"
        with Results(None, CAMPAIGN) as results, pytest.raises(EngineError, match="no scheduler answers"):
            Scale(shards(2), unable, engine_of(url, 1), results).all()


def unable(_shard: object) -> Tally:
    raise AssertionError("nobody runs this")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed what a cluster needs is told which extra it is."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match=r"needs the extra fleet: pip install 'firstlight\[fleet\]'"):
        engine_of("dask://host:8786", 1)
