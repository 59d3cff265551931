"""The command `introstat receive`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from introstat import places
from introstat.errors import EXIT_REFUSED, UserError
from introstat.identity.numbers import SYNTHETIC, SYNTHETIC_MONTHS
from introstat.locking import locked
from introstat.progress import shown

if TYPE_CHECKING:
    from introstat.receipt.receive import Outcome

key_option = click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The pseudonym key, 128 hexadecimal digits. Default: $INTROSTAT_KEY, $INTROSTAT_KEY_FILE, "
    "or the user's configuration folder, where one is made the first time.",
)


def _populations(_: click.Context, __: click.Parameter, value: str) -> frozenset[str]:
    """Return the test populations that an option names."""
    words = {word.strip() for word in value.lower().split(",")}
    if unknown := sorted(words - {"none", *SYNTHETIC_MONTHS}):
        known = ", ".join(SYNTHETIC_MONTHS)
        raise click.BadParameter(f"{unknown[0]!r} is none of {known}; expected some, or none.")
    if "none" in words and len(words) > 1:
        raise click.BadParameter("`none` goes with no other word.")
    return frozenset(words - {"none"})


synthetic_option = click.option(
    "--synthetic",
    envvar="INTROSTAT_SYNTHETIC",
    default=",".join(sorted(SYNTHETIC)),
    show_default=True,
    callback=_populations,
    help="Test populations whose identity numbers are valid, with commas between: tenor (month "
    "+ 80), nav (+ 40), nhn (+ 65); or none, for a register of living persons. Or "
    "$INTROSTAT_SYNTHETIC.",
)


@click.command("receive")
@click.argument("extracts", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--received",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the received copy. Default: beside the default warehouse.",
)
@key_option
@synthetic_option
def receive_command(
    extracts: Path, received: Path | None, key_file: Path | None, synthetic: frozenset[str]
) -> None:
    """Receive every delivery under EXTRACTS (<source>/<date>/manifest.json) that is new.

    Manifest, checksums, row counts and columns are checked, identity numbers replaced by
    pseudonyms, the content compared with the reception check's rules, and a copy kept that never
    changes. A delivery that breaks the contract is refused whole; the others are received. Where
    the check had something to say, the page that says it is named.

    Exit code 0: all received. 2: nothing could be done. 3: at least one delivery was refused.

    \b
    Example:
      introstat receive extracts/
    """
    folder = received or places.received_beside(places.default_warehouse())
    outcome = receive_with_progress(extracts, folder, key_file, Console(stderr=True), synthetic)
    if outcome.refused:
        raise SystemExit(EXIT_REFUSED)


def receive_with_progress(
    extracts: Path,
    received: Path,
    key_file: Path | None,
    console: Console,
    synthetic: frozenset[str] = SYNTHETIC,
) -> "Outcome":
    """Receive with a progress bar and print a line for each remark, refusal and page with more.

    Also when receiving had to stop, of what came before. Raises UserError if there is nothing to
    receive, the key cannot be used, or receiving had to stop.
    """
    from introstat.contract import sources
    from introstat.identity.pseudonyms import Pseudonymiser, load_key
    from introstat.receipt.manifest import find_deliveries
    from introstat.receipt.receive import ReceiptStopped, receive

    if not find_deliveries(extracts):
        raise UserError(
            f"No deliveries under {extracts}. Expected <source>/<date>/manifest.json with source "
            f"{', '.join(sources())}."
        )
    places.usable_folder(received)
    key, origin = load_key(key_file)
    console.print(f"Pseudonyms: {origin}", highlight=False, soft_wrap=True, markup=False)
    with (
        locked(received / ".lock", "another receipt into this folder"),
        shown(console, "Receiving") as tell,
    ):
        try:
            outcome = receive(extracts, received, Pseudonymiser(key), tell, synthetic)
        except ReceiptStopped as stopped:
            _print_outcome(stopped.outcome, received, console)
            raise
    _print_outcome(outcome, received, console)
    return outcome


def _print_outcome(outcome: "Outcome", received: Path, console: Console) -> None:
    say = partial(console.print, highlight=False, soft_wrap=True, markup=False)
    for remark in outcome.remarks:
        say(f"Remark: {remark}")
    for refusal in outcome.refused:
        say(f"Refused: {refusal}", style="red")
    for page in outcome.summaries:
        say(f"Summary: {page}")
    say(
        f"Received {len(outcome.received)} deliveries, {len(outcome.known)} known before, "
        f"{len(outcome.refused)} refused, into {received}"
    )
