"""A file that is written beside its place and takes it when it is whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import weakref
from pathlib import Path
from typing import Self

PART = ".part"
MARK = r"\w{8}"
"""What stands between the name and PART, as a pattern."""


class Beside:
    """A new file, open, that nobody else may read.

    It goes with its `with`, and at the latest when the process ends, if it hasn't taken its place by then: a signal
    may come at any line, also between two of those that make it.

    Args:
        name: of the file it stands for. folder: where that one lies.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.path = folder / f".{name}.{secrets.token_hex(4)}{PART}"
        self._at_the_end = weakref.finalize(self, _unlink, self.path)
        self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """It is no more, unless it took its place; its handle stays open."""
        _unlink(self.path)
        self._at_the_end.detach()

    def take(self, place: Path, *, private: bool = False) -> None:
        """Put it where it belongs, with the permissions of what stood there, or those of any new file.

        Args:
            place: its path. private: readable by its owner only.

        Raises:
            OSError: it can't be put there.
        """
        if not private:
            self._take_mode(place)
        self.path.replace(place)
        self._at_the_end.detach()

    def _take_mode(self, place: Path) -> None:
        if place.exists():
            shutil.copymode(place, self.path)
            return
        mask = os.umask(0)
        os.umask(mask)
        self.path.chmod(0o666 & ~mask)


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
