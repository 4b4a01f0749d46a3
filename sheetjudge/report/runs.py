"""Which runs judged a table: by the journal of this machine, the store of jobs, or what a run printed of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheetjudge.engine.job_store import JobStore
from sheetjudge.engine.journal import Journal
from sheetjudge.errors import ConfigError
from sheetjudge.ops.label import OPERATION as LABEL
from sheetjudge.ops.office import JOBS_FILE
from sheetjudge.ops.settings import Settings

_LOOKED_AT = 2000
_MOST = 20


@dataclass(frozen=True)
class RunFacts:
    """One run.

    Attributes:
        id: its name. operation: the verb. state: `done`, `stopped`, …, or "".
        started: seconds since 1970, or None. rubric: name and version.
        judges: their names. columns: those that the judge saw.
        usage: calls, tokens and dollars, as `ops.summary.tally_json` has them; empty where they aren't known.
        table: what was judged. version: of sheetjudge. said: the job's own words, where it came from a file.
        criteria: that it asked for; empty where that isn't known.
        board: of a comparison of contenders: its leaderboard, as `compare --json` prints it. found_by: of such a one,
            the columns with the contender and the prompt of a row.
    """

    id: str
    operation: str
    state: str
    started: float | None
    rubric: tuple[str, str]
    judges: tuple[str, ...]
    columns: tuple[str, ...]
    usage: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""
    version: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    criteria: tuple[str, ...] = ()
    board: Mapping[str, Any] = field(default_factory=dict)
    found_by: Mapping[str, str] = field(default_factory=dict)


def named_run(name: str, settings: Settings) -> RunFacts:
    """The run that a person named.

    Args:
        name: an id or its beginning, or a file with the JSON that a run printed. settings: where runs are kept.

    Raises:
        ConfigError: there is none, or there are several, or it judged no rows.
    """
    found = _from_file(name) if Path(name).is_file() else _kept_run(name, settings)
    if found.operation == "probe":
        raise ConfigError(
            f"The run {found.id or name} tried a judge, and judged no table.", "Give what it found with --probe FILE."
        )
    return found


def _kept_run(name: str, settings: Settings) -> RunFacts:
    found = {facts.id: facts for facts in _all(settings) if facts.id.startswith(name)}
    if name in found:
        return found[name]
    if len(found) != 1:
        what = f"{len(found)} runs begin with {name!r}" if found else f"There is no run {name!r}, and no such file"
        raise ConfigError(f"{what}.", "sheetjudge runs list shows those of jobs; a run says its own with --json.")
    return next(iter(found.values()))


def runs_of(table: str, criteria: Sequence[str], settings: Settings, *, compared: bool = False) -> tuple[RunFacts, ...]:
    """The runs in this machine's journal whose results went to a place of this name, the newest first.

    Where other work made the table out of one that was judged before (another rubric's run, `filter`, `label`), the
    runs that judged that one count.

    Args:
        table: its name. criteria: the columns of answers that it holds; a run that asked others is another one.
        settings: where the journal is. compared: runs that compared contenders, in place of those that judged rows.
    """
    if not settings.journal.exists():
        return ()
    found = []
    places, judged = [table], set()
    journal = Journal(settings.journal)
    try:
        for kept in journal.runs(_LOOKED_AT):
            story = kept.story
            results = str(story.get("results") or "")
            place = next((place for place in places if place in (results, Path(results).name)), None)
            if place is None:
                continue
            if _asked(story, criteria, compared=compared):
                found.append(_from_story(kept.id, kept.state, kept.started, story))
                judged.add(place)
            elif place not in judged:
                places.append(str(story.get("table") or table))
    finally:
        journal.close()
    return tuple(found[:_MOST])


def _asked(story: Mapping[str, Any], criteria: Sequence[str], *, compared: bool) -> bool:
    """Whether a run asked for these criteria; of one that didn't come so far that isn't known, and it is taken to."""
    verb = story.get("operation")
    if verb == LABEL or (verb == "compare") is not compared:
        return False
    # A filter asks for none that has a column.
    asked = () if verb == "filter" else story.get("criteria") or criteria
    return set(asked) == set(criteria)


def _all(settings: Settings) -> Iterator[RunFacts]:
    if (settings.data / JOBS_FILE).exists():
        store = JobStore(settings.data / JOBS_FILE)
        try:
            for record in store.records(limit=100_000):
                facts = _from_result(record.result, record.id, record.state, record.started)
                yield RunFacts(**{**vars(facts), "said": dict(record.spec.get("said") or {})})
        finally:
            store.close()
    if settings.journal.exists():
        journal = Journal(settings.journal)
        try:
            for kept in journal.runs(100_000):
                if kept.story.get("operation") == LABEL:
                    continue
                yield _from_story(kept.id, kept.state, kept.started, kept.story)
        finally:
            journal.close()


def _from_file(name: str) -> RunFacts:
    try:
        told = json.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _no_result(name) from error
    if not isinstance(told, dict) or not all(isinstance(told.get(key), dict) for key in ("usage", "rubric")):
        raise _no_result(name)
    return _from_result(told, str(told.get("run") or ""), "", None)


def _no_result(name: str) -> ConfigError:
    return ConfigError(
        f"{name} doesn't hold what a run prints of itself.", "Make it with: sheetjudge score … --json > run.json."
    )


def _from_result(told: Mapping[str, Any], run: str, state: str, started: float | None) -> RunFacts:
    rubric = told.get("rubric") or {}
    return RunFacts(
        run,
        str(told.get("operation") or ""),
        state or ("stopped" if told.get("stopped") else "done"),
        started,
        (str(rubric.get("name") or ""), str(rubric.get("version") or "")),
        tuple(map(str, told.get("judges") or ())),
        tuple(map(str, told.get("columns") or ())),
        dict(told.get("usage") or {}),
        str(told.get("table") or ""),
        str(told.get("sheetjudge") or ""),
        criteria=tuple(told.get("criteria") or ()),
        board=dict(told.get("board") or (told if "leaderboard" in told else {})),
        found_by=dict(told.get("found_by") or {}),
    )


def _from_story(run: str, state: str, started: float, story: Mapping[str, Any]) -> RunFacts:
    rubric = {"name": story.get("rubric_name"), "version": story.get("rubric")}
    return _from_result({**story, "rubric": rubric}, run, state, started)
