"""A chip as a product: which blocks stand where, how each is configured, what it needs. Checked whole before use.

`chips/mini.toml` names the blocks, `chips/mini.image` (made from `chips/mini.rdl`) says where they stand:

    [chip]
    name = "mini"
    description = "..."

    [blocks."pll[*]"]                    # a path in the register map; [*] is every element of an array
    type = "pll"                         # the folder blocks/pll/
    needs = ["refpll", "sys_crg"]        # what must stand first: blocks, or a rung of one ("pll[0]:locked")
    config = { fbdiv = 40 }              # the driver's configuration
    line = { source = 1, step = 1 }      # element k has source 1 + k; `controller` names a block, default: the target
    model = { reference = "refpll.clock" }  # parameters of the simulated block

    [blocks."pll[2]"]                    # more specific: replaces these keys, and these entries of config and model
    config = { fbdiv = 50 }

    [workload."dma[*]"]                  # traffic of the simulation: from here, via other blocks, into a memory
    via = ["router[{0}]"]
    memory = "channel[{0}]"
    period_s = 100e-6                    # one packet each
    bytes = 64

    [policy."channel[*]"]                # what it means for the chip that one is not well; default: it failed
    failed = "degraded"
    at_most = 2                          # with three of them the chip failed; `per` groups them
    degraded = "up"                      # up but lessened (a link at half its width) counts as up

    [supervision."channel[*]"]           # how one is kept up; see blocks/chip/supervision.py and runtime/policy.py
    domain = "hbm_crg[{0//16}]"          # the block that clocks and resets its cluster; it must need it, however far
    partner = ""                         # the block at the other end of its link: what falls at both is one incident
    restart = "transient"                # not when it was put to rest on purpose; "permanent" always, "temporary" never
    strategy = "closure"                 # looked at with it: all that need it; "block" nobody; "domain" its domain
    attempts = 3                         # climbs that may fail before the block is reset, then its cluster, the chip:
    highest = "block"                    # no further than this: "climb" (no reset), "block", "cluster", "chip"
    backoff_s = 0.001                    # wait between two climbs, doubled each time, up to
    backoff_max_s = 10
    patience_s = 1.0                     # so long it is tried while it answers with errors, before any reset
    intensity = 3                        # incidents within `period_s`; one more begins with a reset
    period_s = 60
    burst_s = 0.1                        # so near a trouble belongs to an open incident below it, or of its domain
    grace_s = 1                          # what falls again so soon goes on where it was
    drift = "repair"                     # a field that is not as intended while it serves; or "hold", "report"
    disturb = "quiesce"                  # a repair that disturbs traffic waits until it rests; or "never", "allow"
    hold = false                         # freeze it in any trouble, for a person with a probe

    [campaign.volatile]                  # by type: registers and fields that tell what happened, so that after a
    channel = ["RETRIES", "LANE[*].STATUS.eye"]  # fault they may differ; a campaign of faults does not compare them

    [floorplan."die[*]"]                 # where its blocks lie, for people; see blocks/chip/floorplan.py
    areas = ["pll crg", "pll usb"]

    [targets.qemu]                       # where else the chip stands; no other machine of QEMU is taken for it
    machine = "sifive_u"

`[chip] identity = "refpll.ID"` names a register that never holds all ones and always answers: all ones from elsewhere
are believed only while it answers otherwise.

Every block of the register map is named, or stands in `[chip] unmanaged = ["usb_crg", "pll[*]"]`: none is forgotten.

In texts of `needs`, `line`, `behind`, `config` and `model`, `{0}`, `{1}` stand for the indices in the block's own name,
alone or with whole numbers, from left to right: `{1-1}`, `{2*4+1}`, `{0^1}` (also `//`, `%`). A need may name several
blocks: `crg[*]`.

`atlas?die=20` is atlas with twenty dies: `[chip] scalable = ["die"]` lists the arrays at the top of the register map
that may have another length; `{ array = "die", by = 2, why = "dies are joined in pairs" }` there, those that may have
every second one.

A block with `behind = "spi0"` is not on the chip's bus but in the address space that block spi0 offers: the register
map of the chip does not hold it, its registers begin at address 0 there, and it needs spi0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from blocks.base import Block
from blocks.chip.assembly import assemble
from blocks.chip.check import check
from blocks.chip.entry import LineSpec, read_entries
from blocks.chip.floorplan import FloorPlan, read_floorplan
from blocks.chip.flows import Flow, Rule, Verdict, read_flows, read_policy
from blocks.chip.identity import read_identity
from blocks.chip.managed import check_named
from blocks.chip.scale import scaled, split
from blocks.chip.slips import BlockError
from blocks.chip.supervision import Supervision, read_supervision
from blocks.chip.table import ChipError, Table, choice, read_table
from blocks.chip.targets import read_targets
from blocks.chip.variant import Variant
from blocks.chip.volatile import read_volatile
from registers.fresh import check_fresh, check_resource
from registers.image import load, load_resource
from registers.schema import Image
from transports.batch import Read

__all__ = [
    "BlockError",
    "Chip",
    "ChipError",
    "Flow",
    "Instance",
    "LineSpec",
    "Rule",
    "Supervision",
    "Verdict",
    "list_chips",
    "load_chip",
]


@frozen(eq=False)
class Instance:
    """One block of one chip.

    Attributes:
        name: its path in the chip: `pll[3]`.
        type: the block type, a folder of blocks/.
        address: of its registers, on the chip's bus or in the address space it stands behind.
        needs: blocks, or rungs of blocks (`pll[0]:locked`), that must stand first.
        behind: the block that offers its address space; None: the chip's bus.
        line: its interrupt; None: it has none.
        model: parameters of its simulation, as the file gives them.
        like: what it shares with the blocks that are equal to it; None: nothing.
    """

    name: str
    type: str
    address: int
    block: Block[Any]
    needs: tuple[str, ...] = ()
    behind: str | None = None
    line: LineSpec | None = None
    model: Mapping[str, object] = field(factory=dict[str, object])
    like: Variant | None = None

    @cached_property
    def variant(self) -> Variant:
        """Whose ladders this block climbs: those of all that are equal to it, where they can be shared."""
        return self.like if self.like is not None and self.like.shareable else Variant(self.block)

    @property
    def offset(self) -> int:
        """Bytes from the addresses in the ladders of `variant` to this block's own."""
        return 0 if self.variant.block is self.block else self.address


@frozen(eq=False)
class Chip:
    """A product.

    Attributes:
        instances: by name, in the order of the file.
        flows: the synthetic workload of its simulation.
        policy: what it means that a block is not wholly well; none for a block: as `Rule()` says.
        supervision: how each block is kept up; none for a block: as `Supervision()` says.
        volatile: bits that may differ after a fault, by type of block and path of register.
        floorplan: where the blocks lie, as far as the file says.
        targets: data for one kind of target each: `qemu` has the `machine` that is this chip.
        source: the file it was read from.
        identity: reads the register that tells whether the chip is there; None: nobody said which one does.
    """

    name: str
    description: str
    image: Image
    instances: Mapping[str, Instance]
    targets: Mapping[str, Mapping[str, str]]
    source: str
    flows: tuple[Flow, ...] = ()
    policy: Mapping[str, Rule] = field(factory=dict[str, Rule])
    supervision: Mapping[str, Supervision] = field(factory=dict[str, Supervision])
    volatile: Mapping[str, Mapping[str, int]] = field(factory=dict[str, Mapping[str, int]])
    floorplan: FloorPlan = field(factory=FloorPlan)
    identity: Read | None = None

    def with_config(self, name: str, config: object) -> Chip:
        """Return this chip with one block configured otherwise."""
        instance = self.instances[name]
        block = type(instance.block)(name, instance.block.regs, config, instance.block.line)
        return evolve(self, instances={**self.instances, name: evolve(instance, block=block, like=None)})


def list_chips() -> tuple[str, ...]:
    """Return the names of the chips that are installed; `atlas.demo.toml` is no chip but a script of faults."""
    files = (item.name.removesuffix(".toml") for item in resources.files("chips").iterdir() if ".toml" in item.name)
    return tuple(sorted(name for name in files if "." not in name))


def load_chip(name_or_path: str | Path) -> Chip:
    """Return an installed chip by name, or the one that a `.toml` file describes; either in another size (`?die=4`).

    Raises:
        ChipError: there is no such chip, or its description is wrong: one line with file, place, what was found and
            what was expected.
        ImageError: its register image is missing, damaged or of another version.
        BlockError: the code of one of its block types does not run.
    """
    name, counts = split(str(name_or_path))
    if name.endswith(".toml"):
        path = Path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise ChipError(name, "", _unread(problem), "the description of a chip") from problem
        return _load(read_table(text, name), path.stem, path, counts)
    if name not in list_chips():
        raise _no_chip(name)
    text = resources.files("chips").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return _load(read_table(text, f"chips/{name}.toml"), name, None, counts)


def _no_chip(name: str) -> ChipError:
    """Return what is wrong with a name that is neither a chip's nor a .toml file's."""
    path = Path(name)
    if not name or (not path.exists() and path.name == name):
        return ChipError("chips", "", f"no chip {name!r}", f"{choice(name, list_chips())}, or the path of a .toml file")
    found = (
        "a directory" if path.is_dir() else "a file of another kind" if path.exists() else "no such file or directory"
    )
    beside = path.with_suffix(".toml") if path.name else path  # "." and "/" have no name
    expected = f": {beside}, perhaps" if beside.suffix and beside.exists() else ", a .toml file"
    return ChipError(name, "", found, f"the description of a chip{expected}")


def _unread(problem: OSError | UnicodeDecodeError) -> str:
    """Say what stands where a description was to be read."""
    match problem:
        case UnicodeDecodeError():
            return "text that is not UTF-8"
        case FileNotFoundError():
            return "no such file or directory"
        case IsADirectoryError():
            return "a directory"
        case _:
            return f"a file that cannot be read ({problem.strerror})"


def _load(top: Table, stem: str, path: Path | None, counts: Mapping[str, int]) -> Chip:
    """Make the chip of a parsed file; `path` is None for one of ours."""
    top.only("chip", "blocks", "targets", "workload", "policy", "supervision", "campaign", "floorplan")
    head = top.table("chip")
    head.only("name", "description", "scalable", "unmanaged", "identity")
    if head.need("name", str) != stem:
        raise head.error("name", repr(head.values["name"]), f"{stem!r}, as the file is called")
    entries = read_entries(top)
    image = scaled(_image(stem, path), counts, head)
    identity = read_identity(head, image.root)
    drafts = assemble(image.root, entries)
    check(drafts)
    flows, policy = read_flows(top, image.root, drafts), read_policy(top, image.root, drafts)
    check_named(image.root, drafts, top)
    return Chip(
        name=stem,
        description=head.get("description", str, ""),
        image=image,
        instances={
            d.name: Instance(d.name, d.type, d.address, d.block, d.needs, d.behind, d.line, d.model, d.like)
            for d in drafts.values()
        },
        targets=read_targets(top.table("targets")),
        source=top.file,
        flows=flows,
        policy=policy,
        supervision=read_supervision(top, image.root, drafts),
        volatile=read_volatile(top, {d.type: d.block for d in drafts.values()}),
        floorplan=read_floorplan(top, list(drafts)),
        identity=identity,
    )


def _image(stem: str, path: Path | None) -> Image:
    """Return the register map of a chip, that of the .rdl as it stands beside it."""
    if path is not None:
        image, file = load(path.with_suffix(".image")), path.with_suffix(".image")
        check_fresh(image, file)
        return image
    image = load_resource("chips", f"{stem}.image")
    check_resource(image, "chips", f"{stem}.image")
    return image
