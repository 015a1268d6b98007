"""What is shipped: the sdist, the wheel, and a target that has the wheel and no more of ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from fnmatch import filter as matching
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from attrs import frozen

SHIPPED = ("transports", "registers", "chips", "blocks", "interrupts", "runtime")
SHIPPED_SUFFIXES = (".py", "/py.typed", ".rdl", ".toml", ".image")
RUNTIME_DEPENDENCIES = {"trio", "attrs", "msgpack", "anyio", "crc32c"}


@frozen
class Built:
    """One build: the sdist, the wheel made from it, and the wheel made from the checkout."""

    sdist: Path
    wheel: Path
    wheel_of_checkout: Path


Done = subprocess.CompletedProcess[str]


def succeeded(done: Done) -> Done:
    """Show what a command printed if it failed."""
    if done.returncode:
        command = " ".join(map(str, done.args))
        said = done.stdout + done.stderr
        pytest.fail(f"{command}\nexit status {done.returncode}\n{said}", pytrace=False)
    return done


def python(*arguments: str | Path) -> None:
    """Run this interpreter."""
    command = [sys.executable, *map(str, arguments)]
    succeeded(subprocess.run(command, capture_output=True, text=True, check=False))


@pytest.fixture(scope="module")
def built(repository: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build from a copy, so that no earlier build leaks in, under a name with a space in it."""
    copy = tmp_path_factory.mktemp("a checkout")
    for path, file in repository.items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy / path)
    direct, dist = copy / "direct", copy / "dist"
    python("-m", "build", "--no-isolation", "--outdir", dist, copy)
    python("-m", "build", "--no-isolation", "--wheel", "--outdir", direct, copy)
    [sdist], [wheel] = dist.glob("*.tar.gz"), dist.glob("*.whl")
    [wheel_of_checkout] = direct.glob("*.whl")
    return Built(sdist, wheel, wheel_of_checkout)


def contents(wheel: Path) -> set[str]:
    """Return the files in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_shipped_folders_and_nothing_else(
    built: Built, repository: dict[str, Path]
) -> None:
    """Code, descriptions and images of the shipped floors are in the wheel; bench and tests not."""
    shipped = {path for path in repository if path.split("/")[0] in SHIPPED}
    assert {path for path in shipped if path.endswith(SHIPPED_SUFFIXES)} == contents(built.wheel)


@pytest.mark.parametrize("pattern", ["chips/*mini*.toml", "chips/*.image", "blocks/*/*.image"])
def test_chips_and_register_images_are_in_the_wheel(built: Built, pattern: str) -> None:
    """A target gets its chips as data and its registers compiled."""
    assert matching(contents(built.wheel), pattern)


def test_a_wheel_from_the_sdist_equals_one_from_the_checkout(built: Built) -> None:
    """Nothing that the wheel needs is missing from the sdist."""
    assert contents(built.wheel_of_checkout) == contents(built.wheel)


def test_the_sdist_is_the_whole_checkout(built: Built, repository: dict[str, Path]) -> None:
    """Who has the sdist can run the tests."""
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert set() == set(repository) - names - {".gitignore"}


def test_the_target_needs_five_packages(built: Built) -> None:
    """The runtime dependencies are these five, each with a lower bound and nothing more."""
    with zipfile.ZipFile(built.wheel) as archive:
        [path] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        required = message_from_bytes(archive.read(path)).get_all("Requires-Dist", [])
    always = [requirement for requirement in required if "extra ==" not in requirement]
    assert len(RUNTIME_DEPENDENCIES) == len(always)
    assert {re.sub(r">=[\d.]+$", "", requirement) for requirement in always} == RUNTIME_DEPENDENCIES


# ---- a target: a clean environment, the wheel, and what the wheel asks for ----------------------


@frozen
class Target:
    """A machine in the field: its commands run in an empty folder, without our checkout."""

    prefix: Path
    folder: Path

    def run(self, command: str, *arguments: str) -> Done:
        """Run a command of the target."""
        return subprocess.run(
            [str(self.prefix / "bin" / command), *arguments],
            cwd=self.folder, env={"PATH": os.defpath, "HOME": str(self.folder)},
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )


@pytest.fixture(scope="module")
def target(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """Install the wheel, without extras, into an environment of its own."""
    prefix = tmp_path_factory.mktemp("target")
    venv.create(prefix, symlinks=True)
    interpreter = prefix / "bin" / "python"
    python("-m", "pip", "--python", interpreter, "install", "--quiet", "--no-compile", built.wheel)
    return Target(prefix, tmp_path_factory.mktemp("empty"))


def test_help_works_on_the_target(target: Target) -> None:
    """The command is there, and says what it can do."""
    assert "up" in succeeded(target.run("firstlight", "--help")).stdout


def test_chips_are_found_on_the_target(target: Target) -> None:
    """The chips come with the wheel."""
    done = succeeded(target.run("firstlight", "chips", "--json"))
    assert '"mini"' in json.dumps(json.loads(done.stdout))


def test_a_chip_comes_up_on_the_target(target: Target) -> None:
    """The main job needs no checkout, no extra and no compiler."""
    report = json.loads(succeeded(target.run("firstlight", "up", "mini", "--json")).stdout)
    assert ([], []) == (report["failed"], report["waiting"])
    assert list(target.folder.iterdir()) == []


def test_without_the_cli_extra_people_are_served_or_told(target: Target) -> None:
    """Without rich, a verb for people does its work or names the extra that it needs."""
    done = target.run("firstlight", "up", "mini")
    assert done.returncode == 0 or "firstlight[cli]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_target_has_no_compiler_of_descriptions(target: Target) -> None:
    """No extra slips in: SystemRDL is read on a host, rich and shtab are for people."""
    script = "import importlib.util as u; print(*map(u.find_spec, ('systemrdl', 'rich', 'shtab')))"
    assert target.run("python", "-c", script).stdout == "None None None\n"


def test_compiling_on_the_target_names_the_extra(target: Target, tmp_path: Path) -> None:
    """Who compiles a description without the compiler is told what to install, in one line."""
    description = tmp_path / "empty.rdl"
    description.write_text("addrmap empty { reg { field {} f; } r; };\n")
    done = target.run("firstlight", "registers", "compile", str(description))
    assert done.returncode in (1, 2)
    assert "firstlight[rdl]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---- our top-level names are common words -----------------------------------------------------


def foreign_owners(owners: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which other distributions ship one of our top-level names, and so may win its import."""
    return [
        f"{name!r} is also shipped by {other!r}; install firstlight into an environment of its own"
        for name in SHIPPED
        for other in sorted(set(owners.get(name, ())) - {"firstlight"})
    ]


def test_no_other_distribution_ships_our_names() -> None:
    """In the environment of the tests, our names are ours."""
    owners = packages_distributions()
    assert set(SHIPPED) <= set(owners), "firstlight itself is not installed: make test installs it"
    if foreign := foreign_owners(owners):
        pytest.fail("\n".join(foreign), pytrace=False)


def test_a_distribution_with_our_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted distribution with a package called runtime is named, with what to do."""
    info, package = tmp_path / "planted-1.0.dist-info", tmp_path / "runtime"
    info.mkdir()
    package.mkdir()
    (package / "__init__.py").touch()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "RECORD").write_text("runtime/__init__.py,,\nplanted-1.0.dist-info/METADATA,,\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    [foreign] = foreign_owners(packages_distributions())
    assert foreign.startswith("'runtime' is also shipped by 'planted'")
