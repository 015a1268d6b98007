"""How the blocks of a chip are kept up: `[supervision]`, the rules that `runtime/policy.py` decides by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from attrs import evolve, fields_dict, frozen

from blocks.chip.entry import Draft, filled
from blocks.chip.flows import each_block
from blocks.chip.table import Table, choice
from registers.schema import GroupType

ATTEMPTS_MAX = 100  # with `backoff_max_s` between them, a block that fails keeps its domain waiting no longer
INTENSITY_MAX = 1000  # as many times are remembered for each block
TIME_S_MAX = 86400.0  # what lies further back is another incident
TIME_S_MIN = 1e-6  # no bus answers sooner


class Level(IntEnum):
    """How far a recovery reaches; each reaches further than the one before."""

    CLIMB = 0  # the block climbs its ladder `up` again
    BLOCK = 1  # it is put to rest by its ladder `rest`, its consumers first, then they climb
    CLUSTER = 2  # the same for the block that clocks and resets its cluster, with all that stands on it
    CHIP = 3  # the transport resets the chip


class Restart(StrEnum):
    """When a block is brought up again."""

    PERMANENT = "permanent"  # always, also when somebody put it to rest
    TRANSIENT = "transient"  # after a fall; what somebody put to rest rests until it is woken
    TEMPORARY = "temporary"  # never after a failure of its own, but by somebody who wakes it


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
        patience_s: so long it is tried again while its registers answer with errors, before a reset: it may serve.
        burst_s: a trouble so soon after an incident began belongs to it where both have the same domain; one that
            stands on what fell there does at any time.
        grace_s: so soon after its end an incident goes on, and its recovery counts as failed.
        drift: what is done about a field that is not as intended.
        disturb: what is said to an act that would disturb traffic.
        highest: no recovery for this block reaches further.
        hold: freeze it whenever it is in trouble, for a person with a probe.
        domain: the block that clocks and resets its cluster, and names its fault domain; empty: none does.
        partner: the block at the other end of its link: a trouble while that one is down, or within the grace of its
            recovery, belongs to the same incident; empty: none is.
    """

    restart: Restart = Restart.TRANSIENT
    strategy: Strategy = Strategy.CLOSURE
    attempts: int = 3
    intensity: int = 3
    period_s: float = 60.0
    backoff_s: float = 1e-3
    backoff_max_s: float = 10.0
    patience_s: float = 1.0
    burst_s: float = 0.1
    grace_s: float = 1.0
    drift: Drift = Drift.REPAIR
    disturb: Disturb = Disturb.QUIESCE
    highest: Level = Level.BLOCK
    hold: bool = False
    domain: str = ""
    partner: str = ""


def read_supervision(top: Table, root: GroupType, drafts: Mapping[str, Draft]) -> dict[str, Supervision]:
    """Return the rules of `[supervision."BLOCKS"]` tables by block; a later table replaces an earlier one.

    Args:
        drafts: the blocks, their needs checked.

    Raises:
        ChipError: a block that is not there, an unknown key, a value out of range, a domain that the block does not
            need, or a partner that is no other block.
    """
    found: dict[str, Supervision] = {}
    rules: dict[tuple[str, str, str], Supervision] = {}  # of a table, for a domain and a partner
    known: set[tuple[tuple[str, ...], str]] = set()  # needs among which a domain is, however far
    for table, name, indices in each_block(top.table("supervision"), root, drafts, *fields_dict(Supervision)):
        domain = filled(table.get("domain", str, ""), indices, table)
        if domain and (drafts[name].needs, domain) not in known:
            _check_domain(table, drafts, name, domain)
            known.add((drafts[name].needs, domain))
        partner = filled(table.get("partner", str, ""), indices, table)
        if partner and (partner == name or partner not in drafts):
            raise table.error("partner", repr(partner), f"another block of this chip: {choice(partner, drafts)}")
        if (rule := rules.get((table.path, domain, partner))) is None:
            rule = rules[table.path, domain, partner] = evolve(_rule(table), domain=domain, partner=partner)
        found[name] = rule
    return found


def _rule(table: Table) -> Supervision:
    """Return what a table says, without the blocks that it names."""
    usual = Supervision()
    backoff_s = _seconds(table, "backoff_s", usual.backoff_s)
    backoff_max_s = _seconds(table, "backoff_max_s", max(backoff_s, usual.backoff_max_s))
    if backoff_max_s < backoff_s:
        raise table.error("backoff_max_s", str(backoff_max_s), f"at least backoff_s, {backoff_s:g} seconds")
    return Supervision(
        restart=table.one_of("restart", usual.restart),
        strategy=table.one_of("strategy", usual.strategy),
        attempts=_number(table, "attempts", usual.attempts, ATTEMPTS_MAX),
        intensity=_number(table, "intensity", usual.intensity, INTENSITY_MAX),
        period_s=_seconds(table, "period_s", usual.period_s),
        backoff_s=backoff_s,
        backoff_max_s=backoff_max_s,
        patience_s=_seconds(table, "patience_s", usual.patience_s, 0.0),
        burst_s=_seconds(table, "burst_s", usual.burst_s, 0.0),
        grace_s=_seconds(table, "grace_s", usual.grace_s, 0.0),
        drift=table.one_of("drift", usual.drift),
        disturb=table.one_of("disturb", usual.disturb),
        highest=_level(table, "highest", usual.highest),
        hold=table.get("hold", bool, usual.hold),
    )


def _number(table: Table, key: str, usual: int, most: int) -> int:
    number = table.get(key, int, usual)
    if not 1 <= number <= most:
        raise table.error(key, str(number), f"1..{most}")
    return number


def _seconds(table: Table, key: str, usual: float, least: float = TIME_S_MIN) -> float:
    whole = type(table.values.get(key)) is int
    seconds = float(table.need(key, int)) if whole else table.get(key, float, usual)
    if not least <= seconds <= TIME_S_MAX:
        raise table.error(key, str(seconds), f"{least:g}..{TIME_S_MAX:g} seconds")
    return seconds


def _level(table: Table, key: str, usual: Level) -> Level:
    known = {level.name.lower(): level for level in Level}
    text = table.get(key, str, usual.name.lower())
    if text not in known:
        raise table.error(key, repr(text), f"one of {', '.join(known)}")
    return known[text]


def _check_domain(table: Table, drafts: Mapping[str, Draft], name: str, domain: str) -> None:
    """Refuse a domain that is no block, or that its block does not stand on."""
    if domain not in drafts:
        raise table.error("domain", repr(domain), f"a block of this chip: {choice(domain, drafts)}")
    before: set[str] = set()
    todo = [name]
    while todo:
        needs = {need.partition(":")[0] for need in drafts[todo.pop()].needs} - before
        before |= needs
        todo.extend(needs)
    if domain not in before:
        expected = f"a block that {name} needs, however far: {choice(domain, before)}"
        raise table.error("domain", repr(domain), expected)
