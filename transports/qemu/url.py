"""What `qemu:` and `qtest:` URLs say: one thing, and behind a question mark options NAME=VALUE, with & between.

Nothing is passed over: what is not understood is refused by name, before anything is started. A value is
percent-decoded, so that a socket's path may hold an ampersand.
"""

from __future__ import annotations

import math
from pathlib import Path
from urllib.parse import unquote

from attrs import frozen

from transports.open import Target, TargetError
from transports.qemu.machines import MACHINES, Machine, machine
from transports.qemu.qtest_socket import ANSWER_S


@frozen
class Running:
    """A QEMU to attach to.

    Attributes:
        qmp: its monitor, where the URL names one.
    """

    machine: Machine
    qtest: Path
    qmp: Path | None
    answer_s: float


def parse_qemu(target: Target) -> tuple[Machine, float]:
    """Return the machine to start, and how long it may be silent: `qemu:MACHINE?answer_s=SECONDS`.

    Raises:
        TargetError: there is no such machine, or an option is not understood.
    """
    name, options = _split(target, {"answer_s"})
    if not name:
        raise TargetError(f"{target.url!r} names no machine; there are: {', '.join(sorted(MACHINES))}")
    return machine(name), _answer_s(target, options)


def parse_qtest(target: Target) -> Running:
    """Return what is to be attached to: `qtest:SOCKET?machine=NAME&qmp=SOCKET&answer_s=SECONDS`.

    Raises:
        TargetError: no socket is named, there is no such machine, or an option is not understood.
    """
    path, options = _split(target, {"machine", "qmp", "answer_s"})
    if not path:
        raise TargetError(f"{target.url!r} names no socket; expected qtest:SOCKET, as in qtest:/run/lab/qtest.sock")
    qmp = Path(options["qmp"]) if "qmp" in options else None
    return Running(machine(options.get("machine", "sifive_u")), Path(path), qmp, _answer_s(target, options))


def _split(target: Target, known: set[str]) -> tuple[str, dict[str, str]]:
    """Return what stands before the question mark, and the options behind it."""
    subject, mark, query = target.rest.partition("?")
    options: dict[str, str] = {}
    for part in query.split("&") if mark else ():
        name, _, value = part.partition("=")
        if not name or not value:
            raise TargetError(f"{target.url!r}: {part!r} is no option; expected NAME=VALUE")
        if name not in known:
            raise TargetError(f"{target.url!r} has no option {name!r}; there are: {', '.join(sorted(known))}")
        if name in options:
            raise TargetError(f"{target.url!r} says {name} twice")
        options[name] = unquote(value)
    return subject, options


def _answer_s(target: Target, options: dict[str, str]) -> float:
    text = options.get("answer_s", str(ANSWER_S))
    try:
        answer_s = float(text)
    except ValueError:
        answer_s = math.nan
    if not 0 < answer_s < math.inf:
        raise TargetError(f"{target.url!r}: answer_s is {text!r}; expected seconds, more than 0")
    return answer_s
