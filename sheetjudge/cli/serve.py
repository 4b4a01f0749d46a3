"""`sheetjudge serve`: the backend of the sidebar, over HTTP."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import click

from sheetjudge.cli.options import Number


@click.command("serve", short_help="Serve the sidebar over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Where to listen.")
@click.option(
    "--audience", "audiences", multiple=True, metavar="ID", help="Client ID of a script that may ask (repeatable)."
)
@click.option(
    "--allow",
    multiple=True,
    metavar="WHO",
    help="An e-mail address or a domain that may ask, or '*' for anybody whom an audience lets in (repeatable).",
)
@click.option(
    "--shared-secret-file", metavar="FILE", help="Let in whoever has the secret in FILE; for a private network."
)
@click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
@click.option("--judge", "judges", multiple=True, metavar="JUDGE", help="A judge to offer, or NAME=JUDGE (repeatable).")
@click.option("--ceiling", type=Number(min=0, min_open=True), metavar="USD", help="The most that one job may spend.")
@click.option("--max-rows", type=click.IntRange(min=1), default=20_000, show_default=True, help="Rows of one job.")
@click.option("--jobs-per-person", type=click.IntRange(min=1), default=5, show_default=True, help="Waiting or running.")
@click.option("--jobs-at-once", type=click.IntRange(1, 64), default=4, show_default=True, help="Runs under way.")
@click.option("--concurrency", type=click.IntRange(1, 4096), help="Calls in flight for one run  [default: 32]")
@click.option("--rpm", type=Number(min=0, min_open=True), help="Requests a minute to a judge, over all jobs.")
@click.option("--tpm", type=Number(min=0, min_open=True), help="Tokens a minute to a judge, over all jobs.")
@click.option(
    "--trust-proxy",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="A proxy in front that says where requests come from; '*' where only it can reach this port.",
)
@click.option(
    "--grace", type=Number(min=0), default=6.0, show_default=True, help="Seconds that runs get to end by themselves."
)
@click.option("--log", metavar="FILE", help="Where the log goes, in place of standard error.")
def serve(**given: Any) -> None:
    """Serve the sidebar over HTTP until Ctrl-C.

    Put HTTPS in front. Who may ask is said by --audience (the client ID that the sidebar's Set up shows) together with
    --allow, or by --shared-secret-file. GET /openapi.json describes the API.
    """
    from sheetjudge.cli.say import say
    from sheetjudge.service.server import Serving, log_of
    from sheetjudge.service.server import serve as run
    from sheetjudge.service.serving import door_of, offer_of, place_of

    environment = os.environ
    place = place_of(given["credentials"], environment)
    door = door_of(given["audiences"], given["allow"], given["shared_secret_file"], place)
    offer = offer_of(given, environment)
    serving = Serving(
        offer,
        door,
        place.place,
        log_of(given["log"], time.time),
        given["host"],
        given["port"],
        given["trust_proxy"],
        given["jobs_at_once"],
        given["grace"],
        limits={"jobs_per_person": given["jobs_per_person"]},
    )

    def ready(address: str) -> None:
        say(f"Serving at {address}", err=True)
        say(f"Judges: {', '.join(judge.name for judge in offer.judges)}. Share sheets with {place.who}.", err=True)

    run(serving, environment, on_ready=ready)
    if any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()):
        # A call that hangs would keep the process; what it was for is in the queue again.
        os._exit(0)
