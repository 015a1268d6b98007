"""SiFive SPI controller, and the command address space that it offers to what hangs on its bus."""
