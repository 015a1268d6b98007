"""Ranges of configuration values, as attrs validators."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, frozen


@frozen
class Between:
    """Accepts numbers from `low` to `high`, both included."""

    low: float
    high: float

    def __call__(self, _instance: Any, attribute: Attribute[Any], value: float) -> None:
        """Refuse a number outside.

        Raises:
            ValueError: begins with the attribute's name, which is how a chip's loader finds the place in the file.
        """
        if not self.low <= value <= self.high:
            raise ValueError(f"{attribute.name} is {value}; expected {self.low}..{self.high}")


@frozen
class OneOf:
    """Accepts the values listed."""

    values: tuple[int, ...]

    def __call__(self, _instance: Any, attribute: Attribute[Any], value: int) -> None:
        """Refuse any other.

        Raises:
            ValueError: as `Between`.
        """
        if value not in self.values:
            raise ValueError(f"{attribute.name} is {value}; expected one of {', '.join(map(str, self.values))}")


def one_of(*values: int) -> OneOf:
    """Return the validator of a number that is one of those listed."""
    return OneOf(values)


def between(low: float, high: float) -> Between:
    """Return the validator of a number from `low` to `high`, both included."""
    return Between(low, high)
