"""A clock and reset generator that takes its time, and minds clocks and resets changed in the wrong order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from attrs import field, frozen

from blocks.crg.monitor import Monitor
from blocks.limits import between
from blocks.model import BlockModel, Clock, Domain, Event, ModelParams, Net, Simulation, Step, wire
from registers.model import RegisterFile, Written

# From the outside in: a domain works only while those before it do.
DOMAINS: Final = ("noc", "sram", "core")
RELEASED: Final = {"noc": "fabric", "sram": "memories", "core": "cores"}  # the rungs that wait for their synchronisers
REFERENCE, PLL = 0, 1  # crg.rdl source_e
CLOCK_LOST, SWITCH_LATE, OUT_OF_RANGE = 1, 2, 3  # crg.rdl cause_e
NAMED_MAX: Final = 3  # blocks that one violation names; a die has dozens in one domain
# Sticky bits of STATUS, the counter of each, and the cause that the log gives for it.
EVENTS: Final = {
    "clock_lost": ("clock_losses", CLOCK_LOST),
    "switch_late": ("late_switches", SWITCH_LATE),
    "out_of_range": ("misses", OUT_OF_RANGE),
}


@frozen(kw_only=True)
class CrgParams(ModelParams):
    """What this generator is like.

    Attributes:
        clock: the net of its PLL.
        reference_hz: of the clock that it runs from until it is switched to the PLL.
        switch_s: typical time of the clock multiplexer.
        release_s: typical time from the release of a reset until its synchroniser has passed it on.
        pulse_s: typical time that SOFT_RESET holds a domain.
        stuck: the multiplexer never switches.
    """

    clock: str = wire()
    reference_hz: float = field(default=25e6, validator=between(1e6, 800e6))
    switch_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    release_s: float = field(default=1e-6, validator=between(0.0, float("inf")))
    pulse_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    stuck: bool = False


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
        self.toggling = cell("STATUS.toggling")
        self.sticky = {event: cell(f"STATUS.{event}") for event in EVENTS}
        self.logged = {name: cell(f"ERR_LOG.{name}") for name in ("cause", "source", "released", "valid")}
        self.logged_count = cell("ERR_COUNT.count")
        self.watchdog, self.limit = cell("CTRL.watchdog"), cell("SWITCH_LIMIT.cycles")
        self.open_gates = cell("TEST.open_gates")
        self.causes = {name: cell(f"RESET_CAUSE.{name}") for name in ("held", "pulsed")}
        self.monitor = Monitor(registers, params.reference_hz, self._measure, lambda: self._failed("out_of_range"))
        self.gates = {d: cell(f"CLK_GATE.{d}") for d in DOMAINS}
        self.held = {d: cell(f"RESET.{d}") for d in DOMAINS}
        self.in_reset = {d: cell(f"RESET_STATUS.{d}") for d in DOMAINS}
        self.pulsing = {d: cell(f"SOFT_STATUS.{d}") for d in DOMAINS}
        self.clocked = {d: cell(f"GATE_STATUS.{d}") for d in DOMAINS}
        self.dividers = {d: cell(f"DOMAIN_DIV.{d}") for d in DOMAINS}

    def connect(self) -> None:
        """Connect the PLL, and judge what software writes."""
        self.clock = self.input("clock", Clock())
        on_write = self.registers.on_write
        on_write("CLK_SEL", self._selected)
        on_write("CLK_DIV", self._divided)
        on_write("DOMAIN_DIV", self._domains_divided)
        on_write("CLK_GATE", self._gated)
        on_write("RESET", self._reset_written)
        on_write("SOFT_RESET", self._pulse_asked)
        for register in ("MONITOR", "COUNT_MIN", "COUNT_MAX"):
            on_write(register, self._monitor_tuned)
        on_write("CTRL", lambda _written: self.update())
        on_write("TEST", self._tested)
        on_write("INTR_TEST", self._intr_tested)
        self.registers.on_line("STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._switch: Event | None = None
        self._patience: Event | None = None
        self._releases: dict[str, Event] = {}
        self.monitor.cleared()

    def steps(self) -> Iterator[Step]:
        """The multiplexer switches, the monitor counts, and the domains are released one behind the other."""
        yield Step("selected", self._switch_s)
        yield Step("in range", 0.0, self.monitor.window_s(self.intended("MONITOR.window").value))
        for domain in DOMAINS:
            yield Step(RELEASED[domain], self.params.release_s)

    @property
    def serves(self) -> bool:
        """Whether the whole cluster is clocked and out of reset."""
        return all(self.clocked[d].value and not self.in_reset[d].value for d in DOMAINS)

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

    def _domains_divided(self, written: Written) -> None:
        """Judge a change of the domains' dividers."""
        for domain, divider in self.dividers.items():
            changed = (written.old ^ written.new) & divider.type.mask
            if changed and (self.gates[domain].value or self.open_gates.value):
                self.violate("DOMAIN_DIV", f"divider of {domain} changed under its open gate")
            if not divider.value:
                self.violate("DOMAIN_DIV", f"divider of {domain} is 0")
        self.update()

    def _monitor_tuned(self, written: Written) -> None:
        if written.old != written.new and self.monitor.runs:
            self.violate(written.path, f"{written.path} changed while the monitor counts")
        if self.monitor.blind:
            self.violate(written.path, "the monitor has a window of 0")
        self.update()

    def _tested(self, _written: Written) -> None:
        running = ", ".join(domain for domain in DOMAINS if not self.held[domain].value)
        if self.open_gates.value and running:
            self.violate("TEST", f"every gate opened while {running} runs")
        self.update()

    def _intr_tested(self, written: Written) -> None:
        for event, cell in self.sticky.items():
            if written.pulsed(event):
                cell.raise_event()

    def _gated(self, written: Written) -> None:
        """Judge the opening and shutting of gates."""
        for domain, gate in self.gates.items():
            was, now = bool(written.old & gate.type.mask), bool(written.new & gate.type.mask)
            if now and not was and (self.switching.value or not self.toggling.value):
                self.violate("CLK_GATE", f"gate of {domain} opened on a clock that is not there")
            elif now and not was and self.monitor.missed:
                self.violate("CLK_GATE", f"gate of {domain} opened on a clock that is out of range")
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

    def _pulse_asked(self, written: Written) -> None:
        """Judge the pulsing of domains, and begin it."""
        for position, domain in enumerate(DOMAINS):
            if not written.pulsed(domain):
                continue
            if self.held[domain].value:
                self.violate("SOFT_RESET", f"{domain} pulsed while it is held")
                continue
            self._enter(domain, DOMAINS[position + 1 :], "pulsed", "SOFT_RESET")
            self.pulsing[domain].set(1)
            held_s = self.drawn(self.params.pulse_s, f"pulse {domain}")
            self._releases[domain] = self.after(held_s, partial(self._released, domain))
        self.update()

    def _begin_release(self, domain: str) -> None:
        released = partial(self._released, domain)
        self._releases[domain] = self.later(RELEASED[domain], self.params.release_s, released)

    def _judge_release(self, domain: str, before: tuple[str, ...]) -> None:
        if not self.clocked[domain].value:
            self.violate("RESET", f"{domain} released without a clock")
        for outer in before:
            if self.in_reset[outer].value:
                self.violate("RESET", f"{domain} released while {outer} is in reset")

    def _hold(self, domain: str, behind: tuple[str, ...]) -> None:
        self._enter(domain, behind, "held", "RESET")

    def _enter(self, domain: str, behind: tuple[str, ...], cause: str, register: str) -> None:
        """Put a domain into reset, judge what that does to those that stand on it, and count."""
        if release := self._releases.pop(domain, None):
            release.cancel()
        self.pulsing[domain].set(0)
        self._judge_service(domain, cause, register)
        if not self.in_reset[domain].value:
            self.registers.increment(f"RESETS[{DOMAINS.index(domain)}].count")
            self.causes[cause].set(1)
        self.in_reset[domain].set(1)
        for inner in behind:
            if not self.held[inner].value:
                self.violate(register, f"{domain} {cause} while {inner} runs")

    def _judge_service(self, domain: str, cause: str, register: str) -> None:
        """Judge the reset of blocks that were not brought to rest, unless their clock was not what they count on."""
        if any(event.value for event in self.sticky.values()):
            return
        busy = [user.name for user in self.domains[domain].users if user.in_service or user.in_flight]
        if busy:
            more = f" and {len(busy) - NAMED_MAX} more" if len(busy) > NAMED_MAX else ""
            self.violate(register, f"{domain} {cause} while in service: {', '.join(busy[:NAMED_MAX])}{more}")

    def _open(self) -> str:
        return ", ".join(domain for domain, gate in self.gates.items() if gate.value or self.open_gates.value)

    # ---- what the hardware does ----

    def _released(self, domain: str) -> None:
        self._releases.pop(domain)
        self.in_reset[domain].set(0)
        self.pulsing[domain].set(0)
        self.update()

    def _input(self, source: int) -> Clock:
        return self.clock.value if source == PLL else self.reference

    def _hz(self, domain: str) -> float:
        """Return the frequency of a domain's clock behind its gate; "": behind the multiplexer."""
        selected = self._input(self.source.value).hz / (self.divider.value or 1)
        if not domain:
            return selected
        return selected / (self.dividers[domain].value or 1) if self.clocked[domain].value else 0.0

    def update(self) -> None:
        """Switch when both clocks toggle, notice a lost clock, and tell the domains."""
        self._follow_switch()
        clock = self._input(self.source.value)
        good = clock.hz > 0 and clock.stable
        if self.toggling.value and not good:
            self._failed("clock_lost")
        self.toggling.set(int(good))
        for domain, net in self.domains.items():
            clocked = good and bool(self.gates[domain].value or self.open_gates.value)
            self.clocked[domain].set(int(clocked))
            net.drive(Domain(clocked, released=not self.in_reset[domain].value))
        self.monitor.follow(self._hz)

    def _measure(self, window_s: float, action: Callable[[], object]) -> Event:
        """Do something when a window of the monitor is over: counted cycles, nothing is drawn."""
        return self.later("in range", 0.0, action, plus_s=window_s)

    def _follow_switch(self) -> None:
        if self.wanted.value == self.source.value:
            self._stop_switching()
        elif self._switch is None:
            if not self.switching.value:
                self.switching.set(1)
                self._await_switch()
            if self._input(PLL).hz:  # the multiplexer waits for an edge of both, and the reference always has one
                self._switch = self._begin_switch()
        elif not self._input(PLL).hz:
            self._switch.cancel()
            self._switch = None

    @property
    def _switch_s(self) -> float:
        return float("inf") if self.params.stuck else self.params.switch_s

    def _begin_switch(self) -> Event:
        """Switch after a drawn time; to the reference, that is no part of bring-up."""
        if self.wanted.value == PLL:
            return self.later("selected", self._switch_s, self._switched)
        return self.after(self.drawn(self._switch_s, "back to the reference"), self._switched)

    def _await_switch(self) -> None:
        """Let the watchdog look after a switch that has begun."""
        if self.watchdog.value and self.limit.value:
            self._patience = self.after(self.limit.value / self.params.reference_hz, self._switch_is_late)

    def _switch_is_late(self) -> None:
        self._patience = None
        self._failed("switch_late")

    def _stop_switching(self) -> None:
        for event in (self._switch, self._patience):
            if event is not None:
                event.cancel()
        self._switch = self._patience = None
        self.switching.set(0)

    def _switched(self) -> None:
        self._stop_switching()
        self.source.set(self.wanted.value)
        self.update()

    def _failed(self, event: str) -> None:
        """Raise an event, count it, and capture it if it is the first."""
        counter, cause = EVENTS[event]
        self.sticky[event].raise_event()
        self.registers.increment(f"EVENTS.{counter}")
        if self.logged["valid"].value:
            return
        released = sum((not self.in_reset[domain].value) << bit for bit, domain in enumerate(DOMAINS))
        for name, value in (("valid", 1), ("cause", cause), ("source", self.source.value), ("released", released)):
            self.logged[name].set(value)
        self.logged_count.set(self.monitor.count.value)
