"""The overview's page: what is read from the warehouse, and how it is put into the template."""

from pathlib import Path
from typing import Any

import duckdb
import jinja2

from introstat import norwegian, scrolling
from introstat.overview import charts
from introstat.rule_texts import register_rule_texts
from introstat.warehouse.reading import known_until, report_limits

INTERNAL = "Intern – ikke for publisering"
TABLES = (
    "rpt_municipality_ranking", "rpt_country_completeness", "rpt_rule_states", "dq_rule_states",
    "fct_registration_share", "dim_municipality", "dim_vintage", "report_limits",
    "registration_method",
)  # fmt: skip
"""What a warehouse must hold for the overview to be made of it."""

_RULES = """
    select
        rules.rule_id, texts.name_nb, texts.finding_nb, rules.legal_basis, rules.owner,
        states.checked, states.findings, states.share, states.state, lights.label_nb as light,
        cast(rules.warn_percent as double) as warn_percent,
        cast(rules.stop_percent as double) as stop_percent,
        (
            select count(*) from rpt_rule_states as s
            where s.rule_id = rules.rule_id and s.state = 'stop'
        ) as stop_municipalities,
        (
            select count(*) from rpt_rule_states as s
            where s.rule_id = rules.rule_id and s.state = 'warning'
        ) as warning_municipalities
    from completeness_rules as rules
    inner join rule_texts as texts using (rule_id)
    inner join dq_rule_states as states
        on rules.rule_id = states.rule_id and states.is_newest_over
    inner join rule_lights as lights using (state)
    order by lights.sort_order, rules.rule_id
"""

_DEVELOPMENT = """
    select rule_id, half_year, share, is_extended_access
    from rpt_country_completeness
    where half_year in (
        select half_year from rpt_country_completeness
        where half_year <= (select min(half_year) from dq_rule_states where is_newest_over)
        group by half_year
        order by half_year desc
        limit (select limit_value::int from report_limits where limit_name = 'trend_half_years')
    )
    order by half_year
"""

_MUNICIPALITIES = """
    with names as (
        select municipality_code, municipality_name, county_name
        from dim_municipality
        cross join dim_vintage
        where valid_from <= observed_until
        qualify row_number() over (
            partition by municipality_code order by valid_from desc
        ) = 1
    ),

    over_limit as (
        select
            current_municipality_code,
            string_agg(rule_id, ', ' order by rule_id) filter (state = 'stop') as stop_rules,
            string_agg(rule_id, ', ' order by rule_id) filter (state = 'warning') as warning_rules
        from rpt_rule_states
        inner join completeness_rules using (rule_id)
        where owner = 'kommune'
        group by current_municipality_code
    )

    select
        ranking.rank, ranking.current_municipality_code as code,
        coalesce(names.municipality_name, 'ukjent kommunenummer') as name,
        coalesce(names.county_name, '') as county, ranking.participant_count,
        ranking.stop_count, ranking.warning_count, ranking.findings,
        ranking.findings_per_participant, over_limit.stop_rules, over_limit.warning_rules
    from rpt_municipality_ranking as ranking
    left join names on ranking.current_municipality_code = names.municipality_code
    left join over_limit using (current_municipality_code)
    order by ranking.rank nulls last, ranking.current_municipality_code
"""

_REGISTRATION = """
    select
        shares.half_year, types.label_nb as event, shares.age_months, shares.known_count,
        shares.known_share, shares.known_share_low, shares.known_share_high,
        shares.expected_count
    from fct_registration_share as shares
    inner join event_types as types using (event_type)
    where shares.region_type = 'country'
        and shares.age_months <= (
            select limit_value
            from report_limits
            where limit_name = 'overview_registration_months'
        )
    order by shares.half_year desc, types.sort_order
"""

_HEADLINES = """
    select
        min(half_year) as half_year, count(*) as municipalities,
        count(*) filter (stop_count > 0) as with_stop,
        count(*) filter (stop_count = 0 and warning_count > 0) as with_warning,
        (select count(*) from dq_rule_states where is_newest_over and state = 'stop') as stop_rules,
        (select count(*) from dq_rule_states where is_newest_over and state = 'warning')
            as warning_rules
    from rpt_municipality_ranking
"""


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def make_page(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the whole page: HTML that asks for nothing outside itself."""
    as_of, observed, delivered = known_until(connection)
    register_rule_texts(connection)
    points: dict[str, list[charts.Point]] = {}
    for row in _rows(connection, _DEVELOPMENT):
        points.setdefault(row["rule_id"], []).append(
            charts.Point(
                norwegian.half_year(row["half_year"]), row["share"], row["is_extended_access"]
            )
        )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    for name in ("whole", "decimal", "percent", "in_words", "out_of", "months", "day", "half_year"):
        environment.filters[name] = getattr(norwegian, name)
    return environment.get_template("overview.html.j2").render(
        internal=INTERNAL,
        scrolling=scrolling,
        as_of=as_of,
        observed=observed,
        delivered=delivered,
        headlines=_rows(connection, _HEADLINES)[0],
        limits=report_limits(connection),
        rules=_rows(connection, _RULES),
        points=points,
        municipalities=_rows(connection, _MUNICIPALITIES),
        registration=_rows(connection, _REGISTRATION),
        development=charts.development,
        interval=charts.interval,
    )
