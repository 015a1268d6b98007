"""Operations in words: block, register and fields by their names."""

from __future__ import annotations

import pytest

from blocks.chip import load_chip
from runtime.describe import Describer
from transports.batch import (
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
    batch,
)
from transports.recorded.difference import difference

CTRL, DIV, STATUS = 0x04, 0x08, 0x14  # of refpll, which stands at 0: pll.rdl


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (Read(STATUS), "read refpll.STATUS"),
        (Write(CTRL, 0x12), "write refpll.CTRL power_down=0x0 bypass=0x1 fractional=0x0 charge_pump=0x1"),
        (Modify(CTRL, mask=3, value=1), "modify refpll.CTRL power_down=0x1 bypass=0x0"),
        (Check(STATUS, mask=1, value=1), "check refpll.STATUS lock=0x1"),
        (Poll(STATUS, mask=1, value=1, timeout_s=0.001), "poll refpll.STATUS lock=0x1 for 0.001 s"),
        (Check(STATUS, mask=0x8000_0000, value=0), "check refpll.STATUS = 0x0"),
        (ReadBurst(CTRL, 2), "read 2 words from refpll.CTRL"),
        (WriteBurst(CTRL, (1, 2)), "write 2 words from refpll.CTRL"),
        (Write(DIV, 0x12, width=1), "write refpll.DIV fbdiv=0x12"),
        (Write(0x0FFF_FFF0, 5), "write 0xffffff0 = 0x5"),
        (Delay(0.5), "delay 0.5 s"),
        (Fence(), "fence"),
    ],
)
def test_an_operation_names_what_it_touches(op: Operation, words: str) -> None:
    """Block, register and the fields that are touched stand in the words, with the values asked for."""
    assert Describer(load_chip("mini"))(op) == words


def test_a_difference_names_the_field() -> None:
    """Two writes that differ are told as block, register and field, expected and got."""
    found = difference(3, batch(Write(DIV, 0x64)), batch(Write(DIV, 0x65)), Describer(load_chip("mini")))
    assert found is not None
    assert "expected write refpll.DIV fbdiv=0x64" in str(found)
    assert "got write refpll.DIV fbdiv=0x65" in str(found)
    assert "bits 0x1" in str(found)
