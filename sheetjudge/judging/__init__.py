"""A question becomes a verdict; no I/O."""
