"""The command line: `likelier COMMAND`, one file a sub-command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    0 done, 2 usage, 3 the data cannot be used, 4 no valid fit exists or none was found, 1 a fault,
    130 interrupted.
    """
    if "numpy" not in sys.modules:
        # Sums run on threads of our own; those of BLAS would spin from their start on, which takes
        # a fifth of a second of CPU before the first number.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from likelier.cli._app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a sign gets a question mark, and not a fault.
            stream.reconfigure(errors="replace")
    app(args=None if arguments is None else list(arguments), prog_name="likelier")
