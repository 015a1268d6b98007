"""Faults around any transport: each strikes at its access and does what its kind says, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
import trio
import trio.testing
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from runtime.clock import VirtualClock
from tests.transports.faulted import FaultedPort, faulted, plain
from tests.transports.programs import BASE, SIZE, operations
from tests.transports.sockets import serving_watched
from transports.base import Gathering, Judge, Notifier, Pinging, Resettable, Transport
from transports.batch import (
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    batch,
)
from transports.conformance import check_transport
from transports.engine import Region
from transports.errors import BusFault, CheckFailed, DeviceLost, Indeterminate, Unavailable
from transports.faulty import FaultyTransport, Kind, Manner, Shot, faulty
from transports.faulty.aim import looks_most
from transports.faulty.kinds import OF_INTERRUPTS, TWO_SIDED
from transports.memory import MemoryTransport

MINI = load_chip("mini")
SCRATCH, SCRATCH_SIZE = 0x10000, 0x400  # mini.rdl scratch
REGION = Region(BASE, SIZE)
OF_ACCESSES = sorted(set(Kind) - OF_INTERRUPTS - {Kind.RESET, Kind.DEVICE})


class Noted(MemoryTransport):
    """Memory that notes the batches which reach it."""

    def __init__(self) -> None:
        super().__init__(SIZE, BASE)
        self.batches: list[Batch] = []

    async def execute(self, batch: Batch) -> Results:
        self.batches.append(batch)
        return await super().execute(batch)


class CountedChip(SimChip):
    """A chip that counts the accesses on its bus."""

    accesses = 0

    def read(self, address: int, width: int) -> int:
        self.accesses += 1
        return super().read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.accesses += 1
        super().write(address, value, width, strobes)


class Ringing(MemoryTransport):
    """Memory with lines that a test raises, and a reset."""

    def __init__(self) -> None:
        super().__init__(SIZE, BASE)
        self._capabilities = evolve(self._capabilities, notifier=True)
        self.rises: list[int] = []
        self.rang = anyio.Event()

    def ring(self, *lines: int) -> None:
        self.rises += lines
        self.rang.set()

    async def wait(self) -> frozenset[int]:
        await anyio.lowlevel.checkpoint()
        while not self.rises:
            self.rang = anyio.Event()
            await self.rang.wait()
        return frozenset({self.rises.pop(0)})

    async def reset(self) -> None:
        await self.execute(Batch([WriteBurst(BASE, (0,) * (SIZE // 8), width=8)]))


def shot(text: str) -> Shot:
    return Shot.parse(text)


async def ran(transport: Transport, *ops: Operation) -> Results:
    return await transport.execute(batch(*ops))


def last(op: Operation) -> int:
    """Return the address of an operation's last word."""
    match op:
        case Delay() | Fence():
            return 0
        case ReadBurst():
            return op.address + max(0, op.count - 1) * op.step
        case WriteBurst():
            return op.address + max(0, len(op.values) - 1) * op.step
        case _:
            return op.address


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    kind = draw(st.sampled_from(OF_ACCESSES))
    return Shot(kind, draw(st.integers(1, 40)), kind in TWO_SIDED and draw(st.booleans()))


# ---- nothing goes wrong -----------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_without_shots_the_contract_is_kept(backend: str) -> None:
    """Around memory it passes check_transport."""

    async def make() -> Transport:
        return faulty(MemoryTransport(0x1000))

    async def main() -> None:
        await check_transport(make, base=0, size=0x1000)

    anyio.run(main, backend=backend)


async def test_a_shot_far_away_changes_nothing() -> None:
    """The contract is kept as well while shots wait that no access comes to."""

    async def make() -> Transport:
        return faulty(MemoryTransport(0x1000), [shot("error@40000000-"), shot("late@x:7")], block_of=lambda _at: "")

    await check_transport(make, base=0, size=0x1000)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_around_a_socket_the_contract_is_kept(tmp_path: Path, backend: str) -> None:
    """Around a device at the other end of a socket it passes check_transport, and can ping as that can."""

    async def main() -> None:
        async with serving_watched(tmp_path, MemoryTransport(0x400)) as place:

            async def make() -> Transport:
                made = faulty(await place.connect())
                assert isinstance(made, Pinging)
                assert isinstance(made, Gathering)
                return made

            await check_transport(make, base=0, size=0x400)

    anyio.run(main, backend=backend)


async def test_around_a_simulated_chip_the_contract_is_kept(autojump_clock: object) -> None:
    """Around a simulated chip it passes check_transport over its memory."""

    async def make() -> Transport:
        return faulty(SimTransport(SimChip(MINI)))

    await check_transport(make, base=SCRATCH, size=SCRATCH_SIZE, bounded=False)


async def test_the_powers_are_those_of_the_other() -> None:
    """Around a simulated chip it notifies, resets and judges; around memory it does not."""
    made = faulty(SimTransport(SimChip(MINI)))
    assert isinstance(made, Notifier)
    assert isinstance(made, Resettable)
    assert isinstance(made, Judge)
    assert not isinstance(faulty(MemoryTransport(SIZE)), (Notifier, Resettable, Judge, Pinging))
    assert (await made.judge()).broken == 0


# ---- against an oracle ------------------------------------------------------------------------


@given(
    asked=st.lists(st.lists(operations(), max_size=6), min_size=1, max_size=4),
    aimed=st.lists(shots(), max_size=3, unique_by=lambda shot: (shot.kind, shot.number)),
    ones=st.booleans(),
    seed=st.integers(0, 9),
)
def test_what_comes_is_what_an_oracle_says(
    asked: list[list[Operation]], aimed: list[Shot], *, ones: bool, seed: int
) -> None:
    """Of any batches with any faults come the values, the error and the looks that word by word must come.

    The memory, the count, the time and the shots that struck are the same as well.
    """
    batches = [batch(*ops) for ops in asked]
    assume(BASE + SIZE not in {last(op) for ran in batches for op in ran})  # refused only at its turn, if taken apart
    manner = Manner(ones=ones, down_s=0.013)
    port = FaultedPort(bytearray(range(SIZE)), BASE, sorted(aimed), seed, manner)
    memory = bytearray(range(SIZE))
    transport = faulty(MemoryTransport(memory, BASE), aimed, seed=seed, manner=manner)

    async def main() -> tuple[list[Results], float]:
        return [await transport.execute(asked) for asked in batches], trio.current_time()

    came, now_s = trio.run(main, clock=VirtualClock())
    wanted = [faulted(asked, port, REGION) for asked in batches]
    assert [plain(results) for results in came] == [plain(results) for results in wanted]
    assert (memory, transport.count) == (port.memory, port.number)
    assert sorted(strike.shot for strike in transport.struck) == sorted(port.struck)
    assert now_s == pytest.approx(port.now_s)


@pytest.mark.parametrize("aimed", ["", "late@7", "duplicated-write@2", "dropped-write@2", "error@9-", "error@9+"])
async def test_accesses_are_counted_as_the_bus_sees_them(autojump_clock: object, aimed: str) -> None:
    """The count is that of the simulated chip's bus, and what one fault adds to it or takes away."""
    sim = CountedChip(MINI)
    transport = faulty(SimTransport(sim), [shot(aimed)] if aimed else [])
    asked: Sequence[Operation] = (
        Read(0), Write(0x1C, 1), Modify(0x1C, mask=1, value=0), Check(0, mask=0, value=0), Delay(1e-3), Fence(),
        Poll(0, mask=1, value=~(await SimTransport(SimChip(MINI)).execute(batch(Read(0)))).word(0) & 1, timeout_s=1e-3),
    )  # fmt: skip
    results = await ran(transport, *asked)
    assert results.error is not None
    changed = {"duplicated-write@2": 1, "dropped-write@2": -1, "error@9-": -1}
    assert sim.accesses == transport.count + changed.get(aimed, 0)
    assert transport.count == (9 if "error" in aimed else 6 + results.poll_reads)


@given(st.floats(0, 3, allow_nan=False))
def test_no_poll_looks_more_often_than_is_said(timeout_s: float) -> None:
    """A poll that never sees its value looks at most `looks_most` times, and no more than a few times less."""

    async def main() -> int:
        memory = MemoryTransport(16)
        return (await ran(memory, Poll(0, mask=1, value=1, timeout_s=timeout_s))).poll_reads + 1

    looks = trio.run(main, clock=VirtualClock())
    assert looks <= looks_most(timeout_s) <= looks + 3


# ---- what is taken apart ----------------------------------------------------------------------


async def test_only_the_struck_batch_is_taken_apart() -> None:
    """A batch that no shot can strike reaches the device as it is; once all have struck, so does every one."""
    inner = Noted()
    transport = faulty(inner, [shot("bit-flip@6")])
    whole = batch(Write(BASE, 1), Read(BASE), Read(BASE))
    for _ in range(3):
        await transport.execute(whole)
    assert (inner.batches[0], inner.batches[-1]) == (whole, whole)
    sizes = [len(asked) for asked in inner.batches]
    assert sizes == [3, 3, 2, 1, 3]  # whole; what is refused, of which nothing is done; before; the access; whole
    assert [strike.shot for strike in transport.struck] == [shot("bit-flip@6")]
    assert transport.over


async def test_batches_that_go_together_are_parted_only_where_one_is_struck() -> None:
    """Of batches in one round trip those before the struck one go together, and those after it."""
    sim = CountedChip(MINI)
    transport = faulty(SimTransport(sim), [shot("all-ones@4")])
    assert isinstance(transport, Gathering)
    came = await transport.execute_all([batch(Read(0), Read(0)), batch(Read(0)), batch(Read(0)), batch(Read(0))])
    assert [results.values[-1] == 0xFFFF_FFFF for results in came] == [False, False, True, False]
    assert (transport.count, sim.accesses) == (5, 4)


async def test_what_is_refused_is_refused_whole() -> None:
    """A batch with an access that cannot be is refused before its first access, also where a shot would strike it."""
    transport = faulty(MemoryTransport(SIZE, BASE), [shot("late@1")])
    for bad in (Read(BASE + 2 * SIZE), WriteBurst(BASE + SIZE - 8, (1, 2, 3, 4)), ReadBurst(BASE, 1 << 21, stride=0)):
        results = await ran(transport, Write(BASE, 1), bad)
        assert (results.values, getattr(results.error, "index", None)) == ((), 1)
        assert type(results.error).__name__ == "Denied"
    assert transport.count == 0


async def test_a_block_has_its_own_count() -> None:
    """A shot that names a block strikes at its n-th access, whatever others there are."""
    where = {BASE: "a", BASE + 4: "b"}
    transport = faulty(MemoryTransport(SIZE, BASE), [shot("bit-flip@b:2")], block_of=where.__getitem__)
    asked = batch(Read(BASE), Read(BASE + 4), Read(BASE), Read(BASE + 4), Read(BASE + 4))
    words = (await transport.execute(asked)).values
    assert [word != 0 for word in words] == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("device-reset@1-", "cannot reset its device"),
        ("lost-interrupt@1", "brings no interrupts"),
        ("spurious-interrupt@1", "brings no interrupts"),
        ("late@pll:1", "block_of"),
    ],
)
def test_what_a_transport_cannot_have_is_refused(text: str, match: str) -> None:
    """A shot that cannot be is refused when the transport is made, and told by its name."""
    with pytest.raises(ValueError, match=match):
        faulty(MemoryTransport(SIZE), [shot(text)])


# ---- kinds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "word"), [("-", 0), ("+", 7)])
@pytest.mark.parametrize(("kind", "error"), [("error", BusFault), ("hang", Indeterminate)])
async def test_an_access_without_a_good_answer_was_done_or_not(
    autojump_clock: object, side: str, word: int, kind: str, error: type[Exception]
) -> None:
    """An error response, or silence past the deadline, ends the batch; after the access it was done, before it not."""
    transport = faulty(MemoryTransport(SIZE, BASE), [shot(f"{kind}@2{side}")], manner=Manner(answer_s=0.5))
    began_s = trio.current_time()
    results = await ran(transport, Read(BASE), Write(BASE + 8, 7), Read(BASE))
    assert (type(results.error), results.values) == (error, (0,))
    assert results.error is not None
    assert (results.error.index, results.error.address) == (1, BASE + 8)
    assert trio.current_time() - began_s == (0.5 if kind == "hang" else 0.0)
    assert (await ran(transport, Read(BASE + 8))).values == (word,)


async def test_what_a_read_brings_may_be_wrong_once() -> None:
    """A bit that flips, or all ones, is seen once by whoever reads: a check fails, and a modify writes it back."""
    transport = faulty(MemoryTransport(SIZE, BASE), [shot("bit-flip@2"), shot("all-ones@4"), shot("bit-flip@5")])
    assert (await ran(transport, Write(BASE, 5))).error is None
    failed = await ran(transport, Check(BASE, mask=0xFFFF_FFFF, value=5), Read(BASE))
    assert isinstance(failed.error, CheckFailed)
    assert (failed.error.last ^ 5).bit_count() == 1
    assert (await ran(transport, Read(BASE), Read(BASE))).values == (5, 0xFFFF_FFFF)
    before = (await ran(transport, Modify(BASE, mask=0, value=0))).word(0)
    assert (before ^ 5).bit_count() == 1
    assert (await ran(transport, Read(BASE))).values == (before,)


@pytest.mark.parametrize("ones", [False, True])
async def test_while_the_link_is_down_nothing_arrives(autojump_clock: object, *, ones: bool) -> None:
    """For its time nothing goes out: it is unavailable, or all ones and writes that vanish; then all is as before."""
    manner = Manner(down_s=25e-3, answer_s=10e-3, ones=ones)
    inner = Noted()
    transport = faulty(inner, [shot("link-down@2")], manner=manner)
    began_s = trio.current_time()
    came = [await ran(transport, Read(BASE), Write(BASE, 7), Read(BASE)) for _ in range(2)]
    if ones:
        assert [results.values for results in came] == [(0, None, 0xFFFF_FFFF), (0xFFFF_FFFF, None, 0xFFFF_FFFF)]
        await trio.sleep(25e-3)
        assert (await ran(transport, Read(BASE))).values == (0,)
    else:
        assert [results.values for results in came] == [(0,), ()]
        assert all(isinstance(results.error, Unavailable) for results in came)
        assert (await ran(transport, Write(BASE, 7), Read(BASE))).values == (None, 7)  # it waits till the link is back
        assert trio.current_time() - began_s == pytest.approx(25e-3)
    assert transport.over


async def test_nothing_of_a_controller_that_was_reset_arrives() -> None:
    """From its reset on what it asks for goes nowhere and is counted; without a hook it finds the device lost."""
    inner = Noted()
    transport = faulty(inner, [shot("reset@2+")])
    first = await ran(transport, Write(BASE, 1), Write(BASE + 4, 2), Write(BASE + 8, 3))
    assert (type(first.error), first.values, transport.zombies) == (DeviceLost, (None,), 0)
    reached = len(inner.batches)
    second = await ran(transport, Write(BASE, 9), Modify(BASE, mask=1, value=1), Fence())
    assert (type(second.error), transport.zombies, len(inner.batches)) == (DeviceLost, 3, reached)
    assert (await ran(inner, Read(BASE), Read(BASE + 4), Read(BASE + 8))).values == (1, 2, 0)


async def test_a_hook_ends_a_controller_that_was_reset() -> None:
    """The hook is called at once, and whoever asked hears nothing more."""
    transport = faulty(MemoryTransport(SIZE, BASE), [shot("reset@1-")])
    with trio.CancelScope() as scope:
        transport.when_reset(scope.cancel)
        await ran(transport, Write(BASE, 1))
        raise AssertionError("an answer")
    assert scope.cancelled_caught
    assert (await ran(transport.transport, Read(BASE))).values == (0,)


@pytest.mark.parametrize(("side", "word"), [("-", 2), ("+", 0)])
async def test_a_device_is_reset_beside_an_access(side: str, word: int) -> None:
    """A device reset before an access lets that one find the device as after reset; after it, only the next."""
    transport = faulty(Ringing(), [shot(f"device-reset@2{side}")])
    results = await ran(transport, Write(BASE, 1), Write(BASE + 4, 2), Read(BASE), Read(BASE + 4))
    assert results.values == (None, None, 0, word)


async def test_a_rise_is_lost(autojump_clock: object) -> None:
    """The n-th rise is not heard, and all others are."""
    inner = Ringing()
    transport = faulty(inner, [shot("lost-interrupt@2")])
    assert isinstance(transport, Notifier)
    inner.ring(1, 2, 3, 4)
    heard = [await transport.wait() for _ in range(3)]
    assert heard == [frozenset({1}), frozenset({3}), frozenset({4})]
    assert (transport.rises, transport.over) == (4, True)


@pytest.mark.parametrize("waits", [True, False])
async def test_a_line_is_heard_that_never_rose(autojump_clock: object, waits: bool) -> None:
    """At the n-th access who waits for lines, then or later, hears one of the device's once; the access is as ever."""
    inner = Ringing()
    transport = faulty(inner, [shot("spurious-interrupt@2")], manner=Manner(lines=frozenset({9})))
    assert isinstance(transport, Notifier)
    heard, wait = list[frozenset[int]](), transport.wait

    async def hear() -> None:
        while True:
            heard.append(await wait())

    async with trio.open_nursery() as nursery:
        if waits:
            nursery.start_soon(hear)
            await trio.testing.wait_all_tasks_blocked()
        await ran(transport, Write(BASE, 5))
        assert not transport.over
        assert (await ran(transport, Read(BASE))).values == (5,)
        if not waits:
            nursery.start_soon(hear)
        await trio.testing.wait_all_tasks_blocked()
        assert heard == [{9}]
        inner.ring(3)
        await trio.testing.wait_all_tasks_blocked()
        assert heard == [{9}, {3}]
        nursery.cancel_scope.cancel()
    assert (transport.rises, transport.over) == (1, True)
    assert [str(strike) for strike in transport.struck] == ["spurious-interrupt@2 at a rise"]


async def test_a_storm_rises_for_its_time(autojump_clock: object) -> None:
    """In a storm a line is heard again and again at its rate, for its time, and after it others as ever."""
    inner = Ringing()
    manner = Manner(storm_s=1e-3, every_s=1e-4, lines=frozenset({5}))
    transport = faulty(inner, [shot("interrupt-storm@1")], manner=manner)
    assert isinstance(transport, Notifier)
    await ran(transport, Read(BASE))
    began_s, heard = trio.current_time(), 0
    while not transport.over:
        assert await transport.wait() == {5}
        heard += 1
    assert heard == 10
    assert trio.current_time() - began_s == pytest.approx(9e-4)
    inner.ring(6)
    assert await transport.wait() == {6}


@pytest.mark.parametrize("text", ["spurious-interrupt@1", "interrupt-storm@1"])
def test_a_line_of_no_device_is_refused(text: str) -> None:
    """A line that is heard for no reason is drawn of those there are: without any the shot is refused."""
    with pytest.raises(ValueError, match=r"expected Manner\.lines"):
        faulty(Ringing(), [shot(text)])


def test_a_run_repeats() -> None:
    """The same seed inverts the same bit, and another one another."""

    def flipped(seed: int) -> int:
        async def main() -> int:
            made: FaultyTransport = faulty(MemoryTransport(SIZE, BASE), [shot("bit-flip@1")], seed=seed)
            return (await ran(made, Read(BASE, width=8))).word(0)

        return trio.run(main)

    assert [flipped(seed) for seed in range(4)] == [flipped(seed) for seed in range(4)]
    assert len({flipped(seed) for seed in range(8)}) > 1
