"""One stack of high-bandwidth memory: supplies, reset, PHY clock, calibration, mode registers."""
