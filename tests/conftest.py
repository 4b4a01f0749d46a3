"""What every test needs: a home of its own, so that no test touches a person's configuration or journal."""

from __future__ import annotations

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
