"""The interrupt controller as its manual has it: a gateway for each source, an arbiter for each context.

A source whose line is still high when it is completed asks again at once.
"""

from __future__ import annotations

from typing import Final

from attrs import define

from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import RegisterFile, Written

SOURCES: Final = range(1, 54)
CONTEXT: Final = 0  # the one whose output is this block's own line


@define
class Gateway:
    """One source: its line, whether it asked and was not claimed yet, and whether it was not completed yet."""

    level: bool = False
    pending: bool = False
    busy: bool = False

    def look(self) -> None:
        """Ask, when the line is high and nothing of this source is under way."""
        if self.level and not self.busy:
            self.pending = self.busy = True


class PlicModel(BlockModel):
    """Arbitrates by priority, then by the lower number; hands out by claim, and hears again on completion."""

    params: ModelParams

    def __init__(self, name: str, registers: RegisterFile, params: ModelParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.gateways: dict[int, Gateway] = {}
        self.priorities = {source: registers.field(f"PRIORITY[{source}].priority") for source in SOURCES}
        self.pending = [registers.field(f"PENDING[{word}].sources") for word in (0, 1)]
        self.enables = [registers.field(f"ENABLES[{CONTEXT}].WORD[{word}].sources") for word in (0, 1)]
        self.threshold = registers.field(f"CONTEXT[{CONTEXT}].THRESHOLD.priority")

    def connect(self) -> None:
        """Answer claims, take completions, and arbitrate anew whenever a setting changes."""
        claim = f"CONTEXT[{CONTEXT}].CLAIM"
        self.registers.on_read(claim, lambda _reading: self._claimed())
        self.registers.on_write(claim, self._completed)
        for path in ("PRIORITY[*]", f"ENABLES[{CONTEXT}].WORD[*]", f"CONTEXT[{CONTEXT}].THRESHOLD"):
            self.registers.on_write(path, lambda _written: self.update())

    def cleared(self) -> None:
        """No gateway knows of anything, and no line is high: this block is reset with its sources."""
        self.gateways = {source: Gateway() for source in SOURCES}

    def sink(self, source: int, level: bool) -> None:
        """Take the level of a source's line."""
        self.gateways[source].level = level
        self.update()

    def _claimed(self) -> int:
        source = self._best()
        if source:
            self.gateways[source].pending = False
            self.update()
        return source

    def _completed(self, written: Written) -> None:
        """Hear the source again; a source that is not enabled is not completed. Source: FU540-C000 manual, PLIC."""
        source = written.value
        if source not in self.gateways:
            self.violate(written.path, f"source {source} completed, which does not exist")
        elif self._enabled(source):
            gateway = self.gateways[source]
            gateway.busy = gateway.pending
            self.update()

    def _enabled(self, source: int) -> bool:
        return bool(self.enables[source // 32].value >> source % 32 & 1)

    def _best(self) -> int:
        """Return the source that a claim gets, whatever the threshold; 0: none. Source: FU540-C000 manual, PLIC."""
        asking = [source for source, gateway in self.gateways.items() if gateway.pending and self._enabled(source)]
        best = max(asking, key=lambda source: (self.priorities[source].value, -source), default=0)
        return best if best and self.priorities[best].value > 0 else 0

    def update(self) -> None:
        """Let the gateways look, show what is pending, and drive the line."""
        for gateway in self.gateways.values():
            gateway.look()
        bits = sum(1 << source for source, gateway in self.gateways.items() if gateway.pending)
        for word, cell in enumerate(self.pending):
            cell.set(bits >> 32 * word & 0xFFFF_FFFF)
        best = self._best()
        self.sim.line(self.name, bool(best) and self.priorities[best].value > self.threshold.value)
