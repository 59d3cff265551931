"""What is written in the workbooks of some municipalities: the warehouse's figures as they are.

Each query is run once for all municipalities: one by one takes longer than writing the workbooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from introstat import norwegian
from introstat.lists.municipality import Municipality
from introstat.lists.sheets import COUNTS, SHEETS, ListSheet
from introstat.rule_texts import register_rule_texts
from introstat.warehouse.reading import known_until, report_limits

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Content:
    """What is written in the workbooks; what is a municipality's own, by its code."""

    as_of: date
    observed_until: date
    nir_delivered: date
    sheets: tuple[ListSheet, ...]
    half_years: list[str]
    """Those of the trend, oldest first."""
    light_labels: dict[str, str]
    """By state."""
    counts: list[tuple[str, str, dict[str, int]]]
    """The overview's first figures: label, sheet, and the count of each municipality."""
    rules: dict[str, list[Row]]
    """Each rule's state, and last its share of findings by half-year."""
    todos: dict[str, list[Row]]
    """Rule, what was found, and what to do."""
    rows: dict[str, dict[str, list[Row]]]
    """Of each list, by the name of its sheet."""


def read_content(
    connection: duckdb.DuckDBPyConnection, municipalities: Sequence[Municipality]
) -> Content:
    """Return what the workbooks of some municipalities need, all but the identity numbers."""

    def by_code(query: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {municipality.code: [] for municipality in municipalities}
        wanted = f"from ({query}) as listed (code) where list_contains($codes, code)"
        for code, *row in connection.execute(wanted, {"codes": list(found)}).fetchall():
            found[code].append(tuple(row))
        return found

    register_rule_texts(connection)
    words = _words(connection)
    counts = []
    for each in COUNTS:
        query = _COUNT.format(table=each["table"], where=each.get("where", "true"))
        count = dict(connection.execute(query).fetchall())
        counts.append((each["label"].format(**words[each["sheet"]]), each["sheet"], count))
    return Content(
        *known_until(connection),
        tuple(_worded(sheet, words[sheet.name]) for sheet in SHEETS),
        sorted(half_year for (half_year,) in connection.execute(_HALF_YEARS).fetchall()),
        dict(connection.execute("select state, label_nb from rule_lights").fetchall()),
        counts,
        by_code(_RULES.format(half_years=_HALF_YEARS)),
        by_code(_TODOS),
        {sheet.name: by_code(sheet.query) for sheet in SHEETS},
    )


def _words(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return what the names in braces in the texts of each sheet stand for."""
    likely = norwegian.out_of(report_limits(connection)["registration_interval"]).capitalize()
    [(year,)] = connection.execute(_REPORT_YEAR).fetchall()
    words = {sheet.name: {"report_year": str(year), "likely": likely} for sheet in SHEETS}
    for sheet, rules in connection.execute(_RULES_OF_SHEETS).fetchall():
        words[sheet]["rules"] = rules
    for sheet, name, value, unit in connection.execute(_LIMITS_OF_SHEETS).fetchall():
        words[sheet][name] = norwegian.limit(value, unit)
    return words


def _worded(sheet: ListSheet, words: dict[str, str]) -> ListSheet:
    return replace(
        sheet,
        title=sheet.title.format(**words),
        intro=sheet.intro.format(**words),
        columns=tuple(replace(each, title=each.title.format(**words)) for each in sheet.columns),
    )


_COUNT = """
    select current_municipality_code, count(*)
    from {table}
    where {where}
    group by current_municipality_code
"""

# The year of the list of participants; the year of observed_until if nobody took part.
_REPORT_YEAR = """
    select cast(coalesce(max(report_year), max(extract(year from observed_until))) as integer)
    from dim_vintage
    left join rpt_participants on true
"""

_RULES_OF_SHEETS = """
    select sheet, string_agg(rule_id, ', ' order by rule_id)
    from completeness_rules
    where sheet is not null
    group by sheet
"""

_LIMITS_OF_SHEETS = """
    select sheet, limit_name, limit_value, rule_limits.unit
    from completeness_rules
    inner join rule_limits using (rule_id)
    where sheet is not null
"""

_HALF_YEARS = """
    select half_year
    from rpt_completeness
    where half_year <= (select min(half_year) from dq_rule_states where is_newest_over)
    group by half_year
    order by half_year desc
    limit (select limit_value::int from report_limits where limit_name = 'trend_half_years')
"""

_RULES = """
    with trend as (
        select
            current_municipality_code, rule_id,
            map(list(half_year), list(share)) as shares
        from rpt_completeness
        where share is not null and half_year in ({half_years})
        group by current_municipality_code, rule_id
    )

    select
        states.current_municipality_code,
        groups.label_nb, states.rule_id, texts.name_nb, texts.finding_nb, states.checked,
        states.findings, states.share, country.share, states.state, trend.shares
    from rpt_rule_states as states
    inner join completeness_rules as rules using (rule_id)
    inner join rule_texts as texts using (rule_id)
    inner join todo_groups as groups using (todo_group)
    inner join dq_rule_states as country
        on states.rule_id = country.rule_id and country.is_newest_over
    left join trend
        on states.rule_id = trend.rule_id
        and states.current_municipality_code = trend.current_municipality_code
    where states.checked > 0 or trend.shares is not null
    order by groups.sort_order, states.rule_id
"""

_TODOS = """
    select
        findings.current_municipality_code, findings.rule_id,
        texts.name_nb || ' – ' || any_value(texts.finding_nb) || '. ' || any_value(texts.todo_nb)
        || '. (' || count(*) || ' funn)'
    from rpt_findings as findings
    inner join rule_texts as texts using (rule_id)
    group by findings.current_municipality_code, findings.rule_id, texts.name_nb
"""
