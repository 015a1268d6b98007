"""Verbs on one block of a live target: show, read, write. Each access is bit-safe or refused."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from blocks.chip import load_chip
from registers.access import RegisterOp, UnsafeAccess, pulses
from registers.danger import read_dangers, write_dangers
from registers.handles import RegisterValue, bits_of, registers_below
from registers.schema import FieldType, RegisterType
from registers.show import UNKNOWN, rows, text
from runtime.cli.exits import NOT_WELL, OK, UsageError, asked
from runtime.cli.output import complain, print_table, say
from runtime.cli.paths import Place, any_map, find_block, find_place
from runtime.cli.target import Seat, needs, on_block
from transports.errors import DeviceLost, TransportError


def run_read(arguments: Namespace) -> int:
    """Read one register or field and decode it."""
    chip = load_chip(arguments.chip)
    place = find_place(chip, arguments.path)
    if place.field is not None and not place.field.sw.readable:
        raise UsageError(f"{place.path} is not readable by software (sw={place.field.sw})")
    if not any(f.sw.readable for f in place.register.register.fields):
        raise UsageError(f"{place.path} has no field that software can read")
    dangers = read_dangers(place.register.register)
    _confirm(arguments, "read", place, dangers)

    async def act(seat: Seat) -> RegisterValue:
        return await seat.port.run(place.register.read())

    value = on_block(arguments, chip, place.instance, act, look=not dangers)
    _print_value(arguments, place, value.raw)
    return 0


def run_write(arguments: Namespace) -> int:
    """Write one register or field, then read it back where a read is harmless."""
    chip = load_chip(arguments.chip)
    place = find_place(chip, arguments.path)
    register = place.register.register
    fields = _values(place, arguments.value)
    if dangers := write_dangers(place.instance.block.regs.group, register, fields):
        _confirm(arguments, "write", place, dangers)
    op = _safe_write(place, fields)
    readable = not read_dangers(register) and any(f.sw.readable for f in register.fields)

    async def act(seat: Seat) -> int | None:
        await seat.port.submit(op)
        if not readable:
            return None
        after = await seat.port.run(place.register.read())
        return after.raw

    raw = on_block(arguments, chip, place.instance, act)
    if raw is not None:
        return _print_after(arguments, place, raw, did=str(op), fields=fields)
    if arguments.json:
        print(json.dumps({"path": place.path, "did": str(op), "raw": None}))
    else:
        print(f"{place.path}: {op}; it cannot be read back without side effects")
    return 0


def _print_after(arguments: Namespace, place: Place, raw: int, *, did: str, fields: dict[str, int]) -> int:
    """Print what reads back after a write; the status says whether plain storage kept what it was given."""
    known = place.register.register.by_name
    lost = {name: bits_of(known[name], raw) for name in fields if _stores(known[name])}
    lost = {name: value for name, value in lost.items() if value != fields[name]}
    _print_value(arguments, place, raw, {"did": did, "not_kept": lost})
    for name, value in lost.items():
        path = f"{place.instance.name}.{place.register.path}.{name}"
        complain(f"{path} reads {value:#x} after {fields[name]:#x} was written: it did not keep it")
    return NOT_WELL if lost else OK


def _stores(f: FieldType) -> bool:
    """Say whether the field keeps what software writes until software writes again."""
    return f.onwrite is None and f.onread is None and not (f.volatile or f.sw.once) and not pulses(f)


def _safe_write(place: Place, fields: dict[str, int]) -> RegisterOp[Any]:
    """Return the operation that sets these fields and changes no other bit, reserved ones included.

    Where a read would have effects there is no such operation, and the whole register is written: that is refused when
    it needs the value of another field.
    """
    try:
        return place.register.modify(**fields)
    except UnsafeAccess:
        with asked(UnsafeAccess):
            return place.register.write(**fields)


def _values(place: Place, text_value: str) -> dict[str, int]:
    """Return the fields that VALUE sets, each checked against its width and encoding."""
    register = place.register.register
    writable = [f for f in register.fields if f.sw.writable]
    if place.field is not None and not place.field.sw.writable:
        raise UsageError(f"{place.path} is not writable by software (sw={place.field.sw})")
    if not writable:
        raise UsageError(f"{place.path} has no field that software can write")
    if place.field is not None:
        return {place.field.name: number(place.field, place.path, text_value)}
    try:
        raw = int(text_value, 0)
    except ValueError:
        raise UsageError(f"{place.path}: {text_value!r} is no number; expected decimal or 0x...") from None
    known = sum(f.mask for f in writable)
    if not 0 <= raw < 1 << (8 * register.width):
        raise UsageError(f"{place.path}: {raw:#x} is out of range; the register has {8 * register.width} bits")
    if raw & ~known:
        raise UsageError(f"{place.path}: {raw:#x} sets bits {raw & ~known:#x}, which software cannot write")
    return {f.name: (raw & f.mask) >> f.lsb for f in writable}


def number(f: FieldType, path: str, text_value: str) -> int:
    """Return the value that a field is given as a number or as the name of an encoded value."""
    members = {m.name: m.value for m in f.encode.members} if f.encode else {}
    if text_value in members:
        return members[text_value]
    try:
        value = int(text_value, 0)
    except ValueError:
        names = f" or one of {', '.join(members)}" if members else ""
        numbers = "a number" if f.max > 1 else "0 or 1"
        raise UsageError(f"{path}: {text_value!r} is no value; expected {numbers}{names}") from None
    if not 0 <= value <= f.max:
        raise UsageError(f"{path}: {value:#x} is out of range; expected 0..{f.max:#x} ({f.width} bits)")
    if members and value not in members.values():
        raise UsageError(f"{path}: {value:#x} is not an encoded value; expected one of {', '.join(members)}")
    return value


def _confirm(arguments: Namespace, verb: str, place: Place, dangers: Sequence[str]) -> None:
    if dangers and not arguments.yes:
        raise UsageError(f"{verb} {place.path} is dangerous: {'; '.join(dangers)}. Nothing was sent; --yes does it")


def _print_value(arguments: Namespace, place: Place, raw: int, more: dict[str, Any] | None = None) -> None:
    register = place.register.register
    f = place.field
    value = raw if f is None else bits_of(f, raw)
    if arguments.json:
        data: dict[str, Any] = {"path": place.path, "value": value, "raw": raw, "fields": rows_json(register, raw)}
        print(json.dumps(data | (more or {})))
        return
    if more:
        print(more["did"])
    if f is None:
        print(text(register, raw, place.path))
    else:
        member = next((m.name for m in f.encode.members if m.value == value), "") if f.encode else ""
        print(f"{place.path} = {value:#x}{f' {member}' if member else ''} (word {raw:#x})")


def rows_json(register: RegisterType, raw: int) -> list[dict[str, Any]]:
    """Return the decoded fields as JSON values."""
    return [{"name": row.name, "value": row.value, "meaning": row.meaning} for row in rows(register, raw)]


def run_show(arguments: Namespace) -> int:
    """Read a block's registers, but none whose read changes something, and decode them."""
    chip = load_chip(arguments.chip)
    if owner := next((name for name in chip.instances if arguments.block.startswith(f"{name}.")), None):
        how = f"firstlight read {arguments.chip} {arguments.block}"
        raise UsageError(f"{arguments.block!r} is more than a block, {owner}; one register is read by: {how}")
    instance = find_block(chip, arguments.block)
    found: list[tuple[str, RegisterType, int | None, str]] = []
    failed: list[str] = []

    async def look(seat: Seat) -> tuple[str, ...]:
        for register in registers_below(any_map(instance)):
            if reasons := unread(register.register):
                found.append((register.path, register.register, None, reasons))
                continue
            try:
                value = await seat.port.run(register.read())
            except DeviceLost:
                raise
            except TransportError as error:
                failed.append(register.path)
                found.append((register.path, register.register, None, error.reason))
            else:
                found.append((register.path, register.register, value.raw, ""))
        return await seat.not_up() if failed else ()

    below = on_block(arguments, chip, instance, look, look=True)
    if arguments.json:
        registers = [_json_row(*row) for row in found]
        data = {"block": instance.name, "type": instance.type, "not_up": below, "registers": registers}
        print(json.dumps(data))
    else:
        print(f"{instance.name} ({instance.type}) at {instance.block.regs.address:#x}")
        _print_registers(found, failed)
        if below:
            say(needs(instance.name, below))
    return NOT_WELL if failed else OK


def _print_registers(found: Sequence[tuple[str, RegisterType, int | None, str]], failed: Sequence[str]) -> None:
    """Print a block's registers; why one was not read beside it, or once below where it is one reason for all."""
    why = {reason for path, _, _, reason in found if path in failed}
    alike = why.pop() if len(failed) > 1 and len(why) == 1 else ""
    print_table(
        ("register", "word", "fields"),
        [(row[0], "-", "not read") if alike and row[3] == alike else _show_row(*row) for row in found],
    )
    if alike:
        say(f"not read: {alike}")


def unread(register: RegisterType) -> str:
    """Return why `show` leaves the register alone; empty where it does not."""
    if not any(f.sw.readable for f in register.fields):
        return "write-only"
    return "; ".join(read_dangers(register))


def _json_row(path: str, register: RegisterType, raw: int | None, why_not: str) -> dict[str, Any]:
    if raw is None:
        return {"register": path, "raw": None, "why_not": why_not}
    return {"register": path, "raw": raw, "fields": rows_json(register, raw)}


def _show_row(path: str, register: RegisterType, raw: int | None, why_not: str) -> tuple[str, str, str]:
    if raw is None:
        return path, "-", f"not read: {why_not}"
    fields = " ".join(f"{r.name}={_said(r.meaning, r.value)}" for r in rows(register, raw) if r.value is not None)
    return path, f"{raw:#0{2 + 2 * register.width}x}", fields


def _said(meaning: str, value: int) -> str:
    return meaning if meaning and meaning != UNKNOWN else f"{value:#x}{meaning}"
