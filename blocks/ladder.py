"""A block is a ladder: rungs that are each a condition on register fields and the act that makes it hold.

Bring-up, resume, recovery and audit are one loop over it: look, act on the lowest rung that does not hold, look again.
A ladder is data, so what it reads, what it writes and what must be seen when is known before anything runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeAlias, cast

from attrs import field, frozen

from blocks.port import Port
from registers.access import RegisterOp
from transports.batch import Delay, Fence

US = 1e-6
MS = 1e-3


@frozen(eq=False)
class Where:
    """A condition that a masked compare cannot say: `holds` over the values of `reads`.

    Attributes:
        text: says it for people: "count is below the threshold".
        intended: checks of what software writes, among what is read: while they pass and the block is up, the
            condition holds, and where it does not it is for them that it does not.
    """

    text: str
    reads: tuple[RegisterOp[Any], ...] = field(converter=tuple[RegisterOp[Any], ...])
    holds: Callable[..., bool]
    intended: tuple[RegisterOp[Any], ...] = field(converter=tuple[RegisterOp[Any], ...], default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        there = {op.path for op in self.reads}
        if unread := [op.path for op in self.intended if op.path not in there or op.verb != "check"]:
            raise ValueError(f"condition {self.text!r}: {', '.join(unread)} is no check of a register that it reads")
        for op in self.reads:
            if op.verb != "read":
                raise ValueError(f"condition {self.text!r}: a look only reads, and this would {op}")
            if effects := [f.name for f in op.type.fields if f.onread is not None]:
                raise ValueError(f"condition {self.text!r}: reading {op.path} changes {', '.join(effects)}")


Condition: TypeAlias = "RegisterOp[Any] | Where"
Act: TypeAlias = "RegisterOp[Any] | Delay | Fence"
Dialogue: TypeAlias = Callable[[Port], Awaitable[None]]


def _reach(value: tuple[Act, ...] | list[Act] | Dialogue) -> tuple[Act, ...] | Dialogue:
    return tuple(cast("list[Act]", value)) if isinstance(value, (tuple, list)) else value


@frozen(eq=False)
class Rung:
    """One condition and the act that makes it hold.

    Attributes:
        holds: checks of register fields, all of which must pass.
        reach: register operations in order, or an async function for what data cannot say. Idempotent: it may be
            interrupted after any single access and run again from the start. Empty: only time makes it hold.
        within: seconds from the act by which `holds` must have been seen.
        settles: seconds it usually takes: when to look first.
        needs: blocks, or rungs of blocks (`pll[0]:locked`), that must stand before the act.
        disturbs: the act disturbs running traffic.
    """

    name: str
    holds: tuple[Condition, ...] = field(converter=tuple[Condition, ...], kw_only=True)
    reach: tuple[Act, ...] | Dialogue = field(converter=_reach, default=(), kw_only=True)
    within: float = field(kw_only=True)
    settles: float = field(default=0.0, kw_only=True)
    needs: tuple[str, ...] = field(converter=tuple[str, ...], default=(), kw_only=True)
    disturbs: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.holds:
            raise ValueError(f"rung {self.name!r} checks nothing: it could not be seen to hold")
        for condition in self.holds:
            if isinstance(condition, RegisterOp) and condition.verb != "check":
                raise ValueError(f"rung {self.name!r}: a condition is a check, and this would {condition}")
        if not 0 <= self.settles <= self.within:
            raise ValueError(f"rung {self.name!r}: settles {self.settles} s must lie in 0..within ({self.within} s)")


class Ladder:
    """An ordered tuple of rungs, lowest first."""

    __slots__ = ("rungs",)

    def __init__(self, *rungs: Rung) -> None:
        names = [rung.name for rung in rungs]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two rungs have one name: {', '.join(sorted(twice))}")
        self.rungs = rungs

    def __len__(self) -> int:
        return len(self.rungs)

    def __iter__(self) -> Iterator[Rung]:
        return iter(self.rungs)

    def __getitem__(self, index: int) -> Rung:
        return self.rungs[index]

    @property
    def settles(self) -> float:
        """Seconds that the whole climb usually takes."""
        return sum(rung.settles for rung in self.rungs)
