"""Sheets of workbooks that a mapping reads as they are: .xlsx and .ods."""

import json
import shutil
import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from deliveries import ident
from test_mapping import BASE, HEADER, SIGNALS, Office, with_columns

from introstat.errors import UserError
from introstat.identity.numbers import DECIMAL_PLACES
from introstat.macros import macros
from introstat.mapping.reading import load_mapping
from introstat.receipt.mapping_check import check
from introstat.sql import text_literal

ANNE, BAKO = "03819000017", "04819000056"
# Written by LibreOffice; tests/data/sheets/README says what is in them.
WRITTEN = ROOT / "tests" / "data" / "sheets"
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><office:automatic-styles>'
    '<style:style style:name="hidden"><style:table-properties table:display="false"/></style:style>'
    "</office:automatic-styles><office:body><office:spreadsheet>{}</office:spreadsheet>"
    "</office:body></office:document-content>"
)


@pytest.fixture
def office(tmp_path: Path, mappings: Path) -> Office:
    return Office(tmp_path, mappings)


def write_xlsx(path: Path, sheets: dict[str, list[list]], hidden: tuple[str, ...] = ()) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, content in sheets.items():
        sheet = workbook.create_sheet(name)
        for values in content:
            sheet.append(values)
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, date | time):
                    cell.number_format = "dd.mm.yyyy"
        if name in hidden:
            sheet.sheet_state = "hidden"
    workbook.save(path)


def write_ods(path: Path, sheets: dict[str, list[list]], hidden: tuple[str, ...] = ()) -> None:
    tables = ""
    for name, content in sheets.items():
        style = ' table:style-name="hidden"' if name in hidden else ""
        tables += f"<table:table table:name={quoteattr(name)}{style}>"
        for values in content:
            cells = "".join(map(ods_cell, values))
            tables += f"<table:table-row>{cells}</table:table-row>"
        tables += '<table:table-row table:number-rows-repeated="1000"/></table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", ODS.format(tables))


def ods_cell(value: object) -> str:
    if value is None:
        return '<table:table-cell table:number-columns-repeated="1"/>'
    if isinstance(value, bool):
        said = f'boolean" office:boolean-value="{str(value).lower()}'
    elif isinstance(value, int | float):
        said = f'float" office:value="{value}'
    elif isinstance(value, date):
        said = f'date" office:date-value="{value.isoformat()}'
    else:
        said = "string"
    return (
        f'<table:table-cell office:value-type="{said}">'
        f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
    )


WRITERS = {".xlsx": write_xlsx, ".ods": write_ods}
NAMES = ["Nr", "Fnr", "Hva", "Fra"]


def has(office: Office, name: str, sheets: dict[str, list[list]], hidden: tuple = ()) -> None:
    WRITERS[Path(name).suffix](office.sample / name, sheets, hidden)


def for_workbooks(text: str, name: str) -> str:
    return text.replace('"*.txt"', f'"*{Path(name).suffix}"')


@pytest.mark.parametrize("name", ["signaler.xlsx", "signaler.ods"])
def test_a_workbook_as_libreoffice_writes_it_becomes_rows(office, pseudonymiser, name):
    """Merged title, formula, an error, a row that is not shown, numbers for identity numbers."""
    columns = BASE.replace("Fra\n", "Gjelder fra\n") + "til_dato: Til\nkilde: Kilde\n"
    keys = "        sheet: Saker\n        header_line: 3\n        missing: ['#N/A']\n"
    office.maps(for_workbooks(with_columns(columns, keys), name))
    shutil.copy(WRITTEN / name, office.sample)
    outcome = office.receives()
    assert outcome.refused == []
    assert [
        (row["signal_id"], row["ident"], row["fra_dato"], row["til_dato"], row["kilde"],
         row["file_name"], row["line_number"])
        for row in office.rows()
    ] == [
        ("1", pseudonymiser.pseudonym(ANNE), "2017-01-02", "2017-02-01", "NAV  Oslo", name, 4),
        ("2", pseudonymiser.pseudonym(BAKO), "2017-01-03", None, None, name, 6),
    ]  # fmt: skip
    assert outcome.remarks == [f"status/2018-01-21/{name}: sheets not read: Ark 2"]


@pytest.mark.parametrize(
    ("suffix", "formats", "value", "expected"),
    [
        (".xlsx", "dates: dd.mm.yyyy", date(2017, 1, 2), "2017-01-02"),
        (".ods", "dates: yyyymmdd", datetime(2017, 1, 2, 23, 59, 59), "2017-01-02"),
        (".xlsx", "dates: dd.mm.yyyy hh:mm", datetime(2017, 1, 2, 9, 5), "2017-01-02"),
        (".ods", "dates: dd.mm.yyyy hh:mm:ss", date(2017, 1, 2), "2017-01-02"),
        (".xlsx", "dates: [d.m.yyyy, yyyymmdd]", 20170102, "2017-01-02"),
        (".ods", "dates: dd.mm.yyyy", "02.01.2017", "2017-01-02"),
        (".xlsx", "dates: dd.mm.yyyy", date(1900, 2, 28), "1900-02-28"),
        (".ods", "dates: dd.mm.yyyy", date(1899, 12, 31), "1899-12-31"),
        (".xlsx", "dates: dd.mm.yyyy", 42737, "42737"),
        (".xlsx", "dates: dd.mm.yyyy", time(), "1899-12-30"),
        (".xlsx", "dates: dd.mm.yyyy hh:mm", time(), "1899-12-30"),
    ],
)
def test_dates_of_a_sheet_are_read_as_dates(office, suffix, formats, value, expected):
    office.maps(
        for_workbooks(with_columns(BASE.replace("Fra\n", f"{{from: Fra, {formats}}}\n")), suffix)
    )
    has(office, f"a{suffix}", {"Ark1": [NAMES, [1, ANNE, "aap", value]]})
    assert office.receives().refused == []
    assert [row["fra_dato"] for row in office.rows()] == [expected]


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_numbers_of_a_sheet_are_what_they_are(tmp_path, monkeypatch, suffix):
    """Whatever sign the mapping knows, and to six places; an identity number has eleven digits."""
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    monkeypatch.setenv("INTROSTAT_MAPPINGS", str(mappings))
    office = Office(tmp_path, mappings, "nir")
    absent = ("personer", "kategorier", "vedtak", "deltakelser", "fravaer", "permisjoner")
    for signs in ('decimal: ",", thousands: "."', 'decimal: "."', ""):
        office.maps(
            f"""
            source: nir
            description: Test.
            reviewed: {{by: Test, on: 2026-02-01}}
            formats: {{{signs}}}
            absent: {{{", ".join(f"{table}: Ingen" for table in absent)}}}
            files:
              - file: a{suffix}
                tables:
                  - table: tiltak
                    columns:
                      tiltak_id: Nr
                      deltakelse_id: Sak
                      tiltakstype: Type
                      fra_dato: {{value: 2017-01-02}}
                      timer_per_uke: Timer
                      registrert_dato: {{value: 2017-01-02}}
            """
        )
        content = [["Nr", "Sak", "Type", "Timer"]]
        values = [37.5, 20, 1.234, 112 / 3, 0.1 + 0.2, -2, None]
        content += [[place, 1e9, True, value] for place, value in enumerate(values)]
        shutil.rmtree(office.received, ignore_errors=True)
        has(office, f"a{suffix}", {"Ark1": content})
        assert office.receives().refused == []
        got = office.rows("tiltak")
        assert [row["timer_per_uke"] for row in got] == [
            "37.5", "20", "1.234", "37.333333", "0.3", "-2", None,
        ]  # fmt: skip
        assert {(row["deltakelse_id"], row["tiltakstype"]) for row in got} == {
            ("1000000000", "TRUE")
        }


def test_a_number_has_as_many_places_as_staging_reads():
    def is_read(places: int) -> bool:
        written = f"0.{'1' * places}"
        query = f"select {macros().number_text(text_literal(written))} is not null"
        return duckdb.sql(query).fetchall() == [(True,)]

    assert is_read(DECIMAL_PLACES)
    assert not is_read(DECIMAL_PLACES + 1)


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_identity_numbers_that_are_numbers_have_their_zero_again(office, pseudonymiser, suffix):
    office.maps(for_workbooks(SIGNALS, suffix))
    number = ident(336 * 4 + 28 * 4)
    assert number.startswith("0")
    content = [NAMES, [1, int(number), "aap", date(2017, 1, 2)], [2, 12345, "aap", "02.01.2017"]]
    has(office, f"a{suffix}", {"Ark1": content})
    assert office.receives().refused == []
    assert [(row["ident"], row["ident_is_valid"]) for row in office.rows()] == [
        (pseudonymiser.pseudonym(number), True),
        (pseudonymiser.pseudonym("12345"), False),
    ]


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_an_identity_number_that_no_field_reads_is_sealed_though_it_lost_its_zero(office, suffix):
    office.maps(for_workbooks(SIGNALS, suffix))
    number = ident(336 * 4 + 28 * 4)
    content = [[*NAMES, "Ektefelle"], [1, ANNE, "aap", date(2017, 1, 2), int(number), int(number)]]
    has(office, f"a{suffix}", {"Ark1": content})
    assert office.receives().refused == []
    [row] = office.rows()
    assert set(json.loads(row["extra_columns"])) == {"Ektefelle", "column_6"}
    assert number[1:] not in row["extra_columns"]


def test_decimals_of_parquet_are_not_taken_for_thousands(tmp_path, mappings):
    office = Office(tmp_path, mappings, "nir")
    absent = ("personer", "kategorier", "vedtak", "deltakelser", "fravaer", "permisjoner")
    office.maps(
        f"""
        source: nir
        description: Test.
        reviewed: {{by: Test, on: 2026-02-01}}
        formats: {{dates: dd.mm.yyyy, decimal: ",", thousands: "."}}
        absent: {{{", ".join(f"{table}: Ingen" for table in absent)}}}
        files:
          - file: a.parquet
            tables:
              - table: tiltak
                columns:
                  tiltak_id: Nr
                  deltakelse_id: Sak
                  tiltakstype: {{value: norsk}}
                  fra_dato: Fra
                  timer_per_uke: Timer
                  registrert_dato: Fra
        """
    )
    midnight = datetime(2017, 1, 1, 23, tzinfo=UTC)
    table = {"Nr": ["1", "2"], "Sak": [1, 2], "Fra": [midnight] * 2, "Timer": [1.234, 37.5]}
    pq.write_table(pa.table(table), office.sample / "a.parquet")
    assert office.receives().refused == []
    assert [(row["fra_dato"], row["timer_per_uke"]) for row in office.rows("tiltak")] == [
        ("2017-01-02", "1.234"),
        ("2017-01-02", "37.5"),
    ]


def test_values_of_parquet_are_what_they_are(office, pseudonymiser):
    """Whatever types a program chose, as in a workbook."""
    columns = BASE + "til_dato: Til\nkilde: Kilde\n"
    office.maps(for_workbooks(with_columns(columns), ".parquet"))
    number = ident(336 * 4 + 28 * 4)
    days = [datetime(2017, 3, 1), datetime(2017, 3, 1, 9, 5)]
    for kind in (pa.float64(), pa.int64(), pa.decimal128(20)):
        table = {
            "Nr": pa.array([1.0, 2.0]),
            "Fnr": pa.array([int(number)] * 2).cast(kind),
            "Hva": ["aap", "aap"],
            "Fra": pa.array(days),
            "Til": pa.array([date(2017, 4, 1), None]),
            "Kilde": pa.array([float("nan"), 0.5]),
            "Ektefelle": pa.array([int(number)] * 2).cast(kind),
        }
        shutil.rmtree(office.received, ignore_errors=True)
        pq.write_table(pa.table(table), office.sample / "a.parquet")
        assert office.receives().refused == []
        got = office.rows()
        assert [
            (row["signal_id"], row["ident"], row["fra_dato"], row["til_dato"], row["kilde"])
            for row in got
        ] == [
            ("1", pseudonymiser.pseudonym(number), "2017-03-01", "2017-04-01", None),
            ("2", pseudonymiser.pseudonym(number), "2017-03-01", None, "0.5"),
        ]
        assert all(list(json.loads(row["extra_columns"])) == ["Ektefelle"] for row in got)
        assert not any(number[1:] in row["extra_columns"] for row in got)


@pytest.mark.parametrize(
    ("suffix", "sheet", "expected"),
    [
        (".xlsx", "Saker", "1"), (".ods", "Skjult", "2"), (".ods", "1", "1"), (".xlsx", "2", "3"),
        (".ods", "3", "4"), (".xlsx", "2018", "3"),
    ],
)  # fmt: skip
def test_a_sheet_is_chosen_by_its_name_or_by_its_number_among_those_shown(
    office, suffix, sheet, expected
):
    office.maps(for_workbooks(with_columns(BASE, f"        sheet: {sheet}\n"), suffix))
    row = ["", ANNE, "aap", date(2017, 1, 2)]
    sheets = {
        name: [NAMES, [str(number), *row[1:]]]
        for number, name in enumerate(("Saker", "Skjult", "2018", "3x"), start=1)
    }
    has(office, f"a{suffix}", sheets, ("Skjult",))
    outcome = office.receives()
    assert outcome.refused == []
    assert [row["signal_id"] for row in office.rows()] == [expected]
    assert "sheets not read: " in outcome.remarks[0]
    assert "Skjult" not in outcome.remarks[0]


def test_the_only_sheet_that_is_shown_needs_no_name(office):
    office.maps(for_workbooks(SIGNALS, ".xlsx"))
    content = [NAMES, [1, ANNE, "aap", date(2017, 1, 2)]]
    has(office, "a.xlsx", {"Lister": [["x"]], "Saker": content}, ("Lister",))
    assert office.receives().remarks == []
    assert len(office.rows()) == 1


def test_several_sheets_of_a_workbook_are_files_of_their_own(tmp_path, monkeypatch):
    """Each line is found again by the sheet's name; nothing of the workbook is lost."""
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    monkeypatch.setenv("INTROSTAT_MAPPINGS", str(mappings))
    office = Office(tmp_path, mappings, "nir")
    absent = ("kategorier", "vedtak", "fravaer", "permisjoner")
    office.maps(
        f"""
        source: nir
        description: Test.
        reviewed: {{by: Test, on: 2026-02-01}}
        formats: {{dates: dd.mm.yyyy, decimal: ","}}
        absent: {{{", ".join(f"{table}: Ingen" for table in absent)}}}
        files:
          - file: bok_*.xlsx
            sheet: Saker
            ignore:
              - {{when: {{Nr: {{like: Sum*}}}}, reason: Sumlinje}}
            tables:
              - table: personer
                once: true
                columns:
                  {{ident: Fnr, kjonn: {{value: 2}}, fodselsdato: Født, registrert_dato: Fra}}
              - table: deltakelser
                columns:
                  deltakelse_id: Nr
                  ident: Fnr
                  kommunenr: {{from: Kommune, transform: pad 4}}
                  start_dato: Fra
                  registrert_dato: Fra
          - file: bok_*.xlsx
            sheet: 2
            header_line: 2
            tables:
              - table: tiltak
                columns:
                  tiltak_id: {{key: [Sak, Fra]}}
                  deltakelse_id: Sak
                  tiltakstype: {{value: norsk}}
                  fra_dato: Fra
                  timer_per_uke: Timer
                  registrert_dato: Fra
        """
    )
    fra = date(2017, 1, 2)
    has(
        office,
        "bok_1.xlsx",
        {
            "Saker": [
                ["Nr", "Fnr", "Født", "Kommune", "Fra"],
                ["S-1", int(ANNE), date(1985, 2, 1), 301, fra],
                [],
                ["S-2", "feil", date(1985, 2, 1), 301, fra],
                ["Sum", 2],
            ],
            "Tiltak 2017": [["Uttrekk"], ["Sak", "Fra", "Timer"], ["S-1", fra, 37.5]],
        },
    )
    assert check(load_mapping(office.mapping), office.sample).problems == [
        "bok_1.xlsx#Saker: identity numbers are not valid: 1 in 'Fnr' (first on line 4); such rows "
        "are quarantined"
    ]
    assert office.receives().refused == []
    assert [
        (name, row["file_name"], row["line_number"])
        for name in ("personer", "deltakelser", "tiltak")
        for row in office.rows(name)
    ] == [
        ("personer", "bok_1.xlsx#Saker", 2),
        ("personer", "bok_1.xlsx#Saker", 4),
        ("deltakelser", "bok_1.xlsx#Saker", 2),
        ("deltakelser", "bok_1.xlsx#Saker", 4),
        ("tiltak", "bok_1.xlsx#sheet 2", 3),
    ]
    receipt = json.loads((office.received / "nir/2018-01-21/receipt.json").read_text())
    assert [
        (each["file_name"], each["sheet"], each["rows"], each["mapped_rows"])
        for each in receipt["mapping"]["files"]
    ] == [("bok_1.xlsx", "Saker", 3, 2), ("bok_1.xlsx", "2", 1, 1)]
    manifest = json.loads((office.sample / "manifest.json").read_text())
    assert manifest["files"]["bok_1.xlsx"]["rows"] == 4


def test_what_stands_beside_the_table_is_kept_as_a_column_without_a_name(office):
    office.maps(for_workbooks(with_columns(BASE, "        header_line: 2\n"), ".xlsx"))
    rows_of_it = [[2, BAKO, "aap", date(2017, 1, 2), None, f"se {ANNE}"], [None, " "]]
    content = [["Tittel"], NAMES, [1, ANNE, "aap", date(2017, 1, 2)], *rows_of_it]
    has(office, "a.xlsx", {"Ark1": content})
    outcome = office.receives()
    assert outcome.refused == []
    assert "extra columns kept but not used: column_5, column_6" in outcome.remarks[0]
    first, second = office.rows()
    assert json.loads(first["extra_columns"]) == {"column_5": None, "column_6": None}
    assert json.loads(second["extra_columns"])["column_6"].startswith("se ")


def test_errors_of_formulas_are_told_and_not_taken_for_values(office):
    office.maps(for_workbooks(with_columns(BASE + "kilde: Kilde\n"), ".xlsx"))
    content = [[*NAMES, "Kilde"], ["#REF!", ANNE, "aap", date(2017, 1, 2), "#N/A"]]
    has(office, "a.xlsx", {"Ark1": content})
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    assert "column 'Nr': 1 errors of a formula, like #N/A, first on line 2: mend the form" in said
    assert "column 'Kilde': 1 errors of a formula" in said


@pytest.mark.parametrize(
    ("name", "sheet", "content", "message"),
    [
        ("a.xlsx", "", {"A": [NAMES], "B": [NAMES]}, "a.xlsx: has 2 sheets: A, B. Say which"),
        ("a.ods", "C", {"A": [NAMES], "B": [NAMES]}, "a.ods: has no sheet 'C'; it has A, B"),
        ("a.xlsx", "3", {"A": [NAMES], "B": [NAMES]}, "a.xlsx: has no sheet '3'; it has A, B"),
        ("a.xlsx", "", {"A": [["Uttrekk"]]}, "column 'Fnr', 'Fra', 'Hva', 'Nr' is missing"),
        ("a.xlsx", "", {"A": [[], NAMES]}, "a.xlsx: no header on line 1"),
        ("a.xlsx", "", {"A": [["x"] * 1001]}, "a.xlsx: 1001 columns, expected at most 1000"),
        ("a.xlsx", "", {"A": [NAMES, [1, "=A1", "aap"]]}, "a.xlsx, line 2: a formula that was sav"),
    ],
)
def test_a_workbook_that_does_not_fit_is_told_by_its_name(office, name, sheet, content, message):
    key = f"        sheet: {sheet}\n" if sheet else ""
    office.maps(for_workbooks(with_columns(BASE, key), name))
    has(office, name, content)
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    assert message in said


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"PK\x03\x04 broken", "a.xlsx: not readable as a workbook: it is broken, lock"),
        ("a.ods", b"", "a.ods: not readable as a workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "a.xls: a workbook of this kind is not read"),
    ],
)
def test_what_is_no_workbook_is_told_by_its_name(office, name, content, message):
    office.maps(SIGNALS.replace("*.txt", "a.*"))
    (office.sample / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        office.receives()


def test_workbooks_that_would_fill_the_memory_are_refused(office):
    office.maps(SIGNALS.replace("*.txt", "a.*"))
    row = f"<table:table-row>{ods_cell('x') * 4}</table:table-row>"
    repeated = 'table:number-{}-repeated="2000000000"'
    for cells in (
        row.replace("<table:table-row", f"<table:table-row {repeated.format('rows')}"),
        row.replace("<table:table-cell", f"<table:table-cell {repeated.format('columns')}", 1),
        " " * 100_000_000,
    ):
        with zipfile.ZipFile(office.sample / "a.ods", "w", zipfile.ZIP_DEFLATED) as archive:
            table = f'<table:table table:name="A">{cells}</table:table>'
            archive.writestr("content.xml", ODS.format(table))
        with pytest.raises(UserError, match=r"a\.ods: (not readable|unpacks to more than)"):
            office.receives()
    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["XFD1048576"] = "Nr", "x"
    (office.sample / "a.ods").unlink()
    workbook.save(office.sample / "a.xlsx")
    with pytest.raises(UserError, match=r"a\.xlsx: 16384 columns, expected at most 1000"):
        office.receives()


def test_a_sheet_of_a_text_file_is_no_sheet(office):
    office.maps(with_columns(BASE, "        sheet: Saker\n"))
    office.has("a.txt", HEADER)
    with pytest.raises(UserError, match="the mapping names a sheet of it, and it is no workbook"):
        office.receives()


def test_two_files_of_a_mapping_for_one_name_are_two_sheets(office):
    twice = SIGNALS + SIGNALS.partition("    files:\n")[2]
    office.maps(twice)
    office.has("a.txt", HEADER)
    with pytest.raises(UserError, match="or name the `sheet` of each"):
        office.receives()
