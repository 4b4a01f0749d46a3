"""The sidebar put where a script of Google's can be made of it: a folder that clasp pushes, or three files to paste."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sheetjudge.errors import ConfigError, SetupError
from sheetjudge.ops.sidebar_project import Way, by_hand, project, way_to

FOLDER = "sheetjudge-sidebar"
PASTED = "by-hand"

_CLASP_FILE, _LIST = ".clasp.json", ".sheetjudge-files.json"
_SCRIPT = re.compile(r"[A-Za-z0-9_-]{20,100}")
_SCRIPT_URL = re.compile(r"https://script\.google\.com/.*/(?:projects|d)/([A-Za-z0-9_-]{20,100})(?:/.*)?")
_PUSH_SECONDS = 180.0


@dataclass(frozen=True)
class Installed:
    """What was done.

    Attributes:
        way: to the judge. folder: with the script. script: its id; "" where it isn't known.
        is_pushed: the script is at Google's now. why_not: why it isn't, in a sentence; "" where it is.
    """

    way: Way
    folder: Path
    script: str
    is_pushed: bool
    why_not: str = ""


def install(
    backend: str,
    environment: Mapping[str, str],
    *,
    script: str = "",
    folder: str = "",
    run: Callable[[list[str], Path], tuple[int, str]] | None = None,
) -> Installed:
    """Copy the sidebar, write its manifest and configuration, and push it where clasp is set up.

    Args:
        backend: the address of `sheetjudge serve`; "" for the queue in the sheet.
        environment: environment variables; `PATH` and `HOME` say where clasp and its log-in are.
        script: id or address of the script; "" for the one that the folder is for already.
        folder: where to put the files; "" for the usual one here.
        run: runs a command in a folder; answers its exit code and what it said.

    Raises:
        ConfigError: the address can't be a backend's, the script's id is none, or the folder holds something else.
        SetupError: the folder can't be written, or clasp failed.
    """
    way, into = way_to(backend), Path(folder or FOLDER).expanduser()
    wanted = _script(script)
    files = project(way)
    pasted = {f"{PASTED}/{name}": text for name, text in by_hand(files).items()}
    _check_free(into)
    wanted = wanted or _known_script(into)
    clasp = {_CLASP_FILE: f"{json.dumps({'scriptId': wanted, 'rootDir': ''}, indent=2)}\n"} if wanted else {}
    try:
        _write(into, {**files, **pasted, **clasp})
    except OSError as error:
        raise SetupError(
            f"{into} can't be written: {error.strerror or error}.", "Name another with --folder."
        ) from error
    why_not = _why_not(way, wanted, environment)
    if not why_not:
        code, said = (run or _run)([_clasp(environment), "push", "--force"], into)
        if code != 0:
            last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
            raise SetupError(
                f"clasp push failed: {last or f'exit code {code}'}.", f"See to that, then run it in {into}."
            )
    return Installed(way, into, wanted, is_pushed=not why_not, why_not=why_not)


def _script(text: str) -> str:
    if not text or _SCRIPT.fullmatch(text):
        return text
    found = _SCRIPT_URL.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"{text} is no script's id.", "In its editor: Project Settings (the gear) › IDs › Script ID › Copy."
        )
    return found[1]


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file.", "Name a folder with --folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _LIST).is_file():
        kept = {path.name for path in folder.iterdir()} - {_CLASP_FILE}
        if kept:
            raise ConfigError(f"{folder} holds something else already.", "Name a new one with --folder.")


def _known_script(folder: Path) -> str:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        found = str(json.loads((folder / _CLASP_FILE).read_text(encoding="utf-8")).get("scriptId", ""))
        return found if _SCRIPT.fullmatch(found) else ""
    return ""


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files, and take away those that an earlier version had: Google would load them, too."""
    for path in set(_listed(folder)) - files.keys():
        (folder / path).unlink(missing_ok=True)
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    listed = sorted(path for path in files if path != _CLASP_FILE)
    (folder / _LIST).write_text(f"{json.dumps(listed, indent=2)}\n", encoding="utf-8")


def _listed(folder: Path) -> Iterable[str]:
    try:
        listed = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    names = [path for path in listed if isinstance(path, str)] if isinstance(listed, list) else []
    return [path for path in names if not Path(path).is_absolute() and ".." not in Path(path).parts]


def _why_not(way: Way, script: str, environment: Mapping[str, str]) -> str:
    """Why nothing is pushed; "" where it can be."""
    if way.is_local:
        return "A script at Google's can't reach this machine, so this one is for trying out here only."
    if not _clasp(environment):
        return "clasp isn't installed."
    if not _has_log_in(environment):
        return "clasp isn't logged in."
    return "" if script else "The script's id isn't known yet (--script-id)."


def _clasp(environment: Mapping[str, str]) -> str:
    return shutil.which("clasp", path=environment.get("PATH", "")) or ""


def _has_log_in(environment: Mapping[str, str]) -> bool:
    named = environment.get("clasp_config_auth")
    home = environment.get("HOME", "")
    places = [Path(named), Path(named) / ".clasprc.json"] if named else [Path(home) / ".clasprc.json"]
    return any(place.is_file() for place in places)


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    try:
        done = subprocess.run(  # noqa: S603 - clasp's own path, and no words of anybody's
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_PUSH_SECONDS, encoding="utf-8"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, f"{type(error).__name__}"
    return done.returncode, f"{done.stdout}\n{done.stderr}"
