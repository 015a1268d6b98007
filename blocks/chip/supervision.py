"""How a block of a chip is kept up: the rule that `runtime/policy.py` decides by."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from attrs import frozen


class Level(IntEnum):
    """How far a recovery reaches; each reaches further than the one before."""

    CLIMB = 0  # the block climbs its ladder `up` again
    BLOCK = 1  # it is put to rest by its ladder `rest`, its consumers first, then they climb
    CLUSTER = 2  # the same for the block that clocks and resets its cluster, with all that stands on it
    CHIP = 3  # the transport resets the chip


class Restart(StrEnum):
    """When a block is brought up again."""

    PERMANENT = "permanent"  # always, also when somebody put it to rest
    TRANSIENT = "transient"  # unless somebody put it to rest
    TEMPORARY = "temporary"  # never


class Strategy(StrEnum):
    """Who is looked at, or stopped, when a block is in trouble. Each covers the one before."""

    BLOCK = "block"  # the block alone
    CLOSURE = "closure"  # with all that need it, however far
    DOMAIN = "domain"  # with all of its fault domain, and all that need one of those


class Drift(StrEnum):
    """What is done about a field that is no longer as intended while its block serves."""

    REPAIR = "repair"
    HOLD = "hold"
    REPORT = "report"


class Disturb(StrEnum):
    """What is said to an act that would disturb the traffic of a block that serves."""

    QUIESCE = "quiesce"  # yes, when those that send through it are at rest
    NEVER = "never"
    ALLOW = "allow"  # yes, at once


@frozen(kw_only=True)
class Supervision:
    """How one block is kept up.

    Attributes:
        restart: when it is brought up again.
        strategy: who is looked at with it.
        attempts: climbs that may fail at one level before the next is used.
        intensity: incidents that may begin within `period_s`; one more begins a level higher.
        backoff_s: wait after the first failure; each further one doubles it, up to `backoff_max_s`.
        burst_s: a trouble so soon after the last of an open incident of what it needs, or of its domain, belongs to it.
        grace_s: so soon after its end an incident goes on, and its recovery counts as failed.
        drift: what is done about a field that is not as intended.
        disturb: what is said to an act that would disturb traffic.
        highest: no recovery for this block reaches further.
        hold: freeze it whenever it is in trouble, for a person with a probe.
        domain: the block that clocks and resets its cluster, and names its fault domain; empty: none does.
    """

    restart: Restart = Restart.TRANSIENT
    strategy: Strategy = Strategy.BLOCK
    attempts: int = 3
    intensity: int = 3
    period_s: float = 60.0
    backoff_s: float = 1e-3
    backoff_max_s: float = 10.0
    burst_s: float = 0.1
    grace_s: float = 1.0
    drift: Drift = Drift.REPAIR
    disturb: Disturb = Disturb.QUIESCE
    highest: Level = Level.CHIP
    hold: bool = False
    domain: str = ""
