"""Verbs on register descriptions, no device involved: compile, generate, show, lint."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from registers.compile import Compiled, compile_full
from registers.files import OutputRefused, check_outputs
from registers.generate import generate_to_files
from registers.handles import AnyMap, AnyRegister
from registers.image import load, save
from registers.lint import lint
from registers.schema import GroupType, Image, RegisterType
from registers.show import rolled, rows, text
from runtime.cli.exits import UsageError, asked
from runtime.cli.output import print_table
from runtime.cli.paths import find_node
from runtime.words import count as plural


def run_compile(arguments: Namespace) -> int:
    """Compile SystemRDL to a register image, whole or not at all."""
    made = _compile(arguments)
    image = made.image
    output = Path(arguments.output or Path(arguments.rdl[-1]).with_suffix(".image"))
    with asked(OSError, OutputRefused):
        check_outputs([output], made.files)
        save(image, output)
        size = output.stat().st_size
    found = count(image.root)
    if arguments.json:
        print(json.dumps({"image": str(output), "size_bytes": size, "top": image.root.name, **found}))
    else:
        instances = f"{plural(found['registers'], 'register')} in {plural(found['groups'], 'group')}"
        kinds = plural(found["register_types"], "register type")
        print(f"{output}: {image.root.name}, {instances} ({kinds}), {size} bytes")
    return 0


def run_generate(arguments: Namespace) -> int:
    """Write typed Python for a register map, and its image beside it."""
    made = _compile(arguments)
    image = made.image
    output = Path(arguments.output or Path(arguments.rdl[-1]).parent / "regs.py")
    with asked(OSError, OutputRefused):
        beside = generate_to_files(image, output, sources=made.files)
    if arguments.json:
        print(json.dumps({"python": str(output), "image": str(beside), "top": image.root.name}))
    else:
        print(f"{output} and {beside}: {image.root.name}")
    return 0


def run_show(arguments: Namespace) -> int:
    """Print a register map as a table, one register, or one value decoded."""
    image = _open(arguments)
    root = AnyMap(image.root)
    if arguments.path is None:
        return _show_map(arguments, image, root)
    node = find_node(root, arguments.path, image.root.name)
    if not isinstance(node, AnyRegister):
        raise UsageError(f"{arguments.path!r} is no register of {image.root.name}; give one, like LANE[3].CTRL")
    register = node.register
    raw = None if arguments.value is None else _word(arguments.value, register, node.path)
    if arguments.json:
        shown: dict[str, Any] = {"register": node.path, "offset": node.address, "width": register.width, "raw": raw}
        shown["fields"] = [asdict(row) | ({"value": None} if raw is None else {}) for row in rows(register, raw or 0)]
        print(json.dumps(shown))
    else:
        print(f"{node.path} at {node.address:#x}, {8 * register.width} bits")
        if raw is None:
            _print_fields(register)
        else:
            print(text(register, raw, node.path))
    return 0


def _print_fields(register: RegisterType) -> None:
    """Print the fields of a register of which no value was given."""
    print_table(
        ("bits", "field", "sw", "r", "w", "what it is"),
        [(row.bits, row.name, row.access, row.on_read, row.on_write, row.description) for row in rows(register, 0)],
    )


def _show_map(arguments: Namespace, image: Image, root: AnyMap) -> int:
    found = list(rolled(root.group))
    if arguments.json:
        listed = [
            {
                "register": line.path,
                "offset": line.offset,
                "width": line.type.width,
                "dimensions": line.dimensions,
                "strides": line.strides,
            }
            for line in found
        ]
        print(json.dumps({"top": image.root.name, "source_hash": image.source_hash, "registers": listed}))
    else:
        print_table(
            ("offset", "register", "bits", "fields"),
            [
                (f"{line.offset:#x}", line.span, str(8 * line.type.width), ", ".join(f.name for f in line.type.fields))
                for line in found
            ],
        )
    return 0


def run_lint(arguments: Namespace) -> int:
    """Print what a register description gets wrong; status 1 when there is anything."""
    made = _compile(arguments)
    folders = {Path(file).name: file for file in made.files}
    findings = [evolve(finding, source=_found(finding.source, folders)) for finding in lint(made.image)]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(finding)
        print(plural(len(findings), "finding"))
    return 1 if findings else 0


def _found(source: str, folders: Mapping[str, str]) -> str:
    """Return `file:line` with the file's folder, which an image does not keep: it is the same wherever it is made."""
    file, colon, line = source.partition(":")
    return f"{folders.get(file, file)}{colon}{line}"


def _compile(arguments: Namespace) -> Compiled:
    return _compiled(arguments, arguments.rdl)


def _open(arguments: Namespace) -> Image:
    source = Path(arguments.source)
    if source.suffix != ".image":
        return _compiled(arguments, [source]).image
    for option, given in (("--top", arguments.top), ("-I", arguments.include)):
        if given:
            raise UsageError(f"{option} is for SystemRDL files; {source} is compiled already, and is one map")
    return load(source)


def _compiled(arguments: Namespace, files: Sequence[str | Path]) -> Compiled:
    for folder in arguments.include:
        if not Path(folder).is_dir():
            raise UsageError(f"-I {folder}: there is no such folder")
    return compile_full(files, top=arguments.top, include=arguments.include)


def _word(given: str, register: RegisterType, path: str) -> int:
    try:
        raw = int(given, 0)
    except ValueError:
        raise UsageError(f"{path}: {given!r} is no number; expected decimal or 0x...") from None
    if not 0 <= raw < 1 << (8 * register.width):
        raise UsageError(f"{path}: {given} is out of range; the register has {8 * register.width} bits")
    return raw


def count(root: GroupType) -> dict[str, int]:
    """Return how many registers, groups and register types stand below `root`, arrays counted by element."""
    types: set[int] = set()

    def below(group: GroupType) -> tuple[int, int]:
        registers = groups = 0
        for child in group.children:
            if isinstance(child.type, RegisterType):
                types.add(id(child.type))
                registers += child.count
            elif isinstance(child.type, GroupType):
                inner_registers, inner_groups = below(child.type)
                registers += child.count * inner_registers
                groups += child.count * (1 + inner_groups)
        return registers, groups

    registers, groups = below(root)
    return {"registers": registers, "groups": groups + 1, "register_types": len(types)}
