"""Where a fault is: the block, register, bit, line or upset that it names, or why this chip has none."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from blocks.chip import Chip
from blocks.chip.table import choice
from blocks.model import BlockModel
from blocks.sim.faults.kinds import (
    AccessFault,
    BitFault,
    ClusterReset,
    Fault,
    FaultError,
    InterruptSpurious,
    LineFault,
    StuckBit,
    Upset,
)
from registers.model import Cell
from registers.model.place import Place, register_under
from registers.paths import Steps
from registers.schema import FieldType, RegisterType

RISES_MAX = 10_000_000  # of one fault: a few minutes of CPU; more would seem to hang


class Simulated(Protocol):
    """What is asked of a simulated chip."""

    @property
    def chip(self) -> Chip:
        """What is simulated."""
        ...

    def model(self, name: str) -> BlockModel:
        """Return a block's model."""
        ...


@frozen
class Span:
    """Addresses of the chip's bus, `end` not included; of one bit there, `bit` from `start` on."""

    start: int
    end: int
    bit: int = 0
    stores: bool = False  # a write stores the bit, and does nothing else

    def meets(self, address: int, width: int) -> bool:
        """Say whether an access touches it."""
        return address < self.end and address + width > self.start


@frozen
class Bit:
    """One bit of a register, in a field or in none.

    Attributes:
        index: of the register; of its field, `inside`.
    """

    block: str
    register: str
    index: int
    offset: int
    width: int
    held: FieldType | None

    def cell(self, model: BlockModel) -> tuple[Cell, int]:
        """Return the field that holds the bit, and its index there."""
        assert self.held is not None
        return model.registers.field(f"{self.register}.{self.held.name}"), self.index - self.held.lsb


def check(fault: Fault, sim: Simulated) -> None:
    """Refuse what this chip cannot have.

    Raises:
        FaultError: names the key, and what there is.
    """
    block = getattr(fault, "block", None)
    if block is None:
        return
    if block not in sim.chip.instances:
        raise FaultError("block", repr(block), choice(block, sim.chip.instances))
    match fault:
        case AccessFault():
            span_of(fault, sim)
        case BitFault():
            _check_bit(fault, sim)
        case Upset():
            named = sim.model(fault.block).upsets()
            if fault.name not in named:
                raise FaultError("name", repr(fault.name), choice(fault.name, named))
        case LineFault() if sim.chip.instances[fault.block].line is None:
            raise FaultError("block", f"{fault.block!r}, which has no interrupt line", "one that has")
        case ClusterReset() if not behind(fault.block, sim):
            raise FaultError("block", f"{fault.block!r}, in whose domain nothing stands", _generators(sim))
        case InterruptSpurious():
            _check_rises(fault)
        case _:
            pass


def _check_rises(fault: InterruptSpurious) -> None:
    rises = min(fault.times, fault.lasts_s / fault.every_s)
    if rises <= RISES_MAX:
        return
    expected = f"{RISES_MAX:,} at most"
    if fault.for_s is None:
        raise FaultError("count", f"{rises:g} rises", expected)
    raise FaultError("every_s", f"{fault.every_s:g}, and so {rises:g} rises in all", expected)


def _check_bit(fault: BitFault, sim: Simulated) -> None:
    if bit_of(fault, sim).held is None:
        raise FaultError("bit", f"{fault.bit}, which no field holds", _bits(fault, sim))
    if isinstance(fault, StuckBit):
        _base(fault.block, sim)


def behind(block: str, sim: Simulated) -> list[BlockModel]:
    """Return the models that stand in a domain of the block."""
    models = (sim.model(name) for name in sim.chip.instances)
    return [model for model in models if model.params.domain.rpartition(".")[0] == block]


def _generators(sim: Simulated) -> str:
    domains = {sim.model(name).params.domain.rpartition(".")[0] for name in sim.chip.instances}
    return choice("", domains - {""})


def span_of(fault: AccessFault, sim: Simulated) -> Span:
    """Return the addresses of what the fault is about.

    Raises:
        FaultError: there is no such register, or the block is not on the chip's bus.
    """
    base = _base(fault.block, sim)
    if not fault.register:
        return Span(base, base + sim.model(fault.block).registers.group.size)
    place, register, rest = _register(fault.block, fault.register, sim)
    if rest:
        raise FaultError("register", f"{fault.register!r}, a field", f"a register: {place.path}")
    return Span(base + place.offset, base + place.offset + register.width)


def bit_of(fault: BitFault, sim: Simulated) -> Bit:
    """Return the bit that the fault is about.

    Raises:
        FaultError: there is no such register or field, or it has no such bit.
    """
    place, register, rest = _register(fault.block, fault.register, sim)
    field = register.by_name.get(rest[0].name) if rest else None
    if rest and field is None:
        raise FaultError("register", repr(fault.register), choice(rest[0].name, register.by_name))
    width = field.width if field else 8 * register.width
    if fault.bit >= width:
        raise FaultError("bit", str(fault.bit), f"0..{width - 1}")
    index = fault.bit + (field.lsb if field else 0)
    held = next((f for f in register.fields if f.mask >> index & 1), None)
    return Bit(fault.block, place.path, index, place.offset, register.width, held)


def bit_span(fault: BitFault, sim: Simulated) -> Span:
    """Return where the bit is on the chip's bus."""
    bit = bit_of(fault, sim)
    start = _base(fault.block, sim) + bit.offset + bit.index // 8
    held = bit.held
    stores = held is not None and held.sw.writable and held.onwrite is None and not held.singlepulse
    return Span(start, start + 1, bit.index % 8, stores)


def _register(block: str, path: str, sim: Simulated) -> tuple[Place, RegisterType, Steps]:
    try:
        return register_under(sim.model(block).registers.group, path)
    except (ValueError, IndexError) as problem:
        raise FaultError("register", f"{path!r} ({problem})", f"the path of a register of {block}") from None


def _base(block: str, sim: Simulated) -> int:
    instance = sim.chip.instances[block]
    if instance.behind is not None:
        raise FaultError("block", f"{block!r}, behind {instance.behind}", "a block on the chip's bus")
    return instance.address


def _bits(fault: BitFault, sim: Simulated) -> str:
    register = _register(fault.block, fault.register, sim)[1]
    listed = ", ".join(f"{f.name}[{f.lsb + f.width - 1}:{f.lsb}]" for f in register.fields)
    return f"a bit of {listed}"
