"""A DMA engine that works through its rings, and minds what is pulled away from under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from math import inf
from typing import Final

from attrs import field, frozen

from blocks.dma.channel import ORDERS, RING_ALIGN, Channel
from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation, Step
from registers.model import RegisterFile, Written

CHANNELS: Final = 4
WINDOWS: Final = 4
PAGE: Final = 4096
WINDOW, DESCRIPTOR, PARITY = 1, 2, 3  # dma.rdl error_e


@frozen(kw_only=True)
class DmaParams(ModelParams):
    """What this engine is like.

    Attributes:
        init_s: typical time to initialise the buffers after its release; inf: it never does.
        drain_s: typical time until what is on its way has arrived; inf: it never does.
        fetch_s: typical time from a doorbell until the first descriptors are there.
        hung: it never gets ready.
        repaired: a buffer failed its test, and a spare stands in for it.
    """

    init_s: float = field(default=20e-6, validator=between(0.0, inf))
    drain_s: float = field(default=10e-6, validator=between(0.0, inf))
    fetch_s: float = field(default=2e-6, validator=between(0.0, inf))
    hung: bool = False
    repaired: bool = False


class DmaModel(BlockModel):
    """Sends packets while it is enabled and a channel runs; its channels take turns."""

    params: DmaParams
    counted = ("CH[*].COMPLETED", "CH[*].HEAD", "CH[*].RESIDUE")

    def __init__(self, name: str, registers: RegisterFile, params: DmaParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = self.registers.field
        self.soft_reset, self.enable, self.pause = cell("CTRL.soft_reset"), cell("CTRL.enable"), cell("CTRL.pause")
        self.ready, self.idle, self.repaired = cell("STATUS.ready"), cell("STATUS.idle"), cell("STATUS.repaired")
        self.enabled, self.running = cell("STATUS.enabled"), cell("STATUS.running")
        self.events = {e: cell(f"INTR_STATUS.{e}") for e in ("window", "descriptor", "parity", "watermark")}
        self.watched = [cell(f"INTR_ENABLE.{event}") for event in self.events]
        self.logged = {f: cell(f"ERR_LOG.{f}") for f in ("valid", "error", "channel")}
        self.logged_address = cell("ERR_LOG_ADDRESS.descriptor")
        self.limits = {name: cell(f"LIMITS.{name}") for name in ("reads", "writes")}
        self.weights = [cell(f"ARBITER.weight{index}") for index in range(CHANNELS)]
        self.watermark, self.flip = cell("WATERMARK.packets"), cell("TEST.flip")
        self.windows = [
            tuple(cell(f"WINDOW[{index}].{place}") for place in ("BASE.page", "LIMIT.page", "PERMIT.readable"))
            for index in range(WINDOWS)
        ]
        self.channels = [Channel(cell, index) for index in range(CHANNELS)]

    def connect(self) -> None:
        """Judge what software writes."""
        on_write = self.registers.on_write
        on_write("CTRL", self._ctrl_written)
        for register in ("ARBITER", "LIMITS", "WATERMARK", "TEST"):
            on_write(register, self._held_still)
        on_write("LIMITS", self._limited)
        for index in range(WINDOWS):
            for register in ("BASE", "LIMIT", "PERMIT"):
                on_write(f"WINDOW[{index}].{register}", self._held_still)
        for channel in self.channels:
            at = f"CH[{channel.index}]"
            for register in ("RING_LO", "RING_HI", "RING_SIZE"):
                on_write(f"{at}.{register}", partial(self._ring_written, channel))
            on_write(f"{at}.CTRL", partial(self._channel_written, channel))
            on_write(f"{at}.DOORBELL", partial(self._rung, channel))
            on_write(f"{at}.ERROR", partial(self._forgiven, channel))
        on_write("INTR_TEST", self._tested)
        on_write("LOCK", self._locked)
        self.registers.on_read("STATUS", lambda _reading: self.update())
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._init: Event | None = None
        self._draining: Event | None = None
        self._drained = False
        self._turn, self._left = 0, 0
        for channel in self.channels:
            channel.fetching, channel.sent = None, 0

    def steps(self) -> Iterator[Step]:
        """The buffers are initialised, then channels fetch side by side."""
        yield Step("ready", self._init_s)
        for channel in self.channels:
            if self.intended("STATUS.running").value >> channel.index & 1:
                yield Step("running", self.params.fetch_s, what=f"fetch {channel.index}", beside=True)

    @property
    def _init_s(self) -> float:
        return inf if self.params.hung else self.params.init_s

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge a change of CTRL, and let it take effect."""
        rose, fell = written.new & ~written.old, written.old & ~written.new
        reset, enable, pause = (cell.type.mask for cell in (self.soft_reset, self.enable, self.pause))
        self._judge_ctrl(rose, fell)
        if rose & reset:
            self._reset_softly()
        elif fell & reset:
            self._init = self.later("ready", self._init_s, self._initialised)
        if rose & pause:
            self._come_to_rest()
        elif fell & pause:
            self._resume()
        if fell & enable:
            for channel in self.channels:
                channel.stop()
        self.update()

    def _judge_ctrl(self, rose: int, fell: int) -> None:
        if rose & self.soft_reset.type.mask and self._enabled:
            self.violate("CTRL", f"soft reset of an engine with enabled channels: {self._enabled}")
        if rose & self.enable.type.mask and not self.ready.value:
            self.violate("CTRL", "enabled before its buffers are ready")
        if fell & self.enable.type.mask and not self._rests:
            self.violate("CTRL", "disabled with packets on their way: pause comes first, and idle")
            self.torn = True

    @property
    def _enabled(self) -> str:
        return ", ".join(str(channel.index) for channel in self.channels if channel.enable.value)

    @property
    def _rests(self) -> bool:
        """Nothing is on its way, and nothing will be."""
        runs = any(channel.running.value or channel.fetching is not None for channel in self.channels)
        return not self.in_flight and (not runs or (bool(self.pause.value) and self._drained))

    def _held_still(self, written: Written) -> None:
        """Judge a change of what channels count on."""
        if written.old != written.new and self._enabled:
            self.violate(written.path, f"{written.path} changed while channels are enabled: {self._enabled}")

    def _limited(self, written: Written) -> None:
        for name, cell in self.limits.items():
            if not cell.value:
                self.violate(written.path, f"the limit of {name} is 0: nothing would ever move")

    def _ring_written(self, channel: Channel, written: Written) -> None:
        if written.old != written.new and channel.enable.value:
            self.violate(written.path, f"ring of channel {channel.index} changed while it is enabled")

    def _channel_written(self, channel: Channel, written: Written) -> None:
        """Judge the enabling and disabling of one channel."""
        was, now = written.old & channel.enable.type.mask, written.new & channel.enable.type.mask
        if now and not was:
            self._judge_enabling(channel, written.path)
        if was and not now:
            if not self._rests:
                rule = f"channel {channel.index} disabled with packets on their way: pause comes first, and idle"
                self.violate(written.path, rule)
                self.torn = True
            channel.stop()
        self.update()

    def _judge_enabling(self, channel: Channel, path: str) -> None:
        name = f"channel {channel.index}"
        if not self.ready.value:
            self.violate(path, f"{name} enabled before the buffers are ready")
        if not any(read.value for _, _, read in self.windows):
            self.violate(path, f"{name} enabled before any window permits reading")
        elif not self._permits(channel):
            self.violate(path, f"{name} enabled with its ring outside of every window that permits reading")
        if channel.base % RING_ALIGN:
            self.violate(path, f"{name} enabled with its ring at {channel.base:#x}, no multiple of {RING_ALIGN}")
        if channel.order.value not in ORDERS:
            self.violate(path, f"{name} enabled with a ring of 2^{channel.order.value} descriptors")

    def _permits(self, channel: Channel) -> bool:
        first, last = channel.base // PAGE, channel.end // PAGE
        return any(r.value and base.value <= first and last <= limit.value for base, limit, r in self.windows)

    def _rung(self, channel: Channel, written: Written) -> None:
        """Judge a doorbell, and send the channel to fetch."""
        name = f"channel {channel.index}"
        if not channel.enable.value or not self.enable.value:
            what = "its channel" if not channel.enable.value else "the engine"
            self.violate(written.path, f"doorbell of {name} rung while {what} is disabled")
            return
        if channel.halted.value:
            self.violate(written.path, f"doorbell of {name} rung while the channel is halted: clear its errors first")
            return
        if channel.tail.value >= channel.entries:
            self.violate(written.path, f"doorbell of {name} rung for a descriptor beyond the end of its ring")
            self._halt(channel, "descriptor", DESCRIPTOR)
        elif not channel.running.value and channel.fetching is None:
            self._fetch(channel)

    def _locked(self, written: Written) -> None:
        if written.new and not any(read.value for _, _, read in self.windows):
            self.violate("LOCK", "locked before any window permits reading")

    def _tested(self, written: Written) -> None:
        for event, cell in self.events.items():
            if written.pulsed(event):
                cell.raise_event()

    # ---- what the hardware does ----

    def _reset_softly(self) -> None:
        for event in (self._init, self._draining):
            if event is not None:
                event.cancel()
        self._init = self._draining = None
        self._drained = False
        self.ready.set(0)
        for channel in self.channels:
            channel.stop()
            channel.halted.set(0)
            for error in channel.errors.values():
                error.set(0)

    def _initialised(self) -> None:
        self._init = None
        self.ready.set(1)
        self.repaired.set(int(self.params.repaired))

    def _come_to_rest(self) -> None:
        self._drained = self._rests
        if not self._drained:
            self._draining = self.later("quiesced", self.params.drain_s, self._came_to_rest)

    def _came_to_rest(self) -> None:
        self._draining = None
        self._drained = True
        self.update()

    def _resume(self) -> None:
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None
        self._drained = False

    def _fetch(self, channel: Channel) -> None:
        """Begin to fetch; channels do it side by side, so that the longest is what bring-up waits for."""
        delay_s = self.drawn(self.params.fetch_s, f"fetch {channel.index}")
        self.stages["running"] = max(delay_s, self.stages.get("running", 0.0))
        channel.fetching = self.after(delay_s, lambda: self._fetched(channel))

    def _fetched(self, channel: Channel) -> None:
        channel.fetching = None
        if self._permits(channel):
            channel.start()
        else:
            self._halt(channel, "window", WINDOW)
        self.update()

    def _halt(self, channel: Channel, event: str, error: int) -> None:
        channel.stop()
        channel.halted.set(1)
        channel.errors[event].set(1)
        self._failed(event, error, channel)
        self.update()

    def _forgiven(self, channel: Channel, _written: Written) -> None:
        if not any(error.value for error in channel.errors.values()):
            channel.halted.set(0)

    def _failed(self, event: str, error: int, channel: Channel) -> None:
        """Raise an error, and capture it if it is the first."""
        self.events[event].raise_event()
        if not self.logged["valid"].value:
            for name, value in (("valid", 1), ("error", error), ("channel", channel.index)):
                self.logged[name].set(value)
            self.logged_address.set(channel.base)

    def update(self) -> None:
        """Say which channels run, and whether anything is on its way."""
        self.enabled.set(sum(channel.enable.value << channel.index for channel in self.channels))
        self.running.set(sum(channel.running.value << channel.index for channel in self.channels))
        self.idle.set(int(self._rests))

    # ---- traffic ----

    @property
    def serves(self) -> bool:
        """A channel runs, and nothing keeps it from sending."""
        return bool(self.enable.value and not self.pause.value and self.running.value)

    @property
    def quiesced(self) -> bool:
        """It is paused or off, and not watched."""
        return bool(self.pause.value or not self.enable.value) and not any(cell.value for cell in self.watched)

    @property
    def draining(self) -> bool:
        """It was asked to pause, and packets are still on their way."""
        return bool(self.pause.value) and not self._rests

    def carry(self, data: bytes) -> bytes:
        """Count a packet, at the running channels in turn; turn its last bit over while a test asks for that."""
        channel = self._next()
        if channel is None:
            return data
        channel.move(len(data))
        if self.watermark.value and channel.sent >= self.watermark.value:
            channel.sent = 0
            self.events["watermark"].raise_event()
        if not self.flip.value or not data:
            return data
        self._failed("parity", PARITY, channel)
        return data[:-1] + bytes([data[-1] ^ 1])

    def calm(self, node: int | None) -> bool:
        """Nobody waits for a watermark, and nothing is turned over."""
        return bool(self._running and not self.watermark.value and not self.flip.value)

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count packets at the running channels in turn: the rest of a turn, whole rounds, and turn by turn again."""
        running, moved = self._running, Counter[int]()
        weights = [self._weight(channel) for channel in running]
        while packets:
            if not self._left:
                rounds, packets = divmod(packets, sum(weights))
                self._turn += rounds * len(running)
                moved.update({at: rounds * weight for at, weight in enumerate(weights)})
                if not packets:
                    break
                self._turn += 1
                self._left = weights[self._turn % len(running)]
            taken = min(self._left, packets)
            moved[self._turn % len(running)] += taken
            self._left, packets = self._left - taken, packets - taken
        for at, channel in enumerate(running):
            channel.move(size, moved[at])

    @property
    def _running(self) -> list[Channel]:
        return [channel for channel in self.channels if channel.running.value]

    def _weight(self, channel: Channel) -> int:
        return self.weights[channel.index].value or 1

    def _next(self) -> Channel | None:
        """Return the channel whose turn it is, each for as many packets in a row as its weight."""
        running = self._running
        if not running:
            return None
        if not self._left:
            self._turn += 1
            self._left = self._weight(running[self._turn % len(running)])
        self._left -= 1
        return running[self._turn % len(running)]
