"""The way to a device word by word, with faults: each strikes at its access."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import inf

import anyio
from attrs import frozen

from transports.base import Capabilities, Resettable, Transport
from transports.batch import Batch, Operation, Read, Results, Write, ones
from transports.errors import BusFault, DeviceLost, Indeterminate, Unavailable
from transports.faulty.aim import Aim, words
from transports.faulty.kinds import OF_LINES, OF_READS, OF_WRITES, Kind, Shot
from transports.faulty.strike import Strike
from transports.faulty.torn import arriving, tears

# Source: PCI Express base specification, completion timeout: 50 us to 50 ms, and not less than 10 ms where nothing else
# is set.
ANSWER_S = 10e-3
LATE_S = 1e-3  # long for a register, and well before the link gives up
DOWN_S = 25e-3  # a link that trains anew. Source: PCI Express base specification, recovery takes up to 24 ms


@frozen(kw_only=True)
class Manner:
    """How faults go on, where a kind says it not.

    Attributes:
        answer_s: so long whoever asked waits for an answer that never comes: of a HANG, and while the link is DOWN.
        late_s: of LATE.
        down_s: of DOWN. What is asked meanwhile is answered with ones, and a write vanishes (`ones`); or nobody
            answers, and it is `Unavailable`, since nothing went out.
        storm_s: so long a STORM lasts; the line rises again each `every_s`.
        lines: those that the device has, of which SPURIOUS and STORM draw one.
    """

    answer_s: float = ANSWER_S
    late_s: float = LATE_S
    down_s: float = DOWN_S
    ones: bool = False
    storm_s: float = 2e-3
    every_s: float = 10e-6
    lines: frozenset[int] = frozenset()


MANNER = Manner()


class FaultyWay:
    """The way of batches that are taken apart.

    Attributes:
        aim: where shots strike.
        struck, missed: the shots that did, and those whose access was none that they can strike.
        dead: why nothing reaches the device any more: the controller was reset; empty: it was not.
        on_reset, on_strike: as of `FaultyTransport.when_reset` and `when_struck`.
        part_of: says of an access, by address and bytes, whether it is one of those that a wider register takes.
        on_rise: called with a strike for which a line is heard for no reason.
    """

    def __init__(
        self, transport: Transport, aim: Aim, seed: int, manner: Manner, part_of: Callable[[int, int], bool] | None
    ) -> None:
        self.transport, self.aim, self.manner, self.part_of = transport, aim, manner, part_of
        self._seed = seed
        self._down_until_s = -inf
        self.dead = ""
        self.struck: list[Strike] = []
        self.missed: list[Shot] = []
        self.on_reset: Callable[[], None] | None = None
        self.on_strike: Callable[[Strike], None] | None = None
        self.on_rise: Callable[[Strike], None] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Those of the transport."""
        return self.transport.capabilities

    def free(self, operations: Sequence[Operation], first: int) -> int:
        """Return the index of the first operation, from one on, that something may happen to."""
        if not self.down:
            return self.aim.free(operations, first)
        while first < len(operations) and not words(operations[first]):
            first += 1
        return first

    def free_words(self, address: int, most: int) -> int:
        """Return how many accesses from here on nothing can happen to, `most` at most."""
        del address
        return 0 if self.down else int(min(self.aim.left, most))

    async def run(self, batch: Batch, *, counted: bool = True) -> Results:
        """Run a batch that nothing happens to."""
        came = await self.transport.execute(batch)
        if counted:
            self.aim.add(batch, came)
        return came

    async def read(self, address: int, width: int) -> int:
        """Read one word.

        Raises:
            TransportError: the shots that strike here let nothing come of it; or the device itself.
        """
        strikes = self._strike(address, {"read"}, width)
        await self._before(strikes, address)
        kinds = {strike.shot.kind for strike in strikes}
        brought = None
        if Kind.ONES not in kinds and not await self._silent(address):
            brought = (await self.transport.execute(Batch((Read(address, width=width),)))).word(0)
        word = ones(width) if brought is None else brought
        for strike in strikes:
            if strike.shot.kind is Kind.FLIP:
                word ^= 1 << self.draw(strike.shot).randrange(8 * width)
        for strike in strikes:
            strike.word, strike.times = brought, brought is not None
            strike.told = None if word == brought else word
        await self._after(strikes, address)
        return word

    async def write(self, op: Write) -> None:
        """Write one word.

        Raises:
            TransportError: as `read`.
        """
        torn = self._torn(op)
        strikes = self._strike(op.address, {"write"} if torn is not None else {"write", "whole"}, op.width, op.value)
        await self._before(strikes, op.address)
        kinds = {strike.shot.kind for strike in strikes}
        sent = torn if Kind.TORN in kinds and torn is not None else (op,)
        lost = await self._silent(op.address) or Kind.DROPPED in kinds
        for _ in range(0 if lost else 2 if Kind.TWICE in kinds else 1):
            for one in sent:
                (await self.transport.execute(Batch((one,)))).check()
                for strike in strikes:
                    strike.times += 1
        for strike in strikes:
            strike.lost = lost
        await self._after(strikes, op.address)

    def _torn(self, op: Write) -> tuple[Write, ...] | None:
        """Return what arrives of a write that is torn; None: it cannot be torn, or half of it cannot be sent."""
        if not tears(op.width, part=self.part_of is not None and self.part_of(op.address, op.width)):
            return None
        strobes, there = arriving(op.width, op.strobes), self.capabilities
        if not strobes:
            return ()
        if there.strobes:
            return (Write(op.address, op.value, width=op.width, strobes=strobes),)
        half = op.width // 2
        if half in there.widths and op.strobes is None:
            return (Write(op.address, op.value & ones(half), width=half),)
        return None

    # ---- shots ----

    def draw(self, shot: Shot) -> random.Random:
        """Return what draws for one shot, by the seed."""
        return random.Random(f"{self._seed}/{shot}")

    def _strike(self, address: int, how: set[str], width: int, word: int | None = None) -> list[Strike]:
        """Count an access, and return what strikes at it.

        Args:
            how: read or write; `whole` of a write that cannot be torn.
            word: that is written.
        """
        struck: list[Strike] = []
        for shot in self.aim.take(address):
            misses = (
                (shot.kind in OF_WRITES and "write" not in how)
                or (shot.kind in OF_READS and "read" not in how)
                or (shot.kind is Kind.TORN and "whole" in how)
            )
            if misses:
                self.missed.append(shot)
            elif shot.kind in OF_LINES:  # that access is as ever
                struck.append(self.note(shot, None, "rise"))
            else:
                struck.append(self.note(shot, address, "write" if "write" in how else "read", width, word))
        return struck

    def note(self, shot: Shot, address: int | None, what: str, width: int = 4, word: int | None = None) -> Strike:
        """Note a shot that struck, now, and return that."""
        lasts = {Kind.HANG: self.manner.answer_s, Kind.LATE: self.manner.late_s, Kind.DOWN: self.manner.down_s}
        now_s, lasts_s = anyio.current_time(), lasts.get(shot.kind, 0.0)
        self.struck.append(strike := Strike(now_s, shot, address, what, width, word, lasts_s=lasts_s))
        if self.on_strike is not None:
            self.on_strike(strike)
        return strike

    async def _before(self, strikes: list[Strike], address: int) -> None:
        """Let happen what happens before an access is done."""
        kinds = {strike.shot.kind for strike in strikes if not strike.shot.after}
        for strike in strikes:
            if strike.shot.kind in OF_LINES and self.on_rise is not None:
                self.on_rise(strike)
        if Kind.RESET in kinds:
            await self._die()
        if Kind.DEVICE in kinds:
            await self._reset_device()
        if Kind.DOWN in kinds:
            self._down_until_s = anyio.current_time() + self.manner.down_s
        if Kind.HANG in kinds:
            await self._hang(address)
        if Kind.ERROR in kinds:
            raise BusFault("answered with an error; it was not done", address=address)

    async def _after(self, strikes: list[Strike], address: int) -> None:
        """Let happen what happens when it is done."""
        if any(strike.shot.kind is Kind.LATE for strike in strikes):
            await anyio.sleep(self.manner.late_s)
        kinds = {strike.shot.kind for strike in strikes if strike.shot.after}
        if Kind.DEVICE in kinds:
            await self._reset_device()
        if Kind.RESET in kinds:
            await self._die()
        if Kind.HANG in kinds:
            await self._hang(address)
        if Kind.ERROR in kinds:
            raise BusFault("answered with an error; it was done", address=address)

    async def _hang(self, address: int) -> None:
        await anyio.sleep(self.manner.answer_s)
        raise Indeterminate(f"no answer within {self.manner.answer_s:g} s", address=address)

    async def _reset_device(self) -> None:
        assert isinstance(self.transport, Resettable), "a device that cannot be reset"
        await self.transport.reset()

    async def _die(self) -> None:
        """Let nothing of this controller reach the device any more."""
        self.dead = "the controller was reset"
        if self.on_reset is not None:
            self.on_reset()
            await anyio.sleep_forever()
        raise DeviceLost(self.dead)

    @property
    def down(self) -> bool:
        """Whether the link is down now."""
        return self._down_s() > 0

    def _down_s(self) -> float:
        return self._down_until_s - anyio.current_time() if self._down_until_s > -inf else 0.0

    async def _silent(self, address: int) -> bool:
        """Say whether the link is down and answers with ones; wait for it where nobody answers.

        Raises:
            Unavailable: it did not come back in time.
        """
        left_s = self._down_s()
        if left_s <= 0 or self.manner.ones:
            return left_s > 0
        await anyio.sleep(min(self.manner.answer_s, left_s))
        if left_s > self.manner.answer_s:
            raise Unavailable(f"the link is down: nothing went out for {self.manner.answer_s:g} s", address=address)
        return False
