"""What is out at the device, and what is told of it when it is back."""

from __future__ import annotations

import anyio
from attrs import define, field

from transports.base import Transport
from transports.batch import Batch, Results
from transports.bus.carry import Outcome
from transports.bus.hang import Diagnosis
from transports.bus.queue import Asked
from transports.errors import TransportError


@define
class Record:
    """One batch that left for the device, and what came of it; the trace is made of these.

    Attributes:
        sequence: counts from 0, without gaps.
        owner: who submitted it, as it named itself.
        start_s: when it left, on the clock of the event loop; `end_s` when its results were there. Batches of one
            flight share both.
    """

    sequence: int
    owner: str
    batch: Batch
    results: Results
    start_s: float
    end_s: float


@define(eq=False)
class Flight:
    """What is out: how to stop it, and what it brought.

    Attributes:
        wanted: how many of its followers still wait for it.
        deadline_s: the shortest of its batches'.
        came: what each batch brought, as it came; `outcome` as it is believed.
        unsure: nobody has looked yet whether it is to be believed.
        stopped: what those that brought nothing get.
        suspect: a diagnosis to be completed when it has been stopped.
        over: set when it is back; made by whoever waits for that.
    """

    transport: Transport
    crew: list[Asked]
    start_s: float
    scope: anyio.CancelScope
    wanted: int
    deadline_s: float = field(init=False)
    came: Outcome = field(init=False)
    outcome: Outcome = field(init=False)
    unsure: bool = True
    stopped: TransportError | None = None
    suspect: Diagnosis | None = None
    over: anyio.Event | None = None

    def __attrs_post_init__(self) -> None:
        if len(self.crew) == 1:
            self.deadline_s = self.crew[0].deadline_s
        else:
            self.deadline_s = min([asked.deadline_s for asked in self.crew])
        self.came = [None] * len(self.crew)
        self.outcome = self.came

    def stop(self, error: TransportError) -> None:
        """Cancel it at its next wait; the first reason stands."""
        if self.stopped is None:
            self.stopped = error
            self.scope.cancel()
