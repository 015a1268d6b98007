"""The clocks of the FU540."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from blocks.chip import Chip, load_chip
from blocks.prci.driver import PrciConfig
from blocks.prci.model import RANGES_HZ, VCO_HZ
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.climb import granted
from transports.batch import Batch, Modify
from transports.open import open_transport

COREPLLCFG0, CORECLKSEL = 0x1000_0004, 0x1000_0024


def test_the_default_is_a_gigahertz() -> None:
    """From the 33.33 MHz crystal the default makes 1 GHz, with the loop filter set for 30 to 50 MHz."""
    config = PrciConfig()
    assert config.core_hz == pytest.approx(1e9)
    assert config.range == 4


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"divr": 64}, "divr is 64; expected 0..63"),
        ({"divr": 4}, "divr is 4 and makes a phase detector of 6.7 MHz; expected one that makes 7..200 MHz"),
        ({"divf": 35}, "divf is 35 and makes a VCO of 2400.0 MHz; expected one that makes 2400..4800 MHz"),
        ({"divf": 100}, "divf is 100 and makes a VCO of 6733.3 MHz"),
        ({"divq": 0}, "divq is 0; expected 1..6"),
        ({"divq": 1}, "divq is 1 and makes a core clock of 2000.0 MHz; expected one that makes 0..1500 MHz"),
    ],
)
def test_what_the_pll_does_not_do_is_refused(given: dict[str, int], complaint: str) -> None:
    """A divider that the manual does not allow is refused, by its name and with what it would make."""
    with pytest.raises(ValueError, match=complaint.replace(".", r"\.")) as refused:
        PrciConfig(**given)
    assert str(refused.value).startswith(next(iter(given))), "so the chip's loader finds the place in the file"


@given(st.integers(0, 63), st.integers(0, 511), st.integers(1, 6), st.floats(5e6, 2e8))
def test_what_is_accepted_is_legal(divr: int, divf: int, divq: int, hfclk_hz: float) -> None:
    """Dividers are accepted just where reference, VCO and core clock are in range, and the filter then fits."""
    try:
        config = PrciConfig(hfclk_hz=hfclk_hz, divr=divr, divf=divf, divq=divq)
    except ValueError:
        reference = hfclk_hz / (divr + 1)
        vco = reference * 2 * (divf + 1)
        assert not (7e6 <= reference <= 200e6 and VCO_HZ[0] <= vco <= VCO_HZ[1] and vco / 2**divq <= 1.5e9)
    else:
        low, high = RANGES_HZ[config.range]
        assert low <= config.reference_hz <= high
        assert VCO_HZ[0] <= config.vco_hz <= VCO_HZ[1]


def with_dividers(**dividers: int) -> Chip:
    """Return the chip with other dividers."""
    return load_chip("sifive_u").with_config("prci", PrciConfig(**dividers))


async def test_the_cores_run_on(autojump_clock: MockClock) -> None:
    """While the PLL changes the cores run from the crystal: away from it first, back to it when it has locked."""
    sim = SimChip(load_chip("sifive_u"))
    transport = SimTransport(sim)
    for chip in (load_chip("sifive_u"), with_dividers(divf=71, divq=2), with_dividers(divr=1, divf=119, divq=3)):
        summary = await bring_up(chip, transport, only="prci", consent=granted)
        assert summary.well, summary.failed
        assert summary.writes == 3
        assert (await bring_up(chip, transport, only="prci")).writes == 0
    assert transport.violations == []
    await transport.aclose()


async def test_changing_it_live_is_seen(autojump_clock: MockClock) -> None:
    """The model minds what the driver avoids: dividers changed under the cores, and the mux moved before lock."""
    transport = SimTransport(SimChip(load_chip("sifive_u")))
    assert (await bring_up(load_chip("sifive_u"), transport, only="prci")).well
    await transport.execute(Batch([Modify(COREPLLCFG0, 0x1FF << 6, 60 << 6), Modify(CORECLKSEL, 1, 0)]))
    rules = [violation.rule for violation in transport.violations]
    assert rules == ["changed while it clocks the cores", "the core PLL selected before it locked"]
    await transport.aclose()


async def test_a_pll_that_never_locks_fails_alone(autojump_clock: MockClock) -> None:
    """Without lock the cores stay on the crystal, what needs the clock waits, and all else comes up."""
    transport = await open_transport("sim:?prci.lock_s=inf", chip="sifive_u")
    summary = await bring_up(load_chip("sifive_u"), transport)
    (fault,) = summary.failed
    assert (fault.block, fault.rung, fault.wanted) == ("prci", "locked", "lock=0x1")
    assert sorted(summary.up) == ["gpio", "plic"]
    assert sorted(waiting.block for waiting in summary.waiting) == ["flash0", "spi0", "uart0", "uart1"]
    assert summary.violations == ()
    await transport.aclose()
