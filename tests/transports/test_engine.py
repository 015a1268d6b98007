"""The engine: what it asks of a port, what it refuses before that, and how it waits."""

from __future__ import annotations

import math

import anyio
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.programs import BASE, EVERY, SIZE, operations
from transports.batch import (
    WIDTHS,
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
from transports.bounds import BURST_WORDS_MAX
from transports.conformance.oracle import Oracle
from transports.engine import POLL_S_MAX, POLL_S_MIN, Region, Window, interpret, refusal, run, strobed_run
from transports.errors import (
    BusFault,
    CheckFailed,
    Denied,
    DeviceLost,
    Indeterminate,
    PollTimeout,
    TransportError,
    Unavailable,
)


@define
class Counting:
    """A port that notes each access, and fails at access `failing`."""

    error: TransportError | None = None
    failing: int = -1
    word: int = 0
    accesses: list[tuple[str, int, int]] = field(factory=list[tuple[str, int, int]])

    def _access(self, kind: str, address: int, width: int) -> None:
        if self.error is not None and len(self.accesses) == self.failing:
            raise self.error
        self.accesses.append((kind, address, width))

    def read(self, address: int, width: int) -> int:
        self._access("read", address, width)
        return self.word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self._access("write", address, width)


def driven(
    asked: Batch, port: Counting | Window, *, start_s: float = 0.0, drift: float = 1.0
) -> tuple[Results, list[float]]:
    """Run the batch on a clock of its own; return its results and the waits it asked for.

    Args:
        drift: how much of each wait really passes; not less than a nanosecond.
    """
    now_s, waits = start_s, list[float]()
    steps = interpret(asked, port, lambda: now_s)
    while True:
        try:
            waits.append(next(steps))
        except StopIteration as stop:
            results: Results = stop.value
            return results, waits
        now_s += waits[-1] if drift == 1.0 else max(waits[-1] * drift, 1e-9)


EVERY_ACCESS: list[tuple[int, str, int, int]] = [  # of which operation, and what
    (0, "read", BASE, 1),
    (1, "write", BASE + 2, 2),
    (2, "read", BASE + 4, 4),
    (2, "write", BASE + 4, 4),
    (3, "read", BASE + 8, 8),
    (5, "read", BASE + 16, 4),
    *[(6, "read", BASE + place, 4) for place in (20, 24, 28)],
    *[(8, "write", BASE + place, 4) for place in (32, 40, 48)],
    *[(9, "read", BASE, 8)] * 2,
    *[(10, "write", BASE + 1, 1)] * 2,
]


def test_accesses_of_every_operation() -> None:
    """Each operation asks its port for exactly the accesses that it stands for, in order."""
    port = Counting()
    results, waits = driven(Batch(EVERY), port)
    assert results.values == (0, None, 0, 0, None, 0, (0, 0, 0), None, None, (0, 0), None)
    assert (port.accesses, waits) == ([access[1:] for access in EVERY_ACCESS], [0.5])


@pytest.mark.parametrize("kind", [BusFault, DeviceLost, Denied, Unavailable, Indeterminate])
@pytest.mark.parametrize("failing", range(len(EVERY_ACCESS)))
def test_failure_at_each_access(failing: int, kind: type[TransportError]) -> None:
    """When access n fails nothing is accessed after it, the results before its operation stand, and it is named."""
    port = Counting(kind("no"), failing)
    results, _ = driven(Batch(EVERY), port)
    index, _, address, _ = EVERY_ACCESS[failing]
    assert port.accesses == [access[1:] for access in EVERY_ACCESS[:failing]]
    assert results.error == kind("no", address=address, index=index)
    assert len(results) == index
    with pytest.raises(kind):
        results[index]


def test_a_port_may_know_the_address_better() -> None:
    """An address that the port put into its error stays."""
    results, _ = driven(batch(Read(BASE)), Counting(BusFault("no", address=7), 0))
    assert results.error == BusFault("no", address=7, index=0)


REFUSED: list[tuple[Operation, Region, str]] = [
    (Read(0x2000), Region(BASE, 0x1000), "a 4-byte access at address 0x2000 is outside the window 0x1000..0x1fff"),
    (Write(0xFF8, 1, width=8), Region(BASE, 0x1000), "a 8-byte access at address 0xff8 is outside"),
    (
        Read(BASE + 56, width=8),
        Region(BASE, 60),
        "8-byte access at address 0x1038 is outside the window 0x1000..0x103b",
    ),
    (ReadBurst(BASE + 56, 3), Region(BASE, SIZE), "a 12-byte burst at address 0x1038 is outside"),
    (WriteBurst(BASE + 32, (1, 2), stride=32), Region(BASE, SIZE), "a 36-byte burst at address 0x1020 is outside"),
    (Modify(1 << 64, mask=1, value=1), Region(), "is outside the window 0x0..0xffffffffffffffff"),
    (Read(BASE, width=8), Region(BASE, SIZE, widths=frozenset({4})), r"a 8-byte access: .* has widths \[4\]"),
    (Write(BASE, 1), Region(BASE, SIZE, writable=False), "a 4-byte write: the window .* is read-only"),
    (Modify(BASE, mask=1, value=1), Region(BASE, SIZE, writable=False), "read-only"),
    (WriteBurst(BASE, (1,)), Region(BASE, SIZE, writable=False), "read-only"),
    (ReadBurst(BASE, 1 << 32, stride=0), Region(BASE, SIZE), "4294967296 words read in bursts; a batch reads 1048576"),
    (ReadBurst(BASE, BURST_WORDS_MAX + 1, stride=0), Region(), "1048577 words read in bursts; a batch reads 1048576"),
    (Write(BASE, 1, strobes=0b0110), Region(BASE, SIZE), "strobes 0x6 of a 4-byte write .* the capability strobes"),
    (Write(BASE, 1, strobes=0b0011), Region(BASE, SIZE, widths=frozenset({4})), "one aligned run of \\[4\\] bytes"),
]


@pytest.mark.parametrize(("op", "region", "reason"), REFUSED)
async def test_refused_before_the_first_access(op: Operation, region: Region, reason: str) -> None:
    """What the region cannot do is Denied before the first access, and the reason says what and where."""
    port = Counting()
    results = await run(batch(Fence(), Delay(1.0), op), port, region)
    assert (results.values, port.accesses) == ((), [])
    assert not isinstance(op, (Delay, Fence))
    assert results.error == Denied(results.error.reason if results.error else "", address=op.address, index=2)
    with pytest.raises(Denied, match=reason):
        results[0]


@pytest.mark.parametrize(
    "op",
    [
        Read(BASE + SIZE - 8, width=8),
        ReadBurst(BASE, SIZE // 4),
        ReadBurst(BASE + SIZE - 4, BURST_WORDS_MAX, stride=0),
        ReadBurst(BASE, 2, stride=SIZE - 4),
        WriteBurst(BASE + SIZE - 4, ()),
        Write(BASE, 1, strobes=0b1100),
    ],
)
def test_what_just_fits_is_not_refused(op: Operation) -> None:
    """The last word of a window may be used, and aligned runs of strobes may be had."""
    assert refusal(batch(op), Region(BASE, SIZE)) is None


def test_strobed_run_is_the_equal_narrower_access() -> None:
    """strobed_run names the access with just these strobes, or says that there is none."""
    runs = {((1 << width) - 1) << offset: (offset, width) for width in WIDTHS for offset in range(0, 8, width)}
    assert [strobed_run(strobes) for strobes in range(1, 256)] == [runs.get(strobes) for strobes in range(1, 256)]


def test_a_poll_that_is_met_does_not_wait() -> None:
    """A poll whose value is there costs one read, no waiting and no further reads."""
    results, waits = driven(batch(Poll(BASE, mask=0xF0, value=0x10, timeout_s=1.0)), Counting(word=0x1F))
    assert (results, waits) == (Results((0x1F,)), [])


@pytest.mark.parametrize("start_s", [0.0, 0.1, 1e6, 4e9])
@pytest.mark.parametrize("timeout_s", [0.0, 1e-9, 3e-5, 0.02, 1.0, 0.3])
def test_a_poll_looks_last_at_its_deadline(timeout_s: float, start_s: float) -> None:
    """The waits add up to the timeout and the last look is after them; the error tells what was seen."""
    port = Counting(word=6)
    results, waits = driven(batch(Poll(BASE, mask=1, value=1, timeout_s=timeout_s)), port, start_s=start_s)
    assert sum(waits) == pytest.approx(timeout_s, abs=1e-9 + len(waits) * math.ulp(start_s))
    assert (results.poll_reads, len(port.accesses)) == (len(waits), len(waits) + 1)
    assert all(wait_s <= POLL_S_MAX for wait_s in waits)
    assert isinstance(results.error, PollTimeout)
    assert "read 0x6 to the end, wanted 0x1 under mask 0x1 within" in results.error.reason
    wanted = PollTimeout("", address=BASE, index=0, mask=1, wanted=1, last=6, timeout_s=timeout_s)
    assert results.error.at(reason="") == wanted


@pytest.mark.parametrize("drift", [0.5, 3.0])
def test_a_poll_keeps_its_time_whatever_the_sleep(drift: float) -> None:
    """Woken early a poll waits on, woken late it looks once more and then gives up."""
    _, waits = driven(batch(Poll(BASE, mask=1, value=1, timeout_s=0.02)), Counting(), drift=drift)
    assert 0.02 - 1e-6 <= sum(waits) * drift < 0.02 + POLL_S_MAX * drift
    results, waits = driven(batch(Delay(0.02)), Counting(), drift=drift)
    assert sum(waits) * drift >= 0.02 - 1e-6
    assert results.values == (None,)


@given(met_s=st.floats(1e-6, 0.05))
def test_a_poll_notices_soon(met_s: float) -> None:
    """A value is noticed at most an eighth of the time late, and a longest wait at the most."""
    now_s = 0.0

    class Timed(Counting):
        def read(self, address: int, width: int) -> int:
            return int(now_s >= met_s)

    steps = interpret(batch(Poll(BASE, mask=1, value=1, timeout_s=1.0)), Timed(), lambda: now_s)
    for wait_s in steps:
        now_s += wait_s
    assert now_s <= met_s + max(POLL_S_MIN, min(met_s / 8, POLL_S_MAX)) + 1e-9


def test_a_check_says_what_it_saw() -> None:
    """A check that fails carries mask, wanted and the whole word; the batch ends there."""
    port = Counting(word=0xAB)
    results, _ = driven(batch(Read(BASE), Check(BASE + 4, mask=0xF, value=0xA), Write(BASE, 1)), port)
    assert results.values == (0xAB,)
    assert results.error == CheckFailed(
        "read 0xab, wanted 0xa under mask 0xf", address=BASE + 4, index=1, mask=0xF, wanted=0xA, last=0xAB
    )
    assert len(port.accesses) == 2


async def test_cancelled_before_the_first_access() -> None:
    """run is a checkpoint before anything else: in a cancelled scope nothing was accessed."""
    port = Counting()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await run(batch(Write(BASE, 1)), port)
    assert (scope.cancelled_caught, port.accesses) == (True, [])


async def test_run_waits_by_the_loop_clock(autojump_clock: object) -> None:
    """run sleeps what the batch asks for, on the clock of the event loop."""
    start_s = anyio.current_time()
    results = await run(batch(Delay(100.0), Poll(BASE, mask=1, value=1, timeout_s=50.0)), Counting())
    assert isinstance(results.error, PollTimeout)
    assert anyio.current_time() - start_s == pytest.approx(150.0)


@pytest.mark.parametrize(("size", "base"), [(0, 0), (12, 0), (16, 4), (16, -8)])
def test_windows_are_multiples_of_eight(size: int, base: int) -> None:
    """A window that has not whole 8-byte words at their addresses is refused, with its size and base."""
    with pytest.raises(ValueError, match=f"{size} bytes at {base:#x}"):
        Window(bytearray(size), base)


def test_a_closed_window_is_lost() -> None:
    """After close every access finds the device lost, the memory is free, and closing again does nothing."""
    memory = bytearray(16)
    window = Window(memory, BASE)
    window.close()
    window.close()
    assert window.closed
    memory.append(0)  # a bytearray with a view on it cannot grow
    for op in (Read(BASE), Write(BASE, 1)):
        results, _ = driven(batch(op), window)
        assert isinstance(results.error, DeviceLost)


@given(asked=st.lists(operations(), max_size=12).map(Batch), content=st.binary(min_size=SIZE, max_size=SIZE))
def test_any_batch_does_what_the_oracle_says(asked: Batch, content: bytes) -> None:
    """Any batch over any memory brings the oracle's values and error, and leaves the oracle's memory."""
    memory, expected = bytearray(content), bytearray(content)
    window = Window(memory, BASE)
    wanted = Oracle(expected, BASE, widths=frozenset(WIDTHS), strobes=False).run(asked)
    refused = refusal(asked, window.region)
    results = Results((), refused) if refused else driven(asked, window)[0]
    assert results.values == wanted.values
    assert (type(results.error), results.error and results.error.index) == (wanted.error or type(None), wanted.index)
    assert memory == expected


@pytest.mark.parametrize("failing", range(len(EVERY_ACCESS) + 1))
def test_a_shared_batch_does_what_a_moved_one_does(failing: int) -> None:
    """A batch that shares its operations accesses, answers and fails as one made for the place, at every access."""
    shared = Batch(Batch(EVERY).rebased(-BASE))
    ports = [Counting(failing=failing, error=BusFault("no answer")) for _ in range(2)]
    found = [driven(asked, port) for asked, port in zip((shared.rebased(BASE), Batch(EVERY)), ports, strict=True)]
    assert found[0] == found[1]
    assert ports[0].accesses == ports[1].accesses
