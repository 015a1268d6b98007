"""A run as a trace that Perfetto and Chrome's viewer open: a track for each block, and one for each bus.

Tens of accesses a rung make it large: some 30 KB a block. Times are microseconds from the session's begin.

Format: Trace Event Format, as documented by the Chromium project.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.fault import Access
from runtime.history import History, Span
from runtime.places import Places
from runtime.recorder import accesses_of
from runtime.summary import State

BLOCKS, BUSES = 1, 2  # process numbers of the trace: one for what blocks did, one for what went over buses
Event = dict[str, Any]


def trace(history: History, chip: str) -> dict[str, Any]:
    """Return the trace as JSON data, its events in the order of time, what contains another before it."""
    events = [*_blocks(history), *_batches(history)]
    events.sort(key=lambda event: (event["ts"], -event.get("dur", 0.0)))
    return {
        "displayTimeUnit": "ms",
        "otherData": {"chip": chip},
        "traceEvents": [*_names(history, chip), *events],
    }


def _meta(what: str, process: int, thread: int, name: str) -> Event:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name}}


def _names(history: History, chip: str) -> Iterator[Event]:
    yield _meta("process_name", BLOCKS, 0, f"{chip}: blocks")
    yield _meta("process_name", BUSES, 0, f"{chip}: buses")
    for thread, block in enumerate(history.spans(), 1):
        yield _meta("thread_name", BLOCKS, thread, block)
    for places, thread in _buses(history).items():
        yield _meta("thread_name", BUSES, thread, f"behind {places.behind}" if places.behind else "the chip's bus")


def _buses(history: History) -> dict[Places, int]:
    return {places: thread for thread, places in enumerate(dict.fromkeys(places for places, _ in history.batches), 1)}


def _us(seconds: float) -> float:
    """Return microseconds, to the nanosecond."""
    return round(seconds * 1e6, 3)


def _lasting(start_s: float, end_s: float, zero_s: float = 0.0) -> Event:
    """Return when an event began and how long it took; ends that were equal stay so when rounded."""
    start = _us(start_s - zero_s)
    return {"ph": "X", "ts": start, "dur": round(_us(end_s - zero_s) - start, 3)}


def _blocks(history: History) -> Iterator[Event]:
    for thread, spans in enumerate(history.spans().values(), 1):
        for span in spans:
            event = _lasting(span.start_s, span.end_s)
            event |= {"name": _title(span), "cat": span.state.value, "pid": BLOCKS, "tid": thread}
            yield event | ({"args": {"detail": span.detail}} if span.detail else {})


def _title(span: Span) -> str:
    if span.state in (State.CLIMBING, State.FAILED) and span.rung:
        return span.rung if span.state is State.CLIMBING else f"failed: {span.rung}"
    return span.state.value


def _batches(history: History) -> Iterator[Event]:
    """Yield each batch, and each access in it at its time, or where nobody knows that, when the batch was answered."""
    threads, zero_s = _buses(history), history.zero_s
    for places, record in history.batches:
        on: Event = {"pid": BUSES, "tid": threads[places]}
        args: dict[str, Any] = {"operations": len(record.batch)}
        if record.results.error is not None:
            args["error"] = str(record.results.error)
        event = _lasting(record.start_s, record.end_s, zero_s)
        yield event | on | {"name": record.owner, "cat": "batch", "args": args}
        for access in accesses_of(places, record):
            at: Event = {"ph": "i", "s": "t", "ts": _us(access.time_s - zero_s)}
            yield at | on | {"name": _short(access)} | _seen(access)


def _short(access: Access) -> str:
    return f"{access.verb} {access.place}".strip()


def _seen(access: Access) -> Event:
    """Return what an access moved or met, where it did."""
    said = access.what.removeprefix(_short(access)).strip()
    return {"args": {"value": said}} if said else {}
