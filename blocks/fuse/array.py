"""The fuses themselves: what one piece of silicon was programmed with before it left the factory."""

from __future__ import annotations

from typing import Final

import crc32c

WORDS: Final = 32
BANK_WORDS: Final = 8
BANKS: Final = WORDS // BANK_WORDS
IDENTITY, TRIMS, CUSTOMER, SECRET = range(BANKS)  # fuse.rdl


def checksum(words: list[int]) -> int:
    """Return the CRC32C over words, least significant byte first, as the controller computes it."""
    return crc32c.crc32c(b"".join(word.to_bytes(4, "little") for word in words))


def bank_of(word: int) -> int:
    """Return the bank that a word belongs to."""
    return word // BANK_WORDS


def sound(words: list[int]) -> bool:
    """Say whether the words of one bank fit its checksum; a blank bank has none yet."""
    return not any(words) or words[-1] == checksum(words[:-1])


def factory(serial: int, *, state: int, model: int, revision: int) -> list[int]:
    """Return the words of a piece as it leaves the factory: the customer's bank is blank, all else as `serial` says."""
    identity = [state, model | revision << 16, serial & 0xFFFF_FFFF, serial >> 32, 0, 0, 0]
    trims = [_mixed(serial, index) & 0x0F0F0F for index in range(4)] + [0, 0, 0]
    secret = [_mixed(serial, 100 + index) for index in range(BANK_WORDS - 1)]
    words: list[int] = []
    for bank in (identity, trims, [0] * (BANK_WORDS - 1), secret):
        words += [*bank, checksum(bank) if any(bank) else 0]
    return words


def _mixed(serial: int, index: int) -> int:
    return crc32c.crc32c(index.to_bytes(4, "little"), serial & 0xFFFF_FFFF)
