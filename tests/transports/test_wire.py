"""The wire: what is said arrives unchanged, and whatever else comes is refused before it costs anything."""

from __future__ import annotations

import socket
from itertools import pairwise
from typing import Any

import anyio
import attrs
import msgpack
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.said import KINDS, batches, heard, messages, sealed
from transports.base import Capabilities
from transports.batch import (
    Batch,
    Check,
    Fence,
    Modify,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    batch,
    ones,
)
from transports.errors import (
    Denied,
    DeviceLost,
    Indeterminate,
    TransportError,
)
from transports.wire import FRAME_BYTES_MAX, Frames, Link, Unfit, decode, encode, pack
from transports.wire.errors import WireError
from transports.wire.frame import pack_list, seal
from transports.wire.messages import (
    VERSION,
    Cancel,
    End,
    Hello,
    Message,
    Ran,
    Run,
    Welcome,
    packed,
)
from transports.wire.operations import (
    BURST_BYTES_MAX,
    KNOWN_BATCHES,
    KNOWN_OPERATIONS,
    OPERATIONS_MAX,
    answers,
    decode_batch,
    decode_batches,
    refusal,
)
from transports.wire.shape import ITEMS_MAX, measure

# ---- unchanged --------------------------------------------------------------------------------


@given(said=st.lists(messages, max_size=4), cuts=st.lists(st.integers(0, 1000), max_size=6))
def test_what_is_said_arrives_unchanged(said: list[Message], cuts: list[int]) -> None:
    """Messages arrive equal and in order, in whatever pieces their bytes come."""
    data = b"".join(pack(encode(message)) for message in said)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    frames = Frames()
    found: list[Message] = []
    for start, end in pairwise(edges):
        frames.feed(data[start:end])
        while bodies := frames.take():
            found.append(decode(bodies[0], *KINDS))
    assert found == said
    assert [type(message) for message in found] == [type(message) for message in said]
    assert frames.held == 0


@given(messages)
def test_a_message_is_packed_as_it_is_encoded(said: Message) -> None:
    """Packed in pieces, of which those of batches are kept, a message is the bytes that it is in one."""
    assert [seal(packed(said)) for _ in range(2)] == [pack(encode(said))] * 2


@pytest.mark.parametrize("count", [0, 1, 15, 16, 65535, 65536])
def test_a_list_of_packed_items_is_a_packed_list(count: int) -> None:
    """Whatever its length, a list that is put together is the list that msgpack makes."""
    assert pack_list([b"\x07"] * count) == msgpack.packb([7] * count)


@given(batches)
def test_a_batch_keeps_its_kinds_and_types(work: Batch) -> None:
    """Each operation comes back as the class that it was, its times as the numbers they were."""
    (back,) = heard(pack(encode(Run(1, work))))
    assert isinstance(back, Run)
    assert [repr(op) for op in back.batch] == [repr(op) for op in work]


def test_numbers_that_are_more_than_numbers_cross_as_numbers() -> None:
    """A truth value in an operation, which compares equal to a number, does not end the connection."""
    (back,) = heard(pack(encode(Run(1, batch(Write(0, True), Modify(8, mask=True, value=False))))))
    assert isinstance(back, Run)
    assert back.batch == batch(Write(0, 1), Modify(8, mask=1, value=0))


def test_an_error_of_a_kind_that_is_not_known_here_concludes_least() -> None:
    """A plug-in's error, where the plug-in is not installed, is Indeterminate, and names its kind and place."""
    data = DeviceLost("burnt", address=8, index=1, where="pll0").to_data() | {"kind": "Toasted", "degrees": 300}
    (back,) = heard(sealed(msgpack.packb(["end", data])))
    assert back == End(Indeterminate("Toasted, which is not known here: burnt", address=8, index=1, where="pll0"))


def test_a_plug_ins_error_crosses_where_it_is_known() -> None:
    """An error class of somebody else crosses with its own fields."""

    @define(kw_only=True)
    class Smouldering(DeviceLost):
        degrees: float = 0.0
        label: object = None

    try:
        error = Smouldering("hot", degrees=300.5, label="A")
        assert heard(pack(encode(End(error)))) == [End(error)]
    finally:
        del TransportError.KINDS["Smouldering"]


# ---- what does not fit ------------------------------------------------------------------------


def test_what_does_not_fit_a_frame_is_not_sent() -> None:
    """A body beyond the limit, or a number beyond 64 bits, is Unfit; the largest that fits arrives."""
    with pytest.raises(Unfit, match="a frame takes 4194304"):
        pack(bytes(FRAME_BYTES_MAX))
    with pytest.raises(Unfit, match="more than 64 bits"):
        pack(encode(Run(1, batch(Read(1 << 64)))))
    body = bytes(FRAME_BYTES_MAX - 5)
    frames = Frames()
    frames.feed(pack(body))
    assert frames.take() == [body]


def test_the_largest_answers_fit_a_frame() -> None:
    """The largest answer to the largest batch that is carried fits a frame, and is measured in its items."""
    singles = OPERATIONS_MAX - 1
    work = Batch([Read(0, width=8)] * singles + [ReadBurst(0, BURST_BYTES_MAX // 8, width=8)])
    assert refusal(work) is None
    assert refusal(Batch([*work, Fence()])) is not None
    results = Results((ones(8),) * singles + ((ones(8),) * (BURST_BYTES_MAX // 8),), Denied("x" * 1000))
    frame = pack(encode(Ran(1, results)))
    measure(frame[8:])
    assert OPERATIONS_MAX * 7 < ITEMS_MAX


@given(work=batches)
def test_answers_are_told_from_nonsense(work: Batch) -> None:
    """Results of the right kinds and number are an answer; one too many, too few, or of another kind are none."""
    right = tuple(
        (0,) * op.count if isinstance(op, ReadBurst) else 0 if isinstance(op, (Read, Modify, Check, Poll)) else None
        for op in work
    )
    assert answers(work, Results(right))
    assert not answers(work, Results((*right, 0)))
    for place, value in enumerate(right):
        assert not answers(work, Results(right[:place]))
        assert answers(work, Results(right[:place], Denied("x")))
        wrong = 0 if value is None else None
        assert not answers(work, Results((*right[:place], wrong, *right[place + 1 :])))


# ---- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_a_link_keeps_frames_whole(backend: str) -> None:
    """However slowly the other end reads, frames arrive whole and in order, and nothing is sent twice."""
    said = [Run(number, batch(WriteBurst(0, range(20_000)))) for number in range(20)]
    found: list[Message] = []

    async def main() -> None:
        ours, theirs = (Link(sock) for sock in socket.socketpair())
        for message in said:
            ours.post(message)
        assert ours.unsent
        assert ours.taken < ours.posted
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ours.sent)
            while len(found) < len(said):
                await theirs.readable()
                theirs.receive()
                while (heard_now := theirs.take(Run)) is not None:
                    found.append(heard_now)
        assert ours.taken == ours.posted
        theirs.post(Cancel(1))
        assert not ours.gone()
        theirs.close()
        assert ours.gone()
        while not ours.ended:
            ours.receive()
        assert ours.take(Cancel) == Cancel(1)
        ours.close()

    anyio.run(main, backend=backend)
    assert found == said


def test_versions_are_part_of_the_hello() -> None:
    """The first frame of either side names the version, before anything that another version may have changed."""
    assert encode(Hello("x"))[:2] == ["firstlight", VERSION]
    assert encode(Welcome(1, Capabilities()))[:2] == ["welcome", VERSION]
    assert attrs.fields(Hello).version.default == VERSION


def read_at(address: int, count: int = 1) -> list[Any]:
    """Return a batch of reads as it comes out of a frame."""
    return [[0, address, 4] for _ in range(count)]


def test_a_batch_that_comes_again_is_decoded_once() -> None:
    """Of the last batches that came each is the same value when it comes again; older and larger ones are let go of."""
    at = 0x5A00_0000_0000  # where no other test reads: what it knew would be let go of by fewer
    first, long = decode_batch(read_at(at)), decode_batch(read_at(at, KNOWN_OPERATIONS + 1))
    assert decode_batch(read_at(at)) is first
    assert decode_batch(read_at(at, KNOWN_OPERATIONS + 1)) == long
    assert decode_batch(read_at(at, KNOWN_OPERATIONS + 1)) is not long
    (together,) = decode_batches([read_at(at)])
    assert together is first
    for number in range(1, KNOWN_BATCHES + 1):
        assert decode_batch(read_at(at + 8 * number)) == batch(Read(at + 8 * number))
    assert decode_batch(read_at(at)) == first
    assert decode_batch(read_at(at)) is not first


@pytest.mark.parametrize("data", [[[0, 4.0, 4]], [[False, 4, 4]], [[0, 4, 4.0]], [[0, True, 1]]])
def test_what_only_equals_a_batch_is_none(data: list[Any]) -> None:
    """Data that compares equal to a batch which came before, and is of other types, is refused as if it came first."""
    decode_batches([read_at(4), [[0, 1, 1]]])
    with pytest.raises(WireError):
        decode_batch(data)
