"""A script of faults is checked whole when it is read, and says file, table and key of what cannot be."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from blocks.chip import ChipError, list_chips, load_chip
from blocks.sim import open_sim, simulated
from blocks.sim.chip import SimChip
from blocks.sim.faults import ErrorResponse, InterruptLost, LinkDown, StuckBit
from blocks.sim.faults.kinds import Answer
from blocks.sim.faults.script import read_script
from runtime.cli.main import main
from transports.errors import BusFault
from transports.open import Target, TargetError

GOOD = """
[[fault]]
at = 1.5
kind = "stuck_bit"
block = "pll[*]"
register = "STATUS.lock"
value = 1
for = 2

[[fault]]
after = 7
kind = "error"
block = "refpll"
count = 3

[[fault]]
at = 4
kind = "interrupt_lost"
block = "refpll"
share = 0.25
for = inf

[[fault]]
at = 9
kind = "link_down"
for = 0.5
answer = "nothing"
"""


def test_a_script_is_data() -> None:
    """Each table is a fault and a time; one with a pattern is a fault of each block that it stands for."""
    planned = read_script(GOOD, "f.toml", SimChip(load_chip("mini")))
    assert [(p.fault, p.at_s, p.after) for p in planned] == [
        *(
            (StuckBit(block=f"pll[{n}]", register="STATUS.lock", value=1, for_s=2.0), 1.5, None)
            for n in range(4)
        ),
        (ErrorResponse(block="refpll", count=3), 0.0, 7),
        (InterruptLost(block="refpll", share=0.25, for_s=float("inf")), 4.0, None),
        (LinkDown(for_s=0.5, answer=Answer.nothing), 9.0, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("at = 1", "fault[1].kind: found nothing; expected text"),
        ('at = 1\nkind = "eror"', "fault[1].kind: found 'eror'; expected `error`, perhaps"),
        ('kind = "chip_reset"', "fault[1]: found neither `at` nor `after`; expected `at`, seconds of chip time, or"),
        ('at = 1\nafter = 1\nkind = "chip_reset"', "fault[1]: found both `at` and `after`; expected"),
        ('at = -1\nkind = "chip_reset"', "fault[1].at: found -1.0; expected a time: 0 s or later"),
        ('at = inf\nkind = "chip_reset"', "fault[1].at: found inf; expected a time"),
        ('at = "now"\nkind = "chip_reset"', "fault[1].at: found 'now'; expected a number"),
        ('after = -1\nkind = "chip_reset"', "fault[1].after: found -1; expected 0 or more accesses"),
        ('at = 1\nkind = "chip_reset"\nblock = "refpll"', "fault[1].block: found an unknown key; expected one of"),
        ('at = 1\nkind = "error"', "fault[1].block: found nothing; expected text"),
        ('at = 1\nkind = "error"\nblock = "pl"', "fault[1].block: found 'pl'; expected one of crg[0], crg[1]"),
        ('at = 1\nkind = "error"\nblock = 3', "fault[1].block: found 3; expected text"),
        ('at = 1\nkind = "error"\nblock = "refpll"\nfor = -1', "fault[1].for: found -1.0; expected 0.0..inf"),
        ('at = 1\nkind = "error"\nblock = "refpll"\nfor_s = 1', "fault[1].for_s: found an unknown key; expected `for`"),
        ('at = 1\nkind = "error"\nblock = "refpll"\ncount = 0', "fault[1].count: found 0; expected 1..inf"),
        ('at = 1\nkind = "error"\nblock = "refpll"\nregister = "X"', "fault[1].register: found 'X' ("),
        ('at = 1\nkind = "upset"\nblock = "refpll"\nname = "x"', "fault[1].name: found 'x'; expected one of"),
        ('at = 1\nkind = "interrupt_late"\nblock = "refpll"', "fault[1].by: found nothing; expected a number"),
        ('at = 1\nkind = "interrupt_storm"\nblock = "refpll"\nfor = 1\nevery = 0', "fault[1].every: found 0.0"),
        (
            'at = 1\nkind = "interrupt_storm"\nblock = "pll[0]"\nfor = 1e9\nevery = 1e-7',
            "fault[1].every: found 1e-07, and so 1e+16 rises in all; expected 10,000,000 at most",
        ),
        (
            'at = 1\nkind = "interrupt_spurious"\nblock = "pll[0]"\ncount = 20000000',
            "fault[1].count: found 2e+07 rises; expected 10,000,000 at most",
        ),
        ('at = 1\nkind = "link_down"\nfor = 1\nanswer = "no"', "fault[1].answer: found 'no'; expected one of"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_place(table: str, complaint: str) -> None:
    """One line: file, table, key, what was found and what was expected."""
    good = '[[fault]]\nat = 1\nkind = "chip_reset"\n'
    with pytest.raises(ChipError) as caught:
        read_script(f"{good}[[fault]]\n{table}\n", "f.toml", SimChip(load_chip("mini")))
    assert str(caught.value).startswith(f"f.toml: {complaint}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "f.toml: fault: found nothing; expected a list"),
        ("fault = []", "f.toml: fault: found none; expected one [[fault]] or more"),
        ("fault = [1]", "f.toml: fault[0]: found 1; expected a table"),
        ("faults = 1", "f.toml: faults: found an unknown key; expected `fault`, perhaps"),
        ("[[fault", "f.toml: end of document: found a mistake of syntax"),
    ],
)
def test_what_is_no_list_of_faults_is_refused(text: str, complaint: str) -> None:
    """A file without faults, or of something else, is a mistake."""
    with pytest.raises(ChipError) as caught:
        read_script(text, "f.toml", SimChip(load_chip("mini")))
    assert str(caught.value).startswith(complaint)


def test_a_script_that_cannot_be_injects_nothing(tmp_path: Path) -> None:
    """A mistake in the last table leaves the chip without the first."""
    (tmp_path / "f.toml").write_text(f'{GOOD}\n[[fault]]\nat = 0\nkind = "upset"\nblock = "refpll"\nname = "x"\n')
    with pytest.raises(ChipError, match=r"f\.toml: fault\[4\]\.name"):
        simulated(load_chip("mini"), [], said="--set", inject=str(tmp_path / "f.toml"))


async def test_a_url_names_a_script(tmp_path: Path) -> None:
    """`sim:?inject=FILE.toml` is a chip with its faults."""
    path = tmp_path / "f.toml"
    path.write_text('[[fault]]\nat = 0\nkind = "error"\nblock = "refpll"\n')
    transport = await open_sim(Target.parse(f"sim:?inject={path}", chip="mini"))
    assert [fault.fault for fault in transport.chip.injected] == [ErrorResponse(block="refpll")]
    with pytest.raises(BusFault):
        transport.chip.read(0, 4)


@pytest.mark.parametrize("query", ["inject", "inject=", "inject=a.toml&inject=b.toml"])
async def test_a_url_names_one_script(query: str) -> None:
    """None, and two, are refused."""
    with pytest.raises(TargetError, match=r"option 'inject.*expected one inject=FILE\.toml"):
        await open_sim(Target.parse(f"sim:?{query}", chip="mini"))


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("none.toml", "none.toml: found no such file or directory; expected a script of faults"),
        ("none", "chips/mini.toml: found no script 'none' beside it; expected the path of a .toml file"),
    ],
)
def test_a_script_must_be_there(asked: str, complaint: str) -> None:
    """A path that leads nowhere and a name that the chip does not ship are told apart."""
    with pytest.raises(ChipError) as caught:
        simulated(load_chip("mini"), [], said="--set", inject=asked)
    assert str(caught.value) == complaint


def test_a_chip_of_ones_own_ships_its_scripts(tmp_path: Path) -> None:
    """The scripts of a chip outside the package lie beside its file; a wrong name is told with those that are there."""
    with resources.as_file(resources.files("chips")) as folder:
        for name in ("mini.toml", "mini.image"):
            shutil.copy(folder / name, tmp_path)
    (tmp_path / "mini.bad.toml").write_text(GOOD)
    chip = load_chip(tmp_path / "mini.toml")
    assert len(simulated(chip, [], said="--set", inject="bad").injected) == 7
    with pytest.raises(ChipError, match="found no script 'bat' beside it; expected `bad`, perhaps"):
        simulated(chip, [], said="--set", inject="bat")


def test_a_script_is_no_chip() -> None:
    """What a chip ships beside its file is not listed among the chips."""
    assert "atlas" in list_chips()
    assert not [name for name in list_chips() if "demo" in name]


def traced(capsys: pytest.CaptureFixture[str], url: str) -> Any:
    assert main(["up", "mini", "--on", url, "--json", "--seed", "7"]) == 0
    return json.loads(capsys.readouterr().out)["trace_hash"]


def test_faults_to_come_leave_the_trace_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every access of a bring-up, with its time and result, is the same with a script whose faults come later."""
    path = tmp_path / "f.toml"
    path.write_text(GOOD.replace("after = 7", "after = 1_000_000"))
    assert traced(capsys, f"sim:?inject={path}") == traced(capsys, "sim:")


def test_a_script_is_the_same_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two runs of one seed with the same faults are the same to the last access, and not those of a sound chip."""
    path = tmp_path / "f.toml"
    path.write_text('[[fault]]\nat = 50e-6\nkind = "upset"\nblock = "refpll"\nname = "lock_lost"\n'
                    '[[fault]]\nafter = 40\nkind = "hang"\nblock = "refpll"\nfor = 1e-3\n')  # fmt: skip
    first, again, sound = (traced(capsys, url) for url in (f"sim:?inject={path}", f"sim:?inject={path}", "sim:"))
    assert first == again
    assert first != sound
