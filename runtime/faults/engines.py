"""Where shards run: in this process, in processes of this machine, or on a Dask cluster.

Each is an executor that the standard library knows, and can be opened anew when it broke: the pool of the standard
library is lost with the first of its processes. Whatever it is, one process runs one shard at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

PRELOADED = ["runtime.faults.campaign"]  # all that a shard needs, so that a process of the pool imports nothing


class EngineError(ValueError):
    """There is no such place to run shards, or it cannot be reached; nothing was run."""


class Unfinished(RuntimeError):
    """A campaign could not be run to its end; what is done is kept."""


class Unproved(Unfinished):
    """A campaign proves nothing: what must be the same was another the second time. Ours is the fault."""


class EngineLost(Unfinished):
    """The place where shards run has gone, or gives no sign; what is done is kept."""


class Engine(ABC):
    """Where shards run.

    Attributes:
        died: what is raised of a shard whose process died; with a BrokenExecutor all that is out is lost.
    """

    died: tuple[type[BaseException], ...] = (BrokenExecutor,)

    @abstractmethod
    def open(self) -> Executor:
        """Return what runs shards.

        Raises:
            EngineError: it cannot be had.
        """

    @abstractmethod
    def width(self) -> int:
        """Return how many shards it is given at once; asked again whenever nothing is heard for a while.

        Raises:
            EngineLost: nobody works there any more.
        """

    @abstractmethod
    def stop(self) -> None:
        """End it; what is under way is dropped. Nothing happens where it is not open."""


class Here(Engine):
    """This process, one shard after the other."""

    def open(self) -> Executor:
        """Return what runs a shard at once, in the call that submits it."""
        return _AtOnce()

    def width(self) -> int:
        """Return 1."""
        return 1

    def stop(self) -> None:
        """Do nothing: nothing is under way."""


class _AtOnce(Executor):
    """Runs what it is given before it returns; an interrupt comes out of the call."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run it, and return what came of it."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:  # whatever it is, an executor hands it to who asks for the result
            future.set_exception(problem)
        return future


class Given(Engine):
    """Any executor that somebody else opens, and ends.

    Args:
        executor: that is not opened anew: where it breaks, the campaign ends.
        width: shards that it is given at once; more than it has workers.
    """

    def __init__(self, executor: Executor, width: int) -> None:
        self._executor, self._width = executor, width
        self._opened = False

    def open(self) -> Executor:
        """Return the executor.

        Raises:
            EngineLost: it broke.
        """
        if self._opened:
            raise EngineLost(f"{type(self._executor).__name__} broke: one of its workers died")
        self._opened = True
        return self._executor

    def width(self) -> int:
        """Return how many shards it is given at once."""
        return self._width

    def stop(self) -> None:
        """Do nothing: it is not ours to end."""


class Processes(Engine):
    """Processes of this machine.

    They come from a fork server, which has imported our code once and has no threads: a fork of this process would
    copy the locks of its threads and its open files, and a new interpreter for each would import for 0.3 s. They
    ignore SIGINT, which a terminal sends them too; they end when this process ends, however it does, because then the
    pipe closes that each of them watches.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._ends: tuple[Connection, Connection] | None = None

    def open(self) -> Executor:
        """Return a pool of processes, which start as they are needed."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        theirs, ours = context.Pipe(duplex=False)
        self._ends = theirs, ours
        self._pool = ProcessPoolExecutor(self._jobs, context, _begin, (theirs,))
        return self._pool

    def width(self) -> int:
        """Return one for each process, so that whoever was under way when one died is known."""
        return self._jobs

    def stop(self) -> None:
        """End the processes at once."""
        if self._pool is None or self._ends is None:
            return
        theirs, ours = self._ends
        ours.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        theirs.close()
        self._pool = self._ends = None


def _begin(theirs: Connection) -> None:
    """Prepare a process of the pool: an interrupt is the parent's to answer, and without a parent nobody works."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_watch, args=(theirs,), name="parent", daemon=True).start()


def _watch(theirs: Connection) -> None:
    """End this process when the other end of the pipe closes; nothing is ever sent."""
    try:
        theirs.recv_bytes()
    except EOFError:
        os._exit(0)


def engine_of(text: str, jobs: int) -> Engine:
    """Return the engine of a name: `local`, with so many processes, or `dask://HOST:PORT`.

    Raises:
        EngineError: there is no such engine, or what it needs is not installed.
    """
    if text == "local":
        return Processes(jobs) if jobs > 1 else Here()
    if text.startswith(("dask://", "tcp://")):
        from runtime.faults.fleet import Fleet

        return Fleet(text)
    raise EngineError(f"engine {text!r}: expected local or dask://HOST:PORT")
