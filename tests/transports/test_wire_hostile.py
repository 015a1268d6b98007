"""Hostile frames: refused with a reason, before they cost anything."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.transports.said import KINDS, heard, messages, outcome, sealed, texts
from transports.base import Capabilities
from transports.batch import (
    batch,
)
from transports.wire import FRAME_BYTES_MAX, Frames, WireError, decode, encode, pack
from transports.wire.messages import (
    NAME_MAX,
    VERSION,
    Hello,
    Message,
    Run,
)
from transports.wire.operations import BURST_BYTES_MAX, OPERATIONS_MAX
from transports.wire.plain import encode_capabilities
from transports.wire.shape import DEPTH_MAX, measure

RUN = ["run", 7, [[0, 16, 4], [1, 16, 4, 5, None]]]

# ---- hostile frames ---------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\xc0"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "4 GB length": (b"\xff\xff\xff\xff" + bytes(4), "a frame of 4294967295 bytes; at most 4194304"),
    "one byte too long": ((FRAME_BYTES_MAX + 1).to_bytes(4, "little") + bytes(4), "a frame of 4194305 bytes"),
    "wrong checksum": (pack(RUN)[:4] + b"\0\0\0\0" + pack(RUN)[8:], "whose checksum is wrong"),
    "another program": (b"GET / HTTP/1.1\r\n\r\n", "a frame of 542393671 bytes"),
    "no body": (sealed(b""), "cut short"),
    "2,000 deep": (sealed(nested(2000)), "nested more than 8 deep"),
    "2,000 maps deep": (sealed(b"\x81\xa1a" * 2000 + b"\xc0"), "nested more than 8 deep"),
    "an array of 4 G": (sealed(b"\xdd\xff\xff\xff\xff\xc0"), "more than 1048576 items"),
    "an array of what is not there": (sealed(b"\xdd\x00\x0f\xff\xff\xc0"), "cut short"),
    "a map of 4 G": (sealed(b"\xdf\xff\xff\xff\xff\xc0"), "more than 1048576 items"),
    "a text of 4 GB": (sealed(b"\xdb\xff\xff\xff\xffabc"), "cut short"),
    "two messages in one": (sealed(msgpack.packb(RUN) * 2), "bytes follow the message"),
    "an extension": (sealed(msgpack.packb(["run", 1, msgpack.ExtType(3, b"x")])), "which no message has"),
    "a time": (sealed(msgpack.packb(msgpack.Timestamp(5))), "which no message has"),
    "the byte for nothing": (sealed(b"\xc1"), "the byte 0xc1"),
    "text that is none": (sealed(b"\xa2\xff\xff"), "does not decode"),
    "keys that are no text": (sealed(b"\x92\xa3end\x81\x01\x02"), "does not decode"),
    "no list": (sealed(msgpack.packb({"run": 1})), "expected a message, found dict"),
    "an empty list": (sealed(msgpack.packb([])), "unknown kind"),
    "garbage": (sealed(b"\x07"), "expected a message, found int 7"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_is_refused_with_a_reason(name: str) -> None:
    """What is no message of ours raises WireError, which says what it is."""
    data, reason = HOSTILE[name]
    with pytest.raises(WireError) as refused:
        heard(data)
    assert reason in str(refused.value)


BAD: list[tuple[Any, str]] = [
    (["shutdown", 1], "unknown kind 'shutdown'"),
    ([7, 1], "unknown kind '7'"),
    (["run", 1], "'run' of 2 items, expected 3"),
    (["run", -1, []], "expected a number from 0 up, found int -1"),
    (["run", 1.0, []], "found float 1.0"),
    (["run", True, []], "found bool True"),
    (["run", 1, {}], "expected a batch, found dict"),
    (["run", 1, [3]], "expected an operation, found int 3"),
    (["run", 1, [[]]], "an operation of unknown kind None"),
    (["run", 1, [[9, 0, 4]]], "an operation of unknown kind 9"),
    (["run", 1, [[-1, 0, 4]]], "an operation of unknown kind -1"),
    (["run", 1, [[True, 0, 4]]], "an operation of unknown kind True"),
    (["run", 1, [["0", 0, 4]]], "an operation of unknown kind '0'"),
    (["run", 1, [[0, 0]]], "an operation of kind 0 with 2 items, expected 3"),
    (["run", 1, [[0, 0, 3]]], "width is 3 bytes"),
    (["run", 1, [[0, 0, 4.0]]], "found float 4.0"),
    (["run", 1, [[0, 2, 4]]], "not a multiple of the access width"),
    (["run", 1, [[0, -4, 4]]], "expected a number from 0 up"),
    (["run", 1, [[1, 0, 1, 256, None]]], "does not fit 1 bytes"),
    (["run", 1, [[1, 0, 4, 0, 16]]], "strobes 0x10 do not fit"),
    (["run", 1, [[1, 0, 4, 0, 0]]], "strobes 0x0 do not fit"),
    (["run", 1, [[2, 0, 4, 1, 2]]], "has bits outside mask"),
    (["run", 1, [[4, 0, 4, 1, 1, math.inf]]], "expected seconds, found float inf"),
    (["run", 1, [[4, 0, 4, 1, 1, math.nan]]], "expected seconds"),
    (["run", 1, [[4, 0, 4, 1, 1, -1.0]]], "expected seconds"),
    (["run", 1, [[5, 0, 4, -1, None]]], "expected a number from 0 up"),
    (["run", 1, [[5, 0, 4, 1 << 62, None]]], "bytes read in bursts"),
    (["run", 1, [[5, 0, 8, 1, None], [5, 0, 8, BURST_BYTES_MAX // 8, 0]]], "bytes read in bursts"),
    (["run", 1, [[5, 0, 4, 1, 3]]], "stride is 3 bytes"),
    (["run", 1, [[6, 0, 4, b"12345", None]]], "not whole words"),
    (["run", 1, [[6, 0, 4, [1, 2], None]]], "not whole words"),
    (["run", 1, [[6, 0, 5, b"12345", None]]], "a width of 5 bytes"),
    (["run", 1, [[7, "soon"]]], "expected seconds, found str 'soon'"),
    (["run", 1, [[8]] * (OPERATIONS_MAX + 1)], "a batch of 100001 operations"),
    (["run all", 1, {}], "expected batches, found dict"),
    (["run all", 1, [1]], "expected a batch, found int 1"),
    (["run all", 1, [[], [[9]]]], "an operation of unknown kind 9"),
    (["run all", 1, [[[8]] * OPERATIONS_MAX, [[8]]]], "a batch of 100001 operations"),
    (["run all", 1, [[[5, 0, 8, BURST_BYTES_MAX // 8, None]], [[5, 0, 8, 1, 0]]]], "bytes read in bursts"),
    (["ran all", 1, [[[], None]]], "results of 2 items"),
    (["ran all", 1, None], "expected results of batches, found NoneType"),
    (["ping"], "'ping' of 1 items, expected 2"),
    (["pong", -1], "expected a number from 0 up"),
    (["ran", 1, [[], None]], "results of 2 items"),
    (["ran", 1, [["x"], None, 0]], "neither a word nor the words of a burst"),
    (["ran", 1, [[b""], None, 0]], "neither a word nor"),
    (["ran", 1, [[b"\x03abc"], None, 0]], "neither a word nor"),
    (["ran", 1, [[b"\x04abc"], None, 0]], "not whole words"),
    (["ran", 1, [[], None, -1]], "expected a number from 0 up"),
    (["ran", 1, [[], "lost", 0]], "expected an error, found str"),
    (["end", {}], "expected a text"),
    (["end", {"kind": "Denied"}], "expected a text"),
    (["end", {"kind": "Denied", "reason": 3}], "expected a text"),
    (["end", {"kind": "Denied", "reason": "x", "index": "y"}], "expected a number from 0 up, found str 'y'"),
    (["end", {"kind": "Denied", "reason": "x", "colour": "y"}], "not a transport error"),
    (["end", {"kind": "PollTimeout", "reason": "x", "timeout_s": "y"}], "expected a real number"),
    (["end", {"kind": "PollTimeout", "reason": "x", "mask": 1.5}], "expected a number from 0 up"),
    (["end", {"kind": ["Denied"], "reason": "x"}], "expected a text"),
    (["rose", [1, -1]], "expected a number from 0 up"),
    (["rose", [1 << 40]], "an interrupt line beyond"),
    (["rose", 3], "expected interrupt lines"),
    (["judged", 1, [["x"], {"a": {"b": "c"}}, {}]], "expected a real number"),
    (["judged", 1, [["x"], {"a": 3}, {}]], "expected stages"),
    (["judged", 1, [["x"], {}, {"sent": -1}]], "expected a number"),
    (["judged", 1, [["x"], {}, {}, 1, [["late", "hang"]]]], "expected a real number"),
    (["judged", 1, [["x"], {}, {}, 1, [[1.0, "hang", 2]]]], "a fault"),
    (["firstlight", VERSION + 1, "name", False, "more"], f"is spoken there, and {VERSION} here"),
    (["firstlight", "1", "name", False], "expected a number"),
    (["firstlight", VERSION, "", False], "the name of a controller"),
    (["firstlight", VERSION, "x" * (NAME_MAX + 1), False], "the name of a controller"),
    (["firstlight", VERSION, "two\nlines", False], "the name of a controller"),
    (["firstlight", VERSION, "name", 1], "expected true or false"),
    (["welcome", VERSION + 1], f"wire version {VERSION + 1}"),
    (["welcome", VERSION, 0, encode_capabilities(Capabilities()), [], 7], "expected a text"),
    (["welcome", VERSION, 0, {}, [], ""], "given and unknown, or not given"),
    (["welcome", VERSION, 0, encode_capabilities(Capabilities()) | {"widths": [3]}, [], ""], "widths [3]"),
    (["welcome", VERSION, 0, encode_capabilities(Capabilities()) | {"burst": 1}, [], ""], "expected true or false"),
    (["welcome", VERSION, 0, encode_capabilities(Capabilities()), ["fly"], ""], "unknown powers: fly"),
]


@pytest.mark.parametrize(("data", "reason"), BAD, ids=lambda each: str(each)[:60])
def test_a_message_that_cannot_be_is_refused_with_a_reason(data: Any, reason: str) -> None:
    """Wrong types, unknown kinds, values out of range raise WireError, which says what was wrong."""
    with pytest.raises(WireError) as refused:
        heard(sealed(msgpack.packb(data)))
    assert reason in str(refused.value)


def test_a_message_that_may_not_come_now_is_refused() -> None:
    """Only the kinds that are asked for are taken."""
    with pytest.raises(WireError, match="'run', which may not come now"):
        decode(encode(Run(1, batch())), Hello)


@given(said=messages, at=st.integers(0), change=st.integers(1, 255))
def test_a_changed_byte_never_changes_a_message(said: Message, at: int, change: int) -> None:
    """With any one byte changed, a frame is refused, or is waited for longer; it is never another message."""
    data = bytearray(pack(encode(said)))
    data[at % len(data)] ^= change
    found = outcome(bytes(data))
    assert found == [] or (isinstance(found, str) and found)


@given(said=messages)
def test_a_cut_frame_is_waited_for(said: Message) -> None:
    """Cut at each byte, a frame gives nothing; with its last byte it is there."""
    data = pack(encode(said))
    frames = Frames()
    for byte in data[:-1]:
        frames.feed(bytes((byte,)))
        assert frames.take() == []
    frames.feed(data[-1:])
    assert [decode(body, *KINDS) for body in frames.take()] == [said]


@given(said=messages, at=st.integers(0), junk=st.binary(max_size=6), length=st.integers(0, 6))
def test_a_changed_body_is_refused_or_is_a_message(said: Message, at: int, junk: bytes, length: int) -> None:
    """With part of its body replaced and sealed anew, a frame is refused, or is a message, which can be said again."""
    body = pack(encode(said))[8:]
    place = at % (len(body) + 1)
    found = outcome(sealed(body[:place] + junk + body[place + length :]))
    assert found
    if not isinstance(found, str):
        again = heard(pack(encode(found[0])))
        assert [repr(message) for message in again] == [repr(message) for message in found]


integers = st.integers(-(1 << 63), (1 << 64) - 1)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), integers, st.floats(), texts, st.binary(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=12,
)
first_words = ["firstlight", "welcome", "run", "reset", "judge", "cancel", "ran", "done", "judged", "rose", "end"]


@given(word=st.sampled_from(first_words), rest=st.lists(plain, max_size=4))
def test_any_data_is_refused_or_is_a_message(word: str, rest: list[Any]) -> None:
    """Whatever follows a message's first word, decoding raises WireError or gives a message of that kind."""
    found = outcome(sealed(msgpack.packb([word, *rest], unicode_errors="surrogatepass")))
    assert found
    if not isinstance(found, str):
        assert encode(found[0])[0] == word


@given(st.binary(max_size=60))
@example(nested(DEPTH_MAX))
@example(nested(DEPTH_MAX + 1))
def test_the_measure_agrees_with_the_decoder(data: bytes) -> None:
    """Bytes that measure well decode, and what decodes and is not too deep and has no extension measures well."""
    try:
        measure(data)
        good = True
    except WireError:
        good = False
    if good:
        try:
            msgpack.unpackb(data, strict_map_key=False, unicode_errors="surrogatepass")
        except (UnicodeDecodeError, TypeError):  # text that is none; a key that is a list
            return
        return
    try:
        found = msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError):
        return
    assert depth(found) > DEPTH_MAX or strange(found)


def children(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        yield from found
        yield from found.values()
    elif isinstance(found, list):
        yield from found


def depth(found: Any) -> int:
    return 1 + max(map(depth, children(found)), default=0) if isinstance(found, (list, dict)) else 0


def strange(found: Any) -> bool:
    return isinstance(found, (msgpack.ExtType, msgpack.Timestamp)) or any(map(strange, children(found)))


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff\xff\xff\xff" + bytes(4),
        sealed(b"\xdd\xff\xff\xff\xff" * 8),
        sealed(b"\xdd\x00\x0f\xff\xff" * 7 + bytes(0x1000)),
        sealed(nested(2000)),
        sealed(b"\x93" * 6 + b"\xdd\x00\x01\x00\x00" + bytes(0x1000)),
    ],
)
def test_what_is_announced_makes_no_room(frame: bytes) -> None:
    """A frame that announces gigabytes is refused without memory for more than a few copies of itself."""
    frames = Frames()
    frames.feed(frame)
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            frames.take()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(frame) + 20_000
