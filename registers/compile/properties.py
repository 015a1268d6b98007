"""What becomes of every SystemRDL property: kept in a field of the schema, kept by name, worked in, or refused.

A test walks systemrdl-compiler's own list of properties against this table, so that none is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import frozen


class How(Enum):
    """The four fates of a property."""

    KEPT = "kept in the schema's own field"
    NAMED = "kept in `properties` under its name"
    WORKED_IN = "worked into places and names by the compiler"
    REFUSED = "refused at compile time"


@frozen
class Fate:
    """What becomes of one property, and where or why."""

    how: How
    what: str


def _kept(**where: str) -> dict[str, Fate]:
    return {name: Fate(How.KEPT, place) for name, place in where.items()}


def _named(**why: str) -> dict[str, Fate]:
    return {name: Fate(How.NAMED, reason) for name, reason in why.items()}


def _worked_in(**into: str) -> dict[str, Fate]:
    return {name: Fate(How.WORKED_IN, place) for name, place in into.items()}


def _refused(**why: str) -> dict[str, Fate]:
    return {name: Fate(How.REFUSED, reason) for name, reason in why.items()}


_SAME_NAME = (
    "sw hw next reset resetsignal onread onwrite swwe swwel singlepulse we wel hwclr hwset hwenable hwmask "
    "encode precedence intr counter"
).split()
_INTERRUPT = "enable mask haltenable haltmask".split()
_COUNTER = (
    "incr decr incrvalue decrvalue incrwidth decrwidth incrsaturate decrsaturate incrthreshold decrthreshold"
).split()

PROPERTIES: Mapping[str, Fate] = {
    **_kept(**{name: f"FieldType.{name}" for name in _SAME_NAME}),
    **_kept(**{name: f"Interrupt.{name}" for name in _INTERRUPT}),
    **_kept(**{name: f"Counter.{name}" for name in _COUNTER}),
    **_kept(
        desc="description",
        name="description, or properties['name'] where both are given",
        rclr="FieldType.onread",
        rset="FieldType.onread",
        woclr="FieldType.onwrite",
        woset="FieldType.onwrite",
        fieldwidth="FieldType.width",
        sticky="Interrupt.sticky; properties['sticky'] of a field that is no interrupt",
        stickybit="Interrupt.sticky; properties['sticky'] of a field that is no interrupt",
        saturate="Counter.incrsaturate",
        threshold="Counter.incrthreshold",
        regwidth="RegisterType.width",
        accesswidth="RegisterType.access; refused beyond 64 bits, which no bus access of ours moves at once",
        mementries="MemoryType.entries",
        memwidth="MemoryType.width, rounded up to whole words; refused beyond 64 bits",
        signalwidth="SignalType.width",
        sync="SignalType.asynchronous",
        activehigh="SignalType.active_low",
        activelow="SignalType.active_low",
        cpuif_reset="SignalType.cpuif_reset",
        field_reset="SignalType.field_reset",
    ),
    "async": Fate(How.KEPT, "SignalType.asynchronous"),
    "intr type": Fate(How.KEPT, "Interrupt.edge"),
    **_named(
        swmod="an output to the hardware",
        swacc="an output to the hardware",
        anded="an output to the hardware",
        ored="an output to the hardware",
        xored="an output to the hardware",
        overflow="an output to the hardware",
        underflow="an output to the hardware",
        paritycheck="a guard of storage, without effect on accesses",
        dontcompare="advice to register tests",
        donttest="advice to register tests",
        hdl_path="a name in the RTL",
        hdl_path_gate="a name in the RTL",
        hdl_path_slice="a name in the RTL",
        hdl_path_gate_slice="a name in the RTL",
        errextbus="an input from external hardware; a bus error it causes is reported as one",
        sharedextbus="how external hardware is wired",
        littleendian="the byte order that everything here assumes",
        rsvdset="what reserved bits read as; accesses write them 0, or back as read",
        rsvdsetX="what reserved bits read as; accesses write them 0, or back as read",
    ),
    **_worked_in(
        ispresent="what is not present is left out",
        alignment="offsets",
        addressing="offsets",
        lsb0="FieldType.lsb",
        msb0="FieldType.lsb; a field of several bits in [low:high] order is refused: its bits stand reversed",
    ),
    **_refused(
        bigendian="the words of a register are moved lowest first",
        bridge="one address would mean different registers, by master",
        shared="one register at addresses of several maps cannot be told apart from several registers",
    ),
}
