"""Requests of all processes together stay within the quota."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sheetjudge import sandbox
from sheetjudge.sandbox.faults import Fault, quota_error
from sheetjudge.sandbox.faults import Quota as ServerQuota
from sheetjudge.sandbox.faults import first as refusing
from sheetjudge.tables.credentials import find_identity
from sheetjudge.tables.quota import Quota
from sheetjudge.tables.sheets import Patience, SheetsApi


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quota(tmp_path, clock):
    """One that each process opens for itself."""
    return lambda: Quota(tmp_path / "deep" / "q.sqlite3", most=5, seconds=10, now=clock, sleep=clock.sleep)


def test_no_more_than_so_many_in_any_window_whoever_asks(quota, clock):
    processes = [quota(), quota(), quota()]
    sent = []
    for n in range(40):
        processes[n % 3].take("read")
        sent.append(clock())
        clock.sleep(0.3)
    assert all(later - earlier >= 10 for earlier, later in zip(sent, sent[5:], strict=False))
    assert sent[-1] - sent[0] < 10 * 8


def test_a_wait_is_told_where_somebody_may_wonder(tmp_path, clock, caplog, monkeypatch):
    monkeypatch.setattr("time.sleep", clock.sleep)
    quota = Quota(tmp_path / "q.sqlite3", most=2, seconds=42, now=clock)
    quota.take("read")
    clock.sleep(1)
    quota.take("read")
    assert not caplog.messages
    quota.take("read")
    assert caplog.messages == ["Google's quota of requests a minute is used up: waiting 41 s."]
    quota.take("read")
    assert clock() == 1043
    assert len(caplog.messages) == 1


def test_reads_and_writes_are_counted_apart(quota, clock):
    for _ in range(5):
        quota().take("read")
        quota().take("write")
    assert clock() == 1000


def test_a_refusal_makes_everybody_pause(quota, clock):
    quota().refused("write")
    quota().take("read")
    assert clock() == 1000
    quota().take("write")
    assert clock() == 1005


def test_a_clock_that_was_set_back_stops_nobody(quota, clock):
    for _ in range(5):
        quota().take("read")
    quota().refused("read")
    clock.seconds -= 900
    quota().take("read")
    assert clock() == 100


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path, clock):
    (tmp_path / "file").write_text("")
    Quota(tmp_path / "file" / "q.sqlite3", now=clock, sleep=clock.sleep).take("read")
    assert clock() == 1000


def test_threads_that_ask_at_once_get_no_more_than_the_quota(tmp_path):
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        raise LookupError

    def take(_):
        try:
            Quota(tmp_path / "q.sqlite3", most=20, seconds=1000, sleep=sleep).take("read")
        except LookupError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(40))) == 20
    assert len(waited) == 20


def asks(url, google, folder, clock, *, quota):
    """One run, with or without a share in the quota."""
    identity = find_identity(str(google.credentials), home=None, environment={}, host=google.base_url)
    patience = Patience(sleep=clock.sleep)
    shared = Quota(folder / "q.sqlite3", now=clock, sleep=clock.sleep) if quota else None
    return SheetsApi(google.spreadsheet(url).book_id, identity, host=google.base_url, patience=patience, quota=shared)


@pytest.mark.parametrize(("quota", "refused"), [(True, False), (False, True)])
def test_runs_that_share_a_quota_are_never_refused(tmp_path, clock, quota, refused):
    with sandbox.start(credentials=tmp_path / "key.json", seed=1) as google:
        url = google.load("T", [["A"], ["text"]])
        google.faults.add(ServerQuota(per_user=60, now=clock))
        runs = [asks(url, google, tmp_path, clock, quota=quota) for _ in range(3)]
        for n in range(150):
            runs[n % 3].describe("properties.title")
        assert any(one.status == 429 for one in google.log) is refused


def test_who_is_refused_tells_the_others(tmp_path, clock):
    with sandbox.start(credentials=tmp_path / "key.json", seed=1) as google:
        url = google.load("T", [["A"], ["text"]])
        first, second = (asks(url, google, tmp_path, clock, quota=True) for _ in range(2))
        google.faults.add(refusing(1, Fault(error=quota_error("Read", 60, "p", per_user=True))))
        first.describe("properties.title")
        began = clock()
        assert began >= 1005
        second.describe("properties.title")
        assert clock() == began
