"""vLLM's start-up log: into a file of ours instead of among a run's results, and back out of it as one line.

vLLM writes its log to standard output, where a run's results may go, from processes of its own that also print.
`VLLM_LOGGING_CONFIG_PATH` names a logging configuration that each of its processes reads; the handler in it takes the
process out of the terminal's group, so that Ctrl-C ends the run in order instead of the engine at once. What is written
before that, or not by a logger, gets into the same file because the processes are begun with it as their output.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from multiprocessing import spawn
from pathlib import Path
from typing import IO

NAME = "vllm.log"
"""The log's name in its folder."""

_FILE = "SHEETJUDGE_VLLM_LOG"
_PARENT = "SHEETJUDGE_VLLM_PARENT"
_LOOK_SECONDS = 1.0
_CONFIGURATION = "VLLM_LOGGING_CONFIG_PATH"
_CAUSE = re.compile(r"(?:^|\s)(?:[\w.]*\.)?(\w*(?:Error|Exception)): (\S.*)$")
# What the process that waits says of the one that failed.
_NO_CAUSE = re.compile(r"Engine core initialization failed|WorkerProc initialization failed|See root cause|See stack")


class Handler(logging.StreamHandler[IO[str]]):
    """Writes to the file that the environment names; in a process of vLLM's, everything else goes there as well."""

    def __init__(self) -> None:
        log = Path(os.environ[_FILE]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open while vLLM runs
        if os.environ[_PARENT] != str(os.getpid()):
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            if os.getpgrp() == os.getpgid(os.getppid()):
                os.setpgid(0, 0)
            ours = (os.getppid(), int(os.environ[_PARENT]))
            threading.Thread(target=_end_with, args=ours, daemon=True).start()
        super().__init__(log)


def _end_with(parent: int, run: int) -> None:
    """End this process when the one that started it is gone: killed, it can't tell, and the memory would stay taken.

    Args:
        parent: whoever started this process. run: the process of the run, which may have been gone by then.
    """
    while os.getppid() == parent and _is_there(run):
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        # Another user's process can't be signalled, but it is there.
        return isinstance(error, PermissionError)
    return True


def prepare(folder: Path, environ: MutableMapping[str, str]) -> Path:
    """Set what vLLM reads when it is imported; what the user has set himself stays. Returns the log's path."""
    log = folder / NAME
    log.touch()
    configuration = folder / "logging.json"
    handler = {"()": "sheetjudge.llm.vllm_log.Handler"}
    loggers = {"vllm": {"handlers": ["file"], "level": "INFO", "propagate": False}}
    configuration.write_text(
        json.dumps({"version": 1, "disable_existing_loggers": False, "handlers": {"file": handler}, "loggers": loggers})
    )
    environ.update({_FILE: str(log), _PARENT: str(os.getpid()), _CONFIGURATION: str(configuration)})
    # Its statistics of use would tell others of the run.
    environ.update({"VLLM_NO_USAGE_STATS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"})
    environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
    return log


@contextmanager
def caught(log: Path) -> Iterator[None]:
    """Have what vLLM writes in the block go into `log`: of this process, and of those that it spawns.

    vLLM warns while it is imported, before it reads any configuration.
    """
    begin = log.parent / "python"
    begin.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@" >>{shlex.quote(str(log))} 2>&1\n')
    begin.chmod(0o700)
    usual, logger, handler = spawn.get_executable(), logging.getLogger("vllm"), logging.FileHandler(log)
    logger.addHandler(handler)
    # Where nothing in the folder for temporary files may be executed, a line or two reach the terminal.
    if os.access(begin, os.X_OK):
        spawn.set_executable(str(begin))
    try:
        yield
    finally:
        spawn.set_executable(usual)
        logger.removeHandler(handler)
        handler.close()


def undo(environ: MutableMapping[str, str]) -> None:
    """Forget the log: another program that is started from here has its own."""
    for name in (_FILE, _PARENT, _CONFIGURATION):
        environ.pop(name, None)


def cause(log: str) -> str:
    """The error in a log that the others follow from, in vLLM's own words; "" where there is none."""
    found = [m for line in log.splitlines() if (m := _CAUSE.search(line)) and not _NO_CAUSE.search(line)]
    return found[-1][2] if found else ""
