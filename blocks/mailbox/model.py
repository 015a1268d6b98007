"""A mailbox and the peer at its other end, which minds being talked to before it has agreed, or after."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from math import inf
from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation, Step
from registers.model import RegisterFile, Written

SLOTS: Final = 8
FIFO_MESSAGES: Final = 16
SEQUENCES: Final = 1 << 7
EMPTY: Final = 1 << 31
OVERRUN, OVERFLOW, UNDERFLOW, PEER_LOST = 1, 2, 3, 4  # error_e
ERRORS: Final = {"overrun": OVERRUN, "overflow": OVERFLOW, "underflow": UNDERFLOW, "peer_lost": PEER_LOST}
SEEN_MAX: Final = 4096  # of what the peer took and heard the latest is kept, for tests to look at

TIME = between(0.0, inf)


@frozen(kw_only=True)
class MailboxParams(ModelParams):
    """What this mailbox is like, and its peer. Times are typical ones; inf: never.

    Attributes:
        flush_s: to empty the FIFOs.
        link_s: until the peer answers a request, or that there is none any more.
        pause_s: until the peer sends no more.
        take_s: until the peer takes a message.
        peer_absent: nobody answers.
        peer_major, peer_minor: the protocol that the peer speaks.
        babbles: the peer sends whether there is room or not.
    """

    flush_s: float = field(default=1e-6, validator=TIME)
    link_s: float = field(default=5e-6, validator=TIME)
    pause_s: float = field(default=5e-6, validator=TIME)
    take_s: float = field(default=1e-6, validator=TIME)
    peer_absent: bool = False
    peer_major: int = field(default=1, validator=between(1, 255))
    peer_minor: int = field(default=2, validator=between(0, 255))
    babbles: bool = False


class MailboxModel(BlockModel):
    """Passes messages while it is enabled and both ends have agreed; the peer takes them one by one.

    Attributes:
        taken: messages that the peer took.
        heard: doorbells that the peer heard: (slot, its word).
    """

    params: MailboxParams

    def __init__(self, name: str, registers: RegisterFile, params: MailboxParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.taken: deque[int] = deque(maxlen=SEEN_MAX)
        self.heard: deque[tuple[int, int]] = deque(maxlen=SEEN_MAX)
        cell = self.registers.field
        self.enable, self.pause = cell("CTRL.enable"), cell("CTRL.pause")
        self.flushed, self.quiet = cell("STATUS.flushed"), cell("STATUS.quiet")
        self.levels = {name: cell(f"STATUS.{name}_level") for name in ("in", "out")}
        self.empty = {name: cell(f"STATUS.{name}_empty") for name in ("in", "out")}
        self.full = {name: cell(f"STATUS.{name}_full") for name in ("in", "out")}
        self.events = {name: cell(f"INTR_STATUS.{name}") for name in ("received", "doorbell", *ERRORS)}
        self.logged = {name: cell(f"ERR_LOG.{name}") for name in ("valid", "error", "sequence")}
        self.request, self.acknowledged = cell("HANDSHAKE.request"), cell("HANDSHAKE.acknowledged")
        self.major, self.owner, self.watermark = cell("VERSION.major"), cell("OWNER.id"), cell("WATERMARK.inbound")
        self.peer_version = (cell("PEER_VERSION.major"), cell("PEER_VERSION.minor"))
        self.sequence_in, self.sequence_out = cell("SEQUENCE.inbound"), cell("SEQUENCE.outbound")
        self.rung, self.loopback = cell("DOORBELLS.rung"), cell("TEST.loopback")
        self.received, self.sent, self.dropped = cell("RECEIVED.count"), cell("SENT.count"), cell("DROPPED.count")
        self.ours = [cell(f"SLOT[{index}].CTRL.ours") for index in range(SLOTS)]
        self.data = [cell(f"SLOT[{index}].DATA.value") for index in range(SLOTS)]
        self.peer_data = [cell(f"SLOT[{index}].PEER_DATA.value") for index in range(SLOTS)]

    def connect(self) -> None:
        """Serve the FIFOs, and judge what software writes."""
        on_read, on_write = self.registers.on_read, self.registers.on_write
        on_read("IN", lambda _reading: self._popped())
        on_read("OUT", lambda _reading: 0)
        on_write("OUT", self._pushed)
        on_write("CTRL", self._ctrl_written)
        on_write("FLUSH", self._flush_written)
        on_write("HANDSHAKE", self._handshake_written)
        for register in ("VERSION", "OWNER", "WATERMARK", "TEST"):
            on_write(register, self._held_still)
        for index in range(SLOTS):
            on_write(f"SLOT[{index}].CTRL", self._held_still)
            on_write(f"SLOT[{index}].DATA", partial(self._slot_written, index))
            on_write(f"SLOT[{index}].DOORBELL", partial(self._rang, index))
        on_write("DOORBELLS", lambda _written: self.update())
        on_write("LOCK", self._locked)
        on_write("INTR_TEST", self._tested)
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Both FIFOs are empty, and nothing is being waited for."""
        self._in: deque[tuple[int, int]] = deque()  # number, message
        self._out: deque[int] = deque()
        self._flushing: Event | None = None
        self._unflushed = {"inbound", "outbound"}
        self._to_flush = set[str]()
        self._answering: Event | None = None
        self._quieting: Event | None = None
        self._taking: Event | None = None
        self._peer_quiet = False

    def steps(self) -> Iterator[Step]:
        """The FIFOs are emptied, then the peer answers."""
        yield Step("flushed", self.params.flush_s)
        yield Step("linked", self._answer_s)

    @property
    def _answer_s(self) -> float:
        return inf if self.params.peer_absent else self.params.link_s

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge a change of CTRL, and let it take effect."""
        rose, fell = written.new & ~written.old, written.old & ~written.new
        enable, pause = self.enable.type.mask, self.pause.type.mask
        if rose & enable:
            if not self.flushed.value:
                self.violate("CTRL", "enabled before its FIFOs were flushed")
            if problem := self._unready:
                self.violate("CTRL", f"enabled {problem}")
        if fell & enable:
            if self.acknowledged.value:
                self.violate("CTRL", "disabled while the peer is linked: the handshake is taken back first")
            self._part()
        if rose & pause:
            self._quieting = self.later("quiesced", self.params.pause_s, self._quieted)
        elif fell & pause:
            self._cancel(self._quieting)
            self._quieting, self._peer_quiet = None, False
        self.update()

    @property
    def _unready(self) -> str:
        """What configuration is missing; empty: nothing is."""
        if not self.major.value:
            return "before a protocol version was set"
        if not self.owner.value:
            return "without an owner"
        if not 1 <= self.watermark.value <= FIFO_MESSAGES:
            return f"with a watermark of {self.watermark.value} in a FIFO of {FIFO_MESSAGES}"
        return ""

    def _flush_written(self, written: Written) -> None:
        """Judge a flush, and begin it."""
        asked = {name for name in ("inbound", "outbound") if written.pulsed(name)}
        if not asked:
            return
        if self.enable.value:
            self.violate("FLUSH", "flushed in service")
        self._to_flush |= asked
        if self._flushing is None:
            self._flushing = self.later("flushed", self.params.flush_s, self._flush)

    def _handshake_written(self, written: Written) -> None:
        """Judge a change of the request, and let the peer see it."""
        mask = self.request.type.mask
        if written.new & ~written.old & mask:
            if not self.enable.value:
                self.violate("HANDSHAKE", "asked for a link while disabled")
            elif self.acknowledged.value:
                self.violate("HANDSHAKE", "asked again before the peer took its answer back")
            else:
                self._answering = self.later("linked", self._answer_s, self._acknowledge)
        elif written.old & ~written.new & mask:
            if self._out:
                self.violate("HANDSHAKE", f"link given up with messages on their way: {len(self._out)}")
            self._cancel(self._answering)
            self._answering = None
            if self.acknowledged.value:
                self._answering = self.later("settled", self.params.link_s, self._part)

    def _held_still(self, written: Written) -> None:
        """Judge a change of what both ends have agreed on."""
        if written.old != written.new and self.enable.value:
            self.violate(written.path, f"{written.path} changed while enabled")

    def _slot_written(self, index: int, written: Written) -> None:
        if not self.ours[index].value:
            self.violate(written.path, f"word of slot {index} written, which is the peer's")

    def _rang(self, index: int, written: Written) -> None:
        """Judge a doorbell, and let the peer hear it."""
        if not written.pulsed("ring"):
            return
        if not self.ours[index].value:
            self.violate(written.path, f"doorbell of slot {index} rung, which is the peer's")
        elif not self._agreed:
            self.violate(written.path, f"doorbell of slot {index} rung while no peer is linked")
        else:
            self.heard.append((index, self.data[index].value))

    def _locked(self, written: Written) -> None:
        if written.new and (problem := self._unready):
            self.violate("LOCK", f"locked {problem}")

    def _tested(self, written: Written) -> None:
        for event, cell in self.events.items():
            if written.pulsed(event):
                cell.raise_event()

    def _pushed(self, written: Written) -> None:
        """Judge a message that is sent, and take it."""
        message = written.written("data")
        if message is None:
            return
        if problem := self._refusal:
            self.violate("OUT", f"message sent {problem}; it is lost")
            self._failed("overflow", self.sequence_out.value, lost=True)
        elif self.loopback.value:
            self._arrive(message)
        else:
            self._out.append(message)
            self._advance(out=True)
        self.update()

    @property
    def _refusal(self) -> str:
        """Why a message cannot be sent; empty: it can."""
        if not self.enable.value:
            return "while the mailbox is disabled"
        if self.loopback.value:
            return "into a full FIFO" if len(self._in) >= FIFO_MESSAGES else ""
        if not self._agreed:
            return "while no peer is linked"
        if self.pause.value:
            return "while paused"
        return "into a full FIFO" if len(self._out) >= FIFO_MESSAGES else ""

    def _popped(self) -> int:
        """Judge a read of the FIFO, and give the oldest message."""
        if not self._in:
            self.violate("IN", "read while nothing has been received")
            self._failed("underflow", self.sequence_in.value)
            return EMPTY
        number, message = self._in.popleft()
        self.update()
        return number << 24 | message

    # ---- what the hardware and the peer do ----

    @staticmethod
    def _cancel(event: Event | None) -> None:
        if event is not None:
            event.cancel()

    def _flush(self) -> None:
        which, self._to_flush = self._to_flush, set[str]()
        self._flushing = None
        self._unflushed -= which
        for name, fifo, number in (("inbound", self._in, self.sequence_in), ("outbound", self._out, self.sequence_out)):
            if name in which:
                fifo.clear()
                number.set(0)
        self.flushed.set(int(not self._unflushed))
        self.update()

    def _acknowledge(self) -> None:
        self._answering = None
        self.acknowledged.set(1)
        for cell, value in zip(self.peer_version, (self.params.peer_major, self.params.peer_minor), strict=True):
            cell.set(value)

    def _part(self) -> None:
        """Be linked no more; what the peer has not taken is lost."""
        for event in (self._answering, self._taking):
            self._cancel(event)
        self._answering = self._taking = None
        for cell in (self.acknowledged, *self.peer_version):
            cell.set(0)
        self.dropped.increment(len(self._out))
        self._out.clear()
        self.update()

    def _quieted(self) -> None:
        self._quieting, self._peer_quiet = None, True
        self.update()

    def _take(self) -> None:
        """Let the peer take a message."""
        self._taking = None
        self.taken.append(self._out.popleft())
        self.sent.increment()
        self.update()

    def _arrive(self, message: int) -> None:
        self._in.append((self._advance(out=False), message))
        self.received.increment()

    def _advance(self, *, out: bool) -> int:
        """Number a message."""
        cell = self.sequence_out if out else self.sequence_in
        number = cell.value
        cell.set((number + 1) % SEQUENCES)
        return number

    def _failed(self, event: str, number: int, *, lost: bool = False) -> None:
        """Raise an error, and capture it if it is the first."""
        self.dropped.increment(int(lost))
        self.events[event].raise_event()
        if not self.logged["valid"].value:
            for name, value in (("valid", 1), ("error", ERRORS[event]), ("sequence", number)):
                self.logged[name].set(value)

    def update(self) -> None:
        """Say where the FIFOs stand, and let the peer go on."""
        for name, fifo in (("in", self._in), ("out", self._out)):
            self.levels[name].set(len(fifo))
            self.empty[name].set(int(not fifo))
            self.full[name].set(int(len(fifo) >= FIFO_MESSAGES))
        self.quiet.set(int(bool(self.pause.value) and self._peer_quiet and not self._out))
        self.events["received"].set(int(bool(self.enable.value) and len(self._in) >= (self.watermark.value or inf)))
        self.events["doorbell"].set(int(bool(self.rung.value)))
        if self._out and self._taking is None and self.acknowledged.value:
            self._taking = self.after(self.drawn(self.params.take_s, "take"), self._take)

    # ---- the peer ----

    def receive(self, messages: Iterable[int]) -> int:
        """Let the peer send; return how many messages it sent, which are fewer when it may not, or finds no room."""
        count = 0
        for message in messages:
            if not self._agreed or self._peer_quiet:
                break
            if len(self._in) < FIFO_MESSAGES:
                self._arrive(message)
            elif self.params.babbles:
                self._failed("overrun", self._advance(out=False), lost=True)
            else:
                break
            count += 1
        self.update()
        return count

    def ring(self, slot: int, word: int = 0) -> bool:
        """Let the peer ring in a slot of its own; say whether it could."""
        if not self._agreed or self.ours[slot].value:
            return False
        self.peer_data[slot].set(word)
        self.rung.raise_event(1 << slot)
        self.update()
        return True

    def lose_peer(self) -> None:
        """Let the peer go away without a word; it comes back when it is asked."""
        if self.acknowledged.value:
            self._part()
            self._failed("peer_lost", self.sequence_out.value)

    @property
    def _agreed(self) -> bool:
        """Both ends have said that they talk, and speak one language."""
        return bool(self.enable.value and self.acknowledged.value) and self.peer_version[0].value == self.major.value

    @property
    def serves(self) -> bool:
        """Messages pass both ways."""
        return self._agreed and not self.pause.value
