"""Configuration as a value: defaults < configuration file < environment < flags."""

from __future__ import annotations

import difflib
import os
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sheetjudge.errors import ConfigError, SetupError

MOST_AT_ONCE = 4096
"""Calls in flight at the most, whatever is asked for."""

_PREFIX = "SHEETJUDGE_"


@dataclass(frozen=True)
class Settings:
    """What a person sets once, for every run.

    Attributes:
        home: folder of the configuration, the secret and a person's Google log-in.
        data: folder of what is kept of runs.
        judge: the judge where none is named; "" for the embedded one.
        journal: the journal's file.
        credentials: a service-account file for Google Sheets; "" for the application default credentials.
        concurrency: calls in flight to a judge; None for as many as that kind of judge likes.
        timeout: seconds that one call may take.
        providers: per provider what replaces its preset (`base_url`, `key_env`, `prices`, …).
    """

    home: Path
    data: Path
    journal: Path
    judge: str = ""
    credentials: str = ""
    concurrency: int | None = None
    timeout: float = 120.0
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from the configuration file `config.toml` and `SHEETJUDGE_…` variables.

    Args:
        environment: usually `os.environ`. `SHEETJUDGE_HOME` moves the configuration folder and the journal;
            `SHEETJUDGE_JUDGE`, `_JOURNAL`, `_CREDENTIALS`, `_CONCURRENCY` and `_TIMEOUT` set what they name.

    Raises:
        ConfigError: names the file and key, or the variable, and what it may hold.
    """
    home, data = _folders(environment)
    settings = Settings(home=home, data=data, journal=data / "journal.sqlite3")
    file = home / "config.toml"
    settings = _updated(settings, _read(file), lambda key: f"{file}: {key}")
    known = {f.name for f in fields(Settings)} - {"home", "data", "providers"}
    values = {name: environment[_PREFIX + name.upper()] for name in known if _PREFIX + name.upper() in environment}
    return _updated(settings, values, lambda key: _PREFIX + key.upper())


def _folders(environment: Mapping[str, str]) -> tuple[Path, Path]:
    if home := environment.get(_PREFIX + "HOME"):
        return Path(home), Path(home)
    import platformdirs

    return platformdirs.user_config_path("sheetjudge"), platformdirs.user_data_path("sheetjudge")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} can't be read ({error}).", "Correct it or move it away.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise ConfigError(f"{file} is not valid TOML: {error}.", "Correct that line.") from error


def _updated(settings: Settings, values: Mapping[str, Any], where: Any) -> Settings:
    changes: dict[str, Any] = {}
    known = {f.name for f in fields(Settings)} - {"home", "data"}
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            advice = f"Did you mean {near[0]!r}?" if near else f"The settings are {', '.join(sorted(known))}."
            raise ConfigError(f"{where(key)} is no setting.", advice)
        changes[key] = _converted(key, value, where(key))
    return replace(settings, **changes)


def _converted(key: str, value: Any, where: str) -> Any:
    try:
        if key == "concurrency":
            number = -1 if isinstance(value, bool | float) else int(value)
            wanted = f"a whole number from 1 to {MOST_AT_ONCE}"
            return number if 1 <= number <= MOST_AT_ONCE else _refused(where, value, wanted)
        if key == "timeout":
            seconds = -1.0 if isinstance(value, bool) else float(value)
            return seconds if 0 < seconds < float("inf") else _refused(where, value, "seconds above 0")
    except (TypeError, ValueError):
        return _refused(where, value, "a number")
    if key == "providers":
        ok = isinstance(value, dict) and all(isinstance(v, dict) for v in value.values())
        return value if ok else _refused(where, value, "tables such as [providers.openai]")
    if not isinstance(value, str):
        return _refused(where, value, "text")
    return _path(value, where) if key == "journal" else value


def _path(written: str, where: str) -> Path:
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise ConfigError(f"{where} is {written!r}, a folder of nobody known here.", "Write the whole path.") from None


def _refused(where: str, value: Any, wanted: str) -> Any:
    raise ConfigError(f"{where} is {value!r}.", f"It has to be {wanted}.")


def delimiter_secret(home: Path, environment: Mapping[str, str]) -> bytes:
    """The key of the marks around a row's text, made once and kept in the configuration folder.

    `SHEETJUDGE_SECRET` comes first, so that several machines can share one (and with it the journal's keys).

    Raises:
        SetupError: the folder can't be written.
    """
    if given := environment.get(_PREFIX + "SECRET"):
        return given.encode()
    path = home / "secret"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made whole under another name first: two runs that start together must end up with the same secret.
        if not path.exists():
            fresh = home / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
            try:
                with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                    file.write(secrets.token_hex(32))
                with suppress(FileExistsError):
                    os.link(fresh, path)
            finally:
                fresh.unlink(missing_ok=True)
        found = path.read_bytes().strip()
    except OSError as error:
        raise SetupError(
            f"The configuration folder {home} can't be used ({error.strerror or error}).",
            "Set SHEETJUDGE_HOME to a folder that you can write, or SHEETJUDGE_SECRET to a long random text.",
        ) from error
    if not found:
        # Known to anybody, it would let a text close its own marks.
        raise SetupError(f"The file {path} is empty; it holds a secret.", "Delete it: the next run makes a new one.")
    return found
