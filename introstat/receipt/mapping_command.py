"""The commands `introstat mapping …`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table as Shown
from rich.text import Text

from introstat.errors import EXIT_REFUSED
from introstat.receipt.command import synthetic_option

if TYPE_CHECKING:
    from introstat.contract import Table
    from introstat.receipt.mapping_check import FileReport, MappingReport


@click.group("mapping")
def mapping_group() -> None:
    """Work with mapping files: how an office's own files become the tables of the contract.

    docs/mapping.md says how one is written.

    \b
    Example:
      introstat mapping check kommunalt-fagsystem --sample examples/kommunalt-fagsystem
    """


@mapping_group.command("check", short_help="Say what a mapping covers and what it leaves open.")
@click.argument("file")
@click.option(
    "--sample",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the office's files to try it on. Without it the mapping alone is judged.",
)
@synthetic_option
def check_command(file: str, sample: Path | None, synthetic: frozenset[str]) -> None:
    """Say what the mapping FILE (a path, or a name in mappings/) makes of the files of a folder.

    Shown are the office's columns and what they become, the contract's columns and where they come
    from, words that are not mapped, rows that fit no table or are left out, and what the receipt
    and staging would refuse, quarantine or remark on: identity numbers, values that are missing or
    cannot be read, repeated keys, periods and codes, by column, how many and the line of the first.
    No identity number, date or number is shown, and nothing is kept.

    Exit code 0: all is mapped. 2: the mapping cannot be understood. 3: something is left open, or
    rows would be quarantined.

    \b
    Example:
      introstat mapping check kommunalt-fagsystem --sample examples/kommunalt-fagsystem
    """
    from introstat.mapping.reading import find_mapping, load_mapping
    from introstat.receipt.mapping_check import check

    path = Path(file)
    mapping = load_mapping(path if path.suffix else find_mapping(file))
    report = check(mapping, sample, synthetic)
    console = Console(highlight=False, markup=False)
    console.print(
        f"Mapping {mapping.name} of {mapping.source.name}: {mapping.description} Reviewed by "
        f"{mapping.reviewed_by}, {mapping.reviewed_on}.",
        soft_wrap=True,
    )
    for each in report.files:
        if each.office is not None:
            _show_file(console, each)
    for table in mapping.source.tables:
        _show_table(console, report, table)
    if report.remarks:
        console.print(f"The receipt would remark: {len(report.remarks)}", style="bold")
        for remark in report.remarks:
            console.print(f"- {remark}", soft_wrap=True)
    if not report.problems:
        console.print("All is mapped.")
        return
    console.print(f"Left open: {len(report.problems)}", style="bold")
    for problem in report.problems:
        console.print(f"- {problem}", soft_wrap=True)
    raise SystemExit(EXIT_REFUSED)


def _show_file(console: Console, file: "FileReport") -> None:
    from introstat.filereading import shown_names

    assert file.office is not None
    title = f"{file.name}: {file.office.rows} rows"
    shown = Shown("column of the office", "becomes", title=title, title_justify="left")
    uses = file.uses()
    for name in file.office.names:
        becomes = ", ".join(uses.get(name, ["– extra: kept but not used"]))
        shown.add_row(Text(shown_names([name])), Text(becomes))
    for name in (*file.missing_needed, *file.missing_others):
        shown.add_row(Text(name), Text("– not in the file"))
    console.print(shown)
    if file.covered is None:
        return
    for mapped in file.rules:
        same = f", {mapped.collapsed} rows the same as another" if mapped.collapsed else ""
        console.print(f"  → {mapped.rule.table.name}: {mapped.rows} rows{same}")
    for ignored, rows in zip(file.layout.ignored, file.covered.ignored, strict=True):
        console.print(f"  → left out: {rows} rows. {ignored.reason}", soft_wrap=True)


def _show_table(console: Console, report: "MappingReport", table: "Table") -> None:
    origins = report.origins(table)
    reasons = dict(report.mapping.absent)
    if not any(origins.values()):
        if table.name in report.mapping.as_contract:
            why = "delivered as the contract says"
        else:
            why = reasons.get(table.name) or ("optional" if table.optional else "no file gives it")
        console.print(f"Table {table.name}: not mapped, {why}", soft_wrap=True)
        return
    title = f"Table {table.name}"
    shown = Shown("column of the contract", "comes from", title=title, title_justify="left")
    for column in table.columns:
        lacking = "– missing, required" if column.required else "– missing, optional"
        name = f"{column.name}{'*' if column.required else ''}"
        shown.add_row(Text(name), Text("\n".join(origins[column.name]) or lacking))
    console.print(shown)
