"""Register maps of real and of absurd size: compile time, image size, load time, memory.

    python -m bench.bench_registers [--json] [--small | --all]

Shapes: one the size of Caliptra's whole map (2,502 registers, 695 distinct, 1,381 distinct fields); 300, 3,000 and
30,000 blocks of 32 registers of 4 fields, as an array and written one by one. 30,000 written one by one is left out
without `--all`: the RDL compiler alone needs minutes and about 6 GB for it (3,000: 15 to 20 s and 640 MB).

To compare with: the compiler's own share (parse, elaborate) stands in every row; a library that keeps the compiler's
tree pays it, and its memory, at every start.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from attrs import asdict, frozen

from registers.compile import compile_full
from registers.handles import AnyMap, AnyRegister
from registers.image import load

BLOCK_REGISTERS, BLOCK_FIELDS = 32, 4
BLOCK_BYTES = 4 * BLOCK_REGISTERS


@frozen
class Shape:
    """A map to measure: its RDL, how many registers that is, and the path of the last of them."""

    name: str
    rdl: str
    registers: int
    last: str


@frozen
class Row:
    """What was measured of one shape. Times are seconds, or as the name says; sizes are bytes.

    What is measured in this process is CPU time, the best of several: other work on the machine does not count.

    Attributes:
        compile_s: wall time of all, the compiler's process included.
        rdl_s: of it, the RDL compiler's own: parsing and elaborating.
        own_s: of it, ours: types, sharing, packing.
        load_ms: from a file to a map; the best of five.
        loaded_bytes: what the loaded map keeps allocated.
        find_us: from a path to the handle of the last register.
        modify_us: one field update as an operation, ready for the bus.
        peak_bytes: the compiling process at its largest.
    """

    name: str
    registers: int
    compile_s: float
    rdl_s: float
    own_s: float
    image_bytes: int
    load_ms: float
    loaded_bytes: int
    find_us: float
    modify_us: float
    peak_bytes: int


def block() -> str:
    """Return RDL for the block of which there are many."""
    fields = "".join(f"field {{ sw = rw; hw = r; }} f{i}[{8 * i + 7}:{8 * i}] = 8'd{i};" for i in range(BLOCK_FIELDS))
    registers = "".join(f"reg {{ {fields} }} R{i} @ {4 * i:#x};\n" for i in range(BLOCK_REGISTERS))
    return f"addrmap block_t {{\n{registers}}};\n"


def array(blocks: int) -> Shape:
    """Return many blocks as one array."""
    rdl = block() + f"addrmap top {{ block_t b[{blocks}] @ 0x0 += {BLOCK_BYTES:#x}; }};"
    return Shape(f"array of {blocks:,}", rdl, blocks * BLOCK_REGISTERS, f"b[{blocks - 1}].R{BLOCK_REGISTERS - 1}")


def separate(blocks: int) -> Shape:
    """Return many blocks, written one by one."""
    written = "".join(f"block_t b{i} @ {i * BLOCK_BYTES:#x};\n" for i in range(blocks))
    rdl = f"{block()}addrmap top {{\n{written}}};"
    return Shape(f"{blocks:,} one by one", rdl, blocks * BLOCK_REGISTERS, f"b{blocks - 1}.R{BLOCK_REGISTERS - 1}")


def large_chip(distinct: int = 695, total: int = 2502, maps: int = 20) -> Shape:
    """Return one map of many different registers in several address maps, a fifth of them arrays of 14."""
    arrays = (total - distinct) // 13
    found: list[str] = []
    for index in range(maps):
        lines: list[str] = []
        for number in range(index, distinct, maps):
            fields = f"field {{ sw = rw; hw = r; }} a[{number % 15}:0] = {number % 2};"
            if number < 686:
                fields += f"field {{ sw = r; hw = w; desc = \"Field {number}.\"; }} b[31:{16 + number % 8}];"
            size = "[14]" if number < arrays else ""
            lines.append(f"reg {{ desc = \"Register {number}.\"; {fields} }} R{number}{size};\n")
        found.append(f"addrmap map{index}_t {{\n{''.join(lines)}}};\n")
    places = "".join(f"map{i}_t m{i} @ {i * 0x10000:#x};\n" for i in range(maps))
    rdl = "".join(found) + f"addrmap top {{\n{places}}};"
    last = distinct - 1
    return Shape(f"{total:,} registers", rdl, distinct + 13 * arrays, f"m{last % maps}.R{last}")


def shapes(*, small: bool, everything: bool) -> Iterator[Shape]:
    """Yield what to measure."""
    if small:
        yield from (large_chip(40, 40 + 13 * 4, 4), array(300), separate(10))
        return
    yield large_chip()
    yield from (array(count) for count in (300, 3_000, 30_000))
    yield from (separate(count) for count in (300, 3_000))
    if everything:
        yield separate(30_000)


def measure(shape: Shape, folder: Path) -> Row:
    """Compile a shape, load it, and use its last register."""
    source = folder / "shape.rdl"
    source.write_text(shape.rdl)
    began = time.perf_counter()
    made = compile_full(source)
    compile_s = time.perf_counter() - began
    image = source.with_suffix(".image")
    image.write_bytes(made.data)
    load_s = min(_timed(lambda: load(image)) for _ in range(5))
    tracemalloc.start()
    loaded = load(image)
    loaded_bytes, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    top = AnyMap(loaded.root)
    register = top.at(shape.last)
    assert isinstance(register, AnyRegister)
    modify, field = register.modify, register.register.fields[0].name
    return Row(
        name=shape.name,
        registers=shape.registers,
        compile_s=compile_s,
        rdl_s=made.seconds["parse"] + made.seconds["elaborate"],
        own_s=made.seconds["image"],
        image_bytes=len(made.data),
        load_ms=1e3 * load_s,
        loaded_bytes=loaded_bytes,
        find_us=1e6 * min(_timed(lambda: top.at(shape.last)) for _ in range(100)),
        modify_us=1e6 * min(_timed(lambda: modify(**{field: 1})) for _ in range(100)),
        peak_bytes=made.peak_bytes,
    )


def _timed(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text."""
    costs = ("compile s", "RDL s", "ours s", "image", "load ms", "loaded", "find us", "modify us", "compiler")
    head = ("shape", "registers", *costs)
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    seconds = (f"{value:.2f}" for value in (row.compile_s, row.rdl_s, row.own_s))
    micros = (f"{value:.1f}" for value in (row.find_us, row.modify_us))
    sizes = (f"{row.image_bytes / 1024:.1f} KiB", f"{row.load_ms:.2f}", f"{row.loaded_bytes / 1024:.0f} KiB")
    return (row.name, f"{row.registers:,}", *seconds, *sizes, *micros, f"{row.peak_bytes / 1e6:.0f} MB")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_registers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--small", action="store_true", help="small shapes only, in seconds")
    parser.add_argument("--all", action="store_true", help="30,000 one by one too: minutes, and 6 GB")
    given = parser.parse_args(argv)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes(small=given.small, everything=given.all):
            rows.append(measure(shape, Path(folder)))
            print(f"measured {shape.name}", file=sys.stderr)
    print(json.dumps([asdict(row) for row in rows], indent=2) if given.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
