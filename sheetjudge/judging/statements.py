"""An ask in plain words becomes a statement whose probability can be measured.

"Does the reply name a partner?" can be asked of nobody but a reader; "The reply names a partner" has a likelihood.
Where the subject of a question ends and its verb begins can't be told without a grammar, so every place is a candidate,
and the most probable sentence is the right one: the model that judges chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BE = frozenset(
    "is are was were has have had can could will would should must may might".split()  # noqa: SIM905 - reads better
)
_NEEDS_NOUN = frozenset(
    {"the", "a", "an", "its", "their", "my", "your", "our", "his", "every", "of", "at", "with", "from"}
)
_NEGATED = frozenset({"doesn't", "don't", "didn't", "mustn't", "shouldn't", "can't", "won't", "does", "must", "should"})
_POINTING = frozenset({"the", "it", "this", "that", "these", "those", "its", "their", "there", "every", "each", "all"})
_REQUEST = re.compile(
    r"^(?:please\s+)?(?:check|verify|make sure|ensure|judge|assess|rate|decide|determine|evaluate|say|score|consider)"
    r"\s+(?:that|whether|if)\s+",
    re.IGNORECASE,
)
# A short heading such as "Feasibility:" says what the question is about, not what is asked.
_HEADING = re.compile(r"^[^:?.!]{1,40}:\s+(?=\S+\s+\S)")
_SENTENCES = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"'(])")
_HOW = re.compile(r"^How\s+(\w+)\s+(does|do|did|is|are|was|were)\s+", re.IGNORECASE)
_NOT_DEGREES = frozenset({"many", "much", "long", "often", "far", "old", "soon"})
# A text that lacks something says nothing of it. What can be measured is that it is there, so that is asked instead.
# The subject may take up to three words: further on, a "not" belongs to something else.
_SUBJECT = r"^((?:\S+\s+){1,3}?)"
_ABSENT = (
    (
        re.compile(
            _SUBJECT + r"(?:is|are|was|were|stays?|remains?|keeps?)\s+(?:\w+ly\s+)?free\s+(?:of|from)\s+(?:any\s+)?"
        ),
        "contains ",
    ),
    (
        re.compile(
            _SUBJECT + r"(?:does not|doesn't|do not|don't|did not|didn't|must not|mustn't|should not|shouldn't|may not|"
            r"cannot|can't|will not|won't|never)\s+(?:ever\s+)?(\w+)"
        ),
        None,
    ),
    (
        re.compile(
            _SUBJECT + r"(is|are|was|were|contains?|has|have|includes?|uses?|makes?|shows?|gives?|names?|mentions?)\s+"
            r"(?:not|no|never)\s+(?!only\b|just\b|merely\b)(?:any\s+)?"
        ),
        "",
    ),
    (re.compile(_SUBJECT + r"avoids?\s+(?=\w+ing\b)"), "is "),
    (re.compile(_SUBJECT + r"avoids?\s+(?:any\s+)?"), "contains "),
)
# "About tea rather than coffee": what it isn't about is named as well, and would count for a text about that.
_CONTRAST = re.compile(r",?\s+(?:rather than|instead of|as opposed to)\s.+$|,\s+(?:and\s+)?not\s.+$")
# "The reply should be short" is how people write down what they want to be true.
_DUTY = re.compile(
    _SUBJECT + r"(?:should|must|has to|have to|needs? to|ought to)\s+"
    r"(?:always\s+)?(?!not\b|never\b)([a-z]+)\b"
)
_HEAD = re.compile(r"^(?:(?:The|These|Those|Its|Their)\s+\S+|This\s+(?!is\b|was\b)\S+|It|He|She|They|There|This)(?=\s)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence whose truth of a text is measured.

    Attributes:
        text: the sentence, without its full stop.
        sign: 1 where it is true of a text that meets the criterion, -1 where it is true of one that fails it.
    """

    text: str
    sign: int = 1

    @property
    def head(self) -> str:
        """The part that only points at the text ("The reply", "It"): how probable that is tells nothing."""
        found = _HEAD.match(self.text)
        return found[0] if found else ""


def stated(text: str) -> Statement:
    """The statement in `text`, as its author wrote it."""
    return Statement(_capital(" ".join(text.split()).rstrip(" .")))


def candidates(ask: str) -> tuple[Statement, ...]:
    """Statements that `ask` may stand for; the most probable sentence among them is the right one.

    Args:
        ask: a question, a request ("Check that…"), a phrase ("Mentions a price") or a statement.

    Returns:
        One statement or more, each without its full stop.
    """
    sentences = [s for s in _SENTENCES.split(" ".join(ask.split())) if s]
    questions = [s for s in sentences if s.endswith("?")]
    others = [s for s in sentences if not s.endswith("?")]
    # What else is said explains a question that yes answers; of one that it doesn't ("Who is it for?") it's the answer.
    found = next(filter(None, map(_from_question, questions)), [])
    if not found and others:
        found = _from_phrase(" ".join(others))
    if not found:
        found = [f'The text answers the question "{questions[0]}"'] if questions else [ask]
    return tuple(dict.fromkeys(_presence(_without_contrast(_capital(text.rstrip(" .;:")))) for text in found))


def _from_question(question: str) -> list[str]:
    question = question.rstrip("? ")
    tail = ""
    how = _HOW.match(question)
    if how and how[1].lower() not in _NOT_DEGREES:
        tail, question = " " + how[1].lower(), question[how.start(2) :]
    words = question.split()
    verb, rest = (words[0].lower(), words[1:]) if words else ("", [])
    places = _verb_places(rest)
    found: list[str] = []
    if verb == "do" or (verb == "did" and rest):
        found = [" ".join([*rest[:i], *(["did"] if verb == "did" else []), *rest[i:]]) + tail for i in places]
    elif verb == "does":
        found = [" ".join([*rest[:i], _third_person(rest[i]), *rest[i + 1 :]]) + tail for i in places]
    elif verb in _BE and rest:
        # "How clear is the plan?" leaves nothing behind the verb but the degree.
        ends = [len(rest)] if tail or len(rest) == 1 else places
        found = [" ".join([*rest[:i], verb, *rest[i:]]) + tail for i in ends]
    heading = _HEADING.match(question)
    if not found and heading:
        return _from_question(question[heading.end() :] + "?")
    return found


def _verb_places(words: list[str]) -> list[int]:
    """Where in a subject and what follows it the verb can stand: never behind a word that needs a noun."""
    anywhere = range(1, len(words))
    return [i for i in anywhere if words[i - 1].lower() not in _NEEDS_NOUN] or list(anywhere)


def _from_phrase(phrase: str) -> list[str]:
    asked = _REQUEST.match(phrase)
    if asked:
        return [_wanted(phrase[asked.end() :])]
    plain = _wanted(phrase.rstrip(" ."))
    words = [w.strip(",;:").lower() for w in plain.split()]
    first, later = (words[0] if words else ""), words[1:]
    if _looks_finite(first) and not (later and later[0] in _BE):
        # "Mentions a price", "Doesn't mention a price"
        return [f"It {in_sentence(plain)}"]
    with_subject = [f"{start} {in_sentence(plain)}" for start in ("It has", "It is", "There is")]
    if first in _POINTING or any(w in _BE or _looks_finite(w) for w in later):
        return [plain] if first in _POINTING else [plain, *with_subject]
    return with_subject if later else [*with_subject, plain]


def _wanted(text: str) -> str:
    """`text` as if what it demands were the case: "The reply should be short" as "The reply is short"."""
    found = _DUTY.match(text)
    if not found:
        return text
    subject, verb = found[1], found[2]
    last = subject.split()[-1].lower()
    several = last in ("they", "we", "you", "i") or _looks_finite(last)
    verb = ("are" if verb == "be" else verb) if several else _third_person(verb)
    return subject + verb + text[found.end() :]


def _without_contrast(text: str) -> str:
    short = _CONTRAST.sub("", text)
    return short if len(short.split()) > 2 else text  # noqa: PLR2004 - a subject, a verb and something about it


def _looks_finite(word: str) -> bool:
    if word in _NEGATED or word == "never":
        return True
    return word.endswith("s") and not word.endswith(("ss", "us", "'s", "\u2019s")) and word not in _POINTING | _BE


def _third_person(verb: str) -> str:
    irregular = {"have": "has", "be": "is", "do": "does", "go": "goes", "not": "does not"}
    if verb.lower() in irregular:
        return irregular[verb.lower()]
    if re.search(r"(?:s|x|z|ch|sh)$", verb):
        return verb + "es"
    return verb[:-1] + "ies" if re.search(r"[^aeiou]y$", verb) else verb + "s"


def _presence(text: str) -> Statement:
    """The statement itself, or its opposite where it says that something is absent."""
    bare = re.match(
        r"(?:It (?:has |is )?)?(?:no|free (?:of|from)|without(?: any)?)\s+(?!one\b|more\b)", text, re.IGNORECASE
    )
    if bare:
        return Statement("It contains " + text[bare.end() :], -1)
    for pattern, link in _ABSENT:
        found = pattern.match(text)
        if found is None:
            continue
        subject, rest = found[1], text[found.end() :]
        if link is not None:
            kept = found[2] + " " if found.re.groups > 1 else link
            return Statement(subject + kept + rest, -1)
        plural = subject.rstrip().lower() in ("they", "we", "you", "i")
        verb = found[2] if plural or found[2].endswith("s") else _third_person(found[2])
        return Statement(subject + ("is" if found[2] == "be" else verb) + rest, -1)
    return Statement(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def in_sentence(text: str) -> str:
    """`text` as it stands inside a sentence: its first letter small, unless it is a name or an abbreviation."""
    first = text.split(" ", 1)[0]
    return text if first == "I" or first[1:] != first[1:].lower() else text[:1].lower() + text[1:]
