"""Dotted paths: `LANE[3].CTRL` to steps and back, and what could have been meant by a name that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeAlias

from registers.schema import Step

Steps: TypeAlias = tuple[Step, ...]

LISTED_MAX = 12  # names in a message; a person reads no more

_LEVEL = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])*)")
_INDEX = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)")


def path_of(steps: Steps) -> str:
    """Return the dotted path of the steps: `LANE[3].CTRL`."""
    return ".".join(step.name + "".join(f"[{i}]" for i in step.indices) for step in steps)


def parse(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Split a dotted path into names and the texts between their brackets.

    Raises:
        ValueError: a level is not a name with indices, each in a pair of brackets.
    """
    levels: list[tuple[str, tuple[str, ...]]] = []
    for level in path.split("."):
        found = _LEVEL.fullmatch(level)
        if found is None:
            raise ValueError(f"{level!r} in {path!r} is no name with indices, like LANE[3]")
        levels.append((found[1], tuple(re.findall(r"\[([^\]]+)\]", found[2]))))
    return tuple(levels)


def steps_of(path: str) -> Steps:
    """Return the steps of a dotted path; an index is decimal or 0x...

    Raises:
        ValueError: a level is not a name with indices.
    """
    steps: list[Step] = []
    for name, brackets in parse(path):
        if not all(_INDEX.fullmatch(text) for text in brackets):
            raise ValueError(f"{list(brackets)} in {path!r} are no indices; expected numbers, like LANE[3]")
        steps.append(Step(name, tuple(int(text, 0) for text in brackets)))
    return tuple(steps)


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that a pattern stands for; `*` and `?` as in a shell, `[` is a bracket."""
    plain = pattern.replace("[", "[[]")
    return [name for name in names if fnmatchcase(name, plain)]


def instead(word: str, names: Iterable[str]) -> str:
    """Say what could have stood there instead of `word`, upper and lower case alike; else what there is."""
    known = {name.lower(): name for name in names}
    if near := get_close_matches(word.lower(), known, n=3):
        return f"; did you mean {' or '.join(known[name] for name in near)}?"
    listed = list(known.values())
    more = f", ... ({len(listed)} in all)" if len(listed) > LISTED_MAX else ""
    return f"; it has {', '.join(listed[:LISTED_MAX]) or 'none'}{more}"
