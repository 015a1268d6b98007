"""A simulated memory: words by index, none of which costs anything before it is written."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from registers.model.place import Place
from registers.schema import MemoryType

StoreHook = Callable[[int, int, int], object]
FetchHook = Callable[[int], "int | None"]


class Memory:
    """One memory of a register map, from the hardware's side.

    Args:
        place: where it stands.
        type: its words.
        seed: of the power-up contents; None: they are 0.
    """

    def __init__(self, place: Place, type: MemoryType, seed: int | None) -> None:
        self.path = place.path
        self.offset = place.offset
        self.type = type
        self.stores: list[StoreHook] = []
        self.fetches: list[FetchHook] = []
        self._words: dict[int, int] = {}
        self._seed = seed

    @property
    def end(self) -> int:
        """The offset behind the last word."""
        return self.offset + self.type.size

    def power_up(self) -> None:
        """Forget everything that was written."""
        self._words.clear()

    def words(self) -> dict[int, int]:
        """Return a copy of what was written, by index."""
        return dict(self._words)

    def put_back(self, words: Mapping[int, int]) -> None:
        """Make it hold what `words` returned at another moment."""
        self._words = dict(words)

    def read(self, index: int) -> int:
        """Return a word, as it stands."""
        self._check(index)
        word = self._words.get(index)
        if word is None:
            if self._seed is None:
                return 0
            word = random.Random(f"{self._seed}:{self.offset}:{index}").getrandbits(self.type.bits)
        return word

    def write(self, index: int, value: int) -> None:
        """Put a word.

        Raises:
            IndexError: no such word.
            ValueError: the value does not fit.
        """
        self._check(index)
        if not 0 <= value < 1 << self.type.bits:
            raise ValueError(f"{self.path}[{index}]: {value:#x} does not fit {self.type.bits} bits")
        self._words[index] = value

    def _check(self, index: int) -> None:
        if not 0 <= index < self.type.entries:
            raise IndexError(f"{self.path}[{index}] is outside its {self.type.entries} entries")

    def on_write(self, hook: StoreHook) -> None:
        """Call `hook` with (index, old, new) after each write by software."""
        self.stores.append(hook)

    def on_read(self, hook: FetchHook) -> None:
        """Call `hook` with the index before each read by software; an int that it returns is what is read."""
        self.fetches.append(hook)

    def fetch(self, index: int) -> int:
        """Read a word as software does."""
        for hook in self.fetches:
            answer = hook(index)
            if answer is not None:
                return answer
        return self.read(index) if self.type.sw.readable else 0

    def store(self, index: int, value: int, lanes: int) -> bool:
        """Write the bits of `lanes` that the word has, as software does; say whether software may."""
        if not self.type.sw.writable:
            return False
        old = self.read(index)
        lanes &= (1 << self.type.bits) - 1
        new = old & ~lanes | value & lanes
        self.write(index, new)
        for hook in self.stores:
            hook(index, old, new)
        return True
