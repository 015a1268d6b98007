"""The laws of the flight recorder: it tells the last accesses by name, forgets by count, and hashes everything."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import trio
from attrs import evolve

from blocks.chip import load_chip
from registers.handles import AnyMap, registers_below
from registers.schema import Child, FieldType, GroupType, RegisterType
from runtime.clock import VirtualClock
from runtime.places import Places
from runtime.recorder import ACCESSES_MAX, BATCHES_MAX, Recorder
from transports.batch import (
    Batch,
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
from transports.bus import Bus
from transports.memory import MemoryTransport

NOWHERE = Places([])


def recorded(*batches: Batch, owner: str = "a", places: Places = NOWHERE, late_s: float = 0.0) -> Recorder:
    """Run batches on memory and return what a recorder kept of them."""
    recorder = Recorder()

    async def main() -> None:
        await trio.sleep(late_s)
        bus = Bus(MemoryTransport(0x4000))
        recorder.watch(bus, places)
        for one in batches:
            await bus.submit(one, owner=owner)

    trio.run(main, clock=VirtualClock())
    return recorder


def test_evidence_is_in_words() -> None:
    """Every kind of operation is told with its verb, place, value, mask and count, and the one that failed with why."""
    recorder = recorded(
        batch(Write(0x10, 5), Modify(0x10, 0xF0, 0x20), Read(0x10), Delay(1e-3), Fence()),
        batch(WriteBurst(0x20, (1, 2, 3)), ReadBurst(0x20, 3), Poll(0x10, 0xF, 5, timeout_s=1)),
        batch(Check(0x10, 0xF, 6), Write(0x10, 9)),
        batch(Read(0x8000)),
    )
    assert [str(access) for access in recorder.last("a")] == [
        "0.001000000 write 0x10 0x5",
        "0.001000000 modify 0x10 0x20 under 0xf0",
        "0.001000000 read 0x10 0x25",
        "0.001000000 delay ",
        "0.001000000 fence ",
        "0.001000000 write 0x20 0x1 and 2 more",
        "0.001000000 read 0x20 0x1 and 2 more",
        "0.001000000 poll 0x10 0x25 wanted 0x5 under 0xf",
        "0.001000000 check 0x10 0x25 wanted 0x6 under 0xf: CheckFailed",
        "0.001000000 read 0x8000: Denied",
    ]
    assert recorder.forgotten("a") == 0
    assert recorder.last("b") == ()


def test_what_is_forgotten_is_counted() -> None:
    """However many accesses a block makes, the last 32 are told, and the others are counted exactly."""
    recorder = recorded(*(batch(Read(4 * n)) for n in range(100)))
    assert [access.place for access in recorder.last("a")] == [f"{4 * n:#x}" for n in range(100 - ACCESSES_MAX, 100)]
    assert recorder.forgotten("a") == 100 - ACCESSES_MAX
    long = recorded(Batch(Read(4 * n) for n in range(1000)), batch(Read(0)))
    told = [access.place for access in long.last("a")]
    assert told == [*(f"{4 * n:#x}" for n in range(1001 - ACCESSES_MAX, 1000)), "0x0"]
    assert long.forgotten("a") == 1001 - ACCESSES_MAX


def test_the_memory_of_a_recorder_is_bounded() -> None:
    """Of what moved much only some words are left behind: the rest can be freed."""
    upload = WriteBurst(0, tuple(range(4000)))
    recorder = recorded(*[batch(upload)] * (BATCHES_MAX + 8))
    gone = weakref.ref(upload)
    del upload
    gc.collect()
    assert gone() is None
    last = recorder.last("a")
    assert len(last) == BATCHES_MAX
    assert recorder.forgotten("a") == 8
    assert {(access.verb, access.count, access.value) for access in last} == {("write", 4000, 0)}
    begins = Read(0)
    long = recorded(Batch([begins, *[Read(4)] * 999]))
    forgotten = weakref.ref(begins)
    del begins
    gc.collect()
    assert forgotten() is None
    assert [access.place for access in long.last("a")] == ["0x4"] * ACCESSES_MAX
    assert long.forgotten("a") == 1000 - ACCESSES_MAX


def test_of_a_long_batch_that_stopped_the_last_accesses_are_told() -> None:
    """The end of what a long batch did is where it stopped, the access that stopped it included."""
    stopped = recorded(Batch([*(Read(4 * n) for n in range(40)), Check(0, 1, 1), *[Read(0x100)] * 40]))
    told = stopped.last("a")
    assert [access.place for access in told] == [*(f"{4 * n:#x}" for n in range(41 - ACCESSES_MAX, 40)), "0x0"]
    assert [access.error for access in told if access.error] == ["CheckFailed"]
    assert stopped.forgotten("a") == 41 - ACCESSES_MAX


def test_each_block_has_its_own_past() -> None:
    """A busy block does not push out what another one did."""
    recorder = Recorder()

    async def main() -> None:
        bus = Bus(MemoryTransport(0x1000))
        recorder.watch(bus, NOWHERE)
        await bus.submit(batch(Read(0x10)), owner="quiet")
        for _ in range(200):
            await bus.submit(batch(Read(0)), owner="busy")

    trio.run(main)
    assert [access.place for access in recorder.last("quiet")] == ["0x10"]


def operations() -> list[Operation]:
    return [
        Read(0x10), Write(0x10, 1), Modify(0x10, 3, 1), Check(0x10, 1, 1), Poll(0x10, 1, 1, timeout_s=1.0),
        ReadBurst(0x10, 2), WriteBurst(0x10, (1, 2)), Delay(1e-3), Fence(),
    ]  # fmt: skip


def test_the_hash_tells_everything_apart() -> None:
    """The same accesses give the same hash; another operation, value, address, width, owner, time or order another."""
    plain = recorded(Batch(operations())).trace_hash
    assert plain == recorded(Batch(operations())).trace_hash
    others = [
        recorded(Batch(operations()), owner="b").trace_hash,
        recorded(Batch(operations()), late_s=1e-9).trace_hash,
        recorded(*(batch(op) for op in operations())).trace_hash,
        recorded(Batch(reversed(operations()))).trace_hash,
    ]
    changes: list[dict[str, Any]] = [
        {"address": 0x18}, {"value": 0}, {"width": 8}, {"mask": 0x11}, {"timeout_s": 2.0}, {"count": 3},
        {"values": (1, 3)}, {"seconds": 2e-3},
    ]  # fmt: skip
    for index, op in enumerate(operations()):
        for change in changes:
            if all(hasattr(op, name) for name in change):
                changed = operations()
                changed[index] = evolve(op, **change)
                others.append(recorded(Batch(changed)).trace_hash)
    assert len(others) > 25
    assert len({plain, *others}) == 1 + len(others)


def test_every_register_of_a_chip_has_its_name() -> None:
    """Each register of each block is found by its address, in arrays and register files too; elsewhere is a number."""
    for name in ("mini", "sifive_u"):
        chip = load_chip(name)
        places = Places((i.name, i.block.regs) for i in chip.instances.values() if i.behind is None)
        for instance in chip.instances.values():
            if instance.behind is not None:
                continue
            regs = instance.block.regs
            seen: set[int] = set()
            for register in registers_below(AnyMap(regs.type, regs.address)):
                if register.address not in seen:
                    assert places.name(register.address) == f"{instance.name}.{register.path}"
                seen.add(register.address)
                if register.register.width == 8:
                    assert places.name(register.address + 4) == f"{instance.name}.{register.path}+4"
        assert places.name(0xFFFF_FFF0) == "0xfffffff0"


def test_between_registers_there_is_no_name() -> None:
    """In the gaps of an array, before the first block and behind the last, an address is only a number."""
    word = RegisterType(name="W", width=4, access=4, fields=(FieldType(name="v", lsb=0, width=32),))
    lane = GroupType(name="lane", kind="regfile", size=8, children=(Child(name="W", type=word, offset=4),))
    lanes = Child(name="LANE", type=lane, offset=0, dimensions=(2, 2), stride=16)
    spread = Child(name="R", type=word, offset=64, dimensions=(2,), stride=8)
    group = GroupType(name="phy", kind="addrmap", size=80, children=(lanes, spread))
    places = Places([("phy", AnyMap(group, 0x100))])
    named = {address: places.name(address) for address in range(0xF0, 0x180, 4)}
    assert {address: name for address, name in named.items() if name != f"{address:#x}"} == {
        0x104: "phy.LANE[0][0].W", 0x114: "phy.LANE[0][1].W", 0x124: "phy.LANE[1][0].W", 0x134: "phy.LANE[1][1].W",
        0x140: "phy.R[0]", 0x148: "phy.R[1]",
    }  # fmt: skip


def test_no_name_is_looked_up_until_somebody_asks() -> None:
    """Recording costs no look at the register map; only evidence that is read does."""
    asked: list[int] = []

    class Loud(Places):
        def name(self, address: int) -> str:
            asked.append(address)
            return super().name(address)

    recorder = recorded(*(batch(Read(4 * n)) for n in range(100)), places=Loud([]))
    assert asked == []
    assert len(recorder.last("a")) == len(asked) > 0
