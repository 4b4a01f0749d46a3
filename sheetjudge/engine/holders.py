"""Who holds something on this machine: a process by its number, known to be dead when it is gone."""

from __future__ import annotations

import os
import platform
import secrets


def new_holder() -> str:
    """A name for a holder in this process: where it is, and a word that no other has."""
    return f"{_host()} {os.getpid()} {secrets.token_hex(4)}"


def is_here(holder: str) -> bool:
    """Is it of this machine?"""
    return holder.partition(" ")[0] == _host()


def is_dead(holder: str) -> bool:
    """Is its process known to be gone? One of another machine never is."""
    if not is_here(holder):
        return False
    try:
        os.kill(int(holder.split(" ")[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        # It is there, and not ours to signal.
        return False
    return False


def _host() -> str:
    return platform.node().replace(" ", "-") or "-"
