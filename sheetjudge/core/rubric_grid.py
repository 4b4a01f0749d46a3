"""A rubric as the cells of a tab: its name and scale on top, then a criterion in each row.

    name   Grant report
    scale  1-5

    id      ask                         scale    levels
    result  Does it say what came out?           1: Only activities
                                                 5: Each promise with its result
    money   Is every item justified?    yes/no

The keys and what they may hold are those of a rubric file. A cell that holds a list or a mapping (a scale of labels, a
check) is written as in such a file; levels may also be written one a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_dump import rubric_data
from sheetjudge.core.rubric_file import Problem, Reading
from sheetjudge.core.rubric_reader import CRITERION_KEYS, RUBRIC_KEYS, Reader, key_advice, key_meant
from sheetjudge.core.table import column_letters
from sheetjudge.core.yaml_nodes import Node, Wrong, load, rebased, shorten

Cell = str | int | float | bool
"""What a cell holds: numbers and truth values as such."""

SETTINGS = tuple(key for key in RUBRIC_KEYS if key != "criteria")

_COMMENT = "#"
_LEVEL = re.compile(r"\s*([^:\n]{1,60}?)\s*:\s*(.*)")
# Days since 1899, as a sheet holds dates: no scale that fits on a screen has such an end.
_FIRST_DATE = 20_000
_DATE = re.compile(r"\d+[-/.]\d+[-/.]\d+")
_KEY_AND_VALUE = 2
_WIDE = 10**9


def rubric_grid(rubric: Rubric) -> list[list[Cell]]:
    """The rows of a tab from which `read_grid` makes the same rubric."""
    content = rubric_data(rubric)
    defaults = {"about": "", "locale": rubric.locale}
    rows: list[list[Cell]] = [[key, _written(key, content.get(key, defaults.get(key)))] for key in SETTINGS]
    rows += [[], list(CRITERION_KEYS)]
    for criterion in content["criteria"]:
        rows.append([_written(key, criterion[key]) if key in criterion else "" for key in CRITERION_KEYS])
    return rows


def read_grid(rows: Sequence[Sequence[Cell]], title: str) -> Reading:
    """Read a tab to its end and find as many problems as can be found in one go.

    Args:
        rows: its cells from the first row on.
        title: of the tab, which is the rubric's name where it gives none.

    Returns:
        What came of it. The line of a problem is its row; `lines` are the rows of the criteria.
    """
    grid, reader = _Grid(rows, title), Reader([], place="in row")
    root = grid.root()
    rubric = reader.rubric(root) if root is not None else None
    # What the reader makes of a cell that is broken in itself tells nobody more.
    broken = {wrong.path for wrong in grid.wrong}
    found = [*grid.wrong, *(wrong for wrong in reader.wrong if wrong.path not in broken)]
    if found:
        return Reading(None, tuple(sorted(map(_problem, found), key=lambda p: p.line or 0)))
    return Reading(rubric, lines=tuple(reader.lines))


class _Grid:
    """Turns cells into the nodes of a rubric, and collects what is wrong on the way."""

    def __init__(self, rows: Sequence[Sequence[Cell]], title: str) -> None:
        self.wrong: list[Wrong] = []
        self._rows = [[_text(cell) for cell in row] for row in rows]
        self._title = title

    def root(self) -> Node | None:
        """The whole rubric; None where there are no criteria to read."""
        settings, header = self._settings()
        if header is None:
            advice = f"Write {', '.join(CRITERION_KEYS)} into the cells of a row, and a criterion in each row below it."
            self.wrong.append(Wrong(Node(len(self._rows) or 1, ""), "There is no row of headers.", advice))
            return None
        columns = self._columns(header)
        items = tuple(item for n in range(header + 1, len(self._rows)) if (item := self._item(n, columns)))
        if not items:
            self.wrong.append(Wrong(Node(header + 1, ""), f"There is no criterion below row {header + 1}."))
            return None
        settings.setdefault("name", Node(1, "name", self._title))
        settings["criteria"] = Node(header + 1, f"row {header + 1}", items=items)
        return Node(1, "", entries=tuple((Node(node.line, key, key), node) for key, node in settings.items()))

    def _settings(self) -> tuple[dict[str, Node], int | None]:
        """The rubric's own settings, and the row of headers below them."""
        found: dict[str, Node] = {}
        for n, row in enumerate(self._rows):
            filled = [(i, text) for i, text in enumerate(row) if text.strip()]
            words = [_word(text) for _, text in filled]
            if not filled or words[0].startswith(_COMMENT):
                continue
            if not _is_setting(words):
                if _is_header(words):
                    return found, n
                where = self._node(n, filled[0][0], "")
                what = f"The rubric has no key {shorten(filled[0][1])!r}."
                self.wrong.append(Wrong(where, what, key_advice(words[0], SETTINGS)))
                continue
            key = words[0]
            if key in found:
                what = f"{key} is also in row {found[key].line}."
                self.wrong.append(Wrong(self._node(n, filled[0][0], key), what, "Keep one."))
            elif len(filled) > 1:
                found[key] = self._value(n, filled[1][0], key)
        return found, None

    def _columns(self, header: int) -> dict[int, str]:
        """What each column holds. One whose header is wrong is read as what was probably meant."""
        columns: dict[int, str] = {}
        for i, text in enumerate(self._rows[header]):
            word = _word(text)
            if not word:
                continue
            where = self._node(header, i, "")
            if word.startswith(_COMMENT):
                columns[i] = _COMMENT
                continue
            if word not in CRITERION_KEYS:
                what = f"A criterion has no key {shorten(text)!r}."
                self.wrong.append(Wrong(where, what, key_advice(word, CRITERION_KEYS)))
                word = key_meant(word, CRITERION_KEYS)
            elif word in columns.values():
                self.wrong.append(Wrong(where, f"{word} heads two columns.", "Keep one."))
            if word and word not in columns.values():
                columns[i] = word
            else:
                columns[i] = _COMMENT
        return columns

    def _item(self, n: int, columns: Mapping[int, str]) -> Node | None:
        """The criterion in a row; None for an empty row."""
        entries = []
        for i, text in enumerate(self._rows[n]):
            key = columns.get(i)
            if not text.strip() or key == _COMMENT:
                continue
            if key is None:
                what = f"{shorten(text)!r} stands under no header."
                advice = f"Write one of {', '.join(CRITERION_KEYS)} above it, or # for notes of your own."
                self.wrong.append(Wrong(self._node(n, i, ""), what, advice))
                continue
            entries.append((self._node(n, i, key), self._value(n, i, key)))
        return Node(n + 1, f"row {n + 1}", entries=tuple(entries)) if entries else None

    def _node(self, n: int, i: int, key: str) -> Node:
        return Node(n + 1, f"row {n + 1} column {column_letters(i)}: {key}", key)

    def _value(self, n: int, i: int, key: str) -> Node:
        """What a cell says, as a rubric file would have it."""
        cell, text = self._node(n, i, key), self._rows[n][i].strip()
        plain = Node(cell.line, cell.path, text)
        if key == "scale" and _is_date(text):
            advice = "Format the cell as plain text and write the scale again, or write it in words: 1 to 5."
            self.wrong.append(Wrong(cell, f"{cell.path} has become a date.", advice))
        if key == "levels" and not text.startswith("{"):
            return _levels(plain)
        if key in ("scale", "levels") and text[0] in "[{":
            return self._parsed(plain)
        return self._parsed(plain) if key == "check" else plain

    def _parsed(self, node: Node) -> Node:
        root, wrong = load(node.text)
        for one in wrong:
            self.wrong.append(Wrong(node, f"{node.path}{'.' if one.path else ': '}{one.what}", one.advice))
        return rebased(root, node) if root is not None else node


def _levels(node: Node) -> Node:
    """`1: Weak` and so on, one a line, as a mapping; a line without a colon goes on with the one before."""
    found: list[tuple[str, str]] = []
    for line in node.text.split("\n"):
        match = _LEVEL.fullmatch(line)
        if match:
            found.append((match[1], match[2]))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            return node
    entries = []
    for answer, text in found:
        path = f"{node.path}.{answer}"
        entries.append((Node(node.line, path, answer), Node(node.line, path, text)))
    return Node(node.line, node.path, entries=tuple(entries))


def _problem(wrong: Wrong) -> Problem:
    place, _, key = wrong.path.partition(": ") if wrong.path.startswith("row ") else ("", "", wrong.path)
    what = wrong.what if wrong.what.startswith("row ") or not place else f"{place}: {wrong.what}"
    return Problem(wrong.line, key, what, wrong.advice)


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _word(text: str) -> str:
    return text.strip().removesuffix(":").rstrip().casefold()


def _is_setting(words: Sequence[str]) -> bool:
    """Is this a key of the rubric with its value? `scale` heads a column, too."""
    if words[0] not in SETTINGS:
        return False
    if words[0] == "scale" and any(word in CRITERION_KEYS for word in words[1:]):
        return False
    return len(words) <= _KEY_AND_VALUE


def _is_header(words: Sequence[str]) -> bool:
    """Are these the keys of criteria, or were they meant to be?"""
    if any(word in CRITERION_KEYS for word in words) or len(words) > _KEY_AND_VALUE:
        return True
    return not key_meant(words[0], SETTINGS) and bool(key_meant(words[0], CRITERION_KEYS))


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) or (text.isdecimal() and int(text) >= _FIRST_DATE)


def _written(key: str, value: Any) -> Cell:
    """A value of a rubric file as a cell."""
    if key == "levels":
        lines = "\n".join(f"{answer}: {text}" for answer, text in value.items())
        return (
            lines
            if _reads_back(lines, value)
            else _yaml({str(a): t for a, t in value.items()}, default_flow_style=True, default_style='"')
        )
    if key == "check":
        return _yaml(value)
    if isinstance(value, list | dict):
        return _yaml(value, default_flow_style=True)
    return value if isinstance(value, bool | int | float) else str(value)


def _yaml(value: Any, **style: Any) -> str:
    text: str = yaml.safe_dump(
        value, **{"default_flow_style": None, "sort_keys": False, "allow_unicode": True, "width": _WIDE, **style}
    )
    return text.strip()


def _reads_back(lines: str, levels: Mapping[Any, str]) -> bool:
    if lines.startswith("{"):
        return False
    found = [(key.text, value.text.strip()) for key, value in _levels(Node(1, "", lines)).entries or ()]
    return found == [(str(answer), text) for answer, text in levels.items()]
