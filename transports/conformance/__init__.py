"""The contract of a transport as a check: it is done when `check_transport` passes, ours or a plug-in's.

    async def test_mine() -> None:
        await check_transport(open_mine, base=0x8000_0000, size=0x1000)

It wants plain storage behind the transport: what is written is read again, and nothing else happens; or registers that
stand apart and each read the same at any time. What a device cannot do is said in the arguments, never found out, so
that a power that is lost is noticed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from transports.base import Transport
from transports.batch import WIDTHS
from transports.conformance.reading import (
    any_length,
    bursts_are_words,
    bytes_in_order,
    cancelled_batches_end,
    checks_stop,
    closed_is_lost,
    delays_last,
    guards_first,
    polls_end,
    what_it_can,
)
from transports.conformance.storage import REGISTERS_MIN, SIZE_BYTES_MIN, Law, Storage
from transports.conformance.writing import (
    batches_take_turns,
    failure_stops,
    modify_returns_before,
    random_batches_agree,
    strobes_select,
    together_as_alone,
    words_return,
)
from transports.errors import TransportError

__all__ = ["check_transport"]

# The plainest first: whoever writes a transport is told of the word that is wrong before the burst that is.
LAWS: tuple[Law, ...] = (
    what_it_can,
    words_return,
    bytes_in_order,
    modify_returns_before,
    checks_stop,
    polls_end,
    delays_last,
    failure_stops,
    bursts_are_words,
    guards_first,
    strobes_select,
    any_length,
    cancelled_batches_end,
    batches_take_turns,
    together_as_alone,
    random_batches_agree,
)
WRITING: frozenset[Law] = frozenset(
    {
        words_return,
        modify_returns_before,
        failure_stops,
        strobes_select,
        batches_take_turns,
        together_as_alone,
        random_batches_agree,
    }
)


async def check_transport(
    make: Callable[[], Awaitable[Transport]],
    *,
    base: int,
    size: int,
    widths: frozenset[int] = frozenset(WIDTHS),
    writable: bool | None = True,
    bounded: bool = True,
    spacing: int | None = None,
    law_s: float = 60.0,
) -> None:
    """Try every law of the contract on the transport, and then on another one made after the first is closed.

    Args:
        make: opens a transport on storage memory of any content.
        base: address of the memory, a multiple of 8; `size` in bytes, 256 or more.
        widths: the access widths in bytes that the device has, and no others.
        writable: False for a device that may only be read: then writes are refused, and the laws of writing not tried.
            None where a write is taken but is no storage (a command, say): then none is made.
        bounded: False where an address outside of the memory belongs to something else, and is not refused.
        spacing: bytes from one register to the next, where each takes every width at its first byte and there is
            nothing between; a burst stays on one of them then, so each byte of a register must read the same.
        law_s: no law may take longer.

    Raises:
        AssertionError: names the law that is broken, and how.
    """
    if base % 8 or size < SIZE_BYTES_MIN:
        raise ValueError(f"conformance wants {SIZE_BYTES_MIN} bytes at a multiple of 8, not {size} at {base:#x}")
    if spacing is not None and (writable or spacing % 8 or not 8 <= spacing <= size // REGISTERS_MIN):
        raise ValueError(
            f"conformance wants {REGISTERS_MIN} registers, none of them storage, at multiples of 8; "
            f"not {size} bytes with spacing {spacing}, writable {writable}"
        )
    for laws in ([law for law in LAWS if writable or law not in WRITING], [bytes_in_order]):
        transport = await make()
        device = Storage(
            transport=transport,
            base=base,
            size=size,
            widths=widths,
            writable=writable,
            bounded=bounded,
            spacing=spacing,
        )
        try:
            for law in laws:
                await _try(law, device, law_s)
        finally:
            await transport.aclose()
        await _try(closed_is_lost, device, law_s)


async def _try(law: Law, device: Storage, law_s: float) -> None:
    """Try one law; whatever it finds is told under the law's name and sentence."""
    name = f"{getattr(law, '__name__', law)}: {(law.__doc__ or '').splitlines()[0]}"
    try:
        with anyio.fail_after(law_s):
            await law(device)
    except TimeoutError as late:
        raise AssertionError(f"{name} Not done within {law_s} s.") from late
    except TransportError as raised:
        raise AssertionError(f"{name} execute raised {raised!r}, which belongs into Results.error.") from raised
    except ExceptionGroup as many:
        raise AssertionError(f"{name} {many.exceptions[0]}") from many
    except AssertionError as broken:
        raise AssertionError(f"{name} {broken}") from broken
