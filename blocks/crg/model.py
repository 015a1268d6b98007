"""A clock and reset generator that takes its time, and minds clocks and resets changed in the wrong order."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Clock, Domain, Event, ModelParams, Net, Simulation, wire
from registers.model import RegisterFile, Written

# From the outside in: a domain works only while those before it do.
DOMAINS: Final = ("noc", "sram", "core")
REFERENCE, PLL = 0, 1  # crg.rdl source_e


@frozen(kw_only=True)
class CrgParams(ModelParams):
    """What this generator is like.

    Attributes:
        clock: the net of its PLL.
        switch_s: typical time of the clock multiplexer.
        release_s: typical time from the release of a reset until its synchroniser has passed it on.
    """

    clock: str = wire()
    reference_hz: float = field(default=25e6, validator=between(1e6, 800e6))
    switch_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    release_s: float = field(default=1e-6, validator=between(0.0, float("inf")))


class CrgModel(BlockModel):
    """Switches, divides and gates one clock, and holds three domains in reset.

    A domain's net says what its blocks may count on: a clock that toggles at the right frequency, and no reset.
    """

    params: CrgParams

    def __init__(self, name: str, registers: RegisterFile, params: CrgParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.domains = {d: self.net(d, Domain(clocked=False, released=False)) for d in DOMAINS}
        self.clock: Net[Clock] = Net("not connected", Clock())
        self.reference = Clock(params.reference_hz, stable=True)
        cell = self.registers.field
        self.wanted, self.divider = cell("CLK_SEL.source"), cell("CLK_DIV.divider")
        self.source, self.switching = cell("STATUS.source"), cell("STATUS.switching")
        self.toggling, self.clock_lost = cell("STATUS.toggling"), cell("STATUS.clock_lost")
        self.gates = {d: cell(f"CLK_GATE.{d}") for d in DOMAINS}
        self.held = {d: cell(f"RESET.{d}") for d in DOMAINS}
        self.in_reset = {d: cell(f"RESET_STATUS.{d}") for d in DOMAINS}

    def connect(self) -> None:
        """Connect the PLL, and judge what software writes."""
        self.clock = self.input("clock", Clock())
        on_write = self.registers.on_write
        on_write("CLK_SEL", self._selected)
        on_write("CLK_DIV", self._divided)
        on_write("CLK_GATE", self._gated)
        on_write("RESET", self._reset_written)
        self.registers.on_line("STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._switch: Event | None = None
        self._releases: dict[str, Event] = {}

    # ---- what software may not do ----

    def _selected(self, written: Written) -> None:
        """Judge a change of source, and begin it."""
        if written.old != written.new:
            if self.switching.value:
                self.violate("CLK_SEL", "source changed while the multiplexer switches")
            if self._open():
                self.violate("CLK_SEL", f"source changed under the open gates of {self._open()}")
            if self.wanted.value == PLL and not self.clock.value.locked:
                self.violate("CLK_SEL", "a PLL selected that is not locked")
        self.update()

    def _divided(self, written: Written) -> None:
        """Judge a change of the divider."""
        if written.old != written.new and self._open():
            self.violate("CLK_DIV", f"divider changed under the open gates of {self._open()}")
        if not self.divider.value:
            self.violate("CLK_DIV", "divider is 0")
        self.update()

    def _gated(self, written: Written) -> None:
        """Judge the opening and shutting of gates."""
        for domain, gate in self.gates.items():
            was, now = bool(written.old & gate.type.mask), bool(written.new & gate.type.mask)
            if now and not was and (self.switching.value or not self.toggling.value):
                self.violate("CLK_GATE", f"gate of {domain} opened on a clock that is not there")
            if was and not now and not self.held[domain].value:
                self.violate("CLK_GATE", f"gate of {domain} shut while the domain runs")
        self.update()

    def _reset_written(self, written: Written) -> None:
        """Judge the release and the holding of domains, each in its order, and begin it."""
        for position, domain in enumerate(DOMAINS):
            mask = self.held[domain].type.mask
            was, now = bool(written.old & mask), bool(written.new & mask)
            if was and not now:
                self._judge_release(domain, DOMAINS[:position])
                self._begin_release(domain)
            elif now and not was:
                self._hold(domain, DOMAINS[position + 1 :])
        self.update()

    def _begin_release(self, domain: str) -> None:
        delay_s = self.drawn(self.params.release_s)
        self._releases[domain] = self.after(delay_s, lambda: self._released(domain))

    def _judge_release(self, domain: str, before: tuple[str, ...]) -> None:
        if not self.gates[domain].value or not self.toggling.value:
            self.violate("RESET", f"{domain} released without a clock")
        for outer in before:
            if self.in_reset[outer].value:
                self.violate("RESET", f"{domain} released while {outer} is in reset")

    def _hold(self, domain: str, behind: tuple[str, ...]) -> None:
        if release := self._releases.pop(domain, None):
            release.cancel()
        self.in_reset[domain].set(1)
        for inner in behind:
            if not self.held[inner].value:
                self.violate("RESET", f"{domain} held while {inner} runs")

    def _open(self) -> str:
        return ", ".join(domain for domain, gate in self.gates.items() if gate.value)

    # ---- what the hardware does ----

    def _released(self, domain: str) -> None:
        self._releases.pop(domain)
        self.in_reset[domain].set(0)
        self.update()

    def _input(self, source: int) -> Clock:
        return self.clock.value if source == PLL else self.reference

    def update(self) -> None:
        """Switch when both clocks toggle, notice a lost clock, and tell the domains."""
        if self.wanted.value == self.source.value:
            self._stop_switching()
        elif self._switch is None:
            self.switching.set(1)
            if self._input(PLL).hz:  # the multiplexer waits for an edge of both, and the reference always has one
                self._switch = self.after(self.drawn(self.params.switch_s), self._switched)
        elif not self._input(PLL).hz:
            self._switch.cancel()
            self._switch = None
        clock = self._input(self.source.value)
        good = clock.hz > 0 and clock.stable
        if self.toggling.value and not good:
            self.clock_lost.raise_event()
        self.toggling.set(int(good))
        for domain, net in self.domains.items():
            clocked = good and bool(self.gates[domain].value)
            net.drive(Domain(clocked, released=not self.in_reset[domain].value))

    def _stop_switching(self) -> None:
        if self._switch is not None:
            self._switch.cancel()
            self._switch = None
        self.switching.set(0)

    def _switched(self) -> None:
        self._switch = None
        self.switching.set(0)
        self.source.set(self.wanted.value)
        self.update()
