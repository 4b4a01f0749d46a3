"""From what a person asked for to a run that is opened and checked. Everything that can be wrong is found here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sheetjudge.core.chat import Model
from sheetjudge.core.keys import canonical
from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Table, Target
from sheetjudge.engine.budget import Budget, Ceiling
from sheetjudge.engine.journal import AnswerStore, Journal
from sheetjudge.engine.limits import Rate
from sheetjudge.engine.patience import RetryPolicy
from sheetjudge.errors import ConfigError
from sheetjudge.judging.asking import Asking
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judge_config import judge_config, price_from
from sheetjudge.ops.judges import Bench, Pace, seat_judges
from sheetjudge.ops.opened import Opened
from sheetjudge.ops.options import RunOptions
from sheetjudge.ops.reading import MOST_CHARACTERS, Reading, choose_columns, with_odd_rows
from sheetjudge.ops.row_choice import chosen_rows, parse_rows
from sheetjudge.ops.row_values import headers
from sheetjudge.ops.rubrics import check_apart, find_rubric
from sheetjudge.ops.score import ScoreJob
from sheetjudge.ops.settings import Settings, delimiter_secret, load_settings
from sheetjudge.tables.open import TableOptions, open_any
from sheetjudge.tables.sheet_table import SheetTable

LIKELIHOOD_JUDGES = ("embedded", "gguf")


@dataclass(frozen=True)
class Shared:
    """What a run has in common with others at the same work, on other machines.

    Attributes:
        journal: where answers are kept.
        rate: makes the rate that is kept under a name, of so many units a minute.
        budget: where the ceiling is; None where each run has its own.
    """

    journal: AnswerStore
    rate: Callable[[str, float], Rate]
    budget: Budget | None = None


def score_job(
    options: RunOptions, environment: Mapping[str, str], *, rubric: Rubric | None = None, shared: Shared | None = None
) -> ScoreJob:
    """A scoring run, opened and checked.

    Args:
        options: what a person said.
        environment: environment variables.
        rubric, shared: as in `opened`.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """

    def names(table: Table, rubric: Rubric) -> tuple[str, ...]:
        return headers(rubric, table.results, reasoning=options.keep_reasoning)

    found = opened(options, environment, rubric=rubric, settled_by=names, shared=shared)
    return ScoreJob(**found.parts(), keep_reasoning=options.keep_reasoning)


def opened(
    options: RunOptions,
    environment: Mapping[str, str],
    *,
    rubric: Rubric | None = None,
    further: Sequence[str] = (),
    choose: Callable[[Table, Rubric, Iterable[str], int], Reading] = choose_columns,
    settled_by: Callable[[Table, Rubric], Sequence[str]] | None = None,
    shared: Shared | None = None,
) -> Opened:
    """Open the table, the rubric, the judges, the journal and the target.

    Nothing is written but the journal's file and, on the first run, the secret in the configuration folder.

    Args:
        options: what a person said.
        environment: environment variables.
        rubric: None for the one that the options name.
        further: judges that are asked about some rows only.
        choose: finds the columns that are read: table, rubric, `--read`, characters shown at the most.
        settled_by: the headers of the results that a row of a sheet needs no run for once it has them; None where
            every row is gone through each time.
        shared: what this run has in common with others at the same work; None for a run of its own.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    settings = load_settings(environment)
    chosen = None if options.rows is None else parse_rows(options.rows)
    named_rubric = options.rubric if rubric is None else ""
    rubric = rubric or find_rubric(options.rubric, lambda tab: _rubric_in(tab, options, settings, environment))
    with ExitStack() as undo:
        journal = shared.journal if shared else Journal(journal_path(options, settings))
        undo.callback(journal.close)
        # A rubric of checks alone needs nobody to answer.
        named = options.judges or ((settings.judge,) if settings.judge else ("embedded",))
        models = _models(named if rubric.asked else (), further, options, settings, environment, journal)
        table = open_any(options.table, _table_options(options, settings, environment))
        check_apart(table, named_rubric)
        chosen_rows(table, chosen)
        most = min([MOST_CHARACTERS, *(m for model, _ in models if (m := getattr(model, "most_characters", None)))])
        in_place = options.out is None and isinstance(table, SheetTable)
        reading = with_odd_rows(choose(table, rubric, options.read, most), table, rubric, in_place=in_place)
        if isinstance(table, SheetTable) and reading.odd is not None:
            table = replace(table, notes=(*table.notes, *reading.odd.notes))
        checks = RowChecks(rubric, table, reading)
        regular = len(models) - len(further)
        bench = seat_judges(
            models[:regular],
            rubric,
            asking=_asking(options),
            secret=delimiter_secret(settings.home, environment),
            pace=_pace(options, settings),
            ceiling=ceiling_of(options),
            journal=journal,
            further=models[regular:],
            budget=shared.budget if shared else None,
            rate=shared.rate if shared else None,
        )
        bench.budget.require_prices({model.name: model.price for model, _ in models})
        everything = options.judge_all or settled_by is None
        basis = _basis(rubric, reading, checks, bench, options)
        target = _target(options, table, basis, everything=everything) if _writes(options) else None
        undo.pop_all()
    found = Opened(
        table,
        rubric,
        reading,
        bench,
        target,
        options.limit,
        default_judge=not options.judges and not settings.judge and bool(bench.seats),
        in_place=in_place,
        most_disagreement=options.disagreement,
        chosen=chosen,
    )
    if not in_place or everything or settled_by is None or not isinstance(table, SheetTable):
        return found
    return replace(found, is_settled=table.settled(settled_by(table, rubric), basis))


def ceiling_of(options: RunOptions) -> Ceiling:
    """The most that a run may spend."""
    return Ceiling(options.budget, options.budget_tokens, options.budget_calls)


def journal_path(options: RunOptions, settings: Settings) -> Path:
    """The journal's file."""
    return Path(options.journal).expanduser() if options.journal else settings.journal


def _basis(rubric: Rubric, reading: Reading, checks: RowChecks, bench: Bench, options: RunOptions) -> Basis:
    """What the results rest on besides a row's texts: other results are wanted as soon as any of it is another."""
    inputs = dict.fromkeys(
        [*(c.index for c in (*reading.fields, *(c for _, c in reading.references))), *checks.columns]
    )
    if reading.odd is not None:
        inputs |= dict.fromkeys(reading.odd.identifying)
    asked = [
        [c.name for c in reading.fields],
        [name for name, _ in reading.references],
        reading.most,
        [[type(seat.judge).__name__, dict(seat.caller.model.identity)] for seat in bench.seats],
        asdict(_asking(options)),
    ]
    if bench.further:
        asked.append([dict(seat.caller.model.identity) for seat in bench.further])
    return Basis(tuple(inputs), version_of(rubric.version), version_of(canonical(asked).decode("utf-8", "replace")))


def _asking(options: RunOptions) -> Asking:
    return Asking(
        samples=options.samples,
        per_criterion=options.per_criterion,
        logprobs=not options.no_logprobs,
        max_tokens=options.max_tokens,
        keep_reasoning=options.keep_reasoning,
    )


def _pace(options: RunOptions, settings: Settings) -> Pace:
    return Pace(
        concurrency=options.concurrency or settings.concurrency,
        requests=options.rpm,
        tokens=options.tpm,
        policy=replace(RetryPolicy(), tries=options.tries),
    )


def _models(
    named: Sequence[str],
    further: Sequence[str],
    options: RunOptions,
    settings: Settings,
    environment: Mapping[str, str],
    journal: AnswerStore,
) -> list[tuple[Model, bool]]:
    """(model, whether it judges by likelihood) for each judge that was named, the further ones last."""
    from sheetjudge.llm.providers import parse_judge

    config = judge_config(
        settings.providers,
        environment,
        timeout=options.timeout or settings.timeout,
        stored=journal.fact,
        learned=journal.add_to_fact,
        needs_keys=not options.dry_run,
    )
    given = pairs(options.judge_option)
    if options.price is not None:
        price = price_from(options.price.split(","), "--price")
        given |= {"price_prompt": str(price.prompt), "price_completion": str(price.completion)}
        given |= {} if price.cached is None else {"price_cached": str(price.cached)}
    if len({*named, *further}) < len(named) + len(further):
        raise ConfigError("A judge is named twice.", "For several answers of one judge, use --samples.")
    models = []
    for spec in (*named, *further):
        by_likelihood = spec.partition(":")[0] in LIKELIHOOD_JUDGES
        if options.method is not None:
            by_likelihood = options.method == "likelihood"
        models.append((parse_judge(spec, given, config), by_likelihood))
    return models


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """What `--judge-option KEY=VALUE` was given, by key.

    Raises:
        ConfigError: one has another form.
    """
    found = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                f"--judge-option {text!r} is not KEY=VALUE.", "Write --judge-option reasoning_effort=low, say."
            )
        found[key.strip()] = value
    return found


def _table_options(options: RunOptions, settings: Settings, environment: Mapping[str, str]) -> TableOptions:
    return TableOptions(
        tab=options.tab,
        header_row=options.header_row,
        encoding=options.encoding,
        file_format=options.file_format,
        credentials=options.credentials or settings.credentials or None,
        home=settings.home,
        environment=environment,
        to_write=options.out is None and _writes(options),
    )


def _writes(options: RunOptions) -> bool:
    return options.writes and not options.dry_run


def _rubric_in(tab: str, options: RunOptions, settings: Settings, environment: Mapping[str, str]) -> Rubric:
    from sheetjudge.tables.rubric_tab import read_rubric_tab

    return read_rubric_tab(options.table, tab, _table_options(options, settings, environment))


def _target(options: RunOptions, table: Table, basis: Basis, *, everything: bool) -> Target | None:
    from sheetjudge.tables.open import target_for

    if options.out is None and isinstance(table, SheetTable):
        return table.target(basis, everything=everything)
    if options.out == "-" and options.as_json:
        raise ConfigError("Both the table and --json are to go to standard output.", "Name a file with --out.")
    if options.out is None and options.as_json:
        return None
    return target_for(table, options.out)
