"""Drivers with bugs that a person could write: each brings its block up, and none survives what it should."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import trio
from attrs import evolve

from blocks.base import Block
from blocks.chip import Chip, load_chip
from blocks.hbm_channel.driver import HbmChannel
from blocks.ladder import US, Act, Condition, Ladder, Rung, Where
from blocks.pll.driver import Pll
from blocks.port import Port
from transports.batch import Delay
from transports.errors import TransportError

PLL, SIBLING = "pll[2]", "refpll"  # of mini
CHANNEL = "die[1].channel[2][5]"  # of atlas


class _Changed(Pll):
    """A PLL whose ladder is changed in places."""

    def rungs(self) -> dict[str, Rung]:
        """Return the rungs as they should be."""
        return {rung.name: rung for rung in super().up()}

    def up(self) -> Ladder:
        """The ladder with a bug."""
        rungs = self.rungs()
        self.spoil(rungs)
        return Ladder(*rungs.values())

    def spoil(self, rungs: dict[str, Rung]) -> None:
        """Put the bug in."""
        raise NotImplementedError


class Hasty(_Changed):
    """An act that does not work twice: it finds the lock open, and leaves it closed."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r = self.regs
        rungs["frozen"] = Rung(
            "frozen",
            holds=[r.LOCK.check(config=1), r.INTR_ENABLE.check(lock_lost=1, ref_lost=1)],
            reach=[r.LOCK.check(config=0), r.LOCK.write(config=1), r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
            within=5 * US,
        )


class Loose(_Changed):
    """A check that is too weak: two registers are written, and one is looked at."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r = self.regs
        del rungs["watched"]
        rungs["driving"] = Rung(
            "driving",
            holds=[r.CTRL.check(bypass=0)],
            reach=[r.CTRL.modify(bypass=0), r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
            within=5 * US,
        )


class Eager(_Changed):
    """A wrong order: the VCO runs before its limit is set, and once it runs nobody asks."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r, c = self.regs, self.config
        frozen = rungs.pop("frozen")
        detecting = rungs["detecting"]
        assert not callable(detecting.reach)
        rungs["detecting"] = evolve(
            detecting,
            holds=[r.LOCKDET.check(cycles=c.lock_cycles), r.LOCK_WINDOW.check(width=c.lock_window, slips=c.slips)],
            reach=[act for act in detecting.reach if "LOCK_LIMIT" not in getattr(act, "path", "")],
        )
        rungs["powered"] = evolve(
            rungs["powered"], reach=[r.CTRL.modify(power_down=0), r.LOCK_LIMIT.write(cycles=c.limit_cycles)]
        )
        order = {name: rungs.pop(name) for name in list(rungs)}
        for name, rung in order.items():
            rungs[name] = rung
            if name == "powered":
                rungs["frozen"] = frozen


class Sibling(_Changed):
    """An act that clears a sibling: its write of one enable takes away another, which a later act put there."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r = self.regs
        del rungs["watched"]
        driving = rungs.pop("driving")
        rungs["half watched"] = Rung(
            "half watched",
            holds=[r.INTR_ENABLE.check(lock_lost=1)],
            reach=[r.INTR_ENABLE.write(lock_lost=1, ref_lost=0)],
            within=5 * US,
        )
        rungs["driving"] = evolve(driving, reach=[r.INTR_ENABLE.modify(ref_lost=1), r.CTRL.modify(bypass=0)])


class Trusting(_Changed):
    """A cached value that is trusted: whoever comes after it writes once more."""

    remembered = False

    def spoil(self, rungs: dict[str, Rung]) -> None:
        told = Where("it was told", [self.regs.ID.read()], self._told)
        rungs["told"] = Rung("told", holds=[told], reach=self._tell, within=5 * US)

    def _told(self, _read: object) -> bool:
        return self.remembered

    async def _tell(self, port: Port) -> None:
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        self.remembered = True


class Notes:
    """What a driver keeps beside itself."""

    remembered = False


class Noting(Trusting):
    """The same value, cached in an object that the driver keeps."""

    def __init__(self, *of: Any) -> None:
        super().__init__(*of)
        self.notes = Notes()

    def _told(self, _read: object) -> bool:
        return self.notes.remembered

    async def _tell(self, port: Port) -> None:
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        self.notes.remembered = True


class Sure(_Changed):
    """A write that is believed to be there because it was sent: it is never sent again."""

    sent = False

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["powered"] = evolve(rungs["powered"], reach=self._power)

    async def _power(self, port: Port) -> None:
        if not self.sent:
            self.sent = True
            await port.run(self.regs.CTRL.modify(power_down=0))


class Patient(_Changed):
    """A wait without a deadline: it asks for lock until there is one."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        del rungs["powered"]
        rungs["locked"] = evolve(rungs["locked"], reach=self._lock, settles=0.0)

    async def _lock(self, port: Port) -> None:
        r = self.regs
        await port.run(r.CTRL.modify(power_down=0))
        while not (await port.run(r.STATUS.read())).lock:
            await port.sleep(10 * US)


class Edge(_Changed):
    """A wait for an edge that may have passed: lock must be seen to be away before it is believed to have come."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        del rungs["powered"]
        locked, driving, watched = (rungs.pop(name) for name in ("locked", "driving", "watched"))
        rungs["watched"] = evolve(watched, reach=self._watch, within=4 * self.config.usual_s)
        rungs["locked"], rungs["driving"] = locked, driving

    async def _watch(self, port: Port) -> None:
        r = self.regs
        while (await port.run(r.STATUS.read())).lock:
            await port.sleep(10 * US)
        await port.run(r.CTRL.modify(power_down=0))
        await port.sleep(2 * self.config.usual_s)
        await port.run(r.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


class Timed(_Changed):
    """A time that is waited instead of what should have happened in it."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r = self.regs
        del rungs["powered"], rungs["locked"]
        rungs["driving"] = evolve(
            rungs["driving"],
            reach=[r.CTRL.modify(power_down=0), Delay(4 * self.config.usual_s), r.CTRL.modify(bypass=0)],
            within=5 * US,
        )


class Deaf(_Changed):
    """An error that is swallowed: what was not done is taken for done."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r, c = self.regs, self.config
        divided = r.DIV.check(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2)
        rungs["configured"] = evolve(rungs["configured"], holds=[divided], reach=self._configure)

    async def _configure(self, port: Port) -> None:
        r, c = self.regs, self.config
        for act in (
            r.BAND.write(search=0, band=c.band, trim=c.trim),
            r.FRAC.write(frac=c.frac),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
        ):
            try:
                await port.run(act)
            except TransportError:
                continue


class Stale(_Changed):
    """A word that is read, kept, and written back later with one field changed: whatever it was by then."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r, c = self.regs, self.config
        banded = r.BAND.check(band=c.band)
        rungs["configured"] = evolve(
            rungs["configured"], holds=[*rungs["configured"].holds[:-1], banded], reach=self._set
        )

    async def _set(self, port: Port) -> None:
        r, c = self.regs, self.config
        before = await port.run(r.BAND.read())
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
            r.FRAC.write(frac=c.frac),
        )
        await port.run(r.BAND.write(search=bool(before.search), band=c.band, trim=before.trim))


class Marked(_Changed):
    """A mark that says who is at work: found once it is work to be done again, found twice it is left to another."""

    begun, again = 1, 2

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["detecting"] = evolve(rungs["detecting"], reach=self._detect)

    async def _detect(self, port: Port) -> None:
        r, c = self.regs, self.config
        mark = (await port.run(r.LOCKDET.read())).cycles
        if mark == self.again:
            return
        await port.run(r.LOCKDET.write(cycles=self.again if mark == self.begun else self.begun))
        await port.run(r.LOCK_WINDOW.write(width=c.lock_window, slips=c.slips))
        await port.run(r.LOCK_LIMIT.write(cycles=c.limit_cycles))
        await port.run(r.LOCKDET.write(cycles=c.lock_cycles))


class Concealed(_Changed):
    """A mark that nobody reads but who was cut off twice: a limit that is another one for a moment."""

    mark = 7
    fresh = False

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r, c = self.regs, self.config
        holds = (r.LOCKDET.check(cycles=c.lock_cycles + 1), r.LOCK_WINDOW.check(width=c.lock_window, slips=c.slips))
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure)
        rungs["detecting"] = evolve(rungs["detecting"], holds=holds, reach=self._detect)

    async def _configure(self, port: Port) -> None:
        r, c = self.regs, self.config
        self.fresh = True
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
            r.FRAC.write(frac=c.frac),
            r.BAND.write(search=0, band=c.band, trim=c.trim),
        )

    async def _detect(self, port: Port) -> None:
        r, c = self.regs, self.config
        if (await port.run(r.LOCK_WINDOW.read())).slips == self.mark:
            if (await port.run(r.LOCK_LIMIT.read())).cycles == self.mark:
                return
        if self.fresh:
            await port.run(r.LOCK_LIMIT.write(cycles=self.mark))
            await port.run(r.LOCK_LIMIT.write(cycles=c.limit_cycles))
        await port.run(r.LOCK_WINDOW.write(width=c.lock_window, slips=self.mark))
        await port.run(r.LOCKDET.write(cycles=c.lock_cycles + 1))
        await port.run(r.LOCK_LIMIT.write(cycles=c.limit_cycles))
        await port.run(r.LOCK_WINDOW.write(width=c.lock_window, slips=c.slips))


class Slow(_Changed):
    """A wait to be sure: who finds its act half done waits for longer than all of the hardware takes, and goes on."""

    waits_s = 6e-4  # three times mini's critical path

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure, within=2 * self.waits_s)

    async def _configure(self, port: Port) -> None:
        r, c = self.regs, self.config
        if (await port.run(r.DIV.read())).fbdiv == c.fbdiv:
            await port.sleep(self.waits_s)
        await port.run(r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2))
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.FRAC.write(frac=c.frac),
            r.BAND.write(search=0, band=c.band, trim=c.trim),
        )


class Nervous(_Changed):
    """A sibling that is set again when an act of its own fails, though it was well."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)

    async def _watch(self, port: Port) -> None:
        try:
            await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        except TransportError:
            sibling = load_chip("mini").instances[SIBLING].block.regs
            await port.run(sibling.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
            raise


class Meddling(_Changed):
    """A sibling that is set again, though it was well, by who finds its own act half done, and hears of no error."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure)

    async def _configure(self, port: Port) -> None:
        r, c = self.regs, self.config
        if (await port.run(r.DIV.read())).fbdiv == c.fbdiv:
            sibling = load_chip("mini").instances[SIBLING].block.regs
            with suppress(TransportError):
                await port.run(sibling.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
            r.FRAC.write(frac=c.frac),
            r.BAND.write(search=0, band=c.band, trim=c.trim),
        )


class Sulking(_Changed):
    """A failure that is slow: who hears of an error waits for much longer than all takes, and fails only then."""

    waits_s = 5.0

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch, within=2 * self.waits_s)

    async def _watch(self, port: Port) -> None:
        try:
            await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        except TransportError:
            await port.sleep(self.waits_s)
            raise


class Brooding(_Changed):
    """A failure that is slow, of whom it happened to: it tries once, and then waits for itself, in three tries."""

    waits_s = 5.0
    tries = 0

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch, within=self.waits_s)

    async def _watch(self, port: Port) -> None:
        self.tries += 1
        if self.tries % 3 == 1:
            await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


class Undead(_Changed):
    """A cancellation that is swallowed: the act goes on behind a shield."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)

    async def _watch(self, port: Port) -> None:
        enable = self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1)
        try:
            await port.run(enable)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await port.run(enable)
            raise


class Cached(_Changed):
    """A limit that is believed for good once it was seen: what took it away meanwhile is not noticed."""

    seen = False

    def spoil(self, rungs: dict[str, Rung]) -> None:
        r, c = self.regs, self.config
        limit = Where("the limit was seen", [r.LOCK_LIMIT.read()], self._limit)
        window = r.LOCK_WINDOW.check(width=c.lock_window, slips=c.slips)
        held: list[Condition] = [r.LOCKDET.check(cycles=c.lock_cycles), window, limit]
        rungs["detecting"] = evolve(rungs["detecting"], holds=held, reach=self._detect)

    def _limit(self, read: Any) -> bool:
        self.seen = self.seen or read.cycles == self.config.limit_cycles
        return self.seen

    async def _detect(self, port: Port) -> None:
        r, c = self.regs, self.config
        await port.run(r.LOCKDET.write(cycles=c.lock_cycles))
        await port.run(r.LOCK_WINDOW.write(width=c.lock_window, slips=c.slips))
        if not self.seen:
            await port.run(r.LOCK_LIMIT.write(cycles=c.limit_cycles))


class Clearing(_Changed):
    """A recovery that clears a sibling: who lost its lock shuts the interrupt of another, and not its own evidence."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["healthy"] = evolve(rungs["healthy"], reach=self._heal)

    async def _heal(self, port: Port) -> None:
        r, sibling = self.regs, load_chip("mini").instances[SIBLING].block.regs
        await port.submit(r.CTRL.modify(bypass=1), r.STATUS.write(lock_lost=1, ref_lost=1))
        await port.run(sibling.INTR_ENABLE.write(lock_lost=0, ref_lost=0))


class Listening(_Changed):
    """A recovery that waits without a deadline: until the evidence that it has cleared is seen to be gone."""

    def spoil(self, rungs: dict[str, Rung]) -> None:
        rungs["healthy"] = evolve(rungs["healthy"], reach=self._heal)

    async def _heal(self, port: Port) -> None:
        r = self.regs
        await port.submit(r.CTRL.modify(bypass=1), r.STATUS.write(lock_lost=1, ref_lost=1))
        while (await port.run(r.STATUS.read())).lock_lost:
            await port.sleep(10 * US)


class Forgetful(HbmChannel):
    """An interrupt enable that is forgotten: the act that freezes sets it, and is done when all is frozen."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        watched = rungs.pop("watched")
        assert not callable(watched.reach)
        frozen: list[Act] = [r.LOCK.write(config=1), *watched.reach]
        rungs["frozen"] = Rung("frozen", holds=[r.LOCK.check(config=1)], reach=frozen, within=5 * US)
        return Ladder(*rungs.values())


def _planted(chip_name: str, name: str, kind: type[Block[Any]]) -> Chip:
    chip = load_chip(chip_name)
    instance = chip.instances[name]
    block = kind(name, instance.block.regs, instance.block.config)
    return evolve(chip, instances={**chip.instances, name: evolve(instance, block=block, like=None)})


def planted(kind: type[Pll]) -> Callable[[], Chip]:
    """Return what loads mini with another driver for one of its PLLs."""
    return partial(_planted, "mini", PLL, kind)


def one_of_hundreds() -> Chip:
    """Return atlas with another driver for one of its 128 channels."""
    return _planted("atlas", CHANNEL, Forgetful)
