"""What the user's words name in a chip or a register map; where they name nothing, what could have been meant."""

from __future__ import annotations

from attrs import frozen

from blocks.chip import Chip, Instance
from registers.handles import AnyMap, AnyRegister, Memory
from registers.paths import instead
from registers.schema import FieldType
from runtime.cli.exits import UsageError, asked


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
    with asked(ValueError, IndexError):
        AnyMap(root.group, root.address, owner).at(path)  # only this one complains with the owner's name
        return root.at(path)
