"""A workbook's value as the text that its cell shows: number format codes of ECMA-376 part 1, 18.8.31.

Two departures, both because what Excel shows there depends on the machine that shows it: `General` gives up
to 15 digits whatever the column's width, and the built-in short dates, which follow the reader's region, are
written as ISO 8601. Names of months and days are English.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile
from typing import Literal, cast

from sheetjudge.tables.date_format import format_date

Kind = Literal["digit", "point", "comma", "percent", "exponent", "slash", "general", "text", "literal", "date"]
Moment = dt.datetime | dt.date | dt.time | dt.timedelta

_REGIONAL = {"mm-dd-yy": "yyyy-mm-dd", "m/d/yy h:mm": "yyyy-mm-dd hh:mm"}
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|_(?P<space>.)"
    r"|\*(?P<fill>.)"
    r"|\[(?P<bracket>[^\]]*)\]"
    r"|(?P<general>General)"
    r"|(?P<exponent>[Ee][+-])"
    r"|(?P<date>AM/PM|A/P|y+|m+|d+|h+|s+(?:\.0+)?|e+|b+)"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<text>@)"
    r"|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_LARGEST_PLAIN = 1e15
# The largest double has 309 digits before the point, and a format may ask for many behind it.
_WIDE = Context(prec=1000, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Section:
    """One of the parts of a format code that are set apart by semicolons."""

    tokens: tuple[tuple[Kind, str], ...]
    condition: tuple[str, float] | None = None

    def has(self, kind: Kind) -> bool:
        """Is a token of this kind in it?"""
        return any(of == kind for of, _ in self.tokens)


def shown(value: float | Moment, code: str) -> str:
    """The text that a cell with `value` and the format `code` shows.

    >>> shown(7, "000"), shown(0.125, "0.0%"), shown(-1234.5, '#,##0.00;[Red](#,##0.00)'), shown(1.0, "General")
    ('007', '12.5%', '(1,234.50)', '1')
    """
    sections = parse(_REGIONAL.get(code, code))
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)):
        section = next((s for s in sections if s.has("date")), sections[0])
        return format_date(value, section.tokens)
    section, drops_sign = _choose(sections, value)
    if not section.tokens:
        return ""
    sign = "-" if value < 0 and not drops_sign else ""
    return sign + _format_number(section, abs(value))


def shown_text(value: str, code: str) -> str:
    """The text that a cell with the text `value` shows: itself, or put into the format's fourth section."""
    sections = parse(code)
    section = sections[3] if len(sections) > 3 else sections[0] if sections[0].has("text") else None  # noqa: PLR2004
    if section is None or not section.has("text"):
        return value
    return "".join(value if kind == "text" else text for kind, text in section.tokens if kind in {"text", "literal"})


def general(value: float) -> str:
    """A number in the format `General`: at most 15 significant digits, no `.0`.

    >>> general(0.1 + 0.2), general(1e20), general(123456789012.0), general(-0.0)
    ('0.3', '1E+20', '123456789012', '0')
    """
    if isinstance(value, int) and abs(value) < _LARGEST_PLAIN:
        return str(value)
    text = f"{value:.15g}"
    if "e" in text and 1e-9 < abs(value) < _LARGEST_PLAIN:  # noqa: PLR2004  Excel's own limit for plain decimals
        text = f"{Decimal(text):f}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}"
    return "0" if text == "-0" else text


@lru_cache(maxsize=512)
def parse(code: str) -> tuple[Section, ...]:
    """The sections of a format code, one at least."""
    sections, tokens, condition = [], list[tuple[Kind, str]](), None
    for match in _TOKEN.finditer(code or "General"):
        kind, text = str(match.lastgroup), match[match.lastgroup or 0]
        if kind == "literal" and text == ";":
            sections.append(Section(tuple(tokens), condition))
            tokens, condition = [], None
        elif kind == "bracket":
            if found := _CONDITION.fullmatch(text):
                condition = (found[1], float(found[2]))
            elif text.startswith("$"):
                tokens.append(("literal", text[1:].partition("-")[0]))
            elif _ELAPSED.fullmatch(text):
                tokens.append(("date", f"[{text[0].lower()}]" if len(text) == 1 else f"[{text.lower()}]"))
        elif kind in {"quoted", "escaped"}:
            tokens.append(("literal", text))
        elif kind == "space":
            tokens.append(("literal", " "))
        elif kind != "fill":
            tokens.append((cast("Kind", kind), text))
    sections.append(Section(tuple(tokens), condition))
    return tuple(sections)


def _choose(sections: tuple[Section, ...], value: float) -> tuple[Section, bool]:
    """The section for a number, and whether it shows a negative number without its sign."""
    numeric = sections[:3]
    if any(s.condition for s in numeric):
        for index, section in enumerate(numeric):
            if section.condition is None or _meets(value, section.condition):
                return section, index == 1 and section.condition is None and value < 0
        return numeric[-1], False
    if value < 0 and len(numeric) > 1:
        return numeric[1], True
    if value == 0 and len(numeric) > 2:  # noqa: PLR2004  positive; negative; zero
        return numeric[2], True
    return numeric[0], False


def _meets(value: float, condition: tuple[str, float]) -> bool:
    operator, limit = condition
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit,
        ">=": value >= limit, "=": value == limit, "<>": value != limit,
    }[operator]  # fmt: skip


def _format_number(section: Section, value: float) -> str:
    tokens = section.tokens
    if section.has("general") or (section.has("text") and not section.has("digit")):
        return "".join(general(value) if kind in {"general", "text"} else text for kind, text in tokens)
    if not section.has("digit"):
        return "".join(text for kind, text in tokens if kind in {"literal", "percent"})
    if section.has("slash"):
        return _format_fraction(tokens, value)
    if section.has("exponent"):
        return _format_scientific(tokens, value)
    percents = sum(kind == "percent" for kind, _ in tokens)
    number = Decimal(f"{value:.15g}").scaleb(2 * percents - 3 * _scaling_commas(tokens))
    return _format_decimal(tokens, number)


def _scaling_commas(tokens: tuple[tuple[Kind, str], ...]) -> int:
    """Commas right after the last digit, or the last before the point: each divides by a thousand."""
    kinds = [kind for kind, _ in tokens]
    point = kinds.index("point") if "point" in kinds else len(kinds)
    count = 0
    for end in {point, len(kinds)}:
        last = max((i for i, kind in enumerate(kinds[:end]) if kind == "digit"), default=end)
        count += sum(1 for _ in takewhile(lambda kind: kind == "comma", kinds[last + 1 : end]))
    return count


def _format_decimal(tokens: tuple[tuple[Kind, str], ...], number: Decimal) -> str:
    point = next((i for i, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    whole, after = tokens[:point], tokens[point + 1 :]
    places = sum(kind == "digit" for kind, _ in after)
    rounded = _WIDE.quantize(number, Decimal(1).scaleb(-places))
    integer, _, decimals = f"{rounded:f}".partition(".")
    text = _fill_integer(whole, integer.lstrip("0"))
    if point == len(tokens):
        return text
    fraction = _fill_fraction(after, decimals.ljust(places, "0"))
    return f"{text}.{fraction}"


def _fill_integer(tokens: tuple[tuple[Kind, str], ...], digits: str) -> str:
    """Digits put into their placeholders from the right; what is left over goes before the first."""
    slots = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    if not slots:
        return digits + "".join(text for kind, text in tokens if kind in {"literal", "percent"})
    padding = {"0": "0", "?": " ", "#": ""}
    rest = len(digits) - len(slots)
    # What each placeholder shows: its own digit or its padding; the first takes all that is left over.
    shown_at = {slot: digits[rest + n] if rest + n >= 0 else padding[tokens[slot][1]] for n, slot in enumerate(slots)}
    if rest > 0:
        shown_at[slots[0]] = digits[: rest + 1]
    if any(kind == "comma" and slots[0] < i < slots[-1] for i, (kind, _) in enumerate(tokens)):
        _group(shown_at, slots)
    return "".join(
        shown_at.get(i, text) for i, (kind, text) in enumerate(tokens) if kind in {"digit", "literal", "percent"}
    )


def _group(shown_at: dict[int, str], slots: list[int]) -> None:
    """A comma after every third digit from the right."""
    after = 0
    for slot in reversed(slots):
        grouped = ""
        for char in reversed(shown_at[slot]):
            grouped = char + ("," if char.isdigit() and after and after % 3 == 0 else "") + grouped
            after += 1
        shown_at[slot] = grouped


def _fill_fraction(tokens: tuple[tuple[Kind, str], ...], digits: str) -> str:
    """Digits put into the placeholders behind the point; zeros at the end go where the placeholder isn't 0."""
    keep = len(digits.rstrip("0"))
    out, position = [], 0
    for kind, text in tokens:
        if kind == "digit":
            if position < keep or text == "0":
                out.append(digits[position])
            elif text == "?":
                out.append(" ")
            position += 1
        elif kind in {"literal", "percent"}:
            out.append(text)
    return "".join(out)


def _format_scientific(tokens: tuple[tuple[Kind, str], ...], value: float) -> str:
    at = next(i for i, (kind, _) in enumerate(tokens) if kind == "exponent")
    mantissa_tokens, power_tokens = tokens[:at], tokens[at + 1 :]
    point = next((i for i, (kind, _) in enumerate(mantissa_tokens) if kind == "point"), len(mantissa_tokens))
    step = max(1, sum(kind == "digit" for kind, _ in mantissa_tokens[:point]))
    places = sum(kind == "digit" for kind, _ in mantissa_tokens[point:])
    number = Decimal(f"{value:.15g}")
    power = 0 if not number else (number.adjusted() // step) * step
    rounded = number.scaleb(-power)
    rounded = _WIDE.quantize(rounded, Decimal(1).scaleb(-places))
    if rounded >= 10**step:
        power += step
        rounded = number.scaleb(-power)
    mantissa = _format_decimal(mantissa_tokens, rounded)
    sign = "-" if power < 0 else "+" if tokens[at][1].endswith("+") else ""
    return f"{mantissa}E{sign}{_fill_integer(power_tokens, str(abs(power)) if power else '')}"


def _format_fraction(tokens: tuple[tuple[Kind, str], ...], value: float) -> str:
    """`# ?/?`, `??/??` and `# ?/8`, without the padding that lines them up."""
    slash = next(i for i, (kind, _) in enumerate(tokens) if kind == "slash")
    below = "".join(text for kind, text in tokens[slash + 1 :] if kind in {"digit", "literal"}).strip()
    fixed = int(below) if below.isdigit() and int(below) else None
    exact = Fraction(Decimal(f"{value:.15g}"))
    mixed = any(kind == "literal" and text == " " for kind, text in tokens[:slash])
    whole, rest = divmod(exact, 1) if mixed else (0, exact)
    if fixed:
        over, under = int(rest * fixed + Fraction(1, 2)), fixed
    else:
        near = rest.limit_denominator(10 ** max(1, below.count("?") + below.count("#")) - 1)
        over, under = near.numerator, near.denominator
    if mixed and over == under:
        whole, over = whole + 1, 0
    if mixed and not over:
        return str(whole)
    return f"{whole} {over}/{under}" if whole else f"{over}/{under}"
