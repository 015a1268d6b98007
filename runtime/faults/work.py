"""What a worker does: one shard, timed, and told in plain data that every version can read."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from attrs import frozen

from runtime.faults.engines import Unfinished
from runtime.faults.sources import digest_of
from runtime.faults.tally import Tally

_ONE = threading.Lock()  # a chip's models, and what CPU time is charged to, are the whole process's


class Shard(Protocol):
    """A part of a campaign: a value that can be pickled.

    Attributes:
        key: stable, readable, and no other shard's; it names all that the result depends on.
    """

    @property
    def key(self) -> str:
        """Its name."""
        ...


S = TypeVar("S", bound=Shard)


class OtherCode(Unfinished):
    """A worker has other code than who sent the shard: its results are not those of this campaign."""


@frozen
class Worked:
    """What a worker says of a shard.

    Attributes:
        tally: as `Tally.to_data` says it.
        seconds: by the wall.
        host: the machine, and the process.
    """

    tally: dict[str, Any]
    seconds: float
    host: str


def work(run: Callable[[S], Tally], shard: S, digest: str) -> Worked:
    """Run a shard.

    Args:
        digest: of the code of who sent it.

    Raises:
        OtherCode: ours is another; nothing was run.
    """
    host = f"{socket.gethostname()}/{os.getpid()}"
    if (ours := digest_of()) != digest:
        raise OtherCode(f"{host} has code {ours}; expected {digest}, as who sent it has. Install the same there")
    with _ONE:
        began = time.perf_counter()
        tally = run(shard)
        return Worked(tally.to_data(), time.perf_counter() - began, host)
