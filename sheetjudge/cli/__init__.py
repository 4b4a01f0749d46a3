"""The command line: one command per file."""

from __future__ import annotations

import sys

import click

from sheetjudge import __version__
from sheetjudge.cli.process import drop_output, end_at_once_when_asked_again, make_ready
from sheetjudge.errors import SheetjudgeError

# Command -> module that holds a click command of the same name. Loaded when asked for: --help must not load pandas.
_COMMANDS = {
    "demo": "See the main job done, on this machine alone",
    "score": "Score every row of a table against a rubric",
    "rank": "Put the rows of a table in order, with known certainty",
    "compare": "Compare contenders' answers, and rank the contenders",
    "clear": "Take the results out of a sheet again",
    "agree": "Say how far the judge and people agree, beside people among themselves",
    "probe": "Try attacks on a judge, and biases, on some of your own rows",
    "report": "Make a page to show of a judged table: scores, reasons, agreement, costs",
    "label": "Choose the rows that people should label, to learn how good the judge is",
    "export": "Turn judged answers into preferences and advantages to train on",
    "filter": "Say which rows of a table to keep, with a promise on how many are missed",
    "run": "Run jobs that are written down in files, for cron",
    "runs": "Tell of past runs of jobs",
    "schedule": "Print what runs jobs every night",
    "rubric": "List, show, check and draft rubrics",
    "journal": "Erase what the journal keeps",
    "worker": "Do the jobs that people ask for inside a sheet, from a machine without an address",
    "sidebar": "Put the sidebar into a sheet, and take it out again",
    "login": "Log in to Google as yourself, for your own sheets",
    "doctor": "Say whether what a run stands on is as it should be",
    "serve": "Serve the sidebar over HTTP",
    "sandbox": "Run a local stand-in for Google Sheets",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = getattr(import_module(f"sheetjudge.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"The commands are {', '.join(_COMMANDS)}."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sheetjudge")
def cli() -> None:
    """Score the rows of a Google Sheet or a file against a rubric in plain words, with an LLM as the judge."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 some rows unscored, 2 bad input or set-up, 3 stopped, resumable."""
    try:
        make_ready()
        code = cli.main(standalone_mode=False)
    except SheetjudgeError as error:
        _tell(str(error))
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        # A command without arguments asks for its help, which is a page and no sentence.
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        code = 2
    except click.ClickException as error:
        help_line = (
            f" Try {error.ctx.command_path} --help." if isinstance(error, click.UsageError) and error.ctx else ""
        )
        _tell(f"{' '.join(error.format_message().split())}{help_line}")
        code = 2
    except (click.Abort, KeyboardInterrupt):
        end_at_once_when_asked_again()
        _tell("Interrupted.")
        code = 3
    except OSError as error:
        # Whatever the system refuses (no memory, no descriptors, a disk that fails) where nobody had reckoned with it.
        place = f" ({error.filename})" if error.filename else ""
        _tell(f"The system refused to go on: {error.strerror or error}{place}.")
        code = 2
    end_at_once_when_asked_again()
    try:
        sys.stdout.flush()
    except OSError:
        # A full disk was told of: what standard output still holds is not to be tried again at exit.
        drop_output()
    sys.exit(code if isinstance(code, int) else 0)


def _tell(sentence: str) -> None:
    from sheetjudge.cli.say import say

    say(f"sheetjudge: {sentence}", err=True)
