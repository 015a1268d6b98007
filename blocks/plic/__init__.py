"""Platform-level interrupt controller: priorities, enables and threshold of one context."""
