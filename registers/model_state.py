"""The state of a simulated register map: flops, the ports that software reaches them through, who is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import Factory, define, field, frozen

from registers.model_place import Place
from registers.model_plan import Plan, WordPlan
from registers.schema import FieldType, RegisterType


@frozen
class Misuse:
    """Software did what the description forbids; the hardware ignored it.

    Attributes:
        rule: "locked", "read-only", "write-once", "hole" or "width".
        path: the register, the field, or the offset where nothing stands.
        detail: one sentence for a person.
    """

    rule: str
    path: str
    detail: str


@define
class Written:
    """Software wrote a register.

    Attributes:
        path: the register's, as software addressed it.
        old, new: the register's word before and after.
        value, mask: what was written, and which bits were in the access (byte strobes, access words).
        pulses: the singlepulse bits that fired.
    """

    path: str
    register: RegisterType
    old: int
    new: int
    value: int
    mask: int
    pulses: int

    def written(self, name: str) -> int | None:
        """Return what was written to a field; None where the access held none of its bits."""
        f = self.register.by_name[name]
        return (self.value & f.mask) >> f.lsb if self.mask & f.mask else None

    def pulsed(self, name: str) -> bool:
        """Say whether a singlepulse field fired."""
        return bool(self.pulses & self.register.by_name[name].mask)


@define
class Reading:
    """Software reads a register.

    Attributes:
        path: the register's, as software addressed it.
        value: its word: before the read's effects, as the bus sees it.
        mask: which bits are in the access.
    """

    path: str
    register: RegisterType
    value: int
    mask: int


WriteHook: TypeAlias = Callable[[Written], object]
ReadHook: TypeAlias = Callable[[Reading], "int | None"]
AfterHook: TypeAlias = Callable[[Reading], object]
Watcher: TypeAlias = Callable[[Misuse], object]


@define(eq=False)
class Store:
    """The flops of one register; an alias shares its primary's.

    Attributes:
        value: every field's bits, in place.
        spent: bits of write-once fields that were written since their reset.
        live: something reacts when the value changes.
    """

    place: Place
    register: RegisterType
    value: int = 0
    spent: int = 0
    live: bool = False


@define(eq=False)
class Port:
    """One register as software addresses it."""

    place: Place
    path: str
    register: RegisterType
    plan: Plan
    store: Store
    before: list[ReadHook] = Factory(list)
    after: list[AfterHook] = Factory(list)
    hooks: list[tuple[int, WriteHook]] = Factory(list)
    windows: list[Window] = Factory(list)

    def tune(self) -> None:
        """Decide again which accesses may take the short way."""
        for window in self.windows:
            word = window.word
            told = self.before or self.after or word.events
            window.quick_read = bool(word.readable) and not told and not word.read_effects
            window.quick_write = word.simple_write and not self.hooks and not self.store.live

    def find(self, name: str) -> FieldType:
        """Return a field of the register.

        Raises:
            ValueError: no such field.
        """
        found = self.register.by_name.get(name)
        if found is None:
            raise ValueError(f"{self.path} has no field {name!r}; it has {', '.join(self.register.by_name)}")
        return found


@define(eq=False)
class Window:
    """One access word of a port: all that a plain access needs, in the word's own bits."""

    port: Port
    store: Store
    word: WordPlan
    width: int
    shift: int
    ones: int
    readable: int
    reserved: int  # what a read brings where no field stands
    storage: int  # of the register: the bits that a plain write stores
    quick_read: bool = field(default=False)
    quick_write: bool = field(default=False)
