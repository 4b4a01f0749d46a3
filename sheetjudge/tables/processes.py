"""Processes of this machine: is the one that left its number somewhere still there?"""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_AT = 19
_SPARE_SECONDS = 2.0


def is_running(process: int, seen: float | None = None) -> bool:
    """Does the process run that had this number at the time `seen` (seconds since 1970)?

    A number is given again. In a container every restart of a program has the same, and would be taken for its own
    predecessor.

    Args:
        process: its number. seen: None where any process with that number will do.
    """
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # It is there, and not ours to signal; or it is no number of a process.
        pass
    began = None if seen is None else began_at(process)
    return began is None or seen is None or began <= seen + _SPARE_SECONDS


def began_at(process: int) -> float | None:
    """When a process began, in seconds since 1970; None where the system doesn't say."""
    try:
        # The name in brackets may hold anything.
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        lines = Path("/proc/stat").read_text(encoding="utf-8").splitlines()
        booted = next(float(line.split()[1]) for line in lines if line.startswith("btime "))
        return booted + int(fields[_TICKS_AT]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
