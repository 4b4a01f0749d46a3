"""Row text made safe to show to a model: what can't be seen is made visible, what is too long is cut in the middle."""

from __future__ import annotations

import re
import unicodedata

# Marks that chat templates use to tell turns apart. Some servers honour them inside a message's text.
_TURN_MARKS = re.compile(
    r"<[|｜][^<>\n]{1,40}[|｜]>"  # noqa: RUF001 - the full-width bar is what DeepSeek's template uses
    r"|<[|｜][^<>\s]{1,40}>|<[^<>\s]{1,40}[|｜]>"  # noqa: RUF001
    r"|</?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|think|thinking|tools?|tool_call|tool_response)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|THINK|ARGS|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|IMG|BOS|EOS|gMASK)\]"
    r"|\[[|｜][^\[\]\n]{1,40}[|｜]\]|<</?SYS>>",  # noqa: RUF001
    re.IGNORECASE,
)
_UNHOLDABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What JSON doesn't escape by itself and a terminal obeys: C1, and what turns the direction of writing around; and half
# a surrogate pair, which no file and no terminal can hold.
_OBEYED_IN_JSON = re.compile("[\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Letters and plain text go through untouched, which spares most characters of most rows a closer look; but the Hangul
# fillers are letters by the book.
_LOOK_CLOSER = re.compile(r"[^\n\t\x20-\x7e\w]|[\u115f\u1160\u3164\uffa0]")
# Printable by the book, and yet nothing is seen: fillers, a blank braille cell, a grapheme joiner.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d")
# Where a zero-width (non-)joiner changes what a person reads: Arabic to Syriac, the Indic blocks, symbols and emoji.
_JOINING = (
    (0x2190, 0x2BFF),
    (0x10A00, 0x1FBFF),
    (0x0600, 0x08FF),
    (0x0900, 0x0DFF),
    (0x0F00, 0x109F),
    (0x1780, 0x18AF),
)


def made_visible(text: str) -> str:
    """`text` with control and invisible characters shown as `[U+200B]` and chat-template marks spaced apart.

    Line breaks and tabs stay; so do joiners and variation selectors where they shape an emoji or a letter.
    A line break is a plain newline in what comes back, however the cell wrote it.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Plain text is told at a fraction of what it costs to go through it by a pattern.
    if not (text.isascii() and text.replace("\n", "").replace("\t", "").isprintable()):
        text = _LOOK_CLOSER.sub(lambda m: _shown(text, m.start()), text)
    if "<" not in text and "[" not in text:
        return text
    return _TURN_MARKS.sub(lambda m: " ".join((m[0][0], m[0][1:-1], m[0][-1])), text)


def _shown(text: str, i: int) -> str:
    char = text[i]
    if char.isprintable():
        # Variation selectors and fillers count as printable but can carry hidden text when they pile up.
        if _is_selector(char) and (i == 0 or not _takes_selector(text[i - 1])):
            return f"[U+{ord(char):04X}]"
        return f"[U+{ord(char):04X}]" if char in _BLANKS else char
    if char in _JOINERS and 0 < i < len(text) - 1 and _joins(text[i + 1]):
        before = text[i - 1]
        if _joins(before) or (_is_selector(before) and i > 1 and _joins(text[i - 2])):
            return char
    if unicodedata.category(char) == "Zs":
        return " "
    return f"[U+{ord(char):04X}]"


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _takes_selector(char: str) -> bool:
    return char in "0123456789#*" or not (
        char.isascii() or _is_selector(char) or char in _BLANKS or not char.isprintable()
    )


def _joins(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _JOINING)


def cut_middle(text: str, most: int) -> tuple[str, int]:
    """At most `most` characters of `text`, its middle replaced by a mark that says how much is missing.

    Returns:
        The text to show, and how many characters were left out (0 where nothing was).
    """
    if len(text) <= most:
        return text, 0
    left_out = len(text) - most
    mark = f"\n[… {left_out:,} characters left out here …]\n"
    head = (most + 1) // 2
    return text[:head] + mark + text[len(text) - (most - head) :], left_out


def well_formed(text: str) -> str:
    """`text` as every file and cell can hold it: halves of surrogate pairs and control characters become U+FFFD."""
    return _UNHOLDABLE.sub("\ufffd", text)


def escaped_json(text: str) -> str:
    """JSON that says the same, and in which a terminal that shows it finds nothing to obey."""
    return _OBEYED_IN_JSON.sub(lambda m: f"\\u{ord(m[0]):04x}", text)
