"""A chip is brought up on what it is, and on nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import trio

from blocks.chip import Chip, load_chip
from runtime.bringup import bring_up, status
from runtime.fit import check_fit
from runtime.service import Service
from transports.base import Transport
from transports.memory import MemoryTransport
from transports.open import TargetError


@pytest.mark.parametrize("url", ["qemu:sifive_u", "qemu:sifive_u?answer_s=3", "qtest:/s?qmp=/m&machine=sifive_u"])
def test_the_machine_that_a_chip_names_is_the_chip(url: str) -> None:
    """The machine of a chip's file is taken for it; any other chip is refused there."""
    check_fit(load_chip("sifive_u"), url)
    with pytest.raises(TargetError) as caught:
        check_fit(load_chip("mini"), url)
    assert str(caught.value) == (
        f"target {url!r} is QEMU machine sifive_u; "
        "chip mini is no machine of QEMU (chips/mini.toml: targets.qemu.machine)"
    )


def test_another_machine_is_named_beside_the_right_one() -> None:
    """The refusal says which machine was asked for, and which one the chip is."""
    with pytest.raises(TargetError, match="is QEMU machine virt; chip sifive_u is QEMU machine sifive_u"):
        check_fit(load_chip("sifive_u"), "qemu:virt")


@pytest.mark.parametrize("url", ["sim:", "memory:0x1000", "qtest:/s", "bar:machine=virt"])
def test_what_does_not_say_what_it_is_passes(url: str) -> None:
    """A target whose URL names no machine of QEMU is refused for no chip."""
    for name in ("mini", "sifive_u"):
        check_fit(load_chip(name), url)


Verb = Callable[..., Awaitable[Any]]


async def serve(chip: Chip, transport: Transport, *, target: str) -> Any:
    return await Service(chip, transport, target=target).run()


@pytest.mark.parametrize("verb", [bring_up, serve, status])
def test_nothing_is_touched_on_the_wrong_machine(verb: Verb) -> None:
    """Bring-up, service and the look refuse a target that is another chip before their first access."""
    memory = MemoryTransport(8)
    with pytest.raises(TargetError, match="chip mini is no machine"):  # and not a BusFault
        trio.run(partial(verb, load_chip("mini"), memory, target="qemu:sifive_u"))
