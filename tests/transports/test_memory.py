"""Memory as a device passes the contract's own check, under both event loops."""

from __future__ import annotations

import anyio
import pytest

from transports.base import Transport
from transports.batch import Delay, Read, Results, Write, batch
from transports.conformance import check_transport
from transports.errors import Denied, DeviceLost
from transports.memory import SIZE_BYTES, MemoryTransport, open_memory
from transports.open import Target


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
@pytest.mark.parametrize("base", [0, 0x8000_0000])
def test_memory_keeps_the_contract(backend: str, base: int) -> None:
    """MemoryTransport passes check_transport under trio and asyncio, at address 0 and elsewhere."""

    async def make() -> Transport:
        return MemoryTransport(0x1000, base)

    async def main() -> None:
        await check_transport(make, base=base, size=0x1000)

    anyio.run(main, backend=backend)


async def test_read_only_memory_keeps_the_contract(autojump_clock: object) -> None:
    """Over bytes that may not be written, the laws of reading hold and writes are refused."""

    async def make() -> Transport:
        return MemoryTransport(bytes(range(256)) * 2, 0x1000)

    await check_transport(make, base=0x1000, size=512, writable=False)


async def test_memory_is_the_callers_memory() -> None:
    """A word that is written stands in the bytes that were given, little end first, and the other way round."""
    memory = bytearray(16)
    transport = MemoryTransport(memory, 0x100)
    await transport.execute(batch(Write(0x104, 0x0403_0201)))
    assert memory == b"\0\0\0\0\1\2\3\4" + bytes(8)
    memory[8] = 7
    assert (await transport.execute(batch(Read(0x108, width=8)))).values == (7,)


@pytest.mark.parametrize(
    ("rest", "first", "last"),
    [
        ("", 0, SIZE_BYTES - 4),
        ("64", 0, 60),
        ("0x40@0x8000_0000".replace("_", ""), 0x8000_0000, 0x8000_003C),
        ("@16", 16, 16 + SIZE_BYTES - 4),
    ],
)
async def test_memory_url_gives_size_and_base(rest: str, first: int, last: int) -> None:
    """memory:[SIZE][@BASE] opens SIZE bytes at BASE and not one more."""
    transport = await open_memory(Target.parse(f"memory:{rest}"))
    assert (await transport.execute(batch(Read(first), Read(last)))).values == (0, 0)
    assert isinstance((await transport.execute(batch(Read(last + 4)))).error, Denied)


@pytest.mark.parametrize("rest", ["x", "1@", "12", "0", "64@4", "-8", "8@8@8", "0x"])
async def test_memory_url_that_means_nothing_is_refused(rest: str) -> None:
    """A size or base that is no number, or no multiple of 8, is a ValueError that names the URL."""
    with pytest.raises(ValueError, match=f"memory:{rest}"):
        await open_memory(Target.parse(f"memory:{rest}"))


async def test_closing_ends_a_batch_that_waits(autojump_clock: object) -> None:
    """A batch that waits while the memory is closed finds the device lost at its next access; what it did stands."""
    transport = MemoryTransport(16)
    results: list[Results] = []

    async def wait() -> None:
        results.append(await transport.execute(batch(Write(0, 1), Delay(10.0), Read(0), Read(4))))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.sleep(1)
        await transport.aclose()
    assert results[0].values == (None, None)
    assert results[0].error == DeviceLost("the window is closed", address=0, index=2)
