"""The rules of docs/STYLE.md that a program can judge, and a planted breach for each of them.

A rule takes the whole tree and yields its breaches. The tree is judged by all rules at once, so one
run shows all there is to mend. An exception is a line in a table here, with its reason.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath

import pytest
from attrs import frozen

# From the ground up; chips/ is data that the simulator in blocks/ reads, and imports nothing.
FLOORS = ("transports", "registers", "chips", "blocks", "interrupts", "runtime", "bench", "tests")
SHIPPED = FLOORS[:6]
TOP = {
    *FLOORS, "docs", "deploy", ".ci", ".gitignore", "pyproject.toml", "setup.py", "Makefile", "MANIFEST.in",
    "README.md", "CHANGELOG.md", "LICENSE",
}

FILE_LINES_MAX = 500
FILE_LINES_MEDIAN_MAX = 199
FUNCTION_LINES_MAX = 60

# path: why it may be longer than FILE_LINES_MAX. At most one a folder.
DEEP_FILES: dict[str, str] = {}

# module: where it may be imported.
ONLY_IN = {
    "asyncio": ("tests/*",),  # transports/ is tried under it, nothing is written for it
    "trio": ("interrupts/*", "runtime/*", "bench/*", "tests/*"),  # below, waiting is anyio's
    "systemrdl": ("registers/compile*", "registers/lint*", "registers/peakrdl*", "bench/peers/*", "tests/*"),
    "rich": ("runtime/cli/*", "tests/*"),  # like systemrdl, an extra: all else works without
    "shtab": ("runtime/cli/*", "tests/*"),
    "distributed": ("runtime/faults/fleet*", "tests/*"),
}

VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc"}
ESCAPE = re.compile(r"#\s*(noqa|type:\s*ignore|pragma|pyright:|mypy:|ruff:|pylint:|isort:)", re.I)
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")
# Places that exist only where this was written, and hosts that a mirror replaces elsewhere.
WORKPLACE = re.compile(
    r"(?<![\w.-])/(?:work|root)/|/opt/(?:pypi|wheels)|\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b"
)


@frozen
class Source:
    """One file: its path from the root of the repository, and what stands in it."""

    path: str
    text: str

    @property
    def top(self) -> str:
        """The first part of the path."""
        return PurePosixPath(self.path).parts[0]

    @property
    def generated(self) -> bool:
        """Whether the register generator wrote it: its sizes follow the hardware's."""
        return self.path.endswith("/regs.py")

    @property
    def lines(self) -> int:
        """Count the lines."""
        return len(self.text.splitlines())


Tree = Sequence[Source]
Rule = Callable[[Tree], Iterable[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python(tree: Tree) -> Iterator[Source]:
    """Yield the Python files."""
    return (source for source in tree if source.path.endswith(".py"))


@cache
def parsed(source: Source) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(source.text, source.path)


@cache
def nodes(source: Source) -> tuple[ast.AST, ...]:
    """Return all nodes of a Python file."""
    return tuple(ast.walk(parsed(source)))


def functions(source: Source) -> Iterator[Function]:
    """Yield all functions of a file, nested ones too."""
    return (node for node in nodes(source) if isinstance(node, Function))


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute name) of each import, wherever it stands and however it is spelt."""
    package = PurePosixPath(source.path).parts[:-1]
    for node in nodes(source):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=0):
                yield node.lineno, module or ""
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1]
                ends = [module] if module else [alias.name for alias in names]
                yield from ((node.lineno, ".".join((*base, end))) for end in ends)
            case ast.Call(
                func=ast.Attribute(attr="import_module")
                | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name
            case _:
                pass


@cache
def comments(source: Source) -> tuple[tuple[int, str], ...]:
    """Return (line, text) of each comment of a Python file."""
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    found = (token for token in tokens if token.type == tokenize.COMMENT)
    return tuple((token.start[0], token.string) for token in found)


# ---- the rules --------------------------------------------------------------------------------


def imports_run_down(tree: Tree) -> Iterator[str]:
    """A folder imports only itself and the folders below it."""
    for source in python(tree):
        for line, name in imports(source):
            top = name.split(".")[0]
            if {top, source.top} <= set(FLOORS) and FLOORS.index(top) > FLOORS.index(source.top):
                yield f"{source.path}:{line}: imports {name}, which stands above {source.top}/"


def imports_stay_in_place(tree: Tree) -> Iterator[str]:
    """Optional packages and event loops are imported only where ONLY_IN says."""
    for source in python(tree):
        for line, name in imports(source):
            places = ONLY_IN.get(name.split(".")[0])
            if places and not any(fnmatch(source.path, place) for place in places):
                yield f"{source.path}:{line}: imports {name}, which only {', '.join(places)} may"


def files_are_short(tree: Tree, deep: Mapping[str, str] = DEEP_FILES) -> Iterator[str]:
    """A file has at most FILE_LINES_MAX lines, or stands in DEEP_FILES: one a folder."""
    long = {
        source.path: source.lines
        for source in python(tree)
        if source.lines > FILE_LINES_MAX and not source.generated
    }
    for path, lines in long.items():
        if path not in deep:
            yield f"{path}: {lines} lines, more than {FILE_LINES_MAX}"
    folders = [PurePosixPath(path).parent for path in deep]
    for path in deep:
        if path not in long:
            yield f"{path}: needs no place in DEEP_FILES"
        if folders.count(PurePosixPath(path).parent) > 1:
            yield f"{path}: a second deep file in its folder"


def half_the_files_are_short(tree: Tree) -> Iterator[str]:
    """Half of a package's files, not counting those that hold a docstring only, are short."""
    for top in FLOORS[:-1]:
        sizes = [
            source.lines
            for source in python(tree)
            if source.top == top and not source.generated and len(parsed(source).body) > 1
        ]
        if sizes and statistics.median(sizes) > FILE_LINES_MEDIAN_MAX:
            yield f"{top}/: median file has {statistics.median(sizes):.0f} lines"


def functions_are_short(tree: Tree) -> Iterator[str]:
    """A function has at most FUNCTION_LINES_MAX lines, its docstring included."""
    for source in python(tree):
        for node in functions(source):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX and not source.generated:
                yield f"{source.path}:{node.lineno}: {node.name} has {lines} lines"


def names_say_something(tree: Tree) -> Iterator[str]:
    """No module or folder is named for being used by others."""
    for source in python(tree):
        if vague := VAGUE_NAMES & {part.removesuffix(".py") for part in source.path.split("/")}:
            yield f"{source.path}: is named {', '.join(vague)}; name it for what it holds"


def no_inline_escapes(tree: Tree) -> Iterator[str]:
    """No comment silences a checker: an exception stands in pyproject.toml, with its reason."""
    for source in python(tree):
        for line, text in comments(source):
            if ESCAPE.search(text):
                yield f"{source.path}:{line}: silences a checker: {text}"


def nothing_is_unfinished(tree: Tree) -> Iterator[str]:
    """What is not done is an issue, or is not mentioned."""
    for source in tree:
        numbered = enumerate(source.text.splitlines(), 1)
        for line, text in comments(source) if source.path.endswith(".py") else numbered:
            if UNFINISHED.search(text):
                yield f"{source.path}:{line}: is unfinished: {text.strip()}"


def top_level_is_known(tree: Tree) -> Iterator[str]:
    """Nothing stands at the top of the repository but what TOP lists."""
    for top in sorted({source.top for source in tree} - TOP):
        yield f"{top}: is not among what may stand at the top"


def packages_are_complete(tree: Tree) -> Iterator[str]:
    """Each folder with code has an __init__.py, or the wheel would lack it; each floor is typed."""
    paths = {source.path for source in tree}
    code = [PurePosixPath(source.path) for source in python(tree) if source.top in FLOORS[:-1]]
    folders = {str(folder) for path in code for folder in path.parents if str(folder) != "."}
    for folder in sorted(folders):
        if f"{folder}/__init__.py" not in paths:
            yield f"{folder}/: has no __init__.py"
        if folder in SHIPPED and f"{folder}/py.typed" not in paths:
            yield f"{folder}/: has no py.typed"


def no_workplace(tree: Tree) -> Iterator[str]:
    """No text names a place or a host that exists only where it was written."""
    for source in tree:
        for line, text in enumerate(source.text.splitlines(), 1):
            if found := WORKPLACE.search(text):
                yield f"{source.path}:{line}: names {found[0]}"


def errors_are_not_swallowed(tree: Tree) -> Iterator[str]:
    """Nothing catches all errors to drop them, and nothing catches a cancellation and goes on."""
    for source in python(tree):
        for node in nodes(source):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = {"BaseException"} if node.type is None else last_names(node.type)
            drops = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
            raises = any(isinstance(step, ast.Raise) for step in ast.walk(node))
            if caught & {"BaseException", "Cancelled"} and not raises:
                yield f"{source.path}:{node.lineno}: catches a cancellation and does not raise it"
            elif "Exception" in caught and drops:
                yield f"{source.path}:{node.lineno}: drops every error"


def last_names(node: ast.expr) -> set[str]:
    """Return the last name of each dotted name in an expression."""
    walked = list(ast.walk(node))
    names = {step.id for step in walked if isinstance(step, ast.Name)}
    return names | {step.attr for step in walked if isinstance(step, ast.Attribute)}


def laws_are_stated(tree: Tree) -> Iterator[str]:
    """A test says in its docstring what holds, and can fail."""
    for source in python(tree):
        if source.top != "tests" or not PurePosixPath(source.path).name.startswith("test_"):
            continue
        judges = judging(source)
        for node in functions(source):
            if node.name.startswith("test_") and ast.get_docstring(node) is None:
                yield f"{source.path}:{node.lineno}: {node.name} states no law in a docstring"
            if node.name.startswith("test_") and node.name not in judges:
                yield f"{source.path}:{node.lineno}: {node.name} asserts nothing"


def judging(source: Source) -> set[str]:
    """Return the names of a file's functions that assert, themselves or through each other."""
    verbs = ("assert", "check", "expect", "fail", "raises", "warns", "run_state_machine")
    calls: dict[str, set[str]] = {}
    judges: set[str] = set()
    for node in functions(source):
        steps = list(ast.walk(node))
        callees = [last_names(step.func) for step in steps if isinstance(step, ast.Call)]
        called = set(chain.from_iterable(callees))
        calls.setdefault(node.name, set()).update(called)
        asserts = any(isinstance(step, ast.Assert) for step in steps)
        if asserts or any(name.startswith(verbs) for name in called):
            judges.add(node.name)
    while more := {name for name, called in calls.items() if called & judges} - judges:
        judges |= more
    return judges


def dependencies_have_reasons(tree: Tree) -> Iterator[str]:
    """Each dependency in pyproject.toml says in a comment what it is for."""
    for source in tree:
        if source.path == "pyproject.toml":
            for line, text in enumerate(source.text.splitlines(), 1):
                if re.match(r'\s+"[\w.\[\]-]+ *[><=~]', text) and "#" not in text:
                    yield f"{source.path}:{line}: gives no reason for {text.strip()}"


RULES: tuple[Rule, ...] = (
    imports_run_down,
    imports_stay_in_place,
    files_are_short,
    half_the_files_are_short,
    functions_are_short,
    names_say_something,
    no_inline_escapes,
    nothing_is_unfinished,
    top_level_is_known,
    packages_are_complete,
    no_workplace,
    errors_are_not_swallowed,
    laws_are_stated,
    dependencies_have_reasons,
)


# ---- the tree ---------------------------------------------------------------------------------


def test_the_tree_keeps_every_rule(repository: dict[str, Path]) -> None:
    """No file of the repository breaks a rule; register images are files too: they hold names."""
    assert "tests/test_tidy.py" in repository
    tree = [Source(path, file.read_text(errors="replace")) for path, file in repository.items()]
    breaches = list(chain.from_iterable(rule(tree) for rule in RULES))
    if breaches:
        pytest.fail(f"{len(breaches)} breaches:\n  " + "\n  ".join(breaches), pytrace=False)


# ---- each rule is tried on a planted breach, beside the nearest thing that is none ------------

LONG = "x = 1\n" * (FILE_LINES_MAX + 1)
MIDDLE = "x = 1\n" * (FILE_LINES_MEDIAN_MAX + 1)
LONG_FUNCTION = "def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX
LAW = 'def test_a():\n    """A law."""\n'
HERE = "/" + "work/main"

def within(statement: str, head: str = "def f():") -> str:
    """Put a statement into a function, or under another head."""
    return f"{head}\n    {statement}\n"


def handler(caught: str, does: str) -> str:
    """Put a call into a try statement."""
    return f"try:\n    f()\nexcept{caught}:\n    {does}\n"


# rule, the file that breaks it, its lawful neighbour.
Planted = tuple[Rule, tuple[str, str], tuple[str, str]]
PLANTED: list[Planted] = [
    (imports_run_down, ("transports/a.py", "import blocks"), ("blocks/a.py", "import transports")),
    (imports_run_down, ("runtime/a.py", "import bench"), ("bench/a.py", "import runtime")),
    (imports_run_down, ("blocks/a.py", "from bench import b"), ("blocks/a.py", "from . import b")),
    (
        imports_run_down,
        ("registers/b/a.py", "from ...blocks import b"),
        ("registers/b/a.py", "from ..blocks import b"),
    ),
    (
        imports_run_down,
        ("blocks/a.py", within("from runtime.climb import Climb", "if TYPE_CHECKING:")),
        ("runtime/a.py", within("from blocks.pll import Pll", "if TYPE_CHECKING:")),
    ),
    (
        imports_run_down,
        ("blocks/a.py", within("importlib.import_module('runtime.climb')")),
        ("blocks/a.py", within("importlib.import_module(name)")),
    ),
    (imports_stay_in_place, ("blocks/a.py", "import trio.abc"), ("blocks/a.py", "import anyio")),
    (imports_stay_in_place, ("runtime/a.py", "import asyncio"), ("tests/a.py", "import asyncio")),
    (
        imports_stay_in_place,
        ("registers/show.py", "from systemrdl import RDLCompiler"),
        ("registers/compile/fields.py", "from systemrdl import RDLCompiler"),
    ),
    (files_are_short, ("blocks/a.py", LONG), ("blocks/a/regs.py", LONG)),
    (half_the_files_are_short, ("blocks/a.py", MIDDLE), ("blocks/a/regs.py", MIDDLE)),
    (functions_are_short, ("blocks/a.py", LONG_FUNCTION), ("blocks/a/regs.py", LONG_FUNCTION)),
    (
        functions_are_short,
        ("tests/a.py", "async " + LONG_FUNCTION),
        ("tests/a.py", LONG_FUNCTION.removesuffix("    x = 1\n")),
    ),
    (names_say_something, ("blocks/utils/pll.py", ""), ("blocks/pll/driver.py", "")),
    (names_say_something, ("runtime/helpers.py", ""), ("runtime/policy.py", "")),
    (no_inline_escapes, ("blocks/a.py", "x = 1  # NoQA: E501"), ("blocks/a.py", "x = '# noqa'")),
    (
        no_inline_escapes,
        ("tests/a.py", "x = 1  # type: ignore[misc]"),
        ("tests/a.py", "x = 1  # a type to ignore"),
    ),
    (nothing_is_unfinished, ("blocks/a.py", "x = 1  # TODO: more"), ("blocks/a.py", "x = 'TODO'")),
    (nothing_is_unfinished, ("docs/a.md", "FIXME"), ("docs/a.md", "it was fixed")),
    (top_level_is_known, ("trace.json", "{}"), ("docs/trace.json", "{}")),
    (packages_are_complete, ("bench/a.py", ""), ("tests/a.py", "")),
    (packages_are_complete, ("chips/__init__.py", ""), ("bench/__init__.py", "")),
    (no_workplace, ("docs/a.md", f"cd {HERE}/x"), ("docs/a.md", f"cd net{HERE}/x")),
    (no_workplace, ("Makefile", "pip -i https://pypi" + ".org/simple"), ("Makefile", "pip -i x")),
    (
        errors_are_not_swallowed,
        ("blocks/a.py", handler(" (ValueError, Exception)", "pass")),
        ("blocks/a.py", handler(" Exception as error", "report(error)")),
    ),
    (
        errors_are_not_swallowed,
        ("runtime/a.py", handler(" trio.Cancelled", "note()")),
        ("runtime/a.py", handler(" trio.Cancelled", "raise")),
    ),
    (
        errors_are_not_swallowed,
        ("runtime/a.py", handler("", "note()")),
        ("runtime/a.py", handler(" OSError", "pass")),
    ),
    (
        laws_are_stated,
        ("tests/test_a.py", within("assert f()", "def test_a():")),
        ("tests/test_a.py", LAW + "    assert f()"),
    ),
    (
        laws_are_stated,
        ("tests/test_a.py", LAW + "    f()\n" + within("g()")),
        ("tests/test_a.py", LAW + "    f()\n" + within("assert g()")),
    ),
    (
        dependencies_have_reasons,
        ("pyproject.toml", 'dependencies = [\n    "trio >= 1",\n]'),
        ("pyproject.toml", 'dependencies = [\n    "trio >= 1",  # waits\n]'),
    ),
]


@pytest.mark.parametrize(("rule", "bad", "good"), PLANTED)
def test_a_rule_finds_its_breach_and_only_that(
    rule: Rule, bad: tuple[str, str], good: tuple[str, str]
) -> None:
    """A planted breach is found once and by its place; its lawful neighbour is let pass."""
    found = list(rule([Source(*bad)]))
    assert len(found) == 1
    assert found[0].startswith(bad[0].split("/")[0])
    assert list(rule([Source(*good)])) == []


def test_each_rule_has_a_planted_breach() -> None:
    """No rule is trusted that was not seen to fail."""
    assert {rule for rule, _, _ in PLANTED} == set(RULES)


def test_deep_files_are_one_a_folder_and_needed() -> None:
    """An exception for a long file holds only while it is long, and for one file of a folder."""
    tree = [Source("blocks/a.py", LONG), Source("blocks/b.py", LONG), Source("runtime/c.py", "")]
    assert list(files_are_short(tree[:1], {"blocks/a.py": "a table"})) == []
    assert len(list(files_are_short(tree[:2], {"blocks/a.py": "", "blocks/b.py": ""}))) == 2
    assert len(list(files_are_short(tree[2:], {"runtime/c.py": ""}))) == 1


def test_the_median_is_over_files_with_code() -> None:
    """A package is not made short by files that hold only a docstring."""
    tree = [Source("blocks/a.py", MIDDLE), Source("blocks/__init__.py", '"""Says what."""')]
    assert len(list(half_the_files_are_short(tree))) == 1
    assert list(half_the_files_are_short([*tree, Source("blocks/b.py", "x = 1\ny = 2")])) == []
