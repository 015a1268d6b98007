"""What the blocks of a chip say of each other: needs, lines, and who stands behind whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from blocks import model  # the module: it imports this package, whichever of the two is imported first
from blocks.base import Block
from blocks.chip.entry import Draft
from blocks.chip.table import ChipError, choice
from blocks.chip.values import build
from blocks.chip.variant import Variant


def check(drafts: Mapping[str, Draft]) -> None:
    """Expand the needs of every block and refuse what cannot be.

    Raises:
        ChipError: a need, controller or offering block that is not there, a source with two owners, or a cycle.
    """
    for draft in drafts.values():
        _check_behind(draft, drafts)
        _expand_needs(draft, drafts)
        _check_model(draft, drafts)
    _check_lines(drafts)
    _check_cycles(drafts)


def _check_behind(draft: Draft, drafts: Mapping[str, Draft]) -> None:
    if draft.behind is None:
        return
    table = draft.origin("behind")
    if draft.behind not in drafts:
        raise table.error("behind", repr(draft.behind), f"a block of this chip: {choice(draft.behind, drafts)}")
    offering: type[Block[Any]] = type(drafts[draft.behind].block)
    if offering.offer is Block[Any].offer:
        raise table.error("behind", f"{draft.behind!r}, a {drafts[draft.behind].type}, which offers no address space",
                          "a block whose driver has `offer`")  # fmt: skip


def _expand_needs(draft: Draft, drafts: Mapping[str, Draft]) -> None:
    """Replace each need by the blocks it stands for; a block needs the one it stands behind."""
    found: dict[str, None] = dict.fromkeys([draft.behind] if draft.behind is not None else [])
    for position, need in enumerate(draft.needs):
        name, colon, rung = need.partition(":")
        named = list(_matching(name, drafts))
        if not named:
            expected = f"a block of this chip's [blocks]: {choice(name, drafts)}"
            raise draft.origin("needs").error(f"needs[{position}]", repr(need), expected)
        for other in named:
            rungs = [step.name for step in Variant(drafts[other].block).up] if colon else []
            if colon and rung not in rungs:
                expected = f"a rung of {other}: {choice(rung, rungs)}"
                raise draft.origin("needs").error(f"needs[{position}]", repr(need), expected)
            found[f"{other}{colon}{rung}"] = None
    draft.needs = tuple(found)


def _matching(name: str, drafts: Mapping[str, Draft]) -> Iterator[str]:
    if "*" not in name:
        yield from [name] if name in drafts else []
        return
    pattern = re.compile(re.escape(name).replace(r"\[\*\]", r"\[\d+\]"))
    yield from (other for other in drafts if pattern.fullmatch(other))


def _check_model(draft: Draft, drafts: Mapping[str, Draft]) -> None:
    """Refuse parameters that the model of the block's type does not have, and wires to blocks that are not there."""
    if not draft.model:  # a chip that is never simulated imports no model
        return

    def complain(key: str, found: str, expected: str) -> ChipError:
        return draft.origin(f"model.{key}").table("model").error(key, found, expected)

    kind = model.model_type(draft.type)
    if kind is None:
        raise complain("", f"parameters of a model for block type {draft.type}", "none: the type has no model.py")
    params = build(model.params_of(kind), draft.model, complain)
    for parameter, net in model.wires(params):
        block = net.rpartition(".")[0]
        if block not in drafts:
            raise complain(parameter, repr(net), f"BLOCK.net with a block of this chip: {choice(block, drafts)}")


def _check_lines(drafts: Mapping[str, Draft]) -> None:
    owners: dict[tuple[str | None, int], str] = {}
    for draft in drafts.values():
        if draft.line is None:
            continue
        controller, source = draft.line.controller, draft.line.source
        line = draft.origin("line").table("line")
        if controller is not None and controller not in drafts:
            expected = f"a block of this chip: {choice(controller, drafts)}"
            raise line.error("controller", repr(controller), expected)
        owner = owners.setdefault((controller, source), draft.name)
        if owner != draft.name:
            of = f"of {controller}" if controller is not None else "of the target"
            expected = f"one owner (for an array, `step` gives each element a source of its own), and {owner} has it"
            raise line.error("source", f"source {source} {of} for {draft.name}", expected)


def _check_cycles(drafts: Mapping[str, Draft]) -> None:
    """Refuse a block that needs itself through others; depth first, without recursion."""
    done: set[str] = set()
    for start in drafts:
        path: dict[str, int] = {}  # the blocks on the way here, and which step each was
        waiting = [(start, iter(_needed(drafts[start])))] if start not in done else []
        while waiting:
            name, needs = waiting[-1]
            if len(path) < len(waiting):
                path[name] = len(path)
            following = next((need for need in needs if need not in done), None)
            if following is None:
                done.add(name)
                del path[name]
                waiting.pop()
            elif following in path:
                cycle = [*list(path)[path[following] :], following]
                table = drafts[following].origin("needs")
                raise table.error("needs", f"a cycle: {' needs '.join(cycle)}", "blocks that do not need this one")
            else:
                waiting.append((following, iter(_needed(drafts[following]))))


def _needed(draft: Draft) -> list[str]:
    return [need.partition(":")[0] for need in draft.needs]
