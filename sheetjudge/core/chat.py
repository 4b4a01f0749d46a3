"""What is asked of a model and what it answers: values only, no I/O.

Two ways of asking. A `Request` is a chat completion. A `LikelihoodRequest` asks how probable given
continuations are after a given context (teacher forcing), for models that report prompt logprobs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, overload, runtime_checkable

Role = Literal["system", "user", "assistant"]
ReplyFormat = Literal["json_schema", "json_object", "text"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """A chat completion to be asked for.

    Attributes:
        messages: the turns, in order. The first ones are the same for every row of a run.
        schema: JSON Schema of the reply, or None for free text. The prompt says the same in words, so
            that an endpoint without structured output gets the same messages.
        schema_name: name of the schema on the wire; `[A-Za-z0-9_-]`, at most 64 characters.
        temperature: None leaves the model's own.
        max_tokens: the most the model may generate, or None.
        top_logprobs: alternatives wanted for each generated token, 0 for none (20 is the usual most).
        sample: 0-based index among samples of the same question. Part of the journal's key only.
        extra: further parameters, passed on as they are (`reasoning_effort`, say).
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    schema_name: str = "verdict"
    temperature: float | None = None
    max_tokens: int | None = None
    top_logprobs: int = 0
    sample: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LikelihoodRequest:
    """How probable is each continuation after the context?

    Attributes:
        messages: the chat that comes before the assistant's turn; the model applies its chat template.
            Empty for plain text (then `context` is used).
        context: plain text that comes before, where `messages` is empty.
        continuations: texts whose log probability is asked, each on its own right after the context.
    """

    messages: tuple[Message, ...]
    continuations: tuple[str, ...]
    context: str = ""


AnyRequest = Request | LikelihoodRequest


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `cached` is the part of `prompt` read from a cache, `reasoning` the part of `completion`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


class TokenLogprob(NamedTuple):
    """One generated token, its log probability (natural logarithm), and its alternatives, best first."""

    token: str
    logprob: float
    top: Sequence[tuple[str, float]] = ()


class Tokens(Sequence[TokenLogprob]):
    """The tokens of a reply, of which all but the text is read when somebody looks: few ever are looked at.

    Args:
        texts: of each token; joined they are the reply.
        read: gives the token of an index, from 0.
    """

    __slots__ = ("_read", "texts")

    def __init__(self, texts: Sequence[str], read: Callable[[int], TokenLogprob]) -> None:
        self.texts = texts
        self._read = read

    @overload
    def __getitem__(self, index: int) -> TokenLogprob: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[TokenLogprob, ...]: ...
    def __getitem__(self, index: int | slice) -> TokenLogprob | tuple[TokenLogprob, ...]:
        wanted = range(len(self.texts))[index]
        return self._read(wanted) if isinstance(wanted, int) else tuple(map(self._read, wanted))

    def __len__(self) -> int:
        return len(self.texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def token_texts(tokens: Sequence[TokenLogprob]) -> Sequence[str]:
    """The text of each token."""
    return tokens.texts if isinstance(tokens, Tokens) else [token.token for token in tokens]


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's reply to a `Request`.

    Attributes:
        text: the reply without its reasoning.
        reasoning: what a reasoning model thought first (`reasoning_content`, `<think>`); never parsed.
        logprobs: the tokens of `text` in order, or None where the endpoint gave none.
        finish: `stop`, `length`, `content_filter`, or what the server said.
        model: the model's name as the server gave it.
        format: the response format that was really used on the wire.
        cost: US dollars, or None where the price is unknown.
    """

    text: str
    reasoning: str = ""
    logprobs: Sequence[TokenLogprob] | None = None
    finish: str = "stop"
    model: str = ""
    format: ReplyFormat = "text"
    usage: Usage = Usage()
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """A model's reply to a `LikelihoodRequest`.

    Attributes:
        logprobs: for each continuation the log probability (natural logarithm) of each of its tokens.
    """

    logprobs: tuple[tuple[float, ...], ...]
    model: str = ""
    usage: Usage = Usage()
    cost: float | None = None


AnyCompletion = Completion | Likelihoods


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, and the day (ISO 8601) on which the provider published them."""

    prompt: float
    completion: float
    cached: float | None = None
    as_of: str = ""

    def cost(self, usage: Usage) -> float:
        """US dollars for `usage`; cached tokens at their own rate where there is one."""
        cached_rate = self.prompt if self.cached is None else self.cached
        return (
            (usage.prompt - usage.cached) * self.prompt
            + usage.cached * cached_rate
            + usage.completion * self.completion
        ) / 1e6


@runtime_checkable
class Model(Protocol):
    """One model that can be asked. Implementations live in `sheetjudge.llm`.

    Attributes:
        name: the judge as the user wrote it, `openai:gpt-5-mini` say; shown to people.
        identity: everything about the model and its settings that an answer depends on (endpoint, model, file's hash,
            options that change answers); part of the journal's key.
        host: where the text of a row goes, `api.openai.com` say; "" where it doesn't leave this machine.
        price: None where unknown. A model that costs nothing has Price(0, 0).
    """

    name: str
    identity: Mapping[str, Any]
    host: str
    price: Price | None

    async def complete(self, request: Request) -> Completion:
        """Ask once, without retries.

        Raises:
            ModelError: of the kind that says whether a retry can help.
        """
        ...

    async def aclose(self) -> None:
        """Release connections and memory. May be called twice."""
        ...


@runtime_checkable
class LikelihoodModel(Model, Protocol):
    """A model that also reports the log probability of given text."""

    async def likelihoods(self, request: LikelihoodRequest) -> Likelihoods:
        """Ask once, without retries. Raises ModelError as `complete` does."""
        ...


def transcript(messages: Sequence[Message]) -> str:
    """The messages as one text, for token estimates and logs of shape (never for a model)."""
    return "\n\n".join(m.content for m in messages)
