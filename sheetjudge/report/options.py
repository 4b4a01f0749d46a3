"""What a person can say of a report."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sheetjudge.ops.agree_options import AgreeOptions
from sheetjudge.ops.whereabouts import Whereabouts


@dataclass(frozen=True, kw_only=True)
class ReportOptions(Whereabouts):
    """What a person can say of `report`. The names are those of the command's options.

    Attributes:
        human: columns with people's labels, as `agree` takes them; none for those headed `Human`, if there are any.
        score: the column of scores, or of winners, of the results that are meant, where the table holds several.
        rubric: gives the criteria's questions, scales and weights; None to go by the columns.
        scale: of all answers, where there is no rubric.
        group: a column with the same value for rows that belong together.
        run: an id from `runs list` or of the journal, or a file with what `--json` printed of the run; None for the
            runs that the journal knows of this table.
        probe: files with what `probe --json` printed.
        in_sheet: also write its short form into a tab of the spreadsheet. edited: also over what a person wrote there.
        recall, precision, confidence, keep_from: as for `agree`.
    """

    human: tuple[str, ...] = ()
    score: str | None = None
    rubric: str | None = None
    scale: str | None = None
    group: str | None = None
    run: str | None = None
    probe: tuple[str, ...] = ()
    in_sheet: bool = False
    edited: bool = False
    recall: float | None = None
    precision: float | None = None
    confidence: float | None = None
    keep_from: str | None = None

    @property
    def of_agreement(self) -> AgreeOptions:
        """The same, as `agree` takes it."""
        own = {"run", "probe", "in_sheet", "edited"}
        return AgreeOptions(
            **{field.name: getattr(self, field.name) for field in fields(self) if field.name not in own}
        )
