"""Receipt: what is kept of a delivery, what refuses it, and what the message says."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest
from click.testing import CliRunner
from conftest import KEY, run
from deliveries import HEADERS, benefit, deliver, ident, income

from introstat.cli import main
from introstat.errors import UserError
from introstat.identity.numbers import tellable
from introstat.identity.pseudonyms import Pseudonymiser, load_key
from introstat.identity.scan import scan
from introstat.places import memory_limit
from introstat.receipt import journal, sealing
from introstat.receipt import receive as receiving
from introstat.receipt.copies import SealedCopy
from introstat.receipt.receipts import receipt_paths
from introstat.receipt.receive import Outcome, receive
from introstat.receipt.shapes import SHAPES

ANNE, BAKO = ident(1), ident(2)
PERSON = f"{ANNE};;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"


def receive_all(extracts: Path, received: Path) -> Outcome:
    return receive(extracts, received, Pseudonymiser(KEY))


def read(received: Path, file: str) -> list[dict]:
    table = duckdb.sql(f"from read_parquet('{received}/{file}.parquet') order by line_number")
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]


def refusals(extracts: Path, received: Path) -> list[str]:
    """Receive deliveries that must all be refused whole; return the messages by source and date."""
    outcome = receive_all(extracts, received)
    assert outcome.received == []
    assert kept(received) == {}, "a refused delivery leaves nothing"
    left = files_of(received)
    folders = [path.parent for path in left if path.name == "avvist.json"]
    assert len(outcome.refused) == len(outcome.summaries) == len(folders)
    written = {"sammendrag.html", "avvist.json"}
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert names in (written, {*written, "resultat.json", "datadocs"})
    for text in [*outcome.refused, *(path.read_text(encoding="utf-8") for path in left)]:
        assert ANNE not in text
    return outcome.refused


def refusal(extracts: Path, received: Path) -> str:
    """Receive one delivery that must be refused whole, and return the message."""
    [told] = refusals(extracts, received)
    return told


def day(number: int) -> str:
    """Return a date for the delivery of a case: all are received at once, in this order."""
    return f"2018-01-{number + 1:02d}"


def files_of(received: Path) -> list[Path]:
    """The files of a received copy but for the empty ones that are there whatever is received."""
    files = sorted(path for path in received.rglob("*") if path.is_file())
    return [path for path in files if path.parent.name != SHAPES]


def kept(folder: Path) -> dict[str, bytes]:
    """The content of every file of a received copy.

    But for what is written down about it: the journal, which tells the time, and why a delivery
    was refused.
    """
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files_of(folder)
        if path.name != "journal.jsonl" and path.relative_to(folder).parts[0] != "avvist"
    }


def test_identity_numbers_are_replaced_wherever_they_stand(extracts, received, pseudonymiser):
    deliver(
        extracts,
        "nir",
        "2018-01-21",
        {
            "personer.csv": [PERSON, f" {BAKO} ;201501234567;1;1990-01-01" + ";" * 12],
            "vedtak.csv": [
                f"V1;{ANNE};0301;tildeling;2015-01-01;;;se {BAKO}, ikke 1234567890;2015-02-01"
            ],
        },
    )
    deliver(
        extracts,
        "aordningen",
        "2018-02-10",
        {
            "inntekt-2018-01.jsonl": [
                income(ANNE, "2018-01", benefit(15429)).replace(
                    "{", f'{{"merknad": "for {BAKO}", ', 1
                )
            ]
        },
    )
    assert receive_all(extracts, received).refused == []

    anne, bako = pseudonymiser.pseudonym(ANNE), pseudonymiser.pseudonym(BAKO)
    persons = read(received, "nir/2018-01-21/personer")
    assert [(row["ident"], row["ident_is_valid"]) for row in persons] == [
        (anne, True),
        (bako, True),
    ]
    assert persons[1]["duf_nummer"] == pseudonymiser.pseudonym("201501234567")
    [decision] = read(received, "nir/2018-01-21/vedtak")
    assert decision["begrunnelse"] == f"se {bako}, ikke 1234567890"
    [line] = read(received, "aordningen/2018-02-10/inntekt-2018-01")
    assert line["personidentifikator"] == anne
    assert bako in line["line_content"]
    assert line["inntekt"][0]["beloep"] == "15429"
    for path in received.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert ANNE.encode() not in content
            assert BAKO.encode() not in content


@pytest.mark.parametrize("most", [1, 5_000_000])
def test_numbers_stay_the_same_across_deliveries_remembered_or_not(
    extracts, received, pseudonymiser, monkeypatch, most
):
    monkeypatch.setattr(sealing, "_MOST_NUMBERS", most)
    people = [[ANNE], [BAKO, ANNE, ANNE], [BAKO], [ident(3), "?"]]
    for month, persons in enumerate(people, start=1):
        lines = [income(person, f"2018-0{month}", benefit(1)) for person in persons]
        name = f"inntekt-2018-0{month}.jsonl"
        deliver(extracts, "aordningen", f"2018-0{month + 1}-10", {name: lines})
    assert receive_all(extracts, received).refused == []
    for month, persons in enumerate(people, start=1):
        rows = read(received, f"aordningen/2018-0{month + 1}-10/inntekt-2018-0{month}")
        found = [(row["personidentifikator"], row["personidentifikator_is_valid"]) for row in rows]
        assert found == [(pseudonymiser.pseudonym(person), person != "?") for person in persons]


def test_a_refused_delivery_leaves_the_next_as_it_is(extracts, received, pseudonymiser):
    broken = [income(BAKO, "2018-01", benefit(1)), "{", income(BAKO, "2018-01", benefit(1))]
    deliver(extracts, "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": broken})
    deliver(extracts, "nir", "2018-01-21", raw={"personer.csv": b"ident;duf_nummer\n1;2;3\n"})
    deliver(extracts, "nir", "2019-01-21", {"personer.csv": [PERSON]})
    whole = [income(ANNE, "2018-02", benefit(2))]
    deliver(extracts, "aordningen", "2018-03-10", {"inntekt-2018-02.jsonl": whole})
    outcome = receive_all(extracts, received)
    assert len(outcome.refused) == 2
    [line] = read(received, "aordningen/2018-03-10/inntekt-2018-02")
    [person] = read(received, "nir/2019-01-21/personer")
    assert line["personidentifikator"] == person["ident"] == pseudonymiser.pseudonym(ANNE)
    assert (line["line_number"], person["line_number"]) == (1, 2)


def test_pseudonyms_hold_no_digits_and_are_reversible_with_the_key_only(pseudonymiser):
    pseudonym = pseudonymiser.pseudonym(ANNE)
    assert pseudonym.isalpha()
    assert pseudonymiser.number(pseudonym) == ANNE
    with pytest.raises(ValueError, match="not made with this key"):
        Pseudonymiser(bytes(64)).number(pseudonym)


CSV_SHAPES = {
    "plain": ("{h}\n{a}\n{b}\n", [2, 3]),
    "no line end at the end": ("{h}\n{a}\n{b}", [2, 3]),
    "Windows line ends": ("{h}\r\n{a}\r\n{b}\r\n", [2, 3]),
    "byte-order mark": ("\ufeff{h}\n{a}\n{b}\n", [2, 3]),
    "blank lines": ("{h}\n{a}\n\n\n{b}\n\n", [2, 5]),
    "line break in quotes": ("{h}\n{quoted}\n{b}\n", [2, 4]),
    "unknown column": ("{h};ny\n{a};x\n{b};y\n", [2, 3]),
}


def test_csv_is_read_in_every_shape_the_contract_allows(extracts, received):
    parts = {
        "h": HEADERS["bosatt.csv"],
        "a": f"A;{ANNE};0301;2015-01-01;",
        "b": f"B;{BAKO};0301;2015-01-01;",
        "quoted": f'"A\n;";{ANNE};0301;2015-01-01;',
    }
    for number, (content, _) in enumerate(CSV_SHAPES.values()):
        raw = {"bosatt.csv": content.format(**parts).encode()}
        set_rows(deliver(extracts, "folkeregister", day(number), raw=raw), "bosatt.csv", 2)
    outcome = receive_all(extracts, received)
    assert outcome.refused == []
    for number, (shape, (_, lines)) in enumerate(CSV_SHAPES.items()):
        got = read(received, f"folkeregister/{day(number)}/bosatt")
        assert [row["line_number"] for row in got] == lines, shape
        assert [row["kommunenr"] for row in got] == ["0301", "0301"], shape
    assert shape == "unknown column"
    assert json.loads(got[1]["extra_columns"]) == {"ny": "y"}
    assert "extra columns kept but not used: ny" in outcome.remarks[0]


def test_latin_1_and_gzip_are_read_as_the_manifest_says(extracts, received):
    text = HEADERS["signaler.csv"] + f"\nS1;{ANNE};aap;2017-01-01;;Næringsdrift på Ålesund\n"
    deliver(
        extracts,
        "status",
        "2018-01-21",
        {},
        raw={"signaler.csv.gz": gzip.compress(text.encode("latin-1"))},
        encoding="latin-1",
    )
    folder = extracts / "status" / "2018-01-21"
    (folder / "signaler.csv").unlink()
    edit_manifest(folder, lambda m: m["files"].pop("signaler.csv"))
    assert receive_all(extracts, received).refused == []
    [row] = read(received, "status/2018-01-21/signaler")
    assert row["kilde"] == "Næringsdrift på Ålesund"
    assert row["file_name"] == "signaler.csv.gz"


def test_parquet_of_strings_is_read_like_csv(extracts, received, tmp_path):
    source = tmp_path / "bosatt.parquet"
    duckdb.sql(
        f"select 'A' as bosatt_id, '{ANNE}' as ident, '0301' as kommunenr, '2015-01-01' as "
        "fra_dato, '' as til_dato, 'x' as ny"
    ).write_parquet(str(source))
    folder = deliver(
        extracts, "folkeregister", "2018-01-21", raw={"bosatt.parquet": source.read_bytes()}
    )
    (folder / "bosatt.csv").unlink()
    edit_manifest(folder, lambda m: m["files"].pop("bosatt.csv"))
    set_rows(folder, "bosatt.parquet", 1)
    outcome = receive_all(extracts, received)
    assert outcome.refused == []
    [row] = read(received, "folkeregister/2018-01-21/bosatt")
    assert (row["kommunenr"], row["til_dato"], row["extra_columns"]) == ("0301", None, '{"ny":"x"}')


def test_an_optional_column_that_is_not_delivered_is_empty(extracts, received):
    text = f"bosatt_id;ident;kommunenr;fra_dato\nA;{ANNE};0301;2015-01-01\n"
    deliver(extracts, "folkeregister", "2018-01-21", raw={"bosatt.csv": text.encode()})
    outcome = receive_all(extracts, received)
    assert "optional columns not delivered: til_dato" in outcome.remarks[0]
    assert read(received, "folkeregister/2018-01-21/bosatt")[0]["til_dato"] is None


BROKEN_FILES = {
    "empty file": (b"", "bosatt.csv: empty, not even a header row"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "empty, not even a header row"),
    "required column missing": (
        b"bosatt_id;kommunenr;fra_dato\nA;0301;2015-01-01\n",
        "line 1: required column ident is missing; of what is expected the header has "
        "bosatt_id, kommunenr, fra_dato.",
    ),
    "other separator": (b"bosatt_id,ident,kommunenr,fra_dato\n", "not separated by `;`"),
    "column twice": (b"bosatt_id;ident;kommunenr;fra_dato;ident\n", "column ident is there twice"),
    "too few fields": (
        b"bosatt_id;ident;kommunenr;fra_dato\nA;B;0301;2015-01-01\nA;B;0301\n",
        "bosatt.csv, line 3: fewer than 4 fields",
    ),
    "too many fields": (
        b"bosatt_id;ident;kommunenr;fra_dato\nA;B;0301;2015-01-01;x;y\n",
        "bosatt.csv, line 2: more than 4 fields",
    ),
    "not the encoding": (
        b"bosatt_id;ident;kommunenr;fra_dato\nA;B;0301;2015-01-01\nA;B\xe5;0301;2015-01-01\n",
        "not utf-8",
    ),
    "too few fields below a field of three lines": (
        b'bosatt_id;ident;kommunenr;fra_dato\nA;"B\n\nC";0301;2015-01-01\n\nA;B;0301\n',
        "bosatt.csv, line 6: fewer than 4 fields",
    ),
    "open quote": (b'bosatt_id;ident;kommunenr;fra_dato\nA;"B;0301;2015-01-01\n', "quote"),
}


def test_a_file_that_breaks_the_contract_refuses_the_delivery(extracts, received):
    for number, (content, _) in enumerate(BROKEN_FILES.values()):
        deliver(extracts, "folkeregister", day(number), raw={"bosatt.csv": content})
    refused = refusals(extracts, received)
    for number, (case, told) in enumerate(zip(BROKEN_FILES, refused, strict=True)):
        assert told.startswith(f"folkeregister/{day(number)} refused."), case
        assert BROKEN_FILES[case][1] in told, case


def test_the_line_of_a_broken_row_is_counted_far_below_quoted_line_breaks(extracts, received):
    """Blocks of the file, gzip, and letters of two bytes in UTF-8 do not lead the count astray."""
    lines = ["bosatt_id;ident;kommunenr;fra_dato", *['A;"Å', 'B";0301;2015-01-01'] * 60_000, "A;B"]
    shapes = [(name, end) for name in ("bosatt.csv", "bosatt.csv.gz") for end in ("\n", "\r\n")]
    for number, (name, line_end) in enumerate(shapes):
        content = line_end.join([*lines, ""]).encode("latin-1")
        raw = gzip.compress(content, mtime=0) if name.endswith(".gz") else content
        folder = deliver(
            extracts, "folkeregister", day(number), raw={name: raw}, encoding="latin-1"
        )
        if name != "bosatt.csv":
            (folder / "bosatt.csv").unlink()
            edit_manifest(folder, lambda manifest: manifest["files"].pop("bosatt.csv"))
    for (name, _), told in zip(shapes, refusals(extracts, received), strict=True):
        assert f"{name}, line 120002: fewer than 4 fields" in told


def test_a_file_without_header_shows_nothing_of_its_rows(extracts, received):
    """The first row stands where the header should; a remark on extra columns is masked as well."""
    content = f"{ANNE};Hansen;0301\n".encode()
    deliver(extracts, "folkeregister", "2018-01-21", raw={"bosatt.csv": content})
    told = refusal(extracts, received)
    assert "the header has none of the columns" in told
    assert "Hansen" not in told
    content = f"bosatt_id;ident;kommunenr;fra_dato;{BAKO}\n".encode()
    deliver(extracts, "folkeregister", "2018-07-21", raw={"bosatt.csv": content})
    outcome = receive_all(extracts, received)
    assert outcome.received == ["folkeregister/2018-07-21"]
    assert BAKO not in str(outcome)
    for path in received.rglob("receipt.json"):
        assert BAKO not in path.read_text()


def test_extra_columns_without_name_or_alike_in_all_but_case_are_kept(extracts, received):
    text = f"bosatt_id;ident;kommunenr;fra_dato;KOMMUNENR;\nA;{ANNE};0301;2015-01-01;x;y\n"
    deliver(extracts, "folkeregister", "2018-01-21", raw={"bosatt.csv": text.encode()})
    assert receive_all(extracts, received).refused == []
    [row] = read(received, "folkeregister/2018-01-21/bosatt")
    assert row["kommunenr"] == "0301"
    assert json.loads(row["extra_columns"]) == {"KOMMUNENR": "x", "column_6": "y"}


def test_what_stands_in_place_of_a_number_leaves_the_rest_of_the_line_alone(extracts, received):
    numbers = ['"1"', '"2018"', '"beloep"', "18810012345", '"a\\"b"', "null"]
    lines = [income("X", "2018-01", benefit(11)).replace('"X"', number) for number in numbers]
    deliver(extracts, "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": lines})
    assert receive_all(extracts, received).refused == []
    got = read(received, "aordningen/2018-02-10/inntekt-2018-01")
    for number, row in zip(numbers, got, strict=True):
        assert row["kalendermaaned"] == "2018-01", number
        assert row["inntekt"][0]["beloep"] == "11", number
        assert row["virksomhetId"] == "974778807", number
        assert not row["personidentifikator_is_valid"], number
        assert number.strip('"') not in (row["personidentifikator"] or ""), number


def test_a_number_is_replaced_as_often_as_it_stands_in_a_line(extracts, received, pseudonymiser):
    line = json.loads(income(ANNE, "2018-01", benefit(11)))
    notes = ["{0}", "a{0}b", "{0}{0}", "x {0} y {0}{0} å"]
    texts = [json.dumps(line | {"note": note.format(ANNE)}, ensure_ascii=False) for note in notes]
    deliver(extracts, "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": texts})
    assert receive_all(extracts, received).refused == []
    got = read(received, "aordningen/2018-02-10/inntekt-2018-01")
    sealed = [text.replace(ANNE, pseudonymiser.pseudonym(ANNE)) for text in texts]
    assert [row["line_content"] for row in got] == sealed


def test_a_number_with_blanks_around_it_is_the_same_number(extracts, received, pseudonymiser):
    lines = [income(text, "2018-01", benefit(1)) for text in (ANNE, f" {ANNE}", f"{ANNE}  ", " ")]
    deliver(extracts, "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": lines})
    deliver(extracts, "nir", "2018-01-21", {"personer.csv": [f"{ANNE} {PERSON[11:]}", PERSON]})
    assert receive_all(extracts, received).refused == []
    rows = read(received, "aordningen/2018-02-10/inntekt-2018-01")
    pseudonym = pseudonymiser.pseudonym(ANNE)
    assert [row["personidentifikator"] for row in rows] == [pseudonym] * 3 + [None]
    assert [row["ident"] for row in read(received, "nir/2018-01-21/personer")] == [pseudonym] * 2


def test_a_very_long_quoted_field_is_read_with_its_line(extracts, received):
    long = "x" * 200_000
    text = (
        f'{HEADERS["bosatt.csv"]}\n"A\n{long}";{ANNE};0301;2015-01-01;\nB;{ANNE};0301;2015-01-01;\n'
    )
    folder = deliver(extracts, "folkeregister", "2018-01-21", raw={"bosatt.csv": text.encode()})
    set_rows(folder, "bosatt.csv", 2)
    assert receive_all(extracts, received).refused == []
    got = read(received, "folkeregister/2018-01-21/bosatt")
    assert [row["line_number"] for row in got] == [2, 4]


def test_a_header_without_rows_is_an_empty_file_and_fine(extracts, received):
    deliver(extracts, "folkeregister", "2018-01-21")
    assert receive_all(extracts, received).received == ["folkeregister/2018-01-21"]
    assert read(received, "folkeregister/2018-01-21/bosatt") == []


def edit_manifest(folder: Path, edit) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def set_rows(folder: Path, file: str, number: int) -> None:
    edit_manifest(folder, lambda manifest: manifest["files"][file].update(rows=number))


EDITS: list[tuple[Callable[[dict], object], str]] = [
    (lambda m: m.update(source="status"), "`source` is 'status', expected 'folkeregister'"),
    (lambda m: m.update(contract="nir/2"), "`contract` is 'nir/2', expected 'folkeregister/1'"),
    (lambda m: m.update(delivered="2018-01-22"), "`delivered` is '2018-01-22'"),
    (lambda m: m.update(delivered="2091-01-22"), "`delivered` is '2091-01-22'"),
    (lambda m: m.update(covers_until="2018-02-01"), "`covers_until` is 2018-02-01, after the"),
    (lambda m: m.update(encoding="utf-16"), "encoding 'utf-16' is not known"),
    (lambda m: m.update(encoding=["utf-8"]), "encoding ['utf-8'] is not known"),
    (lambda m: m.update(files={}), "`files` names no file; expected identer.csv, bosatt.csv"),
    (lambda m: m["files"].pop("bosatt.csv"), "bosatt.csv is missing"),
    (lambda m: m["files"]["bosatt.csv"].update(rows=7), "0 rows, but the manifest says 7"),
    (lambda m: m["files"]["bosatt.csv"].update(sha256="0" * 64),
     "its checksum is not the manifest's"),
    (lambda m: m["files"].update({"tiltak.csv": m["files"]["bosatt.csv"]}),
     "tiltak.csv is no file of folkeregister"),
    (lambda m: m["files"].update({"../bosatt.csv": m["files"]["bosatt.csv"]}),
     "'../bosatt.csv' is not a plain file name"),
    (lambda m: m["files"].update({"identer.csv": {"rows": "many"}}), "needs `rows`"),
]  # fmt: skip


def test_a_manifest_that_does_not_fit_refuses_the_delivery(extracts, received):
    for number, (edit, _) in enumerate(EDITS):
        edit_manifest(deliver(extracts, "folkeregister", day(number)), edit)
    for (_, message), told in zip(EDITS, refusals(extracts, received), strict=True):
        assert message in told


def test_a_file_that_is_named_but_not_there_refuses_the_delivery(extracts, received):
    folder = deliver(extracts, "nir", "2018-01-21", {"personer.csv": [PERSON]})
    (folder / "tiltak.csv").unlink()
    told = refusal(extracts, received)
    assert "nir/2018-01-21/tiltak.csv: named in the manifest but not in the folder" in told


def test_a_broken_manifest_is_told_and_not_a_traceback(extracts, received):
    broken = ["", "{", "[]", '{"source": "nir"}']
    for number, manifest in enumerate(broken):
        (deliver(extracts, "nir", day(number)) / "manifest.json").write_text(manifest)
    refused = refusals(extracts, received)
    assert len(refused) == len(broken)
    assert all("manifest.json" in told for told in refused)


def test_a_date_in_another_spelling_is_refused(extracts, received):
    deliver(extracts, "folkeregister", "20180121")
    assert "`delivered` is not a date, expected YYYY-MM-DD" in refusal(extracts, received)


def test_a_line_that_is_no_json_object_is_named(extracts, received):
    good = income(ANNE, "2018-01", benefit(1))
    deliver(extracts, "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": [good, good[:-5]]})
    assert "inntekt-2018-01.jsonl, line 2: not a JSON object" in refusal(extracts, received)


def test_what_was_received_stands_when_a_later_delivery_is_refused(extracts, received):
    deliver(extracts, "folkeregister", "2018-01-21")
    receive_all(extracts, received)
    before = kept(received)
    broken = deliver(extracts, "folkeregister", "2018-07-21")
    set_rows(broken, "bosatt.csv", 3)
    outcome = receive_all(extracts, received)
    assert outcome.known == ["folkeregister/2018-01-21"]
    assert len(outcome.refused) == 1
    assert kept(received) == before


def test_a_delivery_that_changed_after_receipt_is_refused(extracts, received):
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    receive_all(extracts, received)
    edit_manifest(folder, lambda m: m["files"]["bosatt.csv"].update(sha256="0" * 64))
    [told] = receive_all(extracts, received).refused
    assert "received before with other content" in told
    (folder / "manifest.json").unlink()
    [told] = receive_all(extracts, received).refused
    assert "its manifest is gone" in told


@pytest.mark.parametrize("changed", ["bosatt.csv", "manifest.json"])
def test_a_file_changed_after_receipt_refuses_the_delivery_by_name(extracts, received, changed):
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    receive_all(extracts, received)
    if changed == "bosatt.csv":
        with (folder / changed).open("a") as file:
            file.write(f"A;{ANNE};0301;2015-01-01;\n")
    else:
        edit_manifest(folder, lambda m: m.update(covers_until="2017-06-30"))
    [told] = receive_all(extracts, received).refused
    assert f"received before with other content ({changed})" in told


def test_a_known_file_is_read_again_whatever_it_says_of_itself(extracts, received):
    """Other content of the same size, dated back to when it was received."""
    file = deliver(extracts, "folkeregister", "2018-01-21") / "bosatt.csv"
    receive_all(extracts, received)
    written = file.stat()
    file.write_bytes(file.read_bytes()[:-1] + b";")
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns))
    [told] = receive_all(extracts, received).refused
    assert "received before with other content (bosatt.csv)" in told


def test_a_delivery_from_the_future_is_refused(extracts, received):
    deliver(extracts, "folkeregister", "2091-01-21")
    assert "`delivered` is 2091-01-21, which has not come yet" in refusal(extracts, received)


def test_a_line_of_the_form_that_slipped_within_its_width_is_sealed(extracts, received):
    """The number then stands where two-digit codes should; sound codes are left as they are."""
    codes, months = "0102" + "00" * 9, "010203" + "00" * 9
    sound = f"030115000000001234{ANNE}201501234567110101151{codes}06000000{months}0150000"
    slipped = f"{sound[:10]}{' ' * 34}{sound[10:77]}"
    assert len(sound) == len(slipped) == 111
    deliver(extracts, "kostra", "2016-02-20", {"11b-2015.dat": [sound, slipped]})
    assert receive_all(extracts, received).refused == []
    rows = read(received, "kostra/2016-02-20/11b-2015")
    assert [row["tiltak"] == codes for row in rows] == [True, False]
    assert scan([received], {ANNE}) == {}


def test_a_number_is_sealed_however_it_is_written(extracts, received, pseudonymiser):
    wide = "".join(chr(0xFF10 + int(digit)) for digit in ANNE)
    dotted = f"{ANNE[:2]}.{ANNE[2:4]}.{ANNE[4:6]} {ANNE[6:]}"
    texts = [
        f"f.nr. {ANNE[:6]}{blank}{ANNE[6:]}, {wide} {dotted}"
        for blank in (" ", "\u00a0", "  ", " - ", ".", "_", "")
    ]
    lines = [f"S{n};{ANNE};aap;2017-01-01;;{text}" for n, text in enumerate(texts)]
    deliver(extracts, "status", "2018-01-21", {"signaler.csv": lines})
    assert receive_all(extracts, received).refused == []
    sealed = pseudonymiser.pseudonym(ANNE)
    for text, row in zip(texts, read(received, "status/2018-01-21/signaler"), strict=True):
        assert row["kilde"] == f"f.nr. {sealed}, {sealed} {sealed}", text
        assert tellable(text) == "f.nr. …, … …"


def test_a_damaged_receipt_is_named_and_nothing_is_received(extracts, received):
    deliver(extracts, "folkeregister", "2018-01-21")
    deliver(extracts, "status", "2018-01-21")
    receive_all(extracts, received)
    path = received / "status" / "2018-01-21" / "receipt.json"
    for content in (b"", b"{", b"[]", b"\xff", b'{"files": {}}'):
        path.write_bytes(content)
        with pytest.raises(UserError) as told:
            receive_all(extracts, received)
        assert told.value.message.startswith(f"{path}: not readable as a receipt")
        assert "from backup" in told.value.message
    done = run("deliveries", "--received", received)
    assert done.returncode == 2
    assert done.stderr == f"Error: {told.value.message}\n"


def test_half_a_receipt_that_a_killed_process_left_is_no_receipt(tmp_path):
    left = tmp_path / "received" / ".incoming-left" / "delivery-1" / "receipt.json"
    left.parent.mkdir(parents=True)
    left.write_text('{"source": "nir", "deliv')
    assert receipt_paths(tmp_path / "received") == []


def test_a_folder_that_is_named_like_no_source_is_told(extracts, received):
    deliver(extracts, "status", "2018-01-21")
    deliver(extracts, "nir", "2018-01-21")
    (extracts / "nir").rename(extracts / f"NIR-{ANNE}")
    outcome = receive_all(extracts, received)
    assert outcome.received == ["status/2018-01-21"]
    [remark] = outcome.remarks
    assert remark.startswith("NIR-…: holds deliveries but is named like no source")
    assert "nir" in remark


def test_a_memory_that_is_no_size_is_told(extracts, received):
    deliver(extracts, "status", "2018-01-21")
    done = run("receive", extracts, "--received", received, INTROSTAT_MEMORY="viel")
    assert done.returncode == 2
    assert "Error: $INTROSTAT_MEMORY is 'viel', expected a size such as 4GB" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("size", ["4GB", "500MB", "1.5 GiB", "0.5gb", "4000000KB"])
def test_sizes_that_the_engine_knows_are_taken(monkeypatch, size):
    monkeypatch.setenv("INTROSTAT_MEMORY", size)
    duckdb.connect().execute(f"set memory_limit = '{memory_limit()}'")


@pytest.mark.parametrize("size", ["0GB", "4", "GB", "-1GB", "4GB'; select 1; --", "4GB\n"])
def test_what_is_no_size_is_not(monkeypatch, size):
    monkeypatch.setenv("INTROSTAT_MEMORY", size)
    with pytest.raises(UserError, match="INTROSTAT_MEMORY"):
        memory_limit()


@pytest.mark.parametrize(
    "fault",
    [
        duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"),
        OSError(28, "No space left on device", "a/file"),
    ],
)
def test_what_came_of_a_run_before_a_fault_is_told(extracts, received, monkeypatch, fault):
    set_rows(deliver(extracts, "folkeregister", "2018-01-21"), "bosatt.csv", 3)
    deliver(extracts, "nir", "2018-01-21")
    deliver(extracts, "status", "2018-01-21")
    seal = receiving.seal_delivery

    def fails(connection: Any, pseudonymiser: Any, folder: Path, *more: Any) -> SealedCopy:
        if folder.parent.name == "status":
            raise fault
        return seal(connection, pseudonymiser, folder, *more)

    monkeypatch.setattr(receiving, "seal_delivery", fails)
    done = CliRunner().invoke(main, ["receive", str(extracts), "--received", str(received)])
    assert done.exit_code == 2
    said = done.stderr.splitlines()
    assert sum(line.startswith("Refused: folkeregister/2018-01-21 refused.") for line in said) == 1
    assert any(line.startswith("Received 1 deliveries, 0 known before, 1 refused") for line in said)
    assert said[-1].startswith("Error: status/2018-01-21 could not be received; what was received")
    assert str(fault).split("] ")[-1].split(":")[0] in said[-1]


def test_deliveries_are_received_in_the_order_of_source_and_date(extracts, received):
    """NIR's first, for others are compared with it; late ones too are held against those before."""
    for source, delivered in (
        ("status", "2018-01-21"),
        ("nir", "2019-01-21"),
        ("nir", "2018-01-21"),
        ("folkeregister", "2018-01-21"),
    ):
        deliver(extracts, source, delivered)
    (extracts / "nir/2018-01-21/notes.txt").write_text("of the sender's own\n")
    set_rows(extracts / "nir/2019-01-21", "personer.csv", 3)
    outcome = receive_all(extracts, received)
    assert outcome.received == ["nir/2018-01-21", "folkeregister/2018-01-21", "status/2018-01-21"]
    assert [refusal.split()[0] for refusal in outcome.refused] == ["nir/2019-01-21"]
    assert "nir/2018-01-21/notes.txt: not in the manifest, not received" in outcome.remarks
    assert [(entry["event"], entry["delivery"]) for entry in journal.entries(received)] == [
        ("received", "nir/2018-01-21"),
        ("refused", "nir/2019-01-21"),
        ("received", "folkeregister/2018-01-21"),
        ("received", "status/2018-01-21"),
    ]
    assert not list(received.glob(".incoming-*"))
    set_rows(extracts / "nir/2019-01-21", "personer.csv", 0)
    again = receive_all(extracts, received)
    assert (again.received, len(again.known)) == (["nir/2019-01-21"], 3)


def test_an_interrupted_receipt_leaves_no_half_delivery(extracts, received, monkeypatch):
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    deliver(extracts, "nir", "2018-01-21", {"personer.csv": [PERSON]})
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(receiving, "check", interrupt)
        receive_all(extracts, received)
    assert kept(received) == {}
    assert not list(received.glob(".incoming-*"))
    assert receive_all(extracts, received).received == ["nir/2018-01-21"]


def test_another_key_is_refused_before_anything_is_written(extracts, received):
    deliver(extracts, "folkeregister", "2018-01-21")
    receive_all(extracts, received)
    with pytest.raises(UserError, match="not the one that"):
        receive(extracts, received, Pseudonymiser(bytes(64)))


def test_a_key_is_made_once_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("INTROSTAT_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    key, said = load_key()
    path = tmp_path / "introstat" / "pseudonym.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(path) in said
    assert load_key() == (key, f"key from {path}")
    path.write_text("too short")
    with pytest.raises(UserError, match="expected 128 hexadecimal digits"):
        load_key()


def test_the_received_copy_is_the_same_bytes_again(extracts, tmp_path):
    deliver(extracts, "nir", "2018-01-21", {"personer.csv": [PERSON]})
    for name in ("one", "two"):
        receive_all(extracts, tmp_path / name)
    assert kept(tmp_path / "one") == kept(tmp_path / "two")


def test_the_command_tells_refusals_by_its_exit_code(extracts, received):
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    done = run("receive", extracts, "--received", received)
    assert done.returncode == 0, done.stderr
    assert "Received 1 deliveries" in done.stderr
    set_rows(deliver(extracts, "folkeregister", "2018-07-21"), "bosatt.csv", 3)
    done = run("receive", extracts, "--received", received)
    assert done.returncode == 3
    assert "Refused: folkeregister/2018-07-21" in done.stderr
    assert "Traceback" not in done.stderr
    empty = folder.parent.parent.parent / "empty"
    empty.mkdir()
    done = run("receive", empty, "--received", received)
    assert done.returncode == 2
    assert "No deliveries under" in done.stderr
    done = run("receive", extracts, "--received", "/proc/none")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


LINE_SHAPES: dict[str, Callable[[str], bytes]] = {
    "byte-order mark": lambda text: text.encode("utf-8-sig"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "no line end at the end": lambda text: text.rstrip("\n").encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode(),
}


def test_lines_are_read_in_every_shape(extracts, received, pseudonymiser):
    lines = "".join(income(person, "2018-01", benefit(1)) + "\n" for person in (ANNE, BAKO))
    form = f"030116{'':12}{ANNE}{'':12}110102162{'01' + '00' * 10}06{'0' * 6}{'00' * 12}0150000\n"
    for number, shape in enumerate(LINE_SHAPES.values()):
        for source, file, text in (
            ("aordningen", "inntekt-2018-01.jsonl", lines),
            ("kostra", "11b-2016.dat", form * 2),
        ):
            set_rows(deliver(extracts, source, day(number), raw={file: shape(text)}), file, 2)
    assert receive_all(extracts, received).refused == []
    for number, shape in enumerate(LINE_SHAPES):
        people = read(received, f"aordningen/{day(number)}/inntekt-2018-01")
        assert [row["personidentifikator"] for row in people] == [
            pseudonymiser.pseudonym(person) for person in (ANNE, BAKO)
        ], shape
        second = 3 if shape == "blank lines" else 2
        assert [row["line_number"] for row in people] == [1, second], shape
        forms = read(received, f"kostra/{day(number)}/11b-2016")
        assert [(row["kommunenr"], row["stonad"], row["line_content"]) for row in forms] == [
            ("0301", "0150000", None)
        ] * 2, shape
        assert [row["line_number"] for row in forms] == [1, second], shape
