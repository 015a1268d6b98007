"""The command as its users meet it: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registers.schema import EnumMember, EnumType, FieldType
from runtime.cli.exits import LOST, NOT_WELL, OK, USAGE, UsageError, explain, only
from runtime.cli.inspect import number
from runtime.cli.main import main
from transports.errors import BusFault, DeviceLost, Unavailable

PLL = Path(__file__).parents[2] / "blocks" / "pll" / "pll.rdl"
SUMMARY = (
    "chip target blocks types up failed waiting reads writes batches violations critical_path_s elapsed_s wall_s cpu_s "
    "seed trace_hash"
).split()


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Run a command with --json; return its exit status and what it printed."""
    status = main([*words, "--json"])
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1, "with --json the result is one line"
    return status, json.loads(printed)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that is refused as bad input; return its one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FIRSTLIGHT_DEBUG", raising=False)
        status = main(words)
    out, err = capsys.readouterr()
    assert (status, out) == (USAGE, "")
    assert err.count("\n") == 1, err
    return err


def test_up_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`up --json` has every key that is promised, everything is up, and the status is 0."""
    status, data = said(capsys, "up", "mini")

    assert status == OK
    assert not set(SUMMARY) - set(data)
    assert (data["chip"], data["target"], data["seed"]) == ("mini", "sim:", 0)
    assert data["up"] == data["blocks"] >= 12
    assert (data["failed"], data["waiting"], data["violations"]) == ([], [], 0)
    assert data["reads"] > data["writes"] > 0
    assert data["elapsed_s"] >= data["critical_path_s"] > 0


def test_up_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    """One seed gives one trace; another gives another."""
    first, again, other = (said(capsys, "up", "mini", "--seed", seed)[1]["trace_hash"] for seed in ("7", "7", "8"))

    assert first == again
    assert first != other


def test_up_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A PLL that never locks fails alone, with evidence; its dependants wait on it; the rest is up; the status is 1."""
    status, data = said(capsys, "up", "mini", "--on", "sim:?pll[2].lock_s=inf")
    (fault,) = data["failed"]
    waiting = {row["block"]: row for row in data["waiting"]}

    assert status == NOT_WELL
    assert [fault[key] for key in ("block", "rung", "check", "wanted")] == ["pll[2]", "locked", "STATUS", "lock=0x1"]
    assert fault["last"].startswith("lock=0x0")
    assert fault["attempts"] >= 1
    assert fault["time_s"] > 0
    assert all(access["place"].startswith("pll[2].") for access in fault["accesses"])
    assert fault["accesses"]
    assert waiting["crg[2]"]["on"] == ["pll[2]"]
    assert all(row["root"] == ["pll[2]"] for row in waiting.values())
    assert data["up"] == data["blocks"] - len(waiting) - 1


def test_up_only(capsys: pytest.CaptureFixture[str]) -> None:
    """`--only` brings up what matches and what that needs, and nothing else."""
    status, data = said(capsys, "up", "mini", "--only", "crg[1]")

    assert status == OK
    assert data["up"] == data["blocks"] == 4
    assert data["types"] == 2  # of a PLL, and of a clock and reset generator


def test_up_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json each type whose blocks ended is a line, as each failure, and the last line is the sum."""
    assert main(["up", "mini", "--on", "sim:?pll[2].lock_s=inf"]) == NOT_WELL
    lines = capsys.readouterr().out.splitlines()

    assert [re.split(r"^ *[0-9.]+ [mun]?s  ", line)[-1] for line in lines[:3]] == [
        "failed   pll[2] at rung locked",
        "ended    pll: 4 of 5 up, 1 failed",
        "ended    crg: 4 of 8 up, 4 waiting",
    ]
    assert any(line.startswith("failed   pll[2]: rung locked") for line in lines)
    assert any(line.startswith("waiting  crg[2]: needs pll[2]") for line in lines)
    assert "verdict  failed: 1 failed, 4 waiting" in lines
    assert "8 of 13 blocks of mini up on sim:" in lines[-1]


def test_status_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`status` of a chip in reset says what does not hold, writes nothing, and exits with 1."""
    status, data = said(capsys, "status", "mini")

    assert status == NOT_WELL
    assert data["writes"] == 0
    assert data["reads"] > 0
    assert {row["state"] for row in data["blocks"]} == {"down", "waiting"}


def test_status_of_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    """`status --only` looks at what matches and what that needs; for people the types are counted before the rows."""
    status, data = said(capsys, "status", "mini", "--only", "crg[1]")

    assert status == NOT_WELL
    assert [row["block"] for row in data["blocks"]] == ["refpll", "sys_crg", "pll[1]", "crg[1]"]
    assert main(["status", "mini", "--only", "crg[1]"]) == NOT_WELL
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["pll", "crg"]
    assert lines[1] == "crg: 0 of 2 up, 2 waiting"
    assert "zz*" in refused(capsys, "status", "mini", "--only", "zz*")


def test_read_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    """A register is read and decoded, a field alone too, and a whole block."""
    register = said(capsys, "read", "mini", "refpll.DIV")
    field = said(capsys, "read", "mini", "refpll.DIV.fbdiv")
    block = said(capsys, "show", "mini", "refpll")

    assert register[0] == field[0] == block[0] == OK
    assert field[1]["value"] == 100
    assert field[1]["raw"] == register[1]["raw"]
    assert {"name": "fbdiv", "value": 100, "meaning": ""} in register[1]["fields"]
    assert [row["register"] for row in block[1]["registers"]][:3] == ["ID", "CTRL", "DIV"]


def test_write_keeps_siblings(capsys: pytest.CaptureFixture[str]) -> None:
    """A field is written and no other bit of its register, and what is there afterwards is shown."""
    before = said(capsys, "read", "mini", "refpll.CTRL")[1]
    status, after = said(capsys, "write", "mini", "refpll.CTRL.charge_pump", "UA_400")

    assert status == OK
    assert after["did"].startswith("modify CTRL(charge_pump=")
    assert after["value"] == 3
    assert after["raw"] & ~0x30 == before["raw"] & ~0x30


def test_write_reads_first_where_it_can(capsys: pytest.CaptureFixture[str]) -> None:
    """A field that is alone in its register is modified, not written: reserved bits keep what they hold."""
    assert said(capsys, "write", "mini", "refpll.FRAC.frac", "5")[1]["did"].startswith("modify FRAC(")


def test_show_of_what_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` of a block whose registers do not answer says why for each, and exits with 1."""
    status, data = said(capsys, "show", "mini", "crg[0]")

    assert status == NOT_WELL
    assert all(row["raw"] is None and row["why_not"] for row in data["registers"])


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("up", "CHIP"),
        ("frob", "'frob'"),
        ("up nope", "'nope' mini sifive_u"),
        ("up mini --on foo:", "'foo:' known schemes sim:"),
        ("up mini --on foo", "'foo' scheme"),
        ("up mini --on qemu:nope", "nope sifive_u"),
        ("up mini --on sim:?pll[2].lock=1", "pll[2].lock lock_s"),
        ("up mini --on sim:?pll[7].lock_s=1", "pll[7]"),
        ("up mini --only zz*", "zz*"),
        ("up mini --seed x", "--seed 'x'"),
        ("faults mini --seed -1", "--seed '-1' 0 or more"),
        ("read mini refpll", "refpll BLOCK.REGISTER"),
        ("read mini pll[9].DIV", "pll[9] pll["),
        ("read mini refpll.NOPE", "NOPE DIV"),
        ("read mini refpll.DIV.nope", "nope fbdiv"),
        ("write mini refpll.DIV.fbdiv 0x1000", "0x1000 0..0xfff"),
        ("write mini refpll.DIV.fbdiv many", "'many' number"),
        ("write mini refpll.CTRL.charge_pump UA_9", "'UA_9' UA_50"),
        ("write mini refpll.STATUS.lock 1", "lock sw=r"),
        ("write mini refpll.CTRL 0x80000000", "0x80000000 cannot write"),
        ("show mini nope", "'nope'"),
        ("registers show nope.rdl", "nope.rdl"),
        ("registers show nope.image", "nope.image"),
        ("registers show PLL NOPE", "NOPE STATUS"),
        ("registers show PLL STATUS 0x100000000", "0x100000000 32 bits"),
    ],
)
def test_bad_input(words: str, parts: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input gets one line on standard error that names the thing and what was expected, and status 2."""
    line = refused(capsys, *(str(PLL) if word == "PLL" else word for word in words.split(" ")))

    assert all(part in line for part in parts.split(" ")), line


def test_bad_input_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json the refusal is JSON too, so that a script need not parse prose."""
    status, data = said(capsys, "up", "nope")

    assert status == data["exit"] == USAGE
    assert "nope" in data["error"]


def test_dangerous(capsys: pytest.CaptureFixture[str]) -> None:
    """A read that claims an interrupt is refused without --yes, and nothing is sent: there is no such socket."""
    line = refused(capsys, "read", "sifive_u", "plic.CONTEXT[0].CLAIM", "--on", "qtest:/nowhere")

    assert "--yes" in line
    assert "a read changes" in line


def test_dangerous_write(capsys: pytest.CaptureFixture[str]) -> None:
    """A write that completes an interrupt is refused without --yes, and nothing is sent: there is no such socket."""
    path = "plic.CONTEXT[0].CLAIM"
    line = refused(capsys, "write", "sifive_u", path, "4", "--on", "qtest:/nowhere")

    assert path in line
    assert "--yes" in line


def test_an_encoded_field_takes_encoded_values_only() -> None:
    """A number that the encoding does not have is refused before anything is opened."""
    encode = EnumType(name="mode", members=(EnumMember("OFF", 0), EnumMember("ON", 2)))
    f = FieldType(name="mode", lsb=0, width=2, encode=encode)

    assert (number(f, "b.R.mode", "ON"), number(f, "b.R.mode", "2")) == (2, 2)
    with pytest.raises(ValueError, match="not an encoded value; expected one of OFF, ON"):
        number(f, "b.R.mode", "1")


def test_registers_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`registers compile` and `generate` write whole files, and `show` reads the image back."""
    image, python = tmp_path / "x.image", tmp_path / "regs.py"

    assert said(capsys, "registers", "compile", str(PLL), "-o", str(image))[1]["registers"] == 22
    assert said(capsys, "registers", "show", str(image))[1]["top"] == "pll"
    assert said(capsys, "registers", "generate", str(PLL), "-o", str(python))[0] == OK
    assert "class PllRegs" in python.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pll.image", "regs.py", "x.image"]


def test_nothing_half_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A description with an error leaves no file behind, and names file and line."""
    broken = tmp_path / "broken.rdl"
    broken.write_text("addrmap broken {\n    reg { field {} a } R;\n};\n")

    assert "broken.rdl:2:" in refused(capsys, "registers", "compile", str(broken))
    assert list(tmp_path.iterdir()) == [broken]


def test_no_value_is_shown_where_none_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    """`registers show` of a register without a value shows its fields and no value."""
    status, data = said(capsys, "registers", "show", str(PLL), "DIV")

    assert (status, data["raw"]) == (OK, None)
    assert {field["value"] for field in data["fields"]} == {None}


def test_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be written is refused by its own name."""
    line = refused(capsys, "registers", "compile", str(PLL), "-o", str(tmp_path / "no" / "x.image"))

    assert f"{tmp_path / 'no' / 'x.image'}: its folder is not there" in line


def test_truncated_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A truncated image is refused by name."""
    short = tmp_path / "short.image"
    short.write_bytes(PLL.with_suffix(".image").read_bytes()[:100])

    assert "short.image" in refused(capsys, "registers", "show", str(short))


def test_lint_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`registers lint` exits with 0 when there is nothing to say, and with 1 when there is."""
    once = tmp_path / "once.rdl"
    once.write_text("addrmap once { reg { field { sw = rw1; hw = r; } key[8] = 0; } R @ 0; };\n")

    assert said(capsys, "registers", "lint", str(PLL)) == (OK, [])
    status, findings = said(capsys, "registers", "lint", str(once))
    assert status == NOT_WELL
    assert [finding["path"] for finding in findings]


def test_catalogues(capsys: pytest.CaptureFixture[str]) -> None:
    """chips, transports and doctor list what there is."""
    chips, transports, doctor = (said(capsys, verb) for verb in ("chips", "transports", "doctor"))

    assert {row["chip"] for row in chips[1]} >= {"mini", "sifive_u"}
    assert {row["scheme"] for row in transports[1]} >= {"sim", "qemu", "qtest", "memory"}
    assert doctor[1]["engine"] in ("c", "python")
    assert chips[0] == transports[0] == doctor[0] == OK


def test_help_is_quick() -> None:
    """`--help` and completion import no trio: it costs a quarter of a second."""
    code = (
        "import sys; from runtime.cli.main import main\n"
        "main(['up', '--help'])\n"
        "main(['completion', 'bash'])\nassert 'trio' not in sys.modules, 'trio was imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "--clock" in done.stdout


def test_reader_leaves() -> None:
    """When whoever reads the output leaves, the command ends quietly."""
    with subprocess.Popen(
        [sys.executable, "-m", "runtime.cli.main", "registers", "show", str(PLL)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (OK, b"")


def test_explain() -> None:
    """A lost device, or connection, is status 3, any other failure of the bus 1, and a group of one is that one."""
    group = ExceptionGroup("outer", [ExceptionGroup("inner", [DeviceLost("gone")])])

    assert explain(only(group)) == ("device lost: gone", LOST)
    assert explain(Unavailable("closed there", over=True)) == ("device lost: closed there", LOST)
    assert explain(DeviceLost("taken over: bob has it")) == ("taken over: bob has it", LOST)
    assert explain(Unavailable("busy")) == ("unavailable: busy", NOT_WELL)
    assert explain(BusFault("no", address=16))[1] == NOT_WELL
    assert explain(UsageError("two\n  lines")) == ("two\nlines", USAGE)
