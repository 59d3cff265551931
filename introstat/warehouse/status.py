"""The command `introstat status`: which completeness rules are over their limits."""

from pathlib import Path

import click
from rich import box
from rich.table import Table

from introstat.console import thousands, warehouse_option, wide_console
from introstat.errors import EXIT_REFUSED, UserError

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
    from introstat.rule_texts import register_rule_texts
    from introstat.warehouse.reading import open_built

    with open_built(warehouse, "dq_rule_states", "completeness_rules", "rule_limits") as connection:
        register_rule_texts(connection)
        every = connection.execute(_STATES_OF_RULES).fetchall()
    names = sorted({row[0] for row in every})
    chosen = half_year or next((name for name, is_newest, *_ in every if is_newest), None)
    if chosen not in names:
        held = f"{names[0]} to {names[-1]}" if names else "none"
        raise UserError(
            f"There is no half-year {half_year or 'that is over'} in this warehouse; "
            f"it holds {held}. Choose one with --half-year."
        )
    rows = [row for name, _, *row in every if name == chosen]
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


_STATES_OF_RULES = """
    select
        states.half_year, states.is_newest_over, states.rule_id, texts.name_en, states.checked,
        states.findings, 100 * states.share, states.warn_percent, states.stop_percent, states.state
    from dq_rule_states as states
    inner join rule_texts as texts using (rule_id)
    order by states.half_year, states.rule_id
"""
