"""What can go wrong, told so that a person knows what to do next.

The tree (each class says in its docstring whether trying again helps):

    SheetjudgeError
      InputError            something the user wrote or chose; exit code 2
        TableError            a table that can't be read or written
          TableBusy             another run is writing to it
        RubricError           a rubric that is wrong, with its line and key
        ConfigError           a flag, environment variable or configuration file
      SetupError            the machine or an account isn't ready; exit code 2
        MissingExtra          a package of an extra isn't installed
        AccessError           credentials missing, wrong, or not allowed to do this
      ModelError            one call to a judge failed; `retryable` says if a retry can help
        RateLimited           429, with the server's `retry_after` where it gave one
        ServerFailed          5xx
        CallTimedOut          no answer in time
        ConnectionFailed      unreachable, refused, reset, closed half-way
        RequestRefused        4xx: the same request will be refused again
          FormatRefused         the endpoint doesn't know this response format or parameter
          ContextTooLong        more tokens than the model takes
        JudgeUnusable         wrong key, unknown model, no access: every call would fail
      ReplyError            a reply came, but it holds no valid verdict
      Stopped               ended early and can be resumed; exit code 3
        BudgetReached
        Interrupted
"""

from __future__ import annotations


class SheetjudgeError(Exception):
    """Base of every error that sheetjudge raises on purpose.

    Args:
        what: what happened, one sentence, naming the file, row, line or column concerned.
        advice: what to do next, one sentence. Shown after `what`.
    """

    exit_code = 2

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """The one line that a person reads."""
        return " ".join(f"{self.what} {self.advice}".split())


class InputError(SheetjudgeError):
    """Something that the user wrote or chose is wrong. Trying again unchanged doesn't help."""


class TableError(InputError):
    """A table that can't be read or written as asked."""


class TableBusy(TableError):
    """Another run is writing to the table. Trying again helps once that is done."""


class RubricError(InputError):
    """A rubric that is wrong.

    Args:
        line: 1-based line in the rubric file, where known.
        key: path of the key that is wrong, such as `criteria[2].scale`.
    """

    def __init__(self, what: str, advice: str = "", *, line: int | None = None, key: str = "") -> None:
        super().__init__(what, advice)
        self.line = line
        self.key = key


class ConfigError(InputError):
    """A flag, an environment variable or the configuration file holds a value that can't be used."""


class SetupError(SheetjudgeError):
    """The machine or an account isn't ready for what was asked."""


class MissingExtra(SetupError):
    """A package that an extra of sheetjudge brings isn't installed."""

    def __init__(self, package: str, extra: str, what_for: str) -> None:
        super().__init__(
            f"{what_for} needs the package {package}, which isn't installed.",
            f"Install it with: pip install 'sheetjudge[{extra}]'",
        )


class AccessError(SetupError):
    """Credentials are missing or wrong, or don't allow what was asked."""


class ModelError(SheetjudgeError):
    """One call to a judge failed.

    Args:
        retry_after: seconds that the server asked to wait; None where it didn't say.
    """

    retryable = False

    def __init__(self, what: str, advice: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(what, advice)
        self.retry_after = retry_after


class RateLimited(ModelError):
    """The server answered 429: too many requests or tokens at once. A later retry helps."""

    retryable = True


class ServerFailed(ModelError):
    """The server answered 5xx. A retry may help."""

    retryable = True


class CallTimedOut(ModelError):
    """No answer came in time. A retry may help."""

    retryable = True


class ConnectionFailed(ModelError):
    """The server could not be reached, or closed the connection. A retry may help."""

    retryable = True


class RequestRefused(ModelError):
    """The server refused this very request; it would refuse it again."""


class FormatRefused(RequestRefused):
    """The endpoint doesn't take one of the request's options.

    Args:
        option: the option refused: `json_schema`, `json_object`, `logprobs`, or a parameter's name.
    """

    def __init__(self, what: str, advice: str = "", *, option: str = "") -> None:
        super().__init__(what, advice)
        self.option = option


class ContextTooLong(RequestRefused):
    """The request holds more tokens than the model takes."""


class JudgeUnusable(ModelError):
    """Wrong key, unknown model, no access or no credit: every further call would fail, so the run stops."""


class ReplyError(SheetjudgeError):
    """A reply came, but it holds no valid verdict."""


class Stopped(SheetjudgeError):
    """A run ended before its last row. The same command takes up where it stopped."""

    exit_code = 3


class BudgetReached(Stopped):
    """The next call could have passed the budget, so it was not made."""


class Interrupted(Stopped):
    """A person (Ctrl-C) or the system (SIGTERM) asked the run to stop."""
