"""Rungs and ladders refuse at once what could never be seen, would disturb by looking, or has no one name."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ladder import US, Act, Ladder, Rung, Where
from blocks.port import Port
from registers.access import RegisterOp
from registers.handles import AnyRegister, RegisterValue
from registers.schema import FieldType, RegisterType
from registers.semantics import OnRead
from transports.batch import Delay


def register(**effects: OnRead) -> AnyRegister:
    fields = tuple(
        FieldType(name=name, lsb=lsb, width=1, reset=0, onread=effects.get(name))
        for lsb, name in enumerate(("lock", "lost"))
    )
    return AnyRegister(RegisterType(name="status", width=4, access=4, fields=fields), 0x10, "STATUS")


STATUS = register()
LOCKED = STATUS.check(lock=1)


def test_a_rung_checks_something() -> None:
    """A rung without a condition could not be seen to hold."""
    with pytest.raises(ValueError, match="rung 'empty' checks nothing"):
        Rung("empty", holds=[], within=US)


@pytest.mark.parametrize("op", [STATUS.read(), STATUS.modify(lock=1), STATUS.poll(timeout_s=US, lock=1)])
def test_a_condition_is_a_check(op: RegisterOp[Any]) -> None:
    """A condition compares one look; what reads for no comparison, writes or waits is none."""
    with pytest.raises(ValueError, match="a condition is a check, and this would"):
        Rung("locked", holds=[op], within=US)


@pytest.mark.parametrize(("settles", "within"), [(2 * US, US), (-US, US), (0.0, -US)])
def test_what_settles_does_so_in_time(settles: float, within: float) -> None:
    """The usual time lies within the deadline, and neither before the act."""
    with pytest.raises(ValueError, match=r"settles .* must lie in 0\.\.within"):
        Rung("locked", holds=[LOCKED], settles=settles, within=within)


def test_an_act_is_data_or_a_dialogue() -> None:
    """Operations become a tuple that nothing changes; an async function stays what it is; nothing is the default."""
    modify = STATUS.modify(lost=0)
    given: list[Act] = [modify, Delay(US)]
    rung = Rung("locked", holds=[LOCKED], reach=given, within=US)
    given.clear()
    assert rung.reach == (modify, Delay(US))

    async def talk(port: Port) -> None:
        assert port

    assert Rung("told", holds=[LOCKED], reach=talk, within=US).reach is talk
    assert Rung("waited", holds=[LOCKED], within=US).reach == ()


def test_names_are_one_each() -> None:
    """A ladder refuses two rungs of one name, and says which."""
    rung = Rung("locked", holds=[LOCKED], within=US)
    with pytest.raises(ValueError, match="two rungs have one name: locked"):
        Ladder(rung, Rung("driving", holds=[LOCKED], within=US), rung)


def test_a_ladder_is_a_sequence_that_takes_its_time() -> None:
    """A ladder gives its rungs lowest first, and the whole climb usually takes the sum of what they take."""
    low = Rung("low", holds=[LOCKED], settles=3 * US, within=9 * US)
    high = Rung("high", holds=[LOCKED], settles=4 * US, within=9 * US, needs=["pll[0]"], disturbs=True)
    ladder = Ladder(low, high)
    assert list(ladder) == [low, high] == [ladder[0], ladder[1]]
    assert (len(ladder), len(Ladder())) == (2, 0)
    assert ladder.settles == pytest.approx(7 * US)
    assert (high.needs, high.disturbs, low.needs, low.disturbs) == (("pll[0]",), True, (), False)


def test_a_condition_of_values_only_reads() -> None:
    """A condition over values is refused where its reads would write, compare, or change the register."""

    def clear(status: RegisterValue) -> bool:
        return not status.raw

    assert len(Where("no bit is set", (STATUS.read(),), clear).reads) == 1
    with pytest.raises(ValueError, match="a look only reads, and this would modify STATUS"):
        Where("x", (STATUS.modify(lock=1),), clear)
    with pytest.raises(ValueError, match="reading STATUS changes lost"):
        Where("x", (register(lost=OnRead.RCLR).read(),), clear)
    with pytest.raises(ValueError, match="is no check of a register that it reads"):
        Where("x", (STATUS.read(),), clear, intended=(STATUS.read(),))
