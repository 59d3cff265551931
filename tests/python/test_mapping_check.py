"""What `mapping check` says is what the receipt and staging would do."""

from pathlib import Path

import pytest
from conftest import rows, run
from deliveries import ident
from test_mapping import BASE, HEADER, SIGNALS, Office, with_columns
from test_synthetic_numbers import NUMBERS

from introstat.mapping.findings import shown_word
from introstat.mapping.reading import load_mapping
from introstat.receipt.check.rules import rules
from introstat.receipt.judged import _SAID_AS, _SAID_HERE
from introstat.receipt.mapping_check import check

ANNE, BAKO, CIRO = ident(1), ident(2), ident(3)
CASES = """
    source: nir
    description: Test.
    reviewed: {by: Test, on: 2026-02-01}
    formats: {dates: dd.mm.yyyy, decimal: ","}
    absent: {kategorier: Ingen, vedtak: Ingen, permisjoner: Ingen, fravaer: Ingen}
    files:
      - file: saker.txt
        tables:
          - table: personer
            once: true
            columns:
              ident: Fnr
              kjonn: {from: Kjønn, codes: {Mann: 1, Kvinne: 2}}
              fodselsdato: Født
              registrert_dato: Registrert
          - table: deltakelser
            columns:
              deltakelse_id: Saksnr
              ident: Fnr
              kommunenr: Kommune
              start_dato: Fra
              slutt_dato: Til
              registrert_dato: Registrert
      - file: tiltak.txt
        tables:
          - table: tiltak
            columns:
              tiltak_id: {key: [Sak, Nr]}
              deltakelse_id: Sak
              tiltakstype: {value: norsk}
              fra_dato: Fra
              timer_per_uke: Timer
              registrert_dato: Fra
"""
SAKER = f"""Saksnr;Fnr;Kjønn;Født;Kommune;Fra;Til;Registrert
S-1;{ANNE};Mann;01.02.1985;0301;01.02.2017;;05.02.2017
S-2;{BAKO[:-1]}0;Mann;01.02.1985;0301;01.02.2017;;05.02.2017
S-3;{CIRO};Mann;01.02.1985;0301;;01.03.2017;05.02.2017
S-4;{CIRO};Mann;01.02.1985;0301;01.02.2017;01.01.2017;05.02.2017
S-5;{CIRO};Mann;01.02.1985;0301;01.02.0017;;05.02.2017
S-6;{CIRO};Mann;01.02.1985;9998;01.02.2017;;05.02.2017
S-6;{CIRO};Mann;01.02.1985;0301;02.02.2017;;06.02.2017
S-7;{CIRO};Ukjent;01.02.1985;0301;02.02.2017;;06.02.2017
"""
TILTAK = """Sak;Nr;Fra;Timer
S-1;1;02.02.2017;37,5
S-1;1;02.02.2017;37,5
S-9;1;02.02.2017;37,5
S-1;2;02.02.2017;fullt
"""


@pytest.fixture
def office(tmp_path: Path, mappings: Path) -> Office:
    return Office(tmp_path, mappings, "nir")


def test_what_staging_sets_aside_is_told_before_by_column_and_line(office, build):
    office.maps(CASES)
    office.has("saker.txt", SAKER)
    office.has("tiltak.txt", TILTAK)
    said = check(load_mapping(office.mapping), office.sample).problems
    assert said == [
        "saker.txt: personer.kjonn from 'Kjønn': words neither in the mapping nor in the code "
        "list, kept as they are: 'Ukjent' (1)",
        "saker.txt: deltakelser.kommunenr from 'Kommune': words neither in the mapping nor in the "
        "code list, kept as they are: '9998' (1)",
        "tiltak.txt: tiltak.timer_per_uke from 'Timer': 1 values that are no decimal in the "
        "mapping's format, first on line 5; kept, to be set aside",
        "saker.txt: identity numbers are not valid: 1 in 'Fnr' (first on line 3); such rows are "
        "quarantined",
        "saker.txt: rows repeat a key: 2 in 'Fnr' (first on line 4), 1 in 'Saksnr' (first on line "
        "7); such rows are quarantined",
        "saker.txt: required values are empty: 1 in 'Fra' (first on line 4); such rows are "
        "quarantined",
        "saker.txt: values cannot be read as a date or number: 1 in 'Fra' (first on line 6); such "
        "rows are quarantined",
        "saker.txt: periods end before they begin: 1 in 'Til' (first on line 5); such rows are "
        "quarantined",
        "tiltak.txt: rows are the same as an earlier one; `once: true` makes one of them: 1 in "
        "tiltak (first on line 3); such rows are quarantined",
        "tiltak.txt: rows point to a participation that is not there: 1 in 'Sak' (first on line "
        "4); such rows are quarantined",
    ]
    office.receives()
    warehouse = build(office.extracts)
    for file, reason, line in rows(
        warehouse,
        "select file_name, reason, min(line_number) from quarantine group by all order by all",
    ):
        words = rules()[_SAID_AS[reason]].finding_en if reason in _SAID_AS else _SAID_HERE[reason]
        [told] = [
            each
            for each in said
            if each.startswith(f"{file}: {words}:")
            or (reason == "unparseable_value" and f"{file}: tiltak.timer_per_uke" in each)
        ]
        assert f"first on line {line}" in told


def test_no_value_is_shown_and_the_command_says_3(office):
    office.maps(CASES)
    office.has("saker.txt", SAKER.replace("\nS-3", f"\nS-3;{ANNE[1:]};Mann;;0301;;;\nS-3"))
    office.has("tiltak.txt", TILTAK)
    done = run("mapping", "check", office.mapping, "--sample", office.sample)
    assert done.returncode == 3
    assert "ident from 'Fnr': 1 values have ten digits, first on line 4" in done.stdout
    assert "`transform: pad 11` puts it back" in done.stdout
    for number in (ANNE, ANNE[1:], BAKO[:-1], CIRO):
        assert number not in done.stdout + done.stderr


def test_a_delivery_that_the_reception_check_would_refuse_is_told(office):
    """Of sixty cases every person lacks in the persons' file."""
    office.maps(
        CASES.replace(
            "          - table: personer\n",
            "          - table: personer\n            when: {Født: x}\n",
        )
    )
    office.has(
        "saker.txt",
        SAKER.partition("\n")[0]
        + "".join(f"\nS-{n};{ANNE};Mann;;0301;01.02.2017;;05.02.2017" for n in range(60)),
    )
    office.has("tiltak.txt", TILTAK.partition("\n")[0])
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    assert (
        "the delivery would be refused: deltakelser (saker.txt): ident: 60 of 60 rows have a"
        in said
    )


def test_what_the_receipt_would_only_remark_on_leaves_nothing_open(office):
    office.maps(CASES)
    office.has("saker.txt", "\n".join(SAKER.splitlines()[:2]).replace("05.02.2017", "05.02.2117"))
    office.has("tiltak.txt", TILTAK.partition("\n")[0])
    report = check(load_mapping(office.mapping), office.sample)
    assert report.problems == []
    assert "registrert_dato: 1 of 1 dates are before the programme or after" in report.remarks[0]
    done = run("mapping", "check", office.mapping, "--sample", office.sample)
    assert done.returncode == 0
    assert "The receipt would remark: " in done.stdout


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "1,01019E+10",
            "column 'Fnr': 2 numbers that Excel has shortened, like 1,01019E+10, first",
        ),
        ("1.01019E+10", "column 'Fnr': 2 numbers that Excel has shortened"),
        ("1.01019e+10", "column 'Fnr': 2 numbers that Excel has shortened"),
        ("#########", "column 'Fnr': 2 values wider than their column, like ####, first on line 2"),
        ("#I/T", "column 'Fnr': 2 errors of a formula, like #N/A, first on line 2"),
    ],
)
def test_what_a_spreadsheet_has_done_to_values_is_told_by_column(
    tmp_path, monkeypatch, written, message
):
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    monkeypatch.setenv("INTROSTAT_MAPPINGS", str(mappings))
    office = Office(tmp_path, mappings)
    office.maps(SIGNALS)
    row = f";{written};aap;02.01.2017\n"
    office.has("a.txt", f"{HEADER}1{row}2{row}")
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    assert message in said
    assert "identity numbers are not valid: 2 in 'Fnr' (first on line 2)" in said
    outcome = office.receives()
    assert message in str(outcome.remarks)


def test_rows_without_a_value_are_told_with_the_key_that_leaves_them_out(tmp_path, monkeypatch):
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    monkeypatch.setenv("INTROSTAT_MAPPINGS", str(mappings))
    office = Office(tmp_path, mappings)
    office.maps(with_columns(BASE))
    office.has("a.txt", f"{HEADER}1;{ANNE};aap;02.01.2017\n;;;\n;;;\n")
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    assert "a.txt: 2 rows without any value, first on line 3: leave them out with `ignore`" in said
    assert (
        "required values are empty: 2 in 'Nr' (first on line 3), 2 in 'Fnr' (first on line 3), 2 "
        "in 'Hva' (first on line 3), 2 in 'Fra' (first on line 3)"
    ) in said


@pytest.mark.parametrize("blank", ["\u00a0", "\u2007", "\u202f", "_", "\t"])
def test_no_word_is_shown_that_could_be_a_number(blank):
    apart = f"{ANNE[:6]}{blank}{ANNE[6:]}"
    other = "".join(chr(0x0660 + int(digit)) for digit in ANNE)
    for word in (apart, blank.join(ANNE), other, f"{ANNE[:9]}{blank}{blank}{ANNE[9:]}"):
        assert shown_word(f"Gift med {word}.") == "'Gift med ….'"


def test_the_numbers_of_other_test_populations_are_valid_where_they_are_said_to_be(office):
    number = NUMBERS["nav"]
    office.maps(CASES)
    office.has("saker.txt", "\n".join(SAKER.splitlines()[:2]).replace(ANNE, number))
    office.has("tiltak.txt", TILTAK.partition("\n")[0])
    asked = ["mapping", "check", office.mapping, "--sample", office.sample]
    done = run(*asked)
    assert "identity numbers are not valid: 1 in 'Fnr'" in done.stdout
    done = run(*asked, "--synthetic", "nav")
    assert (done.returncode, "All is mapped." in done.stdout) == (0, True)


def test_dates_that_stand_where_none_is_known_are_told_as_the_receipt_tells_them(office):
    office.maps(CASES)
    text = "\n".join(SAKER.splitlines()[:2])
    office.has("saker.txt", text.replace("01.02.2017;;", "01.02.2017;31.12.9999;"))
    office.has("tiltak.txt", TILTAK.partition("\n")[0])
    said = check(load_mapping(office.mapping), office.sample).remarks
    [told] = [each for each in office.receives().remarks if "placeholder dates" in each]
    assert "slutt_dato (1, the first in line 2)" in told
    assert told.removeprefix("nir/2018-01-21/") in said
