"""The laws of fields that drifted while no runtime was there: at a begin, and while the link was away."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from functools import partial
from typing import Any

import trio
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.chip.supervision import Disturb, Drift, Restart, Supervision
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip, LinkDown
from runtime.incident import Event, What
from runtime.service import Service
from tests.runtime.mini import MINI, Watched, ruled
from tests.runtime.serving import run

SETTLED_S = 1.8
FIELDS = (
    ("pll[2]", "TEST.drive"),  # repaired by acts that disturb
    ("pll[2]", "LOCK_WINDOW.slips"),  # locked: no act mends it
    ("crg[2]", "TEST.observe"),
    ("crg[2]", "MONITOR.window"),
    ("sys_crg", "MONITOR.window"),
)
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"drift": Drift.REPORT},
    {"drift": Drift.HOLD},
    {"hold": True},
    {"restart": Restart.TEMPORARY},
    {"disturb": Disturb.NEVER},
    {"disturb": Disturb.ALLOW},
)


class When(Enum):
    """When a field flips."""

    IN_SERVICE = 1
    BEFORE = 2
    AWAY = 3  # while the link is down


@frozen
class End:
    """What became of a drift."""

    states: dict[str, str]
    writes: Counter[str]
    told: tuple[tuple[What, str], ...]
    incidents: tuple[tuple[str, bool], ...]
    violations: tuple[str, ...]


async def drift(rule: Supervision, flip: BitFlip, when: When) -> End:
    """Let a field drift, and return what was done about it, and what stands at the end."""
    chip, events = ruled(MINI, {flip.block: rule}), list[Event]()
    sim = SimChip(chip)
    await Service(chip, Watched(sim), sweep_s=0.1).run(for_s=0.05)
    link = Watched(sim)
    sim.advance(trio.current_time())
    if when is When.BEFORE:
        sim.inject(flip)
    service = Service(chip, link, sweep_s=0.1, watch=events.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(partial(service.run, for_s=SETTLED_S))
        await trio.sleep(0.25)
        sim.advance(trio.current_time())
        if when is When.AWAY:
            sim.inject(LinkDown(for_s=0.25))
            await trio.sleep(0.2)
            sim.advance(trio.current_time())
        if when is not When.BEFORE:
            sim.inject(flip)
        await trio.sleep(SETTLED_S - 0.6)
        states = {name: verdict.state.value for name, verdict in service.status().items()}
    told = [event for event in events if event.what in (What.DRIFTED, What.HELD, What.GAVE_UP)]
    return End(
        states,
        Counter(name for _, kind, name in link.log if kind == "w"),
        tuple((event.what, event.detail) for event in told if event.block == flip.block),
        tuple((incident.root, incident.recovered) for incident in service.incidents() if incident.root),
        tuple(str(violation) for violation in link.violations),
    )


@settings(max_examples=18)  # of 35: each is three services
@given(st.sampled_from(FIELDS), st.sampled_from(RULES))
def test_a_drift_ends_alike_whenever_it_is_found(field: tuple[str, str], said: dict[str, Any]) -> None:
    """What drifted before a begin or while the link was away is told, repaired, held or left as it is in service."""
    rule = evolve(MINI.supervision[field[0]], **said)
    flip = BitFlip(block=field[0], register=field[1])
    live, *others = [run(partial(drift, rule, flip, when)) for when in When]
    assert others == [live, live]
