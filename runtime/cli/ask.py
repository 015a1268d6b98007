"""The verb `ask`: a question to a runtime that serves a chip (`firstlight run --socket`), over its socket."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

import attrs

from interrupts.figures import LineFigures
from runtime.cli.exits import OK, UsageError
from runtime.cli.incidents import print_event, print_incidents
from runtime.cli.lines import print_lines, said_interrupts
from runtime.cli.output import print_table, reader_left, say
from runtime.cli.sockets import SOCKET, what_is
from runtime.incident import Event, Incident, What
from runtime.summary import IN_SERVICE, of_them_degraded
from runtime.words import count, duration
from transports.errors import Unavailable

ANSWER_S = 10.0  # a runtime answers between two batches
DONE = {
    "hold": "is held: it is left as it is until it is released",
    "release": "is taken back into service",
    "rest": "is put to rest, after all that stands on it; `status` says when it rests, and `wake` brings it back",
    "wake": "is woken, with all that was put to rest for it",
}
PAGED = {"events": "events", "incidents": "incidents", "interrupts": "lines"}  # and what a page of the answer has
_EXPECTED = "expected the --socket of a `firstlight run`"


def run_ask(arguments: Namespace) -> int:
    """Put one question and print the answer; `follow` goes on until the runtime ends, or somebody ends it.

    Raises:
        UsageError: no such socket, or the runtime says that the question cannot be.
        Unavailable: nobody listens there, or the answer did not come.
    """
    asked, block = arguments.question, arguments.block
    if (block is None) == (asked in DONE):
        found = "no block" if block is None else f"the block {block!r}"
        raise UsageError(f"ask {asked}: found {found}; expected {'one' if block is None else 'none'}")
    with _at(arguments.path) as line:
        if asked == "follow":
            _follow(line, as_json=arguments.json)
        elif asked in PAGED:
            _tell_all(asked, _pages(line, asked), as_json=arguments.json)
        else:
            answer = line.put({"ask": asked} if block is None else {"ask": asked, "block": block})
            if arguments.json:
                print(json.dumps(answer))
            elif block is None:
                _print_status(answer)
            else:
                _print_done(asked, block)
    return OK


@attrs.frozen
class _Line:
    """A connection to a runtime: lines of JSON either way."""

    socket: socket.socket
    path: str
    _answers: BinaryIO

    def put(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask; return the answer.

        Raises:
            UsageError: the question cannot be.
            Unavailable: no answer.
        """
        self.say(question)
        for answer in self.answers():
            return answer
        raise Unavailable(f"{self.path}: the runtime ended before it answered")

    def say(self, question: Mapping[str, Any]) -> None:
        """Ask; a runtime that has hung up already has said why, and that is the answer.

        Raises:
            Unavailable: it takes no questions.
        """
        try:
            with suppress(BrokenPipeError):
                self.socket.sendall(f"{json.dumps(question)}\n".encode())
        except OSError as problem:
            raise Unavailable(f"{self.path}: {problem.strerror}") from problem

    def answers(self) -> Iterator[Mapping[str, Any]]:
        """Yield answers until the runtime ends.

        Raises:
            UsageError, Unavailable: as `put`.
        """
        while True:
            try:
                line = self._answers.readline()
            except TimeoutError as problem:
                raise Unavailable(f"{self.path}: no answer for {duration(ANSWER_S)}") from problem
            except OSError as problem:
                raise Unavailable(f"{self.path}: {problem.strerror}") from problem
            if not line:
                return
            yield self._understood(line)

    def _understood(self, line: bytes) -> Mapping[str, Any]:
        try:
            found: object = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UsageError(f"{self.path}: what answers there is no runtime; expected the --socket of one")
        answer = cast("dict[str, Any]", found)
        if "error" in answer:
            said = f"{self.path}: {answer['error']}"
            raise Unavailable(said) if answer.get("retry") else UsageError(said)
        return answer


@contextmanager
def _at(path: str) -> Generator[_Line]:
    """Connect to a runtime while the context is open.

    Raises:
        UsageError: there is no socket; says what there is instead.
        Unavailable: nobody listens at it, or too many ask already.
    """
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(ANSWER_S)
        try:
            sock.connect(path)
        except ConnectionRefusedError as problem:
            if (found := what_is(path)) != SOCKET:
                raise UsageError(f"{path}: found {found}; {_EXPECTED}") from problem
            raise Unavailable(f"no runtime listens at {path} any more") from problem
        except TimeoutError as problem:
            raise Unavailable(f"{path}: nobody was let in for {duration(ANSWER_S)}") from problem
        except OSError as problem:
            said = problem.strerror or str(problem)
            raise UsageError(f"{path}: {said}; {_EXPECTED}") from problem
        with sock.makefile("rb") as answers:
            yield _Line(sock, path, answers)


def _pages(line: _Line, asked: str) -> Iterator[Mapping[str, Any]]:
    """Ask for page after page."""
    after = 0
    while True:
        page = line.put({"ask": asked, "after": after})
        yield page
        if not page["more"]:
            return
        after = page["last"]


def _tell_all(asked: str, pages: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    told, name = list(pages), PAGED[asked]
    first, found = told[0], [item for page in told for item in page[name]]
    if as_json:
        print(json.dumps({**first, name: found, "last": told[-1]["last"], "more": False}))
    elif asked == "interrupts":
        lines = [LineFigures.from_data(data) for data in found]
        print_lines(lines)
        say(said_interrupts(first["numbers"], lines))
    elif asked == "incidents":
        print_incidents([_incident(data) for data in found])
        say(count(len(found), "incident"))
    else:
        for data in found:
            print_event(_event(data))
        forgotten = f"; {first['forgotten']} before these are forgotten" if first["forgotten"] else ""
        say(f"{count(len(found), 'event')}{forgotten}")


def _follow(line: _Line, *, as_json: bool) -> None:
    """Print events until the runtime ends, or whoever reads has left."""
    line.socket.settimeout(None)  # the next event may be hours away
    line.say({"ask": "follow"})
    for answer in line.answers():
        if as_json:
            print(json.dumps(answer), flush=True)
        else:
            print_event(_event(answer["event"]))
        if reader_left():
            return


def _print_status(answer: Mapping[str, Any]) -> None:
    blocks = answer["blocks"]
    ill = [verdict for verdict in blocks if verdict["state"] not in IN_SERVICE or verdict["reason"]]
    if ill:
        print_table(("block", "state", "why"), [(v["block"], v["state"], v["reason"]) for v in ill])
    numbers = answer["open"]
    going_on = f"; not over: {'incident' if len(numbers) == 1 else 'incidents'} {', '.join(map(str, numbers))}"
    say(
        f"{answer['up']} of {len(blocks)} blocks in service{of_them_degraded(answer['degraded'])}"
        f"{going_on if numbers else ''}; {count(answer['last'], 'event')}"
    )


def _print_done(asked: str, block: str) -> None:
    say(f"{block} {DONE[asked]}")


def _event(data: Mapping[str, Any]) -> Event:
    """Return an event that was told as JSON."""
    given = _known(Event, data)
    given["what"] = What(given["what"])
    return Event(**given)


def _incident(data: Mapping[str, Any]) -> Incident:
    """Return an incident that was told as JSON."""
    given = _known(Incident, data)
    given["lost"], given["corrupt"] = data["traffic_lost"], data.get("traffic_corrupt", 0)
    for name in ("fell", "touched", "steps", "gave_up"):
        given[name] = tuple(given[name])
    return Incident(**given)


def _known(kind: type[attrs.AttrsInstance], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a class takes of what was told; a newer runtime may tell more."""
    names = {attribute.alias for attribute in attrs.fields(kind)}
    return {name: value for name, value in data.items() if name in names}
