"""The contract's check on registers that stand apart, none of them storage: what passes, and what is caught."""

from __future__ import annotations

import anyio
import pytest
from attrs import define, field

from transports.base import Capabilities, Transport
from transports.batch import Batch, Delay, Fence, Results, Write, ones
from transports.conformance import check_transport
from transports.engine import Region, run
from transports.errors import Denied, DeviceLost

BASE, SIZE, SPACING = 0x1000, 0x400, 16
WORD = 0x8877_6655_4433_2211


@define
class Apart:
    """Registers of 8 bytes, each of which reads the same at any time; what is written to one is gone.

    Attributes:
        between: it answers between its registers, too.
        high_first: a narrow read gives the last bytes of a register.
        denies: writes are refused.
    """

    between: bool = False
    high_first: bool = False
    denies: bool = False
    lengths: list[int] = field(factory=list[int])
    closed: bool = False
    capabilities: Capabilities = field(factory=Capabilities)
    _turn: anyio.Lock = field(factory=anyio.Lock)

    def read(self, address: int, width: int) -> int:
        return (WORD >> 8 * (8 - width) if self.high_first else WORD) & ones(width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        pass

    async def execute(self, batch: Batch) -> Results:
        self.lengths.append(len(batch))
        await anyio.lowlevel.checkpoint()
        if self.closed:
            return Results((), DeviceLost("closed"))
        for index, op in enumerate(batch):
            assert self.denies or not isinstance(op, Write) or op.address >= BASE + SIZE, "a write was tried"
            if not isinstance(op, (Delay, Fence)) and op.address % SPACING and not self.between:
                return Results((), Denied("no register", index=index, address=op.address))
        async with self._turn:
            return await run(batch, self, Region(BASE, SIZE, writable=not self.denies))

    async def aclose(self) -> None:
        self.closed = True


async def apart(device: Apart, *, writable: bool | None = None) -> None:
    """Check a transport."""

    async def make() -> Transport:
        device.closed = False
        return device

    await check_transport(make, base=BASE, size=SIZE, writable=writable, spacing=SPACING)


async def test_registers_that_stand_apart(autojump_clock: object) -> None:
    """Registers apart pass, writes being neither made nor refused, with batches of hundreds."""
    device = Apart()
    await apart(device)
    assert max(device.lengths) == 300


async def test_a_refusal_is_wanted_where_it_was_said(autojump_clock: object) -> None:
    """Registers that may only be read must refuse what would write them."""
    await apart(Apart(denies=True), writable=False)
    with pytest.raises(AssertionError, match="a write was tried"):
        await apart(Apart(), writable=False)


@pytest.mark.parametrize(
    ("device", "law"), [(Apart(between=True), "guards_first"), (Apart(high_first=True), "bytes_in_order")]
)
async def test_registers_apart_can_be_broken(device: Apart, law: str, autojump_clock: object) -> None:
    """Answers between registers, and a narrow read that does not begin at the first byte, are caught."""
    with pytest.raises(AssertionError, match=f"^{law}: "):
        await apart(device)


@pytest.mark.parametrize(("spacing", "writable"), [(4, None), (12, None), (128, None), (16, True)])
async def test_registers_apart_are_as_described(spacing: int, writable: bool | None) -> None:
    """Registers too close, unaligned, too few, or to be written as storage are a ValueError before any is opened."""

    async def make() -> Transport:
        raise AssertionError("opened")

    with pytest.raises(ValueError, match=f"not 1024 bytes with spacing {spacing}, writable {writable}"):
        await check_transport(make, base=BASE, size=SIZE, writable=writable, spacing=spacing)
