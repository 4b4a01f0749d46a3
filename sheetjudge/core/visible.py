"""Row text made safe to show to a model: what can't be seen is made visible, what is too long is cut in the middle."""

from __future__ import annotations

import re
import unicodedata

# Marks that chat templates use to tell turns apart. Some servers honour them inside a message's text.
_TURN_MARKS = re.compile(
    r"<[|｜][^<>\n]{1,40}[|｜]>"  # noqa: RUF001 - the full-width bar is what DeepSeek's template uses
    r"|</?(?:s|think|start_of_turn|end_of_turn|bos|eos)>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)
_KEPT_CONTROLS = frozenset("\n\t")
_JOINERS = frozenset("\u200c\u200d")
# Where a zero-width (non-)joiner changes what a person reads: Arabic to Syriac, the Indic blocks, symbols and emoji.
_JOINING = (
    (0x2190, 0x2BFF),
    (0x1F000, 0x10FFFF),
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
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() or not text.isprintable():
        text = "".join(_shown(text, i) for i in range(len(text)))
    return _TURN_MARKS.sub(lambda m: " ".join((m[0][0], m[0][1:-1], m[0][-1])), text)


def _shown(text: str, i: int) -> str:
    char = text[i]
    if char in _KEPT_CONTROLS or char.isprintable():
        # Variation selectors and fillers count as printable but can carry hidden text when they pile up.
        if _is_selector(char) and (i == 0 or not _takes_selector(text[i - 1])):
            return f"[U+{ord(char):04X}]"
        return "[U+%04X]" % ord(char) if char in "\u115f\u1160\u3164\uffa0" else char
    if char in _JOINERS and 0 < i < len(text) - 1 and _joins(text[i - 1]) and _joins(text[i + 1]):
        return char
    if unicodedata.category(char) == "Zs":
        return " "
    return f"[U+{ord(char):04X}]"


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _takes_selector(char: str) -> bool:
    return char in "0123456789#*" or not (char.isspace() or _is_selector(char) or char.isascii())


def _joins(char: str) -> bool:
    code = ord(char)
    return _is_selector(char) or any(a <= code <= b for a, b in _JOINING)


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
