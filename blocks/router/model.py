"""A mesh router that counts credits with its neighbours, and minds a table that changes under traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Net, Simulation, Step, wire
from blocks.router.port import Link, Port
from registers.model import RegisterFile, Written

# router.rdl: port_e, error_e, POSITION.
SIDES: Final = ("north", "east", "south", "west")
PORTS: Final = (*SIDES, "local")
NOWHERE, LOCAL = 7, 4
LINK_LOST, TIMEOUT, PARITY = 1, 2, 3
COLUMNS: Final = 4
NODES: Final = 16
CYCLE_S: Final = 1e-9  # of the fabric, which TIMEOUT and CYCLES count


@frozen(kw_only=True)
class RouterParams(ModelParams):
    """What this router is like.

    Attributes:
        north, east, south, west: the net of the port at the other end, `router[0][1].west` for `east`; empty: the edge
            of the mesh.
        commit_s: typical time until a committed table is in effect.
        credit_s: typical time from both ends being enabled until the credits are counted.
        drain_s: typical time until nothing is inside any more.
        stuck_port: this port (0..4) never gets credits; -1: none.
        bad_port: half the buffers of this port failed their test; -1: of none.
    """

    north: str = wire()
    east: str = wire()
    south: str = wire()
    west: str = wire()
    commit_s: float = field(default=1e-6, validator=between(0.0, float("inf")))
    credit_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    drain_s: float = field(default=2e-6, validator=between(0.0, float("inf")))
    stuck_port: int = field(default=-1, validator=between(-1, 4))
    bad_port: int = field(default=-1, validator=between(-1, 4))


class RouterModel(BlockModel):
    """Passes packets while every enabled port is open and has credits: each out of the port that the table says."""

    params: RouterParams
    counted = ("PORT[*].PACKETS", "PASSED")

    def __init__(self, name: str, registers: RegisterFile, params: RouterParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = self.registers.field
        self.drain, self.count = cell("CTRL.drain"), cell("CTRL.count")
        self.idle, self.passing = cell("STATUS.idle"), cell("STATUS.passing")
        self.events = {e: cell(f"INTR_STATUS.{e}") for e in ("link_lost", "timeout", "parity")}
        self.logged = {f: cell(f"ERR_LOG.{f}") for f in ("valid", "error", "port")}
        self.logged_cycle = cell("ERR_LOG_CYCLE.cycle")
        self.row, self.column = cell("POSITION.row"), cell("POSITION.column")
        self.valid, self.pending = cell("ROUTE_STATUS.valid"), cell("ROUTE_STATUS.pending")
        self.busy, self.commits = cell("ROUTE_STATUS.busy"), cell("ROUTE_STATUS.commits")
        self.routes = [cell(f"ROUTE[{node}].port") for node in range(NODES)]
        self.ports = [Port(cell, index, side, self.net(side, Link())) for index, side in enumerate(PORTS)]
        self.flip, self.timeout = cell("TEST.flip"), cell("TIMEOUT.cycles")
        self.cycles, self.passed = cell("CYCLES.count"), cell("PASSED.count")

    def connect(self) -> None:
        """Connect the neighbours, and judge what software writes."""
        for port in self.ports[:LOCAL]:
            port.connected = bool(getattr(self.params, port.side))
            port.partner = self.input(port.side, Link(), getattr(self, f"_{port.side}_changed"))
        node = self.ports[LOCAL]
        node.partner = Net("what stands at the node", Link(ready=True, depth=8))
        node.connected = True
        on_write = self.registers.on_write
        on_write("CTRL", self._ctrl_written)
        for register in ("POSITION", "TIMEOUT", "ARBITER", "TEST"):
            on_write(register, self._held_still)
        for index in range(NODES):
            on_write(f"ROUTE[{index}]", self._route_written)
        on_write("ROUTE_COMMIT", self._committed)
        for port in self.ports:
            on_write(f"PORT[{port.index}].CTRL", partial(self._port_written, port))
            on_write(f"PORT[{port.index}].CREDITS", partial(self._depth_written, port))
        on_write("INTR_TEST", self._tested)
        self.registers.on_read("CYCLES", lambda _reading: self._count_cycles(counting=bool(self.count.value)))
        on_write("LOCK", self._locked)
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._commit: Event | None = None
        self._draining: Event | None = None
        self._turn = 0
        self._table = [NOWHERE] * NODES
        self._counted_s = self.sim.now_s
        for port in self.ports:
            port.forget()

    def steps(self) -> Iterator[Step]:
        """The table takes effect, then ports count credits side by side."""
        yield Step("routed", self.params.commit_s)
        for port in self.ports:
            if self.intended(f"CREDITED.{port.side}").value and port.index != self.params.stuck_port:
                yield Step("credited", self.params.credit_s, what=f"credits {port.side}", beside=True)

    # ---- what software may not do ----

    @property
    def _open(self) -> str:
        return ", ".join(port.side for port in self.ports if not port.isolate.value)

    def _held_still(self, written: Written) -> None:
        """Judge a change of what packets under way count on."""
        if written.old != written.new and self._open:
            self.violate(written.path, f"{written.path} changed while ports are open: {self._open}")

    def _route_written(self, written: Written) -> None:
        self._held_still(written)
        if written.old != written.new:
            if self.busy.value:
                self.violate(written.path, "route changed while a commit is under way")
            self.pending.set(1)

    def _committed(self, written: Written) -> None:
        """Judge a commit, and begin it."""
        if not written.pulsed("commit"):
            return
        if self._open:
            self.violate("ROUTE_COMMIT", f"routes committed while ports are open: {self._open}")
        if self._commit is not None:
            self.violate("ROUTE_COMMIT", "routes committed while a commit is under way")
            self._commit.cancel()
        own = self.row.value * COLUMNS + self.column.value
        if self.routes[own].value != LOCAL:
            self.violate("ROUTE_COMMIT", f"routes committed that do not end at the router's own node, {own}")
        for node, route in enumerate(self.routes):
            if route.value != NOWHERE and not (route.value <= LOCAL and self.ports[route.value].connected):
                self.violate("ROUTE_COMMIT", f"routes committed that lead node {node} to where nothing is connected")
        self.busy.set(1)
        self._commit = self.later("routed", self.params.commit_s, self._in_effect)

    def _ctrl_written(self, written: Written) -> None:
        """Let the router drain, or pass again."""
        if written.old == written.new:
            return
        self._count_cycles(counting=bool(written.old & self.count.type.mask))
        drained = self.drain.type.mask
        if written.new & drained and not written.old & drained:
            if not self.idle.value:
                self._draining = self.after(self.drawn(self.params.drain_s, "drain"), self._drained)
        elif written.old & drained and not written.new & drained and self._draining is not None:
            self._draining.cancel()
            self._draining = None
        self.update()

    def _port_written(self, port: Port, written: Written) -> None:
        """Judge the enabling, opening and closing of one port."""
        was, now = port.decoded(written.old), port.decoded(written.new)
        if now.enabled and not was.enabled:
            if not self.valid.value:
                self.violate(written.path, f"port {port.side} enabled before routes were committed")
            if not port.connected:
                self.violate(written.path, f"port {port.side} enabled, where nothing is connected")
        if was.enabled and not now.enabled and not (was.isolated and now.isolated):
            self.violate(written.path, f"port {port.side} disabled while it is open")
        if was.isolated and not now.isolated and not (port.credited.value and now.enabled):
            self.violate(written.path, f"port {port.side} opened without credits")
        if now.isolated and not was.isolated and not self.drain.value:
            self.violate(written.path, f"port {port.side} isolated while the router takes packets in: drain first")
        if now.isolated and not was.isolated and not self.idle.value:
            port.dropped.increment()
        self._credits_written(port, written, isolated=now.isolated)

    def _credits_written(self, port: Port, written: Written, *, isolated: bool) -> None:
        """Forget the credits of a port where that is asked for; bring it up to date where anything is."""
        pulsed = written.pulsed("reset_credits")
        if pulsed:
            if not isolated:
                self.violate(written.path, f"credits of port {port.side} reset while it is open")
            port.uncount()
        if pulsed or written.old != written.new:
            self._changed(port)

    def _depth_written(self, port: Port, written: Written) -> None:
        if written.old != written.new and port.enable.value:
            self.violate(written.path, f"buffers of port {port.side} changed while it is enabled")
        if not port.depth.value:
            self.violate(written.path, f"port {port.side} offers no buffers")
        if written.old != written.new:
            self._changed(port)

    def _locked(self, written: Written) -> None:
        if written.new and not self.valid.value:
            self.violate("LOCK", "locked before routes were committed")

    def _tested(self, written: Written) -> None:
        for event, cell in self.events.items():
            if written.pulsed(event):
                cell.raise_event()

    # ---- what the hardware does ----

    def _in_effect(self) -> None:
        self._commit = None
        self.busy.set(0)
        self.pending.set(0)
        self.valid.set(1)
        self.lead(route.value for route in self.routes)
        self.commits.set(min(self.commits.value + 1, self.commits.type.max))
        self.update()

    def _drained(self) -> None:
        self._draining = None
        self.update()

    def update(self) -> None:
        """Offer buffers, count credits when both ends are there, notice an end that went away, say what passes."""
        for port in self.ports:
            self._update_port(port)
        self._sum_up()

    def _changed(self, port: Port) -> None:
        """Bring one port up to date, and what is said of all."""
        self._update_port(port)
        self._sum_up()

    def _north_changed(self) -> None:
        self._changed(self.ports[0])

    def _east_changed(self) -> None:
        self._changed(self.ports[1])

    def _south_changed(self) -> None:
        self._changed(self.ports[2])

    def _west_changed(self) -> None:
        self._changed(self.ports[3])

    def _sum_up(self) -> None:
        """Say what passes, and what is inside."""
        enabled = [port for port in self.ports if port.enable.value]
        passing = not self.drain.value and bool(enabled) and all(p.open.value and p.credited.value for p in enabled)
        self.passing.set(int(passing))
        inside = any(port.open.value for port in enabled) and (not self.drain.value or self._draining is not None)
        self.idle.set(int(not inside))

    def _update_port(self, port: Port) -> None:
        broken = port.index == self.params.bad_port
        depth = (port.depth.value + 1) // 2 if broken else port.depth.value
        port.shallow.set(int(broken and bool(port.enable.value)))
        port.net.drive(Link(ready=bool(port.enable.value), depth=depth))
        there = port.partner.value.ready
        if port.credited.value and not there and not port.isolate.value:
            self._failed("link_lost", LINK_LOST, port)
            self._watch(port)
        port.present.set(int(there))
        if not (there and port.enable.value):
            port.uncount()
        elif not port.credited.value and port.counting is None and port.index != self.params.stuck_port:
            self._count_credits(port)
        port.show()

    def _count_credits(self, port: Port) -> None:
        """Begin to count; ports count side by side, so that the longest is what bring-up waits for."""
        delay_s = self.drawn(self.params.credit_s, f"credits {port.side}")
        self.stages["credited"] = max(delay_s, self.stages.get("credited", 0.0))
        port.counting = self.after(delay_s, lambda: self._counted(port))

    def _counted(self, port: Port) -> None:
        port.counting = None
        port.credited.set(1)
        port.held.set(port.partner.value.depth)
        self.update()

    def _watch(self, port: Port) -> None:
        """Give up on a port that stays open without another end."""
        if self.timeout.value:
            self.after(self.timeout.value * CYCLE_S, lambda: self._timed_out(port))

    def _timed_out(self, port: Port) -> None:
        if not port.isolate.value and not port.partner.value.ready:
            self._failed("timeout", TIMEOUT, port)

    def _failed(self, event: str, error: int, port: Port) -> None:
        """Raise an error, and capture it if it is the first."""
        self.events[event].raise_event()
        self._count_cycles(counting=bool(self.count.value))
        if not self.logged["valid"].value:
            for name, value in (("valid", 1), ("error", error), ("port", port.index)):
                self.logged[name].set(value)
            self.logged_cycle.set(self.cycles.value & self.logged_cycle.type.max)

    def _count_cycles(self, *, counting: bool) -> None:
        """Count the cycles of the fabric since they were last counted."""
        now_s = self.sim.now_s
        if counting:
            self.cycles.increment(round((now_s - self._counted_s) / CYCLE_S))
        self._counted_s = now_s

    # ---- traffic ----

    @property
    def serves(self) -> bool:
        """Every port that is enabled is open and has credits, and nothing drains."""
        return bool(self.passing.value)

    @cached_property
    def node(self) -> int:
        """Where it stands, as the mesh is wired: software may have it believe something else."""
        return self._beyond("north") * COLUMNS + self._beyond("west")

    def _beyond(self, side: str) -> int:
        """Count the routers to one side."""
        found, at = 0, self._neighbour(side)
        while at is not None and found < NODES:
            found, at = found + 1, at._neighbour(side)
        return found

    def _neighbour(self, side: str) -> RouterModel | None:
        name: str = getattr(self.params, side)
        model = self.sim.model(name.rpartition(".")[0]) if name else None
        return model if isinstance(model, RouterModel) else None

    def lead(self, ports: Iterable[int]) -> None:
        """Put a table into effect, a port for each node. Also for tests and campaigns."""
        self.stir()
        self._table = list(ports)

    def _exit(self, node: int) -> Port | None:
        """Return the open port that the table in effect says for a node."""
        index = self._table[node]
        return self.ports[index] if index <= LOCAL and self.ports[index].open.value else None

    def onward(self, node: int) -> RouterModel | None:
        """Return the router that has a packet to a node next: itself where that is the last, None where it is lost."""
        port = self._exit(node)
        if port is None:
            return None
        return self if port.index == LOCAL else self._neighbour(port.side)

    def lose(self, node: int) -> None:
        """Count a packet that the table led astray: at the port where it should have gone, or at the node's."""
        (self._exit(node) or self.ports[LOCAL]).dropped.increment()

    def forward(self, data: bytes, node: int) -> bytes:
        """Count a packet to a node at the port where it leaves; as `carry`."""
        port = self._exit(node)
        return data if port is None else self._count(data, port)

    def carry(self, data: bytes) -> bytes:
        """Count a packet to no node, at the open ports in turn; turn its last bit over while a test asks for that."""
        ports = self._opened
        if not ports:
            return data
        self._turn += 1
        return self._count(data, ports[(self._turn - 1) % len(ports)])

    @property
    def _opened(self) -> list[Port]:
        return [port for port in self.ports if port.open.value]

    def calm(self, node: int | None) -> bool:
        """There is a port to leave by, and nothing is turned over."""
        return bool(self._opened if node is None else self._exit(node)) and not self.flip.value

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count packets where they leave."""
        if self.count.value:
            self.passed.increment(packets)
        port = None if node is None else self._exit(node)
        if port is not None:
            port.packets.increment(packets)
            return
        ports = self._opened
        rounds, more = divmod(packets, len(ports))
        for turn in range(len(ports)):
            ports[(self._turn + turn) % len(ports)].packets.increment(rounds + (turn < more))
        self._turn += packets

    def _count(self, data: bytes, port: Port) -> bytes:
        port.packets.increment()
        if self.count.value:
            self.passed.increment()
        if not self.flip.value or not data:
            return data
        self._failed("parity", PARITY, port)
        return data[:-1] + bytes([data[-1] ^ 1])
