"""`sheetjudge rubric`: the rubrics that there are, what they say, and whether a file is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.say import counted, say, say_json

if TYPE_CHECKING:
    from sheetjudge.ops.rubrics import Checked

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_SCHEMA_FILE = "rubric.schema.json"


@click.group()
def rubric() -> None:
    """List, show and check rubrics."""


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
        click.echo(f"{s.name:<{width}}  {s.rubric.scale}  {', '.join(c.id for c in s.rubric.criteria)}")


@rubric.command()
@click.argument("name")
@_AS_JSON
def show(name: str, *, as_json: bool) -> None:
    """Print the rubric NAME (a shipped one, a file, or a criterion in words) as a file to start from.

    An editor that knows YAML schemas checks the file as you write: put
    `sheetjudge rubric schema > rubric.schema.json` beside it and keep its first lines.
    """
    from sheetjudge.core.rubric_dump import dump_rubric, rubric_data
    from sheetjudge.ops.rubrics import find_rubric

    found = find_rubric(name)
    if as_json:
        say_json({**rubric_data(found), "version": found.version})
        return
    click.echo(f"# Editors check this file by: sheetjudge rubric schema > {_SCHEMA_FILE}")
    click.echo(f"# yaml-language-server: $schema={_SCHEMA_FILE}")
    click.echo(dump_rubric(found), nl=False)


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
def schema() -> None:
    """Print the JSON Schema of a rubric file, for editors."""
    from sheetjudge.ops.rubrics import rubric_schema

    click.echo(rubric_schema(), nl=False)


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
