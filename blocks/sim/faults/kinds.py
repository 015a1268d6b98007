"""The kinds of fault. Times are seconds of chip time; what has neither `for_s` nor `count` happens once."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import inf
from types import MappingProxyType
from typing import ClassVar, Final

from attrs import define, field, frozen
from attrs.validators import optional

from blocks.limits import between

PULSE_S_MIN: Final = 1e-7  # between two edges: 10 MHz, beyond which a storm costs more CPU than it can teach
BITS: Final = 64


@define
class FaultError(ValueError):
    """A fault that this chip cannot have.

    Attributes:
        key: of the fault, as its class names it; empty: the fault as a whole.
        found: what stands there.
        expected: what should.
    """

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key or 'fault'}: found {self.found}; expected {self.expected}"


@frozen(kw_only=True)
class Fault:
    """Something that breaks."""

    kind: ClassVar[str] = ""

    @property
    def where(self) -> str:
        """The block, and what of it; empty for the whole chip."""
        parts = (getattr(self, name, "") for name in ("block", "register"))
        return ".".join(part for part in parts if part)

    @property
    def lasts_s(self) -> float:
        """How long it may last: `for_s`; inf: until it has happened often enough, or is cleared."""
        seconds: float | None = getattr(self, "for_s", None)
        return inf if seconds is None else seconds

    @property
    def times(self) -> float:
        """How often it happens: `count`; inf: as long as it lasts."""
        count: int | None = getattr(self, "count", None)
        if count is None:
            return inf if getattr(self, "for_s", None) is not None else 1
        return count


@frozen(kw_only=True)
class BlockFault(Fault):
    """Something that breaks in one block."""

    block: str


@frozen(kw_only=True)
class AccessFault(BlockFault):
    """What accesses to a block meet, or to one register of it.

    Attributes:
        register: its path in the block; empty: every one.
        for_s: so long.
        count: so many accesses.
    """

    register: str = ""
    for_s: float | None = field(default=None, validator=optional(between(0.0, inf)))
    count: int | None = field(default=None, validator=optional(between(1, inf)))


@frozen(kw_only=True)
class ErrorResponse(AccessFault):
    """An access is answered with an error, and does nothing."""

    kind = "error"


@frozen(kw_only=True)
class Hang(AccessFault):
    """An access is not answered until the hang is over, and is then done.

    Whoever waits gives up after ANSWER_S, with `Indeterminate` for a read as for a write: from there nobody can know.
    The access that was given up is never done.
    """

    kind = "hang"


@frozen(kw_only=True)
class DroppedWrite(AccessFault):
    """A write is answered as if it were done, and does nothing."""

    kind = "dropped_write"


@frozen(kw_only=True)
class BitFault(BlockFault):
    """What happens to one bit of a register.

    Attributes:
        register: the path of a register, or of a field.
        bit: of that; 0 is the lowest.
    """

    register: str
    bit: int = field(default=0, validator=between(0, BITS - 1))


@frozen(kw_only=True)
class BitFlip(BitFault):
    """A stored bit turns over, once, and the hardware behind it follows."""

    kind = "bit_flip"


@frozen(kw_only=True)
class StuckBit(BitFault):
    """A bit stands still on its way: it is read so, and written so where a write simply stores.

    What the hardware itself does with the bit is untouched: it is seen again when the fault is over.
    """

    kind = "stuck_bit"
    value: int = field(validator=between(0, 1))
    for_s: float = field(default=inf, validator=between(0.0, inf))


@frozen(kw_only=True)
class Upset(BlockFault):
    """One of the upsets that the block's model names: a lock or a link that is lost, firmware that hangs."""

    kind = "upset"
    name: str

    @property
    def where(self) -> str:
        """The block, and the name."""
        return f"{self.block}: {self.name}"


@frozen(kw_only=True)
class LineFault(BlockFault):
    """What happens to the interrupt line of a block, between it and whoever hears it.

    Attributes:
        for_s: so long.
        count: so many rises.
    """

    for_s: float | None = field(default=None, validator=optional(between(0.0, inf)))
    count: int | None = field(default=None, validator=optional(between(1, inf)))


@frozen(kw_only=True)
class InterruptLate(LineFault):
    """Each change of the line comes later by `by_s`."""

    kind = "interrupt_late"
    by_s: float = field(validator=between(0.0, inf))


@frozen(kw_only=True)
class InterruptLost(LineFault):
    """A rise of the line is not heard, until the line has fallen and rises again, or the fault is over.

    A rise that `count` has used up stays lost.

    Attributes:
        share: of the rises, drawn for each.
    """

    kind = "interrupt_lost"
    share: float = field(default=1.0, validator=between(0.0, 1.0))


@frozen(kw_only=True)
class InterruptSpurious(LineFault):
    """The line rises for no reason, and is back at once.

    Attributes:
        every_s: between two rises.
    """

    kind = "interrupt_spurious"
    every_s: float = field(default=1e-3, validator=between(PULSE_S_MIN, inf))


@frozen(kw_only=True)
class InterruptStorm(InterruptSpurious):
    """The line rises without end."""

    kind = "interrupt_storm"
    for_s: float = field(validator=between(0.0, inf))
    every_s: float = field(default=10e-6, validator=between(PULSE_S_MIN, inf))


@frozen(kw_only=True)
class LocalReset(BlockFault):
    """The block is reset, and nothing else."""

    kind = "local_reset"


@frozen(kw_only=True)
class ClusterReset(BlockFault):
    """All that stands in the clock and reset domains of the block is reset; the block is not."""

    kind = "cluster_reset"


@frozen(kw_only=True)
class ChipReset(Fault):
    """The chip is reset, as at power-on. Other faults go on."""

    kind = "chip_reset"


class Answer(Enum):
    """What answers for a chip whose link is down."""

    ones = "ones"
    nothing = "nothing"


@frozen(kw_only=True)
class LinkDown(Fault):
    """The link between controller and chip is down: no access arrives, and no interrupt.

    Attributes:
        answer: `ones`: a read brings all ones and a write vanishes. `nothing`: whoever waits gives up after ANSWER_S,
            with `Unavailable`, since nothing went out; if the link is back before, the access is done.
    """

    kind = "link_down"
    for_s: float = field(validator=between(0.0, inf))
    answer: Answer = Answer.ones

    @property
    def where(self) -> str:
        """What answers."""
        return self.answer.value


KINDS: Final[Mapping[str, type[Fault]]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            ErrorResponse, Hang, DroppedWrite, BitFlip, StuckBit, Upset, InterruptLate, InterruptLost,
            InterruptSpurious, InterruptStorm, LocalReset, ClusterReset, ChipReset, LinkDown,
        )
    }
)  # fmt: skip
