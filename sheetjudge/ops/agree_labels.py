"""What people and judges wrote into a cell, as an answer of a scale. What can't be read is told, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from sheetjudge.core.rubric import YES_NO, Scale, integer_scale, label_scale
from sheetjudge.core.scales import read_scale
from sheetjudge.core.yaml_nodes import Wrong, load
from sheetjudge.errors import ConfigError
from sheetjudge.ops.judged_table import number_in

_YES = frozenset({"yes", "y", "true", "1", "✓", "✔", "☑"})
_NO = frozenset({"no", "n", "false", "0", "✗", "✘", "☐"})
_MOST_LABELS = 20
WIDEST = 100_000
"""From the lowest mark to the highest: numbers further apart (of rows, of pages, of money) are marks on no scale."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell that holds no answer of the scale.

    Attributes:
        row: the row's number as a person finds it. column: its name. text: what stands there. why: in words.
    """

    row: int
    column: str
    text: str
    why: str


def read_answer(scale: Scale, text: str) -> float | str | None:
    """The answer in a cell.

    Args:
        scale: the answers that are possible. Words count in any case; on yes/no also y, true, 1 and the like.
        text: the cell.

    Returns:
        Its value in scale units, None for an empty cell, or why it can't be read, in words.
    """
    word = text.strip()
    if not word:
        return None
    folded = word.casefold()
    if scale.kind == "labels":
        labels = {label.casefold(): label for label in scale.labels}
        return scale.value_of(labels[folded]) if folded in labels else f"it is none of {scale}"
    if scale.kind == "yes/no" and (folded in _YES or folded in _NO):
        return float(folded in _YES)
    number = number_in(word)
    if number is None:
        return f"it is no answer of {scale}"
    if not scale.low <= number <= scale.high:
        return f"it isn't on {scale}"
    return number


def _is_chance(text: str) -> bool:
    """The chance of a yes, as `filter` gives it."""
    number = number_in(text.strip())
    return number is not None and 0 <= number <= 1


def scale_of(text: str) -> Scale:
    """The scale that `--scale` names: `1-5`, `yes/no`, or labels from lowest to highest, parted by commas.

    Raises:
        ConfigError: it names none.
    """
    root, wrong = load(f"[{text}]" if "," in text and not text.strip().startswith(("[", "{")) else text)
    try:
        if root is None or wrong:
            raise wrong[0] if wrong else ValueError
        return read_scale(root)
    except (Wrong, ValueError) as error:
        raise ConfigError(
            f"--scale {text!r} is no scale.", "Write --scale 1-5, yes/no, or labels: --scale 'weak, fair, strong'."
        ) from error


def inferred_scale(people: Sequence[str], *judges: Sequence[str]) -> Scale | None:
    """The scale that filled cells seem to be on; None where they are no answers of any, or numbers too far apart.

    Args:
        people: the texts of their cells that hold anything. judges: the same, those of each judge.
    """
    verdicts = [text for judge in judges for text in judge]
    words = {text.strip().casefold() for text in (*people, *verdicts)}
    if words and words <= _YES | _NO and not words <= {"0", "1"}:
        return YES_NO
    said = {text.strip().casefold() for text in people}
    if said and said <= _YES | _NO and not said <= {"0", "1"} and all(_is_chance(text) for text in verdicts):
        return YES_NO
    numbers = [number_in(text.strip()) for text in people]
    told = [number for number in numbers if number is not None]
    if told and 2 * len(told) > len(people):
        ends = min(told), max(told)
        for judge in judges:
            own = [n for text in judge if (n := number_in(text.strip())) is not None]
            if own and sum(ends[0] - 1 <= n <= ends[1] + 1 for n in own) * 2 >= len(own):
                # Marks that no person happened to give, but this judge.
                told = [*told, *own]
        low = floor(min(told))
        high = max(ceil(max(told)), low + 1)
        return integer_scale(low, high) if high - low <= WIDEST else None
    names = dict.fromkeys(text.strip() for text in (*people, *verdicts))
    folded = {name.casefold(): name for name in reversed(names)}
    if 1 < len(folded) <= _MOST_LABELS:
        return label_scale(tuple(sorted(folded.values(), key=str.casefold)), ordered=False)
    return None
