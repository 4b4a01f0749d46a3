"""Locales: which there are, from the Unicode CLDR by way of Babel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetjudge.core.yaml_nodes import nearest

if TYPE_CHECKING:
    from babel import Locale


def known_locale(written: str) -> tuple[str, str]:
    """The locale that a person wrote, as in `pt-BR`, and "" — or "" and the nearest one (or "" again).

    >>> known_locale("pt_br"), known_locale("German")
    (('pt-BR', ''), ('', 'de'))
    """
    if written == "en":
        return written, ""
    from babel import Locale, UnknownLocaleError
    from babel.localedata import locale_identifiers

    tag = written.strip().replace("-", "_")
    try:
        return str(Locale.parse(tag)).replace("_", "-"), ""
    except (UnknownLocaleError, ValueError, TypeError):
        names = {name.casefold(): code for code, name in Locale("en").languages.items()}
        close = names.get(nearest(written, names)) or nearest(tag, locale_identifiers())
        return "", close.replace("_", "-")


def babel_locale(tag: str) -> Locale:
    """Babel's own object for a locale that `known_locale` returned."""
    from babel import Locale

    return Locale.parse(tag, sep="-")
