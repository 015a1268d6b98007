"""What a simulated compute engine is like: how long it takes, and what is wrong with it."""

from __future__ import annotations

from math import inf

from attrs import field, frozen

from blocks.limits import between
from blocks.model import ModelParams, wire

LATENCY = between(0.0, inf)


@frozen(kw_only=True)
class EngineParams(ModelParams):
    """What this engine is like. Times are typical ones; inf: never.

    Attributes:
        core: the domain that clocks and resets the core, `compute_crg.core`; empty: always on.
        gate_s: of the power gate, from request to good supply; open_s: from its end to no supply.
        bist_s: of the memories' test.
        boot_s: from start to firmware that takes tasks.
        halt_s: until what the core began is finished.
        beat_s: between two signs of life.
        hangs_s: from ready until the firmware hangs.
        never_boots: the boot code never ends.
        brownout: the supply sags whenever the gate closes.
        bad_sram: a bank has more bad rows than spares; weak_row: one has one.
        bad_lanes: lanes that do not work, a bit each.
    """

    core: str = wire()
    gate_s: float = field(default=20e-6, validator=LATENCY)
    open_s: float = field(default=5e-6, validator=LATENCY)
    bist_s: float = field(default=200e-6, validator=LATENCY)
    boot_s: float = field(default=500e-6, validator=LATENCY)
    halt_s: float = field(default=2e-6, validator=LATENCY)
    beat_s: float = field(default=50e-6, validator=between(1e-6, 1.0))
    hangs_s: float = field(default=inf, validator=LATENCY)
    never_boots: bool = False
    brownout: bool = False
    bad_sram: bool = False
    weak_row: bool = False
    bad_lanes: int = field(default=0, validator=between(0, 0xFF))
