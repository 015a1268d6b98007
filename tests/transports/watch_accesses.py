"""Prints which accesses the processor makes to a window, for each operation and width; x86-64 Linux.

The process forks. The child takes the memory's page away before each case (its parent does, who traces it), so each
instruction that touches it faults; the parent notes what the instruction is, lets it alone touch the page, and goes
on. Nothing is simulated: this is the interpreter, and the C library, that everything else runs on.

Output: JSON, {case: [[kind, width, offset], ...]}. Exit status 3 and one line when the system does not let us trace.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import define, field

from transports.batch import (
    WIDTHS,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    batch,
    ones,
)
from transports.engine import Window

BASE = 0x1000
LOST = BASE + 0x100  # 16 bytes that read all ones, the identity register in their second half
NOT_ALLOWED = 3
TRACEME, CONT, SINGLESTEP, GETREGS, SETREGS, GETSIGINFO = 0, 7, 9, 12, 13, 0x4202
RAX, RDX, RSI, RDI, ORIG_RAX, RIP = 10, 12, 13, 14, 15, 16  # places in user_regs_struct, in words
MPROTECT, PROT_NONE, PROT_READ_WRITE = 10, 0, 3

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long

Regs = ctypes.c_ulonglong * 27
Touch = tuple[str, int, int]  # read or write, bytes, where in the page


def ptrace(request: int, pid: int, data: ctypes.Array[ctypes.c_ulonglong] | None = None) -> None:
    pointer = None if data is None else ctypes.addressof(data)
    if LIBC.ptrace(request, pid, None, pointer) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request}")


def decode(code: bytes) -> tuple[str, int]:
    """Return what one mov instruction does to memory: ("read" or "write", bytes); another one raises."""
    word, at = 4, 0
    while code[at] == 0x66 or 0x40 <= code[at] <= 0x4F:
        word = 2 if code[at] == 0x66 else 8 if code[at] & 8 else word
        at += 1
    wide = {0x8B: "read", 0x89: "write", 0xC7: "write"}
    narrow = {0x8A: "read", 0x88: "write", 0xC6: "write"}
    extending = {0xB6: 1, 0xBE: 1, 0xB7: 2, 0xBF: 2}
    if code[at] in wide:
        return wide[code[at]], word
    if code[at] in narrow:
        return narrow[code[at]], 1
    if code[at] == 0x63:
        return "read", 4
    if code[at] == 0x0F and code[at + 1] in extending:
        return "read", extending[code[at + 1]]
    return f"unknown instruction {code.hex(' ')}", 0


@define
class Watcher:
    """The parent: lets the child run, and notes every touch of the page at `page`."""

    pid: int
    page: int
    syscall: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        for line in Path(f"/proc/{self.pid}/maps").read_text().splitlines():
            span, permissions, *_ = line.split()
            start, end = (int(text, 16) for text in span.split("-"))
            if permissions == "r-xp" and (found := self.memory(start, end - start).find(b"\x0f\x05")) >= 0:
                self.syscall = start + found
                return
        raise RuntimeError("the child maps no syscall instruction")

    def memory(self, address: int, size: int) -> bytes:
        with open(f"/proc/{self.pid}/mem", "rb") as memory:
            memory.seek(address)
            return memory.read(size)

    def stop(self) -> int:
        """Wait until the child stops; return the signal that stopped it, or 0 when it has ended well."""
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSTOPPED(status):
            return os.WSTOPSIG(status)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(f"the child ended with {os.waitstatus_to_exitcode(status)}")
        return 0

    def protect(self, protection: int) -> None:
        """Have the child change what may be done with the page, and continue as if it had not."""
        before, call = Regs(), Regs()
        ptrace(GETREGS, self.pid, before)
        ctypes.memmove(call, before, ctypes.sizeof(call))
        call[RIP], call[RAX], call[ORIG_RAX] = self.syscall, MPROTECT, ctypes.c_ulonglong(-1).value
        call[RDI], call[RSI], call[RDX] = self.page, mmap.PAGESIZE, protection
        ptrace(SETREGS, self.pid, call)
        ptrace(SINGLESTEP, self.pid)
        assert self.stop() == signal.SIGTRAP
        ptrace(GETREGS, self.pid, call)
        assert call[RAX] == 0, "mprotect failed"
        ptrace(SETREGS, self.pid, before)

    def touch(self) -> Touch:
        """Return what the instruction that faulted does, and at which byte of the page, having let it do it."""
        info, regs = Regs(), Regs()
        ptrace(GETSIGINFO, self.pid, info)
        address = info[2]
        assert self.page <= address < self.page + mmap.PAGESIZE, f"the child crashed at {address:#x}"
        ptrace(GETREGS, self.pid, regs)
        touched = (*decode(self.memory(regs[RIP], 15)), address - self.page)
        self.protect(PROT_READ_WRITE)
        ptrace(SINGLESTEP, self.pid)
        assert self.stop() == signal.SIGTRAP
        self.protect(PROT_NONE)
        return touched

    def cases(self) -> Iterator[list[Touch]]:
        """Run the child to its end; yield the touches between each SIGUSR1 and the SIGUSR2 after it."""
        touches: list[Touch] = []
        while number := self.stop():
            if number == signal.SIGUSR1:
                self.protect(PROT_NONE)
            elif number == signal.SIGSEGV:
                touches.append(self.touch())
            elif number == signal.SIGUSR2:
                self.protect(PROT_READ_WRITE)
                yield touches
                touches = []
            ptrace(CONT, self.pid)


def batches(width: int) -> dict[str, Batch]:
    """Return one of each operation, at a place of its own, and batches that stop: what is after that is not touched."""
    at, word = BASE + 3 * width, ones(width) >> 1
    cases: dict[str, Operation | list[Operation]] = {
        "Read": Read(at, width=width),
        "Write": Write(at, word, width=width),
        "Modify": Modify(at, mask=word, value=1, width=width),
        "Check": Check(at, mask=0, value=0, width=width),
        "Poll": Poll(at, mask=0, value=0, timeout_s=1.0, width=width),
        "ReadBurst": ReadBurst(at, 3, width=width),
        "ReadBurst fifo": ReadBurst(at, 3, width=width, stride=0),
        "ReadBurst apart": ReadBurst(at, 3, width=width, stride=2 * width),
        "WriteBurst": WriteBurst(at, (1, 2, 3), width=width),
        "WriteBurst fifo": WriteBurst(at, (1, 2, 3), width=width, stride=0),
        "WriteBurst apart": WriteBurst(at, (1, 2, 3), width=width, stride=2 * width),
        "waits": [Fence(), Delay(0.0), ReadBurst(at, 0, width=width), WriteBurst(at, (), width=width), Fence()],
        "each once": [Write(at, 1, width=width), Write(at, 1, width=width), *[Read(at, width=width)] * 2],
        "failing": [Check(at, mask=1, value=0, width=width), Read(at, width=width), Write(at, 1, width=width)],
        "unmet": [Poll(at, mask=1, value=0, timeout_s=0.0, width=width), Write(at, 1, width=width)],
        "refused": [Write(at, 1, width=width), Read(BASE + mmap.PAGESIZE, width=width)],
        "lost": [Modify(LOST, mask=1, value=0, width=width), Read(at, width=width)],
        **{
            f"Write {run} of": Write(at, word, width=width, strobes=((1 << run) - 1) << (width - run))
            for run in WIDTHS
            if run <= width
        },
    }
    return {name: batch(given) for name, given in cases.items()}


def doings(memory: mmap.mmap) -> dict[str, Callable[[], object]]:
    """Return the cases by engine and name, and last two that are known to be wrong: the watcher must see it."""
    memory[LOST - BASE : LOST - BASE + 16] = b"\xff" * 16
    windows = {"python": Window(memoryview(memory), BASE, identity=LOST + 8)}
    if windows["python"].native is not None:
        windows["c"] = Window(memoryview(memory), BASE, identity=LOST + 8)
        windows["python"].native = None

    def doing(window: Window, asked: Batch) -> Callable[[], object]:
        def run() -> object:
            steps = window.start(asked, lambda: 0.0)
            return steps if isinstance(steps, Results) else next(steps, None)

        return run

    cases = {
        f"{engine}: {name} {width}": doing(window, asked)
        for engine, window in windows.items()
        for width in WIDTHS
        for name, asked in batches(width).items()
    }
    word = ctypes.c_uint32.from_buffer(memory)
    cases["wrong: ctypes store"] = lambda: setattr(word, "value", 1)
    cases["wrong: slice store"] = lambda: memory.__setitem__(slice(0, 2), b"ab")
    return cases


def child(memory: mmap.mmap) -> None:
    """Run each case between two signals."""
    ptrace(TRACEME, 0)
    signal.raise_signal(signal.SIGSTOP)
    for run in doings(memory).values():
        signal.raise_signal(signal.SIGUSR1)
        run()
        signal.raise_signal(signal.SIGUSR2)
    os._exit(0)


def main() -> int:
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    anchor = ctypes.c_char.from_buffer(memory)
    names = list(doings(memory))
    if (pid := os.fork()) == 0:
        try:
            child(memory)
        finally:
            os._exit(NOT_ALLOWED)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) != signal.SIGSTOP:
        print("this system does not let a process trace its own child")
        return NOT_ALLOWED
    watcher = Watcher(pid, ctypes.addressof(anchor))
    ptrace(CONT, pid)
    print(json.dumps(dict(zip(names, watcher.cases(), strict=True))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
