"""From a chip's description to its interrupts: the controllers it has, and a line for each block that names one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blocks.aggregator.driver import Aggregator
from blocks.base import Block
from blocks.chip import Chip, LineSpec
from blocks.gicv2.driver import Gicv2
from blocks.msix.driver import Msix
from blocks.plic.driver import Plic
from blocks.port import Port
from interrupts.aggregator import AggregatorController
from interrupts.controller import Controller
from interrupts.dispatch import SWEEP_S, Counts, Dispatch
from interrupts.figures import LineFigures
from interrupts.gicv2 import Gicv2Controller
from interrupts.line import DispatchLine
from interrupts.msix import MsixController
from interrupts.plic import PlicController
from interrupts.source import Source, source_of
from interrupts.tally import LineCounts
from registers.handles import Register
from transports.base import Transport
from transports.bus import INTERRUPT, Bus


class Wiring:
    """The interrupts of one chip on one transport.

    A controller may report to another one, that one to the target. Messages of an MSI-X table arrive at lines of the
    target, from its own on. The line of an aggregator is rung by its own events.

    Args:
        port: gives a block's way to its registers, by the block's name.
        source: of hints; None: what the transport has.
        reachable: whether a block's registers may be touched now, by its name: its needs stand.
        sweep_s: the longest that a block goes without a look; `sweeps` as `Dispatch` has it.

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
        reachable: Callable[[str], bool] = lambda _block: True,
        sweep_s: float = SWEEP_S,
        sweeps: bool = True,
    ) -> None:
        lines = {name: instance.line for name, instance in chip.instances.items() if instance.line is not None}
        names = sorted({line.controller for line in lines.values() if line.controller is not None})
        hints = source or source_of(transport)
        controllers: dict[str, Controller] = {}
        for name in names:
            made = controllers[name] = _controller(chip, name, port, hints)
            if isinstance(made, MsixController):
                hints = made
        told = {name: lines[name] for name in names if name in lines}
        self.dispatch = Dispatch(
            hints,
            controllers,
            told_by={name: line.source for name, line in told.items() if line.controller is None},
            leaves={name: (line.controller, line.source) for name, line in told.items() if line.controller is not None},
            reachable=reachable,
            sweep_s=sweep_s,
            sweeps=sweeps,
        )
        own = {
            name: LineSpec(name, controller.own)
            for name, controller in controllers.items()
            if isinstance(controller, AggregatorController)
        }
        self._lines = {
            name: self.dispatch.line(line.source, line.controller)
            for name, line in (lines | own).items()
            if name not in names or name in own
        }

    @property
    def counts(self) -> Counts:
        """What was seen so far."""
        return self.dispatch.counts

    def figures(self) -> tuple[LineFigures, ...]:
        """Return what was seen of each line, also of a controller behind another one, and of those that nobody owns."""
        relays = self.dispatch.relays
        owned = [
            LineFigures(
                block=name,
                controller=line.controller or "",
                source=line.source,
                relays=relays.get(name) is line,
                masked=self.dispatch.masked(line),
                counts=line.counts,
            )
            for name, line in (*self._lines.items(), *relays.items())
        ]
        unknown = [
            LineFigures(block="", controller=name, source=source, masked=True, counts=LineCounts(hints=count))
            for (name, source), count in self.counts.unknown.items()
        ]
        return (*owned, *unknown)

    def line(self, block: str) -> DispatchLine | None:
        """Return a block's line; None when it has none, or is a PLIC or a GIC: those have no events of their own."""
        return self._lines.get(block)

    def tell_storms(self, tell: Callable[[str], None]) -> None:
        """Have `tell` called with each block whose interrupt asks too often, once for each storm."""
        names = {line: name for name, line in self._lines.items()}
        names |= {relay: leaf for leaf, relay in self.dispatch.relays.items()}
        self.dispatch.stormed = lambda line: tell(names[line])

    def sweep(self) -> None:
        """Claim soon from every controller that can be reached."""
        self.dispatch.sweep()

    async def run(self) -> None:
        """Ring the lines until cancelled.

        Raises:
            DeviceLost, Denied: no interrupt will be served on this bus any more.
        """
        await self.dispatch.run()


def _controller(chip: Chip, name: str, port: Callable[[str], Port], hints: Source) -> Controller:
    """Return what claims and completes for the sources of one block.

    Args:
        hints: what an MSI-X table takes its messages from; the line that it has in the chip's file is its vector 0.
    """
    instance, own = chip.instances[name], port(name)
    if isinstance(own.bus, Bus):
        own.bus.prefer(name, INTERRUPT)
    match instance.block:
        case Plic() as plic:
            return PlicController(plic, own)
        case Gicv2() as gic:
            return Gicv2Controller(gic, own)
        case Msix() as msix:
            if instance.line is None or instance.line.controller is not None:
                raise ValueError(f"{name} has no line of the target; expected line = {{ source = N }}: its vector 0")
            return MsixController(msix, own, hints, line=instance.line.source, first=instance.line.source)
        case Aggregator() as aggregator:
            return AggregatorController(aggregator, own)
        case _:
            raise ValueError(f"{name} is a {instance.type}, which is no interrupt controller that we can drive")


def written(chip: Chip) -> frozenset[int]:
    """Return where dispatch may write, and no other of a controller that is up: to claim, to mask and to complete."""
    names = {one.line.controller for one in chip.instances.values() if one.line is not None and one.line.controller}
    found = [register for name in names for register in _written(chip.instances[name].block)]
    return frozenset(at for one in found for at in range(one.address, one.address + one.register.width))


def _written(block: Block[Any]) -> list[Register]:
    match block:
        case Plic() as plic:
            return PlicController.written(plic)
        case Gicv2() as gic:
            return Gicv2Controller.written(gic)
        case Msix() as msix:
            return MsixController.written(msix)
        case Aggregator() as aggregator:
            return AggregatorController.written(aggregator)
        case _:
            return []
