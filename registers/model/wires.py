"""What a reference brings, now: closures over the stores and signals that it names."""

from __future__ import annotations

from registers.model.bank import Bank
from registers.model.field import reduce
from registers.model.links import EVENTS, LEVELS, resolve
from registers.model.plan import references
from registers.model.state import Source, Store
from registers.schema import Counter, FieldType, Ref

# A value, not an "on": an active-low signal is not inverted for them.
DATA = frozenset("next reset incrvalue decrvalue incrsaturate decrsaturate incrthreshold decrthreshold".split())


def source(bank: Bank, store: Store, name: str, ref: Ref) -> Source:
    """Return what brings the value of property `name`, which refers to something else in the map."""
    target = resolve(store.place.steps, ref)
    if ref.kind == "signal":
        signal = bank.signal(".".join(_text(step.name, step.indices) for step in target))
        return (lambda: signal.level) if name in DATA else (lambda: signal.asserted)
    other = bank.port_at(target).store
    if ref.kind == "register":
        return output(bank, other, ref.member) if ref.member else (lambda: other.value)
    return of_field(bank, other, other.register.by_name[target[-1].name], ref.member, name)


def _text(name: str, indices: tuple[int, ...]) -> str:
    return name + "".join(f"[{i}]" for i in indices)


def of_field(bank: Bank, store: Store, f: FieldType, member: str, name: str = "") -> Source:
    """Return what brings a field's value, or a property of it (`member`).

    Raises:
        ValueError: the property has no value that could be read.
    """
    lsb, full = f.lsb, f.max
    if not member:
        return lambda: (store.value >> lsb) & full
    if member in ("anded", "ored", "xored"):
        return lambda: reduce(member, (store.value >> lsb) & full, full)
    if member in EVENTS:
        return happening(store, f.name, member)
    if member in LEVELS and f.counter is not None:
        limit = bound(bank, store, f, f.counter, member)
        if member.startswith("incr"):
            return lambda: int((store.value >> lsb) & full >= limit())
        return lambda: int((store.value >> lsb) & full <= limit())
    ref = references(f).get(member)
    if ref is not None:
        return source(bank, store, name or member, ref)
    if member in ("hwset", "hwclr"):
        return happening(store, f.name, member)
    if member == "next":
        return lambda: store.live.inputs.get(f.name, 0)
    raise ValueError(f"{store.place.path}.{f.name} has no {member} to look at")


def happening(store: Store, name: str, member: str) -> Source:
    """Return what is 1 for the clock in which an event happens."""
    key, events = (name, member), store.live.happening
    return lambda: int(key in events)


def bound(bank: Bank, store: Store, f: FieldType, counter: Counter, member: str) -> Source:
    """Return what brings a counter's saturation point or threshold; True means the end of its range."""
    value: Ref | int | bool = getattr(counter, member)
    if isinstance(value, Ref):
        return source(bank, store, member, value)
    end = f.max if member.startswith("incr") else 0
    number = end if isinstance(value, bool) else value
    return lambda: number


def output(bank: Bank, store: Store, member: str) -> Source:
    """Return what brings a register's `intr` or `halt`: any interrupt field, gated by its enable and its mask.

    A field without `haltenable` and `haltmask` is no part of `halt`.

    Raises:
        ValueError: the register has no such output.
    """
    enable, mask = ("enable", "mask") if member == "intr" else ("haltenable", "haltmask")
    terms: list[tuple[FieldType, Source | None, Source | None]] = []
    for f in store.register.fields:
        refs = references(f)
        if f.intr is None or (member == "halt" and not {enable, mask} & set(refs)):
            continue
        gates = [source(bank, store, name, refs[name]) if name in refs else None for name in (enable, mask)]
        terms.append((f, gates[0], gates[1]))
    if not terms:
        raise ValueError(f"{store.place.path} has no {member}: none of its fields is such an interrupt")

    def level() -> int:
        word = store.value
        for f, enabled, masked in terms:
            bits = (word & f.mask) >> f.lsb
            if bits and enabled is not None:
                bits &= enabled()
            if bits and masked is not None:
                bits &= ~masked()
            if bits:
                return 1
        return 0

    return level
