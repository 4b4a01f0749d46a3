"""Words to a person, and data to a program, on a terminal that obeys nobody's text but ours."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from sheetjudge.cli.process import drop_output
from sheetjudge.core.visible import escaped_json
from sheetjudge.core.words import counted
from sheetjudge.errors import SetupError

__all__ = ["counted", "put", "say", "say_json", "shown"]

# What moves the cursor, sets a window's title, deletes lines or turns the direction of writing around; and what no
# stream can take.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str) -> str:
    """`text`, which may quote cells, names and servers, with U+FFFD for each character that a terminal would obey."""
    return _COMMANDS.sub("\ufffd", text)


def say(text: str, *, err: bool = False) -> None:
    """Print `text` for a person, on standard error with `err`."""
    put(shown(text), err=err)


def say_json(data: Any, *, indent: int | None = 2) -> None:
    """Print `data` as JSON on standard output; a terminal that shows it obeys none of it either."""
    put(escaped_json(json.dumps(data, ensure_ascii=False, indent=indent)))


def put(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print `text` as it stands. Where its reader has gone (`| head`) nothing is left to say, and the work goes on.

    Raises:
        SetupError: standard output can't be written.
    """
    try:
        click.echo(text, err=err, nl=nl)
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        raise SetupError(
            f"Standard output can't be written: {error.strerror or error}.", "Make room, or send it elsewhere."
        ) from error
