"""`sheetjudge sidebar`: the script in the sheet, put there and taken out again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sheetjudge.errors import ConfigError

if TYPE_CHECKING:
    from sheetjudge.ops.sidebar import Installed
    from sheetjudge.ops.sidebar_removal import Removed


@click.group()
def sidebar() -> None:
    """Put the sidebar into a sheet, and take it out again."""


@sidebar.command()
@click.option("--backend", metavar="URL", help="The address of sheetjudge serve, with https://.")
@click.option("--queue", is_flag=True, help="The judge looks into the sheet: sheetjudge worker.")
@click.option("--script-id", "script", default="", metavar="ID", help="The script of the sheet, to push to by clasp.")
@click.option("--folder", default="", metavar="DIR", help="Where the files go  [default: sheetjudge-sidebar]")
def install(*, backend: str | None, queue: bool, script: str, folder: str) -> None:
    """Write the script of the sidebar for one sheet, push it where clasp is set up, and say what is left to do."""
    from sheetjudge.cli.say import say
    from sheetjudge.ops.sidebar import install as verb

    if queue == (backend is not None):
        raise ConfigError("Where is the judge?", "Give --backend URL of sheetjudge serve, or --queue for a worker.")
    say(_steps(verb(backend or "", os.environ, script=script, folder=folder)))


@sidebar.command()
@click.argument("sheet", metavar="SHEET")
@click.option("--rubric", is_flag=True, help="Also the tab Rubric.")
@click.option("--results", is_flag=True, help="Also the results in every tab, as sheetjudge clear does.")
@click.option("--edited", is_flag=True, help="With --results: also what a person wrote into their columns.")
@click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken away.")
@click.option("--json", "as_json", is_flag=True, help="What was taken away as JSON on standard output.")
def uninstall(
    *, sheet: str, rubric: bool, results: bool, edited: bool, credentials: str | None, dry_run: bool, as_json: bool
) -> None:
    """Take sheetjudge's tabs and hidden notes out of a sheet, and say what only the script can take away."""
    from sheetjudge.cli.say import say, say_json
    from sheetjudge.ops import sidebar_removal as verb

    removed = verb.remove(
        sheet,
        os.environ,
        credentials=credentials,
        rubric=rubric,
        results=results,
        even_edited=edited,
        dry_run=dry_run,
    )
    if as_json:
        say_json(verb.as_json(removed, dry_run=dry_run))
    else:
        say(_removed_text(removed, dry_run=dry_run))


def _steps(done: Installed) -> str:
    """What was done, and every click that is left."""
    from sheetjudge.ops.sidebar import PASTED

    first = f"The script is in {done.folder}."
    if done.way.is_local:
        return f"{first} {done.why_not} Try it with: sheetjudge demo"
    lines = [f"{first} It was pushed: the sheet has it now." if done.is_pushed else f"{first} {done.why_not}"]
    steps = [] if done.is_pushed else _by_hand(done.folder / PASTED)
    steps += [
        "Load the sheet anew. After a moment there is a menu sheetjudge, to the right of Help.",
        "sheetjudge › Set up. Google asks once: Continue, your account, (Advanced, Go to …), Allow. Set up once more.",
    ]
    steps += _queue_steps() if done.way.mode == "queue" else _http_steps(done.way.backend)
    lines += [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    if not done.is_pushed:
        lines += ["", *_clasp_text(done)]
    return "\n".join(lines)


def _by_hand(folder: object) -> list[str]:
    manifest = (
        "Project Settings (the gear) › tick 'Show \"appsscript.json\" manifest file in editor'. Back in the editor"
    )
    return [
        "In the sheet: Extensions › Apps Script. An editor opens in a new tab.",
        f"Select all in its Code.gs and put {folder}/Code.gs in its place.",
        f"Files › + › HTML, call it Sidebar, and put {folder}/Sidebar.html in place of what is in it.",
        f"{manifest} (< >), put {folder}/appsscript.json in place of what is in that file.",
        "Save (Ctrl-S), and close the editor.",
    ]


def _http_steps(backend: str) -> list[str]:
    owner = "Whoever runs the backend starts it with --audience THAT --allow YOUR-ADDRESS"
    return [
        f"Copy 'Give its owner this audience'. {owner}, and you share the sheet with its account as an editor.",
        f"Save and test. It says that {backend} answers. Done.",
    ]


def _queue_steps() -> list[str]:
    return [
        "Share › the address of the worker's service account (client_email in its key file) › Editor › Send.",
        "Where the judge is, start: sheetjudge worker ADDRESS-OF-THE-SHEET --judge JUDGE --credentials KEY.json",
        "In Set up: 'It looks into this sheet', then Save and test. It says that a worker is there. Done.",
    ]


def _clasp_text(done: Installed) -> list[str]:
    way = "--queue" if done.way.mode == "queue" else f"--backend {done.way.backend}"
    return [
        "With clasp, steps 1 to 5 are one command, for the next version, too. Once: npm install -g @google/clasp;",
        "clasp login; switch the Apps Script API on at https://script.google.com/home/usersettings; in the script's",
        "editor, Project Settings › IDs › Script ID › Copy. Then:",
        f"  sheetjudge sidebar install {way} --folder {done.folder} --script-id {done.script or 'ID'}",
    ]


def _removed_text(removed: Removed, *, dry_run: bool) -> str:
    from sheetjudge.cli.say import counted

    what = [f"the tab {tab!r}" for tab in removed.tabs]
    what += [counted(removed.notes, "hidden note")] if removed.notes else []
    what += [f"the results in {tab!r}" for tab in removed.results]
    if what:
        lines = [f"{'Would be taken' if dry_run else 'Taken'} out of {removed.name!r}: {', '.join(what)}."]
    else:
        lines = [f"{removed.name!r} holds no tab and no note of the sidebar's."]
    if removed.waiting:
        lines.append(f"{counted(removed.waiting, 'job')} {'waits' if removed.waiting == 1 else 'wait'} in that tab.")
    lines += [
        "What is left can only be taken away from inside the sheet:",
        "1. Stop the worker, if there is one: it would make its tab anew.",
        "2. sheetjudge › Set up › Remove sheetjudge from this sheet › Remove: daily runs and settings. Each person who",
        "   switched daily runs on does this for theirs.",
        "3. Extensions › Apps Script › Overview (i) › Remove project (the bin): the menu goes with the script.",
    ]
    return "\n".join(lines)
