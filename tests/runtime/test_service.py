"""The laws of a chip in service: links that go, blocks that are held, stops, sweeps, and fields that drift."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define, evolve, field

from blocks.chip import Chip, load_chip
from blocks.chip.supervision import Drift, Supervision
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import Answer, BitFlip, ChipReset, Fault, LinkDown, LocalReset, Upset
from runtime.climb import granted
from runtime.graph import graph_of
from runtime.incident import Event, Incident, Served, What
from runtime.service import BACK_S_MAX, Service, Terms
from runtime.summary import IN_SERVICE, State, Summary
from tests.runtime.conftest import ToyTransport
from tests.runtime.serving import Bells, ToyChips, given, kept, run
from transports.batch import Batch, Results
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from tests.runtime.conftest import Device

MINI = load_chip("mini")
GRAPH = graph_of(MINI)
SWEEP_S = 0.1


class Watched(SimTransport):
    """A connection that notes when which block was accessed: a link that is down is no reason not to be counted."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__(chip)
        self.log: list[tuple[float, str, str]] = []

    def read(self, address: int, width: int) -> int:
        self._note("r", address)
        return super().read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self._note("w", address)
        super().write(address, value, width, strobes)

    def _note(self, kind: str, address: int) -> None:
        block = max((i for i in MINI.instances.values() if i.address <= address), key=lambda i: i.address)
        self.log.append((trio.current_time(), kind, block.name))

    @property
    def written(self) -> set[str]:
        return {block for _, kind, block in self.log if kind == "w"}

    @property
    def accessed(self) -> set[str]:
        return {block for _, _, block in self.log}


@define(eq=False)
class Mini:
    """The chip mini in service."""

    transport: Watched
    service: Service
    stop: trio.Event
    summary: Summary
    events: list[Event] = field(factory=list[Event])
    ends: list[Served] = field(factory=list[Served])

    def inject(self, fault: Fault) -> None:
        self.transport.chip.advance(trio.current_time())
        self.transport.chip.inject(fault)

    def told(self, what: What) -> list[Event]:
        return [event for event in self.events if event.what is what]

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return self.service.incidents()

    @property
    def down(self) -> set[str]:
        return {name for name, verdict in self.service.status().items() if verdict.state not in IN_SERVICE}


def ruled(chip: Chip, rules: Mapping[str, Supervision]) -> Chip:
    return evolve(chip, supervision={**chip.supervision, **rules})


@asynccontextmanager
async def serving(
    chip: Chip = MINI, *, before: Fault | None = None, sweep_s: float = SWEEP_S, for_s: float = inf, **terms: Any
) -> AsyncGenerator[Mini]:
    """Give mini in service, with its interrupts; `before` is what is wrong at the begin."""
    transport, events, ends, stop = Watched(SimChip(chip)), list[Event](), list[Served](), trio.Event()
    if before is not None:
        transport.chip.inject(before)
    service = Service(chip, transport, sweep_s=sweep_s, watch=events.append, terms=Terms(**terms))
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[Summary]) -> None:
            ends.append(await service.run(for_s=for_s, stop=stop, task_status=task_status))

        summary = await nursery.start(serve)
        assert summary.well, summary
        await trio.sleep(0.05)
        transport.log.clear()
        yield Mini(transport, service, stop, summary, events, ends)
        assert [str(violation) for violation in transport.violations] == []
        nursery.cancel_scope.cancel()


# ---- links ----


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize(
    ("meanwhile", "touched"),
    [
        (None, set[str]()),
        (LocalReset(block="pll[2]"), {"pll[2]", *GRAPH.blocks_after("pll[2]")}),
        (ChipReset(), {*MINI.instances}),
    ],
)
def test_a_link_that_returns_is_resumed(answer: Answer, meanwhile: Fault | None, touched: set[str]) -> None:
    """However the loss shows, all is up when the link is back, and what stood all the while was not written to."""

    async def main() -> None:
        async with serving() as it:
            it.inject(LinkDown(for_s=2.0, answer=answer))
            await trio.sleep(1.0)
            assert [event.what for event in it.events][-1] is not What.LINK_BACK
            if meanwhile is not None:
                it.inject(meanwhile)
            await trio.sleep(4.0)
            assert it.down == set()
            assert it.transport.written <= touched
            assert bool(it.transport.written) is bool(touched)
            assert (len(it.told(What.LINK_LOST)), len(it.told(What.LINK_BACK))) == (1, 1)
            assert all(incident.recovered for incident in it.incidents)
            (incident,) = it.incidents
            assert (incident.root, {*incident.touched}) == ("", it.transport.written)
            before = len(it.transport.log)
            await trio.sleep(1.0)
            assert len(it.transport.log) > before, "the sweep goes on"

    run(main)


@pytest.mark.parametrize("answer", Answer)
def test_a_chip_that_does_not_answer_is_asked_ever_more_seldom(answer: Answer) -> None:
    """While the link is down the identity alone is read, at last once in BACK_S_MAX, and nothing is written."""

    async def main() -> None:
        async with serving() as it:
            it.inject(LinkDown(for_s=200.0, answer=answer))
            await trio.sleep(100)
            it.transport.log.clear()
            await trio.sleep(50)
            assert it.transport.accessed == {"refpll"}
            assert 50 / (BACK_S_MAX + 0.02) - 1 <= len(it.transport.log) <= 50 / BACK_S_MAX + 1
            assert it.transport.written == set()
            assert it.service.status().keys() == MINI.instances.keys()
            await trio.sleep(60)
            assert it.down == set()

    run(main)


def test_a_link_that_stays_away_is_told_at_the_end() -> None:
    """When the time is over before the link is back, the report says that it ended lost, and what was not recovered."""

    async def main() -> None:
        async with serving(for_s=10.0) as it:
            it.inject(LinkDown(for_s=1000.0))
            await trio.sleep(20)
            (end,) = it.ends
            assert (end.stopped, end.well) == ("time", False)
            assert end.for_s == pytest.approx(10.0)
            assert "all ones" in end.lost
            assert [incident.recovered for incident in end.incidents] == [False]

    run(main)


def test_a_chip_that_cannot_be_reached_at_first_is_brought_up_when_it_can() -> None:
    """A link that is down at the begin delays the bring-up, and is no end."""

    async def main() -> None:
        async with serving(before=LinkDown(for_s=1.0)) as it:
            assert 1.0 < trio.current_time() < 1.0 + 2 * BACK_S_MAX
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_connection_that_is_over_is_made_anew() -> None:
    """Where the connection itself ended, another is opened as often as it takes, and nothing is written over it."""
    made: list[Watched] = []
    tries = [0]

    async def main() -> None:
        sim: list[SimChip] = []

        async def reopen() -> Watched:
            await trio.lowlevel.checkpoint()
            tries[0] += 1
            if tries[0] < 3:
                raise OSError("connection refused")
            made.append(Watched(sim[0]))
            return made[0]

        async with serving(reopen=reopen) as it:
            sim.append(it.transport.chip)
            await it.transport.aclose()
            await trio.sleep(5)
            assert (tries, len(made)) == ([3], 1)
            assert it.down == set()
            assert made[0].written == set()
            assert made[0].accessed == {*MINI.instances}
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_histories_outlive_a_link() -> None:
    """What fell before the link was lost counts when it falls again after that: the policy bounds its tries."""
    chip = ruled(MINI, {"pll[2]": evolve(MINI.supervision["pll[2]"], intensity=1)})

    async def main(lose: bool) -> list[str]:
        async with serving(chip) as it:
            it.inject(Upset(block="pll[2]", name="lock_lost"))
            await trio.sleep(3)
            if lose:
                it.inject(LinkDown(for_s=0.5))
            await trio.sleep(3)
            it.inject(Upset(block="pll[2]", name="lock_lost"))
            await trio.sleep(3)
            assert it.down == set()
            return [incident.level for incident in it.incidents if incident.root]

    assert run(partial(main, False)) == run(partial(main, True)) == ["climb", "block"]


# ---- holding ----


def test_a_held_block_is_not_accessed() -> None:
    """From hold to release neither hint nor sweep, nor what stands on the block, makes anybody access it, counted."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("crg[0]")
            it.inject(BitFlip(block="crg[0]", register="INTR_ENABLE.clock_lost"))
            it.inject(Upset(block="pll[1]", name="lock_lost"))
            await trio.sleep(10)
            assert "crg[0]" not in it.transport.accessed
            assert {"pll[0]", "pll[1]", "crg[1]"} <= it.transport.accessed, "the others went on"
            it.transport.log.clear()
            it.service.release("crg[0]")
            await trio.sleep(1)
            assert {"crg[0]"} < it.transport.written <= {"crg[0]", *GRAPH.blocks_after("pll[1]")}
            assert it.down == set()
            assert [event.block for event in it.told(What.HELD)] == ["crg[0]"]
            assert [event.block for event in it.told(What.RELEASED)] == ["crg[0]"]

    run(main)


def test_a_block_is_held_in_the_midst_of_its_recovery(toy_chips: ToyChips) -> None:
    """Held after any access of its climb, a block is not accessed again before it is released; then it comes up."""

    async def main(access: int) -> bool:
        toy = toy_chips({"a": (), "b": ("a",)})
        bells, made, at = Bells("a"), [0], [0]
        async with kept(toy, sweep_s=1.0, wire=given(bells)) as it:

            def count(device: Device, address: int, _value: int = 0) -> None:
                made[0] += address >> 12 == 1
                if made[0] == access:
                    it.service.hold("a")
                    at[0] = device.asked
                    made[0] += 1

            toy.device.words[toy.address("a")] = 0
            toy.device.seen, toy.device.written = count, count
            bells.bells["a"].ring()
            await trio.sleep(1e-3)
            if not at[0]:
                return False
            log = len(toy.device.log)
            await trio.sleep(5)
            assert [entry for entry in toy.device.log[log:] if entry[1] >> 12 == 1] == []
            it.service.release("a")
            await trio.sleep(1)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            assert toy.device.words[toy.address("a")] == 1
            return True

    access = 1
    while run(partial(main, access)):
        access += 1
    assert access > 5


def test_a_hold_outlives_a_link() -> None:
    """A block that was held before the link was lost is held when it is back, and is not accessed until its release."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("pll[3]")
            it.inject(LinkDown(for_s=0.5))
            await trio.sleep(5)
            assert "pll[3]" not in it.transport.accessed
            assert "pll[2]" in it.transport.accessed
            it.service.release("pll[3]")
            await trio.sleep(1)
            assert it.down == set()
            assert it.transport.written == set()

    run(main)


def test_who_can_be_held_is_said() -> None:
    """A block that is not there, or a chip that is not in service yet, is refused by name; nothing is accessed."""
    transport = Watched

    async def main() -> None:
        made = transport(SimChip(MINI))
        service = Service(MINI, made)
        with pytest.raises(ValueError, match="mini has no block 'pll'"):
            service.hold("pll")
        with pytest.raises(ValueError, match="mini is not in service yet"):
            service.hold("refpll")
        assert {verdict.state for verdict in service.status().values()} == {State.STOPPED}
        assert made.log == []
        with pytest.raises(ValueError, match="sweep_s is 0; expected more than 0 seconds"):
            Service(MINI, made, sweep_s=0)

    run(main)


# ---- ends ----


@define(eq=False)
class Slow(ToyTransport):
    """A transport whose batches take a time, all of which is before the first access."""

    takes_s: float = 0.0
    begun: int = 0
    ended: int = 0

    async def execute(self, batch: Batch) -> Results:
        self.begun += 1
        await trio.sleep(self.takes_s)
        came = await super().execute(batch)
        self.ended += 1
        return came


@pytest.mark.parametrize("fallen", [False, True])
def test_a_stop_waits_for_what_is_out(toy_chips: ToyChips, fallen: bool) -> None:
    """Told to stop in a sweep or a climb, it ends when the batch that is out is back, whole; none follows."""

    async def main(after_s: float) -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        slow = Slow(toy.device)
        toy.transport = slow
        async with kept(toy, sweep_s=1.0) as it:
            toy.device.words[toy.address("a", 1)] = int(not fallen)
            slow.takes_s = 0.1
            await trio.sleep(1.0 + after_s)
            begun, out, at_s = slow.begun, slow.begun - slow.ended, trio.current_time()
            it.stop.set()
            await trio.sleep(0.2)
            (end,) = it.ends
            assert slow.begun == slow.ended == begun
            assert out in (0, 1)
            assert end.stopped == "signal"
            assert end.for_s == pytest.approx(at_s + (0.1 - after_s % 0.1 if out else 0.0) - it.summary.elapsed_s)
            await trio.sleep(10)
            assert slow.begun == begun

    for tenth in range(8):
        run(partial(main, tenth / 10 + 0.05))


def test_a_stop_leaves_the_chip_as_it_is() -> None:
    """Stopped, nothing of the chip was written; another service finds it in service and writes nothing."""

    async def main() -> None:
        async with serving() as it:
            await trio.sleep(1)
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert (end.stopped, end.well, end.writes) == ("signal", True, 0)
            assert it.transport.written == set()
            log = len(it.transport.log)
            await trio.sleep(10)
            assert len(it.transport.log) == log
            again = Watched(it.transport.chip)
            served = await Service(MINI, again, sweep_s=SWEEP_S).run(for_s=1.0)
            assert (served.well, again.written) == (True, set())

    run(main)


def test_the_time_is_counted_from_when_all_has_settled() -> None:
    """It ends by itself, so long after the bring-up, also in the midst of a recovery."""

    async def main() -> None:
        async with serving(for_s=5.0) as it:
            await trio.sleep(4.94)
            it.inject(Upset(block="pll[0]", name="lock_lost"))
            await trio.sleep(1)
            (end,) = it.ends
            assert end.stopped == "time"
            assert end.for_s == pytest.approx(5.0)
            assert end.up is it.summary

    run(main)


def test_a_stop_before_the_chip_is_up_says_so() -> None:
    """Who stops a bring-up is told that the chip was never in service; what was begun is left as it is."""

    async def main() -> None:
        transport, stop = Watched(SimChip(MINI)), trio.Event()
        async with trio.open_nursery() as nursery:

            async def after() -> None:
                await trio.sleep(1e-4)
                stop.set()

            nursery.start_soon(after)
            with pytest.raises(DeviceLost, match="stop"):
                await Service(MINI, transport).run(stop=stop)
        log = len(transport.log)
        await trio.sleep(1)
        assert len(transport.log) == log
        assert transport.violations == []

    run(main)


# ---- sweeps and drift ----


def test_each_block_is_looked_at_once_a_period(toy_chips: ToyChips) -> None:
    """Two looks at a block are a period apart, whatever is in service or waits, and whoever hints at others."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",), "c": (), "d": ("b", "c")})
        bells = Bells("c")
        looks: dict[int, list[float]] = {}

        def seen(_device: Device, address: int) -> None:
            if address & 0xFFF == 0:
                looks.setdefault(address >> 12, []).append(trio.current_time())

        async with kept(toy, sweep_s=2.0, wire=given(bells)):
            toy.device.seen = seen
            for _ in range(50):
                await trio.sleep(1.0)
                if trio.current_time() > 25:
                    bells.bells["c"].ring()
            for number in (1, 2, 4):
                assert looks[number] == pytest.approx([2.0 * count for count in range(1, len(looks[number]) + 1)])
            assert len(looks[1]) in (24, 25)
            assert len(looks[3]) > len(looks[1])

    run(main)


DRIFTED = BitFlip(block="pll[2]", register="INTR_ENABLE.lock_lost")
SAID = (
    "watched: INTR_ENABLE wanted lock_lost=0x1, ref_lost=0x1, last lock_lost=0x0, ref_lost=0x1 (word 0x200); "
    "lock_lost bit 0 is 0"
)


@pytest.mark.parametrize("drift", Drift)
def test_a_field_that_drifted_is_repaired_held_or_reported(drift: Drift) -> None:
    """A field that is not as intended is told to the bit, once; by its rule it is repaired, by one write, or left."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(DRIFTED)
            await trio.sleep(5)
            assert [event.detail for event in it.told(What.DRIFTED)] == [SAID]
            writes = [block for _, kind, block in it.transport.log if kind == "w"]
            assert writes == (["pll[2]"] if drift is Drift.REPAIR else [])
            assert it.down == set(), "it serves, and so does what stands on it"
            state = it.service.status()["pll[2]"].state
            assert state is (State.UP if drift is Drift.REPAIR else State.DEGRADED)
            assert [event.block for event in it.told(What.HELD)] == (["pll[2]"] if drift is Drift.HOLD else [])
            assert [(i.root, i.recovered) for i in it.incidents] == {
                Drift.REPAIR: [("pll[2]", True)],
                Drift.HOLD: [("pll[2]", False)],
                Drift.REPORT: [],
            }[drift]

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_a_field_that_is_back_is_forgotten(drift: Drift) -> None:
    """What was left as it was is wholly up when it shows what it should, and told anew when it drifts again."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            for number in (1, 2):
                it.inject(DRIFTED)
                await trio.sleep(5)
                assert it.service.status()["pll[2]"].state is State.DEGRADED
                assert len(it.told(What.DRIFTED)) == number
                it.inject(DRIFTED)
                await trio.sleep(5)
                assert it.service.status()["pll[2]"].state is State.UP
            assert it.transport.written == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize(
    ("drifted", "lost"),
    [
        (DRIFTED, LocalReset(block="pll[2]")),
        (DRIFTED, Upset(block="pll[2]", name="lock_lost")),
        (BitFlip(block="pll[2]", register="LOCK_LIMIT.cycles"), Upset(block="pll[2]", name="lock_lost")),
    ],
)
def test_what_lost_its_state_beside_a_field_that_was_left_is_brought_back(drifted: Fault, lost: Fault) -> None:
    """A block whose drift is only reported is climbed all the same when it falls, above or below that field."""
    rule = evolve(MINI.supervision["pll[2]"], drift=Drift.REPORT)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(drifted)
            await trio.sleep(1)
            assert it.service.status()["pll[2]"].state is State.DEGRADED
            it.inject(lost)
            await trio.sleep(2)
            assert it.down == set()
            assert it.service.status()["pll[2]"].state is State.UP
            assert it.transport.written <= {"pll[2]", *GRAPH.blocks_after("pll[2]")}

    run(main)


# ---- faults ----

FAULTS: list[Callable[[], Fault]] = [
    partial(Upset, block="pll[1]", name="lock_lost"),
    partial(Upset, block="refpll", name="lock_lost"),
    partial(LocalReset, block="pll[0]"),
    partial(LocalReset, block="crg[2]"),
    partial(LocalReset, block="io_crg[1]"),
    ChipReset,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("consent", [None, granted])
def test_what_fell_comes_back_and_others_are_not_written_to(fault: Callable[[], Fault], consent: Any) -> None:
    """A block that loses its state is raised with what stands on it; all else is only read; no rule is broken."""
    made = fault()
    block = getattr(made, "block", "")
    allowed = {block, *GRAPH.blocks_after(block)} if block else {*MINI.instances}

    async def main() -> None:
        async with serving(consent=consent) as it:
            it.inject(made)
            await trio.sleep(5)
            assert it.down == set()
            assert it.transport.written <= allowed
            assert it.transport.written
            assert it.incidents
            assert all(incident.recovered for incident in it.incidents)

    run(main)
