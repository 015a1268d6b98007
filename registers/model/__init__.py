"""A register file that behaves as its description says: the software side, the hardware side, and what is between.

State is sparse: a register costs nothing until it is touched, whatever the size of the map. What the standard leaves
open, and the reading chosen:

- Power-on: fields without reset are 0, or drawn from `seed`.
- A field without `resetsignal` belongs to the nearest `field_reset` signal above it, else the nearest `cpuif_reset`,
  else to the map's unnamed reset (`reset("")`).
- `precedence` decides bit by bit, where software and hardware act on the same bit in one `cycle()`; writing 0 to a
  `woclr` bit is no act. Outside of `cycle()` each call is a cycle of its own.
- A write-once field takes each of its bits once, so that one wider than the access can be written at all.
- The model has no free-running clock: an `incr` or `decr` reference counts at each rise, not while it stays high.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from registers.model.cell import Cell, Deferred
from registers.model.fabric import Fabric, Pending
from registers.model.hooks import Hooks
from registers.model.links import EVENTS
from registers.model.memory import Memory
from registers.model.place import locate
from registers.model.plan import UnsupportedProperty
from registers.model.software import admitted, announced, lanes, reads, writes
from registers.model.state import (
    AfterHook,
    Misuse,
    Port,
    ReadHook,
    Reading,
    Signal,
    Source,
    Store,
    Watcher,
    Window,
    WriteHook,
    Written,
)
from registers.model.wires import of_field, output
from registers.paths import steps_of
from registers.schema import GroupType, MemoryType
from transports.errors import BusFault

__all__ = ["Cell", "Memory", "Misuse", "Reading", "RegisterFile", "Signal", "UnsupportedProperty", "Written"]


class RegisterFile:
    """The registers of one map, as one instance of the hardware holds them.

    Args:
        group: the map.
        seed: of what fields and memories without reset hold after power-on; None: 0.

    Raises:
        UnsupportedProperty: the map says something that the model does not simulate; names it.
        ValueError: the map contradicts itself.
    """

    def __init__(self, group: GroupType, *, seed: int | None = None) -> None:
        self.group = group
        self._seed = seed
        self._hooks = Hooks()
        self.fabric = Fabric(group, seed, self._hooks.reach)
        self._bank = self.fabric.bank
        self._reads, self._writes = self._bank.reads, self._bank.writes
        self._memories: list[Memory] = []
        self._cycle: dict[Store, Pending] | None = None
        self.cycling = False
        self._watchers: list[Watcher] = []
        self._cells: dict[str, Cell] = {}

    # ---- software ----

    def read(self, offset: int, width: int = 4) -> int:
        """Read one access word, as software does.

        Raises:
            BusFault: nothing stands there, or the register's access width is another.
        """
        window = self._reads.get(offset)
        if window is None or window.width != width:
            found = self._find(offset, width, writing=False)
            if isinstance(found, Memory):
                return found.fetch((offset - found.offset) // width)
            window = found
        if window.quick_read:
            return (window.store.value >> window.shift) & window.readable | window.reserved
        return self._read(window)

    def idle(self, offset: int, width: int = 4) -> bool:
        """Say whether it is known beforehand that a read changes nothing: it has no effects, and nobody is told."""
        window = self._reads.get(offset)
        return window is not None and window.width == width and window.quick_read

    def write(self, offset: int, value: int, width: int = 4, strobes: int | None = None) -> None:
        """Write one access word, as software does; `strobes` bit k enables byte k.

        What software may not do (a locked field, a read-only register) is ignored, and reported to who watches.

        Raises:
            BusFault: nothing stands there, or the register's access width is another.
            ValueError: the value does not fit.
        """
        window = self._writes.get(offset)
        if window is None or window.width != width:
            found = self._find(offset, width, writing=True)
            if isinstance(found, Memory):
                self._write_memory(found, (offset - found.offset) // width, value, strobes)
                return
            window = found
        if not 0 <= value <= window.ones:
            raise ValueError(f"value {value:#x} does not fit {width} bytes")
        if window.quick_write and strobes is None and self._cycle is None:
            store = window.store
            store.value = store.value & ~window.storage | value << window.shift & window.storage
        else:
            mask = window.ones if strobes is None else lanes(strobes, width)
            self._write(window, value << window.shift, mask << window.shift)

    def _read(self, window: Window) -> int:
        port, store, word = window.port, window.store, window.word
        mask = window.ones << window.shift
        if port.bring is not None:
            port.bring()
        supplied = self._refreshed(port, mask) if port.before else None
        if supplied is not None and not port.external:
            raise ValueError(f"{port.path} is not external: the hook of a read cannot supply its value")
        seen = store.value if supplied is None else supplied
        if word.read_effects or word.events:
            acts, value = reads(word, store.value, mask)
            events = announced(word, mask, writing=False)
            if self.fabric.told is not None and value != store.value:
                self.fabric.told()
            pending = self.pending(store)
            if pending is None:
                self.fabric.access(store, value, events, 0)
            else:
                _collect(pending, acts, value, events)
        for after in port.after:
            after(Reading(port.path, port.register, seen, mask))
        return (seen >> window.shift) & window.readable | window.reserved

    def _refreshed(self, port: Port, mask: int) -> int | None:
        """Let the hooks of a read refresh a register; return the value that one supplies."""
        supplied: int | None = None
        told, self.fabric.told = self.fabric.told, None
        for hook in port.before:
            answer = hook(Reading(port.path, port.register, port.store.value, mask))
            if answer is not None:
                supplied = answer
        self.fabric.told = told
        return supplied

    def _write(self, window: Window, value: int, mask: int) -> None:
        port, store, word = window.port, window.store, window.word
        if not word.writable:
            self._report("read-only", port.path, f"{value:#x} written where software can write no field")
            return
        pending = self.pending(store)
        old = store.value if pending is None else store.value & ~pending.sw_mask | pending.sw_value
        open = mask
        for f in word.guarded:
            bits = f.mask & mask
            passed = admitted(self.fabric, port, f, old, value, bits, self._report) if bits else 0
            open &= ~(bits & ~passed)
        acts, new = writes(word, old, value, open)
        pulses = new & port.plan.pulses
        new &= ~port.plan.pulses
        events = announced(word, open, writing=True)
        if pending is None:
            self.fabric.access(store, new, events, pulses)
        else:
            _collect(pending, acts & ~port.plan.pulses, new, events)
            pending.pulses |= pulses
        for bits, hook in port.hooks:
            if bits & mask:
                hook(Written(port.path, port.register, old, new, value, mask, pulses))

    def _write_memory(self, memory: Memory, index: int, value: int, strobes: int | None) -> None:
        width = memory.type.width
        mask = (1 << 8 * width) - 1 if strobes is None else lanes(strobes, width)
        if value >> 8 * width or value < 0:
            raise ValueError(f"value {value:#x} does not fit {width} bytes")
        if not memory.store(index, value, mask):
            self._report("read-only", f"{memory.path}[{index}]", f"{value:#x} written to a memory that is only read")

    def _find(self, offset: int, width: int, *, writing: bool) -> Window | Memory:
        """Find what an access reaches, for the first time or to say what is wrong with it."""
        for memory in self._memories:
            if memory.offset <= offset < memory.end:
                return self._memory_word(memory, offset, width)
        places = self._bank.decode(offset)
        self.fabric.settle(())
        for place in places:
            if isinstance(place.type, MemoryType):
                return self._memory_word(self.memory(place.path), offset, width)
        window = (self._writes if writing else self._reads).get(offset)
        where = f"{'write' if writing else 'read'} of {width} bytes at offset {offset:#x}"
        if window is None and not places:
            self._fault("hole", f"{offset:#x}", f"{where}: nothing stands there")
        if window is None or window.width != width:
            path = places[0].path if window is None else window.port.path
            self._fault("width", path, f"{where}: {path} takes whole words of its own access width")
        return window

    def _memory_word(self, memory: Memory, offset: int, width: int) -> Memory:
        if width != memory.type.width or (offset - memory.offset) % width:
            what = f"access of {width} bytes at offset {offset:#x}"
            self._fault("width", memory.path, f"{what}: {memory.path} takes whole words of {memory.type.width} bytes")
        return memory

    def _fault(self, rule: str, path: str, detail: str) -> NoReturn:
        self._report(rule, path, detail)
        raise BusFault(detail)

    # ---- hardware ----

    def field(self, path: str) -> Cell:
        """Return one field, from the hardware's side: `CTRL.power_down`, `LANE[3].CTRL.enable`.

        Raises:
            ValueError, IndexError: no such field.
        """
        found = self._cells.get(path)
        if found is None:
            port, name = self._at(path)
            if not name:
                raise ValueError(f"{path} is a register; it has the fields {', '.join(port.register.by_name)}")
            found = self._cells[path] = (Cell if port.bring is None else Deferred)(self, port, name)
        return found

    def memory(self, path: str) -> Memory:
        """Return one memory, from the hardware's side.

        Raises:
            ValueError, IndexError: no such memory.
        """
        for memory in self._memories:
            if memory.path == path:
                return memory
        place, rest = locate(self.group, steps_of(path))
        if rest or not isinstance(place.type, MemoryType):
            raise ValueError(f"{path} is no memory")
        memory = Memory(place, place.type, self._seed)
        self._memories.append(memory)
        return memory

    @property
    def memories(self) -> Sequence[Memory]:
        """The memories that were touched."""
        return self._memories

    def signal(self, path: str) -> Signal:
        """Return an input signal of the map.

        Raises:
            ValueError, IndexError: no such signal.
        """
        return self._bank.signal(path)

    def increment(self, path: str, times: int = 1) -> None:
        """Count a counter field up; see `Cell.increment`."""
        self.field(path).increment(times)

    def decrement(self, path: str, times: int = 1) -> None:
        """Count a counter field down; see `Cell.decrement`."""
        self.field(path).decrement(times)

    def raise_event(self, path: str, bits: int | None = None) -> None:
        """Let an interrupt field's event happen once, on some of its bits; see `Cell.raise_event`."""
        self.field(path).raise_event(bits)

    def intr(self, path: str) -> bool:
        """Say whether a register's interrupt output is active."""
        return bool(self.output(path, "intr"))

    def halt(self, path: str) -> bool:
        """Say whether a register's halt output is active."""
        return bool(self.output(path, "halt"))

    def output(self, path: str, member: str) -> int:
        """Return an output: `intr` or `halt` of a register; `anded`, `incrthreshold`, ... or "" (the value) of a field.

        Raises:
            ValueError: there is no such output.
        """
        return self._source(path, member)[1]()

    def reset(self, signal: str | None = None) -> None:
        """Reset: None is power-on, where all goes back to how it was made (but signals, which others drive).

        A signal's path resets the fields of its domain, as a pulse on it would; "" those that belong to no signal.

        Raises:
            ValueError, IndexError: no such signal.
        """
        if signal is None:
            self.fabric.power_on()
            for memory in self._memories:
                memory.power_up()
            return
        if signal:
            self._bank.signal(signal)
        self.fabric.reset(signal)

    @contextmanager
    def cycle(self) -> Generator[None]:
        """Collect what software and hardware do, and let it happen at one clock: `precedence` decides who wins.

        Reads see the state before; hooks run at their access. Resets and signals act at once.
        """
        if self._cycle is not None:
            raise RuntimeError("a cycle is open already")
        self._cycle, self.cycling = {}, True
        try:
            yield
        finally:
            cycle, self._cycle, self.cycling = self._cycle, None, False
            for store, pending in cycle.items():
                if pending.events:
                    self.fabric.pulse(store, pending.events)
            self.fabric.settle(cycle, cycle)

    def pending(self, store: Store) -> Pending | None:
        """Return what a register collects in the cycle that is open; None outside of one."""
        return None if self._cycle is None else self._cycle.setdefault(store, Pending())

    # ---- who is told ----

    def on_write(self, path: str, hook: WriteHook) -> None:
        """Call `hook` after each write by software to a register, or to bits of one field of it.

        The path is one address: an alias is another. An index may be open: `LANE[*].CTRL`.
        """

        def attach(port: Port, name: str) -> None:
            port.hooks = (*port.hooks, (port.find(name).mask if name else -1, hook))
            port.tune()

        self._hooks.attach(self._bank, path, attach)

    def on_read(self, path: str, hook: ReadHook) -> None:
        """Call `hook` before each read of a register by software, so that it may refresh what is read.

        For an external register an int that it returns is the register's word for this read.
        """

        def attach(port: Port, _name: str) -> None:
            port.before = (*port.before, hook)
            port.tune()

        self._hooks.attach(self._bank, path, attach)

    def defer(self, path: str, bring: Callable[[], object]) -> None:
        """Call `bring` before anybody, software or hardware, looks at a register; what that does is no change.

        It must come before `field` gives a field of that register out. An index may be open: `PORT[*].PACKETS`.
        """

        def attach(port: Port, _name: str) -> None:
            port.bring = bring
            port.tune()

        self._hooks.attach(self._bank, path, attach)

    def on_change(self, told: Callable[[], object] | None) -> None:
        """Call back before the hardware, or a read of software, changes a register otherwise than by counting.

        Neither what a hook of a read refreshes is told, nor what software writes. There is one listener; None: nobody.
        """
        self.fabric.told = told

    def after_read(self, path: str, hook: AfterHook) -> None:
        """Call `hook` after each read of a register by software, with the word that the read brought."""

        def attach(port: Port, _name: str) -> None:
            port.after = (*port.after, hook)
            port.tune()

        self._hooks.attach(self._bank, path, attach)

    def on_line(self, path: str, callback: Callable[[int], object], member: str = "intr") -> None:
        """Call `callback` with the new level of an output (see `output`) whenever it changes."""
        store, source = self._source(path, member)
        self.fabric.line(store, source, callback)

    def on_event(self, path: str, member: str, callback: Callable[[], object]) -> None:
        """Call `callback` at each `swmod`, `swacc`, `overflow` or `underflow` of a field."""
        port, name = self._at(path)
        f = port.find(name)
        if member not in EVENTS or not (f.counter if member.endswith("flow") else f.properties.get(member)):
            raise ValueError(f"{path} has no {member} event")
        port.store.live.listeners.setdefault((name, member), []).append(callback)
        self.fabric.enliven(port.store)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with each `Misuse` by software."""
        self._watchers.append(watcher)

    def _report(self, rule: str, path: str, detail: str) -> None:
        misuse = Misuse(rule, path, detail)
        for watcher in self._watchers:
            watcher(misuse)

    def _at(self, path: str) -> tuple[Port, str]:
        found = self._bank.at(path)
        self.fabric.settle(())
        return found

    def _source(self, path: str, member: str) -> tuple[Store, Source]:
        port, name = self._at(path)
        if name:
            return port.store, of_field(self._bank, port.store, port.store.register.by_name[name], member)
        return port.store, output(self._bank, port.store, member)


def _collect(pending: Pending, acts: int, word: int, events: list[tuple[str, str]]) -> None:
    """Add what software's access does to what a register collects in a cycle."""
    pending.sw_mask |= acts
    pending.sw_value = pending.sw_value & ~acts | word & acts
    pending.events.update(events)
