"""How much a batch may ask for.

Whatever a batch writes it holds already, and each of its operations too. Only a burst that reads asks for more than it
is: one of a few bytes can name 2**32 words of a FIFO.
"""

from __future__ import annotations

from transports.batch import Operation, ReadBurst
from transports.errors import Denied

# Words that a batch reads in bursts: 8 MB of the engine in C, 40 MB as a tuple, and over a bus with 1 us for a read a
# second in which nobody else has the device. Who wants more asks for it in several batches.
BURST_WORDS_MAX = 1 << 20


def excess(operations: tuple[Operation, ...]) -> Denied | None:
    """Return why operations read more than one batch may, or None when they do not."""
    words = 0
    for index, op in enumerate(operations):
        if isinstance(op, ReadBurst):
            words += op.count
            if words > BURST_WORDS_MAX:
                reason = f"{words} words read in bursts; a batch reads {BURST_WORDS_MAX} at most"
                return Denied(reason, address=op.address, index=index)
    return None
