"""A chip's file counts with the indices of its blocks, and says which arrays may have another length."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from blocks.chip import Chip, ChipError, LineSpec, load_chip

HEAD = '[chip]\nname = "mini"\nunmanaged = ["refpll", "sys_crg", "pll[*]", "crg[*]", "fabric_crg", "io_crg[*]"]\n'
TWOS = '[{ array = "io_crg", by = 2, why = "they stand in pairs" }]'
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a description beside a copy of mini's register image."""
    with resources.as_file(resources.files("chips") / "mini.image") as image:
        shutil.copy(image, tmp_path / "mini.image")

    def write_text(text: str) -> Path:
        path = tmp_path / "mini.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


def lines(chip: Chip) -> list[LineSpec | None]:
    return [instance.line for instance in chip.instances.values()]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{0}", [0, 1, 2, 3]),
        ("{0+8}", [8, 9, 10, 11]),
        ("{0*4+2}", [2, 6, 10, 14]),
        ("{0^1}", [1, 0, 3, 2]),
        ("{0//2+{0%2}", None),
        ("{0%2}{0//2}", [0, 10, 1, 11]),
    ],
)
def test_a_text_counts_with_the_indices(write: Write, source: str, found: list[int] | None) -> None:
    """Whole numbers are applied to an index from left to right, wherever a text stands."""
    text = f'{HEAD}[blocks."pll[*]"]\ntype = "pll"\nconfig = {{ fbdiv = 64 }}\nline = {{ source = "{source}" }}\n'
    if found is None:
        with pytest.raises(ChipError, match=r"a number of 0\.\.1048575"):
            load_chip(write(text))
        return
    assert lines(load_chip(write(text))) == [LineSpec(None, number) for number in found]


@pytest.mark.parametrize(
    ("line", "path", "said"),
    [
        ('source = "{0-1}"', "line.source", "a number of 0..1048575"),
        ('source = "{0//0}"', "", "other than 0 to divide by"),
        ('source = "{1+1}"', "", "for the first index"),
        ('source = "{0}", step = 1', "line.step", "nothing beside a text"),
        ("source = 1048576", "line.source", "a number of 0..1048575"),
        ("", "line.source", "a number of 0..1048575"),
    ],
)
def test_a_count_that_cannot_be_is_refused(write: Write, line: str, path: str, said: str) -> None:
    """What the indices do not give, or no controller has, is one error at its place."""
    text = f'{HEAD}[blocks."pll[*]"]\ntype = "pll"\nconfig = {{ fbdiv = 64 }}\nline = {{ {line} }}\n'
    with pytest.raises(ChipError, match=said) as caught:
        load_chip(write(text))
    assert caught.value.path == 'blocks."pll[*]"' + (f".{path}" if path else "")


def test_a_text_that_is_one_sum_is_a_number(write: Write) -> None:
    """In configuration and model `{0*2+40}` alone is a whole number, and inside a text it is part of the text."""
    text = (
        f'{HEAD}[blocks."pll[*]"]\ntype = "pll"\nconfig = {{ fbdiv = "{{0*2+40}}" }}\n'
        '[blocks."crg[*]"]\ntype = "crg"\nmodel = { clock = "pll[{0^1}].clock" }\n'
    )
    chip = load_chip(write(text))
    assert [chip.instances[f"pll[{k}]"].block.config.fbdiv for k in range(4)] == [40, 42, 44, 46]
    assert [chip.instances[f"crg[{k}]"].model["clock"] for k in range(4)] == [f"pll[{k ^ 1}].clock" for k in range(4)]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_an_array_has_the_length_that_is_asked_for(write: Write, count: int) -> None:
    """Blocks, addresses and everything counted by index follow the array's length."""
    text = f'{HEAD}scalable = ["io_crg"]\n[blocks."io_crg[*]"]\ntype = "crg"\nline = {{ source = 3, step = 2 }}\n'
    path = write(text)
    chip = load_chip(f"{path}?io_crg={count}")
    assert [(i.name, i.address) for i in chip.instances.values()] == [
        (f"io_crg[{k}]", 0xB000 + 0x1000 * k) for k in range(count)
    ]
    assert lines(chip) == [LineSpec(None, 3 + 2 * k) for k in range(count)]


@pytest.mark.parametrize(
    ("scalable", "query", "said"),
    [
        ('["io_crg"]', "io_crg=0", "with a count of 1"),
        ('["io_crg"]', "io_crg=x", "ARRAY=COUNT"),
        ('["io_crg"]', "io_crg", "ARRAY=COUNT"),
        ('["io_crg"]', "io_crg=99", "5 or fewer, before scratch begins"),
        ('["io_crg"]', "pll=2", "`io_crg`|one of io_crg"),
        ("[]", "pll=2", "nothing here"),
        ('["iocrg"]', "", "`io_crg`, perhaps"),
        ('["refpll"]', "", "one of crg, io_crg, pll|perhaps"),
        ("[3]", "", r'scalable\[0\]: found 3; expected the name of an array, or { array = "NAME"'),
        ('[{ array = "io_crg", of = 2 }]', "", r"scalable\[0\]\.of: found an unknown key"),
        ('[{ array = "io_crg", by = 0 }]', "", r"scalable\[0\]\.by: found 0; expected 1 or more"),
        (TWOS, "io_crg=3", r"scalable\[0\]: found io_crg=3; expected an even number: they stand in pairs$"),
        ('[{ array = "io_crg", by = 3 }]', "io_crg=4", "found io_crg=4; expected a multiple of 3$"),
    ],
)
def test_a_length_that_cannot_be_is_refused(write: Write, scalable: str, query: str, said: str) -> None:
    """Only listed arrays change, only so far as there is room, and the error says what is possible."""
    path = write(f'{HEAD}scalable = {scalable}\n[blocks."io_crg[*]"]\ntype = "crg"\n')
    with pytest.raises(ChipError, match=said):
        load_chip(f"{path}?{query}" if query else path)


def test_a_length_that_does_not_fit_is_told_by_the_chip() -> None:
    """Atlas has dies in pairs, and says so; and nobody brings up as many blocks as could be typed."""
    for count in (1, 3, 99):
        with pytest.raises(ChipError, match=f"found die={count}; expected an even number: dies are joined in pairs"):
            load_chip(f"atlas?die={count}")
    with pytest.raises(ChipError, match=r"found 162000000 blocks \(die=1000000\); expected at most 6472"):
        load_chip("atlas?die=1000000")
