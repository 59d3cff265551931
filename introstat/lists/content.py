"""What stands on each sheet: titles, columns and the queries that fill them.

Every figure is read from the warehouse as it stands there; nothing is counted here. A query is
asked once for all the municipalities that get a workbook, and its first column says whose the row
is: one by one, the queries took longer than writing the workbooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import duckdb

from introstat.lists.municipality import Municipality
from introstat.warehouse.reading import known_until

Row = tuple[Any, ...]


class Kind(StrEnum):
    """How a column's values are written."""

    IDENT = "ident"
    """A person's pseudonym, restored to the identity number."""
    TEXT = "text"
    WRAPPED = "wrapped"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"
    FINE_PERCENT = "fine_percent"
    """With one decimal."""
    AMOUNT = "amount"
    YES_NO = "yes_no"
    LIGHT = "light"
    """A state of the traffic light; its label is written."""


@dataclass(frozen=True)
class Column:
    """One column of a list."""

    title: str
    kind: Kind
    width: float


@dataclass(frozen=True)
class ListSheet:
    """A sheet that is one table: what it is called, what a reader must know, and its rows.

    The query gives the municipality's code and then the columns, for the codes in `$codes`.
    """

    name: str
    title: str
    intro: str
    columns: tuple[Column, ...]
    query: str


TABLES = (
    "rpt_participants",
    "rpt_entitled_without_decision",
    "rpt_participants_without_measures",
    "rpt_ended_participants",
    "rpt_findings",
    "rpt_completeness",
    "rpt_rule_states",
    "rpt_kostra_reconciliation",
    "rpt_benefit_reconciliation",
    "fct_registration_share",
    "dim_municipality",
    "dim_vintage",
)
"""What a warehouse must hold for a workbook to be made of it."""

FINDINGS = ListSheet(
    "Å gjøre",
    "Hva som skal gjøres i NIR",
    "Funn som kommunen kan gjøre noe med, gruppert etter hva slags arbeid det er. Under hver regel "
    "står hva som er funnet og hva som skal gjøres; pluss og minus i margen åpner og lukker. Eldre "
    "funn er talt med i oversikten, men ikke ført opp her.",
    (
        Column("Arbeid", Kind.TEXT, 36),
        Column("Regel", Kind.TEXT, 7),
        Column("Fødselsnummer", Kind.IDENT, 15),
        Column("Deltakelse", Kind.TEXT, 12),
        Column("Post-ID", Kind.TEXT, 12),
        Column("Gjelder dato", Kind.DATE, 13),
        Column("Nærmere om funnet", Kind.WRAPPED, 78),
    ),
    """
    select
        findings.current_municipality_code,
        groups.label_nb, findings.rule_id, findings.person_key, findings.participation_id,
        case when findings.record_id <> coalesce(findings.participation_id, '')
            then findings.record_id end,
        findings.event_date, findings.detail
    from rpt_findings as findings
    inner join todo_groups as groups using (todo_group)
    where findings.current_municipality_code in (select unnest($codes))
    order by
        groups.sort_order, findings.rule_id, findings.event_date desc, findings.participation_id,
        findings.unit_type, findings.record_id, findings.person_key, findings.detail
    """,
)

TODOS = """
    select
        findings.current_municipality_code, findings.rule_id,
        rules.name_nb || ' – ' || any_value(rules.finding_nb) || '. ' || any_value(rules.todo_nb)
        || '. (' || count(*) || ' funn)'
    from rpt_findings as findings
    inner join completeness_rules as rules using (rule_id)
    where findings.current_municipality_code in (select unnest($codes))
    group by findings.current_municipality_code, findings.rule_id, rules.name_nb
"""

LISTS = (
    ListSheet(
        "Deltakere",
        "Deltakere i {report_year}",
        "Deltakelser i rapportåret for personer med vedtak om tildeling. Uker, timer og tiltak er "
        "årets, regnet i programdager (mandag–fredag uten permisjon).",
        (
            Column("Fødselsnummer", Kind.IDENT, 14),
            Column("Deltakelse", Kind.TEXT, 11),
            Column("Start", Kind.DATE, 12),
            Column("Slutt", Kind.DATE, 12),
            Column("Uker i året", Kind.DECIMAL, 11),
            Column("Timer i året", Kind.DECIMAL, 12),
            Column("Timer per uke", Kind.DECIMAL, 13),
            Column("Tiltak i året", Kind.WRAPPED, 70),
        ),
        """
        select
            current_municipality_code,
            person_key, participation_id, start_date, end_date, programme_weeks,
            cast(planned_hours as double), hours_per_week,
            (
                select string_agg(label_nb, '; ' order by sort_order)
                from dim_measure_type
                where list_contains(string_split(measure_types, ', '), measure_type)
            )
        from rpt_participants
        where current_municipality_code in (select unnest($codes))
        order by start_date desc, participation_id
        """,
    ),
    ListSheet(
        "Uten vedtak",
        "Personer i en kategori for introduksjonsprogram, uten vedtak",
        "Registrer vedtak om tildeling eller avslag. Er kategorien eller kommunen feil, meld fra.",
        (
            Column("Fødselsnummer", Kind.IDENT, 14),
            Column("Kategori", Kind.TEXT, 44),
            Column("I kategorien fra", Kind.DATE, 15),
            Column("Dager i kategorien", Kind.INTEGER, 18),
        ),
        """
        select
            lists.current_municipality_code,
            lists.person_key, coalesce(categories.label_nb, lists.category), lists.category_from,
            lists.days_in_category
        from rpt_entitled_without_decision as lists
        left join categories using (category)
        where lists.current_municipality_code in (select unnest($codes))
        order by lists.days_in_category desc, lists.person_key
        """,
    ),
    ListSheet(
        "Uten tiltak",
        "Deltakere uten tiltak de siste to månedene",
        "Registrer tiltakene, eller avslutt deltakelsen med sluttdato og årsak. Den som har hatt "
        "permisjon hele tiden, trenger ikke tiltak.",
        (
            Column("Fødselsnummer", Kind.IDENT, 14),
            Column("Deltakelse", Kind.TEXT, 11),
            Column("Siste tiltaksdag", Kind.DATE, 15),
            Column("Dager uten tiltak", Kind.INTEGER, 17),
            Column("Permisjon hele tiden", Kind.YES_NO, 20),
        ),
        """
        select
            current_municipality_code,
            person_key, participation_id, last_measure_date, days_without_measure, is_on_leave
        from rpt_participants_without_measures
        where current_municipality_code in (select unnest($codes))
        order by is_on_leave, days_without_measure desc, participation_id
        """,
    ),
    ListSheet(
        "Avsluttede",
        "Avsluttede deltakelser",
        "Alle år, de siste først. Opphold er programdager på rad uten tiltak; permisjon og helg "
        "hverken avbryter eller forlenger det.",
        (
            Column("År", Kind.TEXT, 7),
            Column("Fødselsnummer", Kind.IDENT, 14),
            Column("Deltakelse", Kind.TEXT, 11),
            Column("Kategori ved start", Kind.TEXT, 40),
            Column("Slutt", Kind.DATE, 12),
            Column("Avslutningsårsak", Kind.TEXT, 34),
            Column("Årsak registrert", Kind.YES_NO, 15),
            Column("Dager med tiltak", Kind.PERCENT, 16),
            Column("Lengste opphold (dager)", Kind.INTEGER, 22),
        ),
        """
        select
            lists.current_municipality_code,
            cast(lists.end_year as varchar), lists.person_key, lists.participation_id,
            coalesce(categories.label_nb, lists.category), lists.end_date,
            coalesce(reasons.label_nb, lists.termination_reason), lists.has_registered_reason,
            lists.measure_coverage, lists.longest_gap_days
        from rpt_ended_participants as lists
        left join categories using (category)
        left join dim_termination_reason as reasons using (termination_reason)
        where lists.current_municipality_code in (select unnest($codes))
        order by lists.end_date desc, lists.participation_id
        """,
    ),
)

KOSTRA = ListSheet(
    "KOSTRA",
    "NIR mot KOSTRA skjema 11b",
    "Personer etter det kommunen rapporterte på skjema 11b, og etter NIR samme år. Gruppene er de "
    "som finnes på begge sider. Under 90 prosent i NIR er et funn (regel C23).",
    (
        Column("År", Kind.TEXT, 7),
        Column("Gruppe", Kind.TEXT, 38),
        Column("I KOSTRA", Kind.INTEGER, 11),
        Column("I NIR", Kind.INTEGER, 11),
        Column("I begge", Kind.INTEGER, 11),
        Column("Bare i KOSTRA", Kind.INTEGER, 14),
        Column("Bare i NIR", Kind.INTEGER, 12),
        Column("NIR av KOSTRA", Kind.PERCENT, 15),
    ),
    """
    select
        current_municipality_code,
        cast(reporting_year as varchar), labels.label_nb, in_kostra, in_nir, in_both,
        only_in_kostra, only_in_nir, nir_share
    from rpt_kostra_reconciliation
    inner join comparison_groups as labels using (comparison_group)
    where current_municipality_code in (select unnest($codes))
    order by reporting_year desc, labels.sort_order
    """,
)

BENEFIT = ListSheet(
    "Stønad",
    "Deltakelse mot innberettet introduksjonsstønad",
    "Måneder, etter NIR og etter a-meldingen. Månedene som ikke stemmer, står person for person på "
    "arket «Å gjøre» (C11, C12, C13). Full stønad er det loven gir for de samme månedene uten "
    "trekk.",
    (
        Column("År", Kind.TEXT, 7),
        Column("Hele deltakermåneder", Kind.INTEGER, 20),
        Column("– uten stønad", Kind.INTEGER, 14),
        Column("Stønadsmåneder", Kind.INTEGER, 16),
        Column("– uten deltakelse", Kind.INTEGER, 16),
        Column("– over halvannen gang full", Kind.INTEGER, 25),
        Column("Innberettet (kr)", Kind.AMOUNT, 18),
        Column("Full stønad (kr)", Kind.AMOUNT, 18),
    ),
    """
    select
        current_municipality_code,
        cast(year as varchar), participation_months, months_without_benefit, benefit_months,
        benefit_without_participation, benefit_over_limit, cast(amount as double),
        cast(full_amount as double)
    from rpt_benefit_reconciliation
    where current_municipality_code in (select unnest($codes))
    order by year desc
    """,
)

REGISTRATION = ListSheet(
    "Etterregistrering",
    "Hvor mye av halvåret er registrert",
    "Anslag på hvor stor del av halvårets hendelser som vanligvis er registrert når halvåret er så "
    "gammelt som nå, etter hvordan tidligere halvår ble fylt opp. Fire av fem ganger ligger "
    "halvårets andel mellom laveste og høyeste. Små kommuner låner erfaring av fylket og landet.",
    (
        Column("Halvår", Kind.TEXT, 18),
        Column("Hendelse", Kind.TEXT, 24),
        Column("Måneder siden slutt", Kind.INTEGER, 19),
        Column("Registrert nå", Kind.INTEGER, 14),
        Column("Vanligvis kjent", Kind.PERCENT, 15),
        Column("Laveste", Kind.PERCENT, 11),
        Column("Høyeste", Kind.PERCENT, 11),
        Column("Ventet i alt", Kind.INTEGER, 12),
    ),
    """
    select
        shares.region_code,
        left(shares.half_year, 4) || ', ' || right(shares.half_year, 1) || '. halvår',
        types.label_nb, shares.age_months, shares.known_count,
        shares.known_share, shares.known_share_low, shares.known_share_high,
        shares.expected_count
    from fct_registration_share as shares
    inner join event_types as types using (event_type)
    where shares.region_type = 'municipality' and shares.region_code in (select unnest($codes))
        and shares.age_months <= 24
    order by shares.half_year desc, types.sort_order
    """,
)

COUNTS = (
    ("Deltakere i {report_year}", "Deltakere", "rpt_participants", "true"),
    ("Personer uten vedtak", "Uten vedtak", "rpt_entitled_without_decision", "true"),
    (
        "Deltakere uten tiltak de siste to månedene, ikke i permisjon",
        "Uten tiltak",
        "rpt_participants_without_measures",
        "not is_on_leave",
    ),
    (
        "Avsluttede deltakelser uten registrert årsak",
        "Avsluttede",
        "rpt_ended_participants",
        "not has_registered_reason",
    ),
    ("Funn å gjøre noe med", "Å gjøre", "rpt_findings", "true"),
)
"""The overview's first figures: label, sheet, table and condition."""

HALF_YEARS = """
    select half_year
    from rpt_completeness
    where half_year <= (
        select min(half_year) from dq_rule_states where is_newest_over
    )
    group by half_year
    order by half_year desc
    limit 8
"""

_RULES = """
    with trend as (
        select
            current_municipality_code, rule_id, {trend},
            count(share) filter (half_year in ({half_years})) as told
        from rpt_completeness
        where current_municipality_code in (select unnest($codes))
        group by current_municipality_code, rule_id
    )

    select
        states.current_municipality_code,
        groups.label_nb, states.rule_id, rules.name_nb, rules.finding_nb, states.checked,
        states.findings, states.share, country.share, states.state,
        trend.* exclude (current_municipality_code, rule_id, told)
    from rpt_rule_states as states
    inner join completeness_rules as rules using (rule_id)
    inner join rule_todos as todos using (rule_id)
    inner join todo_groups as groups using (todo_group)
    inner join dq_rule_states as country
        on states.rule_id = country.rule_id and country.is_newest_over
    inner join trend
        on states.rule_id = trend.rule_id
        and states.current_municipality_code = trend.current_municipality_code
    where states.checked > 0 or trend.told > 0
    order by groups.sort_order, states.rule_id
"""

SHEETS = (FINDINGS, *LISTS, KOSTRA, BENEFIT, REGISTRATION)
"""The lists in the order of the workbook, after its overview."""


@dataclass(frozen=True)
class Content:
    """What stands in the workbooks of some municipalities; what is their own, by their codes."""

    as_of: date
    observed_until: date
    nir_delivered: date
    report_year: str
    half_years: list[str]
    """Those of the trend, oldest first."""
    light_labels: dict[str, str]
    """By state."""
    counts: dict[str, list[int]]
    """In the order of COUNTS."""
    rules: dict[str, list[Row]]
    """Each rule's state, and its share of findings in the half-years of the trend."""
    todos: dict[str, dict[str, str]]
    """What was found and what to do, by rule."""
    rows: dict[str, dict[str, list[Row]]]
    """Of each list, by the name of its sheet."""


def read_content(
    connection: duckdb.DuckDBPyConnection, municipalities: Sequence[Municipality]
) -> Content:
    """Read what the workbooks of some municipalities need, all but the identity numbers."""
    codes = [municipality.code for municipality in municipalities]

    def by_code(query: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {code: [] for code in codes}
        for row in connection.execute(query, {"codes": codes}).fetchall():
            found[row[0]].append(row[1:])
        return found

    counts = [
        dict(
            connection.execute(
                f"select current_municipality_code, count(*) from {table} where {condition} "
                "group by current_municipality_code"
            ).fetchall()
        )
        for _, _, table, condition in COUNTS
    ]
    half_years = sorted(half_year for (half_year,) in connection.execute(HALF_YEARS).fetchall())
    todos = by_code(TODOS)
    return Content(
        *known_until(connection),
        _report_year(connection),
        half_years,
        dict(connection.execute("select state, label_nb from rule_lights").fetchall()),
        {code: [each.get(code, 0) for each in counts] for code in codes},
        by_code(_rules_query(half_years)),
        {code: dict(todos[code]) for code in codes},
        {sheet.name: by_code(sheet.query) for sheet in SHEETS},
    )


def _report_year(connection: duckdb.DuckDBPyConnection) -> str:
    """The year of the list of participants; the year of observed_until if nobody took part."""
    row = connection.execute(
        "select coalesce((select max(report_year) from rpt_participants), "
        "(select extract(year from observed_until) from dim_vintage))"
    ).fetchone()
    assert row is not None
    return str(int(row[0]))


def _rules_query(half_years: list[str]) -> str:
    columns = ", ".join(
        f"max(share) filter (half_year = '{half_year}') as \"{half_year}\""
        for half_year in half_years
    )
    return _RULES.format(
        trend=columns, half_years=", ".join(f"'{half_year}'" for half_year in half_years)
    )
