"""A reset that stays asserted, against everything that moves a field at a clock."""

from __future__ import annotations

import pytest
from attrs import evolve

from registers.model import RegisterFile
from registers.schema import Child, Counter, FieldType, GroupType, Interrupt, Ref, RegisterType, SignalType, Step
from registers.semantics import Hw

WIRE = Ref(up=1, path=(Step("wire"),), kind="signal")
FIELD = FieldType(name="x", lsb=4, width=1, hw=Hw.RW, reset=0)
DRIVEN = {
    "next": evolve(FIELD, next=WIRE),
    "hwset": evolve(FIELD, hwset=WIRE),
    "counter": evolve(FIELD, counter=Counter(incr=WIRE)),
    "interrupt": evolve(FIELD, intr=Interrupt(), next=WIRE),
}


def _file(f: FieldType) -> RegisterFile:
    """Return a register of the field and of one that no reset of ours reaches."""
    free = evolve(f, name="free", lsb=8, resetsignal=Ref(up=1, path=(Step("other"),), kind="signal"))
    register = RegisterType(name="R", width=4, access=4, fields=(f, free))
    signals = (SignalType(name="wire"), SignalType(name="rst", field_reset=True), SignalType(name="other"))
    children = (Child(name="R", type=register, offset=0),)
    return RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=children, signals=signals))


@pytest.mark.parametrize("how", DRIVEN)
def test_an_asserted_reset_holds_what_the_map_drives(how: str) -> None:
    """A field that follows, is set, counts or latches stays at reset while its reset is asserted; its sibling moves."""
    file = _file(DRIVEN[how])
    file.signal("rst").set(1)
    file.signal("wire").set(1)
    assert (file.field("R.x").value, file.field("R.free").value) == (0, 1)


@pytest.mark.parametrize("software", [True, False])
def test_an_asserted_reset_holds_through_a_cycle(software: bool) -> None:
    """What software or hardware writes in a cycle reaches no field whose reset is asserted; its sibling takes it."""
    file = _file(FIELD)
    file.signal("rst").set(1)
    with file.cycle():
        if software:
            file.write(0, 0x110)
        else:
            file.field("R.x").set(1)
            file.field("R.free").set(1)
    assert (file.field("R.x").value, file.field("R.free").value) == (0, 1)
    file.signal("rst").set(0)
    file.write(0, 0x110)
    assert file.field("R.x").value == 1
