"""Register operations in programs of 1 to 10,000: ours on every floor, a C loop, and what one would use instead.

    python -m bench.bench_batch [--json] [--small]

The work: 64 registers of 32 bits in shared memory; N reads, writes of whole registers, changes of one field of 8 bits,
or five kinds in turn (read, write, change, check, poll that is met at once). Each peer finds its handles beforehand and
is timed for the program alone. That it did the work is tested first: by what the memory holds, and what the reads
brought. bench/README.md says what is compared with what, and why that is fair.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from bench.measure import SMALL, Pace, Spread, Taken, Timed, aligned, take
from bench.peers import Peer, opened
from bench.peers.device import CTRL_OFFSET, EVENTS, GAIN_LSB, KINDS, Device, steps_of, word_of

COUNTS, COUNTS_SMALL = (1, 10, 100, 10_000), (1, 10)
LIMIT, ENGINE, TYPED = "C loop (the limit)", "firstlight engine, prepared", "firstlight memory:, from typed registers"
PREPARED, MODEL = "firstlight memory:, prepared", "peakrdl-python"
WRONG = {"write": 0xFFFFFFFF, "modify": 0xFF00}  # what the memory has wrong beforehand, so that the work shows


@frozen
class Row:
    """What one peer took for one operation of a program of `count` of one kind: nanoseconds."""

    peer: str
    clock: str
    kind: str
    count: int
    taken: Taken

    @property
    def spread(self) -> Spread:
        """Of one operation, by the clock that counts for this peer."""
        return (self.taken.cpu if self.clock == "cpu" else self.taken.wall).over(self.count)

    @property
    def ns(self) -> float:
        """Of one operation, the median."""
        return self.spread.median


@frozen
class Found:
    """What was found out.

    Attributes:
        rows: one for each peer, kind and count.
        keeps_events: for each peer that was asked: whether events beside a field survive a change of it.
        left_out: for each that is not in the rows, or not in all, why.
    """

    rows: tuple[Row, ...]
    keeps_events: dict[str, bool]
    left_out: dict[str, str]

    def of(self, peer: str, kind: str, count: int) -> Row | None:
        """Return one row, if it is there."""
        return next((r for r in self.rows if (r.peer, r.kind, r.count) == (peer, kind, count)), None)


def proved(peer: Peer, timed: Timed, device: Device, kind: str, count: int) -> None:
    """Run a program once, and see that it did what it should.

    Raises:
        AssertionError: it did not; the bench would compare unlike things.
    """
    device.fill(WRONG.get(kind, 0))
    if kind in WRONG:
        for register in range(count, 64):
            device.words[register] = word_of(register)
    result = timed(1)[2]
    words = peer.words(result)
    assert device.done(), f"{peer.name}: {count} x {kind} left the memory wrong"
    if kind in ("read", "mixed"):
        expected = [word_of(step.register) for step in steps_of(kind, count) if step.kind == "read"]
        assert list(words) == expected, f"{peer.name}: {count} x {kind} brought other words"


def keeps_events(peer: Any, device: Device) -> bool:
    """Set one field beside two events that are pending; return whether no event was written a 1, which would clear it.

    The memory is no real CTRL: it keeps the word that was written, and that word is looked at.
    """
    ctrl = CTRL_OFFSET // 4
    device.words[ctrl] = EVENTS | 1
    peer.set_gain(5)
    written = device.words[ctrl]
    assert written & 0xFF == 5 << GAIN_LSB | 1, f"{peer.name} wrote {written:#x}"
    return not written & EVENTS


def measured(peers: Sequence[Peer], device: Device, kind: str, count: int, pace: Pace) -> list[Row]:
    """Return a row for each peer."""
    steps = steps_of(kind, count)
    things: dict[str, Timed] = {}
    for peer in peers:
        things[peer.name] = peer.program(steps)
        proved(peer, things[peer.name], device, kind, count)
    clocks = {peer.name: peer.clock for peer in peers}
    return [Row(name, clocks[name], kind, count, taken) for name, taken in take(things, pace).items()]


def found(folder: Path, counts: Sequence[int], pace: Pace) -> Found:
    """Measure every peer that can be had here."""
    device = Device(folder)
    peers, left_out = opened(device)
    rows: list[Row] = []
    try:
        safe = {peer.name: keeps_events(peer, device) for peer in peers if hasattr(peer, "set_gain")}
        for kind in KINDS:
            now = peers
            for count, later in zip(counts, [*counts[1:], 0], strict=True):
                made = measured(now, device, kind, count, pace)
                rows += made
                call_s = {row.peer: later / count * row.taken.wall.median / 1e9 for row in made}
                for name in [name for name, each_s in call_s.items() if each_s > pace.call_s_max]:
                    left_out[f"{name}, {kind}, N > {count:,}"] = f"{later:,} would take {call_s[name]:.1f} s a run"
                now = [peer for peer in now if call_s[peer.name] <= pace.call_s_max]
                print(f"measured {count:,} x {kind}", file=sys.stderr)
    finally:
        for peer in peers:
            peer.close()
        device.close()
    return Found(tuple(rows), safe, left_out)


def goals(said: Found, counts: Sequence[int]) -> list[str]:
    """Return what was aimed for, and what was reached."""
    lines: list[str] = []
    for count in counts:
        limit, ours = said.of(LIMIT, "mixed", count), said.of(ENGINE, "mixed", count)
        if count >= 100 and limit is not None and ours is not None:
            ratio = ours.ns / limit.ns
            lines.append(
                f"{'met' if ratio <= 1.2 else 'MISSED'}: {count:,} mixed, engine: {ratio:.2f} x the C loop (<= 1.2)"
            )
    for name in (ENGINE, PREPARED, TYPED):
        for count in counts:
            model, ours = said.of(MODEL, "modify", count), said.of(name, "modify", count)
            if count >= 100 and model is not None and ours is not None:
                ratio = model.ns / ours.ns
                met = "met" if ratio >= 100 else "MISSED" if name == ENGINE else "beside"
                lines.append(
                    f"{met}: {count:,} changes of a field, {name}: {MODEL} takes {ratio:,.0f} x as long (>= 100)"
                )
    return lines


def text(said: Found, counts: Sequence[int]) -> str:
    """Return all as text: a table for each kind, then the goals, then who keeps events, then who is missing."""
    parts: list[str] = []
    names = list(dict.fromkeys(row.peer for row in said.rows))
    for kind in KINDS:
        lines = [(f"{kind}: ns an operation", "clock", *(f"N = {count:,}" for count in counts))]
        for name in names:
            rows = [said.of(name, kind, count) for count in counts]
            clock = next((row.clock for row in rows if row is not None), "")
            lines.append((name, clock, *("-" if row is None else str(row.spread) for row in rows)))
        parts.append(aligned(lines))
    parts.append("\n".join(["Goals", *(f"  {line}" for line in goals(said, counts))]))
    kept = {True: "keeps", False: "LOSES"}
    events = [
        (f"  {name}", f"{kept[safe]} events pending beside a field that is changed")
        for name, safe in said.keeps_events.items()
    ]
    parts.append("\n".join(["Write-one-to-clear siblings", *(f"{name}: {what}" for name, what in events)]))
    if said.left_out:
        parts.append("\n".join(["Left out", *(f"  {name}: {why}" for name, why in said.left_out.items())]))
    return "\n\n".join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_batch", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--small", action="store_true", help="programs of 1 and 10, few and short runs")
    given = parser.parse_args(argv)
    counts, pace = (COUNTS_SMALL, SMALL) if given.small else (COUNTS, Pace())
    with tempfile.TemporaryDirectory() as folder:
        said = found(Path(folder), counts, pace)
    print(json.dumps(asdict(said), indent=2) if given.json else text(said, counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
