"""The PCIe endpoint through its life: it trains, carries, loses its link and has it back, rests; or fails truly."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.ladder import Ladder
from blocks.model import Clock
from blocks.pcie.driver import PcieConfig
from blocks.pcie.ltssm import negotiated, to_speed
from blocks.pcie.model import PcieModel
from blocks.pcie.regs import ErrorE, LtssmE, SizeE, SpeedE, WidthE
from blocks.sim.chip import SimChip
from registers.lint import lint
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from transports.errors import CheckFailed, DeviceLost

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands
    from tests.blocks.links.conftest import Links

NAME = ("pcie",)
LINE = 0
EVENTS = ("link_down", "hot_reset", "host_reset", "correctable", "uncorrectable", "recovered")


def model(sim: SimChip) -> PcieModel:
    found = sim.model("pcie")
    assert isinstance(found, PcieModel)
    return found


def lose(pcie: PcieModel, happens: str) -> None:
    """Take the link from under the endpoint, in one of the ways it can go."""
    if happens == "hot_reset":
        pcie.hot_reset()
    elif happens == "surprise_down":
        pcie.surprise_down()
    elif happens == "host_reset":
        pcie.host_reset(asserted=True)
        pcie.host_reset(asserted=False)
    else:
        clock = pcie.inputs["clock"]
        before = clock.value
        clock.drive(Clock())
        clock.drive(before)


@pytest.fixture
def live(links: Links, idle: Hands) -> Hands:
    """The endpoint in service."""
    links.up(idle.sim, NAME)
    return idle


@pytest.mark.parametrize("seed", range(10))
def test_it_comes_up_and_a_second_climb_writes_nothing(links: Links, seed: int) -> None:
    """Whatever the latencies, the link comes up whole, with nothing lacking, and a second climb only reads."""
    sim = SimChip(links.chip, seed=seed)
    links.up(sim, NAME)
    came_up_s = sim.now_s
    assert links.up(sim, NAME).writes == 0
    assert sim.now_s == came_up_s
    assert links.lacks(sim, "pcie") is None


@pytest.mark.parametrize("seed", range(5))
def test_it_takes_what_the_hardware_takes(links: Links, seed: int) -> None:
    """The climb takes some 40 ms, and at most 2 % longer than what the hardware noted under the driver's rungs."""
    sim = SimChip(links.chip, seed=seed)
    links.up(sim, NAME)
    stages = model(sim).stages
    waited = {rung.name for rung in links.chip.instances["pcie"].block.up() if rung.settles}
    assert set(stages) == waited - {"quiet"}  # which nothing makes wait on the way from reset
    assert 0.035 < sum(stages.values()) < sim.now_s < 1.02 * sum(stages.values())


def test_from_every_access_on_it_can_be_brought_up(links: Links) -> None:
    """However many accesses a controller made before it died, the next one brings the link up, breaking no rule."""
    sim = SimChip(links.chip, seed=1)
    limit = 0
    while True:
        sim.power_on()
        try:
            links.up(sim, NAME, limit)
        except DeviceLost:
            links.up(sim, NAME)
            limit += 1
        else:
            break
    assert 100 < limit < 300


def test_from_every_access_on_the_way_down_it_comes_up_again(links: Links) -> None:
    """However far a controller came on the way to rest, the next one brings the link up again, breaking no rule."""
    sim = SimChip(links.chip, seed=2)
    limit = 0
    while True:
        links.up(sim, NAME)
        try:
            links.rest(sim, NAME, limit)
        except DeviceLost:
            limit += 1
        else:
            break
    assert 5 < limit < 50
    assert not model(sim).power_good.value
    links.up(sim, NAME)
    assert links.lacks(sim, "pcie") is None


def test_it_serves_while_it_is_up(links: Links, idle: Hands) -> None:
    """Traffic passes once the ladder stands, not before, and no longer when the endpoint rests."""
    pcie = model(idle.sim)
    block = links.chip.instances["pcie"].block
    below = Ladder(*(rung for rung in block.up() if rung.name not in ("passing", "frozen", "watched")))
    assert isinstance(links.climb(links.wire(idle.sim), {"pcie": below})["pcie"], Climbed)
    assert (pcie.serves, pcie.link.value.good) == (False, False)
    links.up(idle.sim, NAME)
    assert (pcie.serves, pcie.link.value.good) == (True, True)
    links.rest(idle.sim, NAME)
    assert (pcie.serves, pcie.link.value.good) == (False, False)


# ---- what may be wrong with it ----

# Parameters of the model, and the rung, register, condition and last value of the fault.
FAULTS: list[tuple[dict[str, object], tuple[str, str, str, str]]] = [
    ({"power_s": inf}, ("powered", "STATUS", "power_good=0x1", "power_good=0x0 (word 0x18)")),
    ({"lock_s": inf}, ("clocked", "STATUS", "phy_lock=0x1", "phy_lock=0x0 (word 0x19)")),
    ({"perst_s": inf}, ("host ready", "STATUS", "host_ready=0x1", "host_ready=0x0 (word 0x1b)")),
    ({"partner_absent": True}, ("detected", "LTSSM", "detected=0x1", "detected=0x0 (word 0x0)")),
    ({"detect_s": inf}, ("detected", "LTSSM", "detected=0x1", "detected=0x0 (word 0x1)")),
    ({"polling_s": inf}, ("polled", "LTSSM", "polled=0x1", "polled=0x0 (word 0x10102)")),
    ({"configuration_s": inf}, ("link configured", "LTSSM", "configured=0x1", "configured=0x0 (word 0x30405)")),
    ({"dead_lanes": 0x8001}, ("link configured", "LTSSM", "configured=0x1", "configured=0x0 (word 0x30405)")),
    ({"credits_s": inf}, ("data link up", "LTSSM", "data_link=0x1", "data_link=0x0 (word 0x70a0b)")),
    (
        {"equalization_s": inf},
        ("at speed", "LTSSM", "state=L0, at_speed=0x1",
         "state=RECOVERY_EQUALIZATION_PHASE0, at_speed=0x0 (word 0xf0c0d)"),
    ),
]  # fmt: skip

# Parameters of the model, and the rung of `full` that does not hold.
LESSENED: list[tuple[dict[str, object], tuple[str, str, str]]] = [
    ({"lanes": 8}, ("full width", "width=X16", "width=X8 (word 0x85)")),
    ({"lanes": 1}, ("full width", "width=X16", "width=X1 (word 0x15)")),
    ({"dead_lanes": 1 << 5}, ("full width", "width=X16", "width=X8 (word 0x85)")),
    ({"dead_lanes": 1 << 12}, ("full width", "width=X16", "width=X8 (word 0x85)")),
    ({"max_speed": 3}, ("full speed", "speed=GT_32", "speed=GT_8 (word 0x103)")),
    ({"max_speed": 1}, ("full speed", "speed=GT_32", "speed=GT_2_5 (word 0x101)")),
]


@pytest.mark.parametrize(("parameters", "told"), FAULTS)
def test_a_link_that_does_not_come_says_where_it_stopped(
    links: Links, parameters: dict[str, object], told: tuple[str, str, str, str]
) -> None:
    """What never happens is named by the rung that waits for it, with the state of the link, and breaks no rule."""
    sim = SimChip(links.chip, seed=3, overrides={"pcie": parameters})
    fault = links.faults(sim, NAME)["pcie"]
    assert (fault.rung, fault.register, fault.wanted, fault.last) == told
    assert fault.cause is Cause.LATE
    assert sim.violations == []
    assert not model(sim).serves


@pytest.mark.parametrize(("parameters", "lacks"), LESSENED)
def test_a_narrow_or_slow_link_is_up_and_says_what_it_lacks(
    links: Links, parameters: dict[str, object], lacks: tuple[str, str, str]
) -> None:
    """A host with fewer lanes or a lower speed makes a link that is up, serves, and is not full."""
    sim = SimChip(links.chip, seed=4, overrides={"pcie": parameters})
    links.up(sim, NAME)
    assert links.lacks(sim, "pcie") == lacks
    assert model(sim).serves


def test_a_link_may_be_numbered_from_the_far_side(links: Links, hands_on: type[Hands]) -> None:
    """Where lane 3 is dead the lanes from the host's last one down make the wider link, and the lanes say so."""
    hands = hands_on(SimChip(links.chip, overrides={"pcie": {"dead_lanes": 1 << 3}}))
    links.up(hands.sim, NAME)
    assert hands.do("pcie", lambda r: r.LINK_STATUS.read()).width == WidthE.X8
    assert hands.do("pcie", lambda r: r.STATUS.read()).reversed == 1
    registers = hands.sim.model("pcie").registers
    assert [n for n in range(16) if registers.field(f"LANE[{n}].STATUS.used").value] == list(range(8, 16))
    assert [n for n in range(16) if not registers.field(f"LANE[{n}].STATUS.detected").value] == [3]


@pytest.mark.parametrize(
    ("found", "lanes", "widest", "width", "backward"),
    [
        (0xFFFF, 16, 16, 16, False),
        (0xFFFF, 16, 4, 4, False),
        (0x00FF, 8, 16, 8, False),
        (0xFFFE, 16, 16, 8, True),
        (0x7FFF, 16, 16, 8, False),
        (0x0007, 16, 16, 2, False),
        (0x7FFE, 16, 16, 0, False),
        (0x0001, 1, 16, 1, False),
    ],
)
def test_width_is_what_stands_side_by_side(found: int, lanes: int, widest: int, width: int, backward: bool) -> None:
    """A link is as wide as the lanes with a receiver from either end on, down to a power of two."""
    assert negotiated(found, lanes, widest) == (width, backward)


def test_equalisation_is_for_high_speeds() -> None:
    """Lanes are equalised from 8 GT/s on, in all four phases, between the change of speed and L0."""
    slow = [step.state for step in to_speed(SpeedE.GT_5, 1.0, 1.0)]
    fast = [step.state for step in to_speed(SpeedE.GT_8, 1.0, 1.0)]
    phases = [state for state in LtssmE if "EQUALIZATION" in state.name]
    assert fast == [*slow[:4], *phases, *slow[4:]]
    assert len(phases) == 4


# ---- what happens in service ----


def test_a_hot_reset_is_told_and_mended(links: Links, live: Hands) -> None:
    """A hot reset takes the link down, raises the line and is logged; the link trains by itself and is cleared."""
    model(live.sim).hot_reset()
    assert not model(live.sim).serves
    assert LINE in live.sim.raised
    log = live.do("pcie", lambda r: r.ERR_LOG.read())
    assert (log.valid, log.code, log.state) == (1, ErrorE.HOT_RESET, LtssmE.L0)
    status = live.do("pcie", lambda r: r.INTR_STATUS.read())
    assert (status.link_down, status.hot_reset, status.uncorrectable) == (1, 1, 0)
    links.up(live.sim, NAME)
    assert model(live.sim).serves
    assert LINE not in live.sim.raised
    assert live.do("pcie", lambda r: r.ERR_LOG.read()).raw == 0


@pytest.mark.parametrize("happens", ["hot_reset", "surprise_down", "host_reset", "clock"])
def test_the_pairs_that_the_board_crosses_are_the_same_each_time(links: Links, live: Hands, happens: str) -> None:
    """However often a link trains, the lanes that it finds inverted are those of its board."""
    pcie = model(live.sim)
    before = [lane["inverted"].value for lane in pcie.lanes]
    assert any(before)

    lose(pcie, happens)
    links.up(live.sim, NAME)

    assert [lane["inverted"].value for lane in pcie.lanes] == before


def test_a_link_that_goes_down_for_no_reason_is_an_error(links: Links, live: Hands) -> None:
    """Surprise down is an uncorrectable error, counted and logged, and the next climb has the link back."""
    model(live.sim).surprise_down()
    assert live.do("pcie", lambda r: r.AER_UNCORR.read()).surprise_down == 1
    assert live.do("pcie", lambda r: r.ERR_LOG.read()).code == ErrorE.SURPRISE_DOWN
    links.up(live.sim, NAME)
    assert live.do("pcie", lambda r: r.UNCORRECTED.read()).count == 1
    assert live.do("pcie", lambda r: r.UNCORRECTED.read()).count == 0
    assert model(live.sim).serves


def test_a_host_in_reset_is_waited_for(links: Links, live: Hands) -> None:
    """While the host asserts PERST# there is no link, and that is said; when it is released the link comes back."""
    model(live.sim).host_reset(asserted=True)
    fault = links.faults(live.sim, NAME)["pcie"]
    assert (fault.rung, fault.wanted) == ("host ready", "host_ready=0x1")
    model(live.sim).host_reset(asserted=False)
    links.up(live.sim, NAME)
    assert model(live.sim).serves


def test_a_lost_clock_costs_the_link(links: Links, live: Hands) -> None:
    """Without its reference the PHY loses lock and the link; when it returns, so do they."""
    clock = model(live.sim).inputs["clock"]
    before = clock.value
    clock.drive(Clock())
    assert live.do("pcie", lambda r: r.ERR_LOG.read()).code == ErrorE.CLOCK_LOST
    assert links.faults(live.sim, NAME)["pcie"].rung == "clocked"
    clock.drive(before)
    links.up(live.sim, NAME)
    assert model(live.sim).serves


@pytest.mark.parametrize("happens", ["hot_reset", "surprise_down", "host_reset", "clock_lost"])
def test_whatever_happens_at_any_access_is_mended(links: Links, happens: str) -> None:
    """A link lost at any moment of bring-up, with the controller dead, is brought up by the next, breaking no rule."""
    sim = SimChip(links.chip, seed=7)
    for limit in range(0, 140, 3):
        sim.power_on()
        with pytest.raises(DeviceLost):
            links.up(sim, NAME, limit)
        lose(model(sim), happens)
        links.up(sim, NAME)
        assert model(sim).serves


def test_a_link_that_is_not_up_takes_no_hot_reset(links: Links, idle: Hands) -> None:
    """Before the data link is up the host has nothing to reset this side through, and nothing to lose."""
    model(idle.sim).hot_reset()
    model(idle.sim).surprise_down()
    assert idle.do("pcie", lambda r: r.INTR_STATUS.read()).raw == 0
    assert idle.do("pcie", lambda r: r.LTSSM.read()).raw == 0
    links.up(idle.sim, NAME)


def test_a_retrained_link_is_not_full(links: Links, live: Hands) -> None:
    """A link that had to recover is up again, and `full` says that it is not as it was."""
    live.do("pcie", lambda r: r.CTRL.modify(traffic=0))
    live.do("pcie", lambda r: r.CTRL.modify(retrain=1))
    assert live.do("pcie", lambda r: r.LTSSM.read()).state == LtssmE.RECOVERY_RCVRLOCK
    links.up(live.sim, NAME)
    assert links.lacks(live.sim, "pcie") == ("never recovered", "count=0x0", "count=0x1 (word 0x1)")


def test_transactions_are_counted_and_errors_told(links: Links, hands_on: type[Hands]) -> None:
    """A replay is counted and corrected; poisoned data comes out spoilt, with its header in the log."""
    parameters = {"replay_p": 1.0, "poison_p": 1.0}
    hands = hands_on(SimChip(links.chip, overrides={"pcie": parameters}))
    links.up(hands.sim, NAME)
    data = bytes(range(32))
    assert model(hands.sim).carry(data) != data
    assert hands.do("pcie", lambda r: r.TLPS.read()).count == 1
    assert hands.do("pcie", lambda r: r.REPLAYS.read()).count == 1
    assert hands.do("pcie", lambda r: r.CORRECTED.read()).count == 1
    assert hands.do("pcie", lambda r: r.HEADER_LOG[1].read()).word == 0x04050607
    status = hands.do("pcie", lambda r: r.INTR_STATUS.read())
    assert (status.correctable, status.uncorrectable) == (1, 1)
    model(hands.sim).carry(bytes(32))
    assert hands.do("pcie", lambda r: r.HEADER_LOG[1].read()).word == 0x04050607
    links.up(hands.sim, NAME)
    assert hands.do("pcie", lambda r: r.INTR_STATUS.read()).raw == 0


def test_a_good_link_carries_what_it_is_given(live: Hands) -> None:
    """A transaction comes out as it went in, and nothing is counted but itself."""
    assert model(live.sim).carry(b"traffic") == b"traffic"
    assert live.do("pcie", lambda r: r.TLPS.read()).count == 1
    assert live.do("pcie", lambda r: r.REPLAYS.read()).count == 0


@pytest.mark.parametrize("event", EVENTS)
def test_every_interrupt_can_be_tested(links: Links, live: Hands, event: str) -> None:
    """INTR_TEST raises the line for each event, until it is cleared, and a climb clears it without a disturbance."""
    live.do("pcie", lambda r: r.INTR_TEST.write(**{event: 1}))
    assert live.do("pcie", lambda r: r.INTR_STATUS.read()).raw == 1 << EVENTS.index(event)
    assert LINE in live.sim.raised
    assert 0 < links.up(live.sim, NAME).writes < 10
    assert LINE not in live.sim.raised
    assert model(live.sim).serves


# ---- another configuration ----


def with_config(links: Links, **values: Any) -> Ladder:
    """Return the ladder of the same block with other intentions."""
    block = links.chip.instances["pcie"].block
    return type(block)("pcie", block.regs, evolve(block.config, **values)).up()


def test_another_configuration_takes_the_link_down_first(links: Links, idle: Hands) -> None:
    """While nothing is locked, a link of another configuration is switched off, changed and trained again."""
    block = links.chip.instances["pcie"].block
    unlocked = Ladder(*(rung for rung in block.up() if rung.name not in ("frozen", "watched")))
    assert isinstance(links.climb(links.wire(idle.sim), {"pcie": unlocked})["pcie"], Climbed)
    other = with_config(links, width=WidthE.X4, speed=SpeedE.GT_8, payload=SizeE.B_128)
    climbed = links.climb(links.wire(idle.sim), {"pcie": other})["pcie"]
    assert isinstance(climbed, Climbed)
    assert climbed.acted[:2] == ("quiet", "configured")
    assert idle.sim.violations == []
    status = idle.do("pcie", lambda r: r.LINK_STATUS.read())
    assert (status.speed, status.width) == (SpeedE.GT_8, WidthE.X4)


def test_under_a_closed_lock_only_a_reset_changes_the_configuration(links: Links, live: Hands) -> None:
    """A locked configuration that is not the intended one is a fault that names the lock, and nothing is disturbed."""
    other = with_config(links, board=77)
    fault = links.climb(links.wire(live.sim), {"pcie": other})["pcie"]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause) == ("quiet", Cause.ACT)
    assert isinstance(fault.error, CheckFailed)
    assert fault.error.where == "pcie.LOCK"
    assert model(live.sim).serves
    assert live.sim.violations == []
    live.sim.power_on()
    assert isinstance(links.climb(links.wire(live.sim), {"pcie": other})["pcie"], Climbed)
    assert live.do("pcie", lambda r: r.SUBSYSTEM.read()).board == 77


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vendor": 0}, "vendor is 0"),
        ({"vendor": 0xFFFF}, "vendor is 65535"),
        ({"speed": SpeedE.NONE}, "speed is NONE; expected GT_2_5..GT_32"),
        ({"width": WidthE.NONE}, "width is NONE; expected X1..X16"),
        ({"bars": (16, 0, 0)}, r"bars is \[16, 0, 0\]; expected 6 numbers, each 0 or 7..63"),
        ({"bars": (6, 0, 0, 0, 0, 0)}, "bars is .*; expected 6 numbers"),
        ({"bars": (32, 16, 0, 0, 0, 0)}, "bars has 32 at 0, which takes two places; expected 0 behind it"),
        ({"bars": (0, 0, 0, 0, 0, 40)}, "bars has 40 at 5, which takes two places"),
        ({"tx_preset": 11}, "tx_preset is 11"),
    ],
)
def test_what_cannot_be_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration that no host would accept is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        PcieConfig(**values)


def test_the_register_map_is_clean(links: Links) -> None:
    """Lint finds nothing in the register map of the chip of links."""
    assert [str(finding) for finding in lint(links.chip.image) if not finding.path.startswith("crg")] == []
