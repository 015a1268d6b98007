"""One chip on one transport, put together: needs, buses, ports, recorder and supervisor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import trio

from registers.handles import RegisterMap
from runtime.board import Board
from runtime.climb import Consent, Plan
from runtime.clock import RealClock, VirtualClock
from runtime.drive import BlockPort
from runtime.graph import Graph, graph_of
from runtime.places import Places
from runtime.recorder import Recorder
from runtime.summary import Progress, State, Summary
from runtime.supervisor import SWEEP_S, Supervisor, Unit
from transports.base import Transport
from transports.bus import Bus

if TYPE_CHECKING:
    from blocks.chip import Chip

CLOSE_S = 1.0  # an address space behind a block that is not given back by then is left as it is


@runtime_checkable
class Judge(Protocol):
    """A transport that sees when the rules of the hardware are broken: the simulator."""

    @property
    def violations(self) -> Sequence[object]:
        """What was broken so far; each says itself as text."""
        ...


class Session:
    """One chip on one transport, for one bring-up or one look.

    Args:
        only: the blocks that this pattern names, and what they need; None: all.
        watch: called whenever a block moves.

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
    ) -> None:
        self._wall, self._cpu, self._begin = time.perf_counter(), time.process_time(), trio.current_time()
        self.chip, self.transport = chip, transport
        whole = graph_of(chip)
        self.graph: Graph = whole if only is None else whole.only(only)
        self.recorder = Recorder()
        self.board = Board(self.graph, watch)
        clock = trio.lowlevel.current_clock()
        self._hold = clock.hold if isinstance(clock, (RealClock, VirtualClock)) else None
        self._offered: list[Transport] = []
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

    def port(self, name: str) -> BlockPort:
        """Return the way to the registers of a block."""
        return BlockPort(self.bus(self.chip.instances[name].behind), name)

    def supervisor(
        self, *, keep: bool = False, consent: Consent | None = None, sweep_s: float = SWEEP_S
    ) -> Supervisor:
        """Return the supervisor of all blocks."""
        units = [
            Unit(name, self.chip.instances[name].block, Plan(ladder), self.port(name), self.graph.needs[name])
            for name, ladder in self.graph.ladders.items()
        ]
        return Supervisor(
            units, self.board, self.recorder, keep=keep, consent=consent, sweep_s=sweep_s, kill=self.kill
        )

    def kill(self, reason: str) -> None:
        """Let not one more access leave, on any bus."""
        for bus in self._buses.values():
            bus.kill(reason)

    def summary(self, supervisor: Supervisor, *, target: str, seed: int) -> Summary:
        """Return what came of it until now."""
        lost = supervisor.lost
        states = self.board.states
        failed = tuple(self.board.faults.values())
        up = tuple(name for name, state in states.items() if state is State.UP)
        done = self.root.statistics
        judge = self.transport
        return Summary(
            chip=self.chip.name,
            target=target,
            blocks=len(states),
            up=up if lost is None else (),
            failed=failed,
            waiting=self.board.waiting() if lost is None else (),
            stopped=() if lost is None else tuple(name for name in states if name not in self.board.faults),
            reads=done.reads,
            writes=done.writes,
            batches=done.batches,
            violations=tuple(str(violation) for violation in judge.violations) if isinstance(judge, Judge) else (),
            critical_path_s=self.graph.critical_path()[0],
            elapsed_s=trio.current_time() - self._begin,
            wall_s=time.perf_counter() - self._wall,
            cpu_s=time.process_time() - self._cpu,
            seed=seed,
            trace_hash=self.recorder.trace_hash,
            lost=lost,
        )

    async def aclose(self) -> None:
        """Give back the address spaces behind blocks, last first; the chip's own transport stays open."""
        for offered in reversed(self._offered):
            with trio.move_on_after(CLOSE_S, shield=True):
                await offered.aclose()

    def _watched(self, transport: Transport, behind: str | None) -> Bus:
        bus = Bus(transport, hold=self._hold)
        blocks: list[tuple[str, RegisterMap]] = []
        for name, instance in self.chip.instances.items():
            if instance.behind == behind:
                block: Any = instance.block
                blocks.append((name, cast("RegisterMap", block.regs)))
        self.recorder.watch(bus, Places(blocks))
        return bus
