"""Completeness rules: the rule book, findings and counts, and what status tells."""

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, dbt, rows, run, the_manifest, the_project
from oracle.rules import compare_rules

from benchmarks.compiled import run_models
from introstat import rule_texts
from introstat.codelists import seed_rows
from introstat.warehouse.opening import open_warehouse

RULES = [
    row["rule_id"]
    for row in csv.DictReader(
        (ROOT / "seeds/rules/completeness_rules.csv").open(encoding="utf-8", newline="")
    )
]


def edited(seed: Path, edits: dict[str, str]) -> None:
    """Replace texts in a seed's file; each must be there."""
    text = seed.read_text(encoding="utf-8")
    for old, new in edits.items():
        assert text.count(old) == 1, f"{seed.name}: {old}"
        text = text.replace(old, new)
    seed.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def complaint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `dbt build` says of a rule book with a fault of every kind.

    It is told before any model is built; what the rule book does not speak of is left out.
    """
    project = tmp_path_factory.mktemp("project")
    beyond = ("reports", "statistics", "publication", "semantic", "*__unit_tests.yml")
    shutil.copytree(ROOT / "models", project / "models", ignore=shutil.ignore_patterns(*beyond))
    for name in (
        "macros", "packages", "seeds", "tests/generic", "dbt_project.yml", "profiles.yml",
    ):  # fmt: skip
        source, target = ROOT / name, project / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    rules = project / "seeds" / "rules"
    edited(
        rules / "completeness_rules.csv",
        {
            ",medium,2,10,,,,Tiltaket begynner": ",medium,3,10,,,,Tiltaket begynner",
            ",high,5,20,,,,Avsluttet deltakelse": ",high,20,5,,,,Avsluttet deltakelse",
            "introduksjonsloven|kollektiv_beskyttelse": "introduksjonsloven|utlendingsloven",
            "C23,NIR mot": "C99,NIR mot",
            "mer enn {days} programdager": "mer enn {dager} programdager",
        },
    )
    edited(
        rules / "rule_limits.csv",
        {
            "C04,days,10": "C04,days,ti",
            "C01,months": "C01,weeks",
            "C22,lowest_age": "C21,lowest_age",
        },
    )
    edited(
        rules / "law_fields.csv",
        {
            "introduksjonsloven,participation,sluttmal": "introduksjonslov,participation,sluttmal",
            "integreringsloven,participation,sluttmal": "integreringsloven,participation,maal",
        },
    )
    edited(
        rules / "law_full_time.csv", {"integreringsloven,fagivgs,30": "integreringsloven,vgs,30"}
    )
    edited(rules / "coded_columns.csv", {"tiltak,tiltakstype,": "tiltak,type,"})
    edited(rules / "basic_amounts.csv", {"2017-05-01,": "1. mai 2017,"})
    done = dbt(
        "build",
        "--target-path", project / "target", "--log-path", project,
        INTROSTAT_WAREHOUSE=str(project / "w.duckdb"), INTROSTAT_RECEIVED=str(project / "none"),
        project=project,
    )  # fmt: skip
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize(
    "message",
    [
        "completeness_rules.csv, line 7, column warn_percent: found '3'; expected one of 0, 0.5, 1",
        "completeness_rules.csv, line 4, column stop_percent: found '5'; expected a limit not",
        "completeness_rules.csv, line 17, column applies_to_laws: found 'introduksjonsloven|utl",
        "completeness_rules.csv, line 24, column rule_id: found 'C99'; expected one of C01",
        "completeness_rules.csv: found no row for C23",
        "completeness_rules.csv, line 5, column finding_nb: found 'Opphold på mer enn {dager} pr",
        "rule_limits.csv, line 2, column limit_name: found 'weeks'; expected one of months",
        "rule_limits.csv, line 3, column limit_value: found 'ti'; expected a number",
        "column rule_id: found 'C21'; expected one of C01",
        "rule_limits.csv: found no row for C22 lowest_age",
        "law_fields.csv, line 2, column legal_regime: found 'introduksjonslov'; expected one of",
        "law_fields.csv, line 5, column field: found 'maal'; expected one of sluttmal",
        "law_full_time.csv, line 5, column measure_type: found 'vgs'",
        "coded_columns.csv, line 13, column column_name: found 'type'; expected one of tiltakstype",
        "basic_amounts.csv, line 9, column valid_from: found '1. mai 2017'; expected a date",
    ],
)
def test_a_faulty_row_of_the_rule_book_stops_the_build_and_is_named(complaint: str, message: str):
    assert message in complaint.replace("\n", " ")


def test_nothing_else_is_complained_of(complaint: str):
    lines = {line.strip() for line in complaint.splitlines() if ".csv" in line}
    # Without C23 the limit in the text of C99 is no limit of its rule.
    assert len(lines) == 17, lines


def test_counts_and_findings_are_the_same_rows(generated_warehouse: Path):
    counted = rows(
        generated_warehouse,
        "select rule_id, half_year, sum(findings) from fct_completeness group by 1, 2 "
        "having sum(findings) > 0 order by 1, 2",
    )
    found = rows(
        generated_warehouse,
        "select rule_id, half_year, count(*) from dq_findings group by 1, 2 order by 1, 2",
    )
    assert counted == found
    assert len({rule_id for rule_id, *_ in found}) > 12


def test_every_rule_stands_for_every_municipality_and_half_year(generated_warehouse: Path):
    [(row_count, places, rules)] = rows(
        generated_warehouse,
        "select count(*), count(distinct municipality_code || half_year), count(distinct rule_id) "
        "from fct_completeness",
    )
    assert rules == len(RULES)
    assert row_count == places * rules
    # Under the old law alone nothing can be asked of what the new one requires.
    assert rows(
        generated_warehouse,
        "select bool_and(is_not_applicable), sum(not_applicable) > 0, max(share) "
        "from fct_completeness where rule_id in ('C15', 'C17')",
    ) == [(True, True, None)]


def test_protected_addresses_count_in_the_country_only(generated_warehouse: Path):
    """Their findings are kept, marked, and counted under 9999, never in a municipality or list."""
    [(protected,)] = rows(
        generated_warehouse, "select count(*) from dim_person where is_address_protected"
    )
    assert protected > 0
    [(of_protected,)] = rows(
        generated_warehouse,
        "select count(*) from dq_findings inner join dim_person as p using (person_key) "
        "where p.is_address_protected and not dq_findings.is_address_protected",
    )
    assert of_protected == 0
    assert rows(
        generated_warehouse,
        "select sum(checked) filter (municipality_code <> '9999') from fct_completeness "
        "where rule_id = 'C14'",
    ) == rows(
        generated_warehouse,
        "select count(*) from fct_participation inner join dim_person using (person_key) "
        "where not coalesce(is_address_protected, false) "
        "and start_date <= (select observed_until from dim_vintage)",
    )
    for report in (
        "rpt_participants",
        "rpt_entitled_without_decision",
        "rpt_participants_without_measures",
        "rpt_ended_participants",
    ):
        [(listed, hidden)] = rows(
            generated_warehouse,
            f"select count(*), count(*) filter (is_address_protected) "
            f"from {report} inner join dim_person using (person_key)",
        )
        assert listed > 0, report
        assert hidden == 0, report


def test_the_list_without_measures_and_the_rule_agree(generated_warehouse: Path):
    """Rule C01 leaves out those on leave throughout; the list marks them."""
    assert rows(
        generated_warehouse,
        "select participation_id from rpt_participants_without_measures where not is_on_leave "
        "except select participation_id from dq_findings where rule_id = 'C01'",
    ) == []  # fmt: skip


def test_rules_agree_with_an_independent_reading(generated_warehouse: Path):
    assert compare_rules(generated_warehouse) == []


def test_made_up_organisation_numbers_are_right(generated_warehouse: Path):
    assert rows(
        generated_warehouse,
        "select count(*) > 100, sum(case when is_finding then 1 else 0 end) from dq_checked "
        "where rule_id = 'C25'",
    ) == [(True, 0)]


def as_listed_by_dbt(warehouse: Path, received: Path) -> None:
    """What a user does to have another year's list: the whole project is parsed for it."""
    target = warehouse.parent / "target"
    done = dbt(
        "run", "-s", "rpt_participants", "--vars", "{report_year: 2016}",
        "--target-path", target, "--log-path", target,
        INTROSTAT_WAREHOUSE=str(warehouse), INTROSTAT_RECEIVED=str(received),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def as_listed_straight(warehouse: Path, _received: Path) -> None:
    """The same by the compiled SQL, in which the var is a null without one."""
    [model] = [model for model in the_project().models if model.name == "rpt_participants"]
    without = "cast(null as integer)"
    assert model.query.count(without) == 1
    chosen = replace(model, query=model.query.replace(without, "cast(2016 as integer)"))
    with open_warehouse(warehouse, read_only=False) as connection:
        run_models(connection, [chosen])


@pytest.mark.parametrize(
    "list_2016", [as_listed_straight, pytest.param(as_listed_by_dbt, marks=pytest.mark.slow)]
)
def test_the_year_of_the_list_of_participants_can_be_chosen(
    list_2016: Callable[[Path, Path], None], generated_warehouse: Path, tmp_path: Path
):
    warehouse = tmp_path / "introstat.duckdb"
    shutil.copyfile(generated_warehouse, warehouse)
    list_2016(warehouse, generated_warehouse.with_suffix(".received"))
    assert rows(
        warehouse,
        "select min(report_year), max(report_year), max(start_date) <= '2016-12-31', "
        "min(coalesce(end_date, '2016-12-31')) >= '2016-01-01' from rpt_participants",
    ) == [(2016, 2016, True, True)]
    assert rows(generated_warehouse, "select distinct report_year from rpt_participants") == [
        (2019,)
    ]


def test_status_tells_each_rule_and_refuses_with_its_exit_code(
    generated_warehouse: Path, tmp_path: Path
):
    def told(state: str) -> tuple[int, str]:
        warehouse = tmp_path / f"{state}.duckdb"
        shutil.copyfile(generated_warehouse, warehouse)
        with open_warehouse(warehouse, read_only=False) as connection:
            connection.execute("update dq_rule_states set state = 'ok'")
            connection.execute(
                "update dq_rule_states set state = ? "
                "where rule_id = 'C03' and half_year = '2017H2'",
                [state],
            )
        done = run("status", "--warehouse", warehouse, "--half-year", "2017H2")
        return done.returncode, done.stdout

    code, output = told("warning")
    assert code == 0
    assert "over the warning limit" in output
    assert "No rule would refuse a final release." in output
    assert all(rule_id in output for rule_id in RULES)
    code, output = told("stop")
    assert code == 3
    assert "A final release would be refused by C03." in output

    done = run("status", "--warehouse", generated_warehouse)
    [(newest,)] = rows(
        generated_warehouse, "select distinct half_year from dq_rule_states where is_newest_over"
    )
    assert newest == "2018H2"
    assert f"{newest} and what came after" in done.stdout
    done = run("status", "--warehouse", generated_warehouse, "--half-year", "1999H1")
    assert done.returncode == 2
    assert "There is no half-year 1999H1" in done.stderr
    done = run("status", "--warehouse", tmp_path / "none.duckdb")
    assert done.returncode == 2
    assert "There is no warehouse" in done.stderr


def test_every_rule_has_a_unit_test_a_limit_test_and_a_norwegian_text():
    manifest = the_manifest()
    asked = {
        row["rule_id"]
        for test in manifest["unit_tests"].values()
        for row in (test["expect"]["rows"] or [])
        if "rule_id" in row
    }
    names = " ".join(test["name"] for test in manifest["unit_tests"].values())
    limits = {node["name"] for node in manifest["nodes"].values()}
    for rule_id in RULES:
        assert rule_id in asked or rule_id.lower() in names, rule_id
        assert f"{rule_id.lower()}_is_within_its_limits" in limits


def test_a_build_warns_of_rules_over_their_limits_and_goes_on(
    generated_extracts: Path, build: Callable[..., Path]
):
    warehouse = build(generated_extracts)
    done = run("build", "--extracts", generated_extracts, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    [warning] = [line for line in done.stderr.splitlines() if "over a limit" in line]
    over = rows(
        warehouse,
        "select rule_id from dq_rule_states "
        "where is_newest_over and state in ('warning', 'stop') order by 1",
    )
    assert f"over a limit: {', '.join(rule_id for (rule_id,) in over)}." in warning
    assert len(over) > 2
    assert "configured to warn" not in done.stderr


def test_the_texts_of_a_rule_say_its_limits_in_words(monkeypatch: pytest.MonkeyPatch):
    def texts() -> dict[str, dict[str, str]]:
        return {rule["rule_id"]: rule for rule in rule_texts.rules_of_seed()}

    said = texts()
    assert said["C05"]["name_nb"] == "Registrert innen to måneder"
    assert said["C05"]["name_en"] == "Registered within two months"
    assert said["C13"]["finding_nb"].endswith("over halvannen gang full stønad for måneden")
    assert "under 90 prosent" in said["C23"]["finding_nb"]
    assert "under 350 000 kroner" in said["K15"]["finding_nb"]
    changed = {"C05": "12", "C13": "3.0", "C23": "97.5"}
    seeds = {
        "completeness_rules": seed_rows("completeness_rules"),
        "rule_limits": [
            row | {"limit_value": changed.get(row["rule_id"], row["limit_value"])}
            for row in seed_rows("rule_limits")
        ],
    }
    monkeypatch.setattr(rule_texts, "seed_rows", seeds.__getitem__)
    said = texts()
    assert said["C05"]["name_nb"] == "Registrert innen tolv måneder"
    assert said["C05"]["name_en"] == "Registered within 12 months"
    assert "over tre ganger full stønad" in said["C13"]["finding_nb"]
    assert "under 97,5 prosent" in said["C23"]["finding_nb"]
