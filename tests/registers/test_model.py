"""The register file, from both sides."""

from __future__ import annotations

import pytest

from registers.model import Misuse, RegisterFile, Written
from registers.schema import Child, FieldType, GroupType, RegisterType
from registers.semantics import OnWrite, Sw
from transports.errors import BusFault


def _map() -> GroupType:
    ctrl = RegisterType(
        name="CTRL",
        width=4,
        access=4,
        fields=(
            FieldType(name="power_down", lsb=0, width=1, reset=1),
            FieldType(name="start", lsb=1, width=1, reset=0, singlepulse=True),
            FieldType(name="divider", lsb=8, width=8, reset=0x12),
        ),
    )
    status = RegisterType(
        name="STATUS",
        width=4,
        access=4,
        fields=(
            FieldType(name="lock", lsb=0, width=1, sw=Sw.R, reset=0),
            FieldType(name="lost", lsb=1, width=1, onwrite=OnWrite.WOCLR, reset=0),
        ),
    )
    return GroupType(
        name="top",
        kind="addrmap",
        size=0x100,
        children=(
            Child(name="CTRL", type=ctrl, offset=0, dimensions=(4,), stride=0x10),
            Child(name="STATUS", type=status, offset=0x80),
        ),
    )


def test_write_reaches_its_instance_alone() -> None:
    """A write changes the element that was addressed; every other stands at reset."""
    file = RegisterFile(_map())
    file.write(0x20, 0x3400)
    assert [file.read(0x10 * i) for i in range(4)] == [0x1201, 0x1201, 0x3400, 0x1201]
    assert file.field("CTRL[2].divider").value == 0x34


def test_hook_sees_the_pulse_that_reads_back_as_zero() -> None:
    """A singlepulse field reads 0 and its pulse reaches the hook of the write."""
    file, seen = RegisterFile(_map()), list[Written]()
    file.on_write("CTRL[0].start", seen.append)
    file.write(0, 0x3)
    assert file.read(0) == 0x0001
    assert [event.pulsed("start") for event in seen] == [True]


def test_power_on_reset_restores_every_field() -> None:
    """After a power-on reset each field with a reset value holds it."""
    file = RegisterFile(_map())
    file.write(0x30, 0)
    file.reset()
    assert file.read(0x30) == 0x1201


@pytest.mark.parametrize(("offset", "width", "rule"), [(0x90, 4, "hole"), (0x82, 4, "width"), (0x80, 2, "width")])
def test_bad_access_faults_and_is_reported(offset: int, width: int, rule: str) -> None:
    """An access to a hole, or not of the register's width, is a bus fault and a misuse."""
    file, seen = RegisterFile(_map()), list[Misuse]()
    file.watch(seen.append)
    for _ in range(2):
        with pytest.raises(BusFault):
            file.read(offset, width)
        with pytest.raises(BusFault):
            file.write(offset, 0xFF, width)
        file.field("STATUS.lost").force(1)
    assert [misuse.rule for misuse in seen] == 4 * [rule]
    assert file.read(0x80) == 2


def test_a_value_wider_than_the_access_is_refused() -> None:
    """A written value that does not fit the access, or a strobe outside of it, is a ValueError and writes nothing."""
    file = RegisterFile(_map())
    for value, strobes in ((1 << 32, None), (-1, None), (0, 0), (0, 16)):
        with pytest.raises(ValueError, match="fit 4 bytes"):
            file.write(0, value, strobes=strobes)
    assert file.read(0) == 0x1201
