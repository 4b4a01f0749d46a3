"""`sheetjudge worker`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from sheetjudge.cli.options import Number

if TYPE_CHECKING:
    from sheetjudge.ops.office import Office

_MOST_ROWS, _LONGEST_ID = 20_000, 64


@click.command()
@click.argument("sheets", metavar="SHEET...", nargs=-1, required=True)
@click.option(
    "--judge",
    "judges",
    multiple=True,
    metavar="[NAME=]JUDGE",
    help="A judge that people may choose (repeatable; the first is the default).",
)
@click.option(
    "--budget",
    "--ceiling",
    "budget",
    type=Number(min=0, min_open=True),
    metavar="USD",
    help="Dollars that one job may spend at the most.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    default=_MOST_ROWS,
    show_default=True,
    help="Rows that one job may judge at the most.",
)
@click.option(
    "--poll",
    type=Number(min=1),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks into the queue; they grow apart while nothing is asked.",
)
@click.option("--concurrency", type=click.IntRange(min=1, max=4096), help="Calls in flight of one job at the most.")
@click.option("--credentials", metavar="FILE", help="Service-account file for Google Sheets.")
@click.option("--log", metavar="FILE", help="Where each job is told of, one JSON object a line.")
def worker(
    *,
    sheets: tuple[str, ...],
    judges: tuple[str, ...],
    budget: float | None,
    max_rows: int,
    poll: float,
    concurrency: int | None,
    credentials: str | None,
    log: str | None,
) -> None:
    """Do the jobs that people ask for in the sidebar of a sheet, from a machine without a public address.

    The jobs wait in a hidden tab of the sheet. Whoever may edit the sheet may ask; what can be asked is what this
    command offers: its judges, the shipped rubrics, a rubric in a tab or in words, and its budget. Ctrl-C puts what is
    under way back into the queue, for the next worker.
    """
    from sheetjudge.cli.say import counted
    from sheetjudge.ops.office import open_office
    from sheetjudge.service.offer import make_offer

    always = {} if concurrency is None else {"concurrency": concurrency}
    offer = make_offer(judges, os.environ, ceiling=budget, max_rows=max_rows, always=always)
    with open_office(os.environ, log=log) as office:
        from sheetjudge.service.queue import desks, work
        from sheetjudge.service.queue_desk import Pace

        told = _Told(office)
        pace = Pace(poll=poll, slowest=max(poll, Pace.slowest))

        async def go() -> None:
            found = desks(sheets, offer, office, told, credentials=credentials, pace=pace)

            def ready(count: int) -> None:
                names = ", ".join(judge.name for judge in offer.judges)
                told("ready", said=f"Looking into {count} of {counted(len(found), 'spreadsheet')}. Judges: {names}.")

            await work(found, on_ready=ready)

        try:
            asyncio.run(go())
        except asyncio.CancelledError:
            raise click.Abort from None


class _Told:
    """Tells the person at the terminal, and the log."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def __call__(self, event: str, /, **facts: Any) -> None:
        from sheetjudge.cli.say import say
        from sheetjudge.errors import SheetjudgeError

        say(f"{time.strftime('%H:%M:%S')} {_line(event, facts)}", err=True)
        with suppress(SheetjudgeError):
            self._office.log.write(f"queue_{event}", **{k: v for k, v in facts.items() if k != "said"})


def _line(event: str, facts: Mapping[str, Any]) -> str:
    if "said" in facts:
        return str(facts["said"])
    # An id is whatever somebody wrote into a cell.
    job = f"Job {' '.join(str(facts.get('job')).split())[:_LONGEST_ID]}"
    if event == "taken":
        what = " ".join(str(facts[key]) for key in ("kind", "operation") if facts.get(key)) or "unreadable"
        return f"{job}: taken ({what})."
    if event == "ended":
        why = f" ({facts['error']})" if facts.get("error") else ""
        cost = "" if not facts.get("usd") else f", ${facts['usd']:,.4f}"
        return f"{job}: {facts.get('state')}{why}{cost}."
    if event == "broke":
        return f"{job}: {facts.get('error')} at {facts.get('where')}."
    if event == "lost":
        return f"{job}: left alone ({facts.get('why')})."
    return event.capitalize() + "."
