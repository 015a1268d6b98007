"""A run as a trace that Perfetto and Chrome's viewer open: a track for each block, and one for each bus.

Format: Trace Event Format, as documented by the Chromium project; times are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.history import History, Span
from runtime.recorder import accesses_of
from runtime.summary import State

BLOCKS, BUSES = 1, 2  # process numbers of the trace: one for what blocks did, one for what went over buses
US = 1e6


def trace(history: History, chip: str) -> dict[str, Any]:
    """Return the trace as JSON data."""
    return {
        "displayTimeUnit": "ms",
        "otherData": {"chip": chip},
        "traceEvents": [*_names(history, chip), *_blocks(history), *_batches(history)],
    }


def _meta(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name}}


def _names(history: History, chip: str) -> Iterator[dict[str, Any]]:
    yield _meta("process_name", BLOCKS, 0, f"{chip}: blocks")
    yield _meta("process_name", BUSES, 0, f"{chip}: buses")
    for thread, block in enumerate(history.spans(), 1):
        yield _meta("thread_name", BLOCKS, thread, block)
    for thread, places in enumerate(dict.fromkeys(places for places, _ in history.batches), 1):
        yield _meta("thread_name", BUSES, thread, f"behind {places.behind}" if places.behind else "the chip's bus")


def _blocks(history: History) -> Iterator[dict[str, Any]]:
    for thread, spans in enumerate(history.spans().values(), 1):
        for span in spans:
            yield {
                "ph": "X", "name": _title(span), "cat": span.state.value, "pid": BLOCKS, "tid": thread,
                "ts": span.start_s * US, "dur": (span.end_s - span.start_s) * US, "args": {"detail": span.detail},
            }  # fmt: skip


def _title(span: Span) -> str:
    if span.state in (State.CLIMBING, State.FAILED) and span.rung:
        return span.rung if span.state is State.CLIMBING else f"failed: {span.rung}"
    return span.state.value


def _batches(history: History) -> Iterator[dict[str, Any]]:
    threads = {id(p): n for n, p in enumerate(dict.fromkeys(places for places, _ in history.batches), 1)}
    for places, record in history.batches:
        on = {"pid": BUSES, "tid": threads[id(places)]}
        error = record.results.error
        yield {
            "ph": "X", "name": record.owner, "cat": "batch", **on,
            "ts": record.start_s * US, "dur": (record.end_s - record.start_s) * US,
            "args": {"operations": len(record.batch), "error": "" if error is None else str(error)},
        }  # fmt: skip
        for access in accesses_of(places, record):
            yield {
                "ph": "i", "s": "t", "name": f"{access.verb} {access.place}".strip(), "cat": "access", **on,
                "ts": access.time_s * US, "args": {"said": str(access)},
            }  # fmt: skip
