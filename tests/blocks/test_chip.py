"""A chip's description is checked whole when it is loaded; an error says file, place, what was found, what expected."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import attrs
import pytest

from blocks.chip import ChipError, LineSpec, list_chips, load_chip
from blocks.chip.table import choice, read_table
from blocks.chip.values import build
from blocks.limits import between
from registers.image import ImageError

ROOT = Path(__file__).parents[2]
Write = Callable[[str], Path]

HEAD = '[chip]\nname = "mini"\n'
REST = HEAD + 'unmanaged = ["refpll", "sys_crg", "pll[*]", "crg[*]", "fabric_crg", "io_crg[*]"]\n'
REFPLL = '[blocks.refpll]\ntype = "pll"\nconfig = { fbdiv = 64 }\n'
SYS = '[blocks.sys_crg]\ntype = "crg"\n'
FLASH = (
    '[blocks.flash]\ntype = "spi_nor"\n'
    "config = { manufacturer = 1, memory_type = 2, capacity = 3, clock_divider = 4 }\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a description beside a copy of mini's register image."""
    with resources.as_file(resources.files("chips") / "mini.image") as image:
        shutil.copy(image, tmp_path / "mini.image")

    def write_text(text: str) -> Path:
        path = tmp_path / "mini.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


# text of the file; place in it; what was found; what was expected
WRONG: list[tuple[str, str, str, str]] = [
    ("x = [", "end of document", "a mistake of syntax (invalid", "TOML"),
    (HEAD + "[block]\n", "block", "an unknown key", "`blocks`, perhaps"),
    ('[chip]\nnam = "mini"\n', "chip.nam", "an unknown key", "`name`, perhaps"),
    ("[chip]\n", "chip.name", "nothing", "text"),
    ("[chip]\nname = 3\n", "chip.name", "3", "text"),
    ('[chip]\nname = "midi"\n', "chip.name", "'midi'", "'mini', as the file is called"),
    (HEAD + "blocks = 1\n", "chip.blocks", "an unknown key", "one of description, identity, name"),
    (HEAD + "targets = {}\n[blocks.refpll]\ntyp = 'pll'\n", "chip.targets", "an unknown key", "one of"),
    (HEAD + '[blocks.refpll]\ntyp = "pll"\n', 'blocks."refpll".typ', "an unknown key", "`type`, perhaps"),
    (HEAD + "[blocks.refpll]\n", 'blocks."refpll".type', "nothing", "a block type: one of aggregator, crg, "),
    (HEAD + '[blocks.refpll]\ntype = "pl"\n', 'blocks."refpll".type', "'pl'", "a block type: `pll`, perhaps"),
    (HEAD + "[blocks.refpll]\ntype = true\n", 'blocks."refpll".type', "true", "text"),
    (HEAD + '[blocks.refpll]\ntype = "crg"\n', 'blocks."refpll".type', "'crg', whose registers", "a pll stands"),
    (HEAD + '[blocks.refpl]\ntype = "pll"\n', 'blocks."refpl"', "no block 'refpl'", "`refpll`, perhaps"),
    (HEAD + '[blocks.scratch]\ntype = "pll"\n', 'blocks."scratch"', "a memory", "an address map of a block type"),
    (HEAD + '[blocks."refpll.CTRL"]\ntype = "pll"\n', 'blocks."refpll.CTRL"', "a register", "an address map"),
    (HEAD + '[blocks.pll]\ntype = "pll"\n', 'blocks."pll"', "pll without index", "pll[0..3] or [*]"),
    (HEAD + '[blocks."pll[4]"]\ntype = "pll"\n', 'blocks."pll[4]"', "index '4'", "pll[0..3] or [*]"),
    (HEAD + '[blocks."pll["]\ntype = "pll"\n', 'blocks."pll["', "no name with indices", "like pll[3] or pll[*]"),
    (HEAD + REFPLL + "needs = 3\n", 'blocks."refpll".needs', "3", "a list"),
    (HEAD + REFPLL + "needs = [3]\n", 'blocks."refpll".needs[0]', "3", "text"),
    (HEAD + REFPLL + 'needs = ["sys_crg"]\n', 'blocks."refpll".needs[0]', "'sys_crg'", "[blocks]"),
    (HEAD + REFPLL + SYS + 'needs = ["refpl"]\n', 'blocks."sys_crg".needs[0]', "'refpl'", "`refpll`, perhaps"),
    (HEAD + REFPLL + SYS + 'needs = ["refpll:lockt"]\n', 'blocks."sys_crg".needs[0]', "lockt", "`locked`, perhaps"),
    (HEAD + REFPLL + 'needs = ["pll[{0}]"]\n', 'blocks."refpll"', "{0} in 'pll[{0}]' under a name without", "{0} for"),
    (
        HEAD + REFPLL + 'needs = ["sys_crg"]\n' + SYS + 'needs = ["refpll"]\n',
        'blocks."refpll".needs', "a cycle: refpll needs sys_crg needs refpll", "do not need this one",
    ),
    (HEAD + REFPLL + 'needs = ["refpll"]\n', 'blocks."refpll".needs', "refpll needs refpll", "do not need"),
    (HEAD + REFPLL + "config = 3\n", "line 6, column 11", "cannot overwrite", "TOML"),
    (HEAD + '[blocks.refpll]\ntype = "pll"\n', 'blocks."refpll".config.fbdiv', "nothing", "a whole number"),
    (
        HEAD + '[blocks."pll[*]"]\ntype = "pll"\nconfig = { fbdiv = 5000 }\n',
        'blocks."pll[*]".config.fbdiv', "5000", "16..2500",
    ),
    (
        HEAD + '[blocks."pll[*]"]\ntype = "pll"\nconfig = { fbdiv = 64 }\n[blocks."pll[1]"]\nconfig.fbdiv = 1\n',
        'blocks."pll[1]".config.fbdiv', "1", "16..2500",
    ),
    (HEAD + REFPLL.replace("fbdiv =", "fbdvi ="), 'blocks."refpll".config.fbdvi', "an unknown key", "`fbdiv`, perhaps"),
    (HEAD + REFPLL.replace("64", "true"), 'blocks."refpll".config.fbdiv', "true", "a whole number"),
    (HEAD + REFPLL.replace("64", "64.0"), 'blocks."refpll".config.fbdiv', "64.0", "a whole number"),
    (HEAD + REFPLL.replace("64", "200"), 'blocks."refpll".config.fbdiv', "200, which makes a VCO of", "800..3200 MHz"),
    (
        HEAD + REFPLL.replace("64", '64, charge_pump = "UA_20"'),
        'blocks."refpll".config.charge_pump', "'UA_20'", "one of UA_50, UA_100, UA_200, UA_400",
    ),
    (HEAD + REFPLL + "model = { lock = 1 }\n", 'blocks."refpll".model.lock', "an unknown key", "`lock_s`, perhaps"),
    (HEAD + REFPLL + "model = { lock_s = -1 }\n", 'blocks."refpll".model.lock_s', "-1", "0.0..inf"),
    (
        HEAD + REFPLL + 'model = { reference = "crystal.clock" }\n',
        'blocks."refpll".model.reference', "'crystal.clock'", "BLOCK.net with a block of this chip",
    ),
    (HEAD + REFPLL + "line = 4\n", 'blocks."refpll".line', "4", "a table"),
    (HEAD + REFPLL + "line = { sorce = 4 }\n", 'blocks."refpll".line.sorce', "an unknown key", "`source`, perhaps"),
    (HEAD + REFPLL + 'line = { controller = "plic" }\n', 'blocks."refpll".line.source', "nothing", "a number of 0.."),
    (HEAD + REFPLL + "line = { source = -1 }\n", 'blocks."refpll".line.source', "-1", "a number of 0..1048575"),
    (HEAD + REFPLL + "line = { source = 1, step = -1 }\n", 'blocks."refpll".line.step', "-1", "a number of 0..1048575"),
    ("blocks = 3\n" + HEAD, "blocks", "3", "a table"),
    (HEAD + 'identity = "refpll.IDD"\n' + REFPLL, "chip.identity", "IDD", "the path of a register"),
    (HEAD + 'identity = "refpll"\n' + REFPLL, "chip.identity", "'refpll', which is no register", "refpll.ID"),
    (HEAD + 'identity = "refpll.DIV"\n' + REFPLL, "chip.identity", "which may hold all ones", "a fixed field"),
    (HEAD + "[blocks]\nrefpll = 3\n", 'blocks."refpll"', "3", "a table"),
    (
        HEAD + REFPLL + 'line = { controller = "plic", source = 4 }\n',
        'blocks."refpll".line.controller', "'plic'", "a block of this chip",
    ),
    (
        HEAD + REFPLL + "line = { source = 4 }\n" + SYS + "line = { source = 4 }\n",
        'blocks."sys_crg".line.source', "source 4 of the target for sys_crg", "one owner",
    ),
    (
        HEAD + '[blocks."crg[*]"]\ntype = "crg"\nline = { source = 4 }\n',
        'blocks."crg[*]".line.source', "source 4 of the target for crg[1]", "`step` gives each element",
    ),
    ("[chip]\nname = 'mini'\n", "blocks", "nothing", "a table"),
    (HEAD + REFPLL + "line = {}\n", 'blocks."refpll".line.source', "nothing", "a number of 0..1048575, or a text"),
    (HEAD + REFPLL + f"line = {{ source = {1 << 20} }}\n", 'blocks."refpll".line.source', "1048576", "0..1048575"),
    (
        HEAD + '[blocks."pll[*]"]\ntype = "pll"\nline = { source = 9, step = 1048575 }\n',
        'blocks."pll[*]".line.step', "1048575, which makes source 1048584", "0..1048575",
    ),
    (
        HEAD + '[blocks."pll[*]"]\ntype = "pll"\nline = { source = "{0}999999999" }\n',
        'blocks."pll[*]".line.source', "'0999999999'", "0..1048575",
    ),
    (
        HEAD + '[blocks."pll[*]"]\ntype = "pll"\nneeds = ["{0+2*999999999*999999999*999999999}"]\n',
        'blocks."pll[*]"', "more than 64 bits", "a smaller number",
    ),
    (HEAD + f"x = {'[' * 5000}{']' * 5000}\n", "", "without end", "at most 32"),
    (HEAD + f"[{'.'.join('a' * 5000)}]\n", "a" + ".a" * 28 + "...", "one table or list more", "at most 32"),
    (HEAD + REFPLL.replace("64", "9" * 5000), "", "a whole number of thousands of digits", "at most 64 bits"),
    (
        HEAD + REFPLL.replace("64", f"0x{'f' * 5000}"),
        'blocks."refpll".config.fbdiv', "a whole number of 20000 bits", "at most 64 bits",
    ),
    (HEAD + "[chip]\n", "line 3, column 6", "a mistake of syntax (cannot declare", "TOML"),
    (HEAD + REFPLL, "blocks", "nothing about sys_crg, which stands in the register map", '[blocks."sys_crg"], or'),
    (
        REST.replace("pll[*]", 'pll[1]", "pll[3]') + REFPLL + '[blocks."pll[0]"]\ntype = "pll"\nconfig.fbdiv = 64\n',
        "blocks", "nothing about pll[2], which stands in the register map", '"pll[2]" in `unmanaged` of [chip]',
    ),
    (REST.replace("sys_crg", "sys_cgr") + REFPLL, "chip.unmanaged[1]", "no block 'sys_cgr'", "`sys_crg`, perhaps"),
    (REST.replace('"sys_crg"', "3") + REFPLL, "chip.unmanaged[1]", "3", "text"),
    (REST + REFPLL + "[targets.quemu]\n", "targets.quemu", "an unknown key", "`qemu`, perhaps"),
    (REST + REFPLL + "[targets.qemu]\n", "targets.qemu.machine", "nothing", "text"),
    (REST + REFPLL + "[targets.qemu]\nmachine = 3\n", "targets.qemu.machine", "3", "text"),
    (REST + REFPLL + "[targets.qemu]\nkernel = 'x'\n", "targets.qemu.kernel", "an unknown key", "machine"),
    (HEAD + REFPLL + FLASH + 'behind = "spi"\n', 'blocks."flash".behind', "'spi'", "a block of this chip"),
    (HEAD + REFPLL + FLASH + 'behind = "refpll"\n', 'blocks."flash".behind', "offers no address space", "`offer`"),
    (
        HEAD + FLASH.replace("flash", '"flash[*]"') + 'behind = "spi"\n',
        'blocks."flash[*]"', "an array", "one block",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "found", "expected"), WRONG)
def test_what_is_wrong_is_named(write: Write, text: str, path: str, found: str, expected: str) -> None:
    """Each kind of mistake is one line: the file, the place in it, what stands there and what should."""
    file = write(text)
    with pytest.raises(ChipError) as caught:
        load_chip(file)
    error = caught.value
    assert error.file == str(file)
    assert error.path == path
    assert found in error.found
    assert expected in error.expected
    assert str(error).count("\n") == 0
    assert str(error).startswith(f"{file}: ")


TEXT = re.sub("#.*", "", (resources.files("chips") / "mini.toml").read_text(encoding="utf-8"))
WORDS = re.findall(r"[^\s\"]+|\s+|\"", TEXT)


@pytest.mark.parametrize("other", ["", "pll", "-1", "{9}", "{ x = 1979-05-27 }"])
def test_whatever_stands_there_is_a_chip_or_an_error(write: Write, other: str) -> None:
    """With any one word of a description left out or replaced, it loads, or the error is about it and on one line."""
    refused: list[str] = []
    for index, word in enumerate(WORDS):
        if word.isspace() or word == other:
            continue
        try:
            load_chip(write("".join((*WORDS[:index], other, *WORDS[index + 1 :]))))
        except ChipError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert [message for message in refused if "\n" in message] == []


def test_the_file_itself_is_named(tmp_path: Path) -> None:
    """A description that cannot be read, and a chip that is not installed, are errors that say so."""
    with pytest.raises(ChipError, match=r"none\.toml: found no such file or directory; expected the description"):
        load_chip(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(ChipError, match=r"folder\.toml: found a directory; expected the description"):
        load_chip(tmp_path / "folder.toml")
    with pytest.raises(ChipError, match=r"found a file that cannot be read \(Not a directory\); expected"):
        load_chip(tmp_path / "file" / "x.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(ChipError, match=r"bytes\.toml: found text that is not UTF-8"):
        load_chip(tmp_path / "bytes.toml")
    with pytest.raises(ChipError, match="found no chip 'minni'; expected `mini`, perhaps"):
        load_chip("minni")


def test_a_file_that_is_no_chip_is_told_so(tmp_path: Path) -> None:
    """What stands under a path is said, whatever its name; a description that lies beside it is proposed."""
    wanted = "expected the description of a chip, a .toml file"
    for name in ("README.md", "chip.rdl"):
        (tmp_path / name).touch()
        with pytest.raises(ChipError, match=f"{name}: found a file of another kind; {wanted}"):
            load_chip(tmp_path / name)
    with pytest.raises(ChipError, match=f"found a directory; {wanted}"):
        load_chip(tmp_path)
    with pytest.raises(ChipError, match=f"none: found no such file or directory; {wanted}"):
        load_chip(tmp_path / "none")
    (tmp_path / "chip.toml").touch()
    for name in ("chip", "chip.rdl", "chip.image"):
        with pytest.raises(ChipError, match=r"expected the description of a chip: .*chip\.toml, perhaps"):
            load_chip(tmp_path / name)


def test_a_missing_or_damaged_image_is_refused(write: Write) -> None:
    """A chip is not loaded without the whole register image that belongs to it."""
    file = write(REST + REFPLL)
    image = file.with_suffix(".image")
    image.write_bytes(image.read_bytes()[:-5])
    with pytest.raises(ImageError, match="truncated"):
        load_chip(file)
    image.unlink()
    with pytest.raises(ImageError, match="cannot be read"):
        load_chip(file)


def test_every_installed_chip_loads_by_name() -> None:
    """The chips that are listed load, under their own name and in the order of their file."""
    assert {"mini", "sifive_u"} <= set(list_chips())
    for name in list_chips():
        chip = load_chip(name)
        assert chip.name == name
        assert chip.source == f"chips/{name}.toml"
        assert list(chip.instances) == [instance.name for instance in chip.instances.values()]
        assert all(instance.block.name == instance.name for instance in chip.instances.values())


def test_a_path_and_a_name_give_the_same_chip(write: Write) -> None:
    """A description is the same chip wherever its files stand."""
    text = (resources.files("chips") / "mini.toml").read_text(encoding="utf-8")
    there, here = load_chip("mini"), load_chip(str(write(text)))
    assert [(i.name, i.address, i.needs, i.line, i.block.config) for i in here.instances.values()] == [
        (i.name, i.address, i.needs, i.line, i.block.config) for i in there.instances.values()
    ]


def test_arrays_stand_for_their_elements(write: Write) -> None:
    """`[*]` is every element, `{0}` its index, `step` its line, and a more specific table has the last word."""
    chip = load_chip(
        write(
            REST
            + '[blocks."pll[1]"]\nconfig.fbdiv = 90\nneeds = []\nmodel = { lock_s = 3e-5 }\n'
            + '[blocks."pll[*]"]\ntype = "pll"\nneeds = ["crg[{0}]:identified"]\nconfig = { fbdiv = 80, refdiv = 2 }\n'
            + "line = { source = 7, step = 2 }\nmodel = { crystal_hz = 50e6 }\n"
            + '[blocks."crg[*]"]\ntype = "crg"\n[blocks.fabric_crg]\ntype = "crg"\nneeds = ["crg[*]"]\n'
        )
    )
    instances = chip.instances
    assert list(instances)[:5] == ["pll[1]", "pll[0]", "pll[2]", "pll[3]", "crg[0]"]
    assert [instances[f"pll[{i}]"].address for i in range(4)] == [0x2000, 0x3000, 0x4000, 0x5000]
    assert [instances[f"pll[{i}]"].block.config.fbdiv for i in range(4)] == [80, 90, 80, 80]
    assert {instances[f"pll[{i}]"].block.config.refdiv for i in range(4)} == {2}
    assert instances["pll[2]"].needs == ("crg[2]:identified",)
    assert instances["pll[1]"].needs == ()
    assert instances["pll[3]"].line == LineSpec(None, 13)
    assert instances["pll[1]"].model == {"crystal_hz": 50e6, "lock_s": 3e-5}
    assert instances["fabric_crg"].needs == ("crg[0]", "crg[1]", "crg[2]", "crg[3]")


def test_registers_stand_where_the_chip_puts_them() -> None:
    """A block's operations carry absolute addresses, and its registers' own names."""
    crg = load_chip("mini").instances["crg[2]"]
    op = crg.block.regs.STATUS.read()
    assert (op.operations[0].address, op.path) == (0x8018, "STATUS")


def test_a_controller_is_given_its_sources() -> None:
    """A configuration with `sources` has the numbers of the lines that name its block, unless the file gives them."""
    chip = load_chip("sifive_u")
    lines = [i.line.source for i in chip.instances.values() if i.line and i.line.controller == "plic"]
    assert lines
    assert chip.instances["plic"].block.config.sources == tuple(sorted(lines))


def test_who_stands_behind_another_needs_it() -> None:
    """A block behind another has its registers from address 0 on, and needs the one that leads to it."""
    flash = load_chip("sifive_u").instances["flash0"]
    assert (flash.behind, flash.address, flash.needs) == ("spi0", 0, ("spi0",))


def test_loading_a_chip_needs_no_rdl_compiler() -> None:
    """A target loads images only: the compiler is not imported, be it installed or not."""
    code = "import sys; from blocks.chip import load_chip; load_chip('mini'); sys.exit('systemrdl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_targets_say_where_else_the_chip_stands(write: Write) -> None:
    """A chip knows the machine of QEMU that it is; without a table it is none."""
    assert load_chip(write(REST + REFPLL + '[targets.qemu]\nmachine = "mini"\n')).targets == {
        "qemu": {"machine": "mini"}
    }
    assert load_chip(write(REST + REFPLL)).targets == {}


def test_a_block_may_be_left_alone(write: Write) -> None:
    """What the file calls unmanaged is no block of the chip, save where a table names it all the same."""
    text = REST + REFPLL + '[blocks."pll[2]"]\ntype = "pll"\nconfig.fbdiv = 64\n'
    assert list(load_chip(write(text)).instances) == ["refpll", "pll[2]"]


def test_choices_are_bounded() -> None:
    """A list of what there is stays readable: the nearest name, or at most a dozen of them."""
    assert choice("bypas", ["bypass", "lock"]) == "`bypass`, perhaps"
    assert choice("x", []) == "nothing here"
    assert choice("x", [f"block{i}" for i in range(1000)]).endswith("(1000 in all)")


@attrs.frozen(kw_only=True)
class Everything:
    """Each type that a configuration may have."""

    number: float = 1.0
    name: str | None = None
    flags: tuple[bool, ...] = ()
    limited: int = attrs.field(default=3, validator=attrs.validators.ge(2))
    ranged: float = attrs.field(default=0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        if self.limited > 10 and self.ranged > 0.5:
            raise ValueError("limited and ranged exclude each other")


def complain(key: str, found: str, expected: str) -> ChipError:
    return ChipError("file", key, found, expected)


def test_values_become_what_their_annotations_say() -> None:
    """A TOML value is accepted where it is of the annotated type, a whole number also for a real one."""
    made = build(Everything, {"number": 2, "name": "x", "flags": [True]}, complain)
    assert (made.number, made.name, made.flags) == (2.0, "x", (True,))
    assert isinstance(made.number, float)
    assert build(type(None), {}, complain) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"number": True}, "file: number: found true; expected a number"),
        ({"name": 3}, "file: name: found 3; expected text"),
        ({"flags": [1]}, "file: flags: found [1]; expected a list, each true or false"),
        ({"limited": 1}, "file: limited: found 1; expected a value for which this holds: >= 2"),
        ({"ranged": 1.5}, "file: ranged: found 1.5; expected 0..1"),
        (
            {"limited": 11, "ranged": 0.6},
            "file: found values that its block type refuses (limited and ranged exclude each other); expected others",
        ),
    ],
)
def test_values_that_do_not_fit_are_named(values: dict[str, object], message: str) -> None:
    """The key that a validator speaks of is the place of the error."""
    with pytest.raises(ChipError) as caught:
        build(Everything, values, complain)
    assert str(caught.value) == message


def test_a_type_without_configuration_takes_none() -> None:
    """Configuration for a type that has none is refused."""
    with pytest.raises(ChipError, match="this block type has no configuration"):
        build(type(None), {"x": 1}, complain)


def test_toml_errors_keep_their_place() -> None:
    """A syntax error names its line."""
    with pytest.raises(ChipError) as caught:
        read_table("a = 1\nb = = 2\n", "f.toml")
    assert caught.value.path == "line 2, column 5"
