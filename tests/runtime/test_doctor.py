"""`firstlight doctor`: what it says of this machine is so."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pytest

from runtime.cli.doctor import EXTRAS, NODES, Nodes, core_names, examined, rows, seen
from runtime.cli.exits import NOT_WELL, OK, USAGE
from runtime.cli.main import main
from transports.native import ENGINE, ENGINE_REASON


def test_json_and_table_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Both forms name the engine and why it is that one, Python, the kernel, and each dependency with its version."""
    assert main(["doctor", "--json"]) == OK
    report = json.loads(capsys.readouterr().out)
    assert main(["doctor"]) == OK
    table = capsys.readouterr().out
    assert (report["engine"], report["engine_reason"]) == (ENGINE, ENGINE_REASON)
    assert report["kernel"]["release"] == platform.release()
    assert report["core"] == {name: version(name) for name in ("trio", "attrs", "msgpack", "anyio", "crc32c")}
    for text in (ENGINE_REASON, platform.release(), platform.python_version(), f"trio {version('trio')}", "memory:"):
        assert text in table
    assert {row["scheme"] for row in report["transports"]} >= {"sim", "qemu", "memory", "unix"}


def test_why_it_is_not_the_other_engine() -> None:
    """In a process that is told to use the engine in Python, it says so, and who said it."""
    done = subprocess.run(
        [sys.executable, "-m", "runtime.cli.main", "doctor", "--json"],
        env={**os.environ, "FIRSTLIGHT_ENGINE": "python"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert (report["engine"], report["engine_reason"]) == ("python", "FIRSTLIGHT_ENGINE=python asks for it")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("rust", "FIRSTLIGHT_ENGINE is 'rust'; expected c, python or nothing"),
        ("c", "asks for the engine in C, and this"),
    ],
)
@pytest.mark.parametrize("verb", [["doctor"], ["up", "mini"]], ids=["doctor", "up"])
def test_an_engine_that_cannot_be_had_is_one_line(word: str, said: str, verb: list[str]) -> None:
    """A word in FIRSTLIGHT_ENGINE that names no engine, or one that is not there, is bad input to every verb."""
    code = (
        "import sys; sys.modules['transports._engine'] = None\n"
        f"from runtime.cli.main import main; sys.exit(main({verb!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FIRSTLIGHT_ENGINE": word}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (USAGE, "", 1)
    assert said in done.stderr


@pytest.mark.parametrize("nodes", NODES, ids=lambda nodes: nodes.name)
def test_device_files_are_told_from_none(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of device file is found where the kernel puts it, with who may write it; where there is none, why."""
    assert seen(nodes, tmp_path).present == ()
    assert nodes.need in seen(nodes, tmp_path).reason
    paths = [tmp_path / nodes.pattern.replace("[0-9]*", str(n)).replace("*", str(n)) for n in (0, 1)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert seen(nodes, tmp_path).writable == tuple(map(str, paths))

    def only_second(path: str, _mode: int) -> bool:
        return Path(path) == paths[1]

    monkeypatch.setattr(os, "access", only_second)
    found = seen(nodes, tmp_path)
    assert (found.present, found.writable) == (tuple(map(str, paths)), (str(paths[1]),))
    assert "1 of 2 files" in found.reason


def test_every_kind_of_device_is_reported(tmp_path: Path) -> None:
    """The report and its table have a line for each kind, also where nothing is there."""
    report = examined(tmp_path)
    assert [device["name"] for device in report["devices"]] == [nodes.name for nodes in NODES]
    assert {row[0] for row in rows(report)} >= {nodes.name for nodes in NODES}


def test_a_missing_dependency_is_not_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A dependency that is not installed is named, and the exit status says it."""

    def needed(_required: Iterable[str]) -> list[str]:
        return ["trio", "no-such-distribution"]

    monkeypatch.setattr("runtime.cli.doctor.core_names", needed)
    assert main(["doctor"]) == NOT_WELL
    assert "no-such-distribution MISSING" in capsys.readouterr().out


def test_a_missing_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An extra that is not installed is named with the command that installs it; one that is, without."""
    monkeypatch.setitem(EXTRAS, "rdl", ({"no-such-distribution": "no_such_module"}, "compiles SystemRDL"))
    extras = examined(tmp_path)["extras"]
    assert extras["rdl"]["reason"].startswith("no-such-distribution not installed (compiles SystemRDL); pip install ")
    assert "[rdl]" in extras["rdl"]["reason"]
    assert "pip install" not in extras["cli"]["reason"]


def test_requirements_are_read_as_wheels_state_them() -> None:
    """Of a wheel's requirements those without an extra are the core, by name, whatever versions they ask for."""
    required = [
        "trio>=0.27",
        "attrs (>=25.4)",
        "crc32c",
        'rich>=13.7; extra == "cli"',
        "a.b-c_d ~= 1 ; python_version > '3'",
    ]
    assert core_names(required) == ["trio", "attrs", "crc32c", "a.b-c_d"]
