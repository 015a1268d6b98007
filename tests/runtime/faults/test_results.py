"""The laws of the file of results: what is in it is kept, and a file that is another's is refused as it was found."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from runtime.faults.results import Results, ResultsError
from tests.runtime.faults.drawn import CAMPAIGN, run, shards

NOBODY = 65534


def kept(path: Path, number: int = 3) -> None:
    with Results(path, CAMPAIGN) as results:
        for shard in shards(number):
            assert results.put(shard.key, run(shard), seconds=0.5, host="here/1")


def test_what_is_put_is_there_when_opened_again(tmp_path: Path) -> None:
    """Results that were kept come back as they were, in the order in which they are asked for."""
    kept(tmp_path / "a.sqlite")
    wanted = list(reversed(shards(3)))

    with Results(tmp_path / "a.sqlite", CAMPAIGN) as results:
        assert results.done() == {shard.key for shard in wanted}
        found = list(results.tallies(shard.key for shard in wanted))
    assert [tally.to_data() for tally in found] == [run(shard).to_data() for shard in wanted]


def test_the_first_result_of_a_shard_stands(tmp_path: Path) -> None:
    """A shard that is put twice counts once, and is what it was the first time."""
    one, other = shards(2)
    with Results(tmp_path / "a.sqlite", CAMPAIGN) as results:
        assert results.put(one.key, run(one), seconds=0.5, host="here/1")
        assert not results.put(one.key, run(other), seconds=0.1, host="there/2")

        assert [tally.to_data() for tally in results.tallies([one.key])] == [run(one).to_data()]


def text(path: Path) -> None:
    path.write_text("not a database, but long enough to be looked at as one\n" * 40)


def of_another(path: Path) -> None:
    Results(path, "mini, reset, seed 3").close()


def something_else(path: Path) -> None:
    rows = sqlite3.connect(path)
    rows.execute("CREATE TABLE friends (name TEXT)")
    rows.close()


def newer(path: Path) -> None:
    kept(path)
    rows = sqlite3.connect(path)
    rows.execute("PRAGMA user_version = 99")
    rows.close()


def cut(path: Path) -> None:
    kept(path)
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text, "a file that is no database; expected results of a campaign, or no file"),
        (of_another, f"holds results of mini, reset, seed 3; expected {CAMPAIGN}, or no file"),
        (something_else, "a database of something else; expected results"),
        (newer, "results in version 99; expected 1"),
        (cut, "a damaged database; expected results"),
        (Path.mkdir, "expected a file"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path, make: object, said: str) -> None:
    """What is no file of results of this campaign is told with its name, what was found and what was expected."""
    path = tmp_path / "a.sqlite"
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(ResultsError) as caught, Results(path, CAMPAIGN) as results:
        list(results.tallies(sorted(results.done())))
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Nothing makes the folder of a file that was mistyped."""
    with pytest.raises(ResultsError, match="there is no folder"):
        Results(tmp_path / "b" / "a.sqlite", CAMPAIGN)


@pytest.fixture
def guarded() -> Generator[Path]:
    """Return a folder with results, that its reader may not write: root, who may, is somebody else meanwhile."""
    root = os.geteuid() == 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        kept(folder / "a.sqlite")
        (folder / "a.sqlite").chmod(0o444)
        folder.chmod(0o555)
        if root:
            os.seteuid(NOBODY)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_what_may_only_be_read_is_told_at_once(guarded: Path) -> None:
    """A file that takes no further result, or a folder that takes no file, is refused before anything is run."""
    for name in ("a.sqlite", "b.sqlite"):
        with pytest.raises(ResultsError, match=rf"{name}: cannot be written \(.*\); expected a file and a folder that"):
            Results(guarded / name, CAMPAIGN)


def test_one_process_has_the_file(tmp_path: Path) -> None:
    """Who opens a file that is in use is told so; when it is given back, it can be had."""
    with Results(tmp_path / "a.sqlite", CAMPAIGN), pytest.raises(ResultsError, match="in use by another process"):
        Results(tmp_path / "a.sqlite", CAMPAIGN)
    Results(tmp_path / "a.sqlite", CAMPAIGN).close()


def test_a_row_that_is_no_tally_is_named(tmp_path: Path) -> None:
    """A result that somebody changed is told by its shard and its file; it is not counted."""
    path = tmp_path / "a.sqlite"
    kept(path)
    rows = sqlite3.connect(path)
    rows.execute("UPDATE shards SET tally = '{\"points\": 3}' WHERE key = ?", (shards(3)[1].key,))
    rows.commit()
    rows.close()

    with Results(path, CAMPAIGN) as results, pytest.raises(ResultsError, match=r"a\.sqlite: what is kept of .* 2/3 is"):
        list(results.tallies(shard.key for shard in shards(3)))


def test_in_memory_nothing_is_left(tmp_path: Path) -> None:
    """Without a path, results are kept as long as they are open, and no file is made."""
    [shard] = shards(1)
    with Results(None, CAMPAIGN) as results:
        assert results.put(shard.key, run(shard), seconds=0.5, host="here/1")
        assert results.done() == {shard.key}
    assert list(tmp_path.iterdir()) == []
