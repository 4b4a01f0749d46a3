"""vLLM's start-up log: into a file of ours instead of among a run's results, and back out of it as one line.

vLLM writes its log to standard output, where a run's results may go, from processes of its own that also print.
`VLLM_LOGGING_CONFIG_PATH` names a logging configuration that each of its processes reads; the handler in it puts what
such a process prints into the same file and takes it out of the terminal's group, so that Ctrl-C ends the run in order
instead of the engine at once.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import IO

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
            threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        super().__init__(log)


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone: killed, it can't tell, and the memory would stay taken."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def prepare(folder: Path, environ: MutableMapping[str, str]) -> Path:
    """Set what vLLM reads when it is imported; what the user has set himself stays. Returns the log's path."""
    log = folder / "vllm.log"
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


def undo(environ: MutableMapping[str, str]) -> None:
    """Forget the log: another program that is started from here has its own."""
    for name in (_FILE, _PARENT, _CONFIGURATION):
        environ.pop(name, None)


def cause(log: str) -> str:
    """The error in a log that the others follow from, in vLLM's own words; "" where there is none."""
    found = [m for line in log.splitlines() if (m := _CAUSE.search(line)) and not _NO_CAUSE.search(line)]
    return found[-1][2] if found else ""
