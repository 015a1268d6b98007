"""What every block type is: registers, a configuration, and ladders."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from blocks.ladder import Ladder
from blocks.line import Line
from blocks.port import Port
from registers.handles import RegisterMap
from transports.base import Transport

R = TypeVar("R", bound=RegisterMap)


class Block(Generic[R]):
    """One hardware block: intent only. It owns no task, no transport and no copy of a register.

    A block type is a folder: `x.rdl`, `regs.py` (generated), `driver.py` (a subclass of this), `model.py` (the
    simulated behaviour). The subclass names its registers as the type argument and its configuration, an attrs
    class, as the annotation of `config`.
    """

    config: Any

    def __init__(self, name: str, regs: R, config: Any, line: Line | None = None) -> None:
        self.name = name
        self.regs = regs
        self.config = config
        self.line = line

    def up(self) -> Ladder:
        """The ladder from reset to in service."""
        raise TypeError(f"block type {type(self).__name__} has no ladder `up`")

    def rest(self) -> Ladder:
        """The ladder from in service to quiesced: traffic drained, isolated, safe to reset or power down."""
        return Ladder()

    def full(self) -> Ladder:
        """What a block that is up shows when nothing about it is lessened: rungs without acts, only looked at.

        A rung that does not hold says that the block is up but degraded: a link came up narrow, a lane was repaired.
        """
        return Ladder()

    async def service(self, port: Port) -> None:
        """Attend to what an interrupt hints at, before the ladder is looked at again. Default: the look is enough."""

    def offer(self, port: Port) -> Transport:
        """Return the address space that stands behind this block, reached through its own registers by `port`."""
        raise TypeError(f"{self.name} ({type(self).__name__}) offers no address space to other blocks")


def registers_of(block: type[Block[Any]]) -> type[RegisterMap]:
    """Return the register map class that a block type names: `PllRegs` of `class Pll(Block[PllRegs])`."""
    for base in getattr(block, "__orig_bases__", ()):
        if get_origin(base) is Block:
            found: type[RegisterMap] = get_args(base)[0]
            return found
    raise TypeError(f"{block.__name__} must name its registers: class {block.__name__}(Block[...Regs])")


def config_of(block: type[Block[Any]]) -> type[Any]:
    """Return the configuration class that a block type annotates."""
    found: type[Any] = get_type_hints(block)["config"]
    if found is Any:
        raise TypeError(f"{block.__name__} must annotate its configuration: config: ...Config")
    return found
