"""A register file that behaves as its description says: the software side, the hardware side, and what is between.

State is sparse: a register costs nothing until it is touched, whatever the size of the map.
"""

from __future__ import annotations

from typing import NoReturn

from registers.model_place import Place, Steps, decode, register_at, steps_of
from registers.model_plan import plan
from registers.model_state import (
    AfterHook,
    Misuse,
    Port,
    ReadHook,
    Reading,
    Store,
    Watcher,
    Window,
    WriteHook,
    Written,
)
from registers.schema import FieldType, GroupType, RegisterType, Step
from registers.semantics import after_read, after_write
from transports.batch import ones
from transports.errors import BusFault

__all__ = ["Cell", "Misuse", "Reading", "RegisterFile", "Written"]


class Cell:
    """One field of one register, from the hardware's side."""

    __slots__ = ("_file", "_port", "type")

    def __init__(self, file: RegisterFile, port: Port, type: FieldType) -> None:
        self._file, self._port, self.type = file, port, type

    @property
    def path(self) -> str:
        """The field's, from the map down."""
        return f"{self._port.path}.{self.type.name}"

    @property
    def value(self) -> int:
        """What the field holds."""
        return (self._port.store.value & self.type.mask) >> self.type.lsb

    def set(self, value: int) -> None:
        """Give the hardware's next value."""
        if not self.type.hw.writable:
            raise ValueError(f"{self.path}: the hardware cannot write it (hw={self.type.hw}); a test may `force` it")
        self.force(value)

    def force(self, value: int) -> None:
        """Put a value into the flops, past every rule: for tests."""
        if not 0 <= value <= self.type.max:
            raise ValueError(f"{self.path}: {value:#x} is out of range; expected 0..{self.type.max:#x}")
        store = self._port.store
        self._file.commit(store, store.value & ~self.type.mask | value << self.type.lsb)

    def hwset(self) -> None:
        """Set every bit, as the hardware's `hwset` input does."""
        if not self.type.hwset:
            raise ValueError(f"{self.path} has no hwset")
        self.force(self.type.max)

    def hwclr(self) -> None:
        """Clear every bit, as the hardware's `hwclr` input does."""
        if not self.type.hwclr:
            raise ValueError(f"{self.path} has no hwclr")
        self.force(0)


class RegisterFile:
    """The registers of one map, as one instance of the hardware holds them.

    Args:
        group: the map.
    """

    def __init__(self, group: GroupType) -> None:
        self.group = group
        self._reads: dict[int, Window] = {}
        self._writes: dict[int, Window] = {}
        self._ports: dict[Steps, Port] = {}
        self._watchers: list[Watcher] = []

    # ---- software ----

    def read(self, offset: int, width: int = 4) -> int:
        """Read one access word, as software does.

        Raises:
            BusFault: nothing stands there, or the register's access width is another.
        """
        window = self._reads.get(offset)
        if window is None or window.width != width:
            window = self._window(offset, width, writing=False)
        if window.quick_read:
            return (window.store.value >> window.shift) & window.readable | window.reserved
        return self._read(window)

    def write(self, offset: int, value: int, width: int = 4, strobes: int | None = None) -> None:
        """Write one access word, as software does; `strobes` bit k enables byte k.

        Raises:
            BusFault: nothing stands there, or the register's access width is another.
            ValueError: the value does not fit.
        """
        window = self._writes.get(offset)
        if window is None or window.width != width:
            window = self._window(offset, width, writing=True)
        if not 0 <= value <= window.ones:
            raise ValueError(f"value {value:#x} does not fit {width} bytes")
        if window.quick_write and strobes is None:
            store = window.store
            store.value = store.value & ~window.storage | value << window.shift & window.storage
        else:
            self._write(window, value, window.ones if strobes is None else lanes(strobes, width))

    def _read(self, window: Window) -> int:
        port, store, word = window.port, window.store, window.word
        mask = window.ones << window.shift
        supplied: int | None = None
        for hook in port.before:
            answer = hook(Reading(port.path, port.register, store.value, mask))
            if answer is not None:
                if not port.register.external and not any(on == "ruser" for on, _ in word.read_effects):
                    raise ValueError(f"{port.path} is not external: the hook of a read cannot supply its value")
                supplied = answer
        seen = store.value if supplied is None else supplied
        value = seen
        for onread, f in word.read_effects:
            value = after_read(onread, value, f.mask & mask)
        if value != seen:
            self.commit(store, value)
        for after in port.after:
            after(Reading(port.path, port.register, seen, mask))
        return (seen >> window.shift) & window.readable | window.reserved

    def _write(self, window: Window, value: int, lane_mask: int) -> None:
        port, store = window.port, window.store
        mask = lane_mask << window.shift
        value <<= window.shift
        if not window.word.written:
            self._report("read-only", port.path, f"wrote {value:#x} to a register that software cannot write")
        old = new = store.value
        for f in window.word.written:
            new = self._write_field(port, f, new, value, f.mask & mask)
        pulses = new & port.plan.pulses
        new &= ~port.plan.pulses
        self.commit(store, new)
        for bits, hook in port.hooks:
            if bits & mask:
                hook(Written(port.path, port.register, old, new, value, mask, pulses))

    def _write_field(self, port: Port, f: FieldType, word: int, value: int, mask: int) -> int:
        """Return the word after the field took its part of a write."""
        if not mask:
            return word
        if f.sw.once:
            if port.store.spent & mask:
                self._report("write-once", f"{port.path}.{f.name}", "written a second time since its reset")
                mask &= ~port.store.spent
            port.store.spent |= mask
        return after_write(f.onwrite, word, value, mask)

    # ---- where things are ----

    def _window(self, offset: int, width: int, *, writing: bool) -> Window:
        """Find the access word at an offset, for the first time or to say what is wrong with the access."""
        where = f"{'write' if writing else 'read'} of {width} bytes at offset {offset:#x}"
        places = decode(self.group, offset)
        for place in places:
            if isinstance(place.type, RegisterType):
                self._port(place, place.type)
        window = (self._writes if writing else self._reads).get(offset)
        if window is None and not places:
            self._fault("hole", f"{offset:#x}", f"{where}: nothing stands there")
        if window is None:
            self._fault("width", places[0].path, f"{where}: {places[0].path} is not accessed there")
        if window.width != width:
            self._fault("width", window.port.path, f"{where}: {window.port.path} takes {window.width} bytes an access")
        return window

    def _fault(self, rule: str, path: str, detail: str) -> NoReturn:
        self._report(rule, path, detail)
        raise BusFault(detail)

    def _port(self, place: Place, register: RegisterType) -> Port:
        """Return the port of a register, made when first touched."""
        port = self._ports.get(place.steps)
        if port is not None:
            return port
        if register.alias_of:
            sibling = Step(register.alias_of, place.steps[-1].indices)
            primary, type, _ = register_at(self.group, (*place.steps[:-1], sibling))
            store = self._port(primary, type).store
        else:
            store = Store(place, register, value=_initial(register))
        port = Port(place, place.path, register, plan(register), store)
        self._ports[place.steps] = port
        for word in port.plan.words:
            window = Window(
                port=port,
                store=store,
                word=word,
                width=register.access,
                shift=word.shift,
                ones=ones(register.access),
                readable=word.readable >> word.shift,
                reserved=0,
                storage=word.storage,
            )
            port.windows.append(window)
            at = place.offset + word.shift // 8
            if port.plan.readable or at not in self._reads:
                self._reads[at] = window
            if port.plan.writable or at not in self._writes:
                self._writes[at] = window
        port.tune()
        return port

    def _at(self, path: str) -> tuple[Port, str]:
        """Return the port that a path leads to, and the field it names ("" where it names the register)."""
        place, register, rest = register_at(self.group, steps_of(path))
        if len(rest) > 1 or (rest and rest[0].indices):
            raise ValueError(f"{path}: nothing stands below {place.path} but its fields")
        return self._port(place, register), rest[0].name if rest else ""

    # ---- hardware ----

    def field(self, path: str) -> Cell:
        """Return one field, from the hardware's side.

        Raises:
            ValueError: no such field.
        """
        port, name = self._at(path)
        if not name:
            raise ValueError(f"{path} is a register; it has the fields {', '.join(port.register.by_name)}")
        return Cell(self, port, port.find(name))

    def commit(self, store: Store, value: int) -> None:
        """Put a value into the flops."""
        store.value = value

    def reset(self, signal: str | None = None) -> None:
        """Reset: None is power-on."""
        if signal is not None:
            raise ValueError(f"no reset signal {signal!r}")
        for port in self._ports.values():
            if not port.register.alias_of:
                port.store.value = _initial(port.register)
                port.store.spent = 0

    # ---- hooks ----

    def on_write(self, path: str, hook: WriteHook) -> None:
        """Call `hook` after each write by software to a register, or to one field of it."""
        port, name = self._at(path)
        port.hooks.append((port.find(name).mask if name else -1, hook))
        port.tune()

    def on_read(self, path: str, hook: ReadHook) -> None:
        """Call `hook` before each read of a register by software, so that it may refresh what is read.

        For an external register (or a `ruser` field) an int that it returns is the register's value for this read.
        """
        port, _ = self._at(path)
        port.before.append(hook)
        port.tune()

    def after_read(self, path: str, hook: AfterHook) -> None:
        """Call `hook` after each read of a register by software, with the value that the read brought."""
        port, _ = self._at(path)
        port.after.append(hook)
        port.tune()

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with each `Misuse`."""
        self._watchers.append(watcher)

    def _report(self, rule: str, path: str, detail: str) -> None:
        misuse = Misuse(rule, path, detail)
        for watcher in self._watchers:
            watcher(misuse)


def lanes(strobes: int, width: int) -> int:
    """Return the bits that byte strobes enable.

    Raises:
        ValueError: a strobe outside the width, or none.
    """
    if not 0 < strobes < 1 << width:
        raise ValueError(f"strobes {strobes:#x} do not fit {width} bytes")
    return sum(0xFF << 8 * byte for byte in range(width) if strobes >> byte & 1)


def _initial(register: RegisterType) -> int:
    """Return the word after power-on: what has no reset begins at 0."""
    return sum(f.reset << f.lsb for f in register.fields if isinstance(f.reset, int))
