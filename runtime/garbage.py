"""The garbage collector, kept from stopping a loop that has a chip to serve.

CPython looks through all that has become old whenever that has grown by a quarter. With a chip of 3,240 blocks loaded
one such look took 1.5 s, and nobody is served meanwhile (`bench_bringup`).
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

BATCHES, CLIMBS = 256, 64  # between two sweeps: what so many leave behind is looked through in a millisecond or two
YOUNGER = 2  # looks at the youngest between two at the next: each of these then takes a millisecond or two
NEVER = 1 << 30


@contextmanager
def only_new() -> Generator[None]:
    """Inside, look only through what is new: a few milliseconds at a time. Afterwards all is as it was.

    For as long as something comes up, not for ever: circles of garbage that have become old stay until the end.
    """
    young, younger, old = gc.get_threshold()
    frozen = gc.get_freeze_count()
    outside = _Inside.now
    gc.freeze()
    gc.set_threshold(young, min(younger, YOUNGER), NEVER)
    _Inside.now = True
    try:
        yield
    finally:
        _Inside.now = outside
        gc.set_threshold(young, younger, old)
        if not frozen:
            gc.unfreeze()


class _Inside:
    """Whether this process is inside `only_new`: the collector is one for all of it."""

    now: ClassVar[bool] = False


def sweep() -> None:
    """Look through what is new, at once; outside of `only_new` do nothing.

    CPython looks by itself when 700 things more were made than were let go of. While old things go as fast as new ones
    come, as when ten thousand climbs end, it never does, and then once through all of them: 40 to 50 ms.
    """
    if _Inside.now:
        gc.collect(1)
