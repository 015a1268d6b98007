"""Serial NOR flash behind an SPI controller: identified before anything believes it."""
