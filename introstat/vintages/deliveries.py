"""The command `introstat deliveries`."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from introstat import places
from introstat.errors import UserError
from introstat.receipt import journal
from introstat.receipt.receipts import read_receipt, receipt_paths


@dataclass
class Delivery:
    """What is known of a delivery: its receipt, if it was received, and the journal's events."""

    name: str
    receipt: dict[str, Any] | None = None
    at: str = ""
    refusal: str = ""
    used_by: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`received`, `received with remarks`, `refused`, or both when a changed one came later."""
        if self.receipt is None:
            return "refused"
        received = "received with remarks" if self.receipt["remarks"] else "received"
        return f"{received}; again: refused" if self.refusal else received


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
            click.echo(json.dumps(_facts(delivery), ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.width = max(console.width, 120)
    console.print(_table(known))
    for delivery in known:
        if delivery.refusal:
            console.print(f"{delivery.name}: {delivery.refusal}", soft_wrap=True, markup=False)


def deliveries_in(received: Path) -> list[Delivery]:
    """Return the deliveries of a received copy by source and date, with refused ones among them."""
    known: dict[str, Delivery] = defaultdict(lambda: Delivery(""))
    for path in receipt_paths(received):
        name = f"{path.parents[1].name}/{path.parent.name}"
        known[name] = Delivery(name, read_receipt(path))
    builds: dict[str, dict[str, Any]] = {}
    for entry in journal.entries(received):
        if entry["event"] in ("received", "refused"):
            delivery = known[entry["delivery"]]
            delivery.name = entry["delivery"]
            if entry["event"] == "received":
                delivery.at, delivery.refusal = entry["at"], ""
            else:
                delivery.refusal = entry["reason"]
                delivery.at = delivery.at or entry["at"]
        elif entry["event"] == "built":
            builds[entry["warehouse"]] = entry
    for warehouse, build in sorted(builds.items()):
        for name in build["deliveries"]:
            if name in known:
                known[name].used_by.append(f"{Path(warehouse).name} ({build['as_of']})")
    return [known[name] for name in sorted(known)]


def _facts(delivery: Delivery) -> dict[str, Any]:
    receipt = delivery.receipt or {}
    return {
        "delivery": delivery.name,
        "state": delivery.state,
        "at": delivery.at or None,
        "covers_until": receipt.get("covers_until"),
        "files": len(receipt.get("files", [])),
        "rows": sum(file["received_rows"] for file in receipt.get("files", [])),
        "remarks": receipt.get("remarks", []),
        "refusal": delivery.refusal or None,
        "used_by": delivery.used_by,
    }


def _table(deliveries: list[Delivery]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    names = ("Delivery", "Covers until", "Files", "Rows", "State", "At", "Used by (as of)")
    for name in names:
        table.add_column(
            name,
            justify="right" if name in ("Files", "Rows") else "left",
            no_wrap=name == "Delivery",
        )
    for delivery in deliveries:
        facts = _facts(delivery)
        table.add_row(
            delivery.name,
            facts["covers_until"] or "",
            str(facts["files"]) if delivery.receipt else "",
            f"{facts['rows']:,}".replace(",", " ") if delivery.receipt else "",
            delivery.state,
            delivery.at[:16].replace("T", " "),
            ", ".join(delivery.used_by),
        )
    return table
