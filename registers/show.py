"""A register's value for people: each field's number, what it means, and what touching it does."""

from __future__ import annotations

from attrs import frozen

from registers.schema import FieldType, RegisterType

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
