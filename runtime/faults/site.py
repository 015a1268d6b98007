"""What a live campaign is run against: a simulated chip that notes every access, or whatever a URL names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio
import trio.abc
from attrs import define, field

from blocks.base import Block
from blocks.sim import SimChip, SimTransport
from interrupts.wiring import written
from registers.model.place import decode
from registers.schema import RegisterType
from runtime.clock import RealClock, VirtualClock
from runtime.faults.golden import Access
from runtime.faults.heap import Bringup, Controller, NotAlone, value_of
from runtime.faults.memory import Memory
from transports.base import Resettable, Transport
from transports.faulty import DOWN_S
from transports.faulty.torn import tears
from transports.open import open_transport

if TYPE_CHECKING:
    from blocks.chip import Chip


def block_at(chip: Chip) -> Callable[[int], str]:
    """Return what says in which block's registers an address of the chip's own bus is; empty: in none's."""
    places = sorted(
        (one.address, one.address + one.block.regs.group.size, one.name)
        for one in chip.instances.values()
        if one.behind is None
    )
    starts = [start for start, _, _ in places]

    def whose(address: int) -> str:
        start, end, name = places[max(0, bisect_right(starts, address) - 1)]
        return name if start <= address < end else ""

    return whose


def is_half(chip: Chip, block: str, address: int, width: int) -> bool:
    """Say whether an access of so many bytes is one of those that make up a wider register of a block."""
    instance = chip.instances[block]
    places = decode(instance.block.regs.group, address - instance.address)
    return any(isinstance(place.type, RegisterType) and place.type.width > width for place in places)


def part_at(chip: Chip) -> Callable[[int, int], bool]:
    """Return what says whether an access, by address and bytes, is one of those that make up a wider register."""
    whose, known = block_at(chip), dict[tuple[int, int], bool]()

    def part(address: int, width: int) -> bool:
        if (found := known.get((address, width))) is None:
            block = whose(address)
            found = known[address, width] = bool(block) and is_half(chip, block, address, width)
        return found

    return part


class Firmware:
    """Controllers of one chip, each of which remembers nothing of the one before.

    Raises:
        CampaignError: a driver keeps what cannot be copied, and so not be forgotten.
    """

    def __init__(self, load: Callable[[], Chip]) -> None:
        self._chips = [load(), load()]
        self._born = [[Memory(block) for block in _blocks(chip)] for chip in self._chips]
        self.chip = self._chips[0]
        self._made = 0

    def fresh(self) -> Chip:
        """Return the chip as a controller has it that was just reset; the one before the last is given up."""
        self._made += 1
        number = self._made % len(self._chips)
        for memory in self._born[number]:
            memory.put_back()
        return self._chips[number]


def _blocks(chip: Chip) -> list[Block[Any]]:
    """Return all blocks, and those whose ladders others share, each once."""
    found = [block for one in chip.instances.values() for block in (one.block, one.variant.block)]
    return list({id(block): block for block in found}.values())


class LoggedChip(SimChip):
    """A simulated chip that notes each access.

    Attributes:
        log: when, where, whether it is a write, and the word.
        broke: of each of `violations`, how many accesses there were by then.
        torn: which of the log are writes that can be torn.
    """

    def __init__(self, chip: Chip, seed: int, *, workload: bool) -> None:
        self.log: list[tuple[float, int, bool, int]] = []
        self.broke: list[int] = []
        self.torn: set[int] = set()
        super().__init__(chip, seed=seed, workload=workload)
        self._whose, self._part = block_at(chip), part_at(chip)

    def read(self, address: int, width: int) -> int:
        """Answer a read, and note it."""
        at = len(self.log)
        self.log.append((self.now_s, address, False, 0))
        word = super().read(address, width)
        self.log[at] = (self.log[at][0], address, False, word)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Take a write, and note it."""
        if tears(width, part=self._part(address, width)):
            self.torn.add(len(self.log))
        self.log.append((self.now_s, address, True, value))
        super().write(address, value, width, strobes)

    def violate(self, block: str, register: str, rule: str) -> None:
        """Record that software broke a rule, and where."""
        super().violate(block, register, rule)
        if len(self.broke) < len(self.violations):
            self.broke.append(len(self.log))

    def accesses(self, first: int = 0, last: int | None = None) -> list[Access]:
        """Return what was noted, from one on."""
        log = enumerate(self.log[first:last], first)
        torn, whose = self.torn, self._whose
        return [Access(whose(at), write, at, word, time_s, tears=n in torn) for n, (time_s, at, write, word) in log]


@define(eq=False)
class Site:
    """Where trials are run, one after the other, each on hardware as after reset.

    Attributes:
        chip: as the simulation has it.
        sim: the chip of this trial; None: it is a target that we did not write, or somebody else's.
        up: trials begin with the chip up.
        down_s: so long a link is down.
        dispatched: where whoever hears lines writes when one rises, by address; a controller that is up bears that.
    """

    firmware: Firmware
    seed: int
    url: str | None
    workload: bool
    up: bool
    sim: LoggedChip | None = None
    down_s: float = DOWN_S
    whose: Callable[[int], str] = field(init=False)
    part: Callable[[int, int], bool] = field(init=False)
    dispatched: frozenset[int] = field(init=False)
    _opened: Transport | None = None
    _quick: Controller | None = None
    _untouched: SimChip | None = None

    def __attrs_post_init__(self) -> None:
        self.whose, self.part = block_at(self.firmware.chip), part_at(self.firmware.chip)
        self.dispatched = written(self.firmware.chip)

    @property
    def chip(self) -> Chip:
        """As its file says."""
        return self.firmware.chip

    def clock(self) -> trio.abc.Clock:
        """Return the clock that trials run by: a simulated chip's time is virtual."""
        return VirtualClock() if self.url is None else RealClock()

    def renew(self) -> None:
        """Make the hardware of the next trial."""
        if self.url is None:
            self.sim = LoggedChip(self.chip, self.seed, workload=self.workload)
            if self.up:
                self._bring_up(self.sim)

    def at_reset(self, block: str, path: str) -> int:
        """Return what a register of the simulated chip holds that nothing has touched yet."""
        if self._untouched is None:
            self._untouched = SimChip(self.chip, seed=self.seed)
        return value_of(self._untouched, block, path)

    def _bring_up(self, sim: LoggedChip) -> None:
        """Bring the chip up without an event loop, where that can be done; else its first controller does."""
        if self._quick is None:
            try:
                self._quick = Controller(self.firmware.chip)
            except NotAlone:
                self.up = False
                return
        self._quick.forget()
        run = Bringup(self._quick, sim)
        run.run()
        sim.advance(run.now_s)

    async def connect(self) -> Transport:
        """Return a way to the hardware for the next controller."""
        if self.sim is not None:
            return SimTransport(self.sim)
        if self._opened is None:
            assert self.url is not None, "neither a simulation nor a target"
            self._opened = await open_transport(self.url, chip=self.chip.name, description=self.chip, seed=self.seed)
            if isinstance(self._opened, Resettable):
                await self._opened.reset()
        return self._opened

    async def aclose(self) -> None:
        """Give a target back."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()
