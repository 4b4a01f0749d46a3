"""`probe --bias`: whether a judge is moved by length, by whose name stands there, and by being asked again."""

from __future__ import annotations

import json
import re

import pytest

from sheetjudge.judging.biases import BIASES
from sheetjudge.judging.protocol import Item
from tests.ops.scoring import inside, write_rubric, write_table
from tests.servers.chat_server import ChatServer, Reply, chat

LENGTH, WOMEN, MEN = BIASES


class BiasedServer(ChatServer):
    """Gives 2; one more for a long text, one less for a woman's; the fourth answer about the same is one more."""

    def __init__(self, *, is_fair=False):
        super().__init__(self._decide)
        self._is_fair = is_fair
        self._times = {}

    def _decide(self, body, _number):
        shown = body["messages"][1]["content"]
        count = self._times[shown] = self._times.get(shown, 0) + 1
        score = 2
        if not self._is_fair:
            score += len(shown) > 420
            score -= bool(re.search(r"\bMary\b|\bshe\b", shown))
            score += count == 4
        return Reply(body=chat(json.dumps({"clear": {"reason": "So it is.", "score": score}})))


def probed(folder, server, *more):
    texts = [
        [str(n), f"This is row-{n}. John wrote it, and he liked it. {'It rained all day by the pond. ' * 6}"]
        for n in range(15)
    ]
    table = write_table(folder / "t.csv", texts)
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
    assert by_id["men"]["rows"] == 0, "no row has anything to change"
    assert told["answers_apart"]["mean"] == 1
    assert told["attacks"] == []
    assert "Half as long again, without content\n  The judge gives more for it: +1.00 (" in said
    assert "Men's names and words made women's\n  The judge gives less for it: -1.00 (" in said
    assert "No row that was drawn has anything to change." in said
    assert "Asked 5 times, its answers lie 1.00 (" in said


def test_a_fair_judge_is_not_accused(tmp_path):
    with BiasedServer(is_fair=True) as server:
        told = json.loads(probed(tmp_path, server, "--json").out)
    assert not any(bias["moved"] for bias in told["biases"])
    assert told["answers_apart"]["mean"] == 0
    assert told["answers_apart"]["low"] == 0 < told["answers_apart"]["high"]


def test_a_dry_run_counts_the_calls_that_a_run_makes(tmp_path):
    with BiasedServer() as server:
        told = json.loads(probed(tmp_path, server, "--json", "--dry-run").out)
        assert not server.requests
        probed(tmp_path, server, "--json")
        assert told["seats"][0]["calls"] == len(server.requests) == 12 * (1 + 2 + 4)


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
