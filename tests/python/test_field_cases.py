"""Files of people who do this job, as they came: what must come out of each."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import rows

from introstat.cli import main

CASES = Path(__file__).parents[1] / "data" / "field"


@pytest.fixture
def built(build: Callable[..., Path]) -> Callable[..., Path]:
    return lambda case, *models: build(CASES / case / "extracts", *models)


def checked(case: str, tmp_path: Path, old: str = "", new: str = "") -> Result:
    """Check a case's mapping, one line of it replaced."""
    shutil.copytree(CASES / case, tmp_path / case)
    mapping = tmp_path / case / "mappings" / "prove.yml"
    text = mapping.read_text(encoding="utf-8")
    assert old in text
    mapping.write_text(text.replace(old, new, 1), encoding="utf-8")
    arguments = ["mapping", "check", str(mapping), "--sample", str(tmp_path / case / "sample")]
    return CliRunner().invoke(main, arguments)


def test_a_form_that_ended_before_the_year(built):
    """Ended 15.12.2015, 30.06.2016 and 15.01.2017, on the form of 2016."""
    findings = rows(
        built("form_ended_before_the_year", "dq_findings"),
        "select rule_id, unit_id from dq_findings where rule_id in ('K13', 'K17') order by all",
    )
    assert findings == [
        ("K13", "11b-2016.dat/1"),
        ("K13", "11b-2016.dat/3"),
        ("K17", "11b-2016.dat/1"),
    ]


def test_benefit_and_a_measure_after_death(built):
    warehouse = built("paid_after_death", "dq_findings", "fct_participation", "stat_participants")
    assert rows(warehouse, "select detail from dq_findings where rule_id = 'C24' order by all") == [
        ("Deltakelsen er ikke avsluttet, død 01.03.2016",),
        ("Stønad for 04.2017, død 01.03.2016",),
        ("Tiltaket norsk er ikke avsluttet, død 01.03.2016",),
    ]
    years = rows(
        warehouse,
        "select distinct period from stat_participants where period_type = 'year' order by all",
    )
    assert years == [("2015",), ("2016",)]


def test_a_code_of_today_on_an_event_of_before(built):
    found = rows(
        built("code_of_today", "stat_participants"),
        "select region_set, region_code, value from stat_participants where period = '2017' "
        "and sex = 'total' and age_band = 'total' and measure = 'participants' order by all",
    )
    assert found == [
        ("at_the_time", "0", 2), ("at_the_time", "16", 2), ("at_the_time", "1601", 2),
        ("reference_year", "0", 2), ("reference_year", "50", 2), ("reference_year", "5001", 2),
    ]  # fmt: skip


def test_a_text_and_a_list_where_an_object_is_meant(built):
    warehouse = built("text_for_object", "fct_benefit_months", "quarantine")
    paid = rows(warehouse, "select amount from fct_benefit_months")
    aside = rows(warehouse, "select reason, line_number from quarantine order by all")
    assert paid == [(12000,), (12000,)]
    assert aside == [("unparseable_value", 2)]


def test_a_column_that_is_empty_in_every_row(built):
    ends = rows(
        built("empty_parquet_column", "stg_nir__deltakelser"),
        "select count(*), count(end_date) from stg_nir__deltakelser",
    )
    assert ends == [(3, 0)]


def test_a_number_that_was_replaced_twice(built):
    paid = rows(
        built("number_replaced_twice", "fct_benefit_months", "fct_participation"),
        "select p.participation_id, b.amount from fct_benefit_months as b "
        "inner join fct_participation as p using (person_key)",
    )
    assert paid == [("d1", 5000)]


def test_the_minus_of_the_norwegian_locale(built):
    warehouse = built("norwegian_minus", "fct_benefit_months", "quarantine")
    assert rows(warehouse, "select benefit_month::text, amount from fct_benefit_months") == [
        ("2017-03-01", 10000)
    ]
    assert rows(warehouse, "select count(*) from quarantine") == [(0,)]


def test_a_count_in_the_last_line(tmp_path):
    file = '  - file: "saker*.csv"\n'
    rest = f'{file}    ignore:\n      - last: 1\n        reason: "Sumlinje"\n'
    result = checked("sum_line", tmp_path, file, rest)
    assert result.exit_code == 0, result.output
    assert "All is mapped" in result.output and "Sumlinje" in result.output


def test_words_that_mean_missing(tmp_path):
    text = "  dates: dd.mm.yyyy\n"
    result = checked("null_words", tmp_path, text, text + '  missing: ["NULL"]\n')
    assert result.exit_code == 3
    [told] = [line for line in result.output.splitlines() if line.startswith("- ")]
    assert "required values are empty: 1 in 'Fnr' (first on line 4)" in told


def test_numbers_that_excel_has_shortened(tmp_path):
    result = checked("excel_numbers", tmp_path)
    assert result.exit_code == 3
    assert "2 numbers that Excel has shortened" in result.output
    assert "first on line 2" in result.output and "1 in 'Fnr' (first on line 4)" in result.output


def test_a_total_under_another_name(tmp_path):
    counts = CASES / "total_of_another_name" / "counts.csv"
    arguments = ["protect", "--in", str(counts), "--count", "freq", "--dims", "kommune,arsak"]
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(main, [*arguments, "--out", str(out)])
    assert result.exit_code == 2 and '--total "arsak=I alt"' in result.output
    assert not out.exists()
    named = [*arguments, "--total", "arsak=I alt", "--out", str(out)]
    assert CliRunner().invoke(main, named).exit_code == 0
    assert '"Total","I alt",49' in out.read_text(encoding="utf-8")
