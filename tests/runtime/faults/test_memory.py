"""The laws of what a reset controller remembers: what a driver keeps, however deep, is put back, and stays the same."""

from __future__ import annotations

import random
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from attrs import define, field, frozen

from blocks.chip import Chip, load_chip
from runtime.cli import faults as verb
from runtime.cli.main import main
from runtime.faults import memory
from runtime.faults.campaign import run_shard
from runtime.faults.heap import Controller
from runtime.faults.live import LiveCampaign
from runtime.faults.memory import Memory
from runtime.faults.plan import Plan
from runtime.faults.site import Firmware
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import Kind


class Slotted:
    """Has slots, one of them its own, and one that is empty at first."""

    __slots__ = ("__own", "late", "seen")

    def __init__(self) -> None:
        self.seen, self.__own = [0], 0

    def note(self) -> None:
        """Change all."""
        self.seen.append(1)
        self.late = self.__own = 1

    def told(self) -> object:
        """Return all."""
        return list(self.seen), self.__own, hasattr(self, "late")


@define
class Page:
    """Of attrs, and has more within."""

    lines: list[int] = field(factory=list[int])
    more: dict[str, set[int]] = field(factory=lambda: {"a": {1}})


@frozen
class Cover:
    """Cannot change, and what it holds can."""

    page: Page = field(factory=Page)


class Keeper(planted.Trusting):
    """Keeps things of each form."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.flag = 0
        self.nested: dict[str, Any] = {"one": [1, {2}], "two": (bytearray(b"3"), deque([4]))}
        self.counted, self.ordered = Counter("aab"), OrderedDict[str, int](b=1, a=2)
        self.slotted, self.cover, self.notes = Slotted(), Cover(), planted.Notes()
        self.add = partial(self._add, self.cover.page.lines)
        self.ring: list[object] = [self]
        self.ring.append(self.ring)

    @staticmethod
    def _add(to: list[int]) -> None:
        to.append(1)

    def change(self) -> None:
        """Change all that is kept, and keep more."""
        self.flag, self.more = 1, 1
        self.nested["one"][1].add(3)
        self.nested["one"].append(4)
        self.nested["two"][0].extend(b"5")
        self.nested["two"][1].clear()
        self.nested["three"] = []
        self.counted.update("abc")
        self.ordered.move_to_end("b")
        self.slotted.note()
        self.cover.page.more["a"].clear()
        self.cover.page.more = {}
        self.add()
        self.notes.remembered = True
        self.ring.clear()

    def told(self) -> object:
        """Return all that is kept."""
        page = self.cover.page
        nested = {name: repr(value) for name, value in self.nested.items()}
        notes = self.flag, hasattr(self, "more"), nested, dict(self.counted), list(self.ordered), self.slotted.told()
        return *notes, list(page.lines), repr(page.more), self.notes.remembered, [id(one) for one in self.ring]


class Drawing(Keeper):
    """Keeps something whose state is not seen beside."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.draws = [random.Random(7)]

    def change(self) -> None:
        """Change all, and draw."""
        super().change()
        self.draws[0].random()

    def told(self) -> object:
        """Return all, and the state of what is drawn from."""
        return super().told(), self.draws[0].getstate()


class Locked(planted.Trusting):
    """Keeps what nobody can copy."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.notes = {"guard": threading.Lock()}


def keeper(kind: type[Any]) -> Any:
    """Return a driver of such a type."""
    return planted.planted(kind)().instances[planted.PLL].block


@pytest.mark.parametrize("kind", [Keeper, Drawing])
def test_what_a_driver_keeps_is_put_back(kind: type[Any]) -> None:
    """All of it is as it was, however deep and however often, and who had hold of a thing has hold of that one."""
    block = keeper(kind)
    first, born, kept = Memory(block), block.told(), [block.nested["one"], block.slotted, block.cover.page]

    for _ in range(2):
        block.change()
        assert block.told() != born
        first.put_back()

        assert block.told() == born
        now = [block.nested["one"], block.slotted, block.cover.page]
        assert all(one is other for one, other in zip(kept, now, strict=True))


def heap(load: Callable[[], Chip]) -> Controller:
    return Controller(load())


@pytest.mark.parametrize("takes", [heap, Firmware])
def test_what_cannot_be_forgotten_is_refused(takes: Callable[[Any], object]) -> None:
    """Who keeps a lock is refused at the begin, by class, attribute and block."""
    with pytest.raises(CampaignError, match=r"Locked\.notes of pll\[2\] keeps a _thread\.lock, so a controller"):
        takes(planted.planted(Locked))


def test_that_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The verb says so, with the status of bad input."""

    def local(_name: str) -> Callable[[], Chip]:
        return planted.planted(Locked)

    monkeypatch.setattr(verb, "local", local)

    assert main(["faults", "mini"]) == 2
    assert "firstlight: Locked.notes of pll[2] keeps a _thread.lock" in capsys.readouterr().err


def found(bug: type[Any]) -> Tally:
    """Return what resets at all points of a driver come to on the heap."""
    return run_shard(Plan(planted.planted(bug), "mini", agree=0))


def test_a_value_that_is_cached_in_an_object_is_found() -> None:
    """On the heap it fails at the points of the value that the driver keeps itself, and at as many."""
    plain, deep = found(planted.Trusting), found(planted.Noting)

    assert deep.failures == plain.failures > 0
    assert [(one.replay, one.broken) for one in deep.failed] == [(one.replay, one.broken) for one in plain.failed]


def test_a_value_that_is_cached_in_an_object_is_found_under_trio() -> None:
    """So it is of a chip in service, and each of its trials ends the same again."""
    plain, deep = (
        LiveCampaign(planted.planted(bug), Workload.SERVICE, 0, frozenset({Kind.RESET}))
        for bug in (planted.Trusting, planted.Noting)
    )
    tallies = [one.tally("nth", 4) for one in (plain, deep)]

    assert tallies[1].failures == tallies[0].failures > 0
    assert [one.broken for one in tallies[1].failed] == [one.broken for one in tallies[0].failed]


@pytest.mark.parametrize(("name", "kept"), [("mini", 0), ("atlas", 5)])
def test_who_keeps_nothing_costs_nothing(name: str, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the drivers of our chips five keep a thing that can change, atlas' mailboxes; no other is looked at."""
    controller = Controller(load_chip(name))
    put: list[object] = []

    def noted(part: object, _held: object) -> None:
        put.append(part)

    monkeypatch.setattr(memory, "_put", noted)
    monkeypatch.setattr(memory, "deepcopy", None)

    controller.forget()

    assert put == [[]] * kept
