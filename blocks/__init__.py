"""What the hardware does: one folder for each type of block."""
