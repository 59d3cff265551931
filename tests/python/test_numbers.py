"""Check digits, with the published examples."""

import random

import pytest
from deliveries import ident
from oracle import reading

from introstat.identity.numbers import is_valid_duf, is_valid_ident
from introstat.identity.pseudonyms import Pseudonymiser


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


def test_the_rule_is_that_of_the_second_implementation():
    chosen = random.Random(7)
    days = [*range(34), *range(39, 75)]
    months = [*range(15), *range(79, 95)]
    texts = [
        f"{chosen.choice(days):02d}{chosen.choice(months):02d}{chosen.randrange(10**7):07d}"
        for _ in range(100_000)
    ]
    # The last days of February, in years of every kind.
    texts += [f"{day}02{year}{chosen.randrange(10**5):05d}" for day in (28, 29, 30)
              for year in ("00", "03", "04", "99") for _ in range(1_000)]  # fmt: skip
    texts[::1000] = ["no number"] * len(texts[::1000])
    told = [is_valid_ident(text) for text in texts]
    assert told == [reading.is_valid_ident(text) for text in texts]
    valid = [text for text, is_valid in zip(texts, told, strict=True) if is_valid]
    assert {text[4:6] for text in valid if text[:4] == "2902"} >= {"00", "04"}


def test_a_pseudonym_is_made_of_any_text_and_gives_it_back():
    pseudonymiser = Pseudonymiser(bytes(range(64)))
    numbers = [ident(7), "", "201501234567", "ø", "no number at all", ident(7)]
    made = [pseudonymiser.pseudonym(number) for number in numbers]
    assert [pseudonymiser.number(pseudonym) for pseudonym in made] == numbers
    assert made[0] == made[-1] != made[2]
