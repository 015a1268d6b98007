"""The qtest wire without a QEMU: what is sent, what is understood, and when a batch waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, pairwise

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

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
    ones,
)
from transports.bounds import BURST_WORDS_MAX
from transports.engine import interpret
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, PollTimeout
from transports.qemu.machines import MACHINES, SIFIVE_U, machine
from transports.qemu.qtest import (
    LINE_BYTES_MAX,
    Edge,
    Parser,
    Received,
    Refusal,
    Reply,
    intercept_line,
    windows,
)
from transports.qemu.qtest_batch import POLL_PAUSE_S, Answer, Exchange, Pause, converse

RAM = 0x8000_0000
LETTERS = {"b": 1, "w": 2, "l": 4, "q": 8}
LINE = re.compile(r"(read|write)([bwlq]) 0x([0-9a-f]+)(?: 0x([0-9a-f]+))?\n")


@define
class Memory:
    """Bytes by address, as a qtest server and as a port of the engine; keeps an account of the accesses."""

    cells: dict[int, int] = field(factory=dict[int, int])
    log: list[tuple[str, int, int]] = field(factory=list[tuple[str, int, int]])

    def read(self, address: int, width: int) -> int:
        self.log.append(("read", address, width))
        return sum(self.cells.get(address + k, (address + k) * 37 & 0xFF) << 8 * k for k in range(width))

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        lanes = [k for k in range(width) if strobes is None or strobes >> k & 1]
        self.log.append(("write", address + lanes[0], len(lanes)))
        for k in lanes:
            self.cells[address + k] = value >> 8 * k & 0xFF

    def answer(self, line: bytes) -> Reply:
        """Do what one command says."""
        match = LINE.fullmatch(line.decode())
        assert match, f"QEMU would abort on {line!r}"
        verb, letter, address, value = match.groups()
        width = LETTERS[letter]
        assert (verb == "write") == (value is not None)
        if verb == "read":
            return self.read(int(address, 16), width)
        assert int(value, 16) <= ones(width)
        self.write(int(address, 16), int(value, 16), width, None)
        return None


@define
class Peer:
    """Carries a conversation with a memory behind it; time passes only in pauses."""

    memory: Memory = field(factory=Memory)
    exchanges: list[list[bytes]] = field(factory=list[list[bytes]])
    pauses: list[float] = field(factory=list[float])
    now: float = 0.0

    def run(self, work: Batch, lost_after: int | None = None) -> Results:
        """Run a batch; the device is lost when it has answered `lost_after` lines."""
        talk, left = converse(work), count() if lost_after is None else iter(range(lost_after))
        try:
            request = next(talk)
            while True:
                match request:
                    case Exchange(lines):
                        self.exchanges.append(list(lines))
                        replies = [self.memory.answer(line) for line, _ in zip(lines, left, strict=False)]
                        error = DeviceLost("gone") if len(replies) < len(lines) else None
                        answer = Answer(replies, self.now, error)
                    case Pause(seconds):
                        self.pauses.append(seconds)
                        self.now += seconds
                        answer = Answer((), self.now)
                request = talk.send(answer)
        except StopIteration as stop:
            results: Results = stop.value
            return results


WIDTHS = st.sampled_from([1, 2, 4, 8])


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """Draw an operation in the first bytes of RAM, so that operations meet each other's words."""
    width = draw(WIDTHS)
    address = RAM + width * draw(st.integers(0, 3))
    word = st.integers(0, ones(width))
    mask = draw(st.sampled_from([0, 1, ones(width)]) | word)
    value = draw(word) & mask
    kind = draw(st.integers(0, 8))
    match kind:
        case 0:
            return Read(address, width=width)
        case 1:
            lane = draw(st.sampled_from([None, 1, ones(1) & ((1 << width) - 1)]))
            return Write(address, draw(word), width=width, strobes=lane)
        case 2:
            return Modify(address, mask, value, width=width)
        case 3 | 4:
            known = Memory().read(address, width) & mask
            return Check(address, mask, draw(st.sampled_from([known, value])), width=width)
        case 5:
            return Poll(address, mask, value, width=width, timeout_s=draw(st.sampled_from([0.0, 0.003])))
        case 6:
            return ReadBurst(address, draw(st.integers(0, 200)), width=width, stride=draw(st.sampled_from([None, 0])))
        case 7:
            return WriteBurst(address, tuple(draw(st.lists(word, max_size=5))), width=width)
        case _:
            rest: list[Operation] = [Fence(), Delay(0.5)]
            return draw(st.sampled_from(rest))


BATCHES = st.lists(operations(), max_size=12).map(Batch)


def replayed(work: Batch) -> tuple[Results, Memory]:
    """Return what the engine makes of a batch over the same memory; waits take no time but their own."""
    memory, now = Memory(), [0.0]
    steps = interpret(work, memory, lambda: now[0])
    try:
        while True:
            now[0] += next(steps)
    except StopIteration as stop:
        return stop.value, memory


@given(BATCHES)
def test_agrees_with_the_engine(work: Batch) -> None:
    """Over one memory, a batch over qtest brings what the engine brings, leaves the same bytes, and fails alike."""
    peer = Peer()
    results, (expected, memory) = peer.run(work), replayed(work)
    assert results.values == expected.values
    assert peer.memory.cells == memory.cells
    assert type(results.error) is type(expected.error)
    if results.error is not None and expected.error is not None:
        kept = {"index", "address", "mask", "wanted", "last"}
        assert {k: v for k, v in results.error.to_data().items() if k in kept} == {
            k: v for k, v in expected.error.to_data().items() if k in kept
        }
    if not any(isinstance(op, Poll) for op in work):
        assert peer.memory.log == memory.log


@given(BATCHES)
def test_only_the_grammar_leaves(work: Batch) -> None:
    """Whatever the batch, whole lines of the grammar leave, in order, in windows that QEMU reads at one go."""
    peer = Peer()
    peer.run(work)
    for lines in peer.exchanges:
        sent = list(windows(lines))
        assert b"".join(window.data for window in sent) == b"".join(lines)
        assert sum(window.replies for window in sent) == len(lines)
        for window in sent:
            assert len(window.data) <= 1024
            parts = window.data.decode().splitlines(keepends=True)
            assert len(parts) == window.replies
            assert all(LINE.fullmatch(part) for part in parts)


@given(BATCHES, st.integers(0, 400))
def test_a_lost_device_ends_the_batch_where_it_was(work: Batch, answered: int) -> None:
    """When replies stop, the results before the first unanswered operation stand and that operation is the error's."""
    whole, cut = Peer().run(work), Peer().run(work, lost_after=answered)
    if not isinstance(cut.error, DeviceLost):
        assert cut == whole
        return
    assert cut.error.reason == "gone"
    assert cut.error.index == len(cut.values)
    op = work.operations[len(cut.values)]
    assert not isinstance(op, (Delay, Fence))
    assert cut.error.address == op.address
    assert cut.values == whole.values[: len(cut.values)]


def test_nothing_is_sent_behind_a_check() -> None:
    """Behind a check nothing is sent until its reply is there: any access may have effects, a check's read too."""
    for op in (Check(RAM + 4, 0, 0), Read(RAM), Write(RAM, 1), Modify(RAM, 1, 1), ReadBurst(RAM, 3), Fence()):
        peer = Peer()
        results = peer.run(batch(Check(RAM, 1, 1), op))
        assert isinstance(results.error, CheckFailed)
        assert (results.error.index, results.values) == (0, ())
        assert peer.exchanges == [[b"readl 0x80000000\n"]]


def test_what_cannot_fail_is_one_exchange() -> None:
    """A run of reads and writes, with a check at its end, is one exchange."""
    peer = Peer()
    assert peer.run(batch(Write(RAM, 1), Read(RAM), WriteBurst(RAM, (1, 2)), Check(RAM, 1, 1))).error is None
    assert len(peer.exchanges) == 1


def test_modifies_overlap() -> None:
    """The write of a modify travels with the read of the next: n of them take n + 1 exchanges, not 2n."""
    peer = Peer()
    results = peer.run(batch(Modify(RAM, 0xFF << 8 * k, 0x11 << 8 * k) for k in range(4)))
    assert peer.memory.read(RAM, 4) == 0x11111111
    assert results.values[3] == 0x11111111 & ~(0xFF << 24) | Memory().read(RAM, 4) & 0xFF << 24
    assert len(peer.exchanges) == 5


def test_a_poll_looks_once_more_after_its_time() -> None:
    """A poll ends only on a look that came after its time was up, backs off, and counts its extra looks."""
    peer = Peer()
    results = peer.run(batch(Poll(RAM, 1, 1, timeout_s=0.02)))
    assert isinstance(results.error, PollTimeout)
    assert (results.error.last, results.error.timeout_s) == (Memory().read(RAM, 4), 0.02)
    assert sum(peer.pauses) == pytest.approx(0.02)
    assert results.poll_reads == len(peer.pauses) == len(peer.exchanges) - 1
    assert peer.pauses[:2] == [POLL_PAUSE_S[0], 2 * POLL_PAUSE_S[0]]
    assert max(peer.pauses) <= POLL_PAUSE_S[1]


def test_an_answer_that_fits_no_access_loses_the_device() -> None:
    """A refusal, a word for a write or no word for a read ends the batch as lost: who answered what is unknown."""
    for work, reply in ((Read(RAM), None), (Write(RAM, 1), 5), (Read(RAM), Refusal("FAIL what"))):
        talk = converse(batch(work))
        next(talk)
        with pytest.raises(StopIteration) as stop:
            talk.send(Answer([reply], 0.0))
        error = stop.value.value.error
        assert isinstance(error, DeviceLost)
        assert (error.index, error.address) == (0, RAM)


@pytest.mark.parametrize(
    "line",
    [
        b"readl\n", b"readl zz\n", b"readl  0x0\n", b"\n", b"readl 0x0\r\n", b"read 0x0 0\n", b"outl 0x10000 1\n",
        b"readl 0x0", b"readl 0x0\nreadl 0x0\n", b"readl 0x-4\n", b"readl 0x11112222333344445\n", b"writel 0x0\n",
        intercept_line("/machine/a b"), intercept_line("machine"),
    ],
)  # fmt: skip
def test_what_qemu_aborts_on_is_refused(line: bytes) -> None:
    """A line outside the grammar never leaves, wherever it stands."""
    with pytest.raises(ValueError, match="QEMU would abort"):
        list(windows([b"readl 0x0\n", line]))


LINES = st.one_of(
    st.just(b"OK"),
    st.integers(0, ones(8)).map(lambda word: b"OK 0x%016x" % word),
    st.tuples(st.sampled_from([b"raise", b"lower"]), st.integers(0, 255)).map(lambda e: b"IRQ %s %d" % e),
    st.just(b"FAIL Unknown device"),
)
NOISE = st.one_of(st.binary(max_size=9), st.just(b"x" * (LINE_BYTES_MAX + 1)), st.just(b"OK 0x" + b"f" * 17))


def streams() -> st.SearchStrategy[bytes]:
    """Draw what a server may say: mostly lines, sometimes noise, the last line perhaps unfinished."""
    lines = st.lists(LINES | LINES | LINES | NOISE, max_size=20)
    return st.tuples(lines, LINES | NOISE).map(lambda s: b"".join(line + b"\n" for line in s[0]) + s[1])


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return (data[a:b] for a, b in pairwise(edges))


def understood(data: bytes, cuts: list[int]) -> Received:
    parser, all_of_it = Parser(), Received()
    for piece in pieces(data, cuts):
        part = parser.feed(piece)
        all_of_it.replies += part.replies
        all_of_it.edges += part.edges
        all_of_it.nonsense = part.nonsense if all_of_it.nonsense is None else all_of_it.nonsense
    return all_of_it


@given(streams(), st.lists(st.integers(0, 5000), max_size=30))
def test_chunks_do_not_matter(data: bytes, cuts: list[int]) -> None:
    """However a stream is cut into pieces, the same replies, edges and first nonsense are understood."""
    assert understood(data, cuts) == understood(data, [])
    assert understood(data, list(range(len(data)))) == understood(data, [])


def test_edges_stand_apart_from_replies() -> None:
    """An edge comes before the reply of the command that caused it and is no part of it."""
    received = Parser().feed(b"IRQ raise 11\nOK\nIRQ lower 3\nOK 0x0000000000000005\nFAIL no\n")
    assert received == Received([None, 5, Refusal("FAIL no")], [Edge(11, True), Edge(3, False)])


def test_nothing_is_understood_after_nonsense() -> None:
    """After a line that is no qtest the parser stays silent: later replies belong to unknown commands."""
    parser = Parser()
    assert parser.feed(b"OK\nHTTP/1.1 400\nOK\n") == Received([None], [], b"HTTP/1.1 400")
    assert parser.feed(b"OK\n") == Received()
    assert Parser().feed(b"x" * 5000).nonsense is not None, "a line without end is nonsense, not held for ever"


@pytest.mark.parametrize(
    ("op", "kind", "says"),
    [
        (Read(0x5000_0000), BusFault, "flash window 0x20000000..0x2fffffff and RAM 0x80000000..0x8fffffff"),
        (Read(0), BusFault, "nearest: mask ROM"),
        (Read(0xFFFF_FFFF_FFFF_FFF8, width=8), BusFault, "nearest: RAM"),
        (Read(0x1001_0020), BusFault, "UART0"),
        (ReadBurst(0x8FFF_FFF8, 3), BusFault, "runs over the end of RAM"),
        (ReadBurst(RAM, 3, stride=1 << 28), BusFault, "runs over the end of RAM"),
        (Read(0x1000_0000, width=1), Denied, r"PRCI takes accesses of \[4\] bytes, not of 1"),
        (Write(0x1000_0000, 1, strobes=1), Denied, r"PRCI takes accesses of \[4\] bytes, not of 1"),
        (Write(RAM, 1, strobes=0b101), Denied, "strobes 0x5"),
        (Write(RAM, 1, strobes=0b110), Denied, "strobes 0x6"),
        (Write(0x1000, 1), Denied, "mask ROM is read-only"),
    ],
)
def test_the_map_refuses_what_qemu_would_swallow(op: Operation, kind: type[Exception], says: str) -> None:
    """What QEMU would answer with 0 or swallow is an error that names the operation, the address and what is near."""
    error = SIFIVE_U.fault(batch(Read(RAM), Fence(), op))
    assert error is not None
    assert type(error) is kind
    assert not isinstance(op, (Delay, Fence))
    assert (error.index, error.address) == (2, op.address)
    assert re.search(says, error.reason), error.reason


def test_the_map_passes_all_of_each_region() -> None:
    """First and last word of every region pass, and a burst over the whole of it where a batch may read so much."""
    for region in SIFIVE_U.regions:
        width = max(region.widths)
        ends = [Read(region.base, width=width), Read(region.end - width, width=width)]
        words = region.size // width
        whole = ReadBurst(region.base, words, width=width)
        error = SIFIVE_U.fault(batch(ends, whole))
        assert (error is None) == (words <= BURST_WORDS_MAX), error


def test_regions_do_not_overlap() -> None:
    """In every machine's map an address belongs to one region at most."""
    for known in MACHINES.values():
        for one, other in pairwise(known.regions):
            assert one.end <= other.base, f"{known.name}: {one} and {other}"


def test_an_unknown_machine_is_refused_by_name() -> None:
    """An unknown machine's error lists those there are."""
    with pytest.raises(ValueError, match=r"no QEMU machine 'sifive' here; there are: sifive_u"):
        machine("sifive")
