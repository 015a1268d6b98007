"""QEMU as the device: `qemu:MACHINE` starts one and ends it, `qtest:SOCKET` attaches to one and leaves it alive.

    qemu:sifive_u
    qtest:/run/lab/qtest.sock?machine=sifive_u&qmp=/run/lab/qmp.sock&answer_s=10

`python -m transports.qemu sifive_u --directory /run/lab` starts a QEMU to attach to. A `qmp.sock` beside the qtest
socket is found without being named; with a monitor known the transport is `Resettable`. A QEMU that leaves what it was
sent unanswered for `answer_s` (10 s unless the URL says otherwise) is lost.

Source: behaviour of QEMU 7.2's qtest server as measured with Debian's 7.2.22.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint
from attrs import define, field

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.errors import DeviceLost, TransportError, Unavailable
from transports.open import Target
from transports.qemu.machines import Machine
from transports.qemu.process import Process, Sockets, listens, start
from transports.qemu.qmp import monitor
from transports.qemu.qtest import Refusal, Reply, intercept_line
from transports.qemu.qtest_batch import Answer, Exchange, Pause, converse
from transports.qemu.qtest_socket import ANSWER_S, QtestSocket, connect
from transports.qemu.scratch import Scratch, make_scratch
from transports.qemu.url import parse_qemu, parse_qtest

ATTACH_S = 5.0  # QEMU answers in 1 ms; it serves a second client only when the first has gone
RESET_S = 5.0  # a reset takes 5 ms
_EPITAPH_S = 1.0  # a QEMU that closed its socket is gone within milliseconds


@define(eq=False)
class QtestTransport:
    """A bus behind a qtest socket; satisfies `Transport` and `Notifier`.

    Attributes:
        process: the QEMU, when it is ours to end.
        scratch: its directory, when that is ours to remove.
    """

    machine: Machine
    wire: QtestSocket
    process: Process | None = None
    scratch: Scratch | None = None
    _explained: bool = False
    _lock: anyio.Lock = field(factory=lambda: anyio.Lock(fast_acquire=True))
    _listener: anyio.ResourceGuard = field(factory=lambda: anyio.ResourceGuard("waiting for lines of"))

    @property
    def capabilities(self) -> Capabilities:
        """Times measured under trio on two cores: 100 us for a batch of one, 8 us an access in a batch of many."""
        return Capabilities(
            atomic_modify=self.process is not None,  # its processors stand still and nobody else is connected
            notifier=True,
            access_s=8e-6,
            round_trip_s=100e-6,
        )

    @property
    def lines_high(self) -> frozenset[int]:
        """Lines seen to rise and not yet to fall; one that was high before we attached is not among them."""
        return frozenset(self.wire.high)

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails; see `Transport`.

        Cancelled, it may have performed any number of the operations; the next batch begins only when QEMU has
        answered all that was sent.
        """
        if self.wire.lost is not None:
            await checkpoint()
            return Results((), self._error(batch))
        if fault := self.machine.fault(batch):
            await checkpoint()
            return Results((), fault)
        async with self._lock:
            try:
                return await self._run(batch)
            finally:
                self.wire.read_alone(False)

    async def _run(self, batch: Batch) -> Results:
        """Carry a batch's conversation."""
        talk = converse(batch)
        waited = False
        try:
            request = next(talk)
            while True:
                waited = True
                match request:
                    case Exchange(lines):
                        self.wire.read_alone(True)
                        replies = await self.wire.exchange(lines)
                        await self._explain()
                        answer = Answer(replies, anyio.current_time(), self.wire.lost)
                    case Pause(seconds):
                        self.wire.read_alone(False)
                        await anyio.sleep(seconds)
                        answer = Answer((), anyio.current_time())
                request = talk.send(answer)
        except StopIteration as stop:
            results: Results = stop.value
        if not waited:
            await checkpoint()
        return results

    def _error(self, batch: Batch) -> TransportError:
        """Return the loss as the error of a batch's first operation."""
        assert self.wire.lost is not None
        address = getattr(batch.operations[0], "address", None) if batch.operations else None
        return self.wire.lost.at(index=0, address=address)

    async def _explain(self) -> None:
        """Add to the loss what became of our own QEMU."""
        lost, process = self.wire.lost, self.process
        if lost is None or process is None or self._explained:
            return
        self._explained = True
        with anyio.move_on_after(_EPITAPH_S):
            await process.ended()
        self.wire.lost = DeviceLost(f"{lost.reason}, {process.epitaph()}")

    async def wait(self) -> frozenset[int]:
        """Wait until at least one line rose since the last call; return the numbers of those that did.

        The first call returns all lines at once: QEMU does not say which were high when we attached, so look.
        A reset that the guest or a watchdog makes is no hint. Only the monitor tells of it, and that serves one client,
        so none is kept there: such a reset is seen by the next look.

        Raises:
            DeviceLost: no line will rise any more.
            anyio.BusyResourceError: another task waits already.
        """
        with self._listener:
            return await self.wire.rise()

    async def aclose(self) -> None:
        """Hang up. QEMU goes on, unless it is ours."""
        self.wire.close()
        if self.process is not None:
            await self.process.end()
        if self.scratch is not None:
            self.scratch.remove()
        await checkpoint()


@define(eq=False)
class ResettableQtestTransport(QtestTransport):
    """A bus behind a qtest socket with the machine's monitor at hand; satisfies `Resettable` as well."""

    qmp: Path = field(kw_only=True)

    async def reset(self) -> None:
        """Reset the machine and return when it has come out of it.

        RAM keeps its contents; PDMA's control registers, OTP and some of PRCI keep theirs as well (a device model
        need not have a reset). All lines then count as risen.

        Raises:
            Unavailable: the monitor is not there or somebody else holds it.
            DeviceLost: QEMU went away meanwhile.
        """
        problem: Unavailable | None = None
        async with self._lock, anyio.create_task_group() as group:
            self.wire.read_alone(True)
            group.start_soon(self.wire.keep_reading)  # a QEMU that cannot send an edge does not reset either
            try:
                with anyio.fail_after(RESET_S):
                    async with monitor(self.qmp, within_s=RESET_S) as talk:
                        await talk.command("system_reset")
                        await talk.event("RESET")
            except Unavailable as refusal:
                problem = refusal
            except TimeoutError:
                problem = Unavailable(f"no reset within {RESET_S:g} s")
            finally:
                self.wire.risen |= self.machine.lines
                self.wire.read_alone(False)
                group.cancel_scope.cancel()
        if self.wire.lost is not None:
            await self._explain()
            raise self.wire.lost.at()
        if problem is not None:
            raise problem


async def attach(
    machine: Machine,
    qtest: Path,
    qmp: Path | None = None,
    *,
    process: Process | None = None,
    within_s: float = ATTACH_S,
    answer_s: float = ANSWER_S,
) -> QtestTransport:
    """Attach to a qtest socket and begin to hear the machine's interrupt lines.

    Args:
        process: the QEMU, when it is ours to end.
        within_s: bound on the first answer; `answer_s` on those to each window that is sent later.

    Raises:
        Unavailable: no QEMU is there, another client holds it, or it is another machine.
    """
    wire = QtestSocket(connect(qtest), machine.lines)
    try:
        with anyio.move_on_after(within_s):
            replies = await wire.exchange([intercept_line(machine.intercept)])
            _check_intercept(machine, qtest, wire.lost, replies)
            wire.answer_s = answer_s
            if qmp is None:
                return QtestTransport(machine, wire, process)
            return ResettableQtestTransport(machine, wire, process, qmp=qmp)
        raise Unavailable(f"{qtest} accepts but does not answer within {within_s:g} s; does another client hold it?")
    except BaseException:
        wire.close()
        raise


def _check_intercept(machine: Machine, qtest: Path, lost: DeviceLost | None, replies: Sequence[Reply]) -> None:
    """Make sure that the lines we shall hear are the machine's.

    Raises:
        Unavailable: they are not, and why.
    """
    if lost is not None:
        raise Unavailable(f"{qtest}: {lost.reason}")
    (reply,) = replies
    if isinstance(reply, Refusal):
        hint = {
            "FAIL Unknown device": f"it is no {machine.name}; name its machine with ?machine=",
            "FAIL IRQ intercept already enabled": "a former client listens to another device, for QEMU's lifetime",
        }
        raise Unavailable(f"{qtest} cannot hear {machine.intercept}: {hint.get(reply.text, reply.text)}")


async def open_qemu(target: Target) -> QtestTransport:
    """Start a QEMU machine of our own, `qemu:MACHINE`; it ends at `aclose`, and with this process however that ends.

    Raises:
        TargetError: there is no such machine, or no such option.
        Unavailable: QEMU is not installed, or does not start.
    """
    kind, answer_s = parse_qemu(target)
    try:
        scratch = make_scratch()
    except OSError as problem:
        raise Unavailable(f"no directory for QEMU's sockets can be made: {problem}") from problem
    process: Process | None = None
    try:
        process = await start(kind, scratch.directory)
        sockets = process.sockets
        transport = await attach(kind, sockets.qtest, sockets.qmp, process=process, answer_s=answer_s)
    except BaseException:
        if process is not None:
            await process.end()
        scratch.remove()
        raise
    transport.scratch = scratch
    return transport


async def open_qtest(target: Target) -> QtestTransport:
    """Attach to a running QEMU, `qtest:SOCKET?machine=NAME&qmp=SOCKET`; it stays as it is at `aclose`.

    Raises:
        TargetError: there is no such machine, or no such option.
        Unavailable: no QEMU is there, another client holds it, it is another machine, or has no such monitor.
    """
    there = parse_qtest(target)
    qmp = there.qmp or Sockets(there.qtest.parent).qmp
    there_is = listens(qmp)
    if not there_is and there.qmp is not None:
        raise Unavailable(f"no QEMU monitor listens at {qmp}")
    return await attach(there.machine, there.qtest, qmp if there_is else None, answer_s=there.answer_s)
