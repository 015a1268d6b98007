"""A compiled register map as bytes: what a target loads, in milliseconds and without any RDL compiler.

Layout: magic (8 bytes), format version, payload length, CRC-32C of version, length and payload (4 bytes each, big
end first), payload. The payload is msgpack: tables of distinct enumerations, fields and types, each after what it
consists of, so that equal subtrees stand once and nothing can contain itself. Measures of a 2,502-register map are
in bench/bench_registers.py.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import crc32c
from attrs import define

from registers import image_codec as codec
from registers.files import write_atomically
from registers.image_codec import Malformed, require
from registers.schema import (
    Child,
    EnumMember,
    EnumType,
    FieldType,
    GroupType,
    Image,
    MemoryType,
    NodeType,
    RegisterType,
    SignalType,
)

MAGIC = b"\x89FLREG\r\n"  # no text, and not unharmed by a transfer that takes it for text
VERSION = 1
HEADER = struct.Struct(">8sIII")
PAYLOAD_BYTES_MAX = 1 << 28  # 256 MiB; a map of a million distinct registers is smaller
DEPTH_MAX = 64  # groups within groups; walks over a map recurse as deep


@define
class ImageError(Exception):
    """A register image cannot be used.

    Attributes:
        name: the file's.
        problem: what is wrong with it.
        remedy: what to do.
    """

    name: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        rdl = Path(self.name or "X").with_suffix(".rdl")
        remedy = self.remedy or f"make it again: firstlight registers compile {rdl} (-I DIR for what it includes)"
        return f"{self.name or 'image'}: {self.problem}; {remedy}"


class _Tables:
    """Distinct values in order of first need: each is packed once, and stands after what it refers to."""

    def __init__(self) -> None:
        self.enums: list[Any] = []
        self.fields: list[Any] = []
        self.types: list[Any] = []
        self._places: dict[bytes, int] = {}
        self._seen: dict[int, int] = {}

    def _place(self, table: list[Any], tag: str, data: Any) -> int:
        key = codec.pack([tag, data])
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(table)
            table.append(data)
        return place

    def _enum(self, kind: EnumType) -> int:
        members = [codec.encode_attributes(m, codec.ENUM_MEMBER) for m in kind.members]
        return self._place(self.enums, "enum", [kind.name, members])

    def _field(self, kind: FieldType) -> int:
        if id(kind) in self._seen:
            return self._seen[id(kind)]
        codecs = {**codec.FIELD, "encode": codec.Codec(self._enum, codec.number)}
        place = self._place(self.fields, "field", codec.encode_attributes(kind, codecs))
        self._seen[id(kind)] = place
        return place

    def _children(self, children: tuple[Child, ...]) -> list[Any]:
        return [[c.name, self.type(c.type), c.offset, list(c.dimensions), c.stride] for c in children]

    def type(self, kind: NodeType) -> int:
        """Return the place of a type, after placing all it consists of."""
        if id(kind) in self._seen:
            return self._seen[id(kind)]
        codecs = {
            **_TYPE_CODECS,
            "fields": codec.Codec(lambda fields: [self._field(f) for f in fields], codec.sequence),
            "children": codec.Codec(self._children, codec.sequence),
        }
        tag = next(tag for tag, (made, _) in _TYPES.items() if isinstance(kind, made))
        place = self._place(self.types, "type", [tag, codec.encode_attributes(kind, codecs)])
        self._seen[id(kind)] = place
        return place


_SIGNALS = codec.Codec(
    lambda signals: [codec.encode_attributes(s, codec.SIGNAL) for s in signals],
    lambda data: tuple(codec.decode_attributes(SignalType, s, codec.SIGNAL) for s in codec.sequence(data)),
)

_TYPE_CODECS = {
    "name": codec.TEXT,
    "kind": codec.TEXT,
    "size": codec.NUMBER,
    "width": codec.NUMBER,
    "access": codec.NUMBER,
    "entries": codec.NUMBER,
    "sw": codec.FIELD["sw"],
    "external": codec.FLAG,
    "alias_of": codec.TEXT,
    "signals": _SIGNALS,
    "description": codec.TEXT,
    "properties": codec.PROPERTIES,
    "source": codec.TEXT,
}


def pack(image: Image) -> bytes:
    """Return the image as bytes, the same for the same map."""
    tables = _Tables()
    root = tables.type(image.root)
    payload = codec.pack(
        {
            "source": image.source,
            "source_hash": image.source_hash,
            "enums": tables.enums,
            "fields": tables.fields,
            "types": tables.types,
            "root": root,
        }
    )
    head = HEADER.pack(MAGIC, VERSION, len(payload), 0)[len(MAGIC) : -4]
    return MAGIC + head + crc32c.crc32c(payload, crc32c.crc32c(head)).to_bytes(4, "big") + payload


def unpack(data: bytes, *, name: str = "") -> Image:
    """Return the map that the bytes hold; equal types are one object.

    Raises:
        ImageError: the bytes are not an image, not whole, damaged, or of another version; `name` is the file.
    """
    payload = _payload(data, name)
    try:
        return _image(codec.mapping(codec.unpack(payload)))
    except Malformed as problem:
        raise ImageError(name, f"not a valid register image ({problem})") from problem


def _payload(data: bytes, name: str) -> bytes:
    """Return the payload, after everything about it has been checked."""
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise ImageError(name, "not a register image")
    if len(data) < HEADER.size:
        raise ImageError(name, f"truncated, {len(data)} bytes")
    _magic, version, length, checksum = HEADER.unpack_from(data)
    if version != VERSION:
        age = "an older" if version < VERSION else "a newer"
        remedy = "" if version < VERSION else "update firstlight, or compile the .rdl again with this one"
        raise ImageError(name, f"made by {age} firstlight (format {version}, this one reads {VERSION})", remedy)
    if length > PAYLOAD_BYTES_MAX:
        raise ImageError(name, f"corrupt: it says it holds {length} bytes; the limit is {PAYLOAD_BYTES_MAX}")
    if len(data) - HEADER.size != length:
        state = "truncated" if len(data) - HEADER.size < length else "corrupt"
        raise ImageError(name, f"{state}: {len(data) - HEADER.size} of {length} bytes follow its head")
    payload = data[HEADER.size :]
    if crc32c.crc32c(payload, crc32c.crc32c(data[len(MAGIC) : HEADER.size - 4])) != checksum:
        raise ImageError(name, "corrupt: its checksum does not fit its content")
    return payload


def _image(data: dict[str, Any]) -> Image:
    require(set(data) == {"source", "source_hash", "enums", "fields", "types", "root"}, "its parts are not the usual")
    enums = [_enum(item) for item in codec.sequence(data["enums"])]
    codecs = {**codec.FIELD, "encode": codec.Codec(codec.number, lambda place: _at(enums, place))}
    fields = [_field(codec.decode_attributes(FieldType, item, codecs)) for item in codec.sequence(data["fields"])]
    reader = _Reader(fields)
    for item in codec.sequence(data["types"]):
        reader.add(item)
    root = _at(reader.types, data["root"])
    if not isinstance(root, GroupType):
        raise Malformed("its root is no address map")
    return Image(root, codec.text(data["source_hash"]), codec.text(data["source"]))


def _at(table: list[Any], place: Any) -> Any:
    if codec.number(place) >= len(table):
        raise Malformed(f"place {place} is outside its table of {len(table)}")
    return table[place]


def _enum(data: Any) -> EnumType:
    name, members = codec.record(data, 2)
    decoded = (codec.decode_attributes(EnumMember, member, codec.ENUM_MEMBER) for member in codec.sequence(members))
    return EnumType(codec.text(name), tuple(decoded))


def _field(kind: FieldType) -> FieldType:
    if kind.width == 0:
        raise Malformed(f"field {kind.name} has no bits")
    return kind


class _Reader:
    """Makes the types of an image, each of fields and types before it, and notes how deep each goes."""

    def __init__(self, fields: list[FieldType]) -> None:
        self.types: list[NodeType] = []
        self._depths: list[int] = []
        self._fields = fields
        self._depth = 0
        made_here = {
            "fields": codec.Codec(codec.sequence, lambda items: tuple(_at(fields, i) for i in codec.sequence(items))),
            "children": codec.Codec(codec.sequence, lambda items: tuple(map(self._child, codec.sequence(items)))),
        }
        codecs = {**_TYPE_CODECS, **made_here}
        self._kinds = {tag: (kind, {n: codecs[n] for n in names}) for tag, (kind, names) in _TYPES.items()}

    def add(self, data: Any) -> None:
        """Add the type that a record describes."""
        tag, attributes = codec.record(data, 2)
        require(codec.text(tag) in self._kinds, f"{tag!r} is no kind of type")
        kind, codecs = self._kinds[tag]
        self._depth = 0
        made = codec.decode_attributes(kind, attributes, codecs)
        _check(made)
        self.types.append(made)
        self._depths.append(self._depth)

    def _child(self, item: Any) -> Child:
        name, place, offset, dimensions, stride = codec.record(item, 5)
        kind: NodeType = _at(self.types, place)
        self._depth = max(self._depth, self._depths[int(place)] + 1)
        require(self._depth <= DEPTH_MAX, "groups stand too deep in each other")
        made = Child(
            name=codec.text(name),
            type=kind,
            offset=codec.number(offset),
            dimensions=codec.numbers(dimensions),
            stride=codec.number(stride),
        )
        if 0 in made.dimensions:
            raise Malformed(f"array {made.name} is empty")
        return made


_TYPES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "register": (
        RegisterType,
        (
            *("name", "width", "access", "fields", "signals", "external"),
            *("alias_of", "description", "properties", "source"),
        ),
    ),
    "memory": (
        MemoryType,
        ("name", "entries", "width", "sw", "children", "external", "description", "properties", "source"),
    ),
    "group": (
        GroupType,
        ("name", "kind", "size", "children", "signals", "external", "description", "properties", "source"),
    ),
}


def _check(kind: NodeType) -> None:
    """Refuse what would make later arithmetic fail."""
    match kind:
        case RegisterType():
            if kind.access not in (1, 2, 4, 8) or kind.width <= 0 or kind.width % kind.access:
                raise Malformed(f"register {kind.name}: {kind.width} bytes in accesses of {kind.access}")
            for f in kind.fields:
                if f.lsb + f.width > 8 * kind.width:
                    raise Malformed(f"field {f.name} reaches beyond register {kind.name}")
        case MemoryType():
            require(kind.width in (1, 2, 4, 8), f"memory {kind.name}: words of {kind.width} bytes")
        case GroupType():
            require(kind.kind in ("addrmap", "regfile"), f"group {kind.name} is a {kind.kind!r}")


def load(path: str | Path) -> Image:
    """Return the map in a file.

    Raises:
        ImageError: the file cannot be read, or as `unpack`.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as problem:
        raise ImageError(str(path), f"cannot be read ({problem.strerror})") from problem
    return unpack(data, name=str(path))


@cache
def load_resource(package: str, filename: str) -> Image:
    """Return the map that lies beside a package's modules; it is read once.

    Raises:
        ImageError: there is no such package or file, or as `unpack`.
    """
    name = f"{package.replace('.', '/')}/{filename}"
    try:
        data = resources.files(package).joinpath(filename).read_bytes()
    except (OSError, ImportError) as problem:
        raise ImageError(name, f"cannot be read ({problem})") from problem
    return unpack(data, name=name)


def save(image: Image, path: str | Path) -> bool:
    """Write the image in one step; say whether the file changed.

    Raises:
        OSError: the file cannot be written; an older one is whole.
    """
    return write_atomically(Path(path), pack(image))


def type_hash(kind: NodeType) -> str:
    """Return what tells this type from others as software sees it, layout and access rules.

    Two types of the same hash have the same children, places, widths, accesses, fields and encodings. Names of the
    types themselves, descriptions, and how the hardware drives a field (references, resets) do not count: a chip may
    wire up a block in its own way and still be driven by the block's own registers.
    """
    return hashlib.sha256(codec.pack(_seen_by_software(kind, {}))).hexdigest()


def _seen_by_software(kind: NodeType, known: dict[int, Any]) -> Any:
    if id(kind) in known:
        return known[id(kind)]
    made: list[Any]
    if isinstance(kind, RegisterType):
        fields = [
            [
                *(f.name, f.lsb, f.width, str(f.sw), f.onread and str(f.onread), f.onwrite and str(f.onwrite)),
                f.singlepulse,
                f.encode and [[m.name, m.value] for m in f.encode.members],
            ]
            for f in kind.fields
        ]
        made = ["register", kind.width, kind.access, kind.alias_of, fields]
    else:
        children = [
            [c.name, c.offset, list(c.dimensions), c.stride, _seen_by_software(c.type, known)] for c in kind.children
        ]
        if isinstance(kind, MemoryType):
            made = ["memory", kind.entries, kind.width, str(kind.sw), children]
        else:
            made = ["group", kind.size, children]
    digest = hashlib.sha256(codec.pack(made)).digest()
    known[id(kind)] = digest
    return digest

