"""A hunt for schedules of faults that a chip in service does not come out of: run, judged, and made small.

python -m tests.runtime.hunt CHIP FIRST LAST      hunts through seeds, and prints the schedules that it found
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import trio
from attrs import evolve

from blocks.chip import Chip
from blocks.chip.supervision import Level
from blocks.model import Violation
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import kinds
from blocks.sim.faults.kinds import Answer
from runtime import determinism
from runtime.clock import VirtualClock
from runtime.faults.heap import registers_of
from runtime.graph import graph_of
from runtime.incident import Event, What
from runtime.service import Service
from runtime.summary import IN_SERVICE, State
from runtime.unit import Unit
from tests.runtime.schedules import Ask, Kill, Schedule, Step, chip_of, draw
from transports.base import Judgement

SWEEP_S = 0.5
BEGIN_S = 1.0  # from the controller's begin to that of the schedule
PATIENCE_S = 300.0  # until all is well: what was given up is tried after 10 s, 20 s, 40 s
CALM_S = 3.0  # afterwards nothing is written, and no more is read than sweeps read
JUDGED_S = 1e-3  # what the chip itself knows is told after that: a return is no moment
HEARD_S = 2e-3  # an interrupt is, without any sweep
READS_MAX = 3000  # a second and block, of a calm chip: two looks at 324 blocks have a tenth
ACCESSES_MAX = 8_000_000  # of one controller: it turns in a circle


class Endless(BaseException):
    """The runtime turns in a circle; no error that it could contain."""


class Way(SimTransport):
    """A connection that counts, and that is cut when its controller dies."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__(chip)
        self.reads, self.zombies, self.cut = 0, 0, False
        self.wrote = Counter[str]()
        plain_read, plain_write = self.read, self.write
        places = sorted((i.address, name) for name, i in chip.chip.instances.items() if i.behind is None)

        def read(address: int, width: int) -> int:
            self.reads += 1
            self._count()
            return 0 if self.cut else plain_read(address, width)

        def write(address: int, value: int, width: int, strobes: int | None) -> None:
            self.wrote[next(name for start, name in reversed(places) if start <= address)] += 1
            self._count()
            if not self.cut:
                plain_write(address, value, width, strobes)

        self.read, self.write = read, write

    async def judge(self) -> Judgement:
        """Tell what the chip knows, after a while."""
        await trio.sleep(JUDGED_S)
        return await super().judge()

    def _count(self) -> None:
        self.zombies += self.cut
        if self.reads + self.wrote.total() > ACCESSES_MAX:
            raise Endless


class Serving(Service):
    """A service whose blocks can be seen."""

    @property
    def units(self) -> Mapping[str, Unit]:
        """The blocks of the connection of now."""
        return self._units


class Hunt:
    """One schedule, run on one chip by one controller after the other.

    First under the schedule's rules; then all is let go that people asked for, and the controller may do all.

    Attributes:
        wrong: what must not be, a sentence each.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule, plain = schedule, chip_of(schedule.chip)
        rules = {name: evolve(rule, highest=Level.CHIP) for name, rule in plain.supervision.items()}
        self.able = evolve(plain, supervision=rules)
        special = {name: evolve(rules[name], **rule) for name, rule in schedule.rules.items()}
        self.ruled = evolve(plain, supervision={**rules, **special})
        self.blocks, self.graph = [*plain.instances], graph_of(plain)
        self.sim = SimChip(plain)
        self.wrong: list[str] = []
        self.events: list[Event] = []
        self.asked: list[tuple[str, int]] = []  # who is to rest, and how many events came before that

    async def run(self) -> None:
        """Run it to its end."""
        self.clock = SimTransport(self.sim)  # keeps the chip's time going while no controller is there
        async with trio.open_nursery() as nursery:
            self.nursery = nursery
            self.serve(self.ruled)
            await trio.sleep(BEGIN_S)
            self.golden = registers_of(self.sim)
            begin_s = trio.current_time()
            for at_s, step in self.schedule.steps:
                await trio.sleep_until(max(begin_s + at_s, trio.current_time()))
                await self.take(step)
            await trio.sleep_until(max(begin_s + self.schedule.over_s, trio.current_time()))
            await self.well(lambda: [*self.unexplained()], "under its rules")
            self.wrong += self.unanswered()
            if self.schedule.rules:
                await self.die(0.01, self.able)
            else:
                await self.let_go()
            await self.well(lambda: [*self.down(), *self.degraded(locked=False)], "at the end")
            if [*self.degraded()]:
                await self.take(kinds.ChipReset())
            if await self.well(lambda: [*self.down(), *self.degraded()], "after a reset"):
                await self.end()
            nursery.cancel_scope.cancel()
        self.wrong += [f"violation: {violation}" for violation in self.sim.violations if not self.excused(violation)][
            :3
        ]

    def serve(self, chip: Chip) -> None:
        """Let a new controller begin."""
        self.way, self.life = Way(self.sim), trio.CancelScope()
        self.service = Serving(chip, self.way, sweep_s=SWEEP_S, watch=self.events.append)
        self.nursery.start_soon(self._live, self.service, self.life)

    async def _live(self, service: Service, life: trio.CancelScope) -> None:
        with life:
            await service.run()
            self.wrong.append("the service ended by itself")

    async def die(self, down_s: float, chip: Chip) -> None:
        """Let the controller die, and another one come."""
        self.way.cut = True
        self.life.cancel()
        self.asked.clear()  # that nobody carries
        way = self.way
        await trio.sleep(down_s)
        if way.zombies:
            self.wrong.append(f"{way.zombies} accesses of a controller that is dead")
        self.serve(chip)

    async def take(self, step: Step) -> None:
        """Let one step happen."""
        match step:
            case Kill():
                await self.die(step.down_s, self.ruled)
            case Ask():
                before = len(self.events)
                try:
                    getattr(self.service, step.what)(step.block)
                except ValueError:
                    return  # an answer, too
                if step.what == "rest":
                    self.asked.append((step.block, before))
            case _:
                await self.clock.judge()  # the chip's time is now
                self.sim.inject(step)

    async def let_go(self) -> None:
        """Release and wake all that somebody asked for."""
        for what in ("release", "wake"):
            for block in self.blocks:
                await self.take(Ask(what, block))

    async def well(self, wrong: Callable[[], list[str]], when: str) -> bool:
        """Wait until nothing is wrong for a while, with patience; note what then still is."""
        until_s, good = trio.current_time() + PATIENCE_S, 0
        while good < 3:
            if trio.current_time() > until_s:
                self.wrong += [f"{when}: {said}" for said in wrong()]
                return False
            await trio.sleep(1.01 * SWEEP_S)
            good = 0 if wrong() else good + 1
        return True

    async def end(self) -> None:
        """All is up: see that it stays so and is as it was, that interrupts are heard, and a resume writes nothing."""
        await trio.sleep(CALM_S)
        self.wrong += [*self.forgotten(), *self.unlike()]
        reads, wrote = self.way.reads, self.way.wrote.total()
        await trio.sleep(CALM_S)
        if self.way.wrote.total() != wrote or self.way.reads - reads > READS_MAX * CALM_S * len(self.blocks):
            self.wrong.append(f"not calm: {self.way.reads - reads} reads in {CALM_S} s, writes to {self.way.wrote}")
        instances = chip_of(self.schedule.chip).instances
        told = [name for name in self.blocks if self.sim.model(name).upsets() and instances[name].line is not None]
        for name in (told[0], told[-1]):
            await self.take(kinds.Upset(block=name, name=next(iter(self.sim.model(name).upsets()))))
            before = len(self.events)
            await trio.sleep(HEARD_S)
            if not any(event.block == name for event in self.events[before:]):
                self.wrong.append(f"{name} was upset, and not heard")
            await self.well(lambda: [*self.down()], "after an upset")  # a fault may have waited for just these accesses
        await self.die(0.01, self.able)
        await trio.sleep(CALM_S)
        if self.way.wrote:
            self.wrong.append(f"a new controller writes to {self.way.wrote}")
        self.wrong += [f"resumed: {said}" for said in (*self.down(), *self.degraded())]

    # ---- judging ----

    def down(self) -> Iterator[str]:
        """Yield what is not in service, and why."""
        for name, verdict in self.service.status().items():
            if verdict.state not in IN_SERVICE:
                yield f"{name} is {verdict.state}: {verdict.reason}"
        yield from (f"{unit.name} is held" for unit in self.service.units.values() if unit.held)
        yield from (f"incident {number} is open" for number in self.service.under_way())

    def degraded(self, *, locked: bool = True) -> Iterator[str]:
        """Yield what serves, and is not as it should be; also for a field that a lock keeps wrong: it is not reset."""
        kept = {event.block for event in self.events if "so it is not reset" in event.detail}
        for name, verdict in self.service.status().items():
            if verdict.state is State.DEGRADED and (locked or name not in kept):
                yield f"{name} is degraded: {verdict.reason}"

    def unexplained(self) -> Iterator[str]:
        """Yield what is not in service, though neither a person nor a rule of the schedule keeps it so."""
        units = self.service.units.values()
        ruled = {*self.schedule.rules}
        if any(unit.held or unit.name in ruled for unit in units):  # who is held, or serves undisturbed, is not reset
            ruled |= {event.block for event in self.events if event.detail.startswith("not reset: ")}
        kept = {unit.name for unit in units if unit.held or unit.rested or (unit.name in ruled and unit.left.evidence)}
        kept |= {*self.graph.blocks_after(*kept)} if kept else set()
        for name, verdict in self.service.status().items():
            if name not in kept and verdict.state not in IN_SERVICE:
                yield f"{name} is {verdict.state}: {verdict.reason}"
        yield from (f"incident {number} is open" for number in self.service.under_way() if not kept)

    def unanswered(self) -> Iterator[str]:
        """Yield what was to rest, and of which nobody ever said what became of that."""
        for block, before in self.asked:
            told = [event for event in self.events[before:] if event.block == block]
            ends = ("not put to rest: ", "left off: ")
            if not any(event.what in (What.RESTED, What.FAILED) or event.detail.startswith(ends) for event in told):
                yield f"{block} was to rest, and nothing came of it"

    def forgotten(self) -> Iterator[str]:
        """Yield what is not over, though all is up."""
        for unit in self.service.units.values():
            over = not (unit.frozen or unit.rested or unit.woken or unit.ignored or unit.left.evidence)
            if not over or unit.busy_s is not None or unit.history.open:
                yield f"not over: {unit}"
        session = self.service.session
        if session is None or session.board.waiting() or session.board.doubted or session.board.faults:
            yield f"not over: {session and (session.board.waiting(), session.board.doubted, session.board.faults)}"

    def unlike(self) -> Iterator[str]:
        """Yield the registers that end otherwise than they began, but for what hardware tells and nobody looks at."""
        for name, held in registers_of(self.sim).items():
            volatile = self.able.volatile.get(self.able.instances[name].type, frozenset[str]())
            for path in held.keys() - volatile:
                looked = self.looked(name, path)
                seen, wanted = held[path] & looked, self.golden[name].get(path, held[path]) & looked
                if seen != wanted:
                    yield f"{name}.{path} ends as {seen:#x}; expected {wanted:#x}"

    def looked(self, block: str, path: str) -> int:
        """Return the mask of the fields that software writes alone, or at which the block's ladder looks."""
        intended = self.sim.intended(block)
        register = self.sim.model(block).registers.fabric.bank.at(path)[0].store.register
        told = [one for one in register.fields if one.hw.writable or one.volatile]
        return ~sum(one.mask for one in told if f"{path}.{one.name}" not in intended)

    def excused(self, violation: Violation) -> bool:
        """Say whether nobody could keep this rule.

        A bit that stands still lies, and so does a write that is dropped; who gives no answer, or an error, does not
        come to rest; and an access that waited for an answer is done when that comes, whatever has happened meanwhile.
        """
        faults = self.schedule.faults
        liars = {fault.block for fault in faults if isinstance(fault, kinds.StuckBit | kinds.DroppedWrite)}
        mute = {fault.block for fault in faults if isinstance(fault, kinds.AccessFault)}
        stalls = any(isinstance(f, kinds.Hang) or getattr(f, "answer", None) is Answer.nothing for f in faults)
        if violation.block in liars.union(*(self.graph.blocks_after(name) for name in liars)):
            return True
        _, of, named = violation.rule.partition(" while in service: ")
        return (bool(of) and {*named.split(" and ")[0].split(", ")} <= mute) or (
            stalls and "touched while" in violation.rule
        )


def hunt(schedule: Schedule) -> list[str]:
    """Run a schedule; return what is wrong."""
    it = Hunt(schedule)
    try:
        determinism.run(it.run, seed=0, clock=VirtualClock())
    except* Endless:
        it.wrong.append("the runtime turns in a circle")
    return it.wrong


def shrunk(schedule: Schedule) -> Schedule:
    """Return a schedule without the steps and rules that it fails without."""
    for smaller in _smaller(schedule):
        if smaller.steps and hunt(smaller):
            return shrunk(smaller)
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    for index in range(len(schedule.steps)):
        yield evolve(schedule, steps=schedule.steps[:index] + schedule.steps[index + 1 :])
    for block in schedule.rules:
        yield evolve(schedule, rules={name: rule for name, rule in schedule.rules.items() if name != block})


def main(chip: str, first: str, last: str) -> int:
    """Hunt through seeds; return how many failed."""
    failed = 0
    for seed in range(int(first), int(last)):
        schedule = draw(seed, chip)
        if wrong := hunt(schedule):
            failed += 1
            print(f"seed {seed}: {wrong[:4]}\n{schedule}", flush=True)
    print(f"{chip}, seeds {first} to {int(last) - 1}: {failed} failed", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) > 0)
