"""How wide a text is in the default font, for columns that fit their content."""

from __future__ import annotations

import math

_EM = 2048
_PIXELS = 12.72  # what one recorded column of 1,024 letters comes to; Arial of 10 points would be 13.33
_WIDTHS = {
    " ": 569, "!": 569, '"': 727, "#": 1139, "$": 1139, "%": 1821, "&": 1366, "'": 391, "(": 682, ")": 682,
    "*": 797, "+": 1196, ",": 569, "-": 682, ".": 569, "/": 569, ":": 569, ";": 569, "<": 1196, "=": 1196,
    ">": 1196, "?": 1139, "@": 2079, "A": 1366, "B": 1366, "C": 1479, "D": 1479, "E": 1366, "F": 1251, "G": 1593,
    "H": 1479, "I": 569, "J": 1024, "K": 1366, "L": 1139, "M": 1706, "N": 1479, "O": 1593, "P": 1366, "Q": 1593,
    "R": 1479, "S": 1366, "T": 1251, "U": 1479, "V": 1366, "W": 1933, "X": 1366, "Y": 1366, "Z": 1251, "[": 569,
    "\\": 569, "]": 569, "_": 1139, "c": 1024, "f": 569, "i": 455, "j": 455, "k": 1024, "l": 455, "m": 1706,
    "r": 682, "s": 1024, "t": 569, "v": 1024, "w": 1479, "x": 1024, "y": 1024, "z": 1024,
}  # fmt: skip
_OTHERS = 1139


def text_width(text: str) -> int:
    """The width, in whole pixels, of the widest line of a text in Arial of 10 points."""
    lines = text.split("\n")
    return max(math.ceil(sum(_WIDTHS.get(letter, _OTHERS) for letter in line) * _PIXELS / _EM) for line in lines)
