"""The files that `up` leaves, its consent, and what it says at the end."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree

import pytest
import trio

import runtime.cli.up as verb
from runtime.bringup import bring_up
from runtime.cli.exits import INTERRUPTED, LOST, NOT_WELL, OK, USAGE
from runtime.cli.main import main
from runtime.climb import granted
from runtime.fault import Cause, Fault
from runtime.summary import Lessened, State, Status, Summary, Verdict, Waiting
from transports.errors import DeviceLost

KINDS = ("timeline", "trace", "html", "record")
NEVER_LOCKS = "sim:?pll[2].lock_s=inf"
OLD = b"what was there before"


def outputs(folder: Path) -> dict[str, Path]:
    return {kind: folder / f"out.{kind}" for kind in KINDS}


def words(files: dict[str, Path]) -> list[str]:
    return [word for kind, path in files.items() for word in (f"--{kind}", str(path))]


@pytest.mark.parametrize(("target", "status", "badge"), [("sim:", OK, "up"), (NEVER_LOCKS, NOT_WELL, "failed")])
def test_all_files_are_written(
    target: str, status: int, badge: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file that was asked for is there and whole, also when a block failed; --json is as without them."""
    files = outputs(tmp_path)
    assert main(["up", "mini", "--on", target, "--json", *words(files)]) == status
    out, err = capsys.readouterr()

    assert (json.loads(out)["verdict"], err) == (badge, "")
    assert ElementTree.parse(files["timeline"]).getroot().tag.endswith("svg")
    assert f'class="badge {badge}"' in files["html"].read_text(encoding="utf-8")
    assert json.loads(files["trace"].read_bytes())["traceEvents"]
    assert sorted(tmp_path.iterdir()) == sorted(files.values())


@pytest.mark.parametrize("words", ["up mini", "status mini", "show mini refpll", "read mini refpll.DIV"])
def test_a_chip_is_loaded_once(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The simulation is of the description that the verb has loaded."""

    def load(name: str) -> NoReturn:
        raise AssertionError(f"{name} is loaded once more")

    monkeypatch.setattr("blocks.sim.load_chip", load)
    assert main([*words.split(), "--json"]) in (OK, NOT_WELL)
    assert capsys.readouterr().err == ""


def test_a_recording_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --record wrote is a target on which the same run has the same trace."""
    file = tmp_path / "run.rec"
    hashes: list[str] = []
    for on in (["--record", str(file)], ["--on", f"recorded:{file}"]):
        assert main(["up", "mini", "--seed", "3", "--json", *on]) == OK
        hashes.append(json.loads(capsys.readouterr().out)["trace_hash"])
    assert hashes[0] == hashes[1]


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no bring-up begin."""

    async def begun(*_words: Any, **_more: Any) -> Summary:
        await trio.lowlevel.checkpoint()
        raise AssertionError("the bring-up began")

    monkeypatch.setattr(verb, "bring_up", begun)


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["missing/out", "folder", "/dev/null", "read-only"])
def test_what_cannot_be_written_is_refused_first(
    kind: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing folder, a folder, a device or a read-only file is one line, before anything is brought up."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "read-only").touch(0o444)
    files = outputs(tmp_path) | {kind: tmp_path / where}

    assert main(["up", "mini", *words(files)]) == USAGE
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(tmp_path / where) in err
    assert not [path for path in outputs(tmp_path).values() if path.exists()]


@pytest.mark.usefixtures("never")
def test_no_file_twice_and_none_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two outputs in one file are refused, and one over the recording that is replayed: it stays as it is."""
    file = tmp_path / "run.rec"
    file.write_bytes(OLD)
    assert main(["up", "mini", "--html", f"{tmp_path}/x", "--trace", f"{tmp_path}/../{tmp_path.name}/x"]) == USAGE
    assert main(["up", "mini", "--on", f"recorded:{file}", "--record", str(file)]) == USAGE
    assert file.read_bytes() == OLD
    assert "would replace" in capsys.readouterr().err


def ends(how: Callable[[], BaseException | None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bring-up go for 50 us, then let something happen to it."""

    async def struck(*given: Any, **more: Any) -> Summary:
        async with trio.open_nursery() as nursery:

            async def strike() -> None:
                await trio.sleep(50e-6)
                if (problem := how()) is not None:
                    raise problem

            nursery.start_soon(strike)
            return await bring_up(*given, **more)
        raise AssertionError("nothing struck")

    monkeypatch.setattr(verb, "bring_up", struck)


def test_the_files_of_a_run_that_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an interrupt the files tell of the run until then: no block is up, all are of unknown end."""
    ends(lambda: signal.raise_signal(signal.SIGINT), monkeypatch)
    files = outputs(tmp_path)

    assert main(["up", "mini", *words(files)]) == INTERRUPTED
    assert capsys.readouterr().err.startswith("firstlight: interrupted")
    assert all(path.stat().st_size > 100 for path in files.values())
    assert 'data-state="stopped"' in files["html"].read_text(encoding="utf-8")


def test_the_files_of_a_device_that_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the device is lost the files are written as well, and the status says so."""
    ends(lambda: DeviceLost("unplugged"), monkeypatch)
    files = outputs(tmp_path)

    assert main(["up", "mini", *words(files)]) == LOST
    assert "unplugged" in capsys.readouterr().err
    assert all(path.stat().st_size > 100 for path in files.values())


def test_a_file_that_cannot_be_written_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the disk fills up meanwhile the result is printed, one line says which file is missing, and the status 1."""
    folder = tmp_path / "gone"
    folder.mkdir()

    def vanish() -> None:
        folder.rmdir()

    ends(vanish, monkeypatch)
    assert main(["up", "mini", "--html", str(folder / "x"), "--timeline", str(tmp_path / "y"), "--json"]) == NOT_WELL
    out, err = capsys.readouterr()
    assert json.loads(out)["up"] == 13
    assert (err.count("\n"), str(folder / "x") in err) == (1, True)
    assert (tmp_path / "y").exists()


@pytest.mark.parametrize(("more", "consent"), [([], None), (["--disturb"], granted)])
def test_consent(more: list[str], consent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts that disturb are consented to with --disturb, and only then."""
    seen: list[Any] = []

    async def asking(*given: Any, **options: Any) -> Summary:
        seen.append(options["consent"])
        return await bring_up(*given, **options)

    monkeypatch.setattr(verb, "bring_up", asking)
    assert main(["up", "mini", *more]) == OK
    assert seen == [consent]


def fault(block: str, cause: Cause = Cause.LATE) -> Fault:
    return Fault(block=block, rung="locked", cause=cause, reason="rung locked: no")


def came_of(
    summary: Summary, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """Return status and lines of a bring-up with this result."""

    async def done(*_words: Any, **_more: Any) -> Summary:
        await trio.lowlevel.checkpoint()
        return summary

    monkeypatch.setattr(verb, "bring_up", done)
    return main(["up", "mini"]), capsys.readouterr().out.splitlines()


def result(**more: Any) -> Summary:
    given: dict[str, Any] = {"chip": "mini", "target": "sim:", "blocks": 13, "up": (), "failed": (), "waiting": ()}
    return Summary(**(given | more))


def test_a_withheld_act_names_the_flag(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A block that failed because consent was missing tells how it is given; others do not."""
    status, lines = came_of(result(verdict="failed", failed=(fault("a", Cause.WITHHELD),)), monkeypatch, capsys)
    assert status == NOT_WELL
    assert sum("--disturb" in line for line in lines) == 1
    assert not any("--disturb" in line for line in came_of(result(failed=(fault("a"),)), monkeypatch, capsys)[1])


def test_many_of_a_kind_are_told_together(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Hundreds that failed, wait or are lessened alike are a few lines; the numbers are in the verdict."""
    many = tuple(f"c[{n}]" for n in range(100))
    lessened = tuple(Lessened(name, "wide", "LINK", "X16", "X8", "degraded") for name in many)
    summary = result(
        verdict="failed", up=many, lessened=lessened, failed=tuple(map(fault, many)),
        waiting=tuple(Waiting(name, ("x",), ("y",)) for name in many), traffic={"sent": 9, "delivered": 8, "lost": 1},
        violations=tuple(f"rule {n}" for n in range(50)),
    )  # fmt: skip
    status, lines = came_of(summary, monkeypatch, capsys)

    assert status == NOT_WELL
    assert len(lines) < 32
    assert "degraded c[0], c[1], c[2] and 97 more: up, but not wide: LINK wanted X16, last X8" in lines
    assert "waiting  c[0], c[1], c[2] and 97 more: behind y" in lines
    assert "         just so: c[1], c[2], c[3] and 96 more" in lines
    assert "violated 30 more; --json has them" in lines
    assert "traffic  packets: 9 sent, 8 delivered, 1 lost" in lines
    assert "verdict  failed: 100 failed, 100 waiting, 100 degraded, 50 violations" in lines


def test_lessened_blocks_that_count_as_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The status follows the verdict: lessened blocks that the policy counts as up are told of, and all is well."""
    up = tuple(f"c[{n}]" for n in range(13))
    for counts_as, verdict, expected in (("up", "up", OK), ("degraded", "degraded", NOT_WELL)):
        lessened = (Lessened("c[3]", "wide", "LINK", "X16", "X8", counts_as),)
        status, lines = came_of(result(verdict=verdict, up=up, lessened=lessened), monkeypatch, capsys)
        assert status == expected
        word = "lessened" if counts_as == "up" else "degraded"
        assert any(line.startswith(f"{word} c[3]: up, but not wide") for line in lines)
        assert ("13 of 13 blocks of mini up, 1 of them degraded on " in lines[-1]) == (counts_as == "degraded")
        assert any(line.startswith(f"verdict  {verdict}: 1 ") for line in lines)


def test_status_counts_what_is_degraded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`status` counts as `up` does: degraded blocks are up, and it says how many of those that are up they are."""
    verdicts = (
        Verdict(block="refpll", state=State.UP),
        Verdict(block="sys_crg", state=State.DEGRADED, reason="up, but not full"),
        Verdict(block="pll[0]", state=State.DOWN),
    )

    async def look(*_words: Any, **_more: Any) -> Status:
        await trio.lowlevel.checkpoint()
        return Status(chip="mini", target="sim:", verdicts=verdicts)

    monkeypatch.setattr(verb, "status", look)
    assert main(["status", "mini"]) == NOT_WELL
    assert "2 of 3 blocks of mini up, 1 of them degraded, 1 down on sim:" in capsys.readouterr().out
    assert main(["status", "mini", "--json"]) == NOT_WELL
    said = json.loads(capsys.readouterr().out)
    assert (said["up"], said["degraded"]) == (2, 1)


@pytest.mark.parametrize("words", [["show", "mini", "refpll"], ["read", "mini", "refpll.STATUS"]])
def test_verbs_on_a_block_refuse_another_chip(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """show and read on a QEMU that is another chip are refused before it is started."""
    assert main([*words, "--on", "qemu:sifive_u"]) == USAGE
    assert "chip mini is no machine of QEMU" in capsys.readouterr().err
