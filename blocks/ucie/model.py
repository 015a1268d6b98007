"""One end of a UCIe link: it trains step by step with the other end, and minds being changed while it is active."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Final

from blocks.model import BlockModel, Clock, Event, Net, Simulation, Step, Supply
from blocks.ucie.ltsm import DATA_LANES, LANES, MBINIT, MBTRAIN, STAGE, UNUSED, End, arranged, following, way
from blocks.ucie.params import UcieParams
from blocks.ucie.regs import ErrorE, StateE
from blocks.ucie.rules import unfit
from registers.model import Cell, Reading, RegisterFile, Written

CONFIGURATION: Final = ("LINK_CTRL", "PHY_CTRL", "ADAPTER_CTRL", "TIMEOUT", "TEST")
EVENTS: Final = ("link_down", "train_error", "correctable", "uncorrectable", "retrained")
DRAIN_S: Final = 2e-6  # a flit is away for no longer
OFF: Final = (StateE.RESET, StateE.TRAINERROR)


class UcieModel(BlockModel):
    """Takes each step of training when the other end is there too and both are done: the slower one decides.

    Each end draws its own time for a state and tells it; both then wait the longer of the two from the moment they
    met, and note that as their own. What one end waits for the other is no stage of either.
    """

    params: UcieParams
    counted = ("FLITS", "BYTES")

    def __init__(self, name: str, registers: RegisterFile, params: UcieParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.sideband = self.net("sideband", End())
        self.link = self.net("link", Supply())
        self.clock: Net[Clock] = Net("not connected", Clock())
        self.partner: Net[End] = Net("not connected", End())
        self.other: BlockModel | None = None
        cell = self.registers.field
        self.power, self.start, self.adapter = cell("CTRL.power"), cell("CTRL.start"), cell("CTRL.adapter")
        self.power_good, self.phy_lock = cell("STATUS.power_good"), cell("STATUS.phy_lock")
        self.error, self.ready, self.idle = cell("STATUS.error"), cell("STATUS.adapter_ready"), cell("STATUS.idle")
        self.state, self.last = cell("STATE.state"), cell("STATE.last")
        self.progress = {name: cell(f"STATE.{name}") for name in ("sideband", "initialised", "trained")}
        self.wanted_rate, self.wanted_width = cell("LINK_CTRL.rate"), cell("LINK_CTRL.width")
        self.offer = tuple(cell(f"ADAPTER_CTRL.{name}") for name in ("protocol", "flit", "retry"))
        self.agreed = tuple(cell(f"ADAPTER_STATUS.{name}") for name in ("protocol", "flit", "retry"))
        status = ("rate", "width", "repaired", "left_out")
        self.status = {name: cell(f"LINK_STATUS.{name}") for name in status}
        self.heard, self.heard_rate = cell("SIDEBAND.partner"), cell("SIDEBAND.rate")
        self.heard_width = cell("SIDEBAND.width")
        self.events = {name: cell(f"INTR_STATUS.{name}") for name in EVENTS}
        self.logged, self.code = cell("ERR_LOG.valid"), cell("ERR_LOG.code")
        self.where, self.failed = cell("ERR_LOG.state"), cell("ERR_LOG.lanes")

    @cached_property
    def lanes(self) -> tuple[dict[str, Cell], ...]:
        """The fields of each lane; looked up once, when the first link trains."""
        cell, names = self.registers.field, ("STATUS.good", "STATUS.used", "STATUS.eye", "STATUS.delay", "MAP.logical")
        return tuple({name.partition(".")[2]: cell(f"LANE[{n}].{name}") for name in names} for n in range(LANES))

    def connect(self) -> None:
        """Connect reference and sideband, and judge what software does."""
        self.clock = self.input("clock", Clock(100e6, stable=True))
        self.partner = self.input("partner", End())
        block = self.params.partner.rpartition(".")[0]
        self.other = self.sim.model(block) if block else None
        registers = self.registers
        registers.on_write("CTRL", self._ctrl_written)
        for path in CONFIGURATION:
            registers.on_write(path, self._configured)
        registers.on_write("LANE[*].MAP", self._mapped)
        registers.on_write("INTR_TEST", self._tested)
        registers.on_write("ERR_LOG", self._log_cleared)
        for path in ("LANE[*].STATUS", "LANE[*].MAP"):
            registers.on_read(path, self._lane_read)
        registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for, and nothing was agreed on."""
        self._supply: tuple[str, Event] | None = None  # what rises: its rung, and when
        self._step: Event | None = None
        self._exchange: Event | None = None
        self._draining: Event | None = None
        self._takes_s = self._exchange_s = 0.0  # what this end needs for its state, and for the exchange
        self._why, self._which = ErrorE.NONE, 0  # what failed, and the data lanes that did it
        self._rate = self._width = 0
        self._tested_at = 0  # the rate at which lanes were last tested and repaired
        self._again = False  # training after PHYRETRAIN, which is no part of bring-up
        self._came_up = False  # since training was started

    def steps(self) -> Iterator[Step]:
        """Power and lock come one behind the other; what both ends do together takes as long as the slower needs."""
        yield Step("powered", self.params.power_s)
        yield Step("clocked", self.params.lock_s)
        if not isinstance(self.other, UcieModel):
            return
        ends = (self, self.other)
        rate = min(min(end.intended("LINK_CTRL.rate").value, end.params.max_rate) for end in ends)
        bad = self.params.bad_lanes | self.other.params.bad_lanes
        weak = (self.params.weak_lanes | self.other.params.weak_lanes) & ~bad
        visits: Counter[StateE] = Counter()
        for state in way(rate, min(end.params.clean_rate for end in ends), weak=weak > 0):
            visits[state] += 1
            slower_s = max(end.takes(end.typical_s(state), state.name, visits[state]) for end in ends)
            yield Step(STAGE[state], 0.0, slower_s)
        yield Step("adapter ready", 0.0, max(end.takes(end.params.exchange_s, "exchange") for end in ends))

    @property
    def serves(self) -> bool:
        """Whether flits pass."""
        return bool(self.ready.value) and self.state.value == StateE.ACTIVE

    def carry(self, data: bytes) -> bytes:
        """Pass one packet as flits; one that arrives spoilt is sent again, where that was agreed on."""
        self.add_up(1, len(data), None)
        if not self.params.crc_p or self.draw("crc") >= self.params.crc_p:
            return data
        if self.agreed[2].value:
            self.registers.increment("RETRIES.count")
            self.events["correctable"].raise_event()
            return data
        self.registers.increment("LOST.count")
        self.events["uncorrectable"].raise_event()
        return bytes(byte ^ 0xFF for byte in data)

    def calm(self, node: int | None) -> bool:
        """No flit arrives spoilt."""
        return not self.params.crc_p

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count packets, and their bytes."""
        self.registers.increment("FLITS.count", packets)
        self.registers.increment("BYTES.count", packets * size)

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge what is switched on, off or asked for, then let it happen."""
        changed = written.old ^ written.new
        bits = {name: written.register.by_name[name].mask for name in ("power", "start", "adapter")}
        if changed & bits["power"]:
            self._power_judged(bool(written.new & bits["power"]))
        if changed & bits["start"]:
            self._start_judged(bool(written.new & bits["start"]))
        if changed & bits["adapter"]:
            self._adapter_switched(bool(written.new & bits["adapter"]))
        if written.pulsed("retrain"):
            self._retrain()
        self.update()

    def _power_judged(self, on: bool) -> None:
        if on and not self.clock.value.stable:
            self.violate("CTRL", "PHY powered without a stable reference clock")
        if not on and self.state.value != StateE.RESET:
            self.violate("CTRL", "PHY powered down while the link is started")

    def _start_judged(self, on: bool) -> None:
        if not on and self.adapter.value:
            self.violate("CTRL", "link stopped while its adapter is on")
        for register, rule in unfit(lambda path: self.registers.field(path).value) if on else ():
            self.violate(register, rule)

    def _adapter_switched(self, on: bool) -> None:
        if on and not self._came_up:  # one that was lost since is no fault of software, which cannot know yet
            self.violate("CTRL", "adapter switched on before the link is active")
        if on:
            self._exchange_s = self.drawn(self.params.exchange_s, "exchange")
            self._stop_draining()

    def _retrain(self) -> None:
        if self.adapter.value:
            self.violate("CTRL", "retrained while its adapter is on")
        if self.state.value != StateE.ACTIVE:
            self.violate("CTRL", "retrained while the link is not active")
        else:
            self._train_again()

    def _configured(self, written: Written) -> None:
        if written.old != written.new and self.state.value != StateE.RESET:
            self.violate(written.path, f"{written.path} changed while the link is started")

    def _mapped(self, written: Written) -> None:
        if not self.power_good.value:
            self.violate(written.path, "a lane touched while the PHY has no power")
        elif written.old != written.new and self.state.value != StateE.RESET:
            self.violate(written.path, "lane map changed while the link is started")

    def _lane_read(self, reading: Reading) -> None:
        if not self.power_good.value:
            self.violate(reading.path, "a lane touched while the PHY has no power")

    def _tested(self, written: Written) -> None:
        for name, event in self.events.items():
            if written.pulsed(name):
                event.raise_event()

    def _log_cleared(self, _written: Written) -> None:
        if not self.logged.value:
            for cell in (self.code, self.where, self.failed):
                cell.set(0)

    # ---- what the hardware does: beside the link ----

    def update(self) -> None:
        """Bring up power and PLL, begin or end training, and answer the other end."""
        self._supply_all()
        if not self.adapter.value:
            self._isolate()
        if not self.start.value:
            self._stop()
        elif not self.phy_lock.value:
            self._fail(ErrorE.CLOCK_LOST)
        elif self.state.value == StateE.RESET:
            self._begin()
        self._tell()
        self._meet()
        self.link.drive(Supply(good=self.serves))

    def _supply_all(self) -> None:
        """Let power and lock rise one after the other, and fall together."""
        chain = (
            (self.power_good, "powered", self.params.power_s, bool(self.power.value)),
            (self.phy_lock, "clocked", self.params.lock_s, self.clock.value.stable),
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
                    self.stages.pop(stage, None)
                    self._supply = (stage, self.later(stage, typical_s, partial(self._risen, cell)))
        if not rising:
            self._stop_supply()

    def _stop_supply(self) -> None:
        if self._supply is not None:
            self._supply[1].cancel()
            self._supply = None

    def _risen(self, cell: Cell) -> None:
        self._supply = None
        cell.set(1)
        self.update()

    def _isolate(self) -> None:
        """Let what is on its way arrive, once the adapter is off."""
        if self._exchange is not None:
            self._exchange.cancel()
            self._exchange = None
        self._unready()
        if not self.idle.value and self._draining is None:
            self._draining = self.after(DRAIN_S, self._drained)

    def _unready(self) -> None:
        self.ready.set(0)
        for cell in self.agreed:
            cell.set(0)

    def _drained(self) -> None:
        self._draining = None
        self.idle.set(1)
        self.update()

    # ---- what the hardware does: the link ----

    def _tell(self) -> None:
        """Say over the sideband where this end is and what it wants."""
        failed = self.state.value == StateE.TRAINERROR
        protocol, flit, retry = (cell.value for cell in self.offer)
        self.sideband.drive(
            End(
                state=StateE(self.state.value),
                takes_s=self._takes_s,
                error=self._why if failed else ErrorE.NONE,
                failed=self._which if failed else 0,
                rate=min(self.wanted_rate.value, self.params.max_rate),
                width=self.wanted_width.value,
                clean_rate=self.params.clean_rate,
                bad=self.params.bad_lanes,
                weak=self.params.weak_lanes,
                adapter=bool(self.adapter.value),
                exchange_s=self._exchange_s,
                offer=(protocol, flit, retry),
            )
        )

    def _meet(self) -> None:
        """Go on where the other end is in the same state; fall where it is gone."""
        other, state = self.partner.value, StateE(self.state.value)
        self.heard.set(other.state)
        if state not in (*OFF, StateE.SBINIT) and other.state in OFF and self.start.value:
            self._fail(other.error or ErrorE.PARTNER_LOST, lanes=other.failed)
        elif state == StateE.ACTIVE and other.state == StateE.PHYRETRAIN:
            self._train_again()
        elif state in STAGE and state == other.state and self._step is None:
            self._take(state, max(self._takes_s, other.takes_s))
        self._meet_adapter(other)

    def _meet_adapter(self, other: End) -> None:
        """Exchange parameters once both adapters are on; part when one is not."""
        both = self.state.value == other.state == StateE.ACTIVE and self.adapter.value and other.adapter
        if both and not self.ready.value and self._exchange is None:
            seconds = max(self._exchange_s, other.exchange_s)
            self.stages.pop("adapter ready", None)
            self._exchange = self.later("adapter ready", 0.0, self._exchanged, plus_s=seconds)
        elif not both:
            if self._exchange is not None:
                self._exchange.cancel()
                self._exchange = None
            self._unready()

    def _exchanged(self) -> None:
        self._exchange = None
        other = self.partner.value
        mine = tuple(cell.value for cell in self.offer)
        if mine[:2] != other.offer[:2]:
            self._fail(ErrorE.NO_PROTOCOL)
            return
        for cell, value in zip(self.agreed, (*mine[:2], mine[2] & other.offer[2]), strict=True):
            cell.set(value)
        self.ready.set(1)
        self.idle.set(0)
        self.update()

    def _enter(self, state: StateE) -> None:
        self.last.set(self.state.value)
        self.state.set(state)
        self.error.set(int(state == StateE.TRAINERROR))
        if self._step is not None:
            self._step.cancel()
            self._step = None
        self._takes_s = self.drawn(self.typical_s(state), state.name) if state in STAGE else 0.0
        self._tell()
        self._meet()

    def typical_s(self, state: StateE) -> float:
        """Return what this end usually needs for a state."""
        if state == StateE.SBINIT:
            return self.params.sideband_s
        if state == StateE.LINKINIT:
            return self.params.linkinit_s
        return self.params.mbinit_s / len(MBINIT) if state in MBINIT else self.params.mbtrain_s / len(MBTRAIN)

    def _take(self, state: StateE, seconds: float) -> None:
        """Leave a state when both ends have had their time in it; give up when that is too long."""
        limit_s = self.registers.field("TIMEOUT.us").value * 1e-6
        if seconds > limit_s:
            self._step = self.after(limit_s, lambda: self._fail(ErrorE.TIMEOUT))
        elif self._again:
            self._step = self.after(seconds, lambda: self._passed(state))
        else:
            self._step = self.later(STAGE[state], 0.0, lambda: self._passed(state), plus_s=seconds, again=True)

    def _passed(self, state: StateE) -> None:
        """Note what came of a state, and enter the next."""
        self._step = None
        if state == StateE.SBINIT and self.partner.value.state in OFF:
            return  # the other end went away meanwhile, and is met anew when it is back
        if state == StateE.SBINIT:
            self.progress["sideband"].set(1)
        elif state == StateE.MBINIT_PARAM:
            self._agree()
        elif state == StateE.MBINIT_REPAIRMB:
            if not self._arrange(self._failing(weak=False)):
                return
            self.progress["initialised"].set(1)
        elif state == StateE.MBTRAIN_REPAIR:
            if not self._arrange(self._failing(weak=True)):
                return
            self._tested_at = self._rate
        then = self._behind(state)
        self._enter(then)
        if then == StateE.ACTIVE:
            self._again, self._came_up = False, True
            self.update()

    def _behind(self, state: StateE) -> StateE:
        """Return the state behind one that was passed; behind the test at the rate, note what came of that."""
        too_fast = self._rate > min(self.params.clean_rate, self.partner.value.clean_rate)
        unrepaired = self._failing(weak=True) != self._failing(weak=False) and self._tested_at != self._rate
        if state == StateE.MBTRAIN_LINKSPEED and too_fast:
            self._rate -= 1
        elif state == StateE.MBTRAIN_LINKSPEED and not unrepaired:
            self._trained()
        return following(state, too_fast=too_fast, unrepaired=unrepaired)

    def _agree(self) -> None:
        other = self.partner.value
        self.heard_rate.set(other.rate)
        self.heard_width.set(other.width)
        self._rate = min(self.wanted_rate.value, self.params.max_rate, other.rate)
        self._width = min(self.wanted_width.value, other.width)

    def _failing(self, *, weak: bool) -> int:
        other = self.partner.value
        bad = self.params.bad_lanes | other.bad
        return bad | self.params.weak_lanes | other.weak if weak else bad

    def _arrange(self, bad: int) -> bool:
        """Map lanes around those that fail; whether a link is left."""
        lanes = arranged(bad, self._width)
        if lanes is None:
            self._fail(ErrorE.NO_REPAIR, lanes=bad & (1 << DATA_LANES) - 1)
            return False
        for n, lane in enumerate(self.lanes):
            lane["good"].set(~bad >> n & 1)
            lane["used"].set(int(lanes.logical[n] != UNUSED))
            lane["logical"].set(lanes.logical[n])
        self.status["width"].set(lanes.width)
        self.status["repaired"].set(lanes.repaired)
        self.status["left_out"].set(lanes.left_out)
        return True

    def _trained(self) -> None:
        """Note what the lanes came to, each with an open eye at the rate."""
        self.status["rate"].set(self._rate)
        for lane in self.lanes:
            for name, low, high in (("eye", 24, 48), ("delay", 0, 32)):
                drawn = low + int(self.draw(name) * (high - low)) if lane["used"].value else 0
                lane[name].set(drawn)
        self.progress["trained"].set(1)

    def _begin(self) -> None:
        """Begin to train, from the sideband on."""
        for stage in STAGE.values():
            self.stages.pop(stage, None)
        self._fall()
        self._came_up = False
        self._enter(StateE.SBINIT)

    def _train_again(self) -> None:
        self.registers.increment("RETRAINS.count")
        self.events["retrained"].raise_event()
        self.progress["trained"].set(0)
        self._again = True
        self._enter(StateE.PHYRETRAIN)

    def _stop(self) -> None:
        """Go to RESET, when what is on its way has arrived."""
        if self.state.value != StateE.RESET and self._draining is None:
            self._fall()
            self._came_up = False
            self._enter(StateE.RESET)

    def _fail(self, code: ErrorE, *, lanes: int = 0) -> None:
        """Take the link to TRAINERROR, where it stays until software stops it."""
        if self.state.value in OFF:
            return
        if self.state.value in (StateE.ACTIVE, StateE.PHYRETRAIN):
            self.events["link_down"].raise_event()
        self.events["train_error"].raise_event()
        if not self.logged.value:
            self.logged.set(1)
            self.code.set(code)
            self.where.set(self.state.value)
            self.failed.set(lanes)
        self._why, self._which = code, lanes
        self._fall()
        self._enter(StateE.TRAINERROR)
        self.link.drive(Supply(good=False))

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """The link goes down under a flit that stays spoilt, and the other end follows."""
        return {"link_down": lambda: self._fail(ErrorE.UNCORRECTABLE)}

    def _fall(self) -> None:
        """Forget what training came to, and what was on its way."""
        for cell in (*self.progress.values(), *self.status.values(), self.heard_rate, self.heard_width):
            cell.set(0)
        if self._width:  # lanes were tested
            for lane in self.lanes:
                for name in ("good", "used", "eye", "delay"):
                    lane[name].set(0)
        self._again = False
        self._rate = self._width = self._tested_at = 0
        if self._exchange is not None:
            self._exchange.cancel()
            self._exchange = None
        self._unready()
        self._stop_draining()
        self.idle.set(1)

    def _stop_draining(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None
