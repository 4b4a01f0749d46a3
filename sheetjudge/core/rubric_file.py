"""From the text of a rubric file, or the words of one criterion, to a Rubric."""

from __future__ import annotations

from dataclasses import dataclass

from sheetjudge.core.criterion_ids import unused_id
from sheetjudge.core.rubric import Criterion, Rubric
from sheetjudge.core.rubric_reader import DEFAULT_SCALE, LONGEST_NAME, Reader, read_ask
from sheetjudge.core.yaml_nodes import Node, Wrong, load, shorten
from sheetjudge.errors import RubricError

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a rubric.

    Attributes:
        line: 1-based line in the file; None where there is no file.
        key: path of the key concerned, lists counted from 1; "" for the file as a whole.
        what: a sentence.
        advice: what to do; may be "".
    """

    line: int | None
    key: str
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a rubric file.

    Attributes:
        rubric: None where there are problems.
        problems: in the order of their lines.
        lines: where each of the rubric's criteria begins.
    """

    rubric: Rubric | None
    problems: tuple[Problem, ...] = ()
    lines: tuple[int, ...] = ()


def parse_rubric(text: str, source: str = "") -> Rubric:
    """The rubric that a YAML text describes.

    Args:
        text: the file's content.
        source: the file's name, for errors.

    Raises:
        RubricError: it describes none. `line` and `key` are those of the first problem; the message names up to five.
    """
    reading = read_rubric(text)
    if reading.rubric is None:
        raise error_of(reading.problems, source)
    return reading.rubric


def error_of(problems: tuple[Problem, ...], source: str = "", *, names_lines: bool = True) -> RubricError:
    """One error for all the problems of a rubric: the first in full, then where the others are.

    Args:
        problems: one at least.
        source: of the rubric.
        names_lines: false where the problems say themselves where they are.
    """
    first = problems[0]
    lines = [f"line {p.line}" if p.line and names_lines else "" for p in problems]
    place = " ".join(filter(None, (source, lines[0])))
    rest_of_them = list(zip(lines, problems, strict=True))[1:MOST_SHOWN]
    more = [f"{f'{line}: ' if line else ''}{p.what} {p.advice}".strip() for line, p in rest_of_them]
    rest = f" (and {len(problems) - MOST_SHOWN} more)" if len(problems) > MOST_SHOWN else ""
    also = f" Also {'; '.join(more)}{rest}" if more else ""
    what = f"{place}: {first.what}" if place else first.what
    return RubricError(what, first.advice + also, line=first.line, key=first.key)


def read_rubric(text: str) -> Reading:
    """Read a rubric file to its end and find as many problems as can be found in one go."""
    root, wrong = load(text)
    reader = Reader(wrong)
    rubric = None
    if root is not None:
        rubric = reader.rubric(root)
    elif not wrong:
        reader.wrong.append(Wrong(Node(1, ""), "The file is empty.", "A rubric needs a name and criteria."))
    if reader.wrong:
        problems = (Problem(w.line, w.path, w.what, w.advice) for w in reader.wrong)
        return Reading(None, tuple(sorted(problems, key=lambda p: p.line or 0)))
    return Reading(rubric, lines=tuple(reader.lines))


def rubric_from_sentence(text: str) -> Rubric:
    """A rubric of one criterion on the scale 1-5, asked in the words of `text`.

    Raises:
        RubricError: the text is empty or its braces don't match.
    """
    words = " ".join(text.split())
    node = Node(1, "The criterion", words)
    try:
        ask = read_ask(node)
    except Wrong as wrong:
        raise RubricError(wrong.what, wrong.advice) from None
    criterion = Criterion(id=unused_id(words, ()), ask=ask, scale=DEFAULT_SCALE)
    return Rubric(name=shorten(words, LONGEST_NAME), criteria=(criterion,), scale=DEFAULT_SCALE)
