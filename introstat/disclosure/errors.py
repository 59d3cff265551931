"""Errors that speak to the person who can act, and the exit codes of both commands."""

import click

EXIT_BAD_INPUT = 2
EXIT_REFUSED = 3


class UserError(click.ClickException):
    """Something the user can mend: the message says what was found, what was expected, what to do.

    Exit code 2. A message repeats names, codes and values of the files; what of them must not be
    shown is for the program that shows it.
    """

    exit_code = EXIT_BAD_INPUT
