"""What a reasoning model thinks before it answers, where the server leaves it in the text of the reply.

Each family has marks of its own. Thoughts weigh one verdict and then another, so none of them may be taken for the
reply.
"""

from __future__ import annotations

import re

# <think>, <seed:think>, <|thinking|>, [THINK] (Magistral), ◁think▷ (Kimi): closed by the same with a slash.
_OPENED = re.compile(r"\s*(?:(<\|?|◁)((?:\w{1,10}:)?(?:think|thinking|thoughts?))(\|?>|▷)|(\[)(THINK)(\]))")
# Words that may head a part of a reply as well: thoughts only where they are closed.
_TAGGED = re.compile(r"\s*<(reasoning|reflection|scratchpad|analysis)>(.*?)</\1>", re.DOTALL)
# Command, Sky-T1, Apertus, MedGemma, Gemma.
_PAIRS = {
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<unused94>": "<unused95>",
    "<|channel>thought": "<channel|>",
}
# gpt-oss: channels of thoughts before the one of the reply; or the same without its marks.
_CHANNELS = re.compile(r"\s*(?:<\|start\|>\s*assistant\s*)?<\|channel\|>")
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>")
_BARE_CHANNEL, _BARE_FINAL = "analysis", "assistantfinal"
# Some chat templates put the opening mark into the prompt, so that only the closing one comes back.
_CLOSED = re.compile(r"</think>|\[/THINK\]|◁/think▷|</seed:think>|<\|END_THINKING\|>|<\|end_of_thought\|>")


def split_reasoning(content: str) -> tuple[str, str]:
    """(reply, reasoning) of a text that may begin with marked thoughts.

    Thoughts whose end isn't marked are all of the text: the model was cut off before it answered. A closing mark
    without an opening one counts unless the text begins as the JSON that was asked for (whose reason may quote it).
    """
    parts = None if content.lstrip().startswith(("{", "```")) else _parts(content)
    return (parts[0].lstrip(), parts[1].strip()) if parts else (content, "")


def _parts(content: str) -> tuple[str, str] | None:
    if _CHANNELS.match(content):
        final = _FINAL.search(content)
        return (content[final.end() :], content[: final.start()]) if final else ("", content)
    if found := _OPENED.match(content):
        left, word, right = filter(None, found.groups())
        return _parted(content[found.end() :], f"{left}/{word}{right}")
    for opening, closing in _PAIRS.items():
        if content.lstrip().startswith(opening):
            return _parted(content.lstrip().removeprefix(opening), closing)
    if found := _TAGGED.match(content):
        return content[found.end() :], found[2]
    if content.startswith(_BARE_CHANNEL) and _BARE_FINAL in content:
        return _parted(content.removeprefix(_BARE_CHANNEL), _BARE_FINAL)
    end = _CLOSED.search(content)
    return (content[end.end() :], content[: end.start()]) if end else None


def _parted(text: str, closing: str) -> tuple[str, str]:
    thought, _, reply = text.partition(closing)
    return reply, thought
