"""The program: its options, its sub-commands, and what each way to end exits with."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated, Any

import typer

from likelier.cli import ab_test, compare, demo, distributions, fit, predict, report, score
from likelier.cli._output import Settings, complain, show, warn
from likelier.errors import DataError, LikelierError, ModelFileError, NoFiniteOptimumError

app = typer.Typer(
    help="Choose a distribution for the target; its negative log-likelihood is the loss.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import likelier

        show(f"likelier {likelier.__version__}")
        raise typer.Exit


@app.callback()
def options(
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Results and errors only, no progress.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before a command."""
    Settings.quiet = quiet


def code_of(error: LikelierError) -> int:
    """The exit code for an error that the user can do something about."""
    if isinstance(error, NoFiniteOptimumError):
        return 4
    if isinstance(error, DataError | ModelFileError):
        return 3
    # What could not be written, a disk that is full, is no misuse of the command.
    return 1 if isinstance(error.__cause__, OSError) else 2


def _close_output() -> None:
    """Send what is left in the buffer nowhere, so that the flush at exit does not object."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with every way to end turned into an exit code and a line for the user."""

    @functools.wraps(command)
    def run(*args: Any, **keywords: Any) -> None:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = warn
                command(*args, **keywords)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except LikelierError as error:
            complain(error, command.__name__)
            raise typer.Exit(code_of(error)) from error
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(130) from None
        except BrokenPipeError:
            # Whoever reads our output has seen enough.
            _close_output()
            raise typer.Exit(0) from None
        except OSError as error:
            _close_output()
            complain(f"cannot write the result: {error.strerror or error}")
            raise typer.Exit(1) from error
        except Exception as error:
            if os.environ.get("LIKELIER_TRACEBACK"):
                raise
            complain(
                f"a fault in likelier: {type(error).__name__}: {error}\n"
                "Set LIKELIER_TRACEBACK=1 to see where, and please report it."
            )
            raise typer.Exit(1) from error

    return run


for _command in (
    demo.demo,
    fit.fit,
    compare.compare,
    predict.predict,
    score.score,
    report.report,
    distributions.distributions,
    ab_test.ab_test,
):
    app.command(_command.__name__.replace("_", "-"))(guarded(_command))
