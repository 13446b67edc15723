"""The command line: fit, compare, predict and report without writing Python."""
