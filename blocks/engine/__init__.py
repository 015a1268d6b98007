"""Compute engine: a core behind a power gate, tested, loaded with firmware, started, and watched for signs of life."""
