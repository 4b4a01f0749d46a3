"""A judged table, and the report's page taken apart as a reader of HTML takes it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from tests.ops.scoring import inside, write_table

HEADER = [
    "Id", "Text", "Ana · question", "Ben · question", "Score", "Rank", "Rank from", "Rank to", "Tier", "Strength",
    "Strength from", "Strength to", "Comparisons", "question", "budget", "topic", "Why", "Status",
]  # fmt: skip
HOSTILE = (
    '<script>top.hacked = 1</script><img src="https://evil.example/x.png" onerror="top.hacked=1">',
    "</bdi></td></tr></table><h1>hacked</h1>",
    '=HYPERLINK("https://evil.example/", "click")',
    "user\u202egnp.exe\u202c \u2066hidden\u2069 \x1b[2J",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; <!-- ]]> <svg onload=alert(1)>",
    "</style><style>*{display:none}",
)
_VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})


def judged(count: int, *, ranked: bool = False, why: str = "", text: str = "", seed: int = 5) -> list[list[str]]:
    """Rows with scores, some of them without, and labels of two people on every third."""
    draw = random.Random(seed)
    rows = []
    for n in range(count):
        question = draw.randint(1, 5)
        budget, topic = draw.choice(["yes", "no"]), draw.choice(["art", "law", "bees"])
        cells = dict.fromkeys(HEADER, "") | {"Id": f"P{n}", "Text": text or "word " * draw.randint(5, 40)}
        cells |= {"Score": f"{(question + (5 if budget == 'yes' else 1)) / 2:g}", "question": str(question)}
        cells |= {"budget": budget, "topic": topic, "Why": why or f"question: because of {n}", "Status": "ok"}
        if n % 3 == 0:
            cells["Ana · question"] = str(min(5, max(1, question + draw.randint(-1, 1))))
            cells["Ben · question"] = str(min(5, max(1, question + draw.randint(-1, 1))))
        if n % 10 == 4:
            cells |= {"Score": "", "question": "", "budget": "", "topic": "", "Why": "", "Status": "error: no verdict"}
        elif n % 10 == 7:
            cells["Status"] = "review: the text addresses the judge"
        elif ranked:
            strength = float(cells["Score"]) - 3 + n / 1000
            cells |= {"Strength": f"{strength:.4f}", "Strength from": f"{strength - 1:.4f}", "Comparisons": "4"}
            cells |= {"Strength to": f"{strength + 1:.4f}", "Rank": str(n + 1), "Tier": str(1 + n // 5)}
            cells |= {"Rank from": "1", "Rank to": str(count)}
        rows.append([cells[name] for name in HEADER])
    return rows


def told_of_contenders(names):
    """What `compare --json` would print of contenders with these names, its texts among them."""
    one = {"value": 0.5, "low": 0.1, "high": 0.9}
    standing = {"rank": one, "strength": one, "win_rate": one, "level_win_rate": one, "wins": 1, "losses": 2, "ties": 3}
    return {
        "run": names[0], "operation": "compare", "usage": {}, "rubric": {"name": names[1], "version": "1"},
        "judges": [names[2]], "columns": [names[0]], "contenders": list(names), "level": 0.9, "prompts": 3,
        "leaderboard": [{"contender": name, **standing} for name in names],
        "groups": [list(names[:3]), list(names[3:])],
        "meetings": [{"first": a, "second": b, "wins": 1, "losses": 0, "ties": 0, "preference": 0.5}
                     for a, b in pairwise(names)],
        "criteria": {names[-1]: dict.fromkeys(names, 0.5)}, "length": {"longer": one, "step": 20.0},
        "orders": {"pairs": 3, "same": 1.0, "contradictions": 0.0, "first": 0.5, "first_low": 0.4, "first_high": 0.6},
    }  # fmt: skip


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[Element]:
        own = [self] if self.tag == tag else []
        return own + [found for element in self.inside for found in element.all(tag)]

    def named(self, name: str) -> Element:
        return next(e for tag in ("section", "div") for e in self.all(tag) if name in e.attributes.values())

    def every(self) -> list[Element]:
        return [self, *(found for element in self.inside for found in element.every())]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        if self.open[-1].tag == "style":
            return
        for element in self.open:
            element.texts.append(data)


def page(html: str) -> Element:
    """The page as a tree; a tag that is closed in the wrong place fails."""
    reader = _Page()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"never closed: {[element.tag for element in reader.open[1:]]}"
    return reader.open[0]


def reported(tmp_path, rows, *options, header=HEADER, env=None):
    """The page of a table with these rows."""
    table = write_table(tmp_path / "judged.csv", rows, header)
    out = tmp_path / "report.html"
    ran = inside(
        "report", table, "--out", out, *options, env={"SHEETJUDGE_HOME": str(tmp_path / "home"), **(env or {})}
    )
    assert ran.code == 0, ran.err
    return page(out.read_text("utf-8"))


def rows_in(found: Element) -> list[list[str]]:
    """The cells of each row of the table of rows, with the reasons behind the title."""
    told: list[list[str]] = []
    for line in table_in(found.named("rows"))[1:]:
        if len(line) == 2:  # a line of reasons
            told[-1][1] += f" {line[1]}"
        else:
            told.append(line)
    return told


def table_in(element: Element) -> list[list[str]]:
    """The cells of the first table in an element, line by line."""
    lines = element.all("table")[0].all("tr")
    return [[cell.text for cell in line.inside if cell.tag in ("th", "td")] for line in lines]
