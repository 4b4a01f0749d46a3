"""From a reply that is no answer to the error that says what to do: pure functions of status, headers and body."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from sheetjudge.errors import (
    CallTimedOut,
    ContextTooLong,
    FormatRefused,
    JudgeUnusable,
    ModelError,
    RateLimited,
    RequestRefused,
    ServerFailed,
)
from sheetjudge.llm.capabilities import TEMPERATURE_0
from sheetjudge.llm.error_bodies import ServerSaid, read_error
from sheetjudge.llm.words import one_line

_CONTEXT = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|too many (?:input )?tokens|prompt is too long"
    r"|input is too long|(?:input )?token count.{0,40}exceed|exceeds? the (?:available|maximum) (?:context|number of)"
    r"|reduce the length|too large for model|inputs?`? tokens \+ `?max_new_tokens",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"response_?(?:format|schema|mime)|json[_ -]?(?:schema|object|mode)|structured[_ -]?outputs?|guided_json|grammar",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(
    r"n[o']t (?:be )?(?:supported|available|enabled|permitted|allowed|compatible)|not support|unsupported"
    r"|un(?:known|recognized|recognised|expected|available)|only the default|extra (?:inputs|fields)|incompatible"
    r"|deprecated|use '?max_completion_tokens|no longer|不支持",
    re.IGNORECASE,
)
# Chat templates (Gemma's; Mistral's first), Google, OpenAI's first reasoning models, Bedrock.
_NO_SYSTEM = re.compile(
    r"(?:system|developer) (?:role|message|prompt|instruction)s? (?:is |are )?(?:not |un)(?:supported|enabled|allowed)"
    r"|n[o']t support (?:the |any )?['\"]?system\b|roles must alternate",
    re.IGNORECASE,
)
# The value is ours where the call holds the mark: whoever finds fault with it doesn't take the option as we use it.
_OUT_OF_RANGE = (
    r"at most|less than|greater than|[<>]=|between|maximum|max allowed|up to|must be|range|invalid|only \S+ is allowed"
)
_OUR_VALUES = {"top_logprobs": "top_logprobs", "temperature": TEMPERATURE_0}
# What else servers call an option: vLLM, Hugging Face's TGI.
_ALSO_CALLED = {"top_logprobs": r"top_logprobs|sample logprobs|top_n_tokens"}
# Only these words: an ordinary 429 also speaks of quotas and of where to pay for more (OpenAI, Gemini).
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credit|fund)|balance is (?:too low|insufficient)", re.IGNORECASE
)
# Some say 400 of an empty account, a wrong key or a wrong model (Anthropic; Gemini, xAI; DeepSeek, Mistral, OpenRouter,
# LiteLLM). Only what a message begins with counts: further on it may repeat a row's text, which is not to end the run.
_LOW_CREDIT = re.compile(r"your credit balance is too low", re.IGNORECASE)
_NO_KEY = re.compile(r"api key (?:not valid|expired|not found)|(?:incorrect|invalid|missing) api key", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"(?:/[\w/]+: )?(?:model not exist|invalid model(?: id| name)?\b(?! \w+ (?:output|response))|no models loaded"
    r"|the model \S{1,200} (?:has been decommissioned|does not exist)|\S{1,200} is not a valid model)",
    re.IGNORECASE,
)
_TRY_AGAIN = re.compile(
    r"(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?\s*"
    r"(?:ms|milliseconds?|h|m(?:in(?:utes?)?)?|s(?:ec(?:onds?)?)?)\s*)+)",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|milli|h|m|s)", re.IGNORECASE)
_UNIT = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SINCE_1970 = 1e8


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, for the words of an error: host, model, the variable of the key, and what must never be shown."""

    host: str
    model: str
    key_variable: str = ""
    key_sent: bool = True
    secrets: tuple[str, ...] = ()


class HttpFailure(Exception):
    """What the server answered: never raised on its own, but the cause that a ModelError carries.

    Args:
        status: HTTP status.
        headers: the reply's headers.
        said: the error in the body, already without secrets.
    """

    def __init__(self, status: int, headers: Mapping[str, str], said: ServerSaid) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.said = said


def failure(
    status: int, headers: Mapping[str, str], body: bytes | Any, asker: Asker, asked: Collection[str] = ()
) -> ModelError:
    """The error for a reply with `status`, with an `HttpFailure` as its cause.

    Args:
        status: HTTP status, or the one that a reply with status 200 states in its body.
        headers: the reply's headers, names in any case.
        body: the reply's bytes, or the decoded error object of a reply with status 200.
        asker: who asked, for the words.
        asked: names of the options that the request held and that may be refused, as in `capabilities.without`.
    """
    said = read_error(body, asker.secrets)
    error = _error(status, headers, said, asker, asked)
    error.__cause__ = HttpFailure(status, headers, said)
    return error


def _error(
    status: int, headers: Mapping[str, str], said: ServerSaid, asker: Asker, asked: Collection[str]
) -> ModelError:
    answered = f"{asker.host} answered {status}" + (f": {said.message}." if said.message else ".")
    words = f"{said.code} {said.type} {said.message}"
    no_credit = status in (403, 429) and _NO_CREDIT.search(words)
    if status == 402 or no_credit or (status == 400 and _LOW_CREDIT.match(said.message)):  # noqa: PLR2004
        return JudgeUnusable(answered, f"The account behind {asker.key_variable or 'the key'} has no credit left.")
    if status == 413 or (400 <= status < 500 and status != 429 and _CONTEXT.search(words)):  # noqa: PLR2004
        return ContextTooLong(
            answered,
            f"The row, the rubric and the room for the reply (--max-tokens) are more than {asker.model} takes.",
        )
    if (option := refused_option(status, said, asked)) is not None:
        return FormatRefused(answered, option=option)
    return _passing(status, answered, retry_after(headers, said.message)) or _lasting(
        status, headers, answered, said, asker
    )


def _passing(status: int, answered: str, wait: float | None) -> ModelError | None:
    """The error for a status after which the same request may succeed."""
    if status == 429:  # noqa: PLR2004
        return RateLimited(answered, "Too many requests or tokens at once.", retry_after=wait)
    if status == 408:  # noqa: PLR2004
        return CallTimedOut(answered, retry_after=wait)
    if status in (409, 425) or status >= 500:  # noqa: PLR2004
        return ServerFailed(answered, retry_after=wait)
    return None


def _lasting(status: int, headers: Mapping[str, str], answered: str, said: ServerSaid, asker: Asker) -> ModelError:
    """The error for a status that the same request will get again."""
    words = f"{said.code} {said.type} {said.message}"
    if status in (401, 403, 407) or _NO_KEY.match(said.message):
        return _no_access(status, answered, words, asker)
    if status in (404, 405, 410) or _NO_MODEL.match(said.message):
        return JudgeUnusable(answered, f"Check the model's name ({asker.model}) and the address of {asker.host}.")
    if 300 <= status < 400:  # noqa: PLR2004
        place = one_line(headers.get("Location", "") or headers.get("location", ""), asker.secrets)
        return JudgeUnusable(
            f"{asker.host} answered {status}, a redirect to {place or 'nowhere'}.", "Use that address itself."
        )
    if "content_filter" in words or "content management policy" in words:
        return RequestRefused(answered, "The provider's content filter refused the text of this row.")
    return RequestRefused(answered)


def _no_access(status: int, answered: str, words: str, asker: Asker) -> ModelError:
    if status == 403 and re.search(r"moderation|flagged|safety", words, re.IGNORECASE):  # noqa: PLR2004
        return RequestRefused(answered, "The provider's moderation refused the text of this row.")
    if not asker.key_variable:
        return JudgeUnusable(answered, "Name the variable that holds the key with --judge-option api_key_env=NAME.")
    if not asker.key_sent:
        return JudgeUnusable(answered, f"No key was sent: set the environment variable {asker.key_variable}.")
    return JudgeUnusable(answered, f"Check the key in the environment variable {asker.key_variable}.")


def refused_option(status: int, said: ServerSaid, asked: Collection[str]) -> str | None:
    """The option of the request that the server doesn't take, by the names of `capabilities.without`; None if none.

    Only options that were `asked` count, and a value out of its range is no refusal of the option where the value is
    the user's.
    """
    if status not in (400, 403, 404, 415, 422, 500, 501):
        return None
    words = f"{said.param} {said.message}"
    wanted = next((f for f in ("json_schema", "json_object") if f in asked), None)
    if status != 500 and "requested parameters" in words:  # noqa: PLR2004
        # OpenRouter's words where no provider takes all of them: give up first what costs the least.
        return next((o for o in ("logprobs", "seed", "json_schema", "json_object") if o in asked), None)
    if "system" in asked and _NO_SYSTEM.search(said.message):
        wanted = "system"
    elif status == 403 or not _FORMAT.search(words):  # noqa: PLR2004 - a 403 is about access, or a row's text
        wanted = None
    if wanted or status == 500:  # noqa: PLR2004
        return wanted
    unsupported = bool(_UNSUPPORTED.search(words)) or said.code.startswith("unsupported")
    for option in ("top_logprobs", "logprobs", "temperature", "seed", "max_completion_tokens", "max_tokens"):
        if option not in asked or not (said.param == option or _names(option, said.message)):
            continue
        if unsupported or (_OUR_VALUES.get(option) in asked and _is_out_of_range(option, said)):
            return option
    return None


def _word(option: str) -> str:
    return rf"(?<![A-Za-z0-9_])(?:{_ALSO_CALLED.get(option, option)})(?![A-Za-z0-9_])"


def _names(option: str, message: str) -> bool:
    """Whether a message speaks of an option."""
    return re.search(_word(option), message, re.IGNORECASE) is not None


def _is_out_of_range(option: str, said: ServerSaid) -> bool:
    name, fault = _word(option), _OUT_OF_RANGE
    if said.param == option:
        return re.search(fault, said.message, re.IGNORECASE) is not None
    # Beside each other: a message may also repeat a row's text.
    beside = f"(?:{name}).{{0,40}}?(?:{fault})|(?:{fault}).{{0,20}}?(?:{name})"
    return re.search(beside, said.message, re.IGNORECASE) is not None


def most_allowed(message: str) -> int | None:
    """The upper limit that a message such as "top_logprobs must be at most 5" names."""
    found = re.search(
        r"(?:at most|less than or equal to|<=|between \d+ and|maximum (?:is|of)|max allowed:|up to|\[\d+,) *(\d+)",
        message,
    )
    return int(found[1]) if found else None


def retry_after(headers: Mapping[str, str], message: str = "", now: float | None = None) -> float | None:
    """Seconds to wait before the next request, or None where the server doesn't say.

    Read in this order: `retry-after-ms`; `retry-after` in seconds or as a date; `x-ratelimit-reset-requests` and
    `-tokens` where none of that kind remains; words such as "try again in 1.2s".
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    now = time.time() if now is None else now
    if (ms := _number(lower.get("retry-after-ms"))) is not None:
        return ms / 1000
    if value := lower.get("retry-after"):
        if (seconds := _number(value)) is not None:
            return seconds
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, TypeError, OverflowError):
            pass
    exhausted = [k for k in ("-requests", "-tokens", "") if _number(lower.get(f"x-ratelimit-remaining{k}")) == 0]
    waits = [_until(lower.get(f"x-ratelimit-reset{kind}", ""), now) for kind in exhausted]
    known = [w for w in waits if w is not None]
    if known:
        return max(known)
    found = _TRY_AGAIN.search(message)
    return _until(found[1], now) if found else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else -1.0
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _until(text: str, now: float) -> float | None:
    """Seconds in "6m0s", "120ms", "1.5", or until a time in seconds or milliseconds since 1970."""
    if (value := _number(text)) is not None:
        if value > _SINCE_1970:
            value = (value / 1000 if value > _SINCE_1970 * 1000 else value) - now
        return max(0.0, value)
    spans = _SPAN.findall(text)
    return sum(float(n) * _UNIT[unit.lower()] for n, unit in spans) if spans else None
