"""Sensor: temperature, supply voltage and droops of one place on the die, with limits and alarms."""
