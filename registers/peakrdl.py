"""Our generator as a verb of PeakRDL, for those who drive their exports from there: `peakrdl firstlight x.rdl -o DIR`.

PeakRDL finds `Exporter` by entry point and asks that it descend from a class of its own. Nothing else imports this
module, so nothing else needs PeakRDL.
"""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from systemrdl.node import AddrmapNode
from systemrdl.source_ref import FileSourceRef

from registers.compile.tree import make_image
from registers.compile.worker import Request, find_constraints, source_hash
from registers.files import OutputRefused, check_outputs, write_atomically
from registers.generate import generate
from registers.image import pack, unpack


class Export:
    """What the verb does."""

    short_desc = "Generate typed, bit-safe Python (regs.py) and the register image it loads"

    def do_export(self, top_node: AddrmapNode, options: Namespace) -> None:
        """Write `regs.py` and the image into the folder `options.output`.

        Raises:
            RDLCompileError: the map has what cannot be expressed, or a file cannot be written or is a source; the
                message names it, and nothing was written.
        """
        folder = Path(options.output)
        message: Any = top_node.env.msg
        sources = _sources(top_node)
        for problem in find_constraints("\n".join(p.read_text(encoding="utf-8") for p in sources), sources):
            message.error(problem)
        request = Request(paths=tuple(str(path) for path in sources))
        first = Path(top_node.def_src_ref.path) if isinstance(top_node.def_src_ref, FileSourceRef) else Path("map.rdl")
        made = make_image(top_node, message.error, source=first.name, source_hash=source_hash(request, sources))
        if message.had_error:
            message.fatal("Export aborted due to previous errors")
        image = unpack(pack(made), name=first.name)  # equal types become one
        beside, module = folder / f"{image.root.name}.image", folder / "regs.py"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            check_outputs([beside, module], sources)
            write_atomically(beside, pack(image))
            write_atomically(module, generate(image, image_file=beside.name).encode())
        except OSError as problem:
            message.fatal(f"{problem.filename}: {problem.strerror}")
        except OutputRefused as problem:
            message.fatal(str(problem))


def _sources(top: AddrmapNode) -> list[Path]:
    """Return the files in which the map's components are defined."""
    refs = [top.def_src_ref, *(node.def_src_ref for node in top.descendants())]
    return sorted({Path(ref.path) for ref in refs if isinstance(ref, FileSourceRef)})


_base: Any = import_module("peakrdl.plugins.exporter").ExporterSubcommandPlugin

Exporter: type[Any] = type("Exporter", (Export, _base), {"__doc__": Export.__doc__})
