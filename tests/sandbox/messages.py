"""Makes `sheetjudge/sandbox/messages.json` from Google's discovery document: python tests/sandbox/messages.py"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from discovery import document, methods

from sheetjudge.sandbox.app import ANSWERS
from sheetjudge.sandbox.batch.run import HANDLERS

TARGET = Path(__file__).parents[2] / "sheetjudge" / "sandbox" / "messages.json"
ROOTS = (
    "BatchUpdateSpreadsheetRequest",
    "ValueRange",
    "BatchUpdateValuesRequest",
    "BatchClearValuesRequest",
    "BatchGetValuesByDataFilterRequest",
    "BatchUpdateValuesByDataFilterRequest",
    "BatchClearValuesByDataFilterRequest",
    "SearchDeveloperMetadataRequest",
    "GetSpreadsheetByDataFilterRequest",
    "CopySheetToAnotherSpreadsheetRequest",
    *ANSWERS.values(),
)


def kind_of(schema: dict) -> object:
    if "$ref" in schema:
        return schema["$ref"]
    if "enum" in schema:
        return "enum " + " ".join(schema["enum"])
    if schema["type"] == "array":
        return [kind_of(schema["items"])]
    if schema["type"] == "object":
        return {"*": kind_of(schema["additionalProperties"])} if "additionalProperties" in schema else "any"
    return schema["type"]


def refs(kind: object) -> list[str]:
    if isinstance(kind, list):
        return refs(kind[0])
    if isinstance(kind, dict):
        return refs(kind["*"])
    return [str(kind)] if str(kind)[0].isupper() else []


def messages() -> dict[str, dict[str, object]]:
    schemas = document("sheets.v4")["schemas"]
    found: dict[str, dict[str, object]] = {}
    left = list(ROOTS)
    while left:
        name = left.pop()
        if name in found or name not in schemas:
            continue
        members = {key: kind_of(part) for key, part in schemas[name].get("properties", {}).items()}
        if name == "Request":
            members = {key: part if key in HANDLERS else "any" for key, part in members.items()}
        found[name] = members
        left += [ref for part in members.values() for ref in refs(part)]
    return dict(sorted((found | parameters()).items()))


def parameters() -> dict[str, dict[str, object]]:
    """What each method can be asked with, besides the body and what stands in the path."""
    common = {name: kind_of(part) for name, part in document("sheets.v4")["parameters"].items()}
    known = {method["id"].replace("spreadsheets.", "", 1): method for _, _, method in methods("sheets.v4")}
    return {
        name: common
        | {key: kind_of(part) for key, part in known[name].get("parameters", {}).items() if part["location"] == "query"}
        for name in ANSWERS
    }


if __name__ == "__main__":
    sys.exit(TARGET.write_text(json.dumps(messages(), indent=1, sort_keys=True) + "\n", encoding="utf-8") < 1)
