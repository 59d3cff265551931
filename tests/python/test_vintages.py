"""Vintages: what was received and used, and what changed from one to the next and why."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from conftest import receive_here, rows, run
from deliveries import benefit, deliver, ident, income

from introstat.receipt import journal
from introstat.vintages.changes import REASONS, compare
from introstat.warehouse.opening import open_warehouse

PEOPLE = {number: ident(number) for number in range(1, 12)}


def person(number: str) -> str:
    return f"{number};;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"


def participation(number: int, start: str, end: str = "", *, municipality: str = "0301") -> str:
    ended = f"{end};arbeid;kommune;{end}" if end else ";;;"
    return f"D{number};{PEOPLE[number]};{municipality};;{start};{ended};;;{start}"


def measure(name: str, number: int, start: str, end: str) -> str:
    return f"{name};D{number};norsk;{start};{end};20;{start}"


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two vintages in which one of every kind of change has come about."""
    extracts = tmp_path_factory.mktemp("vintages") / "extracts"
    deliver(
        extracts, "nir", "2018-01-21",
        {
            "personer.csv": [person(number) for number in PEOPLE.values()],
            "deltakelser.csv": [
                participation(1, "2017-11-01"),
                participation(2, "2017-02-01", "2017-11-30"),
                participation(3, "2017-02-01", "2017-11-30"),
                participation(6, "2017-02-01", "2017-11-30"),
                participation(7, "2017-02-01"),
                participation(8, "2017-02-01", "2017-11-30"),
            ],
            "tiltak.csv": [measure("T8", 8, "2017-02-06", "2017-02-12")],
        },
    )  # fmt: skip
    deliver(
        extracts, "nir", "2018-07-21",
        {
            "personer.csv": [person(number) for number in PEOPLE.values()],
            "deltakelser.csv": [
                participation(1, "2017-11-01"),
                participation(2, "2017-02-01"),
                participation(4, "2017-10-02"),
                participation(5, "2018-03-01"),
                participation(6, "2017-02-01", "2017-11-30", municipality="0219"),
                participation(7, "2017-02-01", "2017-12-15"),
                participation(8, "2017-02-01", "2017-11-30"),
            ],
            "tiltak.csv": [
                measure("T1", 1, "2017-11-06", "2017-11-19"),
                measure("T8", 8, "2017-02-06", "2017-02-12"),
            ],
        },
    )  # fmt: skip
    deliver(extracts, "folkeregister", "2018-01-21")
    deliver(
        extracts, "folkeregister", "2018-07-21",
        {"identer.csv": [f"{PEOPLE[8]};{PEOPLE[9]};2018-02-01"]},
    )  # fmt: skip
    paid = {
        "inntekt-2017-11.jsonl": [income(PEOPLE[n], "2017-11", benefit(15000)) for n in (1, 2, 8)]
    }
    corrected = [
        income(PEOPLE[1], "2017-11", benefit(14000)), income(PEOPLE[8], "2017-11", benefit(15000))
    ]  # fmt: skip
    deliver(extracts, "aordningen", "2017-12-10", paid)
    deliver(
        extracts, "aordningen", "2018-02-10",
        {
            "inntekt-2017-11.jsonl": corrected,
            "inntekt-2018-01.jsonl": [income(PEOPLE[1], "2018-01", benefit(15000))],
        },
    )  # fmt: skip
    return extracts


@pytest.fixture(scope="module")
def received(extracts: Path) -> Path:
    received = extracts.parent / "w.received"
    receive_here(extracts, received)
    return received


@pytest.fixture(scope="module")
def compared(received: Path) -> tuple[str, list[dict]]:
    """What `introstat diff` prints, and the rows it writes."""
    out = received.parent / "changes.csv"
    before = set(received.iterdir())
    done = run(
        "diff", "--from", "2018-01-21", "--to", "2018-07-21", "--received", received, "--out", out
    )
    assert done.returncode == 0, done.stderr
    left = {path.name for path in set(received.iterdir()) - before}
    assert left == {".comparison.lock"}, "the vintages are taken away again"
    with out.open(newline="") as file:
        return done.stdout, list(csv.DictReader(file, delimiter=";"))


def reasons(rows: list[dict], fact: str, key: str = "participation_id") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["fact"] == fact:
            found.setdefault(json.loads(row["key"])[key], set()).add(row["reason"])
    return found


def test_every_changed_participation_has_its_reason(compared):
    assert reasons(compared[1], "fct_participation") == {
        "D1": {"late"},  # its first measure was registered after the first vintage
        "D2": {"reopened"},
        "D3": {"removed"},
        "D4": {"late"},
        "D5": {"new"},
        "D6": {"corrected"},
        "D7": {"late"},
    }, "D8's person has another number now and is the same person"


def test_terminations_tell_late_ends_from_reopened_and_removed(compared):
    assert reasons(compared[1], "fct_terminations") == {
        "D2": {"reopened"},
        "D3": {"removed"},
        "D6": {"corrected"},
        "D7": {"late"},
    }


def test_weeks_take_the_reason_of_the_record_beneath_them(compared):
    weeks = [row for row in compared[1] if row["fact"] == "fct_participation_weeks"]
    of_d1 = {
        json.loads(row["key"])["week_start"]: (row["reason"], json.loads(row["changed"]))
        for row in weeks
        if json.loads(row["key"])["participation_id"] == "D1"
    }
    assert of_d1["2017-11-06"] == ("late", {"measure_days": [0, 5], "planned_hours": [0, 20]})
    assert "2017-11-20" not in of_d1, "nothing changed in that week"
    assert of_d1["2018-02-05"][0] == "new"
    measures = [row for row in compared[1] if row["fact"] == "fct_measure_weeks"]
    assert [(json.loads(row["key"])["week_start"], row["reason"]) for row in measures] == [
        ("2017-11-06", "late"),
        ("2017-11-13", "late"),
    ]
    # The late end takes away the weeks in which the participation seemed to go on.
    assert reasons(weeks, "fct_participation_weeks")["D7"] == {"late"}


def test_a_corrected_report_and_a_person_left_out_of_it_are_told_apart(compared, pseudonymiser):
    found = Counter(
        (
            row["reason"],
            json.loads(row["key"])["person_key"],
            json.loads(row["key"])["benefit_month"],
        )
        for row in compared[1]
        if row["fact"] == "fct_benefit_months"
    )
    key = {number: pseudonymiser.pseudonym(PEOPLE[number]) for number in (1, 2)}
    assert found == {
        ("corrected", key[1], "2017-11-01"): 1,
        ("removed", key[2], "2017-11-01"): 1,
        ("new", key[1], "2018-01-01"): 1,
    }


def test_the_table_counts_what_the_file_lists(compared):
    printed, rows = compared
    for fact, number in Counter(row["fact"] for row in rows).items():
        [line] = [line for line in printed.splitlines() if line.split()[:1] == [fact]]
        assert sum(map(int, line.split()[3:])) == number
    for reason in REASONS:
        assert f"{reason}: " in printed


def test_days_in_the_wrong_order_are_told(received):
    done = run("diff", "--from", "2018-07-21", "--to", "2018-01-21", "--received", received)
    assert done.returncode == 2
    assert "swap the two days" in done.stderr


def test_a_folder_that_is_not_there_is_told_before_anything_is_built(received, tmp_path):
    out = tmp_path / "none" / "x.csv"
    days = ("--from", "2018-01-21", "--to", "2018-07-21")
    done = run("diff", *days, "--received", received, "--out", out)
    assert done.returncode == 2
    assert done.stderr == f"Error: --out {out}: there is no folder {out.parent}. " + (
        "Make it or name another.\n"
    )


def test_a_day_before_the_first_delivery_is_told(received):
    done = run("diff", "--from", "2011-01-01", "--to", "2018-01-21", "--received", received)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: No delivery of nir was known on 2011-01-01: the earliest is 2018-01-21. "
        "Choose that day or a later one.\n"
    )


def listed(received: Path) -> dict[str, dict]:
    done = run("deliveries", "--received", received, "--json")
    assert done.returncode == 0, done.stderr
    return {facts["delivery"]: facts for facts in map(json.loads, done.stdout.splitlines())}


def test_deliveries_tells_received_refused_and_used_by_which_build(extracts, tmp_path):
    warehouse, received = tmp_path / "w.duckdb", tmp_path / "w.received"
    broken = deliver(tmp_path / "more", "status", "2018-06-01", raw={"signaler.csv": b""})
    assert run("receive", tmp_path / "more", "--received", received).returncode == 3
    done = run("build", "--extracts", extracts, "--warehouse", warehouse, "--as-of", "2018-01-31")
    assert done.returncode == 0, done.stderr

    found = listed(received)
    used = [name for name, facts in found.items() if facts["used_by"]]
    assert used == ["aordningen/2017-12-10", "folkeregister/2018-01-21", "nir/2018-01-21"]
    assert found["nir/2018-01-21"]["used_by"] == ["w.duckdb (2018-01-31)"]
    assert found["nir/2018-01-21"]["rows"] == 11 + 6 + 1
    assert found["status/2018-06-01"]["state"] == "refused"
    assert "not even a header row" in found["status/2018-06-01"]["refusal"]
    printed = run("deliveries", "--received", received, COLUMNS="80").stdout
    for name in found:
        assert f" {name} " in printed, "no name is cut short"
    assert "not even a header row" in printed

    # Mended and delivered anew, it is received, and the refusal is history.
    for path in sorted(broken.iterdir()):
        path.unlink()
    broken.rmdir()
    deliver(tmp_path / "more", "status", "2018-06-01")
    assert run("receive", tmp_path / "more", "--received", received).returncode == 0
    assert listed(received)["status/2018-06-01"]["state"] == "received"
    # Changed under its old name it is refused again, and what was received stands.
    deliver(
        tmp_path / "changed",
        "status",
        "2018-06-01",
        {"signaler.csv": [f"S;{ident(1)};aap;2017-01-01;;"]},
    )
    assert run("receive", tmp_path / "changed", "--received", received).returncode == 3
    assert listed(received)["status/2018-06-01"]["state"] == "received; again: refused"


def test_nothing_received_is_told(tmp_path):
    done = run("deliveries", "--received", tmp_path)
    assert done.returncode == 2
    assert "Nothing has been received" in done.stderr


def test_a_line_that_was_broken_off_does_not_spoil_the_journal(tmp_path):
    journal.note(tmp_path, "received", delivery="nir/2018-01-21")
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"at": "2018-01-2')
    journal.note(tmp_path, "refused", delivery="nir/2018-07-21", reason="broken")
    assert [entry["event"] for entry in journal.entries(tmp_path)] == ["received", "refused"]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("delete from fct_one_year_status where {row}", "", "late"),
        (
            "delete from fct_one_year_status where {row}; "
            "update dim_vintage set as_of = date '2017-12-10'",
            "",
            "new",
        ),
        ("", "delete from fct_one_year_status where {row}", "removed"),
        (
            "",
            "delete from fct_one_year_status where {row}; "
            "update fct_participation set is_ongoing = true where person_key = '{person}'",
            "reopened",
        ),
        (
            "update fct_one_year_status set is_preliminary = true, status_code = '08' where {row}",
            "update fct_one_year_status set is_preliminary = false where {row}",
            "late",
        ),
        (
            "update fct_one_year_status set is_preliminary = false where {row}",
            "update fct_one_year_status set status_code = 'xx' where {row}",
            "corrected",
        ),
        (
            "update fct_one_year_status set is_preliminary = true where {row}",
            "update fct_one_year_status set exit_year = 1999 where {row}",
            "corrected",
        ),
    ],
)
def test_a_status_changes_for_one_of_five_reasons(
    generated_warehouse, tmp_path, before, after, reason
):
    """Two copies of a warehouse that differ in one person's status, the one of 2017."""
    [(person,)] = rows(
        generated_warehouse,
        "select min(person_key) from fct_one_year_status where status_year = 2017 "
        "and years_after = 1 and status_code <> '08'",
    )
    files = []
    for name, change in (("before", before), ("after", after)):
        files.append(shutil.copyfile(generated_warehouse, tmp_path / f"{name}.duckdb"))
        with open_warehouse(files[-1], read_only=False) as connection:
            row = f"person_key = '{person}' and years_after = 1"
            connection.execute(change.format(row=row, person=person) or "select 1")
    changes = compare(*files, None).changed
    of_status = {why: n for (fact, why), n in changes.items() if fact == "fct_one_year_status"}
    assert of_status == {reason: 1}
