"""What software's access does to one word: its effects by field, and which fields let it."""

from __future__ import annotations

from collections.abc import Callable

from registers.model.fabric import Fabric
from registers.model.plan import WordPlan
from registers.model.state import Port, Source
from registers.model.wires import source
from registers.schema import FieldType, Ref
from registers.semantics import OnRead, OnWrite, after_read, after_write

Report = Callable[[str, str, str], None]


def lanes(strobes: int, width: int) -> int:
    """Return the bits that byte strobes enable.

    Raises:
        ValueError: a strobe outside the width, or none at all.
    """
    if not 0 < strobes < 1 << width:
        raise ValueError(f"strobes {strobes:#x} do not fit {width} bytes")
    return sum(0xFF << 8 * byte for byte in range(width) if strobes >> byte & 1)


def reads(word: WordPlan, value: int, mask: int) -> tuple[int, int]:
    """Return the bits that a read acts on, and the register's value after it."""
    acts = 0
    for onread, f in word.read_effects:
        if onread is not OnRead.RUSER:
            acts |= f.mask & mask
            value = after_read(onread, value, f.mask & mask)
    return acts, value


def writes(word: WordPlan, value: int, written: int, mask: int) -> tuple[int, int]:
    """Return the bits that a write acts on, and the register's value after it."""
    acts = 0
    for onwrite, bits in word.free:
        acts |= _acting(onwrite, written, bits & mask)
        value = after_write(onwrite, value, written, bits & mask)
    for f in word.guarded:
        acts |= _acting(f.onwrite, written, f.mask & mask)
        value = after_write(f.onwrite, value, written, f.mask & mask)
    return acts, value


def _acting(onwrite: OnWrite | None, written: int, mask: int) -> int:
    """Return the bits that a write does something to; writing the neutral value is no act."""
    match onwrite:
        case OnWrite.WOSET | OnWrite.WOCLR | OnWrite.WOT:
            return mask & written
        case OnWrite.WZS | OnWrite.WZC | OnWrite.WZT:
            return mask & ~written
        case OnWrite.WUSER:
            return 0
        case _:
            return mask


def admitted(
    fabric: Fabric, port: Port, f: FieldType, old: int, written: int, bits: int, report: Report
) -> int:
    """Return the bits of a guarded field that a write may act on; report what it may not.

    A write to a locked field that would change nothing is no misuse; a second write to a write-once field always is.
    """
    if _locked(fabric, port, f):
        if after_write(f.onwrite, old, written, bits) != old:
            report("locked", f"{port.path}.{f.name}", "written while its lock is closed")
        return 0
    if f.sw.once:
        if port.store.spent & bits:
            report("write-once", f"{port.path}.{f.name}", "written a second time since its reset")
            bits &= ~port.store.spent
        port.store.spent |= bits
    return bits


def _locked(fabric: Fabric, port: Port, f: FieldType) -> bool:
    live = port.store.was_live
    if live is not None and f.name in live.closed:
        return True
    if port.gates is None:
        port.gates = {}
    gates = port.gates.get(f.name)
    if gates is None:
        gates = port.gates[f.name] = _gates(fabric, port, f)
    return any(bool(wire()) is not opens for wire, opens in gates)


def _gates(fabric: Fabric, port: Port, f: FieldType) -> list[tuple[Source, bool]]:
    gates: list[tuple[Source, bool]] = []
    for name, ref, opens in (("swwe", f.swwe, True), ("swwel", f.swwel, False)):
        if isinstance(ref, Ref):
            gates.append((source(fabric.bank, port.store, name, ref), opens))
    fabric.settle(())
    return gates


def announced(word: WordPlan, mask: int, *, writing: bool) -> list[tuple[str, str]]:
    """Return the `swacc` and `swmod` events of an access."""
    events: list[tuple[str, str]] = []
    for f in word.events:
        if not f.mask & mask:
            continue
        if f.properties.get("swacc"):
            events.append((f.name, "swacc"))
        if f.properties.get("swmod") and (f.sw.writable if writing else f.onread is not None):
            events.append((f.name, "swmod"))
    return events
