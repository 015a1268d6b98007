"""Errors as data: equal by value, the same after a journey, and readable."""

from __future__ import annotations

import json

import msgpack
import pytest

from transports.base import Capabilities
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, PollTimeout, TransportError

ERRORS = [kind("why", address=0x10, index=3, where="pll0.CTRL") for kind in TransportError.KINDS.values()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_crosses_the_wire_unchanged(error: TransportError) -> None:
    """to_data through msgpack or JSON and from_data gives an equal error of the same kind."""
    for data in (msgpack.unpackb(msgpack.packb(error.to_data())), json.loads(json.dumps(error.to_data()))):
        back = TransportError.from_data(data)
        assert (type(back), back, hash(back)) == (type(error), error, hash(error))


def test_every_kind_is_known() -> None:
    """The kinds that a caller can tell apart are all registered under their names."""
    assert {"DeviceLost", "Unavailable", "Denied", "Indeterminate", "BusFault", "CheckFailed", "PollTimeout"} <= set(
        TransportError.KINDS
    )


@pytest.mark.parametrize("data", [{}, {"kind": "Nope", "reason": "x"}, {"kind": "Denied"}, {"kind": "Denied", "x": 1}])
def test_data_that_is_no_error_is_refused(data: dict[str, object]) -> None:
    """from_data refuses an unknown kind, missing or unknown fields."""
    with pytest.raises(ValueError, match="not a transport error"):
        TransportError.from_data(data)


def test_errors_differ_by_any_field() -> None:
    """Two errors are equal when kind and all fields are; an error is never equal to another kind."""
    error = PollTimeout("x", address=4, index=1, mask=1, wanted=1, last=0, timeout_s=0.5)
    others = [error.at(address=8), error.at(index=2), error.at(where="pll0"), error.at(last=2), error.at(timeout_s=1.0)]
    assert all(other != error for other in others)
    assert CheckFailed("x") != PollTimeout("x")
    assert error == error.at()


def test_an_error_reads_as_a_sentence() -> None:
    """The text is the reason, and where it was as far as that is known."""
    assert str(DeviceLost("the cable is out")) == "the cable is out"
    assert str(BusFault("slave error", address=0x1004, index=2)) == "slave error (address 0x1004, operation 2)"
    assert str(Denied("locked", where="pll0.CTRL")) == "locked (pll0.CTRL)"


def test_capabilities_are_asked_at_open() -> None:
    """require names all that is missing and what there is; what is there passes; an unknown power is our bug."""
    there = Capabilities(widths=frozenset({4}), burst=True)
    there.require(burst=True, widths=frozenset({4}), strobes=False)
    with pytest.raises(
        ValueError, match=r"needs notifier, strobes, width 8; this transport has widths \[4\] and burst"
    ):
        there.require(strobes=True, notifier=True, burst=True, widths=frozenset({4, 8}))
    with pytest.raises(ValueError, match="no such capability: magic"):
        there.require(magic=True)
