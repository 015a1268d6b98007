"""Compiles one map in a process of its own, so that the compiler's memory (615 MB for 3,000 blocks) ends with it.

Reads a request (msgpack) on standard input, writes an answer (msgpack) on standard output. `registers.compile` is
the other end; nothing else talks to this.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

import msgpack
from attrs import asdict, define, field, frozen
from systemrdl.__about__ import __version__ as COMPILER_VERSION
from systemrdl.compiler import RDLCompiler
from systemrdl.component import Addrmap, Component
from systemrdl.messages import MessagePrinter, RDLCompileError, Severity
from systemrdl.node import AddrmapNode
from systemrdl.source_ref import DetailedFileSourceRef, FileSourceRef, SourceRefBase

from registers import image as images
from registers.compile.tree import make_image
from registers.fresh import HALF, UNTOLD, text_of
from registers.paths import LISTED_MAX


@frozen
class Request:
    """What to compile: see `registers.compile.compile_rdl`."""

    paths: tuple[str, ...]
    top: str | None = None
    include: tuple[str, ...] = ()
    parameters: Mapping[str, int | bool | str] = field(factory=dict[str, "int | bool | str"])
    defines: Mapping[str, str] = field(factory=dict[str, str])


# The parser's list of all that it would have taken instead can be longer than the screen is wide.
_EXPECTED = re.compile(r"(?<= expecting )\{(.*)\}$")
_EXPECTED_MAX = 6


class Refused(Exception):
    """At least one message is an error."""


@define
class Messages(MessagePrinter):
    """Collects what the compiler and this module have to say, one line each: `pll.rdl:12:5: what`.

    Attributes:
        source: the file that an error is told of which has no place.
    """

    source: str = ""
    errors: list[str] = field(factory=list[str])
    warnings: list[str] = field(factory=list[str])

    def print_message(self, severity: Severity, text: str, src_ref: SourceRefBase | None) -> None:
        """Note a message."""
        if severity >= Severity.ERROR and self.errors and src_ref is None and "due to previous errors" in text:
            return
        place = located(src_ref)
        if not place and severity >= Severity.ERROR and self.source:
            place = f"{self.source}: "
        line = _EXPECTED.sub(_few, " ".join(f"{place}{text}".split()))
        (self.errors if severity >= Severity.ERROR else self.warnings).append(line)

    def refuse(self, text: str, src_ref: SourceRefBase | None) -> None:
        """Note something that SystemRDL allows and Firstlight cannot express."""
        self.print_message(Severity.ERROR, text, src_ref)


def _few(expected: re.Match[str]) -> str:
    """Return a list of expected tokens, cut."""
    tokens = expected.group(1).split(", ")  # a token is in quotes, and none has a space: '}', ',', '''
    more = ["..."] if len(tokens) > _EXPECTED_MAX else []
    return f"{{{', '.join(tokens[:_EXPECTED_MAX] + more)}}}"


def located(source: SourceRefBase | None) -> str:
    """Return `file:line:column: `, as far as it is known."""
    if isinstance(source, DetailedFileSourceRef):
        return f"{source.path}:{source.line}:{source.line_selection[0] + 1}: "
    return f"{source.path}: " if isinstance(source, FileSourceRef) else ""


_SKIPPED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"', re.DOTALL)
_CONSTRAINT = re.compile(r"(?<![\\\w])constraint\b(?!\s*=)")


def bare(source: str) -> str:
    """Return the source with comments and texts blanked out, every other character in its place."""
    return _SKIPPED.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def find_constraints(preprocessed: str, files: Iterable[Path]) -> list[str]:
    """Return a message for each constraint, which systemrdl-compiler reads over without a word.

    `constraint = componentwidth` inside the definition of a property is something else, and supported.
    """
    wanted = len(_CONSTRAINT.findall(bare(preprocessed)))
    what = "constraint is not supported: the compiler would drop it; use an enum (encode) for legal values"
    found: list[str] = []
    for path in files:
        source = bare(path.read_text(encoding="utf-8", errors="replace"))
        for match in _CONSTRAINT.finditer(source):
            line = source.count("\n", 0, match.start()) + 1
            column = match.start() - source.rfind("\n", 0, match.start())
            found.append(f"{path}:{line}:{column}: {what}")
    if wanted and not found:
        found.append(what)
    return found[:wanted] if wanted else []


def source_hash(request: Request, files: Sequence[Path]) -> str:
    """Return what changes when another compilation could give another image: sources, parameters, versions.

    The first half is of the sources' text alone, as `registers.fresh` finds it again without a compiler.
    """
    digest = hashlib.sha256(f"{images.VERSION} {COMPILER_VERSION} {request.top}".encode())
    for given in (request.parameters, request.defines):
        digest.update(repr(sorted(given.items())).encode())
    for path in files:
        data = path.read_bytes()
        digest.update(f"{path.name} {len(data)} ".encode() + data)
    text = text_of(Path(request.paths[0])) if len(request.paths) == 1 else UNTOLD
    return text + digest.hexdigest()[HALF:]


@frozen
class Made:
    """What a compilation gives: the packed image, the files that were read, seconds of each step."""

    image: bytes
    files: list[str]
    seconds: dict[str, float]


def compile_request(request: Request, messages: Messages) -> Made:
    """Compile, or refuse.

    Raises:
        Refused: `messages.errors` says why.
    """
    began = perf_counter()
    compiler: Any = RDLCompiler(message_printer=messages)
    files: list[Path] = []
    try:
        for path in request.paths:
            info = compiler.compile_file(path, incl_search_paths=list(request.include), defines=dict(request.defines))
            read = [Path(path), *(Path(p) for p in info.included_files)]
            messages.errors += find_constraints(info.preprocessed_text, read)
            files += [p for p in read if p not in files]
        parsed = perf_counter()
        _check_top(compiler, request.top, messages)
        top = compiler.elaborate(top_def_name=request.top, parameters=_parameters(compiler, request)).top
    except RDLCompileError:
        raise Refused from None
    assert isinstance(top, AddrmapNode)
    elaborated = perf_counter()
    map_hash = source_hash(request, files)
    packed = images.pack(make_image(top, messages.refuse, source=Path(request.paths[-1]).name, source_hash=map_hash))
    if messages.errors:
        raise Refused
    seconds = {"parse": parsed - began, "elaborate": elaborated - parsed, "image": perf_counter() - elaborated}
    return Made(packed, [str(path) for path in files], seconds)


def _check_top(compiler: Any, wanted: str | None, messages: Messages) -> None:
    """Refuse a map that is not there, and name those that are.

    Raises:
        Refused: `messages.errors` says which there are.
    """
    defined: Mapping[str, Component] = compiler.root.comp_defs
    tops = [name for name, component in defined.items() if isinstance(component, Addrmap)]
    if wanted is None and not tops:
        what = "no addrmap is defined, so there is no map to compile"
    elif wanted is None or wanted in tops:
        return
    else:
        found = defined.get(wanted)
        kind = "" if found is None else type(found).__name__.lower()
        what = f"{wanted!r} is a {kind}, not an addrmap" if kind else f"no addrmap {wanted!r}"
        more = f", ... ({len(tops)} in all)" if len(tops) > LISTED_MAX else ""
        what = f"{what}; there are {', '.join(tops[:LISTED_MAX]) or 'none'}{more}"
    messages.print_message(Severity.ERROR, what, None)
    raise Refused


def _parameters(compiler: Any, request: Request) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in request.parameters.items():
        try:
            values[name] = compiler.eval(value) if isinstance(value, str) else value
        except ValueError as problem:
            compiler.msg.fatal(f"parameter {name}={value}: {problem}")
    return values


def answer(request: Request) -> dict[str, Any]:
    """Return what the other end is told: an image, or messages."""
    messages = Messages(source=request.paths[-1])
    for path in map(Path, request.paths):
        if path.exists() and not (path.is_file() or path.is_dir()):
            return {"errors": [f"{path}: is no regular file, and need not end"], "warnings": []}
    try:
        made = compile_request(request, messages)
    except Refused:
        return {"errors": messages.errors, "warnings": messages.warnings}
    except FileNotFoundError as problem:
        return {"errors": [f"{problem.filename}: no such file"], "warnings": messages.warnings}
    except OSError as problem:
        return {"errors": [f"{problem.filename}: {problem.strerror}"], "warnings": messages.warnings}
    except UnicodeDecodeError as problem:
        return {"errors": [f"{request.paths[-1]}: not UTF-8 text ({problem})"], "warnings": messages.warnings}
    except RecursionError:
        return {"errors": [f"{request.paths[-1]}: nested too deep for the compiler"], "warnings": messages.warnings}
    peak = 1024 * getrusage(RUSAGE_SELF).ru_maxrss
    return {"errors": [], "warnings": messages.warnings, "peak_bytes": peak, **asdict(made)}


def main() -> None:
    """Answer the request on standard input; whatever a library prints goes to standard error."""
    gc.disable()  # for 3,000 blocks one collection costs 2 s and frees nothing; the process ends soon
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        request: dict[str, Any] = msgpack.unpackb(sys.stdin.buffer.read())
        out.write(msgpack.packb(answer(Request(**request))))


if __name__ == "__main__":
    main()
