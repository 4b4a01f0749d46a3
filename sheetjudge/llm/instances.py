"""A valid instance of a JSON Schema, chosen by a number: what a model that is no model can answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


class Draws:
    """A stream of choices that follows from `seed` alone (a 64-bit linear congruential generator, Knuth's MMIX)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ 0x9E3779B97F4A7C15) & _MASK

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (self._state >> 33) % n


_MASK = (1 << 64) - 1


def instance_of(schema: Mapping[str, Any], draws: Draws, words: str = "fake") -> Any:
    """A small value that `schema` allows.

    Knows const, enum, type (also a list of types), properties, items, minItems, minimum and maximum (also exclusive),
    multipleOf, minLength, maxLength, anyOf, oneOf, allOf of one, and `$ref` within the schema. Other keywords are not
    heeded.

    Args:
        schema: the JSON Schema; an object as the judge's reply schemas are.
        draws: decides where there is a choice.
        words: what strings without an enum say.
    """
    return _value(schema, schema, draws, words)


def _value(schema: Any, root: Mapping[str, Any], draws: Draws, words: str) -> Any:
    if not isinstance(schema, Mapping):
        return words
    if choices := ([schema["const"]] if "const" in schema else schema.get("enum")):
        return choices[draws.below(len(choices))]
    options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if "$ref" in schema or options:
        chosen = options[draws.below(len(options))] if options else _resolved(schema["$ref"], root)
        return _value(chosen, root, draws, words)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind == "object":
        properties = schema.get("properties", {})
        names = dict.fromkeys([*properties, *schema.get("required", ())])
        return {name: _value(properties.get(name, {}), root, draws, words) for name in names}
    if kind == "array":
        return [_value(schema.get("items", {}), root, draws, words) for _ in range(schema.get("minItems", 0))]
    return _scalar(kind, schema, draws, words)


def _scalar(kind: str, schema: Mapping[str, Any], draws: Draws, words: str) -> Any:
    if kind == "integer":
        return _integer(schema, draws)
    if kind == "number":
        low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum")
        if high is None:
            high = schema.get("exclusiveMaximum", low + 1)
        return round(low + (high - low) * (1 + draws.below(999)) / 1000, 6)
    if kind == "boolean":
        return bool(draws.below(2))
    if kind == "null":
        return None
    text = words.ljust(schema.get("minLength", 0), ".")
    return text[: schema["maxLength"]] if "maxLength" in schema else text


def _integer(schema: Mapping[str, Any], draws: Draws) -> int:
    step = int(schema.get("multipleOf", 1))
    low = schema.get("minimum", schema.get("exclusiveMinimum", -math.inf) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", math.inf) - 1)
    if math.isinf(low):
        low = 0 if math.isinf(high) or high >= 0 else high - 10 * step
    if math.isinf(high):
        high = low + 10 * step
    first, last = math.ceil(low / step), math.floor(high / step)
    return int(first + draws.below(max(1, last - first + 1))) * step


def _resolved(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
    return found
