"""Probes of developer metadata: what the lease, the fence and the columns of results stand on."""

from __future__ import annotations

from sheetjudge.tables.probe import KEY, Change, Otherwise, Probe, Scratch, expect, number


def _unique(tab: Scratch) -> None:
    one = number()
    tab.change(tab.mark(one, "a"))
    if not tab.refuses(tab.mark(one, "b")):
        raise Otherwise("the same id could be given twice")


def _delete_none(tab: Scratch) -> None:
    one, other = number(), number()
    tab.change(tab.mark(one, "a", "COLUMNS", 2))
    elsewhere = {"dimensionRange": tab.span("COLUMNS", 3, 4)}
    tab.change(
        tab.unmark(metadataId=other),
        tab.unmark(metadataId=one, metadataValue="b"),
        tab.unmark(metadataId=one, metadataLocation=elsewhere, locationMatchingStrategy="EXACT_LOCATION"),
    )
    expect(tab.marks(), {one: ("COLUMNS", 2)})


def _fence(tab: Scratch) -> None:
    column, lease = number(), number()
    tab.change(tab.mark(column, "fence", "COLUMNS", 2), tab.mark(lease, "mine"))

    def fenced(text: str, held: str) -> tuple[Change, ...]:
        where = {"dimensionRange": tab.span("COLUMNS", 2, 3)}
        return (
            tab.unmark(metadataId=lease, metadataValue=held),
            tab.mark(lease, "mine"),
            tab.unmark(metadataId=column, metadataLocation=where, locationMatchingStrategy="EXACT_LOCATION"),
            tab.mark(column, "fence", "COLUMNS", 2),
            tab.write([[text]]),
        )

    if tab.refuses(*fenced("through", "mine")):
        raise Otherwise("an id that was deleted in a batch can't be made again in it, so nothing could be written")
    expect(tab.cells(), [["through"]])
    if not tab.refuses(*fenced("taken", "another's")):
        raise Otherwise("a lease that somebody else holds doesn't stop a batch")
    tab.change(tab.insert("COLUMNS", 0))
    if not tab.refuses(*fenced("moved", "mine")):
        raise Otherwise("a column that has moved doesn't stop a batch")
    expect(tab.column(1), ["through"], "a batch that was refused wrote all the same")


def _follows(tab: Scratch) -> None:
    row, column, gone = number(), number(), number()
    tab.change(tab.mark(row, "r", "ROWS", 5), tab.mark(column, "c", "COLUMNS", 2), tab.mark(gone, "g", "COLUMNS", 6))
    move = {"source": tab.span("COLUMNS", 3, 4), "destinationIndex": 1}
    tab.change(
        tab.insert("ROWS", 1),
        tab.insert("ROWS", 1),
        {"deleteDimension": {"range": tab.span("ROWS", 3, 4)}},
        tab.insert("COLUMNS", 0),
        {"moveDimension": move},
        {"deleteDimension": {"range": tab.span("COLUMNS", 7, 8)}},
    )
    expect(tab.marks(), {row: ("ROWS", 6), column: ("COLUMNS", 1)})


def _intersecting(tab: Scratch) -> None:
    row, column = number(), number()
    tab.change(tab.mark(row, "r", "ROWS", 5), tab.mark(column, "c", "COLUMNS", 2))
    place = {"metadataKey": KEY, "metadataLocation": {"dimensionRange": tab.span("ROWS", 5, 6)}}
    tab.change(tab.unmark(**place, locationMatchingStrategy="EXACT_LOCATION"))
    expect(tab.marks(), {column: ("COLUMNS", 2)}, "EXACT_LOCATION matched more, or less, than the row itself")
    tab.change(tab.unmark(**place))
    expect(tab.marks(), {}, "a row's location didn't match the metadata of a column that crosses it")


def _sheet_intersects(tab: Scratch) -> None:
    one = number()
    tab.change(tab.mark(one, "tab"))
    tab.change(tab.unmark(metadataKey=KEY, metadataLocation={"dimensionRange": tab.span("ROWS", 5, 6)}))
    expect(tab.marks(), {}, "a row's location didn't match the metadata of its tab")


def _copied_tab(tab: Scratch) -> None:
    one = number()
    copy = number()
    tab.change(tab.mark(one, "c", "COLUMNS", 2))
    original = tab.sheet_id
    duplicate = {"sourceSheetId": original, "newSheetId": copy, "newSheetName": f"{tab.title} copy"}
    hide = {"properties": {"sheetId": copy, "hidden": True}, "fields": "hidden"}
    tab.change({"duplicateSheet": duplicate}, {"updateSheetProperties": hide})
    tab.sheet_id = copy
    try:
        expect(list(tab.marks().values()), [("COLUMNS", 2)])
        if one in tab.marks():
            raise Otherwise("the copy's metadata has the id of the original's")
    finally:
        tab.sheet_id = original
        tab.change({"deleteSheet": {"sheetId": copy}})


def _cut_paste(tab: Scratch) -> None:
    row, column = number(), number()
    tab.change(tab.write([["a"]], 1, 2), tab.mark(row, "r", "ROWS", 1), tab.mark(column, "c", "COLUMNS", 2))
    place = {"sheetId": tab.sheet_id, "rowIndex": 4, "columnIndex": 5}
    cut = {"source": tab.area(0, 2, 20, 3), "destination": place | {"rowIndex": 0}, "pasteType": "PASTE_NORMAL"}
    tab.change({"cutPaste": cut})
    expect(tab.column(5), ["", "a"])
    expect(tab.marks(), {row: ("ROWS", 1), column: ("COLUMNS", 2)})


METADATA_PROBES = (
    Probe("metadata.unique", "An id is unique; one that is in use is refused.", is_needed=True, tries=_unique),
    Probe(
        "metadata.delete_none",
        "Deleting what matches nothing succeeds and deletes nothing.",
        is_needed=True,
        tries=_delete_none,
    ),
    Probe(
        "metadata.fence",
        "An id that was deleted earlier in a batch can be created again in that batch.",
        is_needed=True,
        tries=_fence,
    ),
    Probe(
        "metadata.follows",
        "Metadata follows its row, column or tab, and goes with it.",
        is_needed=True,
        tries=_follows,
    ),
    Probe(
        "metadata.intersecting",
        "A lookup's location means what intersects it, unless EXACT.",
        is_needed=True,
        tries=_intersecting,
    ),
    Probe(
        "metadata.sheet_intersects",
        "A tab's own metadata intersects its rows, columns and ranges.",
        is_needed=False,
        tries=_sheet_intersects,
    ),
    Probe(
        "metadata.copied_tab",
        "A copied tab carries copies of its metadata, under new ids.",
        is_needed=False,
        tries=_copied_tab,
    ),
    Probe(
        "metadata.cut_paste",
        "Cutting cells moves no metadata of rows and columns.",
        is_needed=False,
        tries=_cut_paste,
    ),
)
