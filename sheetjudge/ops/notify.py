"""Who hears of an unattended run: a chat by webhook, people by e-mail, a dead man's switch by its ping URL.

None of it can make a run fail: what goes wrong is answered, for the log.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import tenacity

from sheetjudge.core.visible import well_formed

_TRIES, _SECONDS = 3, 20.0
# What a chat takes for a link that hides its address, or for a call to everybody: a sheet or a server may be quoted.
_CHAT_MARKS = re.compile(r"<(?=\S)|\](?=\()|(?<![\w.])@(?=(?:channel|here|all|everyone)\b)", re.IGNORECASE)
_SMTPS_PORT, _SUBMISSION_PORT = 465, 587


@dataclass(frozen=True)
class News:
    """What is to be told of a run.

    Attributes:
        job: its name. is_well: nothing needs a person. is_news: it judged something, failed, or recovered.
        text: a few sentences.
    """

    job: str
    is_well: bool
    is_news: bool
    text: str


def notify(
    wanted: Mapping[str, Any], news: News, *, wait: Callable[[int], float] = lambda tried: 2.0**tried
) -> list[str]:
    """Tell those who want to hear.

    Args:
        wanted: a job's `notify`, variables in their places. news: what to tell.
        wait: seconds before the next try, by how many there were.

    Returns:
        What went wrong, one sentence each; no address and no secret is in it.
    """
    when = wanted.get("on", "failure")
    is_told = when == "always" or not news.is_well or (when == "change" and news.is_news)
    ways: list[tuple[str, Callable[[], None]]] = []
    if is_told and "webhook" in wanted:
        ways.append(("webhook", lambda: _fetch(wanted["webhook"], {"text": _plain(news.text)})))
    if is_told and "email" in wanted:
        ways.append(("e-mail", lambda: _mail(wanted["email"], news)))
    ping = wanted.get("ping" if news.is_well else "ping_failure")
    if ping:
        # A dead man's switch wants to hear of every run, or it takes this one for dead.
        ways.append(("ping", lambda: _fetch(ping, None)))
    failures = []
    for name, way in ways:
        try:
            tenacity.Retrying(
                stop=tenacity.stop_after_attempt(_TRIES),
                wait=lambda state: wait(state.attempt_number),
                reraise=True,
            )(way)
        except Exception as error:  # noqa: BLE001 - a run is done, whatever becomes of the news of it
            failures.append(f"The {name} of {news.job!r} failed: {_reason(error)}.")
    return failures


def _fetch(url: str, body: Mapping[str, Any] | None) -> None:
    import requests

    # A redirect would turn the POST into a GET, and the news would be lost without a word.
    is_ping = body is None
    answer = requests.request("GET" if is_ping else "POST", url, json=body, timeout=_SECONDS, allow_redirects=is_ping)
    if not answer.ok or answer.is_redirect:
        raise _RefusedError(f"{urlsplit(url).hostname} answered {answer.status_code}")


def _plain(text: str) -> str:
    """`text` in which a chat finds nothing to obey; a person sees the same."""
    return _CHAT_MARKS.sub("\\g<0>\u200b", well_formed(text))


def _line(text: str) -> str:
    """`text` as a header of a message may hold it."""
    return " ".join(well_formed(text).split())


def _mail(wanted: Mapping[str, Any], news: News) -> None:
    message = EmailMessage()
    message["From"], message["To"] = wanted["from"], ", ".join(wanted["to"])
    message["Subject"] = _line(f"sheetjudge: {news.job}{'' if news.is_well else ' needs you'}")
    message.set_content(well_formed(news.text))
    host, _, port = wanted["server"].rpartition(":") if ":" in wanted["server"] else (wanted["server"], "", "")
    number = int(port or _SUBMISSION_PORT)
    context = ssl.create_default_context()
    if number == _SMTPS_PORT:
        with smtplib.SMTP_SSL(host, number, timeout=_SECONDS, context=context) as server:
            _send(server, wanted, message)
        return
    with smtplib.SMTP(host, number, timeout=_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif wanted.get("password"):
            raise _RefusedError(f"{host} offers no TLS, so the password is not sent")
        _send(server, wanted, message)


def _send(server: smtplib.SMTP, wanted: Mapping[str, Any], message: EmailMessage) -> None:
    if wanted.get("password"):
        server.login(wanted.get("user", wanted["from"]), wanted["password"])
    server.send_message(message)


class _RefusedError(Exception):
    """Somebody answered, and it was a no."""


def _reason(error: Exception) -> str:
    """Why, without what a library puts into its messages (a URL with its token)."""
    if isinstance(error, _RefusedError):
        return str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    return f"no answer ({type(error).__name__})"
