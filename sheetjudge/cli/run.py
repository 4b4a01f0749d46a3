"""`sheetjudge run`."""

from __future__ import annotations

import asyncio
import os

import click


@click.command()
@click.argument("files", metavar="JOB.yaml...", nargs=-1)
@click.option("--check", is_flag=True, help="Open everything that the jobs need, ask nobody, write nothing.")
@click.option("--log", metavar="FILE", help="Where each run is told of, one JSON object a line.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a job file, for editors.")
@click.option(
    "--accept-judge", is_flag=True, help="What the judges say of the canaries now is what they are held against later."
)
@click.option("--json", "as_json", is_flag=True, help="What became of the jobs, as JSON on standard output.")
@click.pass_context
def run(
    ctx: click.Context,
    files: tuple[str, ...],
    check: bool,  # noqa: FBT001
    log: str | None,
    schema: bool,  # noqa: FBT001
    accept_judge: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Run jobs that are written down in files, many in one process, each once at a time.

    Only new and changed rows of a sheet are judged, so that a run without any makes no call and no change. Exit codes:
    0 done, 1 some rows unscored or a judge has moved, 2 a job could not begin, 3 one was stopped and can be resumed.
    """
    from sheetjudge.cli.say import put, say, say_json
    from sheetjudge.ops.job_file import job_schema, read_job
    from sheetjudge.ops.office import open_office
    from sheetjudge.ops.told import Told, exit_code
    from sheetjudge.ops.unattended import check_job, run_jobs

    if schema:
        put(job_schema(), nl=False)
        return
    if not files:
        raise click.UsageError("Name at least one job file.", ctx)
    # All are read before any begins: a mistake in the last should not be found out after an hour.
    jobs = [read_job(file) for file in files]
    with open_office(os.environ, log=log) as office:
        if check:
            for job in jobs:
                say(check_job(job, office))
            return

        def told(one: Told) -> None:
            say(one.sentence, err=True)

        try:
            done = asyncio.run(run_jobs(jobs, office, told, accepts_judge=accept_judge))
        except asyncio.CancelledError:
            raise click.Abort from None
    if as_json:
        say_json(
            [
                {"job": one.job, "id": one.run or None, "state": one.ended.state, "result": one.ended.result}
                if one.ended
                else {"job": one.job, "id": None, "state": "not begun", "why": one.sentence}
                for one in done
            ]
        )
    ctx.exit(exit_code(done))
