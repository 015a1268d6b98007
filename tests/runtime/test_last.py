"""The last look: what nobody has noticed by the end is told at the end, and nothing is written for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from blocks.sim.faults import ChipReset, LocalReset
from runtime.cli.exits import LOST, NOT_WELL, OK
from runtime.cli.main import main
from runtime.last import LAST_S
from runtime.summary import IN_SERVICE
from tests.runtime.conftest import ToyTransport
from tests.runtime.mini import MINI, serving
from tests.runtime.serving import ToyChips, kept, run
from transports.batch import Batch, Results

DOWN = len(MINI.instances)


@pytest.mark.parametrize(
    ("fault", "status", "down"),
    [
        ('kind = "link_down"\nfor = 100', LOST, DOWN),
        ('kind = "link_down"\nfor = 100\nanswer = "nothing"', LOST, DOWN),
        ('kind = "chip_reset"', NOT_WELL, DOWN),
        ('kind = "local_reset"\nblock = "io_crg[0]"', NOT_WELL, 1),
        ('kind = "error"\nblock = "refpll"\ncount = 1', OK, 0),
    ],
)
def test_what_no_sweep_has_seen_is_told_at_the_end(
    fault: str, status: int, down: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chip that died after the last sweep is no success; what one more try answers is none either way."""
    (tmp_path / "f.toml").write_text(f"[[fault]]\nat = 12\n{fault}\n")
    words = ("run", "mini", "--on", "sim:", "--clock", "virtual", "--for", "15", "--inject", str(tmp_path / "f.toml"))
    ended = main([*words, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (ended, len(found["unrecovered"]), found["writes"]) == (status, down, 0)
    assert found["up"] == DOWN - down
    assert len(found["incidents"]) == bool(down)
    for incident in found["incidents"]:
        assert incident["detected_after_s"] == pytest.approx(3, abs=0.1)
        assert (incident["recovered"], incident["found_by"]) == (False, "access" if status == LOST else "sweep")
    assert (found["verdict"] == "up") is (status == OK)
    assert bool(found["lost"]) is (status == LOST)


def test_a_stop_tells_what_it_finds_and_writes_nothing() -> None:
    """Told to stop right after a reset, it says which blocks are down; of one that is held it says only that."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("io_crg[1]")
            await trio.sleep(1)
            log = set(it.transport.written)
            it.inject(LocalReset(block="io_crg[0]"))
            it.inject(LocalReset(block="io_crg[1]"))
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert end.unrecovered.keys() == {"io_crg[0]", "io_crg[1]"}
            assert end.unrecovered["io_crg[0]"].endswith("; seen at the end, and not mended")
            assert end.unrecovered["io_crg[1]"] == "held for a person"
            assert (it.transport.written, end.stopped) == (log, "signal")

    run(main)


def test_a_look_at_a_dead_chip_names_every_block_and_no_write_leaves() -> None:
    """After a reset of the whole chip nothing is in service, and nothing was written about it."""

    async def main() -> None:
        async with serving() as it:
            await trio.sleep(1)
            it.inject(ChipReset())
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert end.unrecovered.keys() == MINI.instances.keys()
            assert not {*IN_SERVICE} & {*end.states.values()}
            assert (end.verdict, it.transport.written) == ("failed", set())

    run(main)


class Silent(ToyTransport):
    """A transport that answers no more, once it is told."""

    silent: bool = False

    async def execute(self, batch: Batch) -> Results:
        if self.silent:
            await trio.sleep_forever()
        return await super().execute(batch)


def test_a_chip_that_keeps_silent_holds_up_no_end(toy_chips: ToyChips) -> None:
    """The last look ends after its time, answered or not; who was not looked at counts as it did."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        toy.transport = silent = Silent(toy.device)
        async with kept(toy, sweep_s=10.0) as it:
            silent.silent = True
            it.stop.set()
            await trio.sleep(LAST_S + 0.1)
            (end,) = it.ends
            assert end.for_s == pytest.approx(LAST_S)
            assert end.well

    run(main)
