"""Who has died takes part no longer: figures, lists and rules, and what lies after the death."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import rows
from deliveries import benefit, deliver, ident, income

OPEN, LATER, BEGUN, ENDED, ALIVE, NOT_YET, MOVED, OLD, UNBORN = (ident(n) for n in range(1, 10))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    extracts = tmp_path_factory.mktemp("deaths") / "extracts"
    person = "{};;1;1985-01-01;SY;SY;flyktning;2014-06-01;2014-06-01;;0;0301;2014-07-01;{};0;{}"
    died = "2016-03-02"  # a Wednesday
    deliver(extracts, "nir", "2018-02-01", {
        "personer.csv": [
            person.format(who, day, registered)
            for who, day, registered in (
                (OPEN, died, "2015-07-01"), (LATER, died, "2015-07-01"),
                (BEGUN, died, "2015-07-01"), (ENDED, died, "2015-07-01"),
                (ALIVE, "", "2015-07-01"), (NOT_YET, "2018-02-02", "2015-07-01"),
                (MOVED, "", "2016-07-01"), (OLD, died, "2015-07-01"),
                (UNBORN, "1984-12-31", "2015-07-01"),
            )
        ],
        "kategorier.csv": [
            f"{who};{number};rett_intro;0301;2014-07-01;;2014-08-01"
            for who, number in (("open", OPEN), ("alive", ALIVE))
        ],
        "deltakelser.csv": [
            f"open;{OPEN};0301;;2015-02-02;;;;;;;2015-02-03",
            f"later;{LATER};0301;;2015-02-02;2017-06-30;arbeid;kommune;2017-07-05;;;2015-02-03",
            f"begun;{BEGUN};0301;;2016-03-03;2016-12-30;arbeid;;;;;2016-03-03",
            f"begun_open;{BEGUN};0301;;2016-03-03;;;;;;;2016-03-03",
            f"ended;{ENDED};0301;;2015-02-02;2016-03-02;dod;kommune;2016-03-09;;;2015-02-03",
            f"alive;{ALIVE};0301;;2015-02-02;;;;;;;2015-02-03",
            f"not_yet;{NOT_YET};0301;;2015-02-02;;;;;;;2015-02-03",
            f"moved;{MOVED};0301;;2015-02-02;;;;;;;2015-02-03",
            f"unborn;{UNBORN};0301;;2015-02-02;;;;;;;2015-02-03",
        ],
        "tiltak.csv": [
            f"{key};{key};norsk;2015-02-02;;30;2015-02-03"
            for key in ("open", "later", "begun", "ended")
        ],
        "permisjoner.csv": ["open;open;sykdom;2016-02-29;;2016-03-01"],
        "fravaer.csv": [
            "spread;open;gyldig;2016-03-01;2016-03-04;8;2016-03-05",
            "week;open;ugyldig;2016-03-03;2016-03-04;5;2016-03-05",
            "lost;open;ugyldig;2016-03-07;2016-03-08;6;2016-03-09",
        ],
    })  # fmt: skip
    deliver(extracts, "folkeregister", "2018-02-01", {
        "identer.csv": [f"{OLD};{MOVED};2016-06-01"],
        "bosatt.csv": [f"open;{OPEN};0301;2014-07-01;"],
    })  # fmt: skip
    months = ["2016-03", "2016-04", "2016-05", "2017-03", "2017-04", "2017-05"]
    deliver(extracts, "aordningen", "2018-02-01", {
        "virksomheter.csv": ["974778807;0301;2010-01-01;"],
        **{
            f"inntekt-{month}.jsonl": [income(OPEN, month, benefit(9000))] for month in months
        },
    })  # fmt: skip
    return build(extracts)


def test_a_participation_ends_at_the_latest_on_the_day_of_death(warehouse: Path) -> None:
    ongoing, kept = (None, True, None), (None, False, None)
    assert {
        key: (end and str(end), is_ongoing, reason)
        for key, end, is_ongoing, reason in rows(
            warehouse,
            "select participation_id, end_date, is_ongoing, termination_reason "
            "from fct_participation",
        )
    } == {
        "open": ("2016-03-02", False, "ikke_registrert"),
        "later": ("2016-03-02", False, "arbeid"),
        "begun": ("2016-12-30", False, "arbeid"),
        "begun_open": kept,
        "ended": ("2016-03-02", False, "dod"),
        "alive": ongoing,
        "not_yet": ongoing,
        "moved": ("2016-03-02", False, "ikke_registrert"),
        "unborn": ongoing,
    }


def test_a_death_counts_when_it_is_known_and_possible_on_any_number(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select count(*), count(death_date), max(death_date)::varchar from dim_person",
    ) == [(8, 5, "2016-03-02")]


def test_days_measures_leave_and_absence_follow(warehouse: Path) -> None:
    """283 days to the death, three of them on leave; absence of later days falls into its week."""
    assert rows(
        warehouse,
        "select programme_days, leave_days, measure_days, absence_hours_valid::float, "
        "absence_hours_invalid::float from fct_participation where participation_id = 'open'",
    ) == [(280, 3, 280, 8.0, 5.0)]
    assert rows(
        warehouse,
        "select programme_days + leave_days + measure_days from fct_participation "
        "where participation_id like 'begun%'",
    ) == [(0,), (0,)]


def test_the_dead_are_no_participants_of_later_periods_and_one_exit(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select participation_id, period, is_exit, termination_reason from fct_participant_periods "
        "where participation_id in ('open', 'later') and period_type = 'year' order by all",
    ) == [
        ("later", "2015", False, None), ("later", "2016", True, "arbeid"),
        ("open", "2015", False, None), ("open", "2016", True, "ikke_registrert"),
    ]  # fmt: skip
    assert rows(
        warehouse,
        "select participation_id, end_year, registered_date::varchar, registration_lag_days "
        "from fct_terminations where participation_id in ('open', 'later') order by all",
    ) == [("later", 2016, "2017-07-05", 490), ("open", 2016, None, None)]
    assert rows(
        warehouse,
        "select exit_year, status_year, bool_or(is_resident) from fct_one_year_status group by all",
    ) == [(2016, 2017, False)]
    assert rows(warehouse, "select participation_id from fct_ongoing_participation order by 1") == [
        ("alive",), ("not_yet",), ("unborn",),
    ]  # fmt: skip
    assert len(rows(warehouse, "from fct_entitled_persons")) == 1
    assert len(rows(warehouse, "from fct_benefit_months where not is_matched")) == 5


def test_what_begins_after_the_death_counts_nowhere(warehouse: Path) -> None:
    for table in (
        "fct_participant_periods", "fct_participation_periods", "fct_participation_weeks",
        "fct_measure_weeks", "fct_terminations", "fct_ongoing_participation",
        "rpt_participants", "rpt_ended_participants", "rpt_participants_without_measures",
    ):  # fmt: skip
        found = rows(
            warehouse, f"select * from {table} where participation_id like 'begun%' limit 1"
        )
        assert found == [], table


def test_whatever_lies_after_the_death_is_a_finding_that_names_it(warehouse: Path) -> None:
    found = rows(
        warehouse,
        "select unit_type, coalesce(participation_id, ''), detail from dq_findings "
        "where rule_id = 'C24' order by all",
    )
    died = ", død 02.03.2016"
    assert found == [
        ("absence", "open", f"Fraværet begynte 03.03.2016{died}"),
        ("absence", "open", f"Fraværet begynte 07.03.2016{died}"),
        ("absence", "open", f"Fraværet varte til 04.03.2016{died}"),
        ("benefit", "", f"Stønad for 03.2017{died}"),
        ("benefit", "", f"Stønad for 04.2017{died}"),
        ("benefit", "", f"Stønad for 05.2016{died}"),
        ("benefit", "", f"Stønad for 05.2017{died}"),
        ("category", "", f"Kategorien rett_intro er ikke avsluttet{died}"),
        ("end", "begun", f"Deltakelsen sluttet 30.12.2016{died}"),
        ("end", "later", f"Deltakelsen sluttet 30.06.2017{died}"),
        ("leave", "open", f"Permisjonen er ikke avsluttet{died}"),
        ("measure", "begun", f"Tiltaket norsk er ikke avsluttet{died}"),
        ("measure", "later", f"Tiltaket norsk er ikke avsluttet{died}"),
        ("measure", "open", f"Tiltaket norsk er ikke avsluttet{died}"),
        ("participation", "begun", f"Deltakelsen begynte 03.03.2016{died}"),
        ("participation", "begun_open", f"Deltakelsen begynte 03.03.2016{died}"),
        ("participation", "moved", f"Deltakelsen er ikke avsluttet{died}"),
        ("participation", "open", f"Deltakelsen er ikke avsluttet{died}"),
        ("residence", "", f"Bostedet i kommune 0301 er ikke avsluttet{died}"),
    ]
    assert rows(
        warehouse, "select detail from rpt_findings where rule_id = 'C22' and detail like 'Død%'"
    ) == [("Død 31.12.1984, før fødselen 01.01.1985",)]


def test_nothing_is_asked_of_the_dead_that_the_living_do(warehouse: Path) -> None:
    """No measure, benefit, decision or duration is missing after the death."""
    assert (
        rows(
            warehouse,
            "select rule_id, participation_id from dq_checked where is_checked "
            "and participation_id in ('open', 'later', 'begun', 'begun_open') "
            "and (rule_id = 'C01' or (rule_id in ('C04', 'C08', 'C10', 'C11') "
            "and event_date > date '2016-03-02'))",
        )
        == []
    )
    assert rows(
        warehouse,
        "select distinct rule_id from dq_checked where participation_id like 'begun%' order by 1",
    ) == [("C06",), ("C07",), ("C18",), ("C21",), ("C24",)]
