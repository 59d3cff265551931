"""The console script `introstat`: one command for each thing the package does."""

import shutil
from typing import Any

import click
import duckdb

from introstat import __version__
from introstat.disclosure.command import audit_command, protect_command
from introstat.errors import UserError, said_by_engine
from introstat.identity.scan_command import scan_command
from introstat.lists.command import lists_command
from introstat.mapping.command import mapping_group
from introstat.overview.command import overview_command
from introstat.places import MEMORY_VARIABLE
from introstat.receipt.command import receive_command
from introstat.receipt.describe import manifest_command
from introstat.receipt.key_command import key_group
from introstat.release.command import release, verify
from introstat.synth.command import synth
from introstat.vintages.deliveries import deliveries_command
from introstat.vintages.diff import diff_command
from introstat.warehouse.command import build_command
from introstat.warehouse.status import status_command
from introstat.warehouse.summary import summary_command


class _Commands(click.Group):
    """A group whose commands tell of files, disks and memory that do not serve as bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except shutil.Error as error:
            # One triple for each entry that was not copied: from, to, why.
            [(_, target, why), *more] = error.args[0]
            others = f" (nor {len(more)} others)" if more else ""
            raise UserError(
                f"{target}: not copied{others}: {why}. Choose another place or mend it."
            ) from None
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise UserError(
                f"{said_by_engine(error)} Make room on the disk, mend the file, or give more "
                f"memory with ${MEMORY_VARIABLE}, and try again."
            ) from None
        except OSError as error:
            raise UserError(
                f"{error.filename or 'A file'}: {error.strerror}. Choose another place or mend it."
            ) from None


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


main.add_command(synth)
main.add_command(receive_command)
main.add_command(key_group)
main.add_command(scan_command)
main.add_command(manifest_command)
main.add_command(mapping_group)
main.add_command(build_command)
main.add_command(summary_command)
main.add_command(deliveries_command)
main.add_command(diff_command)
main.add_command(status_command)
main.add_command(protect_command)
main.add_command(audit_command)
main.add_command(lists_command)
main.add_command(overview_command)
main.add_command(release)
main.add_command(verify)
