"""One field of a simulated register, from the hardware's side."""

from __future__ import annotations

from typing import Protocol

from registers.model.advance import count, drivers_of, gate
from registers.model.fabric import Fabric, Pending
from registers.model.state import Port, Store
from registers.schema import FieldType


class Bench(Protocol):
    """What a cell needs of its register file."""

    @property
    def cycling(self) -> bool:
        """Whether a cycle is open, which collects what is done."""
        ...

    @property
    def fabric(self) -> Fabric:
        """The hardware between the registers."""
        ...

    def pending(self, store: Store) -> Pending | None:
        """Return what a register collects in the cycle that is open; None outside of one."""
        ...


class Cell:
    """One field of one register, from the hardware's side.

    Attributes:
        type: the field's.
    """

    __slots__ = ("_bench", "_lsb", "_max", "_plain", "_port", "_store", "type")

    def __init__(self, bench: Bench, port: Port, name: str) -> None:
        self._bench, self._port, self._store = bench, port, port.store
        self.type: FieldType = port.store.register.by_name.get(name) or port.find(name)
        self._lsb, self._max = self.type.lsb, self.type.max
        f = self.type  # to set a plain field to what it holds is nothing
        self._plain = f.hw.writable and f.name not in self._store.plan.latches
        self._plain = self._plain and not (f.we or f.wel or f.hwenable or f.hwmask)

    def __repr__(self) -> str:
        return f"<Cell {self.path} = {self.value:#x}>"

    @property
    def path(self) -> str:
        """The field's, indices included."""
        return f"{self._port.path}.{self.type.name}"

    @property
    def value(self) -> int:
        """What the field holds."""
        return (self._store.value >> self._lsb) & self._max

    def set(self, value: int) -> None:
        """Give the hardware's next value: one sample, let through by `we`, `wel`, `hwenable` and `hwmask`.

        A `we` or `wel` without reference counts as asserted for this sample. An interrupt or sticky field takes the
        value as the level at its input, which stays until the next `set`.

        Raises:
            ValueError: the value is out of range, or the description lets the hardware write nothing (hw=r, hw=na).
        """
        store, f = self._store, self.type
        if self._plain and value == (store.value >> self._lsb) & self._max and not self._bench.cycling:
            return
        self._check(value)
        if f.name in store.plan.latches:
            if store.live.inputs.get(f.name, 0) != value:
                self._bench.fabric.wire(store)
                store.live.inputs[f.name] = value
                self._settle()
            return
        if not f.hw.writable:
            raise ValueError(f"{self.path}: the hardware cannot write it (hw={f.hw}); a test may `force` it")
        touched = f.max
        if f.we or f.wel or f.hwenable or f.hwmask:
            for driver in drivers_of(self._bench.fabric.bank, store):
                if driver.type is f:
                    touched = gate(driver, touched)
        self._put(touched, value)

    def force(self, value: int) -> None:
        """Put a value into the flops, past every rule: for tests."""
        self._check(value)
        store = self._store
        self._bench.fabric.announce()
        self._bench.fabric.force(store, store.value & ~self.type.mask | value << self._lsb)

    def hwset(self) -> None:
        """Set every bit: a pulse at the field's `hwset` input.

        Raises:
            ValueError: the description has no such input.
        """
        self._pulse("hwset")

    def hwclr(self) -> None:
        """Clear every bit: a pulse at the field's `hwclr` input.

        Raises:
            ValueError: the description has no such input.
        """
        self._pulse("hwclr")

    def raise_event(self, bits: int | None = None) -> None:
        """Let the event that the interrupt waits for happen once, on some bits (None: all), whatever its input does."""
        f, store = self.type, self._store
        if f.name not in store.plan.latches:
            raise ValueError(f"{self.path} is no interrupt and not sticky")
        bits = f.max if bits is None else bits
        self._check(bits)
        store.live.injected[f.name] = store.live.injected.get(f.name, 0) | bits
        self._settle()

    def lock(self, closed: bool) -> None:
        """Drive the field's `swwe` or `swwel` input, where the description names none: closed, software cannot write.

        Undriven, the input lets software write.
        """
        if True not in (self.type.swwe, self.type.swwel):
            raise ValueError(f"{self.path} has no swwe or swwel input of its own")
        fields = self._store.live.closed
        (fields.add if closed else fields.discard)(self.type.name)

    def increment(self, times: int = 1) -> None:
        """Count up `times` times, by the counter's `incrvalue` each; with `incrwidth`, once by `times`."""
        self._count("incr", times)

    def decrement(self, times: int = 1) -> None:
        """Count down `times` times, by the counter's `decrvalue` each; with `decrwidth`, once by `times`."""
        self._count("decr", times)

    def _count(self, name: str, times: int) -> None:
        f, counter = self.type, self.type.counter
        if counter is None or not (counter.up if name == "incr" else counter.down):
            raise ValueError(f"{self.path} does not count {'up' if name == 'incr' else 'down'}")
        width: int = getattr(counter, f"{name}width")
        if times < 0 or (width and times >> width):
            raise ValueError(f"{self.path}: {times} is no amount to count" + (f" with {width} bits" if width else ""))
        fabric, store = self._bench.fabric, self._store
        pending = self._bench.pending(store)
        word = store.value if pending is None else store.value & ~pending.hw_mask | pending.hw_value
        events: list[tuple[str, str]] = []
        value = count(fabric.bank, store, f, counter, (word >> f.lsb) & f.max, times, name, events)
        if pending is None:
            fabric.access(store, store.value & ~f.mask | value << f.lsb, events, 0)
        else:
            pending.events.update(events)
            self._put(f.max, value)

    def _put(self, touched: int, value: int) -> None:
        store, lsb = self._store, self._lsb
        mask, word = touched << lsb, (value & touched) << lsb
        told = self._bench.fabric.told
        if told is not None and (store.value ^ word) & mask:
            told()
        pending = self._bench.pending(store)
        if pending is None:
            self._bench.fabric.change(store, store.value & ~mask | word)
        else:
            pending.hw_mask |= mask
            pending.hw_value = pending.hw_value & ~mask | word

    def _pulse(self, name: str) -> None:
        if not getattr(self.type, name):
            raise ValueError(f"{self.path} has no {name} in its description")
        pending = self._bench.pending(self._store)
        if pending is None:
            self._bench.fabric.pulse(self._store, [(self.type.name, name)])
            self._settle()
        else:
            pending.events.add((self.type.name, name))

    def _settle(self) -> None:
        if self._bench.pending(self._store) is None:
            self._bench.fabric.settle((self._store,))

    def _check(self, value: int) -> None:
        if not 0 <= value <= self._max:
            raise ValueError(f"{self.path}: {value:#x} is out of range; expected 0..{self._max:#x}")


class Deferred(Cell):
    """A field of a register that is brought up to date when somebody looks."""

    __slots__ = ()

    @property
    def value(self) -> int:
        """What the field holds."""
        if self._port.bring is not None:
            self._port.bring()
        return (self._store.value >> self._lsb) & self._max
