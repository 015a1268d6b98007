"""An interrupt aggregator that hears, masks, latches and shuts its lines, and minds a change while it reports.

Sources are bits of words, bit n is source n, as in the registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from attrs import define, field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation, Step
from registers.model import Cell, RegisterFile, Written

SOURCES: Final = 32
OWN: Final = 0
LINE, NOWHERE = 1, 0  # aggregator.rdl route_e
STORM, LOST = 1, 2  # aggregator.rdl error_e
HELD_STILL: Final = ("ENABLE", "THRESHOLD", "STORM", "TEST")


@frozen(kw_only=True)
class AggregatorParams(ModelParams):
    """What this aggregator is like.

    Attributes:
        init_s: typical time from its release until lines are sampled; inf: never.
        faulty_source: this line's synchroniser failed its test, and nothing is heard of it; -1: none's.
        noisy_source: this line chatters while it is sampled, until it is shut; -1: none does.
        noise_s: from one rise of the noisy line to the next.
        deaf: its own line never rises, so that what it reports is lost.
    """

    init_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    faulty_source: int = field(default=-1, validator=between(-1, SOURCES - 1))
    noisy_source: int = field(default=-1, validator=between(-1, SOURCES - 1))
    noise_s: float = field(default=5e-6, validator=between(1e-9, 1.0))
    deaf: bool = False


@define(eq=False)
class _Source:
    """One source: its registers, and how often it rose in the window that began at `since_s`."""

    priority: Cell
    route: Cell
    edge: Cell
    events: Cell
    since_s: float = 0.0
    rises: int = 0


class AggregatorModel(BlockModel):
    """Samples lines once it is ready; reports on its own line what is enabled, unmasked, and above the threshold."""

    params: AggregatorParams

    def __init__(self, name: str, registers: RegisterFile, params: AggregatorParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = self.registers.field
        self.soft_reset, self.enable = cell("CTRL.soft_reset"), cell("CTRL.enable")
        self.ready, self.active = cell("STATUS.ready"), cell("STATUS.active")
        self.high, self.best = cell("STATUS.line"), cell("STATUS.best")
        self.events = {STORM: cell("INTR_STATUS.storm"), LOST: cell("INTR_STATUS.lost")}
        self.logged = {f: cell(f"ERR_LOG.{f}") for f in ("valid", "error", "source")}
        self.logged_raw = cell("ERR_LOG_RAW.sources")
        self.threshold = cell("THRESHOLD.priority")
        self.limit, self.window = cell("STORM.limit"), cell("STORM.window")
        self.raw, self.pending, self.claim = cell("RAW.sources"), cell("PENDING.sources"), cell("CLAIM.sources")
        self.enabled, self.inject = cell("ENABLE.sources"), cell("INJECT.sources")
        self.masked = (cell("MASK_SET.sources"), cell("MASK_CLR.sources"))
        self.shut, self.faulty, self.hold = cell("SHUT.sources"), cell("FAULTY.sources"), cell("TEST.hold")
        self.sources = [
            _Source(
                cell(f"SOURCE[{n}].priority"),
                cell(f"SOURCE[{n}].route"),
                cell(f"SOURCE[{n}].edge"),
                cell(f"EVENTS[{n}].count"),
            )
            for n in range(SOURCES)
        ]
        self.levels = 0  # of the lines from outside, which a reset of this block does not lower
        self.cleared()

    def connect(self) -> None:
        """Judge what software writes, and hear the aggregator's own events as a source."""
        on_write = self.registers.on_write
        on_write("CTRL", self._ctrl_written)
        for register in HELD_STILL:
            on_write(register, self._held_still)
        on_write("ENABLE", self._admitted)
        on_write("STORM", self._limited)
        for n in range(SOURCES):
            on_write(f"SOURCE[{n}]", partial(self._described, n))
        for register in ("THRESHOLD", "SHUT", "INJECT", "TEST"):
            on_write(register, lambda _written: self.update())
        on_write("PENDING", self._cleared)
        for register in ("MASK_SET", "MASK_CLR"):
            on_write(register, self._mask_written)
        on_write("INTR_TEST", self._tested)
        on_write("LOCK", self._locked)
        self.registers.on_line("INTR_STATUS", lambda level: self.sink(OWN, bool(level)))

    def cleared(self) -> None:
        """Nothing is latched, awaited, or counted."""
        self._init: Event | None = None
        self._noise: Event | None = None
        self._forget_lines()
        self._weigh()

    def steps(self) -> Iterator[Step]:
        """Lines are sampled some time after the release."""
        yield Step("ready", self.params.init_s)

    def reset(self) -> None:
        """Begin at power-on, when every line is low."""
        self.levels = 0
        super().reset()

    def sink(self, source: int, level: bool) -> None:
        """Take the level of a source's line."""
        self.levels = self.levels | 1 << source if level else self.levels & ~(1 << source)
        self.update()

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge a change of CTRL, and let it take effect."""
        rose, fell = written.new & ~written.old, written.old & ~written.new
        reset, enable = self.soft_reset.type.mask, self.enable.type.mask
        if rose & enable:
            self._judge_enabling()
        if rose & reset:
            if written.old & written.new & enable:
                self.violate("CTRL", "soft reset while it reports")
            self._stop()
        elif fell & reset:
            self._init = self.later("ready", self.params.init_s, self._started)
        self.update()

    def _judge_enabling(self) -> None:
        """Judge the opening of the output: every source that is enabled must be able to be reported."""
        if not self.ready.value:
            self.violate("CTRL", "enabled before its lines are sampled")
        threshold = self.threshold.value
        for n in _each(self.enabled.value):
            source = self.sources[n]
            if source.route.value == NOWHERE:
                self.violate("CTRL", f"enabled with source {n} admitted, which is routed nowhere")
            elif source.priority.value <= threshold:
                held = f"priority {source.priority.value} at threshold {threshold}"
                self.violate("CTRL", f"enabled with source {n} admitted, which is held back: {held}")

    def _held_still(self, written: Written) -> None:
        """Judge a change of what the output counts on."""
        if written.old != written.new and self.enable.value:
            self.violate(written.path, f"{written.path} changed while it reports")

    def _admitted(self, written: Written) -> None:
        if written.new & ~written.old and not self.ready.value:
            self.violate("ENABLE", "sources admitted before lines are sampled")
        self.update()

    def _limited(self, written: Written) -> None:
        if self.limit.value and not self.window.value:
            self.violate(written.path, "a limit of rises in a window of no length")

    def _described(self, n: int, written: Written) -> None:
        """Judge a change of one source, and let it take effect; one that becomes an edge has not risen yet."""
        if written.old != written.new and self.enabled.value >> n & 1:
            self.violate(written.path, f"source {n} changed while it is admitted")
        self._latched &= ~(1 << n)
        self._weigh()
        self.update()

    def _cleared(self, written: Written) -> None:
        """Forget edges; a level is not forgotten, its block lowers it."""
        asked = written.written("sources") or 0
        if levels := asked & written.old & ~self._edges:
            told = ", ".join(map(str, _each(levels)))
            self.violate("PENDING", f"cleared sources that ask by level: {told}: only what stands behind lowers them")
        self._latched &= ~asked
        self.update()

    def _locked(self, written: Written) -> None:
        if written.new and not self.enabled.value:
            self.violate("LOCK", "locked before any source is admitted")

    def _tested(self, written: Written) -> None:
        for error, cell in self.events.items():
            if written.pulsed("storm" if error == STORM else "lost"):
                cell.raise_event()

    def _mask_written(self, written: Written) -> None:
        for cell in self.masked:
            cell.set(written.new)
        self.update()

    # ---- what the hardware does ----

    def _stop(self) -> None:
        for event in (self._init, self._noise):
            if event is not None:
                event.cancel()
        self._init = self._noise = None
        self.ready.set(0)
        self.shut.set(0)
        self._forget_lines()

    def _forget_lines(self) -> None:
        self._latched = self._was = self._chatter = 0
        for source in self.sources:
            source.since_s, source.rises = self.sim.now_s, 0

    def _started(self) -> None:
        self._init = None
        bad = self.params.faulty_source
        self.faulty.set(1 << bad if bad >= 0 else 0)
        self.ready.set(1)
        self._was = self._raw()  # what is high already has not risen
        if self.params.noisy_source >= 0:
            self._noise = self.after(self.params.noise_s / 2, self._chattered)
        self.update()

    def _chattered(self) -> None:
        """Turn the noisy line over, as long as anybody listens."""
        bit = 1 << self.params.noisy_source
        self._noise = None
        if self.shut.value & bit:
            self._chatter = 0
        else:
            self._chatter ^= bit
            self._noise = self.after(self.params.noise_s / 2, self._chattered)
        self.update()

    def _raw(self) -> int:
        return (self.levels | self.inject.value | self._chatter) & ~self.faulty.value

    def _weigh(self) -> None:
        """Work out once what sources ask by edge."""
        self._edges = sum(source.edge.value << n for n, source in enumerate(self.sources))

    def _above(self) -> int:
        """Return the sources that may be reported by their own description."""
        threshold = self.threshold.value
        routed = (s.route.value == LINE and s.priority.value > threshold for s in self.sources)
        return sum(1 << n for n, through in enumerate(routed) if through)

    def update(self) -> None:
        """Count and latch what rose, then show what asks and drive the line."""
        raw = self._raw()
        rose, self._was = raw & ~self._was, raw
        if self.ready.value:
            for n in _each(rose):
                self._rose(n)
        self._show()

    def _rose(self, n: int) -> None:
        """Count a rise, and shut the source when there were too many."""
        source, bit, now_s = self.sources[n], 1 << n, self.sim.now_s
        source.events.increment()
        if self._edges & bit:
            if self._latched & bit:
                self._failed(LOST, n)
            self._latched |= bit
        if now_s - source.since_s > self.window.value * 1e-6:
            source.since_s, source.rises = now_s, 0
        source.rises += 1
        if self.limit.value and source.rises > self.limit.value and not self.shut.value & bit:
            self.shut.set(self.shut.value | bit)
            self._failed(STORM, n)

    def _failed(self, error: int, n: int) -> None:
        """Raise an error, and capture it if it is the first."""
        if not self.logged["valid"].value:
            for name, value in (("valid", 1), ("error", error), ("source", n)):
                self.logged[name].set(value)
            self.logged_raw.set(self._raw())
        self.events[error].raise_event()

    def _show(self) -> None:
        """Derive from lines and masks what asks, what is reported, and the level of the line."""
        raw, samples = self._raw(), bool(self.ready.value)
        pending = (raw & ~self._edges) | (self._latched & self._edges) if samples else 0
        asking = pending & self.enabled.value & ~self.masked[0].value & ~self.shut.value
        claim = asking and asking & self._above()
        self.raw.set(raw if samples else 0)
        self.pending.set(pending)
        self.claim.set(claim)
        self.best.set(max(_each(claim), key=lambda n: (self.sources[n].priority.value, -n), default=0))
        self.active.set(int(samples and bool(self.enable.value)))
        self.high.set(int(bool(claim and self.active.value and not self.hold.value and not self.params.deaf)))
        self.sim.line(self.name, bool(self.high.value))

    @property
    def serves(self) -> bool:
        """What asks is reported."""
        return bool(self.active.value)


def _each(word: int) -> Iterator[int]:
    """Yield the sources whose bits are set, lowest first."""
    while word:
        low = word & -word
        yield low.bit_length() - 1
        word ^= low
