"""One trial of a campaign: what the chip does, and what goes wrong meanwhile; as a value, and as a text."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import frozen

from transports.faulty.kinds import OF_INTERRUPTS, Shot, ShotError


class Workload(StrEnum):
    """What goes on when a fault strikes.

    BRINGUP: the chip is brought up. SERVICE: it is in service, with traffic. RECOVERY: a block that was upset is
    brought back. STOP: the runtime is told to leave the chip running, and go.
    """

    BRINGUP = "bring-up"
    SERVICE = "in-service"
    RECOVERY = "recovery"
    STOP = "stop"


NO_FAULT = "no-fault"  # the kind of a trial in which nothing is struck
COMES_BACK = "comes-back"  # of one in which a block loses its state again and again


class CampaignError(ValueError):
    """What was asked for is no campaign."""


_ID = re.compile(r"(?P<workload>[a-z-]+)(?:/(?P<upset>[^:]+))?:(?P<seed>\d+):(?P<shots>.*)")
_AGAIN = re.compile(r".+\*[1-9]\d*")


@frozen
class Trial:
    """Some faults in one run: `bring-up:0:reset@400+` is a reset after access 400 of the bring-up with seed 0.

    `recovery/pll[2].lock_lost:0:reset@4+` is one after access 4 from when pll[2] lost its lock. Of
    `recovery/pll[2].lock_lost:0:` and `in-service:0:` nothing is struck: they are the runs without a fault. So it is of
    `recovery/pll[2].local_reset*9:0:`, where pll[2] loses its state nine times more, as it climbs.

    Attributes:
        shots: in their order; each counts from the last reset of the controller on.
        upset: of a recovery: what happens to which block, `BLOCK.local_reset` or `BLOCK.UPSET`.
    """

    workload: Workload
    seed: int
    shots: tuple[Shot, ...]
    upset: str = ""

    def __str__(self) -> str:
        of = f"/{self.upset}" if self.upset else ""
        return f"{self.workload}{of}:{self.seed}:{','.join(map(str, self.shots))}"

    @property
    def comes_back(self) -> bool:
        """Whether what a block is upset by comes back."""
        return bool(_AGAIN.fullmatch(self.upset))

    @classmethod
    def parse(cls, text: str) -> Trial:
        """Take such a text.

        Raises:
            CampaignError: it is none.
        """
        found = _ID.fullmatch(text)
        if found is None or found["workload"] not in set(Workload):
            raise CampaignError(
                f"replay {text!r}: expected WORKLOAD:SEED:[SHOT,...] as a failure says, and of workloads "
                f"{', '.join(Workload)}"
            )
        if bool(found["upset"]) is not (found["workload"] == Workload.RECOVERY):
            raise CampaignError(
                f"replay {text!r}: expected what a block is upset by, recovery/BLOCK.UPSET, and there alone"
            )
        again = bool(_AGAIN.fullmatch(found["upset"] or ""))
        if again and found["shots"]:
            raise CampaignError(f"replay {text!r}: {found['upset']} comes back by itself; expected no fault beside it")
        try:
            shots = tuple(Shot.parse(shot) for shot in found["shots"].split(",")) if found["shots"] else ()
        except ShotError as problem:
            raise CampaignError(f"replay {text!r}: {problem}") from problem
        return cls(Workload(found["workload"]), int(found["seed"]), shots, found["upset"] or "")


def see_heard(trial: Trial) -> None:
    """See that somebody waits for the interrupts that are lost, or come for no reason.

    Raises:
        CampaignError: nobody does, in a bring-up.
    """
    of = next((shot for shot in trial.shots if shot.kind in OF_INTERRUPTS), None)
    if of is not None and trial.workload is Workload.BRINGUP:
        raise CampaignError(f"{of}: nobody waits for interrupts in a bring-up")
