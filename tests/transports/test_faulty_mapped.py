"""Faults around a BAR: the transport of docs/adding-a-transport.md, over a file that the system maps twice.

The other mapping is the device's end: what it holds is what arrived.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import anyio
import pytest
from attrs import define, evolve

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from tests.test_tutorials import TRANSPORT, File, steps
from transports.base import Transport
from transports.batch import Batch, Check, Modify, Operation, Poll, Read, ReadBurst, Results, Write, WriteBurst
from transports.conformance import check_transport
from transports.faulty import FaultyTransport, Kind, Manner, Shot, faulty
from transports.faulty.kinds import OF_INTERRUPTS, TWO_SIDED

BASE, SIZE = 0x10000, 0x400  # mini.rdl scratch
PAGE = 0x1000
MANNER = Manner(answer_s=2e-3, late_s=1e-3, down_s=5e-3)
REFUSED = OF_INTERRUPTS | {Kind.DEVICE}
ASKED: list[list[Operation]] = [
    [Write(BASE, 5), Read(BASE), Check(BASE, mask=0xF, value=5), Modify(BASE, mask=3, value=2)],
    [WriteBurst(BASE + 8, (1, 2, 3)), ReadBurst(BASE, 5), Poll(BASE + 8, mask=1, value=1, timeout_s=1e-3)],
    [Write(BASE + 16, 9), Read(BASE + 16), Write(BASE + 4, 7)],
]
ACCESSES = 5 + 9 + 3
MINI = load_chip("mini")


@define(eq=False)
class Device:
    """A device whose registers are a mapped file.

    Attributes:
        memory: its own end.
        open: opens the other.
    """

    memory: mmap.mmap
    open: Callable[[], Transport]


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    (source,) = [step for step in steps(TRANSPORT.read_text()) if isinstance(step, File) and "_bar.py" in step.path
                 and not step.path.startswith("test_")]  # fmt: skip
    place, resource = tmp_path / source.path, tmp_path / "resource0"
    place.write_text(source.text)
    resource.write_bytes(bytes(PAGE))
    spec = spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    with resource.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        yield Device(memory, lambda: module.BarTransport(resource, BASE))


def on_chip() -> tuple[Transport, SimChip]:
    """Return memory of a simulated chip that is as large, and the chip."""
    chip = SimChip(MINI)
    return SimTransport(chip), chip


def words(memory: mmap.mmap) -> list[int]:
    return [int.from_bytes(memory[at : at + 4], "little") for at in range(0, 32, 4)]


def plain(results: Results) -> tuple[object, ...]:
    """Return what a batch brought, to be compared: the sentence for people is free."""
    error = results.error
    return results.values, None if error is None else evolve(error, reason="")


async def ran(transport: FaultyTransport, asked: Sequence[Sequence[Operation]]) -> list[tuple[object, ...]]:
    found = [plain(await transport.execute(Batch(ops))) for ops in asked]
    return [*found, ("struck", [str(one) for one in transport.struck], transport.missed, transport.zombies)]


def shots() -> Iterator[Shot]:
    """Yield each fault that a BAR can have, at each access, on each side."""
    for kind in sorted(set(Kind) - REFUSED):
        for number in range(1, 1 + ACCESSES):
            yield from (Shot(kind, number, after) for after in ((False, True) if kind in TWO_SIDED else (False,)))


def in_pairs(address: int, width: int) -> bool:
    """Say whether an access is of a register of two words: here those at 8 and 12."""
    return width == 4 and BASE + 8 <= address < BASE + 16


async def test_without_shots_a_bar_keeps_the_contract(device: Device) -> None:
    """Around a BAR nothing is changed where no fault strikes: it passes check_transport."""

    async def make() -> Transport:
        return faulty(device.open(), [Shot(Kind.ERROR, 40_000_000)])

    await check_transport(make, base=BASE, size=PAGE, widths=frozenset({4}))


@pytest.mark.parametrize("kind", sorted(set(Kind) - REFUSED))
async def test_faults_of_a_bar_are_those_of_a_simulation(device: Device, kind: Kind, autojump_clock: object) -> None:
    """A fault at each access of some batches brings the same values and errors, and leaves the same words."""
    struck = 0
    for shot in (one for one in shots() if one.kind is kind):
        device.memory[:SIZE] = bytes(SIZE)
        bar = faulty(device.open(), [shot], manner=MANNER, part_of=in_pairs)
        sim, chip = on_chip()
        simulated = faulty(sim, [shot], manner=MANNER, part_of=in_pairs)

        came = await ran(bar, ASKED)

        assert came == await ran(simulated, ASKED), shot
        assert words(device.memory) == [chip.read(BASE + at, 4) for at in range(0, 32, 4)], shot
        assert bar.count == simulated.count
        struck += len(bar.struck)
        await bar.aclose()
        await simulated.aclose()
    assert struck > 0


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_a_bar_cannot_have_is_refused(device: Device, kind: Kind) -> None:
    """A BAR resets nothing and brings no interrupts: such a fault is refused, and told what it takes."""
    with pytest.raises(ValueError, match=r"BarTransport (cannot reset its device|brings no interrupts); expected a"):
        faulty(device.open(), [Shot(kind, 1)])


def test_a_bar_of_words_tears_nothing_by_itself(device: Device) -> None:
    """Where no access is wider than a word a torn write is refused, unless somebody says which are parts of one."""
    with pytest.raises(ValueError, match=r"BarTransport has widths \[4\]; expected 8 and half of that, or strobes"):
        faulty(device.open(), [Shot(Kind.TORN, 1)])
    assert faulty(device.open(), [Shot(Kind.TORN, 1)], part_of=in_pairs).missed == []


async def test_nothing_of_a_controller_that_was_reset_lands(device: Device) -> None:
    """Once the controller was reset, whatever it sends is counted and does not reach the device's end."""
    bar = faulty(device.open(), [Shot(Kind.RESET, 2)])
    with anyio.CancelScope() as life:
        bar.when_reset(life.cancel)
        await bar.execute(Batch([Write(BASE, 1), Write(BASE + 4, 2)]))
    assert life.cancelled_caught
    await bar.execute(Batch([WriteBurst(BASE + 8, (1, 2, 3))]))
    assert words(device.memory) == [1] + 7 * [0]
    assert bar.zombies == 3
