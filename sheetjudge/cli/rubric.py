"""`sheetjudge rubric`: the rubrics that there are, what they say, whether a file is one, and rubrics in tabs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import Number
from sheetjudge.cli.say import counted, put, say, say_json

if TYPE_CHECKING:
    from sheetjudge.core.rubric import Rubric
    from sheetjudge.ops.rubrics import Checked

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_SCHEMA_FILE = "rubric.schema.json"
_CREDENTIALS = click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
_TAB = click.option("--tab", default="Rubric", show_default=True, metavar="NAME", help="The tab that holds the rubric.")
_DONE = {
    "made": "is now in the new tab",
    "filled": "is now in the tab",
    "replaced": "has taken the place of what was in the tab",
    "unchanged": "was already in the tab",
}


@click.group()
def rubric() -> None:
    """List, show, check and draft rubrics, and keep them in a tab of a spreadsheet."""


@rubric.command("list")
@_AS_JSON
def list_command(*, as_json: bool) -> None:
    """List the rubrics that come with sheetjudge."""
    from sheetjudge.ops.rubrics import list_rubrics

    shipped = list_rubrics()
    if as_json:
        say_json([
            {"name": s.name, "title": s.rubric.name, "about": s.rubric.about, "scale": str(s.rubric.scale),
             "criteria": [c.id for c in s.rubric.criteria], "version": s.rubric.version} for s in shipped
        ])  # fmt: skip
        return
    width = max((len(s.name) for s in shipped), default=0)
    for s in shipped:
        put(f"{s.name:<{width}}  {s.rubric.scale}  {', '.join(c.id for c in s.rubric.criteria)}")


@rubric.command()
@click.argument("name")
@_AS_JSON
def show(name: str, *, as_json: bool) -> None:
    """Print the rubric NAME (a shipped one, a file, or a criterion in words) as a file to start from.

    An editor that knows YAML schemas checks the file as you write: put
    `sheetjudge rubric schema > rubric.schema.json` beside it and keep its first lines.
    """
    from sheetjudge.ops.rubrics import find_rubric

    _print(find_rubric(name), as_json=as_json)


@rubric.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_AS_JSON
def check(files: tuple[str, ...], *, as_json: bool) -> None:
    """Say what is wrong with each FILE, and what is allowed but unwise. Exit code 2 if any is wrong."""
    from sheetjudge.ops.rubrics import check_rubric

    checked = [check_rubric(file) for file in files]
    if as_json:
        say_json([_as_data(c) for c in checked])
    else:
        for c in checked:
            _print_checked(c)
    if any(c.problems for c in checked):
        click.get_current_context().exit(2)


@rubric.command()
@click.argument("name", metavar="RUBRIC")
@click.argument("sheet", metavar="SHEET")
@_TAB
@click.option("--overwrite", is_flag=True, help="Also where the tab holds something else.")
@_CREDENTIALS
@_AS_JSON
def push(name: str, sheet: str, tab: str, *, overwrite: bool, credentials: str | None, as_json: bool) -> None:
    """Write RUBRIC (a shipped one, a file, or a criterion in words) into a tab of the spreadsheet SHEET.

    There people edit it, and `score SHEET --rubric tab:NAME` goes by it.
    """
    from sheetjudge.ops.rubrics import push_rubric

    found, done = push_rubric(name, sheet, tab, credentials, os.environ, overwrite=overwrite)
    if as_json:
        say_json({"rubric": found.name, "version": found.version, "tab": tab, "done": done})
    else:
        say(f"{found.name!r} {_DONE[done]} {tab!r}. Score by it with: --rubric {_quoted(f'tab:{tab}')}")


@rubric.command()
@click.argument("sheet", metavar="SHEET")
@_TAB
@click.option("--out", metavar="FILE", help="The file to write, in place of standard output.")
@_CREDENTIALS
@_AS_JSON
def pull(sheet: str, tab: str, *, out: str | None, credentials: str | None, as_json: bool) -> None:
    """Print the rubric in a tab of SHEET (a spreadsheet, or an .xlsx file) as a rubric file."""
    from sheetjudge.ops.rubrics import pull_rubric

    found = pull_rubric(sheet, tab, credentials, os.environ)
    if out is None:
        _print(found, as_json=as_json)
        return
    _write(Path(out), _as_file(found))
    if as_json:
        say_json({"rubric": found.name, "version": found.version, "file": out})
    else:
        say(f"{found.name!r} is now in {out}.")


@rubric.command()
@click.argument("sentence")
@click.option("--judge", default="", help="Who writes it: openai:MODEL, …  [default: the configured judge]")
@click.option("--budget", type=Number(min=0), metavar="USD", help="The most that it may cost.")
@click.option("--out", metavar="FILE", help="The file to write, in place of standard output.")
@_AS_JSON
def draft(sentence: str, judge: str, budget: float | None, out: str | None, *, as_json: bool) -> None:
    """Draft a rubric from a SENTENCE that says what matters, to edit and to score by.

    A judge writes it. The models that run inside sheetjudge are too small for that; with them, it is put together from
    the words of the sentence.
    """
    import asyncio

    from sheetjudge.core.rubric_dump import rubric_data
    from sheetjudge.ops.rubric_draft import draft_rubric

    found = asyncio.run(draft_rubric(sentence, judge, os.environ, budget=budget))
    usd = None if found.tally.unpriced else found.tally.usd
    if out is not None:
        _write(Path(out), _as_file(found.rubric))
    if as_json:
        say_json({**rubric_data(found.rubric), "version": found.rubric.version, "note": found.note, "usd": usd})
        return
    if found.note:
        say(f"Note: {found.note}", err=True)
    if out is None:
        _print(found.rubric, as_json=False)
    else:
        say(f"{found.rubric.name!r} is now in {out}. Score by it with: --rubric {_quoted(out)}")


@rubric.command()
def schema() -> None:
    """Print the JSON Schema of a rubric file, for editors."""
    from sheetjudge.ops.rubrics import rubric_schema

    put(rubric_schema(), nl=False)


def _print(rubric: Rubric, *, as_json: bool) -> None:
    from sheetjudge.core.rubric_dump import rubric_data

    if as_json:
        say_json({**rubric_data(rubric), "version": rubric.version})
    else:
        put(_as_file(rubric), nl=False)


def _as_file(rubric: Rubric) -> str:
    from sheetjudge.core.rubric_dump import dump_rubric

    return (
        f"# Editors check this file by: sheetjudge rubric schema > {_SCHEMA_FILE}\n"
        f"# yaml-language-server: $schema={_SCHEMA_FILE}\n{dump_rubric(rubric)}"
    )


def _write(path: Path, text: str) -> None:
    from sheetjudge.errors import ConfigError

    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
            except BaseException:
                # Half of it would be in the way of the next try.
                path.unlink()
                raise
    except FileExistsError:
        raise ConfigError(f"{path} is there already.", "Name another file, or move that one away.") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be written: {error}.") from None


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _print_checked(checked: Checked) -> None:
    for problem in checked.problems:
        line = f" line {problem.line}" if problem.line else ""
        say(f"{checked.source}{line}: {problem.what} {problem.advice}".rstrip(), err=True)
    for number, note in checked.notes:
        say(f"{checked.source} line {number}: note: {note}")
    if checked.rubric:
        say(f"{checked.source}: a rubric of {counted(len(checked.rubric.criteria), 'criterion', 'criteria')}.")


def _as_data(checked: Checked) -> dict[str, Any]:
    return {
        "file": checked.source,
        "ok": not checked.problems,
        "problems": [{"line": p.line, "key": p.key, "what": p.what, "advice": p.advice} for p in checked.problems],
        "notes": [{"line": line, "what": note} for line, note in checked.notes],
    }
