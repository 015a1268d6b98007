"""What mypy, pyright and ruff make of generated registers: right uses pass, wrong ones do not.

Each tool runs once, over a package that is made in a temporary folder.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from registers.generate import generate_to_file
from registers.image import save
from registers.schema import Image

ROOT = Path(__file__).resolve().parents[2]

HEAD = """from __future__ import annotations

from device.regs import Ctrl, EverythingRegs, ModeE, OtherE

r = EverythingRegs.at(0x1000)
number: int = int("3")
"""

RIGHT = """
r.CTRL.write(mode=ModeE.RUN, count_to=3, warm_only=True, lambda_=0, guarded=number, tested=0)
r.CTRL.write(mode=ModeE.RUN, count_to=3, warm_only=1, lambda_=0, guarded=0, tested=0, start=1)
r.CTRL.modify(mode=ModeE.IDLE)
r.CTRL.modify(start=True, count_to=number)
r.CTRL.check(mode=ModeE.RUN, count_to=number)
r.CTRL.poll(timeout_s=0.001, start=0)
r.LANE[2].CTRL.modify(on=1)
r.LANE[number].BIT[1].check(f=0)
r.GRID[1, 2].ROW[0].CELL[1].read()
r.KEY.write(key=0)
r.INTR.write(cause=0)
r.INTR.write(cause=0, done=1)
r.STORE.read(0, 4)
r.TABLE.ENTRY[3].modify(tag=1)
r.WIDE.modify(low=7)
r.OTHER.modify(kind=OtherE.LEFT)
value = r.CTRL.read().decode([number])
mode: ModeE = value.mode
count: int = value.count_to + value.lambda_
register: Ctrl = r.CTRL
lanes = [lane.CTRL.check(on=1) for lane in r.LANE]
below = r.LANE[1].CTRL.address
path: str = r.STATUS.path
"""

# Each use alone on its line, and why it is wrong.
WRONG = [
    ("r.SUMMARY.write(any=1)", "no field of this register can be written"),
    ("r.WIDE.write(low=1, high=2)", "`high` is read-only"),
    ("r.WIDE.modify(high=2)", "`high` is read-only"),
    ("r.KEY.read()", "no field of this register can be read"),
    ("r.KEY.modify(key=1)", "what cannot be read cannot be modified"),
    ("r.KEY.check(key=1)", "`key` is write-only"),
    ("r.CTRL.modify(speed=1)", "no such field"),
    ("r.CTRL.check(speed=1)", "no such field"),
    ("r.CONTROL.read()", "no such register"),
    ("r.LANE.CTRL.read()", "an array needs an index"),
    ("r.LANE['one'].CTRL.read()", "an index is a number"),
    ("r.CTRL[0].read()", "not an array"),
    ("r.CTRL.modify(mode=1)", "an encoded field takes its own enum, not a number"),
    ("r.CTRL.check(mode=True)", "an encoded field takes its own enum, not a truth value"),
    ("r.CTRL.modify(mode=OtherE.LEFT)", "the enum of another register"),
    ("r.CTRL.modify(mode=ModeE.NONE)", "no such member"),
    ("r.CTRL.modify(warm_only=2)", "a bit is 0 or 1"),
    ("r.CTRL.modify(warm_only=number)", "a bit is not any number"),
    ("r.CTRL.modify(count_to='3')", "a number is not a text"),
    ("r.CTRL.modify(count_to=1.5)", "a number is whole"),
    ("r.CTRL.write(mode=ModeE.RUN, count_to=3)", "a write forgets fields"),
    ("r.CTRL.write()", "a write forgets every field"),
    ("r.INTR.modify(cause=1)", "reading this register clears a field, so it cannot be modified"),
    ("r.INTR.check(done=1)", "reading this register clears a field, so a check is no mere look"),
    ("r.INTR.poll(timeout_s=1.0, done=1)", "reading this register clears a field, so a poll is no mere look"),
    ("r.FORCED.modify(plain=1)", "a sibling without neutral value must be given"),
    ("r.CTRL.poll(start=0)", "a poll needs a deadline"),
    ("r.CTRL.modify(1)", "fields go by name"),
    ("r.CTRL.read().decode([0]).speed", "no such field in the value"),
    ("r.KEY.write(key=1).decode([0]).key", "a write brings no value"),
    ("Ctrl.write(mode=ModeE.RUN)", "an operation belongs to an instance"),
    ("r.STORE.write(0, 5)", "a memory takes a tuple of words"),
]



@pytest.fixture
def package(tmp_path: Path, everything: Image) -> Path:
    """Return a folder with a package `device`, and files that use it rightly and wrongly."""
    device = tmp_path / "device"
    device.mkdir()
    (device / "__init__.py").write_text("")
    save(everything, device / "everything.image")
    generate_to_file(everything, device / "regs.py", image_file="everything.image")
    (tmp_path / "right.py").write_text(HEAD + RIGHT)
    (tmp_path / "wrong.py").write_text(HEAD + "".join(f"{use}\n" for use, _why in WRONG))
    return tmp_path


def run(command: Sequence[str], folder: Path, **environment: str) -> str:
    """Return what a tool prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def judged(found: set[tuple[str, int]]) -> dict[str, list[str]]:
    """Return what a tool got wrong, in words; `found` is (file, line) of each error."""
    first = HEAD.count("\n") + 1
    lines = {line for name, line in found if name == "wrong.py"}
    return {
        "wrong uses let pass": [f"{use}  # {why}" for n, (use, why) in enumerate(WRONG, first) if n not in lines],
        "elsewhere": [f"{name}:{line}" for name, line in sorted(found) if name != "wrong.py" or line < first],
    }


NOTHING = {"wrong uses let pass": list[str](), "elsewhere": list[str]()}


def test_mypy_refuses_exactly_the_wrong_uses(package: Path) -> None:
    """mypy, strict, finds every wrong use, and nothing in right ones or in the generated module."""
    options = ["--strict", "--explicit-package-bases", "--hide-error-context", "--config-file=", "--cache-dir=cache"]
    said = run(["mypy", *options, "device/regs.py", "right.py", "wrong.py"], package, MYPYPATH=f"{package}:{ROOT}")
    found = re.findall(r"^(?:.*/)?([\w/]+\.py):(\d+): error:", said, re.MULTILINE)
    assert judged({(name, int(line)) for name, line in found}) == NOTHING, said


def test_pyright_refuses_exactly_the_wrong_uses(package: Path) -> None:
    """pyright, strict, finds every wrong use, and nothing in right ones or in the generated module."""
    config = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "pythonVersion": "3.11"}
    (package / "pyrightconfig.json").write_text(json.dumps(config))
    said = run(["pyright", "--pythonpath", sys.executable, "--outputjson"], package)
    answer: dict[str, Any] = json.loads(said[said.index("{") :])
    found = {
        (Path(problem["file"]).name, int(problem["range"]["start"]["line"]) + 1)
        for problem in answer["generalDiagnostics"]
        # An expression that stands alone is a finding of its own here; it is the type that matters.
        if problem.get("rule") != "reportUnusedExpression"
    }
    assert judged(found) == NOTHING, said


def test_ruff_accepts_the_generated_module(package: Path) -> None:
    """ruff, with the project's rules for generated files, finds nothing."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["per-file-ignores"]
    ignored = ",".join(settings["blocks/*/regs.py"])
    options = ["check", "--config", str(ROOT / "pyproject.toml"), "--ignore", ignored, "--no-cache"]
    assert run(["ruff", *options, "device/regs.py"], package).strip() == "All checks passed!"
