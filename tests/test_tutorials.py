"""The tutorials of docs/ do what they say: a test writes their files and types their commands, as a reader would."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import pytest
from attrs import define, field, fields, frozen

from blocks.ladder import Rung
from transports.conformance import LAWS
from transports.errors import TransportError

ROOT = Path(__file__).resolve().parents[1]
BLOCK, TRANSPORT = (ROOT / "docs" / f"adding-a-{what}.md" for what in ("block", "transport"))
ANSWER_S = 100.0  # of a command, the slowest of which runs tests of its own, on a machine that does other things too
LAST_S = 20.0  # of what a program in the background still has to say
DONE = re.compile(r"^done with status (\d+)\n", re.M)


@frozen
class File:
    """What the reader writes into a file."""

    path: str
    text: str


@frozen
class Typed:
    """A line that the reader types, and what the page says that it prints; `...` is anything."""

    command: str
    printed: str
    status: int

    def matches(self, printed: str) -> bool:
        """Say whether this was printed."""
        pattern = re.escape(self.printed.strip()).replace(re.escape("..."), ".*")
        return re.fullmatch(pattern, printed.strip(), re.S) is not None


def steps(page: str) -> Iterator[File | Typed]:
    """Yield what the reader of a page does, in order.

    Raises:
        ValueError: a block of code is neither a file, named in the line before it, nor a console.
    """
    for name, info, body in re.findall(r"(?:^`([\w./-]+)`:\n\n)?^```([^\n]*)\n(.*?)^```$", page, re.M | re.S):
        console = re.fullmatch(r"console(?: exit=(\d+))?", info)
        if console is not None:
            yield from _typed(body, int(console[1] or 0))
        elif name:
            yield File(name, body)
        else:
            raise ValueError(f"nobody knows what to do with {body!r}")


def _typed(body: str, status: int) -> Iterator[Typed]:
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.M)
    for number, (command, printed) in enumerate(commands, 1):
        yield Typed(command, printed, status if number == len(commands) else 0)


@define(eq=False)
class Terminal:
    """A shell that a reader types into."""

    shell: subprocess.Popen[bytes]
    heard: str = field(default="", init=False)

    def type(self, line: Typed) -> None:
        """Type a line, and wait until it is done and all that it should print has come."""
        assert self.shell.stdin is not None
        self.heard = ""
        self.shell.stdin.write(f"{line.command}\necho done with status $?\n".encode())
        self.shell.stdin.flush()
        end_s, done = time.monotonic() + ANSWER_S, None
        while done is None or not line.matches(DONE.sub("", self.heard)):
            if not self._hear(end_s):
                break
            if done is None and (done := DONE.search(self.heard)) is not None:
                end_s = time.monotonic() + LAST_S
        printed = DONE.sub("", self.heard)
        if done is None or not line.matches(printed) or int(done[1]) != line.status:
            status = "no status" if done is None else f"status {done[1]}"
            pytest.fail(
                f"$ {line.command}\n{printed}{status}; the page says, with status {line.status}:\n{line.printed}",
                pytrace=False,
            )

    def _hear(self, end_s: float) -> bool:
        """Take in what is printed; False when nothing more came in time."""
        assert self.shell.stdout is not None
        ready, _, _ = select.select([self.shell.stdout], [], [], max(0.0, end_s - time.monotonic()))
        data = os.read(self.shell.stdout.fileno(), 65536) if ready else b""
        self.heard += data.decode()
        return bool(data)

    def close(self) -> None:
        """End the shell, and whatever the page has left running in it."""
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.communicate()


@pytest.fixture
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A shell in an empty folder, with the environment of these tests active, and what the test adds to it."""
    added: Mapping[str, str] = request.param
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PIP_"))}
    environment |= {"PATH": path, "NO_COLOR": "1"}
    environment |= {name: value.format(here=tmp_path, root=ROOT) for name, value in added.items()}
    shell = subprocess.Popen(
        ["bash"], cwd=tmp_path, env=environment, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    made = Terminal(shell)
    try:
        yield made
    finally:
        made.close()


def follow(page: Path, terminal: Terminal, folder: Path) -> list[Path]:
    """Do what a page says in a folder; return the files that were written."""
    written: list[Path] = []
    for step in steps(page.read_text(encoding="utf-8")):
        if isinstance(step, Typed):
            terminal.type(step)
            continue
        path = folder / step.path
        assert not path.exists(), f"the page would write over {step.path}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")
        written.append(path)
    return written


def lint(files: list[Path], folder: Path) -> None:
    """Let ruff judge Python files as it judges ours; a module alone need not be in a package, though."""
    python = [str(path.relative_to(folder)) for path in files if path.suffix == ".py"]
    options = ["--quiet", "--no-cache", "--extend-ignore=INP001", "--config", str(ROOT / "pyproject.toml")]
    command = [sys.executable, "-m", "ruff", "check", *options, *python]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("terminal", [{"PYTHONPATH": "{here}"}], indirect=True, ids=["shell"])
def test_a_block_is_added(terminal: Terminal, tmp_path: Path, repository: dict[str, Path]) -> None:
    """Followed in a fresh checkout, the page adds a block that comes up, is broken by hand and says so."""
    for path, file in repository.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(file.read_bytes())
    lint(follow(BLOCK, terminal, tmp_path), tmp_path)


# What pip installs goes beside the page's files and not into the environment of these tests, and nothing is fetched.
PIP = {
    "PYTHONPATH": "{here}/site:{root}",
    "PIP_TARGET": "{here}/site",
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this as it reads --no-build-isolation: not to isolate
    "PIP_QUIET": "1",
}


@pytest.mark.parametrize("terminal", [PIP], indirect=True, ids=["shell"])
def test_a_transport_is_added(terminal: Terminal, tmp_path: Path) -> None:
    """Followed in an empty folder, the page makes a package that is found by its scheme and keeps the contract."""
    lint(follow(TRANSPORT, terminal, tmp_path), tmp_path)


def listed(page: Path) -> list[list[str]]:
    """Return the names in the first column of each table of a page."""
    rows = [re.match(r"\| (?:`(\w+)`)?", line) for line in page.read_text(encoding="utf-8").splitlines()]
    tables = [[row[1] for row in group if row is not None and row[1]] for there, group in groupby(rows, bool) if there]
    return [table for table in tables if table]


def test_all_of_a_rung_is_explained() -> None:
    """The page of blocks says what each part of a rung is for."""
    assert listed(BLOCK) == [[part.name for part in fields(Rung) if part.name != "name"]]


def test_all_errors_and_laws_are_explained() -> None:
    """The page of transports says what each error means, and what each law asks, in the order of the trial."""
    errors, laws = listed(TRANSPORT)
    ours = {name for name, kind in TransportError.KINDS.items() if kind.__module__ == TransportError.__module__}
    assert {*errors, "ConditionError"} == ours
    assert laws == [*(getattr(law, "__name__", "") for law in LAWS), "closed_is_lost"]


@pytest.mark.parametrize(
    ("printed", "matches"), [("a1b\n", True), ("ab", True), ("a\n2\nb", True), ("a1c", False), ("xab", False)]
)
def test_what_is_printed_is_compared(printed: str, matches: bool) -> None:
    """Three dots in a page are anything, or nothing; all else must be printed as it stands there."""
    assert Typed("", "a...b\n", 0).matches(printed) is matches


def test_no_code_of_a_page_goes_untried() -> None:
    """Code that is neither a named file nor a console is found; the last command of a console has its status."""
    assert list(steps("`a.py`:\n\n```python\nx\n```\n\n```console exit=3\n$ one\n1\n$ two\n```\n")) == [
        File("a.py", "x\n"), Typed("one", "1\n", 0), Typed("two", "", 3),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nobody knows"):
        list(steps("```python\nx\n```\n"))
