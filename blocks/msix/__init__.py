"""MSI-X table: a message for each vector, its mask, and what is pending behind it."""
