"""Which faults can strike the runs without one of a campaign under trio: one at each access, or drawn by the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from registers.paths import matching
from runtime.faults.course import Course, InTurn
from runtime.faults.strike import sides
from runtime.faults.trial import CampaignError, Trial, Workload
from transports.faulty.kinds import OF_INTERRUPTS, Kind, Shot

if TYPE_CHECKING:
    from blocks.chip import Chip

FAULTS_MAX = 3  # of one seeded trial


@frozen
class Schedule:
    """The faults of one campaign.

    Attributes:
        where: what it is run on, a URL.
    """

    chip: Chip
    workload: Workload
    seed: int
    kinds: frozenset[Kind]
    where: str

    def each(self, courses: Sequence[Course], only: str) -> InTurn:
        """Return one trial for each kind and point of each run.

        Raises:
            CampaignError: nobody knows whose accesses they are, and only some blocks' are asked for.
        """
        return InTurn(self.workload, self.seed, ((course, self._strikes(course, only)) for course in courses))

    def drawn(self, courses: Sequence[Course], drawn: int, faults: int | None, only: str) -> list[Trial]:
        """Return so many trials, of the runs in turn.

        Args:
            faults: of each; None: 1 to FAULTS_MAX.

        Raises:
            CampaignError: none of the kinds can strike.
        """
        struck = [(course, self._struck_by(course, only)) for course in courses]
        turns = (struck[index % len(struck)] for index in range(drawn))
        return [
            Trial(self.workload, self.seed, tuple(self._shots(index, faults, *turn)), turn[0].upset)
            for index, turn in enumerate(turns)
        ]

    def _strikes(self, course: Course, only: str) -> Iterator[Shot]:
        theirs = self._theirs(course, only)
        for kind in sorted(self.kinds):
            for number in self._numbers(course, kind, theirs):
                if course.can(kind, number):
                    yield from (Shot(kind, number, after) for after in sides(kind))

    def _theirs(self, course: Course, only: str) -> list[int] | None:
        """Return the accesses of the blocks that a pattern names; None: it names all."""
        if only == "*":
            return None
        if not course.log:
            raise CampaignError(f"only {only}: whose accesses they are is known of a simulated chip alone")
        blocks = frozenset(matching(only, self.chip.instances))
        return [number for number, access in enumerate(course.log, 1) if access.block in blocks]

    def _numbers(self, course: Course, kind: Kind, theirs: list[int] | None) -> Sequence[int]:
        """Return which accesses, or rises, a kind of fault strikes; a rise is no block's access.

        In a bring-up nobody waits for interrupts.
        """
        if kind in course.golden.refused or (kind in OF_INTERRUPTS and self.workload is Workload.BRINGUP):
            return ()
        if kind is Kind.LOST:
            return range(1, 1 + course.rises) if theirs is None else ()
        return range(1, 1 + course.golden.count) if theirs is None else theirs

    def _struck_by(self, course: Course, only: str) -> Mapping[Kind, Sequence[int]]:
        """Return the accesses that each kind of fault can strike."""
        theirs = self._theirs(course, only)
        numbers = {kind: found for kind in sorted(self.kinds) if (found := self._numbers(course, kind, theirs))}
        if not numbers:
            what = "service" if self.workload is Workload.SERVICE else self.workload
            raise CampaignError(f"none of {', '.join(sorted(self.kinds))} can strike in {what} on {self.where}")
        return numbers

    def _shots(
        self, index: int, faults: int | None, course: Course, numbers: Mapping[Kind, Sequence[int]]
    ) -> Iterator[Shot]:
        """Draw the faults of one trial; what follows a reset of the controller is counted from there on.

        Each is one that the run without a fault has an access for, and a reset of the controller comes behind the
        others of its life. Of what follows a reset of the device nobody knows.
        """
        draw = random.Random(f"{self.seed}/live/{index}")
        known = {kind: [at for at in found if course.can(kind, at)] for kind, found in numbers.items()}
        able = [kind for kind, found in known.items() if found] or list(numbers)
        kinds: list[Kind] = []
        for _ in range(faults or draw.randint(1, FAULTS_MAX)):
            kinds.append(draw.choice(list(numbers) if Kind.DEVICE in kinds else able))
        most, least = course.alarmed if Kind.LOST in kinds else course.golden.count, 0
        for kind in kinds:
            found = known[kind] or numbers[kind]
            after = least if kind is Kind.RESET else 0
            number = draw.choice([at for at in found if after < at <= most] or found)
            least = 0 if kind is Kind.RESET else least if kind is Kind.LOST else max(least, number)
            yield Shot(kind, number, draw.choice(sides(kind)))
