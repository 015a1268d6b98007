"""What is refused or asked about before anything is sent."""

from __future__ import annotations

import pytest

from registers.access import UnsafeAccess, modify
from registers.danger import read_dangers, write_dangers
from registers.handles import Memory
from registers.schema import Child, FieldType, GroupType, MemoryType, Ref, RegisterType, Step
from registers.semantics import OnRead, OnWrite, Sw

LOCK = Ref(1, (Step("LOCK"), Step("closed")))


def a_block(*fields: FieldType) -> tuple[GroupType, RegisterType, RegisterType]:
    """Return a block of one register of these fields and one with a lock."""
    main = RegisterType(name="MAIN", width=4, access=4, fields=fields)
    lock = RegisterType(name="LOCK", width=4, access=4, fields=(FieldType(name="closed", lsb=0, width=1),))
    children = (Child(name="MAIN", type=main, offset=0), Child(name="LOCK", type=lock, offset=4))
    return GroupType(name="block", kind="addrmap", size=8, children=children), main, lock


@pytest.mark.parametrize(
    ("f", "part"),
    [
        (FieldType(name="f", lsb=0, width=1, sw=Sw.RW1), "one write after a reset"),
        (FieldType(name="f", lsb=0, width=1, sw=Sw.W1), "one write after a reset"),
        (FieldType(name="f", lsb=0, width=1, onwrite=OnWrite.WCLR), "any value"),
        (FieldType(name="f", lsb=0, width=1, onwrite=OnWrite.WSET), "any value"),
        (FieldType(name="f", lsb=0, width=1, singlepulse=True), "starts something"),
    ],
)
def test_what_nothing_takes_back_is_asked_about(f: FieldType, part: str) -> None:
    """A write that spends, clears, sets or starts something is dangerous; one of plain storage is not."""
    block, main, _ = a_block(f, FieldType(name="plain", lsb=8, width=8))

    (reason,) = write_dangers(block, main, {"f": 1, "plain": 0})
    assert part in reason
    assert write_dangers(block, main, {"plain": 1}) == []


def test_a_pulse_of_zero_starts_nothing() -> None:
    """0 is what does nothing to a singlepulse field, so nobody is asked about it."""
    block, main, _ = a_block(FieldType(name="f", lsb=0, width=1, singlepulse=True))

    assert write_dangers(block, main, {"f": 0}) == []


def test_a_description_may_warn_itself() -> None:
    """A field with the property `danger` is asked about, with `danger_bits` only when one of those is set."""
    always = FieldType(name="always", lsb=0, width=8, properties={"danger": "the board falls"})
    some = FieldType(name="some", lsb=8, width=8, properties={"danger": "the board falls", "danger_bits": 0x40})
    block, main, _ = a_block(always, some)

    assert write_dangers(block, main, {"always": 0}) == ["always: the board falls"]
    assert write_dangers(block, main, {"some": 0xC0}) == ["some: the board falls"]
    assert write_dangers(block, main, {"some": 0xBF}) == []


@pytest.mark.parametrize("gate", ["swwe", "swwel"])
def test_a_lock_is_asked_about(gate: str) -> None:
    """A field that gates another's writes is dangerous to write; the field it gates is not."""
    gated = FieldType(name="gated", lsb=0, width=1, swwe=LOCK if gate == "swwe" else None,
                      swwel=LOCK if gate == "swwel" else None)
    block, main, lock = a_block(gated)

    assert "is a lock" in write_dangers(block, lock, {"closed": 1})[0]
    assert write_dangers(block, main, {"gated": 1}) == []


def test_a_read_that_changes_something_is_asked_about() -> None:
    """A register is dangerous to read when the read changes any of its fields."""
    _, main, lock = a_block(FieldType(name="count", lsb=0, width=8, onread=OnRead.RCLR))

    assert read_dangers(main) == ["a read changes count (rclr)"]
    assert read_dangers(lock) == []


@pytest.mark.parametrize("sw", [Sw.RW1, Sw.W1])
def test_a_modify_spends_no_write_once_sibling(sw: Sw) -> None:
    """A modify beside a write-once field is refused: what it writes back would be the one write that counts."""
    once = FieldType(name="once", lsb=0, width=1, sw=sw)
    _, main, _ = a_block(once, FieldType(name="plain", lsb=8, width=8))

    with pytest.raises(UnsafeAccess, match="once"):
        modify(main, 0, "MAIN", {"plain": 1}, int)


def test_a_memory_word_holds_its_own_bits() -> None:
    """A memory of 24-bit words takes no more than that, and says which word was too large."""
    narrow = MemoryType(name="mem", entries=4, width=4, properties={"memwidth": 24})
    memory = Memory(narrow, 0, "mem")

    assert memory.write(1, (0xFFFFFF,)).values == (0xFFFFFF,)
    with pytest.raises(ValueError, match=r"mem\[2\]: 0x1000000 is out of range; a word has 24 bits"):
        memory.write(1, (0, 0x1000000))
