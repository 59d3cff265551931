"""Lines of an office's file that are no rows, and words that mean that there is nothing."""

import json
import textwrap
from pathlib import Path

import pytest
from conftest import run
from deliveries import ident
from test_mapping import BASE, HEADER, SIGNALS, Office, with_columns

from introstat.errors import UserError
from introstat.mapping.reading import load_mapping
from introstat.receipt.mapping_check import check

ANNE, BAKO = ident(1), ident(2)
FIRST, SECOND = f"1;{ANNE};aap;02.01.2017\n", f"2;{BAKO};aap;03.01.2017\n"


@pytest.fixture
def office(tmp_path: Path, mappings: Path) -> Office:
    return Office(tmp_path, mappings)


def file_account(office: Office) -> dict:
    [receipt] = office.received.glob("status/*/receipt.json")
    [file] = json.loads(receipt.read_text(encoding="utf-8"))["mapping"]["files"]
    return file


# Lines that are left out


@pytest.mark.parametrize(
    ("ignored", "text", "lines"),
    [
        pytest.param("{last: 1}", f"{HEADER}{FIRST}{SECOND}Antall saker;2\n", [2, 3], id="last"),
        pytest.param(
            "{last: 2}", f"{HEADER}{FIRST}{SECOND}\nSum;2\n\n(2 rader)\n\n", [2, 3], id="last two",
        ),
        pytest.param(
            "{first: 1}", f"{HEADER}---;---;---;---\n{FIRST}{SECOND}", [3, 4], id="first",
        ),
        pytest.param(
            "{last: 1}", f"{HEADER}{FIRST}{SECOND}Antall saker;2\n;;;\n;;;;;\n", [2, 3],
            id="last above Excel's empty rows",
        ),
        pytest.param(
            "{first: 1}", f"{HEADER};;;\nSaker;;;\n{FIRST}{SECOND}", [4, 5],
            id="first below an empty row",
        ),
        pytest.param(
            "{last: 1}", f"{HEADER}{FIRST}{SECOND};;;;;2\n", [2, 3], id="last beside the table",
        ),
        pytest.param(
            "{when: {Nr: Antall saker}}", f"{HEADER}{FIRST}{SECOND}Antall saker;2\n", [2, 3],
            id="word in a short line",
        ),
        pytest.param(
            "{when: {Nr: {like: 'Antall *'}}}", f"{HEADER}{FIRST}Antall i mai;1\n{SECOND}", [2, 4],
            id="pattern",
        ),
        pytest.param(
            "{when: {Nr: {like: ['(? rad*', 'Sum.*']}}}",
            f"{HEADER}{FIRST}{SECOND}(2 rader)\nSum.;a;b;c;d;e\n", [2, 3],
            id="patterns, one line too long",
        ),
        pytest.param("{empty: true}", f"{HEADER}{FIRST};;;\n{SECOND} ; ;;\n", [2, 4], id="empty"),
        pytest.param(
            "{last: 2, when: {Nr: {like: 'Sum*'}}}", f"{HEADER}{FIRST}{SECOND}Sum;2\n", [2, 3],
            id="both must hold",
        ),
        pytest.param(
            "{when: {Fnr: {filled: false}}}", f"{HEADER}{FIRST}{SECOND}Sum\n", [2, 3], id="lacking",
        ),
    ],
)  # fmt: skip
def test_lines_that_are_no_rows_are_left_out_and_counted(office, ignored, text, lines):
    entry = f"        ignore:\n          - {ignored[:-1]}, reason: Ikke rader}}\n"
    office.maps(with_columns(BASE, entry))
    office.has("a.txt", text)
    outcome = office.receives()
    assert outcome.refused == []
    assert [row["line_number"] for row in office.rows()] == lines
    account = file_account(office)
    [left_out] = account["ignored_rows"]
    assert account["rows"] == account["mapped_rows"] + left_out["rows"]
    assert left_out["reason"] == "Ikke rader"
    assert any("rows left out by the mapping: Ikke rader" in said for said in outcome.remarks)


def test_several_reasons_are_counted_apart(office):
    office.maps(
        with_columns(
            BASE,
            "        header_line: 3\n        ignore:\n"
            "          - {first: 1, reason: Strek}\n"
            "          - {empty: true, reason: Tom}\n"
            "          - {when: {Nr: {like: Sum*}}, reason: Sum}\n",
        )
    )
    office.has("a.txt", f"Uttrekk\nper 1. mai\n{HEADER}--\n{FIRST};;;\n{SECOND};;;\nSum: 2\n")
    assert check(load_mapping(office.mapping), office.sample).problems == []
    assert office.receives().refused == []
    assert file_account(office)["ignored_rows"] == [
        {"reason": "Strek", "rows": 1},
        {"reason": "Tom", "rows": 2},
        {"reason": "Sum", "rows": 1},
    ]


def test_empty_fields_behind_the_last_column_are_no_fault(office):
    office.maps(SIGNALS)
    office.has("a.txt", f"{HEADER}{FIRST.rstrip()};; ;\n{SECOND}")
    assert office.receives().refused == []
    assert [row["fra_dato"] for row in office.rows()] == ["2017-01-02", "2017-01-03"]


def test_blank_lines_are_no_rows(office):
    office.maps(SIGNALS)
    office.has("a.txt", f"{HEADER}\n{FIRST}   \n\n{SECOND}\n \t\n")
    assert office.receives().refused == []
    assert [row["line_number"] for row in office.rows()] == [3, 6]


def test_rows_that_lack_fields_at_their_end_are_filled_where_the_mapping_says_so(office):
    columns = BASE + "til_dato: Til\nkilde: Kilde\n"
    text = f"Nr;Fnr;Hva;Fra;Til;Kilde\n1;{ANNE};aap;02.01.2017\n2;{BAKO};aap;02.01.2017;;NAV\n"
    office.maps(with_columns(columns, "        short_rows: fill\n"))
    office.has("a.txt", text)
    assert office.receives().refused == []
    assert [(row["til_dato"], row["kilde"]) for row in office.rows()] == [
        (None, None),
        (None, "NAV"),
    ]


@pytest.mark.parametrize(
    ("line", "key", "message"),
    [
        ("3;4", "", "line 3: 2 fields, expected 4 (1 more lines like it)"),
        ("3;4", "", "`ignore` in the mapping; if the office leaves out what is empty at a line's"),
        ("3;4;5;6;7", "short_rows: fill", "line 3: 5 fields, expected 4. Is the delimiter"),
    ],
)
def test_a_line_that_does_not_fit_is_told_with_the_keys_that_help(office, line, key, message):
    office.maps(with_columns(BASE, f"        {key}\n" if key else ""))
    office.has("a.txt", f"{HEADER}{FIRST}{line}\n3;4\n")
    with pytest.raises(UserError) as told:
        office.receives()
    assert message in told.value.message
    done = run("mapping", "check", office.mapping, "--sample", office.sample)
    assert done.returncode == 3
    assert message in done.stdout


# Words that mean that there is nothing


@pytest.mark.parametrize(
    ("everywhere", "of_file", "of_column", "expected"),
    [
        ("[NULL, N/A]", "", "", [(None, "NAV"), (None, None), ("ukjent", "-")]),
        ("", '[NULL, "-", ukjent]', "", [(None, "NAV"), ("N/A", None), (None, None)]),
        ("[NULL]", '["N/A"]', "", [("NULL", "NAV"), (None, "NULL"), ("ukjent", "-")]),
        ("", "", "[NULL, N/A, ukjent]", [(None, "NAV"), (None, "NULL"), (None, "-")]),
        ("[NULL]", "", "[]", [("NULL", "NAV"), ("N/A", None), ("ukjent", "-")]),
        ("NULL", "", "ukjent", [("NULL", "NAV"), ("N/A", None), (None, "-")]),
    ],
)
def test_words_mean_missing_for_all_files_for_one_and_for_a_column(
    office, everywhere, of_file, of_column, expected
):
    til = f"{{from: Til, missing: {of_column}}}" if of_column else "Til"
    more = f"        missing: {of_file}\n" if of_file else ""
    text = with_columns(f"{BASE}til_dato: {til}\nkilde: Kilde\n", more)
    if everywhere:
        text = text.replace("formats: {", f"formats: {{missing: {everywhere}, ")
    office.maps(text)
    office.has(
        "a.txt",
        "Nr;Fnr;Hva;Fra;Til;Kilde\n"
        f"1;{ANNE};aap;02.01.2017;NULL;NAV\n"
        f"2;{BAKO};aap;02.01.2017; N/A ;NULL\n"
        f"3;{BAKO};aap;02.01.2017;ukjent;-\n",
    )
    assert office.receives().refused == []
    assert [(row["til_dato"], row["kilde"]) for row in office.rows()] == expected


def test_a_missing_number_is_missing_and_no_person(office):
    office.maps(SIGNALS.replace("formats: {", "formats: {missing: [NULL], "))
    office.has("a.txt", f"{HEADER}{FIRST}2;NULL;aap;03.01.2017\n")
    assert check(load_mapping(office.mapping), office.sample).problems == [
        "a.txt: required values are empty: 1 in 'Fnr' (first on line 3); such rows are quarantined"
    ]
    assert office.receives().refused == []
    assert [(row["ident"] is None, row["ident_is_valid"]) for row in office.rows()] == [
        (False, True),
        (True, None),
    ]


def test_conditions_keys_and_the_first_filled_column_see_nothing_in_such_a_word(office):
    office.maps(
        with_columns(
            """
            signal_id: {key: [Nr, Fra]}
            ident: Fnr
            signal: Hva
            fra_dato: {from: [Fra, Til]}
            kilde: {from: Kilde, codes: {"": tom}}
            """,
            "        missing: [NULL]\n        ignore:\n"
            "          - {when: {Fnr: {filled: false}}, reason: Uten person}\n"
            "          - {empty: true, reason: Tom}\n",
        )
    )
    office.has(
        "a.txt",
        "Nr;Fnr;Hva;Fra;Til;Kilde;Ekstra\n"
        f"1;{ANNE};aap;NULL;02.01.2017;NULL;NULL\n"
        "2;NULL;aap;02.01.2017;;;\nNULL;NULL;NULL;NULL;NULL;NULL;NULL\n",
    )
    assert office.receives().refused == []
    [row] = office.rows()
    assert (row["signal_id"], row["fra_dato"], row["kilde"]) == ("1/", "2017-01-02", "tom")
    assert json.loads(row["extra_columns"]) == {"Ekstra": None}


def test_words_that_often_mean_missing_are_told_where_no_value_can_be_read(office):
    office.maps(with_columns(BASE + "til_dato: Til\n"))
    office.has("a.txt", f"Nr;Fnr;Hva;Fra;Til\n1;N/A;aap;02.01.2017;NULL\n2;{ANNE};aap;-;NULL\n")
    said = "\n".join(check(load_mapping(office.mapping), office.sample).problems)
    for told in (
        "ident from 'Fnr': 'N/A' (1) may mean that there is nothing: name such a word",
        "til_dato from 'Til': 2 values that are no date in the mapping's format, first on line 2;",
        "set aside; 'NULL' (2) may mean that there is nothing: name such a word under `missing`",
        "set aside; '-' (1) may mean",
    ):
        assert told in said


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("tables:", "ignore: [{reason: x}]\n    tables:", "line 8: ignore lacks one of `when`"),
        ("tables:", "ignore: [{last: 0, reason: x}]\n    tables:", "last is '0'; expected"),
        ("tables:", "ignore: [{empty: false, reason: x}]\n    tables:", "empty is false"),
        ("tables:", "ignore: [{first: 1}]\n    tables:", "ignore lacks `reason`"),
        ("tables:", "ignore: [{when: {Hva: {likes: x}}, reason: x}]\n    tables:",
         "unknown key 'likes' in when Hva; did you mean 'like'?"),
        ("tables:", "ignore: [{when: {Hva: {}}, reason: x}]\n    tables:", "one of `not`"),
        ("tables:", "short_rows: yes\n    tables:", "short_rows is 'yes'; expected fill, ref"),
        ("tables:", "missing: [a]\n    ignore: [{when: {Hva: a}, reason: x}]\n    tables:",
         "line 7: `when` asks for the word 'a' in 'Hva', where `missing` says that it means noth"),
        ("signal: Hva", "signal: {from: Hva, codes: {a: aap}, missing: [a]}",
         "signal: `codes` gives the word 'a' a meaning, and `missing` says that it means nothing"),
        ("signal: Hva", "signal: {from: Hva, missing: ''}", "missing is empty; expected a word"),
        ("signal: Hva", "signal: {value: aap, missing: [x]}", "`missing` goes with `from` only"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_understood_is_told_by_its_line(office, found, put, message):
    text = textwrap.dedent(SIGNALS)
    assert found in text
    office.mapping.write_text(text.replace(found, put, 1), encoding="utf-8")
    with pytest.raises(UserError) as told:
        load_mapping(office.mapping)
    assert message in told.value.message


def test_null_is_a_word_like_others(office):
    office.maps(
        with_columns(BASE.replace("Hva", "{from: Hva, codes: {NULL: aap, null: utdanning}}"))
    )
    office.has("a.txt", f"{HEADER}1;{ANNE};NULL;02.01.2017\n2;{BAKO};null;03.01.2017\n")
    assert office.receives().refused == []
    assert [row["signal"] for row in office.rows()] == ["aap", "utdanning"]
