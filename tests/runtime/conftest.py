"""A toy chip, made by hand: blocks of a few words whose behaviour each test chooses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import pytest
import trio
from attrs import define, field

from blocks.base import Block
from blocks.chip import Chip, Instance
from blocks.chip.supervision import Supervision
from blocks.ladder import Ladder, Rung
from blocks.port import Port
from registers.handles import AnyMap, AnyRegister
from registers.schema import Child, FieldType, GroupType, Image, RegisterType
from registers.semantics import Sw
from runtime.climb import Steps
from runtime.requests import Need, Reply, Run, Stands, Talk, Wait
from transports.base import Capabilities, Transport
from transports.batch import Batch, Check, Delay, Fence, Modify, Read, Results, Value, Write
from transports.errors import CheckFailed, TransportError

WORDS = 64
_V = FieldType(name="v", lsb=0, width=32, sw=Sw.RW, reset=0)
_REGISTER = RegisterType(name="W", width=4, access=4, fields=(_V,))
_GROUP = GroupType(
    name="toy",
    kind="addrmap",
    size=4 * WORDS,
    children=(Child(name="W", type=_REGISTER, offset=0, dimensions=(WORDS,), stride=4),),
)


@define(eq=False)
class Device:
    """Words by address, with what a test wants to happen at each access.

    Attributes:
        now: simulated seconds; each access takes `access_s`.
        strikes: by the number of the access (from 1): the error, and whether the access was made before it.
        written: called after each write with device, address and value: the behaviour of the hardware.
        seen: called before each read: what time did meanwhile.
        log: every access made: "r" or "w", address, value.
    """

    words: dict[int, int] = field(factory=dict[int, int])
    now: float = 0.0
    access_s: float = 0.0
    strikes: dict[int, tuple[TransportError, bool]] = field(factory=dict[int, "tuple[TransportError, bool]"])
    always: TransportError | None = None
    written: Callable[[Device, int, int], None] = lambda _device, _address, _value: None
    seen: Callable[[Device, int], None] = lambda _device, _address: None
    log: list[tuple[str, int, int]] = field(factory=list[tuple[str, int, int]])
    asked: int = 0

    @property
    def reads(self) -> int:
        return sum(kind == "r" for kind, _, _ in self.log)

    @property
    def writes(self) -> int:
        return sum(kind == "w" for kind, _, _ in self.log)

    def read(self, address: int) -> int:
        self._strike(before=True)
        self.seen(self, address)
        value = self.words.get(address, 0)
        self.now += self.access_s
        self.log.append(("r", address, value))
        self._strike(before=False)
        return value

    def write(self, address: int, value: int) -> None:
        self._strike(before=True)
        self.now += self.access_s
        self.words[address] = value
        self.log.append(("w", address, value))
        self.written(self, address, value)
        self._strike(before=False)

    def _strike(self, *, before: bool) -> None:
        self.asked += before
        if before and self.always is not None:
            raise self.always
        struck = self.strikes.get(self.asked)
        if struck is not None and struck[1] is not before:
            raise struck[0]

    def execute(self, batch: Batch) -> Results:
        values: list[Value] = []
        try:
            values.extend(self._do(op) for op in batch)
        except TransportError as error:
            return Results(tuple(values), error)
        return Results(tuple(values))

    def _do(self, op: object) -> Value:
        match op:
            case Read(address):
                return self.read(address)
            case Write(address, value=value):
                self.write(address, value)
                return None
            case Modify(address, mask=mask, value=value):
                before = self.read(address)
                self.write(address, before & ~mask | value)
                return before
            case Check(address, mask=mask, value=value):
                word = self.read(address)
                if word & mask != value:
                    raise CheckFailed("not the value", address=address, mask=mask, wanted=value, last=word)
                return word
            case Delay(seconds):
                self.now += seconds
                return None
            case Fence():
                return None
            case _:
                raise AssertionError(f"the toy does not know {op!r}")


@define(eq=False)
class Toy:
    """One device and the ways to climb on it without any event loop.

    Attributes:
        waited: called with each need: what happens until it stands; says whether the climb had to wait for that.
    """

    device: Device = field(factory=Device)
    waited: Callable[[Device], bool] = lambda _device: False
    waits: list[float] = field(factory=list[float])
    needs: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])
    stands: list[int] = field(factory=list[int])
    runs: list[Run] = field(factory=list[Run])

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        return self.device.execute(batch)

    def word(self, index: int) -> AnyRegister:
        node = AnyMap(_GROUP).at(f"W[{index}]")
        assert isinstance(node, AnyRegister)
        return node

    def rung(self, index: int, **options: Any) -> Rung:
        """A rung that writes 1 to a word and checks it."""
        word = self.word(index)
        options = {"reach": [word.write(v=1)], "within": 1e-3, **options}
        return Rung(f"r{index}", holds=[word.check(v=1)], **options)

    def ladder(self, count: int, **options: Any) -> Ladder:
        return Ladder(*(self.rung(index, **options) for index in range(count)))

    def drive(self, steps: Steps[Any], cut: int | None = None) -> Any:
        """Run a generator on the device; with `cut` end it as soon as so many accesses were asked for."""
        try:
            request = next(steps)
            while cut is None or self.device.asked < cut:
                request = steps.send(self._answer(request))
        except StopIteration as done:
            return done.value
        steps.close()
        return None

    def _answer(self, request: object) -> Reply:
        match request:
            case Run(batch):
                self.runs.append(request)
                results = self.device.execute(batch)
                return Reply(self.device.now, results)
            case Wait(seconds):
                self.waits.append(seconds)
                self.device.now += seconds
            case Need(names):
                self.needs.append(names)
                return Reply(self.device.now, waited=self.waited(self.device))
            case Stands(count):
                self.stands.append(count)
            case Talk(dialogue):
                talk: Any = dialogue(Port(self, "toy"))
                try:
                    talk.send(None)
                except StopIteration:
                    pass
                except TransportError as error:
                    return Reply(self.device.now, error=error)
            case _:
                raise AssertionError(f"unknown request {request!r}")
        return Reply(self.device.now)


@pytest.fixture(scope="session")
def toys() -> Callable[..., Toy]:
    """Return the maker of toys: `toys(access_s=1e-6, words={0: 1})`."""

    def make(**device: Any) -> Toy:
        return Toy(Device(**device))

    return make


class ToyBlock(Block[AnyMap]):
    """A block whose ladders a test gives."""

    config: Any

    def __init__(self, name: str, regs: AnyMap, ladder: Callable[[AnyMap], Ladder]) -> None:
        super().__init__(name, regs, None)
        self.ladder = ladder
        self.served = 0
        self.offers: Callable[[Port], Transport] | None = None
        self.serve: Callable[[Port], Any] | None = None
        self.whole: Ladder = Ladder()
        self.down: Callable[[AnyMap], Ladder] | None = None

    def up(self) -> Ladder:
        return self.ladder(self.regs)

    def full(self) -> Ladder:
        return self.whole

    def rest(self) -> Ladder:
        return Ladder() if self.down is None else self.down(self.regs)

    def offer(self, port: Port) -> Transport:
        return super().offer(port) if self.offers is None else self.offers(port)


class ServedBlock(ToyBlock):
    """A block that has something of its own to do at an interrupt, which a test gives."""

    async def service(self, port: Port) -> None:
        self.served += 1
        if self.serve is not None:
            await self.serve(port)


@define(eq=False)
class ToyTransport:
    """The device as a transport, in the time of the event loop."""

    device: Device
    capabilities: Capabilities = field(factory=partial(Capabilities, real_time=False))
    closed: bool = False

    async def execute(self, batch: Batch) -> Results:
        await trio.lowlevel.checkpoint()
        self.device.now = trio.current_time()
        return self.device.execute(batch)

    async def aclose(self) -> None:
        self.closed = True
        await trio.lowlevel.checkpoint()


@define(eq=False)
class ToyChip:
    """A chip of toy blocks at 0x1000, 0x2000, ... and its device."""

    chip: Chip
    device: Device
    transport: ToyTransport
    blocks: dict[str, ToyBlock]

    def address(self, name: str, word: int = 0) -> int:
        return self.blocks[name].regs.address + 4 * word


def simple(count: int = 2, **options: Any) -> Callable[[AnyMap], Ladder]:
    """Return a ladder of rungs that write 1 to a word each and check it."""

    def ladder(regs: AnyMap) -> Ladder:
        rungs: list[Rung] = []
        for index in range(count):
            word = regs.at(f"W[{index}]")
            assert isinstance(word, AnyRegister)
            given: dict[str, Any] = {"reach": [word.write(v=1)], "within": 1e-3, **options}
            rungs.append(Rung(f"r{index}", holds=[word.check(v=1)], **given))
        return Ladder(*rungs)

    return ladder


def make_chip(
    needs: dict[str, Sequence[str]],
    ladders: dict[str, Callable[[AnyMap], Ladder]] | None = None,
    behind: dict[str, str] | None = None,
    *,
    served: Collection[str] = (),
    rests: dict[str, Callable[[AnyMap], Ladder]] | None = None,
    rules: Mapping[str, Supervision] | None = None,
    identity: Read | None = None,
) -> ToyChip:
    """Return a toy chip: each block's needs, its ladder where it is not the simple one, and what it stands behind.

    Args:
        served: the blocks that have something of their own to do at an interrupt.
        rests: the ladders `rest`, of those that have one.
        rules: how each is supervised, where it is not as usual.
        identity: of the chip.
    """
    device = Device()
    blocks: dict[str, ToyBlock] = {}
    instances: dict[str, Instance] = {}
    for number, (name, needed) in enumerate(needs.items(), 1):
        regs = AnyMap(_GROUP, 0x1000 * number)
        kind = ServedBlock if name in served else ToyBlock
        blocks[name] = kind(name, regs, (ladders or {}).get(name, simple()))
        blocks[name].down = (rests or {}).get(name)
        instances[name] = Instance(name, "toy", regs.address, blocks[name], tuple(needed), (behind or {}).get(name))
    chip = Chip(
        "toys", "made by hand", Image(_GROUP), instances, {}, "", identity=identity, supervision=dict(rules or {})
    )
    return ToyChip(chip, device, ToyTransport(device), blocks)


@pytest.fixture(scope="session")
def toy_chips() -> Callable[..., ToyChip]:
    """Return the maker of toy chips, `make_chip`."""
    return make_chip


@pytest.fixture(scope="session")
def ladders() -> Callable[..., Callable[[AnyMap], Ladder]]:
    """Return the maker of ladders for toy blocks, `simple`."""
    return simple
