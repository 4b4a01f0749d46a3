"""A browser, and what it looks at."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from scene import Scene, Screen, proposals

from sheetjudge import sandbox


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--lang=en-US"])
        yield browser
        browser.close()


@pytest.fixture
def pictures():
    """Where screenshots go: a folder of the environment's, or nowhere."""
    folder = os.environ.get("SHEETJUDGE_SCREENSHOTS")
    if folder is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest.fixture
def scene(request, tmp_path):
    """A local Google with 200 proposals, a judge that knows the truth, and the sidebar set up for one of both ways."""
    with ExitStack() as stack:
        google = stack.enter_context(sandbox.start(credentials=tmp_path / "key.json"))
        yield stack.enter_context(Scene.staged(google, tmp_path, proposals(), getattr(request, "param", "http")))


@pytest.fixture
def opened(chromium, pictures):
    """Opens pages, and sees to it that nothing went wrong in any of them."""
    context = chromium.new_context(viewport={"width": 1360, "height": 820}, locale="en-US")
    screens: list[Screen] = []

    def open_page(address: str) -> Screen:
        screens.append(Screen(context.new_page(), pictures))
        screens[-1].goto(address)
        return screens[-1]

    yield open_page
    for screen in screens:
        screen.check_calm()
    context.close()
