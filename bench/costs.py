"""What one size of a chip costs, and a table of several: in all, and a block, as ratios to the first."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen


@frozen(kw_only=True)
class Row:
    """What was measured of one size. Times are seconds; CPU where the name says no other; sizes are bytes.

    Attributes:
        load_wall_s, load_s: from the description to a chip whose blocks are ready.
        make_s: the simulated chip: its models, their wires, and its power-on.
        up_s: bring-up, all of it.
        models_s: of it, the simulated hardware: its registers, its events in time.
        loaded_bytes, made_bytes, peak_bytes: the process at its largest until the chip was loaded, simulated, up; what
            the imports alone take is not counted.
        up: blocks that came up.
        slowness: chip time that bring-up took, over the time that the hardware itself needed.
        trace_hash: of every access; equal before and after a change that only makes things faster.
    """

    dies: int
    instances: int
    load_wall_s: float
    load_s: float
    make_s: float
    up_s: float
    models_s: float
    loaded_bytes: int
    made_bytes: int
    peak_bytes: int
    up: int
    violations: int
    reads: int
    writes: int
    batches: int
    slowness: float
    trace_hash: str

    @property
    def runtime_s(self) -> float:
        """Seconds of bring-up that the simulated hardware did not take."""
        return self.up_s - self.models_s


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, and below them what each costs a block, as a ratio to the first."""
    head = (
        "dies", "blocks", "up", "load s", "CPU", "make CPU", "up CPU", "models", "runtime", "us/batch",
        "loaded", "made", "peak", "reads", "writes", "batches", "elapsed/critical",
    )  # fmt: skip
    ratios = ("a block", "load CPU", "make CPU", "up CPU", "models", "runtime", "memory: chip", "models", "run", "all")
    costs = [("", *ratios[1:]), *(_ratios(row, rows[0]) for row in rows)]
    kept = (f"{row.instances:,}: {_kept(row)}" for row in rows)
    return "\n\n".join(
        (_aligned([head, *(_cells(row) for row in rows)]), "Per block, as ratios to the first size:",
         _aligned(costs), "Per block, KiB: " + "; ".join(kept))
    )  # fmt: skip


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    seconds = (row.load_wall_s, row.load_s, row.make_s, row.up_s, row.models_s, row.runtime_s)
    counts = (row.reads, row.writes, row.batches)
    return (
        str(row.dies), f"{row.instances:,}", f"{row.up:,}", *(f"{value:.2f}" for value in seconds),
        f"{1e6 * row.runtime_s / row.batches:.0f}",
        *(f"{size / 1e6:.0f} MB" for size in (row.loaded_bytes, row.made_bytes, row.peak_bytes)),
        *(f"{number:,}" for number in counts), f"{row.slowness:.4f}",
    )  # fmt: skip


def _parts(row: Row) -> tuple[float, float, float, float]:
    """Return the bytes of the chip, of its models, of what a run adds, and of all."""
    return (
        row.loaded_bytes, row.made_bytes - row.loaded_bytes, row.peak_bytes - row.made_bytes, row.peak_bytes
    )  # fmt: skip


def _ratios(row: Row, first: Row) -> tuple[str, ...]:
    scale = first.instances / row.instances
    costs = ("load_s", "make_s", "up_s", "models_s", "runtime_s")
    pairs: list[tuple[float, float]] = [(getattr(row, cost), getattr(first, cost)) for cost in costs]
    pairs += zip(_parts(row), _parts(first), strict=True)
    return (f"{row.instances:,}", *(f"{scale * now / then:.2f}" if then else "-" for now, then in pairs))


def _kept(row: Row) -> str:
    chip, models, ran, _ = (part / row.instances / 1024 for part in _parts(row))
    return f"chip {chip:.1f}, models {models:.1f}, run {ran:.1f}"
