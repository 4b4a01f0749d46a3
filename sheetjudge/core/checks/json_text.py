"""Whether a text is JSON, by a schema if need be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from sheetjudge.core.checks.options import CheckResult, Compiled, options_of, wrong
from sheetjudge.core.checks.patterns import TookTooLong, compile_pattern, search
from sheetjudge.core.yaml_nodes import shorten


def json_text(value: Any, _locale: str) -> Compiled:
    """`json` alone, or `{json: {schema: {type: object, required: [name]}}}` (2020-12, no reference outside)."""
    options = options_of("check.json", value, ("schema",))
    validator = None
    if "schema" in options:
        validator = _validator(options.given["schema"])
        options.used["schema"] = options.given["schema"]

    def test(text: str, _cells: Mapping[str, str]) -> CheckResult:
        try:
            data = json.loads(text, parse_constant=_no_constant)
        except RecursionError:
            return CheckResult(None, "the JSON is nested too deeply to check")
        except ValueError as error:
            where = (
                f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
            )
            return CheckResult(passed=False, reason=f"not JSON ({where})" if text.strip() else "empty; JSON is wanted")
        return _by_schema(validator, data) if validator else CheckResult(passed=True, reason="JSON")

    return Compiled(options.used, test)


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _by_schema(validator: Any, data: Any) -> CheckResult:
    from jsonschema.exceptions import best_match

    try:
        error = best_match(validator.iter_errors(data))
    except TookTooLong as error:
        return CheckResult(None, str(error))
    except RecursionError:
        return CheckResult(None, "the JSON is nested too deeply to check")
    except ArithmeticError:
        return CheckResult(None, "a number is too large to check")
    if error is None:
        return CheckResult(passed=True, reason="JSON by the schema")
    return CheckResult(passed=False, reason=shorten(f"{error.json_path}: {error.message}", 160))


def _validator(schema: Any) -> Any:
    """A validator that fetches nothing and that no pattern can hang."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    key = "check.json.schema"
    if not isinstance(schema, Mapping | bool):
        raise wrong(key, "is no mapping.", "Write {type: object}, say.")
    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))  # patterns: see below
    except SchemaError as error:
        raise wrong(key, f"is no JSON Schema: {shorten(f'{error.json_path}: {error.message}', 160)}.") from None
    except RecursionError:
        raise wrong(key, "is nested too deeply.") from None
    registry: Registry[Any] = Registry()  # resolves nothing but the schema itself
    timed: Any = extend  # it carries no types
    validator = timed(Draft202012Validator, {"pattern": _pattern})(schema, registry=registry)
    for keyword, reference in _keywords(schema):
        if keyword == "patternProperties":
            raise wrong(key, "uses patternProperties, which isn't supported here.", "Name the properties.")
        if keyword == "pattern":
            try:
                compile_pattern(reference)
            except ValueError as error:
                raise wrong(key, f"has the pattern {shorten(reference)!r}, which is {error}.") from None
        else:
            try:
                validator._resolver.lookup(reference)  # noqa: SLF001  (else it shows only in a row)
            except Unresolvable:
                raise wrong(key, f"refers to {reference!r}, which isn't part of it.", "Put it under $defs.") from None
    return validator


def _keywords(schema: Any) -> Iterator[tuple[str, str]]:
    """Each reference, pattern and patternProperties in a schema."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, list | tuple):
            pending.extend(part)
        for name, value in part.items() if isinstance(part, Mapping) else ():
            if name in {"$ref", "$dynamicRef", "pattern", "patternProperties"}:
                yield name, str(value)
            elif name in {"properties", "$defs", "dependentSchemas"}:
                pending.extend(value.values())  # their keys are names of properties, no keywords
            elif name not in {"const", "enum", "examples", "default"}:
                pending.append(value)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    """The keyword `pattern`, with a limit on time."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and search(compile_pattern(pattern), instance) is None:
        yield ValidationError(f"{shorten(repr(instance))} does not match {shorten(repr(pattern))}")
