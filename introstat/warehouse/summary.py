"""The command `introstat summary`: the figures a newcomer wants to see first."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.table import Table

from introstat.console import say, thousands, warehouse_option, wide_console
from introstat.queries import only_row

if TYPE_CHECKING:
    import duckdb


@click.command("summary")
@warehouse_option
def summary_command(warehouse: Path) -> None:
    """Print participants, direct result and one-year status by year, and rows received by file.

    The figures are read from stat_country_years and dq_conservation; nothing is computed here.
    They are figures before disclosure control and not for publication.

    Exit code 0: printed. 2: no warehouse there.

    \b
    Example:
      introstat summary --warehouse introstat.duckdb
    """
    from introstat.warehouse.reading import open_built

    console = wide_console(100)
    with open_built(
        warehouse, "stat_country_years", "dq_conservation", "dim_vintage"
    ) as connection:
        for title, query in (("Main figures, the whole country", _HEADLINE), ("Rows", _ROWS)):
            console.print(_table(connection, title, query))
        as_of, observed_until, *delivered = only_row(connection, _VINTAGE)
    say(
        console,
        f"Known as of {as_of}; the programme is observed until {observed_until}, so the last "
        "year may be a part of one.",
    )
    for missing, consequence in zip(delivered, _WITHOUT, strict=True):
        if missing is None:
            say(console, consequence)
    say(console, _EXPLANATION)
    say(console, "Figures before disclosure control: not for publication.")
    say(console, f"Warehouse: {warehouse}")


_HEADLINE = """
    select
        year::varchar as "Year", participants as "Participants", men as "Men", women as "Women",
        exits as "Exits", direct_result_percent as "Direct %",
        former_participants as "Former", status_percent as "Status %",
        case when not has_income_source then 'no income data'
            when is_status_preliminary then 'preliminary'
            when not is_status_preliminary then 'final' end as "Status is"
    from stat_country_years
    where year > (select extract(year from observed_until) - 5 from dim_vintage)
    order by year
"""

_ROWS = """
    select
        source as "Source", table_name as "Table", count(distinct delivered) as "Deliveries",
        sum(received_rows) as "Received", sum(staged_rows) as "Staged",
        sum(quarantined_rows) as "Quarantined"
    from dq_conservation
    group by all
    order by source, table_name
"""

_EXPLANATION = (
    "Direct %: exits of the year to work or education (IMDi). Status %: former participants, "
    "resident and in work or education on 30 November one year after (SSB)."
)

_VINTAGE = """
    select as_of, observed_until, aordningen_delivered, folkeregister_delivered, status_delivered
    from dim_vintage
"""

_WITHOUT = (
    "No delivery of aordningen: no benefit, and nobody is known to be employed.",
    "No delivery of folkeregister: nobody is known to be resident, so there is no status.",
    "No delivery of status: statuses that need it are unknown (08).",
)


def _table(connection: "duckdb.DuckDBPyConnection", title: str, query: str) -> Table:
    cursor = connection.execute(query)
    rows = cursor.fetchall()
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for place, column in enumerate(cursor.description or ()):
        is_text = any(isinstance(row[place], str) for row in rows)
        table.add_column(column[0], justify="left" if is_text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(_shown(value) for value in row))
    return table


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else thousands(int(value))
