"""The words of the command line, as a table. Builds without trio, so that `--help` and completion are quick."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, NoReturn

import attrs
from attrs import frozen

from registers.paths import instead
from runtime.cli.exits import UsageError

SWEEP_S_MIN = 0.01  # as `Service` has it
EPILOG = (
    "exit status: 0 all well, 1 something is not, 2 usage or bad input, 3 device lost, 130 interrupted, 143 terminated"
)


@frozen
class Argument:
    """One argument: its flags or name, what argparse is told of it, and what a shell completes it as."""

    names: tuple[str, ...]
    options: dict[str, Any]
    kind: str = ""


@frozen
class Verb:
    """One verb: where the function that runs it is, and what it takes.

    Attributes:
        words: "up", or "registers compile" for a verb of a group.
        run: "module:function", imported only when the verb runs.
        more: what its own --help says beyond `help`.
    """

    words: str
    help: str
    run: str
    arguments: tuple[Argument, ...] = attrs.field(default=())
    more: str = ""


FILE, CHIP_NAME, TARGET_URL = "file", "chip", "target"  # kinds


def _arg(*names: str, kind: str = "", **options: Any) -> Argument:
    return Argument(names, options, kind)


def _file(*names: str, **options: Any) -> Argument:
    return Argument(names, {"type": _named, **options}, FILE)


def _output(*names: str, **options: Any) -> Argument:
    return _file(*names, type=_written, **options)


def _named(word: str) -> str:
    """Take the name of a file or folder."""
    if not word:
        raise argparse.ArgumentTypeError("'' names no file")
    return word


def _written(word: str) -> str:
    """Take the name of a file that is written."""
    if word == "-":
        raise argparse.ArgumentTypeError("'-' is no file, and only files are written; ./- is one")
    return _named(word)


def _seconds(word: str) -> float:
    """Take a time that is more than none and not for ever."""
    try:
        seconds = float(word)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < inf:
        raise argparse.ArgumentTypeError(f"found {word!r}; expected a number of seconds, more than 0")
    return seconds


def _sweep(word: str) -> float:
    """Take a time from one sweep to the next."""
    seconds = _seconds(word)
    if seconds < SWEEP_S_MIN:
        why = "more often, it would do nothing else"
        raise argparse.ArgumentTypeError(f"found {word!r}; expected {SWEEP_S_MIN:g} seconds or more: {why}")
    return seconds


WORKLOADS = ("bring-up", "in-service", "recovery", "stop")  # as runtime.faults.trial says; it takes long to import


def _seed(word: str) -> int:
    """Take the seed of a campaign, which stands in each of its replay lines."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"found {word!r}; expected a number, 0 or more")
    return int(word)


def _count(word: str) -> int:
    """Take a number of trials."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"found {word!r}; expected a number, 0 or more")
    return int(word)


def _jobs(word: str) -> int:
    """Take a number of processes."""
    if not word.isdecimal() or not int(word):
        raise argparse.ArgumentTypeError(f"found {word!r}; expected a number, 1 or more")
    return int(word)


CHIP = _arg("chip", kind=CHIP_NAME, metavar="CHIP", help="name of a chip (see `firstlight chips`) or path of its .toml")
ON = _arg(
    "--on", kind=TARGET_URL, metavar="URL", default="sim:",
    help="target: sim:, qemu:sifive_u, qtest:SOCKET, ... (default sim:)",
)  # fmt: skip
PATH = _arg("path", metavar="BLOCK.REGISTER[.FIELD]", help="what `firstlight show` lists: pll[2].DIV.fbdiv")
JSON = _arg("--json", action="store_true", help="one JSON object on standard output, nothing else")
CLOCK = _arg("--clock", choices=("virtual", "real"), help="default: virtual on a simulator, real elsewhere")
SEED = _arg("--seed", type=int, default=0, metavar="N", help="of scheduling and of simulated times (default 0)")
RUN_SEED = _arg(
    "--seed", type=int, metavar="N",
    help="of scheduling and of simulated times (default 0; of a recording its own, and any other comes to the same)",
)  # fmt: skip
YES = _arg("--yes", action="store_true", help="do it even though the register is dangerous")
DISTURB = _arg("--disturb", action="store_true", help="do what disturbs blocks in service, too, where it must be done")
ONLY = _arg(
    "--only", metavar="PATTERN",
    help="only the blocks that match, and what they need: 'pll*', 'crg[2]' (of a recording: those that it has)",
)  # fmt: skip
TIMELINE = _output("--timeline", metavar="OUT.svg", help="draw every block's rungs over time, the critical path marked")
TRACE = _output(
    "--trace", metavar="OUT.json",
    help="every batch and access, for Perfetto or Chrome's viewer; some MB for hundreds of blocks",
)  # fmt: skip
PAGE = _output("--html", metavar="OUT.html", help="one page: floor plan with states, timeline, table, failures")
RECORD = _output(
    "--record", metavar="OUT.rec",
    help="record the run, which takes longer over a socket; --on recorded:OUT.rec replays it",
)  # fmt: skip
RDL = _file("rdl", nargs="+", metavar="X.rdl", help="SystemRDL files, in the order in which they are compiled")
TOP = _arg("--top", metavar="NAME", help="the address map to take (default: the last one)")
IMAGE = _output("-o", "--output", metavar="FILE", help="default: X.image beside the last X.rdl")
PYTHON = _output("-o", "--output", metavar="FILE", help="default: regs.py beside the last X.rdl")
INCLUDE = _file("-I", "--include", action="append", default=[], metavar="DIR", help="where `include looks; repeatable")

VERBS: tuple[Verb, ...] = (
    Verb(
        "up",
        "bring a chip up: look, act where something does not hold, look again",
        "runtime.cli.up:run_up",
        (
            CHIP,
            ON,
            CLOCK,
            RUN_SEED,
            ONLY,
            DISTURB,
            TIMELINE,
            TRACE,
            PAGE,
            RECORD,
            JSON,
        ),
    ),
    Verb(
        "status",
        "look at every block, write nothing, say what holds",
        "runtime.cli.up:run_status",
        (CHIP, ON, ONLY, JSON),
    ),
    Verb(
        "show",
        "read a block's registers and decode them",
        "runtime.cli.inspect:run_show",
        (CHIP, _arg("block", metavar="BLOCK", help="name of a block, as `firstlight status` lists them"), ON, JSON),
    ),
    Verb(
        "read",
        "read one register or field",
        "runtime.cli.inspect:run_read",
        (CHIP, PATH, ON, YES, JSON),
    ),
    Verb(
        "write",
        "write one register or field, and no other bit",
        "runtime.cli.inspect:run_write",
        (
            CHIP,
            PATH,
            _arg("value", metavar="VALUE", help="a number (0x...) or, for a field, the name of an encoded value"),
            ON,
            YES,
            JSON,
        ),
    ),
    Verb(
        "run",
        "bring a chip up, or resume it, and keep it in service until SIGTERM, Ctrl-C or --for",
        "runtime.cli.run:run_run",
        (
            CHIP,
            ON,
            _arg(
                "--clock",
                choices=("virtual", "real"),
                help="default: virtual on a simulator where --for says how long, real elsewhere",
            ),
            SEED,
            _arg(
                "--for",
                dest="for_s",
                type=_seconds,
                default=inf,
                metavar="SECONDS",
                help="end after so long in service",
            ),
            _arg(
                "--sweep",
                type=_sweep,
                default=10.0,
                metavar="SECONDS",
                help="look at every block this often, whether it asks or not (default 10, at least 0.01)",
            ),
            DISTURB,
            _arg("--workload", action="store_true", help="on sim: traffic flows through what is up, and is checked"),
            _file(
                "--inject",
                metavar="FILE.toml",
                help="on sim: faults, a list of [[fault]] tables; or the name of a list that the chip ships: demo",
            ),
            _output("--socket", metavar="PATH", help="answer `firstlight ask PATH ...` meanwhile, to its owner alone"),
            _output(
                "--report", metavar="OUT.html", help="one page: timeline of the incidents, table, states at the end"
            ),
            JSON,
        ),
        "What is up already is not written to. A block that falls is looked at, mended by the narrowest recovery that "
        "does, and told of; what is in service is not disturbed, unless the chip's rules or --disturb say so. SIGTERM "
        "and SIGINT let what is out come back, and the chip runs on; a second one ends at once. Exit status 0: at the "
        "end all is in service and no rule was broken.",
    ),
    Verb(
        "ask",
        "ask a runtime that keeps a chip in service (`firstlight run --socket PATH`)",
        "runtime.cli.ask:run_ask",
        (
            _file("path", metavar="PATH", help="the runtime's --socket"),
            _arg(
                "question",
                choices=("status", "events", "incidents", "interrupts", "follow", "hold", "release", "rest", "wake"),
                help="how every block stands; what happened; what of it belongs together; how often each line of "
                "interrupts asked, and how long that took; what happens, as it comes; "
                "leave a block as it is, for a person with a probe; do so no more; put a block to rest, after all that "
                "stands on it; bring it back",
            ),
            _arg("block", nargs="?", metavar="BLOCK", help="of hold, release, rest and wake: the name of a block"),
            _arg("--json", action="store_true", help="one JSON object on standard output; of follow, a line an event"),
        ),
        "No question accesses the chip. hold, release, rest and wake change what the runtime does from then on.",
    ),
    Verb(
        "sim",
        "serve a simulated chip until Ctrl-C (SIGINT) or SIGTERM, then say what it saw",
        "runtime.cli.sim:run_sim",
        (
            CHIP,
            _arg("--listen", metavar="ADDRESS", required=True, help="unix:PATH or tcp:HOST:PORT; port 0: a free one"),
            _arg(
                "--clock",
                choices=("real", "virtual"),
                default="real",
                help="virtual: time jumps to what happens next while no request is out; with --workload it stands "
                "still while nobody is connected (default real)",
            ),
            _arg("--workload", action="store_true", help="traffic flows through what is up, and is checked"),
            _arg(
                "--set",
                action="append",
                default=[],
                metavar="BLOCK.PARAMETER=VALUE",
                help="of a block's model, or of all that match: 'pll*.lock_s=inf' never lock; may be given again",
            ),
            _arg(
                "--inject",
                default="",
                metavar="FILE.toml",
                help="faults, a list of [[fault]] tables; or the name of a list that the chip ships: demo",
            ),
            SEED,
            _arg("--json", action="store_true", help="JSON lines: one when it listens, one at the end"),
        ),
        "A job in a script's background ignores SIGINT: send SIGTERM, `kill PID`. Either way it ends in good order, "
        "with exit status 0, or 1 when rules were broken or traffic was lost; a second signal changes nothing.",
    ),
    Verb(
        "chips",
        "list the chips that are described here, or what the simulation of one can be told",
        "runtime.cli.catalog:run_chips",
        (
            _arg("chip", kind=CHIP_NAME, metavar="CHIP", nargs="?", help="only this one"),
            _arg(
                "--params",
                nargs="?",
                const="*",
                metavar="BLOCK",
                help="parameters of its models, or of one block or block type: for `sim --set` and --on 'sim:?...'",
            ),
            JSON,
        ),
    ),
    Verb(
        "faults",
        "let faults strike a chip at every access, reset its controller there, and see that it recovers",
        "runtime.cli.faults:run_faults",
        (
            CHIP,
            _arg(
                "--faults",
                metavar="KINDS",
                help="kinds of faults, with commas between: reset (the default), device-reset, error, hang, "
                "dropped-write, torn-write, bit-flip, all-ones, duplicated-write, late, link-down; under trio "
                "(--workload, --on) lost-interrupt, spurious-interrupt and interrupt-storm as well; or all",
            ),
            _arg(
                "--workload",
                choices=WORKLOADS,
                help="what goes on meanwhile (default bring-up); all others, and all with --on, are run under trio",
            ),
            _arg(
                "--on",
                kind=TARGET_URL,
                metavar="URL",
                default="",
                help="a target instead of a simulation of our own: unix:PATH, qemu:MACHINE, ...; it is brought up and "
                "reset again and again",
            ),
            _arg(
                "--budget",
                type=_seconds,
                metavar="SECONDS",
                help="of CPU time, under trio: of all points as many as that allows, in an order that the seed draws",
            ),
            _arg(
                "--link-down",
                type=_seconds,
                metavar="SECONDS",
                help="so long the link is down of link-down (default 0.025), of a replay as well",
            ),
            _arg(
                "--points",
                metavar="WHICH",
                help="exhaustive (the default): before and after every access; nth: at the first of each block, at the "
                "second, and so on, and of device-reset and link-down, where it is the default, at 256; double: "
                "resets, and again in each recovery; seeded:N or seeded:NxK: N schedules of "
                "K faults, drawn at random",
            ),
            _arg("--seed", type=_seed, metavar="N", help="of simulated times and of what is drawn (default 0)"),
            _arg("--only", metavar="PATTERN", help="only beside accesses of the blocks that match: 'router*'"),
            _arg(
                "--whole",
                action="store_true",
                help="let the whole chip recover each time, not the part alone that was touched; an hour on atlas",
            ),
            _arg(
                "--agree",
                type=_count,
                metavar="N",
                help="run so many trials of a bring-up under trio as well, to the same end (default: 4 to 32; 0: none)",
            ),
            _arg("--jobs", type=_jobs, metavar="N", help="processes at once (default: one a processor)"),
            _output("--results", metavar="FILE", help="keep what is done; a campaign that was stopped goes on from it"),
            _arg(
                "--engine",
                metavar="ENGINE",
                help="run in shards: local, in processes of this machine; dask://HOST:PORT, on a Dask cluster",
            ),
            _arg("--shards", type=_jobs, metavar="N", help="in so many shards (default: 1; 32 of what takes minutes)"),
            _output("--report", metavar="OUT.html", help="one page: faults and blocks, failures, times, arms"),
            _output("--junit", metavar="OUT.xml", help="JUnit XML: a test case for each kind of fault and block type"),
            _arg("--replay", metavar="ID", help="only the point that a failure named, with its accesses"),
            _arg("--all-accesses", action="store_true", help="of a replay: all, not only those around what happened"),
            JSON,
        ),
    ),
    Verb("transports", "list the targets that can be opened", "runtime.cli.catalog:run_transports", (JSON,)),
    Verb("doctor", "say what is installed, what is reachable, and why not", "runtime.cli.doctor:run_doctor", (JSON,)),
    Verb(
        "registers compile",
        "compile SystemRDL to a register image",
        "runtime.cli.registers:run_compile",
        (RDL, TOP, INCLUDE, IMAGE, JSON),
    ),
    Verb(
        "registers generate",
        "write typed Python for a register map, and its image beside it",
        "runtime.cli.registers:run_generate",
        (RDL, TOP, INCLUDE, PYTHON, JSON),
    ),
    Verb(
        "registers show",
        "print a register map, or one value decoded",
        "runtime.cli.registers:run_show",
        (
            _file("source", metavar="X.rdl|X.image", help="a SystemRDL file or a compiled image"),
            _arg("path", nargs="?", metavar="REGISTER", help="one register: LANE[3].CTRL"),
            _arg("value", nargs="?", metavar="VALUE", help="its value, to decode"),
            TOP,
            INCLUDE,
            JSON,
        ),
    ),
    Verb(
        "registers lint",
        "find what a register description gets wrong",
        "runtime.cli.registers:run_lint",
        (RDL, TOP, INCLUDE, JSON),
    ),
    Verb(
        "completion",
        "print a shell completion script",
        "runtime.cli.completion:run_completion",
        (_arg("shell", choices=("bash", "zsh", "tcsh", "fish"), help="the shell that is to complete"),),
    ),
)

_GROUPS = {"registers": "compile, generate, show and check register descriptions"}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where to read more."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (try {self.prog} --help)")


def build(version: str, completions: Mapping[str, Any] | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command.

    Args:
        completions: for each kind of argument what makes a shell complete it, as shtab wants it.
    """
    parser = _Parser(
        prog="firstlight", epilog=EPILOG, description="The first software that touches a new chip.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"firstlight {version}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    groups: dict[str, Any] = {}
    for verb in VERBS:
        group, _, word = verb.words.rpartition(" ")
        if group and group not in groups:
            about = _GROUPS[group]
            made = verbs.add_parser(group, help=about, description=about, epilog=EPILOG, allow_abbrev=False)
            groups[group] = made.add_subparsers(metavar="VERB", required=True)
        place = groups[group] if group else verbs
        told = f"{verb.help}. {verb.more}" if verb.more else verb.help
        sub = place.add_parser(word, help=verb.help, description=told, epilog=EPILOG, allow_abbrev=False)
        for argument in verb.arguments:
            action = sub.add_argument(*argument.names, **argument.options)
            if completions and argument.kind:
                vars(action)["complete"] = completions[argument.kind]
        sub.set_defaults(run=verb.run, verb=verb)
    return parser


def parse(argv: Sequence[str] | None, version: str) -> argparse.Namespace:
    """Parse the words given (default: the program's own).

    Raises:
        UsageError: they do not parse.
        SystemExit: after --help or --version has been printed.
    """
    arguments, unknown = build(version).parse_known_args(argv)
    if unknown:
        verb: Verb = arguments.verb
        options = [name for argument in verb.arguments for name in argument.names if name.startswith("--")]
        meant = instead(unknown[0].partition("=")[0], options) if unknown[0].startswith("-") else ""
        said = ", ".join(map(repr, unknown))
        if unknown[0].partition("=")[0] == "--set" and "--on" in options:
            meant = "; a simulated target is told by --on 'sim:?BLOCK.PARAMETER=VALUE'"
        raise UsageError(f"{said}: {verb.words} takes no such argument{meant} (try firstlight {verb.words} --help)")
    return arguments
