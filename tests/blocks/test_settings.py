"""What is set beside the chip's file, parameters of models and the workload, is named as given when it cannot be."""

from __future__ import annotations

import pytest

import blocks.sim
from blocks.chip import Chip
from blocks.sim import open_sim, overrides, simulated
from transports.open import Target, TargetError, open_transport

WRONG = pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x=1", "'x' names no block and parameter; expected BLOCK.PARAMETER=VALUE"),
        ("", "'' names no block and parameter; expected BLOCK.PARAMETER=VALUE"),
        ("=", "'' names no block and parameter; expected BLOCK.PARAMETER=VALUE"),
        ("refpll.lock_s", "no = and value; expected BLOCK.PARAMETER=VALUE"),
        ("refpll.=1", "no parameter; expected BLOCK.PARAMETER=VALUE"),
        ("refpll=1", "it names a block and no parameter; one of crystal_hz, "),
        ("pll[9].lock_s=1", "no block 'pll[9]'; `pll[3]`, perhaps; expected"),
        ("pll[9].lock_s", "no block 'pll[9]'; `pll[3]`, perhaps; expected"),
        ("foo*.lock_s=1", "no block 'foo*'; one of crg[0], "),
        ("refpll.lok_s=1", "no parameter 'lok_s'; `lock_s`, perhaps"),
        ("crg*.lock_s=1", "no parameter 'lock_s'; "),
        ("refpll.lock_s=soon", "found 'soon'; expected a number"),
        ("refpll.lock_s=", "found ''; expected a number"),
        ("refpll.lock_s=-1", "found -1.0; expected 0.0..inf"),
        ("refpll.reference=3", "found 3; expected text"),
        ("crg[*].clock=foo.clock", "found no block 'foo'"),
        ("sys_crg.clock=refpll.lock", "expected a clock net, BLOCK.net: refpll.clock"),
    ],
)


@WRONG
def test_what_cannot_be_is_named_as_it_was_given(mini: Chip, text: str, message: str) -> None:
    """The error begins with where the text stood and the text, says what is expected, and blames no file."""
    with pytest.raises(TargetError) as caught:
        simulated(mini, [text], said="--set")
    assert str(caught.value).startswith(f"--set {text!r}: ")
    assert message in str(caught.value)
    assert "mini.toml" not in str(caught.value)


@WRONG
async def test_a_url_is_named_as_it_was_given(text: str, message: str) -> None:
    """The same of an option of `sim:`."""
    url = f"sim:?{text}&" if not text else f"sim:?{text}"
    with pytest.raises(TargetError) as caught:
        await open_sim(Target.parse(url, chip="mini"))
    assert str(caught.value).startswith(f"target {url!r}: option {text!r}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("pll[3]", ["pll[3]"]),
        ("pll[*]", ["pll[0]", "pll[1]", "pll[2]", "pll[3]"]),
        ("refp?l", ["refpll"]),
        ("*", ["refpll", "pll[0]", "pll[1]", "pll[2]", "pll[3]"]),
    ],
)
def test_a_pattern_sets_all_that_have_the_parameter(mini: Chip, pattern: str, names: list[str]) -> None:
    """`*` and `?` are as in a shell, `[` is a bracket; a block without the parameter is none of those meant."""
    assert overrides([f"{pattern}.lock_s=inf"], mini) == {name: {"lock_s": float("inf")} for name in names}


async def test_a_chip_without_traffic_has_no_workload(mini: Chip) -> None:
    """A workload that is asked of a chip without flows is refused, by the words that asked for it; false asks none."""
    with pytest.raises(TargetError, match=r"^--workload: chip mini has no traffic .* \[workload"):
        simulated(mini, (), said="--set", workload=True, asked="--workload")
    with pytest.raises(TargetError, match=r"^target 'sim:\?workload=true': chip mini has no traffic"):
        await open_sim(Target.parse("sim:?workload=true", chip="mini"))
    with pytest.raises(TargetError, match="'workload=maybe'; expected workload=true or workload=false"):
        await open_sim(Target.parse("sim:?workload=maybe", chip="mini"))
    await (await open_sim(Target.parse("sim:?workload=false", chip="mini"))).aclose()


async def test_a_chip_that_is_loaded_is_not_loaded_again(mini: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opens a target hands its description on; the simulation is of that very one."""

    def load(name: str) -> Chip:
        raise AssertionError(f"{name} is loaded once more")

    monkeypatch.setattr(blocks.sim, "load_chip", load)
    transport = await open_transport("sim:", chip="mini", description=mini)
    assert isinstance(transport, blocks.sim.SimTransport)
    assert transport.chip.chip is mini
    await transport.aclose()
