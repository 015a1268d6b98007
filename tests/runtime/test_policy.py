"""The decision table: every combination of rule, trouble and history keeps every law; so does every sequence."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice, product
from math import isclose

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocks.chip import load_chip
from runtime.fault import Cause
from runtime.graph import graph_of
from runtime.policy import (
    Action,
    Decision,
    Disturb,
    Drift,
    History,
    Kind,
    Level,
    Restart,
    Strategy,
    Supervision,
    Trouble,
    Vote,
    backoff_s,
    consents,
    decide,
    merge,
    scope,
)

RESETS = (Level.BLOCK, Level.CLUSTER, Level.CHIP)
CANS = [frozenset(some) for some in ((), RESETS[:1], RESETS[1:], RESETS[2:], RESETS)]
FAULTS = [Trouble(Kind.FAULT, cause) for cause in Cause]
HARD = [Trouble(Kind.LOST), *(fault for fault in FAULTS if fault.cause not in (Cause.WITHHELD, Cause.BUG))]
PLAIN = [Trouble(Kind.DRIFT), Trouble(Kind.DRIFT, disturbs=True), Trouble(Kind.RESTED)]
REFUSED = Trouble(Kind.DRIFT, Cause.WITHHELD, disturbs=True)
BARRED = Trouble(Kind.DRIFT, disturbs=True, barred="LOCK wanted config=0x0, last config=0x1")
TROUBLES = [*PLAIN, REFUSED, BARRED, Trouble(Kind.LOST), Trouble(Kind.LOST, disturbs=True), *FAULTS]
RULES = [
    Supervision(restart=restart, hold=hold, drift=drift, disturb=disturb, highest=highest, attempts=2)
    for restart, hold, drift, disturb, highest in product(Restart, (False, True), Drift, Disturb, Level)
]
HISTORIES = [History((0.0,), *state) for state in product(range(3), Level, (None,), (False, True))]
MINI = graph_of(load_chip("mini"))
FRESH = History((0.0,))
RULE = Supervision(highest=Level.CHIP)
Rules = st.builds(
    Supervision,
    restart=st.sampled_from(Restart),
    attempts=st.integers(1, 5),
    intensity=st.integers(1, 5),
    period_s=st.floats(1.0, 100.0),
    backoff_s=st.floats(1e-6, 1.0),
    backoff_max_s=st.floats(1.0, 100.0),
    grace_s=st.floats(0.0, 10.0),
    burst_s=st.floats(0.0, 10.0),
    patience_s=st.floats(0.0, 10.0),
    drift=st.sampled_from(Drift),
    disturb=st.sampled_from(Disturb),
    highest=st.sampled_from(Level),
    domain=st.sampled_from(["", "crg", "other"]),
)
Can = st.frozensets(st.sampled_from(RESETS))
Votes = st.sampled_from(Vote)


def decisions() -> Iterator[tuple[Supervision, Trouble, History, frozenset[Level], Decision]]:
    """Yield every row of the table, with what is decided."""
    for row in product(RULES, TROUBLES, HISTORIES, CANS):
        yield (*row, decide(*row))


def expected(rule: Supervision, trouble: Trouble, history: History, can: frozenset[Level]) -> Action:
    """Say what the table of the module says, read from the outcomes and not from the top."""
    rested, drift = trouble.kind is Kind.RESTED, trouble.kind is Kind.DRIFT
    left = history.failed < rule.attempts and not history.crowded
    further = any(history.level < level <= rule.highest for level in can)
    if rule.restart is Restart.TEMPORARY or (rested and (rule.restart is Restart.TRANSIENT or rule.hold)):
        return Action.LEAVE
    held = drift and (rule.drift is Drift.HOLD or (trouble.disturbs and rule.disturb is Disturb.NEVER))
    told = drift and rule.drift is Drift.REPORT
    if rule.hold or ((held or trouble.cause is Cause.WITHHELD) and not told):
        return Action.HOLD
    if told or trouble.barred or ((rested or drift) and not left):
        return Action.REPORT
    if left:
        return Action.CLIMB
    return Action.RESET if further and trouble.cause is not Cause.BUG else Action.GIVE_UP


def test_every_row_of_the_table_keeps_every_law() -> None:
    """Over all rules, troubles, histories and powers: the action is the table's, and no bound is ever passed."""
    rows, seen = 0, set[Action]()
    for rule, trouble, history, can, decision in decisions():
        row = (rule, trouble, history, can, decision)
        rows += 1
        seen.add(decision.action)
        assert decision.action is expected(rule, trouble, history, can), row
        assert 0 <= decision.delay_s <= rule.backoff_max_s, row
        assert decision.reason, row
        if decision.action is Action.RESET:
            assert trouble.kind is Kind.LOST or trouble in HARD, row
            further = [level for level in can if history.level < level <= rule.highest]
            assert decision.level is min(further), row
        else:
            assert decision.level is history.level, row
        mends = decision.action is Action.CLIMB and trouble == Trouble(Kind.DRIFT, disturbs=True)
        assert decision.quiesce is (mends and rule.disturb is Disturb.QUIESCE), row
    assert rows == len(RULES) * len(TROUBLES) * len(HISTORIES) * len(CANS)
    assert seen == set(Action)


def test_consent_goes_with_the_decision() -> None:
    """What may not be climbed may not be disturbed; what lost its function may, at once; of the rest the rule says."""
    for rule, trouble in product(RULES, TROUBLES):
        climbs = decide(rule, trouble, FRESH, ()).action is Action.CLIMB
        said = consents(rule, trouble)
        if not climbs:
            assert said is Disturb.NEVER, (rule, trouble)
        elif trouble.kind is Kind.RESTED or trouble.kind is Kind.LOST or trouble in HARD:
            assert said is Disturb.ALLOW, (rule, trouble)
        else:
            assert said is rule.disturb, (rule, trouble)


def test_reasons_give_the_figures() -> None:
    """A reason is one sentence with what was counted, what is allowed and what is done."""
    late, can = Trouble(Kind.FAULT, Cause.LATE), frozenset(RESETS)
    said = {
        "lost; 0 of 3 climbs failed; it climbs at once": decide(RULE, Trouble(Kind.LOST), FRESH, can),
        "fault, late; 2 of 3 climbs failed; it climbs after 2 ms": decide(RULE, late, evolve(FRESH, failed=2), can),
        "3 climbs failed; the block is reset next": decide(RULE, late, evolve(FRESH, failed=3), can),
        "3 climbs failed; its cluster is reset next": decide(RULE, late, History((0.0,), 3, Level.BLOCK), can),
        "3 climbs failed; no reset is left, its rule goes up to chip": decide(RULE, late, evolve(FRESH, failed=3), ()),
        "4 incidents within 60 s, and 3 may be; the block is reset next": decide(
            RULE, late, History((0.0, 1.0, 2.0, 3.0), crowded=True), can
        ),
    }
    assert {reason: decision.reason for reason, decision in said.items()} == {reason: reason for reason in said}


@given(Rules, st.lists(st.sampled_from(HARD), min_size=25, max_size=25), Can, st.sampled_from(Level))
def test_faults_end_in_giving_up(rule: Supervision, troubles: list[Trouble], can: frozenset[Level], at: Level) -> None:
    """Whatever fails, and from any level, at most 4 * attempts failures lead to giving up; no level comes twice."""
    rule = evolve(rule, restart=Restart.PERMANENT)
    history, levels, delays = History((0.0,), level=at), [at], [0.0]
    for failures, trouble in enumerate(troubles, 1):
        history = history.fail()
        decision = decide(rule, trouble, history, can)
        if decision.action is Action.GIVE_UP:
            assert failures <= 4 * rule.attempts
            assert decide(rule, trouble, history, can) == decision
            return
        if decision.action is Action.RESET:
            levels.append(decision.level)
            delays = [0.0]
            history = history.at(decision.level)
        else:
            delays.append(decision.delay_s)
        assert levels == sorted(set(levels))
        assert delays == sorted(delays)
        assert delays[-1] <= rule.backoff_max_s
    raise AssertionError("never given up")


@given(Rules, st.integers(0, 4), st.booleans(), st.sampled_from(Level), Can)
def test_what_cannot_be_seen_is_not_reset_before_the_patience_is_over(
    rule: Supervision, failed: int, crowded: bool, level: Level, can: frozenset[Level]
) -> None:
    """Of a block that answers with errors each level but the last is left only after so long; then as of any other."""
    rule, unseen = evolve(rule, restart=Restart.PERMANENT, hold=False), Trouble(Kind.FAULT, Cause.BUS, unseen=True)
    history, waits = History((0.0,), failed, level, crowded=crowded), [0.0]
    while (decision := decide(rule, unseen, history, can)).action is Action.CLIMB:
        assert decision.delay_s == backoff_s(rule, history.failed + history.blind)
        waits.append(decision.delay_s)
        history = history.fail(unseen=True)
    before = sum(backoff_s(rule, n) for n in range(1, failed))
    assert (
        level is Level.CHIP or before + sum(waits) >= rule.patience_s or isclose(before + sum(waits), rule.patience_s)
    )
    assert decision.action in (Action.RESET, Action.GIVE_UP)
    seen = evolve(history, crowded=False)
    wanted = Action.CLIMB if failed < rule.attempts else decision.action
    assert decide(rule, Trouble(Kind.LOST), seen, can).action is wanted, "as if nothing had failed unseen"
    assert history.at(Level.CHIP).blind == history.again(rule).blind == history.leave().blind == 0


@given(Rules, st.lists(st.floats(0.0, 50.0), min_size=1, max_size=8), st.sampled_from([HARD[0], *PLAIN]), Can)
def test_what_does_not_last_is_not_mended_for_ever(
    rule: Supervision, gaps: list[float], trouble: Trouble, can: frozenset[Level]
) -> None:
    """Recoveries that succeed and do not last are bounded too: levels rise in an incident and in one too many."""
    longest_s = 50.0 + 4 * rule.attempts * rule.grace_s  # from one begin to the next
    rule = evolve(rule, period_s=rule.intensity * longest_s, restart=Restart.PERMANENT)
    history, now, level = History(), 0.0, Level.CLIMB
    for gap in islice(cycle(gaps), (rule.intensity + 4) * 4 * rule.attempts):
        now += gap
        begun = history.begins
        history = history.begin(rule, now)
        assert history.open
        assert history.begins[-1] - history.begins[0] <= rule.period_s
        assert len(history.begins) <= rule.intensity + 1
        decision = decide(rule, trouble, history, can)
        if decision.action not in {Action.CLIMB, Action.RESET}:
            return
        if history.begins == begun:
            assert decision.level >= level
        elif len(history.begins) > rule.intensity:
            assert decision.level > level
        level = decision.level
        history = (history.at(level) if decision.action is Action.RESET else history).end(now)
    raise AssertionError("mended for ever")


@given(Rules, st.integers(0, 5), st.sampled_from(Level), st.floats(0.0, 20.0))
def test_within_the_grace_an_incident_goes_on(rule: Supervision, failed: int, level: Level, gap: float) -> None:
    """After it a fresh one begins; within it its level and failures stay, and it has one failure more."""
    ended = History((0.0,), failed, level).end(100.0)
    again = ended.begin(rule, 100.0 + gap)
    if 100.0 + gap - 100.0 <= rule.grace_s:
        assert again == History((0.0,), failed + 1, level)
    else:
        assert (again.failed, again.begins[-1]) == (0, 100.0 + gap)
        assert again.level is (level if again.crowded else Level.CLIMB)
    assert again.begin(rule, 500.0) == again


def test_too_many_incidents_begin_a_level_higher() -> None:
    """The fourth within a minute resets the block, the fifth its cluster; a quiet minute forgets them."""
    history, can, actions = History(), frozenset(RESETS), list[Level]()
    for now in (0.0, 10.0, 20.0, 30.0, 40.0, 101.0):
        history = history.begin(RULE, now)
        decision = decide(RULE, Trouble(Kind.LOST), history, can)
        actions.append(decision.level)
        history = (history.at(decision.level) if decision.action is Action.RESET else history).end(now)
    assert actions == [Level.CLIMB] * 3 + [Level.BLOCK, Level.CLUSTER, Level.CLIMB]
    assert history.begins == (101.0,)


@given(Rules, st.sampled_from(Level), st.integers(0, 9), st.booleans(), st.sampled_from(RESETS), st.sampled_from(HARD))
def test_after_a_reset_the_block_has_all_its_attempts(
    rule: Supervision, level: Level, failed: int, crowded: bool, reset: Level, trouble: Trouble
) -> None:
    """Whatever led to a reset is paid with it, also one incident too many; an incident never goes down a level."""
    history = History((0.0,), failed, level, None, crowded).at(reset)
    assert history == History((0.0,), 0, max(level, reset))
    decision = decide(evolve(rule, restart=Restart.PERMANENT), trouble, history, RESETS)
    assert (decision.action, decision.level, decision.delay_s) == (Action.CLIMB, history.level, 0.0)


@given(Votes, Votes, Votes)
def test_votes_form_a_lattice(a: Vote, b: Vote, c: Vote) -> None:
    """Merging is commutative, associative and idempotent; no vote is neutral, to hold is final, all are satisfied."""
    assert merge([a, b]) is merge([b, a])
    assert merge([merge([a, b]), c]) is merge([a, merge([b, c])]) is merge([a, b, c])
    assert merge([a, a]) is merge([a, Vote.NONE]) is a
    assert merge([a, Vote.HOLD]) is Vote.HOLD
    assert merge([a, b, c]) in (a, b, c)
    assert merge([a, b, c]) >= max(a, b, c)
    assert merge([]) is Vote.NONE


@given(st.sampled_from([*MINI.ladders]), st.frozensets(st.sampled_from([*MINI.ladders])))
def test_a_scope_is_stopped_from_the_top(block: str, domain: frozenset[str]) -> None:
    """A wider strategy covers a narrower one; consumers stand before what they need, and none is left out."""
    alone, closure, whole = (scope(strategy, block, MINI, domain) for strategy in Strategy)
    assert alone == (block,)
    assert closure[-1] == block
    assert {*alone} <= {*closure} <= {*whole} >= domain
    for blocks in (closure, whole):
        assert len(set(blocks)) == len(blocks)
        for at, name in enumerate(blocks):
            assert not {*blocks[:at]} & (MINI.needed_by([name]) - {name})
            assert {*MINI.blocks_after(name)} <= {*blocks[:at]}


def test_a_scope_on_mini() -> None:
    """A PLL alone, with its consumers, and with those of the other PLLs of its domain."""
    users = ("io_crg[1]", "io_crg[0]", "fabric_crg")
    assert scope(Strategy.CLOSURE, "pll[1]", MINI) == (*users, "crg[1]", "pll[1]")
    assert {*scope(Strategy.DOMAIN, "pll[1]", MINI, ["pll[2]"])} == {*users, "crg[1]", "crg[2]", "pll[1]", "pll[2]"}
