"""The laws of the book of incidents: what belongs together is one, all that opens closes, and the book is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from blocks.chip.supervision import Supervision
from runtime.incident import Event, Incident, What
from runtime.ledger import EVIDENCE_BLOCKS_MAX, EVIDENCE_MAX, EVIDENCE_S_MAX, EVIDENT_MAX, STEPS_MAX, Evidence, Ledger

RULE = Supervision(burst_s=0.1, grace_s=1.0)


@define
class Book:
    """A ledger on a clock that a test sets, over blocks that stand on those named."""

    needs: Mapping[str, Iterable[str]] = field(factory=dict[str, "tuple[str, ...]"])
    domains: Mapping[str, str] = field(factory=dict[str, str])
    partners: Mapping[str, str] = field(factory=dict[str, str])
    last: Mapping[str, tuple[str, ...]] = field(factory=dict[str, "tuple[str, ...]"])
    dump_s: float = 0.0  # what telling the last accesses of a block takes
    now: float = 0.0
    spent: float = 0.0
    heard: list[Event] = field(factory=list[Event])
    ledger: Ledger = field(init=False)

    def __attrs_post_init__(self) -> None:
        rules = {
            name: evolve(RULE, domain=self.domains.get(name, ""), partner=self.partners.get(name, ""))
            for name in (*self.domains, *self.partners)
        }
        self.ledger = Ledger(
            self.below,
            lambda name: rules.get(name, RULE),
            lambda: self.now,
            self.heard.append,
            evidence=self.dump,
            cpu=lambda: self.spent,
        )

    def dump(self, block: str) -> Evidence:
        self.spent += self.dump_s
        return lambda: self.last.get(block, ())

    def below(self, block: str) -> frozenset[str]:
        found: set[str] = set()
        for other in self.needs.get(block, ()):
            found |= {other, *self.below(other)}
        return frozenset(found)

    def fell(self, *blocks: str, at: float = 0.0) -> None:
        self.now = max(self.now, at)
        for block in blocks:
            self.ledger.fell(block, f"{block} fell")

    def rose(self, *blocks: str, at: float = 0.0) -> None:
        self.now = max(self.now, at)
        for block in blocks:
            self.ledger.rose(block)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return self.ledger.incidents()

    def count(self, what: What) -> int:
        return sum(event.what is what for event in self.heard)


TREE = {
    "pll": ["ref"],
    "crg": ["pll"],
    "hbm": ["crg"],
    "channel0": ["hbm"],
    "channel1": ["hbm"],
    "dma": ["crg"],
    "other": ["ref2"],
}
STANDS_ON_PLL = ["crg", "hbm", "channel0", "channel1", "dma"]


@given(st.permutations(STANDS_ON_PLL), st.booleans())
def test_what_stands_on_one_root_is_one_incident(users: list[str], above_first: bool) -> None:
    """In whatever order a block and all that stands on it are found down, it is one incident, and that block's."""
    book = Book(TREE)
    first = users[:1] if above_first else []
    book.fell(*first, "pll", *[user for user in users if user not in first])
    (incident,) = book.incidents
    assert incident.root == "pll"
    assert {*incident.fell} == {"pll", *STANDS_ON_PLL}
    assert incident.cause == f"{[*first, 'pll'][0]} fell"
    book.rose("pll", *users, at=2.0)
    (incident,) = book.incidents
    assert (incident.ended_s, incident.recovered) == (2.0, True)


def test_the_root_is_the_lowest_that_fell() -> None:
    """Each block that is found down below the root is the root from then on; one above it changes nothing."""
    book = Book(TREE)
    roots: list[str] = []
    for block in ("channel0", "hbm", "crg", "dma", "ref", "pll"):
        book.fell(block)
        roots.append(book.incidents[0].root)
    assert roots == ["channel0", "hbm", "crg", "crg", "ref", "ref"]
    assert len(book.incidents) == 1
    assert book.ledger.root("ref")
    assert not book.ledger.root("pll")


def test_a_root_that_falls_again_before_the_end_is_the_same_incident() -> None:
    """While anything that stands on it is down, a root may come and go: its incident goes on."""
    book = Book(TREE)
    book.fell("pll", "crg")
    book.rose("pll", at=1.0)
    book.fell("pll", at=50.0)
    assert [(incident.root, incident.fell) for incident in book.incidents] == [("pll", ("pll", "crg"))]


def test_what_anything_that_fell_stands_on_belongs_to_it() -> None:
    """A block on which not the root stands, but something else that is down there, is of the same incident."""
    book = Book({"user": ["pll", "fuse"]})
    book.fell("pll", "user")
    book.fell("fuse", at=50.0)
    assert [(incident.root, incident.fell) for incident in book.incidents] == [("pll", ("pll", "user", "fuse"))]


def test_two_that_share_nothing_are_two() -> None:
    """Blocks that do not stand on each other, and share no domain, are in incidents of their own, and end alone."""
    book = Book(TREE)
    book.fell("channel0", "other", "channel1")
    assert [incident.root for incident in book.incidents] == ["channel0", "other", "channel1"]
    assert len({book.ledger.number(name) for name in ("channel0", "other", "channel1")}) == 3
    book.rose("other", at=1.0)
    assert [incident.ended_s for incident in book.incidents] == [None, 1.0, None]
    assert book.ledger.open() == (1, 3)


@pytest.mark.parametrize(("after_s", "count"), [(0.0, 1), (0.1, 1), (0.11, 2)])
def test_a_burst_in_one_domain_is_one_incident(after_s: float, count: int) -> None:
    """Blocks of one fault domain that fall within a burst of its begin are one incident; later it is another."""
    book = Book(TREE, {"channel0": "crg", "channel1": "crg"})
    book.fell("channel0", at=5.0)
    book.fell("channel1", at=5.0 + after_s)
    assert len(book.incidents) == count
    assert book.incidents[0].root == "channel0"


def test_a_burst_in_two_domains_is_two() -> None:
    """Another domain is another incident, however soon."""
    book = Book(TREE, {"channel0": "crg", "dma": "pll"})
    book.fell("channel0", "dma")
    assert len(book.incidents) == 2


LINK = {"left": "right", "right": "left"}


@pytest.mark.parametrize("first", LINK)
@pytest.mark.parametrize(("up_s", "after_s", "count"), [(9.0, 0.0, 1), (9.0, 5.0, 1), (0.5, 1.5, 1), (0.5, 1.6, 2)])
def test_the_two_ends_of_a_link_are_one_incident(first: str, up_s: float, after_s: float, count: int) -> None:
    """The other end falls while the first is down, or within the grace of its recovery: one incident; later two."""
    book = Book(needs={"left": ["pll"], "right": ["ref2"], "reader": ["left"]}, partners=LINK)
    book.fell("other")
    book.fell(first)
    if up_s < after_s:
        book.rose(first, at=up_s)
    book.fell(LINK[first], at=after_s)
    mine = [incident for incident in book.incidents if incident.root != "other"]
    assert len(mine) == count
    assert {block for incident in mine for block in incident.fell} == {*LINK}
    book.rose(first, LINK[first], "other")
    assert all(incident.recovered for incident in book.incidents)


def test_the_end_of_a_link_whose_cluster_is_reset_falls_with_that() -> None:
    """What takes one end with it as part of more takes the other end, too; the root stays what it was."""
    book = Book(needs={"left": ["crg"], "right": ["ref2"]}, partners=LINK)
    book.fell("crg", "left")
    book.fell("right", at=5.0)
    (incident,) = book.incidents
    assert (incident.root, incident.fell) == ("crg", ("crg", "left", "right"))


@pytest.mark.parametrize("order", [*permutations(["ref", "crg", "right"])])
def test_what_a_clock_took_along_is_its_incident_though_the_clock_is_back(order: Sequence[str]) -> None:
    """A PLL locks again sooner than is seen what it took, be it the other end of a link: one incident, and its root."""
    book = Book(needs={"crg": ["ref"], "left": ["crg"], "right": ["ref2"]}, partners=LINK)
    for number, block in enumerate(order):
        book.fell(block, at=0.1 * number)
        book.rose(block, at=0.1 * number + 0.05)
    (incident,) = [incident for incident in book.incidents if "ref" in incident.fell]
    assert incident.root == "ref"
    assert {*incident.fell} >= {*order[order.index("ref") :]}


def test_who_falls_again_in_the_grace_of_others_has_a_trouble_of_its_own() -> None:
    """What goes on with the incident of its clock does so once: for the next fall it is the root, and is tried for."""
    book = Book(TREE)
    book.fell("pll")
    book.rose("pll", at=0.1)
    book.fell("dma", at=0.2)
    book.rose("dma", at=0.3)
    book.fell("dma", at=0.4)
    assert [(incident.root, incident.fell) for incident in book.incidents] == [
        ("pll", ("pll", "dma")),
        ("dma", ("dma",)),
    ]
    assert book.ledger.root("dma")


@pytest.mark.parametrize(("after_s", "roots"), [(0.05, [""]), (0.2, ["ref", "ref2"])])
def test_when_all_that_stands_on_nothing_falls_it_is_the_chip(after_s: float, roots: list[str]) -> None:
    """Two blocks that need nothing and fall within a burst have the chip in common; what falls then belongs to it."""
    book = Book(TREE)
    book.fell("ref")
    book.fell("ref2", at=after_s)
    assert [incident.root for incident in book.incidents] == roots
    book.fell("pll", "other")
    assert len(book.incidents) == len(roots)


@pytest.mark.parametrize(("after_s", "count"), [(0.5, 1), (1.0, 1), (1.5, 2)])
def test_an_incident_goes_on_within_its_grace(after_s: float, count: int) -> None:
    """What falls again so soon after its end had no recovery: the same incident goes on, with its begin and cause."""
    book = Book(TREE)
    book.fell("pll")
    book.rose("pll", at=10.0)
    book.fell("pll", at=10.0 + after_s)
    assert len(book.incidents) == count
    assert [incident.ended_s for incident in book.incidents] == [None if count == 1 else 10.0, None][:count]
    assert book.incidents[0].began_s == 0.0
    book.rose("pll", at=20.0)
    assert book.incidents[-1].ended_s == 20.0
    assert (book.count(What.OPENED), book.count(What.CLOSED)) == (2, 2)


def test_others_that_come_and_go_meanwhile_do_not_end_a_grace() -> None:
    """An incident goes on within its grace, whatever younger one was over long before."""
    book = Book(TREE)
    book.fell("pll")
    book.fell("other", at=1.0)
    book.rose("other", at=2.0)
    book.rose("pll", at=50.0)
    book.fell("pll", at=50.5)
    assert len(book.incidents) == 2
    assert book.ledger.number("pll") == 1


@given(st.lists(st.tuples(st.sampled_from(sorted({*TREE, "ref", "ref2", ""})), st.booleans(), st.floats(0, 2))))
def test_everything_that_opened_closes(moves: list[tuple[str, bool, float]]) -> None:
    """When all has risen no incident is open; each has its end, and as many were told to close as to open."""
    book = Book(TREE, {"channel0": "crg", "channel1": "crg", "dma": "crg"})
    down: set[str] = set()
    for block, falls, after_s in moves:
        book.now += after_s
        if falls:
            book.fell(block)
            down.add(block)
        else:
            book.rose(block)
            down.discard(block)
        assert {block for block in down if book.ledger.number(block) in book.ledger.open()} == down
        assert {i.number for i in book.incidents if i.ended_s is None} == {*book.ledger.open()}
        assert bool(book.ledger.open()) is bool(down)
    book.rose(*sorted(down))
    assert book.ledger.open() == ()
    assert book.count(What.OPENED) == book.count(What.CLOSED)
    for incident in book.incidents:
        assert incident.recovered
        assert incident.ended_s is not None
        assert incident.ended_s >= incident.began_s
    assert [event.time_s for event in book.heard] == sorted(event.time_s for event in book.heard)


def test_what_was_given_up_and_comes_back_was_recovered() -> None:
    """A block that nothing more is tried for keeps its incident open, and is named there until it rises by itself."""
    book = Book(TREE)
    book.fell("pll", "crg")
    book.ledger.gave_up("pll", "3 climbs failed")
    book.rose("crg")
    (incident,) = book.incidents
    assert (incident.gave_up, incident.ended_s, incident.recovered) == (("pll",), None, False)
    book.rose("pll", at=3.0)
    (incident,) = book.incidents
    assert (incident.gave_up, incident.ended_s, incident.recovered) == ((), 3.0, True)


def test_what_is_told_of_a_block_stands_in_its_incident() -> None:
    """Steps, writes, the widest level, packets and the fault behind it are noted where the block belongs."""
    book = Book(TREE, last={"pll": tuple(f"access {number}" for number in range(40))})
    book.ledger.fell("pll", "lock lost", What.DRIFTED)
    book.fell("other")
    book.ledger.step("pll", "it climbs at once")
    book.ledger.step("pll", "the block is reset next", "block")
    book.ledger.touched("pll")
    book.ledger.charge(1, 3)
    book.ledger.charge(1, 4)
    book.ledger.blame(1, "upset pll: lock_lost", -0.5)
    book.ledger.touched("ref2")  # of no incident
    first, second = book.incidents
    assert first.steps == ("pll: it climbs at once", "pll: the block is reset next")
    assert (first.touched, first.level, first.lost) == (("pll",), "block", 7)
    assert (first.injected, first.detected_after_s) == ("upset pll: lock_lost", 0.5)
    assert first.evidence == tuple(f"pll: access {number}" for number in range(40 - EVIDENCE_MAX, 40))
    assert (second.steps, second.touched, second.level, second.lost) == ((), (), "climb", 0)
    assert [event.what for event in book.heard if event.block == "pll"] == [
        What.OPENED, What.DRIFTED, What.DECIDED, What.DECIDED,
    ]  # fmt: skip


def test_a_block_falls_once() -> None:
    """What is in trouble already is told no second time."""
    book = Book(TREE)
    assert book.ledger.fell("pll", "first") == book.ledger.fell("pll", "second") == 1
    assert (book.count(What.FELL), book.incidents[0].cause) == (1, "first")


def test_events_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last events are kept, and the others counted."""
    monkeypatch.setattr("runtime.ledger.EVENTS_MAX", 5)
    book = Book(TREE)
    for number in range(8):
        book.ledger.tell(What.RELEASED, detail=str(number))
    assert [event.detail for event in book.ledger.events] == ["3", "4", "5", "6", "7"]
    assert book.ledger.forgotten == 3
    assert len(book.heard) == 8


def test_incidents_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest that are over are forgotten; none that is open is, and numbers are never used again."""
    monkeypatch.setattr("runtime.ledger.INCIDENTS_MAX", 3)
    book = Book()
    book.fell("a")
    for number in range(5):
        book.fell(f"b{number}", at=number + 1.0)
        book.rose(f"b{number}")
    assert [incident.number for incident in book.incidents] == [1, 5, 6]
    book.fell("c", "d", "e", at=10.0)
    assert next(incident.root for incident in book.incidents if incident.ended_s is None) == "a"
    book.rose("a", "c", "d", "e", at=20.0)
    assert book.ledger.open() == ()


def test_more_open_incidents_than_are_kept_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No incident is forgotten while it is open, however many there are."""
    monkeypatch.setattr("runtime.ledger.INCIDENTS_MAX", 2)
    book = Book(TREE)
    for number, block in enumerate(("channel0", "channel1", "dma", "other")):
        book.fell(block, at=float(number))
    assert len(book.ledger.open()) == 4
    book.rose("channel0", "channel1", "dma", "other")
    assert all(incident.recovered for incident in book.incidents)


def test_evidence_takes_no_more_than_its_budget() -> None:
    """The last accesses of each block that falls are kept until the incident has spent its time."""
    names = [f"user{number}" for number in range(20)]
    tree = {"pll": (), **{name: ("pll",) for name in names}}
    book = Book(tree, last={name: (f"read {name}.ID",) for name in tree}, dump_s=EVIDENCE_S_MAX / 4)
    book.fell("pll", *names)
    (incident,) = book.incidents
    assert incident.evidence == tuple(f"{name}: read {name}.ID" for name in ["pll", *names[:3]])
    assert incident.fell == ("pll", *names)


def test_the_book_is_told_in_parts() -> None:
    """So many incidents after a number, with so much evidence, are the same as in the whole, and no more is told."""
    book = Book(last={f"b{number}": ("one", "two", "three") for number in range(5)})
    for number in range(5):
        book.fell(f"b{number}", at=10.0 * number)
        book.rose(f"b{number}")
    part = book.ledger.incidents(after=2, most=2, lines=1)
    assert [(incident.number, incident.evidence) for incident in part] == [(3, ("b2: one",)), (4, ("b3: one",))]
    assert book.ledger.incidents(after=2) == book.incidents[2:]
    assert book.ledger.incidents(after=5) == ()


def test_evidence_is_bounded() -> None:
    """Of one incident the first blocks that fall are told, and of many incidents the last ones."""
    names = [f"user{number}" for number in range(EVIDENCE_BLOCKS_MAX + 5)]
    tree = {"pll": (), "lone": (), **{name: ("pll",) for name in names}}
    book = Book(tree, last={name: (f"read {name}.ID",) for name in tree})
    book.fell("pll", *names)
    assert len(book.incidents[0].evidence) == EVIDENCE_BLOCKS_MAX
    for number in range(EVIDENT_MAX):
        book.fell("lone", at=10.0 * number + 10)
        book.rose("lone", at=10.0 * number + 11)
    assert [len(incident.evidence) for incident in book.incidents] == [0] + [1] * EVIDENT_MAX


def test_an_incident_that_nobody_ends_does_not_grow() -> None:
    """Of what was decided in it the first and the last are kept, in order, and how many were between is told."""
    book = Book()
    book.fell("pll")
    said = [f"try {number}" for number in range(10 * STEPS_MAX)]
    for count, sentence in enumerate(said, 1):
        book.ledger.step("pll", sentence)
        steps = [step.removeprefix("pll: ") for step in book.ledger.incidents()[0].steps]
        half = STEPS_MAX // 2
        if count <= STEPS_MAX:
            assert steps == said[:count]
        else:
            assert steps == [
                *said[:half],
                f"and {count - STEPS_MAX} {'step' if count == STEPS_MAX + 1 else 'steps'} more",
                *said[count - half : count],
            ]


def test_the_chip_itself_is_none_of_its_blocks() -> None:
    """An incident that began with the link tells how many blocks are in service again, and none where none fell."""
    book = Book({"a": (), "b": ("a",)})
    for blocks, said in ((("a", "b"), "2 in service again after"), ((), "it is over after")):
        book.fell("", *blocks, at=book.now + 100.0)
        for block in ("", *blocks):
            book.ledger.rose(block)
        assert book.heard[-1].what is What.CLOSED
        assert book.heard[-1].detail.startswith(said)
