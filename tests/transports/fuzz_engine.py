"""Feeds the engine in C any bytes as programs, any offsets and values: it must refuse or run, and stay in its window.

The window lies in one page between two that may not be touched: an access outside of both ends the process. What of the
page is not the window must not change.

Usage: fuzz_engine.py SEED EXAMPLES. Prints what the programs came to; exit status 0 when all held.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import sys
from array import array
from collections import Counter

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.transports.programs import BASE, operations
from transports import _engine
from transports.program import HEADER, KINDS, MAGIC, RECORD, pack

PAGE = mmap.PAGESIZE
WORDS_MAX = 1 << 16  # a burst of 2**20 words from one address is a program; here it would only take time and memory
OUTCOMES: Counter[str] = Counter()


def guarded_page() -> memoryview:
    """Return a page of memory between two pages that may not be touched."""
    memory = mmap.mmap(-1, 3 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for place in (start, start + 2 * PAGE):
        if libc.mprotect(place, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    return memoryview(memory)[PAGE : 2 * PAGE]


PAGE_MEMORY = guarded_page()

edges = st.sampled_from([0, 1, 2, 4, 8, 2**16, 2**31, 2**32, 2**63, 2**64 - PAGE, 2**64 - 8, 2**64 - 1])
spans = st.sampled_from([(0, PAGE), (PAGE - 8, PAGE), (PAGE - 64, PAGE), (0, 64), (64, 128)])


def places_in(size: int) -> st.SearchStrategy[int]:
    """Return addresses mostly in a window of so many bytes, else about its ends or about those of the address space."""
    inside = st.integers(BASE, BASE + size - 1)
    about = st.builds(int.__add__, st.sampled_from([BASE, BASE + size]), st.integers(-16, 16))
    return inside | inside | inside | inside | about | about | edges


counts = st.integers(0, 5) | st.sampled_from([0, 1, PAGE // 8, PAGE, 2**20, 2**31, 2**32 - 1])
words = st.integers(0, 255) | st.integers(0, 2**64 - 1) | edges
widths = st.sampled_from([1, 2, 4, 8])
times = st.sampled_from([0.0, 0.0, 1e-9, 1e-6, 0.5, 1e300])


@st.composite
def records(draw: st.DrawFn, size: int) -> tuple[int, ...]:
    """Draw the fields of one record that could be, many of them at their edges; all but its time."""
    kind = draw(st.integers(1, len(KINDS)))
    if kind in (6, 7):
        return kind, 0, 0, 0, 1, 0, 0, 0
    width = draw(widths)
    burst, masked, limit = kind in (8, 9), kind in (3, 4, 5), (1 << 8 * width) - 1
    mask = draw(words) & limit if masked else draw(st.sampled_from([0, 1, 2, 2**59])) * width if burst else 0
    value = draw(words) & (mask if masked else limit) if kind in (2, 3, 4, 5) else 0
    strobes = draw(st.integers(0, 255)) & ((1 << width) - 1) if kind == 2 else 0
    count = 1 if not burst else draw(counts) if kind == 8 else draw(st.integers(0, 5))
    return kind, width, strobes, 0, count, draw(places_in(size)) // width * width, mask, value


@st.composite
def packed_programs(draw: st.DrawFn, size: int) -> bytes:
    """Draw bytes: records that could be, and their data; sometimes with some bytes changed; or noise."""
    body, used = list[bytes](), 0
    for kind, *fields, value in draw(st.lists(records(size), max_size=4)):
        time_s = draw(times) if kind in (5, 6) else 0.0
        body.append(RECORD.pack(kind, *fields, used if kind == 9 else value, time_s))
        used += fields[3] if kind == 9 else 0
    data = b"".join(draw(words).to_bytes(8, "little") for _ in range(used))
    small = bytes(byte if place % 8 == 0 else 0 for place, byte in enumerate(data))  # fits every width
    packed = HEADER.pack(MAGIC, len(body), used) + b"".join(body) + draw(st.sampled_from([small, small, data]))
    made = bytearray(draw(st.sampled_from([packed, packed, packed, pack(draw(st.lists(operations(), max_size=6)))])))
    for place, byte in draw(st.just([]) | st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=2)):
        made[min(place, len(made) - 1)] = byte
    return draw(st.sampled_from([bytes(made)] * 9 + [draw(st.binary(max_size=200))]))


@given(
    span_and_packed=spans.flatmap(lambda span: st.tuples(st.just(span), packed_programs(span[1] - span[0]))),
    offset=st.sampled_from([0] * 12 + [8, -8, PAGE]) | st.just(0) | st.integers(-(2**63), 2**64 - 1),
    content=st.sampled_from([b"\xff", b"\0", b"\x5a", b"\xff\xff\xff\xff\0\0\0\0"]),
    given_values=st.none() | st.none() | st.lists(words, max_size=6),
    identity=st.sampled_from([None, BASE]),
    steps=st.lists(st.sampled_from([-1, 0, 0, 1000]), min_size=1, max_size=4),
)
def hostile(
    span_and_packed: tuple[tuple[int, int], bytes],
    offset: int,
    content: bytes,
    given_values: list[int] | None,
    identity: int | None,
    steps: list[int],
) -> None:
    """Run one program, if it is one; a step of -1 closes the window."""
    span, packed = span_and_packed
    try:
        program = _engine.Program(packed)
    except ValueError:
        OUTCOMES["no program"] += 1
        return
    if program.words > WORDS_MAX:
        OUTCOMES["too long to try"] += 1
        return
    PAGE_MEMORY[:] = content * (PAGE // len(content))
    window = _engine.Window(PAGE_MEMORY[slice(*span)], BASE, identity=identity)
    values = None if given_values is None else array("Q", (given_values * 9)[: program.values])
    stamps = array("Q", bytes(8 * program.operations))
    try:
        done = window.run(program, offset, values, stamps)
    except ValueError:
        OUTCOMES["values refused"] += 1
        return
    if isinstance(done, bytes):
        OUTCOMES["done"] += 1
        assert len(done) == 8 * program.words
    else:
        for spin_ns in steps:
            window.close() if spin_ns < 0 else done.step(spin_ns)
        OUTCOMES[f"code {done.code}"] += 1
        assert len(done.words) <= 8 * program.words
    before, after = PAGE_MEMORY[: span[0]], PAGE_MEMORY[span[1] :]
    whole = content * (PAGE // len(content))
    assert before == whole[: span[0]]
    assert after == whole[span[1] :]


def main() -> int:
    number, examples = map(int, sys.argv[1:])
    print(f"seed {number}, {examples} examples", flush=True)
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    quiet = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=slow)
    seed(number)(quiet(hostile))()
    print(json.dumps(dict(OUTCOMES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
