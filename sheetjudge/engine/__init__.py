"""Does a lot of it, once."""
