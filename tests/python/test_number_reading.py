"""One reading of numbers for files, mappings and `protect`, against a second implementation."""

import random

import duckdb
import pyarrow as pa
import pytest
from oracle.reading import as_decimal, as_municipality, as_organisation
from oracle.rules import is_organisation

from introstat.disclosure.plainnumbers import number_text, plain_numbers
from introstat.macros import macros
from introstat.mapping.formats import NumberFormat

NUMBERS = {
    "2000": "2000", "2 000": "2000", "2\u00a0000": "2000", "2\u202f000": "2000",
    "2\u2009000": "2000", "−2000": "-2000", "– 2 000,50": "-2000.50", "—5": "-5", "‐5": "-5",
    "‑5": "-5", "-5": "-5", "2000-": "-2000", "2 000,50−": "-2000.50", "(2 000)": "-2000",
    "kr (2 000)": "-2000", "(kr 2 000,00)": "-2000.00", "+5": "+5", "kr 2 000": "2000",
    "kr. 2000": "2000", "Kr2000": "2000", "2 000,50 kr": "2000.50", "NOK −2000": "-2000",
    "−kr 2 000,00": "-2000.00", "2 000 NOK": "2000", "2000,-": "2000", "2 000,-": "2000",
    "2.000,-": "2000", "kr 2000,–": "2000", "2000.-": "2000", "2000,--": "2000",
    "1.234.567": "1234567", "1.234,5": "1234.5", "1.234.567,00": "1234567.00",
    "1,234,567": "1234567", "1,234.50": "1234.50", "12.000": "12.000", "12,5": "12.5",
    "kr 12,50": "12.50", "0,5": "0.5", "123456789,123456": "123456789.123456",
    # What could be two numbers, or is none.
    "kr 12.000": None, "12.000 kr": None, "-5-": None, "--5": None, "(-5)": None, "(5": None,
    "5)": None, "1 00": None, "1 0000": None, "12.00.000": None, "1,2,3": None, "0.500.000": None,
    "2,000,-": None, "12,": None, ",5": None, ".5": None, "1e3": None, "kr": None, "-": None,
    "kr .5": None, "5 t": None, "5 kroner 5": None, "1234567890": None, "1 234 567 890": None,
    "1,1234567": None, "١٢": None, "": None,
}  # fmt: skip


def read(texts: list[str], number: str) -> list[str | None]:
    """What SQL gives of texts that are trimmed as staging does it."""
    with duckdb.connect() as connection:
        table = pa.table({"place": range(len(texts)), "text": pa.array(texts, pa.string())})
        connection.register("texts", table)
        query = f"select {number} from texts order by place"
        return [row[0] for row in connection.execute(query).fetchall()]


def test_numbers_are_read_as_norwegians_and_their_programs_write_them():
    found = read(list(NUMBERS), macros().number_text("text"))
    assert dict(zip(NUMBERS, found, strict=True)) == NUMBERS


def made_up(seed: int, pieces: list[str], longest: int) -> list[str]:
    """Many texts put together of pieces of numbers, most of them none."""
    chosen = random.Random(seed)
    return ["".join(chosen.choices(pieces, k=chosen.randrange(longest))) for _ in range(30_000)]


PIECES = ["1", "12", "123", "000", "50", "0", " ", "\u00a0", ",", ".", "-", "−", "(", ")", "kr",
          "kr.", "NOK ", ",-", "+", "x"]  # fmt: skip


def test_the_reading_is_that_of_the_second_implementation():
    texts = made_up(7, PIECES, 7)
    number = macros().parsed_decimal(macros().clean("text"))
    found = dict(zip(texts, read(texts, number), strict=True))
    assert {t: n for t, n in found.items() if n != as_decimal(t)} == {}
    assert sum(number is not None for number in found.values()) > 1_500


def test_a_mapping_reads_what_the_contract_reads_but_for_the_signs_it_names():
    texts = ["−2 000,50", "kr 100,-", "1.000", "1,000", "1.000,5", "(5)"]
    assert read(texts, NumberFormat().sql("text")) == [
        "-2000.50", "100", "1.000", "1.000", "1000.5", "-5"]  # fmt: skip
    assert read(texts, NumberFormat(",", ".").sql("text")) == [
        "-2000.50", "100", "1000", "1.000", "1000.5", "-5"]  # fmt: skip
    assert read(texts, NumberFormat(".", "").sql("text")) == [
        None, None, "1.000", None, None, "-5"]  # fmt: skip


def test_disclosure_control_reads_alike_with_a_reading_of_its_own():
    """It stands alone, so it cannot ask the macro."""
    strange = [*PIECES, "nkr", "Kroner", "\u2009", "\u3000", "\u1680", "\t", "\n", "–", "\uff0d",
               "١", "２", "\u212a", "1.234", "1,5", ",--", "--"]  # fmt: skip
    texts = [*NUMBERS, *made_up(11, strange, 9), *made_up(13, ["1", "23", "456", "7", *" .,-k"], 9)]
    found = read(texts, macros().number_text(macros().clean("text")))
    ours = [number_text(text) for text in texts]
    assert {t: (n, m) for t, n, m in zip(texts, ours, found, strict=True) if n != m} == {}
    assert sum(number is not None for number in ours) > 5_000


def test_tables_to_be_protected_are_read_by_it():
    texts = ["12", "1\u00a0234", "2 000,-", "−5", "1.000", "mange", "", "12.0"]
    assert plain_numbers(texts) == ["12", "1234", "2000", "-5", "1.000", "mange", "", "12.0"]


ORGANISATIONS = [
    "974778807", "974 778 807", "974\u00a0778\u00a0807", "NO974778807", "NO 974 778 807 MVA",
    "974778807MVA", "Org.nr. 974 778 807", "org nr: 974778807", "Organisasjonsnummer 974 778 807",
    "974.778.807", "974778807.0", "974778807,00", "0192:974778807",
]  # fmt: skip


@pytest.mark.parametrize("text", ORGANISATIONS)
def test_an_organisation_number_is_one_number_however_it_is_written(text):
    assert read([text], macros().organisation_number("text")) == ["974778807"]
    assert as_organisation(text) == "974778807"


def test_what_is_no_organisation_number_stays_as_it_came():
    texts = [
        "97477880",
        "9747788071",
        "SE974778807",
        "Oslo kommune",
        "974778807 974778807",
        "974778807.5",
        "0193:974778807",
    ]
    assert read(texts, macros().organisation_number("text")) == texts
    numbers = [*texts, *(f"97477880{digit}" for digit in range(10)), "310000060", "964338531"]
    valid = read(numbers, macros().is_organisation_number("text"))
    assert valid == [is_organisation(number) for number in numbers]
    assert [n for n, right in zip(numbers, valid, strict=True) if right] == [
        "974778807",
        "964338531",
    ]


def test_a_municipality_code_of_three_digits_is_one_that_lost_its_zero():
    texts = ["301", "0301", "301.0", "1103.0", "1103,00", "31", "30100", "3O1", "301.5"]
    expected = ["0301", "0301", "0301", "1103", "1103", "31", "30100", "3O1", "301.5"]
    assert read(texts, macros().municipality_code("text")) == expected
    assert [as_municipality(text) for text in texts] == expected
