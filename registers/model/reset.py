"""What a reset puts into the flops."""

from __future__ import annotations

from registers.model.bank import Bank
from registers.model.links import resolve
from registers.model.state import Store
from registers.model.wires import source
from registers.schema import FieldType, Ref


def power_on(bank: Bank, store: Store, done: set[Store]) -> None:
    """Put one store at its power-on state, inputs included; what its reset values refer to goes there first."""
    if store in done:
        return
    done.add(store)
    plan = store.plan
    value = plan.reset | store.power_up & plan.unset
    for f in plan.reset_refs:
        if isinstance(f.reset, Ref) and f.reset.kind != "signal":
            power_on(bank, bank.port_at(resolve(store.place.steps, f.reset)).store, done)
        value |= _referred(bank, store, f) << f.lsb
    store.value = value & ~plan.pulses
    store.spent = 0
    if store.was_live is not None:
        store.was_live.power_up()


def _referred(bank: Bank, store: Store, f: FieldType) -> int:
    """Return what a field's reset value refers to, now."""
    return source(bank, store, "reset", f.reset)() & f.max if isinstance(f.reset, Ref) else 0


def reset_bits(bank: Bank, store: Store, bits: int) -> int:
    """Return what the flops hold after a reset of `bits`; fields without a reset value keep what they hold."""
    plan = store.plan
    plain = bits & ~plan.unset
    value = store.value & ~plain | plan.reset & plain
    for f in plan.reset_refs:
        if f.mask & bits:
            value |= _referred(bank, store, f) << f.lsb
    return value
