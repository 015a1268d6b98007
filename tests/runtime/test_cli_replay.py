"""What `up --record` wrote of a chip in another process, in real time, is a target on which `up` comes to the same."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import runtime.cli.up as verb
from runtime.bringup import bring_up
from runtime.cli.exits import LOST, NOT_WELL, OK, USAGE
from runtime.cli.main import main
from transports.open import Target
from transports.recorded import Writer, recorded_header

ROOT = Path(__file__).resolve().parents[2]
SAME = ("up", "failed", "waiting", "verdict", "reads", "writes", "batches", "violations", "critical_path_s", "seed")
SAMPLE = "die[0].channel[0]*"  # of atlas: channels of one stack, and what they need


@contextmanager
def served(chip: str, folder: Path, *words: str) -> Generator[str]:
    """Serve a simulated chip in real time; yield where."""
    url = f"unix:{folder}/s"
    command = [sys.executable, "-m", "runtime.cli.main", "sim", chip, "--listen", url, *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield url
        finally:
            process.send_signal(signal.SIGTERM)


def up(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Bring a chip up; return status and summary, without the times of the faults, which begin elsewhere."""
    status = main(["up", *words, "--json"])
    found = json.loads(capsys.readouterr().out)
    for fault in found.get("failed", ()):
        for name in ("time_s", "elapsed_s", "accesses"):
            fault.pop(name, None)
    return status, found


@pytest.mark.parametrize(
    ("chip", "seed", "more", "sets"),
    [
        ("mini", 1, (), ()),
        ("mini", 2, ("--only", "pll*"), ()),
        ("mini", 3, (), ("--set", "pll[1].lock_s=inf", "--set", "pll[3].lock_s=inf")),
        ("atlas", 4, ("--only", SAMPLE), ()),
    ],
)
def test_a_live_run_replays(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    chip: str,
    seed: int,
    more: tuple[str, ...],
    sets: tuple[str, ...],
) -> None:
    """The summary is the same, by the recording's seed and blocks unless told otherwise, and by any other seed."""
    file = f"{tmp_path}/r"
    with served(chip, tmp_path, "--seed", str(seed), *sets) as url:
        status, then = up(capsys, chip, "--on", url, "--seed", str(seed), *more, "--record", file)
        assert status == (NOT_WELL if sets else OK)
    assert (recorded_header(Target.parse(f"recorded:{file}")).target, bool(then["failed"])) == (url, bool(sets))
    again, now = up(capsys, chip, "--on", f"recorded:{file}")
    assert [(name, now[name]) for name in SAME] == [(name, then[name]) for name in SAME]
    assert again == status
    other, now = up(capsys, chip, "--on", f"recorded:{file}", "--seed", str(seed + 100))
    assert [now[name] for name in SAME[:-1]] == [then[name] for name in SAME[:-1]]
    assert (other, now["seed"]) == (status, seed + 100)


@pytest.fixture
def recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the URL of a recorded run of some blocks."""
    assert up(capsys, "mini", "--only", "crg[2]", "--record", f"{tmp_path}/r")[0] == OK
    return f"recorded:{tmp_path}/r"


def test_other_blocks_are_refused(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern that is not the recorded one is one line, before anything is replayed; the recorded one is taken."""
    assert main(["up", "mini", "--on", recording, "--only", "pll*"]) == USAGE
    err = capsys.readouterr().err
    assert err == f"firstlight: --only pll*: {recording} is a recording of --only crg[2], and of no other run\n"
    assert main(["up", "mini", "--on", recording, "--only", "crg[2]"]) == OK


def with_header(recording: str, **changes: Any) -> str:
    """Return the URL of the same recording that says something else of itself."""
    path = Path(recording.partition(":")[2])
    header = recorded_header(Target.parse(recording))
    with (path.parent / "head").open("wb", buffering=0) as file:
        Writer(file, header)
    begins = (path.parent / "head").stat().st_size
    with (path.parent / "changed").open("wb", buffering=0) as file:
        Writer(file, evolve(header, **changes))
        file.write(path.read_bytes()[begins:])
    return f"recorded:{path.parent}/changed"


def test_consent_is_recorded(
    recording: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay has the consent that its recording had."""
    asked: list[bool] = []

    async def seen(*given: Any, **more: Any) -> Any:
        asked.append(more["consent"] is not None)
        return await bring_up(*given, **more)

    monkeypatch.setattr(verb, "bring_up", seen)
    for url in (recording, with_header(recording, disturb=True)):
        assert up(capsys, "mini", "--on", url)[0] == OK
    assert asked == [False, True]


def test_another_configuration_is_told_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], repository: dict[str, Path]
) -> None:
    """With one value changed in the chip's table, the replay ends there, and names block, register and fields."""
    assert up(capsys, "mini", "--record", f"{tmp_path}/r")[0] == OK
    table = repository["chips/mini.toml"].read_text(encoding="utf-8")
    assert table.count("frac = 0x400000") == 1
    for name in ("mini.rdl", "mini.image"):
        (tmp_path / name).write_bytes(repository[f"chips/{name}"].read_bytes())
    (tmp_path / "mini.toml").write_text(table.replace("frac = 0x400000", "frac = 0x410000"), encoding="utf-8")
    status, found = up(capsys, f"{tmp_path}/mini.toml", "--on", f"recorded:{tmp_path}/r")
    assert status == LOST
    lost = found["lost"]
    assert (lost["kind"], lost["where"]) == ("Differs", "")
    assert "pll[3].FRAC" in lost["expected"]
    assert "frac=0x400000" in lost["expected"]
    assert "frac=0x410000" in lost["got"]
    assert f"expected {lost['expected']}, got {lost['got']}" in lost["reason"]


def test_a_run_that_ends_early_is_a_difference(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A replay that asks for less than the file holds says what it expected."""
    status, found = up(capsys, "mini", "--on", with_header(recording, only="refpll"))
    assert status == LOST
    assert "expected a batch of" in str(found)
    assert "got nothing" in str(found)


def test_a_header_says_what_ran(recording: str) -> None:
    """Chip, target, seed, blocks, version and date stand in the file."""
    header = recorded_header(Target.parse(recording))
    assert (header.chip, header.target, header.seed, header.only) == ("mini", "sim:", 0, "crg[2]")
    assert set(header.versions) == {"firstlight"}
    assert header.date


def test_a_damaged_recording_is_told_at_open(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One flipped bit: nothing is replayed, no device is blamed, and the line says at which byte."""
    path = Path(recording.partition(":")[2])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    assert main(["up", "mini", "--on", recording]) == USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{recording!r} is damaged in the record at byte " in err
    assert "device lost" not in err


def test_a_killed_recorder_leaves_what_it_saw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a run that is killed the file is there under its name; it is replayed to its end, and no device is blamed."""
    file = tmp_path / "r"
    with served("mini", tmp_path, "--set", "pll[1].lock_s=inf") as url:
        command = [sys.executable, "-m", "runtime.cli.main", "up", "mini", "--on", url, "--record", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            while not (file.exists() and file.stat().st_size > 4000):
                assert process.poll() is None
            process.kill()
    assert main(["up", "mini", "--on", f"recorded:{file}"]) == LOST
    out, err = capsys.readouterr()
    found = re.search(r"is cut off after (\d+ batch(es)?): its writer was killed, or it was not copied whole", err)
    assert found is not None
    told = f"replay over: the recording ends here, after {found[1]}: its writer was cut off"
    assert told in " ".join(out.split())
    assert "device lost" not in out + err
