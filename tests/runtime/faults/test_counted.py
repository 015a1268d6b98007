"""Under trio, as on the heap, a trial counts once, in its cell; and of how many points that there are is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from blocks.chip import Chip, load_chip
from runtime.cli.exits import OK
from runtime.cli.main import main
from runtime.faults import escalation
from runtime.faults.campaign import run, run_shard
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.tally import FAILURES_MAX, Tally
from runtime.faults.trial import COMES_BACK, Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_recoveries import Silent, all_plls
from transports.faulty.kinds import Kind

MINI = partial(load_chip, "mini")
ONE = "pll[1]"


def plan(load: Callable[[], Chip], workload: Workload, *kinds: Kind, only: str = ONE, budget_s: float = 0.0) -> Plan:
    return Plan(load, "mini", workload, kinds=kinds, points=Points.parse("nth", only), budget_s=budget_s)


@pytest.mark.parametrize(("load", "workload", "only", "kinds"), [
    (MINI, Workload.SERVICE, ONE, [Kind.LATE]),
    (MINI, Workload.STOP, "io_crg[0]", [Kind.LATE, Kind.DROPPED]),
    (planted.planted(planted.Listening), Workload.RECOVERY, planted.PLL, [Kind.DROPPED, Kind.TORN]),
    (partial(all_plls, Silent), Workload.RECOVERY, planted.PLL, [Kind.TWICE]),
])  # fmt: skip
def test_a_trial_is_counted_once_under_trio(
    load: Callable[[], Chip], workload: Workload, only: str, kinds: list[Kind]
) -> None:
    """Whatever it comes to, a trial is one in its cell; of each kind all points that there are were tried."""
    tally = run(plan(load, workload, *kinds, only=only)).tally

    cells = tally.cells.values()
    assert tally.trials > 0
    assert sum(cell.points for cell in cells) == tally.points
    assert sum(cell.trials for cell in cells) == tally.trials
    assert len(tally.failed) < FAILURES_MAX
    assert sum(cell.failed for cell in cells) == sum(failed.points for failed in tally.failed) == tally.failures
    assert set(tally.sampled) == {kind for kind, _ in tally.cells}
    for kind, (tried, there) in tally.sampled.items():
        assert tried == there > 0, kind


def test_what_was_not_tried_is_told_by_its_kind() -> None:
    """Of a campaign that ends before its points do, those that were tried and those that are left are all there are."""
    running = LiveCampaign(MINI, Workload.SERVICE, 0, frozenset({Kind.LATE, Kind.HANG, Kind.LOST}))
    all_ = [str(one.shots[0].kind) for one in running.trials("nth")]

    tally = running.tally("nth", drawn=6)
    broke = running.tally("nth", budget_s=0.0)

    assert tally.sampled == {kind: (2, all_.count(kind)) for kind in ("late", "hang", "lost-interrupt")}
    assert broke.sampled == {kind: (0, there) for kind, (_, there) in tally.sampled.items()}
    assert broke.left == sum(there for _, there in broke.sampled.values())


def test_shards_under_trio_add_up_to_the_campaign() -> None:
    """However a campaign under trio is cut, its shards come to what it comes to in one piece: points, trials, cells."""
    whole = plan(partial(all_plls, Silent), Workload.RECOVERY, Kind.DROPPED, only=planted.PLL)
    together = Tally()
    for shard in whole.shards(2):
        together.add(run_shard(shard))

    one = run(whole).tally
    assert one.failures > 0
    for name in ("points", "trials", "failures", "left", "there", "disturbed", "arms", "cells", "sampled", "slowest"):
        assert getattr(together, name) == getattr(one, name), name


def told(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    words = ["faults", "mini", "--workload", "in-service", "--faults", "dropped-write,late", "--points", "nth"]
    assert main([*words, "--only", ONE, "--json", *more]) == OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {name: found[name] for name in ("points", "trials", "sampled", "cells", "struck_nothing")}


def test_the_verb_says_the_same_of_shards_that_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON the cells and samples of a campaign in shards, whose results are kept, are those of it in one piece."""
    kept = told(capsys, "--results", str(tmp_path / "kept"), "--shards", "3", "--jobs", "1")
    whole = told(capsys)

    assert kept == whole
    assert whole["sampled"].keys() == {"late"}
    assert whole["sampled"]["late"]["points"] == whole["sampled"]["late"]["of"] > 0
    assert whole["struck_nothing"] == ["dropped-write"]
    assert sum(cell["trials"] for cell in whole["cells"]) == whole["trials"]


def test_what_comes_back_is_counted_as_all_else() -> None:
    """Blocks that lose their state again are points of a kind of their own, and what no time was left for is told."""
    running = LiveCampaign(MINI, Workload.RECOVERY, 0, frozenset({Kind.RESET}))

    tally = running.escalate(ONE, None)
    broke = running.escalate(ONE, 0.0)

    (cell,) = tally.cells.values()
    assert cell.trials == cell.points == tally.trials
    assert tally.sampled == {COMES_BACK: (cell.points, cell.points)}
    assert broke.trials == 0
    assert broke.left == len(escalation.TIMES)
    assert broke.sampled == {COMES_BACK: (0, len(escalation.TIMES))}


def types(blocks: list[str]) -> Counter[str]:
    return Counter(MINI().instances[block].type for block in blocks)


def test_several_faults_are_counted_by_the_first() -> None:
    """A schedule of faults at different blocks is counted as of the block that the first struck: on the heap, where the
    line of each tells it as well, and under trio."""
    points, kinds = Points.parse("seeded:9x2"), (Kind.LATE,)
    heap = run(Plan(MINI, "mini", kinds=kinds, points=points, agree=0)).tally
    accesses = Scene(MINI).golden.accesses
    drawn = [[accesses[shot.number - 1].block for shot in Trial.parse(slow.replay).shots] for slow in heap.slowest]

    assert len(drawn) == heap.points == 9
    assert [slow.block for slow in heap.slowest] == [first for first, _ in drawn]
    assert {of: cell.points for (_, of), cell in heap.cells.items()} == types([first for first, _ in drawn])
    assert types([first for first, _ in drawn]) != types([last for _, last in drawn])

    running = LiveCampaign(MINI, Workload.STOP, 0, frozenset(kinds))
    numbers = [sorted(shot.number for shot in one.shots) for one in running.trials("seeded", 9, 2)]
    trio = running.tally("seeded", 9, faults=2)

    firsts, lasts = ([running.counted(of[at])[0] for of in numbers] for at in (0, -1))
    assert {of: cell.points for (_, of), cell in trio.cells.items()} == types(firsts) != types(lasts)
