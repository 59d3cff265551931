"""An office's own layout: what a mapping does, what it refuses, and that nothing is lost on it."""

import gzip
import hashlib
import json
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, rows, run
from deliveries import HEADERS, deliver, ident
from test_receipt import kept, read, receive_all

from introstat.errors import UserError
from introstat.mapping.formats import date_format
from introstat.mapping.reading import find_mapping, load_mapping
from introstat.receipt.describe import describe
from introstat.receipt.mapping_check import check
from introstat.receipt.receive import Outcome

ANNE, BAKO, CIRO = ident(1), ident(2), ident(3)
EXAMPLE = ROOT / "examples" / "kommunalt-fagsystem"


# The worked example, from a folder of the office's files to the facts


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    extracts = tmp_path_factory.mktemp("example") / "extracts"
    folder = extracts / "nir" / "2018-01-21"
    shutil.copytree(EXAMPLE, folder)
    done = run(
        "manifest", folder, "--source", "nir", "--delivered", "2018-01-21",
        "--covers-until", "2017-12-31", "--mapping", "kommunalt-fagsystem",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "saker_2018-01.txt: 5 rows" in done.stdout
    return build(extracts)


def test_the_example_reaches_the_facts(example, pseudonymiser):
    """By hand: Anne 2 January to 30 June 2017, Bako from 2 January on with a week of leave."""
    anne, bako = pseudonymiser.pseudonym(ANNE), pseudonymiser.pseudonym(BAKO)
    assert rows(
        example,
        "select participation_id, person_key, decision_id, municipality_code, end_date::varchar, "
        "termination_reason, programme_days, leave_days, measure_days, planned_hours::double, "
        "absence_hours_invalid::double, registered_date::varchar from fct_participation order by 1",
    ) == [
        ("S-101", anne, "S-101/Innvilget", "0301", "2017-06-30", "arbeid", 130, 0, 10, 45.0, 15.0,
         "2016-12-10"),
        ("S-201", bako, "S-201/Innvilget", "0301", None, None, 270, 5, 15, 62.5, 0.0,
         "2016-12-12"),
    ]  # fmt: skip
    assert rows(
        example,
        "select participation_id, week_start::varchar, measure_type, planned_hours::double "
        "from fct_measure_weeks order by all",
    ) == [
        ("S-101", "2017-01-02", "norskopplaring", 37.5),
        ("S-101", "2017-01-09", "arbeidstrening", 7.5),
        ("S-201", "2017-01-02", "norskopplaring", 30.0),
        ("S-201", "2017-01-09", "norskopplaring", 30.0),
        ("S-201", "2017-01-23", "sosialt_nettverk", 2.5),
    ]


def test_the_persons_of_the_example_are_one_row_each(example, pseudonymiser):
    assert sorted(
        rows(
            example,
            "select ident, sex, birth_date::varchar, country_of_birth, residence_basis, "
            "upper_secondary_word, address_protection_code, settled_municipality_code, line_number "
            "from stg_nir__personer",
        )
    ) == sorted(
        [
            (pseudonymiser.pseudonym(ANNE), "2", "1990-01-01", "SY", "flyktning", None, "0",
             "0301", 2),
            (pseudonymiser.pseudonym(BAKO), "1", "1985-05-17", "ER", "overforingsflyktning",
             "ja", "0", "0301", 4),
            (pseudonymiser.pseudonym(CIRO), "1", "1999-06-30", "SO", "familie", "nei", "7",
             "0301", 5),
        ]
    )  # fmt: skip


def test_every_row_of_the_example_is_accounted_for(example):
    assert rows(example, "select * from quarantine") == []
    assert rows(
        example,
        "select dataset, table_name, file_name, received_rows, staged_rows "
        "from dq_conservation order by dataset",
    ) == [
        ("deltakelser", "deltakelser", "saker_2018-01.txt", 2, 2),
        ("fravaer", "fravaer", "aktiviteter_2018-01.txt", 1, 1),
        ("kategorier", "kategorier", "saker_2018-01.txt", 3, 3),
        ("permisjoner", "permisjoner", "aktiviteter_2018-01.txt", 1, 1),
        ("personer", "personer", "saker_2018-01.txt", 3, 3),
        ("tiltak-1", "tiltak", "aktiviteter_2018-01.txt", 3, 3),
        ("tiltak-2", "tiltak", "norskkurs_2018-01.tsv", 1, 1),
        ("vedtak", "vedtak", "saker_2018-01.txt", 4, 4),
    ]
    home = example.parent / "introstat.received" / "nir" / "2018-01-21"
    receipt = json.loads((home / "receipt.json").read_text())
    mapping = load_mapping(ROOT / "mappings" / "kommunalt-fagsystem.yml")
    assert receipt["mapping"]["sha256"] == mapping.sha256
    cases = next(f for f in receipt["mapping"]["files"] if f["file_name"] == "saker_2018-01.txt")
    assert (cases["rows"], cases["mapped_rows"]) == (5, 4)
    assert cases["ignored_rows"] == [{"reason": "Sumlinjen nederst i eksporten", "rows": 1}]
    assert cases["tables"][0] == {"dataset": "personer", "rows": 3, "collapsed_rows": 1}
    assert any("Saksbehandler" in remark for remark in receipt["remarks"])
    result = json.loads((home / "mottakskontroll" / "resultat.json").read_text(encoding="utf-8"))
    assert {table["file"] for table in result["tables"]} == {
        *(f"{table} (saker_2018-01.txt)" for table in ("deltakelser", "kategorier", "personer")),
        *(f"{table} (aktiviteter_2018-01.txt)" for table in ("fravaer", "permisjoner")),
        "tiltak (aktiviteter_2018-01.txt, norskkurs_2018-01.tsv)",
        "vedtak (saker_2018-01.txt)",
    }
    assert not any("DUF numbers are not valid" in remark for remark in receipt["remarks"])


def test_no_identity_number_of_the_example_is_kept(example):
    for path in example.parent.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for number in (ANNE, BAKO, CIRO, "201501234508"):
                assert number.encode() not in content
                assert f"{number[:6]} {number[6:]}".encode() not in content


def test_the_check_of_the_example_says_that_all_is_mapped():
    done = run("mapping", "check", "kommunalt-fagsystem", "--sample", EXAMPLE)
    assert done.returncode == 0, done.stderr
    assert "All is mapped." in done.stdout
    assert "– extra: kept but not used" in done.stdout
    assert "– missing, optional" in done.stdout
    assert ANNE not in done.stdout


def test_faults_of_one_line_are_told_table_by_table(tmp_path, mappings, build):
    """Line 3 is faulty in both tables it gives; two files give the same key on the same line."""
    office = Office(tmp_path, mappings, "nir")
    absent = ("kategorier", "vedtak", "fravaer", "permisjoner")
    office.maps(
        f"""
        source: nir
        description: Test.
        reviewed: {{by: Test, on: 2026-02-01}}
        absent: {{{", ".join(f"{table}: Ingen" for table in absent)}}}
        files:
          - file: saker.txt
            tables:
              - table: personer
                columns:
                  ident: Fnr
                  kjonn: Kjønn
                  fodselsdato: {{value: 1990-01-01}}
                  registrert_dato: Fra
              - table: deltakelser
                columns:
                  deltakelse_id: Nr
                  ident: Fnr
                  kommunenr: {{value: 0301}}
                  start_dato: Fra
                  registrert_dato: Fra
          - file: tiltak_*.txt
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
    office.has("saker.txt", f"Nr;Fnr;Kjønn;Fra\n1;{ANNE};2;2017-01-02\n2;{BAKO};1;i fjor\n")
    office.has("tiltak_1.txt", "Nr;Sak;Fra;Timer\n7;1;2017-01-02;10\n")
    office.has("tiltak_2.txt", "Nr;Sak;Fra;Timer\n7;1;2017-01-02;20\n")
    office.receives()
    warehouse = build(office.extracts)
    assert rows(
        warehouse,
        "select dataset, file_name, line_number, reason from quarantine order by all",
    ) == [
        ("deltakelser", "saker.txt", 3, "unparseable_value"),
        ("personer", "saker.txt", 3, "unparseable_value"),
        ("tiltak-1", "tiltak_1.txt", 2, "superseded_key"),
    ]
    assert rows(warehouse, "select hours_per_week::integer from stg_nir__tiltak") == [(20,)]


# One thing a mapping can do at a time, on the smallest source


SIGNALS = """
    source: status
    description: Test.
    reviewed: {by: Test, on: 2026-02-01}
    formats: {dates: dd.mm.yyyy, decimal: ","}
    files:
      - file: "*.txt"
        tables:
          - table: signaler
            columns:
              signal_id: Nr
              ident: Fnr
              signal: Hva
              fra_dato: Fra
"""


class Office:
    """An office with a mapping and files; what is received of them."""

    def __init__(self, tmp_path: Path, mappings: Path, source: str = "status") -> None:
        self.extracts, self.received = tmp_path / "extracts", tmp_path / "received"
        self.sample = self.extracts / source / "2018-01-21"
        self.sample.mkdir(parents=True)
        self.mapping = mappings / "test.yml"

    def maps(self, text: str) -> None:
        self.mapping.write_text(textwrap.dedent(text), encoding="utf-8")

    def has(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.sample / name).write_bytes(text.encode(encoding))

    def receives(self, **changed: object) -> Outcome:
        content = describe(
            self.sample, self.sample.parent.name, "2018-01-21", "2017-12-31", "utf-8", "test"
        )
        (self.sample / "manifest.json").write_text(json.dumps(content | changed))
        outcome = receive_all(self.extracts, self.received)
        # What the reception check thinks of such small files is not the mapping's.
        outcome.remarks = [said for said in outcome.remarks if not said.endswith(" %)")]
        return outcome

    def rows(self, dataset: str = "signaler") -> list[dict]:
        return read(self.received, f"{self.sample.parent.name}/2018-01-21/{dataset}")

    def refusal(self) -> str:
        outcome = self.receives()
        assert outcome.received == []
        [told] = outcome.refused
        assert kept(self.received) == {}
        assert ANNE not in told
        return told


@pytest.fixture
def office(tmp_path: Path, mappings: Path) -> Office:
    return Office(tmp_path, mappings)


def with_columns(columns: str, more: str = "") -> str:
    """The smallest mapping with other columns and perhaps other keys of the file."""
    head, _, _ = SIGNALS.partition("              signal_id")
    return head.replace("        tables:", f"{more}        tables:") + textwrap.indent(
        textwrap.dedent(columns).strip(), " " * 14
    )


BASE = "signal_id: Nr\nident: Fnr\nsignal: Hva\nfra_dato: Fra\n"
HEADER = "Nr;Fnr;Hva;Fra\n"


@pytest.mark.parametrize(
    ("name", "more", "content"),
    [
        pytest.param("a.txt", "", f"{HEADER}1;{ANNE};aap;02.01.2017\n".encode(), id="plain"),
        pytest.param(
            "a.txt", "        encoding: latin-1\n",
            f"{HEADER}1;{ANNE};aap;02.01.2017\r\n".encode("latin-1"), id="Windows line ends",
        ),
        pytest.param(
            "a.txt", "", f"{HEADER}1;{ANNE};aap;02.01.2017".encode("utf-8-sig"), id="mark",
        ),
        pytest.param(
            "A.TXT.gz", "", gzip.compress(f"{HEADER}1;{ANNE};aap;02.01.2017\n".encode()),
            id="gzip and capitals",
        ),
        pytest.param(
            "a.txt", "        header_line: 3\n",
            f'Uttrekk "2017\n\n{HEADER}1;{ANNE};aap;02.01.2017\n'.encode(), id="title lines",
        ),
        pytest.param(
            "a.txt", "        delimiter: tab\n        quote: none\n",
            f"{HEADER}1;{ANNE};aap;02.01.2017\n".replace(";", "\t").encode(), id="tab",
        ),
        pytest.param(
            "a.txt", "        delimiter: ','\n        quote: \"'\"\n",
            f"Nr,Fnr,Hva,Fra\n'1',{ANNE},'aap',02.01.2017\n".encode(), id="other quote",
        ),
        pytest.param(
            "a.txt", "        header_line: 0\n        columns: [Nr, Fnr, Hva, Fra]\n",
            f"1;{ANNE};aap;02.01.2017\n".encode(), id="no header",
        ),
    ],
)  # fmt: skip
def test_a_file_is_read_as_the_mapping_says(office, pseudonymiser, name, more, content):
    office.maps(with_columns(BASE, more))
    (office.sample / name).write_bytes(content)
    outcome = office.receives()
    assert (outcome.refused, outcome.remarks) == ([], [])
    [row] = office.rows()
    assert (row["signal_id"], row["signal"], row["fra_dato"]) == ("1", "aap", "2017-01-02")
    assert row["ident"] == pseudonymiser.pseudonym(ANNE)
    assert row["ident_is_valid"]
    assert row["file_name"] == name


def test_windows_1252_is_read_letter_by_letter(office):
    office.maps(with_columns(BASE + "kilde: Merknad", "        encoding: windows-1252\n"))
    text = "Nr;Fnr;Hva;Fra;Merknad\n1;;aap;02.01.2017;«Åse» – 5 €\n"
    office.has("a.txt", text, "cp1252")
    assert office.receives().refused == []
    assert office.rows()[0]["kilde"] == "«Åse» – 5 €"


def test_lines_are_those_of_the_office_file(office):
    office.maps(with_columns(BASE, "        header_line: 2\n"))
    office.has("a.txt", f'Tittel\n{HEADER}\n"1\nx";;aap;02.01.2017\n\n2;;aap;02.01.2017\n')
    assert office.receives().refused == []
    assert [(row["signal_id"], row["line_number"]) for row in office.rows()] == [
        ("1\nx", 4),
        ("2", 7),
    ]


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        ("dd.mm.yyyy", "02.01.2017", "2017-01-02"),
        ("dd.mm.yyyy", "2.1.2017", "2.1.2017"),
        ("d.m.yyyy", "2.1.2017", "2017-01-02"),
        ("d.m.yyyy", "12.11.2017", "2017-11-12"),
        ("ddmmyyyy", "02012017", "2017-01-02"),
        ("yyyymmdd", "20170102", "2017-01-02"),
        ("dd/mm/yyyy", "02/01/2017", "2017-01-02"),
        ("mm/dd/yyyy", "02/01/2017", "2017-02-01"),
        ("yyyy-mm-dd", "2017-01-02", "2017-01-02"),
        ("yyyy-mm-dd hh:mm:ss", "2017-01-02 23:59:59.000", "2017-01-02"),
        ("dd.mm.yyyy hh:mm", "02.01.2017 9:05", "2017-01-02"),
        ("[dd.mm.yyyy, yyyymmdd]", "20170102", "2017-01-02"),
        ("dd.mm.yyyy", "31.02.2017", "31.02.2017"),
        ("dd.mm.yyyy", "i morgen", "i morgen"),
        ("dd.mm.yyyy", "2017-01-02", "?2017-01-02"),
        ("yyyy-dd-mm", "2017-02-01", "2017-01-02"),
        ("yyyy-dd-mm", "2017-02-13", "?2017-02-13"),
    ],
)
def test_dates_become_the_contracts_and_others_are_never_misread(office, formats, text, expected):
    office.maps(with_columns(BASE.replace("Fra\n", f'{{from: Fra, dates: "{formats}"}}\n')
                             .replace('"[', "[").replace(']"', "]")))  # fmt: skip
    office.has("a.txt", f"{HEADER}1;;aap;{text}\n")
    outcome = office.receives()
    assert office.rows()[0]["fra_dato"] == expected
    is_read = expected[:2] == "20" and len(expected) == 10
    assert bool(outcome.remarks) != is_read
    if not is_read:
        assert "1 values that are no date in the mapping's format, first on line 2" in str(outcome)
        assert text not in str(outcome)


@pytest.mark.parametrize(
    ("formats", "text", "expected"),
    [
        ('decimal: ","', "37,5", "37.5"),
        ('decimal: ","', "37.5", "?37.5"),
        ('decimal: "."', "37.5", "37.5"),
        ('decimal: "."', "1,000", "?1,000"),
        ('decimal: ".", thousands: ","', "1,000", "1000"),
        ('decimal: ",", thousands: "."', "1.000,50", "1000.50"),
        ('decimal: ",", thousands: space', "-1 000,5", "-1000.5"),
        ('decimal: ",", thousands: space', "1\u00a0000", "1000"),
        ('decimal: ",", thousands: space', "10 00", "10 00"),
        ('decimal: ","', "halv", "halv"),
        ('decimal: ","', "", None),
    ],
)
def test_numbers_become_the_contracts_and_others_are_never_misread(
    tmp_path, mappings, formats, text, expected
):
    office = Office(tmp_path, mappings, "nir")
    tables = ("personer", "kategorier", "vedtak", "deltakelser", "fravaer", "permisjoner")
    office.maps(
        f"""
        source: nir
        description: Test.
        reviewed: {{by: Test, on: 2026-02-01}}
        absent: {{{", ".join(f"{table}: Prøve" for table in tables)}}}
        files:
          - file: a.txt
            delimiter: "|"
            tables:
              - table: tiltak
                columns:
                  tiltak_id: Nr
                  deltakelse_id: Sak
                  tiltakstype: {{value: norsk}}
                  fra_dato: {{value: 2017-01-02}}
                  timer_per_uke: {{from: Timer, {formats}}}
                  registrert_dato: {{value: 2017-01-02}}
        """
    )
    office.has("a.txt", f"Nr|Sak|Timer\n1|2|{text}\n")
    outcome = office.receives()
    assert outcome.refused == []
    [row] = office.rows("tiltak")
    assert row["timer_per_uke"] == expected
    unread = [remark for remark in outcome.remarks if "no decimal" in remark]
    assert bool(unread) == (expected in ("10 00", "halv", f"?{text}"))
    assert "no table permisjoner, the mapping says: Prøve" in str(outcome.remarks)


def test_code_words_are_mapped_and_unknown_ones_pass_with_a_remark(office):
    columns = BASE.replace(
        "signal: Hva", 'signal: {from: Hva, codes: {Arbeidsledig: helt_ledig, "": aap, Nei: ""}}'
    )
    office.maps(with_columns(columns))
    words = ["Arbeidsledig", "", "Nei", "utdanning", "Fisker", "Fisker", f"Se {ANNE}"]
    office.has(
        "a.txt", HEADER + "".join(f"{n};;{word};02.01.2017\n" for n, word in enumerate(words))
    )
    outcome = office.receives()
    got = [row["signal"] for row in office.rows()]
    assert got[:6] == ["helt_ledig", "aap", None, "utdanning", "Fisker", "Fisker"]
    assert got[6].startswith("Se ")
    assert outcome.remarks == [
        "status/2018-01-21/a.txt: signaler.signal from 'Hva': words neither in the mapping nor in "
        "the code list, kept as they are: 'Fisker' (2), 'Se …' (1)"
    ]


def test_constants_keys_other_columns_and_transforms(office, pseudonymiser):
    office.maps(
        with_columns(
            """
            signal_id: {key: [Fnr, Fra]}
            ident: {from: Fnr, transform: pad 11}
            signal: {from: Hva, transform: lower}
            fra_dato: {from: [Endret, Fra]}
            til_dato: {value: 2017-12-31}
            kilde: {from: Kommune, transform: [leading digits, pad 4]}
            """
        )
    )
    short = ident(336 * 4 + 28 * 4)  # a number that begins with 0
    assert short.startswith("0")
    office.has(
        "a.txt",
        "Fnr;Hva;Fra;Endret;Kommune\n"
        f"{ANNE[:6]} {ANNE[6:]};AAP;01.01.2017;05.01.2017;301 Oslo\n"
        f"{short[1:]};Utdanning;01.02.2017;;1201\n",
    )
    assert office.receives().refused == []
    first, second = office.rows()
    assert first["ident"] == pseudonymiser.pseudonym(ANNE)
    assert first["signal_id"] == f"{pseudonymiser.pseudonym(ANNE)}/01.01.2017"
    assert (first["signal"], first["fra_dato"], first["til_dato"], first["kilde"]) == (
        "aap", "2017-01-05", "2017-12-31", "0301",
    )  # fmt: skip
    assert (second["ident"], second["ident_is_valid"]) == (pseudonymiser.pseudonym(short), True)
    assert (second["fra_dato"], second["kilde"]) == ("2017-02-01", "1201")


def test_numbers_written_in_two_parts_are_sealed_in_text_and_extra_columns(office, pseudonymiser):
    office.maps(with_columns(BASE + "kilde: Merknad"))
    split = f"{BAKO[:6]} {BAKO[6:]}"
    office.has(
        "a.txt", f"Nr;Fnr;Hva;Fra;Merknad;Ektefelle\n1;{ANNE};aap;02.01.2017;se {split}.;{split}\n"
    )
    outcome = office.receives()
    [row] = office.rows()
    bako = pseudonymiser.pseudonym(BAKO)
    assert row["kilde"] == f"se {bako}."
    assert json.loads(row["extra_columns"]) == {"Ektefelle": bako}
    assert outcome.remarks == [
        "status/2018-01-21/a.txt: extra columns kept but not used: Ektefelle"
    ]


def test_rows_are_chosen_split_collapsed_and_left_out_with_a_reason(tmp_path, mappings):
    """One file gives two tables, one line two rows; what is not mapped stays with one of them."""
    office = Office(tmp_path, mappings, "folkeregister")
    office.maps(
        """
        source: folkeregister
        description: Test.
        reviewed: {by: Test, on: 2026-02-01}
        files:
          - file: a.txt
            ignore:
              - {when: {Type: [Sum, Delsum]}, reason: Summer}
              - {when: {Type: {not: [B, I]}, Fra: {filled: false}}, reason: Uten dato}
            tables:
              - table: identer
                once: true
                when: {Gammelt: {filled: true}}
                columns: {ident: Gammelt, gjeldende_ident: Fnr, fra_dato: {value: 2017-01-01}}
              - table: bosatt
                when: {Type: B}
                columns:
                  {bosatt_id: {key: [Nr]}, ident: Fnr, kommunenr: Kommune, fra_dato: Fra}
              - table: bosatt
                when: {Type: B, Kommune 2: {filled: true}}
                columns:
                  bosatt_id: {key: [Nr, Kommune 2]}
                  ident: Fnr
                  kommunenr: Kommune 2
                  fra_dato: Fra
        """
    )
    office.has(
        "a.txt",
        "Type;Nr;Fnr;Gammelt;Kommune;Kommune 2;Fra;Ekstra\n"
        f"B;1;{ANNE};{CIRO};0301;;2016-01-01;x\n"
        f"B;2;{ANNE};{CIRO};1201;4601;2016-02-01;y\n"
        f"I;3;{ANNE};{CIRO};;;;z\n"
        f"I;4;{ANNE};{CIRO};;;;z\n"
        "Sum;;;;;;;\nDelsum;;;;;;;\nHva;;;;;;;\n",
    )
    outcome = office.receives()
    assert outcome.refused == []
    assert [
        (row["kommunenr"], row["file_name"], row["line_number"], row["extra_columns"])
        for part in ("bosatt-1", "bosatt-2")
        for row in office.rows(part)
    ] == [
        ("0301", "a.txt", 2, '{"Ekstra":"x"}'),
        ("1201", "a.txt", 3, '{"Ekstra":"y"}'),
        ("4601", "a.txt#2", 3, '{"Ekstra":"y"}'),
    ]
    # Lines 2 and 3 are one row; lines 4 and 5 as well, and keep what no other row keeps.
    assert [(row["line_number"], row["extra_columns"]) for row in office.rows("identer")] == [
        (2, None),
        (4, '{"Ekstra":"z"}'),
    ]
    [file] = json.loads(
        (office.received / "folkeregister" / "2018-01-21" / "receipt.json").read_text()
    )["mapping"]["files"]
    assert (file["rows"], file["mapped_rows"]) == (7, 4)
    assert file["ignored_rows"] == [
        {"reason": "Summer", "rows": 2},
        {"reason": "Uten dato", "rows": 1},
    ]
    assert file["tables"][0] == {"dataset": "identer", "rows": 2, "collapsed_rows": 2}


def test_a_file_that_keeps_the_contract_may_stand_beside_mapped_ones(tmp_path, mappings):
    office = Office(tmp_path, mappings, "folkeregister")
    office.has("identer.csv", f"{HEADERS['identer.csv']}\n{BAKO};{ANNE};2017-01-01\n")
    office.maps(
        """
        source: folkeregister
        description: Test.
        reviewed: {by: Test, on: 2026-02-01}
        as_contract: identer
        files:
          - file: bosatt_*.txt
            tables:
              - table: bosatt
                columns: {bosatt_id: Nr, ident: Fnr, kommunenr: Kommune, fra_dato: Fra}
        """
    )
    for number, person in enumerate((ANNE, BAKO)):
        office.has(
            f"bosatt_{number}.txt", f"Nr;Fnr;Kommune;Fra\n{number};{person};0301;2017-01-01\n"
        )
    assert office.receives().refused == []
    assert [len(office.rows(part)) for part in ("identer", "bosatt-1", "bosatt-2")] == [1, 1, 1]
    (office.sample / "identer.csv").unlink()
    shutil.rmtree(office.received)
    assert "manifest.json: identer.csv is missing" in office.refusal()


def test_a_table_whose_numbers_are_put_in_order_comes_from_one_file(tmp_path, mappings):
    office = Office(tmp_path, mappings, "folkeregister")
    office.maps(
        """
        source: folkeregister
        description: Test.
        reviewed: {by: Test, on: 2026-02-01}
        absent: {bosatt: Test}
        files:
          - file: identer_*.txt
            tables:
              - table: identer
                columns: {ident: Gammel, gjeldende_ident: Ny, fra_dato: {value: 2017-01-01}}
        """
    )
    for number in (1, 2):
        office.has(f"identer_{number}.txt", f"Gammel;Ny\n{BAKO};{ANNE}\n")
    assert "table identer comes from 2 files or rules of the mapping" in office.refusal()


# What refuses a delivery


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        (f"{HEADER}1;{ANNE};aap\n", "", "a.txt, line 2: 3 fields, expected 4"),
        (f'{HEADER}1;"{ANNE};aap;02.01.2017\n', "", "a.txt, line 2: cannot be parsed: a quote"),
        (f"Nr;Fnr;Hva\n1;{ANNE};aap\n", "", "a.txt: column 'Fra' is missing, which the mapping"),
        ("", "", "a.txt: no header on line 1"),
        (";" * 1000 + "x\n", "", "a.txt: 1001 columns, expected at most 1000"),
        (f"{HEADER}1;;æ\0;02.01.2017\n", "", "a.txt, line 2: a NUL byte"),
    ],
)
def test_an_office_file_that_does_not_fit_refuses_the_delivery(office, content, more, message):
    office.maps(with_columns(BASE, more))
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n")
    office.receives()
    shutil.rmtree(office.received)
    office.has("a.txt", content)
    manifest = json.loads((office.sample / "manifest.json").read_text())
    digest = hashlib.sha256(content.encode()).hexdigest()
    manifest["files"]["a.txt"] = {"rows": 1, "sha256": digest}
    (office.sample / "manifest.json").write_text(json.dumps(manifest))
    [told] = receive_all(office.extracts, office.received).refused
    assert message in told
    assert ANNE not in told


def test_a_gzip_that_is_cut_off_refuses_the_delivery(office):
    office.maps(SIGNALS)
    text = HEADER + "".join(f"{number};;aap;02.01.2017\n" for number in range(5000))
    (office.sample / "a.txt.gz").write_bytes(gzip.compress(text.encode())[:-200])
    with pytest.raises(UserError, match=r"a\.txt\.gz: the compressed file is broken or cut off"):
        office.receives()


def test_a_file_named_by_an_identity_number_refuses_the_delivery_without_telling_it(office):
    office.maps(SIGNALS)
    office.has(f"sak{ANNE}.txt", HEADER)
    with pytest.raises(UserError, match="the name of a file holds an identity number") as told:
        office.receives()
    assert ANNE not in told.value.message


def test_other_encodings_of_an_office_file_are_told_by_name(office):
    for encoding, content, message in (
        ("utf-8", "é".encode("latin-1"), "bytes that are not utf-8. Set `encoding` in the mapping"),
        ("latin-1", "–".encode("cp1252"), "Set `encoding` in the mapping to windows-1252"),
    ):
        office.maps(with_columns(BASE, f"        encoding: {encoding}\n"))
        (office.sample / "a.txt").write_bytes(HEADER.encode() + b"1;;" + content + b";02.01.2017\n")
        with pytest.raises(UserError) as told:
            office.receives()
        assert message in told.value.message


def test_a_row_that_fits_nothing_refuses_the_delivery_by_its_line(office):
    rule = "          - table: signaler\n"
    assert rule in SIGNALS
    office.maps(SIGNALS.replace(rule, rule + "            when: {Hva: [aap, utdanning]}\n"))
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n2;{ANNE};Fisker;\n3;{ANNE};Fisker;\n")
    told = office.refusal()
    assert "status/2018-01-21/a.txt, line 3: the first of 2 rows that fit no table" in told
    assert "Fisker" not in told


def test_an_optional_column_that_the_office_no_longer_delivers_is_left_empty(office):
    office.maps(with_columns(BASE + "til_dato: Til\nkilde: {from: [Kilde, Annet]}"))
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n")
    outcome = office.receives()
    assert outcome.remarks == [
        "status/2018-01-21/a.txt: columns not delivered, left empty: 'Annet', 'Kilde', 'Til'"
    ]
    assert office.rows()[0]["til_dato"] is None


def test_columns_of_the_same_name_are_told_apart(office):
    office.maps(with_columns(BASE.replace("fra_dato: Fra", "fra_dato: Dato (2)")))
    office.has("a.txt", "Nr;Fnr;Hva;Dato;Dato;\n1;;aap;01.01.2017;02.01.2017;x\n")
    outcome = office.receives()
    assert office.rows()[0]["fra_dato"] == "2017-01-02"
    assert "extra columns kept but not used: Dato, column_6" in outcome.remarks[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mapping": "../test"}, "'../test' is no name of a mapping"),
        ({"mapping": "annen"}, "mapping annen is not in mappings/; there is test"),
        ({"mapping": 1}, "`mapping` is no text"),
        ({"mapping": None}, "a.txt is no file of status"),
    ],
)
def test_a_mapping_that_cannot_be_used_refuses_the_delivery(office, changed, message):
    office.maps(SIGNALS)
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n")
    [told] = office.receives(**changed).refused
    assert message in told


def test_a_delivery_fits_its_mapping_file_by_file(office):
    office.maps(
        SIGNALS
        + """
      - file: b*.csv
        tables:
          - table: signaler
            columns: {signal_id: Nr, ident: Fnr, signal: Hva, fra_dato: Fra}
"""
    )
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n")
    assert "no file is named like b*.csv, which mapping test expects" in office.refusal()
    office.has("c.csv", HEADER)
    with pytest.raises(UserError, match=r"c.csv is no file of mapping test \(\*.txt, b\*.csv\)"):
        office.receives()


def test_a_changed_mapping_is_told_and_what_was_received_stands(office):
    office.maps(SIGNALS)
    office.has("a.txt", f"{HEADER}1;;aap;02.01.2017\n")
    assert office.receives().received == ["status/2018-01-21"]
    before = office.rows()
    again = receive_all(office.extracts, office.received)
    assert (again.known, again.remarks) == (["status/2018-01-21"], [])
    office.maps(SIGNALS + "\n# changed\n")
    again = receive_all(office.extracts, office.received)
    assert again.known == ["status/2018-01-21"]
    assert again.remarks == [
        "status/2018-01-21: mapping test has changed since this was received; what was received "
        "stands as it is"
    ]
    assert office.rows() == before
    office.has("a.txt", f"{HEADER}1;;aap;03.01.2017\n")
    assert "received before with other content" in office.receives().refused[0]


# What is wrong with a mapping file


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("source: status", "source: nav", "line 2: source is 'nav'; expected nir, aordningen"),
        ("source: status", "kilde: status", "line 2: unknown key 'kilde' in the mapping"),
        ("description: Test.", "", "line 2: the mapping lacks `description`"),
        ("by: Test, ", "", "line 4: reviewed lacks `by`"),
        ("dates: dd.mm.yyyy", "dates: dd.mm.yy", "line 5: date format 'dd.mm.yy' is not known"),
        ("dates: dd.mm.yyyy", "dates: dd.dd.yyyy", "needs one year, one month and one day"),
        ("dates: dd.mm.yyyy", "dates: dmyyyy", "cannot be told apart: write dd and mm"),
        ("dates: dd.mm.yyyy", "dates: [ddmmyyyy, yyyymmdd]", "one text could be two dates"),
        ("dates: dd.mm.yyyy", "dates: [dd/mm/yyyy, mm/dd/yyyy]", "one text could be two dates"),
        ('decimal: ","', "decimal: x", "line 5: decimal is 'x'; expected ,, .."),
        ('decimal: ","', 'decimal: ",", thousands: ","', "`decimal` must be given and another"),
        ('decimal: ","', "encoding: utf-16", "line 5: encoding is 'utf-16'"),
        ('decimal: ","', "delimiter: ab", "line 5: delimiter is 'ab'; expected one character"),
        ('decimal: ","', "quote: ab", "line 5: quote is 'ab'"),
        ('decimal: ","', "header_line: x", "line 5: header_line is 'x'"),
        ('decimal: ","', "header_line: 0", "line 7: a file has a header or `columns`"),
        ('file: "*.txt"', 'file: "../*.txt"', "line 7: file '../*.txt' is no plain file name"),
        ('file: "*.txt"', 'fil: "*.txt"', "line 7: unknown key 'fil' in a file; did you mean"),
        ("table: signaler", "table: signal", "source status has no table 'signal'; did you mean"),
        ("signal_id: Nr", "signal_nr: Nr", "line 11: table signaler of the contract has no column"),
        ("signal_id: Nr", "signal_id: {form: Nr}", "unknown key 'form' in signal_id; did you mean"),
        ("signal_id: Nr", "signal_id: {}", "signal_id needs one of `from`"),
        ("signal_id: Nr", "signal_id: {from: Nr, key: [Nr]}", "found from and key"),
        ("signal_id: Nr", "signal_id: {value: x, codes: {a: b}}", "`codes` goes with `from` only"),
        ("signal_id: Nr", "signal_id: {from: Nr, transform: trim}", "unknown transform 'trim'"),
        ("signal_id: Nr", "signal_id: {from: Nr, decimal: x}", "decimal is 'x'"),
        ("signal_id: Nr", 'signal_id: {from: Nr, decimal: "."}', "`decimal` does not apply"),
        ("fra_dato: Fra", 'fra_dato: {from: Fra, decimal: "."}', "is a date; `decimal` does not"),
        ("signal: Hva", "signal: {from: Hva, codes: ord}", "there is no list 'ord' under `codes`"),
        ("signal: Hva", "signal: {from: Hva, codes: {a: b, a: c}}", "'a' is there twice in codes"),
        ("ident: Fnr", "ident: {from: Fnr, codes: {a: b}}", "holds identity numbers, which"),
        ("signal: Hva", "signal: [Hva", "not YAML"),
        ("{by: Test, on: 2026-02-01}", "ja", "line 4: reviewed has no keys"),
        ("{dates: dd.mm.yyyy, decimal: \",\"}", "{}\nas_contract: [x]", "status has no table 'x'"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_understood_is_told_by_its_line(mappings, found, put, message):
    text = textwrap.dedent(SIGNALS)
    assert found in text
    path = mappings / "test.yml"
    path.write_text(text.replace(found, put, 1))
    with pytest.raises(UserError) as told:
        load_mapping(path)
    assert told.value.message.startswith("mappings/test.yml, line ")
    assert message in told.value.message
    assert told.value.exit_code == 2


def test_a_table_in_a_national_form_is_not_mapped(mappings):
    path = mappings / "test.yml"
    path.write_text(
        textwrap.dedent(SIGNALS)
        .replace("source: status", "source: kostra")
        .replace("signaler", "11b")
    )
    with pytest.raises(UserError, match="national form"):
        load_mapping(path)


def test_words_are_taken_as_they_are_written(mappings):
    """YAML's own reading would make 0301 a number, NO a false and 2017-01-01 a date."""
    path = mappings / "test.yml"
    path.write_text(
        textwrap.dedent(SIGNALS).replace(
            "signal: Hva", "signal: {from: Hva, codes: {NO: 0301, ~: 2017-01-01, 1: true}}"
        )
    )
    [field] = [f for f in load_mapping(path).files[0].rules[0].fields if f.codes]
    assert field.codes == (("NO", "0301"), ("", "2017-01-01"), ("1", "true"))


def test_a_mapping_that_is_not_there_is_told(mappings):
    with pytest.raises(UserError, match="there is none"):
        find_mapping("test")
    done = run("mapping", "check", mappings / "none.yml")
    assert done.returncode == 2
    assert "there is no such mapping file" in done.stderr


# What the check leaves open


def test_the_check_says_everything_that_is_left_open(office):
    office.maps(
        with_columns(
            """
            signal_id: Nr
            signal: {from: Hva, codes: {Ledig: ledig}}
            fra_dato: Fra
            til_dato: Til
            """
        )
    )
    office.has("a.txt", f"Nr;Fnr;Hva;Fra\n1;{ANNE};Ledig;2017\n2;{ANNE};{BAKO};02.01.2017\n")
    office.has("b.csv", "x\n")
    report = check(load_mapping(office.mapping), office.sample)
    said = "\n".join(report.problems)
    assert "table signaler of *.txt lacks the required column ident" in said
    assert "is given the word 'ledig', which its code list does not have" in said
    assert (
        "fra_dato from 'Fra': 1 values that are no date in the mapping's format, first on line 2"
        in said
    )
    assert "words neither in the mapping nor in the code list, kept as they are: '…' (1)" in said
    assert "b.csv is no file of mapping test" in said
    done = run("mapping", "check", office.mapping, "--sample", office.sample)
    assert done.returncode == 3
    assert "Left open: 5" in done.stdout
    assert "missing, required" in done.stdout
    assert "Traceback" not in done.stderr
    for number in (ANNE, BAKO):
        assert number not in done.stdout + done.stderr


def test_the_check_tells_rows_and_files_and_tables_that_lack(tmp_path, mappings):
    mapping = (ROOT / "mappings" / "kommunalt-fagsystem.yml").read_text()
    path = mappings / "test.yml"
    path.write_text(mapping.replace("when: {Radtype: Permisjon}", "when: {Radtype: Fri}"))
    sample = tmp_path / "sample"
    shutil.copytree(EXAMPLE, sample)
    (sample / "norskkurs_2018-01.tsv").unlink()
    text = (sample / "saker_2018-01.txt").read_text("latin-1").replace("Kjønn", "Sex")
    (sample / "saker_2018-01.txt").write_text(text, "latin-1")
    said = "\n".join(check(load_mapping(path), sample).problems)
    assert (
        "aktiviteter_2018-01.txt: 1 rows fit no table and no `ignore`, the first on line 7" in said
    )
    assert "saker_2018-01.txt: column 'Kjønn' is missing, which the mapping reads" in said
    assert "no file of the sample is named like norskkurs_*.tsv" in said


def test_without_a_sample_the_mapping_alone_is_judged(mappings):
    path = mappings / "test.yml"
    path.write_text(textwrap.dedent(SIGNALS).replace("signal_id: Nr", "til_dato: Til"))
    done = run("mapping", "check", path)
    assert done.returncode == 3
    assert "lacks the required column signal_id" in done.stdout
    path.write_text(textwrap.dedent(SIGNALS))
    assert run("mapping", "check", path).returncode == 0


# The manifest of a folder that has none


def test_a_manifest_is_written_for_files_that_keep_the_contract(tmp_path):
    folder = deliver(
        tmp_path, "folkeregister", "2018-01-21", {"bosatt.csv": [f"A;{ANNE};0301;2015-01-01;"]}
    )
    asked = (
        "manifest", folder, "--source", "folkeregister", "--delivered", "2018-01-21",
        "--covers-until", "2018-01-21",
    )  # fmt: skip
    done = run(*asked)
    assert done.returncode == 2
    assert "Write over it with --force" in done.stderr
    before = json.loads((folder / "manifest.json").read_text())
    assert run(*asked, "--force").returncode == 0
    assert json.loads((folder / "manifest.json").read_text()) == before
    assert sorted(path.name for path in folder.iterdir()) == [
        "bosatt.csv", "identer.csv", "manifest.json",
    ]  # fmt: skip
    (folder / "annet.csv").write_text("x\n")
    done = run(*asked, "--force")
    assert done.returncode == 3
    assert "annet.csv is no file of folkeregister" in done.stderr
    assert json.loads((folder / "manifest.json").read_text()) == before


@pytest.mark.parametrize(
    ("delivered", "covers_until", "message"),
    [
        ("21.01.2018", "2017-12-31", "--delivered is '21.01.2018'; expected a date"),
        ("2018-01-21", "2018-02-01", "--covers-until 2018-02-01 is after --delivered"),
    ],
)
def test_a_manifest_needs_dates_that_can_be(tmp_path, delivered, covers_until, message):
    done = run(
        "manifest", tmp_path, "--source", "nir", "--delivered", delivered,
        "--covers-until", covers_until,
    )  # fmt: skip
    assert done.returncode == 2
    assert message in done.stderr


def test_a_date_format_is_one_thing_or_an_error():
    assert date_format("dd.mm.yyyy").order == "dmy"
    for wrong in ("", "mm.yyyy", "dd-mm-yy", "yyyy.mm.dd.", "dd.mm.yyyy kl hh"):
        with pytest.raises(ValueError, match="date format"):
            date_format(wrong)
