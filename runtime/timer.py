"""Short waits that are short: trio alone sleeps 50 us in 1.1 ms, because epoll counts in milliseconds.

Under `RealClock` a wait below a second is a timerfd, which ends within about 0.1 ms; under any other clock, and where
there is no timerfd, it is trio's own. A timer is never proof that hardware is ready: look after it.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable

import trio

from runtime.clock import RealClock

SHORT_S = 1.0  # above, trio's millisecond is less than a thousandth of the wait


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Timer(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


def _by_libc() -> Callable[[float], int] | None:
    """Return the maker of armed timers through the C library, or None where it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        create, settime = libc.timerfd_create, libc.timerfd_settime
    except AttributeError:
        return None
    settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Timer), ctypes.POINTER(_Timer))

    def armed(seconds: float) -> int:
        fd: int = create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        whole, part = divmod(max(1, round(seconds * 1e9)), 1_000_000_000)
        if settime(fd, 0, ctypes.byref(_Timer(_Timespec(0, 0), _Timespec(whole, part))), None):
            os.close(fd)
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        return fd

    return armed


def _by_python() -> Callable[[float], int] | None:
    """Return the maker of armed timers that Python 3.13 brings, or None before that."""
    if sys.version_info >= (3, 13) and sys.platform == "linux":

        def armed(seconds: float) -> int:
            fd = os.timerfd_create(time.CLOCK_MONOTONIC, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            os.timerfd_settime_ns(fd, initial=max(1, round(seconds * 1e9)))
            return fd

        return armed
    return None


_armed = (_by_python() or _by_libc()) if sys.platform == "linux" else None


async def sleep(seconds: float) -> None:
    """Let at least `seconds` pass on this runtime's clock, and little more."""
    await sleep_until(trio.current_time() + seconds)


async def sleep_until(due_s: float) -> None:
    """Wait for a moment of this runtime's clock, and little longer; of one that has passed, not at all."""
    while True:
        seconds = due_s - trio.current_time()
        if _armed is None or not 0 < seconds < SHORT_S or not isinstance(trio.lowlevel.current_clock(), RealClock):
            await trio.sleep_until(due_s)
            return
        try:
            fd = _armed(seconds)
        except OSError:  # no descriptor is left; late is better than never
            await trio.sleep_until(due_s)
            return
        try:
            await trio.lowlevel.wait_readable(fd)
        finally:
            os.close(fd)
        if trio.current_time() >= due_s:  # else the clock stood still meanwhile
            return
