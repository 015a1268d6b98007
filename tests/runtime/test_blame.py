"""What a simulated chip tells of a service: only what happened in it, and packets apart from broken rules."""

from __future__ import annotations

import pytest

from blocks.chip.supervision import Supervision
from runtime.blame import Account, blamed, seen_between
from runtime.incident import Incident
from runtime.ledger import Ledger
from transports.base import Judgement

LOST = "60000000.000 us pll[0]: traffic lost: packet 3 of the flow of pll[0]"
RULE = "70000000.000 us pll[0].CTRL: enabled in reset"


def judgement(*violations: str, broken: int | None = None, **traffic: int) -> Judgement:
    return Judgement(violations=violations, broken=len(violations) if broken is None else broken, traffic=traffic)


@pytest.mark.parametrize(
    ("before", "after", "violations", "violated", "traffic"),
    [
        (judgement(), judgement(), 0, (), {}),
        (judgement(RULE), judgement(RULE), 0, (), {}),
        (judgement(RULE), judgement(RULE, RULE), 1, (RULE,), {}),
        (judgement(lost=3, outages=1), judgement(LOST, lost=5, outages=2), 0, (), {"lost": 2, "outages": 1}),
        (judgement(), judgement(LOST, RULE, lost=9, outages=1), 1, (RULE,), {"lost": 9, "outages": 1}),
        (judgement(broken=2000), judgement(LOST, broken=5000, outages=1000), 2000, (), {"outages": 1000}),
        (judgement(RULE, RULE, sent=10), judgement(RULE, sent=4), 1, (RULE,), {"sent": 4}),
        (judgement(sent=10), judgement(sent=4), 0, (), {"sent": 4}),
        (None, None, 0, (), {}),
        (None, judgement(RULE), 1, (RULE,), {}),
    ],
)
def test_what_happened_between_two_judgements(
    before: Judgement | None,
    after: Judgement | None,
    violations: int,
    violated: tuple[str, ...],
    traffic: dict[str, int],
) -> None:
    """What was there before is not counted, an outage is no broken rule, and a chip that is new begins at nothing."""
    seen = seen_between(before, after)
    assert (seen.violations, seen.violated, seen.traffic) == (violations, violated, traffic)


FAULTS = (
    (10.0, "stuck_bit pll[1].STATUS.lock"),
    (20.0, "hang crg[2]"),
    (30.0, "upset pll[3]: lock_lost"),
    (40.0, "chip_reset"),
    (50.0, "link_down ones"),
)
BELOW = {"crg[2]": ("pll[2]", "pll[1]"), "io": ("crg[2]", "pll[2]", "pll[1]")}


@pytest.mark.parametrize(
    ("root", "began_s", "at_s", "text"),
    [
        ("pll[1]", 10.0, *FAULTS[0]),
        ("pll[1]", 39.0, *FAULTS[0]),
        ("crg[2]", 19.0, *FAULTS[0]),
        ("crg[2]", 20.0, *FAULTS[1]),
        ("io", 39.0, *FAULTS[1]),
        ("pll[3]", 39.0, *FAULTS[2]),
        ("pll[3]", 41.0, *FAULTS[3]),
        ("io", 41.0, *FAULTS[3]),
        ("", 51.0, *FAULTS[4]),
    ],
)
def test_the_last_fault_before_an_incident_that_concerns_its_blocks_is_behind_it(
    root: str, began_s: float, at_s: float, text: str
) -> None:
    """A fault concerns its block, a register of it, and what stands on it; of the whole chip, every block."""
    incident = Incident(number=1, root=root, cause="", began_s=began_s)
    assert list(blamed([incident], FAULTS, lambda block: BELOW.get(block, ()), 60.0)) == [(1, at_s, text)]


@pytest.mark.parametrize(("age_s", "found"), [(5.0, True), (20.0, False)])
def test_a_fault_elsewhere_counts_while_it_is_young(age_s: float, found: bool) -> None:
    """Where no fault concerns the blocks, the last one is behind the incident as long as the patience lasts."""
    incident = Incident(number=1, root="dma", cause="", began_s=10.0 + age_s)
    expected = [(1, *FAULTS[0])] if found else []
    assert list(blamed([incident], FAULTS[:1], lambda _block: (), 10.0)) == expected


def test_what_was_spoilt_is_of_the_incident_in_which_its_memory_fell() -> None:
    """However late it is read back, and whatever fell since; what was lost is of the incident that is open."""
    ledger, account = Ledger(lambda _block: (), lambda _block: Supervision(), lambda: 0.0), Account()

    def came(lost: int, **spoilt: int) -> None:
        account.charge(ledger, Judgement(traffic={"lost": lost}, spoilt=spoilt))

    account.begin(Judgement(traffic={"lost": 7}, spoilt={"hbm": 5}))
    came(7, hbm=5)
    for block in ("hbm", "dma"):
        ledger.fell(block, "it fell")
        ledger.rose(block)
    came(8, hbm=9)
    ledger.fell("pll", "it fell")
    came(9, hbm=10, other=2)
    charged = {incident.root: (incident.lost, incident.corrupt) for incident in ledger.incidents()}
    assert charged == {"hbm": (0, 5), "dma": (1, 0), "pll": (1, 2)}
    came(9, hbm=10, other=2)
    assert sum(incident.corrupt for incident in ledger.incidents()) == 7


def test_what_nobody_noticed_yet_is_charged_to_who_is_noticed_next() -> None:
    """What is lost while nothing is told is of the next incident; what is read back spoilt is of the one before."""
    ledger, account = Ledger(lambda _block: (), lambda _block: Supervision(), lambda: 0.0), Account()
    for block, unnoticed, lost, spoilt in (("hbm", False, 2, 0), ("", True, 9, 3), ("dma", False, 10, 3)):
        if block:
            ledger.fell(block, "reset")
        account.charge(ledger, Judgement(traffic={"lost": lost}, spoilt={"hbm": spoilt}), unnoticed=unnoticed)
        if block:
            ledger.rose(block)
    assert [(told.root, told.lost, told.corrupt) for told in ledger.incidents()] == [("hbm", 2, 3), ("dma", 8, 0)]
