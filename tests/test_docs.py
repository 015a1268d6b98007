"""What README.md and docs/ say of the tree and of the commands is so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

import pytest

from blocks.chip import list_chips
from runtime.cli.exits import UsageError
from runtime.cli.parser import parse

ROOT = Path(__file__).parents[1]
PROSE = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
OURS = r"py|rdl|toml|image|md"  # endings of files that only the repository has
MADE = (".venv/",)  # by make, on the user's side


def text_of(name: str) -> str:
    """Return one of our pages."""
    return (ROOT / name).read_text(encoding="utf-8")


def paths_in(text: str) -> Iterator[str]:
    """Yield what a page names as a file or folder of ours: in backticks, in a drawing or as the end of a link."""
    yield from (path for path in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in path)
    yield from re.findall(r"`([\w.*-]+(?:/[\w.*-]+)*/)`", text)
    yield from re.findall(rf"(?<![\w./-])((?:[\w-]+/)*\w[\w-]*\.(?:{OURS}))(?![\w/])", text)


def missing(text: str, tree: Collection[str]) -> list[str]:
    """Return the paths that a page names and that are not there; a file may be named by the end of its path."""
    folders = {f"{parent}/" for path in tree for parent in PurePosixPath(path).parents}
    ends = {"/".join(parts[at:]) for path in tree for parts in [path.split("/")] for at in range(len(parts))}
    named = dict.fromkeys(path for path in paths_in(text) if not path.startswith(MADE))
    return [path for path in named if path not in (folders if path.endswith("/") else ends)]


def made_by(text: str) -> Iterator[str]:
    """Yield the files that a tutorial has its reader write (tests/test_tutorials.py does), and what is made of it."""
    for path in re.findall(r"^`([\w./-]+)`:\n\n```", text, re.M):
        yield path
        if path.endswith(".rdl"):
            yield from (str(PurePosixPath(path).with_suffix(".image")), str(PurePosixPath(path).with_name("regs.py")))


@pytest.mark.parametrize("name", PROSE)
def test_what_a_page_names_is_there(name: str, repository: dict[str, Path]) -> None:
    """Every path in a page, in backticks, a drawing or a link, leads to something, if the page does not make it."""
    assert missing(text_of(name), {*repository, *made_by(text_of(name))}) == []


@pytest.mark.parametrize(
    "said",
    ["`blocks/none/driver.py`", "[none](docs/none.md)", "`none/`", "none.py", "a `none.rdl`", "(`blocks/none.toml`)"],
)
def test_a_path_that_leads_nowhere_is_found(said: str) -> None:
    """A planted path is found where it does not exist, and passes where it does."""
    path = next(paths_in(said))
    assert missing(said, ["blocks/pll/driver.py"]) == [path]
    assert missing(said, [f"{path}file" if path.endswith("/") else path]) == []


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each `firstlight` command line, in a block of code or in backticks."""
    for line in re.findall(r"(?:^ {4}|`)(?:\S*/)?firstlight (\w[^`\n]*|--[^`\n]*)", text, re.M):
        yield shlex.split(line, comments=True)


def test_every_command_in_the_pages_is_one() -> None:
    """The command line accepts each command that a page shows, and knows the chip that it names."""
    found = [words for name in PROSE for words in commands(text_of(name))]
    assert ["up", "mini", "--json"] in found
    for words in found:
        if words in (["--help"], ["--version"]):
            continue
        try:
            arguments = parse(words, "0")
        except UsageError as problem:
            pytest.fail(f"firstlight {shlex.join(words)}: {problem}", pytrace=False)
        chip = getattr(arguments, "chip", None) or "mini"
        assert chip.partition("?")[0] in list_chips(), words


def test_a_command_is_found_wherever_it_stands() -> None:
    """A command line is found in a block of code and in backticks, its comment is not part of it, and prose is none."""
    text = "    .venv/bin/firstlight up x  # y\nSay `firstlight show z` to\nfirstlight, the tool. `firstlight` runs.\n"
    assert list(commands(text)) == [["up", "x"], ["show", "z"]]


def test_what_make_is_told_in_the_pages_it_can_do() -> None:
    """Each `make` target that a page shows is one of the Makefile's."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
    shown = {word for name in PROSE for word in re.findall(r"(?:^ {4}|`)make ([a-z]+)", text_of(name), re.M)}
    assert {"up", "test"} <= shown <= targets


@pytest.mark.parametrize("name", ["README.md", "docs/ARCHITECTURE.md"])
def test_floors_are_shown_as_they_stand(name: str) -> None:
    """The folders stand in a page's table or drawing in the order in which they may import each other."""
    listed = re.search(r"^FLOORS = \((.+?)\)", text_of("tests/test_tidy.py"), re.M | re.S)
    assert listed is not None
    floors = [floor for floor in re.findall(r'"(\w+)"', listed[1]) if floor != "tests"]
    shown = re.findall(rf"^\|? ?`?({'|'.join(floors)})/`? ", text_of(name), re.M)
    assert shown == floors[::-1]
