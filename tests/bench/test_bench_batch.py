"""The bench of batches measures what it says: each peer does the work, and who would not is found out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import bench_batch
from bench.bench_batch import Found, Row, goals, keeps_events, proved, text
from bench.measure import Spread, Taken, in_loop
from bench.peers.device import CTRL_OFFSET, GAIN_LSB, KINDS, Device, steps_of
from bench.peers.firstlight import MAKERS, Typed
from bench.peers.plain import Plain


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """Return the device of the benches."""
    made = Device(tmp_path)
    yield made
    made.close()


def test_a_small_run_measures_whom_it_finds(capsys: pytest.CaptureFixture[str]) -> None:
    """All that needs no peer is there, for each kind and count; every cost is above 0; who is missing has a reason."""
    assert bench_batch.main(["--small", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = {(row["peer"], row["kind"], row["count"]) for row in said["rows"]}
    always = ("firstlight memory:, from typed registers", "memoryview, Python loop")
    assert rows >= {(peer, kind, count) for peer in always for kind in KINDS for count in (1, 10)}
    assert all(row["taken"]["wall"]["median"] > 0 for row in said["rows"])
    assert all(said["left_out"].values())
    assert said["keeps_events"]["firstlight memory:, from typed registers"] is True


@pytest.mark.parametrize("kind", KINDS)
def test_work_that_is_not_done_is_found_out(kind: str, device: Device) -> None:
    """A peer that does nothing, or brings other words than there are, is refused."""
    with pytest.raises(AssertionError, match=r"left the memory wrong|brought other words"):
        proved(Plain(device), in_loop(lambda: [0]), device, kind, 1)


@pytest.mark.parametrize("name", [*MAKERS, Plain.name])
def test_our_floors_do_the_same_work(name: str, device: Device) -> None:
    """Each floor of ours, and the loop, does each kind at each count."""
    peer = Plain(device) if name == Plain.name else MAKERS[name](device)
    for kind in KINDS:
        for count in (1, 10, 64, 200):
            proved(peer, peer.program(steps_of(kind, count)), device, kind, count)
            assert device.done()
    peer.close()


def test_a_sibling_that_is_lost_is_found_out(device: Device) -> None:
    """Read, mask and write puts a 1 on every event that is pending; a modify does not."""

    class ByHand:
        name = "by hand"

        def set_gain(self, value: int) -> None:
            ctrl = CTRL_OFFSET // 4
            device.words[ctrl] = device.words[ctrl] & ~(0xF << GAIN_LSB) | value << GAIN_LSB

    ours = Typed(device)
    assert not keeps_events(ByHand(), device)
    assert keeps_events(ours, device)
    ours.close()


def test_goals_are_judged_by_the_clock_of_the_peer() -> None:
    """1.2 times the C loop is met, more is missed; a hundredth of the model's time is met, more is missed."""

    def row(peer: str, kind: str, ns: float) -> Row:
        wall = Spread(1e9, 1e9, 1e9)
        return Row(peer, "cpu", kind, 100, Taken(Spread(100 * ns, 100 * ns, 100 * ns), wall))

    def said(loop: float, ours: float) -> list[str]:
        rows = (
            row("C loop (the limit)", "mixed", loop),
            row("firstlight engine, prepared", "mixed", ours),
            row("peakrdl-python", "modify", 100 * loop),
            row("firstlight engine, prepared", "modify", ours),
        )
        found = Found(rows, {}, {"nobody": "not there"})
        assert "nobody: not there" in text(found, (100,))
        return [line.split(":")[0] for line in goals(found, (100,))]

    assert said(10.0, 9.0) == ["met", "met"]
    assert said(10.0, 11.0) == ["met", "MISSED"]
    assert said(10.0, 13.0) == ["MISSED", "MISSED"]
