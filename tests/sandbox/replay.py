"""Replays recorded requests against the sandbox and compares status and JSON with what Google answered.

What a server chooses for itself is mapped: an identifier, a moment or a counter is accepted the first time it comes in
an answer, and from then on must come again wherever Google's came again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SERVER_CHOSEN = {
    "id", "spreadsheetId", "sheetId", "namedRangeId", "protectedRangeId", "filterViewId", "metadataId",
    "permissionId", "etag", "ouid", "version", "emailAddress", "displayName", "ownerNames", "lastModifyingUserName",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LONG_ID = re.compile(r"[A-Za-z0-9_-]{25,}")


@dataclass
class Step:
    """One recorded request and how the sandbox did: no differences means that it answered the same."""

    request: str
    expected_status: int
    status: int
    differences: list[str] = field(default_factory=list)


@dataclass
class Replay:
    google: Any
    token: str
    ids: dict[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def run(self, path: Path) -> list[Step]:
        interactions = json.loads(path.read_text(encoding="utf-8"))["interactions"]
        connection = HTTPConnection("127.0.0.1", urlsplit(self.google.base_url).port)
        for one in interactions:
            self._seed(one["response"])
            self.steps.append(self._step(connection, self.token, one["request"], one["response"]))
        connection.close()
        return self.steps

    def _seed(self, response: dict[str, Any]) -> None:
        """Files that the recorded account held from elsewhere are there, under their own ids, before it lists them."""
        body = _json(response["body"].get("string", ""))
        for file in body.get("files", []) if isinstance(body, dict) else []:
            if file["id"] not in self.ids and file["id"] not in self.google.world.files:
                self._seed_file(file)

    def _seed_file(self, file: dict[str, Any]) -> None:
        import datetime as dt

        seeded = self.google.world.add(file["name"], self.google.email, book_id=file["id"])
        seeded.created = dt.datetime.fromisoformat(file["createdTime"])
        seeded.modified = dt.datetime.fromisoformat(file["modifiedTime"])

    def _step(self, connection: HTTPConnection, token: str, request: dict, response: dict) -> Step:
        parts = urlsplit(request["uri"])
        target = self._known(parts.path + ("?" + parts.query if parts.query else ""))
        body = request.get("body")
        if body:
            parsed = _json(body)
            body = self._known(body) if parsed is None else json.dumps(self._translate(parsed), ensure_ascii=False)
        headers = {"Authorization": f"Bearer {token}"}
        headers |= {name: values[0] for name, values in request["headers"].items() if name.lower() == "content-type"}
        connection.request(request["method"], target, (body or "").encode(), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        expected = response["status"]["code"]
        step = Step(f"{request['method']} {unquote(parts.path)}", expected, answer.status)
        if answer.status != expected:
            step.differences.append(f"status {answer.status} instead of {expected}: {text[:300]}")
        else:
            self._compare(_body(response["body"].get("string", "")), _body(text), "$", "", step.differences)
        return step

    def _known(self, text: str) -> str:
        return LONG_ID.sub(lambda match: str(self.ids.get(match[0], match[0])), text)

    def _translate(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._translate(part, key) for key, part in value.items()}
        if isinstance(value, list):
            return [self._translate(part, name) for part in value]
        if name.endswith(("Id", "id")):
            return self.ids.get(str(value), value)
        return value

    def _compare(self, expected: Any, got: Any, path: str, name: str, out: list[str]) -> None:
        if isinstance(expected, dict) and isinstance(got, dict):
            for key in sorted(expected.keys() | got.keys()):
                if key not in got:
                    out.append(f"{path}.{key} is missing: {_short(expected[key])}")
                elif key not in expected:
                    out.append(f"{path}.{key} is too much: {_short(got[key])}")
                else:
                    self._compare(expected[key], got[key], f"{path}.{key}", key, out)
        elif isinstance(expected, list) and isinstance(got, list):
            if len(expected) != len(got):
                out.append(f"{path} holds {len(got)} instead of {len(expected)}: {_short(got)} for {_short(expected)}")
            for at, pair in enumerate(zip(expected, got, strict=False)):
                self._compare(*pair, f"{path}[{at}]", name, out)
        elif not self._same(expected, got, name):
            out.append(f"{path} is {_short(got)} instead of {_short(expected)}")

    def _same(self, expected: Any, got: Any, name: str) -> bool:
        if isinstance(expected, bool) != isinstance(got, bool):
            return False
        if isinstance(expected, str) and MOMENT.fullmatch(expected):
            return isinstance(got, str) and bool(MOMENT.fullmatch(got))
        if name in SERVER_CHOSEN and type(expected) is type(got):
            if str(expected) in self.ids:
                return bool(self.ids[str(expected)] == got)
            self.ids[str(expected)] = got
            return True
        if isinstance(expected, str) and isinstance(got, str) and name.endswith(("Link", "selfLink")):
            return _shape(expected) == _shape(got)
        return bool((self._known(expected) if isinstance(expected, str) else expected) == got)


def _shape(link: str) -> str:
    return re.sub(r"v=\d+|ouid=\d+", "", LONG_ID.sub("ID", re.sub(r"/0A[\w-]+", "/ROOT", link)))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _body(text: str) -> Any:
    parsed = _json(text)
    return text if parsed is None else parsed


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 160 else text[:157] + "..."
