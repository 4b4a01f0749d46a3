"""Which encoding a text file is in: told by its first bytes, else UTF-8, else a guess that is said aloud."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from sheetjudge.errors import TableError

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Old encodings that spreadsheets still write; a wider choice only makes short texts guess wrong.
_OLD_ENCODINGS = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "mac_roman",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file become text.

    Attributes:
        name: a name that Python's codecs know.
        mark: the byte order mark that the file begins with; b"" for none.
        note: what to tell a person about a guess; "" where nothing was guessed.
    """

    name: str
    mark: bytes = b""
    note: str = ""


def find_encoding(file: BinaryIO, name: str, wanted: str | None) -> Encoding:
    """The encoding of `file`, which is read from its start to its end once.

    Args:
        name: the file, as errors and notes call it.
        wanted: the encoding that the user gave, or None.

    Raises:
        TableError: `wanted` is no encoding, or isn't the file's.
    """
    head = file.read(_SAMPLE)
    mark, by_mark = next(((bom, codec) for bom, codec in _BOMS if head.startswith(bom)), (b"", ""))
    if wanted is not None:
        return _as_wanted(file, name, wanted, head)
    codec = by_mark or _utf16_without_mark(head) or "utf-8"
    if _failure(file, codec, len(mark)) is None:
        note = f"{name} was read as {codec.upper()}, by the zero bytes in it." if "16" in codec and not mark else ""
        return Encoding(codec, mark, note)
    if by_mark:
        raise TableError(
            f"{name} begins with the mark of {codec.upper()}, but isn't valid {codec.upper()} further on.",
            "Save it as UTF-8, or name its encoding with --encoding.",
        )
    guess = _guess(file)
    return Encoding(
        guess, note=f"{name} isn't UTF-8; read as {guess}. If letters look wrong, name the encoding with --encoding."
    )


def _as_wanted(file: BinaryIO, name: str, wanted: str, head: bytes) -> Encoding:
    try:
        codec = codecs.lookup(wanted).name.removesuffix("-sig")
        "".encode(codec)
    except (LookupError, UnicodeError):
        raise TableError(
            f"There is no encoding called {wanted!r}.", "Try utf-8, utf-16, cp1252, latin-1 or shift_jis."
        ) from None
    mark = next((bom for bom, of in _BOMS if head.startswith(bom) and of.startswith(codec)), b"")
    if codec in {"utf-16", "utf-32"}:  # the mark says the order of the bytes; without one Windows' order is likely
        codec = dict(_BOMS).get(mark) or _utf16_without_mark(head) or f"{codec}-le"
    failure = _failure(file, codec, len(mark))
    if failure is not None:
        raise TableError(
            f"{name} isn't {wanted}: the byte at position {failure} has no meaning in it.",
            "Leave --encoding out to have it found, or name another.",
        )
    return Encoding(codec, mark)


def _failure(file: BinaryIO, codec: str, skip: int) -> int | None:
    """Where the bytes stop being valid in `codec`, or None where all are."""
    file.seek(skip)
    decoder = codecs.getincrementaldecoder(codec)()
    position = skip
    while True:
        chunk = file.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return position + error.start
        if not chunk:
            return None
        position += len(chunk)


def _utf16_without_mark(head: bytes) -> str:
    """The byte order of UTF-16 by its zero bytes (Latin letters have one each), or ""."""
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > 0.4 * pairs and not head[::2].count(0):
        return "utf-16-le"
    if pairs and head[::2].count(0) > 0.4 * pairs and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _guess(file: BinaryIO) -> str:
    """The likeliest old encoding in which the whole file is valid; latin-1 at worst, in which every byte is."""
    from charset_normalizer import from_bytes

    matches = from_bytes(_telling_sample(file), cp_isolation=list(_OLD_ENCODINGS))
    ranked = [m for m in matches if _failure(file, m.encoding, 0) is None]
    spoken = [m for m in ranked if m.coherence > 0]
    # Too short to tell a language by: Windows' Western encoding is what most such files are in.
    western = any("cp1252" in m.could_be_from_charset for m in ranked) and _failure(file, "cp1252", 0) is None
    if spoken and not (western and spoken[0] is not ranked[0]):
        return "cp1252" if "cp1252" in spoken[0].could_be_from_charset and western else spoken[0].encoding
    if western:
        return "cp1252"
    if ranked:
        return ranked[0].encoding
    return "cp1252" if _failure(file, "cp1252", 0) is None else "latin-1"


def _telling_sample(file: BinaryIO) -> bytes:
    """The first lines that hold a byte outside ASCII, which are the ones that tell."""
    file.seek(0)
    lines: list[bytes] = []
    size = 0
    while size < _SAMPLE and (line := file.readline(_SAMPLE)):
        if not line.isascii():
            lines.append(line)
            size += len(line)
    return b"".join(lines)
