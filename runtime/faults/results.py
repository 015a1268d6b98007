"""Results that outlive the process: an SQLite file with a row for each shard that is done.

A row is written when its shard is done, so whatever is killed loses no more than what was under way. The journal is a
write-ahead log: a row costs one append, and a file whose writer was killed is read as if it had been closed. One
process at a time has the file. Without a path the rows are in memory, and go with the process.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.faults.tally import Tally

APPLICATION = 0x464C7368  # "FLsh", in the header of the file: it is one of ours
VERSION = 1  # of the tables
MEMORY = ":memory:"
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite puts beside a file while it is open


def beside(path: str | Path) -> list[str]:
    """Return the names of what SQLite may write beside a file, where links lead to."""
    return [f"{Path(path).resolve()}{more}" for more in BESIDE]


class ResultsError(ValueError):
    """A file of results cannot be had: names it, what was found, and what was expected."""


class Results:
    """The shards of one campaign that are done, in a file that is made where there is none.

    Args:
        path: of the file; None: in memory.
        campaign: what the results are of, with all that they depend on; the file keeps it.

    Raises:
        ResultsError: the file is another kind of file, of another campaign, in use, or cannot be written.
    """

    def __init__(self, path: Path | None, campaign: str) -> None:
        self.path = path
        if path is not None and not path.parent.is_dir():
            raise ResultsError(f"{path}: there is no folder {path.parent}; expected one to write results in")
        if path is not None and path.exists():
            _writable(path)
        with self._told():
            self._rows = sqlite3.connect(path or MEMORY, timeout=0, isolation_level=None)
        try:
            with self._told():
                self._prepare(campaign)
        except BaseException:  # an interrupt, too: the file is given back
            self._rows.close()
            raise

    def _prepare(self, campaign: str) -> None:
        """Make the tables, or see that they are ours; nothing is written into a file that is not."""
        self._rows.execute("PRAGMA locking_mode = EXCLUSIVE")
        if self._rows.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last rows; they are run again
            self._rows.executescript(
                f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
                "CREATE TABLE campaign (said TEXT NOT NULL);"
                "CREATE TABLE shards (key TEXT PRIMARY KEY, tally TEXT NOT NULL, seconds REAL NOT NULL,"
                " host TEXT NOT NULL) WITHOUT ROWID; COMMIT"
            )
            self._rows.execute("INSERT INTO campaign VALUES (?)", (campaign,))
            return
        if self._rows.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise ResultsError(f"{self.path}: a database of something else; expected results of a campaign, or no file")
        version = self._rows.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            raise ResultsError(f"{self.path}: results in version {version}; expected {VERSION}")
        there = [said for (said,) in self._rows.execute("SELECT said FROM campaign")]
        if there != [campaign]:
            found = ", ".join(there) or "no campaign"
            raise ResultsError(f"{self.path}: holds results of {found}; expected {campaign}, or no file")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.execute("BEGIN IMMEDIATE")  # takes the file now: that it is read-only, or in use, is told at once
        self._rows.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._rows.close()

    def done(self) -> set[str]:
        """Return the keys of all shards that are done."""
        with self._told():
            return {key for (key,) in self._rows.execute("SELECT key FROM shards")}

    def put(self, key: str, tally: Tally, *, seconds: float, host: str) -> bool:
        """Keep what came of a shard; return False where it is there already: the first result stands.

        Args:
            seconds: that it took, by the wall.
            host: where it was run.

        Raises:
            ResultsError: it cannot be written: the disk is full, perhaps. What was kept before stays.
        """
        row = (key, json.dumps(tally.to_data()), seconds, host)
        with self._told():
            return self._rows.execute("INSERT OR IGNORE INTO shards VALUES (?, ?, ?, ?)", row).rowcount == 1

    def tallies(self, keys: Iterable[str]) -> Iterator[Tally]:
        """Yield what came of the shards with these keys, in this order.

        Raises:
            ResultsError: one is not done, or what is there is no tally.
        """
        for key in keys:
            with self._told():
                row = self._rows.execute("SELECT tally FROM shards WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise ResultsError(f"{self._name}: has no result of {key}; expected one")
            try:
                yield Tally.from_data(json.loads(row[0]))
            except (ValueError, KeyError, TypeError) as problem:
                raise ResultsError(f"{self._name}: what is kept of {key} is no tally ({problem!r})") from problem

    def hosts(self) -> dict[str, int]:
        """Return who ran how many shards."""
        with self._told():
            return dict(self._rows.execute("SELECT host, count(*) FROM shards GROUP BY host ORDER BY host"))

    @property
    def _name(self) -> str:
        return str(self.path or "results in memory")

    @contextmanager
    def _told(self) -> Generator[None]:
        """Say of an error of the database which file it is of, and what to do."""
        try:
            yield
        except sqlite3.DatabaseError as problem:
            raise ResultsError(f"{self._name}: {_why(problem)}") from problem


def _writable(path: Path) -> None:
    """See that a file can be written; the database, which tries only to read it then, would say something else."""
    try:
        with path.open("r+b"):
            pass
    except OSError as problem:
        raise ResultsError(f"{path}: {_no_writing(problem.strerror)}") from problem


def _no_writing(why: object) -> str:
    return f"cannot be written ({why}); expected a file and a folder that can be"


def _why(problem: sqlite3.DatabaseError) -> str:
    """Return what was found and what was expected, of an error by its code."""
    match problem.sqlite_errorcode & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return "a file that is no database; expected results of a campaign, or no file"
        case sqlite3.SQLITE_CORRUPT:
            return "a damaged database; expected results of a campaign. Remove it, and all is run again"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "in use by another process; expected to be the only one"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _no_writing(problem)
        case _:
            return f"{problem}; expected to read and write results"
