"""Campaigns: the controller is reset at every access of a bring-up, and each time the chip must come up again."""
