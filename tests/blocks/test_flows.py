"""The workload and the policy of a chip's file: checked whole, by block."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from blocks.chip import ChipError, Flow, Rule, Verdict, load_chip

HEAD = (
    '[chip]\nname = "mini"\nunmanaged = ["refpll", "sys_crg", "fabric_crg", "io_crg[*]"]\n'
    '[blocks."pll[*]"]\ntype = "pll"\nconfig = { fbdiv = 64 }\n[blocks."crg[*]"]\ntype = "crg"\n'
)
WORK = '[workload."pll[*]"]\nvia = ["crg[{0}]"]\nmemory = "crg[{0^1}]"\nperiod_s = 1e-4\nbytes = 64\n'
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a description beside a copy of mini's register image."""
    with resources.as_file(resources.files("chips") / "mini.image") as image:
        shutil.copy(image, tmp_path / "mini.image")

    def write_text(text: str) -> Path:
        path = tmp_path / "mini.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return path

    return write_text


def test_each_block_of_a_key_has_its_flow(write: Write) -> None:
    """The indices of the source choose the way and the memory."""
    assert load_chip(write(WORK)).flows == tuple(
        Flow(f"pll[{k}]", (f"crg[{k}]",), f"crg[{k ^ 1}]", 1e-4, 64) for k in range(4)
    )


def test_each_block_of_a_key_has_its_rule(write: Write) -> None:
    """A later table replaces an earlier one; blocks that none names have no rule."""
    chip = load_chip(write(
        '[policy."pll[*]"]\nfailed = "degraded"\nat_most = 1\nper = "half {0//2}"\n[policy."pll[3]"]\ndegraded = "up"\n'
    ))  # fmt: skip
    assert set(chip.policy) == {f"pll[{k}]" for k in range(4)}
    assert chip.policy["pll[0]"] == Rule(failed=Verdict.DEGRADED, group='policy."pll[*]" half 0', at_most=1)
    assert chip.policy["pll[2]"].group == 'policy."pll[*]" half 1'
    assert chip.policy["pll[3]"].degraded is Verdict.UP
    assert chip.policy["pll[3]"].failed is Verdict.FAILED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WORK.replace("pll[*]", "plll[*]"), "no block 'plll'"),
        (WORK.replace("pll[*]", "io_crg[*]"), "which is not in"),
        (WORK.replace('"crg[{0}]"', '"crg[{0+1}]"'), r"via\[0\]: found 'crg\[4\]'"),
        (WORK.replace('"crg[{0^1}]"', '"scratch"'), "memory: found 'scratch'"),
        (WORK.replace("1e-4", "0.0"), "period_s: found 0.0; expected 1e-06..10 seconds"),
        (WORK.replace("64", "0"), r"bytes: found 0; expected 1..4096"),
        (WORK + "kind = 1\n", "kind: found an unknown key"),
        ('[policy."pll[*]"]\ndegraded = "fine"\n', "degraded: found 'fine'; expected one of up, degraded, failed"),
        ('[policy."pll[*]"]\nfailed = "up"\n', "failed: found 'up'; expected one of degraded, failed"),
        ('[policy."pll[*]"]\nat_most = -1\n', "at_most: found -1"),
        ('[policy."pll[*]"]\nper = "{1}"\n', r"\{1\} in '\{1\}'"),
        ('[policy."pl[*]"]\n', "no block 'pl'"),
    ],
)
def test_what_cannot_be_is_refused(write: Write, text: str, said: str) -> None:
    """Each mistake is one line with its place."""
    with pytest.raises(ChipError, match=said):
        load_chip(write(text))
