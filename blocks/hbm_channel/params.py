"""What a simulated memory channel is like: how long it takes, and what is wrong with it."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import ModelParams, wire

LANES: Final = 16
LATENCY = between(0.0, float("inf"))
PROBABILITY = between(0.0, 1.0)


@frozen(kw_only=True)
class HbmChannelParams(ModelParams):
    """What this channel is like. Times are typical ones; inf: never.

    Attributes:
        stack: the net of its stack, `hbm.ready`; empty: one that is always ready.
        wake_s, dll_s, drain_s: of the PHY, of its clock, of requests under way when normal mode is left.
        levelling_s, gate_s, read_eye_s, write_eye_s: phases of training.
        fill_s: of the whole memory.
        retention_s: that cells keep without refresh.
        retry_p: probability that an attempt at training fails for no lasting reason; never one behind a failed one.
        never_trains: no lane ever answers.
        bad_lane: a lane without margin, -1: none; bad_lanes: more of them, a bit each.
        corrected_p, uncorrectable_p: probability that what is fetched had one wrong bit, or more.
    """

    stack: str = wire()
    wake_s: float = field(default=2e-6, validator=LATENCY)
    dll_s: float = field(default=20e-6, validator=LATENCY)
    drain_s: float = field(default=1e-6, validator=LATENCY)
    levelling_s: float = field(default=4e-3, validator=LATENCY)
    gate_s: float = field(default=4e-3, validator=LATENCY)
    read_eye_s: float = field(default=6e-3, validator=LATENCY)
    write_eye_s: float = field(default=6e-3, validator=LATENCY)
    fill_s: float = field(default=2e-3, validator=LATENCY)
    retention_s: float = field(default=32e-3, validator=LATENCY)
    retry_p: float = field(default=0.0, validator=PROBABILITY)
    never_trains: bool = False
    bad_lane: int = field(default=-1, validator=between(-1, LANES - 1))
    bad_lanes: int = field(default=0, validator=between(0, (1 << LANES) - 1))
    corrected_p: float = field(default=0.0, validator=PROBABILITY)
    uncorrectable_p: float = field(default=0.0, validator=PROBABILITY)

    @property
    def phases_s(self) -> tuple[float, float, float, float]:
        """The phases of training, in order."""
        return self.levelling_s, self.gate_s, self.read_eye_s, self.write_eye_s

    @property
    def without_margin(self) -> int:
        """Every bad lane, a bit each."""
        return self.bad_lanes | (1 << self.bad_lane if self.bad_lane >= 0 else 0)
