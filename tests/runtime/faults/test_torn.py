"""Torn writes in a chip that has 64-bit registers to write: by the same rule on the heap and under trio."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import blocks
from blocks.chip import load_chip
from blocks.chip.types import block_types
from blocks.sim import SimChip
from registers import build
from runtime.faults.campaign import run
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.trial import Trial, Workload
from transports.faulty.kinds import Kind, Shot

RDL = """
addrmap wide {
    name = "Wide registers";
    desc = "Registers of 64 bits, of a bus that carries them whole, and of one that does not.";
    default sw = rw;
    default hw = r;
    default regwidth = 64;
    reg {
        desc = "Carried as two words.";
        accesswidth = 32;
        field { desc = "Lower."; } low[31:0] = 32'h0;
        field { desc = "Upper."; } high[63:32] = 32'h0;
    } SPLIT @ 0x0;
    reg {
        desc = "Carried at once.";
        accesswidth = 64;
        field { desc = "Lower."; } low[31:0] = 32'h0;
        field { desc = "Upper."; } high[63:32] = 32'h0;
    } WHOLE @ 0x8;
};
"""
DRIVER = '''
"""Sets registers of 64 bits."""

from attrs import frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.wide.regs import WideRegs


@frozen(kw_only=True)
class WideConfig:
    """Whether it looks at the lower half of what it wrote alone."""

    careless: bool = False


class Wide(Block[WideRegs]):
    """Wide registers."""

    config: WideConfig

    def up(self) -> Ladder:
        """Both set."""
        half = {"low": 3} if self.config.careless else {"low": 3, "high": 5}
        return Ladder(
            *(
                Rung(name, holds=[register.check(**half)], reach=[register.write(low=3, high=5)], within=5 * US)
                for name, register in (("split", self.regs.SPLIT), ("whole", self.regs.WHOLE))
            )
        )
'''
MODEL = '''
"""Registers that keep what is written to them."""

from blocks.model import BlockModel, ModelParams


class WideModel(BlockModel):
    """Nothing else."""

    params: ModelParams
'''
CHIP = """
[chip]
name = "broad"
description = "a PLL and two blocks with wide registers"

[blocks]
refpll = { type = "pll", config = { fbdiv = 64, postdiv1 = 4, postdiv2 = 4 } }
careful = { type = "wide", needs = ["refpll"] }
careless = { type = "wide", needs = ["refpll"], config = { careless = true } }
"""
MAP = f"""
`include "{Path(blocks.__path__[0]) / "pll" / "pll.rdl"}"
`include "../wide/wide.rdl"
addrmap broad {{
    name = "Broad";
    desc = "A PLL and two blocks with wide registers.";
    wide careful @ 0x0;
    wide careless @ 0x1000;
    pll refpll @ 0x2000;
}};
"""


@pytest.fixture(scope="module")
def broad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the file of a chip with wide registers, whose block type is there for as long as its tests run."""
    root = tmp_path_factory.mktemp("blocks")
    for path, text in {
        "wide/__init__.py": '"""Wide registers."""\n', "wide/wide.rdl": RDL, "wide/driver.py": DRIVER,
        "wide/model.py": MODEL, "chips/broad.rdl": MAP, "chips/broad.toml": CHIP,
    }.items():  # fmt: skip
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    assert build.main(["--root", str(root), "wide", "chips"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "__path__", [*blocks.__path__, str(root)])
        patch.setattr("blocks.chip.assembly.block_types", lambda: [*block_types(), "wide"])
        importlib.invalidate_caches()
        yield root / "chips" / "broad.toml"


def torn(running: LiveCampaign, block: str) -> list[Trial]:
    """Return a trial for each write of a block that can be torn, counted among its accesses."""
    counted = (running.counted(trial.shots[0].number) for trial in running.trials("nth"))
    shots = (Shot(Kind.TORN, number, block=name) for name, number in counted if name == block)
    return [Trial(Workload.BRINGUP, 0, (shot,)) for shot in shots]


def test_a_torn_write_is_found_both_ways(broad: Path) -> None:
    """Who looks at half of what it wrote keeps a torn register, and who looks at all mends it: a word of two, or half
    of one, whether the climb goes on the heap or under trio."""
    load = partial(load_chip, str(broad))
    scene = Scene(load)
    live = LiveCampaign(load, Workload.BRINGUP, 0, frozenset({Kind.TORN}))
    for block, wrong in (("careful", 0), ("careless", 2)):
        trials = torn(live, block)
        said = [(bool(live.replay(one).broken), bool(scene.trial(one).verdict.broken)) for one in trials]
        assert len(said) == 3, "two words of one register, and one of the other"
        assert sum(trio for trio, _ in said) == sum(heap for _, heap in said) == wrong
        arrived = ["lost, a part of its register"] * 2 + ["only its lower half arrived"]
        assert sorted(scene.trial(one).strikes[0].became for one in trials) == arrived
        assert sorted(live.replay(one).struck[0]["became"] for one in trials) == arrived


def test_a_campaign_tears_what_can_be_torn(broad: Path) -> None:
    """A campaign of torn writes has a point for each write of a wide register, and fails where one stays torn."""
    tally = run(Plan(partial(load_chip, str(broad)), str(broad), kinds=(Kind.TORN,), points=Points.parse("nth"))).tally
    assert (tally.points, tally.failures) == (6, 2)
    assert {failed.block for failed in tally.failed} == {"careless"}


@pytest.mark.parametrize("name", ["mini", "atlas", "sifive_u"])
def test_no_chip_of_ours_has_a_wide_register_to_write(name: str) -> None:
    """What software writes to our chips is one word of the bus each time: a torn write strikes nothing there."""
    sim = SimChip(load_chip(name))
    for one in {one.type: one for one in sim.chip.instances.values()}.values():
        for store in sim.model(one.name).registers.fabric.bank.stores():
            register = store.register
            assert register.width <= 4 or not any(field.sw.writable for field in register.fields), store.place.path
