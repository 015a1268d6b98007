"""Ourselves, on every floor: the engine alone, the transport, and all from typed registers on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import trio

from bench.measure import Timed, in_loop
from bench.peers import LeftOut, Peer
from bench.peers.device import REGISTERS, Device, Step
from registers.access import RegisterOp
from transports.batch import Batch, Operation, Results
from transports.engine import Window, interpret
from transports.memory import MemoryTransport
from transports.native import ENGINE, ENGINE_REASON


class _Ours:
    """What all floors share: typed registers, and operations from them."""

    name = ""
    clock = "cpu"

    def __init__(self, device: Device) -> None:
        self._memory = memoryview(device.memory)
        self._regs = device.regs
        self._registers = [self._regs.W[register] for register in range(REGISTERS)]
        self._steps: Sequence[Step] = ()

    def typed(self, step: Step) -> RegisterOp[Any]:
        """Return one step as a user writes it."""
        register = self._registers[step.register]
        match step.kind:
            case "read":
                op = register.read()
            case "write":
                word = step.value
                op = register.write(low=word & 0xFF, mid=word >> 8 & 0xFF, high=word >> 16)
            case "modify":
                op = register.modify(mid=step.value)
            case "check":
                op = register.check(low=step.value)
            case _:
                op = register.poll(high=step.value, timeout_s=1.0)
        made: RegisterOp[Any] = op
        return made

    def operations(self, steps: Sequence[Step]) -> list[Operation]:
        """Return the bus operations of the steps."""
        self._steps = steps
        return [op for step in steps for op in self.typed(step).operations]

    def _read(self, words: Sequence[Any]) -> list[int]:
        return [word for word, step in zip(words, self._steps, strict=True) if step.kind == "read"]

    def close(self) -> None:
        """The memory is the device's."""


class Engine(_Ours):
    """The engine in C, and nothing around it: a program that was prepared, words packed in bytes."""

    name = "firstlight engine, prepared"

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        if ENGINE != "c":
            raise LeftOut(f"the engine in C is not active: {ENGINE_REASON}")
        self._window = Window(self._memory)

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return one call of the engine."""
        from transports import _engine

        assert self._window.native is not None
        return in_loop(partial(self._window.native.run, _engine.Program.of(tuple(self.operations(steps)))))

    def words(self, result: Any) -> Sequence[int]:
        """They are the result: one for each operation."""
        assert isinstance(result, bytes), f"the engine stopped at operation {result.index}"
        return self._read(memoryview(result).cast("Q"))

    def close(self) -> None:
        """Let go of the memory."""
        self._window.close()
        super().close()


class EngineInts(Engine):
    """The same, with a Python int for each word."""

    name = "firstlight engine, prepared, words as ints"

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return one call of the engine, and of what decodes."""
        from transports import _engine

        assert self._window.native is not None
        run = partial(self._window.native.run, _engine.Program.of(tuple(self.operations(steps))))

        def decoded() -> list[int]:
            words = run()
            assert isinstance(words, bytes)
            return memoryview(words).cast("Q").tolist()

        return in_loop(decoded)

    def words(self, result: Any) -> Sequence[int]:
        """They are the result."""
        return self._read(result)


class Twin(_Ours):
    """The engine in Python, which runs where there is no compiler."""

    name = "firstlight engine in Python, prepared"

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return a run of the engine to the end."""
        window = Window(self._memory)
        batch = Batch(self.operations(steps))

        def run() -> Results:
            try:
                next(interpret(batch, window, time.monotonic))
            except StopIteration as stop:
                done: Results = stop.value
                return done
            raise ValueError("a poll waits for what should be there")

        return in_loop(run)

    def words(self, result: Results) -> Sequence[int]:
        """They are among the results."""
        return self._read(result.check().values)


class Prepared(_Ours):
    """`memory:` as a task uses it, with a batch that was prepared: one checkpoint for each batch."""

    name = "firstlight memory:, prepared"

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._transport = MemoryTransport(self._memory)

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return tasks that run the batch."""
        prepared = Batch(self.operations(steps)).prepare()
        return self._in_task(prepared.at)

    def _in_task(self, batch: Callable[[], Batch]) -> Timed:
        async def main(count: int) -> tuple[int, int, Results]:
            last = Results()
            cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
            for _ in range(count):
                last = await self._transport.execute(batch())
            return time.thread_time_ns() - cpu, time.perf_counter_ns() - wall, last

        return lambda count: trio.run(main, count)

    def words(self, result: Results) -> Sequence[int]:
        """They are among the results."""
        return self._read(result.check().values)

    def close(self) -> None:
        """Let go of the memory."""
        trio.run(self._transport.aclose)


class Typed(Prepared):
    """`memory:` as a task uses it, where nothing was prepared: operations from typed registers, every time."""

    name = "firstlight memory:, from typed registers"

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return tasks that build the batch and run it."""
        return self._in_task(lambda: Batch(self.operations(steps)))

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL."""
        batch = Batch(self._regs.CTRL.modify(gain=value).operations)
        trio.run(self._transport.execute, batch).check()


MAKERS: Mapping[str, Callable[[Device], Peer]] = {
    kind.name: kind for kind in (Engine, EngineInts, Twin, Prepared, Typed)
}
