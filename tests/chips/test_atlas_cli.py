"""The command on Atlas, as a user types it: what it prints, the files it leaves, and a chip that is not well."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from blocks.chip import load_chip
from tests.chips.atlas_process import BLOCKS, ended, living, start

CHIP = load_chip("atlas")
KINDS = ("timeline", "trace", "html", "record")

# block: what is the matter with it; register that says so; what was wanted of it
NOT_UP = {
    "die[0].channel[1][3]": ("never_trains=true", "PHASE[2].STATUS", "failed=0x0"),
    "die[1].dma[2][1]": ("hung=true", "STATUS", "ready=0x1"),
}
# block: what is the matter with it; what it counts as
LESS = {"die[1].pcie[0]": ("lanes=4", "degraded"), "die[0].channel[0][0]": ("bad_lane=5", "up")}


def test_the_command_brings_a_real_chip_up() -> None:
    """At least 300 blocks of at least 11 types are all up, no rule broken, in 1.02 of the critical path."""
    (atlas,) = (row for row in ended(start("chips", "--json")) if row["chip"] == "atlas")
    found = ended(start("up", "atlas", "--clock", "virtual", "--json"))
    assert found["types"] == len(atlas["types"]) >= 11
    assert found["up"] == found["blocks"] == atlas["blocks"] >= 300
    assert (found["verdict"], found["violations"], found["violated"]) == ("up", 0, [])
    assert (found["failed"], found["degraded"], found["waiting"], found["lost"]) == ([], [], [], None)
    assert found["critical_path_s"] > 0.02
    assert found["critical_path_s"] <= found["elapsed_s"] <= 1.02 * found["critical_path_s"]


def test_all_files_at_once_and_the_recording_runs_again(tmp_path: Path) -> None:
    """All four files tell of every block; on the recording the same run has the same trace, access for access."""
    files = {kind: tmp_path / f"out.{kind}" for kind in KINDS}
    words = [word for kind, path in files.items() for word in (f"--{kind}", str(path))]
    then = ended(start("up", "atlas", "--clock", "virtual", "--seed", "3", "--json", *words))
    assert then["up"] == BLOCKS
    assert sorted(tmp_path.iterdir()) == sorted(files.values())
    page, timeline = (files[kind].read_text(encoding="utf-8") for kind in ("html", "timeline"))
    for drawn in (page, timeline):
        assert ElementTree.fromstring(drawn).tag.endswith(("html", "svg"))
        assert [name for name in CHIP.instances if name not in drawn] == []
    events = json.loads(files["trace"].read_bytes())["traceEvents"]
    assert {event["args"]["name"] for event in events if event["name"] == "thread_name"} >= set(CHIP.instances)
    again = ended(start("up", "atlas", "--on", f"recorded:{files['record']}", "--seed", "3", "--json"))
    assert (again["up"], again["lost"], again["trace_hash"]) == (BLOCKS, None, then["trace_hash"])
    assert (again["reads"], again["writes"]) == (then["reads"], then["writes"])


def test_a_chip_that_is_not_well_is_told_truly_over_a_socket(tmp_path: Path) -> None:
    """A dead channel, a hung block, a narrow link and a repaired lane are told as such, and all else is up."""
    ills = {name: ill for name, (ill, *_) in [*NOT_UP.items(), *LESS.items()]}
    words = [word for name, ill in ills.items() for word in ("--set", f"{name}.{ill}")]
    with living(tmp_path, *words) as atlas:
        found = atlas.up(status=1)
        seen = atlas.end()
    told = {fault["block"]: fault for fault in found["failed"]}
    assert {name: (fault["check"], fault["wanted"]) for name, fault in told.items()} == {
        name: (register, wanted) for name, (_, register, wanted) in NOT_UP.items()
    }
    assert all(fault["last"] and fault["rung"] and fault["accesses"] for fault in told.values())
    assert {less["block"]: less["counts_as"] for less in found["degraded"]} == {
        name: counts_as for name, (_, counts_as) in LESS.items()
    }
    assert (found["verdict"], found["up"], found["waiting"], found["lost"]) == (
        "failed",
        BLOCKS - len(NOT_UP),
        [],
        None,
    )
    assert found["violated"] == seen["violations"] == []
