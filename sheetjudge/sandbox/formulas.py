"""Formulas: arithmetic, comparison, text, references, and the few functions that the tests of a table need.

A formula with a function that isn't in `functions` is refused with 501 when it is entered (`formula_tokens`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sheetjudge.sandbox.a1 import Box, parse_cells
from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.cells import Cell, CellError, Effective, Formula, GivenFormula
from sheetjudge.sandbox.formula_tokens import Token, tokens_of
from sheetjudge.sandbox.functions import FUNCTIONS, Argument, Failure, number_of, text_of
from sheetjudge.sandbox.problems import ApiError
from sheetjudge.sandbox.references import canonical
from sheetjudge.sandbox.sheet import Sheet

_ERRORS = {"#REF!": "REF", "#DIV/0!": "DIVIDE_BY_ZERO", "#N/A": "N_A", "#VALUE!": "VALUE", "#NAME?": "NAME"}


class _Evaluation:
    """One pass over a spreadsheet's formulas; a formula that leads back to itself is an error."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.results: dict[tuple[int, int, int], Effective] = {}
        self.running: set[tuple[int, int, int]] = set()

    def value(self, sheet: Sheet, row: int, column: int) -> Effective:
        cell = sheet.cell(row, column)
        if cell is None:
            return None
        if not isinstance(cell.entered, Formula) or isinstance(cell.entered, GivenFormula):
            return cell.effective
        place = (sheet.sheet_id, row, column)
        if place in self.running:
            return CellError("REF", "Circular dependency detected.")
        if place not in self.results:
            self.running.add(place)
            self.results[place] = _Parser(self, sheet, cell.entered).result()
            self.running.discard(place)
        return self.results[place]


class _Parser:
    """Recursive descent over one formula, evaluating as it reads."""

    def __init__(self, evaluation: _Evaluation, sheet: Sheet, formula: str) -> None:
        self.evaluation = evaluation
        self.sheet = sheet
        self.formula = formula
        self.tokens: list[Token] = []
        self.at = 0

    def result(self) -> Effective:
        try:
            self.tokens = tokens_of(self.formula[1:])
            single = self._single(self._all())
        except Failure as failure:
            return CellError(failure.kind, failure.message)
        if isinstance(single, float) and not math.isfinite(single):
            return CellError("NUM", "The result is not a number.")
        return single

    def _all(self) -> Argument:
        value = self._comparison()
        if self.at < len(self.tokens):
            raise Failure("ERROR", "Formula parse error.")
        return value

    def _single(self, value: Argument) -> Effective:
        if isinstance(value, list):
            return value[0][0] if value and value[0] else None
        return value

    def _peek(self, *signs: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind == "sign" and self.tokens[self.at].text in signs

    def _take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1].text

    def _chain(self, inner: Callable[[], Argument], *signs: str) -> Argument:
        value = inner()
        while self._peek(*signs):
            sign = self._take()
            value = _apply(sign, self._single(value), self._single(inner()))
        return value

    def _comparison(self) -> Argument:
        return self._chain(self._joined, "=", "<>", "<", ">", "<=", ">=")

    def _joined(self) -> Argument:
        return self._chain(self._sum, "&")

    def _sum(self) -> Argument:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Argument:
        return self._chain(self._power, "*", "/")

    def _power(self) -> Argument:
        return self._chain(self._signed, "^")

    def _signed(self) -> Argument:
        if self._peek("-", "+"):
            sign = self._take()
            number = number_of(self._single(self._signed()))
            return -number if sign == "-" else number
        value = self._atom()
        while self._peek("%"):
            self._take()
            value = number_of(self._single(value)) / 100
        return value

    def _atom(self) -> Argument:
        if self.at >= len(self.tokens):
            raise Failure("ERROR", "Formula parse error.")
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "sign":
            return self._parenthesis(token)
        return getattr(self, f"_read_{token.kind}")(token)  # type: ignore[no-any-return]

    def _parenthesis(self, token: Token) -> Argument:
        if token.text != "(":
            raise Failure("ERROR", "Formula parse error.")
        value = self._comparison()
        self._close()
        return value

    def _close(self) -> None:
        if not self._peek(")"):
            raise Failure("ERROR", "Formula parse error.")
        self.at += 1

    def _read_number(self, token: Token) -> Argument:
        return float(token.text)

    def _read_text(self, token: Token) -> Argument:
        return token.text.replace('""', '"')

    def _read_error(self, token: Token) -> Argument:
        raise Failure(_ERRORS.get(token.text, "ERROR"), "")

    def _read_word(self, token: Token) -> Argument:
        if token.text.upper() in ("TRUE", "FALSE"):
            return token.text.upper() == "TRUE"
        try:
            sheet, box = self.evaluation.book.resolve(token.text)
        except ApiError:
            raise Failure("NAME", f"Unknown range name: '{token.text.upper()}'.") from None
        return self._cells(sheet, box)

    def _read_cells(self, token: Token) -> Argument:
        box = parse_cells(token.text)
        if box is None:
            raise Failure("ERROR", "Formula parse error.")
        return self._cells(self.sheet, box)

    def _read_tab(self, token: Token) -> Argument:
        title = token.text[1:-1].replace("''", "'") if token.text.startswith("'") else token.text
        sheet = self.evaluation.book.titled(title)
        box = parse_cells(token.extra)
        if sheet is None or box is None:
            raise Failure("REF", f"Unresolved sheet name '{title}'.")
        return self._cells(sheet, box)

    def _cells(self, sheet: Sheet, box: Box) -> Argument:
        if box.is_cell:
            return self._known(self.evaluation.value(sheet, box.top or 0, box.left or 0))
        closed = box.within(sheet.row_count, sheet.column_count)
        bottom = min(closed.bottom or 0, max(len(sheet.rows), (closed.top or 0) + 1))
        columns = range(closed.left or 0, closed.right or 0)
        rows = range(closed.top or 0, bottom)
        return [[self._known(self.evaluation.value(sheet, row, column)) for column in columns] for row in rows]

    def _known(self, value: Effective) -> Effective:
        if isinstance(value, CellError):
            raise Failure(value.kind, value.message)
        return value

    def _read_name(self, token: Token) -> Argument:
        name = token.text.upper()
        if name == "IFERROR":
            return self._if_error()
        arguments = list(self._arguments())
        if name not in FUNCTIONS:
            raise Failure("NAME", f"Unknown function: '{name}'.")
        return FUNCTIONS[name](arguments)

    def _arguments(self) -> Iterator[Argument]:
        if self._peek(")"):
            self.at += 1
            return
        while True:
            yield self._comparison()
            if not self._peek(",", ";"):
                break
            self.at += 1
        self._close()

    def _if_error(self) -> Argument:
        start = self.at
        try:
            arguments = list(self._arguments())
        except Failure:
            self.at = start
            self._skip_argument()
            rest = list(self._arguments()) if self._peek(",", ";") and self._take() else []
            return rest[0] if rest else ""
        return arguments[0]

    def _skip_argument(self) -> None:
        depth = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if depth == 0 and token.kind == "sign" and token.text in ",;)":
                return
            depth += token.kind == "name" or token.text == "("
            depth -= token.kind == "sign" and token.text == ")"
            self.at += 1


def _apply(sign: str, left: Effective, right: Effective) -> Effective:
    if sign == "&":
        return text_of(left) + text_of(right)
    if sign in ("=", "<>", "<", ">", "<=", ">="):
        return _compare(sign, left, right)
    a, b = number_of(left), number_of(right)
    if sign == "/" and b == 0:
        raise Failure("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
    try:
        return float({"+": a + b, "-": a - b, "*": a * b}[sign] if sign in "+-*" else a / b if sign == "/" else a**b)
    except (OverflowError, TypeError, ZeroDivisionError):
        raise Failure("NUM", "The result is not a number.") from None


def _rank(value: Effective) -> tuple[int, float | str]:
    if isinstance(value, bool):
        return 2, float(value)
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, float(value) if isinstance(value, float | int) else 0.0


def _compare(sign: str, left: Effective, right: Effective) -> bool:
    if left is None and isinstance(right, str):
        left = ""
    if right is None and isinstance(left, str):
        right = ""
    a, b = _rank(left), _rank(right)
    return {"=": a == b, "<>": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign]


def recalculate(book: Book) -> None:
    """Bring the effective value of every formula of a draft up to date."""
    if not any(sheet.formulas for sheet in book.sheets):
        return
    evaluation = _Evaluation(book)
    for sheet in book.sheets:
        if not sheet.formulas:
            continue
        for at, row in enumerate(sheet.rows):
            if any(cell is not None and isinstance(cell.entered, Formula) for cell in row):
                sheet.rows[at] = tuple(_evaluated(evaluation, sheet, at, column) for column in range(len(row)))


def _evaluated(evaluation: _Evaluation, sheet: Sheet, row: int, column: int) -> Cell | None:
    cell = sheet.cell(row, column)
    if cell is None or not isinstance(cell.entered, Formula):
        return cell
    # A formula that was just entered has no result yet.
    entered = canonical(cell.entered, evaluation.book) if cell.effective is None else cell.entered
    return cell._replace(entered=entered, effective=evaluation.value(sheet, row, column))
