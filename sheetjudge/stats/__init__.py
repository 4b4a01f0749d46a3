"""Verdicts become numbers; no I/O."""
