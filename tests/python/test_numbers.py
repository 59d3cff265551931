"""Check digits, with the published examples."""

import pytest
from deliveries import ident

from introstat.identity.numbers import is_valid_duf, is_valid_ident


@pytest.mark.parametrize("number", ["02013299997", "30108299920", "30108299939"])
def test_numbers_under_the_2032_rule_are_valid(number):
    assert is_valid_ident(number)


@pytest.mark.parametrize(
    "number",
    [
        "02013299998",  # k2
        "02013299897",  # k1
        "00013299997",  # no day
        "32013299997",
        "0201329999",
        "020132999977",
        "0201329999x",
        "０２０１３２９９９９７",  # digits, but not ours
        "",
    ],
)
def test_what_is_not_a_number_is_not_valid(number):
    assert not is_valid_ident(number)


def test_synthetic_and_d_numbers_are_valid():
    synthetic = ident(7)
    assert synthetic[2] in "89"
    assert is_valid_ident(synthetic)
    assert not is_valid_ident(synthetic[:-1] + str((int(synthetic[-1]) + 1) % 10))


def test_duf_numbers_are_checked_by_their_last_two_digits():
    digits = [2, 0, 1, 5, 0, 1, 2, 3, 4, 5]
    weights = [4, 6, 3, 2, 7, 5, 4, 6, 3, 2]
    check = sum(d * w for d, w in zip(digits, weights, strict=True)) % 11
    assert is_valid_duf(f"2015012345{check:02d}")
    assert not is_valid_duf(f"2015012345{(check + 1) % 11:02d}")
    assert not is_valid_duf("2015012345")
