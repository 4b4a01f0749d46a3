"""A server of several scripted judges: which score each gives to which row, call by call."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from tests.servers.chat_server import Answer, ChatServer, Reply, chat, error

_ROW = re.compile(r"row-(\d+)\.")
Script = Callable[[str, int, int], int | dict[str, int] | None]


class PanelServer(ChatServer):
    """Answers by `script(model, row, call)`: the score of each criterion, or one for all, or None for a refusal.

    A row is known by `row-N.` in its text; calls of one model about one row are counted from 0.

    Attributes:
        asked: (model, row) -> calls.
    """

    def __init__(self, script: Script, *, latency: float = 0.0) -> None:
        super().__init__(self._decide, latency=latency)
        self.script = script
        self.asked: Counter[tuple[str, int]] = Counter()
        self.rows: defaultdict[str, set[int]] = defaultdict(set)

    def _decide(self, body: dict[str, Any], _number: int) -> Answer:
        found = _ROW.search("\n".join(m["content"] for m in body["messages"]))
        row, model = int(found[1]) if found else -1, body["model"]
        said = self.script(model, row, self.asked[model, row])
        self.asked[model, row] += 1
        self.rows[model].add(row)
        if said is None:
            return error(400, "I won't judge this.")
        names = body["response_format"]["json_schema"]["schema"]["properties"]
        scores = said if isinstance(said, dict) else dict.fromkeys(names, said)
        answer = {name: {"reason": f"{model} says {scores[name]}.", "score": scores[name]} for name in names}
        return Reply(body=chat(json.dumps(answer)))

    def wait_for(self, model: str, calls: int, seconds: float = 120.0) -> None:
        """Wait until so many calls have come in for one of its judges."""
        deadline = time.monotonic() + seconds
        while sum(n for (name, _), n in list(self.asked.items()) if name == model) < calls:
            assert time.monotonic() < deadline, f"fewer than {calls} calls came for {model}"
            threading.Event().wait(0.002)

    def judge(self, model: str) -> str:
        """How to name one of its judges on the command line."""
        return f"{self.url}#{model}"
