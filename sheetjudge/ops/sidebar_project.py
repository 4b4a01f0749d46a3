"""The script of the sidebar: its files as they are shipped, made ready for one spreadsheet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit

from sheetjudge.errors import ConfigError, SetupError

MANIFEST, CONFIG, PAGE = "appsscript.json", "Config.js", "Sidebar.html"

_FOLDERS = ("pure", "server", "view")
_FETCH_SCOPE = "https://www.googleapis.com/auth/script.external_request"
_INSTALLED = re.compile(r"const INSTALLED = \{[^}]*\};")
_INCLUDE = re.compile(r"<\?!= include\('([\w/]+)'\) \?>")
_LOCAL = frozenset({"localhost", "127.0.0.1"})
_HTTPS = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[\w./~-]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """How the sidebar gets to its judge.

    Attributes:
        mode: `http`, or `queue`: through the sheet. backend: the address, without a slash at its end; "" for the queue.
    """

    mode: str
    backend: str = ""

    @property
    def is_local(self) -> bool:
        """It is on this machine, where Google's servers don't get to."""
        return self.backend.startswith("http://")


def way_to(backend: str) -> Way:
    """The way to a backend.

    Args:
        backend: its address; "" for the queue.

    Raises:
        ConfigError: it isn't HTTPS, and not on this machine either; or no address at all.
    """
    if not backend:
        return Way("queue")
    address = backend.strip().rstrip("/")
    parts = urlsplit(address)
    if parts.scheme.lower() == "http" and parts.hostname in _LOCAL and not parts.path:
        return Way("http", address)
    if parts.scheme.lower() == "http":
        raise ConfigError(
            f"{address} isn't encrypted: everybody on the way could read the rows and the token that lets you in.",
            "Put HTTPS in front of the backend (Caddy, nginx or Cloud Run do that), and give its https:// address.",
        )
    if not _HTTPS.fullmatch(address):
        raise ConfigError(f"{address} is no address of a backend.", "Give one such as https://judge.example.org")
    return Way("http", address)


def project(way: Way) -> dict[str, str]:
    """The files of the script by their paths, as `clasp push` takes them.

    Raises:
        SetupError: they aren't there, or aren't what is expected.
    """
    found = {path: file.read_text(encoding="utf-8") for path, file in _shipped()}
    if not {MANIFEST, CONFIG, PAGE} <= found.keys():
        raise SetupError("The files of the sidebar are missing from this installation.", "Install sheetjudge again.")
    found[CONFIG] = _configured(found[CONFIG], way)
    found[MANIFEST] = _manifest(found[MANIFEST], way)
    return found


def by_hand(files: Mapping[str, str]) -> dict[str, str]:
    """The same script as three files, for a person who puts them into the editor by hand.

    Args:
        files: as `project` gives them.
    """
    scripts = [f"// --- {path}\n{text.strip()}\n" for path, text in sorted(files.items()) if path.endswith(".js")]

    def part(found: re.Match[str]) -> str:
        return files[f"{found[1]}.html"].strip()

    return {
        "Code.gs": "\n".join(scripts),
        PAGE: _INCLUDE.sub(part, files[PAGE]),
        MANIFEST: files[MANIFEST],
    }


def _configured(text: str, way: Way) -> str:
    said = f"const INSTALLED = {{ mode: '{way.mode}', backend: '{way.backend}' }};"
    changed, times = _INSTALLED.subn(lambda _: said, text)
    if times != 1:
        raise SetupError(f"{CONFIG} of the sidebar isn't what is expected.", "Install sheetjudge again.")
    return changed


def _manifest(text: str, way: Way) -> str:
    """The manifest with the one address that the script may call; for the queue it may call none."""
    manifest = json.loads(text)
    if way.mode == "queue":
        manifest.pop("urlFetchWhitelist", None)
        manifest["oauthScopes"] = [scope for scope in manifest["oauthScopes"] if scope != _FETCH_SCOPE]
    else:
        manifest["urlFetchWhitelist"] = [f"{way.backend}/"]
    return f"{json.dumps(manifest, indent=2)}\n"


def _shipped() -> Iterator[tuple[str, Traversable]]:
    """Path and file of everything that is pushed: inside the package, or beside it in a checkout."""
    package = resources.files("sheetjudge")
    root = next((one for one in (package / "appscript", Path(str(package)).parent / "appscript") if one.is_dir()), None)
    if root is None:
        return
    for folder in ("", *_FOLDERS):
        for file in (root / folder if folder else root).iterdir():
            is_pushed = file.name.endswith((".js", ".html")) or file.name in {MANIFEST, ".claspignore"}
            if is_pushed and file.is_file():
                yield f"{folder}/{file.name}" if folder else file.name, file
