"""What a device would see of a batch with faults, said again in the plainest way. Not a test: imported by some.

A port does each word and what strikes at it; the engine in Python runs each operation over it. Time is a number.
"""

from __future__ import annotations

import random

from attrs import define, field

from transports.batch import Batch, Results, Value, ones
from transports.engine import Region, interpret, refusal
from transports.errors import BusFault, Indeterminate, TransportError, Unavailable
from transports.faulty import Kind, Manner, Shot


@define(eq=False)
class FaultedPort:
    """Storage from `base` on, words of which meet faults; `number` counts them."""

    memory: bytearray
    base: int
    shots: list[Shot]
    seed: int
    manner: Manner
    now_s: float = 0.0
    number: int = 0
    seen: int = 0
    down_s: float = -1.0
    step: int = 0  # of the burst that runs, and where it begins
    struck: list[Shot] = field(factory=list[Shot])

    def kinds(self, *, writing: bool, width: int) -> list[Shot]:
        self.number += 1
        found = [shot for shot in self.shots if shot.number == self.number]
        wrong = {Kind.FLIP, Kind.ONES} if writing else {Kind.DROPPED, Kind.TORN, Kind.TWICE}
        if width != 8:
            wrong.add(Kind.TORN)
        found = [shot for shot in found if shot.kind not in wrong]
        self.struck += found
        return found

    def before(self, shots: list[Shot]) -> bool:
        """Say whether the access goes out."""
        early = {shot.kind for shot in shots if not shot.after}
        if Kind.DOWN in early:
            self.down_s = self.now_s + self.manner.down_s
        if Kind.HANG in early:
            self.now_s += self.manner.answer_s
            raise Indeterminate("silence")
        if Kind.ERROR in early:
            raise BusFault("error")
        if self.now_s < self.down_s:
            if self.manner.ones:
                return False
            late_s = self.now_s + self.manner.answer_s
            self.now_s = min(late_s, self.down_s)
            if late_s < self.down_s:
                raise Unavailable("down")
        return True

    def after(self, shots: list[Shot]) -> None:
        self.now_s += self.manner.late_s * any(shot.kind is Kind.LATE for shot in shots)
        late = {shot.kind for shot in shots if shot.after}
        if Kind.HANG in late:
            self.now_s += self.manner.answer_s
            raise Indeterminate("silence")
        if Kind.ERROR in late:
            raise BusFault("error")

    def read(self, address: int, width: int) -> int:
        shots = self.kinds(writing=False, width=width)
        out = self.before(shots)
        if out and not any(shot.kind is Kind.ONES for shot in shots):
            self.seen += 1
            start = address - self.base
            word = int.from_bytes(self.memory[start : start + width], "little")
        else:
            word = ones(width)
        for shot in shots:
            if shot.kind is Kind.FLIP:
                word ^= 1 << random.Random(f"{self.seed}/{shot}").randrange(8 * width)
        self.after(shots)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        shots = self.kinds(writing=True, width=width if strobes is None else 1)
        out = self.before(shots)
        kinds = {shot.kind for shot in shots}
        enabled = (1 << width) - 1 if strobes is None else strobes
        if Kind.TORN in kinds:
            enabled = 0x0F
        if out and Kind.DROPPED not in kinds and enabled:
            self.seen += 1 + (Kind.TWICE in kinds)
            start = address - self.base
            for index in range(width):
                if enabled >> index & 1:
                    self.memory[start + index] = value >> 8 * index & 0xFF
        self.after(shots)


def faulted(batch: Batch, port: FaultedPort, region: Region) -> Results:
    """Return what a batch brings; the port has its memory, its count and its time afterwards."""
    if refused := refusal(batch, region):
        return Results((), refused)
    values: list[Value] = []
    poll_reads = 0
    for index, op in enumerate(batch.operations):
        steps = interpret(Batch((op,)), port, lambda: port.now_s)
        while True:
            try:
                wait_s = next(steps)
            except StopIteration as stop:
                came: Results = stop.value
                break
            port.now_s += wait_s
        poll_reads += came.poll_reads
        if came.error is not None:
            return Results(tuple(values), came.error.at(index=index), poll_reads)
        values += came.values
    return Results(tuple(values), None, poll_reads)


def plain(results: Results) -> tuple[object, ...]:
    """Return results to be compared: the sentence for people is free."""
    error: TransportError | None = results.error
    return results.values, None if error is None else error.at(reason=""), results.poll_reads
