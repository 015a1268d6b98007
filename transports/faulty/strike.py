"""A shot that struck, and what became of the access that it struck, in words."""

from __future__ import annotations

from attrs import define

from transports.faulty.kinds import Kind, Shot

_BECAME = {
    Kind.RESET: "{done}, the controller was reset",
    Kind.DEVICE: "the device was reset {side} it",
    Kind.ERROR: "{done}, answered with an error",
    Kind.HANG: "{done}, no answer for {lasts}",
    Kind.DROPPED: "lost",
    Kind.TORN: "{torn}",
    Kind.FLIP: "{told}{bits}",
    Kind.ONES: "{told}",
    Kind.TWICE: "done {times}",
    Kind.LATE: "answered after {lasts}",
    Kind.DOWN: "the link went down for {lasts}, {down}",
    Kind.LOST: "line {line} rose, and nobody heard of it",
    Kind.SPURIOUS: "line {line} was heard, which did not rise",
    Kind.STORM: "line {line} was heard again and again, which did not rise",
}
_TIMES = "not at all", "once", "twice"


@define
class Strike:
    """A shot that struck; what became of its access is known when that is over.

    Attributes:
        time_s: on the clock of the event loop, or the chip's.
        address: of the access; None: an interrupt.
        what: `read`, `write`, or `rise`.
        width: in bytes.
        word: that was to be written, or that the device brought; None: it brought none.
        told: what was told of a read that lied; None: none lied.
        times: that the access was done.
        lost: a write vanished.
        lasts_s: of what takes time.
        line: of an interrupt, where somebody knows.
    """

    time_s: float
    shot: Shot
    address: int | None
    what: str
    width: int = 4
    word: int | None = None
    told: int | None = None
    times: int = 0
    lost: bool = False
    lasts_s: float = 0.0
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.shot} at a {self.what}{'' if self.address is None else f' of {self.address:#x}'}"

    @property
    def became(self) -> str:
        """What became of the access, in words."""
        told = f"told {self.told:#x}" if self.told is not None else "nothing was brought" if self.word is None else ""
        return _BECAME[self.shot.kind].format(
            done="done" if self.times else "not done",
            side="after" if self.shot.after else "before",
            lasts=f"{self.lasts_s * 1e3:g} ms",
            torn="only its lower half arrived" if self.times else "lost, a part of its register",
            told=told or "told as it is",
            bits=self._bits(),
            times=_TIMES[min(self.times, 2)],
            down=f"told {self.told:#x}" if self.told is not None else self._went(),
            line="" if self.line is None else self.line,
        )

    def _bits(self) -> str:
        if self.told is None or self.word is None:
            return ""
        bits = [str(bit) for bit in range(8 * self.width) if (self.told ^ self.word) >> bit & 1]
        return f" ({'bit' if len(bits) == 1 else 'bits'} {', '.join(bits)})"

    def _went(self) -> str:
        if self.lost:
            return "lost"
        return "done when it was back" if self.times else "nothing went out"
