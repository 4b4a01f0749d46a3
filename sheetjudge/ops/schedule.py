"""Ready-made schedules of jobs: a line for cron, or a service and its timer for systemd."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sheetjudge.errors import ConfigError
from sheetjudge.ops.job_file import read_job
from sheetjudge.ops.office import LOG_FILE
from sheetjudge.ops.settings import load_settings

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def crontab_line(files: Sequence[str], at: str, days: Sequence[str], environment: Mapping[str, str]) -> str:
    """A line for `crontab -e` that runs jobs at a time of day.

    A second start while the first runs is no harm: a job that is running already is left alone, so the line needs no
    lock of its own.

    Args:
        files: job files. at: `HH:MM`. days: `mon` … `sun`; none for every day.
        environment: environment variables, for the folder of the log.

    Raises:
        ConfigError: a file that is no job, or a time that is none.
    """
    hour, minute = _time(at)
    on = ",".join(_days(days)) or "*"
    home = environment.get("SHEETJUDGE_HOME")
    prefix = f"SHEETJUDGE_HOME={shlex.quote(home)} " if home else ""
    log = load_settings(environment).data / "cron.log"
    # Cron takes an unescaped % for the end of the line.
    command = f"{prefix}{_command(files)} >> {shlex.quote(str(log))} 2>&1".replace("%", r"\%")
    return f"{minute} {hour} * * {on} {command}"


def systemd_units(
    files: Sequence[str], at: str, days: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, str]:
    """The text of `sheetjudge.service` and of `sheetjudge.timer`, for a user's systemd.

    Args: as `crontab_line`.

    Raises:
        ConfigError: a file that is no job, or a time that is none.
    """
    hour, minute = _time(at)
    on = f"{','.join(day.capitalize() for day in _days(days))} " if days else ""
    home = environment.get("SHEETJUDGE_HOME")
    variable = f"Environment={_unit_quoted(f'SHEETJUDGE_HOME={home}')}\n" if home else ""
    log = load_settings(environment).data / LOG_FILE
    service = (
        "[Unit]\n"
        "Description=sheetjudge: judge what is new\n"
        "Wants=network-online.target\n"
        "After=network-online.target\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"{variable}"
        f"# Keys: a file of NAME=VALUE lines that only you can read. Each run is told of in {log}.\n"
        "EnvironmentFile=-%h/.config/sheetjudge/environment\n"
        f"ExecStart={_unit_command(files)}\n"
        "# 1: some rows went unscored, which the log tells. 3: stopped, and taken up by the next run.\n"
        "SuccessExitStatus=1 3\n"
    )
    timer = (
        "[Unit]\n"
        "Description=sheetjudge: when to judge\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar={on}*-*-* {hour:02}:{minute:02}:00\n"
        "# A machine that was off at the time catches up.\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )
    return service, timer


def _command(files: Sequence[str]) -> str:
    return " ".join(shlex.quote(part) for part in _parts(files))


def _unit_command(files: Sequence[str]) -> str:
    return " ".join(_unit_quoted(part) for part in _parts(files))


def _unit_quoted(text: str) -> str:
    """A word of a unit file: systemd gives % and $ a meaning of their own."""
    text = text.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[A-Za-z0-9_./=:%$+-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parts(files: Sequence[str]) -> list[str]:
    paths = []
    for file in files:
        read_job(file)
        paths.append(str(Path(file).resolve()))
    return [sys.executable, "-m", "sheetjudge", "run", *paths]


def _time(at: str) -> tuple[int, int]:
    found = _TIME.fullmatch(at.strip())
    if found is None:
        raise ConfigError(f"{at!r} is no time of day.", "Write it as 02:30.")
    return int(found[1]), int(found[2])


def _days(days: Sequence[str]) -> list[str]:
    short = [day.strip().lower()[:3] for day in days]
    for day, text in zip(short, days, strict=True):
        if day not in _DAYS:
            raise ConfigError(f"{text!r} is no day of the week.", f"They are {', '.join(_DAYS)}.")
    return [day for day in _DAYS if day in short]
