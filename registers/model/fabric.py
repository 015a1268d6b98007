"""What happens after something changed: the map's own hardware, clock by clock, until nothing changes any more.

A clock looks at every register that depends on what changed, all on the same state, and then moves them together. The
model has no free-running clock: a level that stays counts once, and a pulse lasts for one clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from attrs import define, field

from registers.model.advance import Act, drivers_of, look
from registers.model.bank import Bank
from registers.model.reset import power_on, reset_bits
from registers.model.state import Line, Port, Signal, Source, Store
from registers.paths import steps_of
from registers.schema import GroupType

CLOCKS_MAX = 256  # a chain of references longer than this is a loop that never rests


@define
class Pending:
    """What software and hardware did to one register in a cycle: the bits each acts on, and their values."""

    sw_mask: int = 0
    sw_value: int = 0
    hw_mask: int = 0
    hw_value: int = 0
    pulses: int = 0
    events: set[tuple[str, str]] = field(factory=set[tuple[str, str]])


class Fabric:
    """The hardware between the registers of one map.

    Args:
        root: the map.
        seed: of the power-up values of fields without reset; None: they are 0.
        on_port: called with each register that is touched for the first time.
    """

    def __init__(self, root: GroupType, seed: int | None, on_port: Callable[[Port], None]) -> None:
        self.bank = Bank(root, seed, on_port, self._begin, self._drive)
        self._changed: set[Store] = set()
        self._fresh: list[Store] = []
        self._pulsing: set[Store] = set()
        self._told: deque[Callable[[], object]] = deque()
        self._settling = False
        self.told: Callable[[], object] | None = None  # before the hardware changes something

    def announce(self) -> None:
        """Tell who wants to know that something will change."""
        if self.told is not None:
            self.told()

    # ---- changes from outside ----

    def change(self, store: Store, value: int) -> None:
        """Put a value into the flops that no reset holds, and do what follows."""
        if store.held:
            value = value & ~store.held | store.value & store.held
        self.force(store, value)

    def force(self, store: Store, value: int) -> None:
        """Put a value into the flops whatever holds them, and do what follows."""
        if (store.value ^ value) & store.watched:
            self.wire(store)
            store.value = value
            self.settle((store,))
        else:
            store.value = value

    def access(self, store: Store, value: int, events: Iterable[tuple[str, str]], falling: int) -> None:
        """Put what software's access leaves into the flops, with its events and singlepulses, and do what follows."""
        if store.watched and (events or falling):
            self.wire(store)
            store.value = value & ~store.held | store.value & store.held
            self.pulse(store, events, falling)
            self.settle((store,))
        else:
            self.change(store, value)

    def pulse(self, store: Store, events: Iterable[tuple[str, str]], falling: int = 0) -> None:
        """Let events happen at the next clock, and singlepulse bits be 1 for it; `settle` runs that clock."""
        self.wire(store)
        for event in events:
            store.live.happening.add(event)
            self._told.extend(store.live.listeners.get(event, ()))
        store.live.falling |= falling & ~store.held
        store.value |= store.live.falling
        self._pulsing.add(store)

    def line(self, store: Store, source: Source, callback: Callable[[int], object]) -> None:
        """Call `callback` with the level of an output of the register whenever it changes."""
        store.live.lines.append(Line(source, callback, source()))
        self.enliven(store)

    def enliven(self, store: Store) -> None:
        """Something outside the map listens to a register: its changes must be told."""
        store.watched = -1
        store.tune()

    # ---- resets and signals ----

    def _begin(self, store: Store) -> None:
        power_on(self.bank, store, set())
        if store.plan.referred:
            self._fresh.append(store)

    def power_on(self) -> None:
        """Put everything that was touched at its power-on state, inputs included; signals stay as they are driven."""
        self.announce()
        done: set[Store] = set()
        for store in self.bank.stores():
            power_on(self.bank, store, done)
        self.settle(done)

    def reset(self, path: str) -> None:
        """Reset the fields that belong to a reset signal."""
        self.announce()
        hit = self._domain(path)
        for store, bits in hit:
            self.wire(store)
            store.value = reset_bits(self.bank, store, bits)
            store.spent &= ~bits
        self.settle(store for store, _ in hit)

    def _domain(self, path: str) -> list[tuple[Store, int]]:
        """Return the registers that a reset signal reaches, as far as they were touched, and the bits it resets."""
        reached = ((store, self.bank.domains(store).get(path, 0)) for store in self.bank.stores())
        return [(store, bits) for store, bits in reached if bits]

    def _drive(self, signal: Signal, level: int) -> None:
        """Change the level of a signal, and do what follows."""
        if not signal.wired:
            signal.wired = True
            for steps in self.bank.dependants(steps_of(signal.path), reset=False):
                store = self.bank.port_at(steps).store
                signal.dependants.append(store)
                self.wire(store)
            self.catch_up()
        signal.level = level
        owned = self._domain(signal.path)
        for store, bits in owned:
            bits &= ~store.plan.unset  # a field without reset value has no reset in hardware either
            store.held = store.held | bits if signal.asserted else store.held & ~bits
            store.tune()
        if signal.asserted:
            self.reset(signal.path)
        self.settle([*signal.dependants, *(store for store, _ in owned)])

    # ---- wiring ----

    def wire(self, store: Store) -> None:
        """Find who depends on a store, before it changes for the first time: they must see the change.

        An output of a dependant may change with the store though its flops do not: who depends on that is found too.
        """
        if store.watched and not store.live.wired:
            self._reach(store)
            self.catch_up()

    def _reach(self, store: Store) -> None:
        store.live.wired = True
        for steps in self.bank.dependants(store.place.steps, reset=False):
            other = self.bank.port_at(steps).store
            if other is not store:
                store.live.dependants.append(other)
                if not other.live.wired:
                    self._reach(other)

    def catch_up(self) -> None:
        """Let new stores take their first look at their inputs; what changes by it settles later."""
        while self._fresh:
            store = self._fresh.pop()
            self._move(store, look(self.bank, store), None)

    # ---- clocks ----

    def settle(self, changed: Iterable[Store], cycle: Mapping[Store, Pending] | None = None) -> None:
        """Run clocks until nothing changes, and then tell who listens.

        Raises:
            RuntimeError: names a register that never comes to rest.
        """
        self._changed.update(changed)
        if self._settling or not (self._changed or self._fresh):
            return
        self._settling = True
        try:
            for _ in range(CLOCKS_MAX):
                self.catch_up()
                if not self._changed and not self._pulsing:
                    break
                self._clock(cycle or {})
                cycle = None
            else:
                restless = sorted(store.place.path for store in self._changed)
                self._changed.clear()
                self._pulsing.clear()
                raise RuntimeError(f"{', '.join(restless[:3])} never come to rest: they drive each other in a loop")
        finally:
            self._settling = False
        while self._told:
            self._told.popleft()()

    def _clock(self, cycle: Mapping[Store, Pending]) -> None:
        seen = self._cone({*self._changed, *self._pulsing, *cycle})
        self._changed = set()
        acts = [(store, look(self.bank, store)) for store in seen if drivers_of(self.bank, store) or store in cycle]
        self.catch_up()
        for store in self._pulsing:
            live = store.live
            live.happening.clear()
            store.value &= ~live.falling
            live.falling = 0
            self._changed.add(store)
        self._pulsing = set()
        for store, act in acts:
            self._move(store, act, cycle.get(store))

    def _cone(self, changed: set[Store]) -> list[Store]:
        """Return what changed and all that depends on it; the lines of each are looked at on the way."""
        cone = list(changed)
        known = set(changed)
        for store in cone:
            live = store.was_live
            if live is None:
                continue
            for line in live.lines:
                level = line.source()
                if level != line.level:
                    line.level = level
                    self._told.append(partial(line.callback, level))
            for other in live.dependants:
                if other not in known:
                    known.add(other)
                    cone.append(other)
        return cone

    def _move(self, store: Store, act: Act, pending: Pending | None) -> None:
        """Put what a clock brings into the flops."""
        mask, value = act.mask, act.value
        if pending is not None:
            mask, value = _merge(store, act, pending)
        mask &= ~store.held
        new = store.value & ~mask | value & mask
        live = store.was_live
        if live is not None:
            live.seen.update(act.seen)
            live.injected.clear()
        if act.events or (pending is not None and pending.pulses):
            self.pulse(store, act.events, 0 if pending is None else pending.pulses)
            new |= store.live.falling
        if new != store.value:
            self.announce()
            self.wire(store)
            store.value = new
            self._changed.add(store)


def _merge(store: Store, act: Act, pending: Pending) -> tuple[int, int]:
    """Combine what hardware and software did in one cycle: where both act on a bit, its `precedence` decides."""
    hw_mask = pending.hw_mask | act.mask
    hw_value = pending.hw_value & ~act.mask | act.value
    hw_wins = hw_mask & (~pending.sw_mask | store.plan.hw_first)
    return hw_mask | pending.sw_mask, hw_value & hw_wins | pending.sw_value & ~hw_wins
