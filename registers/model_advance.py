"""What a register's own hardware does at one clock: every field that acts on its own, on the state as it is."""

from __future__ import annotations

from attrs import define, field

from registers.model_bank import Bank
from registers.model_field import count_down, count_up, latch, qualify
from registers.model_plan import references
from registers.model_state import Driver, Source, Store
from registers.model_wires import bound, source
from registers.schema import Counter, FieldType, Interrupt, Ref

_INPUTS = "next hwset hwclr we wel hwenable hwmask incr decr".split()


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

    def put(self, f: FieldType, touched: int, value: int) -> None:
        """Add what a field does, in the field's own bits."""
        self.mask |= touched << f.lsb
        self.value |= (value & touched) << f.lsb


def drivers_of(bank: Bank, store: Store) -> list[Driver]:
    """Return the fields of a register that act on their own, with what drives them."""
    if store.drivers is None:
        store.drivers = []
        for f in store.register.fields:
            refs = references(f)
            names = [name for name in _INPUTS if name in refs]
            if names or f.hwset or f.hwclr or f.name in store.plan.latches:
                driver = Driver(f, {name: source(bank, store, name, refs[name]) for name in names})
                store.drivers.append(driver)
    return store.drivers


def look(bank: Bank, store: Store) -> Act:
    """Return what a register's hardware does at this clock; nothing is moved yet."""
    act = Act()
    for driver in drivers_of(bank, store):
        f = driver.type
        touched = value = 0
        for name, meant in (("hwclr", 0), ("hwset", f.max)):
            wire = driver.sources.get(name)
            if wire() if wire is not None else (f.name, name) in store.happening:
                touched, value = f.max, meant
        bits, written = _written(driver, store, act)
        touched, value = touched | bits, value & ~bits | written & bits
        if f.counter is not None:
            base = value & touched | (store.value >> f.lsb) & f.max & ~touched
            counted = _counted(bank, driver, f.counter, store, base, act)
            if counted is not None:
                touched, value = f.max, counted
        act.put(f, touched, value)
    return act


def gate(f: FieldType, sources: dict[str, Source], touched: int) -> int:
    """Return the bits of a hardware write that the field's qualifiers let through."""
    we, wel = sources.get("we"), sources.get("wel")
    enable, mask = sources.get("hwenable"), sources.get("hwmask")
    return qualify(
        touched,
        open=(we is None or bool(we())) and (wel is None or not wel()),
        enable=None if enable is None else enable() & f.max,
        mask=None if mask is None else mask() & f.max,
    )


def _written(driver: Driver, store: Store, act: Act) -> tuple[int, int]:
    """Return the bits that the hardware's value input acts on, and their value."""
    f, key = driver.type, (driver.type.name, "next")
    follow = driver.sources.get("next")
    how: Interrupt | None = store.plan.latches.get(f.name)
    if how is None:
        return (0, 0) if follow is None else (gate(f, driver.sources, f.max), follow() & f.max)
    now = store.inputs.get(f.name, 0) | (follow() & f.max if follow is not None else 0)
    act.seen[key] = now
    done = latch(
        how,
        old=(store.value >> f.lsb) & f.max,
        before=store.seen.get(key, 0),
        now=now,
        events=store.injected.get(f.name, 0),
        full=f.max,
    )
    return gate(f, driver.sources, done.touched), done.value


def _counted(bank: Bank, driver: Driver, counter: Counter, store: Store, old: int, act: Act) -> int | None:
    """Return a counter's value after the edges of its `incr` and `decr` references; None where there are none."""
    counted: int | None = None
    for name in ("incr", "decr"):
        wire = driver.sources.get(name)
        if wire is None:
            continue
        key = (driver.type.name, name)
        level = act.seen[key] = int(bool(wire()))
        if level and not store.seen.get(key, 0):
            counted = old = count(bank, store, driver.type, counter, old, 1, name, act.events)
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
