"""What a person does with gspread, done with the real, unmodified gspread over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

gspread = pytest.importorskip("gspread")
from gspread.utils import ExportFormat, ValueInputOption, ValueRenderOption  # noqa: E402

RAW_TEXTS = [
    "007",
    "1e5",
    "=1+1",
    "2025-01-02",
    "TRUE",
    "'quoted",
    " padded ",
    "emoji 🎈",
    "two\nlines",
    "מימין",
    "10%",
]


@pytest.fixture
def book(gspread_client):
    return gspread_client.create("A book")


@pytest.fixture
def sheet(book):
    return book.sheet1


def test_raw_text_stays_exactly_as_it_is(google, gspread_client):
    url = google.load("Texts", [["text"], *[[text] for text in RAW_TEXTS]])
    tab = gspread_client.open_by_url(url).sheet1
    assert tab.col_values(1) == ["text", *RAW_TEXTS]
    tab.update([[text] for text in RAW_TEXTS], "B2", raw=True)
    assert tab.col_values(2)[1:] == RAW_TEXTS
    assert google.spreadsheet(url).rows() == [["text"], *[[text, text] for text in RAW_TEXTS]]


@pytest.mark.parametrize(
    ("typed", "shown", "value"),
    [
        ("0042", "42", 42),
        ("2,000,000.01", "2,000,000.01", 2000000.01),
        ("= 1 / 1024", "0.0009765625", 0.0009765625),
        ("10%", "10%", 0.1),
        ("12.5%", "12.50%", 0.125),
        ("$3.50", "$3.50", 3.5),
        ("1e5", "1.00E+05", 100000),
        ("true", "TRUE", True),
        ("2025-01-02", "2025-01-02", 45659),
        ("1/2/2025", "1/2/2025", 45659),
        ("13:45", "13:45", 0.572916666666667),
        ("'007", "007", "007"),
        ("(5)", "-5", -5),
        ("1-2-3-4", "1-2-3-4", "1-2-3-4"),
        ("plain text", "plain text", "plain text"),
    ],
)
def test_typed_text_is_understood(sheet, typed, shown, value):
    sheet.update_acell("A1", typed)
    assert sheet.acell("A1").value == shown
    assert sheet.acell("A1", ValueRenderOption.unformatted).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=1+2*3", "7"),
        ("=(1+2)*3", "9"),
        ("=2^3-1", "7"),
        ("=-A1", "-4"),
        ("=A1*B1", "12"),
        ("=SUM(A1:B1)", "7"),
        ("=AVERAGE(A:A)", "4"),
        ('=A1&" cats"', "4 cats"),
        ("=A1>B1", "TRUE"),
        ('=IF(A1=4,"yes","no")', "yes"),
        ("=1/0", "#DIV/0!"),
        ('=IFERROR(1/0,"none")', "none"),
        ("=C5", ""),
        ("=Nowhere!A1", "#REF!"),
        ('="say ""hi"""', 'say "hi"'),
        ("=1+", "#ERROR!"),
        ("=D1", "#REF!"),
    ],
)
def test_formulas(sheet, formula, shown):
    sheet.update([[4, 3]], "A1:B1")
    sheet.update_acell("D1", formula)
    assert (sheet.acell("D1").value or "") == shown
    assert sheet.acell("D1", ValueRenderOption.formula).value == formula


def test_a_function_that_is_not_built_answers_501_with_its_name(sheet):
    with pytest.raises(gspread.exceptions.APIError) as refused:
        sheet.update_acell("A1", "=VLOOKUP(1,A1:B2,2)")
    assert refused.value.code == 501
    assert "VLOOKUP" in refused.value.error["message"]
    assert sheet.get_all_values() == [[]]


def test_formulas_follow_their_cells(sheet):
    sheet.update([[1, 2, "=A1+B1"], [3, 4, "=SUM(A1:A2)"]], "A1:C2", raw=False)
    sheet.insert_rows([["new"]], 1)
    assert sheet.get("C2:C3", value_render_option=ValueRenderOption.formula) == [["=A2+B2"], ["=SUM(A2:A3)"]]
    sheet.delete_rows(2)
    assert sheet.get("C2:C2", value_render_option=ValueRenderOption.formula) == [["=SUM(A2:A2)"]]
    sheet.delete_columns(1)
    assert sheet.acell("B2").value == "#REF!"


def test_sort_moves_cells_and_leaves_the_rest(sheet):
    sheet.update([["b", 2, "x"], ["a", 10, "y"], ["", 1, "z"], ["C", "text", "w"]], "A1:C4")
    sheet.sort((1, "asc"), range="A1:B4")
    assert sheet.get("A1:C4") == [["a", "10", "x"], ["b", "2", "y"], ["C", "text", "z"], ["", "1", "w"]]
    sheet.sort((2, "des"), range="A1:C4")
    assert sheet.col_values(2) == ["text", "10", "2", "1"]


def test_rows_and_columns(sheet):
    sheet.update([["A", "B"], ["C", "D"]], "A1:B2")
    sheet.insert_row(["new"], 2)
    sheet.insert_cols([["left"]], 1)
    assert sheet.get("A1:C3") == [["left", "A", "B"], ["", "new"], ["", "C", "D"]]
    sheet.delete_rows(1, 2)
    sheet.delete_columns(1)
    assert sheet.get_all_values() == [["C", "D"]]
    sheet.add_rows(5)
    sheet.add_cols(2)
    assert (sheet.row_count, sheet.col_count) == (1004, 28)
    sheet.resize(1, 1)
    assert sheet.get_all_values() == [["C"]]
    sheet.hide_columns(0, 1)
    sheet.unhide_columns(0, 1)
    sheet.hide_rows(0, 1)
    sheet.unhide_rows(0, 1)


def test_tabs(book):
    second = book.add_worksheet("Second", 10, 5)
    copy = second.duplicate(insert_sheet_index=0)
    assert [tab.title for tab in book.worksheets()] == ["Copy of Second", "Sheet1", "Second"]
    book.reorder_worksheets([second, copy])
    assert [tab.title for tab in book.worksheets()] == ["Second", "Copy of Second", "Sheet1"]
    with pytest.raises(gspread.exceptions.APIError, match="already exists"):
        book.add_worksheet("second", 1, 1)
    book.del_worksheet(copy)
    second.update_title("It's a title")
    second.update([["x"]], "A1")
    assert book.values_get("'It''s a title'!A1")["range"] == "'It''s a title'!A1"
    other = book.client.request("post", "https://www.googleapis.com/drive/v3/files", json={
        "name": "Other", "mimeType": "application/vnd.google-apps.spreadsheet"}).json()["id"]  # fmt: skip
    copied = second.copy_to(other)
    assert copied["title"] == "Copy of It's a title"


def test_notes_formats_and_validation(book, sheet):
    sheet.insert_notes({"A1": "first", "B2": "second"})
    assert sheet.get_notes() == [["first"], ["", "second"]]
    sheet.update_note("A1", "changed")
    assert sheet.get_note("A1") == "changed"
    sheet.clear_notes(["A1", "B2"])
    assert sheet.get_note("A1") == ""
    sheet.format("A1", {"textFormat": {"bold": True}, "numberFormat": {"type": "NUMBER", "pattern": "0.00"}})
    sheet.update([[3]], "A1")
    assert sheet.acell("A1").value == "3.00"
    sheet.add_validation("C1", gspread.utils.ValidationConditionType.one_of_list, ["y", "n"], strict=True)
    cell = book.fetch_sheet_metadata({"includeGridData": "true", "ranges": ["Sheet1!A1:C1"]})["sheets"][0]["data"][0]
    first, _, third = cell["rowData"][0]["values"]
    assert first["effectiveFormat"]["textFormat"]["bold"] is True
    assert first["effectiveValue"] == {"numberValue": 3}
    assert third["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"


def test_named_and_protected_ranges(google, gspread_client):
    url = google.load("Shared", [["a", "b"], ["c", "d"]])
    book = gspread_client.open_by_url(url)
    tab = book.sheet1
    tab.define_named_range("A1:B1", "head")
    assert tab.get("head") == [["a", "b"]]
    tab.insert_rows([["above"]], 1)
    assert tab.get("head") == [["a", "b"]]
    person = google.spreadsheet(url)
    person.do({"addProtectedRange": {"protectedRange": {"range": {"startRowIndex": 1, "endRowIndex": 2}}}})
    with pytest.raises(gspread.exceptions.APIError, match="protected cell or object"):
        tab.update([["x"]], "A2")
    tab.update([["free"]], "A3")
    assert person.rows() == [["above"], ["a", "b"], ["free", "d"]]
    mine = tab.add_protected_range("A1")["replies"][0]["addProtectedRange"]["protectedRange"]
    [read] = [one for one in book.list_protected_ranges(tab.id) if one["protectedRangeId"] == mine["protectedRangeId"]]
    assert google.email in read["editors"]["users"]
    tab.delete_protected_range(mine["protectedRangeId"])


def test_merges_filters_and_groups(book, sheet):
    sheet.update([["a", "b"], ["c", "d"]], "A1:B2")
    sheet.merge_cells("A1:B1")
    assert sheet.get("A1:B2") == [["a"], ["c", "d"]]
    with pytest.raises(gspread.exceptions.APIError, match="select all cells in a merged range"):
        sheet.unmerge_cells("A1:A2")
    sheet.unmerge_cells("A1:B1")
    sheet.set_basic_filter("A1:B2")
    sheet.clear_basic_filter()
    sheet.add_dimension_group_rows(1, 5)
    sheet.add_dimension_group_rows(2, 3)
    assert [group["depth"] for group in sheet.list_dimension_group_rows()] == [1, 2]
    sheet.delete_dimension_group_rows(2, 3)
    assert len(sheet.list_dimension_group_rows()) == 1
    sheet.freeze(1, 1)
    assert book.worksheet("Sheet1").frozen_row_count == 1


def test_drive(google, gspread_client, book):
    book.share("friend@example.com", "user", "reader", notify=False)
    roles = {one.get("emailAddress"): one["role"] for one in book.list_permissions()}
    assert roles == {google.email: "owner", "friend@example.com": "reader"}
    book.remove_permissions("friend@example.com")
    assert len(book.list_permissions()) == 1
    book.sheet1.update([["a,b", 'say "x"']], "A1")
    copy = gspread_client.copy(book.id, title="A copy", copy_permissions=True)
    assert copy.sheet1.get_all_values() == [["a,b", 'say "x"']]
    assert copy.export(ExportFormat.CSV).decode() == '"a,b","say ""x"""'
    gspread_client.import_csv(copy.id, "x,1\ny,2")
    assert gspread_client.open_by_key(copy.id).sheet1.get_all_values() == [["x", "1"], ["y", "2"]]
    assert {one["name"] for one in gspread_client.list_spreadsheet_files()} == {"A book", "A copy"}
    assert gspread_client.open("A copy").id == copy.id
    gspread_client.del_spreadsheet(copy.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        gspread_client.open_by_key(copy.id)
    with pytest.raises(gspread.exceptions.APIError, match="File not found"):
        gspread_client.create("In a folder", folder_id="nowhere")


def test_ownership_goes_over_when_it_was_offered_and_taken(google, gspread_client, book):
    book.share("heir@example.com", "user", "writer", notify=False)
    (heir,) = (one["id"] for one in book.list_permissions() if one.get("emailAddress") == "heir@example.com")
    book.transfer_ownership(heir)
    assert [one["pendingOwner"] for one in book.list_permissions() if one["id"] == heir] == [True]
    with pytest.raises(gspread.exceptions.APIError, match="transferOwnership"):
        gspread_client.http_client.request(
            "patch", f"https://www.googleapis.com/drive/v3/files/{book.id}/permissions/{heir}", json={"role": "owner"}
        )
    book.accept_ownership(heir)
    roles = {one.get("emailAddress"): one["role"] for one in book.list_permissions()}
    assert roles == {google.email: "writer", "heir@example.com": "owner"}


def test_a_locale_and_a_time_zone_that_nobody_knows_are_refused(book):
    book.update_locale("de_DE")
    book.update_timezone("Europe/Berlin")
    assert (book.locale, book.timezone) == ("de_DE", "Europe/Berlin")
    for refused in (lambda: book.update_locale("klingon"), lambda: book.update_timezone("Mars/Base")):
        with pytest.raises(gspread.exceptions.APIError, match="400"):
            refused()
    assert (book.locale, book.timezone) == ("de_DE", "Europe/Berlin")


def test_append(sheet):
    sheet.append_row(["a", "b"])
    sheet.append_rows([["c", "d"], ["e", "f"]])
    sheet.update([["far"]], "D1")
    sheet.append_row(["g"], table_range="A1", value_input_option=ValueInputOption.user_entered)
    assert sheet.get("A1:B4") == [["a", "b"], ["c", "d"], ["e", "f"], ["g"]]
    sheet.resize(4, 4)
    sheet.append_row(["h"], table_range="A1")
    assert sheet.spreadsheet.sheet1.row_count == 5


def test_batches(sheet):
    sheet.batch_update([{"range": "A1", "values": [["a"]]}, {"range": "B2:C2", "values": [["b", "c"]]}])
    assert sheet.batch_get(["A1:A1", "B2:C2"]) == [[["a"]], [["b", "c"]]]
    sheet.batch_clear(["A1", "B2"])
    assert sheet.get_all_values() == [["", "", ""], ["", "", "c"]]


def test_a_batch_that_fails_changes_nothing(book, sheet):
    sheet.update([["kept"]], "A1")
    write = {"updateCells": {"start": {"sheetId": 0}, "fields": "userEnteredValue", "rows": [
        {"values": [{"userEnteredValue": {"stringValue": "lost"}}]}]}}  # fmt: skip
    with pytest.raises(gspread.exceptions.APIError, match=r"Invalid requests\[1\].deleteSheet: No sheet with id: 77"):
        book.batch_update({"requests": [write, {"deleteSheet": {"sheetId": 77}}]})
    assert sheet.acell("A1").value == "kept"


def test_a_request_kind_that_is_not_built_answers_501_with_its_name(book):
    with pytest.raises(gspread.exceptions.APIError) as refused:
        book.batch_update({"requests": [{"updateEmbeddedObjectBorder": {}}]})
    assert refused.value.code == 501
    assert "updateEmbeddedObjectBorder" in refused.value.error["message"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda tab: tab.get("A1001"), r"Range \(Sheet1!A1001\) exceeds grid limits. Max rows: 1000, max columns: 26"),
        (
            lambda tab: tab.update([["x"]] * 1001, "A1:A1001"),
            r"within range \[Sheet1!A1:A1000\], but tried writing to row \[1001\]",
        ),
        (lambda tab: tab.format("A1001", {"wrapStrategy": "WRAP"}), r"repeatCell: Range \(Sheet1!A1001\) exceeds"),
        (lambda tab: tab.update([["x"]], "AA1"), r"Range \(Sheet1!AA1\) exceeds grid limits"),
        (lambda tab: tab.update([["x", "y"]], "A1:A2"), r"within range \[Sheet1!A1:A2\], but tried writing to column"),
        (
            lambda tab: tab.update([["x"], ["y"]], "A1:B1"),
            r"within range \[Sheet1!A1:B1\], but tried writing to row \[2",
        ),
        (lambda tab: tab.spreadsheet.values_get("No tab!A1"), r"Unable to parse range: No tab!A1"),
        (lambda tab: tab.update([["x" * 50001]], "A1"), r"more than the maximum of 50000 characters"),
        (lambda tab: tab.resize(500_000, 1), r"Invalid requests\[0\].updateSheetProperties: This action would"),
        (lambda tab: tab.resize(1_000_000, 26), r"above the limit of 10000000 cells"),
        (lambda tab: tab.delete_rows(1, 1000), r"can't delete all the rows"),
        (lambda tab: tab.freeze(rows=1000), r"can't freeze all"),
    ],
)
def test_refusals_in_googles_words(sheet, call, message):
    with pytest.raises(gspread.exceptions.APIError, match=message) as refused:
        call(sheet)
    assert refused.value.code == 400
    assert refused.value.error["status"] == "INVALID_ARGUMENT"
    assert sheet.get_all_values() == [[]]


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ({"updateSheetProperties": {"properties": {"title": "x"}, "fields": "titel"}}, "titel"),
        ({"repeatCell": {"cell": {}, "range": {}, "fields": "userEnteredFormat.bold"}}, "user_entered_format.bold"),
    ],
)
def test_a_mask_that_names_nothing_is_refused(book, request_, name):
    with pytest.raises(gspread.exceptions.APIError, match=f"Invalid field: {name}"):
        book.batch_update({"requests": [request_]})


def test_everybody_appends_at_once_and_nobody_loses_a_row(google, gspread_client):
    book_id = gspread_client.create("Crowded").id

    def append(number):
        client = gspread.Client(None, google.session())
        tab = client.open_by_key(book_id).sheet1
        for at in range(10):
            tab.append_row([f"{number}-{at}", "beside"])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(append, range(6)))
    rows = google.spreadsheet(book_id).rows()
    assert sorted(rows) == sorted([f"{number}-{at}", "beside"] for number in range(6) for at in range(10))


def test_an_address_too_long_comes_as_a_form(sheet, one_session):
    sheet.update([["a"], ["b"]])
    answer = one_session.post(
        f"https://sheets.googleapis.com/v4/spreadsheets/{sheet.spreadsheet_id}/values:batchGet?majorDimension=COLUMNS",
        data={"ranges": ["A1", "'Sheet1'!A1:A2"]},
        headers={"X-HTTP-Method-Override": "GET"},
    )
    assert [one["values"] for one in answer.json()["valueRanges"]] == [[["a"]], [["a", "b"]]]


def test_a_spreadsheet_takes_back_its_own_properties(book):
    before = book.fetch_sheet_metadata()["properties"]
    for _ in range(2):
        asked = book.fetch_sheet_metadata()["properties"] | {"title": "Renamed"}
        book.batch_update({"requests": [{"updateSpreadsheetProperties": {"properties": asked, "fields": "*"}}]})
    assert book.fetch_sheet_metadata()["properties"] == before | {"title": "Renamed"}
