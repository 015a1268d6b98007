"""A memory channel that trains in order, keeps what is stored while it is refreshed, and minds being disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from blocks.hbm_channel.params import LANES, HbmChannelParams
from blocks.hbm_channel.stored import Stored
from blocks.hbm_channel.timing import broken_relations
from blocks.hbm_stack.model import HbmStackModel
from blocks.model import BlockModel, Event, Net, Simulation, Step, Supply
from registers.model import Cell, Reading, RegisterFile, Written

PHASES: Final = ("write levelling", "gate", "read eye", "write eye")
READ_EYE: Final = 2  # the first phase that sees single lanes
LANE, NO_EYE, ABORTED = 1, 2, 3  # hbm_channel.rdl code_e
TRAINING, UNCORRECTABLE, RETENTION, STACK, DLL = 1, 2, 3, 4, 5  # hbm_channel.rdl cause_e
EVENTS: Final = ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost")


class HbmChannelModel(Stored, BlockModel):
    """PHY, training engine and memory. Whatever normal mode stands on, when it goes the hardware leaves normal mode.

    It is the memory of the workload: `store` and `fetch`.
    """

    params: HbmChannelParams

    def __init__(self, name: str, registers: RegisterFile, params: HbmChannelParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.stack: Net[Supply] = Net("not connected", Supply())
        cell = self.registers.field
        self.isolate, self.power_down = cell("CTRL.isolate"), cell("CTRL.power_down")
        self.run, self.dll, self.lock = cell("ENABLE.run"), cell("DLL_CTRL.enable"), cell("DLL_STATUS.lock")
        self.awake, self.idle = cell("STATUS.awake"), cell("STATUS.idle")
        self.trained, self.refreshed = cell("STATUS.trained"), cell("STATUS.refreshed")
        self.serving, self.stack_ready = cell("STATUS.serving"), cell("STATUS.stack_ready")
        self.refresh, self.self_refresh = cell("REFRESH.enable"), cell("REFRESH.self_refresh")
        self.fill, self.filled = cell("INIT_CTRL.run"), cell("INIT_STATUS.done")
        self.bad, self.bad_count = cell("BAD.lanes"), cell("BAD.count")
        self.spare_used, self.spare_lane = cell("REPAIR.used"), cell("REPAIR.lane")
        phases = range(len(PHASES))
        self.phase_run = [cell(f"PHASE[{i}].CTRL.run") for i in phases]
        self.phase = [
            {n: cell(f"PHASE[{i}].STATUS.{n}") for n in ("busy", "done", "failed", "code", "lanes")} for i in phases
        ]

    def connect(self) -> None:
        """Connect the stack, and judge what software writes."""
        self.stack = self.input("stack", Supply(good=True))
        if block := self.params.stack.rpartition(".")[0]:
            manager = self.sim.model(block)
            if isinstance(manager, HbmStackModel):
                manager.users.append(self)
        on_write = self.registers.on_write
        for path in ("ROW_TIMES", "REFRESH_TIMES", "BANK_TIMES", "TURN_TIMES", "LATENCIES", "INIT_PATTERN"):
            on_write(path, self._timed)
        for path in ("ECC_CTRL", "ECC_THRESHOLD", "TEST"):
            on_write(path, self._changed)
        for index in range(len(PHASES)):
            on_write(f"PHASE[{index}].CTRL", self._phase_hook(index))
        on_write("CTRL", self._ctrl_written)
        on_write("ENABLE", self._enable_written)
        on_write("DLL_CTRL", self._dll_written)
        on_write("REPAIR", self._repaired)
        on_write("REFRESH", self._refresh_written)
        on_write("INIT_CTRL", self._fill_written)
        on_write("INTR_TEST", self._intr_tested)
        self.registers.on_read("LANE[*].DELAY", self._delays)
        self.registers.on_read("LANE[*].EYE", self._eyes)
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is stored, trained or waited for."""
        self._events: dict[str, Event] = {}
        self._contents = {}
        self._found: dict[int, float] = {}  # what each phase found, drawn
        self._last_lanes = 0  # that failed in the attempt before
        self._again = False  # the attempt before failed, so the next is not left to chance

    def steps(self) -> Iterator[Step]:
        """The PHY wakes and is clocked, each phase of training is tried until it passes, and the memory is filled."""
        p = self.params
        yield Step("awake", p.wake_s)
        yield Step("clocked", p.dll_s)
        mapped = 0
        for index, (name, typical_s) in enumerate(zip(PHASES, p.phases_s, strict=True)):
            bad = p.without_margin & ~mapped if index >= READ_EYE else 0
            if bad:
                mapped, attempts = bad, 3  # two that find the lane, and one with the spare
            else:
                attempts = 2 if self._marginal(index, self.foreseen) else 1
            yield from [Step(name, typical_s)] * attempts
            if (p.never_trains and index == READ_EYE) or bad.bit_count() > 1:
                return
        yield Step("filled", p.fill_s)

    def _marginal(self, index: int, draw: Callable[[str], float]) -> bool:
        """Say whether an attempt at a phase fails for no lasting reason."""
        return self.params.retry_p > 0 and draw(f"{PHASES[index]} margin") < self.params.retry_p

    # ---- the memory of the workload ----

    @property
    def serves(self) -> bool:
        """Whether requests are carried out."""
        return bool(self.serving.value)

    def store(self, slot: int, data: bytes) -> None:
        """Keep one packet, unless the channel does not serve."""
        if self.serves:
            self._contents[slot] = data
            self.registers.increment("WRITES.count")

    def fetch(self, slot: int) -> bytes | None:
        """Return what was kept; None when it is lost, when nothing was, and when the channel does not serve."""
        if not self.serves:
            return None
        self.registers.increment("READS.count")
        data = self._contents.get(slot)
        p, checked = self.params, self.registers.field("ECC_CTRL.enable").value
        if p.uncorrectable_p and self.draw("uncorrectable") < p.uncorrectable_p:
            if checked:
                self._uncorrectable(slot)
            return data and bytes([data[0] ^ 0x81]) + data[1:]
        if p.corrected_p and self.draw("corrected") < p.corrected_p:
            if not checked:
                return data and bytes([data[0] ^ 0x01]) + data[1:]
            self._corrected()
        return data

    def _corrected(self) -> None:
        self.registers.increment("ECC_CORRECTED.count")
        count = self.registers.field("ECC_CORRECTED.count").value
        if count == self.registers.field("ECC_THRESHOLD.corrected").value + 1:
            self.registers.raise_event("INTR_STATUS.corrected")

    def _uncorrectable(self, slot: int) -> None:
        self.registers.increment("ECC_UNCORRECTABLE.count")
        self.registers.raise_event("INTR_STATUS.uncorrectable")
        self._note(UNCORRECTABLE, slot=slot)
        self._lose()
        self.update()

    # ---- what software may not do ----

    @property
    def _live(self) -> bool:
        return bool(self.run.value) or not self.idle.value

    @property
    def _training(self) -> str:
        return next((name for name, phase in zip(PHASES, self.phase, strict=True) if phase["busy"].value), "")

    def _judge(self, register: str, *rules: tuple[bool, str]) -> None:
        """Record each rule whose condition is met."""
        for broken, rule in rules:
            if broken:
                self.violate(register, rule)

    def _timed(self, written: Written) -> None:
        """Judge a change of what training, refresh and fill are timed by."""
        if written.old != written.new:
            filling = self.registers.field("INIT_STATUS.busy").value
            what = (
                "in service" if self._live
                else f"during {self._training}" if self._training
                else "while the memory is filled" if filling
                else "while the memory is refreshed" if self.refreshed.value
                else ""
            )  # fmt: skip
            self._judge(written.path, (bool(what), f"{written.path} changed {what}"))

    def _changed(self, written: Written) -> None:
        self._judge(written.path, (written.old != written.new and self._live, f"{written.path} changed in service"))

    def _ctrl_written(self, written: Written) -> None:
        was, now = _bits(self.isolate, self.power_down)(written.old), _bits(self.isolate, self.power_down)(written.new)
        ready, filled, live = bool(self.stack.value.good), bool(self.filled.value), self._live
        self._judge(
            "CTRL",
            (now[0] > was[0] and live, "port clamped while requests are under way"),
            (now[0] < was[0] and not filled, "port opened before the memory was filled"),
            (now[1] > was[1] and live, "PHY put to sleep while requests are under way"),
            (
                now[1] > was[1] and filled and not self.self_refresh.value,
                "PHY put to sleep while cells do not refresh themselves",
            ),
            (now[1] < was[1] and not ready, "PHY woken before the stack is ready"),
        )
        self.update()

    def _enable_written(self, written: Written) -> None:
        if written.new and not written.old:
            missing = self._missing()
            self._judge("ENABLE", (bool(missing), f"normal mode entered while {missing}"))
        elif written.old and not written.new and self.serving.value:
            self.idle.set(0)
            self._begin("drain", self.params.drain_s, lambda: self.idle.set(1), timed=False)
        self.update()

    def _missing(self) -> str:
        """Return what normal mode still lacks."""
        lacks = (
            (self.lock.value, "the PHY has no clock"),
            (self.trained.value, "lanes are not trained"),
            (self.refreshed.value and not self.self_refresh.value, "the memory is not refreshed"),
            (self.filled.value, "the memory is not filled"),
            (not self.isolate.value, "the port is clamped"),
        )
        return next((text for there, text in lacks if not there), "")

    def _dll_written(self, written: Written) -> None:
        on, off = written.new and not written.old, written.old and not written.new
        self._judge(
            "DLL_CTRL",
            (bool(on) and not self.awake.value, "PHY clock started while the PHY sleeps"),
            (bool(off) and self._live, "PHY clock stopped in service"),
            (bool(off) and bool(self._training), f"PHY clock stopped during {self._training}"),
        )
        self.update()

    def _phase_hook(self, index: int) -> Callable[[Written], None]:
        def written(written: Written) -> None:
            if written.new and not written.old:
                self._judge_training(index)
                self._train(index)
            elif written.old and not written.new:
                self._judge(written.path, (self._live, f"{PHASES[index]} dropped in service"))
                self._drop(index)
            self.update()

        return written

    def _judge_training(self, index: int) -> None:
        name, before = PHASES[index], PHASES[index - 1]
        times = broken_relations(self.registers)
        self._judge(
            f"PHASE[{index}].CTRL",
            (not self.lock.value, f"{name} begun without a locked clock"),
            (self._live, f"{name} begun in service"),
            (bool(self._training), f"{name} begun during {self._training}"),
            (index > 0 and not self._passed(index - 1), f"{name} begun before {before} passed"),
            (bool(times), f"{name} begun with {times}"),
        )

    def _repaired(self, written: Written) -> None:
        """Judge the use of the spare, and map the lane out."""
        if written.old == written.new:
            return
        lane, used, before = self.spare_lane.value, self.spare_used.value, written.old & 1
        failed = self.bad.value >> lane & 1
        self._judge(
            "REPAIR",
            (bool(self._training), f"lane mapped out during {self._training}"),
            (self._live, "lane mapped out in service"),
            (bool(used and before), "the spare used twice"),
            (bool(used and not failed), f"lane {lane} mapped out, which did not fail"),
        )
        self._set_bad(self.bad.value & ~self._mapped())
        self._last_lanes &= ~self._mapped()

    def _refresh_written(self, written: Written) -> None:
        bits = _bits(self.refresh, self.self_refresh)
        was, now = bits(written.old), bits(written.new)
        self._judge(
            "REFRESH",
            (now[0] > was[0] and not self.trained.value, "refresh begun before training"),
            (now[0] < was[0] and self._live, "refresh stopped in service"),
            (now[1] > was[1] and self._live, "self-refresh entered in service"),
        )
        self.update()

    def _fill_written(self, written: Written) -> None:
        if written.new and not written.old:
            self._judge(
                "INIT_CTRL",
                (not self.trained.value, "memory filled before training"),
                (not self.refreshed.value, "memory filled while it is not refreshed"),
                (self._live, "memory filled in service"),
            )
            if self.trained.value and self.refreshed.value:
                self._contents.clear()
                self.registers.field("INIT_STATUS.busy").set(1)
                self._begin("filled", self.params.fill_s, self._fill_done)
        elif written.old and not written.new:
            self._judge("INIT_CTRL", (self._live, "fill dropped in service"))
            self._lose()
        self.update()

    def _intr_tested(self, written: Written) -> None:
        for name in EVENTS:
            if written.pulsed(name):
                self.registers.raise_event(f"INTR_STATUS.{name}")

    # ---- training ----

    def _passed(self, index: int) -> bool:
        phase = self.phase[index]
        return bool(phase["done"].value and not phase["failed"].value)

    def _mapped(self) -> int:
        return 1 << self.spare_lane.value if self.spare_used.value else 0

    def _train(self, index: int) -> None:
        self._drop(index + 1)
        self._lose()  # patterns are written where data was
        self.phase[index]["busy"].set(1)
        fit = bool(self.lock.value) and (index == 0 or self._passed(index - 1)) and not broken_relations(self.registers)
        self._begin(PHASES[index], self.params.phases_s[index], lambda: self._ended(index, fit))

    def _ended(self, index: int, fit: bool) -> None:
        phase, p = self.phase[index], self.params
        lost = not fit or (p.never_trains and index == READ_EYE)
        lanes = 0 if lost else self._failing(index)
        failed = lost or lanes > 0
        phase["busy"].set(0)
        phase["done"].set(1)
        phase["failed"].set(int(failed))
        phase["code"].set(NO_EYE if lost else LANE if lanes else 0)
        phase["lanes"].set(lanes)
        self._set_bad(lanes & self._last_lanes)
        self._last_lanes, self._again = lanes, failed
        if failed:
            self.registers.increment("RETRIES.count")
            self._note(TRAINING, phase=index, lanes=lanes)
        else:
            self._found[index] = self.draw(f"{PHASES[index]} found")

    def _failing(self, index: int) -> int:
        """Return the lanes that fail in this attempt."""
        lanes = self.params.without_margin & ~self._mapped() if index >= READ_EYE else 0
        marginal = not self._again and self._marginal(index, self.draw)
        return lanes | (1 << int(self.draw("marginal lane") * LANES) % LANES if marginal else 0)

    def _set_bad(self, lanes: int) -> None:
        self.bad.set(lanes)
        self.bad_count.set(lanes.bit_count())

    def _drop(self, first: int, code: int = 0) -> None:
        """Forget what a phase and those behind it found."""
        for index in range(first, len(PHASES)):
            self._stop(PHASES[index])
            aborted = code and self.phase[index]["busy"].value
            for cell in self.phase[index].values():
                cell.set(0)
            if aborted:
                self.phase[index]["code"].set(code)
            self.phase_run[index].set(0)
            self._found.pop(index, None)

    def _delays(self, reading: Reading) -> None:
        """Say what training found for one lane, when somebody asks."""
        lane = int(reading.path[len("LANE[") : reading.path.index("]")])
        write, read = self._found.get(0), self._found.get(1)
        cell = self.registers.field
        cell(f"LANE[{lane}].DELAY.tx").set(0 if write is None else 100 + round(200 * write + 5 * lane) % 400)
        cell(f"LANE[{lane}].DELAY.rx").set(0 if read is None else 80 + round(200 * read + 7 * lane) % 400)

    def _eyes(self, reading: Reading) -> None:
        """Say how much margin one lane has, when somebody asks."""
        lane = int(reading.path[len("LANE[") : reading.path.index("]")])
        bad = self.params.without_margin & ~self._mapped() & 1 << lane
        cell = self.registers.field
        for name, index in (("rx", READ_EYE), ("tx", READ_EYE + 1)):
            found = self._found.get(index)
            cell(f"LANE[{lane}].EYE.{name}").set(0 if found is None or bad else 40 + round(20 * found + lane) % 30)
        cell(f"LANE[{lane}].EYE.failed").set(self._last_lanes >> lane & 1)
        cell(f"LANE[{lane}].EYE.mapped").set(self._mapped() >> lane & 1)

    # ---- what the hardware does ----

    def _begin(self, name: str, typical_s: float, action: Callable[[], object], *, timed: bool = True) -> None:
        """Do something after its time, unless it is stopped; `timed`: a rung of its name waits for it."""
        self._stop(name)

        def act() -> None:
            del self._events[name]
            action()
            self.update()

        self._events[name] = (
            self.later(name, typical_s, act, again=self._again and name in PHASES)
            if timed
            else self.after(self.drawn(typical_s, name), act)
        )

    def _stop(self, name: str) -> None:
        if event := self._events.pop(name, None):
            event.cancel()

    def _fill_done(self) -> None:
        self.registers.field("INIT_STATUS.busy").set(0)
        self.filled.set(1)

    def _lose(self) -> None:
        """Lose what is stored: the memory must be filled again."""
        self.stir()
        self._stop("filled")
        self._contents.clear()
        for cell in (self.registers.field("INIT_STATUS.busy"), self.filled, self.fill):
            cell.set(0)

    def _note(self, cause: int, *, phase: int = 0, lanes: int = 0, slot: int = 0) -> None:
        """Log what failed first."""
        valid = self.registers.field("ERR_LOG.valid")
        if not valid.value:
            for name, value in (("valid", 1), ("cause", cause), ("phase", phase), ("lanes", lanes)):
                self.registers.field(f"ERR_LOG.{name}").set(value)
            self.registers.field("ERR_SLOT.slot").set(slot & 0xFFFFFFFF)

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """A storm of errors comes, or the PHY's clock loses its lock."""
        return {"ecc_storm": self.ecc_storm, "lock_lost": self.unlock}

    def ecc_storm(self) -> None:
        """Correct one error more than is borne in silence, and find one that cannot be: what is stored is lost."""
        if self.serves and self.registers.field("ECC_CTRL.enable").value:
            self.registers.increment("ECC_CORRECTED.count", self.registers.field("ECC_THRESHOLD.corrected").value)
            self._corrected()
            self._uncorrectable(0)

    def unlock(self) -> None:
        """Let the PHY's clock lose its lock for a moment: for tests and campaigns."""
        if self.lock.value:
            self.lock.set(0)
            if self.serving.value:
                self.registers.raise_event("INTR_STATUS.dll_lost")
                self._note(DLL)
            self.update()

    def update(self) -> None:
        """Follow the stack, the PHY's clock, refresh and training, and leave normal mode when one of them goes."""
        self._follow_stack()
        self._follow_clock()
        self.trained.set(int(all(self._passed(index) for index in range(len(PHASES)))))
        self._follow_refresh()
        if self.run.value and self._missing():
            self.run.set(0)
        self.serving.set(int(bool(self.run.value)))
        if self.serving.value:
            self.idle.set(0)
        elif "drain" not in self._events:
            self.idle.set(1)

    def _follow_stack(self) -> None:
        ready = self.stack.value.good
        if self.stack_ready.value and not ready:
            if self.serving.value:
                self.registers.raise_event("INTR_STATUS.stack_lost")
                self._note(STACK)
            self._drop(0, ABORTED)
            self._lose()
        self.stack_ready.set(int(ready))

    def _follow_clock(self) -> None:
        wanted = bool(self.stack_ready.value) and not self.power_down.value
        if not wanted:
            self._stop("awake")
            self.awake.set(0)
        elif not self.awake.value and "awake" not in self._events:
            self._begin("awake", self.params.wake_s, lambda: self.awake.set(1))
        runs = bool(self.awake.value) and bool(self.dll.value)
        if not runs:
            self._stop("clocked")
            self.lock.set(0)
        elif not self.lock.value and "clocked" not in self._events:
            self._begin("clocked", self.params.dll_s, self._locked)
        if not self.lock.value and self._training:
            self._drop(PHASES.index(self._training), ABORTED)

    def _locked(self) -> None:
        self.registers.field("DLL_STATUS.taps").set(90 + round(60 * self.draw("taps")))
        self.lock.set(1)

    def _follow_refresh(self) -> None:
        by_channel = self.refresh.value and self.trained.value and self.lock.value
        by_itself = self.self_refresh.value and self.stack_ready.value
        self.refreshed.set(int(bool(by_channel or by_itself)))
        self.registers.field("STATUS.self_refresh").set(int(bool(by_itself)))
        holds = self.filled.value or self.registers.field("INIT_STATUS.busy").value
        if self.refreshed.value or not holds:
            self._stop("decay")
        elif "decay" not in self._events:
            self._events["decay"] = self.after(self.params.retention_s, self._decayed)

    def _decayed(self) -> None:
        del self._events["decay"]
        if self._contents:
            self.violate("REFRESH", "memory not refreshed for longer than its cells keep what is stored")
        self.registers.raise_event("INTR_STATUS.retention")
        self._note(RETENTION)
        self._lose()
        self.update()


def _bits(*cells: Cell) -> Callable[[int], tuple[int, ...]]:
    """Return what takes the fields of one register out of its word."""
    return lambda word: tuple((word & cell.type.mask) >> cell.type.lsb for cell in cells)
