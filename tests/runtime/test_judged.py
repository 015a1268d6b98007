"""What a simulated chip tells of a run is of that run: its broken rules, and the time that its hardware needed."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import count

import pytest
import trio

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import VIOLATIONS_MAX, SimChip
from runtime.bringup import bring_up
from runtime.cli.exits import NOT_WELL
from runtime.cli.main import main
from runtime.climb import granted
from runtime.clock import VirtualClock
from runtime.session import Session
from runtime.summary import Summary
from transports.base import Judgement
from transports.batch import Batch, Write
from transports.errors import BusFault, DeviceLost, TransportError, Unavailable

CHIP = load_chip("mini")


def brought_up(sim: SimChip) -> Summary:
    async def main() -> Summary:
        return await bring_up(CHIP, SimTransport(sim), consent=granted)

    return trio.run(main, clock=VirtualClock())


def test_a_chip_that_is_up_has_no_path() -> None:
    """What a resume needs of the hardware is nothing, whatever the chip's own bring-up took before."""
    sim = SimChip(CHIP)
    first = brought_up(sim)
    assert first.critical_path_s > 100e-6
    second = brought_up(sim)
    assert (second.writes, second.critical_path_s, second.critical_path) == (0, 0.0, ())


@pytest.mark.parametrize("times", [1, 3])
def test_what_is_done_twice_makes_no_path_longer(times: int) -> None:
    """A PLL that is made to lock again and again needs the time of one lock, and from each reset the same."""
    sim = SimChip(CHIP)
    once = brought_up(sim).critical_path_s
    for _ in range(times):
        sim.power_on()
        sim.advance(sim.now_s + 1e-3)
        whole = brought_up(sim)
        assert whole.well
        assert whole.critical_path_s == once
        assert whole.critical_path_s <= whole.elapsed_s <= 1.3 * whole.critical_path_s
    model = sim.model("refpll")
    took = model.stages["locked"]
    for _ in range(times):
        model.registers.write(0x4, 0x13)  # powered down and bypassed, as its driver would not
        model.registers.write(0x4, 0x12)
        sim.advance(sim.now_s + 1e-3)
    assert model.stages["locked"] < 1.6 * took


def test_rules_that_others_broke_are_not_this_run() -> None:
    """A run is charged with what it did itself; the chip keeps the whole record."""
    sim = SimChip(CHIP)
    assert brought_up(sim).well

    async def vandal() -> None:
        transport = SimTransport(sim)
        (await transport.execute(Batch((Write(0x2004, 0x1),)))).check()  # pll[0] powered down as it drives
        await transport.aclose()

    trio.run(vandal, clock=VirtualClock())
    assert sim.violations
    before = len(sim.violations)
    again = brought_up(sim)
    assert again.violations == ()
    assert len(sim.violations) == before


NOWHERE = 0x0FFF_FFF0
SENTENCE = f"bus.{NOWHERE:#x}: write where nothing stands"


@pytest.fixture
def meddled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something else write where nothing stands, behind the tenth write of a chip: in the middle of a bring-up."""
    write, numbers = SimChip.write, count(1)

    def meddling(chip: SimChip, address: int, value: int, width: int, strobes: int | None) -> None:
        write(chip, address, value, width, strobes)
        if next(numbers) == 10:
            with suppress(BusFault):
                write(chip, NOWHERE, 1, 4, None)

    monkeypatch.setattr(SimChip, "write", meddling)


@pytest.mark.usefixtures("meddled")
def test_a_rule_that_is_broken_meanwhile_is_told() -> None:
    """All is up and yet not well: the summary has the broken rule, and none of those that others broke before."""
    sim = SimChip(CHIP)
    sim.violate("pll[0]", "CTRL", "broken before")
    summary = brought_up(sim)
    assert (summary.verdict, len(summary.up), summary.failed) == ("up", summary.blocks, ())
    assert summary.writes > 10
    (told,) = summary.violations
    assert SENTENCE in told
    assert [str(violation) for violation in sim.violations][1:] == [told]
    assert not summary.well


@pytest.mark.usefixtures("meddled")
def test_the_command_tells_of_a_rule_that_is_broken_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    """`up --json` counts the broken rule and says which it was; for it alone the status is 1."""
    assert main(["up", "mini", "--json"]) == NOT_WELL
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["up"], found["failed"], found["lost"]) == ("up", found["blocks"], [], None)
    assert found["violations"] == len(found["violated"]) == 1
    assert SENTENCE in found["violated"][0]


@pytest.mark.usefixtures("meddled")
def test_people_read_of_a_rule_that_is_broken_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json the command says the sentence, and counts it in the verdict."""
    assert main(["up", "mini"]) == NOT_WELL
    said = capsys.readouterr().out
    assert SENTENCE in " ".join(said.split())
    assert "verdict  up: 1 violation\n" in said


class Vanishing(SimTransport):
    """A simulated chip that is not there any more when it is asked for a judgement again."""

    def __init__(self, sim: SimChip, error: TransportError) -> None:
        super().__init__(sim)
        self.error = error
        self.asked = 0

    async def judge(self) -> Judgement:
        self.asked += 1
        if self.asked > 1:
            raise self.error
        return await super().judge()


@pytest.mark.parametrize("error", [DeviceLost("gone"), Unavailable("gone", over=True)])
def test_a_chip_that_vanishes_before_its_judgement_is_lost(error: TransportError) -> None:
    """When the last look was made and the connection ends before the judgement, the summary says so, and counts."""

    async def main() -> Summary:
        return await bring_up(load_chip("mini"), Vanishing(SimChip(load_chip("mini")), error))

    summary = trio.run(main, clock=VirtualClock())
    assert summary.lost == DeviceLost("gone")
    assert (summary.up, summary.verdict, summary.violations) == ((), "failed", ())
    assert summary.writes > 0


@pytest.mark.parametrize("before", [0, 1, VIOLATIONS_MAX - 1, VIOLATIONS_MAX, 3 * VIOLATIONS_MAX])
def test_a_record_that_is_full_hides_no_broken_rule(before: int) -> None:
    """However many rules others broke before, those of this run count: it is not well."""
    sim = SimChip(CHIP)
    for _ in range(before):
        sim.violate("bus", "0x0", "somebody else")
    broken = 2

    async def main() -> Summary:
        transport = SimTransport(sim)
        session = Session(CHIP, transport)
        await session.begin()
        for _ in range(broken):
            sim.violate("bus", "0x0", "this run")
        return await session.summary(session.supervisor(), target="sim:", seed=0)

    summary = trio.run(main, clock=VirtualClock())
    assert (summary.broken, summary.to_data()["violations"], summary.well) == (broken, broken, False)
    assert len(summary.violations) == min(broken, max(VIOLATIONS_MAX - before, 0))
