"""One channel of a stack of high-bandwidth memory: timing, training, lane repair, error correction, refresh."""
