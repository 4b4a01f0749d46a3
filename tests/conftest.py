"""What every test needs: a home of its own, so that no test touches a person's configuration or journal."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure.
settings.register_profile("sheetjudge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sheetjudge")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    for name in ("SHEETJUDGE_JUDGE", "SHEETJUDGE_JOURNAL", "SHEETJUDGE_CREDENTIALS", "SHEETJUDGE_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHEETJUDGE_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def no_hang() -> Iterator[None]:
    """Ends a test that would take minutes or hours where it takes a moment: others write texts to that end."""

    def give_up(*_: object) -> None:
        raise AssertionError("it takes for ever")

    usual = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, usual)
