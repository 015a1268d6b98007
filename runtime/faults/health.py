"""Which blocks are up and well while faults strike a bring-up on the heap, and what a fault explains.

In a bring-up nobody writes what it has brought up; who takes over finds that up, and leaves it. What was struck, and
what that may have brought down, is another matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from runtime.faults.disturbances import closure
from runtime.faults.site import block_at
from runtime.summary import IN_SERVICE, State
from transports.faulty.kinds import LIES, Kind, Shot

if TYPE_CHECKING:
    from blocks.chip import Chip


@lru_cache(maxsize=4)
def whose(chip: Chip) -> Callable[[int], str]:
    """Return what says in which block's registers an address is; asked at each write, so it is kept."""
    return block_at(chip)


@frozen
class Hit:
    """One fault that struck.

    Attributes:
        owner: whose batch ran; `address` of the access; `block`: whose register that is, empty: none's.
        write: the access was one.
        batch: its number in that life.
    """

    shot: Shot
    owner: str
    address: int
    block: str
    write: bool
    batch: int = 0

    @property
    def lied(self) -> bool:
        """A read brought what is not there."""
        return self.shot.kind in LIES


@define(eq=False)
class Health:
    """Who was up and well, of the lives of controllers on one chip, and the first who was written all the same.

    Well is who is up, or degraded: in a bring-up that shows its whole ladder, and is not full, for which nobody acts.
    In service who has a field that drifted is degraded, too, and is written: there that is not well (`Play`).

    Attributes:
        disturbed: the block that was written; empty: none.
    """

    chip: Chip
    disturbed: str = ""
    _hits: list[Hit] = field(factory=list[Hit])
    _before: bool = False
    _up: set[str] = field(factory=set[str])
    _explained: frozenset[str] | None = None

    def struck(self, hit: Hit) -> None:
        """Note a fault of this life."""
        self._hits.append(hit)
        self._explained = None

    def over(self, states: Mapping[str, State]) -> None:
        """Let the next life begin: what this one has seen up, and nothing happened to, is still up."""
        self._up = {name for name in (*self._up, *states) if self._well(name, states)}
        self._before = self._before or bool(self._hits)
        self._hits.clear()
        self._explained = None

    def wrote(self, address: int, states: Mapping[str, State]) -> None:
        """See whose register was written."""
        if not self.disturbed and self._well(block := whose(self.chip)(address), states):
            self.disturbed = block

    def _well(self, block: str, states: Mapping[str, State]) -> bool:
        if block not in self._up and states.get(block) not in IN_SERVICE:
            return False
        if self._explained is None:
            self._explained = frozenset[str]().union(*map(self._explains, self._hits))
        return block not in self._explained

    def _explains(self, hit: Hit) -> Collection[str]:
        """Return who may be written for a fault.

        A read that lied may bring down what stands on what it was about; where nothing else went wrong, nobody looks
        at that again. A write that was struck concerns its block; a reset of the device all.
        """
        if hit.shot.kind is Kind.DEVICE:
            return self.chip.instances
        if not hit.block or hit.shot.kind is Kind.RESET:
            return ()
        if hit.lied:
            alone = len(self._hits) == 1 and not self._before
            return (hit.block,) if alone else closure(self, hit.block)
        return (hit.block,) if hit.write else ()
