"""The chip of the aggregators' tests: interrupt lines on two levels."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blocks.chip import Chip, load_chip
from registers.compile import compile_rdl
from registers.image import pack

ROOT = Path(__file__).parents[2]
TREE = ROOT / "tests" / "blocks" / "aggregator"


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "tree.image").write_bytes(pack(compile_rdl(TREE / "tree.rdl", include=[ROOT / "blocks"])))
    return load_chip(Path(shutil.copy(TREE / "tree.toml", folder)))
