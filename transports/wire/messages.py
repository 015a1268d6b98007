"""What is said over the wire. A controller says Hello, then Run, RunAll, Reset, Ask, Ping and Cancel; a server answers.

controller                    server
Hello, or Look           ->   Welcome, or End with the reason
Run, RunAll, Reset, Ask  ->   Ran, RanAll, Done, Judged, with the number of what it answers, in the order asked
Ping                     ->   Pong, at once, whatever else was asked before and is not done
Cancel                   ->   (what is cancelled is answered as well)
                         <-   Rose, whenever interrupt lines rise
any                      <-   End, the last frame: why this connection is over
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import frozen

from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.errors import TransportError
from transports.powers import POWERS
from transports.wire.errors import WireError
from transports.wire.frame import pack_item, pack_list
from transports.wire.operations import (
    decode_batch,
    decode_batches,
    decode_results,
    decode_results_of,
    encode_batch,
    encode_results,
    pack_batch,
)
from transports.wire.plain import (
    decode_capabilities,
    decode_judgement,
    encode_capabilities,
    encode_judgement,
    error_from,
    flag,
    items_of,
    lines,
    number,
    record,
    text,
)

PROTOCOL = "firstlight"  # the first word of the first frame, so that another program's is told from an older one's
VERSION = 5
NAME_MAX = 200  # characters of a controller's name: one line in the other one's refusal


@frozen
class Hello:
    """A controller's first word.

    Attributes:
        name: who asks, for whoever is refused because of it.
        take_over: the device is wanted even if another controller holds it.
    """

    name: str
    take_over: bool = False
    version: int = VERSION


@frozen
class Look:
    """The first word of one that only looks at the device, whoever holds it."""

    name: str
    version: int = VERSION


@frozen
class Welcome:
    """The device is the controller's, from now on; or it may be looked at.

    Attributes:
        powers: the optional powers that the transport behind has, by name.
        epoch: counts the controllers that held the device.
        device: what the device is, in words; empty where the server does not know.
    """

    epoch: int
    capabilities: Capabilities
    powers: frozenset[str] = frozenset()
    device: str = ""
    version: int = VERSION


@frozen
class Run:
    """Execute a batch."""

    number: int
    batch: Batch


@frozen
class RunAll:
    """Execute batches, one after the other; the failure of one is no other's."""

    number: int
    batches: tuple[Batch, ...]


@frozen
class Ping:
    """Say that this connection carries something."""

    number: int


@frozen
class Reset:
    """Reset the device."""

    number: int


@frozen
class Ask:
    """Judge."""

    number: int


@frozen
class Cancel:
    """Go no further with what was asked under this number."""

    number: int


@frozen
class Ran:
    """What a batch brought back."""

    number: int
    results: Results


@frozen
class RanAll:
    """What batches brought back, in their order."""

    number: int
    results: tuple[Results, ...]


@frozen
class Pong:
    """It does."""

    number: int


@frozen
class Done:
    """A reset is over; `error` is why it failed."""

    number: int
    error: TransportError | None = None


@frozen
class Judged:
    """A judgement."""

    number: int
    judgement: Judgement


@frozen
class Rose:
    """Interrupt lines rose: a hint to look."""

    lines: frozenset[int]


@frozen
class End:
    """The last frame: why nothing more follows."""

    error: TransportError


Message: TypeAlias = (
    Hello
    | Look
    | Welcome
    | Run
    | RunAll
    | Reset
    | Ask
    | Ping
    | Cancel
    | Ran
    | RanAll
    | Done
    | Judged
    | Pong
    | Rose
    | End
)
Request: TypeAlias = Run | RunAll | Reset | Ask | Ping | Cancel
Answer: TypeAlias = Ran | RanAll | Done | Judged | Pong

_ENCODE: dict[type[Any], Callable[[Any], list[Any]]] = {
    Hello: lambda m: [PROTOCOL, m.version, m.name, m.take_over],
    Look: lambda m: ["look", m.version, m.name],
    Welcome: lambda m: [
        "welcome",
        m.version,
        m.epoch,
        encode_capabilities(m.capabilities),
        sorted(m.powers),
        m.device,
    ],
    Run: lambda m: ["run", m.number, encode_batch(m.batch)],
    RunAll: lambda m: ["run all", m.number, [encode_batch(batch) for batch in m.batches]],
    Ping: lambda m: ["ping", m.number],
    Reset: lambda m: ["reset", m.number],
    Ask: lambda m: ["judge", m.number],
    Cancel: lambda m: ["cancel", m.number],
    Ran: lambda m: ["ran", m.number, encode_results(m.results)],
    RanAll: lambda m: ["ran all", m.number, [encode_results(results) for results in m.results]],
    Pong: lambda m: ["pong", m.number],
    Done: lambda m: ["done", m.number, None if m.error is None else m.error.to_data()],
    Judged: lambda m: ["judged", m.number, encode_judgement(m.judgement)],
    Rose: lambda m: ["rose", sorted(m.lines)],
    End: lambda m: ["end", m.error.to_data()],
}


def _name(value: Any) -> str:
    name = text(value)
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise WireError(f"the name of a controller is not one line of 1 to {NAME_MAX} characters")
    return name


def _version(value: Any) -> int:
    version = number(value)
    if version != VERSION:
        raise WireError(f"wire version {version} is spoken there, and {VERSION} here")
    return version


def _powers(value: Any) -> frozenset[str]:
    powers = frozenset(text(power) for power in items_of(value, "powers"))
    if unknown := powers - set(POWERS):
        raise WireError(f"unknown powers: {', '.join(sorted(unknown))}")
    return powers


def _error(value: Any) -> TransportError | None:
    return None if value is None else error_from(value)


# By first word: the kind, how many items, and how to decode them.
_Decoder: TypeAlias = Callable[[list[Any]], Message]
_DECODE: dict[str, tuple[type[Any], int, _Decoder]] = {
    PROTOCOL: (Hello, 4, lambda d: Hello(_name(d[2]), flag(d[3]), d[1])),
    "look": (Look, 3, lambda d: Look(_name(d[2]), d[1])),
    "welcome": (
        Welcome,
        6,
        lambda d: Welcome(number(d[2]), decode_capabilities(d[3]), _powers(d[4]), text(d[5]), d[1]),
    ),
    "run": (Run, 3, lambda d: Run(number(d[1]), decode_batch(d[2]))),
    "run all": (RunAll, 3, lambda d: RunAll(number(d[1]), decode_batches(d[2]))),
    "ping": (Ping, 2, lambda d: Ping(number(d[1]))),
    "reset": (Reset, 2, lambda d: Reset(number(d[1]))),
    "judge": (Ask, 2, lambda d: Ask(number(d[1]))),
    "cancel": (Cancel, 2, lambda d: Cancel(number(d[1]))),
    "ran": (Ran, 3, lambda d: Ran(number(d[1]), decode_results(d[2]))),
    "ran all": (RanAll, 3, lambda d: RanAll(number(d[1]), decode_results_of(d[2]))),
    "pong": (Pong, 2, lambda d: Pong(number(d[1]))),
    "done": (Done, 3, lambda d: Done(number(d[1]), _error(d[2]))),
    "judged": (Judged, 3, lambda d: Judged(number(d[1]), decode_judgement(d[2]))),
    "rose": (Rose, 2, lambda d: Rose(lines(d[1]))),
    "end": (End, 2, lambda d: End(error_from(d[1]))),
}
_RUN, _RUN_ALL = pack_item("run"), pack_item("run all")
_VERSIONED = (PROTOCOL, "look", "welcome")


def encode(message: Message) -> list[Any]:
    """Return a message as plain data."""
    return _ENCODE[message.__class__](message)


def packed(message: Message) -> bytes:
    """Return what `encode` does as it stands in a frame.

    Raises:
        Unfit: it holds a number of more than 64 bits.
    """
    match message:
        case Run(number=asked, batch=batch):
            return pack_list((_RUN, pack_item(asked), pack_batch(batch)))
        case RunAll(number=asked, batches=batches):
            return pack_list((_RUN_ALL, pack_item(asked), pack_list([pack_batch(batch) for batch in batches])))
        case _:
            return pack_item(encode(message))


def decode(data: Any, *kinds: type[Message]) -> Message:
    """Return the message that plain data describes, one of the kinds that may come now.

    Raises:
        WireError: it describes none, or one that may not come now.
    """
    items = items_of(data, "a message")
    word = items[0] if items else None
    if not isinstance(word, str) or word not in _DECODE:
        raise WireError(f"a message of unknown kind {str(word)[:40]!r}")
    kind, length, decoder = _DECODE[word]
    if kind not in kinds:
        raise WireError(f"a message {word!r}, which may not come now")
    if word in _VERSIONED and len(items) > 1:  # before its length: another version may have another one
        _version(items[1])
    return decoder(record(items, length, f"a message {word!r}"))
