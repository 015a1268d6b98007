"""A campaign as a list of shards: each is run, once counts, and what is done stays done whatever is killed.

A shard whose worker died is run again, and then alone: one that kills its worker is told from one that was merely
there, and one that wants all the memory gets it. What comes out does not depend on who ran what, in which order, or
how often it was begun: the results are put together in the order of the list.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from typing import Generic, Self

from attrs import define, field, frozen

from runtime.faults.engines import Engine, EngineLost, Unfinished
from runtime.faults.results import Results
from runtime.faults.sources import digest_of
from runtime.faults.tally import Tally
from runtime.faults.work import S, Worked, work
from runtime.words import count

AGAIN_MAX = 3  # runs of a shard after its worker died; what kills four workers kills the next
DEATHS_MAX = 20  # of workers, one after the other, without a shard done: none stays alive here
LOOK_S = 5.0  # without a result, until the engine is looked at
SILENT_S = 1800.0  # without a result, until it is given up: a shard takes seconds, and minutes where all is busy
NAMED_MAX = 5  # shards in a message


class ShardError(RuntimeError):
    """A shard raised an error: ours is the fault. What is done is kept."""


class ShardsLost(Unfinished):
    """Shards whose workers died again and again. All others are done, and kept.

    Attributes:
        keys: of these shards.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        named = ", ".join(self.keys[:NAMED_MAX]) + (", ..." if len(self.keys) > NAMED_MAX else "")
        super().__init__(f"{count(len(keys), 'shard')} killed the worker {AGAIN_MAX + 1} times over: {named}")


class Interrupted(KeyboardInterrupt):
    """The campaign was told to stop; says how to go on."""


@frozen
class Progress:
    """How far a campaign is.

    Attributes:
        shards: of the campaign, of which `done`; `found` of these were done before.
        points: of the shards that are done, of which `failures`; `points_now` of them since it began.
        wall_s: since it began.
    """

    shards: int
    found: int
    done: int
    points: int
    points_now: int
    failures: int
    wall_s: float

    @classmethod
    def of_steps(cls, tally: Tally, done: int, steps: int, wall_s: float) -> Self:
        """Return how far a campaign in one piece is, by the steps that it has."""
        return cls(steps, 0, done, tally.points, tally.points, tally.failures, wall_s)

    @property
    def points_per_s(self) -> float:
        """Points by the time since it began."""
        return self.points_now / self.wall_s if self.wall_s else 0.0

    @property
    def left_s(self) -> float | None:
        """How long the rest takes, if shards are alike; None: nothing is known yet."""
        now = self.done - self.found
        return (self.shards - self.done) * self.wall_s / now if now else None


@define(eq=False)
class Scale(Generic[S]):
    """The run of some shards.

    Args:
        run: of a module, so that another process finds it by its name.
        on_progress: called once at the begin, and when a shard is done.
    """

    shards: Sequence[S]
    run: Callable[[S], Tally]
    engine: Engine
    results: Results
    on_progress: Callable[[Progress], None] | None = None
    _waiting: deque[S] = field(factory=deque[S])
    _suspects: deque[S] = field(factory=deque[S])  # whose worker died; each runs alone
    _out: dict[Future[Worked], S] = field(factory=dict[Future[Worked], S])
    _deaths: Counter[str] = field(factory=Counter[str])
    _dead_in_a_row: int = 0
    _lost: list[str] = field(factory=list[str])
    _progress: Progress = field(default=Progress(0, 0, 0, 0, 0, 0, 0.0))
    _began_s: float = 0.0
    _heard_s: float = 0.0

    def all(self) -> Tally:
        """Run all that is not done, and return what all came to.

        Raises:
            EngineError: the engine cannot be had.
            EngineLost: it has gone.
            ShardError: a shard raised an error.
            ShardsLost: the workers of these died again and again; all others are done.
            OtherCode: a worker has other code than we.
            ResultsError: a result cannot be kept.
            Interrupted: by SIGINT.
        """
        keys = [shard.key for shard in self.shards]
        if len(set(keys)) != len(keys):
            twice, _ = Counter(keys).most_common(1)[0]
            raise ShardError(f"two shards are called {twice}; expected a key for each")
        self._began_s = time.monotonic()
        done = self.results.done()
        self._waiting.extend(shard for shard in self.shards if shard.key not in done)
        self._begin([key for key in keys if key in done])
        try:
            if self._waiting:
                self._all()
        except KeyboardInterrupt as stop:
            raise Interrupted(self._how_to_go_on()) from stop
        finally:
            self.engine.stop()
        if self._lost:
            raise ShardsLost(sorted(self._lost))
        whole = Tally()
        for tally in self.results.tallies(keys):
            whole.add(tally)
        return whole

    def _begin(self, found: Sequence[str]) -> None:
        points = failures = 0
        for tally in self.results.tallies(found):
            points += tally.points
            failures += tally.failures
        wall_s = time.monotonic() - self._began_s
        self._show(Progress(len(self.shards), len(found), len(found), points, 0, failures, wall_s))

    def _show(self, progress: Progress) -> None:
        self._progress = progress
        if self.on_progress is not None:
            self.on_progress(progress)

    def _all(self) -> None:
        executor = self.engine.open()
        self._heard_s = time.monotonic()
        while self._waiting or self._suspects or self._out:
            broken = not self._submit(executor)
            ended, _ = wait(self._out, LOOK_S, FIRST_COMPLETED)
            for future in [future for future in self._out if future in ended]:  # not in the order of a set
                broken |= not self._take(future, self._out.pop(future))
            if broken:
                executor = self._anew()
            elif not ended:
                self._look()

    def _submit(self, executor: Executor) -> bool:
        """Give out what there is room for; return False where the executor broke."""
        if self._suspects:
            room = not self._out
        else:
            room = len(self._out) < self.engine.width()
        source = self._suspects or self._waiting
        while source and room:
            shard = source.popleft()
            try:
                self._out[executor.submit(work, self.run, shard, digest_of())] = shard
            except self.engine.died as problem:
                return self._died(shard, problem)
            room = source is self._waiting and len(self._out) < self.engine.width()
        return True

    def _take(self, future: Future[Worked], shard: S) -> bool:
        """Keep what came of a shard; return False where the executor broke."""
        try:
            worked = future.result()
        except self.engine.died as problem:
            return self._died(shard, problem)
        except CancelledError as problem:
            raise EngineLost(f"shard {shard.key} was withdrawn: the engine has gone") from problem
        except Unfinished:
            raise
        except Exception as problem:  # whatever a shard raised, here or in another process: it is told whose it was
            raise ShardError(f"shard {shard.key}: {type(problem).__name__}: {problem}") from problem
        self._heard_s = time.monotonic()
        self._dead_in_a_row = 0
        tally = Tally.from_data(worked.tally)
        if self.results.put(shard.key, tally, seconds=worked.seconds, host=worked.host):
            was = self._progress
            self._show(Progress(
                was.shards, was.found, was.done + 1, was.points + tally.points, was.points_now + tally.points,
                was.failures + tally.failures, self._heard_s - self._began_s,
            ))  # fmt: skip
        return True

    def _died(self, shard: S, problem: BaseException) -> bool:
        """Note that the worker of a shard died; return False where the executor broke with it."""
        self._again(shard)
        return not isinstance(problem, BrokenExecutor)

    def _again(self, shard: S) -> None:
        self._deaths[shard.key] += 1
        if self._deaths[shard.key] > AGAIN_MAX:
            self._lost.append(shard.key)
        else:
            self._suspects.append(shard)

    def _anew(self) -> Executor:
        """Open the engine that broke: all that was out has ended with it, one way or the other.

        Raises:
            EngineLost: no worker stays alive.
        """
        ended, _ = wait(self._out, LOOK_S)
        for future, shard in self._out.items():
            if future in ended:
                self._take(future, shard)
            else:
                self._again(shard)
        self._out.clear()
        self._dead_in_a_row += 1
        if self._dead_in_a_row >= DEATHS_MAX:
            raise EngineLost(f"the last {DEATHS_MAX} workers died, and no shard was done: is there enough memory?")
        self.engine.stop()
        self._heard_s = time.monotonic()
        return self.engine.open()

    def _look(self) -> None:
        """See that there is somebody who works.

        Raises:
            EngineLost: nobody, or no shard ends.
        """
        self.engine.width()  # raises where nobody works
        silent_s = time.monotonic() - self._heard_s
        if silent_s > SILENT_S:
            named = ", ".join(shard.key for shard in list(self._out.values())[:NAMED_MAX])
            silent = f"no shard has ended for {silent_s:.0f} s; under way are {named}"
            raise EngineLost(f"{silent}. More of them (--shards) are shorter ones")

    def _how_to_go_on(self) -> str:
        kept = self.results.done()  # one may have been kept, and not shown any more
        said = f"{sum(shard.key in kept for shard in self.shards)} of {count(len(self.shards), 'shard')} are done"
        if self.results.path is None:
            return f"{said}, and not kept: --results FILE keeps them"
        return f"{said} and kept in {self.results.path}; the same command runs the rest"
