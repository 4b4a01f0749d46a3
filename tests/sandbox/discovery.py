"""Checks requests and answers against Google's discovery documents, which google-api-python-client carries."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

INSTALLED = find_spec("googleapiclient") is not None


@cache
def document(name: str) -> dict[str, Any]:
    googleapiclient = pytest.importorskip("googleapiclient")
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@cache
def methods(name: str) -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    found = []

    def walk(resource: dict[str, Any]) -> None:
        for method in resource.get("methods", {}).values():
            path = method.get("flatPath", method["path"])
            pattern = re.sub(r"\\{\w+\\}", "([^/]+?)", re.escape(path))
            found.append((method["httpMethod"], re.compile(pattern), method))
        for inner in resource.get("resources", {}).values():
            walk(inner)

    walk(document(name))
    found.sort(key=lambda one: -len(one[1].pattern))
    return found


def method_of(request: Any) -> tuple[str, dict[str, Any]] | None:
    for name, prefix in (("sheets.v4", "/"), ("drive.v3", "/drive/v3/")):
        if not request.path.startswith(prefix):
            continue
        path = request.path.removeprefix(prefix)
        for http_method, pattern, method in methods(name):
            if http_method == request.method and pattern.fullmatch(path):
                return name, method
    return None


class Audit:
    """Collects what doesn't fit; the fixture that holds it fails the test with the list."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.checked = 0

    def __call__(self, request: Any, answer: Any) -> None:
        if not INSTALLED:
            return
        found = method_of(request)
        if found is None:
            if not request.path.startswith("/upload/"):
                self.problems.append(f"no method of Google's is {request.method} {request.path}")
            return
        name, method = found
        where = f"{method['id']} {unquote(request.path)[-60:]}"
        self.checked += 1
        if answer.status >= 400:
            return
        self._query(request, method, name, where)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        if name == "sheets.v4" and request.body and "request" in method and is_json:
            self._check(json.loads(request.body), {"$ref": method["request"]["$ref"]}, name, f"{where} request")
        if answer.body and "response" in method and answer.content_type.startswith("application/json"):
            self._check(json.loads(answer.body), {"$ref": method["response"]["$ref"]}, name, f"{where} answer")

    def _query(self, request: Any, method: dict[str, Any], name: str, where: str) -> None:
        known = set(method.get("parameters", {})) | set(document(name)["parameters"])
        unknown = set(request.query) - known
        if unknown and not name.startswith("drive"):
            self.problems.append(f"{where}: unknown parameters {sorted(unknown)}")

    def _check(self, value: Any, schema: dict[str, Any], name: str, where: str) -> None:
        if value is None:
            return
        if "$ref" in schema:
            schema = document(name)["schemas"][schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            self._object(value, schema, name, where)
        elif kind == "array":
            if not isinstance(value, list):
                self.problems.append(f"{where} is no list")
                return
            for at, item in enumerate(value[:200]):
                self._check(item, schema["items"], name, f"{where}[{at}]")
        elif not self._fits(value, kind, schema):
            self.problems.append(f"{where} is {value!r}, no {kind} {schema.get('enum', '')}")

    def _object(self, value: Any, schema: dict[str, Any], name: str, where: str) -> None:
        if not isinstance(value, dict):
            self.problems.append(f"{where} is no object")
            return
        members = schema.get("properties", {})
        for key, part in value.items():
            if key in members:
                self._check(part, members[key], name, f"{where}.{key}")
            elif "additionalProperties" in schema:
                self._check(part, schema["additionalProperties"], name, f"{where}.{key}")
            else:
                self.problems.append(f"{where} has the unknown member {key}")

    def _fits(self, value: Any, kind: str, schema: dict[str, Any]) -> bool:
        if "enum" in schema:
            return value in schema["enum"]
        types = {"string": str, "boolean": bool, "number": (int, float), "integer": int, "any": object}
        if kind in ("number", "integer") and isinstance(value, bool):
            return False
        return isinstance(value, types[kind])
