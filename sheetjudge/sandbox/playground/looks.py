"""How cells look: their formats and the conditional formats over them, as few plain members as a page needs."""

from __future__ import annotations

import json
from typing import Any

from sheetjudge.sandbox.cells import Cell
from sheetjudge.sandbox.colors import css_color, with_styles
from sheetjudge.sandbox.conditional import ConditionalFormats
from sheetjudge.sandbox.problems import Json
from sheetjudge.sandbox.sheet import Sheet

Look = dict[str, Any]
_ALIGNED = {"LEFT": "left", "CENTER": "center", "RIGHT": "right"}


def own_look(cell: Cell) -> Look:
    """What a cell's own format says: `bg`, `fg` (CSS colours), `b`, `i`, `u`, `s`, `size`, `ha`, `va`, `wrap`."""
    found = _of_format(with_styles(cell.format or {}))
    if "ha" not in found:
        value = cell.effective
        if isinstance(value, bool):
            found["ha"] = "center"
        elif isinstance(value, float | int):
            found["ha"] = "right"
    return found


def _of_format(style: Json) -> Look:
    text = style.get("textFormat", {})
    found: Look = {
        "bg": css_color(style.get("backgroundColorStyle")),
        "fg": css_color(text.get("foregroundColorStyle")),
        "b": text.get("bold"),
        "i": text.get("italic"),
        "u": text.get("underline"),
        "s": text.get("strikethrough"),
        "size": text.get("fontSize"),
        "ha": _ALIGNED.get(style.get("horizontalAlignment", "")),
        "va": {"TOP": "top", "MIDDLE": "middle"}.get(style.get("verticalAlignment", "")),
        "wrap": {"WRAP": "wrap", "CLIP": "clip"}.get(style.get("wrapStrategy", "")),
    }
    return {name: part for name, part in found.items() if part}


class Looks:
    """The looks of one tab's cells, each known by a number so that it is sent once."""

    def __init__(self, sheet: Sheet) -> None:
        self.table: list[Look] = []
        self._numbers: dict[str, int] = {}
        self._rules = ConditionalFormats(sheet) if sheet.conditional_formats else None

    def number(self, row: int, column: int, cell: Cell) -> int:
        """The number of a cell's look in `table`."""
        look = own_look(cell)
        if self._rules is not None:
            look = look | _of_format(self._rules.format_of(row, column, cell))
        key = json.dumps(look, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.table)
            self.table.append(look)
        return self._numbers[key]
