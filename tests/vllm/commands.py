"""A table for whole runs, and the command that judges it with vLLM."""

from __future__ import annotations

import pytest

from tests.ops.scoring import RUBRIC, write_rubric, write_table

ROWS = (
    "The lamp is on the table.",
    "Water boils at 100 degrees at sea level.",
    "I don't know.",
    "The meeting is on Monday at nine in room four.",
    "",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("runs")
    write_rubric(made, RUBRIC)
    write_table(made / "table.csv", [(str(n), text) for n, text in enumerate(ROWS)])
    return made


def command(folder, judge, name, *more, **options):
    given = [part for pair in options.items() for part in ("--judge-option", "=".join(pair))]
    return (
        "score", folder / "table.csv", "--rubric", folder / "rubric.yaml", "--read", "Answer", "--judge", judge, *given,
        "--max-tokens", 120, "--tries", 1, "--journal", folder / f"{name}.sqlite3", "--out", folder / name, *more,
    )  # fmt: skip


def home(folder):
    # The secret is in the marks between which rows stand in a prompt.
    return {"SHEETJUDGE_HOME": str(folder / "home"), "SHEETJUDGE_SECRET": "00" * 16}
