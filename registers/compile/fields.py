"""Fields, signals and encodings: from systemrdl's nodes to schema values.

Only what was written in the source is looked at, not the dozens of properties that were not: that is what keeps a
map of thousands of fields cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from systemrdl import node as rdl

from registers.compile.properties import PROPERTIES, How
from registers.compile.refs import Refuse, is_reference, plain, reference
from registers.schema import (
    NO_PROPERTIES,
    Counter,
    EnumMember,
    EnumType,
    FieldType,
    Interrupt,
    Ref,
    RegisterType,
    SignalType,
    Switch,
)
from registers.semantics import Hw, OnRead, OnWrite, Sw

Written = Mapping[str, Any]  # the properties of one component that its source sets, references resolved


def written(node: rdl.Node, refuse: Refuse) -> Written:
    """Return the properties that the source sets on a component; refuse those that have no meaning here."""
    found: dict[str, Any] = {}
    for name in node.inst.properties:
        value = node.get_property(name)
        fate = PROPERTIES.get(name)
        where = node.property_src_ref.get(name, node.inst_src_ref)
        if fate is not None and fate.how is How.REFUSED and value:
            refuse(f"{node.inst_name}: property {name!r} is not supported: {fate.what}", where)
        elif fate is None and name in node.env.property_rules.rdl_properties:
            refuse(f"{node.inst_name}: property {name!r} is not known to this version of firstlight", where)
        found[name] = value
    return found


def named(node: rdl.Node, given: Written, **more: object) -> Mapping[str, object]:
    """Return the properties that are kept by name: some of the standard's, and all that users defined."""
    found = dict(more)
    for name, value in given.items():
        fate = PROPERTIES.get(name)
        if fate is None or (fate.how is How.NAMED and value is not False):
            found[name] = plain(value, node)
    if "desc" in given and "name" in given:
        found["name"] = given["name"]
    return MappingProxyType(found) if found else NO_PROPERTIES


def description(given: Written) -> str:
    """Return what the source says about a component, or at least its long name."""
    return str(given.get("desc") or given.get("name") or "")


def signal(node: rdl.SignalNode, refuse: Refuse) -> SignalType:
    """Return the schema's value of a signal."""
    given = written(node, refuse)
    return SignalType(
        name=node.inst_name,
        width=node.width,
        active_low=bool(given.get("activelow")) or given.get("activehigh") is False,
        asynchronous=bool(given.get("async")) or given.get("sync") is False,
        field_reset=bool(given.get("field_reset")),
        cpuif_reset=bool(given.get("cpuif_reset")),
        description=description(given),
        properties=named(node, given),
    )


class Fields:
    """Makes field types; encodings that were met before are the same objects."""

    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse
        self._enums: dict[int, tuple[Any, EnumType]] = {}

    def make(self, node: rdl.FieldNode, register: rdl.RegNode) -> FieldType:
        """Return the schema's value of a field."""
        given = written(node, self.refuse)
        if node.width > 1 and register.is_msb0_order:
            self.refuse(
                f"{register.inst_name}.{node.inst_name}: a field of several bits in [low:high] (msb0) order is not "
                "supported: its bits stand reversed",
                node.inst_src_ref,
            )

        def ref(name: str) -> Ref | None:
            value = given.get(name)
            return reference(value, register) if is_reference(value) else None

        def switch(name: str) -> Switch | None:
            return ref(name) or (True if given.get(name) is True else None)

        reset = given.get("reset")
        return FieldType(
            name=node.inst_name,
            lsb=node.low,
            width=node.width,
            sw=Sw(node.get_property("sw").name),
            hw=Hw(node.get_property("hw").name),
            onread=_onread(given),
            onwrite=_onwrite(given),
            reset=reference(reset, register) if is_reference(reset) else reset,
            singlepulse=bool(given.get("singlepulse")),
            volatile=bool(node.is_volatile),
            precedence=node.get_property("precedence").name,
            encode=self._enum(given.get("encode")),
            swwe=switch("swwe"),
            swwel=switch("swwel"),
            we=switch("we"),
            wel=switch("wel"),
            hwset=switch("hwset"),
            hwclr=switch("hwclr"),
            hwenable=ref("hwenable"),
            hwmask=ref("hwmask"),
            next=ref("next"),
            resetsignal=ref("resetsignal"),
            intr=_interrupt(given, ref) if given.get("intr") else None,
            counter=_counter(node, given, register) if given.get("counter") else None,
            description=description(given),
            properties=_properties(node, given, register),
        )

    def _enum(self, encoding: Any) -> EnumType | None:
        if encoding is None:
            return None
        known = self._enums.get(id(encoding))
        if known is None:
            members = tuple(
                EnumMember(member.name, member.value, member.rdl_desc or member.rdl_name or "") for member in encoding
            )
            known = self._enums[id(encoding)] = (encoding, EnumType(encoding.type_name, members))
        return known[1]


def _onread(given: Written) -> OnRead | None:
    value = given.get("onread")
    if value is not None:
        return OnRead(value.name)
    if given.get("rclr"):
        return OnRead.RCLR
    return OnRead.RSET if given.get("rset") else None


def _onwrite(given: Written) -> OnWrite | None:
    value = given.get("onwrite")
    if value is not None:
        return OnWrite(value.name)
    if given.get("woclr"):
        return OnWrite.WOCLR
    return OnWrite.WOSET if given.get("woset") else None


def _sticky(given: Written) -> str:
    """Return how a field latches; an interrupt that says nothing latches each bit alone."""
    if given.get("sticky"):
        return "sticky"
    return "stickybit" if given.get("stickybit", bool(given.get("intr"))) else ""


def _interrupt(given: Written, ref: Callable[[str], Ref | None]) -> Interrupt:
    edge = given.get("intr type")
    return Interrupt(
        edge=edge.name if edge is not None else "level",
        sticky=_sticky(given),
        enable=ref("enable"),
        mask=ref("mask"),
        haltenable=ref("haltenable"),
        haltmask=ref("haltmask"),
    )


def _counter(node: rdl.FieldNode, given: Written, register: rdl.RegNode) -> Counter:
    def value(name: str, default: Any, also: str = "") -> Any:
        found = given.get(name)
        if found is None and also:
            found = given.get(also)
        if found is None:
            return default
        return reference(found, register) if is_reference(found) else found

    return Counter(
        incr=value("incr", None),
        decr=value("decr", None),
        incrvalue=value("incrvalue", 1),
        decrvalue=value("decrvalue", 1),
        incrwidth=value("incrwidth", 0),
        decrwidth=value("decrwidth", 0),
        incrsaturate=value("incrsaturate", False, "saturate"),
        decrsaturate=value("decrsaturate", False),
        incrthreshold=value("incrthreshold", False, "threshold"),
        decrthreshold=value("decrthreshold", False),
        up=node.is_up_counter,
        down=node.is_down_counter,
    )


def _properties(node: rdl.FieldNode, given: Written, register: rdl.RegNode) -> Mapping[str, object]:
    """Return what a field keeps by name; references lead away from its register, as the schema's own do."""
    more = {"sticky": _sticky(given)} if not given.get("intr") and _sticky(given) else {}
    kept = dict(named(node, {name: value for name, value in given.items() if not is_reference(value)}, **more))
    for name, value in given.items():
        if is_reference(value) and name not in PROPERTIES:
            kept[name] = reference(value, register)
    return MappingProxyType(kept) if kept else NO_PROPERTIES


def escape(register: RegisterType) -> int:
    """Return how many levels above the register its references reach."""
    found = 0
    for f in register.fields:
        refs: list[object] = [f.swwe, f.swwel, f.we, f.wel, f.hwset, f.hwclr, f.hwenable, f.hwmask, f.next]
        refs += [f.reset, f.resetsignal, *f.properties.values()]
        if f.intr is not None:
            refs += [f.intr.enable, f.intr.mask, f.intr.haltenable, f.intr.haltmask]
        if f.counter is not None:
            c = f.counter
            refs += [c.incr, c.decr, c.incrvalue, c.decrvalue, c.incrsaturate, c.decrsaturate]
            refs += [c.incrthreshold, c.decrthreshold]
        found = max(found, *(ref.up if isinstance(ref, Ref) else 0 for ref in refs))
    return found
