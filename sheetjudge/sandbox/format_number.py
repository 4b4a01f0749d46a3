"""How a number is shown under one section of a number format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.?)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<meta>[^\]]*)\]?|_(?P<space>.?)'
    r"|\*(?P<fill>.?)|(?P<power>[eE][+-][0#?]+)|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)"
    r"|(?P<general>General)|(?P<place>@)|(?P<other>.)",
    re.DOTALL,
)
_FRACTION = re.compile(
    r"(?P<before>[^0#?/]*)(?:(?P<whole>[0#?]+)(?P<gap>[^0#?/]+))?(?P<top>[0#?]+)\s*/\s*(?P<bottom>[0#?]+|[0-9]+)(?P<after>[^0#?/]*)"
)
_EXACT = Context(prec=2000)
_BLANK = {"0": "0", "?": " ", "#": ""}
_SILENT = ("meta", "fill", "comma")

Token = tuple[str, str]
"""The kind of a piece of a section, and its text."""


def tokens_of(section: str) -> list[Token]:
    """The pieces of a section."""
    return [(str(match.lastgroup), match[str(match.lastgroup)]) for match in _TOKEN.finditer(section)]


@dataclass(frozen=True, slots=True)
class _Picture:
    """A section, read.

    Args:
        tokens: its pieces.
        whole, behind: the places of digits before the point and behind it.
        point, power: where these stand; None where there is none.
        grouped: whether thousands are set apart.
        shift: by how many places the point is moved: to the left for thousands, to the right for percent.
    """

    tokens: tuple[Token, ...]
    whole: tuple[int, ...]
    behind: tuple[int, ...]
    point: int | None
    power: int | None
    grouped: bool
    shift: int


@lru_cache(maxsize=256)
def _picture(section: str) -> _Picture:
    tokens = tuple(tokens_of(section))
    kinds = [kind for kind, _ in tokens]
    digits = [at for at, kind in enumerate(kinds) if kind == "digit"]
    point = kinds.index("point") if "point" in kinds and digits else None
    end = len(tokens) if point is None else point
    whole, behind = tuple(at for at in digits if at < end), tuple(at for at in digits if at > end)
    grouped, scale = _commas(kinds, whole, digits)
    power = kinds.index("power") if "power" in kinds else None
    return _Picture(tokens, whole, behind, point, power, grouped, 2 * kinds.count("percent") - 3 * scale)


def show_number(magnitude: float, section: str, plain: str) -> str:
    """A number that isn't negative as a section shows it.

    Args:
        magnitude: the number.
        section: the section of the pattern.
        plain: the number as it shows without a format, where the section asks for that.
    """
    fraction = _FRACTION.fullmatch(section) if "/" in section else None
    if fraction is not None:
        return _fraction(magnitude, fraction)
    picture = _picture(section)
    tokens, behind = picture.tokens, picture.behind
    exact = Decimal(repr(float(magnitude))).scaleb(picture.shift, _EXACT)
    shown: dict[int, str] = {}
    if picture.power is not None:
        exact, shown[picture.power] = _mantissa(exact, tokens[picture.power][1], len(behind))
    rounded = exact.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP, _EXACT)
    before, _, after = f"{rounded:f}".partition(".")
    shown |= _whole(before.lstrip("0"), tokens, picture.whole, grouped=picture.grouped)
    shown |= _behind(after, tokens, behind)
    if picture.point is not None:
        decimals = "".join(shown[at] for at in behind)
        lost = before.lstrip("0") if not picture.whole else ""
        shown[picture.point] = lost + ("." if decimals.strip() or not behind else "")
    return "".join(_text(token, shown.get(at), plain) for at, token in enumerate(tokens))


def _text(token: Token, shown: str | None, plain: str) -> str:
    kind, text = token
    if shown is not None:
        return shown
    if kind in ("general", "place"):
        return plain
    if kind == "space":
        return " "
    return "" if kind in _SILENT else text


def _commas(kinds: Sequence[str], whole: Sequence[int], digits: Sequence[int]) -> tuple[bool, int]:
    """Whether thousands are set apart, and how many times the number is divided by a thousand."""
    grouped, scale = False, 0
    for at, kind in enumerate(kinds):
        if kind != "comma" or not digits or at < digits[0]:
            continue
        if any(one > at for one in whole):
            grouped = True
        else:
            scale += 1
    return grouped, scale


def _mantissa(exact: Decimal, power: str, places: int) -> tuple[Decimal, str]:
    """A number's digits before its power of ten, rounded, and that power as the pattern writes it."""
    exponent = exact.adjusted() if exact else 0
    digits = exact.scaleb(-exponent).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _EXACT)
    if digits.adjusted() > 0:
        digits, exponent = digits.scaleb(-1), exponent + 1
    sign = "-" if exponent < 0 else "+" if power[1] == "+" else ""
    return digits, f"{power[0]}{sign}{abs(exponent):0{len(power) - 2}d}"


def _whole(number: str, tokens: Sequence[Token], places: Sequence[int], *, grouped: bool) -> dict[int, str]:
    """The digits before the point: each in its place, from the right, and what is left over in the first."""
    found: dict[int, str] = {}
    written = 0
    for at in reversed(places):
        count = len(number) if at == places[0] else min(1, len(number))
        part, number = number[len(number) - count :], number[: len(number) - count]
        text = ""
        for digit in reversed(part or _BLANK[tokens[at][1]]):
            text = digit + ("," if grouped and written and written % 3 == 0 and digit != " " else "") + text
            written += 1
        found[at] = text
    return found


def _behind(number: str, tokens: Sequence[Token], places: Sequence[int]) -> dict[int, str]:
    """The digits behind the point: zeros at the end only where the pattern has a 0."""
    found = dict(zip(places, number, strict=True))
    for at in reversed(places):
        if found[at] != "0" or tokens[at][1] == "0":
            break
        found[at] = _BLANK[tokens[at][1]]
    return found


def _fraction(magnitude: float, match: re.Match[str]) -> str:
    """A number as a whole and a fraction, which has at most as many digits below as the pattern."""
    whole = int(magnitude) if match["whole"] else 0
    rest, bottom = Fraction(magnitude) - whole, match["bottom"]
    if bottom.strip("0#?"):
        below = int(bottom)
        above = round(rest * below)
    else:
        near = rest.limit_denominator(10 ** len(bottom) - 1)
        above, below = near.numerator, near.denominator
    if match["whole"] and above == below:
        whole, above = whole + 1, 0
    text = _padded(str(above), match["top"]) + "/" + str(below).ljust(bottom.count("?") or 0)
    if match["whole"] and above == 0:
        text = " " * len(text)
    head = _padded(str(whole) if whole else "", match["whole"]) + match["gap"] if match["whole"] else ""
    edges = ["".join(_text(token, None, "") for token in tokens_of(match[name])) for name in ("before", "after")]
    return edges[0] + head + text + edges[1]


def _padded(number: str, places: str) -> str:
    missing = places[: max(0, len(places) - len(number))]
    return "".join(_BLANK[place] for place in missing) + number
