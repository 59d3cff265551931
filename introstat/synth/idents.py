"""Identity numbers that cannot belong to anybody: month + 80, with right check digits.

Sources: Skatteetaten's description of fødselsnummer and of synthetic numbers (Tenor); the DUF
rule from Statistics Norway's published control program for form 11b.
"""

import numpy as np
import numpy.typing as npt

from introstat.synth.draw import Bools, Ints

K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
ORGANISATION_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
DUF_WEIGHTS = (2, 3, 6, 4, 5, 7)
SYNTHETIC_MONTH = 80
D_NUMBER_DAY = 40
BLOCK = 500
"""Individual numbers on offer per date: 000-499 for those born before 2000, 500-999 after."""

Small = npt.NDArray[np.int16]


def issue(birth: Ints, d_number: Bools) -> Ints:
    """Return a different number for each row: a D-number where asked for, else a fødselsnummer.

    `birth` is the date of birth. When a date has no number left, the next date is used, as the
    register itself does.
    """
    date = birth.copy()
    while True:
        key, of_key = np.unique(date * 2 + d_number, return_inverse=True)
        prefix = _prefixes(key // 2, key % 2 == 1)
        first = np.where(key // 2 >= _DAY_2000, BLOCK, 0)
        tails, per_key = _tails(prefix, first)
        rank = _rank(of_key)
        full = rank >= per_key[of_key]
        if not full.any():
            break
        date[full] += 1
    offset = np.cumsum(per_key) - per_key
    return np.asarray(prefix[of_key] * 100_000 + tails[offset[of_key] + rank])


_DAY_2000 = int(np.datetime64("2000-01-01", "D").astype(np.int64))


def _prefixes(date: Ints, d_number: Bools) -> Ints:
    """Return DDMMYY with 40 added to the day of D-numbers and 80 to the month."""
    dates = date.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1 + SYNTHETIC_MONTH
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1 + D_NUMBER_DAY * d_number
    return np.asarray(day * 10_000 + month * 100 + year % 100)


def _tails(prefix: Ints, first: Ints) -> tuple[Ints, Ints]:
    """Return all possible last five digits, prefix after prefix, and how many each prefix has."""
    individual = np.arange(BLOCK, dtype=np.int16)[None, :] + first.astype(np.int16)[:, None]
    digits = [_digit(prefix, 5 - place)[:, None] for place in range(6)]
    digits += [individual // 100, individual // 10 % 10, individual % 10]
    k1 = _check(digits, K1_WEIGHTS)
    k2 = _check([*digits, k1 % 10], K2_WEIGHTS)
    valid = (k1 < 10) & (k2 < 10)
    tail = individual.astype(np.int64) * 100 + k1 * 10 + k2
    return tail[valid], valid.sum(axis=1)


def _digit(numbers: Ints, place: int) -> Small:
    return np.asarray(numbers // 10**place % 10, dtype=np.int16)


def _check(digits: list[Small], weights: tuple[int, ...]) -> Small:
    """Return the check digit; 10 where there is none."""
    products = (digit * weight for digit, weight in zip(digits, weights, strict=True))
    total = sum(products, np.int16(0))
    return np.asarray((11 - total % 11) % 11, dtype=np.int16)


def _rank(group: Ints) -> Ints:
    """Return each row's number within its group, in row order."""
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group)
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank


def duf_numbers(year: Ints) -> Ints:
    """Return DUF numbers: year, a running number within the year, two check digits.

    The input contract and form 11b weigh the digits in another order. Numbers that both call valid
    are issued as long as a year has some, then those of the contract.
    """
    numbers = np.empty(len(year), dtype=np.int64)
    for each, count in zip(*np.unique(year, return_counts=True), strict=True):
        running = np.arange(min(13 * count + 200, 900_000), dtype=np.int64)
        ten = each * 1_000_000 + 100_000 + running
        check = _duf_check(ten)
        in_form = _duf_check(ten % 1_000_000 * 10_000 + ten // 1_000_000)
        order = np.argsort(check != in_form, kind="stable")[:count]
        numbers[year == each] = (ten * 100 + check)[order]
    return numbers


def _duf_check(ten: Ints) -> Ints:
    total = np.zeros(len(ten), dtype=np.int64)
    for place in range(10):
        total += ten // 10**place % 10 * DUF_WEIGHTS[place % 6]
    return np.asarray(total % 11)


def organisation_numbers(count: int) -> Ints:
    """Return organisation numbers that begin with 3, as synthetic ones do; real ones: 8 or 9."""
    eight = np.arange(31_000_000, 31_000_000 + count * 2 + 20)
    digits = [_digit(eight, 7 - place) for place in range(8)]
    check = _check(digits, ORGANISATION_WEIGHTS)
    return np.asarray((eight * 10 + check)[check < 10][:count])
