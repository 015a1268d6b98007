"""The verb `sim`: a simulated chip as a process of its own, for controllers that come and go, or are killed."""

from __future__ import annotations

import json
import os
import signal
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from types import FrameType

import trio
from attrs import asdict, define, frozen

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport, simulated
from runtime.cli.exits import NOT_WELL, OK, UsageError
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.fit import device_of
from runtime.words import count, duration
from transports.base import Judgement
from transports.open import TargetError
from transports.serve import Server, listen
from transports.wire.address import Address, parse_address


@frozen
class Seen:
    """What a served chip saw from its start to its end.

    Attributes:
        injected: the faults that began, in the order in which they were told.
    """

    chip: str
    listen: str
    controllers: int
    batches: int
    reads: int
    writes: int
    violations: tuple[str, ...]
    broken: int
    traffic: dict[str, int]
    injected: tuple[str, ...]
    elapsed_s: float
    seed: int


def run_sim(arguments: Namespace) -> int:
    """Serve a simulated chip until SIGINT or SIGTERM, and say what it saw; a further signal changes nothing.

    Raises:
        UsageError: the address to listen at.
        TargetError: a parameter that no model has, or a workload that the chip has not.
        ChipError, ImageError: the chip; or the script of faults.
        Unavailable: somebody listens there already, or nobody can.
    """
    try:
        address = parse_address(arguments.listen)
    except TargetError as problem:
        raise UsageError(f"--listen {problem}") from None
    chip = simulated(
        load_chip(arguments.chip),
        arguments.set,
        said="--set",
        seed=arguments.seed,
        workload=arguments.workload,
        asked="--workload",
        inject=arguments.inject,
    )
    clock = VirtualClock() if arguments.clock == "virtual" else RealClock()
    serve = partial(_serve, chip, address, clock, Ending.by_signal(), as_json=arguments.json)
    seen = run(serve, seed=arguments.seed, clock=clock)
    if arguments.json:
        print(json.dumps(asdict(seen)))
    else:
        _print(seen)
    lost = seen.traffic.get("lost", 0) + seen.traffic.get("corrupt", 0)
    return NOT_WELL if seen.broken or lost else OK


@define(eq=False)
class Ending:
    """That the verb was told to end. Whoever started the command gives the signals back."""

    _told: bool = False
    _wake: Callable[[], object] = bool

    @classmethod
    def by_signal(cls) -> Ending:
        """Take SIGINT and SIGTERM from now on; where SIGINT is ignored, it stays so."""
        ending = cls()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, ending.take)
        return ending

    def take(self, _number: int, _frame: FrameType | None) -> None:
        """Be told, once: signals without pause would call this from within itself, ever deeper."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._told = True
        self._wake()

    async def wait(self) -> None:
        """Wait until it was told."""
        event, token = trio.Event(), trio.lowlevel.current_trio_token()
        self._wake = partial(token.run_sync_soon, event.set, idempotent=True)
        if not self._told:
            await event.wait()
        self._wake = bool


async def _serve(
    chip: SimChip, address: Address, clock: RealClock | VirtualClock, ending: Ending, *, as_json: bool
) -> Seen:
    """Serve the chip until its ending."""
    transport = SimTransport(chip)
    server = Server(transport, device=device_of(chip.chip), hold=clock.hold)
    if isinstance(clock, VirtualClock) and chip.traffic:  # which would run through years that nobody sees
        clock.still = lambda: not server.connected
    listener = await listen(address)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve, listener)
            _print_listening(chip, listener.address, as_json=as_json)
            await ending.wait()
            nursery.cancel_scope.cancel()
    finally:
        listener.close()
    judgement = await transport.judge()
    return _seen(chip, str(listener.address), server, judgement)


def _seen(chip: SimChip, where: str, server: Server, judgement: Judgement) -> Seen:
    done = server.statistics
    return Seen(
        chip=chip.chip.name,
        listen=where,
        controllers=server.controllers,
        batches=done.batches,
        reads=done.reads,
        writes=done.writes,
        violations=judgement.violations,
        broken=judgement.broken,
        traffic=dict(judgement.traffic),
        injected=tuple(str(fault) for fault in chip.injected if fault.began_s is not None),
        elapsed_s=chip.now_s,
        seed=chip.seed,
    )


def _print_listening(chip: SimChip, address: Address, *, as_json: bool) -> None:
    """Say that controllers may come, at once: whoever started us waits for this line."""
    blocks = len(chip.chip.instances)
    if as_json:
        said = {"listening": str(address), "chip": chip.chip.name, "blocks": blocks, "pid": os.getpid()}
        print(json.dumps(said), flush=True)
    else:
        print(f"{chip.chip.name}, {blocks} blocks, listens at {address} (seed {chip.seed})", flush=True)


def _print(seen: Seen) -> None:
    for fault in seen.injected:
        print(f"injected  {fault}")
    for violation in seen.violations:
        print(f"violated  {violation}")
    traffic = ", ".join(f"{number} {name}" for name, number in seen.traffic.items())
    print(
        f"{seen.chip} saw {count(seen.controllers, 'controller')} in {duration(seen.elapsed_s)} of chip time: "
        f"{count(seen.reads, 'read')}, {count(seen.writes, 'write')} in {count(seen.batches, 'batch')}, "
        f"{count(seen.broken, 'broken rule')}{f'; traffic: {traffic}' if traffic else ''}; seed {seen.seed}"
    )
