"""The board that faults are plugged into: when each begins and ends, what accesses and interrupts meet meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from itertools import count
from math import inf
from typing import Final, Protocol

from attrs import define, field

from blocks.chip.table import shown
from blocks.sim.faults.kinds import (
    AccessFault,
    Answer,
    BitFlip,
    ChipReset,
    ClusterReset,
    DroppedWrite,
    ErrorResponse,
    Fault,
    FaultError,
    Hang,
    InterruptLate,
    InterruptLost,
    InterruptSpurious,
    LineFault,
    LinkDown,
    LocalReset,
    StuckBit,
    Upset,
)
from blocks.sim.faults.places import Simulated, Span, behind, bit_of, bit_span, check, span_of
from transports.errors import BusFault, Indeterminate, Unavailable

# How long the simulated link waits for an answer. Source: PCI Express base specification, completion timeout: 50 us to
# 50 ms, and not less than 10 ms where nothing else is set.
ANSWER_S: Final = 10e-3


class Board(Simulated, Protocol):
    """What faults do to a simulated chip."""

    @property
    def now_s(self) -> float:
        """The chip's time."""
        ...

    def stall(self, until_s: float) -> None:
        """Let time pass while an access waits."""
        ...

    def feel(self, *, faulty: bool) -> None:
        """Have accesses meet faults from now on, or none."""
        ...

    def power_on(self) -> None:
        """Reset the chip."""
        ...

    def disturb(self, block: str, action: Callable[[], object]) -> None:
        """Do something to a block's model."""
        ...

    def level(self, block: str) -> bool:
        """Return the level of a block's line, as it is heard."""
        ...

    def hear(self, block: str, level: bool) -> None:
        """Let the level of a block's line be heard."""
        ...

    def scheduled(self) -> None:
        """Something will happen."""
        ...

    def draw(self, block: str, what: str) -> float:
        """Return a number in 0..1."""
        ...


@define(eq=False)
class Injected:
    """One fault of one chip.

    Attributes:
        began_s, ended_s: when it did; None: not yet.
        happened: how often: accesses, rises.
    """

    fault: Fault
    number: int
    board: Faults = field(repr=False)
    span: Span | None = None
    began_s: float | None = None
    ended_s: float | None = None
    happened: int = 0
    until_s: float = inf

    def clear(self) -> None:
        """End it now, or never let it begin; idempotent."""
        self.board.end(self)

    @property
    def active(self) -> bool:
        """It has begun and not ended."""
        return self.began_s is not None and self.ended_s is None

    def met(self) -> None:
        """Count one more; it may have been the last."""
        self.happened += 1
        if self.happened >= self.fault.times:
            self.board.end(self)

    @property
    def what(self) -> str:
        """Its kind, and where it is."""
        return f"{self.fault.kind} {self.fault.where}".rstrip()

    def __str__(self) -> str:
        return self.what if self.began_s is None else f"{self.began_s:.6f} s {self.what}"


class Faults:
    """The faults of one chip; a chip without any has none of this."""

    def __init__(self, chip: Board) -> None:
        self._chip = chip
        self.all: list[Injected] = []
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = count()
        self._awaiting: list[tuple[int, Injected]] = []  # an access, by its number
        self._active: list[Injected] = []
        self._levels = {name: chip.level(name) for name in chip.chip.instances}  # of lines, as the blocks drive them
        self._accesses = self._resets = 0

    def plan(self, fault: Fault, at_s: float, after: int | None) -> Injected:
        """Let a fault begin at a time, or when so many accesses were made.

        Raises:
            FaultError: this chip cannot have it.
        """
        check(fault, self._chip)
        injected = Injected(fault, len(self.all), self)
        if isinstance(fault, AccessFault):
            injected.span = span_of(fault, self._chip)
        elif isinstance(fault, StuckBit):
            injected.span = bit_span(fault, self._chip)
        self.all.append(injected)
        if after is not None and after > 0:
            self._awaiting.append((self._accesses + after, injected))
            self._feel()
        elif after is None and at_s > self._chip.now_s:
            self._at(at_s, partial(self._begin, injected))
        else:
            self._begin(injected)
        return injected

    # ---- time ----

    @property
    def next_s(self) -> float:
        """When something will begin or end; inf when nothing will."""
        return self._agenda[0][0] if self._agenda else inf

    def act(self) -> None:
        """Do what is due next; the chip's time has come to it."""
        heapq.heappop(self._agenda)[2]()

    def _at(self, at_s: float, action: Callable[[], object]) -> None:
        if at_s < inf:
            heapq.heappush(self._agenda, (at_s, next(self._sequence), action))
            self._chip.scheduled()

    def _begin(self, injected: Injected) -> None:
        """Let a fault begin, unless it was cleared before."""
        if injected.ended_s is not None:
            return
        fault, now_s = injected.fault, self._chip.now_s
        injected.began_s = now_s
        if isinstance(fault, AccessFault | LineFault | StuckBit | LinkDown):
            injected.until_s = now_s + fault.lasts_s
            self._active.append(injected)
            self._feel()
            self._at(injected.until_s, injected.clear)
            if isinstance(fault, InterruptSpurious):
                self._pulse(injected, fault)
        else:
            self._strike(fault)
            injected.happened, injected.ended_s = 1, now_s

    def end(self, injected: Injected) -> None:
        """End a fault; what it held back is heard."""
        if injected.ended_s is not None:
            return
        injected.ended_s = self._chip.now_s
        if injected in self._active:
            self._active.remove(injected)
            self._feel()
        fault = injected.fault
        used_up = injected.happened >= fault.times
        if isinstance(fault, InterruptLate) or (isinstance(fault, InterruptLost) and not used_up):
            self._chip.hear(fault.block, self._levels[fault.block])

    def _strike(self, fault: Fault) -> None:
        """Do what is done at once."""
        chip = self._chip
        match fault:
            case ChipReset():
                chip.power_on()
            case LocalReset():
                chip.disturb(fault.block, chip.model(fault.block).restart)
            case ClusterReset():
                models = behind(fault.block, chip)
                for model in models:
                    chip.disturb(model.name, model.forget)
                for model in models:
                    chip.disturb(model.name, model.update)
            case Upset():
                chip.disturb(fault.block, chip.model(fault.block).upsets()[fault.name])
            case BitFlip():
                model = chip.model(fault.block)
                cell, index = bit_of(fault, chip).cell(model)
                chip.disturb(fault.block, lambda: cell.force(cell.value ^ 1 << index))
                chip.disturb(fault.block, model.update)
            case _:
                raise FaultError("kind", shown(fault.kind), "a kind that the board knows")

    # ---- accesses ----

    def admits(self, address: int, width: int, *, writing: bool) -> bool:
        """Say whether an access is done; one that is not brings all ones, and looks done to whoever writes.

        Raises:
            BusFault: it is answered with an error.
            Indeterminate, Unavailable: nobody answered in time.
        """
        self._accesses += 1
        if self._awaiting:
            self._await()
        if not self._active:
            return True
        deadline_s = self._chip.now_s + ANSWER_S
        while (silent := self._silent(address, width)) is not None:
            fault = silent.fault
            if isinstance(fault, LinkDown) and fault.answer is Answer.ones:
                silent.happened += 1
                return False
            if silent.until_s > deadline_s:
                self._give_up(silent, deadline_s)
            self._chip.stall(silent.until_s)
        for injected in self._met(address, width):
            if isinstance(injected.fault, ErrorResponse):
                injected.met()
                raise BusFault(f"{injected.fault.where} answers with an error")
            if writing and isinstance(injected.fault, DroppedWrite):
                injected.met()
                return False
        return True

    def _await(self) -> None:
        """Let begin what begins with this access."""
        due = [injected for number, injected in self._awaiting if number < self._accesses]
        self._awaiting = [(number, injected) for number, injected in self._awaiting if injected not in due]
        for injected in due:
            self._begin(injected)
        self._feel()

    def _feel(self) -> None:
        """Let accesses come by here only while they may meet or begin a fault: all others cost nothing."""
        self._chip.feel(faulty=bool(self._active or self._awaiting))

    def _met(self, address: int, width: int) -> list[Injected]:
        return [i for i in self._active if i.span is not None and i.span.meets(address, width)]

    def _silent(self, address: int, width: int) -> Injected | None:
        """Return the fault for which an access has no answer now."""
        down = next((i for i in self._active if isinstance(i.fault, LinkDown)), None)
        return down or next((i for i in self._met(address, width) if isinstance(i.fault, Hang)), None)

    def _give_up(self, silent: Injected, deadline_s: float) -> None:
        self._chip.stall(deadline_s)
        if isinstance(silent.fault, LinkDown):
            silent.happened += 1
            raise Unavailable(f"the link to the chip is down: nothing went out for {ANSWER_S:g} s")
        if silent.active:
            silent.met()
        raise Indeterminate(f"{silent.fault.where} gave no answer within {ANSWER_S:g} s")

    def seen(self, address: int, width: int, word: int, *, writing: bool) -> int:
        """Return what of a word passes the bits that stand still."""
        for injected in self._met(address, width):
            fault, span = injected.fault, injected.span
            if isinstance(fault, StuckBit) and span is not None and (span.stores or not writing):
                bit = 1 << 8 * (span.start - address) + span.bit
                word = word | bit if fault.value else word & ~bit
                injected.happened += 1
        return word

    # ---- interrupts ----

    @property
    def cut(self) -> bool:
        """No interrupt leaves the chip: the link is down."""
        return any(isinstance(i.fault, LinkDown) for i in self._active)

    def reset(self) -> None:
        """All lines are low: the chip was reset."""
        self._levels = dict.fromkeys(self._levels, False)
        self._resets += 1

    def line(self, block: str, level: bool) -> None:
        """Let a change of a block's line be heard as the faults let it."""
        if self._levels[block] == level:
            return
        self._levels[block] = level
        for injected in [i for i in self._active if isinstance(i.fault, LineFault) and i.fault.block == block]:
            fault = injected.fault
            if isinstance(fault, InterruptLate):
                self._at(self._chip.now_s + fault.by_s, partial(self._arrive, injected, level, self._resets))
                return
            if isinstance(fault, InterruptLost) and level and self._loses(injected, fault):
                return
        self._chip.hear(block, level)

    def _loses(self, injected: Injected, fault: InterruptLost) -> bool:
        lost = self._chip.draw(fault.block, f"fault {injected.number} rise {injected.happened}") < fault.share
        injected.met()
        return lost

    def _arrive(self, injected: Injected, level: bool, resets: int) -> None:
        """Let a change be heard that was on its way, unless the fault's end has brought the last one, or a reset."""
        fault = injected.fault
        if injected.active and resets == self._resets and isinstance(fault, LineFault):
            self._chip.hear(fault.block, level)
            if level:
                injected.met()

    def _pulse(self, injected: Injected, fault: InterruptSpurious) -> None:
        """Let a line rise for no reason, and come again for the next."""
        if injected.active:
            level = self._chip.level(fault.block)
            self._chip.hear(fault.block, not level)
            self._chip.hear(fault.block, level)
            self._at(self._chip.now_s + fault.every_s, partial(self._pulse, injected, fault))
            injected.met()
