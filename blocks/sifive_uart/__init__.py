"""SiFive UART: a serial port whose received bytes are kept in a bounded buffer."""
