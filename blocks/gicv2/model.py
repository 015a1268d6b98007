"""The generic interrupt controller as its manual has it, for shared sources and one processor.

A source that was acknowledged is active, and asks no more, until it is deactivated; a level that still stands then asks
again at once, and so does an edge that came meanwhile. Where the manual says UNPREDICTABLE a rule is broken.

Source: ARM IHI 0048B.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from attrs import define

from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import Cell, RegisterFile, Written

WORDS: Final = 9
SOURCES: Final = range(32, 32 * WORDS)
NOTHING, OTHER_GROUP, IDLE = 1023, 1022, 0xFF
MESSAGES: Final = range(80, 144)  # gicv2.rdl V2M.MSI_TYPER


@define
class Source:
    """One source: its line, whether an edge is kept, and whether it was acknowledged and not deactivated."""

    level: bool = False
    latched: bool = False
    active: bool = False


class Gicv2Model(BlockModel):
    """Forwards the enabled source of the smallest priority, then of the lowest number, above what runs."""

    params: ModelParams

    def __init__(self, name: str, registers: RegisterFile, params: ModelParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = self.registers.field
        self.sources: dict[int, Source] = {}
        self.running: list[int] = []  # acknowledged and not ended, the last one last
        self.forwards = [cell("GICD.CTLR.group0"), cell("GICD.CTLR.group1")]
        self.hears = [cell("GICC.CTLR.group0"), cell("GICC.CTLR.group1")]
        self.ack_both, self.eoi_drops = cell("GICC.CTLR.ack_both"), cell("GICC.CTLR.eoi_drops")
        self.mask, self.priority = cell("GICC.PMR.priority"), cell("GICC.RPR.priority")
        self.preempted = [cell(f"GICC.APR[{n}].active") for n in range(4)]
        self.groups = self._words("IGROUPR")
        self.enables = (self._words("ISENABLER"), self._words("ICENABLER"))
        self.pendings = (self._words("ISPENDR"), self._words("ICPENDR"))
        self.actives = (self._words("ISACTIVER"), self._words("ICACTIVER"))
        self.kinds = [cell(f"GICD.ICFGR[{n}].kinds") for n in range(2 * WORDS)]
        self.priorities = {source: cell(f"GICD.IPRIORITYR[{source}].priority") for source in SOURCES}
        self.targets = {source: cell(f"GICD.ITARGETSR[{source}].cpus") for source in SOURCES}

    def _words(self, register: str) -> list[Cell]:
        return [self.registers.field(f"GICD.{register}[{word}].sources") for word in range(WORDS)]

    def connect(self) -> None:
        """Answer acknowledges, take what ends and deactivates, and arbitrate anew whenever a setting changes."""
        on_write = self.registers.on_write
        self.registers.on_read("GICC.IAR", lambda _reading: self._acknowledged())
        on_write("GICC.EOIR", self._ended)
        on_write("GICC.APR[*]", self._forgotten)
        on_write("V2M.MSI_SETSPI_NS", self._message)
        for word in range(WORDS):
            on_write(f"GICD.IGROUPR[{word}]", partial(self._described, word))
            for register in ("ISENABLER", "ICENABLER"):
                on_write(f"GICD.{register}[{word}]", partial(self._enabled, word))
            on_write(f"GICD.ICPENDR[{word}]", partial(self._cleared, word))
            on_write(f"GICD.ISPENDR[{word}]", partial(self._pended, word))
            on_write(f"GICD.ICACTIVER[{word}]", partial(self._deactivated, word))
            on_write(f"GICD.ISACTIVER[{word}]", partial(self._activated, word))
        for half in range(2 * WORDS):
            on_write(f"GICD.ICFGR[{half}]", partial(self._described, half // 2))
        for path in ("GICD.CTLR", "GICC.CTLR", "GICC.PMR", "GICD.IPRIORITYR[*]", "GICD.ITARGETSR[*]"):
            on_write(path, lambda _written: self.update())

    def cleared(self) -> None:
        """Nothing is pending, active, or running, and no line is high: this block is reset with its sources."""
        self.sources = {source: Source() for source in SOURCES}
        self.running = []

    def sink(self, source: int, level: bool) -> None:
        """Take the level of a source's line."""
        there = self.sources[source]
        there.latched |= level and not there.level
        there.level = level
        if not self._by_edge(source) and not level:
            there.latched = False  # a level that fell asks no more
        self.update()

    # ---- what software does ----

    def _acknowledged(self) -> int:
        source = self._best()
        if source is None:
            return NOTHING
        if self._group(source) and not self.ack_both.value:
            return OTHER_GROUP
        self.sources[source].active, self.sources[source].latched = True, False
        self.running.append(source)
        self.update()
        return source

    def _ended(self, written: Written) -> None:
        source = written.written("source") or 0
        if not self.running or self.running[-1] != source:
            last = self.running[-1] if self.running else "nothing"
            self.violate("GICC.EOIR", f"source {source} ended, and {last} was acknowledged last")
            return
        self.running.pop()
        if not self.eoi_drops.value:
            self.sources[source].active = False
        self.update()

    def _forgotten(self, written: Written) -> None:
        if written.new:
            self.violate(written.path, f"written {written.new:#x}, which was not read before")
        elif not any(cell.value for cell in self.preempted):
            self.running = []
        self.update()

    def _message(self, written: Written) -> None:
        source = written.written("source") or 0
        if source not in MESSAGES:
            self.violate("V2M.MSI_SETSPI_NS", f"a message for source {source}; the frame has 80..143")
        elif not self._by_edge(source):
            self.violate("V2M.MSI_SETSPI_NS", f"a message for source {source}, which asks by level")
        else:
            self.sources[source].latched = True
            self.update()

    def _described(self, word: int, written: Written) -> None:
        if written.new != written.old and self.enables[0][word].value:
            self.violate(written.path, "changed while a source of this word is enabled")
        self.update()

    def _enabled(self, word: int, written: Written) -> None:
        for cells in self.enables:
            cells[word].set(written.new)
        self.update()

    def _pended(self, word: int, written: Written) -> None:
        for source in self._named(word, written):
            self.sources[source].latched = True
        self.update()

    def _cleared(self, word: int, written: Written) -> None:
        for source in self._named(word, written):
            self.sources[source].latched = False
        self.update()

    def _activated(self, word: int, written: Written) -> None:
        for source in self._named(word, written):
            self.sources[source].active = True
        self.update()

    def _deactivated(self, word: int, written: Written) -> None:
        for source in self._named(word, written):
            self.sources[source].active = False
        self.update()

    @staticmethod
    def _named(word: int, written: Written) -> list[int]:
        bits = written.written("sources") or 0
        return [32 * word + bit for bit in range(32) if bits >> bit & 1 and 32 * word + bit in SOURCES]

    # ---- what the hardware does ----

    def _by_edge(self, source: int) -> bool:
        return bool(self.kinds[source // 16].value >> source % 16 * 2 & 2)

    def _group(self, source: int) -> int:
        return self.groups[source // 32].value >> source % 32 & 1

    def _pends(self, source: int) -> bool:
        there = self.sources[source]
        return there.latched or (there.level and not self._by_edge(source))

    def _best(self) -> int | None:
        """Return the source that is signalled: above the mask and above what runs. Source: IHI 0048B 3.3, 3.8."""
        runs = min([self.priorities[source].value for source in self.running], default=IDLE)
        asking = [
            source
            for source in SOURCES
            if self._pends(source)
            and not self.sources[source].active
            and self.enables[0][source // 32].value >> source % 32 & 1
            and self.targets[source].value & 1
            and self.forwards[self._group(source)].value
            and self.hears[self._group(source)].value
            and self.priorities[source].value < min(self.mask.value, runs)
        ]
        return min(asking, key=lambda source: (self.priorities[source].value, source), default=None)

    def update(self) -> None:
        """Show what is pending, active and running, and drive the line."""
        for word in range(1, WORDS):
            each = range(32 * word, 32 * word + 32)
            pending = sum(1 << source % 32 for source in each if self._pends(source))
            active = sum(1 << source % 32 for source in each if self.sources[source].active)
            for cells, bits in ((self.pendings, pending), (self.actives, active)):
                for cell in cells:
                    cell[word].set(bits)
        self.priority.set(min([self.priorities[source].value for source in self.running], default=IDLE))
        self.preempted[0].set(int(bool(self.running)))
        self.sim.line(self.name, self._best() is not None)
