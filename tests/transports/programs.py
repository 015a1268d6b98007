"""Operations of every kind, and a strategy that draws any: what the tests of programs and of the engines run."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from transports.batch import (
    WIDTHS,
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
    ones,
)
from transports.native import ENGINE, ENGINE_REASON

BASE, SIZE = 0x1000, 64

needs_engine = pytest.mark.skipif(ENGINE != "c", reason=f"the engine in C is not used: {ENGINE_REASON}")

EVERY: list[Operation] = [
    Read(BASE, width=1),
    Write(BASE + 2, 5, width=2),
    Modify(BASE + 4, mask=1, value=1),
    Check(BASE + 8, mask=1, value=0, width=8),
    Delay(0.5),
    Poll(BASE + 16, mask=1, value=0, timeout_s=1.0),
    ReadBurst(BASE + 20, 3),
    Fence(),
    WriteBurst(BASE + 32, (1, 2, 3), stride=8),
    ReadBurst(BASE, 2, stride=0, width=8),
    WriteBurst(BASE + 1, (1, 2), stride=0, width=1),
]


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """Draw any operation that is about the window, sometimes past its end."""
    width = draw(st.sampled_from(WIDTHS))
    address = BASE + draw(st.integers(0, SIZE // width)) * width
    word = draw(st.integers(0, ones(width)))
    mask = draw(st.integers(0, ones(width))) & draw(st.integers(0, ones(width)))
    stride = draw(st.sampled_from([None, 0, width, 2 * width]))
    values = draw(st.lists(st.integers(0, ones(width)), max_size=4))
    kinds: list[Operation] = [
        Read(address, width=width),
        Write(address, word, width=width),
        Write(address, word, width=width, strobes=draw(st.integers(1, (1 << width) - 1))),
        Modify(address, mask=mask, value=word & mask, width=width),
        Check(address, mask=mask, value=word & mask, width=width),
        Check(address, mask=0, value=0, width=width),
        Poll(address, mask=mask, value=word & mask, timeout_s=0.001, width=width),
        ReadBurst(address, len(values), width=width, stride=stride),
        WriteBurst(address, values, width=width, stride=stride),
        Delay(0.001),
        Fence(),
    ]
    return draw(st.sampled_from(kinds))
