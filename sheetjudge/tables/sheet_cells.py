"""Cells of a sheet that don't show what was put in: errors, values still to come, links, images, volatile formulas."""

from __future__ import annotations

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!", "Loading..."})
"""What a formula without a value shows. A person may have written the same as text."""


def is_error_text(text: str) -> bool:
    """Does a cell that shows this hold no value, if it is a formula?"""
    return text in ERRORS
