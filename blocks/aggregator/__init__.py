"""Interrupt aggregator: 31 lines in and its own events, one line out; masks, priorities, storm control."""
