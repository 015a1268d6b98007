"""What a reset puts into the flops."""

from __future__ import annotations

from registers.model_bank import Bank
from registers.model_links import resolve
from registers.model_state import Store
from registers.model_wires import source
from registers.schema import FieldType, Ref


def power_on(bank: Bank, store: Store, done: set[Store]) -> None:
    """Put one store at its power-on state, inputs included; what its reset values refer to goes there first."""
    if store in done:
        return
    done.add(store)
    value = 0
    for f in store.register.fields:
        if isinstance(f.reset, Ref) and f.reset.kind != "signal":
            power_on(bank, bank.port_at(resolve(store.place.steps, f.reset)).store, done)
        value |= store.power_up & f.mask if f.reset is None else reset_value(bank, store, f, f.reset) << f.lsb
    store.value = value & ~store.plan.pulses
    store.spent = store.falling = 0
    for memory in (store.happening, store.inputs, store.injected, store.seen, store.closed):
        memory.clear()


def reset_value(bank: Bank, store: Store, f: FieldType, reset: int | Ref) -> int:
    """Return what a reset puts into a field, now."""
    return source(bank, store, "reset", reset)() & f.max if isinstance(reset, Ref) else reset


def reset_bits(bank: Bank, store: Store, bits: int) -> int:
    """Return what the flops hold after a reset of `bits`; fields without a reset value keep what they hold."""
    value = store.value
    for f in store.register.fields:
        if f.mask & bits and f.reset is not None:
            value = value & ~f.mask | reset_value(bank, store, f, f.reset) << f.lsb
    return value
