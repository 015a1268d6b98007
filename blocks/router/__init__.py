"""Mesh router: five ports, a route table that takes effect on commit, credits, isolation."""
