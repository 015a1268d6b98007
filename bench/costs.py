"""What bringing one size of a chip up costs, and a table of several: in all, a block, as ratios, and how it grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from attrs import frozen

from bench.measure import aligned

UNIT = 300  # blocks: the chip that the goals are about


@frozen(kw_only=True)
class Row:
    """What was measured of one size. Times are seconds; CPU where the name says no other; sizes are bytes.

    Attributes:
        load_wall_s, load_s: from the description to a chip whose blocks are ready.
        make_s: the simulated chip: its models, their wires, and its power-on.
        runtime_s: bring-up under the virtual clock, without what the simulated chip took.
        chip_s: what it took: its models, and the engine in Python that walks batches over them.
        loaded_bytes, made_bytes, peak_bytes: the process at its largest until the chip was loaded, simulated, up; what
            the imports alone take is not counted.
        up: blocks that came up.
        virtual: chip time that bring-up took under the virtual clock, over the critical path of the hardware.
        trace_hash: of every access; equal before and after a change that only makes things faster.
        real: time that bring-up took under the real clock without the chip's work, over the critical path; None: not
            measured, and so `real_wall_s`, all of it on the wall, and `real_runtime_s`.
        critical_s: the critical path.
    """

    dies: int
    instances: int
    load_wall_s: float
    load_s: float
    make_s: float
    runtime_s: float
    chip_s: float
    loaded_bytes: int
    made_bytes: int
    peak_bytes: int
    up: int
    violations: int
    reads: int
    writes: int
    batches: int
    flights: int
    virtual: float
    trace_hash: str
    critical_s: float
    real: float | None = None
    real_wall_s: float | None = None
    real_runtime_s: float | None = None

    @property
    def operations(self) -> int:
        """Accesses that were made."""
        return self.reads + self.writes


def exponent(rows: Sequence[Row], cost: Callable[[Row], float]) -> float:
    """Return by which power of the number of blocks a cost grows: the slope of a line through the logarithms."""
    points = [(math.log(row.instances), math.log(cost(row))) for row in rows]
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text: what was done, what it cost, and, of several sizes, how that grows."""
    parts = [
        aligned([_DONE, *(_done(row) for row in rows)]),
        "CPU of the runtime, and elapsed time over the critical path:\n"
        + aligned([_TOOK, *(_took(row) for row in rows)]),
        "CPU seconds and memory:\n" + aligned([_KEPT, *(_kept(row) for row in rows)]),
    ]
    if len(rows) > 1:
        parts.append(
            "A block, as ratios to the first size:\n" + aligned([_RATIOS, *(_ratios(row, rows[0]) for row in rows)])
        )
        parts.append(_growth(rows))
    return "\n\n".join(parts)


_DONE = ("blocks", "dies", "up", "broken rules", "reads", "writes", "batches", "flights")
_TOOK = (
    "blocks", "ms a chip", f"ms / {UNIT} blocks", "us / block", "us / operation", "us / batch",
    "virtual", "real", "critical ms", "wall s", "ms a chip, real",
)  # fmt: skip
_KEPT = (
    "blocks", "load wall", "load", "make", "chip's own", "loaded MB", "made MB", "peak MB",
    "KiB a block: chip", "models", "run",
)  # fmt: skip
_RATIOS = ("blocks", "load", "make", "chip's own", "runtime", "memory: chip", "models", "run", "all")


def _done(row: Row) -> tuple[str, ...]:
    counts = (row.up, row.violations, row.reads, row.writes, row.batches, row.flights)
    return (f"{row.instances:,}", str(row.dies), *(f"{number:,}" for number in counts))


def _took(row: Row) -> tuple[str, ...]:
    shares = (UNIT / row.instances * 1e3, 1e6 / row.instances, 1e6 / row.operations, 1e6 / row.batches)
    return (
        f"{row.instances:,}",
        f"{1e3 * row.runtime_s:,.0f}",
        *(f"{row.runtime_s * share:,.1f}" for share in shares),
        f"{row.virtual:.4f}",
        "-" if row.real is None else f"{row.real:.3f}",
        f"{1e3 * row.critical_s:.1f}",
        "-" if row.real_wall_s is None else f"{row.real_wall_s:.2f}",
        "-" if row.real_runtime_s is None else f"{1e3 * row.real_runtime_s:,.0f}",
    )


def _kept(row: Row) -> tuple[str, ...]:
    seconds = (row.load_wall_s, row.load_s, row.make_s, row.chip_s)
    return (
        f"{row.instances:,}", *(f"{value:.2f}" for value in seconds),
        *(f"{size / 1e6:.0f}" for size in (row.loaded_bytes, row.made_bytes, row.peak_bytes)),
        *(f"{part / row.instances / 1024:.1f}" for part in _parts(row)[:3]),
    )  # fmt: skip


def _parts(row: Row) -> tuple[float, float, float, float]:
    """Return the bytes of the chip, of its models, of what a run adds, and of all."""
    return (
        row.loaded_bytes, row.made_bytes - row.loaded_bytes, row.peak_bytes - row.made_bytes, row.peak_bytes
    )  # fmt: skip


def _ratios(row: Row, first: Row) -> tuple[str, ...]:
    scale = first.instances / row.instances
    costs = ("load_s", "make_s", "chip_s", "runtime_s")
    pairs: list[tuple[float, float]] = [(getattr(row, cost), getattr(first, cost)) for cost in costs]
    pairs += zip(_parts(row), _parts(first), strict=True)
    return (f"{row.instances:,}", *(f"{scale * now / then:.2f}" if then else "-" for now, then in pairs))


def _growth(rows: Sequence[Row]) -> str:
    first, last = rows[0], rows[-1]
    power = exponent(rows, lambda row: row.runtime_s)
    memory = exponent(rows, lambda row: row.peak_bytes)
    return (
        f"The runtime's CPU grows as blocks^{power:.2f}, memory as blocks^{memory:.2f}. {last.instances:,} blocks take "
        f"{last.runtime_s / first.runtime_s:.1f} x the CPU of {first.instances:,}, for "
        f"{last.instances / first.instances:.1f} x the blocks."
    )
