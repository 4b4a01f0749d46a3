"""What it cost, and what it takes to do it again: what the page shows of runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_file import rubric_from_sentence
from sheetjudge.core.words import counted
from sheetjudge.errors import SheetjudgeError
from sheetjudge.ops.filter_rows import keep_rubric
from sheetjudge.ops.rubrics import list_rubrics
from sheetjudge.report.options import ReportOptions
from sheetjudge.report.runs import RunFacts


def about_judges(rubric: Rubric | None, runs: Sequence[RunFacts]) -> list[tuple[str, str]]:
    """What judged by which rubric: what a person named, else what the newest run says.

    Args:
        rubric: None if nobody named one. runs: the newest first.
    """
    newest = runs[0] if runs else None
    facts = []
    if rubric is not None:
        facts.append(("Rubric", f"{rubric.name}, version {rubric.version}"))
    elif newest is not None and newest.rubric[0]:
        facts.append(("Rubric", f"{newest.rubric[0]}, version {newest.rubric[1]}"))
    else:
        facts.append(("Rubric", "not known: name it with --rubric"))
    if newest is not None:
        facts.append(("Judges", ", ".join(newest.judges) or "not known"))
        facts += [("The judge saw", ", ".join(newest.columns))] if newest.columns else []
    else:
        facts.append(("Judges", "not known: this machine's journal has no run of this table, and --run names none"))
    return facts


def about_costs(runs: Sequence[RunFacts], *, named: bool) -> dict[str, Any]:
    """What each run cost.

    Args:
        runs: the newest first. named: a person said which run it is.
    """
    if not runs:
        return {
            "absent": "Not known: this machine's journal has no run whose results went to a place of this name. Name"
            " the run with --run."
        }
    known = [usage.get("usd") for run in runs if (usage := run.usage)]
    total = sum(usd for usd in known if usd is not None)
    unknown = len(runs) - sum(usd is not None for usd in known)
    calls = sum(run.usage.get("calls") or 0 for run in runs)
    unpriced = f", and what {counted(unknown, 'run')} cost isn't known" if unknown else ""
    where = "The run that was named." if named else (
        "Runs in this machine's journal whose results went to a place of this name, or to one that it was made from,"
        " with these criteria, the newest first."
    )  # fmt: skip
    money = f"${total:,.4f}{unpriced}" if unknown < len(runs) else "cost unknown"
    return {
        "absent": "",
        "told": f"{counted(len(runs), 'run')}, {counted(calls, 'call')}, {money}.",
        "caption": f"{where} Answers from the journal were paid for before, and cost nothing again.",
        "runs": [_run(run) for run in runs],
    }


def _run(run: RunFacts) -> dict[str, str]:
    usage, tokens = run.usage, run.usage.get("tokens") or {}
    usd = usage.get("usd")
    return {
        "when": moment(run.started) if run.started is not None else "",
        "id": run.id,
        "what": " ".join(filter(None, (run.operation, "" if run.state == "done" else f"({run.state})"))),
        "judges": ", ".join(run.judges),
        "rubric": " ".join(filter(None, (run.rubric[0], run.rubric[1]))),
        "calls": _number(usage.get("calls")),
        "served": _number(usage.get("from_journal")),
        "prompt": _number(tokens.get("prompt")),
        "completion": _number(tokens.get("completion")),
        "cost": "unknown" if usd is None else f"${usd:,.4f}",
    }


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def moment(seconds: float) -> str:
    """A time as people of this machine's place read it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def about_repeating(
    options: ReportOptions, rubric: Rubric | None, runs: Sequence[RunFacts], version: str
) -> dict[str, Any]:
    """Versions, and the commands that do it again."""
    newest = runs[0] if runs else None
    facts = [("sheetjudge that made this page", version)]
    if rubric is not None:
        facts.append(("Rubric", f"{rubric.name}, version {rubric.version} (a hash of all that it says)"))
    if newest is not None:
        facts += [("sheetjudge that judged", newest.version)] if newest.version else []
        facts += [("Judges", ", ".join(newest.judges))] if newest.judges else []
        facts += [("Run", newest.id)] if newest.id else []
    return {
        "facts": facts,
        "judging": "" if newest is None or not newest.judges else _judging(options, newest),
        "judging_told": "With the same rubric, columns and judges; samples and other options as they were said then."
        " Answers that are in the journal come from it, so that nothing is paid for twice.",
        "unknown": "" if newest is None else _unknown(options, newest),
        "report": _report(options),
    }  # fmt: skip


_UNKNOWN = "RUBRIC"


def _unknown(options: ReportOptions, run: RunFacts) -> str:
    """What stands for something else in the command that judges again; "" where nothing does."""
    if _rubric_of(options, run) != _UNKNOWN:
        return ""
    return f"{_UNKNOWN} stands for the rubric called {run.rubric[0]!r}, version {run.rubric[1]}, wherever that is."


def _rubric_of(options: ReportOptions, run: RunFacts) -> str:
    """How a command names the rubric of a run, which knows what it was called and not where it was found."""
    if run.operation != "filter" and options.rubric is not None:
        return options.rubric
    name, version = run.rubric
    shipped = next((one.name for one in list_rubrics() if one.rubric.version == version), None)
    if shipped is not None:
        return shipped
    # The words of a criterion are its rubric's name; a rubric in a file may be called by several words as well.
    try:
        in_words = keep_rubric(name) if run.operation == "filter" else rubric_from_sentence(name)
    except SheetjudgeError:
        return _UNKNOWN
    return name if in_words.version == version else _UNKNOWN


def _judging(options: ReportOptions, run: RunFacts) -> str:
    # A sheet is judged in place; of a file with results the name of what was judged is another one.
    is_here = not run.table or any(mark in run.table for mark in ("/", " › ")) or run.table in options.table
    table = options.table if is_here else run.table
    by = "--keep" if run.operation == "filter" else "--rubric"
    words = ["sheetjudge", run.operation or "score", table, by, _rubric_of(options, run)]
    contenders = list(run.board.get("contenders", ())) if not run.found_by else []
    for name, column in run.found_by.items():
        words += [f"--{name}", column]
    for column in contenders:
        words += ["--contender", column]
    for column in run.columns:
        if column not in contenders and column != run.found_by.get("group"):
            words += ["--read", column]
    for judge in run.judges:
        words += ["--judge", judge]
    return shlex.join(words)


def _report(options: ReportOptions) -> str:
    words = ["sheetjudge", "report", options.table]
    for column in options.human:
        words += ["--human", column]
    for name in (
        "score", "rubric", "scale", "group", "recall", "precision", "confidence", "keep_from", "run", "tab", "encoding"
    ):  # fmt: skip
        if (value := getattr(options, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for name in options.probe:
        words += ["--probe", name]
    words += ["--header-row", str(options.header_row)] if options.header_row != 1 else []
    words += ["--format", options.file_format] if options.file_format is not None else []
    words += ["--in-sheet"] if options.in_sheet else []
    return shlex.join([*words, "--out", "report.html"])
