"""Mailbox: messages and doorbells to and from another processor, once both ends agree on a protocol."""
