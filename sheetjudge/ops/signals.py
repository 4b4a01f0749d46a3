"""Ctrl-C, SIGTERM and a closed terminal: what asks runs to end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_signals(stop_all: Callable[[], None]) -> Iterator[None]:
    """The first one calls `stop_all`, which is to end all runs cleanly; a second one cancels the task in here."""
    task = asyncio.current_task()
    asked = 0

    def ask() -> None:
        nonlocal asked
        asked += 1
        if asked > 1 and task is not None:
            task.cancel()
        stop_all()

    with told_of_signals(ask):
        yield


@contextmanager
def told_of_signals(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` on the running event loop at each of them. Outside the main thread somebody else looks after them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] is signal.SIG_IGN:
        # It is to go on without its terminal (nohup).
        del before[signal.SIGHUP]
    for number in before:
        loop.add_signal_handler(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
