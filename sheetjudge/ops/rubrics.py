"""Where rubrics come from: a file, a shipped name, a tab of the table's spreadsheet, or the words of one criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_advice import unwise
from sheetjudge.core.rubric_file import Problem, parse_rubric, read_rubric, rubric_from_sentence
from sheetjudge.core.table import Table
from sheetjudge.core.yaml_nodes import MAX_CHARACTERS, nearest
from sheetjudge.errors import ConfigError, RubricError, TableError
from sheetjudge.ops.settings import load_settings
from sheetjudge.tables.open import TableOptions

if TYPE_CHECKING:
    from sheetjudge.tables.rubric_tab import Pushed

_FORMS = (
    "A rubric is a .yaml file, a shipped name (sheetjudge rubric list), tab:NAME for a tab of the table's spreadsheet, "
    "or a criterion in several words."
)
_TAB = "tab:"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ShippedRubric:
    """A rubric that comes with sheetjudge: the name it is asked for by, and what it says."""

    name: str
    rubric: Rubric


def find_rubric(spec: str, in_tab: Callable[[str], Rubric] | None = None) -> Rubric:
    """The rubric that a person named.

    Args:
        spec: path of a `.yaml` or `.yml` file, name of a shipped rubric, `tab:` and the title of a tab, or the words of
            one criterion (two or more).
        in_tab: reads the rubric in a tab of the table's spreadsheet; None where there is no table.

    Raises:
        RubricError: the file or tab can't be read, describes no rubric, or nothing has that name.
        ConfigError: a tab where there is no table.
    """
    if (tab := tab_of(spec)) is not None:
        if in_tab is None:
            raise ConfigError(f"There is no table here that could have a tab ({spec}).", "See rubric pull --help.")
        return in_tab(tab)
    if _names_a_file(spec):
        return parse_rubric(_text_or_error(spec), spec)
    shipped = _shipped_files()
    if spec in shipped:
        return parse_rubric(shipped[spec].read_text(encoding="utf-8"), shipped[spec].name)
    if len(spec.split()) > 1:
        return rubric_from_sentence(spec)
    if not spec.strip():
        raise RubricError("The rubric is empty.", _FORMS)
    close = nearest(spec, shipped)
    advice = f"Did you mean {close!r}?" if close else f"Shipped are {', '.join(sorted(shipped))}. {_FORMS}"
    raise RubricError(f"There is no rubric {spec!r}.", advice)


def tab_of(spec: str) -> str | None:
    """The title of the tab that `spec` names as a rubric; None for a rubric from elsewhere.

    Raises:
        ConfigError: it names none.
    """
    if not spec.startswith(_TAB):
        return None
    if not (tab := spec.removeprefix(_TAB).strip()):
        raise ConfigError("The rubric is a tab without a name.", "Write tab:Rubric, say.")
    return tab


def check_apart(table: Table, spec: str) -> None:
    """Make sure that the rubric isn't judged by itself.

    Args:
        table: what is to be judged. spec: where the rubric comes from.

    Raises:
        TableError: they are one tab.
    """
    tab = tab_of(spec)
    if tab is None:
        return
    from sheetjudge.tables.rubric_tab import title_of

    if title_of(table) == tab:
        raise TableError(
            f"The tab {tab!r} holds the rubric, so it can't be the table too.", "Name the table with --tab."
        )


def shipped_names() -> tuple[str, ...]:
    """The names of the shipped rubrics, in order."""
    return tuple(sorted(_shipped_files()))


def list_rubrics() -> tuple[ShippedRubric, ...]:
    """The shipped rubrics in order of their names."""
    files = sorted(_shipped_files().items())
    return tuple(ShippedRubric(name, parse_rubric(file.read_text(encoding="utf-8"), file.name)) for name, file in files)


def push_rubric(
    spec: str,
    sheet: str,
    tab: str,
    credentials: str | None,
    environment: Mapping[str, str],
    *,
    overwrite: bool = False,
) -> tuple[Rubric, Pushed]:
    """Write the rubric that a person named into a tab of a spreadsheet.

    Returns:
        The rubric, and what was done.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    from sheetjudge.tables.rubric_tab import push_rubric as push

    rubric = find_rubric(spec)
    return rubric, push(rubric, sheet, tab, _options(credentials, environment), overwrite=overwrite)


def pull_rubric(sheet: str, tab: str, credentials: str | None, environment: Mapping[str, str]) -> Rubric:
    """The rubric in a tab of a spreadsheet or workbook.

    Raises:
        SheetjudgeError: whatever is wrong, in one line.
    """
    from sheetjudge.tables.rubric_tab import read_rubric_tab

    return read_rubric_tab(sheet, tab, _options(credentials, environment))


def _options(credentials: str | None, environment: Mapping[str, str]) -> TableOptions:
    settings = load_settings(environment)
    chosen = credentials or settings.credentials or None
    return TableOptions(credentials=chosen, home=settings.home, environment=environment)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a rubric file.

    Attributes:
        source: the file, as it was named.
        rubric: None where there are problems.
        problems: what is wrong, in the order of the lines.
        notes: (line, sentence) for what is allowed but unwise.
    """

    source: str
    rubric: Rubric | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()


def check_rubric(path: str) -> Checked:
    """Read a rubric file and find all that is wrong with it, and all that is unwise. Never raises a RubricError."""
    try:
        reading = read_rubric(read_text(Path(path)))
    except RubricError as error:
        return Checked(path, None, (Problem(error.line, error.key, error.what, error.advice),))
    if reading.rubric is None:
        return Checked(path, None, reading.problems)
    notes = ((1 if index < 0 else reading.lines[index], note) for index, note in unwise(reading.rubric))
    return Checked(path, reading.rubric, notes=tuple(sorted(notes)))


def rubric_schema() -> str:
    """The JSON Schema (2020-12) of a rubric file, for editors."""
    return (resources.files("sheetjudge.core") / "rubric.schema.json").read_text(encoding="utf-8")


def _text_or_error(spec: str) -> str:
    try:
        return read_text(Path(spec))
    except RubricError as error:
        place = f"{spec} line {error.line}" if error.line else spec
        raise RubricError(f"{place}: {error.what}", error.advice, line=error.line) from None


def read_text(path: Path) -> str:
    """A rubric file's text.

    Raises:
        RubricError: it is missing, can't be opened, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise RubricError("There is no such file.", _nearest_file(path)) from None
    except (OSError, ValueError) as error:  # a ValueError where the name itself is impossible
        reason = error.strerror if isinstance(error, OSError) else error
        raise RubricError(f"It can't be read: {reason}.") from None
    try:
        if len(data) > 4 * MAX_CHARACTERS:
            raise RubricError("It is too large for a rubric.", f"At most {MAX_CHARACTERS:,} characters are read.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RubricError("The text isn't UTF-8.", "Save it as UTF-8.", line=line) from None


def _names_a_file(spec: str) -> bool:
    if spec.lower().endswith(_ENDINGS):
        return True
    # A path without our ending is no sentence either; what its content is, the reader says.
    return len(spec.split()) == 1 and ("/" in spec or "\\" in spec) and Path(spec).is_file()


def _nearest_file(path: Path) -> str:
    try:
        names = [p.name for p in path.parent.iterdir() if p.name.lower().endswith(_ENDINGS)]
    except OSError:
        return _FORMS
    close = nearest(path.name, names)
    return f"Did you mean {path.parent / close}?" if close else _FORMS


def _shipped_files() -> dict[str, Traversable]:
    """Name -> file of each shipped rubric: inside the package, or beside it in a checkout."""
    package = resources.files("sheetjudge")
    for folder in (package / "rubrics", Path(str(package)).parent / "rubrics"):
        if folder.is_dir():
            files = [f for f in folder.iterdir() if f.name.endswith(".yaml")]
            return {f.name.removesuffix(".yaml"): f for f in files}
    return {}
