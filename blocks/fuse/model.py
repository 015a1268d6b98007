"""Fuses that are sensed into a shadow, programmed once and locked; they mind whoever does so at the wrong time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Final

from attrs import field, frozen

from blocks.fuse.array import BANK_WORDS, BANKS, WORDS, bank_of, checksum, factory, sound
from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation, Step
from registers.model import Reading, RegisterFile, Written

KEYS: Final = (0xC0DE5AFE, 0x0B501E7E)  # fuse.rdl KEY
UNCORRECTABLE, CHECKSUM, KEY = 1, 2, 3  # fuse.rdl cause_e
EVENTS: Final = ("uncorrectable", "corrected", "key", "programmed")
LATENCY: Final = between(0.0, inf)


@frozen(kw_only=True)
class FuseParams(ModelParams):
    """What these fuses are like, and what the piece is. Times are typical ones; inf: never.

    Attributes:
        wake_s: of the sense amplifiers; sense_s: of all words; program_s: of one word; vpp_s: of its supply.
        model, revision, lifecycle: of the part, as programmed in the factory; lifecycle as in fuse.rdl state_e.
        bad_ecc: a word that cannot be mended, corrected: one that can; -1: none.
        bad_sum: a bank whose words do not fit its checksum; -1: none.
    """

    wake_s: float = field(default=5e-6, validator=LATENCY)
    sense_s: float = field(default=50e-6, validator=LATENCY)
    program_s: float = field(default=10e-6, validator=LATENCY)
    vpp_s: float = field(default=3e-6, validator=LATENCY)
    model: int = field(default=0xA71A, validator=between(0, 0xFFFF))
    revision: int = field(default=0x10, validator=between(0, 0xFF))
    lifecycle: int = field(default=3, validator=between(0, 4))
    bad_ecc: int = field(default=-1, validator=between(-1, WORDS - 1))
    corrected: int = field(default=-1, validator=between(-1, WORDS - 1))
    bad_sum: int = field(default=-1, validator=between(-1, BANKS - 1))


class FuseModel(BlockModel):
    """Sense amplifiers, shadow, key, programming supply and locks. What was programmed outlasts every reset."""

    params: FuseParams

    def __init__(self, name: str, registers: RegisterFile, params: FuseParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        serial = int(sim.draw(name, "serial") * (1 << 48))
        self.cells = factory(serial, state=params.lifecycle, model=params.model, revision=params.revision)
        cell = self.registers.field
        self.power_down, self.awake, self.busy = cell("CTRL.power_down"), cell("STATUS.awake"), cell("STATUS.busy")
        self.sensed, self.unlocked = cell("STATUS.sensed"), cell("STATUS.unlocked")
        self.vpp, self.vpp_good = cell("VPP_CTRL.enable"), cell("VPP_STATUS.good")
        self.at, self.data = cell("PROG_ADDRESS.word"), cell("PROG_DATA.value")
        self.closed = cell("PROG_LOCK.disabled")
        self.shadow = [cell(f"WORD[{word}].value") for word in range(WORDS)]
        found = ("corrected", "uncorrectable", "sound")
        self.banks = [{name: cell(f"BANK[{bank}].STATUS.{name}") for name in found} for bank in range(BANKS)]
        self.crcs = [cell(f"BANK[{k}].CRC.crc") for k in range(BANKS)]
        self.locks = [{n: cell(f"BANK[{k}].LOCK.{n}") for n in ("program", "hide")} for k in range(BANKS)]

    def connect(self) -> None:
        """Judge what software reads and writes."""
        on_write = self.registers.on_write
        on_write("CTRL", self._ctrl_written)
        for register in ("TIMING", "TEST"):
            on_write(register, self._changed)
        on_write("KEY", self._keyed)
        on_write("VPP_CTRL", self._supplied)
        for register in ("PROG_ADDRESS", "PROG_DATA"):
            on_write(register, self._aimed)
        on_write("PROG_CTRL", self._started)
        on_write("PROG_LOCK", self._ended)
        on_write("BANK[*].LOCK", self._locked)
        on_write("INTR_TEST", self._tested)
        self.registers.on_read("WORD[*]", self._read)
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for; the fuses stay as they are."""
        self._events: dict[str, Event] = {}
        self._keys = 0  # words of the key so far
        self._programming = False

    def steps(self) -> Iterator[Step]:
        """The amplifiers wake, then the words are sensed."""
        yield Step("awake", self.params.wake_s)
        yield Step("sensed", self.params.sense_s)

    # ---- what software may not do ----

    def _judge(self, register: str, *rules: tuple[object, str]) -> None:
        """Record each rule whose condition is met."""
        for broken, rule in rules:
            if broken:
                self.violate(register, rule)

    @property
    def _work(self) -> str:
        return "" if not self.busy.value else "a word is programmed" if self._programming else "words are sensed"

    def _ctrl_written(self, written: Written) -> None:
        """Judge sleep and sensing, and let them begin."""
        rose, fell = written.new > written.old, written.new < written.old
        self._judge("CTRL", (rose and self._work, f"amplifiers put to sleep while {self._work}"))
        if rose:
            self._sleep()
        elif fell:
            self._begin("awake", self.params.wake_s, lambda: self.awake.set(1))
        if written.pulsed("sense"):
            self._judge_sense()
            if self.awake.value and not self.busy.value:
                self.busy.set(1)
                self._begin("sensed", self.params.sense_s, self._sense)

    def _judge_sense(self) -> None:
        self._judge(
            "CTRL",
            (not self.awake.value, "sensed before the amplifiers have settled"),
            (self._work, f"sensed while {self._work}"),
            (self.vpp.value, "sensed while the programming supply is on"),
            (self.sensed.value, "sensed anew under whoever reads the words"),
            (not self.registers.field("TIMING.strobe").value, "sensed with a strobe of 0 cycles"),
        )

    def _changed(self, written: Written) -> None:
        changed = written.old != written.new
        self._judge(
            written.path,
            (changed and self._work, f"{written.path} changed while {self._work}"),
            (changed and self.sensed.value, f"{written.path} changed while the words that it made are in use"),
        )

    def _keyed(self, written: Written) -> None:
        """Take one word of the key."""
        if self.closed.value:
            self.violate("KEY", "key written after programming was ended")
            return
        if self._keys < len(KEYS) and written.value == KEYS[self._keys]:
            self._keys += 1
        else:
            self._judge("KEY", (True, "wrong word written to KEY"))
            self._keys = 0
            self._failed("key", KEY, 0)
        self.unlocked.set(int(self._keys == len(KEYS)))

    def _supplied(self, written: Written) -> None:
        on, off = written.new > written.old, written.new < written.old
        self._judge(
            "VPP_CTRL",
            (on and not self.unlocked.value, "programming supply switched on without the key"),
            (on and self._work, f"programming supply switched on while {self._work}"),
            (off and self._programming, "programming supply switched off while a word is programmed"),
        )
        if on and self.unlocked.value:
            self._begin("supply", self.params.vpp_s, lambda: self.vpp_good.set(1), timed=False)
        elif off:
            self._stop("supply")
            self.vpp_good.set(0)

    def _aimed(self, written: Written) -> None:
        moved = written.old != written.new and self._programming
        self._judge(written.path, (moved, f"{written.path} changed while a word is programmed"))

    def _started(self, written: Written) -> None:
        """Judge the programming of one word, and let it begin; what breaks a rule programs nothing."""
        if not written.pulsed("start"):
            return
        word, value = self.at.value, self.data.value
        blown = self.cells[word] & ~value
        bank = bank_of(word)
        rules = (
            (self.closed.value, "word programmed after programming was ended"),
            (not self.unlocked.value, "word programmed without the key"),
            (not self.vpp_good.value, "word programmed before its supply is good"),
            (not self.registers.field("TIMING.pulse").value, "word programmed with a pulse of 0 cycles"),
            (self._work, f"word programmed while {self._work}"),
            (self.locks[bank]["program"].value, f"word {word} programmed, whose bank {bank} is locked"),
            (blown, f"word {word} programmed to {value:#x} where it holds {self.cells[word]:#x}: a 1 stays 1"),
        )
        self._judge("PROG_CTRL", *rules)
        if not any(broken for broken, _ in rules):
            self._programming = True
            self.busy.set(1)
            self._begin("program", self.params.program_s, lambda: self._programmed(word, value), timed=False)

    def _ended(self, written: Written) -> None:
        if written.new > written.old:
            self._judge("PROG_LOCK", (self.vpp.value, "programming ended with its supply on"))
            self._keys = 0
            self.unlocked.set(0)

    def _locked(self, written: Written) -> None:
        early = written.new > written.old and not self.sensed.value
        self._judge(written.path, (early, "bank locked before it was sensed"))
        self._show()

    def _read(self, reading: Reading) -> None:
        bank = bank_of(int(reading.path[len("WORD[") : -1]))
        self._judge(
            reading.path,
            (self.locks[bank]["hide"].value, f"word of bank {bank} read, which is locked against that"),
            (not self.sensed.value, "word read before it was sensed"),
        )

    def _tested(self, written: Written) -> None:
        for event in EVENTS:
            if written.pulsed(event):
                self.registers.raise_event(f"INTR_STATUS.{event}")

    # ---- what the hardware does ----

    def _begin(self, name: str, typical_s: float, action: Callable[[], object], *, timed: bool = True) -> None:
        """Do something after its time, unless it is stopped; `timed`: a rung of its name waits for it."""
        self._stop(name)
        self._events[name] = (
            self.later(name, typical_s, action) if timed else self.after(self.drawn(typical_s, name), action)
        )

    def _stop(self, name: str) -> None:
        if event := self._events.pop(name, None):
            event.cancel()

    def _sleep(self) -> None:
        for event in ("awake", "sensed", "program"):
            self._stop(event)
        self._programming = False
        for cell in (self.awake, self.busy, self.sensed):
            cell.set(0)
        for bank, crc in zip(self.banks, self.crcs, strict=True):
            for cell in (*bank.values(), crc):
                cell.set(0)
        self._show()

    def _sense(self) -> None:
        """Judge the words bank by bank, and show them."""
        self.busy.set(0)
        self.sensed.set(1)
        for index, bank in enumerate(self.banks):
            words = self._words(index)
            for name, word in (("uncorrectable", self.params.bad_ecc), ("corrected", self.params.corrected)):
                bank[name].set(int(word >= 0 and bank_of(word) == index))
            bank["sound"].set(int(sound(words)))
            self.crcs[index].set(checksum(words[:-1]) if any(words) else 0)
            if bank["uncorrectable"].value:
                self._failed("uncorrectable", UNCORRECTABLE, self.params.bad_ecc)
            elif not bank["sound"].value:
                self._failed("uncorrectable", CHECKSUM, index * BANK_WORDS + BANK_WORDS - 1)
            if bank["corrected"].value:
                self.registers.increment("CORRECTED.count")
                self.registers.raise_event("INTR_STATUS.corrected")
        self._show()

    def _words(self, bank: int) -> list[int]:
        """Return what the words of a bank are sensed as."""
        first = bank * BANK_WORDS
        words = self.cells[first : first + BANK_WORDS]
        if self.params.bad_sum == bank:
            words[0] ^= 1 << 31
        if 0 <= self.params.bad_ecc - first < BANK_WORDS:
            words[self.params.bad_ecc - first] ^= 0x5
        return words

    def _show(self) -> None:
        """Put the words into the shadow, and what they say into the registers of their own."""
        known = bool(self.sensed.value)
        for bank in range(BANKS):
            hidden = not known or self.locks[bank]["hide"].value
            for word, value in enumerate(self._words(bank), bank * BANK_WORDS):
                self.shadow[word].set(0 if hidden else value)
        cell, words = self.registers.field, [cell.value for cell in self.shadow]
        state, part = words[0], words[1]
        cell("LIFECYCLE.state").set(state & 7)
        cell("PART.model").set(part & 0xFFFF)
        cell("PART.revision").set(part >> 16 & 0xFF)
        cell("SERIAL.serial").set(words[2] | words[3] << 32)
        for index in range(4):
            for shift, name in ((0, "bandgap"), (8, "oscillator"), (16, "temperature")):
                cell(f"TRIM[{index}].{name}").set(words[BANK_WORDS + index] >> shift & 0xFF)

    def _programmed(self, word: int, value: int) -> None:
        """Blow what is to be 1; the shadow shows it when it is sensed again."""
        self._programming = False
        self.busy.set(0)
        self.cells[word] |= value
        self.registers.raise_event("INTR_STATUS.programmed")

    def _failed(self, event: str, cause: int, word: int) -> None:
        """Raise an error, and log it if it is the first."""
        self.registers.raise_event(f"INTR_STATUS.{event}")
        if not self.registers.field("ERR_LOG.valid").value:
            for name, said in (("valid", 1), ("cause", cause), ("word", word)):
                self.registers.field(f"ERR_LOG.{name}").set(said)

    @property
    def serves(self) -> bool:
        """The words are there, and nobody can change them."""
        bad = any(not bank["sound"].value or bank["uncorrectable"].value for bank in self.banks)
        closed = self.closed.value and all(lock["program"].value for lock in self.locks)
        return bool(self.sensed.value and closed and not bad)
