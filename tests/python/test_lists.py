"""The municipality's workbook: what is in it, whose numbers, and the trace it leaves."""

import json
import re
import shutil
import stat
from datetime import date, datetime
from functools import cache
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from click.testing import CliRunner
from conftest import KEY, rows
from openpyxl.workbook import Workbook

from introstat.cli import main
from introstat.codelists import seed_rows
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.lists import workbook as workbook_module
from introstat.lists.idents import MunicipalityIdents, NotOfThisMunicipality, listed_persons
from introstat.lists.municipality import Municipality
from introstat.warehouse.opening import open_warehouse

SHEETS = [
    "Oversikt", "Å gjøre", "Deltakere", "Uten vedtak", "Uten tiltak", "Avsluttede", "KOSTRA",
    "Stønad", "Etterregistrering",
]  # fmt: skip
ELEVEN_DIGITS = re.compile(r"\d{11}")


def lists(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["lists", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.fixture(scope="module")
def all_workbooks(
    generated_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("lists") / "out"
    lists("--all", "--out", out, "--warehouse", generated_warehouse)
    return {path.name[:4]: path for path in out.iterdir()}


@pytest.fixture(scope="module")
def largest(generated_warehouse: Path) -> str:
    [(code,)] = rows(
        generated_warehouse,
        "select current_municipality_code from rpt_findings group by all order by count(*) desc, 1 "
        "limit 1",
    )
    return code


@pytest.fixture(scope="module")
def workbook(all_workbooks: dict[str, Path], largest: str) -> Workbook:
    return openpyxl.load_workbook(all_workbooks[largest])


def table(workbook: Workbook, name: str) -> list[tuple]:
    """Return the rows of a list below its titles, lines of a rule left out."""
    sheet = workbook[name]
    found = [tuple(row) for row in sheet.iter_rows(min_row=5, values_only=True)]
    if found and found[0][0] == "Ingen.":
        return []
    return [row for row in found if name != "Å gjøre" or not str(row[2]).endswith(" funn)")]


@cache
def texts(path: Path) -> set[str]:
    """Every text and number of a workbook, wherever in the file it stands.

    openpyxl takes ten seconds for all the workbooks.
    """
    with ZipFile(path) as zipped:
        parts = [zipped.read(name).decode() for name in zipped.namelist()]
    return {unescape(text) for part in parts for text in re.findall(r">([^<]+)<", part)}


def test_the_quick_reading_finds_every_text_that_openpyxl_finds(workbook, all_workbooks, largest):
    shown = {
        value
        for sheet in workbook
        for row in sheet.iter_rows(values_only=True)
        for value in row
        if isinstance(value, str)
    }
    assert len(shown) > 100
    assert shown <= texts(all_workbooks[largest])


def test_the_lists_are_the_warehouses_rows(workbook, generated_warehouse, largest, pseudonymiser):
    def expected(query: str) -> list[tuple]:
        found = rows(generated_warehouse, query.replace("$code", f"'{largest}'"))
        return sorted(
            (
                tuple(
                    pseudonymiser.number(value)
                    if place == 0
                    else datetime.combine(value, datetime.min.time())
                    if isinstance(value, date)
                    else value
                    for place, value in enumerate(row)
                )
                for row in found
            ),
            key=str,
        )

    for name, places, query in (
        (
            "Deltakere",
            (0, 1, 2, 3),
            "select person_key, participation_id, start_date, end_date from rpt_participants",
        ),
        (
            "Uten vedtak",
            (0, 2, 3),
            "select person_key, category_from, days_in_category from rpt_entitled_without_decision",
        ),
        (
            "Uten tiltak",
            (0, 1, 2, 3),
            "select person_key, participation_id, last_measure_date, days_without_measure "
            "from rpt_participants_without_measures",
        ),
        (
            "Avsluttede",
            (1, 2, 4, 8),
            "select person_key, participation_id, end_date, longest_gap_days "
            "from rpt_ended_participants",
        ),
        (
            "Å gjøre",
            (2, 1, 5, 6),
            "select person_key, rule_id, event_date, detail from rpt_findings",
        ),
    ):
        found = [tuple(row[place] for place in places) for row in table(workbook, name)]
        where = " where current_municipality_code = $code"
        assert sorted(found, key=str) == expected(query + where), name
    assert len(table(workbook, "Å gjøre")) > 10
    assert len(table(workbook, "Avsluttede")) > 10


def test_the_reconciliations_and_the_rules_are_the_warehouses_figures(
    workbook, generated_warehouse, largest
):
    kostra = rows(
        generated_warehouse,
        "select in_kostra, in_nir, in_both, only_in_kostra, only_in_nir "
        f"from rpt_kostra_reconciliation where current_municipality_code = '{largest}'",
    )
    assert sorted(row[2:7] for row in table(workbook, "KOSTRA")) == sorted(kostra)
    assert kostra
    benefit = rows(
        generated_warehouse,
        "select participation_months, months_without_benefit, benefit_months, "
        "benefit_without_participation, benefit_over_limit from rpt_benefit_reconciliation "
        f"where current_municipality_code = '{largest}'",
    )
    assert sorted(row[1:6] for row in table(workbook, "Stønad")) == sorted(benefit)
    states = dict(
        rows(
            generated_warehouse,
            "select rule_id, struct_pack(label := '● ' || label_nb, checked, findings) "
            "from rpt_rule_states inner join rule_lights using (state) "
            f"where current_municipality_code = '{largest}' and checked > 0",
        )
    )
    shown = {
        row[0]: {"label": row[2], "checked": row[3], "findings": row[4]}
        for row in workbook["Oversikt"].iter_rows(values_only=True)
        if re.fullmatch(r"[CK]\d\d", str(row[0])) and row[3]
    }
    assert shown == states
    assert {state["label"] for state in shown.values()} > {"● I orden"}


def test_the_lights_keep_the_limits_of_the_rule_book(generated_warehouse):
    """Counted anew from completeness, in the code of today."""
    wrong = rows(
        generated_warehouse,
        """
        with recount as (
            select rule_id, s.current_code as code, sum(checked) as checked,
                sum(findings) as findings
            from fct_completeness as f
            inner join dim_municipality_successor as s using (municipality_code)
            cross join dim_vintage as v
            where v.observed_until >= s.from_date and v.observed_until < s.until_date
                and not is_extended_access and half_year >= '2018H2'
            group by all
        )
        select *
        from rpt_rule_states as t
        left join recount as r on t.rule_id = r.rule_id and t.current_municipality_code = r.code
        where r.checked is distinct from t.checked or r.findings is distinct from t.findings
            or t.state is distinct from case
                when r.checked = 0 then 'not_applicable'
                when 100.0 * r.findings / r.checked > t.stop_percent then 'stop'
                when 100.0 * r.findings / r.checked > t.warn_percent then 'warning'
                else 'ok' end
        """,
    )
    assert wrong == []


def test_nobody_with_a_protected_address_is_in_any_workbook(
    all_workbooks, generated_warehouse, pseudonymiser
):
    protected = {
        pseudonymiser.number(key)
        for (key,) in rows(
            generated_warehouse,
            "select person_key from dim_person where is_address_protected "
            "and person_key in (select person_key from dq_findings)",
        )
    }
    assert protected
    for path in all_workbooks.values():
        assert not protected & texts(path), path.name


def test_a_workbook_holds_numbers_of_its_own_municipality_and_no_pseudonym(
    all_workbooks, generated_warehouse, pseudonymiser
):
    """Its own: with a participation, a category, a decision or a benefit there."""
    own = rows(
        generated_warehouse,
        """
        select distinct s.current_code, x.person_key
        from (
            select municipality_code, person_key from fct_participation
            union select municipality_code, person_key from fct_benefit_months
            union select municipality_code, ident from stg_nir__kategorier
            union select municipality_code, ident from stg_nir__vedtak
            union select c.municipality_code, i.person_key from stg_nir__kategorier as c
                inner join int_identity__current_idents as i using (ident)
            union select d.municipality_code, i.person_key from stg_nir__vedtak as d
                inner join int_identity__current_idents as i using (ident)
        ) as x
        inner join dim_municipality_successor as s using (municipality_code)
        cross join dim_vintage as v
        where v.observed_until >= s.from_date and v.observed_until < s.until_date
        """,
    )
    numbers: dict[str, set[str]] = {}
    for code, key in own:
        numbers.setdefault(code, set()).add(pseudonymiser.number(key))
    restored = 0
    for code, path in all_workbooks.items():
        shown = texts(path)
        assert not any(re.search(r"[a-p]{40,}", text) for text in shown), path.name
        found = {text for text in shown if ELEVEN_DIGITS.fullmatch(text)}
        assert found <= numbers.get(code, set()), path.name
        restored += len(found)
    assert restored > 300


def test_a_person_of_another_municipality_is_refused(generated_warehouse, largest):
    with open_warehouse(generated_warehouse) as connection:
        [(stranger,)] = connection.execute(
            "select person_key from rpt_ended_participants where current_municipality_code <> $1 "
            "and person_key not in (select person_key from rpt_findings "
            "where current_municipality_code = $1) order by 1 limit 1",
            [largest],
        ).fetchall()
        municipality = Municipality(largest, "", "")
        persons = listed_persons(connection, [municipality])[largest]
    idents = MunicipalityIdents(municipality, persons, Pseudonymiser(KEY))
    with pytest.raises(NotOfThisMunicipality):
        idents.number(stranger)
    assert idents.count == 0


def test_every_municipality_with_anything_has_its_workbook(all_workbooks, generated_warehouse):
    told = rows(
        generated_warehouse,
        "select distinct current_municipality_code from rpt_rule_states where checked > 0",
    )
    assert {code for (code,) in told} <= set(all_workbooks)
    assert len(all_workbooks) > 100


def test_the_sheets_are_made_to_work_in(workbook):
    assert workbook.sheetnames == SHEETS
    for sheet in workbook:
        assert sheet.freeze_panes
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0 and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows
        assert "Unntatt" in sheet.oddFooter.center.text
        if sheet.title != "Oversikt":
            assert sheet.auto_filter.ref
    for row in workbook["Avsluttede"].iter_rows(min_row=5, max_row=14):
        assert row[4].is_date and row[4].number_format == "dd.mm.yyyy"
        assert isinstance(row[1].value, str) and len(row[1].value) == 11
        assert row[7].value is None or 0 <= row[7].value <= 1
    titles = " ".join(str(cell.value) for cell in workbook["Uten vedtak"][4])
    assert titles == "Fødselsnummer Kategori I kategorien fra Dager i kategorien"


def test_the_texts_say_the_limits_and_the_rules_of_the_seeds(copied, largest, tmp_path):
    def told(out: Path) -> str:
        lists(largest, "--out", out, "--warehouse", copied)
        [path] = out.iterdir()
        return "\n".join(texts(path))

    before = told(tmp_path / "before")
    assert "Deltakere uten tiltak de siste to månedene" in before
    assert "Under 90 prosent i NIR er et funn (regel C23)." in before
    assert "«Å gjøre» (C11, C12, C13)." in before and "– over halvannen gang full" in before
    with open_warehouse(copied, read_only=False) as connection:
        connection.execute("update rule_limits set limit_value = 3 where rule_id in ('C01', 'C13')")
        connection.execute("update rule_limits set limit_value = 82.5 where rule_id = 'C23'")
        connection.execute("update completeness_rules set sheet = null where rule_id = 'C12'")
    after = told(tmp_path / "after")
    assert "Deltakere uten tiltak de siste tre månedene" in after
    assert "Under 82,5 prosent i NIR er et funn (regel C23)." in after
    assert "«Å gjøre» (C11, C13)." in after and "– over tre ganger full" in after


def test_the_seed_names_sheets_that_there_are():
    named = {row["sheet"] for row in seed_rows("completeness_rules") if row["sheet"]}
    assert named and named <= set(SHEETS)


def test_the_same_warehouse_gives_the_same_bytes_for_the_owner_only(
    all_workbooks, generated_warehouse, largest, tmp_path
):
    lists(largest, "--out", tmp_path / "again", "--warehouse", generated_warehouse)
    [again] = (tmp_path / "again").iterdir()
    assert again.read_bytes() == all_workbooks[largest].read_bytes()
    assert stat.S_IMODE(again.stat().st_mode) == 0o600
    properties = openpyxl.load_workbook(again).properties
    [(as_of,)] = rows(generated_warehouse, "select as_of from dim_vintage")
    assert properties.created.date() == as_of


@pytest.fixture
def copied(generated_warehouse: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(generated_warehouse, tmp_path / "introstat.duckdb"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_never_becomes_a_formula(copied, largest, tmp_path, start):
    evil = f'{start}HYPERLINK("http://example.org")'
    with open_warehouse(copied, read_only=False) as connection:
        connection.execute(
            "update rpt_findings set detail = $1 where current_municipality_code = $2",
            [evil, largest],
        )
    lists(largest, "--out", tmp_path / "out", "--warehouse", copied)
    [path] = (tmp_path / "out").iterdir()
    sheet = openpyxl.load_workbook(path)["Å gjøre"]
    cells = [cell for row in sheet.iter_rows(min_row=5) for cell in row if cell.value == evil]
    assert len(cells) > 10
    # openpyxl calls any text with = a formula unless the file says that it is shared text.
    for cell in cells:
        assert cell.quotePrefix
    with ZipFile(path) as zipped:
        assert not any(
            b"<f>" in zipped.read(name) for name in zipped.namelist() if "worksheets/" in name
        )


def test_each_workbook_leaves_a_line_and_no_number(copied, largest, tmp_path):
    log = tmp_path / "introstat.access.jsonl"
    for _ in range(2):
        lists(largest, "--out", tmp_path / "out", "--warehouse", copied)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["municipality_code"] for line in lines] == [largest, largest]
    [path] = (tmp_path / "out").iterdir()
    shown = {text for text in texts(path) if ELEVEN_DIGITS.fullmatch(text)}
    for line in lines:
        assert set(line) == {
            "time", "user", "user_id", "municipality_code", "idents", "workbook",
        }  # fmt: skip
        assert line["user"]
        assert datetime.fromisoformat(line["time"]).tzinfo
        assert line["idents"] == len(shown)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not ELEVEN_DIGITS.search(log.read_text())


def test_without_a_log_no_number_is_restored(copied, largest, tmp_path, monkeypatch):
    monkeypatch.setenv("INTROSTAT_ACCESS_LOG", str(tmp_path / "introstat.duckdb" / "log"))
    output = lists(largest, "--out", tmp_path / "out", "--warehouse", copied, code=2)
    assert "The access log" in output and "INTROSTAT_ACCESS_LOG" in output
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interrupted_run_leaves_whole_workbooks_only(copied, tmp_path, monkeypatch):
    whole = workbook_module.make_workbook
    made = []

    def interrupted(*arguments) -> bytes:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(whole(*arguments))
        return made[-1]

    monkeypatch.setattr(workbook_module, "make_workbook", interrupted)
    arguments = ["lists", "--all", "--out", str(tmp_path / "out"), "--warehouse", str(copied)]
    assert CliRunner().invoke(main, arguments).exit_code == 1
    found = sorted((tmp_path / "out").iterdir())
    assert [path.read_bytes() for path in found] == made
    lines = (tmp_path / "introstat.access.jsonl").read_text().splitlines()
    assert [json.loads(line)["workbook"] for line in lines] == [path.name for path in found]


def test_another_key_is_refused_and_none_is_made(copied, largest, tmp_path, monkeypatch):
    other = tmp_path / "other.key"
    other.write_text("ab" * 64)
    arguments = (largest, "--out", tmp_path / "out", "--warehouse", copied)
    output = lists(*arguments, "--key-file", other, code=2)
    assert "not the one these deliveries were received with" in output
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "introstat.access.jsonl").exists()

    monkeypatch.delenv("INTROSTAT_KEY_FILE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    assert "cannot be read" in lists(*arguments, code=2)
    assert not (tmp_path / "nobody").exists()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("1601", "1601 Trondheim is 5001 Trondheim since 2018-01-01"),
        ("1601", "introstat lists 5001"),
        ("5059", "5059 Orkland is a municipality from 2020-01-01"),
        ("0300", "There is no municipality 0300: expected four digits"),
        ("302", "There is no municipality 302: expected four digits"),
        ("Trondhjem", "Did you mean 5001 Trondheim"),
        ("Våler", "is the name of 2 municipalities: 0137 Våler (Østfold), 0426 Våler (Hedmark)"),
        ("=1+1", "No municipality is called =1+1"),
    ],
)
def test_a_municipality_that_is_not_one_is_told_what_to_write(
    generated_warehouse, tmp_path, wanted, message
):
    output = lists(wanted, "--out", tmp_path / "out", "--warehouse", generated_warehouse, code=2)
    assert message in " ".join(output.split())
    assert not (tmp_path / "out").exists()


def test_a_name_will_do(copied, tmp_path):
    lists("trondheim", "--out", tmp_path / "out", "--warehouse", copied)
    [path] = (tmp_path / "out").iterdir()
    assert path.name == "5001_trondheim_2019-01-21.xlsx"


def test_bad_use_is_told(tmp_path, generated_warehouse):
    out = ("--out", tmp_path / "out")
    assert "Give one KOMMUNE, or --all" in lists(*out, code=2)
    assert "Give one KOMMUNE, or --all" in lists("0301", "--all", *out, code=2)
    assert "There is no warehouse" in lists("0301", *out, "--warehouse", tmp_path / "w", code=2)
    (tmp_path / "empty.duckdb").write_text("nothing")
    output = lists("0301", *out, "--warehouse", tmp_path / "empty.duckdb", code=2)
    assert "not a warehouse that was built to the end" in output
