"""What every block type is: registers and configuration by annotation, ladders by method, nothing by default."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import blocks
from blocks.base import Block, config_of, registers_of
from blocks.chip.types import block_type, block_types, only_subclass
from blocks.crg.driver import Crg, CrgConfig
from blocks.crg.regs import CrgRegs
from blocks.model import BlockModel, model_type, params_of
from blocks.port import Port
from registers.image import type_hash
from registers.schema import GroupType

FLOOR = Path(blocks.__file__).parent
FIRST = sorted(
    {f"blocks.{path.stem}" for path in FLOOR.glob("[a-z]*.py")} | {"blocks.pll.model", "blocks.chip", "blocks.sim"}
)


class Bare(Block[CrgRegs]):
    """A block that says nothing but its registers."""


def bare() -> Bare:
    return Bare("bare", CrgRegs.at(0), None)


@pytest.mark.parametrize("module", FIRST)
def test_any_module_can_be_imported_first(module: str) -> None:
    """A program that imports one module of this floor before all others gets it."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], cwd=FLOOR.parent, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_a_type_names_its_registers_and_configuration() -> None:
    """Registers are the type argument, the configuration is the annotation."""
    assert registers_of(Crg) is CrgRegs
    assert config_of(Crg) is CrgConfig
    with pytest.raises(TypeError, match=r"Block must name its registers"):
        registers_of(Block)
    with pytest.raises(TypeError, match=r"Bare must annotate its configuration"):
        config_of(Bare)


def test_what_a_type_does_not_say_it_does_not_have() -> None:
    """A block without a ladder to service cannot come up; at rest it is already; it offers no address space."""
    with pytest.raises(TypeError, match="block type Bare has no ladder `up`"):
        bare().up()
    assert len(bare().rest()) == 0

    class Nowhere:
        async def submit(self, batch: Any, *, owner: str = "") -> Any:
            raise AssertionError(f"{owner} submitted {batch}")

    with pytest.raises(TypeError, match=r"bare \(Bare\) offers no address space"):
        bare().offer(Port(Nowhere(), "bare"))


async def test_an_interrupt_needs_no_attention_of_its_own() -> None:
    """By default an interrupt is answered by the look alone: the block touches nothing."""

    class Nowhere:
        async def submit(self, batch: Any, *, owner: str = "") -> Any:
            raise AssertionError(f"{owner} submitted {batch}")

    block = bare()
    await block.service(Port(Nowhere(), "bare"))
    assert block.line is None


def test_every_block_type_is_whole() -> None:
    """Each folder has one driver, an image of the registers that the driver names, and perhaps one model."""
    names = set(block_types())
    assert {"pll", "crg", "plic"} <= names
    for name in names:
        kind = block_type(name)
        assert issubclass(kind.block, Block)
        assert kind.layout_hash == type_hash(kind.layout)
        assert kind.layout.name == name
        model = model_type(name)
        assert model is None or issubclass(model, BlockModel)
        assert model is None or params_of(model).__name__.endswith("Params")


def test_a_module_defines_exactly_one() -> None:
    """None and several are refused by name; what is imported does not count."""
    module = ModuleType("blocks.odd.driver")
    vars(module).update(Crg=Crg)
    with pytest.raises(TypeError, match=r"blocks\.odd\.driver must define exactly one Block; it defines none"):
        only_subclass(module, Block)
    for name in ("One", "Two"):
        vars(module)[name] = type(name, (Bare,), {"__module__": "blocks.odd.driver"})
    with pytest.raises(TypeError, match="it defines One, Two"):
        only_subclass(module, Block)


def test_layouts_are_told_apart_by_what_software_sees() -> None:
    """The layout of one type is not that of another."""
    layouts: list[GroupType] = [block_type(name).layout for name in block_types()]
    assert len({type_hash(layout) for layout in layouts}) == len(layouts)
