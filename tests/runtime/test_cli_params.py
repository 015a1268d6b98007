"""What a simulation can be told is found from the command, by name, type, default and meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blocks.chip import Chip, load_chip
from blocks.chip.table import choice
from blocks.chip.types import block_types
from blocks.model import model_type, params_of
from blocks.sim import overrides
from blocks.sim.params import parameters
from runtime.cli.exits import OK, USAGE
from runtime.cli.main import main
from transports.open import TargetError


@pytest.fixture(scope="module")
def atlas() -> Chip:
    """Return the chip with the most block types."""
    return load_chip("atlas")


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, Any]]:
    """Return what the verb lists, by type and parameter."""
    assert main(["chips", *words, "--json"]) == OK
    return {f"{row['type']}.{row['name']}": row for row in json.loads(capsys.readouterr().out)}


def test_parameters_of_a_chip(capsys: pytest.CaptureFixture[str]) -> None:
    """Each type's parameters stand with values, default and meaning; of one block or type alone as well."""
    mini = listed(capsys, "mini", "--params")

    assert mini["pll.lock_s"] == {
        "type": "pll",
        "name": "lock_s",
        "kind": "a number of 0..inf",
        "default": 50e-6,
        "meaning": "typical time to lock; inf: it never does",
    }
    assert {key.partition(".")[0] for key in mini} == {"pll", "crg"}
    assert mini["crg.clock"]["kind"] == "BLOCK.net"
    assert set(listed(capsys, "mini", "--params", "crg")) == {key for key in mini if key.startswith("crg.")}
    assert listed(capsys, "mini", "--params", "pll[1]")["pll.reference"]["default"] == "refpll.clock"
    assert main(["chips", "mini", "--params"]) == OK
    assert "typical time to lock" in capsys.readouterr().out


def test_what_names_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Parameters without a chip, or of a block that is not there, are refused."""
    assert main(["chips", "--params"]) == USAGE
    assert "chips CHIP --params" in capsys.readouterr().err
    assert main(["chips", "mini", "--params", "nope"]) == USAGE
    assert "no block 'nope'" in capsys.readouterr().err


def test_one_chip_is_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A chip that is named is the only row."""
    assert main(["chips", "mini", "--json"]) == OK
    assert [row["chip"] for row in json.loads(capsys.readouterr().out)] == ["mini"]


def test_every_parameter_says_what_it_is() -> None:
    """No parameter of a model is without a meaning."""
    for kind, name in ((model_type(name), name) for name in block_types()):
        for parameter in [] if kind is None else parameters(params_of(kind)):
            assert parameter.meaning, f"{name}.{parameter.name}"
            assert "\n" not in parameter.meaning


def test_several_on_a_line() -> None:
    """Attributes that share a line, or a meaning, are told apart."""
    kind = model_type("fuse")
    assert kind is not None
    said = {parameter.name: parameter.meaning for parameter in parameters(params_of(kind))}

    assert (said["wake_s"], said["sense_s"]) == ("of the sense amplifiers", "of all words")
    assert said["model"] == said["revision"]
    assert said["bad_ecc"] == "a word that cannot be mended"
    assert said["corrected"] == "one that can; -1: none"


def test_a_type_is_no_block(atlas: Chip) -> None:
    """A type in the place of a block is told as that, with its blocks; what else there is stands in natural order."""
    with pytest.raises(TargetError, match=r"'hbm_channel' is a block type and no block; its blocks are .*\[0\] to "):
        overrides(["hbm_channel.train_s=1"], atlas)
    assert choice("zzz", (f"b[{index}]" for index in (10, 9, 1))) == "one of b[1], b[9], b[10]"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_yes_and_no(text: str, value: bool, atlas: Chip) -> None:
    """A parameter that is true or false takes 1 and 0 as well; a number stays a number."""
    name = next(name for name, instance in atlas.instances.items() if instance.type == "crg")
    assert overrides([f"{name}.stuck={text}"], atlas)[name]["stuck"] is value
    assert overrides([f"{name}.switch_s=1"], atlas)[name]["switch_s"] == 1
    assert overrides([f"{name}.switch_s=1"], atlas)[name]["switch_s"] is not True


def test_a_link_that_no_host_has(capsys: pytest.CaptureFixture[str]) -> None:
    """PCIe has links of 1, 2, 4, 8 and 16 lanes; a host of three is refused."""
    assert main(["status", "atlas", "--on", "sim:?*pcie*.lanes=3"]) == USAGE
    assert "found 3; expected one of 1, 2, 4, 8, 16" in capsys.readouterr().err


def test_up_takes_no_set(capsys: pytest.CaptureFixture[str]) -> None:
    """`up --set` says where a simulated target is told."""
    assert main(["up", "mini", "--set", "refpll.lock_s=inf"]) == USAGE
    assert "--on 'sim:?BLOCK.PARAMETER=VALUE'" in capsys.readouterr().err
