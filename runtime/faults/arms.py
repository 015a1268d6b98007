"""The arms of recovery, rungs of ladders and in service steps of the policy: which there are, and which a trial met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runtime.incident import Event, Incident, What
from runtime.policy import Disturb, Drift, Level, Restart, Supervision

if TYPE_CHECKING:
    from blocks.chip import Chip, Instance


DEFAULT = Supervision()
LEVELS = {"climb": "climb", "block": "block-reset", "cluster": "cluster-reset", "chip": "chip-reset"}
OUTCOMES = {What.HELD: "hold", What.GAVE_UP: "give-up"}


def arms_of(chip: Chip, *, resets: bool) -> set[str]:
    """Return the arms that the rules of a chip's blocks have, `policy.ARM`.

    Args:
        resets: whoever keeps it up can reset the chip.
    """
    arms = {arm for one in chip.instances.values() for arm in _arms(chip, one, resets=resets)}
    return {f"policy.{arm}" for arm in arms}


def rungs_of(chip: Chip) -> set[str]:
    """Return the rungs that a climb acts for, `TYPE.RUNG`."""
    return {f"{one.type}.{rung.name}" for one in chip.instances.values() for rung in one.variant.up if rung.reach}


def rests_of(chip: Chip) -> set[str]:
    """Return the rungs that a way to rest acts for, `TYPE.rest: RUNG`."""
    every = chip.instances.values()
    return {_rest(one.type, rung.name) for one in every for rung in one.variant.rest if rung.reach}


def _rest(type_name: str, rung: str) -> str:
    """Return the arm of a rung of a way to rest; ways up may have one of the same name."""
    return f"{type_name}.rest: {rung}"


def _arms(chip: Chip, one: Instance, *, resets: bool) -> set[str]:
    rule = chip.supervision.get(one.name, DEFAULT)
    if not one.variant.up or rule.restart is Restart.TEMPORARY:
        return set()
    if rule.hold:
        return {"hold"}
    can = {
        Level.BLOCK: bool(one.variant.rest),
        Level.CLUSTER: bool(rule.domain) and bool(chip.instances[rule.domain].variant.rest),
        Level.CHIP: resets,
    }
    arms = {LEVELS[level.name.lower()] for level in can if can[level] and level <= rule.highest}
    arms |= {"climb", "give-up"}
    match rule.drift:
        case Drift.HOLD:
            arms.add("hold")
        case Drift.REPORT:
            arms.add("report")
        case Drift.REPAIR:
            arms |= {"drift-repair", "report"}  # what serves, and is not to be mended by climbs, is told
            if rule.disturb is Disturb.NEVER and any(rung.disturbs for rung in one.variant.up):
                arms.add("hold")
    return arms


class Arms:
    """The arms that a trial came to.

    Attributes:
        counts: how often, by `policy.ARM`, and by `TYPE.rest: RUNG`.
    """

    def __init__(self, chip: Chip, counts: Counter[str]) -> None:
        self.counts = counts
        self._types = {name: one.type for name, one in chip.instances.items()}
        self._rules = chip.supervision
        self._last: dict[str, What] = {}  # of each block
        self._drifts: dict[str, bool] = {}  # blocks that drifted and are to be repaired, and whether that was begun

    def happened(self, event: Event) -> None:
        """Take what a service tells: a drift is told when it is seen, and again where it is decided to leave it.

        It is repaired once the block is in service again.
        """
        rule = self._rules.get(event.block, DEFAULT)
        if event.what in OUTCOMES:
            self._add(OUTCOMES[event.what])
        elif event.what is What.DRIFTED and self._last.get(event.block) is What.DECIDED:
            self._add("report")
        self._drifted(event, repairs=rule.drift is Drift.REPAIR and not rule.hold)
        self._last[event.block] = event.what

    def _drifted(self, event: Event, *, repairs: bool) -> None:
        """Follow the drifts that are to be repaired."""
        block, drifts = event.block, self._drifts
        if event.what is What.DECIDED and block in drifts:
            drifts[block] = True
        elif event.what is What.ROSE and drifts.pop(block, False):
            self._add("drift-repair")
        elif event.what in (What.FELL, *OUTCOMES) or (event.what is What.DRIFTED and block in drifts):
            drifts.pop(block, None)
        elif event.what is What.DRIFTED and repairs:
            drifts[block] = False

    def rests(self, block: str, rung: str) -> None:
        """Take a rung of a block's way to rest that is acted on."""
        self.counts[_rest(self._types[block], rung)] += 1

    def ended(self, incidents: Iterable[Incident]) -> None:
        """Take the widest recovery of each incident."""
        for incident in incidents:
            self._add(LEVELS[incident.level])

    def _add(self, arm: str) -> None:
        self.counts[f"policy.{arm}"] += 1
