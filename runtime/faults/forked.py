"""Branches of a run: at a state of the hardware the process forks, and a fault strikes in the child.

The child has the whole simulation as it was at that moment, by the kernel's copy on write: nothing is put back, so
nothing can be forgotten. A fork costs about 2 ms for the 340 blocks of atlas; a recovery costs a hundred times as much.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from attrs import define, field

from runtime.faults.engines import Unproved
from runtime.faults.golden import Point, Watched
from runtime.faults.heap import Bringup, Escaped, ours
from runtime.faults.lives import follow
from runtime.faults.recovery import Verdict, verdict_of
from runtime.faults.scene import Scene
from runtime.faults.strike import ControllerReset, Struck
from runtime.faults.trial import Trial, Workload
from transports.faulty.kinds import Shot

BLOCK = 65536  # bytes read from a child at once; a verdict has some hundred


@define(eq=False)
class _Child:
    pid: int
    pipe: int
    trial: Trial


@contextmanager
def uncollected() -> Generator[None]:
    """Collect no garbage: what a climb leaves behind goes without it, and it would touch what children share.

    Whole chips do not go by themselves: who makes some lets go of them now and then, as `Scene.trial` does.
    """
    if not gc.isenabled():
        gc.freeze()
        yield
        return
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class ChildFailed(Unproved):
    """The process of a recovery ended without a verdict: ours is the fault."""


class Disturbed(Unproved):
    """The run without a fault was another the second time: ours is the fault, and nothing is proved."""


@define(eq=False)
class Forked:
    """Whole trials, each in a process of its own.

    Args:
        jobs: so many at once.

    Attributes:
        cpu_s: of the children.
    """

    scene: Scene
    jobs: int = 1
    cpu_s: float = 0.0
    _out: list[_Child] = field(factory=list[_Child])
    _struck: Struck | None = None

    def run(self, decide: Callable[[Point, Bringup], Sequence[Shot]], on_verdict: Callable[[Verdict], None]) -> None:
        """Go through the run without a fault, and let faults strike as is decided, each alone.

        Args:
            decide: asked at every point for the faults that strike there.

        Raises:
            ChildFailed: a process ended without a verdict.
            Disturbed: the run was another than the first time.
        """

        def at(point: Point) -> None:
            if self._struck is not None:  # in a child
                return
            with ours():
                shots = decide(point, run)
            for shot in shots:
                while len(self._out) >= self.jobs:
                    self._reap(on_verdict)
                if self._fork(Trial(Workload.BRINGUP, self.scene.seed, (shot,))):
                    down_s, before = self.scene.golden.down_s, point.number - 1
                    struck = self._struck = Struck(sim, [shot], self.scene.seed, before=before, down_s=down_s)
                    struck.live(run)
                    if point.after:
                        struck.strike(shot)
                    else:
                        way.way = struck
                    return

        golden = self.scene.golden
        sim = self.scene.make()
        way = Watched(sim, at)
        self.scene.controller.forget()
        run = Bringup(self.scene.controller, sim, way)
        try:
            with uncollected():
                self._bring_up(run)
        except Escaped as escaped:
            raise escaped.bug from None
        finally:
            while self._out:
                self._reap(on_verdict)
        unlike = golden.differences(sim)
        if way.count != len(golden.accesses) or unlike or run.now_s != golden.elapsed_s:
            raise Disturbed(f"{way.count} accesses, {len(unlike)} registers differ: to look at the run has changed it")

    def _bring_up(self, run: Bringup) -> None:
        """Let the run go to its end, where a child answers and is no more."""
        reset = False
        try:
            run.run()
        except ControllerReset:
            reset = True
        finally:
            if self._struck is not None:
                self._answer(run, self._struck, reset=reset)

    def _fork(self, trial: Trial) -> bool:
        """Fork; say whether this is the child."""
        out, into = os.pipe()
        with warnings.catch_warnings():
            # Of other threads, as a test runner has: the child takes no lock, and ends without a word to anybody.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to answer; it waits for this child
            os.close(out)
            self._out = [_Child(0, into, trial)]
            return True
        os.close(into)
        self._out.append(_Child(pid, out, trial))
        return False

    def _answer(self, run: Bringup, struck: Struck, *, reset: bool) -> None:
        """Let others follow in the child, send the verdict, and end the process whatever happened."""
        status = 1
        try:
            if (problem := sys.exception()) is not None:
                raise problem
            ended = follow(self.scene.world(run.sim), struck, run, reset=reset)
            verdict = verdict_of(self.scene.golden, self._out[0].trial, ended)
            os.write(self._out[0].pipe, json.dumps(verdict.to_data()).encode())
            status = 0
        except BrokenPipeError:
            status = 0  # who asked has ended, and nobody waits for this
        except Exception:  # whatever it is, the parent is told by the status, and raises
            traceback.print_exc()
        finally:
            os._exit(status)

    def _reap(self, on_verdict: Callable[[Verdict], None]) -> None:
        child = self._out.pop(0)
        said = bytearray()
        while part := os.read(child.pipe, BLOCK):
            said += part
        os.close(child.pipe)
        _, status, usage = os.wait4(child.pid, 0)
        self.cpu_s += usage.ru_utime + usage.ru_stime
        if status or not said:
            raise ChildFailed(f"the trial {child.trial} ended without a verdict, status {status:#x}")
        on_verdict(Verdict(**json.loads(said)))
