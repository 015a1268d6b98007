"""Any transport with faults on the way: each strikes at its access, or at its rise, and all else passes through.

A batch that no shot can strike goes through whole, in one round trip. One that may be struck is taken apart: what is
before, the access, the rest; its results are as the contract says. Once all shots have struck, everything passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf

import anyio
import anyio.lowlevel

from transports.base import (
    Capabilities,
    Gathering,
    Judge,
    Judgement,
    Named,
    Notifier,
    Ordered,
    Pinging,
    Resettable,
    Transport,
)
from transports.batch import Batch, Results, count_accesses
from transports.errors import DeviceLost, Unavailable
from transports.faulty.aim import Aim
from transports.faulty.apart import Apart
from transports.faulty.kinds import OF_INTERRUPTS, OF_LINES, Kind, Shot
from transports.faulty.strike import Strike
from transports.faulty.torn import SPLIT_BYTES
from transports.faulty.way import MANNER, FaultyWay, Manner
from transports.powers import endowed, powers_of

BURIED_S = 1.0  # until whoever was reset asks no more: it is cancelled, task by task where there are many


class _Storm:
    """A line that is heard for no reason, `left` times."""

    def __init__(self, line: int, now_s: float, left: int) -> None:
        self.line, self.next_s, self.left = line, now_s, left


class FaultyTransport:
    """Another transport, with faults; made by `faulty`, it has the powers of the one behind it. Closing closes that.

    Attributes:
        zombies: accesses of a controller that was reset, of tasks that were not cancelled. None of them went anywhere.
        rises: of interrupt lines of the device.
        observe: called with each batch and what it brought.
        landed: called when a round trip is over, and what it brought is not told yet.
    """

    def __init__(
        self,
        transport: Transport,
        shots: Iterable[Shot] = (),
        *,
        seed: int = 0,
        manner: Manner = MANNER,
        block_of: Callable[[int], str] | None = None,
        part_of: Callable[[int, int], bool] | None = None,
    ) -> None:
        self.transport = transport
        self._aim = Aim(block_of)
        self._way = FaultyWay(transport, self._aim, seed, manner, part_of)
        self._of_rises: list[Shot] = []
        self._storms: list[_Storm] = []
        self._hearing: anyio.CancelScope | None = None  # somebody waits for lines
        self._way.on_rise = self._rise_for_nothing
        self._turn = anyio.Lock(fast_acquire=True)
        self.zombies = self.rises = 0
        self.observe: Callable[[Batch, Results], None] | None = None
        self.landed: Callable[[], None] | None = None
        self.arm(shots)

    def refusal(self, shot: Shot) -> str:
        """Return why this transport cannot have a shot: what it needs, and what there is; empty: it can."""
        there, name = self.transport.capabilities, type(self.transport).__name__
        split = SPLIT_BYTES in there.widths and (there.strobes or SPLIT_BYTES // 2 in there.widths)
        if shot.kind is Kind.DEVICE and not isinstance(self.transport, Resettable):
            return f"{name} cannot reset its device; expected a transport that can"
        if shot.kind in OF_INTERRUPTS and not isinstance(self.transport, Notifier):
            return f"{name} brings no interrupts; expected a transport that does"
        if shot.kind in OF_LINES and not self._way.manner.lines:
            return "nobody said which lines the device has; expected Manner.lines"
        if shot.kind is Kind.LOST and shot.block:
            return "rises of interrupts are counted of all lines; expected no block"
        if shot.kind is Kind.TORN and not split and self._way.part_of is None:
            widths = sorted(there.widths)
            return f"{name} has widths {widths}; expected {SPLIT_BYTES} and half of that, or strobes, or part_of"
        return ""

    def _refuse(self, shots: tuple[Shot, ...]) -> None:
        """Refuse what this transport cannot have.

        Raises:
            ValueError: names the shot, what it needs and what there is.
        """
        for shot in shots:
            if refusal := self.refusal(shot):
                raise ValueError(f"{shot}: {refusal}")

    @property
    def capabilities(self) -> Capabilities:
        """Those of the other transport."""
        return self.transport.capabilities

    @property
    def count(self) -> int:
        """How many accesses were asked for, as words on the bus, and came so far; those that were struck as well.

        Of a batch that was cancelled what was not taken apart is not counted.
        """
        return self._aim.counts[""]

    @property
    def struck(self) -> list[Strike]:
        """The shots that struck, in order."""
        return self._way.struck

    @property
    def missed(self) -> list[Shot]:
        """The shots whose access was none that they can strike: a read of a DROPPED, say."""
        return self._way.missed

    def when_reset(self, hook: Callable[[], None]) -> None:
        """Call a hook when the controller is reset, which must cancel whoever is that controller.

        Without one, whatever is asked from then on finds the device lost.
        """
        self._way.on_reset = hook

    def when_struck(self, hook: Callable[[Strike], None]) -> None:
        """Call a hook with each shot that strikes, before it does anything."""
        self._way.on_strike = hook

    def arm(self, shots: Iterable[Shot]) -> None:
        """Count accesses and rises from now on, and let these shots strike, and no others.

        Raises:
            ValueError: a shot that this transport cannot have.
        """
        shots = tuple(shots)
        self._refuse(shots)
        self._aim.arm(shot for shot in shots if shot.kind is not Kind.LOST)
        self._of_rises, self.rises = [shot for shot in shots if shot.kind is Kind.LOST], 0

    @property
    def over(self) -> bool:
        """Whether every shot has struck, or missed, and nothing of them goes on."""
        waits = self._aim.pending or self._of_rises or self._storms
        return not waits and not self._way.down

    # ---- batches ----

    async def execute(self, batch: Batch) -> Results:
        """Run the batch; where a shot strikes, what comes of it is what comes of that fault."""
        async with self._turn:
            came = await self._execute(batch)
            self._back()
            return came

    def _back(self) -> None:
        if self.landed is not None:
            self.landed()

    async def _execute(self, batch: Batch) -> Results:
        if self._way.dead:
            await self._buried()
            return self._zombie(batch)
        if not self._way.down and self._aim.together((batch,)):
            came = await self._way.run(batch)
        else:
            await anyio.lowlevel.checkpoint()
            came = await Apart(self._way, batch).run()
        self._observed(batch, came)
        return came

    def _observed(self, batch: Batch, came: Results) -> None:
        if self.observe is not None:
            self.observe(batch, came)

    async def _buried(self) -> None:
        """Give whoever asks, and is dead, the time to be cancelled, where a hook does that."""
        await (anyio.lowlevel.checkpoint() if self._way.on_reset is None else anyio.sleep(BURIED_S))

    def _zombie(self, batch: Batch) -> Results:
        self.zombies += sum(count_accesses(batch.operations))
        return Results((), DeviceLost(self._way.dead))

    async def aclose(self) -> None:
        """Close the other transport."""
        await self.transport.aclose()

    # ---- interrupts ----

    async def _hear(self, inner: Notifier) -> frozenset[int]:
        """Wait for lines of the device, or until one rises for no reason; return those that are heard."""
        risen: frozenset[int] = frozenset()
        soonest_s = min((storm.next_s for storm in self._storms), default=inf)
        with anyio.CancelScope(deadline=soonest_s) as self._hearing:
            risen = await inner.wait()
        if self._way.dead:
            raise DeviceLost(self._way.dead)
        now_s, heard = anyio.current_time(), set[int]()
        for line in sorted(risen if not self._way.down else ()):
            heard |= self._rise(line)
        for storm in self._storms:
            if storm.next_s <= now_s:
                storm.next_s, storm.left = now_s + self._way.manner.every_s, storm.left - 1
                heard.add(storm.line)
        self._storms = [storm for storm in self._storms if storm.left > 0]
        return frozenset(heard)

    def _rise(self, line: int) -> set[int]:
        """Count a rise, and return what is heard of it."""
        self.rises += 1
        due = [shot for shot in self._of_rises if shot.number <= self.rises]
        self._of_rises = [shot for shot in self._of_rises if shot not in due]
        for shot in due:
            self._way.note(shot, None, "rise").line = line
        return set() if due else {line}

    def _rise_for_nothing(self, strike: Strike) -> None:
        """Let a line be heard from now on, once or for as long as a storm goes on, and wake who waits for lines."""
        manner, shot = self._way.manner, strike.shot
        times = 1 if shot.kind is Kind.SPURIOUS else round(manner.storm_s / manner.every_s)
        line = self._way.draw(shot).choice(sorted(manner.lines))
        strike.line = line
        self._storms.append(_Storm(line, anyio.current_time(), times))
        if self._hearing is not None:
            self._hearing.cancel()


class _Gathering(FaultyTransport):
    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        """Run batches one after the other; those that no shot can strike in one round trip."""
        assert isinstance(self.transport, Gathering)
        came: list[Results] = []
        async with self._turn:
            while len(came) < len(batches):
                rest = batches[len(came) :]
                free = 0 if self._way.dead or self._way.down else self._aim.together(rest)
                if not free:
                    came.append(await self._execute(rest[0]))
                    continue
                found = await self.transport.execute_all(rest[:free])
                for batch, results in zip(rest, found, strict=False):
                    self._aim.add(batch, results)
                    self._observed(batch, results)
                came += found
            self._back()
        return came


class _Notifying(FaultyTransport):
    async def wait(self) -> frozenset[int]:
        """Wait for lines, of which some are lost and some rise for no reason."""
        assert isinstance(self.transport, Notifier)
        while not (heard := await self._hear(self.transport)):
            pass
        return heard


class _Resetting(FaultyTransport):
    async def reset(self) -> None:
        """Reset the device, as the other transport does."""
        assert isinstance(self.transport, Resettable)
        if self._way.dead:
            await self._buried()
            self.zombies += 1
            raise DeviceLost(self._way.dead)
        await self.transport.reset()


class _Judging(FaultyTransport):
    async def judge(self) -> Judgement:
        """Ask the other transport."""
        assert isinstance(self.transport, Judge)
        return await self.transport.judge()


class _Pinging(FaultyTransport):
    async def ping(self) -> None:
        """Ask the other transport's link; one that is down is silent."""
        assert isinstance(self.transport, Pinging)
        if self._way.down:
            await anyio.sleep(self._way.manner.answer_s)
            raise Unavailable("the link is down")
        await self.transport.ping()


class _Ordered(FaultyTransport):
    async def turn(self, batch: Batch) -> None:
        """Wait for the turn of a batch, as the other transport does."""
        assert isinstance(self.transport, Ordered)
        await self.transport.turn(batch)


class _Named(FaultyTransport):
    @property
    def device_name(self) -> str:
        """What the device is."""
        assert isinstance(self.transport, Named)
        return self.transport.device_name


_MIXINS = {
    "notifier": _Notifying, "resettable": _Resetting, "judge": _Judging,
    "gathering": _Gathering, "pinging": _Pinging, "ordered": _Ordered, "named": _Named,
}  # fmt: skip
_WAYS: dict[str, type] = {"gathering": Gathering, "pinging": Pinging, "ordered": Ordered, "named": Named}


def faulty(
    transport: Transport,
    shots: Iterable[Shot] = (),
    *,
    seed: int = 0,
    manner: Manner = MANNER,
    block_of: Callable[[int], str] | None = None,
    part_of: Callable[[int, int], bool] | None = None,
) -> FaultyTransport:
    """Return the transport with these faults.

    Args:
        seed: of what is drawn: which bit is inverted, which line rises.
        block_of: says at whose registers an address is; needed where a shot names a block.
        part_of: says of an access, by address and bytes, whether it is one of those that a wider register takes: of
            such a register one is lost where it is torn.

    Raises:
        ValueError: a shot that this transport cannot have.
    """
    ways = frozenset(name for name, protocol in _WAYS.items() if isinstance(transport, protocol))
    kind = endowed(FaultyTransport, _MIXINS, powers_of(transport) | ways)
    return kind(transport, shots, seed=seed, manner=manner, block_of=block_of, part_of=part_of)
