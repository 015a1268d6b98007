"""The garbage collector, kept from stopping a loop that has a chip to serve.

CPython looks through all that has become old whenever that has grown by a quarter. With a chip of 3,240 blocks loaded
one such look took 1.5 s, and nobody is served meanwhile (`bench_bringup`).
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

YOUNGER = 2  # looks at the youngest between two at the next: each of these then takes a millisecond or two
NEVER = 1 << 30


@contextmanager
def only_new() -> Generator[None]:
    """Inside, look only through what is new: a few milliseconds at a time. Afterwards all is as it was.

    For as long as something comes up, not for ever: circles of garbage that have become old stay until the end.
    """
    young, younger, old = gc.get_threshold()
    frozen = gc.get_freeze_count()
    gc.freeze()
    gc.set_threshold(young, min(younger, YOUNGER), NEVER)
    try:
        yield
    finally:
        gc.set_threshold(young, younger, old)
        if not frozen:
            gc.unfreeze()
