"""What proves that a block has been in service: a rung that holds neither at reset nor by the hardware's own doing."""

from __future__ import annotations

import pytest

from blocks.chip import load_chip
from blocks.ladder import Ladder
from runtime.witness import witness


@pytest.mark.parametrize(
    ("chip", "block", "rung"),
    [
        ("mini", "pll[0]", "watched"),
        ("mini", "fabric_crg", "watched"),
        ("sifive_u", "prci", "driving"),  # not `locked`: that is the hardware's doing
        ("sifive_u", "uart0", "heard"),
        ("sifive_u", "spi0", "programmed"),  # all above it holds at reset too
        ("sifive_u", "gpio", "directed"),
    ],
)
def test_the_highest_rung_that_was_acted_on_is_the_witness(chip: str, block: str, rung: str) -> None:
    """The witness is the rung whose act a bring-up from reset does last."""
    ladder = load_chip(chip).instances[block].block.up()
    found = witness(ladder)
    assert found is not None
    assert ladder[found].name == rung


def test_a_ladder_that_proves_nothing_has_none() -> None:
    """Without a rung that differs from reset, no look tells whether a block was in service."""
    assert witness(Ladder()) is None
    ladder = load_chip("mini").instances["pll[0]"].block.up()
    assert witness(Ladder(*(rung for rung in ladder if rung.name in ("identified", "healthy", "locked")))) is None
