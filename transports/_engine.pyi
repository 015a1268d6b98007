"""The engine in C, as Python sees it. It is there where a C compiler was at hand; transports/native.py says whether.

A program is bytes as transports/program.py describes. A window runs it; what does not run to its end at once is a Run.
"""

from typing import Final, final

from typing_extensions import Buffer

from transports.batch import Operation

FORMAT: Final[int]  # of programs; the same as transports.program.FORMAT, or the library is an old one
HOLD_NS_MAX: Final[int]  # a program that takes longer, by its estimate, lets other threads run meanwhile

# What `Run.step` returns, and `Run.code` while nothing has failed.
DONE: Final[int]
WAIT_POLL: Final[int]  # the poll at `index` has looked, and it is not yet; `last` is what it saw
WAIT_DELAY: Final[int]  # the delay at `index` is to be waited for; the next step takes it as over
FAILED: Final[int]
# What `Run.code` says when it FAILED at `index`.
CHECK_FAILED: Final[int]  # `last` is what the check saw
OUTSIDE: Final[int]  # this and the next four were found before the first access
UNALIGNED: Final[int]
BAD_WIDTH: Final[int]
READ_ONLY: Final[int]
BAD_STROBES: Final[int]
CLOSED: Final[int]
ONES: Final[int]  # all ones were read (`last`), and from the identity register as well: the device is gone

def register_types(classes: tuple[type[Operation], ...], /) -> None:
    """Say which classes operations are of, in the order of the kinds. Once, before `pack` and `Program.of`."""

def pack(operations: tuple[Operation, ...], /) -> bytes:
    """Return the packed program of the operations, the same bytes as `transports.program.pack`.

    Raises:
        ValueError: an operation has no room in a program; names it.
        TypeError: it is of no class that was registered.
    """

@final
class Program:
    """A program, checked once.

    Attributes:
        operations: how many.
        reads, writes, accesses: as `count_accesses` counts them; a poll makes one read.
        low, high: the addresses that it may touch, low <= all of an access < high; before any offset. An empty burst
            counts as its address. 0, 0 when there is neither.
        align: bytes of the widest access; an offset must be a multiple of it. 0 when there is none.
        words: result words: `count` of each ReadBurst, one of every other operation (0 where it brings nothing).
        values: constants that `Window.run` may replace: one of each Write and Modify, each word of a WriteBurst.
        waits: has a Poll or a Delay.
    """

    operations: Final[int]
    reads: Final[int]
    writes: Final[int]
    accesses: Final[int]
    low: Final[int]
    high: Final[int]
    align: Final[int]
    words: Final[int]
    values: Final[int]
    waits: Final[bool]

    def __new__(cls, packed: Buffer) -> Program:
        """Check the bytes. Raises ValueError, in the same words as `transports.program.unpack`."""

    @classmethod
    def of(cls, operations: tuple[Operation, ...], /) -> Program:
        """Return the program of the operations: `Program(pack(operations))`, without the bytes. Raises as `pack`."""

@final
class Window:
    """Mapped memory: `size` bytes, which it holds until `close`; read-only memory makes a read-only window.

    Args:
        base: address of the first byte. It, the size and the place in memory are multiples of 8.
        access_ns: usual time of one access; 0: ordinary memory. Decides who may run meanwhile, nothing else.
        identity: address of a 4-byte register that never reads all ones; it is read when another word does.
        widths: the sum of the access widths that there are.

    Raises:
        ValueError: one of them is not so.
    """

    def __new__(
        cls, memory: Buffer, base: int, *, access_ns: int = 0, identity: int | None = None, widths: int = 15
    ) -> Window: ...
    @property
    def closed(self) -> bool:
        """Whether `close` was called."""

    def close(self) -> None:
        """Let go of the memory; no access is made after that. Idempotent.

        Raises:
            BufferError: a program is running in this window, in another thread; it stays open.
        """

    def run(
        self, program: Program, offset: int = 0, values: Buffer | None = None, stamps: Buffer | None = None, /
    ) -> bytes | Run:
        """Run the program, its addresses moved by `offset`, up to its end or the first stop.

        Args:
            values: `program.values` words of 8 bytes to write instead of the program's own.
            stamps: `program.operations` words of 8 bytes; each gets the time, in ns of CLOCK_MONOTONIC, at which its
                operation was done. Costs some 25 ns an operation.

        Returns:
            The result words, 8 bytes each, when all was done at once; else the run, which has stopped.

        Raises:
            ValueError: values or stamps are not as many as that, or a value does not fit its width or mask; nothing
                was accessed.
        """

@final
class Run:
    """A program under way, or one that has failed; what it needs it holds.

    Attributes:
        index: of the operation at which it stopped.
        code: why it stopped.
        last: the word that it read there.
        address: of the word at which it stopped (in a burst not the first's).
        poll_reads: looks that polls made beyond one each.
    """

    index: Final[int]
    code: Final[int]
    last: Final[int]
    address: Final[int]
    poll_reads: Final[int]

    @property
    def words(self) -> bytes:
        """The result words of the operations that completed."""

    def step(self, spin_ns: int = 0, /) -> int:
        """Go on: look once more, or take the delay as over. When it has ended, nothing is done.

        Args:
            spin_ns: how long a poll may look again and again before it stops, at most its own timeout.

        Raises:
            RuntimeError: another thread is in it.
        """
