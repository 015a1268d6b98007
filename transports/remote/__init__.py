"""A device at the other end of a socket: `unix:/run/chip.sock`, `tcp:lab7:9000`, with `?take_over=1` and `?name=...`.

The other end is `transports/serve`, which gives the device to one controller at a time. When the connection vanishes:

    it had left whole, and holds an access      Indeterminate: it may have landed; a read too may change the device
    some of it had not left, or it only waits   Unavailable: nothing happened
    it is asked for after that                  Unavailable, and nothing leaves

"Left" is what the system has taken of it: of a batch that lacks a byte the other end does nothing. Each `Unavailable`
is `over`: a retry is safe over a new connection. `DeviceLost` is for what a new connection does not mend: the server
said that it is over (its device is gone, another controller has it), or what is there is no server of ours; and for
whoever asks after `aclose`.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile
from urllib.parse import parse_qsl

import anyio
from anyio.lowlevel import checkpoint
from attrs import evolve

from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.errors import Denied, TransportError, Unavailable
from transports.open import Target, TargetError
from transports.powers import endowed
from transports.remote.talk import ANSWER_S, Talk
from transports.wire import NAME_MAX, Link, Unfit
from transports.wire.address import Address, address_of, connect
from transports.wire.messages import Ask, Done, Hello, Judged, Look, Ping, Ran, RanAll, Reset, Run, RunAll, Welcome
from transports.wire.operations import burst_bytes_of, refusal

__all__ = ["RemoteTransport", "connect_to", "open_tcp", "open_unix"]

HELLO_S = 10.0  # a server answers in a millisecond, or when what its last controller had out has come to its end
ROUND_TRIP_S = 150e-6  # of a batch of one over a Unix socket, both ends under trio, on two cores
PART_OPERATIONS = 400  # of a frame with many batches: its answer is looked at while the server does the next frame
PARTS_MAX = 4  # on the way at once: each has its own answer, and others have room beside them
ACCESS_S = 4e-6  # to pack, check and unpack an operation at both ends


class RemoteTransport:
    """The device, as its server lets us have it; has the optional powers of the transport that is served.

    Attributes:
        epoch: counts the controllers that the device has had; ours is the one that may use it.
        device_name: what its server says that it is; empty where the server does not know.
    """

    def __init__(self, talk: Talk, welcome: Welcome) -> None:
        self._talk = talk
        self.epoch = welcome.epoch
        self.device_name = welcome.device
        there = welcome.capabilities
        self._capabilities = evolve(
            there,
            notifier="notifier" in welcome.powers,
            real_time=True,
            access_s=there.access_s + ACCESS_S,
            round_trip_s=there.round_trip_s + ROUND_TRIP_S,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Those of the transport that is served, in real time, and a round trip further away."""
        return self._capabilities

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails; see `Transport`. Several may be on the way at once.

        Cancelled, it may have performed any number of the operations; none is performed after the next batch's first.
        What it fails with when the connection vanishes: see the module.
        """
        if refused := refusal(batch):
            await checkpoint()
            return Results((), refused)
        try:
            answer = await self._talk.ask(lambda number: Run(number, batch))
        except Unfit as problem:
            await checkpoint()
            return Results((), Denied(f"this batch cannot be carried: {problem}"))
        return answer.results if isinstance(answer, Ran) else Results((), _error(answer))

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        """Run batches one after the other in one frame, or as few as hold them; see `Gathering`."""
        if not batches:
            await checkpoint()
        outcome: list[Results] = []
        parts = list(_parts(batches))
        while parts:
            together = list(takewhile(lambda part: len(part) > 1, parts[:PARTS_MAX]))
            outcome += await self._together(together) if together else await self._alone(parts[0])
            parts = list(_parts(batches[len(outcome) :]))
        return outcome

    async def _alone(self, batches: Sequence[Batch]) -> list[Results]:
        return [await self.execute(batch) for batch in batches]

    async def _together(self, parts: Sequence[Sequence[Batch]]) -> list[Results]:
        """Run parts in a frame each, one behind the other; if the first fits none, each of its batches in its own."""
        answers = await self._talk.ask_all([partial(_run_all, part) for part in parts])
        if not answers:
            return await self._alone(parts[0])
        outcome: list[Results] = []
        for part, answer in zip(parts, answers, strict=False):
            lost = None if isinstance(answer, RanAll) else _error(answer)
            outcome += answer.results if isinstance(answer, RanAll) else [Results((), lost) for _ in part]
        return outcome

    async def ping(self) -> None:
        """Return when the server has answered, whatever else was asked of it; see `Pinging`.

        Raises:
            TransportError: the connection is over.
        """
        answer = await self._talk.ask(Ping, at_once=True)
        if isinstance(answer, TransportError):
            raise answer

    async def aclose(self) -> None:
        """Hang up; the device is free for the next controller. Idempotent."""
        self._talk.close()
        await checkpoint()


def _run_all(batches: Sequence[Batch], number: int) -> RunAll:
    return RunAll(number, tuple(batches))


def _parts(batches: Sequence[Batch]) -> Iterator[Sequence[Batch]]:
    """Yield the batches that go in one frame, as many as are worth it and the limits let.

    One that no frame carries is by itself.
    """
    begin = operations = burst_bytes = 0
    for number, batch in enumerate(batches):
        if number > begin and (operations >= PART_OPERATIONS or refusal(batch, operations, burst_bytes)):
            yield batches[begin:number]
            begin, operations, burst_bytes = number, 0, 0
        operations += len(batch)
        burst_bytes += burst_bytes_of(batch)
    if batches:
        yield batches[begin:]


def _error(answer: object) -> TransportError:
    assert isinstance(answer, TransportError)
    return answer


class _Notifying(RemoteTransport):
    async def wait(self) -> frozenset[int]:
        """Wait until at least one line rose since the last call; see `Notifier`.

        After a connection every line that ever rose counts as risen.

        Raises:
            DeviceLost: no line will rise any more.
        """
        return await self._talk.rose()


class _Resetting(RemoteTransport):
    async def reset(self) -> None:
        """Reset the device as the transport that is served does.

        Raises:
            TransportError: it failed, or the connection did: `Indeterminate` when the request had left.
        """
        answer = await self._talk.ask(Reset)
        problem = answer.error if isinstance(answer, Done) else _error(answer)
        if problem is not None:
            raise problem


class _Judging(RemoteTransport):
    async def judge(self) -> Judgement:
        """Return what the simulation at the other end knows by now.

        Raises:
            Unavailable: the connection vanished.
            DeviceLost: the device is not ours any more.
        """
        answer = await self._talk.ask(Ask)
        if isinstance(answer, Judged):
            return answer.judgement.moved(anyio.current_time())
        raise _error(answer)


_MIXINS = {"notifier": _Notifying, "resettable": _Resetting, "judge": _Judging}


async def connect_to(
    address: Address,
    *,
    take_over: bool = False,
    look: bool = False,
    name: str = "",
    within_s: float = HELLO_S,
    answer_s: float = ANSWER_S,
) -> RemoteTransport:
    """Connect to a server and get the device.

    Args:
        take_over: take it from whoever holds it.
        look: only look at it, whoever holds it: what is no read is Denied, and there are no optional powers.
        name: of this controller, for whoever is refused because of it; default: user, process and host.
        within_s: bound on being let in.
        answer_s: bound on a server's silence while anything but a ping is out; a clock that jumps must be held then.

    Raises:
        Unavailable: no server is there, it leaves before it lets us in, or it does not let us in in time.
        Denied: another controller holds the device; the message names it.
        DeviceLost: the server's own device is gone, or what answers is no server of ours.
    """
    with anyio.move_on_after(within_s):
        try:
            sock = await connect(address)
        except OSError as problem:
            raise Unavailable(f"no server at {address}: {problem.strerror or problem}", over=True) from problem
        talk = Talk(Link(sock), str(address), answer_s=answer_s)
        try:
            called = name or own_name()
            welcome = await talk.begin(Look(called) if look else Hello(called, take_over))
        except BaseException:
            talk.close()
            raise
        return endowed(RemoteTransport, _MIXINS, welcome.powers)(talk, welcome)
    raise Unavailable(f"{address} does not let us in within {within_s:g} s", over=True)


def own_name() -> str:
    """Return how this process calls itself to others."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        user = f"user {os.getuid()}"
    name = f"{user}, process {os.getpid()} on {socket.gethostname()}"
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:NAME_MAX]


async def open_unix(target: Target) -> RemoteTransport:
    """Connect to a served device, `unix:PATH`, with `?take_over=1` where another controller may hold it.

    Raises:
        TargetError: the URL is not of this form.
        TransportError: as `connect_to`.
    """
    return await _open(target)


async def open_tcp(target: Target) -> RemoteTransport:
    """Connect to a served device, `tcp:HOST:PORT`, with `?take_over=1` where another controller may hold it.

    Raises:
        TargetError: the URL is not of this form.
        TransportError: as `connect_to`.
    """
    return await _open(target)


async def _open(target: Target) -> RemoteTransport:
    place, _, query = target.rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    name = options.get("name", "")
    if set(options) - {"take_over", "name"} or options.get("take_over", "0") not in ("0", "1"):
        raise TargetError(f"{target.url!r}: the options are ?take_over=1 and ?name=NAME")
    if not name.isprintable() or len(name) > NAME_MAX:
        raise TargetError(f"{target.url!r}: the name is one line of at most {NAME_MAX} characters")
    address = address_of(target.scheme, place, target.url)
    return await connect_to(address, take_over=options.get("take_over") == "1", look=target.look, name=name)
