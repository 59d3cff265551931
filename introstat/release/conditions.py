"""What must hold before a release is made, each with the reason it is refused for."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from introstat.disclosure.policy import DEFAULT_POLICY, NO_DOMINANCE, Policy, load_policy
from introstat.errors import EXIT_REFUSED, UserError
from introstat.queries import only_row
from introstat.release import naming
from introstat.release.contents import is_year, load_contents
from introstat.release.figures import UNPLACED, count_tables_of

NOT_DECIDED = "not yet decided"
_SOURCES = ("nir", "aordningen", "folkeregister")


class ReleaseRefused(UserError):
    """A release that may not be made as things are. Exit code 3; nothing is written."""

    exit_code = EXIT_REFUSED


@dataclass(frozen=True)
class Vintage:
    """What the warehouse knows: the days it speaks of, and each source's newest delivery."""

    as_of: datetime.date
    observed_until: datetime.date
    deliveries: dict[str, datetime.date | None]


def vintage_of(warehouse: duckdb.DuckDBPyConnection) -> Vintage:
    """The vintage of an open warehouse."""
    row = only_row(
        warehouse,
        "select as_of, observed_until, nir_delivered, aordningen_delivered, "
        "folkeregister_delivered, status_delivered from dim_vintage",
    )
    return Vintage(row[0], row[1], dict(zip((*_SOURCES, "status"), row[2:], strict=True)))


def reference_year(warehouse: duckdb.DuckDBPyConnection) -> int:
    """The year whose municipalities a release shows beside those of the time."""
    row = only_row(warehouse, "select max(extract(year from valid_from)) from dim_municipality")
    return int(row[0])


def expect_period(warehouse: duckdb.DuckDBPyConnection, period: str, vintage: Vintage) -> None:
    """Raise UserError for a period without figures, ReleaseRefused for one that is not over."""
    _, last_day = naming.period_dates(period)
    known = warehouse.execute(
        "select period from dim_period where period_type = ? order by period",
        ["year" if is_year(period) else "half_year"],
    ).fetchall()
    names = [row[0] for row in known]
    if vintage.observed_until < last_day:
        raise ReleaseRefused(
            f"{period} lasts until {last_day}, and the register is known until "
            f"{vintage.observed_until} only. Receive a delivery of NIR dated {last_day} or later, "
            "build the warehouse again, and release then."
        )
    if period not in names:
        raise UserError(
            f"The warehouse has no figures of {period}; it has {names[0]} to {names[-1]}."
        )


def expect_final(warehouse: duckdb.DuckDBPyConnection, period: str, vintage: Vintage) -> None:
    """Raise ReleaseRefused, with all that is lacking, if the period cannot be final yet.

    Lacking are deliveries of a source dated after the period (status: of the year after, which has
    self-employment), rules over their stop limit in the newest half-year that is over, and a place
    for more participants than the limit `unknown_region_percent` allows (seed report_limits).
    """
    _, last_day = naming.period_dates(period)
    lacking = [
        f"{source}: the newest delivery is {'none' if day is None else day}; one dated after "
        f"{last_day} is needed"
        for source, day in vintage.deliveries.items()
        if source in _SOURCES and (day is None or day <= last_day)
    ]
    if is_year(period):
        status, from_day = vintage.deliveries["status"], datetime.date(last_day.year + 1, 1, 1)
        if status is None or status < from_day:
            lacking.append(
                f"status: the newest delivery is {'none' if status is None else status}; one dated "
                f"{from_day} or later, with self-employment, is needed"
            )
    halves = [f"{period}H1", f"{period}H2"] if is_year(period) else [period]
    rows = warehouse.execute(
        "select rule_id, half_year, findings, checked, stop_percent from dq_rule_states "
        "where state = 'stop' and half_year in (select unnest(?)) order by all",
        [halves],
    ).fetchall()
    lacking += [
        f"rule {rule} in {half}: {findings} of {checked} are findings, more than {limit} percent"
        for rule, half, findings, checked, limit in rows
    ]
    lacking += _without_a_place(warehouse, period)
    if lacking:
        raise ReleaseRefused(
            f"{period} cannot be final yet:\n  " + "\n  ".join(lacking) + "\n`introstat status` "
            "and docs/completeness.md tell what to do; --kind preliminary is possible now."
        )


def _without_a_place(warehouse: duckdb.DuckDBPyConnection, period: str) -> list[str]:
    rows = warehouse.execute(
        """
        select
            count(*) filter (municipality_code = ? and not is_address_protected) as unknown,
            count(*) as everybody,
            cast(any_value(limit_value) as double) as limit_percent
        from fct_participant_periods, report_limits
        where limit_name = 'unknown_region_percent' and period = ?
        having 100 * unknown > limit_percent * everybody
        """,
        [UNPLACED, period],
    ).fetchall()
    return [
        f"{unknown} of {everybody} participants have no known municipality, more than {limit:g} "
        "percent; `introstat lists 9999` lists the codes to mend"
        for unknown, everybody, limit in rows
    ]


def usable_policy(path: Path | None, before: Mapping[str, Policy]) -> Policy:
    """Return the policy of a release; `before` are those of releases it is protected beside.

    Raises ReleaseRefused if nobody has decided it, or it is looser than the office's or that of a
    release before and no decision is recorded, or it does not hide small counts.
    """
    policy = load_policy(path or DEFAULT_POLICY)
    if policy.decided_by.strip().lower() == NOT_DECIDED:
        raise ReleaseRefused(
            f"Nobody has decided the policy {path or DEFAULT_POLICY}: write who decided it and "
            "when (decided_by, decided_on) in a copy, and name it with --policy."
        )
    for what, other in (
        ("the office's policy", load_policy(DEFAULT_POLICY)),
        *((f"that of {name}", other) for name, other in before.items()),
    ):
        if (looser := looser_settings(policy, other)) and not policy.decision.strip():
            raise ReleaseRefused(
                f"The policy is looser than {what}: {'; '.join(looser)}. Record the decision in it "
                "(decision: what was decided, why, and where it is filed), or take it back."
            )
    if any(
        method != "suppress"
        for method in (policy.method, policy.not_additive, *dict(policy.methods).values())
    ):
        raise ReleaseRefused(
            "A release hides small counts (method: suppress): its cubes are linked, and nothing is "
            "proved of rounded cubes that are."
        )
    return policy


def expect_outcomes(policy: Policy, period: str) -> None:
    """Raise UserError if the policy calls an outcome sensitive that no count table has."""
    tables = count_tables_of(load_contents(), period[:4])  # a year has them all
    outcomes = {
        name: [d.name for d in table.dimensions if d.total] for name, table in tables.items()
    }
    wrong = [
        f"{dimension} of {name}"
        for name, dimension in policy.sensitive.items()
        if dimension not in outcomes.get(name, [])
    ]
    if wrong:
        known = "; ".join(f"{name}: {', '.join(own)}" for name, own in outcomes.items() if own)
        raise UserError(
            f"The policy's sensitive names {', '.join(wrong)}. Count tables and what can be an "
            f"outcome in them: {known}."
        )


def looser_settings(policy: Policy, other: Policy) -> list[str]:
    """The settings by which a policy protects less than another, in words."""
    compared = [
        ("hide_from", policy.hide_from > other.hide_from),
        ("hide_to", policy.hide_to < other.hide_to),
        ("min_width", policy.min_width < other.min_width),
        ("pool_below", policy.pool_below < other.pool_below),
        ("min_persons", policy.min_persons < other.min_persons),
        ("dominant_percent", policy.dominant_percent > other.dominant_percent),
        (
            "dominant_persons",
            policy.dominant_persons < other.dominant_persons
            and other.dominant_percent < NO_DOMINANCE,
        ),
    ]
    if other.whole_groups == "protect":
        compared += [
            ("whole_groups", policy.whole_groups != other.whole_groups),
            ("group_from", policy.group_from > other.group_from),
            ("all_but", policy.all_but < other.all_but),
            ("sensitive", not other.sensitive.items() <= policy.sensitive.items()),
        ]
    return [
        f"{name} is {getattr(policy, name)}, was {getattr(other, name)}"
        for name, is_looser in compared
        if is_looser
    ]
