"""SiFive GPIO: which pins are driven, which are read."""
