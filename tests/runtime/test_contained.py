"""What a block's own code does wrong in service, and what takes it long: told, bounded, and nobody else's trouble."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from blocks.chip.supervision import Level, Supervision
from blocks.ladder import Ladder, Rung, Where
from blocks.port import Port
from registers.handles import AnyMap
from runtime.incident import What
from runtime.service import Service, Terms
from runtime.summary import State
from runtime.sweep import WATCH_S
from runtime.unit import PROGRESS_S_MAX
from tests.runtime.serving import Ladders, ToyChips, kept, run
from tests.runtime.test_wider import crewed, rested, resting
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from tests.runtime.conftest import Device


async def _mistake(_port: Port) -> None:
    raise KeyError("a mistake of ours")


def test_a_climb_that_raises_is_tried_a_bounded_number_of_times(toy_chips: ToyChips) -> None:
    """An act that raises is a climb that failed: after so many the block is given up, and acted on no more."""
    acts: list[float] = []

    def ladder(regs: AnyMap) -> Ladder:
        word: Any = regs.at("W[0]")

        async def reach(port: Port) -> None:
            acts.append(trio.current_time())
            if len(acts) > 1:
                await _mistake(port)
            await port.submit(word.write(v=1))

        return Ladder(Rung("r0", holds=[word.check(v=1)], reach=reach, within=1e-3))

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, {"a": ladder}, rules={"a": Supervision(attempts=2)})
        async with kept(toy, sweep_s=10.0) as it:
            toy.device.words[toy.address("a")] = 0
            await trio.sleep(1000)
            assert len(acts) == 1 + 2
            assert (it.state("a"), it.state("b")) == (State.FAILED, State.UP)
            assert [event.block for event in it.told(What.GAVE_UP)] == ["a"]
            assert "KeyError: 'a mistake of ours'" in it.told(What.FAILED)[0].detail
            assert it.incidents[0].touched == ("a",)

    run(main)


def test_a_look_that_raises_is_an_incident_of_its_block(toy_chips: ToyChips) -> None:
    """A condition that raises ends neither the sweep nor the others; its block is told of."""
    wrong = [False]

    def holds(_word: Any) -> bool:
        if wrong[0]:
            raise KeyError("a mistake of ours")
        return True

    def ladder(regs: AnyMap) -> Ladder:
        word: Any = regs.at("W[0]")
        fine = Where("fine", [word.read()], holds)
        return Ladder(Rung("r0", holds=[word.check(v=1), fine], reach=[word.write(v=1)], within=1e-3))

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, {"a": ladder})
        async with kept(toy, sweep_s=1.0) as it:
            wrong[0] = True
            await trio.sleep(5)
            assert it.incidents[0].fell == ("a",)
            assert "KeyError: 'a mistake of ours'" in it.incidents[0].cause
            toy.device.words[toy.address("b")] = 0
            await trio.sleep(2)
            wrong[0] = False
            await trio.sleep(2)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            assert [incident.recovered for incident in it.incidents][-1]

    run(main)


def test_a_rest_that_raises_holds_nobody_up(toy_chips: ToyChips) -> None:
    """A block whose act to rest raises is passed over and told of; the recovery goes on, and all come back."""

    def raising(regs: AnyMap) -> Ladder:
        word: Any = regs.at("W[8]")
        return Ladder(Rung("rested", holds=[word.check(v=1)], reach=_mistake, within=1e-3))

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, rests={"a": resting, "b": raising})
        toy.device.written = rested
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("b", "for the book")
            crew.keeper.wider.reset("a", Level.BLOCK)
            await trio.sleep(5)
            assert crew.rests() == ["a"]
            assert crew.in_service() == {"a", "b"}
            (incident,) = crew.keeper.ledger.incidents()
            assert any("b: did not come to rest: bug in ToyBlock: KeyError" in step for step in incident.steps)

    run(main)


def test_a_device_lost_in_a_wider_recovery_ends_the_keeping(toy_chips: ToyChips) -> None:
    """Lost at any access of a wider recovery, the device is lost as in any other: told, and not accessed any more."""
    needs = {"crg": (), "a": ("crg",), "b": ("crg",)}

    async def main(access: int) -> bool:
        toy = toy_chips(needs, rests=dict.fromkeys(needs, resting))
        toy.device.written = rested
        async with crewed(toy) as crew:
            toy.device.asked, toy.device.strikes = 0, {access: (DeviceLost("gone"), True)}
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(5)
            if crew.supervisor.lost is None:
                assert crew.in_service() == {*needs}
                return False
            assert (crew.supervisor.lost.reason, toy.device.asked) == ("gone", access)
            return True

    access = 1
    while run(partial(main, access)):
        access += 1
    assert access > 10


def test_a_wait_that_the_policy_asks_for_is_no_lack_of_progress(toy_chips: ToyChips) -> None:
    """A back-off longer than a step may take is waited for, and then the block climbs."""
    backoff_s = 2 * PROGRESS_S_MAX

    async def main() -> None:
        toy = toy_chips({"a": ()}, rules={"a": Supervision(backoff_s=backoff_s, backoff_max_s=backoff_s)})
        async with kept(toy, sweep_s=1.0) as it:
            late_s = trio.current_time() + 10

            def written(device: Device, address: int, _value: int) -> None:
                if trio.current_time() < late_s:
                    device.words[address] = 0

            toy.device.written = written
            toy.device.words[toy.address("a")] = 0
            await trio.sleep(backoff_s + 5)
            assert it.state("a") is State.UP
            (incident,) = it.incidents
            assert incident.recovered

    run(main)


def test_a_wait_for_others_is_no_lack_of_progress(toy_chips: ToyChips, ladders: Ladders) -> None:
    """A block that has waited for long for what it stands on has its whole time to climb once that stands."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, {"b": ladders(3, settles=0.9, within=1.5)})
        async with kept(toy, sweep_s=1.0) as it:
            back_s = trio.current_time() + 3 * PROGRESS_S_MAX

            def written(device: Device, address: int, _value: int) -> None:
                if address >> 12 == 1 and trio.current_time() < back_s:
                    device.words[address] = 0

            toy.device.written = written
            toy.device.words |= {toy.address("a"): 0, **{toy.address("b", word): 0 for word in range(3)}}
            await trio.sleep(3 * PROGRESS_S_MAX + 1)
            it.service.release("a")
            await trio.sleep(10)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            assert not any("no progress" in move.detail for move in it.moves)

    run(main)


def test_a_step_without_progress_is_ended_and_told(toy_chips: ToyChips) -> None:
    """A service that never comes back is ended after its time, once each time, and told; the block looks again."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, served="ab")
        async with kept(toy, sweep_s=1.0) as it:

            async def hang(_port: Port) -> None:
                await trio.sleep_forever()

            toy.blocks["a"].serve = hang
            await trio.sleep(PROGRESS_S_MAX)
            assert not it.told(What.FAILED)
            toy.blocks["a"].serve = None
            await trio.sleep(4)
            (incident,) = it.incidents
            assert (incident.fell, incident.recovered) == (("a",), True)
            assert [event.detail[:12] for event in it.told(What.FAILED)] == ["no progress "]
            assert toy.blocks["b"].served > PROGRESS_S_MAX / 2

    run(main)


def endless(talks: list[bool]) -> Callable[[AnyMap], Ladder]:
    """Return a ladder with an act that asks again and again, while a test says so."""

    def ladder(regs: AnyMap) -> Ladder:
        word: Any = regs.at("W[0]")

        async def reach(port: Port) -> None:
            while talks:
                await port.sleep(0.1)
            await port.submit(word.write(v=1))

        return Ladder(Rung("r0", holds=[word.check(v=1)], reach=reach, within=1.0))

    return ladder


def test_a_first_climb_without_progress_is_ended_and_told(toy_chips: ToyChips) -> None:
    """A bring-up does not wait for ever for one block's act: it is ended after its time, and the others are up."""
    talks = [True]

    async def main() -> None:
        toy = toy_chips({"a": (), "b": (), "c": ("a",)}, {"a": endless(talks)})
        with trio.fail_after(PROGRESS_S_MAX + WATCH_S + 1):
            async with kept(toy) as it:
                assert {*it.summary.up} == {"b"}
                assert [fault.block for fault in it.summary.failed] == ["a"]
                assert "no progress for 6" in it.summary.failed[0].reason
                talks.clear()
                await trio.sleep(0.5)
                assert (it.state("a"), it.state("c")) == (State.UP, State.UP)
                assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_wait_for_others_at_the_bring_up_is_no_lack_of_progress(toy_chips: ToyChips, ladders: Ladders) -> None:
    """A block whose ground takes minutes to come up is not ended, and climbs when that stands."""

    async def main() -> None:
        slow = ladders(1, settles=50.0, within=55.0)
        needs = {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}
        async with kept(toy_chips(needs, dict.fromkeys(needs, slow))) as it:
            assert it.summary.well
            assert it.summary.elapsed_s >= len(needs) * 50.0 > 3 * PROGRESS_S_MAX

    run(main)


def test_a_rest_without_progress_is_ended_and_holds_nobody_up(toy_chips: ToyChips) -> None:
    """An act to rest that asks for ever is ended after its time and told; the recovery goes on, and all come back."""
    talks = [True]

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, rests={"a": resting, "b": endless(talks)})
        toy.device.written = rested
        async with crewed(toy) as crew:
            toy.device.words[toy.address("b")] = 0
            crew.keeper.ledger.fell("b", "for the book")
            crew.keeper.wider.reset("a", Level.BLOCK)
            await trio.sleep(PROGRESS_S_MAX - 1)
            assert crew.rests() == []
            await trio.sleep(5)
            assert crew.rests() == ["a"]
            assert crew.in_service() == {"a", "b"}
            (incident,) = crew.keeper.ledger.incidents()
            assert "b: did not come to rest: it took longer than 60 s, and was ended" in incident.steps

    run(main)


def test_a_block_is_held_in_the_midst_of_the_bring_up(toy_chips: ToyChips, ladders: Ladders) -> None:
    """Held before the chip is up, a block is not accessed any more, nor waited for; released, it comes up."""

    async def main(after_s: float) -> None:
        toy = toy_chips({"a": (), "b": ("a",), "c": ()}, {"a": ladders(3, settles=1.0, within=2.0)})
        service = Service(toy.chip, toy.transport, terms=Terms(wire=None))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run)
            await trio.sleep(after_s)
            service.hold("a")
            log = len(toy.device.log)
            await trio.sleep(100)
            assert [entry for entry in toy.device.log[log:] if entry[1] >> 12 in (1, 2)] == []
            states = {name: verdict.state for name, verdict in service.status().items()}
            assert states == {"a": State.FAILED, "b": State.WAITING, "c": State.UP}
            service.release("a")
            await trio.sleep(10)
            assert {verdict.state for verdict in service.status().values()} == {State.UP}
            nursery.cancel_scope.cancel()

    for after_s in (0.5, 1.5, 2.5):
        run(partial(main, after_s))
