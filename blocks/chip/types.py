"""Block types as folders: `pll` is blocks/pll/, with its driver, its register image and perhaps a model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module, resources
from inspect import isabstract, isclass
from types import ModuleType
from typing import Any, TypeVar

from attrs import frozen

from blocks.base import Block, config_of, registers_of
from blocks.chip.slips import slips
from registers.fresh import check_resource
from registers.handles import RegisterMap
from registers.image import ImageError, load_resource, type_hash
from registers.schema import GroupType

T = TypeVar("T")


@frozen(eq=False)
class BlockType:
    """What a block type consists of.

    Attributes:
        block, regs, config: the classes of its driver, its registers and its configuration.
        layout: its registers, as its own image has them.
        layout_hash: of what software sees of them.
    """

    name: str
    block: type[Block[Any]]
    regs: type[RegisterMap]
    config: type[Any]
    layout: GroupType
    layout_hash: str


def block_types() -> Iterator[str]:
    """Yield the names of the block types there are."""
    for folder in resources.files("blocks").iterdir():
        if folder.is_dir() and folder.joinpath("driver.py").is_file():
            yield folder.name


@cache
def block_type(name: str) -> BlockType:
    """Return one of `block_types`.

    Raises:
        BlockError: its driver.py does not import, or holds no block, several, or one that does not name its registers
            or configuration.
        ImageError: its register image is missing or cannot be used.
    """
    image = load_resource(f"blocks.{name}", f"{name}.image")
    check_resource(image, f"blocks.{name}", f"{name}.image")
    layout = image.root
    module = f"blocks.{name}.driver"
    with slips(module, ImageError):
        block: type[Block[Any]] = only_subclass(import_module(module), Block)
        return BlockType(name, block, registers_of(block), config_of(block), layout, hash_of(layout))


@cache
def hash_of(layout: GroupType) -> str:
    """Return what tells a layout from others; worked out once for each type, whatever the number of instances."""
    return type_hash(layout)


def only_subclass(module: ModuleType, base: type[T]) -> type[T]:
    """Return the one concrete subclass that a module defines.

    Raises:
        TypeError: there is none, or more than one.
    """
    found = [
        item
        for item in vars(module).values()
        if isclass(item) and issubclass(item, base) and item.__module__ == module.__name__ and not isabstract(item)
    ]
    if len(found) != 1:
        names = ", ".join(item.__name__ for item in found) or "none"
        raise TypeError(f"{module.__name__} must define exactly one {base.__name__}; it defines {names}")
    return found[0]
