"""The run without a fault that trials of a campaign under trio are held against, and what can strike it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from runtime.faults.golden import Access
from runtime.faults.judged import judge, kept
from runtime.faults.ran import Ran
from runtime.faults.site import Site
from transports.faulty.kinds import OF_READS, OF_WRITES, Kind, Shot


@frozen
class Course:
    """A run without a fault.

    Attributes:
        upset: of a recovery: what it is of, `BLOCK.UPSET`; else empty.
        log: the accesses that a shot can strike; empty: they are a target's, which tells none.
        rises: interrupts that there are to lose, and `alarmed`: how many accesses are made where one is.
    """

    upset: str
    golden: Ran
    log: Sequence[Access]
    rises: int
    alarmed: int

    def can(self, kind: Kind, number: int) -> bool:
        """Say whether a kind of fault can strike an access of it, as far as that is known."""
        if not self.log or kind is Kind.LOST or number > len(self.log):
            return True
        return kind not in (OF_READS if self.log[number - 1].write else OF_WRITES)

    def writes(self, shot: Shot) -> bool:
        """Say whether what a shot strikes is known to be a write."""
        known = shot.kind is not Kind.LOST and shot.number <= len(self.log)
        return known and self.log[shot.number - 1].write


def wrong(golden: Ran, site: Site) -> str:
    """Return what must not be of a run without a fault, in words; empty: nothing."""
    return judge(golden, site, None).broken or next(_otherwise(golden, site), "")


def _otherwise(golden: Ran, site: Site) -> Iterator[str]:
    """Yield the registers that end otherwise than before anything happened, in what they keep of what software wrote.

    There are none where nobody knows what they held before: of a bring-up, and of a target.
    """
    for block, held in golden.before.items():
        assert site.sim is not None, "no simulated chip"
        bank = site.sim.model(block).registers.fabric.bank
        volatile = site.chip.volatile.get(site.chip.instances[block].type, dict[str, int]())
        for path, seen in golden.registers[block].items():
            before = held[path] if path in held else site.at_reset(block, path)
            if not (differs := (seen ^ before) & ~volatile.get(path, 0)):
                continue
            fields = bank.at(path)[0].store.register.fields
            if differs & sum(((1 << one.width) - 1) << one.lsb for one in fields if kept(one) and not one.hw.writable):
                yield f"liveness: {block}.{path} ends as {seen:#x}; before it was {before:#x}"
