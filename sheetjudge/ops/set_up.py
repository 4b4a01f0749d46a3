"""From what a person asked for to a job that is opened and checked. Everything that can be wrong is found here."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sheetjudge.core.chat import Model
from sheetjudge.core.keys import canonical
from sheetjudge.core.row_marks import Basis, version_of
from sheetjudge.core.rubric import Rubric
from sheetjudge.core.table import Table, Target
from sheetjudge.engine.budget import Ceiling
from sheetjudge.engine.journal import Journal
from sheetjudge.engine.patience import RetryPolicy
from sheetjudge.errors import ConfigError
from sheetjudge.judging.pointwise import Asking
from sheetjudge.ops.checking import RowChecks
from sheetjudge.ops.judge_config import judge_config, price_from
from sheetjudge.ops.judges import Bench, Pace, seat_judges
from sheetjudge.ops.reading import MOST_CHARACTERS, Reading, choose_columns
from sheetjudge.ops.row_values import headers
from sheetjudge.ops.rubrics import find_rubric
from sheetjudge.ops.score import ScoreJob
from sheetjudge.ops.settings import Settings, delimiter_secret, load_settings
from sheetjudge.tables.sheet_table import SheetTable

LIKELIHOOD_JUDGES = ("embedded", "gguf")


@dataclass(frozen=True)
class ScoreOptions:
    """What a person can say of a scoring run; None where they left it to the settings.

    The names are those of the command's options.
    """

    table: str
    rubric: str
    read: tuple[str, ...] = ()
    tab: str | None = None
    header_row: int = 1
    encoding: str | None = None
    file_format: str | None = None
    credentials: str | None = None
    limit: int | None = None
    judges: tuple[str, ...] = ()
    judge_option: tuple[str, ...] = ()
    samples: int = 1
    per_criterion: bool = False
    method: str | None = None
    no_logprobs: bool = False
    keep_reasoning: bool = False
    max_tokens: int = 4096
    concurrency: int | None = None
    rpm: float | None = None
    tpm: float | None = None
    timeout: float | None = None
    tries: int = 6
    budget: float | None = None
    budget_tokens: int | None = None
    budget_calls: int | None = None
    price: str | None = None
    out: str | None = None
    journal: str | None = None
    dry_run: bool = False
    as_json: bool = False
    judge_all: bool = False


def score_job(options: ScoreOptions, environment: Mapping[str, str]) -> ScoreJob:
    """Open the table, the rubric, the judges, the journal and the target.

    Nothing is written but the journal's file and, on the first run, the secret in the configuration folder.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    settings = load_settings(environment)
    rubric = find_rubric(options.rubric)
    ceiling = Ceiling(options.budget, options.budget_tokens, options.budget_calls)
    with ExitStack() as undo:
        journal = Journal(Path(options.journal).expanduser() if options.journal else settings.journal)
        undo.callback(journal.close)
        # A rubric of checks alone needs nobody to answer.
        models = _models(options, settings, environment, journal) if rubric.asked else []
        table = _table(options, settings, environment)
        most = min([MOST_CHARACTERS, *(m for model, _ in models if (m := getattr(model, "most_characters", None)))])
        reading = choose_columns(table, rubric, options.read, most)
        checks = RowChecks(rubric, table, reading)
        bench = seat_judges(
            models,
            rubric,
            asking=_asking(options),
            secret=delimiter_secret(settings.home, environment),
            pace=_pace(options, settings),
            ceiling=ceiling,
            journal=journal,
        )
        bench.budget.require_prices({model.name: model.price for model, _ in models})
        in_place = options.out is None and isinstance(table, SheetTable)
        basis = _basis(rubric, reading, checks, bench, options)
        target = None if options.dry_run else _target(options, table, basis)
        undo.pop_all()
    job = ScoreJob(
        table,
        rubric,
        reading,
        bench,
        target,
        options.limit,
        options.keep_reasoning,
        default_judge=not options.judges and not settings.judge and bool(models),
        in_place=in_place,
    )
    if not in_place or options.judge_all or not isinstance(table, SheetTable):
        return job
    names = headers(rubric, table.results, reasoning=options.keep_reasoning)
    return replace(job, is_settled=table.settled(names, basis))


def _basis(rubric: Rubric, reading: Reading, checks: RowChecks, bench: Bench, options: ScoreOptions) -> Basis:
    """What the results rest on besides a row's texts: other results are wanted as soon as any of it is another."""
    inputs = dict.fromkeys(
        [*(c.index for c in (*reading.fields, *(c for _, c in reading.references))), *checks.columns]
    )
    asked = [
        [c.name for c in reading.fields],
        [name for name, _ in reading.references],
        reading.most,
        [[type(seat.judge).__name__, dict(seat.caller.model.identity)] for seat in bench.seats],
        asdict(_asking(options)),
    ]
    return Basis(tuple(inputs), version_of(rubric.version), version_of(canonical(asked).decode("utf-8", "replace")))


def _asking(options: ScoreOptions) -> Asking:
    return Asking(
        samples=options.samples,
        per_criterion=options.per_criterion,
        logprobs=not options.no_logprobs,
        max_tokens=options.max_tokens,
        keep_reasoning=options.keep_reasoning,
    )


def _pace(options: ScoreOptions, settings: Settings) -> Pace:
    return Pace(
        concurrency=options.concurrency or settings.concurrency,
        requests=options.rpm,
        tokens=options.tpm,
        policy=replace(RetryPolicy(), tries=options.tries),
    )


def _models(
    options: ScoreOptions, settings: Settings, environment: Mapping[str, str], journal: Journal
) -> list[tuple[Model, bool]]:
    """(model, whether it judges by likelihood) for each judge that was named."""
    from sheetjudge.llm.providers import parse_judge

    config = judge_config(
        settings.providers,
        environment,
        timeout=options.timeout or settings.timeout,
        stored=journal.fact,
        learned=journal.add_to_fact,
    )
    given = _pairs(options.judge_option)
    if options.price is not None:
        price = price_from(options.price.split(","), "--price")
        given |= {"price_prompt": str(price.prompt), "price_completion": str(price.completion)}
        given |= {} if price.cached is None else {"price_cached": str(price.cached)}
    if len(set(options.judges)) < len(options.judges):
        raise ConfigError("A judge is named twice.", "For several answers of one judge, use --samples.")
    models = []
    for spec in options.judges or ((settings.judge,) if settings.judge else ("embedded",)):
        by_likelihood = spec.partition(":")[0] in LIKELIHOOD_JUDGES
        if options.method is not None:
            by_likelihood = options.method == "likelihood"
        models.append((parse_judge(spec, given, config), by_likelihood))
    return models


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                f"--judge-option {text!r} is not KEY=VALUE.", "Write --judge-option reasoning_effort=low, say."
            )
        pairs[key.strip()] = value
    return pairs


def _table(options: ScoreOptions, settings: Settings, environment: Mapping[str, str]) -> Table:
    from sheetjudge.tables.open import TableOptions, open_any

    return open_any(
        options.table,
        TableOptions(
            tab=options.tab,
            header_row=options.header_row,
            encoding=options.encoding,
            file_format=options.file_format,
            credentials=options.credentials or settings.credentials or None,
            home=settings.home,
            environment=environment,
        ),
    )


def _target(options: ScoreOptions, table: Table, basis: Basis) -> Target | None:
    from sheetjudge.tables.open import target_for

    if options.out is None and isinstance(table, SheetTable):
        return table.target(basis, everything=options.judge_all)
    if options.out == "-" and options.as_json:
        raise ConfigError("Both the table and --json are to go to standard output.", "Name a file with --out.")
    if options.out is None and options.as_json:
        return None
    return target_for(table, options.out)


def as_options(given: Mapping[str, Any]) -> ScoreOptions:
    """Options from a command's parameters, by name; others are ignored."""
    known = ScoreOptions.__dataclass_fields__
    return ScoreOptions(**{name: value for name, value in given.items() if name in known})
