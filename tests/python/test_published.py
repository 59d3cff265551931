"""Published tables come back, cell by cell, from extracts that are made to hold them."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, run, the_project

from introstat.warehouse.opening import open_warehouse

PUBLISHED = ROOT / "tests" / "data" / "published"
# What the analyses are read from, and the cubes below.
MODELS = (
    *("dim_country", "dim_municipality_period", "dim_person", "dim_status"),
    *("fct_participant_periods", "fct_one_year_status"),
)
CUBE_MODELS = ("stat_participants", "stat_status", "stat_status_codes")
TOTAL = "I alt"
# SSB calls the total of one table by the name of another's.
SAME_LABEL = {"Alle land": TOTAL, "Arbeidssituasjon i alt": TOTAL}


# The same tables from the release's cubes: another way through the warehouse.
CUBES = {
    "participants_by_age_sex": """
        select period as year, coalesce(bands.label_nb, 'I alt') as row_value,
            coalesce(sexes.label_nb, 'Begge kjønn') as col_value,
            case measure when 'percent' then 'prosent' else 'antall' end as measure,
            cast(value as varchar) as value
        from stat_participants as cube
        left join age_bands as bands on cube.age_band = bands.age_band
        left join sexes on cube.sex = sexes.sex
        where region_type = 'country' and period_type = 'year' and region_set = 'at_the_time'
            and cube.age_band <> 'other' and cube.sex <> 'unknown'
    """,
    "status_one_year_after_2017": """
        select period as year, coalesce(labels.label_nb, 'I alt') as row_value,
            coalesce(sexes.label_nb, 'Begge kjønn') as col_value,
            case measure when 'percent' then 'prosent' else 'antall' end as measure,
            cast(value as varchar) as value
        from (
            select period, region_type, sex, status_group as code, measure, value, years_after
            from stat_status where region_set = 'at_the_time'
            union all
            select period, region_type, sex, 'c' || status_code, measure, value, years_after
            from stat_status_codes where status_code <> 'total'
        ) as cube
        left join (
            select status_group as code, label_nb from status_groups
            union all select 'c' || status_code, label_nb from statuses
        ) as labels on cube.code = labels.code
        left join sexes on cube.sex = sexes.sex
        where region_type = 'country' and years_after = '1' and cube.sex <> 'unknown'
    """,
}


@pytest.mark.parametrize(
    ("file", "analysis"),
    [
        ("participants_by_age_sex", "ssb_participants_by_age_and_sex"),
        ("participants_by_country_sex", "ssb_participants_by_country_and_sex"),
        ("participants_by_municipality_sex", "ssb_participants_by_municipality_and_sex"),
        ("direct_result_by_county_2016", "imdi_direct_result_by_county"),
        ("status_one_year_after_2017", "ssb_status_one_year_after"),
    ],
)
def test_a_published_table_comes_back_cell_by_cell(
    file: str, analysis: str, tmp_path: Path, build: Callable[..., Path]
) -> None:
    done = run("synth", "--replicate", PUBLISHED / f"{file}.csv", "--out", tmp_path / "extracts")
    assert done.returncode == 0, done.stderr
    chosen = MODELS + CUBE_MODELS if file in CUBES else MODELS
    warehouse = build(tmp_path / "extracts", *chosen)
    with open_warehouse(warehouse) as connection:
        query = connection.execute(the_project().analyses[analysis])
        names = [column[0] for column in query.description]
        ours = {cell(dict(zip(names, row, strict=True))) for row in query.fetchall()}
        if file in CUBES:
            query = connection.execute(CUBES[file])
            cubes = {cell(dict(zip(names, row, strict=True))) for row in query.fetchall()}
    with (PUBLISHED / f"{file}.csv").open(encoding="utf-8") as text:
        published = {cell(row) for row in csv.DictReader(text)}
    assert len(published) > 50
    assert published - ours == set()
    if file in CUBES:
        assert published - cubes == set()


def cell(row: dict) -> tuple[str, ...]:
    value = str(row["value"])
    return (
        str(row["year"]),
        SAME_LABEL.get(row["row_value"], row["row_value"]),
        row["col_value"],
        row["measure"],
        value.removesuffix(".0"),
    )


def test_every_analysis_runs_and_gives_rows(generated_warehouse: Path) -> None:
    queries = the_project().analyses
    assert len(queries) >= 12
    with open_warehouse(generated_warehouse) as connection:
        for name, query in queries.items():
            assert connection.execute(query).fetchall(), name
