"""What the tests of registers/ share: RDL from a string, compiled without a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from registers.compile import RdlError
from registers.compile.worker import Messages, Refused, Request, compile_request
from registers.image import unpack
from registers.schema import Image

RDL = Path(__file__).parent / "rdl"


class CompileText(Protocol):
    """Compiles a text, or a file of tests/registers/rdl/."""

    def __call__(self, text: str = "", *, file: Path | None = None, **parameters: int | bool | str) -> Image: ...


@pytest.fixture
def compile_text(tmp_path: Path) -> CompileText:
    """Return a function from RDL text to an image; what is wrong is an RdlError, as in the real compiler."""

    def compiled(text: str = "", *, file: Path | None = None, **parameters: int | bool | str) -> Image:
        source = file
        if source is None:
            source = tmp_path / "map.rdl"
            source.write_text(text, encoding="utf-8")
        messages = Messages()
        try:
            made = compile_request(Request((str(source),), parameters=parameters), messages)
        except Refused:
            raise RdlError(tuple(messages.errors)) from None
        return unpack(made.image)

    return compiled


@pytest.fixture
def everything(compile_text: CompileText) -> Image:
    """Return the map that has one of everything."""
    return compile_text(file=RDL / "everything.rdl")
