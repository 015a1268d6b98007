"""What a replay shows: accesses with the names of their registers, and what became of each that was struck."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from registers.model.place import Place, decode
from registers.schema import RegisterType
from runtime.faults.golden import Access
from runtime.faults.site import block_at
from runtime.words import count
from transports.faulty import Strike

if TYPE_CHECKING:
    from blocks.chip import Chip

AROUND = 8  # accesses before what is shown, and after a rule that was broken


class Names:
    """The names of what accesses of one chip reach."""

    def __init__(self, chip: Chip) -> None:
        self._chip, self._whose = chip, block_at(chip)
        self._known: dict[tuple[int, bool], tuple[str, str]] = {}

    def at(self, address: int, *, write: bool) -> tuple[str, str]:
        """Return the block and the register, or memory, at an address; empty where none is."""
        if (found := self._known.get((address, write))) is None:
            found = self._known[address, write] = self._found(address, write)
        return found

    def _found(self, address: int, write: bool) -> tuple[str, str]:
        if not (block := self._whose(address)):
            return "", ""
        instance = self._chip.instances[block]
        offset = address - instance.address
        places = decode(instance.block.regs.group, offset)
        if not places:
            return block, ""
        place = next((place for place in places if _takes(place, write)), places[0])
        inside = offset - place.offset
        return block, f"{place.path}+{inside:#x}" if inside else place.path

    def _of(self, source: int | None) -> str:
        """Return whose a line of the chip is; empty: nobody's, or it is none."""
        lines = ((name, one.line) for name, one in self._chip.instances.items())
        return next((name for name, line in lines if line and not line.controller and line.source == source), "")

    def access(self, access: Access) -> Access:
        """Return an access with the name of what it reaches."""
        block, register = self.at(access.address, write=access.write)
        return evolve(access, register=register if block == access.block or not register else f"{block}.{register}")

    def strike(self, strike: Strike) -> str:
        """Return a shot that struck and what became of its access, in words."""
        if strike.address is None:
            return f"{strike.shot}: {' '.join(filter(None, (self._of(strike.line), strike.became)))}"
        block, register = self.at(strike.address, write=strike.what == "write")
        where = " ".join(filter(None, (block, strike.what, f"{strike.address:#x}", register)))
        word = "" if strike.word is None else f"{' =' if strike.what == 'write' else ':'} {strike.word:#x}"
        return f"{strike.shot}: {where}{word}, {strike.became}"

    def data(self, strike: Strike) -> dict[str, Any]:
        """Return a shot that struck, and what became of its access, as JSON can say it."""
        said: dict[str, Any] = {"shot": str(strike.shot), "what": strike.what, "became": strike.became}
        if strike.address is None:
            return {**said, "block": self._of(strike.line), "line": strike.line}
        block, register = self.at(strike.address, write=strike.what == "write")
        at = {"block": block, "register": register, "address": strike.address, "width": strike.width}
        return {**said, **at, "word": strike.word, "told": strike.told, "times": strike.times}


def _takes(place: Place, write: bool) -> bool:
    """Say whether what stands somewhere can be written, or read."""
    if not isinstance(place.type, RegisterType):
        return True
    return any(field.sw.writable if write else field.sw.readable for field in place.type.fields)


def shown(
    names: Names,
    accesses: Sequence[Access],
    struck: Sequence[tuple[int, str]],
    marked: Collection[int] = (),
    *,
    beside: Collection[int] = (),
    after: int = AROUND,
    every: bool = False,
) -> Iterator[str]:
    """Yield the accesses around what is shown, a line each, and how many are left out behind the first of these.

    Args:
        struck: lines that stand among them, behind so many.
        marked: accesses that have `>` before them, by how many there were by then.
        beside: as `marked`, and not marked.
        after: so many are shown behind each of these lines.
        every: all accesses are shown.
    """
    near = (
        _near(len(accesses), [at for at, _ in struck], {*marked, *beside}, after) if not every else range(len(accesses))
    )
    lines, last = [*struck], len(accesses)
    for at in [*sorted(near), len(accesses)]:
        if at > last + 1:
            yield f"  ... and {count(at - last - 1, 'access')} more"
        last = at
        while lines and lines[0][0] <= at:
            yield f"  ---- {lines.pop(0)[1]}"
        if at < len(accesses):
            yield f"{'>' if at + 1 in marked else ' '} {names.access(accesses[at])}"


def _near(number: int, struck: Sequence[int], others: Collection[int], after: int) -> set[int]:
    """Return the accesses around some lines, and around some others."""
    near = {at for mark in struck for at in range(mark - AROUND, mark + after)}
    near |= {at for mark in others for at in range(mark - AROUND, mark + AROUND)}
    return {at for at in near if 0 <= at < number}
