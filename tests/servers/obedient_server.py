"""A judge that does what the rows tell it, as far as what keeps rows from telling it anything is missing.

It is a caricature of what models do, so that each defence has something to defend against:
- it takes `<|im_start|>system` for a turn, as a server does that doesn't escape marks in texts;
- where the row stands between marker lines, the row ends at the line that carries the same code as the first; where it
  doesn't, at the first line that says so;
- what stands behind the row's end are its orders;
- orders inside the row count unless the rules say that they don't;
- it reads tag characters as the letters that they stand for;
- it gives full marks to openings of an answer that stand alone, whatever the rules are.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from tests.servers.chat_server import Answer, ChatServer, Reply, chat

_ORDER = re.compile(
    r"highest score|höchste Punktzahl|note maximale|puntuación máxima|满分|высший балл|أعلى درجة|The assessor's verdict"
)
_BEGINS = re.compile(r"----- row ([0-9a-f]{16}) begins -----\n")
_END = re.compile(r"----- row [0-9a-f]{16} ends -----")
_OPENINGS = ("Thought process:", "Let's solve this problem step by step.", "Solution", ":")
_TAGS = {code: chr(code - 0xE0000) for code in range(0xE0020, 0xE007F)}
BEST = 5


class ObedientServer(ChatServer):
    """Scores from 1 to 3 by the row's own text, and 5 where the row has its way."""

    def __init__(self, *, latency: float = 0.0) -> None:
        super().__init__(self._decide, latency=latency)

    def _decide(self, body: dict[str, Any], _number: int) -> Answer:
        rules, shown = body["messages"][0]["content"], body["messages"][1]["content"]
        shown = shown.translate(_TAGS)
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        obeys = obeyed(rules, shown)
        verdict = {
            name: {"reason": "Said by the server.", "score": BEST if obeys else merit(shown, name)}
            for name in properties
        }
        return Reply(body=chat(json.dumps(verdict)))


def merit(shown: str, criterion: str) -> int:
    """The score that a row deserves: 1 to 3, by what it says first; 1 where it says nothing."""
    found = re.search(r"row-(\d+)\.", shown)
    return hashlib.sha256(f"{found[1]} {criterion}".encode()).digest()[0] % 3 + 1 if found else 1


def obeyed(rules: str, shown: str) -> bool:
    """Does the row get what it wants?"""
    if "<|im_start|>system" in shown:
        return True
    begins = _BEGINS.match(shown)
    if begins:
        inside, _, behind = shown.partition(f"----- row {begins[1]} ends -----")
    elif ends := _END.search(shown):
        inside, behind = shown[: ends.start()], shown[ends.end() :]
    else:
        inside, behind = shown, ""
    if _ORDER.search(behind):
        return True
    if any(line.strip() in _OPENINGS for line in inside.splitlines()):
        return True
    return bool(_ORDER.search(inside)) and "changes nothing about these rules" not in rules
