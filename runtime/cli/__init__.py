"""The command `firstlight`: one small module a group of verbs."""
