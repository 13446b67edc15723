"""`python -m likelier`: the command line where the script `likelier` is not on the path."""

from likelier.cli import main

main()
