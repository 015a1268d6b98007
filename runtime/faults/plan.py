"""What a campaign is: a chip, what it does meanwhile, which faults, at which points; as a value, and in shards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from attrs import evolve, frozen

from runtime.faults.sources import digest_of
from runtime.faults.strike import OF_HEAP
from runtime.faults.trial import CampaignError, Workload
from transports.faulty import DOWN_S
from transports.faulty.kinds import Kind

if TYPE_CHECKING:
    from blocks.chip import Chip

FAULTS_MAX = 9  # of one schedule under trio
DOWN_S_MAX = 10.0  # of a link: a trial ends within a minute

SCHEDULES_MAX = 1_000_000  # that are drawn; they are all in memory
STRIKES_MAX = 100  # faults of one of these
SHARDS_MAX = 10_000  # each goes through the run without a fault to come to its points

SHARDS = 32  # of what takes minutes, where results are kept, and of another engine
LONG_S = 20.0  # of a budget that is split among the processes: each goes through the runs without a fault
MANY = 100  # blocks of a chip whose campaigns take minutes
_SEEDED = re.compile(r"seeded:([1-9]\d*)(?:x([1-9]\d*))?")


class Mode(StrEnum):
    """How the points of a campaign are chosen.

    EXHAUSTIVE: before and after every access of the run without a fault. NTH: at the first access of each block, at the
    second, and so on until a climb completes without a fault; of the whole device at a sample. DOUBLE: the controller
    is reset, and at every access of the recovery reset again. SEEDED: schedules drawn at random.
    """

    EXHAUSTIVE = "exhaustive"
    NTH = "nth"
    DOUBLE = "double"
    SEEDED = "seeded"


@frozen
class Points:
    """Which points.

    Attributes:
        drawn: so many schedules, of `faults` faults each; of SEEDED alone.
        only: accesses of blocks that this pattern names.
    """

    mode: Mode = Mode.EXHAUSTIVE
    drawn: int = 0
    faults: int = 1
    only: str = "*"

    def __str__(self) -> str:
        if self.mode is not Mode.SEEDED:
            return str(self.mode)
        return f"seeded:{self.drawn}" + (f"x{self.faults}" if self.faults > 1 else "")

    @classmethod
    def parse(cls, text: str, only: str = "*") -> Points:
        """Take `exhaustive`, `nth`, `double`, `seeded:N`, or `seeded:NxK`.

        Raises:
            CampaignError: it is none of these, or so many that no campaign comes to their end.
        """
        if text in (Mode.EXHAUSTIVE, Mode.NTH, Mode.DOUBLE):
            return cls(Mode(text), only=only)
        found = _SEEDED.fullmatch(text)
        if found is None:
            raise CampaignError(f"points {text!r}: expected exhaustive, nth, double, seeded:N, or seeded:NxK")
        for digits, most, what in (
            (found[1], SCHEDULES_MAX, "schedules"),
            (found[2] or "", STRIKES_MAX, "faults in one"),
        ):
            if len(digits) > len(str(most)) or int(digits or 0) > most:
                raise CampaignError(f"points {text!r}: expected {most:,} {what} at most")
        return cls(Mode.SEEDED, int(found[1]), int(found[2] or 1), only)


def kinds_of(text: str, known: Iterable[Kind] = OF_HEAP) -> tuple[Kind, ...]:
    """Take `all`, or kinds of fault with commas between them.

    Args:
        known: those that can be had here.

    Raises:
        CampaignError: there is no such kind, or not here.
    """
    known = tuple(known)
    if text == "all":
        return known
    names = dict.fromkeys(text.split(","))
    for name in names:
        if name not in known:
            where = "does not strike in this workload" if name in set(Kind) else "is no kind of fault"
            raise CampaignError(f"{name!r} {where}; expected all, or of {', '.join(known)}")
    return tuple(map(Kind, names))


def behind(chip: Chip) -> str:
    """Return why a bring-up of a chip takes an event loop: the block that stands behind another; empty: none does."""
    return next((f"{one.name} stands behind {one.behind}" for one in chip.instances.values() if one.behind), "")


def check_down(down_s: float, kinds: Iterable[Kind]) -> None:
    """See that a link can be down for so long, and that it goes down where somebody said for how long.

    Raises:
        CampaignError: it cannot, or does not.
    """
    if not 0 < down_s <= DOWN_S_MAX:
        raise CampaignError(f"link down for {down_s:g} s: expected more than 0, and {DOWN_S_MAX:g} s at most")
    if down_s != DOWN_S and Kind.DOWN not in kinds:
        raise CampaignError(f"link down for {down_s:g} s: expected {Kind.DOWN} among the faults")


@frozen
class Plan:
    """A campaign.

    Attributes:
        load: gives the chip; a function of a module, or a partial of one, so that another process can have it.
        chip: what the chip is called, on the command line as well.
        url: a target instead of a simulation of our own; empty: none.
        trio: a bring-up on `sim:` takes the runtime of production as well: see `behind`.
        budget_s: of CPU time, after which no further trial under trio is begun; 0: all are.
        whole: the whole chip recovers each time; default: parts of it, and of the whole where a part is in doubt.
        agree: so many trials of a bring-up on the heap are run under trio as well; None: a share that is drawn.
        part: only every so manieth trial, of how many: see `shards`.
        down_s: so long a link is down.
        digest: of all sources that decide what a trial comes to; empty: not asked for yet.
    """

    load: Callable[[], Chip]
    chip: str
    workload: Workload = Workload.BRINGUP
    seed: int = 0
    kinds: tuple[Kind, ...] = (Kind.RESET,)
    points: Points = Points()
    url: str = ""
    trio: bool = False
    budget_s: float = 0.0
    whole: bool = False
    agree: int | None = None
    part: tuple[int, int] = (0, 1)
    digest: str = ""
    down_s: float = DOWN_S

    def __attrs_post_init__(self) -> None:
        check_down(self.down_s, self.kinds)
        if self.points.mode is Mode.DOUBLE and set(self.kinds) != {Kind.RESET}:
            raise CampaignError(f"points double of {', '.join(self.kinds)}: expected reset alone, which is done twice")
        if not self.live:
            if self.budget_s:
                raise CampaignError("a budget of a bring-up on sim: expected none; it is for trials under trio")
            return
        if self.points.faults > FAULTS_MAX:
            raise CampaignError(f"points {self.points} under trio: expected {FAULTS_MAX} faults in a schedule at most")
        where = self.url or str(self.workload)
        if self.points.mode is Mode.DOUBLE:
            raise CampaignError(
                f"points double of {where} under trio: expected exhaustive, nth, seeded:N, or seeded:NxK;"
                " only a bring-up on the heap has double"
            )
        if self.agree is not None:
            raise CampaignError(f"agree, of {where}: expected nothing; all of it is run under trio")
        if self.whole:
            raise CampaignError(f"whole, of {where}: expected nothing; its chip is always whole")

    @property
    def live(self) -> bool:
        """It takes the runtime of production, under trio."""
        return self.trio or bool(self.url) or self.workload is not Workload.BRINGUP

    def pieces(self, jobs: int) -> int:
        """Return in how many shards it runs where nobody says: in one where it takes seconds, or has one target.

        Args:
            jobs: processes that there are.
        """
        if self.url or jobs == 1 or self.points.mode is Mode.SEEDED:
            return 1
        if self.live:
            return SHARDS if not self.budget_s else jobs if self.budget_s >= LONG_S else 1
        long = self.points.mode is Mode.DOUBLE or set(self.kinds) != {Kind.RESET}
        return SHARDS if long and len(self.load().instances) >= MANY else 1

    def shards(self, number: int) -> list[Self]:
        """Return the campaign in so many shards, which together are all of it.

        Raises:
            CampaignError: they are more than SHARDS_MAX.
        """
        if number > SHARDS_MAX:
            raise CampaignError(f"{number:,} shards: expected {SHARDS_MAX:,} at most")
        digest = self.digest or digest_of(self.chip)
        budget_s = self.budget_s / number
        return [evolve(self, part=(index, number), digest=digest, budget_s=budget_s) for index in range(number)]

    @property
    def key(self) -> str:
        """What results are filed under: the same for the same trials with the same sources."""
        what = (
            f"{self.chip} {self.workload} seed {self.seed} {','.join(self.kinds)} {self.points} of {self.points.only}"
        )
        index, number = self.part
        where = f" on {self.url}" if self.url else ""
        where += f" in {self.budget_s:g} s" if self.budget_s else ""
        where += "" if self.agree is None else f" agree {self.agree}"
        where += f" link down for {self.down_s!r} s" if self.down_s != DOWN_S else ""
        return f"{what}{where}{' whole' if self.whole else ''} {index}/{number} {self.digest}"
