"""From a chip's description to its interrupts: the controllers it has, and a line for each block that names one."""

from __future__ import annotations

from collections.abc import Callable

from blocks.chip import Chip
from blocks.plic.driver import Plic
from blocks.port import Port
from interrupts.controller import Controller
from interrupts.dispatch import SWEEP_S, Counts, Dispatch, DispatchLine
from interrupts.plic import PlicController
from interrupts.source import Source, source_of
from transports.base import Transport


class Wiring:
    """The interrupts of one chip on one transport.

    Args:
        port: gives a block's way to its registers, by the block's name.
        source: of hints; None: what the transport has.
        sweep_s: the longest that a block goes without a look.

    Raises:
        ValueError: a line names a controller of a type, or at a place, for which there is no code here.
    """

    def __init__(
        self,
        chip: Chip,
        transport: Transport,
        port: Callable[[str], Port],
        *,
        source: Source | None = None,
        sweep_s: float = SWEEP_S,
    ) -> None:
        lines = {name: instance.line for name, instance in chip.instances.items() if instance.line is not None}
        names = sorted({line.controller for line in lines.values() if line.controller is not None})
        self.dispatch = Dispatch(
            source or source_of(transport),
            {name: _controller(chip, name, port) for name in names},
            told_by={name: lines[name].source for name in names if name in lines},
            sweep_s=sweep_s,
        )
        self._lines = {
            name: self.dispatch.line(line.source, line.controller) for name, line in lines.items() if name not in names
        }

    @property
    def counts(self) -> Counts:
        """What was seen so far."""
        return self.dispatch.counts

    def line(self, block: str) -> DispatchLine | None:
        """Return a block's line; None when it has none, or when it is the line of a controller, which is ours."""
        return self._lines.get(block)

    async def run(self) -> None:
        """Ring the lines until cancelled.

        Raises:
            DeviceLost, Denied: no interrupt will be served on this bus any more.
        """
        await self.dispatch.run()


def _controller(chip: Chip, name: str, port: Callable[[str], Port]) -> Controller:
    """Return what claims and completes for the sources of one block."""
    instance = chip.instances[name]
    if not isinstance(instance.block, Plic):
        raise ValueError(f"{name} is a {instance.type}, which is no interrupt controller that we can drive")
    if instance.line is not None and instance.line.controller is not None:
        raise ValueError(f"{name} reports to {instance.line.controller}; only the target's own lines can tell of it")
    return PlicController(instance.block, port(name))
