"""`probe --bias` and `--author`: whether a judge is moved by length, style, whose name stands there, the place of a
text beside another, being asked again, and by who wrote it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetjudge.judging.biases import BIASES
from sheetjudge.judging.protocol import Item
from sheetjudge.judging.styles import as_formal, as_markdown, as_plain
from tests.ops.scoring import inside, write_rubric, write_table
from tests.servers.chat_server import ChatServer, Reply, chat

LENGTH, MARKDOWN, PLAIN, FORMAL, WOMEN, MEN = BIASES


class BiasedServer(ChatServer):
    """Gives 2; one more for a long text, one less for a woman's; the fourth answer about the same is one more. Of two
    texts the first is the better one.

    With `likes` it gives 2, and 2 more to a text that holds it. With `is_fair` it gives 2, and ties all pairs.
    """

    def __init__(self, *, is_fair=False, likes=None):
        super().__init__(self._decide)
        self._is_fair = is_fair
        self._likes = likes
        self._times = {}

    def _decide(self, body, _number):
        shown = body["messages"][1]["content"]
        schema = body["response_format"]["json_schema"]["schema"]["properties"]
        if "winner" in schema["clear"]["properties"]:
            return Reply(body=chat(json.dumps({"clear": {"reason": "So it is.", "winner": self._winner(shown)}})))
        return Reply(body=chat(json.dumps({"clear": {"reason": "So it is.", "score": self._score(shown)}})))

    def _score(self, shown):
        if self._likes is not None:
            return 4 if self._likes in shown else 2
        if self._is_fair:
            return 2
        count = self._times[shown] = self._times.get(shown, 0) + 1
        is_long = len(shown) > 440
        return 2 + is_long - bool(re.search(r"\bMary\b|\bshe\b", shown)) + (count == 4)

    def _winner(self, shown):
        """The text that holds what it likes; of two that don't, or do, the first one."""
        if self._is_fair:
            return "tie"
        held = [self._likes in part for part in shown.split("text B")[:2]] if self._likes else [True, True]
        return "B" if held == [False, True] else "A"


def texts(count=15, *more):
    rain = " ".join(["It rained all day by the pond."] * 6)
    return [[str(n), f"This is row-{n}. John wrote it, and he liked it. {rain}", *more] for n in range(count)]


def probed(folder, server, *more, table=None):
    table = table or write_table(folder / "t.csv", texts())
    words = ("--rubric", write_rubric(folder), "--judge", f"{server.url}#m", "--journal", folder / "j.db", *more)
    return inside("probe", table, "--bias", "--rows", "12", *words)


def test_each_bias_is_told_of_with_its_size(tmp_path):
    with BiasedServer() as server:
        ran = probed(tmp_path, server, "--json")
        said = probed(tmp_path, server).err
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    by_id = {bias["change"]: bias for bias in told["biases"]}
    assert by_id["length"]["mean"] == 1
    assert by_id["women"]["mean"] == -1
    assert by_id["length"]["moved"]
    assert by_id["women"]["moved"]
    assert by_id["markdown"]["rows"] == 12
    assert not by_id["markdown"]["moved"]
    for name in ("men", "plain", "formal"):
        assert by_id[name]["rows"] == 0, "no row has anything to change"
    assert told["answers_apart"]["mean"] == 1
    assert told["attacks"] == []
    assert "Half as long again, without content\n  The judge gives more for it: +1.00 (" in said
    assert "Men's names and words made women's\n  The judge gives less for it: -1.00 (" in said
    assert "No row that was drawn has anything to change." in said
    assert "Asked 5 times, its answers lie 1.00 (" in said


def test_a_judge_that_likes_a_place_is_told_of(tmp_path):
    with BiasedServer() as server:
        place = json.loads(probed(tmp_path, server, "--json").out)["place"]
        said = probed(tmp_path, server).err
    assert (place["pairs"], place["first"], place["contradictions"], place["moved"]) == (12, 1, 1, True)
    assert 0.5 < place["first_low"] < 1
    assert "The judge prefers whichever comes first in 100% of 12 pairs (" in said
    assert "; it contradicts itself on 100% when the two change places." in said


def test_a_judge_that_sees_a_difference_likes_no_place(tmp_path):
    rows = [[str(n), f"This is row-{n}. {'It is clear as glass.' if n % 2 else 'It is mud.'}"] for n in range(15)]
    with BiasedServer(likes="clear as glass") as server:
        told = json.loads(probed(tmp_path, server, "--json", table=write_table(tmp_path / "t.csv", rows)).out)
    place = told["place"]
    # Where both hold it, or neither, the first wins: as many pairs as chance drew.
    assert place["contradictions"] == pytest.approx(2 * (place["first"] - 0.5))
    assert place["contradictions"] < 1


@pytest.mark.parametrize(
    ("text", "mark", "change"),
    [
        ("We dig ponds by hand. We count newts each May. We then compare the counts of all years.", "\n- ", "markdown"),
        ("### Plan\n\n- We dig ponds.\n- We count **newts**.", "### ", "plain"),
        ("We can't dig in May. But we also look at newts. They don't mind.", "However", "formal"),
    ],
)
def test_a_liking_for_a_style_is_recovered(tmp_path, text, mark, change):
    rows = [[str(n), f"{text} In row {n} so."] for n in range(15)]
    with BiasedServer(likes=mark) as server:
        ran = probed(tmp_path, server, "--json", table=write_table(tmp_path / "t.csv", rows))
        said = probed(tmp_path, server, table=tmp_path / "t.csv").err
    told = json.loads(ran.out)
    moved = {bias["change"]: bias["mean"] for bias in told["biases"] if bias["moved"]}
    assert moved == {change: -2 if change == "plain" else 2}
    name = next(bias.name for bias in BIASES if bias.id == change)
    assert f"{name}\n  The judge gives {'less' if change == 'plain' else 'more'} for it: " in said


def test_a_fair_judge_is_not_accused(tmp_path):
    with BiasedServer(is_fair=True) as server:
        told = json.loads(probed(tmp_path, server, "--json").out)
        said = probed(tmp_path, server).err
    assert not any(bias["moved"] for bias in told["biases"])
    assert told["answers_apart"]["mean"] == 0
    assert told["answers_apart"]["low"] == 0 < told["answers_apart"]["high"]
    assert not told["place"]["moved"]
    assert told["place"]["first_low"] < told["place"]["first"] == 0.5 < told["place"]["first_high"]
    assert "No liking for a place that can be told from chance" in said


def test_a_dry_run_counts_the_calls_that_a_run_makes(tmp_path):
    with BiasedServer() as server:
        told = json.loads(probed(tmp_path, server, "--json", "--dry-run").out)
        assert not server.requests
        probed(tmp_path, server, "--json")
        assert told["seats"][0]["calls"] == len(server.requests) == 12 * (1 + 3 + 4 + 2)


def test_of_two_judges_the_liking_is_their_mean(tmp_path):
    with BiasedServer() as server, BiasedServer(is_fair=True) as other:
        told = json.loads(probed(tmp_path, server, "--json", "--judge", f"{other.url}#fair").out)
        assert told["usage"]["calls"] == len(server.requests) + len(other.requests)
    place = told["place"]
    assert (place["pairs"], place["first"]) == (12, 0.75)
    assert place["first_low"] > 0.5


def test_a_judge_by_likelihood_is_not_asked_about_pairs(tmp_path):
    table = write_table(tmp_path / "t.csv", texts())
    words = ("--judge", "fake", "--method", "likelihood", "--rows", "5", "--journal", tmp_path / "j.db", "--json")
    told = json.loads(inside("probe", table, "--bias", "--rubric", "Is it good?", *words).out)
    assert told["place"] is None
    assert "fake can't be asked about pairs, so a liking for a place wasn't tried." in told["notes"]


def test_one_row_makes_no_pair(tmp_path):
    with BiasedServer() as server:
        told = json.loads(probed(tmp_path, server, "--json", "--rows", "1").out)
        assert told["place"]["pairs"] is None
        assert told["unscored"] == 0


# --- its own ----------------------------------------------------------------------------------------------------------


AUTHORS = ("GPT-4o", "Claude 3.5", "Ana", "o3-mini")


def by_authors(folder, *, people=None):
    """Rows of four authors by turns; `people` gives each a score."""
    rows = [
        [
            str(n),
            f"This is row-{n}, said {'freely' if n % 2 else 'at length'}.",
            AUTHORS[n % 4],
            people(n) if people else "",
        ]
        for n in range(60)
    ]
    return write_table(folder / "t.csv", rows, ("ID", "Answer", "Model", "Ana"))


class OwnServer(ChatServer):
    """Gives 3, and so much more to what two authors wrote."""

    def __init__(self, more, model="gpt-5-mini"):
        super().__init__(self._decide)
        self.more, self.model = more, model

    def _decide(self, body, _number):
        shown = body["messages"][1]["content"]
        number = int(re.search(r"row-(\d+)", shown)[1])
        score = 3 + (number % 3 == 0) - (number % 3 == 1) + (self.more if number % 4 in (0, 3) else 0)
        return Reply(body=chat(json.dumps({"clear": {"reason": "So.", "score": min(max(score, 1), 5)}})))


def owned(folder, server, *more):
    words = ("--rubric", write_rubric(folder), "--judge", f"{server.url}#{server.model}", "--journal", folder / "j.db")
    return inside("probe", folder / "t.csv", "--author", "Model", "--rows", "40", *words, *more)


def test_a_judge_that_favours_its_own_is_told_of_beside_what_people_gave(tmp_path):
    by_authors(tmp_path, people=lambda n: str(3 + (n % 3 == 0) - (n % 3 == 1)))
    with OwnServer(1) as server:
        ran = owned(tmp_path, server, "--human", "Ana", "--json")
        said = owned(tmp_path, server, "--human", "Ana").err
        assert len(server.requests) == 40
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    (own,) = told["own"]
    assert own["own"] == ["GPT-4o", "o3-mini"], "by the judge's name"
    assert (own["mean"], own["rows"], own["others"], own["moved"]) == (pytest.approx(1), 20, 20, True)
    assert 0 < own["low"] < 1 < own["high"]
    assert (
        "The judge favours its own: beside what people gave, texts of its own (GPT-4o, o3-mini) get 1.00 more" in said
    )


def test_what_people_gave_more_for_is_no_liking(tmp_path):
    by_authors(tmp_path, people=lambda n: str(3 + (n % 3 == 0) - (n % 3 == 1) + (n % 4 in (0, 3))))
    with OwnServer(1) as server:
        told = json.loads(owned(tmp_path, server, "--human", "Ana", "--json").out)["own"][0]
        bare = json.loads(owned(tmp_path, server, "--json").out)["own"][0]
        said = owned(tmp_path, server).err
    assert not told["moved"]
    assert told["low"] < 0 < told["high"]
    assert bare["moved"]
    assert not bare["beside_people"]
    assert (
        "How good they are isn't held constant, and its own may be better: people's scores (--human) would tell."
        in said
    )


def test_a_judge_without_a_liking_shows_none(tmp_path):
    by_authors(tmp_path, people=lambda _: "3")
    with OwnServer(0) as server:
        own = json.loads(owned(tmp_path, server, "--human", "Ana", "--json").out)["own"][0]
        said = owned(tmp_path, server, "--human", "Ana").err
    assert not own["moved"]
    assert own["low"] < 0 < own["high"]
    assert "No effect that can be told from chance: beside what people gave" in said


def test_whose_own_can_be_said_and_neither_author_nor_label_is_shown(tmp_path):
    by_authors(tmp_path, people=lambda _: "3")
    with OwnServer(-1) as server:
        told = json.loads(owned(tmp_path, server, "--own", "ana", "--own", "GPT-4o", "--human", "Ana", "--json").out)
        assert told["own"][0]["own"] == ["Ana", "GPT-4o"]
        shown = "".join(body["messages"][1]["content"] for body in server.requests)
    assert told["columns"] == ["ID", "Answer"]
    assert "Claude" not in shown
    assert "GPT" not in shown


def test_of_several_judges_each_has_its_own(tmp_path):
    by_authors(tmp_path, people=lambda _: "3")
    with OwnServer(1) as server, OwnServer(0, model="claude-sonnet") as other:
        words = ("--judge", f"{other.url}#{other.model}", "--human", "Ana", "--json")
        told = json.loads(owned(tmp_path, server, *words).out)["own"]
    by_judge = {own["judge"].rpartition("#")[2]: own for own in told}
    assert by_judge["gpt-5-mini"]["own"] == ["GPT-4o", "o3-mini"]
    assert by_judge["claude-sonnet"]["own"] == ["Claude 3.5"]
    assert by_judge["gpt-5-mini"]["mean"] > 0.5 > abs(by_judge["claude-sonnet"]["mean"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--own", "Gemini"), "Model names no 'Gemini'"),
        (("--read", "Model"), "A judge that reads Model could take sides"),
        (("--author", "Modell"), "no column 'Modell'"),
        (("--human", "Answer"), "is no answer of"),
        (("--judge-option", "x"), "KEY=VALUE"),
    ],
)
def test_what_is_wrong_with_authors_is_said(tmp_path, words, told):
    by_authors(tmp_path)
    with OwnServer(0) as server:
        ran = owned(tmp_path, server, *words)
    assert ran.code == 2
    assert told in ran.err


def test_a_judge_that_is_nobody_s_kin_has_to_be_told(tmp_path):
    by_authors(tmp_path)
    with OwnServer(0, model="m") as server:
        ran = owned(tmp_path, server)
    assert ran.code == 2
    assert "--own NAME" in ran.err
    ran = inside("probe", tmp_path / "t.csv", "--bias", "--own", "Ana", "--rubric", write_rubric(tmp_path))
    assert ran.code == 2
    assert "--author COL" in ran.err


# --- the changes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (WOMEN, "John said he saw Mr Hill and his son.", "Mary said she saw Ms Hill and her daughter."),
        (MEN, "Emma thinks that she is right; Mary too.", "James thinks that he is right; John too."),
    ],
)
def test_names_and_words_are_swapped_and_nothing_else(change, before, after):
    item = Item((("Text", before), ("Note", "Here, then.")), {"Ideal": before})
    changed = change.on(item)
    assert changed.fields == (("Text", after), ("Note", "Here, then."))
    assert changed.references == item.references
    assert change.on(changed) is None, "nothing is left to change"


def test_a_longer_text_holds_all_that_it_held():
    text = "We dig twelve ponds. In May we count newts. Then we compare. The rest is paid by the county."
    found = LENGTH.on(Item((("ID", "1"), ("Text", text)))).fields
    assert found[0] == ("ID", "1")
    assert 1.5 * len(text) <= len(found[1][1]) < 3 * len(text)
    assert all(sentence in found[1][1] for sentence in text.split(". "))


WORDS = st.text(alphabet="abcdef ", min_size=1, max_size=20).map(str.strip).filter(bool)
SENTENCES = st.lists(WORDS.map(lambda words: f"{words.capitalize()}."), min_size=1, max_size=6).map(" ".join)
PROSE = st.lists(SENTENCES, min_size=1, max_size=4).map("\n\n".join)


@given(PROSE)
def test_a_layout_keeps_every_word_in_its_place_and_can_be_taken_away(text):
    laid_out = as_markdown(text)
    assert re.findall(r"\w+", laid_out) == re.findall(r"\w+", text)
    assert as_plain(laid_out).split() == text.split()
    assert as_plain(as_plain(laid_out)) == as_plain(laid_out)


@given(st.text())
def test_a_style_can_be_put_on_any_text(text):
    assert re.findall(r"\w+", as_markdown(text)) == re.findall(r"\w+", text)
    assert re.findall(r"\w+", as_plain(text)) == re.findall(r"\w+", text)
    assert as_formal(as_formal(text)) == as_formal(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We don't know. But we've tried to find out.", "We do not know. However, we have attempted to determine."),
        ("So far so good. So we bought two.", "So far so good. Consequently, we purchased two."),
        ("Don't they know?", "Don't they know?"),
        ("The use of it\u2019s fine.", "The use of it\u2019s fine."),
        ("x = {'a': 1}\nmake sure {", "x = {'a': 1}\nmake sure {"),
    ],
)
def test_formal_words(before, after):
    assert as_formal(before) == after


@pytest.mark.parametrize(
    "text", ["```\n# a\n- b\n```", "@@ -1 +1 @@\n- old. A. B.\n+ new", "def f():\n    # A. B. C.\n"]
)
def test_code_is_left_alone(text):
    assert as_plain(text) == as_markdown(text) == as_formal(text) == text
