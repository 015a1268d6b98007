"""Branches of a run: at a state of the hardware the process forks, and the child's controller is reset.

The child has the whole simulation as it was at that moment, by the kernel's copy on write: nothing is put back, so
nothing can be forgotten. A fork costs about 2 ms for the 340 blocks of atlas; a recovery costs a hundred times as much.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import traceback
import warnings
from collections.abc import Callable

from attrs import define, field

from blocks.sim.chip import SimChip
from runtime.faults.golden import Golden, Point, Watched
from runtime.faults.heap import Bringup, Controller
from runtime.faults.recovery import Verdict, recover

BLOCK = 65536  # bytes read from a child at once; a verdict has some hundred


class _Reset(BaseException):
    """The controller is reset here; no handler for errors may have it."""


@define(eq=False)
class _Child:
    pid: int
    pipe: int
    point: Point


class ChildFailed(RuntimeError):
    """The process of a recovery ended without a verdict: ours is the fault."""


class Disturbed(RuntimeError):
    """The run without a fault was another the second time: ours is the fault, and nothing is proved."""


@define(eq=False)
class Forked:
    """Whole recoveries, each in a process of its own.

    Args:
        fresh: brings up what a reset controller leaves behind.
        jobs: so many at once.

    Attributes:
        cpu_s: of the children.
    """

    golden: Golden
    controller: Controller
    fresh: Controller
    make: Callable[[int], SimChip]
    volatile: Callable[[str, str], bool]
    jobs: int = 1
    cpu_s: float = 0.0
    _out: list[_Child] = field(factory=list[_Child])

    def run(self, decide: Callable[[Point, Bringup], bool], on_verdict: Callable[[Verdict], None]) -> None:
        """Go through the run without a fault, and recover from a reset where that is decided.

        Args:
            decide: asked at every point.

        Raises:
            ChildFailed: a process ended without a verdict.
            Disturbed: the run was another than the first time.
        """
        here: list[Point] = []  # in the child, where it was made

        def at(point: Point) -> None:
            if decide(point, run):
                while len(self._out) >= self.jobs:
                    self._reap(on_verdict)
                if self._fork(point):
                    here.append(point)
                    raise _Reset

        sim = self.make(self.golden.seed)
        way = Watched(sim, at)
        self.controller.forget()
        run = Bringup(self.controller, sim, way)
        collects = gc.isenabled()
        gc.collect()
        gc.freeze()
        gc.disable()  # what a climb leaves behind goes without it; a collection would touch what children share
        try:
            run.run()
        except _Reset:
            self._answer(run, here[0])
        finally:
            if collects:
                gc.enable()
            gc.unfreeze()
            while self._out and not here:
                self._reap(on_verdict)
        unlike = self.golden.differences(sim, self.volatile)
        if way.count != len(self.golden.accesses) or unlike or run.now_s != self.golden.elapsed_s:
            raise Disturbed(f"{way.count} accesses, {len(unlike)} registers differ: to look at the run has changed it")

    def _fork(self, point: Point) -> bool:
        """Fork; say whether this is the child."""
        out, into = os.pipe()
        with warnings.catch_warnings():
            # Of other threads, as a test runner has: the child takes no lock, and ends without a word to anybody.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to answer; it waits for this child
            os.close(out)
            self._out = [_Child(0, into, point)]
            return True
        os.close(into)
        self._out.append(_Child(pid, out, point))
        return False

    def _answer(self, run: Bringup, point: Point) -> None:
        """Recover in the child, send the verdict, and end the process whatever happened."""
        status = 1
        try:
            verdict = recover(self.golden, run, self.fresh, point, self.volatile)
            os.write(self._out[0].pipe, json.dumps(verdict.to_data()).encode())
            status = 0
        except Exception:
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
            raise ChildFailed(f"the recovery from a reset at {child.point} ended without a verdict, status {status:#x}")
        on_verdict(Verdict(**json.loads(said)))
