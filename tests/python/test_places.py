"""Where municipality codes count: codes of later days, codes that are none, names, the release."""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import rows
from deliveries import deliver
from oracle.dirt import synthetic_ident

from introstat.codelists import seed_rows
from introstat.disclosure.counts import read_counts
from introstat.disclosure.layout import dimensions_of
from introstat.disclosure.linked import join_counts
from introstat.errors import UserError
from introstat.lists.municipality import find
from introstat.release.amounts import amounts_of
from introstat.release.conditions import ReleaseRefused, expect_final, vintage_of
from introstat.release.contents import load_contents
from introstat.release.figures import (
    REFERENCE,
    REGISTERED,
    count_tables_of,
    counts_of,
    links_of,
    regions_of,
    residual_of,
)
from introstat.warehouse.opening import open_warehouse

OFFICIAL_NAMES = Path(__file__).parents[1] / "data" / "geography" / "municipality_names.csv"
# One participant for each code, from May of the year before; known in 2024. 0301 is protected.
CODES = ("1601", "5001", "5001", "5054", "0219", "3024", "3201", "2100", "9998", "0301")


@pytest.fixture(scope="module")
def recoded(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    """A warehouse in which case systems have recoded some of 2017 and 2023 after the reforms."""
    extracts, chance = tmp_path_factory.mktemp("recoded"), random.Random(7)
    people, participations = [], []
    for year, codes in ((2017, CODES), (2023, ("1507", "1508", "1508", "1580", "3201", "3024"))):
        for number, code in enumerate(codes):
            ident = synthetic_ident(chance, date(1985, 1, 1 + number))
            protection = "7" if code == "0301" else "0"
            people.append(
                f"{ident};;1;1985-01-{1 + number:02};SY;SY;flyktning;{year - 1}-01-02;;;"
                f"{protection};;;;0;{year - 1}-02-01"
            )
            participations.append(
                f"{year}-{number};{ident};{code};;{year}-03-01;{year}-11-30;arbeid;kommune;"
                f"{year}-12-01;;;{year}-03-05"
            )
    files = {"personer.csv": people, "deltakelser.csv": participations}
    deliver(extracts, "nir", "2024-06-01", files)
    return build(extracts, "stat_*", "dq_findings", "dq_rule_states", "rpt_findings", "dim_vintage")


def figures(warehouse: Path, model: str, period: str, where: str) -> dict[tuple[str, ...], int]:
    return {
        (region_set, region_type, code): int(value)
        for region_set, region_type, code, value in rows(
            warehouse,
            "select region_set, region_type, region_code, value "
            f"from {model} where period = '{period}' and {where}",
        )
    }


EVERYBODY = "measure = 'participants' and sex = 'total' and age_band = 'total'"


def test_a_code_of_later_days_counts_where_its_place_was(recoded):
    found = figures(recoded, "stat_participants", "2017", EVERYBODY)
    assert found == {
        ("at_the_time", "country", "0"): 10,
        # 5001 may have been Trondheim or Klæbu, both in 16; 5054 was made of two counties.
        ("at_the_time", "municipality", "1601"): 1,
        ("at_the_time", "municipality", "0219"): 3,
        ("at_the_time", "municipality", "9999"): 5,
        ("at_the_time", "county", "16"): 3,
        ("at_the_time", "county", "02"): 3,
        ("at_the_time", "county", "9999"): 3,
        ("reference_year", "country", "0"): 10,
        ("reference_year", "municipality", "5001"): 3,
        ("reference_year", "municipality", "5054"): 1,
        ("reference_year", "municipality", "3201"): 3,
        ("reference_year", "municipality", "9999"): 2,
        ("reference_year", "county", "50"): 4,
        ("reference_year", "county", "32"): 3,
        ("reference_year", "county", "9999"): 2,
        ("as_registered", "municipality", "5001"): 2,
        ("as_registered", "municipality", "5054"): 1,
    }


def test_parts_of_a_split_count_in_the_whole_before_it(recoded):
    found = figures(recoded, "stat_participants", "2023", EVERYBODY)
    assert found == {
        ("at_the_time", "country", "0"): 6,
        ("at_the_time", "municipality", "1507"): 4,
        ("at_the_time", "municipality", "3024"): 2,
        ("at_the_time", "county", "15"): 4,
        ("at_the_time", "county", "30"): 2,
        ("reference_year", "country", "0"): 6,
        ("reference_year", "municipality", "1507"): 1,
        ("reference_year", "municipality", "1508"): 2,
        ("reference_year", "municipality", "1580"): 1,
        ("reference_year", "municipality", "3201"): 2,
        ("reference_year", "county", "15"): 4,
        ("reference_year", "county", "32"): 2,
        ("as_registered", "municipality", "1508"): 2,
        ("as_registered", "municipality", "1580"): 1,
    }


def test_before_a_later_merger_is_known_a_code_has_one_origin(tmp_path, build):
    ident = synthetic_ident(random.Random(3), date(1985, 1, 1))
    person = f"{ident};;1;1985-01-01;SY;SY;flyktning;2016-01-02;;;0;;;;0;2016-02-01"
    participation = f"a;{ident};5001;;2017-03-01;;;;;;;2017-03-05"
    files = {"personer.csv": [person], "deltakelser.csv": [participation]}
    deliver(tmp_path, "nir", "2018-02-01", files)
    found = figures(build(tmp_path, "stat_participants"), "stat_participants", "2017", EVERYBODY)
    assert ("at_the_time", "municipality", "1601") in found
    assert ("reference_year", "municipality", "5001") in found


def test_what_is_found_of_a_code_says_where_it_counts(recoded):
    found = dict(
        rows(
            recoded,
            "select municipality_code || ' ' || left(participation_id, 4), detail from dq_findings "
            "where rule_id = 'C21'",
        )
    )
    assert found == {
        "5001 2017": "Kommunenummer 5001 gjaldt ikke 01.03.2017; flere kommuner er mulige",
        "5054 2017": "Kommunenummer 5054 gjaldt ikke 01.03.2017; flere kommuner er mulige",
        "3024 2017": "Kommunenummer 3024 gjaldt ikke 01.03.2017; regnes som 0219",
        "3201 2017": "Kommunenummer 3201 gjaldt ikke 01.03.2017; regnes som 0219",
        "2100 2017": "Kommunenummer 2100 (Svalbard) er ingen kommune",
        "9998 2017": "Kommunenummer 9998 finnes ikke",
        "1508 2023": "Kommunenummer 1508 gjaldt ikke 01.03.2023; regnes som 1507",
        "1580 2023": "Kommunenummer 1580 gjaldt ikke 01.03.2023; regnes som 1507",
        "3201 2023": "Kommunenummer 3201 gjaldt ikke 01.03.2023; regnes som 3024",
    }


def test_what_has_no_municipality_is_listed_for_the_registers_owner(recoded):
    listed = rows(
        recoded,
        "select rule_id, participation_id from rpt_findings "
        "where current_municipality_code = '9999' and rule_id = 'C21' order by all",
    )
    assert listed == [("C21", "2017-7"), ("C21", "2017-8")]


def test_a_municipality_of_later_days_made_of_several_is_told(generated_warehouse):
    with (
        open_warehouse(generated_warehouse) as connection,
        pytest.raises(UserError, match="1579 Hustadvika is a municipality from 2020-01-01"),
    ):
        find(connection, "Hustadvika", date(2019, 1, 21))


def test_nothing_is_final_while_too_many_have_no_municipality(recoded):
    with open_warehouse(recoded) as connection:
        vintage = vintage_of(connection)
        with pytest.raises(ReleaseRefused, match="5 of 10 participants have no known municipality"):
            expect_final(connection, "2017", vintage)
        with pytest.raises(ReleaseRefused) as refused:
            expect_final(connection, "2023", vintage)
    assert "no known municipality" not in str(refused.value)


@pytest.mark.parametrize("period", ["2017", "2023"])
def test_a_release_adds_up_to_the_warehouses_figures(recoded, period):
    """Every group of the release's system holds what the cube says of it, in both sets."""
    with open_warehouse(recoded) as connection:
        listed = connection.execute(
            "select * from stat_regions where period = ?", [period]
        ).to_arrow_table()
        regions = regions_of(listed.to_pylist())
        counted = count_tables_of(load_contents(), period)["participants"]
        cube = counts_of(connection, counted, period, regions)
    leaves: dict[str, int] = defaultdict(int)
    for region, count in zip(
        cube.table["region"].to_pylist(), cube.table["count"].to_pylist(), strict=True
    ):
        assert count >= 0
        leaves[region] += count
    [dimension] = [d for d in dimensions_of(cube.layout, [cube.table]) if d.name == "region"]
    sums = dict(leaves)
    for group in dimension.groups:
        for children in group.parts:
            assert sums.setdefault(group.code, sum(sums[child] for child in children)) == sum(
                sums[child] for child in children
            )
    found = figures(recoded, "stat_participants", period, EVERYBODY)
    for (region_set, _, code), value in found.items():
        if region_set != "as_registered" and code != "9999":
            assert (
                sums[code if region_set == "at_the_time" or code == "0" else REFERENCE + code]
                == value
            )
    shown = {code for code in sums if not code.startswith(REGISTERED) and code != "9999"}
    assert {code.removeprefix(REFERENCE) for code, n in sums.items() if n and code in shown} == {
        code for (region_set, _, code), n in found.items() if region_set != "as_registered"
    } - {"9999"}
    country_only, registered = {"2017": (3, 3), "2023": (0, 4)}[period]
    assert residual_of(cube) == {
        "counted": found["at_the_time", "country", "0"],
        "country_only": country_only,
        "as_registered": registered,
    }


@pytest.mark.parametrize("period", ["2017", "2023"])
def test_the_amounts_of_a_count_table_stand_where_it_counts_their_persons(recoded, period):
    """Codes of later days too: whoever has an amount has it in the cell that counts them."""
    with open_warehouse(recoded) as connection:
        connection.execute(
            "create temp view paid as select *, 1 as amount from stat_base_participants"
        )
        listed = connection.execute("select * from stat_regions where period = ?", [period])
        regions = regions_of(listed.to_arrow_table().to_pylist())
        counted = count_tables_of(load_contents(), period)["participants"]
        cube = counts_of(connection, counted, period, regions)
        assert amounts_of(connection, counted, period, regions) is None
        counted = replace(counted, measure=replace(counted.measure, amounts="paid"))
        paid = amounts_of(connection, counted, period, regions)
    assert set(paid["amount"].to_pylist()) == {100}  # hundredths of a krone
    persons = Counter(zip(*(paid[name].to_pylist() for name in cube.layout.dims), strict=True))
    *codes, counts = (cube.table[name].to_pylist() for name in (*cube.layout.dims, "count"))
    counted_in = dict(zip(zip(*codes, strict=True), counts, strict=True))
    assert persons == {cell: count for cell, count in counted_in.items() if count}


@pytest.mark.parametrize("period", ["2017", "2023"])
def test_the_links_of_a_release_hold_for_codes_of_later_days(recoded, period):
    """`join_counts` refuses counts that do not keep a link."""
    contents = load_contents()
    with open_warehouse(recoded) as connection:
        listed = connection.execute("select * from stat_regions where period = ?", [period])
        regions = regions_of(listed.to_arrow_table().to_pylist())
        tables = count_tables_of(contents, period)
        cubes = {
            name: counts_of(connection, table, period, regions) for name, table in tables.items()
        }
    counts = {
        name: read_counts(cube.table, cube.layout, cube.count)
        for name, cube in cubes.items()
        if any(cube.table["count"].to_pylist())
    }
    codes = {
        name: {d: set(cubes[name].table[d].to_pylist()) for d in cubes[name].layout.dims}
        for name in counts
    }
    links = links_of(contents, {name: tables[name] for name in counts}, codes)
    assert {"participants", "participants_country"} <= set(counts) and links
    join_counts(counts, links)


def test_names_are_those_of_statistics_norways_list_of_each_year():
    """Klass 131, 2022 to 2026: every code of every year, with the whole of its name."""
    with OFFICIAL_NAMES.open(encoding="utf-8") as lines:
        official = {
            (row["municipality_code"], year): row["official_name"]
            for row in csv.DictReader(lines)
            for year in range(int(row["first_year"]), int(row["last_year"]) + 1)
        }
    seed = seed_rows("municipalities")
    for year in range(2022, 2027):
        day = f"{year}-01-01"
        ours = {
            row["municipality_code"]: row["municipality_name"]
            for row in seed
            if row["valid_from"] <= day < (row["valid_to"] or "9999")
        }
        assert ours == {code: name for (code, of), name in official.items() if of == year}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("Kautokeino", "2011"), ("guovdageaidnu", "2011"), ("Guovdageaidnu - Kautokeino", "2011"),
        ("Guovdageaidnu-Kautokeino", "2011"), ("Karasjohka", "2021"), ("Karasjok", "2021"),
        ("Tana", "2025"), ("Nesseby", "2027"), ("Kåfjord", "1940"), ("Kafjord", "1940"),
        ("Kaivuono", "1940"), ("Hamarøy", "1849"), ("Snåsa", "5041"), ("Røyrvik", "5043"),
        ("Royrvik", "5043"), ("Tjeldsund", "1852"), ("Lavangen", "1920"), ("Tråante", "5001"),
        ("Trondheim - Tråante", "5001"), ("Rissa", "5054"), ("0301", "0301"), ("301", "0301"),
        ("9999", "9999"), (" oslo ", "0301"), ("Tromsoe kommune", "1902"),
        ("Nes (Akershus)", "0236"),
    ],
)  # fmt: skip
def test_a_municipality_is_found_by_any_name_it_has(generated_warehouse, wanted, code):
    with open_warehouse(generated_warehouse) as connection:
        assert find(connection, wanted, date(2019, 1, 21)).code == code
