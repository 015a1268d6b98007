"""Names for addresses: which register of which block stands there. Worked out when someone asks, never before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from registers.handles import RegisterMap
from registers.schema import GroupType, MemoryType


class Places:
    """The blocks of one address space, by address.

    Attributes:
        behind: the block that offers the address space; empty: it is the chip's own bus.
    """

    def __init__(self, blocks: Iterable[tuple[str, RegisterMap]], behind: str = "") -> None:
        self.behind = behind
        self._blocks = sorted(((regs.address, name, regs.group) for name, regs in blocks), key=lambda block: block[:2])
        self._starts = [start for start, _, _ in self._blocks]

    def name(self, address: int) -> str:
        """Return `pll[3].CTRL`, or the bare address where no register stands."""
        at = bisect_right(self._starts, address) - 1
        if at >= 0:
            start, block, group = self._blocks[at]
            if path := _path(group, address - start):
                return f"{block}.{path}"
        return f"{address:#x}"


def _path(group: GroupType, offset: int) -> str:
    """Return the path of the register at an offset, empty where none is."""
    for child in group.children:
        size = child.type.width if not isinstance(child.type, (GroupType, MemoryType)) else child.type.size
        flat, within = divmod(offset - child.offset, child.stride or size)
        if not 0 <= flat < child.count or within >= size:
            continue
        path = child.name + "".join(f"[{index}]" for index in child.indices_of(flat))
        if isinstance(child.type, GroupType):
            if below := _path(child.type, within):
                return f"{path}.{below}"
            continue
        if isinstance(child.type, MemoryType):
            return f"{path}[{within // child.type.width}]"
        return f"{path}+{within}" if within else path
    return ""
