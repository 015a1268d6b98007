"""Generated from plic.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bits, Member, Register, RegisterMap, RegisterValue, TopMap


class PriorityValue(RegisterValue):
    """The word of PRIORITY."""

    __slots__ = ()

    priority = Bits(int)


class Priority(Register):
    """Priority of one source; source 0 does not exist. Source: FU540-C000 manual, PLIC.

    - `priority` [2:0] rw, 0x0 after reset: 0 never interrupts; 7 goes first. Ties go to the lower source.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PriorityValue:
        return PriorityValue(self.register, raw)

    def read(self) -> RegisterOp[PriorityValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority",), (priority,))

    def modify(self, *, priority: int | None = None) -> RegisterOp[PriorityValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority",), (priority,), self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[PriorityValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[PriorityValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class PendingValue(RegisterValue):
    """The word of PENDING."""

    __slots__ = ()

    sources = Bits(int)


class Pending(Register):
    """One bit a source, 32 to a word; bit 0 of word 0 is always 0. Source: FU540-C000 manual, PLIC.

    - `sources` [31:0] r, 0x0 after reset: The gateway holds a request that nobody claimed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PendingValue:
        return PendingValue(self.register, raw)

    def read(self) -> RegisterOp[PendingValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[PendingValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[PendingValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class WordValue(RegisterValue):
    """The word of WORD."""

    __slots__ = ()

    sources = Bits(int)


class Word(Register):
    """One bit a source, 32 to a word; bit 0 of word 0 is always 0. Source: FU540-C000 manual, PLIC.

    - `sources` [31:0] rw, 0x0 after reset: The source may interrupt this context.
    """

    __slots__ = ()

    def _value(self, raw: int) -> WordValue:
        return WordValue(self.register, raw)

    def read(self) -> RegisterOp[WordValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[WordValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[WordValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[WordValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class Enables(RegisterMap):
    """What may interrupt one context. Source: FU540-C000 manual, PLIC."""

    __slots__ = ()

    WORD = ArrayMember(Word)  # 0x0 [2]


class ThresholdValue(RegisterValue):
    """The word of THRESHOLD."""

    __slots__ = ()

    priority = Bits(int)


class Threshold(Register):
    """Source: FU540-C000 manual, PLIC.

    - `priority` [2:0] rw, 0x0 after reset: Sources of this priority and below do not interrupt.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ThresholdValue:
        return ThresholdValue(self.register, raw)

    def read(self) -> RegisterOp[ThresholdValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority",), (priority,))

    def modify(self, *, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority",), (priority,), self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class ClaimValue(RegisterValue):
    """The word of CLAIM."""

    __slots__ = ()

    source = Bits(int)


class Claim(Register):
    """Claim by reading, complete by writing. Source: FU540-C000 manual, PLIC.

    - `source` [31:0] rw ruser wuser: Read: claims the first pending enabled source; 0 when there is none. Written:
      completes the source.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClaimValue:
        return ClaimValue(self.register, raw)

    def read(self) -> RegisterOp[ClaimValue]:
        """Read every field; that changes source."""
        return self._read(self._value)

    def write(self, *, source: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("source",), (source,))


class Context(RegisterMap):
    """The arbiter of one context. Source: FU540-C000 manual, PLIC."""

    __slots__ = ()

    THRESHOLD = Member(Threshold)  # 0x0
    CLAIM = Member(Claim)  # 0x4


class PlicRegs(TopMap):
    """Arbitrates level interrupts by priority and hands them to contexts by claim. Source: FU540-C000 manual, PLIC."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "plic.image"

    PRIORITY = ArrayMember(Priority)  # 0x0 [54]
    PENDING = ArrayMember(Pending)  # 0x1000 [2]
    ENABLES = ArrayMember(Enables)  # 0x2000 [9]
    CONTEXT = ArrayMember(Context)  # 0x200000 [9]
