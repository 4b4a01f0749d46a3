"""Ctrl-C and SIGTERM where several runs go side by side."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(stop_all: Callable[[], None]) -> Iterator[None]:
    """The first one calls `stop_all`, which is to end all runs cleanly; a second one cancels the task in here."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        if asked > 1 and task is not None:
            task.cancel()
        stop_all()

    handled = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in handled:
            loop.add_signal_handler(number, ask)
    except (RuntimeError, ValueError):
        # Not in the main thread: whoever runs us looks after signals.
        yield
        return
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
