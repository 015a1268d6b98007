"""From a URL to a transport: parsing, entry points, and a plug-in that a stranger might have written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from transports.memory import MemoryTransport
from transports.open import Target, TargetError, known_schemes, open_transport

EXAMPLE = Path(__file__).parents[1] / "plugin_example"
REPOSITORY = Path(__file__).parents[2]

# What a user of the plug-in would write: it is found by its scheme, and keeps the contract.
TRY_EXAMPLE = """
import functools, trio
from transports.conformance import check_transport
from transports.open import known_schemes, open_transport
(scheme,) = [scheme for scheme in known_schemes() if scheme.name == "example"]
print(scheme.distributions, repr(scheme.problem))
make = functools.partial(open_transport, "example:4096")
trio.run(functools.partial(check_transport, make, base=0, size=4096, widths=frozenset({2})))
print("passed")
"""

SCHEMES = """
from transports.open import known_schemes
for scheme in known_schemes():
    print(scheme.name, scheme.distributions, scheme.problem)
"""

OPEN = """
import sys, trio
from transports.open import TargetError, open_transport
for url in sys.argv[1:]:
    try:
        print(type(trio.run(open_transport, url)).__name__)
    except TargetError as error:
        print(error)
"""


def python(code: str, *arguments: str, path: Path) -> str:
    """Run a program that sees the distributions in `path` beside ours; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(REPOSITORY)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def plant(folder: Path, name: str, scheme: str, value: str, modules: Mapping[str, str]) -> None:
    """Write a distribution as an installer leaves it: its metadata, and its modules."""
    metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[firstlight.transports]\n{scheme} = {value}\n")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def test_a_strangers_package_is_found_and_keeps_the_contract(tmp_path: Path) -> None:
    """A distribution installed by pip is found by its entry point and passes check_transport."""
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name in ("pyproject.toml", "firstlight_example.py"):  # a copy: the build writes beside its sources
        (source / name).write_text((EXAMPLE / name).read_text())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--no-deps", "--no-compile", "--target", site, source],
        check=True,
        timeout=120,
        capture_output=True,
    )
    printed = python(TRY_EXAMPLE, path=site).splitlines()
    assert printed == ["('firstlight-example',) ''", "passed"]


def test_a_scheme_loads_only_itself(tmp_path: Path) -> None:
    """Opening one scheme imports no other plug-in: a broken one harms nobody who does not ask for it."""
    plant(
        tmp_path, "broken", "broken", "broken_module:open_it", {"broken_module": "raise RuntimeError('no licence')\n"}
    )
    assert python(OPEN, "memory:64", path=tmp_path) == "MemoryTransport\n"


BROKEN: list[tuple[str, str, str]] = [  # scheme, what its module says, and what is said of it
    ("raises", "raise RuntimeError('no licence')", "does not import: RuntimeError: no licence"),
    (
        "needs",
        "import module_that_is_not",
        "does not import: ModuleNotFoundError: No module named 'module_that_is_not'",
    ),
    ("empty", "", "does not import: AttributeError: module 'plant_empty' has no attribute 'open_it'"),
    ("syntax", "def open_it(:", "does not import: SyntaxError: "),
    ("number", "open_it = 5", "is not a function"),
]


def test_broken_plug_ins_are_named(tmp_path: Path) -> None:
    """A plug-in that does not load is told by scheme, distribution and cause, when opened and when listed."""
    for scheme, text, _ in BROKEN:
        plant(tmp_path, f"some-{scheme}", scheme, f"plant_{scheme}:open_it", {f"plant_{scheme}": text})
    opened = python(OPEN, *(f"{scheme}:" for scheme, *_ in BROKEN), path=tmp_path).splitlines()
    listed = python(SCHEMES, path=tmp_path).splitlines()
    for (scheme, _, said), line in zip(BROKEN, opened, strict=True):
        assert line.startswith(f"scheme {scheme}: ")
        assert f"some-{scheme}" in line
        assert said in line
        assert f"{scheme} ('some-{scheme}',) {line}" in listed
    assert "memory ('firstlight',) " in listed


def test_two_owners_of_a_scheme_are_refused(tmp_path: Path) -> None:
    """A scheme that two distributions bring is opened by neither, and both are named."""
    for name in ("zebra", "aardvark"):
        plant(tmp_path, name, "both", f"{name}:open_it", {name: "async def open_it(target): ..."})
    assert python(OPEN, "both:1", path=tmp_path) == (
        "scheme both: is brought by aardvark and zebra; uninstall all but one\n"
    )


@pytest.mark.parametrize("url", ["", "sim", ":x", "Sim:", "5:x", "/dev/mem"])
def test_a_url_without_scheme_is_refused(url: str) -> None:
    """What does not begin with a scheme is refused; the message names it and lists the schemes that there are."""
    with pytest.raises(TargetError, match=f"target '{url}' .*known schemes: .*memory:"):
        Target.parse(url)


async def test_an_unknown_scheme_is_refused() -> None:
    """An unknown scheme is refused; the message names the URL and lists the schemes that there are."""
    with pytest.raises(TargetError, match=r"target 'nope:1' has an unknown scheme, nope:; known schemes: .*memory:"):
        await open_transport("nope:1")


def test_a_url_is_split_at_its_first_colon() -> None:
    """The rest of a URL may hold anything, colons too; chip and seed go along."""
    target = Target.parse("pcie:0000:01:00.0/0\n", chip="atlas", seed=7)
    assert target == Target(url="pcie:0000:01:00.0/0\n", scheme="pcie", rest="0000:01:00.0/0\n", chip="atlas", seed=7)


async def test_memory_opens_by_its_url() -> None:
    """open_transport finds our own schemes by the same way as any plug-in's."""
    assert isinstance(await open_transport("memory:64"), MemoryTransport)
    assert {"memory": ("firstlight",)}.items() <= {
        scheme.name: scheme.distributions for scheme in known_schemes()
    }.items()
