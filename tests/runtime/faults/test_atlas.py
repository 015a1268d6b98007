"""The claim of the whole: atlas' controller may be reset before and after every access of its bring-up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blocks.chip import load_chip
from runtime.cli.main import main
from transports.faulty.kinds import Kind


def test_atlas_comes_up_whenever_its_controller_is_reset(capsys: pytest.CaptureFixture[str]) -> None:
    """`firstlight faults atlas` tries all accesses before and after, of each of its types; none fails, none is left."""
    assert main(["faults", "atlas", "--faults", "reset", "--points", "exhaustive", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)

    assert told["points"] == 2 * told["accesses"] > 100_000
    assert (told["verdict"], told["failures"], told["differed"], told["left"]) == ("passed", 0, 0, 0)
    assert told["points_per_cpu_hour"] > 0
    types = {one.type for one in load_chip("atlas").instances.values()}
    assert {cell["type"] for cell in told["cells"] if cell["kind"] == Kind.RESET} == types
