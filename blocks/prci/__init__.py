"""Power, reset, clocking and interrupts of the FU540: the core PLL."""
