"""`sheetjudge schedule`."""

from __future__ import annotations

import os

import click


@click.command()
@click.argument("files", metavar="JOB.yaml...", nargs=-1, required=True)
@click.option("--at", default="02:30", show_default=True, metavar="HH:MM", help="Time of day.")
@click.option("--day", "days", multiple=True, metavar="DAY", help="mon … sun (repeatable; default: every day).")
@click.option(
    "--for", "system", type=click.Choice(["cron", "systemd"]), default="cron", show_default=True, help="For what."
)
def schedule(files: tuple[str, ...], at: str, days: tuple[str, ...], system: str) -> None:
    """Print what runs jobs on a schedule: a line for crontab, or a systemd service and timer. Changes nothing."""
    from sheetjudge.cli.say import put
    from sheetjudge.ops.schedule import crontab_line, systemd_units

    if system == "cron":
        put(crontab_line(files, at, days, os.environ))
        put("# Add this line with: crontab -e", err=True)
        return
    service, timer = systemd_units(files, at, days, os.environ)
    put(f"# ~/.config/systemd/user/sheetjudge.service\n{service}\n# ~/.config/systemd/user/sheetjudge.timer\n{timer}")
    put("# Save both, then: systemctl --user enable --now sheetjudge.timer", err=True)
