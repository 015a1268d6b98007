"""Generic interrupt controller, version 2: distributor, one CPU interface, and a v2m frame for messages."""
