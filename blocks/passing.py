"""What traffic meets in a block: whether it passes, what it leaves behind, and who must hear of a change."""

from __future__ import annotations

from typing import ClassVar, Protocol

from registers.model import RegisterFile


class Stretch(Protocol):
    """Packets that fare alike until something stirs on their way, and are booked only when somebody looks."""

    def aloft(self, model: Passing) -> int:
        """Return how many of them left a model and have not arrived."""
        ...

    def book(self) -> None:
        """Have counted in each model, and in the memory, what has come by until now."""
        ...

    def wake(self) -> None:
        """Book, and let the next packet see for itself."""
        ...


class Passing:
    """What a block is to traffic.

    A model that is `calm` promises three things. Packets that it lets pass come out as they went in, and move nothing
    but the registers that it names in `counted`. Other packets than those that pass now change nothing in that. And
    whatever it would not promise any more is a change of its registers, of its domain, or is announced by `stir`.

    Attributes:
        counted: the registers that packets move, `PORT[*].PACKETS`: booked before anybody looks at them.
        torn: it was stopped otherwise than in order, which stands until whoever runs the traffic takes it back.
    """

    counted: ClassVar[tuple[str, ...]] = ()

    def __init__(self, registers: RegisterFile) -> None:
        self.registers = registers
        self.torn = False
        self._in_flight = 0
        self._stretches: list[Stretch] = []
        for path in self.counted:
            registers.defer(path, self._book)

    # ---- for subclasses to say ----

    @property
    def serves(self) -> bool:
        """Whether traffic passes this block now, as far as the block itself says."""
        return True

    @property
    def quiesced(self) -> bool:
        """Whether it was told to send no more, or never to send, and is not watched: what its `rest` comes to."""
        return False

    def carry(self, data: bytes) -> bytes:
        """Pass one packet of traffic through, while the block serves; what comes out may be spoilt."""
        return data

    def calm(self, node: int | None) -> bool:
        """Say whether packets, to a node of a mesh or through the block alone, do no more than `add_up` does."""
        return False

    def add_up(self, packets: int, size: int, node: int | None) -> None:
        """Count packets of `size` bytes as `carry` does, or on their way to a node, all at once."""

    # ---- for whoever runs the traffic ----

    @property
    def in_flight(self) -> int:
        """The packets that left the block and have not arrived."""
        return self._in_flight + sum(stretch.aloft(self) for stretch in self._stretches)

    @in_flight.setter
    def in_flight(self, packets: int) -> None:
        self.stir()
        self._in_flight = packets

    def join(self, stretch: Stretch) -> None:
        """Have a stretch hear of changes from now on."""
        self._stretches.append(stretch)
        self.registers.on_change(self.stir)

    def leave(self, stretch: Stretch) -> None:
        """Have a stretch hear no more."""
        if stretch in self._stretches:
            self._stretches.remove(stretch)
        if not self._stretches:
            self.registers.on_change(None)

    def tally(self, packets: int, size: int, node: int | None) -> None:
        """Count the packets of a stretch, which is no change."""
        self.registers.on_change(None)
        self.add_up(packets, size, node)
        self.registers.on_change(self.stir if self._stretches else None)

    def stir(self) -> None:
        """Announce a change on which packets depend, before it is made."""
        while self._stretches:
            self._stretches[-1].wake()

    def _book(self) -> None:
        for stretch in self._stretches:
            stretch.book()
