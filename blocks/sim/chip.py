"""A chip assembled from its models: address decode, events in time, interrupt lines, and the rules that were broken.

It knows no clock and no event loop: whoever uses it says what time it is. So one simulated chip can outlive the
transport, the controller and the loop that talked to it, as real hardware does.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from hashlib import blake2b
from itertools import count, pairwise
from math import inf
from typing import Protocol, cast

from attrs import define, field

from blocks.chip import Chip, Instance
from blocks.chip.slips import slips
from blocks.chip.table import ChipError, choice
from blocks.chip.values import build
from blocks.chip.variant import Variant
from blocks.ladder import Ladder
from blocks.model import BlockModel, ModelFault, ModelParams, Violation, WireError, model_type, params_of
from blocks.sim.faults.board import Faults, Injected
from blocks.sim.faults.kinds import Fault
from blocks.sim.workload import Workload
from registers.access import RegisterOp
from registers.model import RegisterFile
from registers.model.place import decode
from registers.schema import MemoryType
from transports.batch import ones
from transports.errors import BusFault, TransportError

DRAWN_BITS = 48  # fewer than a float holds, so that no number is rounded up to 1
VIOLATIONS_MAX = 1000  # kept; a driver in a loop breaks rules for ever, and the first ones tell why


@define(eq=False)
class Event:
    """Something a model will do."""

    block: str
    action: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        """Do not do it."""
        self.cancelled = True


class Listener(Protocol):
    """Who wants to know, without looking, that something happened."""

    def rose(self, line: int) -> None:
        """An interrupt line of the chip rose."""
        ...

    def scheduled(self) -> None:
        """There is a new event in the future."""
        ...


@define(eq=False)
class _Place:
    """A block on the bus."""

    start: int
    end: int
    model: BlockModel


@define(eq=False)
class _Memory:
    """Plain memory on the bus; always on, zero at power-on."""

    path: str
    start: int
    type: MemoryType
    data: bytearray = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.data = bytearray(self.type.size)

    def span(self, address: int, width: int) -> slice:
        """Return the bytes of an access that is inside."""
        offset = address - self.start
        if offset + width > len(self.data):
            raise BusFault(f"an access of {width} bytes reaches beyond {self.path}")
        return slice(offset, offset + width)


class SimChip:
    """The simulated chip.

    Args:
        seed: of everything random; what is drawn depends on it, on the block and on what it is drawn for, and not on
            when, or on what else was drawn.
        overrides: parameters of models by instance, over those of the chip's file.
        workload: the flows of the chip's file run.

    Attributes:
        stalled_s: until when an access had to wait for an answer; accesses take no time otherwise.

    Raises:
        ChipError: a block type has no model, a parameter does not fit its model, or a wire does not fit its end.
        BlockError: the code of a model does not run.
    """

    def __init__(
        self,
        chip: Chip,
        *,
        seed: int = 0,
        overrides: Mapping[str, Mapping[str, object]] | None = None,
        workload: bool = False,
    ) -> None:
        self.chip = chip
        self.seed = seed
        self.now_s = 0.0
        self.stalled_s = 0.0
        self._offset_s = 0.0
        self._faults: Faults | None = None
        self._felt: Faults | None = None  # the same while accesses may meet one
        self.violations: list[Violation] = []  # the first ones
        self.broken = 0  # rules, told in `violations` or not
        self._events: list[tuple[float, int, int, Event]] = []
        self._sequence = count()
        self._levels: dict[str, bool] = {}
        self._listeners: list[Listener] = []
        self._alone = False
        self._memories: dict[int, _Memory] = {}
        self._intended: dict[Variant, dict[str, int]] = {}
        self._models: dict[str, BlockModel] = {}
        for instance in chip.instances.values():
            parameters = {**instance.model, **(overrides or {}).get(instance.name, {})}
            self._models[instance.name] = self._make(instance, parameters)
        places = [
            _Place(i.address, i.address + i.block.regs.group.size, self._models[i.name])
            for i in chip.instances.values()
            if i.behind is None  # others are reached through the model of the block they stand behind
        ]
        self._places = sorted(places, key=lambda place: place.start)
        self._starts = [place.start for place in self._places]
        nothing = _Place(0, 0, cast("BlockModel", None))  # no access is inside
        self._last = next(iter(self._places), nothing)  # that was accessed: the next access is to the same, as a rule
        for place, following in pairwise(self._places):
            if following.start < place.end:
                where = f'blocks."{following.model.name}"'
                inside = f"a block inside {place.model.name}"
                raise ChipError(chip.source, where, inside, "blocks side by side; the simulation decodes no others")
        for name, model in self._models.items():
            self._connect(name, model)
        self._workload = Workload(chip.flows if workload else (), self)
        self.power_on()

    def _make(self, instance: Instance, parameters: Mapping[str, object]) -> BlockModel:
        where = f'blocks."{instance.name}"'
        kind = model_type(instance.type)
        if kind is None:
            raise ChipError(
                self.chip.source, where, f"block type {instance.type!r} with no model",
                "a chip that can be simulated; connect to a real one instead, --on URL",
            )  # fmt: skip

        def complain(key: str, found: str, expected: str) -> ChipError:
            return ChipError(self.chip.source, f"{where}.model{'.' if key else ''}{key}", found, expected)

        params: ModelParams = build(params_of(kind), parameters, complain)
        with slips(kind.__module__):
            return kind(instance.name, RegisterFile(instance.block.regs.group), params, self)

    def _connect(self, name: str, model: BlockModel) -> None:
        line = self.chip.instances[name].line
        where = f'blocks."{name}"'
        if line and line.controller and type(self._models[line.controller]).sink is BlockModel.sink:
            found = f"{line.controller!r}, whose model takes no interrupt lines"
            raise ChipError(self.chip.source, f"{where}.line.controller", found, "an interrupt controller")
        try:
            with slips(type(model).__module__, WireError):
                model.attach()
        except WireError as problem:
            raise ChipError(self.chip.source, f"{where}.model", str(problem), "a net that is there") from None

    # ---- the outside ----

    def power_on(self) -> None:
        """Reset everything, as the power-on reset does; time goes on, and the record of violations stays."""
        self._workload.stop()
        self._events.clear()
        self._memories.clear()
        self._levels = dict.fromkeys(self._models, False)
        if self._faults is not None:
            self._faults.reset()
        for model in self._models.values():
            with slips(type(model).__module__):
                model.reset()
        for name, model in self._models.items():
            self._guarded(name, "resetting", model.update)
        self._workload.start()

    def advance(self, now_s: float) -> None:
        """Let everything happen that happens up to `now_s`; a time that has passed changes nothing."""
        if self._faults is not None:
            while (next_s := self._faults.next_s) <= now_s:
                self._pass(next_s)
                self._faults.act()
        self._pass(now_s)

    def _pass(self, now_s: float) -> None:
        while self._events and self._events[0][0] <= now_s:
            at_s, _, _, event = heapq.heappop(self._events)
            if not event.cancelled:
                self.now_s = max(self.now_s, at_s)
                self._guarded(event.block, "time passed", event.action)
        self.now_s = max(self.now_s, now_s)

    @contextmanager
    def alone(self, blocks: Collection[str]) -> Generator[None]:
        """Let time pass for some blocks, and take it back: of all others nothing happens, and no line is heard.

        What the blocks themselves hold is whoever asks to put back.
        """
        times, broken, events, told = (self.now_s, self.stalled_s), self.broken, self._events, len(self.violations)
        self._events = [entry for entry in self._events if entry[3].block in blocks]
        heapq.heapify(self._events)
        within, self._alone = self._alone, True
        try:
            yield
        finally:
            self._alone = within
            (self.now_s, self.stalled_s), self.broken, self._events = times, broken, events
            del self.violations[told:]

    @property
    def traffic(self) -> Mapping[str, int]:
        """Packets of the workload: sent, delivered, checked, lost, corrupt; empty where none runs."""
        return self._workload.traffic if self._workload.runs else {}

    @property
    def spoilt(self) -> Mapping[str, int]:
        """Of the corrupt packets, how many lay in which block."""
        return dict(self._workload.spoilt)

    @cached_property
    def stages(self) -> Mapping[str, Mapping[str, float]]:
        """Seconds that the hardware of each block takes from reset, by what the block's driver waits for.

        They follow from the seed, the models' parameters and what the ladders check: nothing needs to have run.
        """
        times: dict[str, Mapping[str, float]] = {}
        for name, model in self._models.items():
            with slips(type(model).__module__):
                times[name] = model.times()
        return {name: taken for name, taken in times.items() if taken}

    @property
    def next_event_s(self) -> float:
        """When something will happen by itself; inf when nothing will."""
        while self._events and self._events[0][3].cancelled:
            heapq.heappop(self._events)
        by_itself_s = self._events[0][0] if self._events else inf
        return by_itself_s if self._faults is None else min(by_itself_s, self._faults.next_s)

    def read(self, address: int, width: int) -> int:
        """Answer a read.

        Raises:
            BusFault: nothing stands there, or what does is not accessed so.
            Indeterminate, Unavailable: by an injected fault.
        """
        faults = self._felt
        if faults is not None and not faults.admits(address, width, writing=False):
            return ones(width)
        place = self._last
        if not place.start <= address < place.end:
            if (found := self._place(address)) is None:
                memory = self._memory(address, "read")
                return int.from_bytes(memory.data[memory.span(address, width)], "little")
            place = found
        offset = address - place.start
        try:
            word = place.model.read(offset, width)
        except TransportError:
            raise
        except Exception as error:
            raise self._fault(place.model.name, f"offset {offset:#x} was read", error) from error
        return word if faults is None else faults.seen(address, width, word, writing=False)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Take a write.

        Raises:
            BusFault: as `read`; or a memory that is only read.
            Indeterminate, Unavailable: by an injected fault.
        """
        faults = self._felt
        if faults is not None:
            if not faults.admits(address, width, writing=True):
                return
            value = faults.seen(address, width, value, writing=True)
        place = self._place(address)
        if place is None:
            memory = self._memory(address, "write")
            if not memory.type.sw.writable:
                raise BusFault(f"{memory.path} is only read")
            span = memory.span(address, width)
            for index, byte in enumerate(value.to_bytes(width, "little")):
                if strobes is None or strobes >> index & 1:
                    memory.data[span.start + index] = byte
            return
        offset = address - place.start
        try:
            place.model.write(offset, value, width, strobes)
        except TransportError:
            raise
        except Exception as error:
            raise self._fault(place.model.name, f"{value:#x} was written to offset {offset:#x}", error) from error

    def attach(self, listener: Listener, time_s: float) -> float:
        """Tell a listener from now on; return what to add to its clock, which shows `time_s`, to have the chip's time.

        The chip's time goes on from where it was; two listeners at once share a clock.
        """
        if not self._listeners or time_s + self._offset_s < self.now_s:
            self._offset_s = self.now_s - time_s
        self._listeners.append(listener)
        return self._offset_s

    def detach(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.remove(listener)

    @property
    def raised(self) -> frozenset[int]:
        """The chip's own interrupt lines that are high."""
        lines = ((self.chip.instances[name].line, level) for name, level in self._levels.items())
        return frozenset(line.source for line, level in lines if level and line is not None and line.controller is None)

    # ---- for models ----

    def model(self, name: str) -> BlockModel:
        """Return a block's model.

        Raises:
            WireError: there is no such block.
        """
        if name not in self._models:
            raise WireError(f"no block {name!r}: {choice(name, self._models)}")
        return self._models[name]

    def after(self, block: str, delay_s: float, action: Callable[[], object]) -> Event:
        """Do something later; an infinite delay is never."""
        return self.at(block, self.now_s + delay_s, action)

    def at(self, block: str, time_s: float, action: Callable[[], object], *, rank: int = 0) -> Event:
        """Do something at a time: of what is due at one time the lowest rank first, then what was asked for first."""
        event = Event(block, action)
        if time_s < inf:
            heapq.heappush(self._events, (time_s, rank, next(self._sequence), event))
            self.scheduled()
        return event

    def draw(self, block: str, what: str) -> float:
        """Return the number in 0..1 that seed, block and `what` make."""
        digest = blake2b(f"{self.seed}/{block}/{what}".encode(), digest_size=DRAWN_BITS // 8).digest()
        return int.from_bytes(digest) / (1 << DRAWN_BITS)

    def intended(self, block: str) -> Mapping[str, int]:
        """Return what fields of registers hold once a block is up, by path, as far as its ladder checks them."""
        variant = self.chip.instances[block].variant
        if variant not in self._intended:
            self._intended[variant] = _checked(variant.up)
        return self._intended[variant]

    def violate(self, block: str, register: str, rule: str) -> None:
        """Record that software broke a rule."""
        self.broken += 1
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(Violation(self.now_s, block, register, rule))

    def line(self, block: str, level: bool) -> None:
        """Drive a block's interrupt line: to its controller's model, or out of the chip."""
        if self._faults is not None:
            self._faults.line(block, level)
        elif not self._alone:
            self.hear(block, level)

    def message(self, block: str, number: int) -> None:
        """Send an interrupt message out of the chip; a block without a line of its own is not heard."""
        spec = self.chip.instances[block].line
        if spec is not None and spec.controller is None and not (self._faults is not None and self._faults.cut):
            for listener in self._listeners:
                listener.rose(spec.source + number)

    # ---- for faults ----

    def inject(self, fault: Fault, *, at_s: float | None = None, after: int | None = None) -> Injected:
        """Let a fault begin: now, at a time of the chip, or when so many accesses were made from now on.

        Raises:
            FaultError: this chip cannot have it.
        """
        if self._faults is None:
            self._faults = Faults(self)
        return self._faults.plan(fault, self.now_s if at_s is None else at_s, after)

    @property
    def injected(self) -> Sequence[Injected]:
        """The faults that it was told to have, in that order."""
        return () if self._faults is None else tuple(self._faults.all)

    def feel(self, *, faulty: bool) -> None:
        """Have accesses meet faults from now on, or none."""
        self._felt = self._faults if faulty else None

    @property
    def begun(self) -> Sequence[tuple[float, str]]:
        """The faults that have begun: when, in the chip's time, and what and where; the first one first."""
        return sorted((fault.began_s, fault.what) for fault in self.injected if fault.began_s is not None)

    def stall(self, until_s: float) -> None:
        """Let time pass while an access waits for its answer."""
        self.advance(until_s)
        self.stalled_s = max(self.stalled_s, self.now_s)

    def disturb(self, block: str, action: Callable[[], object]) -> None:
        """Do something to a block's model.

        Raises:
            ModelFault: that was too much for the model.
        """
        self._models[block].stir()
        self._guarded(block, "it was disturbed", action)

    def level(self, block: str) -> bool:
        """Return the level of a block's line, as it is heard."""
        return self._levels[block]

    def scheduled(self) -> None:
        """Tell who listens that something will happen."""
        for listener in self._listeners:
            listener.scheduled()

    def hear(self, block: str, level: bool) -> None:
        """Let the level of a block's line be heard: by its controller's model, or outside the chip."""
        spec = self.chip.instances[block].line
        if spec is None or self._levels[block] == level:
            return
        self._levels[block] = level
        if spec.controller is not None:
            self.model(spec.controller).sink(spec.source, level)
        elif level and not (self._faults is not None and self._faults.cut):
            for listener in self._listeners:
                listener.rose(spec.source)

    # ---- inside ----

    def _place(self, address: int) -> _Place | None:
        if self._last.start <= address < self._last.end:
            return self._last
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._places[index].end:
            return None
        self._last = self._places[index]
        return self._last

    def _memory(self, address: int, verb: str) -> _Memory:
        """Return the memory at an address, made when first touched."""
        found = next((p for p in decode(self.chip.image.root, address) if isinstance(p.type, MemoryType)), None)
        if found is None:
            self.violate("bus", f"{address:#x}", f"{verb} where nothing stands")
            raise BusFault("nothing stands there")
        memory = self._memories.get(found.offset)
        if memory is None:
            assert isinstance(found.type, MemoryType)
            memory = self._memories[found.offset] = _Memory(found.path, found.offset, found.type)
        return memory

    def _guarded(self, block: str, doing: str, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            raise self._fault(block, doing, error) from error

    def _fault(self, block: str, doing: str, error: Exception) -> ModelFault:
        return ModelFault(block, doing, f"{type(error).__name__}: {error}")


def _checked(ladder: Ladder) -> dict[str, int]:
    """Return the fields that a ladder checks, by path; the highest rung that checks one has the last word."""
    checks = (op for rung in ladder for op in rung.holds if isinstance(op, RegisterOp))
    return {f"{op.path}.{name}": int(value) for op in checks for name, value in op.fields.items()}
