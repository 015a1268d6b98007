"""Campaigns on what we did not simulate here: `nth` with a budget, by its URL, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blocks.sim import SimChip
from runtime.cli.main import main
from runtime.faults.judged import unjudged
from runtime.faults.ran import Ran
from runtime.faults.site import Firmware, Site
from tests.runtime.faults.test_live import WITH_QEMU, mini, served

BUDGET_S = 3.0  # some thirty trials where nobody else is on the machine


def told(capsys: pytest.CaptureFixture[str], chip: str, url: str, kinds: str) -> dict[str, Any]:
    """Run a campaign within a budget, and return what its JSON says; all that it tried is come through."""
    words = ["--points", "nth", "--budget", str(BUDGET_S), "--json"]
    assert main(["faults", chip, "--on", url, "--faults", kinds, *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["url"], found["verdict"], found["failures"]) == (url, "passed", 0)
    assert 0 < found["points"] <= found["trials"]
    assert found["left"] > 0, "more than the budget allowed"
    return found


def test_a_budget_behind_a_socket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind a socket as many points are tried as the budget allows, of all kinds in turn; a line repeats one."""
    with served(tmp_path / "s", lambda: SimChip(mini())) as url:
        found = told(capsys, "mini", url, "reset,error,dropped-write,bit-flip,late")
        assert found["not_judged"] == ["registers", "times to recover", "writes to blocks that are well"]
        assert {cell["kind"] for cell in found["cells"]} > {"reset", "error"}
        assert main(["faults", "mini", "--on", url, "--replay", "bring-up:0:error@4-"]) == 0


@WITH_QEMU
def test_a_budget_on_qemu(capsys: pytest.CaptureFixture[str]) -> None:
    """On QEMU's sifive_u, whose models nobody here wrote, the points that a budget allows are come through."""
    found = told(capsys, "sifive_u", "qemu:sifive_u", "reset,error,late")
    assert found["limit_s"] > 0
    assert "rules of the hardware" in found["not_judged"]


def test_a_fault_is_shown_among_the_batches_of_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a target a replay shows the batches around the fault, what became of the access that it struck just before
    its batch, and with an option all of them."""
    with served(tmp_path / "s", lambda: SimChip(mini())) as url:
        words = ["faults", "mini", "--on", url, "--replay", "bring-up:0:error@40-"]
        assert main(words) == 0
        some = capsys.readouterr().out.splitlines()[1:]
        assert main([*words, "--all-accesses"]) == 0
        every = capsys.readouterr().out.splitlines()[1:]

    (at,) = [number for number, line in enumerate(some) if line.startswith("  ---- error@40-: ")]
    assert some[at].endswith(", not done, answered with an error")
    assert 0 < at < len(some) - 1
    behind = some[at + 1 : at + 9]
    assert any("answered with an error; it was not done" in line for line in behind), behind
    assert len(some) < len(every)
    assert set(some) <= set(every)


def test_what_nobody_can_judge_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a target that is not our own simulation registers, times and writes to what is well are not judged, and rules
    only where it tells them, which the screen says; of our own all is judged."""
    words = ["--faults", "late", "--points", "seeded:1"]
    with served(tmp_path / "s", lambda: SimChip(mini())) as url:
        assert main(["faults", "mini", "--on", url, *words]) == 0
    said = "not judged on this target: registers, times to recover, writes to blocks that are well\n"
    assert said in capsys.readouterr().out
    assert main(["faults", "mini", "--workload", "in-service", *words]) == 0
    assert "not judged" not in capsys.readouterr().out
    for judges in (False, True):
        found = unjudged(Ran(judges=judges), Site(Firmware(mini), 0, "unix:s", workload=False, up=False))
        assert ("rules of the hardware" in found) is not judges
