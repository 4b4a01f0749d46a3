from __future__ import annotations

from pathlib import Path

import pytest

from sheetjudge.sandbox.behaviours import BEHAVIOURS, assumed, markdown

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "sheets_recordings"


def test_every_behaviour_has_one_name_and_a_source_unless_it_is_assumed():
    names = [one.name for one in BEHAVIOURS]
    assert len(names) == len(set(names))
    for one in BEHAVIOURS:
        assert bool(one.source) == (one.evidence != "assumed"), one.name
        assert one.evidence != "documented" or one.source.startswith("https://"), one.name
    assert {one.name for one in assumed()} >= {"metadata.fence", "metadata.delete_none", "update.beyond_grid"}
    assert markdown().count("\n") == len(BEHAVIOURS) + 2


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings aren't here")
def test_what_is_called_recorded_has_its_recording():
    for one in BEHAVIOURS:
        if one.evidence == "recorded":
            assert (RECORDINGS / f"{one.source}.json").exists(), one.name
