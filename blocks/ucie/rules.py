"""What must be so before training is started, by the registers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blocks.ucie.ltsm import DATA_LANES, HALF
from blocks.ucie.regs import FlitE, ModeE, ProtocolE, RateE


def unfit(field: Callable[[str], int]) -> Iterator[tuple[str, str]]:
    """Yield (register, rule) of each rule that starting would break now.

    Args:
        field: the value of a field by its path.
    """
    if not field("STATUS.power_good"):
        yield "CTRL", "training started while the PHY has no power"
    elif not field("STATUS.phy_lock"):
        yield "CTRL", "training started while the PHY has no lock"
    if field("ERR_LOG.valid"):
        yield "CTRL", "training started over an error that nobody has taken note of"
    if field("TEST.mode") != ModeE.NORMAL:
        yield "CTRL", "training started in a mode of the laboratory"
    rate, width = field("LINK_CTRL.rate"), field("LINK_CTRL.width")
    if not RateE.NONE < rate <= RateE.GT_32 or width not in (HALF, DATA_LANES):
        yield "LINK_CTRL", "training started for a rate or a width that there is not"
    if rate > RateE.GT_16 and not field("PHY_CTRL.terminated"):
        yield "PHY_CTRL", "training started for more than 16 GT/s without termination"
    protocol, flit = field("ADAPTER_CTRL.protocol"), field("ADAPTER_CTRL.flit")
    if protocol == ProtocolE.NONE or (field("ADAPTER_CTRL.retry") and flit == FlitE.RAW):
        yield "ADAPTER_CTRL", "training started with an adapter that offers what cannot be"
