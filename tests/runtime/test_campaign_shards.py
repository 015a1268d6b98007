"""The laws of a campaign in shards, as a verb runs it: errors are one line, a stop tells how to go on, files whole."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.chip import Chip
from runtime.cli.exits import NOT_WELL, UsageError, explain, understood
from runtime.cli.main import main
from runtime.cli.shards import Reports, Sharded, progress_line, small_line
from runtime.faults.campaign import local
from runtime.faults.engines import EngineLost
from runtime.faults.plan import Plan
from runtime.faults.report import Report
from runtime.faults.scale import Interrupted, Progress, ShardError, ShardsLost
from runtime.faults.tally import Tally
from runtime.faults.work import OtherCode
from tests.runtime.faults.drawn import CAMPAIGN, Drawn, run, serially, shards
from tests.runtime.faults.planted import PLL, Trusting, planted


class Refused(ValueError):
    """What was asked for cannot be."""


def refused(shard: Drawn) -> Tally:
    raise Refused(f"no block matches part {shard.part}")


def interrupted(shard: Drawn) -> Tally:
    if shard.part == 3:
        raise KeyboardInterrupt
    return run(shard)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_campaign_is_the_same_in_shards(tmp_path: Path, jobs: int) -> None:
    """With any number of processes, with a file of results or without, the tally is that of the shards in order."""
    for results in (None, tmp_path / "a.sqlite"):
        tally = Sharded(jobs=jobs, results=results).run(CAMPAIGN, shards(6), run)
        assert tally.to_data() == serially(shards(6)).to_data()


def test_what_a_shard_refuses_is_bad_input() -> None:
    """An error that says that what was asked for cannot be comes out as it was, in one line; any other is ours."""
    with pytest.raises(UsageError, match=r"^no block matches part 1$"):
        Sharded(refusals=(Refused,)).run(CAMPAIGN, shards(1), refused)
    with pytest.raises(ShardError, match=r"1/1: Refused: no block"):
        Sharded().run(CAMPAIGN, shards(1), refused)


def test_what_cannot_be_had_is_bad_input(tmp_path: Path) -> None:
    """An engine that is none, and a file of results that is something else, are told as what the user gave."""
    with pytest.raises(UsageError, match="expected local or dask"):
        Sharded("moon").run(CAMPAIGN, shards(1), run)
    (tmp_path / "a.sqlite").write_text("no database, " * 99)
    with pytest.raises(UsageError, match="a file that is no database"):
        Sharded(results=tmp_path / "a.sqlite").run(CAMPAIGN, shards(1), run)


def test_a_stop_says_how_to_go_on(tmp_path: Path) -> None:
    """Who stops a campaign reads how far it came and what runs the rest; the rest is run by the same call."""
    sharded = Sharded(results=tmp_path / "a.sqlite", shows=True)
    with pytest.raises(Interrupted, match=r"^2 of 6 shards are done and kept in"):
        sharded.run(CAMPAIGN, shards(6), interrupted)
    assert sharded.run(CAMPAIGN, shards(6), run).to_data() == serially(shards(6)).to_data()


@pytest.mark.parametrize(
    "problem", [EngineLost("tcp://a:1: the scheduler has gone"), ShardsLost(["a 1/2"]), OtherCode("b/1 has code 0")]
)
def test_an_end_before_the_end_is_one_line(problem: Exception) -> None:
    """A campaign that could not be run to its end is told in a line, with the status of what did not go well."""
    assert understood(problem)
    assert explain(problem) == (f"not finished: {problem}", NOT_WELL)


def test_progress_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says shards, points, failures, rate and time left, and is overwritten until all is done."""
    told = Progress(120, 10, 40, 45_000, 30_000, 1, 60.0)
    steps = Progress.of_steps(Tally(points=900, failures=2), 30, 90, 3.0)
    assert progress_line(steps, "step") == "30 of 90 steps, 900 points, 2 failures, 300/s, 6 s left"
    assert progress_line(told) == "40 of 120 shards, 45,000 points, 1 failure, 500/s, 2 min 40 s left"

    assert ", 1 point, " in progress_line(Progress.of_steps(Tally(points=1), 30, 90, 3.0), "step")

    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    Sharded(shows=True).run(CAMPAIGN, shards(3), run)
    before, *lines = said.getvalue().split("\r")
    assert before == ""
    assert [line.partition(",")[0] for line in lines] == [f"{done} of 3 shards" for done in range(4)]
    assert said.getvalue().count("\n") == 1
    assert len({len(line.rstrip("\n")) for line in lines}) == 1


def test_making_small_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, once the trials are through, a line says how many reasons are small, trials, rate and time left;
    it is overwritten until all are."""
    assert small_line(420, 600, 45, 3.0) == "making small: 2 of 3 reasons, 45 trials, 15/s, 12 s left at most"
    assert small_line(0, 200, 0, 0.0) == "making small: 0 of 1 reason, 0 trials, 0/s"

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("runtime.cli.faults.EVERY_S", 0.0)

    def loads(_chip: str) -> Callable[[], Chip]:
        return planted(Trusting)

    monkeypatch.setattr("runtime.cli.faults.local", loads)
    for more in ([], ["--shards", "2"]):
        monkeypatch.setattr("sys.stderr", said := Terminal())
        points = ["--points", "seeded:20", "--faults", "error,hang", "--only", PLL, "--agree", "0", "--jobs", "1"]
        assert main(["faults", "mini", *points, *more]) == NOT_WELL
        trials, making, rest = said.getvalue().split("\n")
        assert "\r20 of 20 steps, " in trials or "\r2 of 2 shards, " in trials
        before, *lines = making.split("\r")
        assert before == rest == ""
        assert lines[0].startswith("making small: 0 of ")
        assert len(lines) > 3
        assert len({len(line) for line in lines}) == 1


def words(folder: Path, **files: str | None) -> Namespace:
    given = {"report": None, "junit": None, "results": None, **files}
    return Namespace(chip="mini", **{name: name and word and str(folder / word) for name, word in given.items()})


def test_reports_are_written_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each file that was asked for is there, and no other; one that cannot be written is told, the other is written."""
    report = Report(Plan(local("mini"), "mini"), serially(shards(3)), 0.1, 1.0)
    reports = Reports.of(words(tmp_path, report="a.html", junit="a.xml"))
    assert reports.write(report)
    assert {path.name for path in tmp_path.iterdir()} == {"a.html", "a.xml"}
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "a.xml").read_text().startswith("<?xml")
    assert Reports.of(words(tmp_path)).write(report)

    later = Reports({"report": tmp_path / "gone" / "b.html", "junit": tmp_path / "b.xml"})
    assert not later.write(report)
    assert "b.html: its folder is not there" in capsys.readouterr().err
    assert (tmp_path / "b.xml").exists()


def test_files_that_would_be_one_are_refused(tmp_path: Path) -> None:
    """Two outputs in one file, or one over the results, are refused before anything is run."""
    with pytest.raises(UsageError, match="two outputs would be one file"):
        Reports.of(words(tmp_path, report="a", junit="a"))
    with pytest.raises(UsageError, match="would replace"):
        Reports.of(words(tmp_path, report="a", results="a"))
    (tmp_path / "link").symlink_to("b")
    for of in ("a-wal", "a-shm", "a-journal", "b-wal"):  # SQLite has these beside its file
        with pytest.raises(UsageError, match="would replace"):
            Reports.of(words(tmp_path, report=of, results="link" if of == "b-wal" else "a"))
    with pytest.raises(UsageError, match="gone"):
        Reports.of(words(tmp_path, report="gone/a.html"))
