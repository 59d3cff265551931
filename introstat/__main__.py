"""Lets `python -m introstat` do what the console script does."""

from introstat.cli import main

main()
