"""Fractional-N PLL: reference in, multiplied clock out."""
