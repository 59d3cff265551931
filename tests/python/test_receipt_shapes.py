"""Every shape a delivery may come in (extracts.md), from its bytes to the facts."""

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import rows
from deliveries import HEADERS, benefit, deliver, ident, income, wage
from test_receipt import day, edit_manifest, read, receive_all, refusal, refusals

ANNE, BAKO, CIRO = ident(1), ident(2), ident(3)


def form(person: str, journal: str = "1") -> str:
    """A line of form 11b of 2016: January to March paid, still in the programme."""
    line = (
        f"030116{'':4}{journal:>8}{person:11}{'':12}110102162{'01' + '00' * 10}06{'0' * 6}"
        f"{'010203' + '00' * 9}0150000"
    )
    assert len(line) == 111
    return line


def csv_lines(name: str, *lines: str) -> str:
    return "".join(f"{line}\n" for line in (HEADERS[name], *lines))


def parquet(columns: dict[str, pa.Array]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def parquet_of(name: str, *lines: str) -> bytes:
    """A Parquet file of strings with the rows of a CSV file."""
    fields = [line.split(";") for line in lines]
    names = HEADERS[name].split(";")
    return parquet({c: pa.array([f[i] for f in fields], pa.string()) for i, c in enumerate(names)})


def add(folder: Path, name: str, content: bytes, number: int) -> None:
    """Add a file of `number` rows to a delivery that is written already."""
    (folder / name).write_bytes(content)
    told = {"rows": number, "sha256": hashlib.sha256(content).hexdigest()}
    edit_manifest(folder, lambda manifest: manifest["files"].update({name: told}))


def replace(folder: Path, name: str, other: str, content: bytes, number: int) -> None:
    """Put a file of another shape in place of one that `deliver` wrote."""
    (folder / name).unlink()
    edit_manifest(folder, lambda manifest: manifest["files"].pop(name))
    add(folder, other, content, number)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    """One delivery of each source, every file of them in another shape."""
    extracts = tmp_path_factory.mktemp("shapes") / "extracts"
    # nir in latin-1: CRLF, Parquet, gzip in two members, `;`, quotes and line breaks in fields.
    nir = deliver(extracts, "nir", "2018-01-21", encoding="latin-1")
    person = ";;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"
    text = csv_lines("personer.csv", ANNE + person, BAKO + person).replace("\n", "\r\n")
    replace(nir, "personer.csv", "personer.csv", text.encode("latin-1"), 2)
    replace(
        nir, "deltakelser.csv", "deltakelser.parquet",
        parquet_of(
            "deltakelser.csv",
            f"Æ1;{ANNE};0301;;2017-01-02;2017-06-30;arbeid;kommune;2017-07-01;;;2017-01-02",
            f"D2;{BAKO};0301;;2017-01-02;;;;;;;2017-01-02",
        ), 2,
    )  # fmt: skip
    text = csv_lines(
        "tiltak.csv",
        '"T\r\n;1";Æ1;norsk;2017-01-02;2017-01-08;"37,5";2017-01-02',
        "T2;Æ1;spraakpraksis;2017-01-09;2017-01-15;7.5;2017-01-02",
        '"T""3""";D2;norsk;2017-01-02;2017-01-08;30;2017-01-02',
    ).encode("latin-1")
    replace(
        nir, "tiltak.csv", "tiltak.csv.gz", gzip.compress(text[:100]) + gzip.compress(text[100:]), 3
    )
    text = csv_lines(
        "vedtak.csv",
        f'V1;{ANNE};0301;tildeling;2016-12-20;;;"Møtt; på «Ålesund»\nog ""ja""";2016-12-20',
    )
    replace(nir, "vedtak.csv", "vedtak.csv", text.encode("latin-1"), 1)
    # folkeregister in utf-8 with a mark, gzipped with it, Windows line ends.
    folk = deliver(extracts, "folkeregister", "2018-01-21")
    text = csv_lines("bosatt.csv", f"Bø;{ANNE};0301;2015-01-01;").replace("\n", "\r\n")
    replace(folk, "bosatt.csv", "bosatt.csv.gz", gzip.compress(text.encode("utf-8-sig")), 1)
    # aordningen: gzip, a mark, CRLF; unknown fields, missing optional ones, comma, minus, split.
    pay = deliver(extracts, "aordningen", "2017-04-10")
    lines = [
        income(ANNE, "2017-03", benefit("15429,50"), benefit("-429.25"), wage(4100)),
        income(ANNE, "2017-03", benefit(100)),
        income(ANNE, "2017-03", benefit(100)),
        json.dumps(
            {
                "kalendermaaned": "2017-03",
                "virksomhetId": "974778807",
                "ny": {"felt": ["Ærlig"]},
                "opplysningspliktigId": "964338531",
                "inntektsmottaker": {"personidentifikator": BAKO, "navn": "x"},
                "inntekt": [
                    {
                        "beloep": -50,
                        "pensjonEllerTrygd": {
                            "beskrivelse": "introduksjonsstoenad",
                            "grunn": None,
                        },
                        "skatt": 1,
                    }
                ],
            },
            ensure_ascii=False,
        ),
    ]
    text = "".join(f"{line}\r\n" for line in lines)
    add(pay, "inntekt-2017-03.jsonl.gz", gzip.compress(text.encode("utf-8-sig")), 4)
    # kostra: latin-1, gzip, CRLF, a letter of more than one byte in UTF-8 within the 111.
    kostra = deliver(extracts, "kostra", "2017-02-20", encoding="latin-1")
    text = f"{form(ANNE, 'Å12')}\r\n{form(BAKO, 'ØÆ')}\r\n"
    add(kostra, "11b-2016.dat.gz", gzip.compress(text.encode("latin-1")), 2)
    facts = ("fct_measure_weeks", "fct_benefit_months")
    return build(extracts, "quarantine", "dq_conservation", "stg_*", *facts)


def test_no_row_is_lost_or_quarantined_in_any_shape(warehouse):
    assert rows(warehouse, "select * from quarantine") == []
    assert rows(
        warehouse,
        "select sum(received_rows), sum(staged_rows) from dq_conservation",
    ) == [(2 + 2 + 3 + 1 + 1 + 4 + 2,) * 2]


def test_measures_of_latin_1_gzip_and_parquet_reach_the_facts(warehouse):
    assert rows(
        warehouse,
        "select participation_id, week_start::varchar, measure_type, measure_days, "
        "planned_hours::double from fct_measure_weeks order by all",
    ) == [
        ("D2", "2017-01-02", "norskopplaring", 5, 30.0),
        ("Æ1", "2017-01-02", "norskopplaring", 5, 37.5),
        ("Æ1", "2017-01-09", "sprakpraksis", 5, 7.5),
    ]
    assert rows(warehouse, "select measure_id, line_number from stg_nir__tiltak order by all") == [
        ("T\r\n;1", 2),
        ('T"3"', 5),
        ("T2", 4),
    ]


def test_text_is_kept_letter_by_letter(warehouse):
    [(reason,)] = rows(warehouse, "select grounds from stg_nir__vedtak")
    assert reason == 'Møtt; på «Ålesund»\nog "ja"'
    [(key,)] = rows(warehouse, "select residence_id from stg_folkeregister__bosatt")
    assert key == "Bø"


def test_amounts_negative_and_split_add_up(warehouse, pseudonymiser):
    assert sorted(
        rows(warehouse, "select person_key, amount::double, line_count from fct_benefit_months")
    ) == sorted(
        [
            (pseudonymiser.pseudonym(ANNE), 15429.50 - 429.25 + 100 + 100, 4),
            (pseudonymiser.pseudonym(BAKO), -50.0, 1),
        ]
    )


def test_a_form_is_measured_in_characters_not_bytes(warehouse):
    assert rows(
        warehouse,
        "select case_number, benefit_amount, start_date::varchar from stg_kostra__11b order by 1",
    ) == [("Å12", 150000, "2016-02-01"), ("ØÆ", 150000, "2016-02-01")]


def test_unknown_fields_of_a_json_line_are_kept_and_reported(extracts, received):
    line = json.loads(income(ANNE, "2017-03", benefit(1), wage(2)))
    line |= {"ny": {"dypt": 1}, BAKO: 1}
    line["inntektsmottaker"]["navn"] = "x"
    line["inntekt"][1] |= {"skatt": 1, "loennsinntekt": {"beskrivelse": "fast", "antall": 3}}
    alone = json.loads(income(BAKO, "2017-03", benefit(1)))
    alone["inntekt"][0]["trekk"] = 1
    lines = [income(ANNE, "2017-03", benefit(1)), json.dumps(line), json.dumps(alone)]
    deliver(extracts, "aordningen", "2017-04-10", {"inntekt-2017-03.jsonl": lines})
    outcome = receive_all(extracts, received)
    assert outcome.refused == []
    [remark] = outcome.remarks
    assert remark == (
        "aordningen/2017-04-10/inntekt-2017-03.jsonl: extra fields kept but not used: "
        "…, inntekt.loennsinntekt.antall, inntekt.skatt, inntekt.trekk, inntektsmottaker.navn, ny"
    )
    kept = read(received, "aordningen/2017-04-10/inntekt-2017-03")[1]["line_content"]
    assert json.loads(kept)["ny"] == {"dypt": 1}
    assert BAKO not in kept


def test_a_json_line_without_the_optional_fields_is_received_without_a_remark(extracts, received):
    line = (
        '{"kalendermaaned":"2017-03","opplysningspliktigId":"964338531","virksomhetId":"974778807",'
        f'"inntektsmottaker":{{"personidentifikator":"{ANNE}"}},"inntekt":[{{"beloep":1}}]}}'
    )
    deliver(extracts, "aordningen", "2017-04-10", {"inntekt-2017-03.jsonl": [line]})
    outcome = receive_all(extracts, received)
    assert (outcome.refused, outcome.remarks) == ([], [])
    [row] = read(received, "aordningen/2017-04-10/inntekt-2017-03")
    assert row["inntekt"] == [{"beloep": "1", "loennsinntekt": None, "pensjonEllerTrygd": None}]


def test_a_ground_of_payment_that_is_not_named_is_remarked_on(extracts, received):
    named = income(ANNE, "2017-03", benefit(1))
    lines = [named, *(named.replace('"introduksjonsstoenad"', word) for word in ("null", '""'))]
    lines.append(named.replace('{"beskrivelse": "introduksjonsstoenad"}', "{}"))
    assert len(set(lines)) == 4
    deliver(extracts, "aordningen", "2017-04-10", {"inntekt-2017-03.jsonl": lines})
    outcome = receive_all(extracts, received)
    [remark] = [remark for remark in outcome.remarks if "objects without" in remark]
    assert remark == (
        "aordningen/2017-04-10/inntekt-2017-03.jsonl: objects without a value in them: "
        "2 lines, first line 2: inntekt.pensjonEllerTrygd"
    )


def test_parquet_strings_may_be_stored_in_any_way(extracts, received):
    values = {"bosatt_id": "A", "ident": ANNE, "kommunenr": "0301", "fra_dato": "2015-01-01"}
    for number, stored in enumerate([pa.dictionary(pa.int8(), pa.string()), pa.large_string()]):
        columns = {
            name: pa.array([value, value, None]).cast(stored) for name, value in values.items()
        }
        folder = deliver(extracts, "folkeregister", day(number))
        replace(folder, "bosatt.csv", "bosatt.parquet", parquet(columns), 3)
    assert receive_all(extracts, received).refused == []
    for number in range(2):
        got = read(received, f"folkeregister/{day(number)}/bosatt")
        assert [row["kommunenr"] for row in got] == ["0301", "0301", None]
        assert [row["line_number"] for row in got] == [1, 2, 3]


def test_parquet_with_a_column_name_that_is_no_text_is_refused(extracts, received):
    content = parquet({"bosatt_id": pa.array(["A"]), "ident": pa.array([ANNE])})
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    damaged = content.replace(b"bosatt_id", b"\x80osatt_id")
    replace(folder, "bosatt.csv", "bosatt.parquet", damaged, 1)
    assert "bosatt.parquet: not readable as Parquet" in refusal(extracts, received)


def test_utf_8_with_a_mark_said_to_be_latin_1_is_not_misread(extracts, received):
    """With its mark the file tells what it is; read as latin-1 every æ would be two letters."""
    files = [
        ("aordningen", "inntekt-2017-03.jsonl", income(ANNE, "2017-03", benefit(1)) + "\n"),
        ("aordningen", "inntekt-2017-03.jsonl.gz", income(ANNE, "2017-03", benefit(1))),
        ("folkeregister", "bosatt.csv", csv_lines("bosatt.csv")),
        ("kostra", "11b-2016.dat", form(ANNE) + "\n"),
    ]
    for number, (source, other, text) in enumerate(files):
        folder = deliver(extracts, source, day(number), encoding="latin-1")
        content = text.encode("utf-8-sig")
        content = gzip.compress(content) if other.endswith(".gz") else content
        add(folder, other, content, 0 if source == "folkeregister" else 1)
    for (_, other, _), told in zip(files, refusals(extracts, received), strict=True):
        assert f"{other}: begins with the mark of UTF-8, but the manifest says latin-1" in told


def test_other_encodings_are_told_by_name(extracts, received):
    windows = csv_lines("bosatt.csv", f"A;{ANNE};0301;2015-01-01;").encode() + b"\x96;;;;\n"
    files = [("utf-8", csv_lines("bosatt.csv").encode("utf-16")), ("latin-1", windows)]
    for number, (encoding, content) in enumerate(files):
        folder = deliver(extracts, "folkeregister", day(number), encoding=encoding)
        replace(folder, "bosatt.csv", "bosatt.csv", content, 1)
    of_utf_16, of_windows = refusals(extracts, received)
    assert "is UTF-16" in of_utf_16
    told = "bosatt.csv, line 3: a character of Windows-1252 that latin-1 does not have"
    assert told in of_windows


def test_a_gzip_of_several_members_is_read_to_its_end(extracts, received):
    residences = csv_lines("bosatt.csv", *[f"A;{ANNE};0301;2015-01-01;"] * 4)
    files = {
        "bosatt.csv.gz": ("folkeregister", residences),
        "inntekt-2017-03.jsonl.gz": ("aordningen", f"{income(ANNE, '2017-03', benefit(1))}\n" * 4),
        "11b-2016.dat.gz": ("kostra", f"{form(ANNE)}\n" * 4),
    }
    for name, (source, lines) in files.items():
        folder = deliver(extracts, source, "2017-04-10")
        data = lines.encode()
        content = b"".join(gzip.compress(part) for part in (data[:77], data[77:200], data[200:]))
        if source == "folkeregister":
            (folder / "bosatt.csv").unlink()
            edit_manifest(folder, lambda manifest: manifest["files"].pop("bosatt.csv"))
        add(folder, name, content, 4)
    assert receive_all(extracts, received).refused == []
    for name, (source, _) in files.items():
        assert len(read(received, f"{source}/2017-04-10/{name.split('.')[0]}")) == 4, name
