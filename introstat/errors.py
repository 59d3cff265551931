"""Errors that speak to the person who can act, and the exit codes of every command."""

import click

from introstat.identity.numbers import without_numbers

EXIT_BUILD_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_REFUSED = 3


class UserError(click.ClickException):
    """Something the user can mend: the message says what was found, what was expected, what to do.

    Exit code 2. A message never holds an identity number, whatever name or value it repeats.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(self, message: str) -> None:
        super().__init__(without_numbers(message))


class DeliveryRefused(UserError):
    """A delivery that does not keep the contract; nothing of it is used. Exit code 3.

    `kind` is a row of introstat/receipt/check/refusals.csv, which says in Norwegian what it is and
    what to do.
    """

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class BuildFailed(UserError):
    """The warehouse could not be built; the earlier file, if any, is untouched. Exit code 1."""

    exit_code = EXIT_BUILD_FAILED


def said_by_engine(error: Exception) -> str:
    """Return the first line of what DuckDB says of a disk, a file or memory, with its full stop.

    Only for IOException and OutOfMemoryException, which name files and sizes: what DuckDB says of
    other errors may quote a row.
    """
    return str(error).splitlines()[0].rstrip(". ") + "."
