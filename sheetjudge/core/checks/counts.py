"""How long a text is: words and characters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sheetjudge.core.checks.options import CheckResult, Compiled, figure, options_of, wrong

# Chinese and Japanese write no spaces: each of their characters counts as a word, as word processors count them.
_SINGLE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}]"
# These scripts write no spaces either, and where their words end only a dictionary knows.
_UNCOUNTABLE = r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"


def count_words(text: str) -> int | None:
    """Words as a word processor counts them: what stands between white space and has a letter or a digit.

    A Chinese or Japanese character counts as one word. None where most letters are Thai, Lao, Khmer, Burmese or
    Tibetan, whose words can't be counted without a dictionary.
    """
    import regex

    if not text.isascii():
        if 2 * len(regex.findall(_UNCOUNTABLE, text)) > len(regex.findall(r"\p{L}", text)):
            return None
        text, singles = regex.subn(_SINGLE, " ", text)
    else:
        singles = 0
    return singles + sum(any(c.isalnum() for c in token) for token in text.split())


def count_characters(text: str) -> int:
    """Characters as a person sees them (Unicode's grapheme clusters), white space at both ends left out."""
    import regex

    text = text.strip()
    return len(text) - text.count("\r\n") if text.isascii() else len(regex.findall(r"\X", text))


def words(value: Any, _locale: str) -> Compiled:
    """`{words: {min: 150, max: 900}}`."""
    return _counted("words", ("word", "words"), count_words, value)


def characters(value: Any, _locale: str) -> Compiled:
    """`{characters: {min: 1, max: 280}}`."""
    return _counted("characters", ("character", "characters"), count_characters, value)


def _counted(kind: str, units: tuple[str, str], count: Callable[[str], int | None], value: Any) -> Compiled:
    options = options_of(f"check.{kind}", value, ("min", "max"))
    low, high = options.count("min"), options.count("max")
    if low is None and high is None:
        raise wrong(options.key, "has neither min nor max.", "Write {max: 900}, say.")
    options.in_order("min", "max")

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        number = count(text)
        if number is None:
            return CheckResult(None, "its words can't be counted: the script puts no spaces between them")
        amount = f"{figure(number)} {units[number != 1]}"
        if low is not None and number < low:
            return CheckResult(passed=False, reason=f"{amount}; at least {figure(low)}")
        if high is not None and number > high:
            return CheckResult(passed=False, reason=f"{amount}; at most {figure(high)}")
        return CheckResult(passed=True, reason=amount)

    return Compiled(options.used, test)
