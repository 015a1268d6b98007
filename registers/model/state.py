"""The state of a simulated register map: flops, signals, and the ports that software reaches them through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import define, field, frozen

from registers.model.place import Place
from registers.model.plan import Plan, WordPlan
from registers.schema import FieldType, Interrupt, RegisterType, SignalType


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
Source: TypeAlias = Callable[[], int]


@define(eq=False)
class Line:
    """An output that somebody watches: called with the new level at each change."""

    source: Source
    callback: Callable[[int], object]
    level: int


@define(eq=False)
class Driver:
    """A field that acts on its own, and where its inputs come from.

    Attributes:
        how: how it keeps its hardware input; None where it just stores it.
        follow, sets, clears: its `next`, `hwset` and `hwclr`.
        qualifiers: its `we`, `wel`, `hwenable` and `hwmask`, where they refer to something.
        counts: its `incr` and `decr`, where they refer to something.
    """

    type: FieldType
    lsb: int
    full: int
    how: Interrupt | None
    follow: Source | None
    sets: Source | None
    clears: Source | None
    qualifiers: dict[str, Source]
    counts: tuple[tuple[str, Source], ...]


@define(eq=False)
class Live:
    """What the hardware of a register needs besides its flops; most registers have none of it.

    Attributes:
        wired: `dependants` is known.
        falling: singlepulse bits that are 1 for this clock.
        happening: (field, property) pairs of events at this clock.
        inputs, injected: by field, the level at a latching input, and the bits that are to happen once.
        seen: inputs at the last clock, by (field, property), for edges.
        closed: fields whose implied `swwe` or `swwel` input says no.
    """

    wired: bool = False
    falling: int = 0
    drivers: list[Driver] | None = None
    dependants: list[Store] = field(factory=list["Store"])
    lines: list[Line] = field(factory=list[Line])
    listeners: dict[tuple[str, str], list[Callable[[], object]]] = field(
        factory=dict[tuple[str, str], list[Callable[[], object]]]
    )
    happening: set[tuple[str, str]] = field(factory=set[tuple[str, str]])
    inputs: dict[str, int] = field(factory=dict[str, int])
    injected: dict[str, int] = field(factory=dict[str, int])
    seen: dict[tuple[str, str], int] = field(factory=dict[tuple[str, str], int])
    closed: set[str] = field(factory=set[str])

    def power_up(self) -> None:
        """Forget what was before; who depends on the register and who listens stays."""
        self.falling = 0
        for memory in (self.happening, self.inputs, self.injected, self.seen, self.closed):
            memory.clear()


@define(eq=False)
class Store:
    """The flops of one register; an alias shares its primary's.

    Attributes:
        power_up: what fields without reset hold after power-on.
        value: every field's bits, in place.
        spent: bits of write-once fields that were written since their reset.
        held: bits that an asserted reset holds.
        watched: bits whose change something reacts to.
        domains: the bits that each reset signal resets, by its path ("" where the map names none); None: not yet asked.
    """

    place: Place
    register: RegisterType
    plan: Plan
    power_up: int = 0
    value: int = 0
    spent: int = 0
    held: int = 0
    watched: int = 0
    domains: dict[str, int] | None = None
    ports: tuple[Port, ...] = ()
    _live: Live | None = None

    @property
    def live(self) -> Live:
        """What its hardware needs besides the flops, made when first needed."""
        if self._live is None:
            self._live = Live()
        return self._live

    @property
    def was_live(self) -> Live | None:
        """The same; None where it was never needed."""
        return self._live

    def tune(self) -> None:
        """Decide again which accesses may take the short way."""
        for port in self.ports:
            port.tune()


@define(eq=False)
class Port:
    """One register as software addresses it.

    Attributes:
        before, after, hooks: what the model around the map attached to reads and writes (of the bits given).
        bring: brings the register up to date before anybody looks at it; None: it always is.
        gates: by field, the references that decide whether software may write it, and the level that lets it.
    """

    place: Place
    register: RegisterType
    plan: Plan
    store: Store
    external: bool
    before: tuple[ReadHook, ...] = ()
    after: tuple[AfterHook, ...] = ()
    hooks: tuple[tuple[int, WriteHook], ...] = ()
    bring: Callable[[], object] | None = None
    gates: dict[str, list[tuple[Source, bool]]] | None = None
    windows: tuple[Window, ...] = ()

    @property
    def path(self) -> str:
        """The register's, indices included."""
        return self.place.path

    def tune(self) -> None:
        """Decide again which accesses may take the short way."""
        busy, told = self.hooks or self.store.held, self.before or self.after or self.bring
        watched = self.store.watched
        for window in self.windows:
            word = window.word
            window.quick_read = word.simple_read and not told
            window.quick_write = word.simple_write and not busy and not word.storage & watched

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
    """One access word of a port: all that a plain access needs, in the word's own bits.

    Attributes:
        reserved: what a read brings where no field stands.
        storage: of the register: the bits that a plain write stores.
    """

    port: Port
    store: Store
    word: WordPlan
    width: int
    shift: int
    ones: int
    readable: int
    reserved: int
    storage: int
    quick_read: bool = False
    quick_write: bool = False


@define(eq=False)
class Signal:
    """An input signal of the map.

    Attributes:
        level: what stands on the wire.
        on_change: the register file's, called before and after the level changes.
    """

    type: SignalType
    path: str
    level: int
    on_change: Callable[[Signal, int], None]
    dependants: list[Store] = field(factory=list[Store])
    wired: bool = False

    @property
    def asserted(self) -> int:
        """The bits that mean "on": the level, inverted where the signal is active low."""
        return self.level ^ (((1 << self.type.width) - 1) if self.type.active_low else 0)

    def set(self, level: int | bool) -> None:
        """Drive the wire: `level` is what stands on it, so 0 asserts a signal that is active low.

        Raises:
            ValueError: the level does not fit the signal's width.
        """
        if not 0 <= level < 1 << self.type.width:
            raise ValueError(f"{self.path}: level {level:#x} does not fit {self.type.width} bits")
        if level != self.level:
            self.on_change(self, int(level))
