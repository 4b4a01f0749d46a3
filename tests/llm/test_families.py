"""Who made a model, as far as its name tells."""

from __future__ import annotations

import pytest

from sheetjudge.llm.families import families


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("openai:gpt-5-mini", {"GPT"}),
        ("GPT-4o", {"GPT"}),
        ("ChatGPT", {"GPT"}),
        ("openai:o3", {"GPT"}),
        ("o4-mini (high)", {"GPT"}),
        ("openrouter:anthropic/claude-sonnet-4.5", {"Claude"}),
        ("Claude 3.5 Sonnet", {"Claude"}),
        ("gemini:gemini-2.5-flash", {"Gemini"}),
        ("together:meta-llama/Llama-3.3-70B-Instruct", {"Llama"}),
        ("vllm:Qwen/Qwen3-8B", {"Qwen"}),
        ("DeepSeek-R1-Distill-Llama-8B", {"DeepSeek", "Llama"}),
        ("http://claude.example/v1#mixtral-8x7b", {"Mistral"}),
        ("ollama:phi4", {"Phi"}),
        ("embedded", set()),
        ("Ana", set()),
        ("Philo", set()),
        ("Audio3", set()),
        ("", set()),
    ],
)
def test_families_by_name(name, known):
    assert families(name) == known
