"""Who holds something on this machine: a process by its number, known to be dead when it is gone."""

from __future__ import annotations

import os
import platform
import secrets

from sheetjudge.tables.processes import began_at, is_running


def new_holder() -> str:
    """A name for a holder in this process: where it is, a word that no other has, and when the process began."""
    began = began_at(os.getpid())
    return f"{_host()} {os.getpid()} {secrets.token_hex(4)}{'' if began is None else f' {began:.0f}'}"


def is_here(holder: str) -> bool:
    """Is it of this machine?"""
    return holder.partition(" ")[0] == _host()


def is_dead(holder: str) -> bool:
    """Is its process known to be gone? One of another machine never is."""
    if not is_here(holder):
        return False
    _, process, *rest = holder.split(" ")
    return not is_running(int(process), float(rest[1]) if len(rest) > 1 else None)


def _host() -> str:
    return platform.node().replace(" ", "-") or "-"
