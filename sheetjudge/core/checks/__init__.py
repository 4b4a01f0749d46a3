"""Deterministic checks: what a row must be, found out without a judge and at no cost."""

from __future__ import annotations

from sheetjudge.core.checks.check import Check, check_columns, compile_check, verdict_of
from sheetjudge.core.checks.locales import known_locale
from sheetjudge.core.checks.options import CheckResult

__all__ = ["Check", "CheckResult", "check_columns", "compile_check", "known_locale", "verdict_of"]
