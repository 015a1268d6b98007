"""The rules of supervision in a chip's file: checked whole, by block."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from attrs import fields_dict

import blocks.chip
from blocks.chip import ChipError, Supervision, list_chips, load_chip
from blocks.chip.supervision import Disturb, Drift, Level, Restart, Strategy

HEAD = (
    '[chip]\nname = "mini"\nunmanaged = ["fabric_crg", "io_crg[*]"]\n'
    '[blocks.refpll]\ntype = "pll"\nconfig = { fbdiv = 64 }\n'
    '[blocks.sys_crg]\ntype = "crg"\nneeds = ["refpll:locked"]\n'
    '[blocks."pll[*]"]\ntype = "pll"\nconfig = { fbdiv = 64 }\nneeds = ["sys_crg"]\n'
    '[blocks."crg[*]"]\ntype = "crg"\nneeds = ["pll[{0}]"]\n'
)
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a description beside a copy of mini's register image."""
    with resources.as_file(resources.files("chips") / "mini.image") as image:
        shutil.copy(image, tmp_path / "mini.image")

    def write_text(text: str) -> Path:
        path = tmp_path / "mini.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return path

    return write_text


def test_each_block_of_a_key_has_its_rule(write: Write) -> None:
    """The indices choose the domain, at any distance; a later table replaces an earlier one; the rest have no rule."""
    rules = load_chip(write(
        '[supervision."crg[*]"]\ndomain = "pll[{0}]"\nattempts = 5\n[supervision."crg[3]"]\ndomain = "refpll"\n'
    )).supervision  # fmt: skip
    assert rules == {
        **{f"crg[{k}]": Supervision(domain=f"pll[{k}]", attempts=5) for k in range(3)},
        "crg[3]": Supervision(domain="refpll"),
    }


def test_every_key_is_read(write: Write) -> None:
    """Each attribute of a rule is a key of the same name; seconds may be whole."""
    text = (
        'restart = "permanent"\nstrategy = "domain"\nattempts = 7\nintensity = 9\nperiod_s = 30\nbackoff_s = 0.5\n'
        'backoff_max_s = 2\npatience_s = 3\nburst_s = 0\ngrace_s = 0.25\ndrift = "hold"\ndisturb = "never"\n'
        'highest = "cluster"\nhold = true\ndomain = "sys_crg"\npartner = "pll[{0+1}]"\n'
    )
    assert load_chip(write(f'[supervision."pll[1]"]\n{text}')).supervision["pll[1]"] == Supervision(
        restart=Restart.PERMANENT,
        strategy=Strategy.DOMAIN,
        attempts=7,
        intensity=9,
        period_s=30.0,
        backoff_s=0.5,
        backoff_max_s=2.0,
        patience_s=3.0,
        burst_s=0.0,
        grace_s=0.25,
        drift=Drift.HOLD,
        disturb=Disturb.NEVER,
        highest=Level.CLUSTER,
        hold=True,
        domain="sys_crg",
        partner="pll[2]",
    )


def test_what_is_documented_is_the_default(write: Write) -> None:
    """The example in the package's docstring shows every key, each with its default but the domain."""
    shown = re.findall(r'^ {4}\[supervision\."channel\[\*\]"\].*\n((?: {4}\S.*\n)+)', blocks.chip.__doc__ or "", re.M)
    text = re.sub(r"#.*", "", shown[0])
    path = write('[supervision."crg[0]"]\n' + text.replace("hbm_crg[{0//16}]", "pll[{0//16}]"))
    assert load_chip(path).supervision["crg[0]"] == Supervision(domain="pll[0]")
    assert set(re.findall(r"^ {4}(\w+) =", text, re.M)) == set(fields_dict(Supervision))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[supervision."pl[*]"]\n', "no block 'pl'"),
        ('[supervision."io_crg[0]"]\n', "which is not in"),
        ("[supervision.refpll]\nattempt = 1\n", "refpll.attempt: found an unknown key; expected `attempts`, perhaps"),
        ('[supervision.refpll]\nrestart = "always"\n', "'always'; expected one of permanent, transient, temporary"),
        ('[supervision.refpll]\nstrategy = "all"\n', "'all'; expected one of block, closure, domain"),
        ('[supervision.refpll]\ndrift = "mend"\n', "'mend'; expected one of repair, hold, report"),
        ('[supervision.refpll]\ndisturb = "yes"\n', "'yes'; expected one of quiesce, never, allow"),
        ('[supervision.refpll]\nhighest = "die"\n', "'die'; expected one of climb, block, cluster, chip"),
        ("[supervision.refpll]\nhighest = 2\n", "highest: found 2; expected text"),
        ("[supervision.refpll]\nhold = 1\n", "hold: found 1; expected true or false"),
        ("[supervision.refpll]\nattempts = 0\n", r"attempts: found 0; expected 1..100"),
        ("[supervision.refpll]\nintensity = 1001\n", r"intensity: found 1001; expected 1..1000"),
        ("[supervision.refpll]\nperiod_s = 0\n", r"period_s: found 0.0; expected 1e-06..86400 seconds"),
        ("[supervision.refpll]\ngrace_s = nan\n", r"grace_s: found nan; expected 0..86400 seconds"),
        ("[supervision.refpll]\nburst_s = true\n", r"burst_s: found true; expected a number"),
        (
            "[supervision.refpll]\nbackoff_s = 2.0\nbackoff_max_s = 1.0\n",
            "backoff_max_s: found 1.0; expected at least backoff_s, 2 seconds",
        ),
        ('[supervision.refpll]\ndomain = "refpl"\n', "'refpl'; expected a block of this chip: `refpll`, perhaps"),
        ('[supervision.refpll]\ndomain = "sys_crg"\n', "expected a block that refpll needs, however far: nothing here"),
        (
            '[supervision."crg[1]"]\ndomain = "pll[{0+1}]"\n',
            r"'pll\[2\]'; expected a block that crg\[1\] needs, however far: `pll\[1\]`, perhaps",
        ),
        ('[supervision."crg[1]"]\ndomain = "crg[1]"\n', r"a block that crg\[1\] needs"),
        ('[supervision."crg[1]"]\ndomain = "pll[{1}]"\n', r"\{1\} in 'pll\[\{1\}\]'"),
        (
            '[supervision.refpll]\npartner = "refpl"\n',
            "'refpl'; expected another block of this chip: `refpll`, perhaps",
        ),
        ('[supervision."crg[1]"]\npartner = "crg[{0}]"\n', r"'crg\[1\]'; expected another block of this chip"),
    ],
)
def test_what_cannot_be_is_refused(write: Write, text: str, said: str) -> None:
    """Each mistake is one line with its place."""
    with pytest.raises(ChipError, match=said):
        load_chip(write(text))


def test_a_long_wait_raises_its_bound(write: Write) -> None:
    """Who gives only a long back-off need not give its bound."""
    assert load_chip(write("[supervision.refpll]\nbackoff_s = 20\n")).supervision["refpll"].backoff_max_s == 20.0


@pytest.mark.parametrize("name", list_chips())
def test_every_domain_can_be_put_to_rest(name: str) -> None:
    """What resets a cluster can be put to rest."""
    chip = load_chip(name)
    domains = {rule.domain for rule in chip.supervision.values() if rule.domain}
    for block in domains:
        assert len(chip.instances[block].block.rest()), block


@pytest.mark.parametrize(("name", "without"), [("atlas", {"refpll", "sys_crg"}), ("mini", {"refpll", "sys_crg"})])
def test_every_block_has_its_rule(name: str, without: set[str]) -> None:
    """Each block of our own chips has a rule; all have a domain but those on which everything stands."""
    chip = load_chip(name)
    assert set(chip.supervision) == set(chip.instances)
    alone = {block for block, rule in chip.supervision.items() if not rule.domain}
    assert {block.rpartition(".")[2] for block in alone} == without
