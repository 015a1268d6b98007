"""UCIe die-to-die link, one end of it: registers, driver and model."""
