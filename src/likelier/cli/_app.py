"""The program: its options and its sub-commands."""

from __future__ import annotations

from typing import Annotated

import typer

from likelier.cli import compare, demo, distributions, fit, predict, report, score
from likelier.cli._output import Settings, show

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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and remarks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before a command."""
    Settings.quiet = quiet


app.command("demo")(demo.demo)
app.command("fit")(fit.fit)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("score")(score.score)
app.command("report")(report.report)
app.command("distributions")(distributions.distributions)
