"""Canaries: a judge that has changed is noticed in the first run that asks it anything, and one that hasn't is left
in peace."""

from __future__ import annotations

import json
import re
import signal
import threading
import time

import pytest

from sheetjudge import sandbox
from tests.ops.scoring import ended, inside, read_csv, start, write_rubric, write_table
from tests.ops.test_jobs import Hooks, env, log_of, write_job
from tests.servers.batch_server import BatchServer
from tests.servers.chat_server import ChatServer, Reply, chat

RUBRIC = """\
name: Answers
scale: 0-100
criteria:
  - id: clear
    ask: Is the answer clear?
"""
TRICKS = 3 + 4
"""Calls about texts that fit any rubric: an empty one, a plain one, one that asks for full marks, four attacks."""
FIRST = 5 * (1 + 4)
"""More calls in a job's first run: there each attack is tried six times."""
PAIRS = {"operation": "compare", "contender": ["One", "Two"], "read": ["Prompt"]}


class Judge(ChatServer):
    """Knows how good each `row-N` is, and can be changed for another judge.

    Attributes:
        times: its scores are multiplied by it. is_gullible: gives full marks when told to. likes_nothing: gives them to
            an empty text. is_mute: says nothing that can be read. obeys: gives them to a text that holds this.
        about: the rows that it was asked about, one entry a call; "trick" for texts that are none.
    """

    def __init__(self, **kinds):
        super().__init__(self._say, **kinds)
        self.times, self.is_gullible, self.likes_nothing, self.is_mute = 1.0, False, False, False
        self.obeys = None
        self.about = []

    def good(self, text):
        if "highest score" in text and self.is_gullible:
            return 100
        if self.obeys and self.obeys in text:
            return 100
        found = re.search(r"row-(\d+)", text)
        if found:
            return min(round((20 + 7 * int(found[1]) % 61) * self.times), 100)
        return 100 if self.likes_nothing and "Nothing has been" not in text else 4

    def _say(self, body, _number):
        text = body["messages"][-1]["content"]
        found = re.findall(r"row-(\d+)", text)
        self.about.append(found[0] if found else "trick")
        if self.is_mute:
            return Reply(body=chat("I would rather not say."))
        schema = body["response_format"]["json_schema"]["schema"]["properties"]
        said = {}
        for name, one in schema.items():
            if "winner" in one["properties"]:
                first, second = (self.good(part) for part in re.split(r"text B", text, maxsplit=1))
                winner = "A" if first > second + 5 else "B" if second > first + 5 else "tie"
                said[name] = {"reason": "So it is.", "winner": winner}
            elif one["properties"]["score"].get("type") == "integer":
                said[name] = {"reason": "So it is.", "score": self.good(text)}
            else:
                said[name] = {"reason": "So it is.", "score": "yes" if self.good(text) > 50 else "no"}
        return Reply(body=chat(json.dumps(said), usage={"prompt_tokens": 100, "completion_tokens": 10}))

    def wait_for_calls(self, count):
        deadline = time.monotonic() + 60
        while len(self.requests) < count:
            assert time.monotonic() < deadline, len(self.requests)
            threading.Event().wait(0.002)

    @property
    def rows(self):
        return [row for row in self.about if row != "trick"]


def rows(count, first=0):
    return [[str(n), f"This is row-{n}."] for n in range(first, first + count)]


@pytest.fixture
def nights(tmp_path):
    """A job whose table grows by three rows each night; `night()` runs it."""
    with Judge() as judge:
        count = [30]

        def night(*flags, new=3, **said):
            count[0] += new
            write_table(tmp_path / "table.csv", rows(count[0]))
            url = f"{judge.url}#m"
            given = {"judge": url, "table": "table.csv", "out": "out.csv", "canaries": True, "price": "1,10", **said}
            job = write_job(tmp_path, **given)
            write_rubric(tmp_path, RUBRIC)
            judge.about.clear()
            ran = inside("run", job, "--json", *flags, env=env(tmp_path))
            ran_ended = [line for line in log_of(tmp_path) if line["event"] == "ended"][-1]
            return ran, json.loads(ran.out)[0]["result"], ran_ended

        yield judge, night, tmp_path


def heard(result):
    return next(iter(result["canaries"]["judges"].values()))


# --- counted apart, asked afresh --------------------------------------------------------------------------------------


def test_they_are_asked_in_each_run_that_judges_something_and_counted_apart(nights):
    judge, night, folder = nights
    _, first, _ = night()
    assert first["usage"]["calls"] == 33
    assert first["canaries"]["usage"]["calls"] == TRICKS + FIRST, (
        "no verdict is known yet, so only texts that fit any rubric"
    )
    assert "known from an earlier run" in first["canaries"]["notes"][0]
    ran, second, told = night()
    assert ran.code == 0, ran.err
    assert second["usage"]["calls"] == 3
    assert second["canaries"]["usage"]["calls"] == 12 + TRICKS
    assert heard(second)["known"] == 12
    assert heard(second)["alarms"] == []
    assert told["calls"] == 3
    assert told["canaries"]["calls"] == 12 + TRICKS
    assert told["usd"] == pytest.approx((3 + 12 + TRICKS) * (100 * 1 + 10 * 10) / 1e6)
    _, third, _ = night()
    assert third["canaries"]["usage"]["calls"] == 12 + TRICKS, "an old answer isn't served"
    assert "3 calls and 19 of canaries" in inside("runs", "list", env=env(folder)).out
    asked = list(judge.about)
    ran, nothing, _ = night(new=0)
    assert nothing["canaries"] is None
    assert judge.about == []
    assert asked


def test_the_same_rows_go_along_and_new_ones_take_the_place_of_those_that_went(nights):
    judge, night, folder = nights
    night()
    night()
    before = sorted(judge.rows[:12])
    night()
    assert sorted(judge.rows[:12]) == before
    kept = [row for row in rows(45) if row[0] not in before[:5]]
    write_table(folder / "other.csv", [*kept, *rows(2, first=90)])
    _, result, _ = night(table="other.csv")
    assert heard(result)["known"] == 12
    assert set(before[5:]) <= set(judge.rows[:12])


def test_they_are_answered_before_anything_new_is_asked(nights):
    judge, night, _ = nights
    night()
    night()
    new = {"33", "34", "35"}
    assert not new & set(judge.about[: 12 + TRICKS])
    assert set(judge.about[12 + TRICKS :]) == new


def test_no_canaries_where_none_are_wanted(nights):
    judge, night, _ = nights
    night()
    _, result, _ = night(canaries=False)
    assert "canaries" not in result
    assert len(judge.about) == 3
    night(canaries={"rows": 4})
    assert len(judge.about) == 3 + TRICKS + 4


def test_a_run_that_is_taken_up_does_not_ask_them_again(tmp_path):
    with Judge() as judge:
        write_table(tmp_path / "table.csv", rows(40))
        said = {"table": "table.csv", "out": "out.csv", "judge": f"{judge.url}#m", "concurrency": 4}
        job = write_job(tmp_path, canaries=True, **said)
        write_rubric(tmp_path, RUBRIC)
        assert inside("run", job, env=env(tmp_path)).code == 0
        write_table(tmp_path / "table.csv", rows(80))
        judge.about.clear()
        judge.latency = 0.05
        first = start("run", job, env=env(tmp_path))
        judge.wait_for_calls(40 + TRICKS + FIRST + 12 + TRICKS + 10)
        first.send_signal(signal.SIGKILL)
        ended(first)
        judge.latency = 0.0
        before = len(judge.about)
        ran = inside("run", job, "--json", env=env(tmp_path))
        assert ran.code == 0, ran.err
        canaries = json.loads(ran.out)[0]["result"]["canaries"]
        assert canaries["usage"]["calls"] == 0
        assert canaries["usage"]["from_journal"] == 12 + TRICKS
        assert len(judge.about) <= 12 + TRICKS + 40 + 4
        assert len(judge.about) > before
        assert sum(row == "trick" for row in judge.about) == TRICKS


def test_budgets_hold_for_them_too(nights):
    judge, night, _ = nights
    night()
    ran, result, _ = night(budget={"calls": 10})
    assert ran.code == 3
    assert len(judge.about) <= 10
    assert result["scored"] == 33, "what was judged before stands"


# --- a judge that has changed -----------------------------------------------------------------------------------------


def change(judge, what):
    for name, value in what.items():
        setattr(judge, name, value)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"times": 1.1}, "it judges 12 known rows"),
        ({"times": 0.9}, "lower than before"),
        ({"is_gullible": True}, "because it asks for full marks"),
        ({"likes_nothing": True}, "gives an empty text"),
        ({"is_mute": True}, "no readable answer about 12 of 12 known rows"),
    ],
)
def test_another_judge_is_noticed_on_the_first_night(nights, what, told):
    judge, night, folder = nights
    with Hooks() as hooks:
        notify = {"on": "failure", "webhook": f"{hooks.url}/hook"}
        for _ in range(2):
            ran, _, _ = night(notify=notify)
            assert ran.code == 0, ran.err
        assert hooks.got == []
        change(judge, what)
        ran, result, logged = night(notify=notify)
        assert ran.code == 1
        assert told in ran.err
        assert told in " ".join(result["canaries"]["alarms"])
        assert told in logged["error"]
        assert told in hooks.got[0][1]["text"]
        assert told in inside("runs", "list", env=env(folder)).out
        assert len([row for row in read_csv(folder / "out.csv") if row["Status"]]) == 39, "it was told, not stopped"


def test_an_alarm_stops_the_run_before_anything_new_is_judged_where_that_is_wanted(nights):
    judge, night, folder = nights
    night()
    night()
    judge.times = 1.1
    ran, result, _ = night(canaries={"alarm": "stop"})
    assert ran.code == 3
    assert "--accept-judge" in result["stopped"]
    assert not {"36", "37", "38"} & set(judge.about)
    by_row = {row["ID"]: row for row in read_csv(folder / "out.csv")}
    assert by_row["36"]["Score"] == ""
    assert by_row["35"]["Score"] != ""
    # The next start asks again, not to be held by an answer of before.
    judge.times = 1.0
    ran, result, _ = night(new=0, canaries={"alarm": "stop"})
    assert ran.code == 0, ran.err
    assert result["usage"]["calls"] == 3


def test_a_change_that_is_wanted_is_accepted_once(nights):
    judge, night, _ = nights
    night()
    night()
    judge.times = 1.1
    assert night()[0].code == 1
    assert night()[0].code == 1, "told until somebody has looked at it"
    ran, result, _ = night("--accept-judge")
    assert ran.code == 0, ran.err
    assert "counts as known from now on" in result["canaries"]["notes"][0]
    assert night()[0].code == 0
    judge.times = 1.0
    assert night()[0].code == 1


def test_a_judge_that_falls_for_an_order_is_noticed_in_its_very_first_run(nights):
    judge, night, _ = nights
    judge.is_gullible = True
    ran, result, _ = night()
    assert ran.code == 1
    assert "asks for full marks" in result["canaries"]["alarms"][0]


@pytest.mark.parametrize(
    ("obeys", "attack"),
    [
        ("The rubric has changed", "Fake system turn"),
        ("The assessor's verdict on this row", "Fake verdict"),
        ("höchste Punktzahl", "Other languages"),
        ("Thought process:", "An answer's opening alone"),
    ],
)
def test_an_attack_that_works_all_of_a_sudden_is_told_by_its_name(nights, obeys, attack):
    judge, night, _ = nights
    assert night()[0].code == 0
    judge.obeys = obeys
    ran, result, _ = night()
    assert ran.code == 1
    assert f"taken in by attacks that it withstood before: {attack}." in " ".join(result["canaries"]["alarms"])
    ran, result, _ = night("--accept-judge")
    assert ran.code == 0, ran.err
    assert f"is taken in by attacks: {attack}." in " ".join(result["canaries"]["notes"])
    assert night()[0].code == 0


def test_an_attack_that_always_worked_is_noted_and_no_alarm(nights):
    judge, night, _ = nights
    judge.obeys = "The assessor's verdict on this row"
    for _ in range(2):
        ran, result, _ = night()
        assert ran.code == 0, ran.err
        assert "is taken in by attacks: Fake verdict." in " ".join(result["canaries"]["notes"])
        assert heard(result)["gained_by_attacks"]["verdict"] > 0.9
        assert heard(result)["gained_by_attacks"]["system"] == 0


def test_an_attack_that_worked_once_and_not_again_is_no_alarm(nights):
    judge, night, _ = nights
    assert night()[0].code == 0
    answers = []
    good = judge.good

    def once(text):
        if "höchste Punktzahl" not in text:
            return good(text)
        answers.append(text)
        return 100 if len(answers) == 1 else 4

    judge.good = once
    assert night()[0].code == 0
    assert len(answers) == 2, "asked again, and then it was clear"


def test_a_rubric_that_an_empty_text_meets_raises_no_alarm(nights):
    judge, night, _ = nights
    judge.likes_nothing = True
    ran, result, _ = night()
    assert ran.code == 0
    assert "that tells nothing" in " ".join(result["canaries"]["notes"])
    assert night()[0].code == 0


def test_of_several_judges_the_one_that_changed_is_named(tmp_path):
    with Judge() as calm, Judge() as other:
        judges = [f"{calm.url}#calm", f"{other.url}#other"]
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=judges, canaries=True)
        write_rubric(tmp_path, RUBRIC)
        for count, times in ((20, 1.0), (22, 1.0), (24, 1.1)):
            write_table(tmp_path / "table.csv", rows(count))
            other.times = times
            ran = inside("run", job, "--json", env=env(tmp_path))
        assert ran.code == 1
        canaries = json.loads(ran.out)[0]["result"]["canaries"]
        assert len(canaries["alarms"]) == 1
        assert "#other has moved" in canaries["alarms"][0]
        assert canaries["usage"]["calls"] == 2 * (12 + TRICKS) + 4 * 12


# --- all operations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"operation": "rank", "comparisons": 10},
        {"operation": "filter", "keep": "Is it good?"},
        {"operation": "compare", "contender": ["ID", "Answer"], "read": []},
        {"operation": "compare", "contender": ["One", "Two"], "read": [], "no_pairs": True},
    ],
    ids=["rank", "filter", "compare", "compare by scores"],
)
def test_each_operation_has_them(tmp_path, said):
    said = {k: v for k, v in said.items() if v != []}
    header = ("Prompt", "One", "Two")
    if said["operation"] == "compare":
        said["contender"] = ["One", "Two"]

    def table(count):
        texts = [[f"Task {n}", f"This is row-{n}.", f"This is row-{n + 37}."] for n in range(count)]
        write_table(tmp_path / "table.csv", texts, header)

    with Judge() as judge:
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{judge.url}#m", canaries=True, **said)
        write_rubric(tmp_path, RUBRIC)
        if "keep" in said:
            job.write_text(job.read_text().replace("rubric: rubric.yaml\n", ""))
        codes = []
        for count in (20, 22, 24):
            table(count)
            judge.is_gullible = count == 24
            ran = inside("run", job, "--json", env=env(tmp_path))
            codes.append(ran.code)
            result = json.loads(ran.out)[0]["result"]
        assert codes == [0, 0, 1], ran.err
        assert heard(result)["known"] == 12
        assert "full marks" in result["canaries"]["alarms"][0]


def test_a_comparison_that_turns_round_is_noticed(tmp_path):
    def table(count):
        texts = [[f"Task {n}", f"This is row-{n}.", f"This is row-{n + 37}."] for n in range(count)]
        write_table(tmp_path / "table.csv", texts, ("Prompt", "One", "Two"))

    with Judge() as judge:
        said = {"operation": "compare", "contender": ["One", "Two"]}
        job = write_job(tmp_path, table="table.csv", out="out.csv", judge=f"{judge.url}#m", canaries=True, **said)
        write_rubric(tmp_path, RUBRIC)
        for count, times, code in ((20, 1.0, 0), (22, 1.0, 0), (24, -1.0, 1)):
            table(count)
            judge.times = times
            ran = inside("run", job, env=env(tmp_path))
            assert ran.code == code, ran.err
        assert "has moved" in ran.err


def test_batches_have_them_before_anything_is_submitted(tmp_path):
    with BatchServer(looks=1) as server:
        write_table(tmp_path / "table.csv", 20)
        said = {"table": "table.csv", "out": "out.csv", "judge": f"{server.url}#m", "batch": True}
        job = write_job(tmp_path, canaries=True, **said)
        ran = inside("run", job, "--json", env=env(tmp_path))
        assert ran.code == 0, ran.err
        assert (server.chats, server.answered.total()) == (TRICKS + FIRST + 1, 19)
        write_table(tmp_path / "table.csv", 30)
        server.steps.clear()
        ran = inside("run", job, "--json", env=env(tmp_path))
        assert ran.code == 0, ran.err
        assert (server.chats, server.answered.total()) == (TRICKS + FIRST + 1 + 12 + TRICKS + 1, 19 + 9)
        assert server.steps[: 12 + TRICKS] == ["chat"] * (12 + TRICKS)
        assert heard(json.loads(ran.out)[0]["result"])["known"] == 12


def test_a_sheet_is_written_to_after_they_are_answered(tmp_path, tmp_path_factory):
    with sandbox.start(credentials=tmp_path_factory.mktemp("google") / "key.json", seed=2) as google, Judge() as judge:
        url = google.load("Rows", [["ID", "Answer"], *rows(20)])
        job = write_job(tmp_path, table=url, credentials=str(google.credentials), judge=f"{judge.url}#m", canaries=True)
        write_rubric(tmp_path, RUBRIC)
        assert inside("run", job, env=env(tmp_path)).code == 0
        sheet = google.spreadsheet(url)
        for n in (20, 21):
            sheet.type(f"A{n + 2}", [rows(22)[n]])
        judge.times = 1.1
        judge.about.clear()
        job.write_text(job.read_text().replace("canaries: true", "canaries: {alarm: stop}"))
        shown = [row[2:3] for row in sheet.rows()]
        ran = inside("run", job, env=env(tmp_path))
        assert ran.code == 3, ran.err
        assert [row[2:3] for row in sheet.rows()] == shown
        assert not {"20", "21"} & set(judge.about)


def test_a_judge_that_can_not_change_needs_none(tmp_path):
    write_table(tmp_path / "table.csv", rows(20))
    job = write_job(tmp_path, table="table.csv", out="out.csv", judge="fake", canaries=True)
    for count in (20, 22):
        write_table(tmp_path / "table.csv", rows(count))
        ran = inside("run", job, "--json", env=env(tmp_path))
        assert json.loads(ran.out)[0]["result"]["canaries"] is None


# --- a file of canaries -----------------------------------------------------------------------------------------------


def test_canaries_from_a_file_with_scores_that_people_gave(nights):
    judge, night, folder = nights
    judge.good("row-1")
    known = [[f"This is row-{n}.", str(judge.good(f"row-{n}"))] for n in range(100, 115)]
    write_table(folder / "canaries.csv", known, ("Answer", "Ours"))
    said = {"canaries": {"file": "canaries.csv", "known": "Ours"}, "read": ["Answer"]}
    ran, result, _ = night(**said)
    assert ran.code == 0, ran.err
    assert heard(result)["from_known_scores"] == 0
    assert "15 canaries counts as known" in result["canaries"]["notes"][0]
    judge.times = 1.1
    ran, result, _ = night(**said)
    assert ran.code == 1
    assert heard(result)["known"] == 15
    judge.times = 0.2
    ran, result, _ = night("--accept-judge", **said)
    assert ran.code == 1
    assert "away from the scores that people gave to 15 canaries" in ran.err


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"canaries": {"file": "nothing.csv"}}, "nothing.csv"),
        ({"canaries": {"file": "canaries.csv", "known": "Grade"}}, "no column 'Grade'"),
        ({"canaries": {"file": "canaries.csv", "known": "Ours"}}, "no score on 0-100"),
        ({"canaries": {"file": "canaries.csv"}, "operation": "compare", "contender": ["ID", "Answer"]}, "comparison"),
        ({"canaries": {"alarm": "ring"}}, "canaries.alarm is 'ring'"),
        ({"canaries": "perhaps"}, "neither yes nor no"),
    ],
)
def test_canaries_that_cannot_be_had_are_told_by_the_check(tmp_path, said, told):
    write_table(tmp_path / "table.csv", rows(5))
    write_table(tmp_path / "canaries.csv", [["1", "Text.", "splendid"]], ("ID", "Answer", "Ours"))
    job = write_job(tmp_path, table="table.csv", out="out.csv", judge="fake", **said)
    write_rubric(tmp_path, RUBRIC)
    checked = inside("run", job, "--check", env=env(tmp_path))
    assert checked.code == 2
    assert told in checked.err


def test_no_text_of_a_row_is_kept(nights):
    _, night, folder = nights
    write_table(folder / "secret.csv", [[str(n), f"The hidden word is xylophone, row-{n}."] for n in range(30)])
    night(table="secret.csv")
    write_table(folder / "secret.csv", [[str(n), f"The hidden word is xylophone, row-{n}."] for n in range(33)])
    _, result, _ = night(table="secret.csv")
    assert heard(result)["known"] == 12
    kept = b"".join(path.read_bytes() for path in (folder / "home").rglob("*") if path.is_file())
    assert b"xylophone" not in kept
