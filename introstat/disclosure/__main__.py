"""`python -m introstat.disclosure`: both commands, with nothing else of introstat."""

from typing import Any

import click

from introstat.disclosure.command import audit_command, protect_command
from introstat.disclosure.errors import UserError


class _Commands(click.Group):
    """Files that cannot be read or written are bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise UserError(
                f"{error.filename or 'A file'}: {error.strerror}. Choose another place or mend it."
            ) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Hide or round small counts in frequency tables, and audit what was published."""


main.add_command(protect_command)
main.add_command(audit_command)

if __name__ == "__main__":
    main(prog_name="python -m introstat.disclosure")
