"""Test populations' identity numbers: valid where a setting says so, and noted in the receipt."""

import json
from pathlib import Path

import duckdb
import pytest
from conftest import run
from deliveries import deliver

from introstat.identity.numbers import SYNTHETIC_MONTHS, is_valid_ident

LIVING = "02013299997"  # one of the published examples


def number_of(added: int) -> str:
    """Return a number with right check digits and so much added to the month."""
    for tail in range(100_000):
        number = f"02{1 + added:02d}90{tail:05d}"
        if is_valid_ident(number, frozenset(SYNTHETIC_MONTHS)):
            return number
    raise AssertionError


NUMBERS = {name: number_of(added) for name, added in SYNTHETIC_MONTHS.items()}


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    numbers = enumerate((LIVING, *NUMBERS.values()))
    lines = [f"{n};{number};0301;2015-01-01;" for n, number in numbers]
    deliver(tmp_path / "extracts", "folkeregister", "2018-01-21", {"bosatt.csv": lines})
    return tmp_path / "extracts"


def valid(extracts: Path, *options: str, **environment: str) -> tuple[list[str], list[str]]:
    """Receive the extracts; return whose numbers are valid, and what the receipt notes."""
    received = extracts.parent / "received"
    done = run("receive", extracts, "--received", received, *options, **environment)
    assert done.returncode == 0, done.stderr
    place = received / "folkeregister" / "2018-01-21"
    found = duckdb.sql(
        f"select ident_is_valid from read_parquet('{place}/bosatt.parquet') order by line_number"
    ).fetchall()
    names = ["living", *NUMBERS]
    receipt = json.loads((place / "receipt.json").read_text(encoding="utf-8"))
    return [n for n, (is_valid,) in zip(names, found, strict=True) if is_valid], receipt[
        "synthetic"
    ]


def test_only_the_contracts_own_are_valid_where_nothing_is_said(extracts):
    assert valid(extracts) == (["living", "tenor"], ["tenor"])


def test_those_that_are_named_are_valid(extracts):
    assert valid(extracts, "--synthetic", "nav, NHN") == (["living", "nav", "nhn"], ["nav", "nhn"])


def test_the_setting_can_be_made_in_the_environment(extracts):
    every = sorted(NUMBERS)
    assert valid(extracts, INTROSTAT_SYNTHETIC=",".join(every)) == (["living", *NUMBERS], every)


def test_a_register_of_living_persons_allows_none(extracts):
    assert valid(extracts, "--synthetic", "none") == (["living"], [])


@pytest.mark.parametrize("words", ["dolly", "none,tenor", ""])
def test_a_population_that_nobody_knows_is_told(extracts, words):
    done = run("receive", extracts, "--received", extracts.parent / "new", "--synthetic", words)
    assert done.returncode == 2
    assert "--synthetic" in done.stderr
    assert "Traceback" not in done.stderr
