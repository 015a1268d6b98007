"""Registers for people: a map line by line, a value field by field, and what touching each does."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from registers.schema import Child, FieldType, GroupType, RegisterType

RESERVED = "(reserved)"
UNKNOWN = "?"  # stands for the name of a value that the encoding does not have


@frozen
class Row:
    """One field of a value.

    Attributes:
        bits: `[7:4]`, or `[3]`.
        value: None where software cannot read the field.
        meaning: the name of an encoded value; "?" where the encoding has none; else empty.
        access: what software may do.
        on_read, on_write: side effects, empty where there is none.
    """

    name: str
    bits: str
    value: int | None
    meaning: str
    access: str
    on_read: str
    on_write: str
    description: str


def rows(register: RegisterType, raw: int) -> list[Row]:
    """Return the fields of a register's word, highest bits first, then the reserved bits that are set."""
    found = [_row(f, raw) for f in sorted(register.fields, key=lambda f: -f.lsb)]
    return [*found, *_reserved(register, raw)]


def _row(f: FieldType, raw: int) -> Row:
    value = (raw & f.mask) >> f.lsb if f.sw.readable else None
    meaning = ""
    if value is not None and f.encode is not None:
        meaning = next((m.name for m in f.encode.members if m.value == value), UNKNOWN)
    writes = [str(f.onwrite)] if f.onwrite is not None else []
    writes += ["singlepulse"] if f.singlepulse else []
    return Row(
        name=f.name,
        bits=_bits(f.lsb, f.width),
        value=value,
        meaning=meaning,
        access=str(f.sw),
        on_read=str(f.onread) if f.onread is not None else "",
        on_write=" ".join(writes),
        description=" ".join(f.description.split()),
    )


def _reserved(register: RegisterType, raw: int) -> list[Row]:
    """Return a row for each run of bits that no field has and that are set all the same."""
    rest = raw
    for f in register.fields:
        rest &= ~f.mask
    found: list[Row] = []
    while rest:
        lsb = (rest & -rest).bit_length() - 1
        width = ((rest >> lsb) + 1 & ~(rest >> lsb)).bit_length() - 1
        ones = (1 << width) - 1
        found.append(Row(RESERVED, _bits(lsb, width), ones, "", "", "", "", "set, though no field is there"))
        rest &= ~(ones << lsb)
    return found


def _bits(lsb: int, width: int) -> str:
    return f"[{lsb + width - 1}:{lsb}]" if width > 1 else f"[{lsb}]"


def text(register: RegisterType, raw: int, name: str = "") -> str:
    """Return the value as a plain table. Column `r` says what reading does, `w` what writing does.

    Args:
        name: what people call this register; its type's name otherwise.
    """
    table = [("bits", "field", "value", "", "sw", "r", "w")]
    for row in rows(register, raw):
        value = "-" if row.value is None else f"{row.value:#x}"
        table.append((row.bits, row.name, value, row.meaning, row.access, row.on_read, row.on_write))
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    head = f"{name or register.name} = {raw:#0{2 + 2 * register.width}x}"
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table)
    return "\n".join([head, *(line.rstrip() for line in lines)])


@frozen
class Rolled:
    """A register as the description has it: one, or all the elements that it stands for.

    Attributes:
        path: from the map down, an open index for each dimension: `LANE[].CTRL`.
        span: the same with the indices that there are: `LANE[0..3].CTRL`.
        offset: of the first element.
        dimensions, strides: how many there are, and bytes from one to the next, for each dimension from the top down.
    """

    path: str
    span: str
    offset: int
    type: RegisterType
    dimensions: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()


def rolled(group: GroupType) -> Iterator[Rolled]:
    """Yield the registers of a map in the order of the description; an array is one, however long."""
    for child in group.children:
        path = child.name + "[]" * len(child.dimensions)
        span = child.name + "".join(f"[0..{dimension - 1}]" for dimension in child.dimensions)
        strides = _strides(child)
        if isinstance(child.type, RegisterType):
            yield Rolled(path, span, child.offset, child.type, child.dimensions, strides)
        elif isinstance(child.type, GroupType):
            for below in rolled(child.type):
                yield Rolled(
                    path=f"{path}.{below.path}",
                    span=f"{span}.{below.span}",
                    offset=child.offset + below.offset,
                    type=below.type,
                    dimensions=child.dimensions + below.dimensions,
                    strides=strides + below.strides,
                )


def _strides(child: Child) -> tuple[int, ...]:
    """Return the bytes from one element to the next in each dimension, outermost first."""
    strides: list[int] = []
    stride = child.stride
    for dimension in reversed(child.dimensions):
        strides.append(stride)
        stride *= dimension
    return tuple(reversed(strides))
