"""What the times of a memory channel must be to each other, as its hardware sees them."""

from __future__ import annotations

from registers.model import RegisterFile


def broken_relations(registers: RegisterFile) -> str:
    """Return the relations that the times in the registers break, as one text; empty: none.

    Source: hbm_channel.rdl; JESD235, timing parameters.
    """

    def cycles(path: str) -> int:
        return registers.field(path).value

    tras, trcd, trp = cycles("ROW_TIMES.tras"), cycles("ROW_TIMES.trcd"), cycles("ROW_TIMES.trp")
    trfc = cycles("REFRESH_TIMES.trfc")
    broken = (
        (not all((tras, trcd, trp, trfc, cycles("LATENCIES.wl"))), "a time of 0"),
        (cycles("ROW_TIMES.trc") < tras + trp, "tRC below tRAS + tRP"),
        (tras < trcd + cycles("TURN_TIMES.trtp"), "tRAS below tRCD + tRTP"),
        (cycles("REFRESH_TIMES.trefi") <= trfc, "tREFI not above tRFC"),
        (cycles("LATENCIES.txs") <= trfc, "tXS not above tRFC"),
        (cycles("BANK_TIMES.tfaw") < 4 * cycles("BANK_TIMES.trrd"), "tFAW below 4 tRRD"),
        (cycles("LATENCIES.wl") > cycles("LATENCIES.rl"), "write latency above read latency"),
    )
    return ", ".join(text for wrong, text in broken if wrong)
