"""What a fresh spreadsheet of Google's looks like: its properties, default format and theme."""

from __future__ import annotations

from sheetjudge.sandbox.colors import color
from sheetjudge.sandbox.problems import Json

WHITE: Json = {"red": 1, "green": 1, "blue": 1}
PADDING: Json = {"top": 2, "right": 3, "bottom": 2, "left": 3}

DEFAULT_FORMAT: Json = {
    "backgroundColor": WHITE,
    "padding": PADDING,
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}

_THEME = (
    ("TEXT", 0x000000),
    ("BACKGROUND", 0xFFFFFF),
    ("ACCENT1", 0x4285F4),
    ("ACCENT2", 0xEA4335),
    ("ACCENT3", 0xFBBC04),
    ("ACCENT4", 0x34A853),
    ("ACCENT5", 0xFF6D01),
    ("ACCENT6", 0x46BDC6),
    ("LINK", 0x1155CC),
)


def _rgb(code: int) -> Json:
    return color({"red": (code >> 16 & 255) / 255, "green": (code >> 8 & 255) / 255, "blue": (code & 255) / 255})


SPREADSHEET_PROPERTIES: Json = {
    "title": "",
    "locale": "en_US",
    "autoRecalc": "ON_CHANGE",
    "timeZone": "Etc/GMT",
    "defaultFormat": DEFAULT_FORMAT,
    "spreadsheetTheme": {
        "primaryFontFamily": "Arial",
        "themeColors": [{"colorType": kind, "color": {"rgbColor": _rgb(code)}} for kind, code in _THEME],
    },
}
