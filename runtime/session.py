"""One chip on one transport, put together: needs, buses, ports, recorder and supervisor."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import trio

from blocks.ladder import Ladder
from registers.handles import RegisterMap
from runtime.board import Board
from runtime.climb import Consent, Plan, Seat
from runtime.clock import RealClock, VirtualClock
from runtime.drive import BlockPort
from runtime.garbage import BATCHES, sweep
from runtime.graph import Graph, Stages, graph_of
from runtime.history import History
from runtime.keeper import Keeper
from runtime.ledger import Ledger
from runtime.pilot import Pilot
from runtime.places import Places
from runtime.rating import of_block, of_chip
from runtime.recorder import Recorder
from runtime.summary import IN_SERVICE, Lessened, Progress, Summary
from runtime.supervisor import Supervisor
from runtime.unit import Unit
from transports.base import Judge, Judgement, Ordered, Transport
from transports.bus import Bus, Record
from transports.errors import DeviceLost, TransportError, ended
from transports.readonly import read_only

if TYPE_CHECKING:
    from blocks.chip import Chip

DEADLINE_S = 5.0  # beyond what a batch takes by itself: then somebody asks whether device, link or we are at fault
CLOSE_S = 1.0  # an address space behind a block that is not given back by then is left as it is


Watch: TypeAlias = "Callable[[Progress], None]"


def both(first: Watch | None, second: Watch | None) -> Watch | None:
    """Return what calls both."""
    if first is None or second is None:
        return first or second
    one, other = first, second

    def call(progress: Progress) -> None:
        one(progress)
        other(progress)

    return call


class Session:
    """One chip on one transport, for one bring-up or one look.

    Args:
        only: the blocks that this pattern names, and what they need; None: all.
        watch: called whenever a block moves.
        history: collects the run; None: nobody will look at it.

    Attributes:
        doubt: called with a block that an interrupt controller stands on and that was found not to stand.

    Raises:
        GraphError: the needs cannot be met, or the pattern names no block.
    """

    def __init__(
        self,
        chip: Chip,
        transport: Transport,
        *,
        only: str | None = None,
        watch: Callable[[Progress], None] | None = None,
        history: History | None = None,
    ) -> None:
        self._wall, self._cpu, self._begin = time.perf_counter(), time.process_time(), trio.current_time()
        self.chip, self.transport = chip, transport
        whole = graph_of(chip)
        self.graph: Graph = whole if only is None else whole.only(only)
        self.recorder = Recorder()
        self.doubt: Callable[[str], None] = lambda _block: None
        self._history = history
        if history is not None:
            history.zero_s = self._begin
        watching = both(watch, None if history is None else history.move)
        self.board = Board(self.graph, watching, begin_s=self._begin)
        clock = trio.lowlevel.current_clock()
        self._hold = clock.hold if isinstance(clock, (RealClock, VirtualClock)) else None
        self._plans: dict[Ladder, Plan] = {}
        self._offered: list[Transport] = []
        self._batches = 0
        self.before: Judgement | None = None  # what the target told before the first access
        self._broken = self._told = 0  # rules that others had broken before, and how many of them are told
        self._stages: Stages = {}  # what the hardware will take from reset, where the target knows
        self._buses: dict[str | None, Bus] = {None: self._watched(transport, None)}

    @property
    def root(self) -> Bus:
        """The chip's own bus."""
        return self._buses[None]

    def bus(self, behind: str | None) -> Bus:
        """Return the bus of the chip, or of the address space that stands behind a block."""
        if behind not in self._buses:
            assert behind is not None
            offered = self.chip.instances[behind].block.offer(self.port(behind))
            self._offered.append(offered)
            self._buses[behind] = self._watched(offered, behind)
        return self._buses[behind]

    def again(self) -> Bus:
        """Return another bus of the chip, by which only reads leave: that of now may be dead."""
        return self._watched(read_only(self.transport), None)

    def port(self, name: str) -> BlockPort:
        """Return the way to the registers of a block."""
        return BlockPort(self.bus(self.chip.instances[name].behind), name)

    def supervisor(self, *, consent: Consent | None = None) -> Supervisor:
        """Return the supervisor of all blocks."""
        units = [self._unit(name) for name in self.graph.ladders]
        together = None if isinstance(self.transport, Ordered) else self.root
        pilot = Pilot(together, self.board, self.graph.remaining())
        supervisor = Supervisor(
            units,
            self.board,
            self.recorder,
            consent=consent,
            kill=self.kill,
            pilot=pilot,
        )
        if self.transport.capabilities.real_time:
            supervisor.beside.append(self.root.watch)
        return supervisor

    def plan(self, ladder: Ladder) -> Plan:
        """Return a ladder compiled, once for all blocks that climb it."""
        if ladder not in self._plans:
            self._plans[ladder] = Plan(ladder)
        return self._plans[ladder]

    def seat(self, name: str) -> Seat:
        """Return where a block climbs the ladder of its variant."""
        instance = self.chip.instances[name]
        own = instance.variant.block is instance.block
        return Seat(name) if own else Seat(name, instance.offset, instance.block)

    def keeper(
        self, supervisor: Supervisor, ledger: Ledger, *, sweep_s: float, consent: Consent | None = None
    ) -> Keeper:
        """Return what keeps the blocks of a supervisor up."""
        return Keeper(
            supervisor,
            self.graph,
            self.chip.supervision,
            self.root,
            ledger,
            sweep_s=sweep_s,
            consent=consent,
        )

    def _unit(self, name: str) -> Unit:
        instance = self.chip.instances[name]
        full, rest = instance.variant.full, instance.variant.rest
        return Unit(
            name,
            instance.block,
            self.plan(self.graph.ladders[name]),
            self.port(name),
            self.graph.needs[name],
            seat=self.seat(name),
            full=self.plan(full) if len(full) else None,
            rest=self.plan(rest) if len(rest) else None,
            lessened=of_block(self.chip.policy, name),
        )

    def kill(self, reason: str) -> None:
        """Let not one more access leave, on any bus."""
        for bus in self._buses.values():
            bus.kill(reason)

    async def quiesce(self, reason: str) -> None:
        """Let not one more access leave, on any bus, and return when what is out is back."""
        for bus in self._buses.values():
            await bus.quiesce(reason)

    async def begin(self) -> None:
        """Note, where the target tells, what others did to the hardware before, and what time it will take.

        Both must be known before the first access: they are not this session's doing.
        """
        if isinstance(self.transport, Judge):
            judgement = self.before = await self.asked(self.transport)
            self._broken, self._told = judgement.broken, len(judgement.violations)
            self._stages = judgement.stages

    async def summary(self, supervisor: Supervisor, *, target: str, seed: int) -> Summary:
        """Return what came of it until now."""
        elapsed_s = trio.current_time() - self._begin
        judgement = await self._judgement(supervisor)
        lost = supervisor.lost
        stages = {name: takes for name, takes in self._stages.items() if name in supervisor.acted}
        seconds, steps = self.graph.critical_steps(stages if self._stages else None)
        states = self.board.states
        up = tuple(name for name, state in states.items() if state in IN_SERVICE)
        lessened = tuple(self._lessened(name) for name in up if name in self.board.lessened)
        bad = [name for name, state in states.items() if state not in IN_SERVICE]
        done = self.root.statistics
        return Summary(
            chip=self.chip.name,
            target=target,
            blocks=len(states),
            types=len({self.chip.instances[name].type for name in states}),
            verdict="failed" if lost is not None else of_chip(self.chip.policy, bad, self.board.lessened).value,
            up=up if lost is None else (),
            lessened=lessened if lost is None else (),
            failed=tuple(fault.since(self._begin) for fault in self.board.faults.values()),
            waiting=self.board.waiting() if lost is None else (),
            stopped=() if lost is None else tuple(name for name in states if name not in self.board.faults),
            reads=done.reads,
            writes=done.writes,
            batches=done.batches,
            violations=() if judgement is None else judgement.violations[self._told :],
            broken=0 if judgement is None else judgement.broken - self._broken,
            traffic={} if judgement is None else judgement.traffic,
            critical_path_s=seconds,
            critical_path=tuple((block, rung) for block, rung, _ in steps),
            critical_path_takes_s=tuple(takes_s for _, _, takes_s in steps),
            elapsed_s=elapsed_s,
            wall_s=time.perf_counter() - self._wall,
            cpu_s=time.process_time() - self._cpu,
            seed=seed,
            trace_hash=self.recorder.trace_hash,
            lost=lost,
        )

    def _tidy(self, _record: Record) -> None:
        """Have the garbage of batches collected now and then, a little at a time."""
        self._batches += 1
        if self._batches % BATCHES == 0:
            sweep()

    async def _judgement(self, supervisor: Supervisor) -> Judgement | None:
        """Return what a simulated chip knows; None for any other, and where it is lost, if only now."""
        if supervisor.lost is not None or not isinstance(self.transport, Judge):
            return None
        try:
            return await self.asked(self.transport)
        except TransportError as error:
            if not ended(error):
                raise
            supervisor.lose(DeviceLost(error.reason))
            return None

    async def asked(self, judge: Judge) -> Judgement:
        """Ask for a judgement; where the answer takes real time, so does its silence."""
        hold = self._hold if self.transport.capabilities.real_time else None
        with nullcontext() if hold is None else hold():
            return await judge.judge()

    def _lessened(self, name: str) -> Lessened:
        seen = self.board.lessened[name]
        counts_as = of_block(self.chip.policy, name).value
        return Lessened(name, seen.rung, seen.register, seen.wanted, seen.last, counts_as)

    async def aclose(self) -> None:
        """Give back the address spaces behind blocks, last first; the chip's own transport stays open."""
        for offered in reversed(self._offered):
            with trio.move_on_after(CLOSE_S, shield=True):
                await offered.aclose()

    def _watched(self, transport: Transport, behind: str | None) -> Bus:
        identity = self.chip.identity if behind is None else None
        there = transport.capabilities.real_time and behind is None  # a simulated chip answers, or says that it is gone
        bus = Bus(
            transport,
            now=trio.current_time,
            hold=self._hold,
            identity=identity,
            deadline_s=DEADLINE_S if there else None,
        )
        blocks: list[tuple[str, RegisterMap]] = []
        for name, instance in self.chip.instances.items():
            if instance.behind == behind:
                block: Any = instance.block
                blocks.append((name, cast("RegisterMap", block.regs)))
        places = Places(blocks, behind or "")
        self.recorder.watch(bus, places)
        bus.observe(partial(_latch, bus))
        bus.observe(self._tidy)
        if self._history is not None:
            self._history.watch(bus, places)
        return bus


def _latch(bus: Bus, record: Record) -> None:
    """Let nothing more leave once a batch finds that the connection is over: for this session the device is lost."""
    error = record.results.error
    if error is not None and ended(error):
        bus.kill(error.reason)
