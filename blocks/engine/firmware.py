"""Firmware of the compute engine: made from the text of its version, so that every copy of a version is the same.

A real one would be a file beside the chip's. Head, body and tail are as the engine's boot code wants them: the first
word says what it is, the third how long, and all words add up to 0.
"""

from __future__ import annotations

from functools import cache

import crc32c
from attrs import field, frozen

IMEM_WORDS = 64  # engine.rdl IMEM_ADDRESS
HEAD = 0x464C4345  # ASCII 'FLCE'
HEAD_WORDS = 3  # what it is, which version, how long
WORDS_MIN = HEAD_WORDS + 2  # an instruction, and the word that makes the sum 0
MASK = 0xFFFF_FFFF


@frozen
class Firmware:
    """What is loaded into an engine.

    Attributes:
        words: in the order in which they are loaded.
        crc: what the hardware computes over them.
        mark: by which software knows the version again; never 0.
    """

    words: tuple[int, ...]
    crc: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "crc", checksum(self.words))

    @property
    def mark(self) -> int:
        """The second word."""
        return self.words[1]


@cache
def firmware(version: str, count: int) -> Firmware:
    """Return a version, `count` words long."""
    mark = crc32c.crc32c(version.encode()) or 1
    words = [HEAD, mark, count]
    words += [crc32c.crc32c(index.to_bytes(4, "little"), mark) for index in range(HEAD_WORDS, count - 1)]
    words.append(-sum(words) & MASK)
    return Firmware(tuple(words))


def checksum(words: tuple[int, ...] | list[int]) -> int:
    """Return the CRC32C over words, least significant byte first, as the engine computes it."""
    return crc32c.crc32c(b"".join(word.to_bytes(4, "little") for word in words))
