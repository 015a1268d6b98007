"""The laws of trials and tallies: both are values that survive being written down, and tallies add up in any order."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.faults.tally import Failed, Tally, seconds_of, step_of
from runtime.faults.trial import CampaignError, Trial, Workload
from transports.faulty.kinds import TWO_SIDED, Kind, Shot, ShotError

BLOCKS = ("", "pll[2]", "die[0].fuse")


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    kind = draw(st.sampled_from(Kind))
    after = draw(st.booleans()) and kind in TWO_SIDED
    return Shot(kind, draw(st.integers(1, 10**7)), after, draw(st.sampled_from(BLOCKS)))


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    tally = Tally(accesses=draw(st.integers(0, 9)), possible={"pll.on"})
    for _ in range(draw(st.integers(0, 4))):
        kind, block = str(draw(st.sampled_from(Kind))), draw(st.sampled_from(BLOCKS[1:]))
        at = draw(st.integers(1, 99))
        replay = f"{kind}@{block}:{at}"  # the same one failed at the same block, and answers for as many points
        tally.cell(kind, block).points += 1
        tally.points += 1
        tally.took(kind, block, block, draw(st.floats(1e-9, 10)), replay)
        tally.arms["pll.on"] += 1
        if draw(st.booleans()):
            tally.fail(Failed(replay, kind, block, block, "broken", at))
    return tally


def told(tally: Tally) -> object:
    data = tally.to_data()
    return data | {"failed": sorted(map(str, data["failed"]))}


@given(st.sampled_from(Workload), st.integers(0, 10**6), st.lists(shots(), max_size=4))
def test_a_trial_is_what_its_text_says(workload: Workload, seed: int, of: list[Shot]) -> None:
    """The text of a trial gives the same trial; so it does of one in which what a block is upset by comes back."""
    trial = Trial(workload, seed, tuple(of), "pll[2].lock_lost" if workload is Workload.RECOVERY else "")
    again = Trial(Workload.RECOVERY, seed, (), "pll[2].local_reset*9")

    assert Trial.parse(str(trial)) == trial
    assert Trial.parse(str(again)) == again
    assert (trial.comes_back, again.comes_back) == (False, True)


@pytest.mark.parametrize(("text", "said"), [
    ("reset:0:400+", "expected WORKLOAD:SEED:[SHOT,...]"),
    ("recovery/pll[2].local_reset*9:0:late@1", "comes back by itself; expected no fault beside it"),
    ("bring-up:0:reset@0+", "expected KIND@NUMBER"),
    ("bring-up:0:melt@3", "no kind of fault 'melt'; there are reset, device-reset"),
    ("bring-up:0:bit-flip@3+", "expected no '+'"),
])  # fmt: skip
def test_what_is_no_trial_is_refused(text: str, said: str) -> None:
    """A text that names no trial is refused, and says what was expected."""
    with pytest.raises(CampaignError, match=re.escape(said)):
        Trial.parse(text)


def test_a_shot_is_at_an_access() -> None:
    """There is no access before the first."""
    with pytest.raises(ShotError, match="expected 1 or more"):
        Shot(Kind.ERROR, 0)


@given(tallies(), tallies(), tallies())
def test_tallies_add_up_in_any_order(a: Tally, b: Tally, c: Tally) -> None:
    """The sum of tallies does not depend on their order or grouping, and survives JSON."""
    one, two = Tally(), Tally()
    for tally in (a, b, c):
        one.add(Tally.from_data(json.loads(json.dumps(tally.to_data()))))
    pair = Tally()
    pair.add(c)
    pair.add(b)
    two.add(pair)
    two.add(a)

    assert told(one) == told(two)
    assert one.failures == sum(cell.failed for cell in one.cells.values())


@given(st.floats(1e-9, 1e4))
def test_a_time_is_in_its_step(seconds: float) -> None:
    """A time lies between the begin of its step and that of the next."""
    step = step_of(seconds)

    assert seconds_of(step) <= seconds * (1 + 1e-9)
    assert seconds < seconds_of(step + 1) * (1 + 1e-9)
