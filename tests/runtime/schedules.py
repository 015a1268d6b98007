"""Schedules of faults for a chip in service, as data: drawn from a seed, and told as Python that makes them again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from math import inf
from random import Random
from typing import Any, TypeAlias, cast

from attrs import evolve, field, fields, frozen

from blocks.chip import Chip, load_chip
from blocks.chip.supervision import Disturb, Drift, Level, Restart, Strategy
from blocks.sim.chip import SimChip
from blocks.sim.faults import kinds
from blocks.sim.faults.kinds import Answer, Fault
from registers.handles import registers_below

# Of atlas, which takes ten times as long: an interrupt tree, links, memory and compute, a little of each.
CORNER = re.compile(
    r"die\[0\]\.(refpll|sys_crg|io_pll|io_crg|(hbm|compute)_(pll|crg)\[0\]|hub|fuse|aggregator\[(0|2|6|10)\]"
    r"|pcie\[0\]|mailbox\[0\]|sensor\[0\]|hbm\[0\]|channel\[0\]\[[01]\]|engine\[0\]\[0\])"
)


@frozen
class Ask:
    """Somebody asks for something about a block; that it is refused is an answer, too."""

    what: str
    block: str


@frozen
class Kill:
    """The controller dies between two accesses; another one comes after so many seconds."""

    down_s: float


Step: TypeAlias = Fault | Ask | Kill
Rules: TypeAlias = Mapping[str, Mapping[str, Any]]


@frozen
class Schedule:
    """What happens to a chip in service.

    Attributes:
        steps: seconds from the begin, and what happens then.
        rules: what is ruled otherwise than every recovery up to a reset of the chip: keys of `Supervision`, by block.
    """

    chip: str
    steps: tuple[tuple[float, Step], ...]
    rules: Rules = field(factory=dict[str, Mapping[str, Any]])

    @property
    def faults(self) -> list[Fault]:
        """The faults alone."""
        return [step for _, step in self.steps if isinstance(step, Fault)]

    @property
    def over_s(self) -> float:
        """When the last fault is over that ends by itself."""
        lasting = ((at_s, step.lasts_s if isinstance(step, Fault) else 0.0) for at_s, step in self.steps)
        return max(at_s + (for_s if for_s < inf else 0.0) for at_s, for_s in lasting)

    def __str__(self) -> str:
        """Return the Python that makes it."""
        steps = "".join(f"    ({at_s!r}, {_text(step)}),\n" for at_s, step in self.steps)
        return f"Schedule({self.chip!r}, (\n{steps}), {_text(self.rules)})"


def _text(value: Any) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return f"{{{', '.join(f'{key!r}: {_text(held)}' for key, held in items)}}}"
    if not isinstance(value, Fault | Ask | Kill):
        return repr(value)
    given = [(a.name, getattr(value, a.name)) for a in fields(type(value)) if getattr(value, a.name) != a.default]
    return f"{type(value).__name__}({', '.join(f'{name}={_text(held)}' for name, held in given)})"


@cache
def chip_of(name: str) -> Chip:
    """Return a chip as it is shipped; of atlas the corner, without traffic: no flow lies within it."""
    chip = load_chip(name)
    if name != "atlas":
        return chip
    corner = {block: instance for block, instance in chip.instances.items() if CORNER.fullmatch(block)}
    return evolve(chip, instances=corner, flows=())


def draw(seed: int, chip: str) -> Schedule:
    """Return the schedule of a seed: one to four faults, what people ask for, deaths of the controller, and rules."""
    chance, blocks = Random(f"{chip} {seed}"), [*chip_of(chip).instances]
    steps: list[tuple[float, Step]] = []
    at_s = 0.0
    for _ in range(chance.randint(1, 4)):
        steps.append((at_s, _fault(chance, chip, blocks)))
        at_s += chance.choice([0.0, _seconds(chance, 0.1), chance.uniform(0, 2)])
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        what = chance.choice(["hold", "hold", "release", "rest", "rest", "wake", "look"])
        steps.append((chance.uniform(0, 2 * at_s), Ask(what, chance.choice(blocks))))
    kills = chance.choice([0, 0, 0, 1, 2])
    steps += [(chance.uniform(0, 2 * at_s), Kill(_seconds(chance, 1.0))) for _ in range(kills)]
    rules = {chance.choice(blocks): _rule(chance) for _ in range(chance.choice([0, 0, 1, 3]))}
    return Schedule(chip, tuple(sorted(steps, key=lambda step: step[0])), rules)


def _seconds(chance: Random, most: float) -> float:
    """Draw a time from 10 us on, as many short ones as long ones."""
    return float(f"{1e-5 * (most / 1e-5) ** chance.random():.4g}")


def _rule(chance: Random) -> dict[str, Any]:
    choices: list[tuple[str, Sequence[Any]]] = [
        ("highest", [*Level]), ("restart", [*Restart]), ("strategy", [*Strategy]), ("drift", [*Drift]),
        ("disturb", [*Disturb]), ("hold", [True]), ("attempts", [1, 2]),
    ]  # fmt: skip
    key, values = chance.choice(choices)
    return {key: chance.choice(values)}


DRAWN: Mapping[str, Callable[[Random], Any]] = {
    "for_s": lambda chance: _seconds(chance, chance.choice([1.0, 1.0, 20.0])),
    "count": lambda chance: chance.choice([1, 2, 5, 20]),
    "bit": lambda chance: chance.randrange(32),
    "value": lambda chance: chance.randrange(2),
    "by_s": lambda chance: _seconds(chance, 1.0),
    "every_s": lambda chance: max(1e-3, _seconds(chance, 0.1)),  # shorter, and all CPU goes into a few storms
    "share": lambda chance: chance.choice([0.3, 1.0]),
    "answer": lambda chance: chance.choice([*Answer]),
}


def _fault(chance: Random, chip: str, blocks: Sequence[str]) -> Fault:
    """Draw a fault that this chip can have."""
    sim = _simulated(chip)
    while True:
        kind = chance.choice([*kinds.KINDS.values()])
        names = {attribute.name for attribute in fields(kind)}
        given = {name: drawn(chance) for name, drawn in DRAWN.items() if name in names}
        if "block" in names:
            given |= _place(chance, sim, kind, chance.choice(blocks))
        if names >= {"for_s", "count"}:
            always = issubclass(kind, kinds.InterruptStorm)  # has a time in any case
            given.pop("for_s" if chance.random() < 0.5 and not always else "count")
        fault = kind(**given)
        try:
            sim.inject(fault, at_s=inf)
        except kinds.FaultError:
            continue
        return fault


def _place(chance: Random, sim: SimChip, kind: type[Fault], block: str) -> dict[str, Any]:
    """Draw what of a block a fault is about."""
    given = {"block": block}
    registers = [register.path for register in registers_below(sim.chip.instances[block].block.regs)]
    if issubclass(kind, kinds.BitFlip):  # a constant has no cell that could turn over
        registers = [path for path in registers if _moves(sim, block, path)]
    if issubclass(kind, kinds.BitFault) or (issubclass(kind, kinds.AccessFault) and chance.random() < 0.5):
        given["register"] = chance.choice(registers)
    if issubclass(kind, kinds.Upset):
        given["name"] = chance.choice([*sim.model(block).upsets(), ""])
    return given


def _moves(sim: SimChip, block: str, path: str) -> bool:
    held = sim.model(block).registers.fabric.bank.at(path)[0].store.register.fields
    return any(one.sw.writable or one.hw.writable or one.volatile for one in held)


@cache
def _simulated(chip: str) -> SimChip:
    return SimChip(chip_of(chip))
