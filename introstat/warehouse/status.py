"""The command `introstat status`: which completeness rules are over their limits."""

from pathlib import Path

import click
from rich import box
from rich.table import Table

from introstat.console import thousands, warehouse_option, wide_console
from introstat.errors import EXIT_REFUSED, UserError
from introstat.sql import text_literal

_STATES = {
    "ok": ("ok", "green"),
    "warning": ("over the warning limit", "yellow"),
    "stop": ("would refuse a final release", "bold red"),
    "not_applicable": ("nothing to check", "dim"),
}


@click.command("status")
@warehouse_option
@click.option(
    "--half-year",
    metavar="2017H2",
    help="Half-year whose release is asked about. Default: the newest that is over.",
)
def status_command(warehouse: Path, half_year: str | None) -> None:
    """Print every completeness rule: units checked, findings and their share, limits and state.

    A rule is judged over the half-year and what came after, the whole country, so that what is
    going on today counts. A rule over its warning limit warns; one over its stop limit refuses a
    release marked final, not a preliminary one. The limits are rows of
    seeds/rules/completeness_rules.csv.

    Exit code 0: no rule is over its stop limit. 2: no warehouse there, or no such half-year.
    3: at least one rule would refuse a final release.

    \b
    Example:
      introstat status --warehouse introstat.duckdb --half-year 2017H2
    """
    from introstat.warehouse.reading import open_built

    with open_built(warehouse, "dq_rule_states", "completeness_rules") as connection:
        known = connection.execute(_HALF_YEARS).fetchall()
        names = [name for name, _ in known]
        default = next((name for name, is_newest in known if is_newest), None)
        chosen = half_year or default
        if chosen is None or chosen not in names:
            raise UserError(
                f"There is no half-year {half_year or 'that is over'} in this warehouse; "
                f"it holds {_span(names)}. Choose one with --half-year."
            )
        # Written into the query: to bind a value DuckDB imports pandas, which takes longer than
        # everything else here.
        rows = connection.execute(_STATES_OF.format(half_year=text_literal(chosen))).fetchall()
    console = wide_console(120)
    table = Table(
        title=f"Completeness rules, {chosen} and what came after, the whole country",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in ("Rule", "What must hold"):
        table.add_column(column)
    for column in ("Checked", "Findings", "Percent", "Warn", "Stop"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("State", no_wrap=True)
    for rule_id, name, checked, findings, percent, warn, stop, state in rows:
        words, style = _STATES[state]
        share = "" if percent is None else f"{percent:.1f}"
        limits = ["" if limit is None else f"{limit:g}" for limit in (warn, stop)]
        numbers = (thousands(checked), thousands(findings), share, *limits)
        table.add_row(rule_id, name, *numbers, f"[{style}]{words}[/]")
    console.print(table)
    refusing = [row[0] for row in rows if row[-1] == "stop"]
    if refusing:
        console.print(f"A final release would be refused by {', '.join(refusing)}.")
        raise SystemExit(EXIT_REFUSED)
    console.print("No rule would refuse a final release.")


_HALF_YEARS = """
    select half_year, bool_or(is_newest_over) from dq_rule_states group by 1 order by 1
"""

_STATES_OF = """
    select
        states.rule_id, rules.name_en, states.checked, states.findings, 100 * states.share,
        states.warn_percent, states.stop_percent, states.state
    from dq_rule_states as states
    inner join completeness_rules as rules using (rule_id)
    where states.half_year = {half_year}
    order by 1
"""


def _span(half_years: list[str]) -> str:
    return f"{half_years[0]} to {half_years[-1]}" if half_years else "none"
