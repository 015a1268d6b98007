"""Clock and reset generator of one cluster."""
