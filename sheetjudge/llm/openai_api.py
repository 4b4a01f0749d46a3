"""A judge behind any endpoint that speaks OpenAI's chat completions.

One `complete` is one HTTP request; retries, pauses and concurrency are the caller's. The one exception: where the
endpoint refuses a response format, a parameter or a system message, the same request is asked again without it, and
the model remembers. The ladder of formats is strict JSON schema, JSON mode, plain text; what the system message says
goes before the row's text. Calls lost on the way down are bounded: those in flight when the first refusal comes, and
from then on one at each rung, because one call looks for the way while the others wait. An option that was once
accepted is never given up for a later refusal: that one is the row's.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sheetjudge.core.chat import Completion, LikelihoodRequest, Likelihoods, Price, Request, Usage
from sheetjudge.errors import FormatRefused, ServerFailed
from sheetjudge.llm.capabilities import Capabilities, without
from sheetjudge.llm.error_bodies import read_error
from sheetjudge.llm.given_text import GivenText, Scored
from sheetjudge.llm.likelihood_ways import ask_known, find_way, poster
from sheetjudge.llm.posting import Posting
from sheetjudge.llm.refusals import Asker, HttpFailure, failure, most_allowed
from sheetjudge.llm.replies import completion_of
from sheetjudge.llm.transport import Answer, Endpoint, host_of
from sheetjudge.llm.wire import Call, call_for, decoded_reply
from sheetjudge.llm.words import one_line

OK = 200
# Among the secrets are header values such as a provider's name, which a reason may well hold.
_SHORTEST_KEY = 16


class _SteppedDownError(Exception):
    """The endpoint refused an option, and the next request will be without it."""


class OpenAIModel:
    """`LikelihoodModel` for one model of an OpenAI-compatible endpoint.

    Args:
        model: the model's name at the endpoint.
        endpoint: address and headers; `providers.parse_judge` and `openai_package.endpoint_of` make them.
        name: the judge as the user wrote it.
        options: parameters sent with every request (`reasoning_effort`, `seed`, `top_p`); part of the identity.
            To a `seed`, each sample of a question adds its index.
        price: None where unknown.
        capabilities: what to begin with: what the provider documents, or what an earlier run found out.
        key_variable: the environment variable of the key, named in advice; "" where there is none.
        secrets: strings never to be shown, whatever the server echoes; empty where no key is sent.
        logprobs_as_count: the endpoint wants `logprobs` as the number of alternatives (Together).
        on_note: called once for each thing that a person should know of how this endpoint is asked.
        on_learned: called with `capabilities_key` and the changed entries of `capabilities.to_mapping()` when the
            endpoint refused something, before the question is asked again: kept at once, it serves a next run even
            after this one was killed.

    Attributes:
        capabilities: what is asked of the endpoint now. Stored under `capabilities_key` after a run and given back to
            the next (`restore`), it spares finding out again.
        identity: all that an answer depends on, besides the request. It changes when the endpoint refuses an option: a
            caller that stores answers reads it after the answer came, and gives the capabilities back to the next run.
        notes: what `on_note` was told, in order.
    """

    def __init__(
        self,
        model: str,
        endpoint: Endpoint,
        *,
        name: str = "",
        options: Mapping[str, Any] | None = None,
        price: Price | None = None,
        capabilities: Capabilities | None = None,
        key_variable: str = "",
        secrets: tuple[str, ...] = (),
        logprobs_as_count: bool = False,
        on_note: Callable[[str], None] | None = None,
        on_learned: Callable[[str, Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.model = model
        self.endpoint = endpoint
        self.name = name or f"{endpoint.host}#{model}"
        self.host = endpoint.host
        self.options = dict(options or {})
        self.price = price
        self.capabilities: Capabilities
        self.identity: Mapping[str, Any]
        self._learn(capabilities or Capabilities())
        self.notes: list[str] = []
        self._noted: set[str] = set()
        self._on_note = on_note
        self._on_learned = on_learned
        self._logprobs_as_count = logprobs_as_count
        self._transport = Posting(endpoint)
        self._asker = Asker(endpoint.host, model, key_variable, key_sent=bool(secrets), secrets=secrets)
        self._given = GivenText(model, poster(self._transport, self._asker), self.options.get("chat_template_kwargs"))
        self._proven: frozenset[str] = frozenset()
        self._searching = False
        self._search_locks: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self._stepping = threading.Lock()

    @property
    def capabilities_key(self) -> str:
        """Where what was found out belongs: the endpoint and the model."""
        return f"{_address(self.endpoint.url)}#{self.model}"

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Begin with what an earlier run found out (`capabilities.to_mapping()`)."""
        self._learn(Capabilities.from_mapping(stored, self.capabilities))

    def _learn(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        asked_as = "plain text" if capabilities.likelihood == "echo" else "chat template"
        self.identity = {
            "endpoint": _address(self.endpoint.url),
            "model": self.model,
            "options": self.options,
            "format": capabilities.format,
            "logprobs": capabilities.top_logprobs if capabilities.logprobs else 0,
            "temperature": capabilities.temperature,
            "seed": capabilities.seed,
            "limited": capabilities.max_tokens != "",
            **({} if capabilities.system else {"system": "before the text"}),
            **({"likelihood": asked_as} if capabilities.likelihood else {}),
        }

    async def complete(self, request: Request) -> Completion:
        """Ask once.

        Raises:
            ModelError: of the kind that says whether a retry can help; `JudgeUnusable` where no call can succeed.
        """
        while True:
            if self._searching:
                async with self._search_lock():
                    while self._searching:
                        try:
                            return await self._ask(request)
                        except _SteppedDownError:
                            continue
            try:
                return await self._ask(request)
            except _SteppedDownError:
                continue

    def call(self, request: Request) -> Call:
        """A request as it goes over the wire now."""
        return call_for(self.model, request, self.options, self.capabilities, logprobs_as_count=self._logprobs_as_count)

    def read(self, answer: Answer, call: Call) -> Completion:
        """The reply in an answer to `call`, however it came.

        Raises:
            ModelError: it holds none.
        """
        return self._read(answer, call)

    async def likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        """Ask how probable given texts are.

        Raises:
            ModelError: as `complete` does; `JudgeUnusable` where the endpoint gives no probabilities of given text.
        """
        if self.capabilities.likelihood not in self._proven:
            async with self._search_lock():
                if self.capabilities.likelihood not in self._proven:
                    return self._likelihoods(await self._find_way(request))
        return self._likelihoods(await ask_known(self._given, self.capabilities.likelihood, request))

    async def _find_way(self, request: LikelihoodRequest) -> Scored:
        known = self.capabilities.likelihood
        way, scored = await find_way(self._given, known, request, self._asker)
        self._proven |= {way}
        if way != known:
            self._learn(replace(self.capabilities, likelihood=way))
            if self._on_learned is not None:
                self._on_learned(self.capabilities_key, {"likelihood": way})
        if way == "echo":
            self._note("likelihood", "applies no chat template to given text: asked about it as plain text")
        return scored

    def _likelihoods(self, scored: Scored) -> Likelihoods:
        cost = None if self.price is None else self.price.cost(scored.usage)
        return Likelihoods(scored.logprobs, self.model, scored.usage, cost)

    def note(self, text: str) -> None:
        """Tell `on_note` something about this model's endpoint, once; `text` goes on after the host's name."""
        self._note(text, text)

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._transport.aclose()

    def _search_lock(self) -> asyncio.Lock:
        return self._search_locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def _ask(self, request: Request) -> Completion:
        """One HTTP request. Raises _SteppedDownError where the next one will ask for less."""
        call = self.call(request)
        answer = await self._transport.post(call.body)
        try:
            completion = self._read(answer, call)
        except FormatRefused as refusal:
            if self._give_up(refusal, call):
                raise _SteppedDownError from refusal
            self._searching = False
            raise
        self._searching = False
        if not call.asked <= self._proven:
            self._proven |= call.asked
        self._note_what_is_missing(request, call, completion)
        return completion

    def _read(self, answer: Answer, call: Call) -> Completion:
        status, headers = answer.status, answer.headers
        if status != OK:
            if status < 500 and b'"failed_generation"' in answer.body:  # noqa: PLR2004
                return _failed_generation(answer.body, call)
            raise failure(status, headers, answer.body, self._asker, call.asked)
        body = decoded_reply(self._without_keys(answer.body))
        if not isinstance(body, dict):
            said = read_error(answer.body, self._asker.secrets).message if body is None else ""
            page = f": {said}" if said.startswith("a web page") else ""
            raise ServerFailed(
                f"{self.host} answered 200 with something that isn't a chat completion{page}.",
                "If every call ends so, check the address: it usually ends in /v1.",
            )
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        error = body.get("error") or choice.get("error")
        if error and not (isinstance(message := choice.get("message"), dict) and message.get("content")):
            code = error.get("code") if isinstance(error, dict) else None
            stated = int(str(code)) if str(code).isdecimal() else 0
            status = stated if 400 <= stated < 600 else 502  # noqa: PLR2004
            raise failure(status, headers, {"error": error}, self._asker, call.asked)
        if not choice:
            said = read_error(answer.body, self._asker.secrets).message
            raise ServerFailed(f"{self.host} answered 200 without any reply in it{f': {said}' if said else ''}.")
        return completion_of(body, choice, call.format, self.price)

    def _without_keys(self, body: bytes) -> bytes:
        """A gateway that shows a model its headers must not get the key into a reason, the journal and the table."""
        for secret in self._asker.secrets:
            if len(secret) >= _SHORTEST_KEY and (raw := secret.encode()) in body:
                body = body.replace(raw, b"[key]")
        return body

    def _give_up(self, refusal: FormatRefused, call: Call) -> bool:
        """Ask for less from now on. False where the option was accepted before, or nothing less can be asked."""
        option = refusal.option
        proofs = [call.schema_mark] if option == "json_schema" else [option]
        if self._proven.issuperset(proofs):
            return False
        cause = refusal.__cause__
        said = cause.said.message if isinstance(cause, HttpFailure) else ""
        with self._stepping:
            if self.capabilities is not call.given:
                return True
            less = without(call.given, option, most_allowed(said))
            if less is None:
                return False
            capabilities, note = less
            self._learn(capabilities)
            self._searching = True
            if self._on_learned is not None:
                before = call.given.to_mapping()
                # What the user decided for this run alone is no finding, so only what changed goes out.
                changes = {k: v for k, v in capabilities.to_mapping().items() if v != before[k]}
                self._on_learned(self.capabilities_key, changes)
            if note:
                self._note(option, f"{note} ({one_line(said, limit=120)})" if said else note)
        return True

    def _note(self, key: str, text: str) -> None:
        if key in self._noted:
            return
        self._noted.add(key)
        note = f"{self.host} {text}."
        self.notes.append(note)
        if self._on_note is not None:
            self._on_note(note)

    def _note_what_is_missing(self, request: Request, call: Call, completion: Completion) -> None:
        """Say what the caller wanted and doesn't get, also where nothing was refused in this run."""
        given = call.given
        if completion.finish in ("invalid_json", "refusal"):
            return
        if request.schema is not None and call.format != "json_schema":
            self._note("json_schema", "isn't asked for a JSON schema: " + _MODE[call.format])
        if request.top_logprobs and completion.logprobs is None and completion.text:
            self._note("logprobs", "gives no token probabilities: scores are the reply's own figures")
        if request.temperature is not None and not given.temperature:
            self._note("temperature", "takes no temperature: the model's own is used")
        if not given.system:
            self._note("system", "takes no system message: what it says stands before the row's text")
        if completion.usage == _NO_USAGE:
            self._note("usage", "doesn't say how many tokens a call takes: tokens and cost are unknown")


_NO_USAGE = Usage()
_MODE = {"json_object": "asked in JSON mode", "text": "asked for plain text"}


def _address(url: str) -> str:
    """`url` without user, password, query and the path's common end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host_of(url)}{parts.path}".removesuffix("/chat/completions")


def _failed_generation(body: bytes, call: Call) -> Completion:
    """Groq answers 400 where the model's text isn't the JSON asked for: it is a reply like any other bad one."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}
    text = error.get("failed_generation") if isinstance(error, dict) else ""
    return Completion(text=text if isinstance(text, str) else "", finish="invalid_json", format=call.format)
