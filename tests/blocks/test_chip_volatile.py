"""The laws of `[campaign.volatile]`: it names registers and fields that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blocks.chip import load_chip
from blocks.chip.table import ChipError

CHIPS = Path(__file__).parents[2] / "chips"


def described(folder: Path, more: str) -> Path:
    """Return mini's description with more at its end."""
    text = (CHIPS / "mini.toml").read_text(encoding="utf-8").replace("[campaign.volatile]", "[policy.refpll]", 1)
    text = re.sub(r"\[policy\.refpll\]\n(?:\w+ = \[.*\n)+", "", text)
    (folder / "mini.toml").write_text(f"{text}\n[campaign.volatile]\n{more}\n", encoding="utf-8")
    for name in ("mini.image", "mini.rdl"):
        (folder / name).write_bytes((CHIPS / name).read_bytes())
    return folder / "mini.toml"


def test_patterns_stand_for_registers(tmp_path: Path) -> None:
    """What a pattern matches is volatile, in each block of the type."""
    chip = load_chip(described(tmp_path, 'crg = ["RESET*"]'))

    assert chip.volatile["crg"].keys() >= {"RESET_CAUSE", "RESETS[0]"}
    assert set(chip.volatile["crg"].values()) == {0xFFFF_FFFF}
    assert set(chip.volatile) == {"crg"}


def test_of_a_register_fields_alone_may_be_volatile(tmp_path: Path) -> None:
    """Several fields of a register are volatile together, and its other bits are compared."""
    chip = load_chip(described(tmp_path, 'pll = ["STATUS.lock*", "STATUS.lock"]'))
    status = chip.instances["refpll"].block.regs.STATUS.register

    fields = [field for field in status.fields if field.name.startswith("lock")]
    assert chip.volatile["pll"] == {"STATUS": sum(field.mask for field in fields)}
    assert fields


@pytest.mark.parametrize(("more", "said"), [
    ('crgs = ["RESETS"]', "campaign.volatile.crgs: found an unknown key; expected `crg`, perhaps"),
    ('crg = ["RESTES"]', "campaign.volatile.crg: found 'RESTES'; expected a list of registers and fields of it"),
    ('crg = "RESETS"', "campaign.volatile.crg"),
    ("crg = [3]", "campaign.volatile.crg: found 3"),
])  # fmt: skip
def test_what_is_no_register_is_refused(tmp_path: Path, more: str, said: str) -> None:
    """A type or a register that is not there is refused, and what could have stood there is said."""
    with pytest.raises(ChipError, match=re.escape(said)):
        load_chip(described(tmp_path, more))
