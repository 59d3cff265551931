"""Numbers as readers write them, and that one module writes them."""

import re
from decimal import Decimal

import pytest
from conftest import ROOT

from introstat import console, norwegian, written


@pytest.mark.parametrize(
    ("value", "decimals", "nb", "en"),
    [
        (20000, 0, "20\u00a0000", "20,000"),
        (1037.46, 1, "1\u00a0037,5", "1,037.5"),
        (-4, 0, "−4", "−4"),
        (Decimal("-0.04"), 1, "0,0", "0.0"),
        (Decimal("0.25"), 1, "0,3", "0.3"),
        (Decimal("1234567.995"), 2, "1\u00a0234\u00a0568,00", "1,234,568.00"),
    ],
)
def test_a_number_is_rounded_half_up_and_written_in_each_language(value, decimals, nb, en):
    assert written.number(value, decimals) == nb
    assert written.number(value, decimals, "en") == en


def test_a_change_has_its_sign_and_no_change_has_none():
    signed = [written.number(value, 1, signed=True) for value in (3, Decimal("0.04"), -3)]
    assert signed == ["+3,0", "0,0", "−3,0"]


def test_a_number_has_the_decimals_that_it_has():
    values = [Decimal(text) for text in ("37.50", "30.00", "1000", "0.005", "1E+3")]
    assert [written.exact(each) for each in values] == [
        "37,5", "30", "1\u00a0000", "0,005", "1\u00a0000",
    ]  # fmt: skip


def test_percent_signs_and_the_screens_plain_spaces():
    assert norwegian.percent(0.375) == "37,5\u00a0%"
    assert written.number(37.5, 1, "en") + written.percent_sign("en") == "37.5%"
    assert console.thousands(20000) == "20 000"


def test_no_other_module_writes_thousands_or_decimal_commas():
    own = re.compile(r":,[._}d]|:,\.\d|replace\(\"\.\", \",\"\)|replace\(\",\", [^)\"]")
    for path in (ROOT / "introstat").rglob("*.py"):
        # What an office's files hold is read there, not written for readers.
        if path.name != "written.py" and path.parent.name != "mapping":
            assert not own.search(path.read_text(encoding="utf-8")), path.name
