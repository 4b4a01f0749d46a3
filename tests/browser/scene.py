"""What the tests of the playground share: the sheet, the judge, and a person's view of the page."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sheetjudge.cli.demo_page import dress, staged

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))
from chat_server import ChatServer, Reply, chat

HOSTILE = (
    '<script>top.hacked = 1; document.title = "hacked"</script>',
    "<img src=x onerror=\"top.hacked = 1; parent.postMessage('hacked', '*')\">",
    '=HYPERLINK("https://evil.example/", "click")',
    "user\u202egnp.exe\u202c and \u2066hidden\u2069",
    "</textarea></td></div><h1 class=hacked>{{7*7}} ${7*7} &lt;b&gt;</h1>",
)
REASON = 'Row {number} says so: <b onclick="top.hacked=1">bold</b> <script>top.hacked=1</script>'
COUNT = 200
_PATIENCE = 120.0  # seconds; a busy machine is no failure


def quality(number: int) -> int:
    """What the judge says of a row: a whole number from 1 to 5."""
    return 1 + number * 7 % 5


def proposals(count: int = COUNT) -> list[list[str]]:
    """Rows whose text tells the judge what to say; the first have hostile titles."""
    titles = [*HOSTILE, *(f"Proposal about subject {number}" for number in range(len(HOSTILE), count))]
    texts = [
        f"We ask for money for subject {number}. It will take a year and needs two people. quality-{quality(number)}."
        for number in range(count)
    ]
    rows = [
        [f"P{number:03}", titles[number], texts[number], f"£{(number * 37) % 900 + 100}"] for number in range(count)
    ]
    return [["ID", "Title", "Proposal", "Amount"], *rows]


def truth(request: dict[str, Any], _number: int) -> Reply:
    """The judge: says of each row what its text tells, and gives a reason that tries to be more than a text."""
    text = request["messages"][-1]["content"]
    score, number = int(re.search(r"quality-(\d)", text)[1]), re.search(r"subject (\d+)", text)[1]
    schema = request["response_format"]["json_schema"]["schema"]
    said = {name: {"reason": REASON.format(number=number), "score": score} for name in schema["properties"]}
    return Reply(body=chat(json.dumps(said)))


class Judge(ChatServer):
    """Knows the truth, and takes its time.

    Attributes:
        brisk: how many requests it answers at once; each that comes later takes it long.
    """

    brisk = 10**9

    @property
    def latency(self) -> float:
        return 0.02 if len(self.requests) <= self.brisk else 25.0

    @latency.setter
    def latency(self, _seconds: float) -> None:
        """It follows from `brisk`."""


@dataclass
class Scene:
    """The local Google with its playground, the sheet and the judge."""

    google: Any
    url: str
    judge: Judge
    playground: Any

    @classmethod
    @contextmanager
    def staged(cls, google, folder, rows, way="http"):
        url = google.load("Proposals", rows, tab="Proposals")
        dress(google.spreadsheet(url), (56, 240, 280, 74))
        with (
            Judge(truth) as judge,
            staged(google, url, folder / "key.json", folder, (f"truth={judge.url}#judge",), (way,)) as playground,
        ):
            yield cls(google, url, judge, playground)

    @property
    def person(self):
        return self.google.spreadsheet(self.url)

    @property
    def address(self) -> str:
        return self.playground.url(self.person.book_id, start="openSidebar")

    def scored(self) -> dict[str, str]:
        """The score that stands beside each row, by the row's ID."""
        header, *rows = self.person.rows()
        if "Score" not in header:
            return {}
        at = header.index("Score")
        return {row[0]: row[at] for row in rows if len(row) > at and row[at]}

    def truly_scored(self) -> int:
        """How many rows have a score; every one of them has to be its own."""
        found = self.scored()
        for name, score in found.items():
            assert float(score) == quality(int(name[1:])), f"{name} has {score}"
        return len(found)


_CUT_OFF = """() => {
  const seen = (element) => element.checkVisibility() && !element.closest('.unseen, [class*=unseen]');
  const said = ({ tagName, id, className, textContent }) =>
    `${tagName}#${id}.${className}: ${textContent.trim().slice(0, 60)}`;
  const wide = document.scrollingElement.scrollWidth;
  const found = wide > innerWidth ? [`the page is ${wide} px wide`] : [];
  for (const element of document.querySelectorAll('body *')) {
    if (!seen(element) || ['SCRIPT', 'STYLE', 'OPTION', 'PATH'].includes(element.tagName.toUpperCase())) continue;
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (left < -0.5 || right > innerWidth + 0.5)) found.push(`outside: ${said(element)}`);
    const style = getComputedStyle(element);
    const isField = ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);
    const isCut = style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && !isField;
    const isShort = isCut || ['BUTTON', 'LABEL', 'LEGEND'].includes(element.tagName);
    const runsOver = element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1;
    if (isShort && runsOver) found.push(`cut: ${said(element)}`);
  }
  return found;
}"""


class Screen:
    """A page as a person sees it."""

    def __init__(self, page: Any, pictures: Path | None) -> None:
        self.page = page
        self.pictures = pictures
        self.troubles: list[str] = []
        self.requested: list[Any] = []
        page.set_default_timeout(_PATIENCE * 1000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self.requested.append(request))  # noqa: PLW0108 - it marks what it is given

    def goto(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("body[data-ready]")

    @property
    def sidebar(self):
        """The sidebar's own document, for locators."""
        return self.page.frame_locator("#sidebar-frame iframe")

    @property
    def frame(self):
        """The sidebar's own document, to run scripts in."""
        return self.page.query_selector("#sidebar-frame iframe").content_frame()

    def cell(self, row: int, column: int):
        """A cell by its row and column, from 1."""
        return self.page.locator(f"#c{row - 1}_{column - 1}")

    def menu(self, name: str, item: str) -> None:
        """Choose an item of a menu."""
        self.page.get_by_role("menubar").get_by_role("menuitem", name=name, exact=True).click()
        self.page.get_by_role("menu").get_by_role("menuitem", name=item, exact=True).click()

    def column_menu(self, letter: str, item: str) -> None:
        """Choose an item of a column's menu."""
        self.page.get_by_role("button", name=f"Column {letter}", exact=True).click()
        self.page.get_by_role("menu").get_by_role("menuitem", name=item, exact=True).click()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for something that isn't an element."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if holds():
                return
            self.page.wait_for_timeout(100)
        self.picture("stuck")
        raise AssertionError("it never came")

    def picture(self, name: str) -> None:
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{name}.png")

    def look(self, name: str, *, sidebar: bool = True) -> None:
        """Take a picture, and see that nothing is cut off and that everybody can use it."""
        self.picture(name)
        assert accessible(self.page.main_frame) == [], name
        if sidebar:
            assert self.frame.evaluate("innerWidth") == 300
            assert self.frame.evaluate(_CUT_OFF) == [], name
            assert accessible(self.frame) == [], name

    def check_calm(self) -> None:
        """Nothing failed, nothing was loaded from elsewhere, and no text became more than a text."""
        assert self.troubles == []
        here = urlsplit(self.page.url).netloc
        elsewhere = [one for one in self.requested if one.url.startswith("http") and urlsplit(one.url).netloc != here]
        assert [one.url for one in elsewhere if one.failure != "csp"] == []
        for frame in self.page.frames:
            assert frame.evaluate("() => window.hacked === undefined && !document.querySelector('.hacked, img[src=x]')")
            assert frame.evaluate("() => document.title") != "hacked"


def accessible(frame) -> list[str]:
    """What axe-core finds in a document that is serious or worse."""
    import axe_playwright_python

    source = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    frame.evaluate(f"() => {{ if (!window.axe) {{ {source} }} }}")
    options = "{ resultTypes: ['violations'], iframes: false }"
    found = frame.evaluate(f"async () => (await axe.run(document, {options})).violations")
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})" for one in serious]
