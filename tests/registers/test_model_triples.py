"""What software's reads and writes do, for every legal (sw, onread, onwrite), against truth tables written apart.

Source of the tables: SystemRDL 2.0, 9.6, tables of `onread` and `onwrite`.
"""

from __future__ import annotations

from itertools import product

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from registers.model import Misuse, RegisterFile
from registers.schema import Child, FieldType, GroupType, RegisterType
from registers.semantics import Hw, OnRead, OnWrite, Sw

# For each (held, written) in the order 00, 01, 10, 11: what the bit holds after the write.
WRITE_TABLES = {
    None: "0101",
    "woset": "0111",
    "woclr": "0010",
    "wot": "0110",
    "wzs": "1011",
    "wzc": "0001",
    "wzt": "1001",
    "wclr": "0000",
    "wset": "1111",
}
# For each bit held, 0 and 1: what it holds after a read.
READ_TABLES = {None: "01", "rclr": "00", "rset": "11"}
# Who may, by sw: read, write, write again.
RIGHTS = {"rw": "yyy", "rw1": "yyn", "r": "ynn", "w": "nyy", "w1": "nyn"}
LEGAL = [
    (sw, onread, onwrite)
    for sw, rights in RIGHTS.items()
    for onread in READ_TABLES
    for onwrite in WRITE_TABLES
    if (rights[0] == "y" or onread is None) and (rights[1] == "y" or onwrite is None)
]


def _file(f: FieldType, *, width: int = 4, access: int = 4) -> RegisterFile:
    register = RegisterType(name="R", width=width, access=access, fields=(f,))
    child = Child(name="R", type=register, offset=0x20)
    return RegisterFile(GroupType(name="top", kind="addrmap", size=0x40, children=(child,)))


def _field(sw: str, onread: str | None, onwrite: str | None, *, lsb: int = 5, width: int = 3) -> FieldType:
    return FieldType(
        name="x",
        lsb=lsb,
        width=width,
        sw=Sw(sw),
        onread=OnRead(onread) if onread else None,
        onwrite=OnWrite(onwrite) if onwrite else None,
    )


def _bits(table: str, held: int, written: int, width: int) -> int:
    """Apply a write table bit by bit."""
    pairs = [(held >> k & 1, written >> k & 1) for k in range(width)]
    return sum(int(table[2 * h + w]) << k for k, (h, w) in enumerate(pairs))


def _spent(file: RegisterFile) -> int:
    """Return the bits of write-once fields that took their one write."""
    (store,) = file.fabric.bank.stores()
    return store.spent


def test_75_triples_are_legal() -> None:
    """Software can see 75 combinations of (sw, onread, onwrite)."""
    assert len(LEGAL) == 75


@pytest.mark.parametrize("sw", RIGHTS)
@pytest.mark.parametrize("onread", READ_TABLES)
@pytest.mark.parametrize("onwrite", WRITE_TABLES)
def test_only_legal_triples_make_a_register_file(sw: str, onread: str | None, onwrite: str | None) -> None:
    """A map with an illegal combination is refused when the register file is made; each legal one is taken."""
    f = _field(sw, onread, onwrite)
    if (sw, onread, onwrite) in LEGAL:
        assert _file(f).field("R.x").value == 0
    else:
        with pytest.raises(ValueError, match=r"R\.x"):
            _file(f)


@pytest.mark.parametrize(("sw", "onread", "onwrite"), LEGAL)
def test_write_follows_its_table(sw: str, onread: str | None, onwrite: str | None) -> None:
    """For every held and every written value, each bit becomes what the table of its `onwrite` says; rights hold."""
    rights, file = RIGHTS[sw], _file(_field(sw, onread, onwrite))
    cell = file.field("R.x")
    for held, written in product(range(8), range(8)):
        file.reset()
        cell.force(held)
        file.write(0x20, written << 5 | 0xFFFF_FF1F)
        first = _bits(WRITE_TABLES[onwrite], held, written, 3) if rights[1] == "y" else held
        assert cell.value == first
        file.write(0x20, held << 5)
        again = _bits(WRITE_TABLES[onwrite], first, held, 3) if rights[2] == "y" else first
        assert cell.value == again
        assert _spent(file) == (0b111 << 5 if rights[2] == "n" and rights[1] == "y" else 0)


@pytest.mark.parametrize(("sw", "onread", "onwrite"), LEGAL)
def test_read_follows_its_table(sw: str, onread: str | None, onwrite: str | None) -> None:
    """A read brings what was held where software may read, else 0, and leaves what the table of its `onread` says.

    It spends no write-once field.
    """
    file = _file(_field(sw, onread, onwrite))
    cell = file.field("R.x")
    for held in range(8):
        cell.force(held)
        assert file.read(0x20) == (held << 5 if RIGHTS[sw][0] == "y" else 0)
        assert cell.value == sum(int(READ_TABLES[onread][held >> k & 1]) << k for k in range(3))
        assert _spent(file) == 0


@given(st.sampled_from(LEGAL), st.data())
def test_only_strobed_lanes_are_written(triple: tuple[str, str | None, str | None], data: st.DataObject) -> None:
    """Bits in lanes that are not strobed stay as they are, unspent too, whatever the write would do to them."""
    width = data.draw(st.sampled_from((1, 2, 4, 8)))
    lsb = data.draw(st.integers(0, 8 * width - 1))
    f = _field(*triple, lsb=lsb, width=data.draw(st.integers(1, 8 * width - lsb)))
    file = _file(f, width=width, access=width)
    cell = file.field("R.x")
    held, word = data.draw(st.integers(0, f.max)), data.draw(st.integers(0, (1 << 8 * width) - 1))
    strobes = data.draw(st.integers(1, (1 << width) - 1))
    cell.force(held)
    file.write(0x20, word, width, strobes)
    lanes = sum(0xFF << 8 * k for k in range(width) if strobes >> k & 1) >> lsb & f.max
    written = _bits(WRITE_TABLES[triple[2]], held, word >> lsb & f.max, f.width) if f.sw.writable else held
    assert cell.value == held & ~lanes | written & lanes
    assert _spent(file) == (lanes << lsb if f.sw.once else 0)


@given(st.sampled_from(LEGAL), st.data())
def test_partial_access_touches_its_word_alone(
    triple: tuple[str, str | None, str | None], data: st.DataObject
) -> None:
    """In a register wider than its access, side effects and values reach only the bits in the word that is moved."""
    width, access = data.draw(st.sampled_from([(8, 4), (8, 2), (4, 2), (4, 1), (2, 1), (8, 1), (16, 8), (16, 4)]))
    lsb = data.draw(st.integers(0, 8 * width - 1))
    f = _field(*triple, lsb=lsb, width=data.draw(st.integers(1, 8 * width - lsb)))
    file = _file(f, width=width, access=access)
    cell = file.field("R.x")
    held, word = data.draw(st.integers(0, f.max)), data.draw(st.integers(0, (1 << 8 * access) - 1))
    at = data.draw(st.integers(0, width // access - 1))
    window = ((1 << 8 * access) - 1) << 8 * access * at
    inside = (window & f.mask) >> lsb
    cell.force(held)
    expected = (held << lsb & window) >> 8 * access * at if f.sw.readable else 0
    assert file.read(0x20 + access * at, access) == expected
    read = sum(int(READ_TABLES[triple[1]][held >> k & 1]) << k for k in range(f.width))
    assert cell.value == held & ~inside | read & inside
    assert _spent(file) == 0
    cell.force(held)
    file.write(0x20 + access * at, word, access)
    spread = (word << 8 * access * at) >> lsb & f.max
    written = _bits(WRITE_TABLES[triple[2]], held, spread, f.width) if f.sw.writable else held
    assert cell.value == held & ~inside | written & inside
    assert _spent(file) == (window & f.mask if f.sw.once else 0)


@pytest.mark.parametrize(("onwrite", "fires"), [(None, 0b10), ("woset", 0b10), ("wzs", 0b01), ("wot", 0b10)])
def test_singlepulse_reads_back_zero(onwrite: str | None, fires: int) -> None:
    """A singlepulse field is 0 after any write, and its pulse reaches the hook when the write would have set it."""
    f = evolve(_field("rw", None, onwrite, lsb=0, width=1), singlepulse=True, reset=0)
    file, seen = _file(f), list[bool]()
    file.on_write("R", lambda event: seen.append(event.pulsed("x")))
    for written in (0, 1):
        file.write(0x20, written)
        assert file.read(0x20) == 0
    assert seen == [bool(fires & 1), bool(fires & 2)]


@pytest.mark.parametrize("sw", ["rw1", "w1"])
def test_write_once_opens_again_only_by_reset(sw: str) -> None:
    """The second write to a write-once field is ignored and reported; after a reset one more is taken."""
    f = evolve(_field(sw, None, None), reset=1)
    file, misuses = _file(f), list[Misuse]()
    cell = file.field("R.x")
    file.watch(misuses.append)
    for expected in (5, 5):
        file.write(0x20, expected << 5)
        file.write(0x20, 2 << 5)
        assert cell.value == expected
        assert [(m.rule, m.path) for m in misuses] == [("write-once", "R.x")]
        misuses.clear()
        file.reset("")
        assert cell.value == 1


def test_ruser_and_wuser_are_the_hooks() -> None:
    """An external register's ruser field reads what its hook supplies; its wuser field leaves the write to its hook."""
    f = evolve(_field("rw", None, "wuser", lsb=0, width=8), onread=OnRead.RUSER, hw=Hw.RW)
    register = RegisterType(name="R", width=4, access=4, fields=(f,), external=True)
    child = Child(name="R", type=register, offset=0)
    file = RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=(child,)))
    fifo = [3, 4]
    file.on_read("R", lambda _reading: fifo.pop(0))
    file.on_write("R", lambda event: fifo.append(event.written("x") or 0))
    file.write(0, 0x55)
    assert [file.read(0) for _ in range(3)] == [3, 4, 0x55]
    assert file.field("R.x").value == 0


def test_only_an_external_register_is_supplied_by_its_hook() -> None:
    """A hook that returns a value for a register that is not external is an error of the model, and named."""
    file = _file(_field("rw", None, None))
    file.on_read("R", lambda _reading: 1)
    with pytest.raises(ValueError, match="R is not external"):
        file.read(0x20)
