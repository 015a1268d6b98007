"""Writes a map's typed Python, `regs.py`: exactly the operations, and the arguments, that its registers allow.

mypy and pyright then refuse what hardware would punish: writing a read-only field, an unknown field, an enum of
another register, a modify where none is safe, a write that forgets a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field

from registers.files import check_outputs, write_atomically
from registers.generate.methods import Methods
from registers.generate.names import ClassNames, enum_members, identifiers
from registers.generate.text import docstring, rows, wrapped_import
from registers.image import save
from registers.schema import Child, EnumType, GroupType, Image, MemoryType, NodeType, RegisterType

FROM_HANDLES = ("ArrayMember", "Bit", "Bits", "Member", "Memory", "Register", "RegisterMap", "RegisterValue", "TopMap")


def generate(image: Image, *, image_file: str) -> str:
    """Return the text of the module that drives the image's map.

    Args:
        image_file: the image's name; it lies in the module's own folder.
    """
    uses = dict(_uses(image.root))
    members = {name for kind in uses.values() for name in kind.members}
    module = _Module(ClassNames(members), image_file, uses)
    module.top(image.root)
    body = "\n\n\n".join(module.classes)
    source = image.source or image.root.name
    return (
        f'"""Generated from {source} by firstlight registers generate; do not edit."""\n\n'
        f"from __future__ import annotations\n\n{_imports(body)}\n\n\n{body}\n"
    )


def generate_to_file(image: Image, output: str | Path, *, image_file: str) -> bool:
    """Write the module in one step; say whether the file changed.

    Raises:
        OSError: the file cannot be written; an older one is whole.
    """
    return write_atomically(Path(output), generate(image, image_file=image_file).encode())


def generate_to_files(image: Image, output: str | Path, *, sources: Iterable[str | Path] = ()) -> Path:
    """Write the module and, beside it under the source's name, the image that it loads; return the image's path.

    Args:
        sources: the files that the image was compiled from.

    Raises:
        OutputRefused: a file would replace a source, or both are one; nothing was written.
        OSError: a file cannot be written; older ones are whole.
    """
    module = Path(output)
    beside = module.with_name(Path(image.source or image.root.name).with_suffix(".image").name)
    check_outputs([beside, module], sources)
    save(image, beside)
    generate_to_file(image, module, image_file=beside.name)
    return beside


def _imports(body: str) -> str:
    """Return the import statements that the classes need, in the order that ruff asks for."""
    code = re.sub(r'""".*?"""|#[^\n]*|"[^"\n]*"', "", body, flags=re.DOTALL)
    words = set(re.findall(r"\w+", code))
    lines: list[str] = []
    if "IntEnum" in words:
        lines += ["from enum import IntEnum", ""]
    if "RegisterOp" in words:
        lines.append("from registers.access import RegisterOp")
    return "\n".join([*lines, *wrapped_import("registers.handles", [n for n in FROM_HANDLES if n in words])])


@define
class _Use:
    """How a type is used: the names its instances have, and the Python names inside it."""

    members: Mapping[str, str]
    instances: set[str] = field(factory=set[str])


def _uses(root: GroupType) -> Iterator[tuple[int, _Use]]:
    """Yield each type once, by identity."""
    found: dict[int, _Use] = {}
    pending: list[tuple[str, NodeType]] = [(root.name, root)]
    while pending:
        name, kind = pending.pop()
        known = found.get(id(kind))
        if known is None:
            inside = kind.fields if isinstance(kind, RegisterType) else kind.children
            known = found[id(kind)] = _Use(identifiers(item.name for item in inside))
            if not isinstance(kind, RegisterType):
                pending.extend((child.name, child.type) for child in kind.children)
        known.instances.add(name)
    yield from found.items()


@define
class _Module:
    """The classes of one module, each after those it names; equal texts are one class.

    A type is called by its only instance, or by its own name when it has instances of several names.
    """

    names: ClassNames
    image_file: str
    uses: Mapping[int, _Use]
    classes: list[str] = field(factory=list[str])
    _made: dict[int, str] = field(factory=dict[int, str])
    _texts: dict[tuple[str, str], str] = field(factory=dict["tuple[str, str]", str])

    def top(self, root: GroupType) -> None:
        """Add the classes of the whole map."""
        name = self.names.top(root.name)
        members = self._members(root)
        head = [
            f"class {name}(TopMap):",
            *docstring(root.description or f"{root.name}: {root.size:#x} bytes."),
            "",
            "    __slots__ = ()",
            "",
            '    PACKAGE = __name__.rpartition(".")[0]',
            f'    IMAGE = "{self.image_file}"',
        ]
        self.classes.append("\n".join([*head, "", *members] if members else head))

    def _members(self, kind: GroupType | MemoryType) -> list[str]:
        names = self.uses[id(kind)].members
        return [self._member(child, names[child.name], self._called(kind)) for child in kind.children]

    def _member(self, child: Child, name: str, within: str) -> str:
        made = self._class(child.type, within)
        alias = "" if name == child.name else f', "{child.name}"'
        shape = "".join(f"[{d}]" for d in child.dimensions)
        kind = "ArrayMember" if child.dimensions else "Member"
        return f"    {name} = {kind}({made}{alias})  # {child.offset:#x}{f' {shape}' if shape else ''}"

    def _class(self, kind: NodeType, within: str) -> str:
        """Return the name of a type's class, after adding it where it is new."""
        if id(kind) not in self._made:
            if isinstance(kind, RegisterType):
                made = self._register(kind, within)
            elif isinstance(kind, MemoryType) and not kind.children:
                made = "Memory"
            else:
                made = self._group(kind, within)
            self._made[id(kind)] = made
        return self._made[id(kind)]

    def _called(self, kind: NodeType) -> str:
        instances = self.uses[id(kind)].instances
        return next(iter(instances)) if len(instances) == 1 else kind.name

    def _add(self, name: str, within: str, suffixes: tuple[str, ...], lines: Sequence[str]) -> str:
        """Add a class, its own name written as a NUL; one of the same name and text serves again."""
        text = "\n".join(lines)
        known = self._texts.get((name, text))
        if known is None:
            known = self._texts[name, text] = self.names.new(name, within=within, suffixes=suffixes)
            self.classes.append(text.replace("\0", known))
        return known

    def _group(self, kind: GroupType | MemoryType, within: str) -> str:
        base = "Memory" if isinstance(kind, MemoryType) else "RegisterMap"
        doc = docstring(kind.description or f"{kind.name}: {kind.size:#x} bytes.")
        members = self._members(kind)
        lines = [f"class \0({base}):", *doc, "", "    __slots__ = ()", *(["", *members] if members else [])]
        return self._add(self._called(kind), within, ("",), lines)

    def _enum(self, kind: EnumType, within: str) -> str:
        if id(kind) not in self._made:
            names = enum_members(member.name for member in kind.members)
            lines = ["class \0(IntEnum):", *docstring(f"Values of {kind.name}."), ""]
            for member in kind.members:
                note = " ".join(member.description.split())
                lines.append(f"    {names[member.name]} = {member.value}" + (f"  # {note}" if note else ""))
            self._made[id(kind)] = self._add(kind.name, within, ("",), lines)
        return self._made[id(kind)]

    def _register(self, kind: RegisterType, within: str) -> str:
        enums = {f.name: self._enum(f.encode, self._called(kind)) for f in kind.fields if f.encode is not None}
        names = self.uses[id(kind)].members
        lines: list[str] = []
        if readable := [f for f in kind.fields if f.sw.readable]:
            doc = docstring(f"The word of {self._called(kind)}.")
            lines += ["class \0Value(RegisterValue):", *doc, "", "    __slots__ = ()", ""]
            for f in readable:
                alias = "" if names[f.name] == f.name else f', "{f.name}"'
                lines.append(f"    {names[f.name]} = Bits({enums.get(f.name, 'int')}{alias})")
            lines += ["", ""]
        doc = docstring(kind.description or f"{self._called(kind)}.", rows(kind.fields))
        lines += ["class \0(Register):", *doc, "", "    __slots__ = ()", *Methods(kind, names, enums).lines()]
        return self._add(self._called(kind), within, ("", "Value"), lines)
