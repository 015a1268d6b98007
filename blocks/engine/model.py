"""A compute engine that answers only while it is powered, runs what it was loaded with, and minds being pulled away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Final

from blocks.engine.firmware import HEAD, IMEM_WORDS, MASK, checksum
from blocks.engine.params import EngineParams
from blocks.model import BlockModel, Domain, Event, Net, Simulation, Step
from registers.model import RegisterFile, Written
from registers.model.place import decode

CORE: Final = 0xF00  # engine.rdl: from here on it is behind the gate
LANES: Final = range(8)
BAD_BANK, WEAK_BANK, BAD_ROW = 2, 1, 0x5A
IDLE, STARTING, READY, BAD_HEAD, BAD_SUM = range(5)  # engine.rdl boot_e
BROWNOUT, WATCHDOG, CLOCK, MEMORY, PARITY = range(1, 6)  # engine.rdl cause_e
EVENTS: Final = ("brownout", "watchdog", "clock_lost", "parity")
BOUNDS: Final = ("WATCHDOG", "ENTRY", "LANES", "APERTURE_BASE", "APERTURE_LIMIT", "TRAFFIC", "TEST")


class EngineModel(BlockModel):
    """Power gate, clamps, clock and reset of a core, its memories and their test, and the core itself."""

    params: EngineParams
    counted = ("CORE.TASKS", "CORE.LANE[*].OPERATIONS")

    def __init__(self, name: str, registers: RegisterFile, params: EngineParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.core: Net[Domain] = Net("not connected", Domain())
        cell = self.registers.field
        self.run, self.request = cell("CTRL.run"), cell("PG_CTRL.request")
        self.good, self.changing = cell("PG_STATUS.good"), cell("PG_STATUS.changing")
        self.clamp, self.clock, self.hold = cell("ISOLATION.clamp"), cell("CLOCK.enable"), cell("RESET.hold")
        self.alive, self.running, self.ready = cell("STATUS.alive"), cell("STATUS.running"), cell("STATUS.ready")
        self.repaired, self.lanes = cell("STATUS.repaired"), cell("STATUS.lanes")
        self.wanted, self.entry = cell("LANES.enable"), cell("ENTRY.word")
        self.bist = {name: cell(f"CORE.BIST_STATUS.{name}") for name in ("busy", "done", "failed", "banks")}
        self.tests = cell("CORE.BIST_CTRL.run")
        self.address, self.length = cell("CORE.IMEM_ADDRESS.word"), cell("CORE.IMAGE_LENGTH.words")
        self.crc, self.mark = cell("CORE.IMAGE_CRC.crc"), cell("CORE.IMAGE_MARK.version")
        self.boot, self.halted = cell("CORE.RUN_STATUS.boot"), cell("CORE.RUN_STATUS.halted")
        self.pc, self.beats, self.tasks = cell("CORE.PC.word"), cell("CORE.HEARTBEAT.count"), cell("CORE.TASKS.count")
        self.active = [cell(f"CORE.LANE[{lane}].STATUS.active") for lane in LANES]
        self.works = [cell(f"CORE.LANE[{lane}].STATUS.works") for lane in LANES]
        self.operations = [cell(f"CORE.LANE[{lane}].OPERATIONS.count") for lane in LANES]
        self.flip = cell("TEST.flip")
        self.watched = [cell(f"INTR_ENABLE.{event}") for event in EVENTS]

    def connect(self) -> None:
        """Connect the core's domain, and judge what software writes."""
        self.core = self.input("core", Domain())
        on_write = self.registers.on_write
        for register in BOUNDS:
            on_write(register, self._bounded)
        on_write("PG_TIMES", self._timed)
        on_write("PG_CTRL", self._gated)
        on_write("ISOLATION", self._clamped)
        on_write("CLOCK", self._clocked)
        on_write("RESET", self._reset)
        on_write("CTRL", self._run_written)
        on_write("STEP", self._stepped)
        on_write("INTR_TEST", self._tested)
        on_write("CORE.BIST_CTRL", self._bist_written)
        for register in ("IMEM_ADDRESS", "IMEM_DATA", "IMAGE_LENGTH", "IMAGE_MARK"):
            on_write(f"CORE.{register}", self._loaded)
        on_write("CORE.IMEM_ADDRESS", self._addressed)
        on_write("CORE.IMEM_DATA", self._word)
        on_write("CORE.IMAGE_LENGTH", self._measured)
        on_write("CORE.IMAGE_MARK", self._marked)
        self.registers.on_read("CORE.IMAGE_CRC", lambda _reading: self.crc.set(self._checksum()))
        self.registers.on_read("CORE.HEARTBEAT", lambda _reading: self.beats.set(self._counted()))
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is loaded or waited for."""
        self._events: dict[str, Event] = {}
        self._forget_core()

    def steps(self) -> Iterator[Step]:
        """The gate closes, the memories are tested, and a core whose memories passed boots."""
        yield Step("powered", self.params.gate_s)
        yield Step("tested", self.params.bist_s)
        if not self.params.bad_sram:
            yield Step("booted", self._boot_s)

    @property
    def _boot_s(self) -> float:
        return inf if self.params.never_boots else self.params.boot_s

    def _forget_core(self) -> None:
        self.stir()
        self._imem = [0] * IMEM_WORDS
        self._beyond = False  # the last word of the memory was written, and none may follow
        self._beaten = 0  # signs of life before the core last went on
        self._since_s: float | None = None  # it gives signs of life, since then
        self._turn = 0
        self._ended = False  # what the core itself had begun when it was halted is finished
        self.in_flight = 0

    # ---- what stands behind the gate ----

    def read(self, offset: int, width: int) -> int:
        """Answer a read; what is behind the gate reads as 0 while it does not answer."""
        self._come_to_rest()
        if offset >= CORE and self._dead(offset):
            return 0
        return super().read(offset, width)

    def write(self, offset: int, value: int, width: int, strobes: int | None) -> None:
        """Take a write; what is behind the gate takes none while it does not answer."""
        self._come_to_rest()
        if not (offset >= CORE and self._dead(offset)):
            super().write(offset, value, width, strobes)

    def _dead(self, offset: int) -> bool:
        """Say whether what is touched behind the gate does not answer, which breaks a rule."""
        self._reachable(offset)
        missing = self._missing()
        if missing:
            place = next((place.path for place in decode(self.registers.group, offset)), f"{offset:#x}")
            self.violate(place, f"touched while {missing}")
        return bool(missing)

    def _missing(self) -> str:
        """Return why what is behind the gate does not answer."""
        lacks = (
            (self.good.value, "the core has no power"),
            (not self.clamp.value, "the core is clamped"),
            (self.clock.value, "the core's clock is off"),
            (self.core.value.clocked, "the core's cluster has no clock"),
            (not self.hold.value, "the core is held in reset"),
            (self.core.value.released, "the core's cluster is in reset"),
        )
        return next((text for there, text in lacks if not there), "")

    # ---- what software may not do ----

    def _judge(self, register: str, *rules: tuple[object, str]) -> None:
        """Record each rule whose condition is met."""
        for broken, rule in rules:
            if broken:
                self.violate(register, rule)

    def _bounded(self, written: Written) -> None:
        changed = written.old != written.new
        self._judge(written.path, (changed and self.running.value, f"{written.path} changed while the core runs"))

    def _timed(self, written: Written) -> None:
        changed = written.old != written.new
        self._judge("PG_TIMES", (changed and self.request.value, "stagger changed while the gate is closed"))

    def _gated(self, written: Written) -> None:
        """Judge a request to the power gate, and let it begin."""
        if written.old == written.new:
            return
        closing = bool(written.new)
        stagger = self.registers.field("PG_TIMES.stagger").value
        self._judge(
            "PG_CTRL",
            (self.changing.value, "gate asked for more while it opens or closes"),
            (closing and not stagger, "gate closed with all switches at once: the stagger is 0"),
            (closing and not self.clamp.value, "gate closed with the clamps open"),
            (not closing and self.running.value, "gate opened while the core runs: halt comes first"),
            (not closing and not self.clamp.value, "gate opened before the core is clamped"),
            (not closing and self.clock.value, "gate opened while the core's clock runs"),
        )
        self.changing.set(1)
        for event in ("powered", "off"):
            self._stop(event)
        if closing:
            self._begin("powered", self.params.gate_s, self._closed)
        else:
            self.good.set(0)
            self._begin("off", self.params.open_s, lambda: self.changing.set(0), timed=False)
        self.update()

    def _clamped(self, written: Written) -> None:
        rose, fell = written.new > written.old, written.new < written.old
        self._judge(
            "ISOLATION",
            (rose and self.running.value, "core clamped while it runs: halt comes first"),
            (rose and not self.hold.value, "core clamped before it is held in reset"),
            (fell and not self.good.value, "clamps opened before the supply is good"),
        )
        self.update()

    def _clocked(self, written: Written) -> None:
        rose, fell = written.new > written.old, written.new < written.old
        self._judge(
            "CLOCK",
            (rose and not self.good.value, "clock started before the supply is good"),
            (rose and self.clamp.value, "clock started while the core is clamped"),
            (rose and not self.core.value.clocked, "clock started while the core's cluster has none"),
            (fell and not self.hold.value, "clock stopped before the core is held in reset"),
        )
        self.update()

    def _reset(self, written: Written) -> None:
        rose, fell = written.new > written.old, written.new < written.old
        self._judge(
            "RESET",
            (rose and self.running.value, "core held in reset while it runs: halt comes first"),
            (fell and not self.good.value, "core released before the supply is good"),
            (fell and self.clamp.value, "core released while it is clamped"),
            (fell and not self.clock.value, "core released without a clock"),
        )
        self.update()

    def _bist_written(self, written: Written) -> None:
        rose, fell = written.new > written.old, written.new < written.old
        self._judge(
            "CORE.BIST_CTRL",
            (rose and self.running.value, "memories tested while the core runs"),
            (fell and self.bist["busy"].value, "test of the memories stopped half way"),
        )
        if rose:
            for cell in (self.bist["done"], self.bist["failed"], self.bist["banks"], self.mark):
                cell.set(0)
            self.bist["busy"].set(1)
            self._imem = [0] * IMEM_WORDS
            self._begin("tested", self.params.bist_s, self._test_ended)
        elif fell:
            self._stop("tested")
            self.bist["busy"].set(0)

    def _loaded(self, written: Written) -> None:
        self._judge(
            written.path,
            (self.running.value, "firmware changed while the core runs"),
            (not self.bist["done"].value, "firmware loaded before the memories were tested"),
        )

    def _addressed(self, _written: Written) -> None:
        self._beyond = False

    def _word(self, written: Written) -> None:
        """Take one word of firmware; what was loaded is another from now on."""
        self._judge("CORE.IMEM_DATA", (self._beyond, "firmware written beyond the end of its memory"))
        at = self.address.value
        self._imem[at] = written.value
        self._beyond = at == IMEM_WORDS - 1
        self.address.set((at + 1) % IMEM_WORDS)
        self.mark.set(0)
        if not self.running.value:
            self.boot.set(IDLE)

    def _measured(self, written: Written) -> None:
        words = self.length.value
        rule = f"length of the firmware is {words} words; there is room for 1..{IMEM_WORDS}"
        self._judge(written.path, (not 1 <= words <= IMEM_WORDS, rule))

    def _marked(self, written: Written) -> None:
        self._judge(written.path, (written.new and not self.length.value, "firmware marked before its length is known"))

    def _run_written(self, written: Written) -> None:
        if written.new > written.old:
            self._judge_start()
            self._start()
        elif written.new < written.old and self.running.value:
            self._rest()
            self._begin("halt", self.params.halt_s, self._halt_ended, timed=False)
        self.update()

    def _judge_start(self) -> None:
        value = {name: self.registers.field(name).value for name in ("APERTURE_BASE.page", "APERTURE_LIMIT.page")}
        alive = self.alive.value
        self._judge(
            "CTRL",
            (not alive, f"core started while {self._missing()}"),
            (alive and not self.bist["done"].value, "core started before the memories were tested"),
            (alive and self.bist["failed"].value, "core started with a memory that failed its test"),
            (alive and not self.mark.value, "core started before firmware was loaded and marked"),
            (self.entry.value >= (self.length.value or IMEM_WORDS), "core started beyond the end of its firmware"),
            (not self.wanted.value, "core started with no lane enabled"),
            (value["APERTURE_LIMIT.page"] < value["APERTURE_BASE.page"], "core started with an empty aperture"),
            (not self.registers.field("TRAFFIC.outstanding").value, "core started with no request permitted"),
        )

    def _stepped(self, written: Written) -> None:
        if written.pulsed("once"):
            stands = self.alive.value and not self.running.value and self.boot.value == READY
            self._judge("STEP", (not stands, "step of a core that is not halted in its firmware"))
            if stands:
                self.pc.set((self.pc.value + 1) % (self.length.value or IMEM_WORDS))

    def _tested(self, written: Written) -> None:
        for event in EVENTS:
            if written.pulsed(event):
                self.registers.raise_event(f"INTR_STATUS.{event}")

    # ---- power ----

    def _closed(self) -> None:
        self.changing.set(0)
        self.good.set(1)
        if self.params.brownout:
            self.brown_out()

    def brown_out(self) -> None:
        """Let the supply behind the gate sag: the hardware opens the gate. Also for tests and campaigns."""
        if self.good.value:
            self._failed("brownout", BROWNOUT)
            for cell, value in ((self.good, 0), (self.request, 0), (self.clamp, 1), (self.clock, 0), (self.hold, 1)):
                cell.set(value)
            self.update()

    def update(self) -> None:
        """Say whether the core answers and what it does; it forgets everything when it no longer answers."""
        alive = not self._missing()
        if self.alive.value and not alive:
            if self.running.value and not (self.core.value.clocked and self.core.value.released):
                self._failed("clock_lost", CLOCK)
            for event in ("tested", "booted", "halt", "hang", "watchdog"):
                self._stop(event)
            self._forget_core()
            self.registers.reset("CORE.lost")
            for cell in (self.run, self.repaired):
                cell.set(0)
        self.alive.set(int(alive))
        self.running.set(int(alive and not self.halted.value))
        self.ready.set(int(bool(alive and self.run.value and self.boot.value == READY)))
        works = self._working
        self.lanes.set(works & self.wanted.value)
        for lane in LANES:
            self.works[lane].set(works >> lane & 1)
            self.active[lane].set(self.lanes.value >> lane & 1)

    @property
    def _working(self) -> int:
        return ~self.params.bad_lanes & 0xFF if self.alive.value and self.bist["done"].value else 0

    # ---- memories ----

    def _test_ended(self) -> None:
        p = self.params
        self.bist["busy"].set(0)
        self.bist["done"].set(1)
        if p.weak_row:
            self._bank(WEAK_BANK, "repaired")
            self.repaired.set(1)
        if p.bad_sram:
            self._bank(BAD_BANK, "failed")
            self.bist["failed"].set(1)
            self.bist["banks"].set(1 << BAD_BANK)
            self._note(MEMORY, banks=1 << BAD_BANK)

    def _bank(self, bank: int, what: str) -> None:
        self.registers.field(f"CORE.BANK[{bank}].STATUS.{what}").set(1)
        self.registers.field(f"CORE.BANK[{bank}].STATUS.row").set(BAD_ROW)

    def _checksum(self) -> int:
        return checksum(self._imem[: self.length.value])

    # ---- the core ----

    def _start(self) -> None:
        """Let the core run: on, where it was halted in its firmware, else through its boot code."""
        if not self.alive.value:
            self.run.set(0)
            return
        self._stop("halt")
        self._ended = False
        self.halted.set(0)
        if self.boot.value == READY:
            self._live()
            return
        self.boot.set(STARTING)
        self.pc.set(self.entry.value)
        self._beaten = 0
        self._begin("booted", self._boot_s, self._booted)

    def _booted(self) -> None:
        words = self._imem[: self.length.value]
        headed = words[:1] == [HEAD] and words[2:3] == [len(words)]
        self.boot.set(BAD_HEAD if not headed else BAD_SUM if sum(words) & MASK else READY)
        if self.boot.value == READY:
            self._live()

    def _live(self) -> None:
        self._since_s = self.sim.now_s
        self._stop("hang")
        self._events["hang"] = self.after(self.params.hangs_s, self.hang)

    def _counted(self) -> int:
        """Return the signs of life that the firmware gave."""
        going_s = 0.0 if self._since_s is None else self.sim.now_s - self._since_s
        return self._beaten + int(going_s / self.params.beat_s)

    def _rest(self) -> None:
        """Give no more signs of life; a start that has not ended begins anew."""
        self._beaten, self._since_s = self._counted(), None
        for event in ("booted", "hang", "watchdog"):
            self._stop(event)
        if self.boot.value != READY:
            self.boot.set(IDLE)

    def _halt_ended(self) -> None:
        self._ended = True
        self._come_to_rest()

    def _come_to_rest(self) -> None:
        """Stand, when what was begun is finished and what was sent has arrived."""
        if self._ended and not self.in_flight:
            self._ended = False
            self.halted.set(1)
            self.update()

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """The firmware hangs, or the supply sags."""
        return {"hang": self.hang, "brownout": self.brown_out}

    def hang(self) -> None:
        """Let the firmware hang: it gives no sign of life from now on. Also for tests and campaigns."""
        self.stir()
        self._beaten, self._since_s = self._counted(), None
        limit_us = self.registers.field("WATCHDOG.limit").value
        if limit_us and self.ready.value:
            self._stop("watchdog")
            self._events["watchdog"] = self.after(limit_us * 1e-6, self._barked)

    def _barked(self) -> None:
        self._failed("watchdog", WATCHDOG)
        self._rest()
        for cell, value in ((self.run, 0), (self.boot, IDLE), (self.halted, 1)):
            cell.set(value)
        self.update()

    def _failed(self, event: str, cause: int) -> None:
        self.registers.raise_event(f"INTR_STATUS.{event}")
        self._note(cause)

    def _note(self, cause: int, *, banks: int = 0) -> None:
        """Log what failed first."""
        field = self.registers.field
        if not field("ERR_LOG.valid").value:
            for name, value in (("valid", 1), ("cause", cause), ("banks", banks)):
                field(f"ERR_LOG.{name}").set(value)
            field("ERR_PC.word").set(self.pc.value)

    def _begin(self, name: str, typical_s: float, action: Callable[[], object], *, timed: bool = True) -> None:
        """Do something after its time, unless it is stopped; `timed`: a rung of its name waits for it."""
        self._stop(name)

        def act() -> None:
            action()
            self.update()

        self._events[name] = self.later(name, typical_s, act) if timed else self.after(self.drawn(typical_s, name), act)

    def _stop(self, name: str) -> None:
        if event := self._events.pop(name, None):
            event.cancel()

    # ---- traffic ----

    @property
    def serves(self) -> bool:
        """The firmware takes tasks."""
        return bool(self.ready.value and self._since_s is not None)

    @property
    def quiesced(self) -> bool:
        """It does not run, and is not watched."""
        return not self.run.value and not any(cell.value for cell in self.watched)

    @property
    def draining(self) -> bool:
        """It was halted, and what it sent is still on its way."""
        return bool(self.running.value and not self.run.value)

    def carry(self, data: bytes) -> bytes:
        """Count a task, at its lanes in turn; turn the last bit of its result over while a test asks for that."""
        if not self.running.value or not self._active:
            return data
        self.add_up(1, len(data), None)
        if not self.flip.value or not data:
            return data
        self._failed("parity", PARITY)
        return data[:-1] + bytes([data[-1] ^ 1])

    @property
    def _active(self) -> list[int]:
        return [lane for lane in LANES if self.lanes.value >> lane & 1]

    def calm(self, node: int | None) -> bool:
        """A lane works, and nothing is turned over."""
        return bool(self.running.value and self._active and not self.flip.value)

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count tasks, at the lanes in turn."""
        lanes, words = self._active, max(size // 4, 1)
        self.tasks.increment(packets)
        whole, more = divmod(packets, len(lanes))
        for turn in range(1, len(lanes) + 1):
            self.operations[lanes[(self._turn + turn) % len(lanes)]].increment((whole + (turn <= more)) * words)
        self._turn += packets
