"""Which cells of a tab are odd, in tabs of every size."""

from __future__ import annotations

import pytest

from sheetjudge import sandbox
from sheetjudge.sandbox.cells import CellError
from sheetjudge.tables.sheet_cells import form_of, is_volatile, volatile_function
from sheetjudge.tables.sheet_table import open_sheet


@pytest.mark.parametrize(
    ("formula", "function"),
    [
        ("=NOW()", "NOW"),
        ("=if(A1>today(),1,2)", "TODAY"),
        ("=ROUND( RANDBETWEEN (1,6))", "RANDBETWEEN"),
        ('="NOW()"', ""),
        ('="a ""NOW()"" b"&C1', ""),
        ("=KNOW()", ""),
        ("=NOW", ""),
        ("=IMPORTXML(A1,B1)", "IMPORTXML"),
        ("=IMPORTRANGE(A1,B1)", ""),  # it changes when what it shows is changed by somebody
        ("=A1", ""),
    ],
)
def test_functions_whose_values_change_by_themselves(formula, function):
    assert volatile_function(formula) == function


@pytest.mark.parametrize(
    ("one", "other"),
    [("=A2-NOW()", "=A30-NOW()"), ("=$B$2+C3", "=$D$4+AA5"), ("=X1:Y2", "=X3:Y4")],
)
def test_a_formula_keeps_its_form_when_it_is_moved(one, other):
    assert form_of(one) == form_of(other)


def test_other_formulas_have_other_forms():
    assert len({form_of(f) for f in ("=A1+1", "=A1+2", "=A1", "=LOG10(A1)", "=SUM(A1)", "=A1&B1")}) == 6


def test_what_is_volatile_is_known_by_its_form_or_its_function():
    forms = frozenset({form_of("=C2+1")})
    assert [is_volatile(entered, forms) for entered in ("=C9+1", "=NOW()", "=C9+2", "C9+1", 7, "NOW()")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=1) as server:
        yield server


def test_a_long_tab_takes_few_requests(google):
    rows = [[f"text {n}", str(n), "", "plain"] for n in range(30_000)]
    url = google.load("Long", [["A", "B", "C", "D"], *rows])
    person = google.spreadsheet(url)
    person.type("C10", [["=RAND()"]])
    person.type("C29990", [["=RAND()"]])
    person.put_formula("B25000", "=Gone!A1", CellError("REF", ""))
    google.clear_log()
    odd = open_sheet(url, credentials=str(google.credentials), environment={}).odd
    assert set(odd.volatile) == {(9, 2), (29_989, 2)}
    assert {place: cell.says for place, cell in odd.cells.items()} == {(24_999, 1): "#REF!"}
    asked = [one for one in google.log if one.seen.name == "sheets.getByDataFilter"]
    assert len(asked) <= 3
    assert max(one.received for one in asked) < 3_000_000


def test_a_long_plain_tab_takes_one_request(google):
    url = google.load("Plain", [["A", "B", "C", "D"], *([f"text {n}", str(n), "", "x"] for n in range(30_000))])
    google.clear_log()
    odd = open_sheet(url, credentials=str(google.credentials), environment={}).odd
    assert not odd.cells
    assert not odd.volatile
    assert google.counts()["sheets.getByDataFilter"] == 1
