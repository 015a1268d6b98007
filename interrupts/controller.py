"""The contract between dispatch and an interrupt controller: claim what asks, complete what was served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable


class Controller(Protocol):
    """Collects many sources on one line.

    A claimed source is shut: it asks no more until it is completed, however its line behaves. So not completing is how
    a source is masked, and a block that is slow, or a source that nobody knows, costs one claim and not a storm.
    Priorities, enables and thresholds are rungs of the controller's block, not matters of this contract.
    """

    async def claim(self, take: Callable[[int], None]) -> None:
        """Claim whatever asks, until nothing does; hand over each source as soon as it is known.

        Raises:
            TransportError: what was claimed before it has been handed over; a source that was claimed by the access
                that failed may be shut without anybody knowing, until it is completed.
        """
        ...

    async def complete(self, sources: Iterable[int]) -> None:
        """Let claimed sources ask again; one that was not claimed is left as it is.

        Raises:
            TransportError: some may not have been completed.
        """
        ...


@runtime_checkable
class Careful(Protocol):
    """A controller that can tell what is claimed."""

    async def release(self, sources: Iterable[int]) -> None:
        """Let those of these sources ask again that are claimed, and write nothing where none is.

        Raises:
            TransportError: as `Controller.complete`.
        """
        ...
