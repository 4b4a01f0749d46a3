"""Takes examples/playground.png, the README's first picture: the playground after a real run of the embedded judge."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from sheetjudge.cli.demo_page import dress, staged  # noqa: E402 - of this checkout
from sheetjudge.sandbox import start  # noqa: E402

PICTURE = ROOT / "examples" / "playground.png"
WIDTHS = (46, 250, 150, 70, 250)
PATIENCE = 600_000  # milliseconds: the embedded judge takes its time


def judged(url: str, credentials: Path, home: Path) -> None:
    """Have the embedded judge score the sheet, as `sheetjudge demo` does."""
    command = [sys.executable, "-m", "sheetjudge", "score", url, "--rubric", "research-proposal", "--judge", "embedded"]
    command += ["--read", "Title", "--read", "Proposal", "--credentials", str(credentials)]
    environment = {**os.environ, "SHEETJUDGE_HOME": str(home)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)  # noqa: S603 - our own command


def take(page: Any, address: str) -> None:
    """Open the sidebar's results, with the best row selected."""
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    side = page.frame_locator("#sidebar-frame iframe")
    side.get_by_role("tab", name="Results").click()
    side.locator("#sort").click()
    page.wait_for_timeout(2000)
    side.locator("#refresh").click()
    side.locator("#top-list button").first.click()
    side.locator("#story").get_by_text("Row 2").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURE)


def main() -> None:
    """Score, show, and take the picture."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with (ROOT / "examples" / "proposals.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home, credentials = Path(folder), Path(folder) / "key.json"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with start(credentials=credentials) as google:
            url = google.load("Small grants 2026", rows, tab="Proposals")
            dress(google.spreadsheet(url), WIDTHS)
            judged(url, credentials, home)
            with staged(google, url, credentials, home, ("embedded",), ("http",)) as playground:
                page = browser.new_page(viewport={"width": 1440, "height": 810}, device_scale_factor=1.5)
                page.set_default_timeout(PATIENCE)
                take(page, playground.url(google.spreadsheet(url).book_id, start="openSidebar"))
        browser.close()


if __name__ == "__main__":
    main()
