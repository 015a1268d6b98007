"""Images: the same map comes back, and nothing else ever does."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import crc32c
import pytest
from attrs import asdict, evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from registers import image_codec
from registers.image import (
    HEADER,
    MAGIC,
    PAYLOAD_BYTES_MAX,
    VERSION,
    ImageError,
    load,
    load_resource,
    pack,
    save,
    type_hash,
    unpack,
)
from registers.schema import (
    NO_PROPERTIES,
    Child,
    Counter,
    EnumMember,
    EnumType,
    FieldType,
    GroupType,
    Image,
    Interrupt,
    MemoryType,
    Ref,
    RegisterType,
    SignalType,
    Step,
)
from registers.semantics import Hw, OnRead, OnWrite, Sw

# ---- maps of every kind ----------------------------------------------------------------------------------------

names = st.text("abXY_09", min_size=1, max_size=6)
notes = st.text(max_size=8)
sizes = st.integers(0, 1 << 40)
refs = st.builds(
    Ref,
    up=st.integers(0, 5),
    path=st.lists(st.builds(Step, names, st.lists(st.integers(0, 9), max_size=2).map(tuple)), max_size=3).map(tuple),
    member=names,
    kind=st.sampled_from(["field", "register", "signal", "memory", "group"]),
)
switches = st.none() | refs | st.booleans()
property_values = st.recursive(
    st.none() | st.booleans() | st.integers() | notes | refs,
    lambda inner: (
        st.lists(inner, max_size=2).map(tuple) | st.dictionaries(names, inner, max_size=2).map(MappingProxyType)
    ),
    max_leaves=4,
)
properties = st.dictionaries(names, property_values, max_size=2).map(
    lambda given: MappingProxyType(given) if given else NO_PROPERTIES
)
enums = st.builds(
    EnumType, names, st.lists(st.builds(EnumMember, names, st.integers(0, 9), notes), min_size=1, max_size=3).map(tuple)
)
interrupts = st.builds(
    Interrupt,
    edge=st.sampled_from(["level", "posedge", "negedge", "bothedge"]),
    sticky=st.sampled_from(["stickybit", "sticky", ""]),
    enable=st.none() | refs,
    haltmask=st.none() | refs,
)
counters = st.builds(
    Counter,
    incr=st.none() | refs,
    incrvalue=refs | st.integers(0, 9),
    incrsaturate=refs | st.integers(0, 9) | st.booleans(),
    decrthreshold=refs | st.integers(0, 9) | st.booleans(),
    up=st.booleans(),
)
fields = st.builds(
    FieldType,
    name=names,
    lsb=st.integers(0, 4),
    width=st.integers(1, 4),
    sw=st.sampled_from(Sw),
    hw=st.sampled_from(Hw),
    onread=st.none() | st.sampled_from(OnRead),
    onwrite=st.none() | st.sampled_from(OnWrite),
    reset=st.none() | st.integers(0, 1 << 130) | refs,
    singlepulse=st.booleans(),
    volatile=st.booleans(),
    precedence=st.sampled_from(["sw", "hw"]),
    encode=st.none() | enums,
    swwe=switches,
    hwclr=switches,
    hwmask=st.none() | refs,
    intr=st.none() | interrupts,
    counter=st.none() | counters,
    description=notes,
    properties=properties,
)
signals = st.builds(SignalType, name=names, width=st.integers(1, 9), active_low=st.booleans(), properties=properties)
registers = st.builds(
    RegisterType,
    name=names,
    width=st.sampled_from([8, 16]),
    access=st.sampled_from([1, 2, 4, 8]),
    fields=st.lists(fields, max_size=3).map(tuple),
    signals=st.lists(signals, max_size=1).map(tuple),
    external=st.booleans(),
    alias_of=st.just("") | names,
    properties=properties,
    source=notes,
)


def children(kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Child, ...]]:
    """Return a strategy for the children of a group."""
    dimensions = st.lists(st.integers(1, 40_000), max_size=3).map(tuple)
    child = st.builds(Child, name=names, type=kinds, offset=sizes, dimensions=dimensions, stride=sizes)
    return st.lists(child, max_size=3).map(tuple)


memories = st.builds(
    MemoryType, name=names, entries=sizes, width=st.sampled_from([1, 2, 4, 8]), children=children(registers)
)


def grouped(kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[GroupType]:
    """Return a strategy for groups of types."""
    return st.builds(
        GroupType,
        name=names,
        kind=st.sampled_from(["addrmap", "regfile"]),
        size=sizes,
        children=children(kinds),
        signals=st.lists(signals, max_size=2).map(tuple),
        properties=properties,
    )


types: st.SearchStrategy[Any] = st.recursive(registers | memories, grouped, max_leaves=6)
images = st.builds(Image, root=grouped(types), source_hash=notes, source=notes)


@given(images)
@settings(deadline=None)
def test_a_map_comes_back_as_it_was(image: Image) -> None:
    """Unpacking what was packed gives an equal map, and packing that gives the same bytes."""
    data = pack(image)
    back = unpack(data)
    assert asdict(back) == asdict(image)
    assert pack(back) == data


def test_the_map_of_everything_comes_back(everything: Image) -> None:
    """So does a real map with one of everything."""
    assert asdict(unpack(pack(everything))) == asdict(everything)


@given(registers)
@settings(deadline=None)
def test_equal_types_become_one_object(register: RegisterType) -> None:
    """Two equal types, however they were made, are one after a round trip and stand once in the file."""
    twin = unpack(pack(_alone(register))).root.children[0].type
    image = Image(_group(Child(name="a", type=register, offset=0), Child(name="b", type=twin, offset=64)))
    a, b = (child.type for child in unpack(pack(image)).root.children)
    assert a is b
    assert a is not register


def _group(*children: Child) -> GroupType:
    return GroupType(name="top", kind="addrmap", size=128, children=children)


def _alone(register: RegisterType) -> Image:
    return Image(_group(Child(name="a", type=register, offset=0)))


def _sample() -> Image:
    mode = EnumType("mode", (EnumMember("IDLE", 0), EnumMember("RUN", 1, "Runs.")))
    register = RegisterType(
        name="ctrl",
        width=4,
        access=4,
        fields=(
            FieldType(name="mode", lsb=0, width=2, encode=mode, swwe=Ref(1, (Step("lock"), Step("open")))),
            FieldType(name="key", lsb=8, width=8, sw=Sw.W, reset=3),
        ),
    )
    return Image(_group(Child(name="CTRL", type=register, offset=4, dimensions=(2, 3), stride=8)), "hash", "top.rdl")


def test_each_distinct_type_is_stored_once() -> None:
    """1,000 instances of one type cost a few bytes each, not a type each."""
    one = _sample().root.children[0].type
    few, many = (
        Image(_group(*(Child(name=f"r{i}", type=one, offset=4 * i) for i in range(count)))) for count in (1, 1000)
    )
    assert len(pack(many)) < len(pack(few)) + 1000 * 16


# ---- what is not a sound image ---------------------------------------------------------------------------------


def test_a_flipped_byte_anywhere_is_noticed() -> None:
    """Whichever byte is changed, and however, the image is refused, never read wrong."""
    data = pack(_sample())
    for place in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            bad = bytearray(data)
            bad[place] ^= change
            with pytest.raises(ImageError):
                unpack(bytes(bad), name="x.image")


def test_a_truncated_or_longer_image_is_noticed() -> None:
    """Cut anywhere, or with anything after its end, the image is refused."""
    data = pack(_sample())
    for length in range(len(data)):
        with pytest.raises(ImageError, match=r"truncated|not a register image"):
            unpack(data[:length], name="x.image")
    with pytest.raises(ImageError, match="corrupt"):
        unpack(data + b"\0")


def sealed(payload: bytes, version: int = VERSION) -> bytes:
    """Return an image around any payload, its checksum right."""
    head = HEADER.pack(MAGIC, version, len(payload), 0)[len(MAGIC) : -4]
    return MAGIC + head + crc32c.crc32c(payload, crc32c.crc32c(head)).to_bytes(4, "big") + payload


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=4) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=64) | plain.map(image_codec.pack))
@settings(deadline=None)
def test_a_sealed_payload_that_is_no_map_is_refused(payload: bytes) -> None:
    """Even with its checksum right, what does not describe a map is refused, by no other error."""
    with pytest.raises(ImageError, match="not a valid register image"):
        unpack(sealed(payload))


def every_place(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in nested lists and mappings, as what holds it and its key there."""
    items: Any = getattr(tree, "items", lambda: enumerate(tree))
    for key, inner in list(items()):
        yield tree, key
        if isinstance(inner, (dict, list)):
            yield from every_place(inner)


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_a_sealed_map_with_one_thing_wrong_is_refused_or_sound(data: st.DataObject) -> None:
    """With any one value inside replaced by another, the image is refused, or is a map that packs again."""
    tree = image_codec.unpack(pack(_sample())[HEADER.size :])
    places = list(every_place(tree))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(plain)
    try:
        made = unpack(sealed(image_codec.pack(tree)))
    except ImageError:
        return
    assert asdict(unpack(pack(made))) == asdict(made)


def test_lengths_are_checked_before_anything_is_made() -> None:
    """A head or a list that claims gigabytes is refused for what is really there."""
    head = HEADER.pack(MAGIC, VERSION, PAYLOAD_BYTES_MAX + 1, 0)
    with pytest.raises(ImageError, match="the limit is"):
        unpack(head)
    with pytest.raises(ImageError, match="not a valid register image"):
        unpack(sealed(b"\xdd\xff\xff\xff\xff"))  # a list of 4 G items
    with pytest.raises(ImageError, match="not a valid register image"):
        unpack(sealed(b"\x91" * 100_000))  # lists in lists


def test_groups_too_deep_to_walk_are_refused() -> None:
    """Groups nested beyond the limit are refused when loaded, so that walks need no guard."""
    group = _group()
    for _ in range(70):
        group = _group(Child(name="in", type=group, offset=0))
    with pytest.raises(ImageError, match="too deep"):
        unpack(pack(Image(group)))


@pytest.mark.parametrize(
    ("register", "what"),
    [
        (RegisterType(name="r", width=4, access=3, fields=()), "accesses of 3"),
        (RegisterType(name="r", width=4, access=8, fields=()), "accesses of 8"),
        (RegisterType(name="r", width=1, access=1, fields=(FieldType(name="f", lsb=4, width=5),)), "reaches beyond"),
    ],
)
def test_a_map_that_no_access_fits_is_refused(register: RegisterType, what: str) -> None:
    """A register that cannot be moved in whole accesses, or a field outside it, is refused when loaded."""
    with pytest.raises(ImageError, match=what):
        unpack(pack(_alone(register)))


# ---- messages and files ----------------------------------------------------------------------------------------

AGAIN = "make it again: firstlight registers compile pll.rdl (-I DIR for what it includes)"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", f"pll.image: not a register image; {AGAIN}"),
        (b"\x7fELF....", f"pll.image: not a register image; {AGAIN}"),
        (
            sealed(b"", version=VERSION + 1),
            "pll.image: made by a newer firstlight (format 2, this one reads 1); "
            "update firstlight, or compile the .rdl again with this one",
        ),
        (
            sealed(b"", version=0),
            f"pll.image: made by an older firstlight (format 0, this one reads 1); {AGAIN}",
        ),
    ],
)
def test_the_message_names_the_file_and_what_to_do(data: bytes, message: str) -> None:
    """One line: which file, what is wrong, and the command that mends it."""
    with pytest.raises(ImageError) as caught:
        unpack(data, name="pll.image")
    assert str(caught.value) == message


def test_a_file_comes_back_and_a_missing_one_is_named(tmp_path: Path) -> None:
    """Saving and loading is a round trip; a file that is not there is one line."""
    path = tmp_path / "top.image"
    assert save(_sample(), path)
    assert not save(_sample(), path)
    assert asdict(load(path)) == asdict(_sample())
    with pytest.raises(ImageError, match=r"other\.image: cannot be read \(No such file or directory\)"):
        load(tmp_path / "other.image")


def test_an_image_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last step fails the old image stands, and no scrap of the new one lies beside it."""
    path = tmp_path / "top.image"
    save(_sample(), path)
    before = path.read_bytes()
    path.chmod(0o640)

    def fail(_source: str, _target: Path) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            save(evolve(_sample(), source="other.rdl"), path)
    assert (path.read_bytes(), [p.name for p in tmp_path.iterdir()]) == (before, ["top.image"])
    save(evolve(_sample(), source="other.rdl"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_resource_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image beside a package's modules is found, and is the same object each time."""
    package = tmp_path / "imagepackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    save(_sample(), package / "top.image")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert load_resource("imagepackage", "top.image") is load_resource("imagepackage", "top.image")
    with pytest.raises(ImageError, match=r"imagepackage/none\.image: cannot be read"):
        load_resource("imagepackage", "none.image")
    with pytest.raises(ImageError, match=r"nopackage/top\.image: cannot be read"):
        load_resource("nopackage", "top.image")


# ---- what tells types apart ------------------------------------------------------------------------------------


def _changed(**changes: Any) -> GroupType:
    root = _sample().root
    child = root.children[0]
    assert isinstance(child.type, RegisterType)
    first, *rest = child.type.fields
    made = evolve(child.type, fields=(evolve(first, **changes), *rest))
    return evolve(root, children=(evolve(child, type=made),))


@pytest.mark.parametrize(
    "changes",
    [{"lsb": 1}, {"width": 3}, {"name": "other"}, {"sw": Sw.R}, {"onwrite": OnWrite.WOCLR}, {"onread": OnRead.RCLR},
     {"singlepulse": True}, {"encode": None}],
)
def test_what_software_sees_tells_types_apart(changes: dict[str, Any]) -> None:
    """A field elsewhere, of another name, access or encoding gives another hash."""
    assert type_hash(_changed(**changes)) != type_hash(_sample().root)


@pytest.mark.parametrize(
    "changes",
    [{"reset": 1}, {"resetsignal": Ref(2, (Step("x"),), kind="signal")}, {"swwe": True}, {"description": "Else."},
     {"hw": Hw.NA}, {"properties": {"donttest": True}}],
)
def test_what_a_chip_may_wire_does_not(changes: dict[str, Any]) -> None:
    """How the hardware side is connected, and what is said about it, give the same hash."""
    assert type_hash(_changed(**changes)) == type_hash(_sample().root)


def test_places_tell_groups_apart() -> None:
    """A child elsewhere, in another array, or of another name gives another hash; the group's own name does not."""
    root = _sample().root
    child = root.children[0]
    others = [evolve(child, offset=8), evolve(child, stride=16), evolve(child, dimensions=(3, 2))]
    hashes = {type_hash(evolve(root, children=(other,))) for other in [child, *others]}
    assert len(hashes) == 4
    assert type_hash(evolve(root, name="other", source="else.rdl:3")) == type_hash(root)
