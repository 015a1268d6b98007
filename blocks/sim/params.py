"""What a model can be told: its parameters with their types, defaults and meanings, as its own class says them."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_type_hints

import attrs
from attrs import frozen

from blocks.chip.values import described
from blocks.limits import Between, OneOf
from blocks.model import ModelParams


@frozen
class Parameter:
    """One parameter of a model.

    Attributes:
        kind: what values it takes.
        default: what it is where nobody says otherwise.
        meaning: what its class says of it, in its docstring's Attributes; empty: nothing.
    """

    name: str
    kind: str
    default: object
    meaning: str


def parameters(params: type[ModelParams]) -> list[Parameter]:
    """Return the parameters of a model, its own before those that every model has."""
    hints = get_type_hints(params)
    fields = sorted(attrs.fields(params), key=lambda a: a.name in attrs.fields_dict(ModelParams))
    said = meanings(params)
    return [Parameter(a.alias, _kind(a, hints[a.name]), a.default, said.get(a.name, "")) for a in fields if a.init]


def _kind(attribute: attrs.Attribute[Any], hint: Any) -> str:
    if attribute.metadata.get("wire"):
        return "BLOCK.net"
    validator: object = attribute.validator
    if isinstance(validator, Between):
        return f"{described(hint)} of {_short(validator.low)}..{_short(validator.high)}"
    if isinstance(validator, OneOf):
        return f"one of {', '.join(map(str, validator.values))}"
    return described(hint)


def _short(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def meanings(params: type[Any]) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute.

    A line there has one attribute, or several: `vpp_s, vddc_s: ramps of the supplies; hold_s: until ...`.
    """
    found: dict[str, str] = {}
    for kind in params.__mro__:
        _, _, listed = (inspect.cleandoc(kind.__doc__ or "") + "\n").partition("\nAttributes:\n")
        known = "|".join(map(re.escape, attrs.fields_dict(kind))) if attrs.has(kind) else ""
        if not (listed and known):
            continue
        section = re.split(r"\n(?=\S)", listed)[0]
        # A line less indented than the one before begins an attribute; after "; " or ", " stands another.
        text = re.sub(r"\n {8,}", " ", f"\n{section}")
        heads = list(re.finditer(rf"(?:\n {{4}}|[;,] )((?:{known})(?:, (?:{known}))*): ", text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            for name in head[1].split(", "):
                found.setdefault(name, " ".join(text[head.end() : end].split()).rstrip(".,;"))
    return found
