"""Fuse controller: one-time programmable words, sensed into registers, checked, and closed to programming."""
