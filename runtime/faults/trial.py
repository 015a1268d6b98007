"""One trial of a campaign: what the chip does, and what goes wrong meanwhile; as a value, and as a text."""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import frozen

from transports.faulty.kinds import Shot, ShotError


class Workload(StrEnum):
    """What goes on when a fault strikes.

    BRINGUP: the chip is brought up. SERVICE: it is in service, with traffic. RECOVERY: a block that lost its state is
    brought back. STOP: the runtime is told to leave the chip running, and go.
    """

    BRINGUP = "bring-up"
    SERVICE = "in-service"
    RECOVERY = "recovery"
    STOP = "stop"


class CampaignError(ValueError):
    """What was asked for is no campaign."""


_ID = re.compile(r"(?P<workload>[a-z-]+):(?P<seed>\d+):(?P<shots>.+)")


@frozen
class Trial:
    """Some faults in one run: `bring-up:0:reset@400+` is a reset after access 400 of the bring-up with seed 0.

    Attributes:
        shots: in their order; each counts from the last reset of the controller on.
    """

    workload: Workload
    seed: int
    shots: tuple[Shot, ...]

    def __str__(self) -> str:
        return f"{self.workload}:{self.seed}:{','.join(map(str, self.shots))}"

    @classmethod
    def parse(cls, text: str) -> Trial:
        """Take such a text.

        Raises:
            CampaignError: it is none.
        """
        found = _ID.fullmatch(text)
        if found is None or found["workload"] not in set(Workload):
            raise CampaignError(
                f"replay {text!r}: expected WORKLOAD:SEED:SHOT[,SHOT...] as a failure says, and of workloads "
                f"{', '.join(Workload)}"
            )
        try:
            shots = tuple(Shot.parse(shot) for shot in found["shots"].split(","))
        except ShotError as problem:
            raise CampaignError(f"replay {text!r}: {problem}") from problem
        return cls(Workload(found["workload"]), int(found["seed"]), shots)
