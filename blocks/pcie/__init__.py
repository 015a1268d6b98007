"""PCIe endpoint controller with its PHY: registers, driver and model."""
