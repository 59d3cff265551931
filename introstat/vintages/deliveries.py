"""The command `introstat deliveries`."""

import json
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table

from introstat import places
from introstat.console import say, thousands, wide_console
from introstat.errors import UserError
from introstat.receipt import journal
from introstat.receipt.receipts import read_receipt, receipt_paths


@click.command("deliveries")
@click.option(
    "--received",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the received copy. Default: beside the default warehouse.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for a program.")
def deliveries_command(received: Path | None, as_json: bool) -> None:
    """List every delivery that was received or refused, with its rows and the builds that used it.

    A build is named by its warehouse file and as_of; the newest build of each file counts. Builds
    by plain `dbt build` are not in the journal: their deliveries are in stg_receipt__files.

    Exit code 0: listed. 2: nothing was received or refused there, or a receipt is damaged.

    \b
    Example:
      introstat deliveries --received data/introstat.received
    """
    folder = received or places.received_beside(places.default_warehouse())
    known = deliveries_in(folder)
    if not known:
        raise UserError(
            f"Nothing has been received in {folder}. Receive a folder of extracts first: "
            "introstat receive --help"
        )
    if as_json:
        for delivery in known:
            click.echo(json.dumps(delivery, ensure_ascii=False))
        return
    console = wide_console(120)
    console.print(_table(known))
    for delivery in known:
        if delivery["refusal"]:
            say(console, f"{delivery['delivery']}: {delivery['refusal']}")


def deliveries_in(received: Path) -> list[dict[str, Any]]:
    """Return what is known of each delivery that was received or refused, by source and date."""
    receipts = {
        f"{path.parents[1].name}/{path.parent.name}": read_receipt(path)
        for path in receipt_paths(received)
    }
    times: dict[str, str] = {}
    refusals: dict[str, str] = {}
    builds: dict[str, dict[str, Any]] = {}
    for entry in journal.entries(received):
        if entry["event"] == "received":
            times[entry["delivery"]] = entry["at"]
            refusals.pop(entry["delivery"], None)
        elif entry["event"] == "refused":
            times.setdefault(entry["delivery"], entry["at"])
            refusals[entry["delivery"]] = entry["reason"]
        elif entry["event"] == "built":
            builds[entry["warehouse"]] = entry
    known = []
    for name in sorted({*receipts, *times}):
        receipt = receipts.get(name, {})
        files = receipt.get("files", [])
        remarks = receipt.get("remarks", [])
        state = "received with remarks" if remarks else "received"
        if name not in receipts:
            state = "refused"
        elif name in refusals:
            state += "; again: refused"
        used_by = [
            f"{Path(warehouse).name} ({build['as_of']})"
            for warehouse, build in sorted(builds.items())
            if name in build["deliveries"]
        ]
        known.append(
            {
                "delivery": name,
                "state": state,
                "at": times.get(name),
                "covers_until": receipt.get("covers_until"),
                "files": len(files),
                "rows": sum(file["received_rows"] for file in files),
                "remarks": remarks,
                "refusal": refusals.get(name),
                "used_by": used_by,
            }
        )
    return known


def _table(deliveries: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Delivery", no_wrap=True)
    table.add_column("Covers until")
    table.add_column("Files", justify="right")
    table.add_column("Rows", justify="right")
    for name in ("State", "At", "Used by (as of)"):
        table.add_column(name)
    for delivery in deliveries:
        is_received = delivery["state"] != "refused"
        table.add_row(
            delivery["delivery"],
            delivery["covers_until"] or "",
            str(delivery["files"]) if is_received else "",
            thousands(delivery["rows"]) if is_received else "",
            delivery["state"],
            (delivery["at"] or "")[:16].replace("T", " "),
            ", ".join(delivery["used_by"]),
        )
    return table
