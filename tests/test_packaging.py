"""What is shipped: the sdist, the wheels with and without the engine in C, and a target that has one and no more."""

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

from transports.batch import Modify, Read, ReadBurst, Write
from transports.program import pack

SHIPPED = ("transports", "registers", "chips", "blocks", "interrupts", "runtime")
SHIPPED_SUFFIXES = (".py", ".pyi", "/py.typed", ".rdl", ".toml", ".image")
ENGINE = "transports/_engine.abi3.so"
BROKEN = {"CC": "/bin/false"}  # a compiler that compiles nothing
RUNTIME_DEPENDENCIES = {"trio", "attrs", "msgpack", "anyio", "crc32c"}


Done = subprocess.CompletedProcess[str]


@frozen
class Built:
    """One build: the sdist, the wheel made from it, and the wheel made from the checkout."""

    checkout: Path
    sdist: Path
    wheel: Path
    wheel_of_checkout: Path

    def again(self, folder: Path, **environment: str) -> Done:
        """Build a wheel from the sdist, where nothing is built yet."""
        shutil.unpack_archive(self.sdist, folder / "source", filter="data")
        [source] = (folder / "source").iterdir()
        command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(source)]
        return subprocess.run(command, env=without_ours(environment), capture_output=True, text=True, check=False)


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with these variables, and with none that says how we are built."""
    return {name: value for name, value in os.environ.items() if name != "FIRSTLIGHT_WHEEL"} | dict(environment)


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
    succeeded(subprocess.run(command, env=without_ours({}), capture_output=True, text=True, check=False))


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
    return Built(copy, sdist, wheel, wheel_of_checkout)


def contents(wheel: Path) -> set[str]:
    """Return the files in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_shipped_folders_and_nothing_else(built: Built, repository: dict[str, Path]) -> None:
    """Code, descriptions and images of the shipped floors are in the wheel; bench and tests not."""
    assert shipped_files(repository) == contents(built.wheel) - {ENGINE}


def shipped_files(repository: dict[str, Path]) -> set[str]:
    """Return what every wheel holds."""
    shipped = {path for path in repository if path.split("/")[0] in SHIPPED}
    return {path for path in shipped if path.endswith(SHIPPED_SUFFIXES)}


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


# ---- with the engine in C, or without ---------------------------------------------------------


def tags(wheel: Path) -> tuple[str, list[str]]:
    """Return whether a wheel is for any machine, and its tags."""
    with zipfile.ZipFile(wheel) as archive:
        [path] = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
        said = message_from_bytes(archive.read(path))
    return said["Root-Is-Purelib"], said.get_all("Tag", [])


@pytest.fixture(scope="module")
def with_engine(built: Built) -> Path:
    """Return the wheel that a compiler at hand gives; skip where there is none."""
    if ENGINE not in contents(built.wheel):
        pytest.skip("the engine in C is not built here: it needs a C compiler and Python.h")
    return built.wheel


def test_a_wheel_with_the_engine_says_so(with_engine: Path, repository: dict[str, Path]) -> None:
    """The wheel with the engine is for every CPython from 3.11 on, on this kind of machine."""
    pure, [tag] = tags(with_engine)
    assert (pure, tag.startswith("cp311-abi3-linux_")) == ("false", True)
    assert contents(with_engine) == shipped_files(repository) | {ENGINE}


@pytest.mark.parametrize("environment", [{"FIRSTLIGHT_WHEEL": "pure"}, BROKEN], ids=["asked for", "broken compiler"])
def test_a_wheel_without_the_engine_is_for_everything(
    environment: dict[str, str], built: Built, repository: dict[str, Path], tmp_path: Path
) -> None:
    """Asked for, or where the compiler is broken, the wheel has no engine and is for any machine; and says why."""
    done = succeeded(built.again(tmp_path, **environment))
    [wheel] = tmp_path.glob("*.whl")
    assert tags(wheel) == ("true", ["py3-none-any"])
    assert contents(wheel) == shipped_files(repository)
    assert ("the engine in C cannot be built" in done.stderr) == (environment is BROKEN)


def test_a_wheel_that_must_have_the_engine_has_it_or_fails(built: Built, tmp_path: Path) -> None:
    """Where the engine is asked for and the compiler is broken, there is no wheel; nor where the word is not known."""
    assert built.again(tmp_path / "a", FIRSTLIGHT_WHEEL="abi3", **BROKEN).returncode != 0
    done = built.again(tmp_path / "b", FIRSTLIGHT_WHEEL="abi")
    assert "expected abi3, pure or nothing" in done.stdout + done.stderr
    assert list(tmp_path.glob("*/*.whl")) == []


def test_an_editable_install_does_without_a_compiler(built: Built, tmp_path: Path) -> None:
    """With a broken compiler `pip install -e` succeeds, the engine is the one in Python, and it is said why."""
    venv.create(tmp_path, symlinks=True)
    shutil.unpack_archive(built.sdist, tmp_path / "source", filter="data")
    [source] = (tmp_path / "source").iterdir()
    interpreter = str(tmp_path / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", interpreter, "install", "-q", "-e", str(source)]
    succeeded(subprocess.run(command, env=without_ours(BROKEN), capture_output=True, text=True, check=False))
    script = "from transports.native import *; import transports; print(ENGINE, ENGINE_REASON, transports.__file__)"
    command = [interpreter, "-c", script]
    done = succeeded(subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False))
    assert done.stdout.startswith(
        "python this installation has no engine in C: no C compiler worked when it was built;"
    )
    assert str(source) in done.stdout


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_the_engine_runs_on_later_pythons(version: str, with_engine: Path, tmp_path: Path) -> None:
    """The one library loads into a later CPython and runs a program there."""
    if (interpreter := shutil.which(f"python{version}")) is None:
        pytest.skip(f"no python{version} here")
    if subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"python{version} does not start here")
    with zipfile.ZipFile(with_engine) as archive:
        archive.extract(ENGINE, tmp_path)
    (tmp_path / "transports" / "__init__.py").touch()
    packed = pack([Write(0x100, 0xAB), Modify(0x100, mask=0xF, value=1), Read(0x100), ReadBurst(0x100, 2)])
    script = (
        "from transports._engine import Program, Window\n"
        f"program = Program({packed!r})\n"
        "print(program.accesses, Window(bytearray(8), 0x100).run(program).hex())"
    )
    done = succeeded(
        subprocess.run([interpreter, "-c", script], cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    )
    words = b"".join(word.to_bytes(8, "little") for word in (0, 0xAB, 0xA1, 0xA1, 0))
    assert done.stdout == f"6 {words.hex()}\n"


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
            cwd=self.folder,
            env={"PATH": os.defpath, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
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


def test_the_engine_on_the_target_is_the_wheels(target: Target, built: Built) -> None:
    """What the wheel holds is what runs."""
    engine = "c" if ENGINE in contents(built.wheel) else "python"
    assert json.loads(target.run("firstlight", "doctor", "--json").stdout)["engine"] == engine


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


def test_a_distribution_with_our_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
