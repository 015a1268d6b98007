"""What a simulated chip tells of a service: only what happened in it, and packets apart from broken rules."""

from __future__ import annotations

import pytest

from runtime.blame import seen_between
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
