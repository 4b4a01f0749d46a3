"""Where rubrics come from: a file, a shipped name, or the words of one criterion."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from sheetjudge.core.rubric import Rubric
from sheetjudge.core.rubric_file import Reading, parse_rubric, read_rubric, rubric_from_sentence
from sheetjudge.core.yaml_nodes import MAX_CHARACTERS, nearest
from sheetjudge.errors import ConfigError, RubricError

_FORMS = "A rubric is a .yaml file, a shipped name (sheetjudge rubric list), or a criterion in several words."
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class ShippedRubric:
    """A rubric that comes with sheetjudge: the name it is asked for by, and what it says."""

    name: str
    rubric: Rubric


def find_rubric(spec: str) -> Rubric:
    """The rubric that a person named.

    Args:
        spec: path of a `.yaml` or `.yml` file, name of a shipped rubric, or the words of one criterion (two or more).

    Raises:
        RubricError: the file can't be read, describes no rubric, or nothing has that name.
        ConfigError: a form that isn't known.
    """
    if spec.startswith("tab:"):
        raise ConfigError(f"A rubric can't be read from a tab ({spec}).", _FORMS)
    if _names_a_file(spec):
        return parse_rubric(read_text(Path(spec)), spec)
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


def list_rubrics() -> tuple[ShippedRubric, ...]:
    """The shipped rubrics in order of their names."""
    files = sorted(_shipped_files().items())
    return tuple(ShippedRubric(name, parse_rubric(file.read_text(encoding="utf-8"), file.name)) for name, file in files)


def check_rubric(path: str) -> Reading:
    """Read a rubric file and find all that is wrong with it.

    Raises:
        RubricError: the file can't be read as text.
    """
    return read_rubric(read_text(Path(path)))


def rubric_schema() -> str:
    """The JSON Schema (2020-12) of a rubric file, for editors."""
    return (resources.files("sheetjudge.core") / "rubric.schema.json").read_text(encoding="utf-8")


def read_text(path: Path) -> str:
    """A rubric file's text.

    Raises:
        RubricError: it is missing, can't be opened, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise RubricError(f"There is no file {path}.", _nearest_file(path)) from None
    except OSError as error:
        raise RubricError(f"{path} can't be read: {error.strerror or error}.") from None
    try:
        if len(data) > 4 * MAX_CHARACTERS:
            raise RubricError(f"{path} is too large for a rubric.", f"At most {MAX_CHARACTERS:,} characters are read.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RubricError(f"{path} line {line}: the text isn't UTF-8.", "Save it as UTF-8.", line=line) from None


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
