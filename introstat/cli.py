"""The console script `introstat`: one command for each thing the package does."""

import shutil
import sys
from importlib import import_module
from typing import Any

import click

from introstat import __version__
from introstat.disclosure.errors import UserError as DisclosureError
from introstat.errors import UserError, said_by_engine
from introstat.identity.numbers import without_numbers
from introstat.places import MEMORY_VARIABLE

# fmt: off
_COMMANDS = {
    "audit": ("introstat.disclosure.command:audit_command",
        "Say whether published files give hidden counts away."),
    "build": ("introstat.warehouse.command:build_command",
        "Receive what is new and build the warehouse."),
    "deliveries": ("introstat.vintages.deliveries:deliveries_command",
        "List what was received and refused, and who used it."),
    "diff": ("introstat.vintages.diff:diff_command",
        "Say which facts changed between two vintages, and why."),
    "key": ("introstat.receipt.key_command:key_group",
        "Make and change the key that pseudonyms are made with."),
    "lists": ("introstat.lists.command:lists_command",
        "Write a municipality's lists and findings as a workbook."),
    "manifest": ("introstat.receipt.manifest_command:manifest_command",
        "Write the manifest of a folder of files."),
    "mapping": ("introstat.receipt.mapping_command:mapping_group",
        "An office's own layout, turned into the contract."),
    "overview": ("introstat.overview.command:overview_command",
        "Write the national overview of completeness, internal."),
    "protect": ("introstat.disclosure.command:protect_command",
        "Hide or round small counts in frequency tables."),
    "receive": ("introstat.receipt.command:receive_command",
        "Check deliveries and keep a copy without identity numbers."),
    "release": ("introstat.release.command:release",
        "Make the release of a half-year or year."),
    "scan": ("introstat.identity.scan_command:scan_command",
        "Look for identity numbers where none may be."),
    "site": ("introstat.site.command:site_command",
        "Make the public site of finished releases."),
    "status": ("introstat.warehouse.status:status_command",
        "Tell which completeness rules would refuse a final release."),
    "summary": ("introstat.warehouse.summary:summary_command",
        "Print a warehouse's main figures and rows received."),
    "synth": ("introstat.synth.command:synth",
        "Write synthetic extracts, with nobody real in them."),
    "verify": ("introstat.release.command:verify",
        "Check a release: checksums, formats, and the audit again."),
}
# fmt: on
"""Every command: where it is, and what the list of commands says of it."""


class _Commands(click.Group):
    """The commands of the table, each imported only when it is called or asked for its help.

    What the commands import takes longer than most of them do. Files, disks and memory that do not
    serve are bad input. Disclosure control stands alone and has errors of its own: they are told
    without identity numbers here, as ours are.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name in _COMMANDS:
            module, attribute = _COMMANDS[name][0].split(":")
            command = getattr(import_module(module), attribute)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DisclosureError as error:
            raise type(error)(without_numbers(error.message)) from None
        except shutil.Error as error:
            # One triple for each entry that was not copied: from, to, why.
            [(_, target, why), *more] = error.args[0]
            others = f" (nor {len(more)} others)" if more else ""
            raise UserError(
                f"{target}: not copied{others}: {why}. Choose another place or mend it."
            ) from None
        except _engine_errors() as error:
            raise UserError(
                f"{said_by_engine(error)} Make room on the disk, mend the file, or give more "
                f"memory with ${MEMORY_VARIABLE}, and try again."
            ) from None
        except OSError as error:
            raise UserError(
                f"{error.filename or 'A file'}: {error.strerror}. Choose another place or mend it."
            ) from None


def _engine_errors() -> tuple[type[Exception], ...]:
    """Return DuckDB's errors of disks and memory, none where no command has imported it."""
    duckdb = sys.modules.get("duckdb")
    return (duckdb.IOException, duckdb.OutOfMemoryException) if duckdb else ()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="introstat")
def main() -> None:
    """Statistics on Norway's introduction programme, from register extracts to facts.

    \b
    Example, from made-up extracts to a warehouse and its main figures:
      introstat synth --out extracts
      introstat build --extracts extracts --warehouse introstat.duckdb
      introstat summary --warehouse introstat.duckdb
    """


for _name, (_, _short_help) in _COMMANDS.items():
    main.add_command(click.Command(_name, short_help=_short_help))
