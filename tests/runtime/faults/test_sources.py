"""The laws of the digest: another result may come only where the digest is another, and it is the same elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import chips
from runtime.faults.sources import digest_of

CHIPS = Path(chips.__path__[0])


def copied(folder: Path) -> str:
    folder.mkdir()
    for suffix in (".toml", ".image"):
        shutil.copy(CHIPS / f"mini{suffix}", folder)
    return str(folder / "mini.toml")


def test_a_chip_elsewhere_is_the_same_chip(tmp_path: Path) -> None:
    """Neither where the files of a chip are, nor in which size it is taken, is part of what they say."""
    here, there = copied(tmp_path / "here"), copied(tmp_path / "there")

    assert digest_of(here) == digest_of(there) == digest_of(f"{there}?die=4")
    assert digest_of("mini") == digest_of() != digest_of(here)


@pytest.mark.parametrize("suffix", [".toml", ".image"])
def test_a_change_of_a_chip_is_another_digest(tmp_path: Path, suffix: str) -> None:
    """One byte more in a file of the chip makes its results other results; files beside it do not."""
    name = copied(tmp_path / "here")
    before = digest_of(name)
    (tmp_path / "here" / "notes.md").write_text("of no account")
    assert digest_of(name) == before

    with (tmp_path / "here" / f"mini{suffix}").open("ab") as file:
        file.write(b"\n")
    assert digest_of(name) != before


def test_a_chip_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    """Files that cannot be read are an error, with the name of the first."""
    with pytest.raises(FileNotFoundError, match=r"none\.toml"):
        digest_of(str(tmp_path / "none.toml"))
