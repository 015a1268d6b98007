"""The bench of typed operations measures every step for every verb that has it."""

from __future__ import annotations

import json

import pytest

from bench import bench_typed
from bench.bench_typed import VERBS


def test_a_small_run_has_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row has each verb, but for what only writes have; every cost is above 0."""
    assert bench_typed.main(["--small", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    verbs = {row["name"]: set(row["cost"]) for row in said["rows"]}
    assert len(verbs) >= 12
    for name, has in verbs.items():
        writes = {"write"} if name.startswith("operation, another value") else {"write", "modify"}
        assert has == (writes if "value" in name else set(VERBS)), name
    assert all(cost["median"] > 0 for row in said["rows"] for cost in row["cost"].values())
