"""One GGUF model under llama.cpp's C functions: tokens in, log probabilities out.

llama-cpp-python's own `Llama` class copies the scores of the whole vocabulary for every token of the context. Here
only the tokens asked for are scored, several continuations share the memory of one context, and a context that
begins like the one before is taken up where they part.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sheetjudge.core.chat import Message
from sheetjudge.errors import ContextTooLong, JudgeUnusable, ServerFailed

Tokens = list[int]

# Tokens per step. Scores of a step take this many times the vocabulary's size in memory (50 MB for 49,152 words).
STEP = 256
# Continuations evaluated side by side.
BESIDE = 15


class Weights:
    """A model's weights and its vocabulary; any number of threads may use them at once.

    Args:
        path: the GGUF file.
        mapped: leave the weights in the file and map it; otherwise the file isn't needed once they are loaded.

    Raises:
        JudgeUnusable: llama.cpp can't load the file.
    """

    def __init__(self, path: Path, *, mapped: bool = True) -> None:
        self._lib = lib = _library()
        settings = lib.llama_model_default_params()
        settings.use_mmap = mapped
        self.name = path.name
        self.model = lib.llama_model_load_from_file(str(path).encode(), settings)
        if not self.model:
            raise JudgeUnusable(f"llama.cpp can't load {path.name}.", "Is it a whole GGUF file?")
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.words = lib.llama_vocab_n_tokens(self.vocab)
        self.reach = lib.llama_model_n_ctx_train(self.model)

    def close(self) -> None:
        """Free the memory; every `Reader` must have been closed before."""
        self._lib.llama_model_free(self.model)

    def tokens(self, text: str, *, marks: bool = False) -> Tokens:
        """The tokens of `text`. Marks such as `<|im_end|>` are plain text unless `marks`."""
        data = text.encode()
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self.vocab, data, len(data), buffer, room, False, marks)  # noqa: FBT003 - C
        return list(buffer[: max(count, 0)])

    def chat(self, messages: Sequence[Message]) -> Tokens:
        """The tokens of a chat up to where the assistant's turn begins, by the model's own template.

        The template is filled with placeholders, so that what stands in a message is never read as a mark of it.

        Raises:
            JudgeUnusable: the file holds no chat template.
        """
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        template = self._lib.llama_model_chat_template(self.model, None)
        if not template:
            raise JudgeUnusable("The model's file holds no chat template.", "Choose an instruction-tuned model.")
        places = [f"\ue000{i}\ue001" for i in range(len(messages))]
        formatter = Jinja2ChatFormatter(template.decode(), eos_token=self._mark("eos"), bos_token=self._mark("bos"))
        turns: Any = [{"role": m.role, "content": place} for m, place in zip(messages, places, strict=True)]
        rest = formatter(messages=turns).prompt
        tokens: Tokens = []
        for message, place in zip(messages, places, strict=True):
            before, found, rest = rest.partition(place)
            tokens += self.tokens(before, marks=True)
            tokens += self.tokens(message.content) if found else []
        return tokens + self.tokens(rest, marks=True)

    def _mark(self, which: str) -> str:
        token = getattr(self._lib, f"llama_vocab_{which}")(self.vocab)
        return (self._lib.llama_vocab_get_text(self.vocab, token) or b"").decode() if token >= 0 else ""

    def text(self, tokens: Tokens) -> str:
        """What `tokens` stand for, marks left out."""
        data = b""
        buffer = ctypes.create_string_buffer(256)
        for token in tokens:
            count = self._lib.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)  # noqa: FBT003 - C
            data += buffer.raw[: max(count, 0)]
        return data.decode(errors="replace")

    def plain(self, text: str) -> Tokens:
        """The tokens of a plain text from its very beginning, which a model knows by a mark."""
        return [self._lib.llama_vocab_bos(self.vocab), *self.tokens(text)]


class Reader:
    """Reads with a model's weights. Not thread-safe; several readers may work beside each other.

    Args:
        weights: the model.
        context: the most tokens that a context and its continuation may have together.
        threads: CPU threads.

    Raises:
        JudgeUnusable: there isn't enough memory.
    """

    def __init__(self, weights: Weights, *, context: int, threads: int = 1) -> None:
        self._lib = _library()
        self._weights = weights
        self.context = min(context, weights.reach)
        self._context = self._lib.llama_init_from_model(weights.model, self._settings(threads))
        if not self._context:
            raise JudgeUnusable(f"llama.cpp can't make room for {weights.name}.", "Is there enough memory?")
        self._memory = self._lib.llama_get_memory(self._context)
        self._batch = self._lib.llama_batch_init(STEP, 0, 1)
        self._held: Tokens = []

    def _settings(self, threads: int) -> Any:
        settings = self._lib.llama_context_default_params()
        # Continuations side by side share one store, which must also hold what they add to the context.
        settings.n_ctx = self.context + STEP
        settings.kv_unified = True
        settings.n_seq_max = BESIDE + 1
        settings.n_batch = settings.n_ubatch = STEP
        settings.n_threads = settings.n_threads_batch = threads
        settings.flash_attn_type = self._lib.LLAMA_FLASH_ATTN_TYPE_ENABLED
        return settings

    def close(self) -> None:
        """Free the memory."""
        self._lib.llama_batch_free(self._batch)
        self._lib.llama_free(self._context)

    def logprobs(self, context: Tokens, continuations: Sequence[Tokens]) -> list[tuple[float, ...]]:
        """Log probability (natural) of each token of each continuation, right after `context`.

        Args:
            context: at least one token.
            continuations: an empty one gives an empty tuple.

        Raises:
            ContextTooLong: context and continuation together have more tokens than fit.
        """
        longest = max(map(len, continuations), default=0)
        if len(context) + longest > self.context:
            raise ContextTooLong(
                f"The text takes {len(context) + longest} tokens; this model reads {self.context}.", "Shorten it."
            )
        if longest == 0:
            return [() for _ in continuations]
        first = self._advance(context)
        return [row for group in _groups(continuations) for row in self._beside(len(context), first, group)]

    def written(
        self, context: Tokens, *, most: int, grammar: str = "", temperature: float = 0.0, seed: int = 0
    ) -> tuple[Tokens, bool]:
        """Tokens that the model writes after `context`, and whether it came to an end by itself.

        Args:
            context: at least one token.
            most: the most tokens to write.
            grammar: in llama.cpp's GBNF; "" for free text.
            temperature: 0 takes the most probable token every time.
            seed: of the draws at other temperatures.

        Raises:
            ContextTooLong: the context leaves no room.
        """
        if len(context) >= self.context:
            raise ContextTooLong(
                f"The text takes {len(context)} tokens; this model reads {self.context}.", "Shorten it."
            )
        random = np.random.default_rng(seed)
        rules = (
            self._lib.llama_sampler_init_grammar(self._weights.vocab, grammar.encode(), b"root") if grammar else None
        )
        tokens: Tokens = []
        try:
            for _ in range(min(most, self.context - len(context))):
                scores: npt.NDArray[Any] = self._advance([*context, *tokens])
                if temperature > 0:
                    # The largest of scores with Gumbel noise is a draw from their distribution (Gumbel-max trick).
                    scores = scores / temperature + random.gumbel(size=len(scores))
                token = self._first_allowed(scores, rules)
                if self._lib.llama_vocab_is_eog(self._weights.vocab, token):
                    return tokens, True
                tokens.append(token)
                if rules:
                    self._lib.llama_sampler_accept(rules, token)
            return tokens, False
        finally:
            if rules:
                self._lib.llama_sampler_free(rules)

    def _first_allowed(self, scores: npt.NDArray[Any], rules: Any) -> int:
        """The token with the best score among those that the grammar allows."""
        if not rules:
            return int(scores.argmax())
        order = np.argsort(-scores)
        at = 0
        # Most often one of the first is allowed; to try them all takes seconds.
        while at < len(order):
            some = order[at : at + max(16, at * 4)]
            entries = (self._lib.llama_token_data * len(some))(*((int(t), 0.0, 0.0) for t in some))
            listed = self._lib.llama_token_data_array(data=entries, size=len(some), selected=-1, sorted=False)
            self._lib.llama_sampler_apply(rules, ctypes.byref(listed))
            allowed = [entry.id for entry in entries if entry.logit == 0.0]
            if allowed:
                return int(allowed[0])
            at += len(some)
        raise ServerFailed("The grammar allows no token.", "Simplify the schema.")

    def _advance(self, context: Tokens) -> npt.NDArray[np.float32]:
        """Evaluate the context, from where it parts from the one held; the log probabilities of what comes next."""
        same = 0
        # The last token is always evaluated again: its scores aren't kept.
        while same < min(len(context) - 1, len(self._held)) and context[same] == self._held[same]:
            same += 1
        self._held = self._held[:same]
        self._lib.llama_memory_seq_rm(self._memory, 0, same, -1)
        last = len(context) - 1
        *_, scores = self._steps([(t, i, 0, i == last) for i, t in enumerate(context[same:], same)])
        self._held = list(context)
        following: npt.NDArray[np.float32] = _log_softmax(scores)[0]
        return following

    def _beside(self, start: int, first: npt.NDArray[np.float32], group: Sequence[Tokens]) -> list[tuple[float, ...]]:
        lib, memory = self._lib, self._memory
        steps = [(t, start + i, seq, True) for seq, tokens in enumerate(group, 1) for i, t in enumerate(tokens[:-1])]
        targets = [t for tokens in group for t in tokens[1:]]
        for seq in range(1, len(group) + 1):
            lib.llama_memory_seq_cp(memory, 0, seq, -1, -1)
        try:
            found: list[float] = []
            for scores in self._steps(steps):
                wanted = targets[len(found) : len(found) + len(scores)]
                found += _log_softmax(scores)[np.arange(len(wanted)), wanted].tolist()
        finally:
            for seq in range(1, len(group) + 1):
                lib.llama_memory_seq_rm(memory, seq, -1, -1)
        rest = iter(found)
        return [(float(first[t[0]]), *islice(rest, len(t) - 1)) if t else () for t in group]

    def _steps(self, steps: Sequence[tuple[int, int, int, bool]]) -> Iterator[npt.NDArray[np.float32]]:
        """Evaluate (token, position, sequence, scored) and give the scores of the scored ones, step by step."""
        for at in range(0, len(steps), STEP):
            part = steps[at : at + STEP]
            batch = self._batch
            batch.n_tokens = len(part)
            for i, (token, position, sequence, scored) in enumerate(part):
                batch.token[i] = token
                batch.pos[i] = position
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = sequence
                batch.logits[i] = scored
            code = self._lib.llama_decode(self._context, batch)
            if code != 0:
                self._forget()
                raise ServerFailed(f"llama.cpp could not evaluate a text (code {code}).", "Try again.")
            count = sum(scored for *_, scored in part)
            if count:
                # The array belongs to llama.cpp and is overwritten by the next step.
                yield np.ctypeslib.as_array(
                    self._lib.llama_get_logits(self._context), shape=(count, self._weights.words)
                )

    def _forget(self) -> None:
        self._held = []
        self._lib.llama_memory_clear(self._memory, True)  # noqa: FBT003 - C


def to_half(source: Path, target: Path, threads: int) -> Path:
    """Write the model in `source` to `target` with its weights as 16-bit floats. Returns `target`.

    Raises:
        JudgeUnusable: llama.cpp can't read the one or write the other.
    """
    lib = _library()
    settings = lib.llama_model_quantize_default_params()
    settings.ftype = lib.LLAMA_FTYPE_MOSTLY_F16
    settings.allow_requantize = True
    settings.nthread = threads
    if lib.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(settings)) != 0:
        raise JudgeUnusable(f"llama.cpp can't turn {source.name} into 16-bit floats.", "Is the disk full?")
    return target


def _library() -> Any:
    import llama_cpp

    llama_cpp.llama_log_set(_quiet(llama_cpp.llama_log_callback), None)
    llama_cpp.llama_backend_init()
    return llama_cpp


@cache
def _quiet(callback: Any) -> Any:
    # llama.cpp keeps the pointer for as long as the process lives, so the function has to live as long.
    return callback(lambda *_: None)


def _log_softmax(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    shifted: npt.NDArray[np.float32] = scores - scores.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted


def _groups(continuations: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
    """Continuations in runs that fit side by side, in order: a long one stands alone."""
    group: list[Tokens] = []
    for tokens in continuations:
        if group and (len(group) == BESIDE or sum(map(len, group)) + len(tokens) > STEP):
            yield group
            group = []
        group.append(tokens)
    if group:
        yield group
