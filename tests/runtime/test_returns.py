"""The laws of a link that is lost again while a chip returns, and of what people asked for meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import pytest
import trio
from attrs import define, evolve, field

from blocks.chip import Chip
from blocks.chip.supervision import Restart
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import Upset
from runtime.incident import What
from runtime.service import BEGIN_S_MAX, Service, Terms
from runtime.session import Session
from runtime.summary import State
from tests.runtime.mini import MINI, Mini, Watched, ruled, serving
from tests.runtime.serving import run
from transports.base import Judgement
from transports.batch import Batch, Results
from transports.errors import Unavailable

GONE = Unavailable("the peer is gone", over=True)
CUTS = 6  # messages of a return after which nothing new can be cut: a judgement, an identity, looks


@define(eq=False)
class Cut:
    """What becomes of each connection to one chip.

    Attributes:
        after: so many messages go over each connection before it is cut, in the order of the connections.
        slow_s: a judgement takes so long from the second connection on.
    """

    after: list[float] = field(factory=list[float])
    slow_s: float = 0.0
    made: list[Line] = field(factory=list["Line"])


class Line(Watched):
    """A connection that is cut after so many messages."""

    def __init__(self, chip: SimChip, cut: Cut) -> None:
        super().__init__(chip)
        index = len(cut.made)
        self._left = cut.after[index] if index < len(cut.after) else inf
        self._slow_s = cut.slow_s if index else 0.0
        self.judging = False
        cut.made.append(self)

    def sever(self) -> None:
        """Let nothing more through."""
        self._left = 0

    def _spent(self) -> bool:
        self._left -= 1
        return self._left < 0

    async def execute(self, batch: Batch) -> Results:
        """Answer, until it is cut."""
        return Results((), GONE) if self._spent() else await super().execute(batch)

    async def execute_all(self, batches: Sequence[Batch]) -> list[Results]:
        """Answer, until it is cut."""
        return [Results((), GONE) for _ in batches] if self._spent() else await super().execute_all(batches)

    async def judge(self) -> Judgement:
        """Answer, until it is cut."""
        if self._spent():
            raise GONE
        self.judging = True
        await trio.sleep(self._slow_s)
        self.judging = False
        return await super().judge()


@asynccontextmanager
async def returning(chip: Chip = MINI, cut: Cut | None = None, **terms: Any) -> AsyncGenerator[tuple[Mini, Cut]]:
    """Give mini in service over connections that are cut, and made anew."""
    cut = cut or Cut()
    sim = SimChip(chip)

    async def reopen() -> Line:
        await trio.lowlevel.checkpoint()
        return Line(sim, cut)

    async with serving(chip, over=Line(sim, cut), reopen=reopen, **terms) as it:
        yield it, cut


def test_a_link_that_drops_again_as_it_returns_is_lost_like_any_other() -> None:
    """Cut at the n-th message of each return, n = 1, 2, ..., the chip is in service after the next, and untouched."""

    async def main() -> None:
        async with returning(cut=Cut([inf, *range(CUTS)])) as (it, cut):
            cut.made[0].sever()
            await trio.sleep(10)
            assert it.ends == []
            assert len(cut.made) == 2 + CUTS
            assert [line.written for line in cut.made] == [set()] * len(cut.made)
            assert it.down == set()
            assert it.service.under_way() == ()
            assert len(it.told(What.LINK_LOST)) == 1, "one incident"

    run(main)


@pytest.mark.parametrize("cuts", range(1, 4))
def test_a_judgement_that_fails_at_a_return_is_no_end(cuts: int) -> None:
    """Where only the judgement fails, as often as it may, the connection counts as lost until one comes."""

    async def main() -> None:
        async with returning(cut=Cut([inf, *[0] * cuts])) as (it, cut):
            cut.made[0].sever()
            await trio.sleep(10)
            assert it.ends == []
            assert it.down == set()
            assert len(cut.made) == 2 + cuts
            assert (len(it.told(What.LINK_LOST)), len(it.told(What.LINK_BACK))) == (1, 1)

    run(main)


def test_a_link_that_is_lost_before_anything_was_there_is_the_end() -> None:
    """The very first connection, cut at its first message, ends the service."""

    async def main() -> None:
        with pytest.raises(Unavailable, match="the peer is gone"):
            await Service(MINI, Line(SimChip(MINI), Cut([0])), terms=Terms(reopen=trio.sleep_forever)).run()

    run(main)


@pytest.mark.parametrize("for_s", [inf, 8.0])
def test_a_return_that_waits_holds_up_no_end(for_s: float) -> None:
    """Told to stop, or its time over, while a chip that is back says nothing, a service ends at once."""

    async def main() -> None:
        async with returning(cut=Cut(slow_s=1e9), for_s=for_s) as (it, cut):
            cut.made[0].sever()
            await trio.sleep(5)
            assert (cut.made[1].judging, it.ends) == (True, [])
            cut.made[1].sever()  # nor is anything said at the end
            if for_s == inf:
                it.stop.set()
            await trio.sleep(0.1 if for_s == inf else 3)
            (end,) = it.ends
            assert end.stopped == ("signal" if for_s == inf else "time")
            assert end.lost == "the peer is gone"

    run(main)


def test_a_chip_that_is_back_and_says_nothing_is_lost() -> None:
    """A return that gets no answer is given up after a while, and the next one is tried."""

    async def main() -> None:
        cut = Cut(slow_s=1e9)
        async with returning(cut=cut) as (it, _):
            cut.made[0].sever()
            await trio.sleep(0.9 * BEGIN_S_MAX)
            cut.slow_s = 0.0
            assert it.down == {*MINI.instances}
            cut.made[1].sever()
            await trio.sleep(0.2 * BEGIN_S_MAX)
            assert it.down == set()
            assert len(cut.made) == 3

    run(main)


# ---- what people asked for ----


@pytest.mark.parametrize("after", range(CUTS))
def test_who_was_to_rest_does_however_often_the_link_is_lost(after: int) -> None:
    """Lost before a rest was done, and again at the n-th message of the return, a block comes to rest in the end."""

    async def main() -> None:
        async with returning(cut=Cut([inf, after])) as (it, cut):
            it.service.rest("io_crg[0]")
            cut.made[0].sever()
            await trio.sleep(5)
            assert len(cut.made) == 3
            assert it.down == {"io_crg[0]"}
            assert it.service.status()["io_crg[0]"].state is State.RESTED
            assert it.told(What.FAILED) == []

    run(main)


@pytest.mark.parametrize("after", range(CUTS))
def test_who_was_woken_comes_up_however_often_the_link_is_lost(after: int) -> None:
    """A temporary block that fell, and that a person wakes, comes up though the link is lost twice before it is."""
    chip = ruled(MINI, {"pll[1]": evolve(MINI.supervision["pll[1]"], restart=Restart.TEMPORARY)})

    async def main() -> None:
        async with returning(chip, Cut([inf, after])) as (it, cut):
            it.inject(Upset(block="pll[1]", name="lock_lost"))
            await trio.sleep(1)
            assert it.service.status()["pll[1]"].state is State.FAILED
            it.service.wake("pll[1]")
            cut.made[0].sever()
            await trio.sleep(5)
            assert len(cut.made) == 3
            assert it.down == set()
            assert it.service.under_way() == ()
            it.inject(Upset(block="pll[1]", name="lock_lost"))
            await trio.sleep(1)
            assert it.service.status()["pll[1]"].state is State.FAILED, "once"

    run(main)


def test_what_is_asked_while_a_chip_returns_is_done_or_refused() -> None:
    """Until a return has begun nobody can rest or wake; who is held or released then is so afterwards."""

    async def main() -> None:
        async with returning(cut=Cut(slow_s=0.1)) as (it, cut):
            it.service.rest("io_crg[0]")
            await trio.sleep(1)
            it.service.hold("pll[0]")
            cut.made[0].sever()
            await trio.sleep(0.15)
            assert [line.judging for line in cut.made] == [False, True]
            with pytest.raises(ValueError, match="mini cannot be reached: the peer is gone"):
                it.service.rest("io_crg[1]")
            with pytest.raises(ValueError, match="mini cannot be reached: the peer is gone"):
                it.service.wake("io_crg[0]")
            it.service.hold("pll[1]")
            it.service.release("pll[0]")
            assert {verdict.state for verdict in it.service.status().values()} == {State.STOPPED}
            await trio.sleep(5)
            status = it.service.status()
            assert status["io_crg[0]"].state is State.RESTED
            assert status["pll[0]"].state is State.UP
            assert "held for a person" in status["pll[1]"].reason
            it.service.release("pll[1]")
            it.service.wake("io_crg[0]")
            await trio.sleep(1)
            assert it.down == set()

    run(main)


def test_what_is_asked_as_a_connection_is_given_back_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """From when it is noted what is carried to the next connection, nobody can rest."""
    said: list[str] = []

    async def main() -> None:
        async with returning() as (it, cut):

            async def slow(_session: Session) -> None:
                await trio.sleep(0.5)
                with pytest.raises(ValueError, match="mini cannot be reached"):
                    it.service.rest("io_crg[0]")
                said.append("refused")

            monkeypatch.setattr(Session, "aclose", slow)
            cut.made[0].sever()
            await trio.sleep(5)
            assert said == ["refused"]
            assert it.down == set()

    run(main)
