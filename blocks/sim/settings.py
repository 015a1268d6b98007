"""What a simulation is told beside its chip's file: parameters of models, `pll[3].lock_s=inf`, and the workload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_type_hints

import attrs
from attrs import frozen

from blocks.chip import Chip, ChipError
from blocks.chip.table import choice
from blocks.model import model_type, params_of
from blocks.sim.chip import SimChip
from blocks.sim.faults.script import inject_script
from registers.paths import matching
from transports.open import TargetError

FORM = "BLOCK.PARAMETER=VALUE"


@frozen
class Setting:
    """One parameter of one block, and the text that set it."""

    block: str
    parameter: str
    value: object
    text: str


def simulated(
    chip: Chip,
    items: Iterable[str],
    *,
    said: str,
    seed: int = 0,
    workload: bool = False,
    asked: str = "",
    inject: str = "",
) -> SimChip:
    """Return a simulated chip with parameters of its models set by texts `pll[3].lock_s=inf`, `pll*.lock_s=1e-3`.

    Args:
        said: where the texts stood, for errors: `--set`.
        workload: the flows of the chip's file run.
        asked: where that was said: `--workload`.
        inject: a script of faults (see `blocks.sim.faults.script`); empty: none.

    Raises:
        TargetError: names the text that cannot be, and what is expected; or the chip has no flows.
        ChipError: the chip's own file cannot be simulated; or the script, which it names.
    """
    settings = list(_settings(items, chip, said))
    if workload and not chip.flows:
        raise TargetError(
            f'{asked}: chip {chip.name} has no traffic to run; expected [workload."BLOCK"] in {chip.source}'
        )
    try:
        sim = SimChip(chip, seed=seed, overrides=_by_block(settings), workload=workload)
    except ChipError as problem:
        if texts := _texts(settings).get(problem.path):
            raise TargetError(f"{said} {texts}: found {problem.found}; expected {problem.expected}") from None
        raise
    if inject:
        inject_script(sim, inject)
    return sim


def overrides(items: Iterable[str], chip: Chip, said: str = "option") -> dict[str, dict[str, object]]:
    """Return parameters of models by instance, from texts as `simulated` takes them.

    Raises:
        TargetError: names the one that cannot be, and what there is instead.
    """
    return _by_block(_settings(items, chip, said))


def _by_block(settings: Iterable[Setting]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for setting in settings:
        found.setdefault(setting.block, {})[setting.parameter] = setting.value
    return found


def _texts(settings: Iterable[Setting]) -> Mapping[str, str]:
    """Return what was said, by the place in the chip's file where a `SimChip` finds it wrong."""
    found: dict[str, str] = {}
    for setting in settings:
        model = f'blocks."{setting.block}".model'
        found[f"{model}.{setting.parameter}"] = repr(setting.text)
        found[model] = f"{found[model]}, {setting.text!r}" if model in found else repr(setting.text)
    return found


def _settings(items: Iterable[str], chip: Chip, said: str) -> Iterable[Setting]:
    for item in items:
        key, equals, text = item.partition("=")
        pattern, _, parameter = key.rpartition(".")
        blocks = matching(pattern, chip.instances)
        if not (equals and blocks and parameter):
            raise TargetError(f"{said} {item!r}: {_unfit(key, chip)}; expected {FORM}")
        fitting = [name for name in blocks if parameter in _parameters(chip, name)]
        if not fitting:
            known = {known for name in blocks for known in _parameters(chip, name)}
            raise TargetError(f"{said} {item!r}: no parameter {parameter!r}; {choice(parameter, known)}")
        yield from (Setting(name, parameter, _value(text, chip, name, parameter), item) for name in fitting)


def _unfit(key: str, chip: Chip) -> str:
    """Say what is wrong with a text whose part before the `=` is `key`."""
    if alone := matching(key, chip.instances):
        return f"it names a block and no parameter; {choice('', _parameters(chip, alone[0]))}"
    pattern, dot, parameter = key.rpartition(".")
    if not dot:
        return f"{key!r} names no block and parameter"
    if alike := [name for name, instance in chip.instances.items() if instance.type == pattern]:
        return f"{pattern!r} is a block type and no block; its blocks are {alike[0]} to {alike[-1]}"
    if not matching(pattern, chip.instances):
        return f"no block {pattern!r}; {choice(pattern, chip.instances)}"
    return "no = and value" if parameter else "no parameter"


def _value(text: str, chip: Chip, block: str, parameter: str) -> object:
    """Return the value of a text for one parameter: yes and no may be said as 1 and 0."""
    kind = model_type(chip.instances[block].type)
    hint = None if kind is None else get_type_hints(params_of(kind)).get(parameter)
    return text == "1" if hint is bool and text in ("0", "1") else literal(text)


def _parameters(chip: Chip, name: str) -> list[str]:
    """Return the parameters of a block's model; none, where it has no model."""
    kind = model_type(chip.instances[name].type)
    return [] if kind is None else [a.alias for a in attrs.fields(params_of(kind))]


def literal(text: str) -> object:
    """Return the value that a text stands for, as TOML would read it; what TOML would not read is text."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (lambda: int(text, 0), lambda: float(text)):
        try:
            return kind()
        except ValueError:
            continue
    return text
