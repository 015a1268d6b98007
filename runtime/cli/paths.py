"""What the user's words name in a chip or a register map; where they name nothing, what could have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from attrs import frozen

from blocks.chip import Chip, Instance
from registers.handles import AnyMap, AnyRegister, Memory
from registers.schema import Child, FieldType
from runtime.cli.exits import UsageError

LISTED_MAX = 12  # names in a message; a person reads no more


@frozen
class Place:
    """What a dotted path names: a block, a register of it, perhaps a field of that."""

    instance: Instance
    register: AnyRegister
    field: FieldType | None

    @property
    def path(self) -> str:
        """The path as a person would type it."""
        field = f".{self.field.name}" if self.field else ""
        return f"{self.instance.name}.{self.register.path}{field}"


def instead(word: str, names: Iterable[str]) -> str:
    """Say what could have stood there instead of `word`, upper and lower case alike."""
    known = {name.lower(): name for name in names}
    if near := get_close_matches(word.lower(), known, n=3):
        return f"; did you mean {' or '.join(known[name] for name in near)}?"
    listed = list(known.values())
    more = f", ... ({len(listed)} in all)" if len(listed) > LISTED_MAX else ""
    return f"; it has {', '.join(listed[:LISTED_MAX]) or 'none'}{more}"


def find_block(chip: Chip, name: str) -> Instance:
    """Return one block of a chip.

    Raises:
        UsageError: no such block; names the nearest ones.
    """
    if name in chip.instances:
        return chip.instances[name]
    stem = name.partition("[")[0]
    if alike := [other for other in chip.instances if other.startswith(f"{stem}[")]:
        raise UsageError(f"chip {chip.name} has no block {name!r}; it has {alike[0]} to {alike[-1]}")
    raise UsageError(f"chip {chip.name} has no block {name!r}{instead(name, chip.instances)}")


def find_place(chip: Chip, path: str) -> Place:
    """Return the register or field at BLOCK.REGISTER[.FIELD].

    Raises:
        UsageError: names the level that does not exist and what stands there, or the indices that there are.
    """
    owners = [name for name in chip.instances if path.startswith(f"{name}.")]
    if not owners:
        find_block(chip, path.partition(".")[0])
        raise UsageError(f"{path!r} names a block alone; expected BLOCK.REGISTER or BLOCK.REGISTER.FIELD")
    instance = chip.instances[max(owners, key=len)]
    rest = path[len(instance.name) + 1 :]
    regs = any_map(instance)
    head, dot, last = rest.rpartition(".")
    holder = find_node(regs, head, instance.name) if dot else None
    if isinstance(holder, AnyRegister):
        fields = holder.register.by_name
        if last not in fields:
            raise UsageError(f"{instance.name}.{head} has no field {last!r}{instead(last, fields)}")
        return Place(instance, holder, fields[last])
    node = find_node(regs, rest, instance.name)
    if not isinstance(node, AnyRegister):
        kind = "a memory" if isinstance(node, Memory) else "a group of registers"
        raise UsageError(f"{path!r} is {kind}; expected a register or a field")
    return Place(instance, node, None)


def any_map(instance: Instance) -> AnyMap:
    """Return a block's registers, by name."""
    regs = instance.block.regs
    return AnyMap(regs.group, regs.address)


def find_node(root: AnyMap, path: str, owner: str) -> AnyRegister | AnyMap | Memory:
    """Return what stands at a dotted path below `root`.

    Args:
        owner: what people call the root.

    Raises:
        UsageError: names the level that does not exist and what stands there, or the indices that there are.
    """
    above, so_far = owner, ""
    node: AnyRegister | AnyMap | Memory = root
    for level in path.split("."):
        name, indices = _parts(level)
        if isinstance(node, AnyRegister):
            raise UsageError(f"{above} is a register; nothing stands below it but its fields")
        child = node.records.get(name)
        if child is None:
            raise UsageError(f"{above} has no {name!r}{instead(name, node.records)}")
        _check_indices(f"{owner}.{so_far}{name}", child, indices)
        node = root.at(f"{so_far}{level}")
        so_far += f"{level}."
        above = f"{owner}.{so_far[:-1]}"
    return node


def _parts(level: str) -> tuple[str, tuple[int, ...]]:
    """Return the name and the indices of `LANE[3]`."""
    found = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]+\])*)", level)
    try:
        if found is not None:
            return found[1], tuple(int(index, 0) for index in re.findall(r"\[([^\]]+)\]", found[2]))
    except ValueError:
        pass
    raise UsageError(f"{level!r} is no name with indices, like LANE[3]")


def _check_indices(path: str, child: Child, indices: tuple[int, ...]) -> None:
    fits = len(indices) == len(child.dimensions)
    if fits and all(0 <= index < length for index, length in zip(indices, child.dimensions, strict=True)):
        return
    if not child.dimensions:
        raise UsageError(f"{path} is no array, and takes no index")
    first, last = ("".join(f"[{n if end else 0}]" for n in (d - 1 for d in child.dimensions)) for end in (0, 1))
    given = "".join(f"[{index}]" for index in indices)
    what = f"there is no {path}{given}" if given else f"{path} is an array"
    raise UsageError(f"{what}; expected {path}{first} to {path}{last}")
