"""How generated Python reads: docstrings, field lists, signatures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from registers.schema import FieldType

WIDTH = 120
_INDENT = "    "


_BREAKS = re.compile(r"\[(?:br|p|/p)\]")
_CODES = re.compile(
    r"\[/?(?:b|i|u|color|size|url|email|img|code|list|quote|index|index_parent|name|instname|\*)(?:=[^\]]*)?\]"
)


def clean(text: str) -> str:
    """Return a description without RDL's formatting codes (SystemRDL 2.0, annex F), safe inside a docstring."""
    text = _CODES.sub("", _BREAKS.sub("\n", text))
    return text.replace("\\", "\\\\").replace('"""', "'''").replace("\0", "")


def paragraphs(text: str) -> list[str]:
    """Return a description as lines, wrapped, without blanks at the ends."""
    lines: list[str] = []
    for line in clean(text).splitlines():
        lines += textwrap.wrap(" ".join(line.split()), WIDTH - 8, break_long_words=False) or [""]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def docstring(text: str, more: Sequence[str] = ()) -> list[str]:
    """Return the lines of a docstring in a class: the first line of `text` first, `more` as it is."""
    lines = paragraphs(text)
    first = lines[0].rstrip() if lines else ""
    if first.endswith('"'):
        first += " "
    body = [*lines[1:], *(["", *more] if more else [])]
    if not body:
        return [f'{_INDENT}"""{first}"""']
    if lines[1:] and lines[1]:
        body = ["", *body]
    return [f'{_INDENT}"""{first}', *(f"{_INDENT}{line}".rstrip() for line in body), f'{_INDENT}"""']


def rows(fields: Iterable[FieldType]) -> list[str]:
    """Return one line or more for each field: name, bits, what software may do, what it means."""
    found: list[str] = []
    for f in fields:
        top = f.lsb + f.width - 1
        bits = f"[{top}:{f.lsb}]" if f.width > 1 else f"[{f.lsb}]"
        kind = [str(f.sw), *(str(e) for e in (f.onread, f.onwrite) if e is not None)]
        kind += ["singlepulse"] if f.singlepulse else []
        reset = f", {f.reset:#x} after reset" if isinstance(f.reset, int) and not isinstance(f.reset, bool) else ""
        note = " ".join(paragraphs(f.description))
        line = f"- `{f.name}` {bits} {' '.join(kind)}{reset}" + (f": {note}" if note else "")
        found += textwrap.wrap(line, WIDTH - 4, subsequent_indent="  ", break_long_words=False)
    return found


def signature(name: str, arguments: Sequence[str], result: str) -> list[str]:
    """Return the lines of a method's head; its arguments are by name only."""
    line = f"{_INDENT}def {name}(self, *, {', '.join(arguments)}) -> {result}:"
    if len(line) <= WIDTH:
        return [line]
    return [
        f"{_INDENT}def {name}(",
        *(f"{_INDENT * 2}{item}," for item in ("self", "*", *arguments)),
        f"{_INDENT}) -> {result}:",
    ]


def call(function: str, names: Sequence[str], values: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return the lines that return what `function` makes of a tuple of names, one of values, and further arguments."""
    quoted = [f'"{name}"' for name in names]
    arguments = [_tuple(quoted), _tuple(values), *more]
    line = f"{_INDENT * 2}return {function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return [line]
    folded = f"{_INDENT * 3}{', '.join(arguments)}"
    if len(folded) <= WIDTH:
        return [f"{_INDENT * 2}return {function}(", folded, f"{_INDENT * 2})"]
    lines = [f"{_INDENT * 2}return {function}("]
    for items in (quoted, values):
        whole = f"{_INDENT * 3}{_tuple(items)},"
        if len(whole) <= WIDTH:
            lines.append(whole)
        else:
            lines += [f"{_INDENT * 3}(", *(f"{_INDENT * 4}{item}," for item in items), f"{_INDENT * 3}),"]
    return [*lines, *(f"{_INDENT * 3}{item}," for item in more), f"{_INDENT * 2})"]


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def wrapped_import(module: str, names: Sequence[str]) -> list[str]:
    """Return the lines of a from-import."""
    line = f"from {module} import {', '.join(names)}"
    return [line] if len(line) <= WIDTH else [f"from {module} import (", *(f"{_INDENT}{n}," for n in names), ")"]
