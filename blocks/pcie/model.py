"""A PCIe endpoint that trains a link with a host, loses it when it must, and minds being changed under traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Final

from attrs import field, frozen

from blocks.limits import between, one_of
from blocks.model import BlockModel, Clock, Event, ModelParams, Net, Simulation, Step, Supply, wire
from blocks.pcie.ltssm import LANES, WIDTHS, Stay, negotiated, to_l0, to_speed
from blocks.pcie.regs import ErrorE, LtssmE, ModeE, SpeedE
from registers.model import Cell, Reading, RegisterFile, Written

INF: Final = float("inf")
CONFIGURATION: Final = ("DEVICE", "CLASS", "SUBSYSTEM", "DEV_CTRL", "LINK_CTRL", "EQ_CTRL", "TEST", "BAR[*]")
EVENTS: Final = ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered")
CREDITS: Final = {"POSTED": (64, 512), "NONPOSTED": (64, 64), "COMPLETION": (0, 0)}  # 0: without end
BAR_LOG2_MIN: Final = 7  # a base address register claims 128 bytes at least
NOBODY: Final = (0x0000, 0xFFFF)  # pcie.rdl DEVICE.vendor
BARS: Final = 6
HEADER_WORDS: Final = 4
CROSSED_P: Final = 0.1  # of a lane: boards cross a pair where that shortens it
SKEW_MAX: Final = 6  # symbols, between lanes of one connector
DRAIN_S: Final = 5e-6  # a completion is away for no longer
HOT_RESET_S: Final = 2e-3
# What a link shows of how far it has come, by the rung that waits for it.
PROGRESS: Final = {"detected": "detected", "polled": "polled", "link configured": "configured"}
STAGES: Final = (*PROGRESS, "data link up", "at speed")


@frozen(kw_only=True)
class PcieParams(ModelParams):
    """What this endpoint, its host and what lies between are like. Times are typical; inf: it never happens.

    Attributes:
        clock: the net of the PHY's reference; empty: one that always runs.
        power_s: until the PHY's supply is good.
        lock_s: until the PHY's PLL follows.
        perst_s: from then until the host's PERST# is seen released.
        detect_s, polling_s, configuration_s: of the states of those names, beside their timers.
        credits_s: of the exchange of credits.
        recovery_s, equalization_s: of the change of speed, beside the timers.
        partner_absent: nothing is plugged in.
        lanes: how many lanes the host has; PCIe knows links of these widths.
        dead_lanes: those without a receiver, one bit each.
        max_speed: highest speed of the host: 1 is 2.5 GT/s, 5 is 32 GT/s.
        replay_p: of a transaction that arrives spoilt and comes again.
        poison_p: of a transaction whose data is spoilt for good.
    """

    clock: str = wire()
    power_s: float = field(default=20e-6, validator=between(0.0, INF))
    lock_s: float = field(default=50e-6, validator=between(0.0, INF))
    perst_s: float = field(default=10e-6, validator=between(0.0, INF))
    detect_s: float = field(default=0.5e-3, validator=between(0.0, INF))
    polling_s: float = field(default=2e-3, validator=between(0.0, INF))
    configuration_s: float = field(default=1e-3, validator=between(0.0, INF))
    credits_s: float = field(default=50e-6, validator=between(0.0, INF))
    recovery_s: float = field(default=1e-3, validator=between(0.0, INF))
    equalization_s: float = field(default=4e-3, validator=between(0.0, INF))
    partner_absent: bool = False
    lanes: int = field(default=LANES, validator=one_of(*reversed(WIDTHS)))
    dead_lanes: int = field(default=0, validator=between(0, (1 << LANES) - 1))
    max_speed: int = field(default=int(SpeedE.GT_32), validator=between(1, 5))
    replay_p: float = field(default=0.0, validator=between(0.0, 1.0))
    poison_p: float = field(default=0.0, validator=between(0.0, 1.0))


class PcieModel(BlockModel):
    """Trains as soon as it may, to the highest speed and the largest width that both sides have."""

    params: PcieParams
    counted = ("TLPS",)

    def __init__(self, name: str, registers: RegisterFile, params: PcieParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.link = self.net("link", Supply())
        self.clock: Net[Clock] = Net("not connected", Clock())
        cell = self.registers.field
        self.power, self.ltssm, self.traffic = cell("CTRL.power"), cell("CTRL.ltssm"), cell("CTRL.traffic")
        self.power_good, self.phy_lock = cell("STATUS.power_good"), cell("STATUS.phy_lock")
        self.host_ready, self.off = cell("STATUS.host_ready"), cell("STATUS.off")
        self.idle, self.reversed = cell("STATUS.idle"), cell("STATUS.reversed")
        self.state, self.last = cell("LTSSM.state"), cell("LTSSM.last")
        names = ("detected", "polled", "configured", "data_link", "at_speed")
        self.progress = {name: cell(f"LTSSM.{name}") for name in names}
        self.speed, self.width = cell("LINK_STATUS.speed"), cell("LINK_STATUS.width")
        self.wanted_speed, self.wanted_width = cell("LINK_CTRL.speed"), cell("LINK_CTRL.width")
        self.vendor, self.mode = cell("DEVICE.vendor"), cell("TEST.mode")
        self.events = {name: cell(f"INTR_STATUS.{name}") for name in EVENTS}
        self.watched = [cell(f"INTR_ENABLE.{name}") for name in EVENTS]
        self.logged, self.code, self.where = cell("ERR_LOG.valid"), cell("ERR_LOG.code"), cell("ERR_LOG.state")

    @cached_property
    def lanes(self) -> tuple[dict[str, Cell], ...]:
        """The fields of each lane that the host has; looked up once, when the first link trains."""
        cell = self.registers.field
        found = [f"STATUS.{name}" for name in ("detected", "locked", "inverted", "used", "skew")]
        names = [*found, *(f"EQ.{name}" for name in ("preset", "pre", "post", "merit"))]
        return tuple(
            {name.partition(".")[2]: cell(f"LANE[{n}].{name}") for name in names} for n in range(self.params.lanes)
        )

    @cached_property
    def credits(self) -> tuple[tuple[Cell, int], ...]:
        """The credits that the host grants."""
        cell = self.registers.field
        return tuple(
            (cell(f"CREDITS_{kind}.{name}"), granted)
            for kind, both in CREDITS.items()
            for name, granted in zip(("header", "data"), both, strict=True)
        )

    def connect(self) -> None:
        """Connect the reference, and judge what software does."""
        self.clock = self.input("clock", Clock(100e6, stable=True))
        self.registers.on_write("CTRL", self._ctrl_written)
        for path in CONFIGURATION:
            self.registers.on_write(path, self._configured)
        self.registers.on_write("INTR_TEST", self._tested)
        self.registers.on_write("ERR_LOG", self._log_cleared)
        for path in ("LANE[*].STATUS", "LANE[*].EQ"):
            self.registers.on_read(path, self._lane_read)
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for, and the host has not reset us."""
        self._supply: tuple[str, Event] | None = None  # what rises: its rung, and when
        self._training: Event | None = None
        self._draining: Event | None = None
        self._held = False  # the host asserts PERST#
        self._came_up = False  # since the link was switched on

    def steps(self) -> Iterator[Step]:
        """Power, lock and host come one behind the other; the link trains to L0, and from there to its speed."""
        p = self.params
        yield Step("powered", p.power_s)
        yield Step("clocked", p.lock_s)
        yield Step("host ready", p.perst_s)
        if p.partner_absent:
            return
        speed = min(self.intended("LINK_CTRL.speed").value, p.max_speed)
        for stay in to_l0(p.detect_s, p.polling_s, p.configuration_s):
            yield Step(stay.stage, stay.typical_s, stay.counted_s)
        yield Step("data link up", p.credits_s)
        for stay in to_speed(speed, p.recovery_s, p.equalization_s):
            yield Step(stay.stage, stay.typical_s, stay.counted_s)

    @property
    def serves(self) -> bool:
        """Whether transactions pass: the link is in L0, at its speed, and traffic is let through."""
        return bool(self.traffic.value and self.progress["at_speed"].value) and self.state.value == LtssmE.L0

    @property
    def quiesced(self) -> bool:
        """It lets no traffic through, and is not watched."""
        return not self.traffic.value and not any(cell.value for cell in self.watched)

    def carry(self, data: bytes) -> bytes:
        """Pass one transaction; one that arrives spoilt comes again, one that was poisoned stays spoilt."""
        self.add_up(1, len(data), None)
        if self.params.replay_p and self.draw("replay") < self.params.replay_p:
            self.registers.increment("REPLAYS.count")
            self.registers.increment("CORRECTED.count")
            self.registers.field("AER_CORR.bad_tlp").set(1)
            self.events["correctable"].raise_event()
        if self.params.poison_p and self.draw("poison") < self.params.poison_p:
            self._uncorrectable("poisoned", data)
            return bytes(byte ^ 0xFF for byte in data)
        return data

    def calm(self, node: int | None) -> bool:
        """No transaction arrives spoilt."""
        return not (self.params.replay_p or self.params.poison_p)

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count transactions."""
        self.registers.increment("TLPS.count", packets)

    # ---- what the host does ----

    def hot_reset(self) -> None:
        """The host resets this side through the link, which then trains anew; without a link it cannot."""
        if not self.progress["data_link"].value:
            return
        self.events["hot_reset"].raise_event()
        self._lost(ErrorE.HOT_RESET)
        self._enter(LtssmE.HOT_RESET)
        self._training = self.after(self.drawn(HOT_RESET_S, "hot reset"), self._train)

    def surprise_down(self) -> None:
        """The link goes down for no reason, and trains anew; one that is not up cannot."""
        if not self.progress["data_link"].value:
            return
        self._uncorrectable("surprise_down", b"")
        self._lost(ErrorE.SURPRISE_DOWN)
        self.update()

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """The link goes down, or the host resets this side through it."""
        return {"link_down": self.surprise_down, "hot_reset": self.hot_reset}

    def host_reset(self, *, asserted: bool) -> None:
        """The host asserts PERST#, or releases it."""
        self._held = asserted
        if asserted:
            self.events["host_reset"].raise_event()
        self.update()

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge what is switched on, off or asked for, then let it happen."""
        for name in ("power", "ltssm", "traffic"):
            mask = written.register.by_name[name].mask
            was, now = bool(written.old & mask), bool(written.new & mask)
            if was != now:
                getattr(self, f"_{name}_{'on' if now else 'off'}")()
        if written.pulsed("retrain"):
            self._retrain()
        self.update()

    def _power_on(self) -> None:
        if not self.clock.value.stable:
            self.violate("CTRL", "PHY powered without a stable reference clock")

    def _power_off(self) -> None:
        if not self.off.value:
            self.violate("CTRL", "PHY powered down while the link is on")

    def _ltssm_on(self) -> None:
        self.off.set(0)
        lacks = {"power": self.power_good, "lock": self.phy_lock, "host that is out of reset": self.host_ready}
        for what, cell in lacks.items():
            if not cell.value:
                self.violate("CTRL", f"link switched on while the PHY has no {what}")
                break
        if self.vendor.value in NOBODY:
            self.violate("CTRL", "link switched on by nobody: no vendor is configured")
        if self.mode.value != ModeE.NORMAL:
            self.violate("CTRL", "link switched on in a mode of the laboratory")
        if not SpeedE.NONE < self.wanted_speed.value <= SpeedE.GT_32 or self.wanted_width.value not in WIDTHS:
            self.violate("LINK_CTRL", "link switched on for a speed or a width that there is not")
        self._judge_bars()

    def _judge_bars(self) -> None:
        behind = False  # a wide one
        for index in range(BARS):
            size, wide = (self.registers.field(f"BAR[{index}].{name}").value for name in ("size", "wide"))
            if size and behind:
                self.violate(f"BAR[{index}]", "stands where the upper half of the one before belongs")
            elif size and (size < BAR_LOG2_MIN or (size > 31 and not wide)):
                self.violate(f"BAR[{index}]", f"2^{size} bytes do not fit what it is")
            behind = bool(size and wide and not behind)
        if behind:
            self.violate(f"BAR[{BARS - 1}]", "wide, and none is behind it")

    def _ltssm_off(self) -> None:
        if self.traffic.value:
            self.violate("CTRL", "link switched off while traffic is let through")

    def _traffic_on(self) -> None:
        if not self._came_up:  # one that was lost since is no fault of software, which cannot know yet
            self.violate("CTRL", "traffic let through before the link is up and at speed")
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None
        self.idle.set(0)

    def _traffic_off(self) -> None:
        self._draining = self.after(DRAIN_S, self._drained)

    def _retrain(self) -> None:
        if self.traffic.value:
            self.violate("CTRL", "retrained while traffic is let through")
        if self.state.value != LtssmE.L0 or not self.progress["at_speed"].value:
            self.violate("CTRL", "retrained while the link is not in L0")
            return
        self.registers.increment("RECOVERIES.count")
        self.events["recovered"].raise_event()
        self._enter(LtssmE.RECOVERY_RCVRLOCK)
        self._training = self.after(self.drawn(self.params.recovery_s, "recovery"), self._recovered)

    def _configured(self, written: Written) -> None:
        if written.old != written.new and not self.off.value:
            self.violate(written.path, f"{written.path} changed while the link is on")

    def _tested(self, written: Written) -> None:
        for name, event in self.events.items():
            if written.pulsed(name):
                event.raise_event()

    def _log_cleared(self, written: Written) -> None:
        if not self.logged.value:
            self.code.set(ErrorE.NONE)
            self.where.set(0)

    def _lane_read(self, reading: Reading) -> None:
        if not self.power_good.value:
            self.violate(reading.path, f"{reading.path} touched while the PHY has no power")

    # ---- what the hardware does: below the link ----

    def update(self) -> None:
        """Bring up power, PLL and host in turn as far as they may come, and the link behind them."""
        self._supply_all()
        if not self.host_ready.value and self.state.value not in (LtssmE.DETECT_QUIET, LtssmE.DISABLED):
            if self._held:
                self._lost(ErrorE.HOST_RESET)
            elif self.power.value:
                self._lost(ErrorE.CLOCK_LOST)
            else:
                self._fall()
        if not self.ltssm.value:
            self._switch_off()
        elif self.host_ready.value and self._training is None and self.state.value == LtssmE.DETECT_QUIET:
            self._train()
        self.link.drive(Supply(good=self.serves))

    def _supply_all(self) -> None:
        """Let each of power, lock and host rise when the one before stands, and fall with it."""
        chain = (
            (self.power_good, "powered", self.params.power_s, bool(self.power.value)),
            (self.phy_lock, "clocked", self.params.lock_s, self.clock.value.stable),
            (self.host_ready, "host ready", self.params.perst_s, not self._held),
        )
        possible, rising = True, ""
        for cell, stage, typical_s, condition in chain:
            possible = possible and condition
            if not possible:
                cell.set(0)
            elif not cell.value:
                rising, possible = stage, False
                if self._supply is None or self._supply[0] != stage:
                    self._stop_supply()
                    self._supply = (stage, self._anew(stage, typical_s, partial(self._risen, cell)))
        if not rising:
            self._stop_supply()

    def _anew(self, stage: str, typical_s: float, action: Callable[[], object]) -> Event:
        """Do something later, as the first that is waited for on its rung."""
        self.stages.pop(stage, None)
        return self.later(stage, typical_s, action)

    def _stop_supply(self) -> None:
        if self._supply is not None:
            self._supply[1].cancel()
            self._supply = None

    def _risen(self, cell: Cell) -> None:
        self._supply = None
        cell.set(1)
        self.update()

    def _drained(self) -> None:
        self._draining = None
        self.idle.set(1)

    # ---- what the hardware does: the link ----

    def _enter(self, state: LtssmE) -> None:
        self.last.set(self.state.value)
        self.state.set(state)

    def _train(self) -> None:
        """Begin in Detect; without a host, receivers are looked for and never found."""
        for stage in STAGES:
            self.stages.pop(stage, None)
        self._training = None
        if not self.params.partner_absent:
            p = self.params
            self._walk(to_l0(p.detect_s, p.polling_s, p.configuration_s), self._linked)

    def _walk(self, way: tuple[Stay, ...], arrived: Callable[[], object]) -> None:
        """Go through states, each for its time."""
        stay, rest = way[0], way[1:]
        self._enter(stay.state)

        def passed() -> None:
            if not self._found(stay.state):
                return
            if (not rest or rest[0].stage != stay.stage) and stay.stage in PROGRESS:
                self.progress[PROGRESS[stay.stage]].set(1)
            if rest:
                self._walk(rest, arrived)
            else:
                arrived()

        self._training = self.later(stay.stage, stay.typical_s, passed, plus_s=stay.counted_s)

    def _found(self, state: LtssmE) -> bool:
        """Note what came of a state; whether the link can go on from it."""
        p = self.params
        if state == LtssmE.DETECT_ACTIVE:
            for n, lane in enumerate(self.lanes):
                lane["detected"].set(~p.dead_lanes >> n & 1)
        elif state == LtssmE.POLLING_CONFIGURATION:
            for n, lane in enumerate(self.lanes, 1):
                lane["locked"].set(lane["detected"].value)
                lane["inverted"].set(int(self.foreseen("crossed", n) < CROSSED_P))  # the board's: the same each time
        elif state == LtssmE.CONFIGURATION_LINKWIDTH_START:
            found = ~p.dead_lanes & (1 << p.lanes) - 1
            width, backward = negotiated(found, p.lanes, self.wanted_width.value)
            self.width.set(width)
            self.reversed.set(int(backward))
            for n, lane in enumerate(self.lanes):
                lane["used"].set(int(n >= p.lanes - width if backward else n < width))
                lane["skew"].set(int(self.draw("skew") * SKEW_MAX))
            return width > 0
        return True

    def _linked(self) -> None:
        """L0 at 2.5 GT/s: the data link comes up."""
        self._enter(LtssmE.L0)
        self.speed.set(SpeedE.GT_2_5)
        self._training = self.later("data link up", self.params.credits_s, self._data_link_up)

    def _data_link_up(self) -> None:
        for cell, granted in self.credits:
            cell.set(granted)
        self.progress["data_link"].set(1)
        speed = min(self.wanted_speed.value, self.params.max_speed)
        way = to_speed(speed, self.params.recovery_s, self.params.equalization_s)
        if way:
            self._walk(way, lambda: self._at_speed(speed))
        else:
            self._at_speed(speed)

    def _at_speed(self, speed: int) -> None:
        self._training = None
        self._enter(LtssmE.L0)
        self.speed.set(speed)
        if speed >= SpeedE.GT_8:
            self._equalized()
        self.progress["at_speed"].set(1)
        self._came_up = True
        self.update()

    def _equalized(self) -> None:
        """Note for each lane what the host's receiver liked best."""
        for lane in self.lanes:
            for name, low, high in (("preset", 0, 10), ("pre", 0, 12), ("post", 4, 24), ("merit", 180, 250)):
                lane[name].set(low + int(self.draw(name) * (high - low)))

    def _recovered(self) -> None:
        self._training = None
        self._enter(LtssmE.L0)
        self.update()

    def _switch_off(self) -> None:
        """Leave whatever the link does, through Disabled; a link that is on its way there goes on."""
        if self.off.value or self.state.value == LtssmE.DISABLED:
            return
        self._fall()
        self._came_up = False
        self._enter(LtssmE.DISABLED)
        self._training = self.after(DRAIN_S, self._disabled)

    def _disabled(self) -> None:
        self._training = None
        self._enter(LtssmE.DETECT_QUIET)
        self.off.set(1 - self.ltssm.value)
        self.update()

    def _lost(self, code: ErrorE) -> None:
        """Note that the link is lost, and fall to Detect."""
        if self.progress["data_link"].value:
            self.events["link_down"].raise_event()
            if not self.logged.value:
                self.logged.set(1)
                self.code.set(code)
                self.where.set(self.state.value)
        self._fall()

    def _fall(self) -> None:
        if self._training is not None:
            self._training.cancel()
            self._training = None
        self._enter(LtssmE.DETECT_QUIET)
        granted = (cell for cell, _ in self.credits)
        for cell in (*self.progress.values(), self.speed, self.width, self.reversed, *granted):
            cell.set(0)
        for lane in self.lanes:
            for name in ("detected", "locked", "used"):
                lane[name].set(0)
        self.link.drive(Supply(good=False))

    def _uncorrectable(self, name: str, data: bytes) -> None:
        """Note an uncorrectable error, and of the first one the header."""
        errors = self.registers.field(f"AER_UNCORR.{name}")
        if not self.events["uncorrectable"].value:
            header = data[: 4 * HEADER_WORDS].ljust(4 * HEADER_WORDS, b"\0")
            for n in range(HEADER_WORDS):
                self.registers.field(f"HEADER_LOG[{n}].word").set(int.from_bytes(header[4 * n : 4 * n + 4], "big"))
        self.registers.increment("UNCORRECTED.count")
        errors.set(1)
        self.events["uncorrectable"].raise_event()
