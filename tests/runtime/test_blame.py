"""What a simulated chip tells of a service: only what happened in it, and packets apart from broken rules."""

from __future__ import annotations

from collections.abc import Sequence

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


SWEEP_S = 10.0
BELOW = {"crg": ("pll",), "dma": ("crg", "pll"), "io": ("crg", "pll")}


def told(*incidents: Incident, of: Sequence[tuple[float, str]]) -> list[tuple[int, float, str]]:
    return list(blamed(incidents, of, lambda block: BELOW.get(block, ()), SWEEP_S))


@pytest.mark.parametrize(
    ("root", "at_s", "kinds"),
    [
        ("dma", 1.0, ("local_reset dma", "upset pll: lock_lost")),
        ("dma", 1.0, ("local_reset dma", "local_reset io")),
        ("dma", 1.0, ("local_reset dma", "link_down ones")),
        ("dma", 2.0, ("local_reset crg", "bit_flip dma.CTRL.enable")),
        ("dma", 1.0, ("hang dma", "error dma")),
        ("dma", 2.0, ("hang dma", "local_reset dma")),
        ("dma", 2.0, ("dropped_write dma", "hang pll")),
        ("dma", 2.0, ("interrupt_lost dma", "local_reset crg")),
        ("dma", 1.0, ("interrupt_spurious dma", "local_reset other")),
        ("dma", 1.0, ("cluster_reset crg", "local_reset dma")),
        ("dma", 1.0, ("chip_reset", "local_reset dma")),
        ("dma", 1.0, ("local_reset io", "local_reset crg")),
        ("", 2.0, ("local_reset io", "link_down ones")),
        ("", 1.0, ("chip_reset", "local_reset io")),
        ("crg", 2.0, ("local_reset dma", "upset crg: glitch")),
        ("dma", 2.0, ("local_reset dma[2]", "stuck_bit dma.STATUS")),
    ],
)
def test_the_fault_behind_an_incident_is_the_nearest_to_its_root_and_of_those_the_first(
    root: str, at_s: float, kinds: Sequence[str]
) -> None:
    """Its root's, then of what fell with it, then of its ground; what only an access meets yields, what harms none."""
    incident = Incident(number=1, root=root, cause="", began_s=10.0, fell=("io",))
    faults = [(float(number), text) for number, text in enumerate(kinds, 1)]
    assert told(incident, of=faults) == [(1, at_s, kinds[int(at_s) - 1])]


def test_a_harmless_write_on_the_ground_does_not_hide_the_reset_of_the_root() -> None:
    """A block that is reset 9 s before the sweep that sees it was reset then, whatever begins meanwhile below it."""
    incident = Incident(number=1, root="io", cause="", began_s=10.0)
    assert told(incident, of=[(1.0, "local_reset io"), (9.0, "dropped_write crg")]) == [(1, 1.0, "local_reset io")]


@pytest.mark.parametrize(
    ("text", "age_s", "found"),
    [
        ("local_reset io", 19.0, True),
        ("local_reset io", 21.0, False),
        ("local_reset other", 5.0, True),
        ("local_reset other", 11.0, False),
        ("local_reset io", -1.0, False),
    ],
)
def test_a_fault_is_behind_an_incident_while_it_is_young(text: str, age_s: float, found: bool) -> None:
    """What began two sweeps before, or elsewhere one, was seen to do no harm; what began after is not behind it."""
    incident = Incident(number=1, root="io", cause="", began_s=50.0)
    assert told(incident, of=[(50.0 - age_s, text)]) == ([(1, 50.0 - age_s, text)] if found else [])


def test_a_fault_from_before_the_begin_keeps_its_time() -> None:
    """A service that finds down what fell before it began tells by how long."""
    incident = Incident(number=1, root="io", cause="", began_s=1.0)
    assert told(incident, of=[(-3.0, "local_reset io")]) == [(1, -3.0, "local_reset io")]


def test_a_fault_that_an_ended_incident_has_paid_for_yields_to_the_next() -> None:
    """A block that fell twice within a sweep fell of two faults; of one where there is only one."""
    first = Incident(number=1, root="io", cause="", began_s=1.1, ended_s=2.0)
    again = Incident(number=2, root="io", cause="", began_s=9.0)
    upset, reset = (1.0, "upset io: lock_lost"), (5.0, "local_reset io")
    assert told(first, again, of=[upset, reset]) == [(1, *upset), (2, *reset)]
    assert told(first, again, of=[upset]) == [(1, *upset), (2, *upset)]
    assert told(first, again, of=[upset, (6.0, "hang crg")]) == [(1, *upset), (2, 6.0, "hang crg")]


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
