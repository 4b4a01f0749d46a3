"""What is told of an unattended run: a sentence for people, counts for the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.ops.jobs import Ended

TOOK_UP = "An earlier run had died; this one took up from there."


@dataclass(frozen=True)
class Told:
    """What became of one job.

    Attributes:
        job: its name. run: its id in the store; "" where it didn't begin.
        ended: what came of it; None where it didn't begin.
        sentence: for a person.
    """

    job: str
    run: str
    ended: Ended | None
    sentence: str


def exit_code(told: Sequence[Told]) -> int:
    """Of all jobs: 2 where one could not begin, 3 where one was stopped, 1 where rows went unscored, else 0."""
    codes = {one.ended.exit_code if one.ended else 0 for one in told}
    return next((code for code in (2, 3, 1) if code in codes), 0)


def counts(ended: Ended) -> dict[str, Any]:
    """The counts of a result, whichever operation it is of, without any text of a row."""
    result = ended.result
    usage = result.get("usage", {})
    found = {key: result[key] for key in ("run", "rows", "scored", "unchanged", "unscored") if key in result}
    found |= {key: usage[key] for key in ("calls", "from_journal", "tokens") if key in usage}
    canaries = result.get("canaries")
    return found | ({"canaries": _canaries(canaries)} if canaries else {})


def _canaries(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told["usage"], "alarms": told["alarms"]}


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What somebody has changed since an earlier run, a sentence each.

    Args:
        before, now: results; where one failed, there is nothing to compare.
    """
    found = []
    if _differ(before, now, "table"):
        found.append(f"{before['table']} is called {now['table']} now.")
    if _differ(before, now, "rubric"):
        found.append("The rubric has changed since the run before; what was judged by the old one is judged again.")
    if _differ(before, now, "judges"):
        found.append(f"Other judges than in the run before: {', '.join(now['judges'])}.")
    return found


def _differ(before: Mapping[str, Any], now: Mapping[str, Any], key: str) -> bool:
    return key in before and key in now and before[key] != now[key]


def sentence(job: str, ended: Ended, besides: Sequence[str] = ()) -> str:
    """What came of a run, in a few words.

    Args:
        job: its name. besides: what else is to be told.
    """
    found = counts(ended)
    rows = found.get("rows", {})
    parts = [f"{job}: {ended.state}"]
    if ended.said and ended.state != "done":
        parts[0] = f"{job} {ended.state}: {ended.said}"
    elif rows:
        told = [f"{count:,} {kind}" for kind, count in rows.items() if count]
        parts.append(f"{', '.join(told) or 'nothing new'}; {found.get('calls', 0):,} calls")
        if "canaries" in found:
            parts[-1] += f" and {found['canaries']['calls']:,} of canaries"
        parts.append("cost unknown" if ended.usd is None else f"${ended.usd:,.4f}")
    text = ", ".join(parts)
    text += "" if text.endswith(".") else "."
    if ended.said and ended.state == "done":
        text += f" {ended.said}"
    return " ".join([text, *besides])
