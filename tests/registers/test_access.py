"""Laws of bit-safe access, over registers of every shape, run on a register file that behaves as described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import pytest
from attrs import evolve, frozen
from hypothesis import assume, given
from hypothesis import strategies as st

from registers import access
from registers.access import RegisterOp, UnsafeAccess
from registers.model import Misuse, RegisterFile, Written
from registers.schema import Child, FieldType, GroupType, RegisterType
from registers.semantics import OnRead, OnWrite, Sw, after_write
from transports.batch import Check, Modify, Operation, Poll, Read, Value, Write

SIDE_EFFECTS = [on for on in OnWrite if on is not OnWrite.WUSER]
TRIPLES = [
    (sw, onread, onwrite)
    for sw, onread, onwrite in product(Sw, (None, OnRead.RCLR, OnRead.RSET), (None, *SIDE_EFFECTS))
    if (sw.readable or onread is None) and (sw.writable or onwrite is None) and sw is not Sw.NA
]


@frozen
class Scene:
    """A register, what its flops hold, and values for some of its fields."""

    register: RegisterType
    state: Mapping[str, int]
    values: Mapping[str, int]


@st.composite
def _registers(draw: st.DrawFn) -> RegisterType:
    """Return a register of 1..8 fields of any kind, with gaps, in any width and access width."""
    width = draw(st.sampled_from((1, 2, 4, 8)))
    within = draw(st.sampled_from([w for w in (1, 2, 4, 8) if w <= width]))
    fields: list[FieldType] = []
    at = draw(st.integers(0, 4))
    while at < 8 * width and len(fields) < 8:
        bits = min(draw(st.sampled_from((1, 1, 2, 5, 8, 20))), 8 * width - at)
        sw, onread, onwrite = draw(st.sampled_from(TRIPLES))
        pulse = sw.writable and not sw.once and onwrite in (None, OnWrite.WOSET) and draw(st.booleans())
        fields.append(
            FieldType(
                name=f"f{len(fields)}",
                lsb=at,
                width=1 if pulse else bits,
                sw=sw,
                onread=onread,
                onwrite=onwrite,
                singlepulse=pulse,
                reset=0,
            )
        )
        at += (1 if pulse else bits) + draw(st.sampled_from((0, 0, 1, 7)))
    fields = fields or [FieldType(name="f0", lsb=0, width=1)]
    return RegisterType(name="R", width=width, access=within, fields=tuple(fields))


@st.composite
def _scenes(draw: st.DrawFn) -> Scene:
    register = draw(_registers())
    state = {f.name: 0 if f.singlepulse else draw(st.integers(0, f.max)) for f in register.fields}
    names = draw(st.lists(st.sampled_from(register.fields), unique_by=lambda f: f.name, max_size=8))
    return Scene(register, state, {f.name: draw(st.integers(0, f.max)) for f in names})


@st.composite
def _modifiable(draw: st.DrawFn) -> Scene:
    """Return a scene whose values a modify must accept: all read-safe, and named what no written value preserves."""
    scene = draw(_scenes())
    fields = tuple(evolve(f, onread=None) for f in scene.register.fields)
    fields = (evolve(fields[0], sw=Sw.RW), *fields[1:])
    register = evolve(scene.register, fields=fields)
    named = [f for f in fields if f.sw.writable and (f.name in scene.values or f.name in access.rules(register).forced)]
    values = {f.name: scene.values.get(f.name, f.max) for f in named or fields[:1]}
    return Scene(register, scene.state, values)


class Hardware:
    """One register in a register file, that counts accesses and runs operations as a transport does."""

    def __init__(self, scene: Scene) -> None:
        child = Child(name="R", type=scene.register, offset=8)
        self.register = scene.register
        self.file = RegisterFile(GroupType(name="top", kind="addrmap", size=16, children=(child,)))
        self.accesses = 0
        self.misuses: list[Misuse] = []
        self.pulses = 0
        for name, value in scene.state.items():
            self.file.field(f"R.{name}").force(value)
        self.file.watch(self.misuses.append)
        self.file.on_write("R", self._written)

    def _written(self, event: Written) -> None:
        self.pulses |= event.pulses

    @property
    def state(self) -> dict[str, int]:
        """What every field holds."""
        return {f.name: self.file.field(f"R.{f.name}").value for f in self.register.fields}

    @property
    def spent(self) -> set[str]:
        """The write-once fields that took their one write."""
        (store,) = self.file.fabric.bank.stores()
        return {f.name for f in self.register.fields if store.spent & f.mask}

    def _read(self, at: int, width: int) -> int:
        self.accesses += 1
        return self.file.read(at, width)

    def _write(self, at: int, value: int, width: int) -> None:
        self.accesses += 1
        self.file.write(at, value, width)

    def run(self, operations: Sequence[Operation]) -> list[Value]:
        """Run the operations; a `Check` or `Poll` must hold at once."""
        results: list[Value] = []
        for op in operations:
            match op:
                case Read():
                    results.append(self._read(op.address, op.width))
                case Write():
                    self._write(op.address, op.value, op.width)
                    results.append(None)
                case Modify():
                    word = self._read(op.address, op.width)
                    self._write(op.address, word & ~op.mask | op.value, op.width)
                    results.append(word)
                case Check() | Poll():
                    word = self._read(op.address, op.width)
                    assert word & op.mask == op.value
                    results.append(word)
                case _:
                    raise AssertionError(op)
        return results


def _raw(raw: int) -> int:
    return raw


def _modify(scene: Scene) -> RegisterOp[int]:
    return access.modify(scene.register, 8, "b.R", scene.values, _raw)


def _expected(f: FieldType, old: int, value: int) -> int:
    """Return what a field holds after the value was written to it."""
    return 0 if f.singlepulse else after_write(f.onwrite, old, value, f.max)


def test_there_are_75_triples() -> None:
    """The laws below range over all 75 triples that software can see."""
    assert len(set(TRIPLES)) == len(TRIPLES) == 75


@given(_modifiable())
def test_modify_changes_what_was_named_and_nothing_else(scene: Scene) -> None:
    """A modify acts on the fields named, as a write to them; each other field stays, no other pulse fires."""
    hardware = Hardware(scene)
    op = _modify(scene)
    results = hardware.run(op.operations)
    after = dict(scene.state)
    for name, value in scene.values.items():
        after[name] = _expected(scene.register.by_name[name], after[name], value)
    assert hardware.state == after
    fired = {f.name for f in scene.register.fields if hardware.pulses & f.mask}
    assert fired == {f.name for f in scene.register.fields if f.singlepulse and scene.values.get(f.name)}
    assert hardware.misuses == []
    assert hardware.spent == {name for name in scene.values if scene.register.by_name[name].sw.once}
    for f in scene.register.fields:
        if f.name in scene.values and f.sw.readable:
            assert (op.decode(results) & f.mask) >> f.lsb == scene.state[f.name]


@given(_scenes())
def test_a_refused_modify_has_a_reason(scene: Scene) -> None:
    """A modify is refused only for no field, an unwritable one, a read with effects, or a forced sibling."""
    try:
        _modify(scene)
    except UnsafeAccess:
        siblings = [f for f in scene.register.fields if f.name not in scene.values and f.sw.writable]
        forced = [f for f in siblings if f.sw.once or f.onwrite in (OnWrite.WCLR, OnWrite.WSET) or not f.sw.readable]
        assert any(f.onread for f in scene.register.fields) or forced
    except ValueError:
        assert not scene.values or any(not scene.register.by_name[name].sw.writable for name in scene.values)


@pytest.mark.parametrize("triple", TRIPLES, ids=str)
def test_no_triple_is_ever_disturbed_by_its_neighbour(triple: tuple[Sw, OnRead | None, OnWrite | None]) -> None:
    """Whatever a sibling is and holds: a modify of a plain field leaves it alone, unspent too, or is refused."""
    sw, onread, onwrite = triple
    plain = FieldType(name="plain", lsb=0, width=3)
    sibling = FieldType(name="sibling", lsb=4, width=2, sw=sw, onread=onread, onwrite=onwrite)
    register = RegisterType(name="R", width=1, access=1, fields=(plain, sibling))
    for held, value in product(range(4), range(8)):
        scene = Scene(register, {"plain": 5, "sibling": held}, {"plain": value})
        hardware = Hardware(scene)
        try:
            operations = _modify(scene).operations
        except UnsafeAccess:
            operations = ()
        hardware.run(operations)
        assert hardware.state == {"plain": value if operations else 5, "sibling": held}
        assert hardware.spent == set()
        assert hardware.accesses == 2 * len(operations)


@given(_scenes())
def test_write_sets_what_was_named_and_does_nothing_to_neutral_siblings(scene: Scene) -> None:
    """A write acts on the fields named; siblings with side effects get their neutral value; no read is made."""
    register, needed = scene.register, access.rules(scene.register).required
    values = {name: scene.values.get(name, scene.register.by_name[name].max) for name in needed}
    assume(any(f.sw.writable for f in register.fields))
    hardware = Hardware(scene)
    op = access.write(register, 8, "b.R", values)
    assert all(isinstance(operation, Write) for operation in op.operations)
    hardware.run(op.operations)
    assert hardware.state == {
        f.name: _expected(f, scene.state[f.name], values[f.name]) if f.name in values else scene.state[f.name]
        for f in register.fields
    }
    assert hardware.pulses == 0
    assert hardware.spent == {name for name in values if register.by_name[name].sw.once}


@given(_scenes())
def test_write_asks_for_every_field_without_neutral_value(scene: Scene) -> None:
    """A write that leaves out a field that any value changes is refused, and names it."""
    needed = sorted(access.rules(scene.register).required)
    assume(needed)
    with pytest.raises(UnsafeAccess, match=needed[0]):
        access.write(scene.register, 8, "b.R", {name: 0 for name in needed[1:]})


@given(_scenes(), st.booleans())
def test_a_look_changes_nothing_or_is_refused(scene: Scene, polls: bool) -> None:
    """A check or a poll leaves every field as it was; where a read has effects, it is refused."""
    register = scene.register
    values = {name: scene.state[name] for name in scene.values if register.by_name[name].sw.readable}
    assume(values and not (polls and len(_words_of(register, values)) > 1))
    hardware = Hardware(scene)
    try:
        if polls:
            op = access.poll(register, 8, "b.R", values, _raw, timeout_s=1.0)
        else:
            op = access.check(register, 8, "b.R", values, _raw)
    except UnsafeAccess:
        assert any(f.onread for f in register.fields)
        return
    assert not any(f.onread for f in register.fields)
    raw = op.decode(hardware.run(op.operations))
    assert hardware.state == scene.state
    assert hardware.spent == set()
    assert {name: (raw & register.by_name[name].mask) >> register.by_name[name].lsb for name in values} == values


def _words_of(register: RegisterType, names: Iterable[str]) -> set[int]:
    """Return the indices of the access words that hold bits of the fields."""
    bits = {f.lsb + k for f in map(register.by_name.__getitem__, names) for k in range(f.width)}
    return {bit // (8 * register.access) for bit in bits}


@given(_scenes())
def test_a_poll_is_one_word_or_refused(scene: Scene) -> None:
    """A poll of fields in one access word is one operation; over more it is refused, and says which fields and words.

    Words are polled one after the other: word 0 may be as wanted now, word 1 later, and both never at once.
    """
    register = evolve(scene.register, fields=tuple(evolve(f, onread=None) for f in scene.register.fields))
    values = {name: value for name, value in scene.values.items() if register.by_name[name].sw.readable}
    assume(values)
    words = len(_words_of(register, values))
    if words == 1:
        op = access.poll(register, 8, "b.R", values, _raw, timeout_s=1.0)
        assert [type(operation) for operation in op.operations] == [Poll]
    else:
        with pytest.raises(ValueError, match=rf"b\.R: poll of {', '.join(values)} spans {words} access words"):
            access.poll(register, 8, "b.R", values, _raw, timeout_s=1.0)
    assert len(access.check(register, 8, "b.R", values, _raw).operations) == words


@given(_scenes())
def test_read_brings_every_readable_field(scene: Scene) -> None:
    """A read brings what each readable field held, 0 for every other bit, whatever the access width."""
    register = scene.register
    assume(any(f.sw.readable for f in register.fields))
    hardware = Hardware(scene)
    op = access.read(register, 8, "b.R", _raw)
    raw = op.decode(hardware.run(op.operations))
    assert raw == sum(scene.state[f.name] << f.lsb for f in register.fields if f.sw.readable)
    assert len(op.operations) == register.width // register.access
    changed = {f.name for f in register.fields if hardware.state[f.name] != scene.state[f.name]}
    assert changed <= {f.name for f in register.fields if f.onread}
    assert hardware.spent == set()


@given(_registers(), st.data())
def test_raw_is_the_inverse_of_splitting_into_words(register: RegisterType, data: st.DataObject) -> None:
    """The words of a write, read back as results, give the register's value again."""
    fields = {f.name: f.max for f in register.fields if f.sw.writable}
    assume(fields)
    values = {name: data.draw(st.integers(0, top)) for name, top in fields.items()}
    op = access.write(register, 8, "b.R", values)
    words = [operation.value for operation in op.operations if isinstance(operation, Write)]
    assert op.raw(words) == sum(value << register.by_name[name].lsb for name, value in values.items())


@given(_scenes())
def test_reserved_bits_are_written_zero_or_as_read(scene: Scene) -> None:
    """A write carries 0 in every bit that no field holds; a modify has none of them in its mask."""
    held = sum(f.mask for f in scene.register.fields)
    everything = {f.name: f.max for f in scene.register.fields if f.sw.writable}
    assume(everything)
    op = access.write(scene.register, 8, "b.R", everything)
    words = zip(op.operations, op.shifts, strict=True)
    assert all(isinstance(word, Write) and word.value << shift & ~held == 0 for word, shift in words)
    quiet = evolve(scene.register, fields=tuple(evolve(f, onread=None) for f in scene.register.fields))
    change = access.modify(quiet, 8, "b.R", everything, _raw)
    words = zip(change.operations, change.shifts, strict=True)
    assert all(isinstance(word, Modify) and word.mask << shift & ~held == 0 for word, shift in words)


@given(_scenes(), st.sampled_from(("write", "modify", "check", "poll")))
def test_a_value_that_does_not_fit_is_refused(scene: Scene, verb: str) -> None:
    """A value outside its field, below 0 or above its width, is a ValueError that names the field and its range."""
    for f in scene.register.fields:
        for value in (-1, f.max + 1):
            with pytest.raises(ValueError, match=f.name):
                _call(scene.register, verb, {f.name: value})


@pytest.mark.parametrize("verb", ["write", "modify", "check", "poll"])
def test_an_unknown_field_is_refused(verb: str) -> None:
    """A field that the register does not have is a ValueError that names those it has."""
    register = RegisterType(name="R", width=4, access=4, fields=(FieldType(name="enable", lsb=0, width=1),))
    with pytest.raises(ValueError, match=r"no field 'enabel'; it has enable"):
        _call(register, verb, {"enabel": 1})


@pytest.mark.parametrize(("verb", "sw"), [("write", Sw.R), ("modify", Sw.R), ("check", Sw.W), ("poll", Sw.W1)])
def test_a_field_is_used_only_as_software_may(verb: str, sw: Sw) -> None:
    """Writing what is read-only, or looking at what is write-only, is a ValueError."""
    fields = (FieldType(name="x", lsb=0, width=1, sw=sw), FieldType(name="y", lsb=1, width=1))
    register = RegisterType(name="R", width=4, access=4, fields=fields)
    with pytest.raises(ValueError, match="by software"):
        _call(register, verb, {"x": 1})


def test_words_that_hold_no_named_bit_are_left_alone() -> None:
    """A modify moves only the access words that hold bits of the fields it names."""
    fields = tuple(FieldType(name=f"b{k}", lsb=8 * k, width=8) for k in range(8))
    register = RegisterType(name="R", width=8, access=2, fields=fields)
    op = access.modify(register, 0x100, "b.R", {"b2": 1, "b7": 2}, _raw)
    assert [(o.address, o.mask) for o in op.operations if isinstance(o, Modify)] == [(0x102, 0xFF), (0x106, 0xFF00)]


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("onwrite", [OnWrite.WCLR, OnWrite.WSET])
def test_only_siblings_in_a_word_that_is_moved_must_be_named(at: int, onwrite: OnWrite) -> None:
    """A sibling that any write changes forbids a modify when it has bits in an access word that is moved, not else."""
    named = FieldType(name="named", lsb=8 * 5, width=3)
    sibling = FieldType(name="sibling", lsb=8 * at + 4, width=2, onwrite=onwrite)
    register = RegisterType(name="R", width=8, access=2, fields=(named, sibling))
    if at // 2 == 5 // 2:
        with pytest.raises(UnsafeAccess, match="sibling"):
            access.modify(register, 8, "b.R", {"named": 1}, _raw)
    else:
        assert len(access.modify(register, 8, "b.R", {"named": 1}, _raw).operations) == 1


def test_an_operation_says_what_it_does() -> None:
    """An operation prints as its verb, its path and its values: set by `=`, compared by `==`."""
    register = RegisterType(name="R", width=4, access=4, fields=(FieldType(name="x", lsb=0, width=8),))
    texts = [str(_call(register, verb, {"x": 18})) for verb in ("write", "modify", "check", "poll")]
    assert texts == ["write b.R(x=0x12)", "modify b.R(x=0x12)", "check b.R(x==0x12)", "poll b.R(x==0x12)"]


def _call(register: RegisterType, verb: str, values: Mapping[str, int]) -> object:
    match verb:
        case "write":
            return access.write(register, 8, "b.R", values)
        case "modify":
            return access.modify(register, 8, "b.R", values, _raw)
        case "check":
            return access.check(register, 8, "b.R", values, _raw)
        case _:
            return access.poll(register, 8, "b.R", values, _raw, timeout_s=1.0)
