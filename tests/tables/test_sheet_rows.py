"""What has to be written so that every row shows its own results, whatever people moved."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.core.row_marks import Basis, Mark, fingerprint, new_id, version_of, words_of
from sheetjudge.tables.sheet_plan import plan
from sheetjudge.tables.sheet_rows import Edit, Ledger, Present, Result, as_written

ROLES = ("Score", "Why", "Status")
BASIS = Basis((0,), version_of("r"), version_of("a"))
EMPTY = (None, None, None)


def right(n):
    return n % 5 + 1, f"Because of number {n}", "ok"


def print_of(n):
    return fingerprint([f"text {n}"])


def mark_of(n):
    return Mark(new_id(), print_of(n), BASIS.rubric, BASIS.asked, words_of(ROLES, right(n)))


def applied(rows, edits):
    rows = list(rows)
    for edit in edits:
        values = list(rows[edit.row].values)
        for i, value in edit.cells.items():
            values[i] = value
        rows[edit.row] = replace(rows[edit.row], values=tuple(values), mark=edit.mark)
    return rows


def settled(ledger, rows, most=4):
    for _ in range(most):
        edits = plan(ledger, rows, is_final=True)
        if not edits:
            return rows
        rows = applied(rows, edits)
    raise AssertionError("the plan never comes to an end")


@st.composite
def arrangements(draw):
    """Texts, marks and values that have been moved apart, some rows judged now and some before."""
    count = draw(st.integers(1, 9))
    numbers = list(range(count))
    texts = draw(st.lists(st.integers(0, count + 2), min_size=count, max_size=count))
    marks = draw(st.permutations(numbers))
    values = draw(st.one_of(st.just(marks), st.permutations(numbers)))
    full = draw(st.booleans())
    rows = [
        Present(
            print_of(text), is_blank=False, values=right(value) if full else EMPTY, mark=mark_of(mark) if full else None
        )
        for text, mark, value in zip(texts, marks, values, strict=True)
    ]
    return rows, texts, draw(st.sets(st.integers(0, count + 2)))


@given(arrangements())
def test_what_was_judged_stands_beside_its_row_and_nothing_else_does(found):
    rows, texts, judged = found
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, texts)))
    for n in judged:
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    for row, text in zip(settled(ledger, rows), texts, strict=True):
        why, status = row.values[1:]
        assert why in (None, right(text)[1])
        if text in judged:
            assert why == right(text)[1]
            assert status == "ok" or str(status).startswith("review: edited by a person: Score")
        assert row.mark is None or row.mark.fingerprint == row.fingerprint


@given(arrangements())
def test_every_row_has_an_id_of_its_own(found):
    rows, texts, judged = found
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, texts)))
    for n in judged:
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    ids = [row.mark.id for row in settled(ledger, rows) if row.mark is not None]
    assert len(set(ids)) == len(ids)


@given(
    written=st.text(min_size=1, max_size=30) | st.integers(6, 10**6),
    at=st.integers(0, 1),
    result=st.integers(0, 9),
    was_judged=st.booleans(),
)
def test_a_persons_cell_is_kept_through_a_new_judgement(written, at, result, was_judged):
    old = right(3)
    values = tuple(written if i == at else v for i, v in enumerate(old))
    row = Present(print_of(3), is_blank=False, values=values, mark=mark_of(3))
    ledger = Ledger(ROLES, BASIS, frozenset([row.fingerprint]))
    if was_judged:
        ledger.add(row.fingerprint, Result(right(result), words_of(ROLES, right(result))))
    (now,) = settled(ledger, [row])
    assert now.values[at] == written
    if written not in (old[at], right(result)[at]):
        assert now.values[2] == f"review: edited by a person: {ROLES[at]}"


def test_a_failure_gives_way_to_a_verdict_of_a_row_with_the_same_texts():
    ledger = Ledger(ROLES, BASIS, frozenset([print_of(1)]))
    failed = (None, None, "error: no answer")
    ledger.add(print_of(1), Result(failed, words_of(ROLES, failed), is_settled=False))
    ledger.add(print_of(1), Result(right(1), words_of(ROLES, right(1))))
    rows = [Present(print_of(1), is_blank=False, values=EMPTY) for _ in range(2)]
    assert [row.values for row in settled(ledger, rows)] == [right(1)] * 2


def test_another_rubric_makes_rows_that_were_not_reached_stale():
    row = Present(print_of(1), is_blank=False, values=right(1), mark=mark_of(1))
    ledger = Ledger(ROLES, replace(BASIS, rubric=version_of("another")), frozenset([row.fingerprint]))
    assert plan(ledger, [row], is_final=False) == []
    (now,) = settled(ledger, [row])
    assert now.values == (*right(1)[:2], "stale")


def test_blank_rows_below_the_last_keep_nothing():
    blank = Present(fingerprint([""]), is_blank=True, values=right(1), mark=mark_of(1))
    row = Present(print_of(2), is_blank=False, values=EMPTY)
    ledger = Ledger(ROLES, BASIS, frozenset([row.fingerprint]))
    ledger.add(row.fingerprint, Result(right(2), words_of(ROLES, right(2))))
    first, second = settled(ledger, [row, blank])
    assert first.values == right(2)
    assert (second.values, second.mark) == (EMPTY, None)


def test_results_without_a_mark_beside_other_texts_are_known_for_what_they_are():
    """The texts and marks were sorted and the results weren't, and the mark that came to stand here was none."""
    ledger = Ledger(ROLES, BASIS, frozenset([print_of(1)]))
    ledger.add(print_of(1), Result(right(1), words_of(ROLES, right(1))))
    rows = [
        Present(print_of(1), is_blank=False, values=right(1), mark=mark_of(1)),
        Present(print_of(7), is_blank=False, values=right(1)),
        Present(print_of(8), is_blank=False, values=(2, None, "ok")),
        Present(print_of(9), is_blank=False, values=(3, "in my own words", None)),
    ]
    rows = applied(rows, plan(ledger, rows, is_final=False))
    assert [row.values for row in rows] == [right(1), EMPTY, EMPTY, (3, "in my own words", None)]
    # Whatever became of the marks since, it can't come back.
    rows = [replace(row, mark=None) for row in rows]
    for _ in range(3):
        rows = applied(rows, plan(ledger, rows, is_final=True, has_lost_marks=True))
    assert [row.values for row in rows[:2]] == [right(1), (None, None, "stale")]


def test_a_write_that_was_overtaken_by_a_sort_leaves_no_score_of_another_row():
    """A's mark came to stand beside B's score, because A's own score was a person's and was not written; then A's
    texts came to stand there too."""
    ledger = Ledger(ROLES, BASIS, frozenset([print_of(1), print_of(3)]))
    for n in (1, 3):
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    first = Present(print_of(1), is_blank=False, values=(1013, *EMPTY[1:]))
    (edit,) = plan(ledger, [first], is_final=False)
    assert 0 not in edit.cells
    other = Present(print_of(3), is_blank=False, values=right(3), mark=mark_of(3))
    mixed = replace(applied([other], [edit])[0], fingerprint=print_of(1))
    assert mixed.home is not None
    written = {0: as_written(edit, first)}
    rows = applied([mixed], plan(ledger, [mixed], is_final=False, written=written))
    # That number stands nowhere any more, so it is put back.
    assert rows[0].values == (1013, right(1)[1], "review: edited by a person: Score")
    assert settled(ledger, rows) == rows
    # A person's number that sheetjudge wrote nowhere stays, though.
    mixed = replace(mixed, values=(77, *mixed.values[1:]))
    (row,) = settled(ledger, applied([mixed], plan(ledger, [mixed], is_final=False, written=written)))
    assert row.values[0] == 77


CARRIED = ("Rank", "Tier")


def ranked(n, rubric=BASIS.rubric):
    values = (*right(n), n + 1, f"Tier of number {n}")
    return replace(mark_of(n), rubric=rubric, words=words_of((*ROLES, *CARRIED), values)), values


@given(texts=st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True), judged=st.sets(st.integers(0, 5)))
def test_carried_columns_stay_beside_texts_that_are_the_same_and_nowhere_else(texts, judged):
    """Each row has the results of a number, and perhaps the texts of another by now."""
    rows = [
        Present(print_of(text), is_blank=False, values=ranked(n)[1], mark=ranked(n)[0]) for n, text in enumerate(texts)
    ]
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, texts)), carried=CARRIED)
    for n in judged:
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    for row, text in zip(settled(ledger, rows), texts, strict=True):
        if text < len(texts):
            assert row.values == ranked(text)[1]
            assert row.mark is not None
            assert row.mark.words == ranked(text)[0].words
        else:
            assert row.values[3:] == (None, None)


def test_carried_columns_of_another_version_of_the_rubric_are_emptied_when_a_row_is_judged_again():
    mark, values = ranked(1, version_of("another"))
    mine = (*values[:3], "my own rank", values[4])
    rows = [Present(print_of(1), is_blank=False, values=v, mark=mark) for v in (values, mine)]
    ledger = Ledger(ROLES, BASIS, frozenset([print_of(1)]), carried=CARRIED)
    assert all(set(edit.cells) == {2} for edit in plan(ledger, rows, is_final=True))
    ledger.add(print_of(1), Result(right(1), words_of(ROLES, right(1))))
    first, second = settled(ledger, rows)
    assert first.values == (*right(1), None, None)
    assert second.values == (*right(1), "my own rank", None)


def test_a_carried_column_that_was_deleted_is_not_missed():
    mark, values = ranked(1)
    row = Present(print_of(2), is_blank=False, values=(*values[:4], None), mark=mark)
    moved = Present(print_of(1), is_blank=False, values=(*EMPTY, None, None))
    ledger = Ledger(ROLES, BASIS, frozenset([print_of(1)]), carried=CARRIED)
    ledger.seen[print_of(1)] = (mark, values)
    rows = [row, moved]
    for _ in range(3):
        rows = applied(rows, plan(ledger, rows, is_final=True, absent=frozenset([4])))
    assert rows[1].values == (*values[:4], None)
    assert plan(ledger, rows, is_final=True, absent=frozenset([4])) == []


def judged(*numbers, **changes):
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, numbers)), **changes)
    for n in numbers:
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    return ledger


def beside(texts, values, mark=None):
    return Present(print_of(texts), is_blank=False, values=values, mark=mark)


def test_what_a_person_typed_beside_a_displaced_row_is_put_back_when_a_sort_had_it_written_over():
    ledger = judged(1, 2, 3)
    mine = beside(1, (right(2)[0], "in my own words", "ok"), mark_of(2))
    rows = [mine, beside(2, right(1), mark_of(1)), beside(3, right(3), mark_of(3))]
    edits = plan(ledger, rows, is_final=False)
    assert [edit.row for edit in edits] == [0, 1]
    # All rows were sorted before the edits came: the first edit meets the third row, the second the first.
    moved = applied([rows[2], mine, rows[1]], edits)
    assert "in my own words" not in str(moved)
    written = {edit.row: as_written(edit, rows[edit.row]) for edit in edits}
    (third, first, second) = settled(ledger, applied(moved, plan(ledger, moved, is_final=True, written=written)))
    assert (third.values, second.values) == (right(3), right(2))
    assert first.values == (right(1)[0], "in my own words", "review: edited by a person: Why")


def test_a_persons_number_in_results_that_were_left_behind_is_told_by_what_they_were_written_with():
    """Texts and marks were sorted, the results weren't; in one of them is a number that could be sheetjudge's."""
    ledger = judged(1, 2)
    typed = right(4)[0]
    assert typed not in (right(1)[0], right(2)[0])
    rows = [beside(1, (typed, *right(2)[1:]), mark_of(1)), beside(2, right(1), mark_of(2))]
    ledger.add(print_of(4), Result(right(4), words_of(ROLES, right(4))))
    first, second = settled(ledger, rows)
    assert first.values == (typed, right(1)[1], "review: edited by a person: Score")
    assert second.values == right(2)


def test_without_marks_nothing_is_decided_before_all_is_known():
    """The column of marks was deleted and the results were sorted apart from their texts; those of one are gone."""
    ledger = judged(1, 2, is_blind=True)
    rows = [beside(1, right(2)), beside(2, right(7)), beside(3, (None, None, None))]
    assert plan(ledger, rows, is_final=False, has_lost_marks=True) == []
    first, second, _ = (row.values for row in applied(rows, plan(ledger, rows, is_final=True, has_lost_marks=True)))
    assert (first, second) == (right(1), right(2))


def test_without_marks_a_persons_words_stay_where_nothing_was_moved():
    ledger = judged(1, 2, is_blind=True)
    rows = [beside(1, right(1)), beside(2, (right(2)[0], "in my own words", "ok"))]
    _, second = applied(rows, plan(ledger, rows, is_final=True, has_lost_marks=True))
    assert second.values == (right(2)[0], "in my own words", "review: edited by a person: Why")


def test_a_persons_number_stays_where_everything_around_it_was_taken_away():
    """Its row was not judged, and the column of marks was deleted; the number is one that other rows have."""
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, (1, 2))))
    ledger.add(print_of(2), Result(right(2), words_of(ROLES, right(2))))
    ledger.marks[print_of(1)] = mark_of(1)
    rows = [beside(1, (right(2)[0], *right(1)[1:])), beside(2, right(2))]
    for _ in range(4):
        rows = applied(rows, plan(ledger, rows, is_final=True, has_lost_marks=True))
    assert rows[0].values == (right(2)[0], None, None)


def test_without_marks_a_row_that_was_not_judged_is_left_as_it_is():
    ledger = judged(1, is_blind=True)
    rows = [beside(1, right(1)), beside(2, (7, *right(2)[1:]))]
    first, second = settled_without_marks(ledger, rows)
    assert first.mark is not None
    assert (second.values, second.mark) == ((7, *right(2)[1:]), None)


def settled_without_marks(ledger, rows):
    for _ in range(4):
        rows = applied(rows, plan(ledger, rows, is_final=True, has_lost_marks=True))
    assert plan(ledger, rows, is_final=True, has_lost_marks=True) == []
    return rows


def test_a_persons_number_alone_stays_while_others_results_are_moved():
    ledger = judged(2, 3)
    rows = [beside(1, (right(2)[0], None, None)), beside(2, right(3), mark_of(3)), beside(3, right(2), mark_of(2))]
    assert settled(ledger, rows)[0].values == (right(2)[0], None, "stale")
    assert plan(judged(2, 3), rows, is_final=False)[0].row == 1


def test_results_are_known_by_a_mark_that_was_read_at_the_start_and_is_gone():
    """A write that a sort overtook put another mark over it."""
    ledger = judged(1)
    ledger.marks[print_of(8)] = mark_of(8)
    (row,) = settled(ledger, [beside(1, (*right(1)[:1], right(8)[1], "ok"), mark_of(2))])
    assert row.values == right(1)


def test_what_is_left_of_a_row_that_was_cleared_by_mistake_is_nobodys():
    """All but a person's number was to be cleared, and a sort had another row stand there."""
    ledger = judged(1, 3)
    changed = beside(9, (1013, *right(2)[1:]), mark_of(2))
    rows = [changed, beside(2, EMPTY)]
    edit = next(edit for edit in plan(ledger, rows, is_final=False) if edit.row == 0)
    edit = replace(edit, cells={1: None, 2: None}, mark=None)
    left = beside(1, (right(3)[0], None, None))
    (row,) = applied([left], plan(ledger, [left], is_final=False, written={0: as_written(edit, changed)}))
    assert row.values == right(1)
    # Without that write it is what a person typed.
    (row,) = applied([left], plan(judged(1, 3), [left], is_final=False))
    assert row.values == (right(3)[0], right(1)[1], "review: edited by a person: Score")


def test_a_number_that_the_status_calls_a_persons_stays_when_only_the_marks_were_left_behind():
    """Texts and results were sorted together, without the marks; the mark that stands here now knows that number."""
    review = "review: edited by a person: Score"
    why = right(1)[1]
    own = replace(mark_of(1), words=words_of(ROLES, (None, why, review)))
    theirs = mark_of(2)
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, (1, 2))), frozenset(map(print_of, (1, 2))))
    rows = [beside(1, (right(2)[0], why, review), theirs), beside(2, right(2), own)]
    first, _ = settled(ledger, rows)
    assert first.values[0] == right(2)[0]


def test_a_persons_number_stays_where_a_move_put_another_rows_mark_beside_it():
    """The marks were deleted; one of them was written again alone, while its row was moved away."""
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, (1, 2))), frozenset(map(print_of, (1, 2))))
    ledger.marks.update({print_of(n): mark_of(n) for n in (1, 2)})
    meant, typed = beside(2, right(2)), (right(2)[0], *right(1)[1:])
    (edit,) = plan(ledger, [meant], is_final=True, has_lost_marks=True)
    there = [beside(1, typed, edit.mark)]
    edits = plan(ledger, there, is_final=True, has_lost_marks=True, written={0: as_written(edit, meant)})
    assert applied(there, edits)[0].values[0] == typed[0]


def test_what_an_overtaken_write_left_is_sheetjudges_though_the_marks_were_deleted_right_after():
    """A score was written around a person's reason; sorts put it beside the reason of a third row and other texts."""
    ledger = judged(1, 3)
    mixed = beside(1, (right(2)[0], right(3)[1], "ok"))
    meant = beside(2, (None, "my own reason", None))
    edit = Edit(0, {0: right(2)[0], 2: "ok"}, mark_of(2))
    edits = plan(ledger, [mixed], is_final=True, has_lost_marks=True, written={0: as_written(edit, meant)})
    assert applied([mixed], edits)[0].values == right(1)


def test_a_persons_number_is_put_back_where_sorts_hid_that_it_was_written_over():
    """A sort before the write and one after it: in the end the texts stand where they were, and the number nowhere."""
    ledger = judged(1, 2)
    typed = beside(1, (1002, None, None))
    (edit,) = plan(ledger, [typed], is_final=False)
    assert 0 not in edit.cells
    after = beside(1, (None, *edit.cells.values()), edit.mark)
    edits = plan(ledger, [after], is_final=True, written={0: as_written(edit, typed)})
    assert applied([after], edits)[0].values == (1002, right(1)[1], "review: edited by a person: Score")


def test_ranks_beside_results_whose_marks_were_deleted_before_the_run_are_marked_again():
    """Else nothing would move them back to their rows once the results are sorted apart from the texts."""
    ledger = Ledger(ROLES, BASIS, frozenset(map(print_of, (1, 2))), carried=("Rank",), is_blind=True)
    for n in (1, 2):
        ledger.add(print_of(n), Result(right(n), words_of(ROLES, right(n))))
    rows = [Present(print_of(n), is_blank=False, values=(*right(n), 10 + n), mark=None) for n in (1, 2)]
    rows = settled_without_marks(ledger, rows)
    assert [row.values for row in rows] == [(*right(n), 10 + n) for n in (1, 2)]
    moved = [replace(row, fingerprint=print_of(n)) for row, n in zip(rows, (2, 1), strict=True)]
    assert [row.values for row in settled(ledger, moved)] == [(*right(n), 10 + n) for n in (2, 1)]


def test_what_a_person_wrote_beside_a_row_that_waits_for_its_result_is_put_back():
    """The marks were deleted, and a write that a move overtook stands over it."""
    ledger = judged(3)
    ledger.marks[print_of(8)] = mark_of(8)
    waiting = beside(1, (None, "in my own words", None))
    assert plan(ledger, [waiting], is_final=False, has_lost_marks=True) == []
    ledger.add(print_of(1), Result(right(1), words_of(ROLES, right(1))))
    over = beside(1, right(3), mark_of(3))
    written = {0: as_written(Edit(0, dict(enumerate(right(3))), mark_of(3)), beside(3, EMPTY))}
    (row,) = applied([over], plan(ledger, [over], is_final=False, has_lost_marks=True, written=written))
    assert row.values == (right(1)[0], "in my own words", "review: edited by a person: Why")
