"""Who hears the lines of others masks and unmasks them, and nobody writes anything else of it while it is well."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.aggregator.driver import Aggregator
from blocks.aggregator.regs import AggregatorRegs
from blocks.base import Block
from blocks.chip import Chip, load_chip
from blocks.ladder import US, Ladder, Rung, Where
from blocks.pll.driver import Pll
from blocks.port import Port
from interrupts.wiring import written
from registers.compile import compile_rdl
from registers.image import pack
from registers.model.place import decode
from runtime.faults.limits import SETTLE_S, SWEEP_S
from runtime.faults.live import LiveCampaign
from runtime.faults.trial import Trial, Workload
from transports.faulty import Kind

ROOT = Path(__file__).parents[3]
TREE, HERE = ROOT / "tests/blocks/aggregator/tree", ROOT / "tests/interrupts"
LEAF, HEARD = "leaf[0]", "pll[0]"  # of tests/blocks/aggregator/tree.toml
REGS = AggregatorRegs.at(0x8000)  # of that leaf
WRITTEN = f"safety: {LEAF} was in service, and was written: "


class Trusting(Aggregator):
    """A value that is trusted for so long, and then written once more, though nobody took it away."""

    trusted_s = 0.75 * SWEEP_S
    told_s = -1.0  # when it was told; below 0: nobody has looked yet

    def up(self) -> Ladder:
        told = Where("it was told lately", [self.regs.INTR_ENABLE.read()], self._told)
        return Ladder(*super().up(), Rung("told", holds=[told], reach=self._tell, within=5 * US))

    def _told(self, _read: object) -> bool:
        now_s = trio.current_time() if trio.lowlevel.in_trio_run() else 0.0
        self.told_s = now_s if self.told_s < 0 else self.told_s
        return now_s - self.told_s <= self.trusted_s

    async def _tell(self, port: Port) -> None:
        await port.run(self.regs.INTR_ENABLE.write(storm=1, lost=1))
        self.told_s = trio.current_time()


class Sure(Pll):
    """A recovery that makes sure of who hears of it: it lets the events of its controller through once more."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["healthy"] = evolve(rungs["healthy"], reach=self._heal)
        return Ladder(*rungs.values())

    async def _heal(self, port: Port) -> None:
        await port.submit(self.regs.CTRL.modify(bypass=1), self.regs.STATUS.write(lock_lost=1, ref_lost=1))
        await port.run(REGS.INTR_ENABLE.write(storm=1, lost=1))


class Repeating(Pll):
    """A PLL that lets the events of its controller through once more whenever it is configured again."""

    tries = 0

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure)
        return Ladder(*rungs.values())

    async def _configure(self, port: Port) -> None:
        (acts,) = [rung.reach for rung in super().up() if rung.name == "configured"]
        assert not callable(acts)
        if self.tries:
            await port.run(REGS.INTR_ENABLE.write(storm=1, lost=1))
        self.tries += 1
        await port.submit(*acts)


def made(folder: Path, source: Path) -> Path:
    """Make a chip of a test, its register map compiled anew; return its file."""
    (folder / f"{source.name}.image").write_bytes(
        pack(compile_rdl(source.with_suffix(".rdl"), include=[ROOT / "blocks"]))
    )
    return Path(shutil.copy(source.with_suffix(".toml"), folder))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chip of aggregators on two levels."""
    return made(tmp_path_factory.mktemp("tree"), TREE)


def planted(path: Path, name: str, driver: type[Block[Any]]) -> Chip:
    """Return the chip with another driver for one of its blocks."""
    chip = load_chip(path)
    instance = chip.instances[name]
    block = driver(name, instance.block.regs, instance.block.config)
    return evolve(chip, instances={**chip.instances, name: evolve(instance, block=block, like=None)})


def test_a_controller_that_writes_what_it_wrote_is_found(tree: Path) -> None:
    """An aggregator in service that is well, and writes its configuration once more, fails wherever a fault strikes."""
    load = partial(planted, tree, LEAF, Trusting)

    tally = LiveCampaign(load, Workload.SERVICE, 0, frozenset({Kind.LATE})).tally("nth", drawn=6)

    assert tally.failures == tally.points == 6
    assert all(failed.broken.startswith(WRITTEN) for failed in tally.failed), tally.failed


def test_a_recovery_that_sets_up_who_hears_of_it_is_found(tree: Path) -> None:
    """A block that comes back may not write the controller of its line, which is well, and no fault struck."""
    running = LiveCampaign(partial(planted, tree, HEARD, Sure), Workload.RECOVERY, 0, frozenset({Kind.LATE}))

    tally = running.tally("nth", drawn=1, only=HEARD)

    (failed,) = tally.failed
    assert failed.replay == f"recovery/{HEARD}.lock_lost:0:"
    assert failed.broken.startswith(WRITTEN)


def test_what_comes_back_may_not_set_up_who_hears_of_it(tree: Path) -> None:
    """Nor may a block that loses its state again and again, in however wide a recovery."""
    running = LiveCampaign(partial(planted, tree, HEARD, Repeating), Workload.RECOVERY, 0, frozenset({Kind.LATE}))

    tally = running.escalate(HEARD, None)

    assert len(tally.failed) == tally.trials > 1
    assert all(failed.broken.startswith(WRITTEN) for failed in tally.failed), tally.failed


@pytest.mark.parametrize(
    ("source", "upset", "masks"),
    [
        (TREE, "pll[0].lock_lost", {"leaf[0].MASK_SET", "leaf[0].MASK_CLR", "hub.MASK_SET", "hub.MASK_CLR"}),
        (HERE / "gic", "pll[0].lock_lost", {"gic.GICC.EOIR", "gic.GICD.ICACTIVER[2]"}),
        (HERE / "msix", "refpll.lock_lost", {"table.VECTOR[3].CONTROL", "table.VECTOR[40].CONTROL"}),
    ],
)
def test_who_hears_a_line_masks_it(source: Path, upset: str, masks: set[str], tmp_path: Path) -> None:
    """A controller of any kind writes where it says, and nowhere else, when a line rises; that is no failure."""
    path = made(tmp_path, source)
    chip = load_chip(path)
    running = LiveCampaign(partial(load_chip, path), Workload.RECOVERY, 0, frozenset({Kind.LATE}))
    hear = {one.line.controller for one in chip.instances.values() if one.line is not None}

    found = {
        access.address
        for access in running.accesses(Trial.parse(f"recovery/{upset}:0:"))
        if access.write and access.block in hear and access.time_s >= SETTLE_S  # and not by who brought all up
    }

    assert {decode(chip.image.root, address)[0].path for address in found} == masks
    assert found <= written(chip)
    assert running.tally("nth", drawn=2).failures == 0
