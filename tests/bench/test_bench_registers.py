"""The bench of register maps runs, and its shapes are what they are said to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.bench_registers import BLOCK_REGISTERS, Shape, array, large_chip, main, separate
from registers.compile import compile_rdl
from registers.handles import AnyMap, registers_below


def test_a_small_run_measures_every_kind_of_shape(capsys: pytest.CaptureFixture[str]) -> None:
    """Each shape compiles, loads and is used; a row says what each step cost."""
    assert main(["--small", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["registers"] for row in rows] == [92, 9600, 320]
    assert all(row[cost] > 0 for row in rows for cost in row if cost != "name")


def test_the_table_has_a_line_for_each_shape(capsys: pytest.CaptureFixture[str]) -> None:
    """For people the rows are a table."""
    assert main(["--small"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.parametrize(
    ("shape", "distinct"),
    [(array(3), BLOCK_REGISTERS), (separate(3), BLOCK_REGISTERS), (large_chip(40, 92, 4), 40), (large_chip(), 695)],
    ids=["array", "separate", "small chip", "large chip"],
)
def test_a_shape_has_the_registers_that_it_claims(shape: Shape, distinct: int, tmp_path: Path) -> None:
    """Counted one by one, a shape has as many registers as it says, its last one among them."""
    source = tmp_path / "shape.rdl"
    source.write_text(shape.rdl)
    top = AnyMap(compile_rdl(source).root)
    found = list(registers_below(top))
    assert len(found) == shape.registers
    assert shape.last in {register.path for register in found}
    assert len({id(register.register) for register in found}) == distinct
