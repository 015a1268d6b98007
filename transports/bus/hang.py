"""A batch is out for too long: is it the device, the link, or we ourselves? Each is asked, and the answers are kept.

Time alone ends nothing here: it is a reason to ask. An event loop that was late is our own fault, so the batch is given
its time again. A link that does not answer a ping is at fault itself. If it answers, or cannot be asked, the batch is
stopped and the identity register is read: silence or all ones, and the device is lost; anything else, and one of its
blocks does not answer.
"""

from __future__ import annotations

from enum import Enum

import anyio
from attrs import evolve, frozen

from transports.base import Pinging, Transport
from transports.batch import Batch, Delay, Fence, Poll, Read, Results, ones
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable, ended

LATE_S = 0.05  # an event loop this late was busy or asleep: ten times what a loaded machine does to it
PING_S = 1.0  # a link answers within milliseconds, or does not
IDENTITY_S = 1.0  # so does a device; this is the time of its whole way


class Culprit(Enum):
    """Who is at fault, as far as it can be told."""

    DEVICE = "the device"
    LINK = "the link"
    US = "this process"
    UNKNOWN = "nobody can tell who"


class Heard(Enum):
    """What came of asking."""

    NOT_ASKED = "was not asked"
    SILENT = "did not answer"
    ANSWERED = "answered"


@frozen(kw_only=True)
class Diagnosis:
    """What was found out about a batch that was out for too long.

    Attributes:
        out_s: how long it was out when somebody asked; `deadline_s` how long it was given.
        late_s: how much later than wanted the event loop let us ask.
        link: what the link said to a ping.
        device: what the device said when its identity register was read, after the batch was stopped.
        identity: what that register held, where it could be read.
        lost: the device is gone: the link can be heard and the device cannot, or says nothing but ones.
    """

    culprit: Culprit
    out_s: float
    deadline_s: float
    late_s: float
    link: Heard = Heard.NOT_ASKED
    device: Heard = Heard.NOT_ASKED
    identity: int | None = None
    lost: bool = False

    def __str__(self) -> str:
        held = "" if self.identity is None else f" (its identity reads {self.identity:#x})"
        return (
            f"no answer for {self.out_s:.3g} s, and {self.deadline_s:.3g} s were given; the link {self.link.value}, "
            f"the device {self.device.value}{held}, our event loop was {self.late_s:.3g} s late: {self.culprit.value} "
            "is at fault"
        )

    def error(self, batch: Batch) -> TransportError:
        """Return what may be concluded of a batch that was out."""
        if self.lost:
            return DeviceLost(str(self))
        if any(not isinstance(op, (Delay, Fence)) for op in batch):
            return Indeterminate(f"{self}; this may have been done")
        return Unavailable(f"{self}; this does nothing to the device")


def own_waits_s(batch: Batch) -> float:
    """Return how long a batch may wait at the device by itself."""
    return sum(op.timeout_s if isinstance(op, Poll) else op.seconds for op in batch if isinstance(op, (Poll, Delay)))


async def ping(transport: Transport) -> tuple[Heard, float]:
    """Ask the link; return what it said, and how much later than wanted our event loop gave up on it."""
    if not isinstance(transport, Pinging):
        return Heard.NOT_ASKED, 0.0
    until_s = anyio.current_time() + PING_S
    with anyio.CancelScope(deadline=until_s):
        try:
            await transport.ping()
        except TransportError:
            return Heard.SILENT, 0.0
        return Heard.ANSWERED, 0.0
    return Heard.SILENT, max(0.0, anyio.current_time() - until_s)


async def ask_device(so_far: Diagnosis, transport: Transport, identity: Read | None) -> Diagnosis:
    """Return a diagnosis with what the device itself says, once nothing else is out that it would have to do first."""
    if so_far.link is Heard.SILENT:
        return evolve(so_far, culprit=Culprit.LINK)
    there_is_a_link = so_far.link is Heard.ANSWERED
    suspect = Culprit.DEVICE if there_is_a_link else Culprit.UNKNOWN
    if identity is None:
        return evolve(so_far, culprit=suspect)
    came: Results | None = None
    with anyio.move_on_after(IDENTITY_S):
        came = await transport.execute(Batch((identity,)))
    if came is None:
        return evolve(so_far, culprit=suspect, device=Heard.SILENT, lost=there_is_a_link)
    if came.error is None:
        word = came.word(0)
        lost = word == ones(identity.width)
        return evolve(so_far, culprit=Culprit.DEVICE, device=Heard.ANSWERED, identity=word, lost=lost)
    if isinstance(came.error, DeviceLost):
        return evolve(so_far, culprit=Culprit.DEVICE, device=Heard.SILENT, lost=True)
    if ended(came.error):
        return evolve(so_far, culprit=Culprit.LINK, device=Heard.SILENT)
    return evolve(so_far, culprit=Culprit.DEVICE, device=Heard.ANSWERED)
