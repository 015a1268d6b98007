"""The laws of `firstlight faults` in shards: stopped or killed it goes on, and comes to what it would have come to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from runtime.cli import faults
from runtime.cli.exits import OK
from runtime.cli.main import main
from runtime.faults.campaign import local, run_shard
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.results import Results
from runtime.faults.tally import Tally
from tests.conftest import ROOT
from tests.runtime.faults.test_fleet import clusters
from transports.faulty.kinds import Kind

SHARDS = 6
STOPPED = 2  # shards that are done by then
WORDS = ["faults", "mini", "--faults", "reset,error", "--points", "nth", "--only", "refpll", "--json"]
PLAN = Plan(local("mini"), "mini", kinds=(Kind.RESET, Kind.ERROR), points=Points(Mode.NTH, only="refpll"))

# Runs the command and sends itself, and all of its group, a signal when so many shards are done. A job in the
# background of a script ignores SIGINT, and so do its children: this one does not.
STOPS = """
import os, signal, sys
from runtime.cli.main import main
from runtime.faults.results import Results

signal.signal(signal.SIGINT, signal.default_int_handler)
put, number, after = Results.put, int(sys.argv.pop(1)), int(sys.argv.pop(1))

def stopping(results, *words, **more):
    done = put(results, *words, **more)
    if len(results.done()) == after:
        os.killpg(0, number)
    return done

Results.put = stopping
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture(scope="module")
def serial() -> Tally:
    """Return what the shards come to, one after the other, without anything of what runs shards."""
    whole = Tally()
    for shard in PLAN.shards(SHARDS):
        whole.add(run_shard(shard))
    return whole


def goes_on(capsys: pytest.CaptureFixture[str], serial: Tally, *more: str) -> dict[str, Any]:
    """Run the command to its end, and see that it comes to the same."""
    assert main([*WORDS, "--shards", str(SHARDS), *more]) == OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    counted = ("accesses", "points", "trials", "whole", "doubted", "differed", "failures", "recovered_accesses")
    assert {name: found[name] for name in counted} == {name: getattr(serial, name) for name in counted}
    assert found["reached"] == serial.arms
    assert found["unreached"] == serial.unreached
    for cell in found["cells"]:
        wanted = serial.cells[cell["kind"], cell["type"]]
        assert (cell["points"], cell["failed"], cell["slowest_s"]) == (wanted.points, wanted.failed, wanted.slowest_s)
        assert [number for _, number in cell["times_s"]] == [number for _, number in sorted(wanted.times.items())]
    return found


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_campaign_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], serial: Tally, jobs: int, number: signal.Signals
) -> None:
    """A signal to all of a job ends it, in good order if it can be had; the same command runs what is left."""
    path = tmp_path / "a.sqlite"
    command = [sys.executable, "-c", STOPS, str(int(number)), str(STOPPED), *WORDS, "--shards", str(SHARDS)]
    done = subprocess.run(
        [*command, "--results", str(path), "--jobs", str(jobs)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, start_new_session=True, timeout=120,
    )  # fmt: skip

    if number == signal.SIGKILL:
        assert done.returncode == -number
    else:
        assert done.returncode == 128 + number, done.stderr
        assert json.loads(done.stdout)["exit"] == 128 + number
        assert f"{STOPPED} of {SHARDS} shards are done and kept in {path}; the same command runs" in done.stderr
        assert "Traceback" not in done.stderr
    goes_on(capsys, serial, "--results", str(path), "--jobs", str(jobs))


def test_a_real_cluster_comes_to_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], serial: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two workers of Dask, one of which is killed midway, a campaign comes to what it comes to in this process."""
    put, puts = Results.put, list[str]()

    with clusters(tmp_path) as cluster:

        def killing(results: Results, key: str, tally: Tally, *, seconds: float, host: str) -> bool:
            puts.append(key)
            if len(puts) == STOPPED:
                cluster.workers[0].kill()
            return put(results, key, tally, seconds=seconds, host=host)

        monkeypatch.setattr(Results, "put", killing)
        goes_on(capsys, serial, "--engine", cluster.url)
        assert cluster.workers[0].wait(10) == -signal.SIGKILL
    assert len(puts) == SHARDS


def test_so_many_shards_as_are_asked_for(
    capsys: pytest.CaptureFixture[str], serial: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--shards` alone runs a campaign in so many, in processes of this machine; nothing is kept."""
    put, puts = Results.put, list[str]()

    def noting(results: Results, key: str, tally: Tally, *, seconds: float, host: str) -> bool:
        puts.append(key)
        return put(results, key, tally, seconds=seconds, host=host)

    monkeypatch.setattr(Results, "put", noting)
    goes_on(capsys, serial, "--jobs", "1")
    assert len(set(puts)) == len(puts) == SHARDS


@pytest.mark.parametrize("budget", [(), ("--budget", "2")])
def test_a_campaign_under_trio_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, budget: tuple[str, ...]
) -> None:
    """What shards of a campaign under trio came to, budget or not, is kept: the same command runs nothing any more."""
    words = ["faults", "mini", "--workload", "in-service", "--faults", "error,reset", "--points", "seeded:9", "--json"]
    words += [*budget, "--results", str(tmp_path / "a.sqlite"), "--shards", "3", "--jobs", "1"]

    def told() -> dict[str, Any]:
        assert main(words) == OK
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert found.pop("wall_s") > 0
        return found

    first = told()
    assert 0 < first["trials"] == 9 - first["left"]
    if not budget:
        assert first["trials"] == 9

    def again(_plan: Plan) -> Tally:
        raise AssertionError("a shard that is done was run again")

    monkeypatch.setattr(faults, "run_shard", again)
    assert told() == first


def test_reports_agree_with_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], serial: Tally) -> None:
    """The page and the XML of a campaign are written beside its JSON, and count as it does."""
    page, xml = tmp_path / "a.html", tmp_path / "a.xml"
    found = goes_on(capsys, serial, "--engine", "local", "--jobs", "1", "--report", str(page), "--junit", str(xml))

    cases, _ = ElementTree.parse(xml).getroot().iter("testsuite")
    assert {(case.get("classname"), case.get("name")) for case in cases.iter("testcase")} == {
        (f"mini.{cell['kind']}", cell["type"]) for cell in found["cells"]
    }
    words = "".join(ElementTree.fromstring(page.read_bytes()).itertext())
    assert f"{found['points']:,}" in words
    assert "passed" in words


def test_a_chip_that_cannot_have_a_campaign_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    """What names nothing is told in a line by a campaign in shards too, from whatever process it comes."""
    for jobs in ("1", "2"):
        assert main(["faults", "mini", "--only", "nope", "--engine", "local", "--jobs", jobs]) == 2
        assert "no block matches 'nope'" in capsys.readouterr().err
    assert main(["faults", "mini", "--engine", "cloud"]) == 2
    assert "expected local or dask://HOST:PORT" in capsys.readouterr().err
