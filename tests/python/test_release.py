"""A release as a user makes it: from the warehouse to files, report, audit and manifest."""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Done, content, dbt, run, run_with_dbt
from pdf_text import Pdf

from introstat.codelists import labels, seed_rows
from introstat.disclosure.policy import DEFAULT_POLICY, load_policy, policy_from
from introstat.release import make as making
from introstat.release.conditions import looser_settings
from introstat.release.contents import load_contents
from introstat.release.figures import count_tables_of
from introstat.release.finished import audit_release, folder_of
from introstat.release.manifest import policy_in
from introstat.release.restricted import read_primaries, read_witnesses
from introstat.release.revisions import Before, revisions_of
from introstat.release.usefulness import groups_line, numbers_of_groups
from introstat.synth.generate import generate
from introstat.warehouse.dbt import DbtRun, run_dbt
from introstat.warehouse.opening import open_warehouse
from tests.intruder import plant
from tests.intruder.folders import codes_of
from tests.intruder.judge import Truth
from tests.intruder.run import Found, hides, intrude, put_together

PERIOD = "2017H2"
CELL = (PERIOD, "at_the_time", "03", "total", "participants")


def decided(folder: Path, **changed: int | str) -> Path:
    """The office's policy as somebody decided it, with other limits than its own if named."""
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    text = text.replace("not yet decided", "Utvalget for konfidensialitet")
    for name, value in changed.items():
        text, times = re.subn(rf"^{name}: \S+", f"{name}: {value}", text, flags=re.MULTILINE)
        assert times == 1
    path = folder / "policy.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that hides more than the office's own: what it says is read, not known by heart."""
    return decided(
        tmp_path_factory.mktemp("policy"),
        hide_to=5,
        min_persons=7,
        pool_below=12,
        dominant_persons=3,
        dominant_percent=50,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    """The folder of a warehouse in which not every count is one or two persons.

    Its country is small: a release has all municipalities in every table, and these three counties
    are a seventh of them.
    """
    return small_country(tmp_path_factory.mktemp("extracts"), build)


def small_country(folder: Path, build: Callable[..., Path]) -> Path:
    """The folder of a warehouse of 400 persons: three municipalities, and no county but theirs."""
    generate(folder / "extracts", 400, 2017, 2016, 2017, municipalities=3)
    warehouse = build(folder / "extracts")
    with open_warehouse(warehouse, read_only=False) as connection:
        connection.execute(
            "delete from stat_regions where county_code not in "
            "(select region_code from stat_participants where region_type = 'county')"
        )
    return warehouse.parent


def make(
    house: Path,
    policy: Path | None,
    *more: str | Path,
    period: str = PERIOD,
    by: Callable[..., Done] = run,
) -> Done:
    options = ["--policy", policy] if policy else []
    if "--kind" not in more:
        options += ["--kind", "preliminary"]
    if "--out" not in more:
        options += ["--out", house / "release"]
    return by(
        "release", period, "--warehouse", house / "introstat.duckdb", *options, *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def released(house: Path, policy: Path) -> Path:
    """A release as a user makes it, with dbt; what dbt publishes is kept beside the warehouse."""

    def keeping(arguments: list[str], published: Path, *more: Any) -> DbtRun:
        done = run_dbt(arguments, published, *more)
        if done.exit_code == 0:
            shutil.copy(published, house / f"dbt_{arguments[2]}.duckdb")
        return done

    with mock.patch.object(making, "run_dbt", keeping):
        done = make(house, policy, "--workers", "1", by=run_with_dbt)
    assert done.returncode == 0, done.stderr
    folder = house / "release" / f"{PERIOD}_v1"
    assert str(folder) in done.stdout
    return folder


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def tables(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.glob("*.csv")) if not p.name.startswith("revisjoner")]


def test_a_release_holds_every_cube_in_every_format_with_report_audit_and_manifest(
    released: Path,
) -> None:
    names = {path.name for path in released.rglob("*") if path.is_file()}
    for cube in load_contents().of(PERIOD).values():
        for ending in ("parquet", "csv", "px", "json"):
            stem = f"{cube.stem}_p"
            assert any(n.startswith(stem) and n.endswith(f"_v1.{ending}") for n in names)
        if len(cube.region_sets) > 1:
            assert any(name.startswith(f"{cube.stem}-kommuner") for name in names)
        if cube.imdi_table:
            assert any(name.startswith(cube.imdi_table) for name in names)
    assert {"datapackage.json", "manifest.json", "rapport_p2017-H2_v1.pdf"} <= names
    assert {"rapport_p2017-H2_v1.html", "personvernkontroll_p2017-H2_v1.json"} <= names
    manifest = json.loads((released / "manifest.json").read_text())
    assert manifest["kind"] == "preliminary" and manifest["audit_passed"] is True
    assert {i["source"] for i in manifest["inputs"]} >= {"nir", "aordningen", "folkeregister"}
    assert names - {"manifest.json"} == {Path(name).name for name in manifest["files"]}
    for name, about in manifest["files"].items():
        content = (released / name).read_bytes()
        assert about == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_nothing_forbidden_is_in_any_table(released: Path) -> None:
    counts = {m.name for c in load_contents().cubes.values() for m in c.counts_in()}
    hidden = left_out = 0
    for path in tables(released):
        for row in rows_of(path):
            assert row["sign"] in ("", ":", "...", "..", ".")
            assert (row["value"] == "") == (row["sign"] != "")
            assert row["is_preliminary"] == "true"
            assert row["region"] != "9999"
            hidden += row["sign"] == ":"
            left_out += row["sign"] == "..."
            if row["measure"] in counts and row["value"] and "hovedtall" not in path.name:
                assert not 1 <= float(row["value"]) <= 5, (path.name, row)
    assert hidden > 100
    assert left_out > 10_000  # 231 persons in 400 municipalities


def test_the_audit_tells_what_each_table_shows_at_each_level(released: Path, house: Path) -> None:
    told = json.loads((released / "personvernkontroll_p2017-H2_v1.json").read_text())
    shown = {(one["table"], one["level"]): one for one in told["usefulness"]}
    rows = [
        row
        for row in rows_of(released / "deltakere_p2017-H2_v1.csv")
        if row["measure"] == "participants"
    ]
    for level, length in (("country", 1), ("municipality", 4)):
        signs = [row["sign"] for row in rows if len(row["region"]) == length]
        one = shown["participants", level]
        assert (one["cells"], one["shown"]) == (len(signs), signs.count(""))
        assert (one["hidden"], one["left_out"]) == (signs.count(":"), signs.count("..."))
    assert shown["participants", "municipality"]["left_out"] > 0
    assert told["detail"]["main_from"] >= 10
    inside = json.loads((house / "introstat.restricted" / released.name / "audit.json").read_text())
    values = {
        (row["region"], row["sex"], row["age_band"]): row["sign"]
        for row in rows
        if len(row["region"]) < 4
    }
    for cell in inside["hidden_for_others"]:
        table, _, codes = cell.partition(": ")
        if table == "participants":
            assert values[tuple(code.partition("=")[2] for code in codes.split(", "))] == ":"


ONE_OUTCOME = """
create or replace table stat_direct_result_7 as
with of_county as (
    select * from stat_direct_result_7
    where period = ? and measure = 'exits' and region_code in ('12', '1201', '46', '4601')
),
all_to_one as (
    select * replace (if(termination_group = 'total', 'total', 'sos_stnd') as termination_group)
    from of_county
),
in_country as (
    select * replace ('country' as region_type, '0' as region_code, -value as value)
    from of_county where region_type = 'county'
    union all by name
    select * replace ('country' as region_type, '0' as region_code)
    from all_to_one where region_type = 'county'
),
every as (
    (from stat_direct_result_7 except all from of_county)
    union all by name (from in_country) union all by name (from all_to_one)
)
select * replace (sum(value) as value, any_value(persons) as persons)
from every
group by all
having sum(value) <> 0
"""


@pytest.fixture(scope="module")
def one_outcome(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse in which all who left in one county had the same reason."""
    folder = tmp_path_factory.mktemp("one_outcome")
    shutil.copy(house / "introstat.duckdb", folder)
    shutil.copytree(house / "introstat.received", folder / "introstat.received")
    with open_warehouse(folder / "introstat.duckdb", read_only=False) as warehouse:
        warehouse.execute(ONE_OUTCOME, [PERIOD])
    done = make(folder, decided(folder, zeros="may_hide", whole_groups="protect"), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "Whole groups told: 0 (direct_result 0); the policy says protect" in done.stdout
    return folder


def reasons(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """The rows of the exits by reason, by region, sex and reason."""
    return {
        (row["region"], row["sex"], row["termination_group"]): row
        for row in rows_of(folder / "avslutning-direkte-8_p2017-H2_v1.csv")
        if row["measure"] == "exits"
    }


def test_whole_groups_are_hidden_where_the_policy_protects_them(
    one_outcome: Path, released: Path
) -> None:
    folder = one_outcome / "release" / f"{PERIOD}_v1"
    with open_warehouse(one_outcome / "introstat.duckdb") as warehouse:
        before = warehouse.execute(
            "select region_code, sex, sum(value) filter (termination_group = 'total') as everybody "
            "from stat_direct_result_7 where period = ? and measure = 'exits' "
            "and region_set = 'at_the_time' group by all having everybody >= 4 and "
            "everybody = max(value) filter (termination_group <> 'total') order by all",
            [PERIOD],
        ).fetchall()
    assert [(region, sex) for region, sex, _ in before] == [
        ("12", "2"), ("12", "total"), ("1201", "2"), ("1201", "total"),
    ]  # fmt: skip
    shown = reasons(folder)
    for region, sex, everybody in before:
        if shown[region, sex, "total"]["value"]:
            assert float(shown[region, sex, "total"]["value"]) == everybody
            assert shown[region, sex, "sos_stnd"]["value"] == ""
    inside = json.loads(
        (one_outcome / "introstat.restricted" / folder.name / "audit.json").read_text()
    )
    assert inside["whole_groups"] == []
    note = "alle i en gruppe på minst 4 personer har samme utfall"
    for stem, has_note in (("avslutning-direkte-8", True), ("deltakere", False)):
        assert (note in texts_of(folder / f"{stem}_p2017-H2_v1.px")) == has_note
        assert note not in texts_of(released / f"{stem}_p2017-H2_v1.px")


def test_a_whole_group_that_slipped_out_fails_the_audit_and_is_listed_where_it_is_allowed(
    one_outcome: Path, tmp_path: Path
) -> None:
    folder = plant.copied(one_outcome / "release" / f"{PERIOD}_v1", tmp_path / f"{PERIOD}_v1")
    path = folder / "avslutning-direkte-8_p2017-H2_v1.csv"
    rows = list(rows_of(path))
    for row in rows:
        of_all = (row["region"], row["sex"], row["measure"]) == ("12", "total", "exits")
        if of_all and row["termination_group"] in ("total", "sos_stnd"):
            row["value"], row["sign"] = "10", ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    inside = one_outcome / "introstat.restricted" / folder.name
    about = json.loads((folder / "manifest.json").read_text())
    protects = policy_in(about)
    witnesses = replace(read_witnesses(inside), moves=())
    for policy in (protects, replace(protects, whole_groups="allow")):
        result = audit_release(
            folder_of(folder, about), policy, read_primaries(inside), {}, witnesses, (), ()
        )["suppressed"]
        [told] = [one for one in result.whole_groups if "=sos_stnd" in one.outcome]
        assert told.cell == "direct_result: region=12, sex=total, termination_group=total"
        assert (told.table, told.persons, told.others) == ("direct_result", 10, 0)
        narrow = [one for one in result.narrow if "those not in region=12, sex=total" in one.cell]
        assert [(one.low, one.high) for one in narrow[:1]] == [(0, 0)] * (policy == protects)
        assert groups_line(numbers_of_groups(result.whole_groups, policy, {"direct_result"}))


def test_a_release_tells_how_many_whole_groups_it_shows(released: Path, house: Path) -> None:
    told = json.loads((released / "personvernkontroll_p2017-H2_v1.json").read_text())
    inside = json.loads((house / "introstat.restricted" / released.name / "audit.json").read_text())
    listed = inside["whole_groups"]
    assert told["whole_groups"] == {
        "whole_groups": "allow", "group_from": 4, "all_but": 0,
        "told": {"direct_result": len(listed)},
    }  # fmt: skip
    line = groups_line(told["whole_groups"])
    assert line.startswith(f"Whole groups told: {len(listed)} (direct_result {len(listed)})")
    assert "no outcome" in groups_line(told["whole_groups"] | {"told": {}})


def test_an_outcome_that_no_table_has_is_refused(house: Path, tmp_path: Path, policy: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(policy.read_text().replace("status: status_group", "stauts: status_group"))
    done = make(house, wrong, "--out", tmp_path)
    assert done.returncode == 2
    assert "sensitive names status_group of stauts" in done.stderr
    assert "direct_result: sex, termination_group" in done.stderr


def test_a_time_too_short_is_refused_with_what_would_do(
    released: Path, house: Path, policy: Path
) -> None:
    before = sorted((house / "release").rglob("*"))
    done = make(house, policy, "--version", "2", "--note", "raskt", "--within", "1s")
    assert done.returncode == 3, done.stderr
    assert "seconds are too few" in done.stderr
    assert "--within" in done.stderr
    assert sorted((house / "release").rglob("*")) == before
    done = make(house, policy, "--version", "2", "--note", "raskt", "--within", "soon")
    assert done.returncode == 2
    assert "write 90s, 5m or 1h" in done.stderr


def test_what_several_limits_of_detail_would_show_is_told_and_nothing_written(
    released: Path, house: Path, policy: Path
) -> None:
    before = sorted((house / "release").rglob("*"))
    done = make(house, policy, "--compare", "--workers", "1")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["1", "2", "3"]
    [row] = [line for line in lines if line.startswith("participants ") and "country" in line]
    assert row.split()[2] == "18"
    assert all(0 <= float(percent) <= 100 for percent in row.split()[3:])
    assert len(row.split()) == 6
    assert sorted((house / "release").rglob("*")) == before


def texts_of(path: Path) -> str:
    """Everything that can be read in a released file: a PDF's pages, a workbook's cells."""
    if path.suffix == ".pdf":
        return "\n".join(Pdf(path.read_bytes()).pages())
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path, read_only=True)
        cells = [str(cell) for sheet in book for row in sheet.values for cell in row if cell]
        book.close()
        return "\n".join(cells)
    if path.suffix == ".parquet":
        metadata = pq.read_schema(path).metadata
        return "\n".join(value.decode() for value in metadata.values())
    text = path.read_text(encoding="iso-8859-1" if "intro_" in path.name else "utf-8")
    # PX breaks a long text between two words, each part in quotation marks of its own.
    return re.sub(r'(?<=[^"])"\n"(?=[^"])', "", text) if path.suffix == ".px" else text


def test_the_published_texts_say_the_limits_of_the_policy_and_the_rule_book(
    released: Path,
) -> None:
    every = {path.name: texts_of(path) for path in released.rglob("*") if path.is_file()}
    hidden, pooled = "Tall med 1–5 personer vises ikke", "Fødeland med færre enn 12 personer"
    least = "vises bare når minst 7 personer ligger bak"
    said = {
        "deltakere": [hidden, "Figures of 1–5 persons are not shown"],
        "deltakere-fodeland": [hidden, pooled, "birth with fewer than 12 persons"],
        "timer": [hidden, least, "at least 7 persons are behind", "minst 20 programdager"],
        "stonad": [
            hidden,
            least,
            "at least 7 persons are behind",
            "der 3 mottakere har mer enn 50",
        ],
    }
    formats = {f"{stem}_p2017-H2_v1{end}": texts for stem, texts in said.items()
               for end in (".json", ".px", ".parquet", "__DOC.json")}  # fmt: skip
    [workbook] = [name for name in every if name.endswith(".xlsx")]
    for name in ("datapackage.json", workbook):
        formats[name] = [hidden, pooled, least]
    for end in (".html", ".pdf"):
        formats[f"rapport_p2017-H2_v1{end}"] = [hidden, least]
    for name, texts in formats.items():
        for text in texts:
            # A PDF's lines end where the page does.
            found = " ".join(every[name].split()) if name.endswith(".pdf") else every[name]
            assert text in found, (name, text)
    defaults = re.compile("1[–-]3 person|1 til 3|(minst|at least) 4 person|enn 10 pers")
    assert [name for name, text in every.items() if defaults.search(text)] == []


def test_no_amount_is_shown_of_which_few_have_nearly_all(released: Path, house: Path) -> None:
    """By the payments themselves, in plain SQL: three have more than half of none that is shown,
    and some are hidden for that alone.
    """
    share = """
        with people as (
            select regions.region_code as region, sex, age_band, amount
            from stat_base_recipients as people
            inner join stat_base_regions as regions using (period, place_code)
            where period = ? and region_set = 'at_the_time'
        ),
        cells as (
            select region, coalesce(sex, 'total'), coalesce(age_band, 'total'), count(*),
                list_sum(list_slice(list_reverse_sort(list(amount)), 1, 3)) / sum(amount)
            from people group by region, cube (sex, age_band)
        )
        select * from cells
    """
    with open_warehouse(house / "introstat.duckdb") as connection:
        found = {
            tuple(cell): (n, of) for *cell, n, of in connection.execute(share, [PERIOD]).fetchall()
        }
    [path] = [p for p in tables(released) if p.name.startswith("stonad_p")]
    sign_of = {
        (row["region"], row["sex"], row["age_band"]): row["sign"]
        for row in rows_of(path)
        if row["measure"] == "amount"
    }
    dominated = {cell for cell, (n, of) in found.items() if of > 0.5 and cell in sign_of}
    assert {sign_of[cell] for cell in dominated} <= {":", "..."}
    large = {cell for cell in dominated if found[cell][0] >= 7}
    assert any(sign_of[cell] == ":" for cell in large)
    assert any(sign == "" and found.get(cell, (0, 0))[0] for cell, sign in sign_of.items())


def test_readers_see_the_policys_short_fingerprint(released: Path, policy: Path) -> None:
    decided_policy = load_policy(policy)
    short, long = decided_policy.short_fingerprint, decided_policy.fingerprint
    assert len(short) == 12 and long.startswith(short)
    seen = {path.name for path in released.rglob("*") if path.is_file() and short in texts_of(path)}
    assert seen == {
        "manifest.json", "personvernkontroll_p2017-H2_v1.json", "rapport_p2017-H2_v1.pdf",
        "rapport_p2017-H2_v1.html",
    }  # fmt: skip
    about = json.loads((released / "manifest.json").read_text())["policy"]
    assert (about["fingerprint"], about["short_fingerprint"]) == (long, short)
    for path in released.rglob("rapport_*"):
        text = texts_of(path)
        assert not re.search("[0-9a-f]{20}", text.partition("<body>")[2] or text)


def test_what_is_shown_is_what_the_warehouse_holds(released: Path, house: Path) -> None:
    shown = compared = 0
    with open_warehouse(house / "introstat.duckdb") as warehouse:
        for cube in load_contents().of(PERIOD).values():
            if not cube.counts_in():
                continue
            dims = [d.name for d in cube.dimensions]
            figures = {
                tuple(row[:-1]): row[-1]
                for row in warehouse.execute(
                    f"select region_code, {', '.join(dims)}, measure, value from {cube.model} "
                    f"where period = '{PERIOD}' and region_set = 'at_the_time'"
                ).fetchall()
            }
            for row in rows_of(released / f"{cube.stem}_p2017-H2_v1.csv"):
                if row["value"] and not any(row[d] == "other" for d in dims):
                    shown += 1
                    key = (row["region"], *(row[d] for d in dims), row["measure"])
                    assert float(figures.get(key, 0)) == float(row["value"]), (cube.name, row)
                    compared += key in figures
    assert shown > 500
    assert compared > 200


def test_the_published_models_hold_what_the_files_hold(released: Path, house: Path) -> None:
    with open_warehouse(house / "dbt_publication.duckdb") as connection:
        rows = connection.execute(
            "select region_code, sex, age_band, measure, value, sign from pub_participants "
            f"where release = '{PERIOD}_v1' and region_set = 'at_the_time'"
        ).fetchall()
        there = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    assert set(there) == {("publication", f"pub_{name}") for name in load_contents().cubes}
    ours = {tuple(map(str, row[:4])): (row[4], row[5]) for row in rows}
    read = list(rows_of(released / "deltakere_p2017-H2_v1.csv"))
    assert len(read) == len(ours)
    for row in read:
        value, sign = ours[row["region"], row["sex"], row["age_band"], row["measure"]]
        assert (sign, None if value is None else float(value)) == (
            row["sign"],
            float(row["value"]) if row["value"] else None,
        )


def intruder_in(released: Path, house: Path) -> tuple[Found, list[plant.Hidden]]:
    """What an intruder finds in a release, and hidden small cells to plant mistakes in."""
    known = put_together([released])
    truth = Truth(house / "introstat.duckdb", known.facts)
    small = hides(known)

    def count(row: dict[str, str]) -> int:
        codes = codes_of({"sex": row["sex"], "age_band": row["age_band"]})
        time = (known.facts.releases[0].vintage, PERIOD)
        return truth.of(known.facts.cell(time, row["measure"], row["region"], codes))

    found = intrude(known, lambda cell: small(truth.of(cell)))
    return found, [c for c in plant.hidden_cells(released, count) if small(c.count)]


@pytest.fixture(scope="module")
def intruded(released: Path, house: Path) -> tuple[Found, list[plant.Hidden]]:
    return intruder_in(released, house)


def test_an_intruder_comes_out_empty_handed(intruded: tuple[Found, list[plant.Hidden]]) -> None:
    found, _ = intruded
    assert len(found.intervals) > 200
    assert found.narrow(3) == {}
    assert found.attack.undecided == []
    assert (found.known.said, found.known.revised, found.known.amounts) == ([], [], [])


PLANTED = ("a percent", "a revision", "a sentence", "an earlier version", "a year")


@pytest.mark.parametrize("mistake", PLANTED)
def test_an_intruder_finds_a_planted_mistake(
    mistake: str, released: Path, intruded: tuple[Found, list[plant.Hidden]], tmp_path: Path
) -> None:
    cell = intruded[1][0]
    folders = [plant.copied(released, tmp_path / PERIOD)]
    if mistake == "a percent":
        plant.show_percent(folders[0], cell)
    elif mistake == "a revision":
        plant.revise(folders[0], cell, PERIOD)
    elif mistake == "a sentence":
        names = {p.code: p.name for p in intruded[0].known.facts.releases[0].places}
        sexes, ages = {"1": "menn", "2": "kvinner"}, labels("age_bands", "label_nb")
        age = f" {ages[cell.age_band]}" if cell.age_band != "total" else ""
        plant.say(
            folders[0],
            f"I {names[cell.region]} var {cell.count} av deltakerne {sexes[cell.sex]}{age}.",
        )
    elif mistake == "an earlier version":
        folders.append(plant.copied(released, tmp_path / "v2", version=2))
        plant.show_count(folders[0], cell)
    else:
        plant.without_series(folders[0])
        folders.append(plant.as_year(released, tmp_path / "year", PERIOD[:4], cell))
        folders.append(plant.as_empty_half(released, tmp_path / "half", f"{PERIOD[:4]}H1"))
    known = put_together(folders)
    time = (known.facts.releases[0].vintage, PERIOD)
    codes = codes_of({"sex": cell.sex, "age_band": cell.age_band})
    wanted = known.facts.cell(time, "participants", cell.region, codes)
    found = intrude(known, lambda each: each == wanted)
    interval = found.narrow(3)[wanted]
    assert interval.low <= cell.count <= interval.high


@pytest.mark.slow
def test_dbt_publishes_what_is_in_the_protected_store_as_the_release_did(
    released: Path, house: Path, tmp_path: Path
) -> None:
    done = dbt(
        "build", "--selector", "publication", "--target-path", tmp_path, "--log-path", tmp_path,
        INTROSTAT_WAREHOUSE=str(tmp_path / "w.duckdb"),
        INTROSTAT_RECEIVED=str(house / "introstat.received"),
        INTROSTAT_PROTECTED=str(house / "introstat.protected"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert content(tmp_path / "w.duckdb") == content(house / "dbt_publication.duckdb")


def same_bytes(folder: Path, again: Path) -> None:
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) >= len(load_contents().cubes)
    for name in files:
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def test_the_same_inputs_give_the_same_bytes(
    released: Path, house: Path, policy: Path, tmp_path: Path
) -> None:
    """Elsewhere, by several processes, and by dbt as by its compiled SQL.

    So what other tests show of releases that were made without dbt is true of dbt's.
    """
    store = house / "introstat.protected" / released.name
    by_dbt = Path(shutil.copytree(store, tmp_path / "store"))
    out, inside = tmp_path / "again", tmp_path / "inside"
    done = make(house, policy, "--out", out, "--restricted", inside, "--workers", "2")
    assert done.returncode == 0, done.stderr
    same_bytes(by_dbt, store)
    same_bytes(released, out / released.name)


@pytest.mark.slow
def test_a_release_with_every_municipality_passes_its_audit_and_repeats(
    tmp_path: Path, build: Callable[..., Path]
) -> None:
    policy = decided(tmp_path)
    generate(tmp_path / "extracts", 1000, 2017, 2015, 2018, municipalities=5)
    house = build(tmp_path / "extracts").parent
    for again in ("once", "again"):
        done = make(house, policy, "--out", tmp_path / again)
        assert done.returncode == 0, done.stderr
    name = f"{PERIOD}_v1"
    same_bytes(tmp_path / "once" / name, tmp_path / "again" / name)
    done = run("verify", tmp_path / "once" / name, "--restricted", house / "introstat.restricted")
    assert done.returncode == 0, done.stderr


def test_documents_of_parquet_files_name_the_classifications_of_klass(released: Path) -> None:
    found: dict[str, set[str]] = {}
    for path in released.glob("*__DOC.json"):
        for variable in json.loads(path.read_text(encoding="utf-8"))["datadoc"]["variables"]:
            if uri := variable["classification_uri"]:
                found.setdefault(variable["short_name"], set()).add(uri.rpartition("/")[2])
    assert found == {"region": {"131", "104"}, "sex": {"2"}, "country_of_birth": {"552"}}


def test_verify_passes_and_finds_what_was_changed(
    released: Path, house: Path, tmp_path: Path
) -> None:
    inside = house / "introstat.restricted"
    done = run("verify", released, "--restricted", inside)
    assert done.returncode == 0, done.stderr
    assert "the audit passes" in done.stdout
    assert run("verify", released, "--without-audit").returncode == 0
    missing = run("verify", released, "--restricted", tmp_path)
    assert missing.returncode == 2 and "--restricted" in missing.stderr

    copy = tmp_path / released.name
    shutil.copytree(released, copy)
    table = copy / "deltakere_p2017-H2_v1.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if ",:," in line)
    lines[place] = lines[place].replace(",:,", "2,,").replace(",,2,,", ",2,,")
    table.write_text("".join(lines), encoding="utf-8")
    changed = run("verify", copy, "--restricted", inside)
    assert changed.returncode == 3
    assert "deltakere_p2017-H2_v1.csv: changed since the release" in changed.stderr


def test_a_count_that_slipped_out_fails_the_audit_though_the_manifest_agrees(
    released: Path, house: Path, tmp_path: Path
) -> None:
    copy = tmp_path / released.name
    shutil.copytree(released, copy)
    with open_warehouse(house / "introstat.duckdb") as warehouse:
        found = warehouse.execute(
            "select region_code, sex, age_band from stat_participants where period = ? and measure "
            "= 'participants' and region_type = 'municipality' and region_set = 'at_the_time' "
            "and sex <> 'unknown' and age_band <> 'other' and value = 2 order by all",
            [PERIOD],
        ).fetchone()
    assert found is not None
    table = copy / "deltakere_p2017-H2_v1.csv"
    rows = list(rows_of(table))
    for row in rows:
        same = (row["region"], row["sex"], row["age_band"]) == found
        if same and row["measure"] == "participants":
            assert row["sign"] in (":", "...")
            row["value"], row["sign"] = "2", ""
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    manifest = json.loads((copy / "manifest.json").read_text())
    content = table.read_bytes()
    manifest["files"][table.name] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    (copy / "manifest.json").write_text(json.dumps(manifest))
    done = run("verify", copy, "--restricted", house / "introstat.restricted")
    assert done.returncode in (2, 3)
    assert "deltakere_p2017-H2_v1" in done.stderr or "restricted" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["2017Q3"], 2, "is not a period"),
        (["2031H1"], 3, "the register is known until"),
        ([PERIOD, "--version", "1"], 2, "is there already"),
        ([PERIOD, "--version", "7"], 2, "next version"),
        ([PERIOD], 2, "--note"),
    ],
)
def test_what_may_not_be_released_is_refused(
    arguments: list[str], code: int, said: str, released: Path, house: Path, policy: Path
) -> None:
    before = sorted((house / "release").rglob("*"))
    done = make(house, policy, *arguments[1:], period=arguments[0])
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert sorted((house / "release").rglob("*")) == before


def test_a_final_release_says_all_that_is_lacking(
    house: Path, policy: Path, tmp_path: Path
) -> None:
    shutil.copy(house / "introstat.duckdb", tmp_path)
    with open_warehouse(tmp_path / "introstat.duckdb", read_only=False) as warehouse:
        warehouse.execute("update dim_vintage set aordningen_delivered = date '2017-12-10'")
        warehouse.execute("update dim_vintage set status_delivered = date '2017-09-01'")
        warehouse.execute(
            "update dq_rule_states set state = 'stop' where rule_id = 'C03' "
            "and half_year = '2017H1'"
        )
    done = make(tmp_path, policy, "--kind", "final", period="2017")
    assert done.returncode == 3
    for said in ("cannot be final yet", "status: ", "aordningen: ", "rule C03 in 2017H1"):
        assert said in done.stderr
    assert not (tmp_path / "release").exists()


def test_a_policy_needs_somebody_who_decided_it(house: Path, tmp_path: Path, policy: Path) -> None:
    undecided = make(house, None, "--out", tmp_path)
    assert undecided.returncode == 3 and "Nobody has decided" in undecided.stderr
    loose = tmp_path / "loose.yml"
    loose.write_text(policy.read_text().replace("hide_to: 5 ", "hide_to: 2 "))
    refused = make(house, loose, "--out", tmp_path)
    assert refused.returncode == 3 and "hide_to is 2, was 3" in refused.stderr
    rounds = tmp_path / "rounds.yml"
    rounds.write_text(policy.read_text().replace("method: suppress", "method: round"))
    assert make(house, rounds, "--out", tmp_path).returncode == 3
    given = {"decided_by": "utvalget", "decided_on": "2026-01-01"}
    usual = policy_from(given)
    assert looser_settings(policy_from(given | {"min_width": 2}), usual)
    assert not looser_settings(policy_from(given | {"min_width": 4}), usual)
    for change in ({"dominant_percent": 90}, {"dominant_persons": 1}):
        [said] = looser_settings(policy_from(given | change), usual)
        assert said.startswith(next(iter(change)))
        assert not looser_settings(usual, policy_from(given | change))
    outcomes = {"status": "status_group", "direct_result": "termination_group"}
    groups = given | {"zeros": "may_hide", "sensitive": outcomes, "group_from": 5, "all_but": 1}
    strict = policy_from(groups | {"whole_groups": "protect"})
    for change in (
        {"whole_groups": "allow"},
        {"group_from": 6},
        {"all_but": 0},
        {"sensitive": {"status": "status_group"}},
    ):
        loose = policy_from(groups | {"whole_groups": "protect"} | change)
        [said] = looser_settings(loose, strict)
        assert said.startswith(next(iter(change)))
        assert not looser_settings(strict, loose)


def test_revisions_tell_old_new_difference_and_why(tmp_path: Path) -> None:
    names = ("period", "region_set", "region_code", "age_band", "measure", "sex", "value", "sign")
    old = [("1", 10, ""), ("2", None, ":"), ("total", 20, ""), ("x", 5, "")]
    new = [("1", 12, ""), ("2", 8, ""), ("total", 20, "")]
    tables = [
        pa.Table.from_pylist(
            [
                dict(zip(names, (*CELL, sex, value and Decimal(value), sign), strict=True))
                for sex, value, sign in values
            ]
        )
        for values in (old, new)
    ]
    pq.write_table(tables[0], tmp_path / "before_participants.parquet")
    connection = duckdb.connect()
    connection.register("pub_participants", tables[1])
    before = Before("2017H2_v1", {}, tmp_path)
    rows = revisions_of(connection, load_contents(), "2017H2", before, "sent").to_pylist()
    assert [(json.loads(r["dimensions"])["sex"], r["difference"], r["reason"]) for r in rows] == [
        ("1", 2, "sent"),
        ("2", None, "personvern"),
        ("x", None, "personvern"),
    ]
    assert [(r["old_value"], r["new_value"], r["new_sign"]) for r in rows][2] == (5, None, ".")
    assert rows[0]["dimensions"] == '{"sex":"1","age_band":"total"}'
    assert revisions_of(connection, load_contents(), "2017H2", None, "sent").num_rows == 0


def test_without_a_change_of_policy_the_notes_are_those_of_earlier_releases() -> None:
    policy = policy_from({"decided_by": "utvalget", "decided_on": "2026-01-01"})
    assert load_contents().notes_of("participants", policy, "nb")[0] == (
        "Tall med 1–3 personer vises ikke (:), og heller ikke tall som de kan regnes ut av."
    )
    one = policy_from({"decided_by": "utvalget", "decided_on": "2026-01-01", "hide_from": 3})
    assert "of 3 persons" in load_contents().notes_of("participants", one, "en")[0]


def test_the_interval_that_texts_name_is_the_methods() -> None:
    cube = load_contents().cubes["registration_share"]
    [row] = seed_rows("registration_method")
    assert row["interval_tail"] == "0.1"
    assert "med 80 % intervall" in cube.description.nb


def test_every_count_of_the_cubes_is_in_a_count_table() -> None:
    contents = load_contents()
    for period in ("2017H2", "2017"):
        count_tables = count_tables_of(contents, period)
        for cube in contents.of(period).values():
            for measure in cube.counts_in():
                own = [table for table in count_tables.values() if cube in table.cubes]
                assert measure.name in {table.measure.name for table in own}
            for measure in cube.measures_in(period):
                told = (measure.counts, measure.part, measure.rests_on, measure.follows)
                assert any(told) or cube.name in ("headline", "registration_share")
    sides = [link[side] for link in contents.links for side in ("left", "right")]
    named = {side if isinstance(side, str) else side["cube"] for side in sides}
    assert named <= set(count_tables_of(contents, "2017"))
