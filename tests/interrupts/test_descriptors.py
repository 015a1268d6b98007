"""Hints from descriptors of the kernel: eventfds and pipes, and the edges of GPIO lines in the kernel's own format."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest
import trio
import trio.testing

from interrupts.gpio import EVENT, GET_LINE, REQUEST, Edge, GpioSource, edges, open_gpio, request_of
from interrupts.source import DescriptorSource
from transports.errors import DeviceLost, Unavailable


@pytest.fixture
def eventfds() -> Iterator[list[int]]:
    """Give three eventfds, as a device has one for each vector."""
    made = [os.eventfd(0) for _ in range(3)]
    yield made
    for descriptor in made:
        os.close(descriptor)


async def test_an_eventfd_is_a_line(eventfds: list[int]) -> None:
    """Whatever eventfds were written to, however often, their lines rose, once; then nothing until the next write."""
    with DescriptorSource(dict(zip(eventfds, (5, 6, 7), strict=True))) as source:
        for descriptor in (eventfds[0], eventfds[2], eventfds[2]):
            os.eventfd_write(descriptor, 1)
        assert await source.wait() == {5, 7}
        with trio.move_on_after(0.01) as waited:
            await source.wait()
        assert waited.cancelled_caught
        os.eventfd_write(eventfds[1], 1)
        assert await source.wait() == {6}


async def test_a_write_wakes_who_waits(eventfds: list[int]) -> None:
    """A write that comes while somebody waits ends the wait, and a wait cancelled before it loses nothing."""
    with DescriptorSource({eventfds[0]: 5}) as source:
        heard: list[frozenset[int]] = []

        async def hear() -> None:
            heard.append(await source.wait())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear)
            await trio.testing.wait_all_tasks_blocked()
            os.eventfd_write(eventfds[0], 1)
        assert heard == [{5}]
        os.eventfd_write(eventfds[0], 1)
        with trio.CancelScope() as scope:
            scope.cancel()
            await source.wait()
        assert scope.cancelled_caught
        assert await source.wait() == {5}


async def test_a_descriptor_that_ends_is_a_lost_device() -> None:
    """When the other end of a pipe is closed no hint will come any more."""
    there, here = os.pipe()
    with DescriptorSource({there: 1}) as source:
        os.write(here, b"x")
        assert await source.wait() == {1}
        os.close(here)
        with pytest.raises(DeviceLost, match=f"descriptor {there}, which brings interrupts, has ended"):
            await source.wait()
    os.close(there)


def test_what_cannot_be_waited_for_is_refused() -> None:
    """A descriptor that is not open is refused at once, and so is none at all."""
    there, here = os.pipe()
    os.close(there)
    os.close(here)
    with pytest.raises(ValueError, match=f"descriptor {there} cannot be waited for"):
        DescriptorSource({there: 1})
    with pytest.raises(ValueError, match="no descriptor to wait for"):
        DescriptorSource({})


def event(offset: int, sequence: int, at_ns: int = 7) -> bytes:
    """Return one edge as the kernel writes it."""
    return EVENT.pack(at_ns, 1, offset, sequence, 1)


async def test_gpio_edges_are_lines() -> None:
    """All edges that came are taken together, each as the line that its offset stands for; the last one is kept."""
    there, here = os.pipe()
    os.set_blocking(there, False)
    with GpioSource(there, {17: 3, 4: 9}) as source:
        os.write(here, event(17, 1) + event(4, 2) + event(17, 3, at_ns=99))
        assert await source.wait() == {3, 9}
        assert source.last == Edge(at_ns=99, offset=17, sequence=3)
        os.write(here, event(4, 4))
        assert await source.wait() == {9}
        assert source.gaps == 0
        os.close(here)
        with pytest.raises(DeviceLost, match="has ended"):
            await source.wait()


async def test_a_gap_means_any_line() -> None:
    """When the kernel threw edges away nobody knows whose they were, so any line may have risen; the count may wrap."""
    there, here = os.pipe()
    os.set_blocking(there, False)
    with GpioSource(there, {17: 3, 4: 9}) as source:
        source.last = Edge(at_ns=0, offset=17, sequence=0xFFFF_FFFF)
        os.write(here, event(17, 0))
        assert await source.wait() == {3}
        os.write(here, event(17, 3))
        assert await source.wait() == frozenset()
        assert source.gaps == 1
        os.write(here, event(17, 4))
        assert await source.wait() == {3}
    os.close(here)


def test_edges_are_in_the_format_of_the_kernel() -> None:
    """An edge is 48 bytes: time at 0, kind at 8, offset at 12, count at 16. Source: Linux uapi/linux/gpio.h."""
    said = struct.pack("=QIII", 1 << 40, 1, 17, 5) + bytes(28)
    assert len(said) == EVENT.size == 48
    assert edges(said * 2) == [Edge(1 << 40, 17, 5)] * 2
    assert edges(b"") == []


def test_a_request_is_in_the_format_of_the_kernel() -> None:
    """A request is 592 bytes: consumer at 256, flags at 288, count of lines at 560. Source: Linux uapi/linux/gpio.h."""
    said = request_of([17, 4], active_low=True)
    assert len(said) == REQUEST.size == 592 == GET_LINE >> 16 & 0x3FFF
    assert struct.unpack_from("=4I", said) == (17, 4, 0, 0)
    assert said[256:266] == b"firstlight"
    assert struct.unpack_from("=QI", said, 288) == (0b10110, 0)
    assert struct.unpack_from("=II", said, 560) == (2, 0)
    assert struct.unpack_from("=i", said, 588) == (-1,)


@pytest.mark.parametrize("offsets", [[], [3, 3], list(range(65))])
def test_a_request_has_each_line_once(offsets: list[int]) -> None:
    """No line, one line twice, and more lines than the kernel takes are refused before it is asked."""
    with pytest.raises(ValueError, match="expected 1 to 64 of them, each once"):
        request_of(offsets, active_low=False)


@pytest.mark.parametrize(
    ("path", "why"), [("/dev/null", "Inappropriate ioctl"), ("/dev/gpiochip-none", "No such file")]
)
def test_what_is_no_gpio_chip_says_so(path: str, why: str) -> None:
    """A path where there is no GPIO chip is an error that names path, lines and the kernel's reason."""
    with pytest.raises(Unavailable, match=rf"{path} gives no edges of lines \[17\]: {why}"):
        open_gpio(path, {17: 3})
