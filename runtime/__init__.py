"""Keeps it all alive: climbing, bring-up, supervision, virtual time, the command line."""
