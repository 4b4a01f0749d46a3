"""Every probe that there is, and what can't be tried out in a spreadsheet of the user's."""

from __future__ import annotations

from sheetjudge.tables.probe_charts import CHART_PROBES
from sheetjudge.tables.probe_edits import EDIT_PROBES
from sheetjudge.tables.probe_looks import LOOK_PROBES
from sheetjudge.tables.probe_metadata import METADATA_PROBES
from sheetjudge.tables.probe_values import VALUE_PROBES

PROBES = (*METADATA_PROBES, *EDIT_PROBES, *LOOK_PROBES, *VALUE_PROBES, *CHART_PROBES)

NOT_PROBED = {
    "typed.locale": "it would change the language of the whole spreadsheet",
    "region": "if Google takes it, the language of the whole spreadsheet would be changed",
    "sheet.resize_rows_first": "it would fill the spreadsheet to its limit of ten million cells",
    "sheet.protected": "it takes a second account",
    "metadata.copied_book": "it would make a second spreadsheet, which these credentials may not delete",
    "chart.copied_book": "it would make a second spreadsheet, which these credentials may not delete",
    "drive.unknown_folder": "if Google takes it, a second spreadsheet would be made",
    "quota.no_retry_after": "it would use up the quota of a minute",
    "quota.refused_free": "it would use up the quota of a minute",
    "access.unshared": "it takes a spreadsheet of somebody else's",
    "access.reader": "it takes a second account",
}
"""Behaviour -> why it isn't tried out."""
