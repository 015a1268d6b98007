"""What a register's own hardware does at one clock: every field that acts on its own, on the state as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field

from registers.model.bank import Bank
from registers.model.field import count_down, count_up, latch, qualify
from registers.model.plan import QUALIFIERS, references
from registers.model.state import Driver, Source, Store
from registers.model.wires import bound, happening, source
from registers.schema import Counter, FieldType, Ref


@define
class Act:
    """What the hardware does to a register: the bits it acts on and their value, and what happens with it.

    Attributes:
        seen: its inputs, for the edges of the next clock.
        events: (field, property) pairs that happen at the next clock.
    """

    mask: int = 0
    value: int = 0
    seen: dict[tuple[str, str], int] = field(factory=dict[tuple[str, str], int])
    events: list[tuple[str, str]] = field(factory=list[tuple[str, str]])


def drivers_of(bank: Bank, store: Store) -> Sequence[Driver]:
    """Return the fields of a register that act on their own, with what drives them."""
    if not store.plan.acting:
        return ()
    live = store.live
    if live.drivers is None:
        live.drivers = []
        for f in store.plan.acting:
            live.drivers.append(_driver(bank, store, f, references(f)))
    return live.drivers


def _driver(bank: Bank, store: Store, f: FieldType, refs: Mapping[str, Ref]) -> Driver:
    def wire(name: str) -> Source | None:
        if name in refs:
            return source(bank, store, name, refs[name])
        return happening(store, f.name, name) if name in ("hwset", "hwclr") and getattr(f, name) else None

    qualifiers = {name: wired for name in QUALIFIERS if (wired := wire(name)) is not None}
    counts = tuple((name, source(bank, store, name, refs[name])) for name in ("incr", "decr") if name in refs)
    how = store.plan.latches.get(f.name)
    return Driver(f, f.lsb, f.max, how, wire("next"), wire("hwset"), wire("hwclr"), qualifiers, counts)


def look(bank: Bank, store: Store) -> Act:
    """Return what a register's hardware does at this clock; nothing is moved yet."""
    act = Act()
    for driver in drivers_of(bank, store):
        lsb, full = driver.lsb, driver.full
        old = (store.value >> lsb) & full
        touched = value = 0
        if driver.clears is not None and driver.clears():
            touched = full
        if driver.sets is not None and driver.sets():
            touched = value = full
        if driver.how is not None or driver.follow is not None:
            bits, written = _written(driver, store, old, act)
            touched, value = touched | bits, value & ~bits | written & bits
        if driver.counts:
            counted = _counted(bank, driver, store, value | old & ~touched, act)
            if counted is not None:
                touched, value = full, counted
        act.mask |= touched << lsb
        act.value |= (value & touched) << lsb
    return act


def gate(driver: Driver, touched: int) -> int:
    """Return the bits of a hardware write that the field's qualifiers let through."""
    if not driver.qualifiers:
        return touched
    we, wel, enable, mask = map(driver.qualifiers.get, QUALIFIERS)
    return qualify(
        touched,
        open=(we is None or bool(we())) and (wel is None or not wel()),
        enable=None if enable is None else enable(),
        mask=None if mask is None else mask(),
    )


def _written(driver: Driver, store: Store, old: int, act: Act) -> tuple[int, int]:
    """Return the bits that the hardware's value input acts on, and their value."""
    name, full = driver.type.name, driver.full
    level = 0 if driver.follow is None else driver.follow() & full
    if driver.how is None:
        return gate(driver, full), level
    live, key = store.live, (name, "next")
    now = act.seen[key] = level | live.inputs.get(name, 0)
    before, events = live.seen.get(key, 0), live.injected.get(name, 0)
    done = latch(driver.how, old=old, before=before, now=now, events=events, full=full)
    return gate(driver, done.touched), done.value


def _counted(bank: Bank, driver: Driver, store: Store, old: int, act: Act) -> int | None:
    """Return a counter's value after the edges of its `incr` and `decr` references; None where there are none."""
    counted: int | None = None
    for name, wire in driver.counts:
        key = (driver.type.name, name)
        level = act.seen[key] = int(bool(wire()))
        if level and not store.live.seen.get(key, 0) and driver.type.counter is not None:
            counted = old = count(bank, store, driver.type, driver.type.counter, old, 1, name, act.events)
    return counted


def count(
    bank: Bank,
    store: Store,
    f: FieldType,
    counter: Counter,
    old: int,
    times: int,
    name: str,
    events: list[tuple[str, str]],
) -> int:
    """Return a counter's value after it counted `times` times up (`incr`) or down (`decr`).

    A wrap adds an `overflow` or `underflow` event. With `incrwidth` or `decrwidth` the hardware gives the amount of one
    count, and `times` is that amount.
    """
    step: Ref | int = getattr(counter, f"{name}value")
    if getattr(counter, f"{name}width"):
        step = 1
    amount = times * (source(bank, store, f"{name}value", step)() if isinstance(step, Ref) else step)
    limited: Ref | int | bool = getattr(counter, f"{name}saturate")
    limit = None if limited is False else bound(bank, store, f, counter, f"{name}saturate")()
    move, event = (count_up, "overflow") if name == "incr" else (count_down, "underflow")
    value, wrapped = move(old, amount, full=f.max, saturate=limit)
    if wrapped:
        events.append((f.name, event))
    return value
