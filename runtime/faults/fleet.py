"""Shards on a Dask cluster: many machines, of which some may die."""

from __future__ import annotations

import re
import time
from concurrent.futures import Executor
from contextlib import suppress
from importlib import import_module
from typing import Any

from runtime.faults.engines import Engine, EngineError, EngineLost

CONNECT_S = 10.0  # a scheduler answers in milliseconds
WORKERS_S = 30.0  # for the first worker to come, and for others when the last one died
LOOK_S = 2.0  # from one count of the workers to the next: some may have joined
AHEAD = 2  # shards for each thread of a worker: one under way, one waiting, so that none idles for a round trip

_URL = re.compile(r"(?:dask|tcp)://(?P<place>[^/:\s]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})/?")


class Fleet(Engine):
    """A Dask cluster that is there already. Its workers need our code, the same as here, and one thread each.

    Args:
        url: `dask://HOST:PORT` or `tcp://HOST:PORT`, of the scheduler.

    Raises:
        EngineError: it is no such URL, or the package `distributed` is missing.
    """

    def __init__(self, url: str) -> None:
        found = _URL.fullmatch(url)
        if found is None:
            raise EngineError(f"engine {url!r}: expected dask://HOST:PORT, of a Dask scheduler")
        self.address = f"tcp://{found['place']}:{found['port']}"
        try:
            self._dask: Any = import_module("distributed")
        except ModuleNotFoundError as problem:
            raise EngineError(f"engine {url!r} needs the extra fleet: pip install 'firstlight[fleet]'") from problem
        self.died = (self._dask.KilledWorker,)
        self._client: Any = None
        self._executor: Any = None
        self._threads, self._looked_s, self._worked_s = 0, float("-inf"), time.monotonic()

    def open(self) -> Executor:
        """Join the cluster, and wait for its first worker.

        Raises:
            EngineError: nobody answers there, or no worker comes.
        """
        try:
            self._client = self._dask.Client(self.address, timeout=CONNECT_S, set_as_default=False)
            self._client.wait_for_workers(1, timeout=WORKERS_S)
        except (OSError, TimeoutError) as problem:
            place = "no scheduler answers" if self._client is None else f"no worker came in {WORKERS_S:.0f} s"
            self.stop()
            raise EngineError(f"{self.address}: {place} ({type(problem).__name__}: {problem})") from problem
        self._executor = self._client.get_executor(pure=False)
        executor: Executor = self._executor
        return executor

    def width(self) -> int:
        """Return AHEAD for each thread that works, as was found in the last LOOK_S.

        Raises:
            EngineLost: the scheduler has gone, or has had no worker for WORKERS_S.
        """
        now = time.monotonic()
        if now - self._looked_s > LOOK_S:
            self._looked_s, self._threads = now, self._working()
        if self._threads:
            self._worked_s = now
        elif now - self._worked_s > WORKERS_S:
            raise EngineLost(f"{self.address}: no worker for {WORKERS_S:.0f} s")
        return max(AHEAD * self._threads, 1)

    def stop(self) -> None:
        """Withdraw what is under way, and leave the cluster as it is."""
        with suppress(OSError, TimeoutError):  # the scheduler has gone: there is nothing to withdraw
            if self._executor is not None:
                self._executor.shutdown(wait=False)
            if self._client is not None:
                self._client.close(timeout=CONNECT_S)
        self._client = self._executor = None

    def _working(self) -> int:
        """Return the threads of all workers.

        Raises:
            EngineLost: the scheduler does not answer.
        """
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError, RuntimeError) as problem:  # RuntimeError: of a client that has closed itself
            raise EngineLost(f"{self.address}: the scheduler has gone ({problem})") from problem
