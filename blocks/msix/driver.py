"""Gives each vector of an MSI-X table the message that it sends.

Which vectors is the chip's business: its loader fills `sources` from the lines of its instances. To mask and unmask
them, one at a time, is no matter of a ladder; `interrupts/msix.py` does it.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Attribute, field, frozen

from blocks.base import Block
from blocks.ladder import US, Act, Ladder, Rung
from blocks.limits import between
from blocks.msix.regs import MsixRegs

VECTORS = 64  # msix.rdl


def _in_order(sources: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sources)))


def _exist(_instance: object, _attribute: Attribute[tuple[int, ...]], sources: tuple[int, ...]) -> None:
    if wrong := [source for source in sources if not 0 <= source < VECTORS]:
        raise ValueError(f"sources has {wrong}; expected numbers in 0..{VECTORS - 1}")


@frozen(kw_only=True)
class MsixConfig:
    """What is sent where.

    Attributes:
        address: where messages are written: the frame of a GICv2m, the host's local APIC.
        data: the message of vector 0; that of vector n is n more.
        sources: vectors that may send; all others are masked.
    """

    address: int = field(validator=between(0, 2**64 - 4))
    data: int = field(default=0, validator=between(0, 2**32 - VECTORS))
    sources: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)

    def __attrs_post_init__(self) -> None:
        if self.address % 4:
            raise ValueError(f"address is {self.address:#x}; expected a multiple of 4")


class Msix(Block[MsixRegs]):
    """MSI-X table of a function.

    Whether a vector that may send is masked the ladder does not ask: it is, while its block looks. It is unmasked when
    it is described, since a table that lost its messages lost its masks as well.
    """

    config: MsixConfig

    def up(self) -> Ladder:
        """All others masked, then each vector given its message."""
        return Ladder(self._masked(set(range(VECTORS)) - {*self.config.sources}), self._described())

    def rest(self) -> Ladder:
        """Every vector is masked; messages stay."""
        return Ladder(self._masked(set(range(VECTORS))))

    def _masked(self, vectors: Iterable[int]) -> Rung:
        controls = [self.regs.VECTOR[vector].CONTROL for vector in vectors]
        return Rung(
            "masked",
            holds=[control.check(mask=1) for control in controls],
            reach=[control.write(mask=1) for control in controls],
            within=5 * US,
            disturbs=True,
        )

    def _described(self) -> Rung:
        """Return the rung of the messages; a vector keeps still meanwhile, and what it says last is the data.

        An act that is cut short before the data is seen by them; after it, a vector may stay masked, and is found by
        the next claim, which looks for what is pending.
        """
        c = self.config
        low, high = c.address & 0xFFFF_FFFF, c.address >> 32
        told = [(self.regs.VECTOR[vector], c.data + vector) for vector in c.sources]
        acts: list[Act] = []
        for at, data in told:
            acts += [at.CONTROL.write(mask=1), at.ADDRESS.write(low=low), at.ADDRESS_UPPER.write(high=high)]
            acts += [at.DATA.write(data=data), at.CONTROL.write(mask=0)]
        return Rung(
            "described",
            holds=[
                check
                for at, data in told
                for check in (
                    at.ADDRESS.check(low=low),
                    at.ADDRESS_UPPER.check(high=high),
                    at.DATA.check(data=data),
                )
            ],
            reach=acts,
            within=5 * US,
            disturbs=True,
        )
