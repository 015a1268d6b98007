"""The run without a fault that trials of a campaign under trio are held against, and what can strike it."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from attrs import frozen

from registers.model.place import decode
from runtime.faults.golden import Access
from runtime.faults.judged import borne, judge, kept, raised
from runtime.faults.ran import Ran
from runtime.faults.site import LoggedChip, Site
from runtime.faults.trial import Trial, Workload
from transports.faulty.kinds import OF_READS, OF_WRITES, Kind, Shot

KINDS = tuple(Kind)


@frozen
class Course:
    """A run without a fault.

    Attributes:
        upset: of a recovery: what it is of, `BLOCK.UPSET`; else empty.
        broken: what must not be of it, one sentence, so that nothing can be held against it; empty: nothing.
        log: the accesses that a shot can strike; empty: they are a target's, which tells none.
        rises: interrupts that there are to lose, and `alarmed`: how many accesses are made where one is.
    """

    upset: str
    golden: Ran
    log: Sequence[Access]
    rises: int
    alarmed: int
    broken: str = ""

    def can(self, kind: Kind, number: int) -> bool:
        """Say whether a kind of fault can strike an access of it, as far as that is known."""
        if not self.log or kind is Kind.LOST or number > len(self.log):
            return True
        if kind is Kind.TORN:
            return self.log[number - 1].tears
        return kind not in (OF_READS if self.log[number - 1].write else OF_WRITES)

    def writes(self, shot: Shot) -> bool:
        """Say whether what a shot strikes is known to be a write."""
        known = shot.kind is not Kind.LOST and shot.number <= len(self.log)
        return known and self.log[shot.number - 1].write


class InTurn(Sequence[Trial]):
    """One trial for each of many shots, in an order that the seed draws: runs, kinds, and writes and reads in turn.

    Of few accesses that are writes a budget so has some. A trial is made when it is asked for: atlas has seven million.

    Args:
        workload, seed: of each.
        found: the shots of each run.
    """

    def __init__(self, workload: Workload, seed: int, found: Iterable[tuple[Course, Iterable[Shot]]]) -> None:
        self._workload, self._seed = workload, seed
        self._courses: list[Course] = []
        self._shots = array("q")
        for course, shots in found:
            at = len(self._courses)
            self._courses.append(course)
            self._shots.extend(_packed(at, shot) for shot in shots)
        random.Random(f"{seed}/live/nth").shuffle(self._shots)
        turns, seen = array("l"), Counter[tuple[int, Kind, bool]]()
        for packed in self._shots:
            at, shot = _unpacked(packed)
            of = at, shot.kind, self._courses[at].writes(shot)
            turns.append(seen[of])
            seen[of] += 1
        order = sorted(range(len(turns)), key=turns.__getitem__)
        self._shots = array("q", map(self._shots.__getitem__, order))

    def __len__(self) -> int:
        return len(self._shots)

    @overload
    def __getitem__(self, index: int) -> Trial: ...

    @overload
    def __getitem__(self, index: slice) -> list[Trial]: ...

    def __getitem__(self, index: int | slice) -> Trial | list[Trial]:
        found = self._shots[index]
        return self._trial(found) if isinstance(found, int) else [self._trial(packed) for packed in found]

    def kinds(self, numbers: range) -> Counter[str]:
        """Return how many of some of them are of each kind of fault."""
        told = Counter[str]()
        for of, there in Counter(packed >> 33 for packed in self._shots[numbers.start :: numbers.step]).items():
            told[KINDS[of % len(KINDS)]] += there
        return told

    def _trial(self, packed: int) -> Trial:
        at, shot = _unpacked(packed)
        return Trial(self._workload, self._seed, (shot,), self._courses[at].upset)


def _packed(course: int, shot: Shot) -> int:
    return ((course * len(KINDS) + KINDS.index(shot.kind)) << 33) + (shot.number << 1) + shot.after


def _unpacked(packed: int) -> tuple[int, Shot]:
    course, kind = divmod(packed >> 33, len(KINDS))
    return course, Shot(KINDS[kind], packed >> 1 & 0xFFFF_FFFF, bool(packed & 1))


@frozen
class Wrong:
    """What must not be of a run without a fault.

    Attributes:
        broken: one sentence; empty: nothing.
        at: behind which access of the chip's log it is so; None: nobody knows.
    """

    broken: str = ""
    at: int | None = None


def wrong(golden: Ran, site: Site) -> Wrong:
    """Return what must not be of a run without a fault."""
    if broken := judge(golden, site, None).broken:
        return Wrong(broken, broke_at(site.sim, broken))
    found = next(_touched(golden, site), None) or next(_otherwise(golden, site), None)
    return found or Wrong(next(raised(golden, site, None), ""))


def broke_at(sim: LoggedChip | None, broken: str) -> int | None:
    """Return behind which access the rule was broken that a sentence tells of, at first; None: it tells of none."""
    rules = () if sim is None else zip(sim.violations, sim.broke, strict=True)
    return next((at for rule, at in rules if f"safety: {rule}" == broken), None)


def _touched(golden: Ran, site: Site) -> Iterator[Wrong]:
    """Yield what a recovery wrote to blocks that nothing had happened to, or that were up again."""
    if site.sim is None or not golden.disturbed:
        return
    known = borne(site)
    down = dict.fromkeys(golden.fell, golden.first) | golden.down
    for at, access in enumerate(site.sim.accesses(golden.first, golden.resumed), golden.first):
        if not access.write or access.address in known:
            continue
        if at < down.get(access.block, golden.resumed) or any(
            one.at(at) for one in golden.well if one.block == access.block
        ):
            yield Wrong(f"safety: {access.block} was in service, and was written: {access}", at + 1)


def _otherwise(golden: Ran, site: Site) -> Iterator[Wrong]:
    """Yield the registers that end otherwise than before anything happened, in what they keep of what software wrote.

    There are none where nobody knows what they held before: of a bring-up, and of a target.
    """
    for block, held in golden.before.items():
        assert site.sim is not None, "no simulated chip"
        bank = site.sim.model(block).registers.fabric.bank
        volatile = site.chip.volatile.get(site.chip.instances[block].type, dict[str, int]())
        for path, seen in golden.registers[block].items():
            before = held[path] if path in held else site.at_reset(block, path)
            if not (differs := (seen ^ before) & ~volatile.get(path, 0)):
                continue
            register = bank.at(path)[0].store.register
            fields = [one for one in register.fields if kept(one) and not one.hw.writable]
            if differs & sum(((1 << one.width) - 1) << one.lsb for one in fields):
                said = f"liveness: {block}.{path} ends as {seen:#x}; before it was {before:#x}"
                yield Wrong(said, _last_written(golden, site, block, path))


def _last_written(golden: Ran, site: Site, block: str, path: str) -> int | None:
    """Return behind which access a register was written last; None: it never was."""
    assert site.sim is not None, "no simulated chip"
    accesses = site.sim.accesses(golden.first, golden.resumed)
    for at in range(len(accesses), 0, -1):
        access = accesses[at - 1]
        if access.write and access.block == block:
            if path in {place.path.removeprefix(f"{block}.") for place in decode(site.chip.image.root, access.address)}:
                return golden.first + at
    return None
