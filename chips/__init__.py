"""Products as data: which blocks stand where, and what they need."""
