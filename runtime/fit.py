"""Whether a target is the chip: a bring-up of one chip on another writes its values to whatever stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transports.base import Named, Transport
from transports.open import Target, TargetError

if TYPE_CHECKING:
    from blocks.chip import Chip


def device_of(chip: Chip) -> str:
    """Return what a chip is, in the words in which a server of it says so."""
    return f"{chip.name}, {len(chip.instances)} blocks"


def check_device(chip: Chip, transport: Transport, url: str = "") -> None:
    """Refuse a transport that says that it is something else than the chip; no access is made for it.

    Raises:
        TargetError: it is another chip, or one of another size.
    """
    if isinstance(transport, Named) and transport.device_name not in ("", device_of(chip)):
        raise TargetError(f"target {url or 'given'!r} is {transport.device_name}; expected {device_of(chip)}")


def check_fit(chip: Chip, url: str) -> None:
    """Refuse a QEMU machine that is not the one which the chip's file names in `[targets.qemu]`.

    Other targets do not say in their URL what they are, and pass.

    Raises:
        TargetError: it is another machine, the chip names none, or the URL has no scheme.
    """
    target = Target.parse(url)
    subject, _, query = target.rest.partition("?")
    named = [part.removeprefix("machine=") for part in query.split("&") if part.startswith("machine=")]
    match target.scheme:
        case "qemu":
            machine = subject
        case "qtest" if named:
            machine = named[0]
        case _:
            return
    expected = chip.targets["qemu"]["machine"] if "qemu" in chip.targets else None
    if machine != expected:
        ours = f"QEMU machine {expected}" if expected else "no machine of QEMU"
        place = f"{chip.source}: targets.qemu.machine"
        raise TargetError(f"target {url!r} is QEMU machine {machine}; chip {chip.name} is {ours} ({place})")
