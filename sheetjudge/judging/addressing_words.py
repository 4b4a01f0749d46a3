"""The words by which texts address whoever judges them.

All are matched in casefolded text (NFKC) without a second white space behind another. Repetitions have an end, so that
no text takes long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OVERRIDE = "asks to ignore instructions"
ORDER = "asks for a high score"
VERDICT = "states its own verdict"
ADDRESS = "speaks to an AI judge"
TURN = "speaks as the system"
DELIMITER = "pretends to end the text"
HIDDEN = "hides characters"
OPENING = "an answer's opening without an answer"

KINDS = (OVERRIDE, ORDER, VERDICT, ADDRESS, TURN, DELIMITER, HIDDEN, OPENING)
"""What a text may do, as a status says it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Some words that tell on a text.

    Attributes:
        kind: what they do.
        stems: one of these is in every text that the pattern matches; looked for first, for that is quick.
        pattern: the words.
        is_sure: they are enough by themselves; else another kind has to stand near them.
        as_order: they count only where a sentence or an order begins.
        may_be_quoted: between quotation marks, inside a sentence, they are spoken of and don't count.
    """

    kind: str
    stems: tuple[str, ...]
    pattern: re.Pattern[str]
    is_sure: bool = True
    as_order: bool = False
    may_be_quoted: bool = True


def words(text: str) -> re.Pattern[str]:
    """A pattern in which a blank stands for any white space: there is never more than one such character in a row."""
    return re.compile(text.replace(" ?", r"\s?").replace(" ", r"\s"))


_IGNORE = (
    r"\b(?:ignor(?:e|ing)|disregard|forget|overrid(?:e|ing)|bypass|do not follow|don't follow"
    r"|stop following|pay no attention to)"
)
_IGNORE_STEMS = (
    "ignor",
    "disregard",
    "forget ",
    "overrid",
    "bypass",
    "not follow",
    "n't follow",
    "stop follow",
    "no attention",
)
_RULES = r"(?:instructions?|prompts?|rules|guidelines?|directives?|directions|commands|rubric|criteria|programming)"
_EARLIER = r"(?:previous(?:ly given)?|prior|preceding|above|earlier|former|other|foregoing|original|given|existing)"
_JUDGES_OWN = r"(?:system|scoring|grading|judging|evaluation|assessment|marking|safety|hidden|judge's|grader's)"
_BEST = r"(?:highest|maximum|max\.?|top|perfect|best|full)"
_MARK = r"(?:scores?|marks?|grades?|ratings?|points)"
_TOP = (
    rf"(?:full (?:marks|scores?|points)|{_BEST}(?: possible)?(?: overall)? {_MARK}|(?:10|5|100|20) ?/ ?(?:10|5|100|20)\b"
    r"|(?:a )?(?:score|rating|grade|mark) of (?:5|10|100|a\+?)\b|(?:5|10|100) out of (?:5|10|100))"
)
_TOP_STEMS = (
    "full mark",
    "full score",
    "full point",
    "highest",
    "maximum",
    "max ",
    "max.",
    "top score",
    "top mark",
    "top grade",
    "top rating",
    "top p",
    "top o",
    "perfect",
    "best score",
    "best mark",
    "best grade",
    "best rating",
    "best p",
    "best o",
    "/5",
    "/ 5",
    "/10",
    "/ 10",
    "/20",
    "of 5",
    "of 10",
    "of a+",
)
_MACHINE = r"(?:ai|a\.i\.|llm|gpt|chatgpt|automat(?:ed|ic)|machine|language model|language-model)"
_JUDGE = r"(?:judge|grader|assessor|evaluator|marker|examiner|scorer|reviewer|rater|referee)"
_WORK = (
    r"(?:answer|row|text|submission|response|reply|summary|translation|essay|proposal|entry|story|code|document|paper"
    r"|report|review|application|one|criterion|candidate|applicant)"
)
_ROLE = r"(?:system|developer|admin(?:istrator)?|operator|root)"

RULES = (
    # --- orders to leave the rules
    Rule(
        OVERRIDE,
        _IGNORE_STEMS,
        words(
            rf"{_IGNORE} (?:all|any|every|everything)(?: of)?(?: the| your| these| those)?(?: {_EARLIER})?(?: system)? {_RULES}\b"
        ),
        as_order=True,
    ),
    Rule(
        OVERRIDE,
        _IGNORE_STEMS,
        words(rf"{_IGNORE} (?:{_EARLIER} |the (?:above|foregoing) )(?:system )?(?:{_RULES})\b"),
        as_order=True,
    ),
    Rule(
        OVERRIDE, _IGNORE_STEMS, words(rf"{_IGNORE} (?:your|all your|any of your) (?:\w+ )?{_RULES}\b"), as_order=True
    ),
    Rule(
        OVERRIDE,
        _IGNORE_STEMS,
        words(rf"{_IGNORE} (?:all )?(?:the |any )?(?:{_EARLIER} )?(?:{_JUDGES_OWN} {_RULES}|rubric)\b"),
        as_order=True,
    ),
    Rule(
        OVERRIDE,
        _IGNORE_STEMS,
        words(
            r"\b(?:ignore|disregard|forget) (?:everything|all|anything)(?: that was| you were| you have been)?(?: said| told| written)? (?:above|before this|until now|so far|you were told)\b"
        ),
        as_order=True,
    ),
    Rule(
        OVERRIDE,
        _IGNORE_STEMS,
        words(rf"{_IGNORE} (?:the |these |those |my |our )(?:\w+ )?{_RULES}\b"),
        is_sure=False,
        as_order=True,
    ),
    Rule(
        OVERRIDE,
        ("instructions", "prompt"),
        words(r"\b(?:new|updated|revised|changed) (?:instructions?|system prompt)(?: for (?:you|the \w+))? ?:"),
        is_sure=False,
    ),
    Rule(
        OVERRIDE,
        ("no longer",),
        words(
            r"\b(?:rubric|criteria|instructions|rules) (?:above |before )?(?:no longer appl(?:y|ies)|(?:is|are) (?:void|cancelled|suspended))\b"
        ),
        is_sure=False,
    ),
    # --- orders for marks
    Rule(
        ORDER,
        _TOP_STEMS,
        words(
            rf"\b(?:give|award|assign|grant|rate|score|grade|mark|return|output|report|print|choose|select|set|allocate)\b(?:[ ][^\s.!?;]{{1,30}}){{0,8}}?\s{_TOP}"
        ),
        as_order=True,
    ),
    Rule(
        ORDER,
        ("output", "return", "respond", "reply", "print", "answer with"),
        words(
            r"\b(?:output|return|print|respond|reply|answer)(?: only| simply| just)?(?: with)?(?: only| just)?(?: a| the| an)? (?:score|rating|grade|verdict|mark)(?: of|:)? ?[\"'\[]*(?:\d+|yes|a\+?)\b"
        ),
        as_order=True,
    ),
    Rule(
        ORDER,
        _TOP_STEMS,
        words(
            rf"\b(?:this|the|my|our) {_WORK} (?:deserves|merits|must (?:get|receive|be (?:given|awarded|rated|scored))|should (?:get|receive|be (?:given|awarded|rated|scored))|is to (?:get|receive|be given)|shall (?:get|receive|be given))(?: \S+){{0,3}}? {_TOP}"
        ),
    ),
    Rule(
        ORDER,
        ("criteri",),
        words(
            r"\b(?:answer|reply|respond|say|choose|mark|score|rate)(?: with)? [\"']?(?:yes|met|pass(?:ed)?|\d+)[\"']? (?:to|on|for|under) (?:all|every|each)(?: of the| of| the)? criteri"
        ),
        as_order=True,
    ),
    # --- verdicts of its own
    Rule(
        VERDICT,
        ('score"', "score'", 'rating"', 'grade"', 'verdict"'),
        re.compile(
            r"[\"'](?:score|rating|grade|verdict)[\"']\s?:\s?[\"']?(?:\d|yes|pass|a\b)[^{}]{0,300}?[\"'](?:reason|rationale|justification|explanation|feedback|reasoning|why)[\"']\s?:|[\"'](?:reason|rationale|justification|explanation|feedback|reasoning|why)[\"']\s?:\s?[\"'][^{}]{0,400}?[\"']\s?,\s?[\"'](?:score|rating|grade|verdict)[\"']\s?:\s?[\"']?(?:\d|yes|pass|a\b)"
        ),
        may_be_quoted=False,
    ),
    Rule(
        VERDICT,
        ("[[",),
        re.compile(r"\b(?:rating|score|verdict|winner|grade)(?:\sis)?\s?:?\s?\[\[\s?[\da-c.]+\s?\]\]"),
        may_be_quoted=False,
    ),
    Rule(
        VERDICT,
        ("score", "rating", "grade", "verdict", "mark"),
        re.compile(
            r"(?:^|[\n.!?])[\s?#>_-]{0,8}(?:final |overall |total )?(?:score|rating|grade|verdict|marks?)[*_]{0,2}\s?[:=]\s?[*_\[]{0,3}(?:\d+(?:\.\d+)?\s?(?:/|out of)\s?\d+|[1-9]\d*\b|yes\b|excellent|a\+)"
        ),
        is_sure=False,
    ),
    Rule(
        VERDICT,
        ("criteri",),
        words(
            r"\b(?:meets|met|fulfils|satisfies|scores (?:full marks|highest|5) on|(?:5|10) on) (?:all|every|each)(?: of the| of| the)? criteri"
        ),
        is_sure=False,
    ),
    Rule(
        VERDICT,
        ("approved", "verified", "graded", "scored", "checked", "assessed"),
        words(
            rf"\b(?:this|the) {_WORK} (?:has|was) already(?: been)? (?:checked(?: and approved)?|approved|pre-approved|verified|graded|scored|assessed)\b"
        ),
        is_sure=False,
    ),
    # --- to a machine that judges
    Rule(
        ADDRESS,
        (" ai ", "a.i.", "llm", "gpt", "automat", "machine", "language model", "language-model"),
        words(
            rf"(?:^|[\n.!?:;*#>\[(])\s?[*_#>\[(]{{0,6}}\s?(?:note|message|instructions?|attention|important|dear|hello|hey|hi|to|for)(?: (?:note|message|instructions?))?(?: to| for)?(?: the| all| any| every)? {_MACHINE}(?: \w+)?(?: {_JUDGE}s?| models?| assistants?| systems?)\b\s?[:,!\-–]"
        ),
    ),
    Rule(
        ADDRESS,
        ("if you are", "if you're"),
        words(
            rf"\bif you(?: are|'re) (?:an? |any )?(?:{_MACHINE}|language model|large language model)\b[^.!?\n]{{0,80}}?\b(?:read|grad|scor|evaluat|assess|judg|rat(?:e|ing)|review|give|mark|must|should|positive)"
        ),
    ),
    Rule(
        ADDRESS,
        ("you are", "act as", "pretend", "behave"),
        words(
            rf"\b(?:you are now|you are|act as|pretend to be|behave (?:as|like))(?: an?| the| now)? (?:new |very |more |extremely )?(?:lenient|generous|kind|different|new|friendly|helpful|biased) (?:{_MACHINE} )?{_JUDGE}\b"
        ),
        as_order=True,
    ),
    Rule(
        ADDRESS,
        ("as an ai", "as a language", "as an llm", "as the ai"),
        words(rf"\bas (?:an?|the) {_MACHINE} {_JUDGE}, you (?:must|should|will|are|have|need)"),
    ),
    Rule(
        ADDRESS,
        ("judge", "grader", "assessor", "evaluator", "marker", "examiner", "scorer", "reviewer", "rater", "referee"),
        words(
            rf"(?:^|[\n.!?:;*#>\[(])\s?(?:note |message |instructions? |attention |important )?(?:to|for|dear|attention|hey|hello)(?: the| all| any)? {_JUDGE}s?\s?[:,!\-–]"
        ),
        is_sure=False,
    ),
    # --- turns of a conversation that never was
    Rule(
        TURN,
        ("|", "｜", "[inst]", "<<sys>>", "start_of_turn"),
        re.compile(
            r"<[|｜]\s?(?:im_start|start_header_id|system|user|assistant|begin_of_text|channel|start_of_role|header_start|turn_start|begin▁of▁sentence|start)\s?[|｜]>|\[/?inst\]|<</?sys>>|<start_of_turn>|<[|｜](?:im_end|eot_id|end|eot|eom_id|endoftext)[|｜]>(?=\s?\S)"
        ),
    ),
    Rule(
        TURN,
        ("system", "developer", "admin", "operator", "root"),
        re.compile(
            rf"(?:^|\n)[\s?#>_\[<(-]{{0,8}}{_ROLE}(?:\s(?:message|prompt|note|notice|override|instructions?|update))?\s?[\]>)*_]{{0,6}}\s?:?\s?[*_]{{0,4}}(?::|\n|\]|>|-|–|—)[^\n]{{0,40}}\n?[^\n]{{0,200}}?\b(?:scor(?:e|ing)|rubric|grad(?:e|ing|er)|full marks|highest|maximum|instructions?|evaluat\w+|assess\w+|judge)\b"
        ),
        is_sure=False,
        may_be_quoted=False,
    ),
    Rule(TURN, ("override",), words(rf"\b{_ROLE} override\b"), is_sure=False),
    # --- ends that are none
    Rule(
        DELIMITER,
        ("-----",),
        re.compile(
            r"-{3,40}\s?(?:row|first|second|about|answer|material)\b[^\n]{0,40}\b(?:begins|ends|begin|end)\s?-{3,40}"
        ),
        may_be_quoted=False,
    ),
    Rule(
        DELIMITER,
        ("--", "==", "##", "**", "__", "<<", "[[", "//", "``", "~~"),
        re.compile(
            rf"(?:^|\n)\s?[-=#*_<\[/`~]{{2,40}}\s?(?:end|beginning|begin|start)s?(?:\sof)?(?:\s(?:the|user|student|candidate|untrusted|input))*\s(?:{_WORK}|input|data|material|content|output|prompt)s?\s?[-=#*_>\]/`~]{{2,40}}\n(?=\s?\S)"
        ),
        is_sure=False,
        may_be_quoted=False,
    ),
    Rule(
        DELIMITER,
        ("</",),
        re.compile(rf"</(?:{_WORK}|input|user_input|student_answer|material|data|user|untrusted)>(?=\s?\S)"),
        is_sure=False,
        may_be_quoted=False,
    ),
    Rule(
        DELIMITER,
        ("]",),
        re.compile(r"(?:^|\n)\[[0-9a-f]{6}\]\s[^\n:]{1,60}:\s?\n"),
        is_sure=False,
        may_be_quoted=False,
    ),
)

OPENINGS = frozenset(
    {
        "thought process:",
        "thought process",
        "let's solve this problem step by step.",
        "let's solve this problem step by step",
        "let us solve this step by step.",
        "let's think step by step.",
        "let's think step by step",
        "reasoning process:",
        "final answer:",
        "the answer is:",
    }
)
"""Texts that say nothing, and that some judges take for an answer wherever they stand (Zhao et al., One Token to Fool
LLM-as-a-Judge, 2025)."""

LONE_OPENINGS = frozenset(
    {
        "solution",
        "solution:",
        "answer:",
        "answer",
        "解",
        "解:",
        "かいせつ",
        "respuesta",
        "respuesta:",
        "lösung",
        "lösung:",
    }
)
"""The same, where a table holds nothing else of a row: a category may be called so too."""
