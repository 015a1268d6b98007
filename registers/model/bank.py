"""The instances of a register map that were touched: made when first needed, found by offset, steps or path."""

from __future__ import annotations

import random
from collections.abc import Callable

from registers.model.links import Edge, network, resolve
from registers.model.place import Place, decode, locate, register_at, register_under
from registers.model.plan import WordPlan, check_map, plan
from registers.model.state import Port, Signal, Store, Window
from registers.paths import Steps, path_of, steps_of
from registers.schema import GroupType, RegisterType, SignalType, Step
from transports.batch import ones

NewPort = Callable[[Port], None]
NewStore = Callable[[Store], None]
SignalChange = Callable[[Signal, int], None]


class Bank:
    """Ports, stores and signals by where they stand.

    Args:
        root: the map.
        seed: of the power-up values of fields without reset; None: they are 0.
        on_port: called with a new port.
        on_store: called with a new store, to put it at its power-on state.
        on_signal: called with a signal and its new level.

    Attributes:
        reads, writes: access words by offset, as far as they were touched.
    """

    def __init__(
        self, root: GroupType, seed: int | None, on_port: NewPort, on_store: NewStore, on_signal: SignalChange
    ) -> None:
        check_map(root)
        self.root = root
        self.edges = network(root)
        self.reads: dict[int, Window] = {}
        self.writes: dict[int, Window] = {}
        self.ports: dict[Steps, Port] = {}
        self.signals: dict[str, Signal] = {}
        self._seed = seed
        self._on_port = on_port
        self._on_store = on_store
        self._on_signal = on_signal

    def stores(self) -> list[Store]:
        """Return every store that was touched."""
        return [port.store for port in self.ports.values() if port.store.place is port.place]

    def decode(self, offset: int) -> list[Place]:
        """Return what stands at an offset; its registers are in `reads` and `writes` from now on.

        Where one register is only read and another only written, each is found for what it can do. A read-only
        register is found for writes only where no other stands, which is known here and not when its port is made.
        """
        places = decode(self.root, offset)
        windows = [
            window
            for place in places
            if isinstance(place.type, RegisterType)
            for window in self.port(place, place.type).windows
            if place.offset + window.shift // 8 == offset
        ]
        for window in windows:
            self.reads.setdefault(offset, window)
            self.writes.setdefault(offset, window)
        return places

    def at(self, path: str) -> tuple[Port, str]:
        """Return the port that a path leads to, and the field it names ("" where it names the register).

        Raises:
            ValueError, IndexError: no such register or field, or more below a field.
        """
        place, register, rest = register_under(self.root, path)
        port = self.port(place, register)
        match rest:
            case ():
                return port, ""
            case (Step(name=name, indices=()),):
                return port, port.find(name).name
            case _:
                raise ValueError(f"{path}: nothing stands below {port.path} but its fields")

    def port_at(self, steps: Steps) -> Port:
        """Return the port of the register that the steps name or stand in."""
        place, register, _ = register_at(self.root, steps)
        return self.port(place, register)

    def port(self, place: Place, register: RegisterType) -> Port:
        """Return the port of a register, made when first touched."""
        port = self.ports.get(place.steps)
        if port is not None:
            return port
        if register.alias_of:
            sibling = Step(register.alias_of, place.steps[-1].indices)
            store = self.port_at((*place.steps[:-1], sibling)).store
            made = False
        else:
            store, made = self._store(place, register), True
        external = register.external or any(group.external for group in place.groups)
        port = Port(place, register, plan(register), store, external)
        self.ports[place.steps] = port
        store.ports = (*store.ports, port)
        maps = [group for group in place.groups if group.kind == "addrmap"]
        ones_reserved = bool(maps and maps[-1].properties.get("rsvdset"))
        port.windows = tuple(self._window(port, word, ones_reserved) for word in port.plan.words)
        self._on_port(port)
        port.tune()
        if made:
            self._on_store(store)
            if place.names in self.edges:
                for steps in self.dependants(place.steps, reset=True):
                    self.port_at(steps)
        return port

    def _window(self, port: Port, word: WordPlan, ones_reserved: bool) -> Window:
        width, shift = port.register.access, word.shift
        reserved = word.reserved >> shift if ones_reserved else 0
        window = Window(
            port, port.store, word, width, shift, ones(width), word.readable >> shift, reserved, word.storage
        )
        at = port.place.offset + word.shift // 8
        if port.plan.readable:
            self.reads[at] = window
        if port.plan.writable:
            self.writes[at] = window
        return window

    def _store(self, place: Place, register: RegisterType) -> Store:
        drawn = 0
        if self._seed is not None:
            drawn = random.Random(f"{self._seed}:{place.offset}").getrandbits(8 * register.width)
        store = Store(place, register, plan(register), drawn)
        store.watched = store.plan.follows
        if self.edges:
            for edge in self.edges.get(place.names, ()):
                store.watched |= register.by_name[edge.field].mask if edge.field else -1
        for signal in self.signals.values():
            if signal.asserted:
                store.held |= self.domains(store).get(signal.path, 0) & ~store.plan.unset
        return store

    def domains(self, store: Store) -> dict[str, int]:
        """Return the bits that each reset signal resets: a field's own, else the nearest default of the map."""
        if store.domains is None:
            store.domains = {}
            default = self._default_reset(store.place)
            for f in store.register.fields:
                path = default if f.resetsignal is None else path_of(resolve(store.place.steps, f.resetsignal))
                store.domains[path] = store.domains.get(path, 0) | f.mask
        return store.domains

    def _default_reset(self, place: Place) -> str:
        """Return the path of the reset of fields that name none: the nearest `field_reset`, else `cpuif_reset`."""
        for wanted in ("field_reset", "cpuif_reset"):
            for depth in range(len(place.groups) - 1, -1, -1):
                for signal in place.groups[depth].signals:
                    if getattr(signal, wanted):
                        return path_of((*place.steps[:depth], Step(signal.name)))
        return ""

    def signal(self, path: str) -> Signal:
        """Return a signal of the map.

        Raises:
            ValueError, IndexError: no such signal.
        """
        signal = self.signals.get(path)
        if signal is None:
            steps = steps_of(path)
            type = self._signal_type(steps)
            idle = (1 << type.width) - 1 if type.active_low else 0
            signal = self.signals[path] = Signal(type, path, idle, self._on_signal)
            for holder in self.dependants(steps, reset=True):
                self.port_at(holder)
        return signal

    def _signal_type(self, steps: Steps) -> SignalType:
        group = self.root
        *above, last = steps
        if above:
            place, rest = locate(self.root, tuple(above))
            if rest or not isinstance(place.type, GroupType):
                raise ValueError(f"{path_of(steps)}: {place.path} is no group, so it holds no signal")
            group = place.type
        for type in group.signals:
            if type.name == last.name and not last.indices:
                return type
        names = ", ".join(s.name for s in group.signals) or "none"
        raise ValueError(f"{group.name} has no signal {last.name!r}; it has {names}")

    def dependants(self, target: Steps, *, reset: bool) -> list[Steps]:
        """Return the registers whose fields refer to a register or signal, for their reset value or for the rest."""
        edges: tuple[Edge, ...] = self.edges.get(tuple(step.name for step in target), ())
        return list(dict.fromkeys(steps for edge in edges if edge.reset is reset for steps in edge.holders(target)))
