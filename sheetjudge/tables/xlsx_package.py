"""The parts of an XLSX file, which is a ZIP archive of XML (ECMA-376 part 2)."""

from __future__ import annotations

import posixpath
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.etree import ElementTree as ET

from sheetjudge.errors import TableError

_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_VALUELESS = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>")


_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_TO_CALCULATE = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*\sfullCalcOnLoad=[\"'](?:1|true)[\"']")
# What is saved as "Strict Open XML" has other names for the same (part 1 against part 4).
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL_NAMES = (
    (_STRICT + b"spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (
        _STRICT + b"officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)


@contextmanager
def usual_form(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A workbook to be read: the file itself, or a temporary copy in the usual form where it is strict."""
    with zipfile.ZipFile(file) as package:
        if _STRICT not in package.read("_rels/.rels"):
            file.seek(0)
            yield file
            return
        with tempfile.TemporaryFile(prefix="sheetjudge-") as copy:
            with zipfile.ZipFile(copy, "w") as out:
                for info in package.infolist():
                    if info.filename.endswith((".xml", ".rels")):
                        part = package.read(info)
                        for strict, usual in _USUAL_NAMES:
                            part = part.replace(strict, usual)
                        out.writestr(info.filename, part)
                        continue
                    with package.open(info) as old, out.open(info.filename, "w") as new:
                        shutil.copyfileobj(old, new)
            copy.seek(0)
            yield copy


def doubtful_formulas(path: str, tab: str) -> tuple[int, int]:
    """How many formulas of a tab show nothing, and how many what may not be their value.

    The first have no value beside them, because no spreadsheet program has calculated them. The others are those with
    a value in a workbook that asks to be calculated when it is opened: some libraries write 0 until then.
    """
    xml = sheet_part(path, tab)[1]
    valueless = len(_VALUELESS.findall(xml))
    with _package(path) as package:
        asks = _TO_CALCULATE.search(package.read(_book_part(package)))
    return valueless, len(_FORMULA.findall(xml)) - valueless if asks else 0


def sheet_part(path: str, tab: str) -> tuple[str, bytes]:
    """The name of a tab's part in the package, and the part itself.

    Raises:
        TableError: it can't be found, or isn't UTF-8.
    """
    with _package(path) as package:
        book = _book_part(package)
        folder, file = posixpath.split(book)
        targets = {
            r.get("Id"): _target(folder, r)
            for r in _relations(package, posixpath.join(folder, "_rels", f"{file}.rels"))
        }
        for sheet in ET.fromstring(package.read(book)).iter():  # noqa: S314  expat refuses entity bombs
            if sheet.tag.endswith("}sheet") and sheet.get("name") == tab:
                part = targets[next(v for k, v in sheet.attrib.items() if k.endswith("}id"))]
                xml = package.read(part)
                if not re.match(rb"(\xef\xbb\xbf)?<(?!\?xml[^>]*encoding=[\"'](?!utf-8))", xml, re.IGNORECASE):
                    raise TableError(
                        f"{tab} isn't stored as UTF-8.", "Save the workbook again, or use --out with .csv."
                    )
                return part, xml
    raise TableError(f"The workbook has no tab {tab!r} any more.")


@contextmanager
def _package(path: str) -> Iterator[zipfile.ZipFile]:
    """A workbook's parts. What reads its cells may put up with more than is needed to find the parts again."""
    try:
        with zipfile.ZipFile(path) as package:
            yield package
    except (OSError, TableError):
        raise
    except Exception as error:  # of the archive, its compression, the XML in it, or what the XML refers to
        raise TableError(
            f"The workbook is damaged ({type(error).__name__}: {error}).",
            "Open it in a spreadsheet program and save it again.",
        ) from error


def _book_part(package: zipfile.ZipFile) -> str:
    for relation in _relations(package, "_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            return _target("", relation)
    raise TableError("The workbook is damaged: it doesn't say which part is its main one.")


def _relations(package: zipfile.ZipFile, name: str) -> list[Any]:
    return list(ET.fromstring(package.read(name)).iter(_RELATIONS))  # noqa: S314


def _target(folder: str, relation: Any) -> str:
    target = str(relation.get("Target"))
    return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
