"""The files of an Apps Script project, as `clasp push` would send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import Any

from sheetjudge.errors import ConfigError

MANIFEST = "appsscript.json"
_KINDS = (".js", ".html")


class Project:
    """An Apps Script project in a folder; read afresh at each look, so that an edit shows when a page is loaded again.

    Args:
        folder: where its files are, `appsscript.json` among them.
    """

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        if not (folder / MANIFEST).is_file():
            raise ConfigError(f"{folder} holds no Apps Script project: there is no {MANIFEST}.")

    @property
    def manifest(self) -> Any:
        """What `appsscript.json` says."""
        return json.loads((self._folder / MANIFEST).read_text("utf-8"))

    @property
    def allowed_addresses(self) -> tuple[str, ...] | None:
        """The prefixes of `urlFetchWhitelist`; None where the manifest has none, and everything may be fetched."""
        found = self.manifest.get("urlFetchWhitelist")
        return None if found is None else tuple(found)

    def names(self) -> list[str]:
        """The paths of its files below the folder, in the order in which they run."""
        return sorted(_files(self._folder, ""))

    def read(self, name: str) -> str | None:
        """A file's text; None where the project has no such file."""
        if name not in self.names():
            return None
        place = self._folder
        for part in name.split("/"):
            place = place / part
        return place.read_text("utf-8")


def _files(folder: Traversable, prefix: str) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name == "node_modules":
            continue
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_KINDS):
            yield prefix + entry.name
