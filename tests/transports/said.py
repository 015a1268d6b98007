"""All that can be said over the wire, for hypothesis to draw from.

Not a test: imported by them.
"""

from __future__ import annotations

from typing import get_args

import crc32c
from hypothesis import strategies as st

from transports.base import Capabilities, Judgement
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
    ones,
)
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
from transports.powers import POWERS
from transports.wire import Frames, WireError, decode
from transports.wire.messages import (
    NAME_MAX,
    Ask,
    Cancel,
    Done,
    End,
    Hello,
    Judged,
    Message,
    Ping,
    Pong,
    Ran,
    RanAll,
    Reset,
    Rose,
    Run,
    RunAll,
    Welcome,
)

KINDS: tuple[type[Message], ...] = get_args(Message)

times = st.floats(0, 1e9, allow_nan=False)
texts = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates as well


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    width = draw(st.sampled_from(WIDTHS))
    address = draw(st.integers(0, (1 << 64) // width - 1)) * width
    word = draw(st.integers(0, ones(width)))
    mask = draw(st.integers(0, ones(width)))
    count = draw(st.integers(0, 5))
    stride = draw(st.sampled_from([None, 0, width, 4 * width]))
    strobes = draw(st.one_of(st.none(), st.integers(1, (1 << width) - 1)))
    words = draw(st.lists(st.integers(0, ones(width)), max_size=5))
    kinds: list[Operation] = [
        Read(address, width=width),
        Write(address, word, width=width, strobes=strobes),
        Modify(address, mask, word & mask, width=width),
        Check(address, mask, word & mask, width=width),
        Poll(address, mask, word & mask, timeout_s=draw(times), width=width),
        ReadBurst(address, count, width=width, stride=stride),
        WriteBurst(address, words, width=width, stride=stride),
        Delay(draw(times)),
        Fence(),
    ]
    return draw(st.sampled_from(kinds))


batches = st.lists(operations(), max_size=8).map(Batch)
maybe = st.one_of(st.none(), st.integers(0, (1 << 64) - 1))
places = {"reason": texts, "address": maybe, "index": maybe, "where": texts}
words64 = st.integers(0, (1 << 64) - 1)
errors: st.SearchStrategy[TransportError] = st.one_of(
    *(st.builds(kind, **places) for kind in (DeviceLost, Unavailable, Denied, Indeterminate, BusFault)),
    st.builds(CheckFailed, **places, mask=words64, wanted=words64, last=words64),
    st.builds(PollTimeout, **places, mask=words64, wanted=words64, last=words64, timeout_s=times),
)
values = st.one_of(st.none(), words64, st.lists(words64, max_size=5).map(tuple))
outcomes = st.builds(
    Results, st.lists(values, max_size=6).map(tuple), st.one_of(st.none(), errors), st.integers(0, 1 << 40)
)
capabilities = st.builds(
    Capabilities,
    widths=st.frozensets(st.sampled_from(WIDTHS)),
    **{name: st.booleans() for name in ("strobes", "burst", "poll", "atomic_modify", "notifier", "real_time")},
    access_s=times,
    round_trip_s=times,
)
judgements = st.builds(
    Judgement,
    st.lists(texts, max_size=3).map(tuple),
    st.dictionaries(texts, st.dictionaries(texts, st.floats(allow_nan=False), max_size=3), max_size=3),
    st.dictionaries(texts, words64, max_size=3),
    words64,
    st.lists(st.tuples(st.floats(-1e9, 1e9), texts), max_size=3).map(tuple),
)
numbers = st.integers(0, (1 << 32) - 1)
names = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=NAME_MAX)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, names, st.booleans()),
    st.builds(Welcome, numbers, capabilities, st.frozensets(st.sampled_from(sorted(POWERS)))),
    st.builds(Run, numbers, batches),
    st.builds(RunAll, numbers, st.lists(batches, max_size=4).map(tuple)),
    st.builds(Ping, numbers),
    st.builds(Reset, numbers),
    st.builds(Ask, numbers),
    st.builds(Cancel, numbers),
    st.builds(Ran, numbers, outcomes),
    st.builds(RanAll, numbers, st.lists(outcomes, max_size=4).map(tuple)),
    st.builds(Pong, numbers),
    st.builds(Done, numbers, st.one_of(st.none(), errors)),
    st.builds(Judged, numbers, judgements),
    st.builds(Rose, st.frozensets(st.integers(0, 1000))),
    st.builds(End, errors),
)


def sealed(body: bytes) -> bytes:
    """Return a frame that is sound, whatever its body is."""
    length = len(body).to_bytes(4, "little")
    return length + crc32c.crc32c(length + body).to_bytes(4, "little") + body


def heard(data: bytes) -> list[Message]:
    """Return the messages in a stream of bytes."""
    frames = Frames()
    frames.feed(data)
    found: list[Message] = []
    while bodies := frames.take():
        found.append(decode(bodies[0], *KINDS))
    return found


def outcome(data: bytes) -> list[Message] | str:
    """Return the messages in a stream of bytes, or why it is refused."""
    try:
        return heard(data)
    except WireError as refused:
        return str(refused)


