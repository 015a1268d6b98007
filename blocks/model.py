"""What a block does when its registers are touched: the simulated side of a block type, stricter than silicon.

A model and the block's driver share nothing but the RDL. Where silicon would glitch, hang or only sometimes work, the
model records a violation. Models see each other through nets: a chip's file wires them, `reference = "refpll.clock"`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module, resources
from math import inf
from typing import Any, Generic, Protocol, TypeVar, cast, get_type_hints

import attrs
from attrs import define, field, frozen

from blocks.chip.slips import slips
from blocks.chip.types import only_subclass
from blocks.passing import Passing
from registers.model import Misuse, RegisterFile
from registers.model.place import decode
from transports.errors import BusFault

T = TypeVar("T")

DRAWN_LOW, DRAWN_HIGH = 0.8, 1.2  # of the typical time: the spread of a process corner, no more


@define
class ModelFault(Exception):
    """A model did what no hardware does: raised an error of its own. The simulation is at fault, not the driver."""

    block: str
    doing: str
    problem: str

    def __str__(self) -> str:
        return f"the model of {self.block} failed while {self.doing}: {self.problem}"


@frozen
class Violation:
    """A rule of the hardware that software broke.

    Attributes:
        time_s: since the chip's first power-on.
        register: the block's own path to it; empty when no register was touched.
        rule: one sentence.
    """

    time_s: float
    block: str
    register: str
    rule: str

    def __str__(self) -> str:
        place = f"{self.block}.{self.register}" if self.register else self.block
        return f"{self.time_s * 1e6:.3f} us {place}: {self.rule}"


@frozen
class Clock:
    """What stands on a clock wire.

    Attributes:
        hz: 0 when it does not toggle.
        stable: its frequency is the one it should have.
        locked: a PLL makes it, and has lock.
    """

    hz: float = 0.0
    stable: bool = False
    locked: bool = False


@frozen
class Domain:
    """What a clock and reset generator gives to one domain."""

    clocked: bool = True
    released: bool = True


@frozen
class Supply:
    """What one block gives another to stand on: power, a trained PHY, a stack that is initialised."""

    good: bool = False


@frozen
class Step:
    """Something that the hardware does in a bring-up, and that a rung waits for.

    Attributes:
        stage: the rung of the driver's ladder.
        typical_s: what of its time is drawn; inf: it never ends, and nothing follows.
        counted_s: what is not: counted cycles of a clock.
        what: it is drawn under this name, where that is another than the stage's.
        beside: it goes on beside the other steps of its stage, not behind them.
    """

    stage: str
    typical_s: float
    counted_s: float = 0.0
    what: str = ""
    beside: bool = False


@frozen
class Intended:
    """What a field of a register holds once the block is up."""

    value: int


class Net(Generic[T]):
    """A wire from one model to others: the value it has, and who is told when that changes."""

    __slots__ = ("_due", "idle", "listeners", "name", "users", "value")

    def __init__(self, name: str, idle: T) -> None:
        self.name = name
        self.idle = self.value = idle
        self._due: Callable[[], T] = lambda: idle
        self.listeners: list[Callable[[], object]] = []  # called back after each change
        self.users: list[BlockModel] = []  # the models that are wired to it

    def promise(self, due: Callable[[], T]) -> None:
        """Say how to tell the value that it has once its block is up; until somebody says so, that is `idle`."""
        self._due = due

    def due(self) -> T:
        """Return the value that it has once its block is up; of a wire that hangs on itself, `idle`."""
        due, self._due = self._due, lambda: self.idle
        try:
            return due()
        finally:
            self._due = due

    def listen(self, callback: Callable[[], object]) -> None:
        """Call back after each change."""
        self.listeners.append(callback)

    def drive(self, value: T) -> None:
        """Put a value on the wire."""
        if value != self.value:
            self.value = value
            for callback in self.listeners:
                callback()


class WireError(ValueError):
    """A parameter of a model names no net that it can use; the argument says which there are."""


class Event(Protocol):
    """Something that a model will do later."""

    def cancel(self) -> None:
        """Do not do it; idempotent, and no error after it was done."""
        ...


class Simulation(Protocol):
    """What a model knows of the chip around it."""

    @property
    def now_s(self) -> float:
        """Time since the chip's first power-on."""
        ...

    def after(self, block: str, delay_s: float, action: Callable[[], object]) -> Event:
        """Do something later."""
        ...

    def at(self, block: str, time_s: float, action: Callable[[], object], *, rank: int = 0) -> Event:
        """Do something at a time: of what is due at one time the lowest rank first, then what was asked for first."""
        ...

    def draw(self, block: str, what: str) -> float:
        """Return the random number in 0..1 that stands for `what` of a block, whenever it is asked for."""
        ...

    def intended(self, block: str) -> Mapping[str, int]:
        """Return what fields of registers hold once a block is up, by path, as far as its ladder checks them."""
        ...

    def violate(self, block: str, register: str, rule: str) -> None:
        """Record that software broke a rule."""
        ...

    def model(self, name: str) -> BlockModel:
        """Return another block's model. Raises WireError when there is none."""
        ...

    def line(self, block: str, level: bool) -> None:
        """Drive the block's interrupt line."""
        ...

    def message(self, block: str, number: int) -> None:
        """Send an interrupt message out of the chip: the block's line, or that many behind it."""
        ...


def wire() -> str:
    """Return an attrs field for the name of a net, `BLOCK.net`; empty: not connected."""
    name: str = field(default="", metadata={"wire": True})
    return name


@frozen(kw_only=True)
class ModelParams:
    """Parameters of a simulated block that every type has.

    Attributes:
        domain: the clock and reset domain that its registers stand in, `sys_crg.noc`; empty: always on.
    """

    domain: str = wire()


class BlockModel(Passing):
    """One simulated block: registers that behave as the RDL says, and what a subclass adds.

    `nets` are the outputs that others may be wired to, `inputs` the nets it is wired to, by parameter; `stages` the
    seconds that the hardware took since its reset, by the rung of the driver's ladder that waits for it.

    A subclass names its parameters as the annotation of `params`, connects hooks and nets in `connect`, and says in
    `update` what follows from registers and inputs; `update` runs at power-on and whenever an input changes. `steps`
    says beforehand what `later` will do, so that the time of a bring-up is known without one.
    """

    params: Any

    def __init__(self, name: str, registers: RegisterFile, params: Any, sim: Simulation) -> None:
        super().__init__(registers)
        self.name = name
        self.params = params
        self.sim = sim
        self.nets: dict[str, Net[Any]] = {}
        self.inputs: dict[str, Net[Any]] = {}
        self.stages: dict[str, float] = {}
        self._acting = ""  # the stage whose time is over, while what follows from that happens
        self._draws: Counter[str] = Counter()  # since its reset
        self._domain: Net[Domain] = Net("always on", Domain())
        self._resets = 0
        registers.watch(self._misused)

    # ---- for subclasses to say ----

    def connect(self) -> None:
        """Connect hooks and input nets; called once, when every model of the chip exists."""

    def cleared(self) -> None:
        """Forget what is not in registers: the block was reset."""

    def update(self) -> None:
        """Derive outputs from registers and inputs."""

    def steps(self) -> Iterable[Step]:
        """Say what the hardware does in one undisturbed bring-up from reset, in its order."""
        return ()

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """Say by name what may happen to this hardware for no reason; what cannot happen to it now does nothing."""
        return {}

    def sink(self, source: int, level: bool) -> None:
        """Take the level of an interrupt line that ends at this block."""
        raise WireError(f"{self.name} ({type(self).__name__}) takes no interrupt lines")

    # ---- for subclasses to use ----

    def net(self, name: str, idle: T) -> Net[T]:
        """Return a new output of this block, which has the value `idle` while the block is in reset."""
        made: Net[T] = Net(f"{self.name}.{name}", idle)
        self.nets[name] = made
        return made

    def input(self, parameter: str, otherwise: T, changed: Callable[[], object] | None = None) -> Net[T]:
        """Return the net that a parameter names; when it is empty, one with the value `otherwise`.

        Args:
            changed: a method of this model that hears its changes; default: `update`.

        Raises:
            WireError: there is no such block or net, or the net carries something else.
        """
        found = self._wired(parameter, type(otherwise)) or Net(parameter, otherwise)
        found.listen(changed or self.update)
        self.inputs[parameter] = found
        return found

    def _wired(self, parameter: str, kind: type[T]) -> Net[T] | None:
        name: str = getattr(self.params, parameter)
        if not name:
            return None
        block, _, output = name.rpartition(".")
        nets = self.sim.model(block).nets if block else {}
        found = nets.get(output)
        if found is None or not isinstance(found.idle, kind):
            fitting = ", ".join(f"{block}.{n}" for n, net in nets.items() if isinstance(net.idle, kind)) or "none there"
            raise WireError(f"{parameter} = {name!r}: expected a {kind.__name__.lower()} net, BLOCK.net: {fitting}")
        found.users.append(self)
        return cast("Net[T]", found)

    def violate(self, register: str, rule: str) -> None:
        """Record that software broke a rule."""
        self.sim.violate(self.name, register, rule)

    def after(self, delay_s: float, action: Callable[[], object]) -> Event:
        """Do something later, unless the block is reset before."""
        resets = self._resets

        def act() -> None:
            if resets == self._resets:
                action()

        return self.sim.after(self.name, delay_s, act)

    def later(
        self,
        stage: str,
        typical_s: float,
        action: Callable[[], object],
        *,
        plus_s: float = 0.0,
        again: bool = False,
    ) -> Event:
        """Do something after a drawn time, as `after`, and note that time; an infinite one is never, and not noted.

        `steps` says the same beforehand. What the hardware does in one go adds up: steps that follow from each other,
        and attempts that it made fail. A driver that asks once more for what was done makes the stage no longer: then
        the last time counts.

        Args:
            stage: the rung of the driver's ladder that waits for it.
            plus_s: what is not drawn: counted cycles of a clock.
            again: it is one more step, or the hardware itself failed the attempt before.
        """
        delay_s = self.drawn(typical_s, stage) + plus_s
        if delay_s < inf:
            before = self.stages.get(stage, 0.0) if again or self._acting == stage else 0.0
            self.stages[stage] = before + delay_s

        def act() -> None:
            self._acting = stage
            try:
                action()
            finally:
                self._acting = ""

        return self.after(delay_s, act)

    @property
    def in_service(self) -> bool:
        """Whether traffic passes: the block serves, and its domain has a clock and no reset."""
        return self._domain.value.clocked and self._domain.value.released and self.serves

    def draw(self, what: str) -> float:
        """Return a random number in 0..1 for something that happens now: another each time, the same after a reset."""
        self._draws[what] += 1
        return self.foreseen(what, self._draws[what])

    def foreseen(self, what: str, nth: int = 1) -> float:
        """Return what `draw` gives, or gave, the nth time since the reset."""
        return self.sim.draw(self.name, f"{what}#{nth}")

    def drawn(self, typical_s: float, what: str) -> float:
        """Return how long something takes this time: between 0.8 and 1.2 of the typical time."""
        return _spread(typical_s, self.draw(what))

    def takes(self, typical_s: float, what: str, nth: int = 1) -> float:
        """Return how long something takes, or took, the nth time since the reset."""
        return _spread(typical_s, self.foreseen(what, nth))

    def intended(self, path: str) -> Intended:
        """Return what a field holds once the block is up: what its ladder checks, else what it holds after reset."""
        value = self.sim.intended(self.name).get(path)
        if value is None:
            reset = self.registers.field(path).type.reset
            value = reset if isinstance(reset, int) else 0
        return Intended(value)

    # ---- for the simulation ----

    def times(self) -> dict[str, float]:
        """Return the seconds of each stage of one undisturbed bring-up from reset, whatever has happened since."""
        found: dict[str, float] = {}
        draws: Counter[str] = Counter()
        for step in self.steps():
            what = step.what or step.stage
            draws[what] += 1
            seconds = self.takes(step.typical_s, what, draws[what]) + step.counted_s
            if seconds == inf:
                break
            before = found.get(step.stage, 0.0)
            found[step.stage] = max(before, seconds) if step.beside else before + seconds
        return found

    def attach(self) -> None:
        """Connect to the other models."""
        if (domain := self._wired("domain", Domain)) is not None:
            self._domain = domain
            domain.listen(self._domain_changed)
        self.connect()

    def reset(self) -> None:
        """Put the block into the state after its reset, without telling anyone: `update` must follow."""
        self.forget()
        for net in self.nets.values():
            net.value = net.idle

    def restart(self) -> None:
        """Reset this block alone, as its own reset line does."""
        self.forget()
        self.update()

    def read(self, offset: int, width: int) -> int:
        """Answer a read of software."""
        domain = self._domain.value
        if not (domain.clocked and domain.released):
            self._reachable(offset)
        return self.registers.read(offset, width)

    def write(self, offset: int, value: int, width: int, strobes: int | None) -> None:
        """Take a write of software."""
        self._reachable(offset)
        if self._stretches:
            self.stir()
        self.registers.write(offset, value, width, strobes)

    def _reachable(self, offset: int) -> None:
        """Refuse an access to registers that have no clock or are in reset: silicon would hang the bus."""
        state = self._domain.value
        if state.clocked and state.released:
            return
        why = f"{self._domain.name} is in reset" if state.clocked else f"{self._domain.name} has no clock"
        place = next((place.path for place in decode(self.registers.group, offset)), f"{offset:#x}")
        self.violate(place, f"touched while its domain {why}")
        raise BusFault(f"{self.name} does not answer: its domain {why}")

    def _domain_changed(self) -> None:
        self.stir()
        if not self._domain.value.released:
            self.restart()

    def forget(self) -> None:
        """Forget what the block's reset clears, nets apart: `update` must follow."""
        self.stir()
        self._resets += 1
        self.torn = self.torn or not self.quiesced
        self.stages.clear()
        self._draws.clear()
        self.in_flight = 0
        self.registers.reset()
        self.cleared()

    def _misused(self, misuse: Misuse) -> None:
        self.violate(misuse.path, f"{misuse.rule}: {misuse.detail}")


def _spread(typical_s: float, drawn: float) -> float:
    return typical_s * (DRAWN_LOW + (DRAWN_HIGH - DRAWN_LOW) * drawn)


@cache
def model_type(name: str) -> type[BlockModel] | None:
    """Return the model of a block type; None where the folder has none.

    Raises:
        BlockError: its model.py does not import, or holds no model, or several.
    """
    if not resources.files(f"blocks.{name}").joinpath("model.py").is_file():
        return None
    module = f"blocks.{name}.model"
    with slips(module):
        return only_subclass(import_module(module), BlockModel)


def params_of(model: type[BlockModel]) -> type[ModelParams]:
    """Return the class of a model's parameters: the annotation of its `params`."""
    found: type[ModelParams] = _hints(cast("Any", model))["params"]
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def wires(params: ModelParams) -> Iterator[tuple[str, str]]:
    """Yield (parameter, net) of each parameter that is connected."""
    for attribute in attrs.fields(type(params)):
        name = getattr(params, attribute.name)
        if attribute.metadata.get("wire") and name:
            yield attribute.name, name
