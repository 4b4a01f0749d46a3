"""Every recorded request, answered by the sandbox as Google answered it."""

from __future__ import annotations

from pathlib import Path

import pytest
from replay import Replay

RECORDINGS = sorted((Path(__file__).parents[2].parent / "shared" / "sheets_recordings").glob("*.json"))
OUT_OF_SCOPE: dict[str, str] = {}
"""Recordings that are not replayed, each with the reason."""


@pytest.mark.skipif(not RECORDINGS, reason="the recordings aren't here")
def test_all_recordings_are_answered_as_google_did(google, one_session, capsys):
    one_session.get("https://www.googleapis.com/drive/v3/files")
    token = one_session.credentials.token
    failures = []
    requests = passed = 0
    in_scope = [path for path in RECORDINGS if path.name not in OUT_OF_SCOPE]
    for path in in_scope:
        steps = Replay(google, token).run(path)
        requests += len(steps)
        for step in steps:
            if step.differences:
                failures.append(f"{path.name}: {step.request}: {step.differences[:3]}")
            else:
                passed += 1
        google.world.files.clear()
    with capsys.disabled():
        print(f"\nrecordings: {len(in_scope)} replayed, {passed} of {requests} requests answered as Google did", end="")
        print(f"; {google.auditor.checked} requests and answers checked against the discovery documents")
        for name, reason in OUT_OF_SCOPE.items():
            print(f"out of scope: {name}: {reason}")
    assert failures == []
    assert len(RECORDINGS) == len(in_scope) + len(OUT_OF_SCOPE)
