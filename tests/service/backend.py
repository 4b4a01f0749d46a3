"""A real backend in a process of its own, with the sandbox as its Google, and what a sidebar's script does with it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any, Self

import requests

from tests.ops.scoring import ROOT, start
from tests.service.asking import parts, request, wait_for

AUDIENCE = "42-script.apps.googleusercontent.com"
ANN, BOB = "ann@example.com", "bob@example.com"


class Backend:
    """`sheetjudge serve` as a context manager.

    Attributes:
        lines: what it said, the log among it.
    """

    def __init__(self, google: Any, folder: Path, *options: str, env: dict[str, str] | None = None) -> None:
        self.google = google
        self.folder = folder
        self.options = options
        self.env = env or {}
        self.lines: list[str] = []
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)

    def begin(self) -> None:
        who = () if "--shared-secret-file" in self.options else ("--audience", AUDIENCE, "--allow", "example.com")
        self.process = start(
            "serve", "--port", "0", "--credentials", self.google.credentials, *who, *self.options,
            env={"SHEETJUDGE_HOME": str(self.folder), **self.env}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        found = wait_for(lambda: next((x for x in list(self.lines) if x.startswith("Serving at ")), ""), 60)
        self.url = found.removeprefix("Serving at ").strip()
        self.lines.remove(found)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append(line)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the process a signal and wait for its end."""
        assert self.process is not None
        os.kill(self.process.pid, number)
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    @property
    def memory(self) -> float:
        """MB that the process holds."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    # --- asking -------------------------------------------------------------------------------------------------------

    def headers(self, email: str = ANN, **changes: Any) -> dict[str, str]:
        changes.setdefault("audience", AUDIENCE)
        return {"Authorization": f"Bearer {self.google.identity.token(email, **changes)}"}

    def get(self, path: str, email: str = ANN) -> requests.Response:
        return requests.get(self.url + path, headers=self.headers(email), timeout=30)

    def post(self, path: str, body: Any = None, email: str = ANN) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=self.headers(email), timeout=60)

    def prove(self, spreadsheet: str, text: str, nonce: str, email: str = ANN) -> str:
        """Write the proof into a spreadsheet, as the script does under the person's own log-in."""
        digest = hashlib.sha256(f"{nonce}\n{email.lower()}\n{text}".encode()).hexdigest()
        made = {
            "metadataKey": "sheetjudge-proof", "metadataValue": digest, "visibility": "DOCUMENT",
            "location": {"spreadsheet": True},
        }  # fmt: skip
        asked = {"requests": [{"createDeveloperMetadata": {"developerMetadata": made}}]}
        with self.google.session(self.google.user_login(email)) as session:
            where = f"{self.google.base_url}/v4/spreadsheets/{spreadsheet}:batchUpdate"
            session.post(where, json=asked, timeout=30).raise_for_status()
        return digest

    def submit(self, url: str, email: str = ANN, *, is_proved: bool = True, **changes: Any) -> requests.Response:
        text, nonce = request(url, **changes), secrets.token_urlsafe(24)
        if is_proved and url:
            self.prove(parts(url)[0], text, nonce, email)
        return self.post("/v1/jobs", {"job": text, "nonce": nonce}, email)

    def job(self, job: str, email: str = ANN) -> dict[str, Any]:
        answer = self.get(f"/v1/jobs/{job}", email)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def end_of(self, job: str, email: str = ANN, seconds: float = 120) -> dict[str, Any]:
        """The job once it is through."""
        found = {}

        def is_through() -> bool:
            found.update(self.job(job, email))
            return found["state"] not in ("queued", "running")

        wait_for(is_through, seconds)
        return found


def load(google: Any, title: str, rows: Any, *editors: str) -> str:
    """A spreadsheet that these people may edit, and the backend, too."""
    url: str = google.load(title, rows)
    for email in editors or (ANN,):
        google.share(url, "writer", email)
    return url


__all__ = ["ANN", "AUDIENCE", "BOB", "ROOT", "Backend", "load"]
