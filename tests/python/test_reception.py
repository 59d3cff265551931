"""The reception check: every rule with a delivery that hits it, the verdicts, and their pages."""

import ast
import gzip
import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest import mock

import duckdb
import pytest
import yaml
from conftest import KEY, ROOT, rows, run
from deliveries import HEADERS, benefit, deliver, ident, income, wage
from pages import faults
from test_receipt import day

from introstat.codelists import code_list, list_of
from introstat.contract import sources
from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt import receive as receiving
from introstat.receipt.check import run as checking
from introstat.receipt.check.importing import import_great_expectations
from introstat.receipt.check.relations import typed_view
from introstat.receipt.check.rules import refusals, rules, suite
from introstat.receipt.check.summary import RefusedByCheck
from introstat.receipt.manifest import read_delivery
from introstat.receipt.receive import Outcome, receive

ROWS = 60
Lines = dict[str, list[str]]
WRONG = ident(4)[:-1] + str((int(ident(4)[-1]) + 1) % 10)


def numbered(template: str) -> list[str]:
    """Return lines with {n} a row's number and {ident} a person's."""
    return [template.format(n=number, ident=ident(number)) for number in range(ROWS)]


def form_line(number: int) -> str:
    """Return a line of form 11b that passes every check."""
    months = "".join(f"{month:02d}" for month in range(1, 13))
    line = (
        f"030116{'':4}{number:>8}{ident(number)}{'':12}11010216"
        f"2{'01' + '00' * 10}06000000{months}0150000"
    )
    assert len(line) == 111
    return line


PERSON = "{};;2;{};SY;SY;flyktning;2015-01-01;2015-01-02;;0;0301;;;0;2015-02-01"
YOUNG, OLD = ident(70), ident(71)
CLEAN: dict[str, Lines] = {
    "nir": {
        "personer.csv": [
            *numbered(PERSON.format("{ident}", "1990-01-01")),
            PERSON.format(YOUNG, "1999-01-01"),
            PERSON.format(OLD, "1917-12-31"),
        ],
        "kategorier.csv": numbered("K{n};{ident};rett_og_plikt_intro;0301;2015-01-01;;2015-02-01"),
        "vedtak.csv": numbered("V{n};{ident};0301;tildeling;2015-01-01;2015-01-01;;;2015-02-01"),
        "deltakelser.csv": numbered(
            "D{n};{ident};0301;V{n};2015-04-01;2016-04-01;arbeid;kommune;2016-04-02;annet;;"
            "2015-04-02"
        ),
        "tiltak.csv": numbered("T{n};D{n};norsk;2015-05-01;2016-01-01;20,5;2015-05-02"),
        "fravaer.csv": numbered("F{n};D{n};gyldig;2015-06-01;2015-06-02;7;2015-06-05"),
        "permisjoner.csv": numbered("P{n};D{n};fodsel;2015-07-01;;2015-07-05"),
    },
    "aordningen": {
        "inntekt-2018-01.jsonl": [
            income(ident(n), "2018-01", benefit(15000), wage(100)) for n in range(ROWS)
        ],
        "virksomheter.csv": ["974778807;0301;2010-01-01;"],
    },
    "folkeregister": {
        "identer.csv": [],
        "bosatt.csv": numbered("B{n};{ident};0301;2015-01-01;"),
    },
    "status": {"signaler.csv": numbered("S{n};{ident};aap;2017-01-01;;NAV")},
    "kostra": {"11b-2016.dat": [form_line(number) for number in range(ROWS)]},
}
# In the order that lets each find what it is compared with.
EARLIER = {
    "nir": "2018-01-21",
    "aordningen": "2018-02-10",
    "folkeregister": "2018-01-21",
    "status": "2018-01-22",
    "kostra": "2017-02-20",
}
LATER = {source: f"2018-07-{number:02d}" for number, source in enumerate(EARLIER, start=10)}


def receive_all(extracts: Path, received: Path) -> Outcome:
    return receive(extracts, received, Pseudonymiser(KEY))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A received folder with one clean delivery of each source."""
    folder = tmp_path_factory.mktemp("before")
    for source, delivered in EARLIER.items():
        deliver(folder / source, source, delivered, CLEAN[source])
        outcome = receive_all(folder / source, folder / "received")
        assert (outcome.refused, outcome.remarks) == ([], [])
    return folder / "received"


@dataclass
class Receiver:
    """Receives deliveries after the clean ones."""

    extracts: Path
    received: Path

    def deliver(self, source: str, lines: Lines | None = None, delivered: str = "") -> None:
        deliver(self.extracts, source, delivered or LATER[source], CLEAN[source] | (lines or {}))

    def receive(self, source: str, lines: Lines | None = None) -> Outcome:
        self.deliver(source, lines)
        return receive_all(self.extracts, self.received)

    def result(self, source: str, delivered: str = "") -> dict[str, Any]:
        delivered = delivered or LATER[source]
        home = self.received / source / delivered / "mottakskontroll"
        if not home.is_dir():
            home = self.received / "avvist" / source / delivered
        return json.loads((home / "resultat.json").read_text(encoding="utf-8"))


Received = tuple[Receiver, Outcome]


def received_at_once(before: Path, folder: Path, contents: dict[str, Lines]) -> Received:
    """Receive a delivery of each source after the clean ones, all by one receipt."""
    shutil.copytree(before, folder / "received")
    receiver = Receiver(folder / "extracts", folder / "received")
    for source, lines in contents.items():
        receiver.deliver(source, lines)
    return receiver, receive_all(receiver.extracts, receiver.received)


@pytest.fixture
def after(before: Path, tmp_path: Path) -> Receiver:
    shutil.copytree(before, tmp_path / "received")
    return Receiver(tmp_path / "extracts", tmp_path / "received")


# What makes a row hit a rule: source, file, column, and the new value.
Change = Callable[[str], str]


def put(file: str, column: str, value: str) -> Change:
    """Return a change of a CSV line: a column's new value, {n} the number in its first field."""
    place = HEADERS[file].split(";").index(column)

    def change(line: str) -> str:
        fields = line.split(";")
        fields[place] = value.format(n=re.sub(r"\D", "", fields[0]))
        return ";".join(fields)

    return change


def cut(start: int, value: str) -> Change:
    """Return a change of a form's line: other characters from a position on."""
    return lambda line: line[:start] + value + line[start + len(value) :]


def swap(old: str, new: str) -> Change:
    return lambda line: line.replace(old, new)


def other_person(file: str) -> Change:
    """Return a change of a CSV line: a valid number of somebody else."""
    place = HEADERS[file].split(";").index("ident")

    def change(line: str) -> str:
        fields = line.split(";")
        fields[place] = ident(1000 + int(re.sub(r"\D", "", fields[0])))
        return ";".join(fields)

    return change


T, D, V = "tiltak.csv", "deltakelser.csv", "vedtak.csv"
INCOME, FORM = "inntekt-2018-01.jsonl", "11b-2016.dat"
HITS: dict[str, tuple[str, str, str | None, Change]] = {
    "required_empty": ("nir", T, "tiltakstype", put(T, "tiltakstype", " ")),
    "unreadable_value": ("nir", T, "timer_per_uke", put(T, "timer_per_uke", "10.00,5")),
    "wrong_kind": ("aordningen", INCOME, None,
                   swap('{"beskrivelse": "introduksjonsstoenad"}', '"introduksjonsstoenad"')),
    "key_repeated": ("nir", T, "tiltak_id", put(T, "tiltak_id", "T59")),
    "unknown_required_word": ("nir", T, "tiltakstype", put(T, "tiltakstype", "Norsk")),
    "unknown_word": ("nir", D, "sluttmal", put(D, "sluttmal", "Annet")),
    "unknown_municipality": ("nir", D, "kommunenr", put(D, "kommunenr", "0302")),
    "zero_lost": ("nir", D, "kommunenr", put(D, "kommunenr", "301")),
    "invalid_organisation_number": ("aordningen", INCOME, "opplysningspliktigId",
                                    swap("964338531", "964338532")),
    "date_outside": ("nir", T, "fra_dato", put(T, "fra_dato", "1999-05-01")),
    "end_before_start": ("nir", T, "til_dato", put(T, "til_dato", "2015-04-30")),
    "death_before_birth": ("nir", "personer.csv", "dod_dato",
                           put("personer.csv", "dod_dato", "1989-12-31")),
    "invalid_ident": ("nir", V, "ident", put(V, "ident", WRONG)),
    "invalid_duf": ("nir", "personer.csv", "duf_nummer",
                    put("personer.csv", "duf_nummer", "201512345600")),
    "participation_missing": ("nir", T, "deltakelse_id", put(T, "deltakelse_id", "X{n}")),
    "person_missing": ("nir", V, "ident", other_person(V)),
    "decision_missing": ("nir", D, "vedtak_id", put(D, "vedtak_id", "X{n}")),
    "category_missing": ("nir", "kategorier.csv", "ident", other_person("kategorier.csv")),
    "person_unknown": ("status", "signaler.csv", "ident", other_person("signaler.csv")),
    "unit_missing": ("aordningen", INCOME, "virksomhetId", swap("974778807", "974778808")),
    "no_benefit": ("aordningen", INCOME, "inntekt", swap("introduksjonsstoenad", "annet")),
    "wrong_month": ("aordningen", INCOME, "kalendermaaned", swap('"2018-01"', '"2018-02"')),
    "column_empty": ("nir", T, "timer_per_uke", put(T, "timer_per_uke", "")),
    "K1": ("kostra", FORM, None, lambda line: line[:-1]),
    "K2": ("kostra", FORM, None, cut(75, "x")),
    "K3": ("kostra", FORM, "kommunenr", cut(0, "0302")),
    "K4": ("kostra", FORM, "oppgaveaar", cut(4, "15")),
    "K5": ("kostra", FORM, "fodselsnummer", cut(18, WRONG)),
    "K6": ("kostra", FORM, "duf_nummer", cut(29, "201512345600")),
    "K7": ("kostra", FORM, "kjonn", cut(41, "3")),
    "K8": ("kostra", FORM, "sivilstand", cut(42, "6")),
    "K9": ("kostra", FORM, "startdato", cut(43, "000000")),
    "K10": ("kostra", FORM, "inntektsgivende_arbeid", cut(49, " ")),
    "K11": ("kostra", FORM, "tiltak", cut(50, "00")),
    "K12": ("kostra", FORM, "status", cut(72, "11")),
    "K13": ("kostra", FORM, "avslutningsdato", cut(72, "03")),
    "K14": ("kostra", FORM, "stonadsmaneder", cut(80, "00" * 12)),
    "K15": ("kostra", FORM, "stonad", cut(104, "0350000")),
    "K16": ("kostra", FORM, "avslutningsdato", cut(72, "03310116")),
    "K17": ("kostra", FORM, "avslutningsdato", cut(72, "03311215")),
    "K18": ("kostra", FORM, "stonadsmaneder", cut(102, "00")),
    "K19": ("kostra", FORM, "stonad", cut(104, "0240000")),
    "K20": ("kostra", FORM, "stonad", cut(104, "0096000")),
    "K21": ("kostra", FORM, "fodselsnummer", cut(18, YOUNG)),
    "K22": ("kostra", FORM, "fodselsnummer", cut(18, OLD)),
    "K23": ("kostra", FORM, "stonad", cut(104, "0220000")),
}  # fmt: skip
# Where a finding is shown, if not at the file that was changed.
SHOWN_AT = {"category_missing": D}
# Rules that only a whole file of such rows can hit.
WHOLE = ("person_unknown", "no_benefit", "column_empty")
# Rules about a table as a whole: how many rows instead of 60.
VOLUME = {
    "fewer_rows": ("nir", T, ROWS - 6),
    "more_rows": ("status", "signaler.csv", 2 * ROWS + 1),
    "fewer_rows_period": ("aordningen", INCOME, ROWS - 20),
    "more_rows_period": ("kostra", FORM, ROWS + 40),
}


def changed(source: str, file: str, change: Change, number: int) -> Lines:
    """Return a source's clean lines of a file with the first `number` changed."""
    lines = CLEAN[source][file]
    return {file: [change(line) for line in lines[:number]] + lines[number:]}


def outcomes(result: dict[str, Any], rule: str) -> dict[str | None, str]:
    """Return what a rule came to, by column, where it found anything."""
    return {
        check["column"]: check["outcome"]
        for check in result["checks"]
        if check["rule_id"] == rule and check["found"]
    }


def test_every_rule_is_tested_and_belongs_to_a_suite():
    assert set(HITS) | set(VOLUME) | {"columns_missing"} == set(rules())
    used = {
        expected.rule.rule_id
        for source in sources().values()
        for table in source.tables
        for expected in suite(source.name, table.name).expected
    }
    assert used == set(rules())


@pytest.fixture(scope="module")
def clean(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Received:
    """Another clean delivery of each source."""
    return received_at_once(before, tmp_path_factory.mktemp("clean"), CLEAN)


@pytest.mark.parametrize("source", EARLIER)
def test_a_clean_delivery_is_accepted_and_every_rule_of_its_suites_asked(clean, source):
    after, outcome = clean
    assert (outcome.refused, outcome.remarks, outcome.summaries) == ([], [], [])
    result = after.result(source)
    assert result["verdict"] == "accepted"
    assert {check["found"] for check in result["checks"]} == {0}
    asked = {(check["table_name"], check["rule_id"]) for check in result["checks"]}
    wanted = {
        (table.name, expected.rule.rule_id)
        for table in sources()[source].tables
        for expected in suite(source, table.name).expected
    }
    few = {(one["table_name"], one["rule_id"]) for one in result["not_asked"]}
    assert asked | few == wanted
    assert {table for table, _ in few - asked} <= {"identer", "virksomheter"}, "few rows there"
    receipt = json.loads(
        (after.received / source / LATER[source] / "receipt.json").read_text(encoding="utf-8")
    )
    assert (receipt["verdict"], receipt["remarks"]) == ("accepted", [])


@pytest.fixture(scope="module")
def remarked(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Received:
    """One delivery of each source in which each rule is hit by rows of its own, just enough."""
    contents = {source: {f: list(lines) for f, lines in CLEAN[source].items()} for source in CLEAN}
    used: dict[str, int] = {}
    for rule, (source, file, _, change) in HITS.items():
        if rule not in WHOLE:
            first = used.get(file, 0)
            used[file] = first + int(rules()[rule].remark_over * ROWS) + 1
            lines = contents[source][file]
            lines[first : used[file]] = map(change, lines[first : used[file]])
    assert max(used.values()) < ROWS, "no two rules share a row"
    receiver, outcome = received_at_once(before, tmp_path_factory.mktemp("remarked"), contents)
    assert outcome.refused == []
    return receiver, outcome


@pytest.mark.parametrize("rule", [rule for rule in HITS if rule not in WHOLE])
def test_findings_over_the_limit_are_remarked_on(remarked, rule):
    expect_remark(*remarked, rule)


@pytest.fixture(scope="module")
def whole(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Received:
    """A delivery for each rule of WHOLE, all of them of other sources."""
    contents = {}
    for source, file, _, change in (HITS[rule] for rule in WHOLE):
        contents[source] = changed(source, file, change, ROWS)
    return received_at_once(before, tmp_path_factory.mktemp("whole"), contents)


@pytest.mark.parametrize("rule", WHOLE)
def test_a_whole_file_of_findings_is_remarked_on(whole, rule):
    expect_remark(*whole, rule)


def expect_remark(receiver: Receiver, outcome: Outcome, rule: str) -> None:
    """A rule's finding is in the result, on the console and on the page."""
    source, file, column, _ = HITS[rule]
    result = receiver.result(source)
    assert result["verdict"] == "accepted_with_remarks"
    assert outcomes(result, rule)[column] == "remark"
    at = f"{source}/{LATER[source]}/{SHOWN_AT.get(rule, file)}: {f'{column}: ' if column else ''}"
    assert [r for r in outcome.remarks if r.startswith(at) and rules()[rule].finding_en in r]
    page = receiver.received / source / LATER[source] / "mottakskontroll" / "sammendrag.html"
    assert page in outcome.summaries
    shown = text_of(page)
    assert "Godtatt med merknader" in shown
    assert rules()[rule].finding_nb in shown
    assert rules()[rule].action_nb in shown


def test_rules_that_only_remark_never_refuse():
    for rule in rules().values():
        assert rule.refuses(10**6, 10**6) == (rule.level == "refuses"), rule.rule_id
        assert not rule.refuses(0, 10**6), rule.rule_id


# A delivery of its own for each rule that refuses, by the day it is dated.
REFUSING = {
    rule: f"2018-08-{number:02d}"
    for number, rule in enumerate((r for r in HITS if rules()[r].level == "refuses"), start=1)
}


@pytest.fixture(scope="module")
def refused(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Received:
    folder = tmp_path_factory.mktemp("refused")
    receiver = Receiver(folder / "extracts", folder / "received")
    for rule, delivered in REFUSING.items():
        source, file, _, change = HITS[rule]
        receiver.deliver(source, changed(source, file, change, ROWS), delivered)
    shutil.copytree(before, receiver.received)
    return receiver, receive_all(receiver.extracts, receiver.received)


@pytest.mark.parametrize("rule", REFUSING)
def test_a_file_that_is_mostly_wrong_is_refused(refused, rule):
    after, outcome = refused
    source, _, column, _ = HITS[rule]
    delivered = REFUSING[rule]
    [told] = [said for said in outcome.refused if said.startswith(f"{source}/{delivered} refused")]
    assert rules()[rule].finding_en in told
    assert outcomes(after.result(source, delivered), rule)[column] == "refuses"
    assert not (after.received / source / delivered).exists()
    folder = after.received / "avvist" / source / delivered
    assert folder / "sammendrag.html" in outcome.summaries
    kept = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    tables = {f"datadocs/{table.name}.html" for table in sources()[source].tables}
    assert kept == {"sammendrag.html", "avvist.json", "resultat.json", *tables}
    for address in parsed(folder / "sammendrag.html").addresses:
        assert (folder / address).is_file(), address
    for path in folder.rglob("*.*"):
        assert not re.search(r"(?<![0-9])[0-9]{11}(?![0-9])", path.read_text(encoding="utf-8"))
    shown = text_of(folder / "sammendrag.html")
    assert "Avvist" in shown
    assert rules()[rule].finding_nb in shown


EDGES: dict[str, tuple[list[Change], dict[str, int]]] = {
    "no number at all": ([cut(18, " " * 11)], {"K5": 1}),
    "a DUF number instead": ([cut(18, " " * 11), cut(29, "201017238203")], {"K5": 1}),
    "ended on its first day": ([cut(72, "03010216")], {}),
    "ended before the start": ([cut(72, "03311215")], {"K13": 1, "K16": 1, "K17": 1}),
    "an unknown status is another than ongoing": ([cut(72, "11")], {"K12": 1, "K13": 1}),
    "no status": ([cut(72, "  ")], {"K12": 1, "K13": 1}),
    "ended, not paid in December": ([cut(72, "03311216"), cut(102, "00")], {}),
    "amounts just within": ([cut(104, "0219999")], {}),
}  # fmt: skip


def test_checks_of_the_form_at_their_edges(tmp_path):
    receiver = Receiver(tmp_path / "extracts", tmp_path / "received")
    first, *others = CLEAN["kostra"][FORM]
    for number, (changes, _) in enumerate(EDGES.values()):
        line = first
        for change in changes:
            line = change(line)
        receiver.deliver("kostra", {FORM: [line, *others]}, day(number))
    receive_all(receiver.extracts, receiver.received)
    for number, (edge, (_, expected)) in enumerate(EDGES.items()):
        checks = receiver.result("kostra", day(number))["checks"]
        assert {c["rule_id"]: c["found"] for c in checks if c["found"]} == expected, edge


def test_the_warehouse_finds_of_a_form_what_its_reception_check_found(generated_warehouse):
    received = generated_warehouse.with_suffix(".received") / "kostra"
    newest = {
        file["dataset"]: home.parent
        for home in sorted(received.glob("*/receipt.json"))
        for file in json.loads(home.read_text(encoding="utf-8"))["files"]
    }
    at_receipt: dict[str, int] = {}
    for home in newest.values():
        result = json.loads(
            (home / "mottakskontroll" / "resultat.json").read_text(encoding="utf-8")
        )
        for check in result["checks"]:
            rule = re.sub(r"^K(\d)$", r"K0\1", check["rule_id"])
            at_receipt[rule] = at_receipt.get(rule, 0) + check["found"]
    in_warehouse = dict(
        rows(
            generated_warehouse,
            "select rule_id, count(*) filter (where is_finding) from dq_kostra_forms group by all",
        )
    )
    assert sum(in_warehouse.values()) > 0
    assert in_warehouse == {rule: at_receipt[rule] for rule in in_warehouse}


@pytest.fixture(scope="module")
def volume(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Received:
    """A delivery for each rule of VOLUME, all of them of other sources."""
    contents = {}
    for source, file, number in VOLUME.values():
        several = (CLEAN[source][file] * 3)[:number]
        if file in HEADERS:  # each with a key of its own
            several = [re.sub(r"^\w+", f"N{n}", line) for n, line in enumerate(several)]
        contents[source] = {file: several}
    return received_at_once(before, tmp_path_factory.mktemp("volume"), contents)


@pytest.mark.parametrize("rule", VOLUME)
def test_rows_fewer_or_more_than_before_are_remarked_on(volume, rule):
    source, file, number = VOLUME[rule]
    after, outcome = volume
    assert outcome.refused == []
    assert outcomes(after.result(source), rule) == {None: "remark"}
    told = f"{file}: {number} rows, {ROWS} in the delivery of {EARLIER[source]}"
    assert any(told in remark for remark in outcome.remarks)


def test_a_column_that_the_copy_lacks_is_refused_and_nothing_else_asked(tmp_path):
    folder = deliver(tmp_path / "extracts", "status", "2018-07-21", CLEAN["status"])
    receive_all(tmp_path / "extracts", tmp_path / "received")
    staging = tmp_path / "staging"
    staging.mkdir()
    sealed = tmp_path / "received" / "status" / "2018-07-21" / "signaler.parquet"
    duckdb.sql(f"select * exclude (kilde) from read_parquet('{sealed}')").write_parquet(
        str(staging / "signaler.parquet")
    )
    with (
        checking.open_check(tmp_path / "spill") as connection,
        pytest.raises(RefusedByCheck, match="1 of 6 columns of the contract are missing") as told,
    ):
        checking.check(connection, read_delivery(folder), staging, tmp_path / "none", [])
    assert [finding.rule.rule_id for finding in told.value.report.findings] == ["columns_missing"]


def test_few_rows_never_refuse(tmp_path):
    """A small municipality's file may be wrong from end to end: its rows go to quarantine."""
    wrong = put("signaler.csv", "fra_dato", "x")
    bad = {"signaler.csv": [wrong(line) for line in CLEAN["status"]["signaler.csv"][:49]]}
    deliver(tmp_path / "extracts", "status", "2018-01-21", bad)
    outcome = receive_all(tmp_path / "extracts", tmp_path / "received")
    assert outcome.refused == []
    assert any("fra_dato: 49 of 49 values cannot be read" in line for line in outcome.remarks)


def test_a_finding_within_the_limit_is_shown_and_no_remark(tmp_path):
    lines = CLEAN["status"]["signaler.csv"] * 3
    unique = [put("signaler.csv", "signal_id", f"S{n}")(line) for n, line in enumerate(lines)]
    unique[0] = put("signaler.csv", "fra_dato", "x")(unique[0])
    deliver(tmp_path / "extracts", "status", "2018-01-21", {"signaler.csv": unique})
    outcome = receive_all(tmp_path / "extracts", tmp_path / "received")
    assert (outcome.refused, outcome.remarks, outcome.summaries) == ([], [], [])
    home = tmp_path / "received" / "status" / "2018-01-21" / "mottakskontroll"
    shown = text_of(home / "sammendrag.html")
    assert "Funn innenfor grensene" in shown
    assert "0,56 %" in shown.replace("\u00a0", " ")


def test_remarks_of_the_reading_are_on_the_page_in_norwegian(tmp_path):
    text = f"bosatt_id;ident;kommunenr;fra_dato;ny\nA;{ident(1)};0301;2015-01-01;x\n"
    deliver(tmp_path / "extracts", "folkeregister", "2018-01-21", raw={"bosatt.csv": text.encode()})
    (tmp_path / "extracts" / "folkeregister" / "2018-01-21" / "notat.txt").write_text("x")
    outcome = receive_all(tmp_path / "extracts", tmp_path / "received")
    assert len(outcome.remarks) == 3
    page = tmp_path / "received/folkeregister/2018-01-21/mottakskontroll/sammendrag.html"
    shown = text_of(page)
    assert "ekstra kolonner er tatt vare på, men brukes ikke: ny" in shown
    assert "valgfrie kolonner er ikke levert: til_dato" in shown
    assert "notat.txt: står ikke i manifestet og er ikke mottatt" in shown
    line = income(ident(1), "2018-01", benefit(1)).replace("{", '{"merknad": "x", ', 1)
    deliver(tmp_path / "extracts", "aordningen", "2018-02-10", {INCOME: [line]})
    receive_all(tmp_path / "extracts", tmp_path / "received")
    page = tmp_path / "received/aordningen/2018-02-10/mottakskontroll/sammendrag.html"
    assert "ekstra felt er tatt vare på, men brukes ikke: merknad" in text_of(page)


def test_a_delivery_dated_before_a_received_one_is_remarked_on(after):
    folder = deliver(after.extracts, "status", "2017-07-21", CLEAN["status"])
    outcome = receive_all(after.extracts, after.received)
    told = (
        "status/2017-07-21: dated before a delivery that is received already, so builds as of a "
        f"day between change: {EARLIER['status']}"
    )
    assert (outcome.received, outcome.remarks) == (["status/2017-07-21"], [told])
    assert "så tall per en dag mellom de to blir andre: 2018-01-22" in text_of(outcome.summaries[0])
    receipt = json.loads(
        (after.received / "status" / folder.name / "receipt.json").read_text(encoding="utf-8")
    )
    assert (receipt["verdict"], receipt["remarks"]) == ("accepted_with_remarks", [told])


def test_a_refusal_is_overwritten_by_the_next_and_gone_when_received(tmp_path):
    extracts, received = tmp_path / "extracts", tmp_path / "received"
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    (folder / "bosatt.csv").rename(folder / "away")
    receive_all(extracts, received)
    page = received / "avvist" / "folkeregister" / "2018-01-21" / "sammendrag.html"
    assert "bosatt.csv: named in the manifest but not in the folder" in text_of(page)
    (folder / "manifest.json").rename(folder / "manifest.away")
    receive_all(extracts, received)
    assert "there is no such file" in text_of(page)
    (folder / "manifest.away").rename(folder / "manifest.json")
    (folder / "away").rename(folder / "bosatt.csv")
    assert receive_all(extracts, received).refused == []
    assert not page.parent.exists()


# What is done to a delivery's file, and what stands in a file instead of what should.
SPOILED: dict[str, tuple[str, Change | None]] = {
    "file_missing": ("bosatt.csv", None),
    "manifest_unreadable": ("manifest.json", lambda text: text[:-9]),
    "manifest_wrong": ("manifest.json", swap("folkeregister/1", "folkeregister/9")),
    "row_count": ("manifest.json", swap('"rows": 0', '"rows": 7')),
    "checksum": ("bosatt.csv", lambda text: text + "A;B;0301;2015-01-01;\n"),
    "file_unknown": ("manifest.json", swap('"bosatt.csv"', '"boende.csv"')),
    "mapping": ("manifest.json", swap('"contract"', '"mapping": "no-such", "contract"')),
}
WRITTEN = {
    "columns": ("folkeregister", "bosatt.csv", b"bosatt_id;ident\n"),
    "encoding": (
        "folkeregister", "bosatt.csv",
        HEADERS["bosatt.csv"].encode() + b"\nA;B\xe5;0301;2015-01-01;\n",
    ),
    "unparseable": (
        "folkeregister", "bosatt.csv",
        HEADERS["bosatt.csv"].encode() + b"\nA;B;0301;2015-01-01;;x\n",
    ),
    "compressed": (
        "aordningen", f"{INCOME}.gz",
        gzip.compress(CLEAN["aordningen"][INCOME][0].encode())[:-9],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def refusal_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a delivery that is refused for each kind of reason, all by one receipt."""
    folder = tmp_path_factory.mktemp("kinds")
    pages = {}
    for kind, (name, change) in SPOILED.items():
        home = deliver(folder / "extracts", "folkeregister", day(len(pages)))
        text = (home / name).read_text(encoding="utf-8")
        (home / name).unlink()
        if change:
            assert change(text) != text
            (home / name).write_text(change(text), encoding="utf-8")
        pages[kind] = folder / "received" / "avvist" / "folkeregister" / home.name
    for kind, (source, name, content) in WRITTEN.items():
        home = deliver(folder / "extracts", source, day(len(pages)))
        (home / name).write_bytes(content)
        manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
        manifest["files"][name] = {"rows": 1, "sha256": hashlib.sha256(content).hexdigest()}
        (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        pages[kind] = folder / "received" / "avvist" / source / home.name
    assert receive_all(folder / "extracts", folder / "received").received == []
    return {kind: home / "sammendrag.html" for kind, home in pages.items()}


@pytest.mark.parametrize("kind", [*SPOILED, *WRITTEN])
def test_a_refusal_says_in_norwegian_why_and_what_to_do(refusal_pages, kind):
    expect_refused_for(kind, refusal_pages[kind])


def test_a_changed_delivery_is_to_be_delivered_under_its_own_date(tmp_path):
    folder = deliver(tmp_path / "extracts", "status", "2018-01-22", CLEAN["status"])
    assert receive_all(tmp_path / "extracts", tmp_path / "received").refused == []
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["signaler.csv"]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    [page] = receive_all(tmp_path / "extracts", tmp_path / "received").summaries
    shown = expect_refused_for("changed", page)
    assert "under datoen det ble laget" in shown
    assert "samme mappe" not in shown


def expect_refused_for(kind: str, path: Path) -> str:
    """The page says why and what to do in Norwegian, and the exact message as English."""
    assert json.loads((path.parent / "avvist.json").read_text(encoding="utf-8"))["kind"] == kind
    assert {each.name for each in path.parent.iterdir()} == {"sammendrag.html", "avvist.json"}
    page = parsed(path)
    shown = " ".join(" ".join(page.text).split())
    assert refusals()[kind].what_nb in shown
    assert f"Hva gjør du nå {refusals()[kind].action_nb}" in shown
    assert len(page.english) == 1
    assert not re.search(r"\b(the|is|and|expected)\b", shown.replace(page.english[0], ""))
    return shown


def test_every_kind_of_refusal_has_its_row_and_every_row_is_used():
    used = set()
    for path in (ROOT / "introstat").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeliveryRefused":
                assert len(node.args) == 2, f"{path.name}, line {node.lineno}: no kind"
                words = [n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant)]
                used |= set(words) & set(refusals())
                assert words or ast.unparse(node.args[1]) == "kind", f"{path.name}: {node.lineno}"
    assert used | {"content"} == set(refusals())
    for refusal in refusals().values():
        assert refusal.what_nb.endswith(".")
        assert refusal.action_nb.endswith(".")


def test_a_name_or_reason_with_a_number_is_masked(tmp_path):
    extracts, received = tmp_path / "extracts", tmp_path / "received"
    folder = deliver(extracts, "folkeregister", "2018-01-21")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][f"{ident(1)}.csv"] = manifest["files"]["bosatt.csv"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    receive_all(extracts, received)
    for path in received.rglob("*"):
        assert ident(1) not in path.name
        assert not path.is_file() or ident(1).encode() not in path.read_bytes()


class Page(HTMLParser):
    """Collects a page's text and everything it would fetch or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.english: list[str] = []
        self._style = False
        self._is_english = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._style = tag in ("style", "script")
        self._is_english = ("lang", "en") in attrs
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._style = self._is_english = False

    def handle_data(self, data: str) -> None:
        if self._is_english:
            self.english.append(" ".join(data.split()))
        if not self._style:
            self.text.append(data)


def parsed(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def text_of(path: Path) -> str:
    return " ".join(" ".join(parsed(path).text).split())


def test_pages_ask_for_nothing_outside_their_folder(remarked):
    after, _ = remarked
    home = after.received / "nir" / LATER["nir"] / "mottakskontroll"
    pages = sorted(home.rglob("*.html"))
    assert len(pages) == 8
    for path in pages:
        text = path.read_text(encoding="utf-8")
        page = parsed(path)
        assert not page.tags & {"link", "img", "iframe", "object"}
        assert "http" not in text
        assert "url(" not in text
        assert "@import" not in text
        for address in page.addresses:
            assert (path.parent / address).is_file(), address
    docs = text_of(home / "datadocs" / "tiltak.html")
    assert "unreadable_value: Datoer og tall kan leses. Merknad over 1 %, avviser over 50 %" in docs
    assert "1 unexpected values found" in docs
    # The columns of the sealed copy, and none that the check reads beside them.
    assert "'fra_dato'" in docs
    assert "fra_dato_text" not in docs


def test_pages_are_built_for_screen_readers(remarked, refusal_pages):
    after, _ = remarked
    pages = [*after.received.rglob("*.html"), *refusal_pages.values()]
    assert len(pages) > 20
    for path in pages:
        assert faults(path.read_text(encoding="utf-8")) == [], path
    failed = after.received / "nir" / LATER["nir"] / "mottakskontroll" / "datadocs" / "tiltak.html"
    text = failed.read_text(encoding="utf-8")
    assert 'role="img" aria-label="Failed"' in text and 'role="img" aria-label="Succeeded"' in text
    assert "<h5" not in text and "></i>" not in text.replace('" aria-hidden="true"></i>', "")


def test_nothing_kept_holds_a_number_or_a_value_of_a_row(after, pseudonymiser):
    odd = "Hemmelig Navnesen"
    lines = changed("nir", T, put(T, "tiltakstype", odd), 5)
    lines |= {V: [put(V, "begrunnelse", f"ringte {ident(7)}")(line) for line in CLEAN["nir"][V]]}
    lines |= changed("nir", D, put(D, "vedtak_id", ident(8)), 6)
    after.deliver("nir", lines)
    after.receive(
        "status", changed("status", "signaler.csv", put("signaler.csv", "signal", odd), ROWS)
    )
    assert (after.received / "avvist" / "status").is_dir()
    for path in after.received.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not re.search(rb"(?<![0-9])[0-9]{11}(?![0-9])", content) or path.suffix == ".parquet"
        for number in range(ROWS):
            assert ident(number).encode() not in content
        if path.suffix in (".html", ".json"):
            assert odd.encode() not in content
            assert pseudonymiser.pseudonym(ident(7)).encode() not in content


def test_the_same_delivery_gives_the_same_bytes(remarked, before, tmp_path):
    once, _ = remarked
    shutil.copytree(before, tmp_path / "received")
    shutil.copytree(once.extracts / "nir", tmp_path / "extracts" / "nir")
    receive_all(tmp_path / "extracts", tmp_path / "received")
    kept = [
        {
            str(path.relative_to(received)): path.read_bytes()
            for path in (received / "nir" / LATER["nir"]).rglob("*")
            if path.is_file()
        }
        for received in (once.received, tmp_path / "received")
    ]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 7 + 1 + 2 + 7


def test_the_check_asks_nothing_of_a_network(after, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the reception check opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert after.receive("status").received == [f"status/{LATER['status']}"]


def test_suites_cover_every_table_and_column_of_the_contract():
    for source in sources().values():
        found = {path.stem for path in (SUITES / source.name).glob("*.yml")}
        assert found == {table.name for table in source.tables}, source.name
        for table in source.tables:
            expected = suite(source.name, table.name).expected
            asked = {(one.rule.rule_id, one.column) for one in expected}
            where = f"{source.name}.{table.name}"
            [columns] = [e for e in expected if e.rule.rule_id == "columns_missing"]
            assert columns.kwargs["column_set"] == [c.name for c in table.columns], where
            for column in table.columns:
                if column.required:
                    assert ("required_empty", column.name) in asked, f"{where}.{column.name}"
                if not column.is_text:
                    assert ("unreadable_value", column.name) in asked, f"{where}.{column.name}"
                if column.identity == "ident":
                    assert asked & {("invalid_ident", column.name), ("K5", column.name)}, where
                if column.identity == "duf":
                    assert ("invalid_duf", column.name) in asked, where
            named = {one.column for one in expected} - {None}
            assert named <= {c.name for c in table.columns}, where


def test_suites_name_keys_periods_and_parents_as_the_contract_does():
    for source in sources().values():
        path = ROOT / "models" / "staging" / source.name / f"_{source.name}__sources.yml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]
        for table in content["tables"]:
            asked = {
                (one.rule.rule_id, one.column) for one in suite(source.name, table["name"]).expected
            }
            for column in table["columns"]:
                meta = column.get("config", {}).get("meta", {})
                if meta.get("key"):
                    assert ("key_repeated", column["name"]) in asked
                if meta.get("period") == "to":
                    assert asked & {("end_before_start", column["name"]), ("K16", column["name"])}
            if table.get("config", {}).get("meta", {}).get("parent") == "deltakelser":
                assert ("participation_missing", "deltakelse_id") in asked


def test_code_lists_of_suites_are_seeds():
    named = {
        name
        for source in sources().values()
        for table in source.tables
        for name in suite(source.name, table.name).code_lists
    }
    assert {"measure_words", "municipalities", "countries", "categories"} <= named
    for name in named:
        assert code_list(name)
    for source in sources().values():
        for table in source.tables:
            for expected in suite(source.name, table.name).expected:
                if "known_words" in expected.type and source.name != "kostra":
                    listed = list_of(table.name, expected.kwargs["column"])
                    assert listed == expected.kwargs["code_list"], (table.name, expected.kwargs)
    with pytest.raises(KeyError, match="no code list nothing"):
        code_list("nothing")


def test_consequences_are_whole():
    for rule in rules().values():
        assert rule.level in ("refuses", "remarks"), rule.rule_id
        assert (rule.refuse_over is None) == (rule.level == "remarks"), rule.rule_id
        assert 0 <= rule.remark_over <= 1, rule.rule_id
        if rule.refuse_over is not None:
            assert rule.refuse_over >= rule.remark_over, rule.rule_id
        assert rule.checks_nb and rule.finding_nb and rule.action_nb and rule.finding_en


def test_the_commands_name_the_page(after):
    after.deliver(
        "status", changed("status", "signaler.csv", put("signaler.csv", "fra_dato", "x"), 5)
    )
    done = run("receive", after.extracts, "--received", after.received)
    assert done.returncode == 0, done.stderr
    page = after.received / "status" / LATER["status"] / "mottakskontroll" / "sammendrag.html"
    assert f"Summary: {page}" in done.stderr
    assert done.stderr.count("Remark: ") == 1
    noise = ("Calculating", "Warning", "INFO", "great_expectations")
    assert not any(word in done.stderr + done.stdout for word in noise), done.stderr


def test_great_expectations_is_imported_only_when_something_is_to_be_checked(after):
    """Not where all is known, nor where a delivery is refused before its content is looked at."""
    for source in ("nir", "status"):
        deliver(after.extracts, source, EARLIER[source], CLEAN[source])
    (deliver(after.extracts, "folkeregister", "2018-07-21") / "bosatt.csv").unlink()
    program = """
        import sys
        from click.testing import CliRunner
        from introstat.cli import main
        done = CliRunner().invoke(main, ["receive", sys.argv[1], "--received", sys.argv[2]])
        assert "0 deliveries, 2 known before, 1 refused" in done.stderr, done.stderr
        for words in (["receive", "--help"], ["deliveries", "--received", sys.argv[2]]):
            assert CliRunner().invoke(main, words).exit_code == 0
        assert "great_expectations" not in sys.modules
        """
    subprocess.run(
        [sys.executable, "-c", dedent(program), after.extracts, after.received], check=True
    )


def test_a_table_is_read_once_however_many_rules_it_has(after, monkeypatch):
    """All counts of a table come from one query, and no row is fetched."""
    listened = mock.MagicMock(wraps=duckdb.connect())
    listened.__enter__.return_value = listened
    monkeypatch.setattr(checking, "connect_in_memory", lambda _: listened)
    after.receive("aordningen")
    queries = [call.args[0] for call in listened.execute.call_args_list]
    asked = [query for query in queries if query.startswith("select")]
    assert len(asked) == len(CLEAN["aordningen"])
    assert all(query.startswith("select count(*), count(*) - count(") for query in asked)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (duckdb.OutOfMemoryException("out of memory"), "give it more memory"),
        (duckdb.IOException("no space left"), "Make room on the disk"),
        (duckdb.BinderException(f"found {ident(1)}"), "check of signaler could not be done"),
    ],
)
def test_a_check_that_cannot_be_done_is_one_line_and_leaves_nothing(
    after, monkeypatch, error, message
):
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(checking, "_counts", fails)
    with pytest.raises(UserError, match=message) as told:
        after.receive("status")
    assert ident(1) not in told.value.message
    assert not (after.received / "status" / LATER["status"]).exists()
    assert not list(after.received.glob(".incoming-*"))


@pytest.mark.slow
def test_four_million_rows_take_no_more_than_five_times_a_plain_read(tmp_path, monkeypatch):
    """And no more than 1 GB of DuckDB's memory."""

    number, participations = 4_000_000, 280_000
    person = {"personer.csv": CLEAN["nir"]["personer.csv"][1:2]}
    folder = deliver(tmp_path / "extracts", "nir", "2018-01-21", person)
    files = {
        D: f"""
            select 'D' || i as deltakelse_id, '{ident(1)}' as ident, '0301' as kommunenr,
                null as vedtak_id, date '2015-01-01' as start_dato, null as slutt_dato,
                null as avslutningsarsak, null as avslutning_kilde,
                null as avslutning_registrert_dato, null as sluttmal,
                null as integreringskontrakt_dato, date '2015-01-02' as registrert_dato
            from range({participations}) as numbers (i)
        """,
        T: f"""
            select 'T' || i as tiltak_id, 'D' || (i * 7919 % {participations}) as deltakelse_id,
                case i % 3 when 0 then 'norsk' when 1 then 'arbeid_privat' else 'annet' end
                    as tiltakstype,
                date '2010-01-01' + cast(i * 31 % 2900 as integer) as fra_dato,
                case when i % 10 > 0 then date '2018-01-01' + cast(i % 100 as integer) end
                    as til_dato,
                replace(cast(i % 400 / 10 as varchar), '.', ',') as timer_per_uke,
                date '2010-01-21' + cast(i * 31 % 2900 as integer) as registrert_dato
            from range({number}) as numbers (i)
        """,
    }
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for file, query in files.items():
        duckdb.execute(f"copy ({query}) to '{folder / file}' (header, delimiter ';')")
        with (folder / file).open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        rows = number if file == T else participations
        manifest["files"][file] = {"rows": rows, "sha256": sha256}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    import_great_expectations()  # is not part of reading

    spent: list[float] = []
    check = checking.check

    def timed(*arguments: Any) -> Any:
        monkeypatch.setenv("INTROSTAT_MEMORY", "1GB")
        start = time.perf_counter()
        report = check(*arguments)
        spent.append(time.perf_counter() - start)
        return report

    monkeypatch.setattr(receiving, "check", timed)
    outcome = receive_all(tmp_path / "extracts", tmp_path / "received")
    assert outcome.received == ["nir/2018-01-21"]
    types = ", ".join(
        f"{name}: '{kind}'"
        for name, kind in zip(
            HEADERS[T].split(";"),
            ["varchar", "varchar", "varchar", "date", "date", "decimal(15, 6)", "date"],
            strict=True,
        )
    )
    start = time.perf_counter()
    duckdb.execute(
        f"create or replace temp table plain as select * from read_csv('{folder / T}', "
        f"delim = ';', header = true, decimal_separator = ',', columns = {{{types}}})"
    )
    plain = time.perf_counter() - start
    print(f"check {spent[0]:.2f} s, plain read {plain:.2f} s: {spent[0] / plain:.2f} times")
    assert spent[0] <= 5 * plain


SUITES = ROOT / "introstat" / "receipt" / "check" / "suites"


def test_a_text_is_rid_of_the_spaces_around_it_as_duckdb_trims(tmp_path):
    spaces = [chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"]
    assert {" ", "\u00a0", "\u202f", "\u3000"} <= set(spaces)
    texts = [
        shape.format(blank)
        for blank in [*spaces, "\t", "\n", "å", "0", ""]
        for shape in ("{0}x", "x{0}", "{0}{0}x y{0}", "x{0}y", " {0}x{0} ", "{0}", "å{0}")
    ]
    table = next(one for one in sources()["nir"].tables if one.name == "tiltak")
    file = tmp_path / "tiltak.parquet"
    with duckdb.connect() as connection:
        columns = ", ".join(f'text as "{column.name}"' for column in table.columns)
        connection.execute("create table texts as select unnest($1) as text", [texts])
        connection.execute(f"copy (select text, {columns} from texts) to '{file}'")
        query = f"select text, tiltakstype from ({typed_view(table, [file], {})})"
        found = connection.execute(query).fetchall()
        trimmed = connection.execute("select text, nullif(trim(text), '') from texts").fetchall()
    assert len(found) == len(texts)
    assert found == trimmed
