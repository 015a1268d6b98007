"""A UCIe link through its life: its ends train each other, carry, lose each other and meet again; or fail truly."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.ladder import Ladder
from blocks.model import Clock
from blocks.sim.chip import SimChip
from blocks.ucie.driver import UcieConfig
from blocks.ucie.ltsm import UNUSED, arranged
from blocks.ucie.model import UcieModel
from blocks.ucie.regs import ErrorE, FlitE, ProtocolE, RateE, StateE, WidthE
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from runtime.faults.campaign import run_shard
from runtime.faults.plan import Mode, Plan, Points
from transports.errors import CheckFailed, DeviceLost
from transports.faulty.kinds import LIES

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands
    from tests.blocks.links.conftest import Links

ENDS = ("ucie[0]", "ucie[1]")
LINES = {1, 2}
EVENTS = ("link_down", "train_error", "correctable", "uncorrectable", "retrained")


def model(sim: SimChip, end: int = 0) -> UcieModel:
    found = sim.model(ENDS[end])
    assert isinstance(found, UcieModel)
    return found


@pytest.fixture
def live(links: Links, idle: Hands) -> Hands:
    """Both ends in service."""
    links.up(idle.sim, ENDS)
    return idle


@pytest.mark.parametrize("seed", range(10))
def test_both_come_up_and_a_second_climb_writes_nothing(links: Links, seed: int) -> None:
    """Whatever the latencies, both ends come up whole, with nothing lacking, and a second climb only reads."""
    sim = SimChip(links.chip, seed=seed)
    links.up(sim, ENDS)
    came_up_s = sim.now_s
    assert links.up(sim, ENDS).writes == 0
    assert sim.now_s == came_up_s
    assert [links.lacks(sim, end) for end in ENDS] == [None, None]


@pytest.mark.parametrize("seed", range(5))
def test_the_slower_end_decides_and_both_note_the_same_time(links: Links, seed: int) -> None:
    """Each joint step takes the longer of the two times, and each end notes it once, under the rung that waits."""
    sim = SimChip(links.chip, seed=seed, overrides={ENDS[1]: {"mbinit_s": 4e-3}})
    links.up(sim, ENDS)
    here, there = (dict(model(sim, end).stages) for end in (0, 1))
    waited = {rung.name for rung in links.chip.instances[ENDS[0]].block.up() if rung.settles}
    assert set(here) == set(there) == waited - {"quiet"}  # which nothing makes wait on the way from reset
    assert 0.8 * 4e-3 < here["main band initialised"] < 1.2 * 4e-3
    for stages in (here, there):
        del stages["powered"], stages["clocked"]
    assert here == there
    assert sum(here.values()) < sim.now_s < 1.1 * sum(here.values())


def test_an_end_waits_for_the_other(links: Links, idle: Hands) -> None:
    """An end that is alone waits in its sideband rung, says so when it may no longer, and notes no time for that."""
    alone = links.faults(idle.sim, ENDS[:1])[ENDS[0]]
    assert (alone.rung, alone.cause) == ("sideband up", Cause.LATE)
    assert (alone.register, alone.wanted) == ("STATE", "sideband=0x1")
    assert alone.last == f"sideband=0x0 (word {int(StateE.SBINIT):#x})"
    assert set(model(idle.sim).stages) == {"powered", "clocked"}
    links.up(idle.sim, ENDS)
    assert model(idle.sim).stages["sideband up"] < 1.2 * 2e-3


def test_an_end_that_has_no_partner_waits_in_vain(links: Links) -> None:
    """Where nothing stands at the other side, the fault is the same: the sideband never comes up."""
    sim = SimChip(links.chip, overrides={ENDS[0]: {"partner": ""}})
    assert links.faults(sim, ENDS[:1])[ENDS[0]].rung == "sideband up"
    assert sim.violations == []


def test_from_every_access_on_both_can_be_brought_up(links: Links) -> None:
    """However many accesses a controller made before it died, the next one brings both ends up, breaking no rule."""
    sim = SimChip(links.chip, seed=1)
    limit = 0
    while True:
        sim.power_on()
        try:
            links.up(sim, ENDS, limit)
        except DeviceLost:
            links.up(sim, ENDS)
            limit += 1
        else:
            break
    assert 150 < limit < 400


def test_from_every_access_on_the_way_down_both_come_up_again(links: Links) -> None:
    """However far a controller came on the way to rest, the next brings both ends up again, breaking no rule."""
    sim = SimChip(links.chip, seed=2)
    limit = 0
    while True:
        links.up(sim, ENDS)
        links.up(sim, ENDS)  # an end that was up when it was looked at, and lost its partner then
        assert all(model(sim, end).serves for end in (0, 1))
        try:
            links.rest(sim, ENDS, limit)
        except DeviceLost:
            limit += 1
        else:
            break
    assert 10 < limit < 80
    assert not model(sim).power_good.value
    links.up(sim, ENDS)
    assert [links.lacks(sim, end) for end in ENDS] == [None, None]


def test_they_serve_while_both_are_up(links: Links, idle: Hands) -> None:
    """Flits pass once both adapters have agreed, not before, and no longer when one of the ends rests."""
    links.up(idle.sim, ENDS)
    assert [(model(idle.sim, e).serves, model(idle.sim, e).link.value.good) for e in (0, 1)] == [(True, True)] * 2
    links.rest(idle.sim, ENDS[:1])
    assert [(model(idle.sim, e).serves, model(idle.sim, e).link.value.good) for e in (0, 1)] == [(False, False)] * 2


def test_an_adapter_alone_passes_nothing(links: Links, live: Hands) -> None:
    """When one adapter goes off the other one is no longer ready, and both agree anew when it is on again."""
    live.do(ENDS[0], lambda r: r.CTRL.modify(adapter=0))
    assert not model(live.sim, 1).serves
    assert live.do(ENDS[1], lambda r: r.ADAPTER_STATUS.read()).protocol == ProtocolE.NONE
    links.up(live.sim, ENDS)
    assert [model(live.sim, end).serves for end in (0, 1)] == [True, True]


# ---- what may be wrong with them ----

NO_ERROR = "valid=0x0, code=NONE, state=RESET, lanes=0x0"

# Parameters of one end, and the rung, register, condition and last value of its fault.
FAULTS: list[tuple[dict[str, object], tuple[str, str, str, str]]] = [
    ({"power_s": inf}, ("powered", "STATUS", "power_good=0x1", "power_good=0x0 (word 0x10)")),
    ({"lock_s": inf}, ("clocked", "STATUS", "phy_lock=0x1", "phy_lock=0x0 (word 0x11)")),
    (
        {"sideband_s": inf},
        ("started", "ERR_LOG", NO_ERROR, "valid=0x1, code=TIMEOUT, state=SBINIT, lanes=0x0 (word 0x111)"),
    ),
    (
        {"mbinit_s": inf},
        ("started", "ERR_LOG", NO_ERROR, "valid=0x1, code=TIMEOUT, state=MBINIT_PARAM, lanes=0x0 (word 0x211)"),
    ),
    (
        {"mbtrain_s": inf},
        ("started", "ERR_LOG", NO_ERROR, "valid=0x1, code=TIMEOUT, state=MBTRAIN_VALVREF, lanes=0x0 (word 0x811)"),
    ),
    (
        {"linkinit_s": inf},
        ("started", "ERR_LOG", NO_ERROR, "valid=0x1, code=TIMEOUT, state=LINKINIT, lanes=0x0 (word 0x1511)"),
    ),
    (
        {"bad_lanes": 0b110000000011},
        ("started", "ERR_LOG", NO_ERROR,
         "valid=0x1, code=NO_REPAIR, state=MBINIT_REPAIRMB, lanes=0xc03 (word 0xc030721)"),
    ),
    (
        {"weak_lanes": 0b110000000011},
        ("started", "ERR_LOG", NO_ERROR,
         "valid=0x1, code=NO_REPAIR, state=MBTRAIN_REPAIR, lanes=0xc03 (word 0xc031421)"),
    ),
    ({"exchange_s": inf}, ("adapter ready", "STATUS", "adapter_ready=0x1", "adapter_ready=0x0 (word 0x13)")),
]  # fmt: skip

# Parameters of one end, and the rung of `full` that does not hold, at both.
LESSENED: list[tuple[dict[str, object], tuple[str, str, str]]] = [
    ({"bad_lanes": 1 << 3}, ("every lane", "repaired=0x0, left_out=0x0", "repaired=0x1, left_out=0x0 (word 0x1106)")),
    ({"bad_lanes": 0x0101}, ("every lane", "repaired=0x0, left_out=0x0", "repaired=0x2, left_out=0x0 (word 0x2106)")),
    ({"bad_lanes": 0b110}, ("full width", "width=X16", "width=X8 (word 0x20086)")),
    ({"bad_lanes": 1 << 17 | 1 << 9}, ("full width", "width=X16", "width=X8 (word 0x10086)")),
    ({"weak_lanes": 1 << 3}, ("every lane", "repaired=0x0, left_out=0x0", "repaired=0x1, left_out=0x0 (word 0x1106)")),
    ({"max_rate": 4}, ("full rate", "rate=GT_32", "rate=GT_16 (word 0x104)")),
    ({"clean_rate": 4}, ("full rate", "rate=GT_32", "rate=GT_16 (word 0x104)")),
]


@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize(("parameters", "told"), FAULTS)
def test_a_link_that_does_not_come_says_why(
    links: Links, parameters: dict[str, object], told: tuple[str, str, str, str], broken: int
) -> None:
    """What fails at one end is named there by rung, register and log; the other fails too, and no rule is broken."""
    sim = SimChip(links.chip, seed=3, overrides={ENDS[broken]: parameters})
    faults = links.faults(sim, ENDS)
    fault = faults[ENDS[broken]]
    assert (fault.rung, fault.register, fault.wanted, fault.last) == told
    assert set(faults) == set(ENDS)
    assert sim.violations == []
    assert not any(model(sim, end).serves for end in (0, 1))


@pytest.mark.parametrize(("parameters", "lacks"), LESSENED)
def test_a_lessened_link_is_up_and_says_what_it_lacks(
    links: Links, parameters: dict[str, object], lacks: tuple[str, str, str]
) -> None:
    """A lane repaired or left out, or a lower rate, makes a link that is up at both ends, serves, and is not full."""
    sim = SimChip(links.chip, seed=4, overrides={ENDS[1]: parameters})
    links.up(sim, ENDS)
    assert [links.lacks(sim, end) for end in ENDS] == [lacks, lacks]
    assert [model(sim, end).serves for end in (0, 1)] == [True, True]


def test_a_spare_lane_stands_in(links: Links, hands_on: type[Hands]) -> None:
    """The spare lane of the failed one's half carries its logical lane, at both ends."""
    hands = hands_on(SimChip(links.chip, overrides={ENDS[0]: {"bad_lanes": 1 << 9}}))
    links.up(hands.sim, ENDS)
    for end in ENDS:
        assert hands.do(end, lambda r: r.LANE[9].STATUS.read()).good == 0
        assert hands.do(end, lambda r: r.LANE[9].MAP.read()).logical == UNUSED
        assert hands.do(end, lambda r: r.LANE[17].MAP.read()).logical == 9
        assert hands.do(end, lambda r: r.LANE[16].MAP.read()).logical == UNUSED


@pytest.mark.parametrize(
    ("bad", "widest", "width", "repaired", "left_out"),
    [
        (0, 16, 16, 0, 0),
        (1 << 15, 16, 16, 1, 0),
        (1 << 16, 16, 16, 0, 0),
        (1 << 16 | 1, 16, 8, 0, 1),
        (0x0303, 8, 0, 0, 0),
        (0xFF00, 8, 8, 0, 0),
        (0x0003, 8, 8, 0, 2),
        (0xFF01, 16, 8, 1, 8),
    ],
)
def test_lanes_are_arranged_around_those_that_fail(
    bad: int, widest: int, width: int, repaired: int, left_out: int
) -> None:
    """One failed lane a half is repaired, more cost the half, both halves the link; logical lanes stand once each."""
    lanes = arranged(bad, widest)
    if lanes is None:
        assert width == 0
        return
    assert (lanes.width, lanes.repaired, lanes.left_out) == (width, repaired, left_out)
    used = sorted(logical for logical in lanes.logical if logical != UNUSED)
    assert used == list(range(width))
    assert not any(bad >> lane & 1 for lane, logical in enumerate(lanes.logical) if logical != UNUSED)


def test_adapters_with_nothing_in_common_fail(links: Links, idle: Hands) -> None:
    """Two protocols are no link: training ends in an error that says so, at both ends."""
    other = with_config(links, protocol=ProtocolE.CXL)
    wire = links.wire(idle.sim)
    outcomes = links.climb(wire, {ENDS[0]: links.chip.instances[ENDS[0]].block.up(), ENDS[1]: other})
    for end in ENDS:
        fault = outcomes[end]
        assert isinstance(fault, Fault)
        assert (fault.rung, fault.register) == ("started", "ERR_LOG")
        assert fault.last.startswith("valid=0x1, code=NO_PROTOCOL, state=ACTIVE")
    assert idle.sim.violations == []


# ---- what happens in service ----


def test_a_lost_partner_is_told_and_met_again(links: Links, live: Hands) -> None:
    """When one end stops, the other one goes to TRAINERROR, raises its line and logs it; both come up again."""
    links.rest(live.sim, ENDS[:1])
    log = live.do(ENDS[1], lambda r: r.ERR_LOG.read())
    assert (log.valid, log.code, log.state) == (1, ErrorE.PARTNER_LOST, StateE.ACTIVE)
    assert live.sim.raised == {2}
    assert live.do(ENDS[1], lambda r: r.SIDEBAND.read()).partner == StateE.RESET
    links.up(live.sim, ENDS)
    assert live.sim.raised == frozenset()
    assert [links.lacks(live.sim, end) for end in ENDS] == [None, None]


def test_a_reset_of_one_end_costs_the_other_the_link(links: Links, hands_on: type[Hands]) -> None:
    """An end whose domain is reset loses its lock and its configuration, and the link comes up again at both ends."""
    hands = hands_on(SimChip(links.chip, overrides={ENDS[1]: {"domain": "crg.noc"}}))
    hands.do("crg", lambda r: r.CLK_GATE.modify(noc=1))
    hands.do("crg", lambda r: r.RESET.modify(noc=0))
    hands.wait(10e-6)
    links.up(hands.sim, ENDS)
    hands.do("crg", lambda r: r.RESET.modify(noc=1))
    hands.broke("crg.RESET")
    assert hands.do(ENDS[0], lambda r: r.ERR_LOG.read()).code == ErrorE.PARTNER_LOST
    hands.do("crg", lambda r: r.RESET.modify(noc=0))
    hands.wait(10e-6)
    assert hands.do(ENDS[1], lambda r: r.LOCK.read()).config == 0
    links.up(hands.sim, ENDS)
    assert [model(hands.sim, end).serves for end in (0, 1)] == [True, True]


def test_a_lost_clock_costs_the_link(links: Links, live: Hands) -> None:
    """Without its reference an end loses lock and takes both to TRAINERROR; when it returns both come up."""
    clock = model(live.sim).inputs["clock"]
    before = clock.value
    clock.drive(Clock())
    assert [live.do(end, lambda r: r.ERR_LOG.read()).code for end in ENDS] == [ErrorE.CLOCK_LOST] * 2
    assert links.faults(live.sim, ENDS[:1])[ENDS[0]].rung == "clocked"
    clock.drive(before)
    links.up(live.sim, ENDS)
    assert [model(live.sim, end).serves for end in (0, 1)] == [True, True]


@pytest.mark.parametrize("seed", [4, 6, 8])
def test_an_end_lost_at_any_access_is_mended(links: Links, seed: int) -> None:
    """A clock lost at one end at any moment of bring-up costs both the link, and the next climb brings both up."""
    sim = SimChip(links.chip, seed=seed)
    for limit in range(0, 190, 5):
        sim.power_on()
        with pytest.raises(DeviceLost):
            links.up(sim, ENDS, limit)
        clock = model(sim, limit % 2).inputs["clock"]
        before = clock.value
        clock.drive(Clock())
        clock.drive(before)
        links.up(sim, ENDS)
        assert [model(sim, end).serves for end in (0, 1)] == [True, True]


def test_a_retrained_link_is_not_full(links: Links, live: Hands) -> None:
    """Either end may ask both to train again; the link is up then, and `full` says that it is not as it was."""
    noted = dict(model(live.sim).stages)
    live.do(ENDS[0], lambda r: r.CTRL.modify(adapter=0))
    live.do(ENDS[0], lambda r: r.CTRL.modify(retrain=1))
    assert [live.do(end, lambda r: r.STATE.read()).state for end in ENDS] == [StateE.PHYRETRAIN] * 2
    links.up(live.sim, ENDS)
    assert links.lacks(live.sim, ENDS[1]) == ("never retrained", "count=0x0", "count=0x1 (word 0x1)")
    assert model(live.sim).stages["main band trained"] == noted["main band trained"]


@pytest.mark.parametrize("retry", [True, False])
def test_spoilt_flits_are_sent_again_where_both_agreed(links: Links, hands_on: type[Hands], retry: bool) -> None:
    """With retry a spoilt flit is counted and arrives whole; where one end offers none it arrives spoilt."""
    hands = hands_on(SimChip(links.chip, overrides={ENDS[0]: {"crc_p": 1.0}}))
    ladders = {ENDS[0]: links.chip.instances[ENDS[0]].block.up(), ENDS[1]: with_config(links, retry=retry)}
    assert all(isinstance(outcome, Climbed) for outcome in links.climb(links.wire(hands.sim), ladders).values())
    data = bytes(range(64))
    assert (model(hands.sim).carry(data) == data) is retry
    assert hands.do(ENDS[0], lambda r: r.FLITS.read()).count == 1
    assert hands.do(ENDS[0], lambda r: r.BYTES.read()).count == 64
    status = hands.do(ENDS[0], lambda r: r.INTR_STATUS.read())
    assert (status.correctable, status.uncorrectable) == (retry, not retry)
    assert hands.do(ENDS[0], lambda r: r.RETRIES.read()).count == retry
    assert hands.do(ENDS[0], lambda r: r.LOST.read()).count == (not retry)
    assert model(hands.sim, 1).carry(data) == data


@pytest.mark.parametrize("event", EVENTS)
def test_every_interrupt_can_be_tested(links: Links, live: Hands, event: str) -> None:
    """INTR_TEST raises the line for each event, until it is cleared, and a climb clears it without a disturbance."""
    live.do(ENDS[1], lambda r: r.INTR_TEST.write(**{event: 1}))
    assert live.do(ENDS[1], lambda r: r.INTR_STATUS.read()).raw == 1 << EVENTS.index(event)
    assert live.sim.raised == {2}
    assert links.up(live.sim, ENDS).writes == 1
    assert live.sim.raised == frozenset()
    assert model(live.sim).serves


# ---- another configuration ----


def with_config(links: Links, **values: Any) -> Ladder:
    """Return the ladder of the second end with other intentions."""
    block = links.chip.instances[ENDS[1]].block
    return type(block)(ENDS[1], block.regs, evolve(block.config, **values)).up()


def unlocked(links: Links, end: str) -> Ladder:
    """Return an end's ladder up to what locks its configuration."""
    return Ladder(*(r for r in links.chip.instances[end].block.up() if r.name not in ("frozen", "watched")))


def test_another_configuration_stops_the_link_first(links: Links, idle: Hands) -> None:
    """While nothing is locked, a link of another configuration is stopped, changed and trained again."""
    outcomes = links.climb(links.wire(idle.sim), {end: unlocked(links, end) for end in ENDS})
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    other = with_config(links, width=WidthE.X8, rate=RateE.GT_8)
    first = links.climb(links.wire(idle.sim), {ENDS[1]: other})[ENDS[1]]
    assert isinstance(first, Fault)  # its partner was lost, and nobody mended that
    assert first.rung == "sideband up"
    ladders = {ENDS[0]: unlocked(links, ENDS[0]), ENDS[1]: other}
    assert all(isinstance(outcome, Climbed) for outcome in links.climb(links.wire(idle.sim), ladders).values())
    assert idle.sim.violations == []
    for end in ENDS:
        status = idle.do(end, lambda r: r.LINK_STATUS.read())
        assert (status.rate, status.width) == (RateE.GT_8, WidthE.X8)


def test_under_a_closed_lock_only_a_reset_changes_the_configuration(links: Links, live: Hands) -> None:
    """A locked configuration that is not the intended one is a fault that names the lock, and nothing is disturbed."""
    other = with_config(links, drive=7)
    fault = links.climb(links.wire(live.sim), {ENDS[1]: other})[ENDS[1]]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause) == ("quiet", Cause.ACT)
    assert isinstance(fault.error, CheckFailed)
    assert fault.error.where == "ucie[1].LOCK"
    assert model(live.sim, 1).serves
    assert live.sim.violations == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rate": RateE.NONE}, "rate is NONE; expected GT_4..GT_32"),
        ({"width": WidthE.NONE}, "width is NONE; expected X8 or X16"),
        ({"protocol": ProtocolE.NONE}, "protocol is NONE; expected STREAMING, PCIE or CXL"),
        ({"flit": FlitE.RAW}, "retry is true, and raw flits have no CRC to ask for it; expected false"),
        ({"drive": 8}, "drive is 8"),
        ({"timeout_s": 0.1}, "timeout_s is 0.1"),
    ],
)
def test_what_cannot_be_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration that no link can have is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        UcieConfig(**values)


@pytest.mark.parametrize("seed", range(2))
def test_who_is_told_too_early_that_the_phy_has_a_lock_waits(links: Links, seed: int) -> None:
    """Whatever read of an end lies, no training is started before its PHY follows its reference."""
    ends = {name: links.chip.instances[name] for name in ENDS}

    tally = run_shard(
        Plan(lambda: evolve(links.chip, instances=ends), "links", seed=seed, kinds=tuple(LIES), points=Points(Mode.NTH))
    )

    assert tally.points > 0
    assert [failed for failed in tally.failed if failed.broken.startswith("safety")] == []
