"""What a keeper asks of the supervisor of its blocks."""

from __future__ import annotations

from typing import Protocol

from blocks.look import Shortfall
from runtime.fault import Fault
from runtime.unit import Unit
from runtime.wider import Fleet
from transports.errors import DeviceLost


class Crew(Fleet, Protocol):
    """What the supervisor does for its keeper."""

    @property
    def acted(self) -> set[str]:
        """The blocks on which a rung was acted."""
        ...

    def counts(self, unit: Unit, seen: Shortfall | Fault | None) -> bool:
        """Note what a block that is up counts as, by what was seen of its being full; say whether it is in service."""
        ...

    def fail(self, fault: Fault) -> None:
        """Note that a block failed, with its last accesses."""
        ...

    def lose(self, lost: DeviceLost) -> None:
        """Stop everything: the device is gone."""
        ...
