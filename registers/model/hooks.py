"""What a behaviour model attaches to software's accesses, by path: one register, one field, or `LANE[*].CTRL`."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from registers.model.bank import Bank
from registers.model.place import register_at
from registers.model.state import Port
from registers.paths import parse, steps_of

Attach = Callable[[Port, str], None]


@frozen
class Pattern:
    """A path that may leave indices open: for each level the name and the indices, None for any."""

    levels: tuple[tuple[str, tuple[int | None, ...]], ...]
    field: str
    attach: Attach

    def fits(self, port: Port) -> bool:
        """Say whether a port is one of those meant."""
        steps = port.place.steps
        return len(steps) == len(self.levels) and all(
            step.name == name and all(w is None or w == i for w, i in zip(wanted, step.indices, strict=True))
            for step, (name, wanted) in zip(steps, self.levels, strict=True)
        )


class Hooks:
    """The hooks of one register file; those with open indices reach registers when these are first touched."""

    def __init__(self) -> None:
        self._patterns: list[Pattern] = []

    def attach(self, bank: Bank, path: str, attach: Attach) -> None:
        """Call `attach` with every port that `path` means, and the field it names ("" for the register).

        Raises:
            ValueError, IndexError: no such register or field.
        """
        if "*" not in path:
            attach(*bank.at(path))
            return
        place, register, rest = register_at(bank.root, steps_of(path.replace("*", "0")))
        name = rest[0].name if rest else ""
        if name and name not in register.by_name:
            raise ValueError(f"{path}: {register.name} has no field {name!r}")
        levels = tuple(
            (level, tuple(None if text == "*" else int(text, 0) for text in texts))
            for level, texts in parse(path)[: len(place.steps)]
        )
        pattern = Pattern(levels, name, attach)
        self._patterns.append(pattern)
        for port in list(bank.ports.values()):
            if pattern.fits(port):
                attach(port, name)

    def reach(self, port: Port) -> None:
        """Attach to a new port what was meant for it."""
        for pattern in self._patterns:
            if pattern.fits(port):
                pattern.attach(port, pattern.field)
