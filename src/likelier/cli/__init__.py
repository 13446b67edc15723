"""The command line: `likelier COMMAND`, one file a sub-command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    0 done, 2 usage, 3 the data cannot be used, 4 no valid fit exists or none was found, 1 a fault.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    from likelier.cli._app import app
    from likelier.cli._output import complain
    from likelier.errors import DataError, LikelierError, ModelFileError, NoFiniteOptimumError

    try:
        app(args=None if arguments is None else list(arguments), prog_name="likelier")
    except SystemExit as end:
        # Usage errors and `typer.Exit` have been dealt with and carry their code.
        return end.code if isinstance(end.code, int) else 0
    except NoFiniteOptimumError as error:
        complain(str(error))
        return 4
    except (DataError, ModelFileError) as error:
        complain(str(error))
        return 3
    except LikelierError as error:
        complain(str(error))
        return 2
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; silence the flush at exit too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("LIKELIER_TRACEBACK"):
            raise
        complain(
            f"a fault in likelier: {type(error).__name__}: {error}. "
            "Set LIKELIER_TRACEBACK=1 to see where, and report it"
        )
        return 1
    return 0
