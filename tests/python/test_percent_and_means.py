"""No percent, mean, share or amount tells a hidden count: tiny cases, all of them (disclosure.md).

Each test counts out every table that a reader cannot tell from the true one, and looks how far
apart the hidden counts in them are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations, product

import pytest

HIDE_TO, MIN_PERSONS = 3, 4


def half_up(part: int, whole: int, decimals: int = 0) -> int:
    """A percent as it is printed, without its comma."""
    scale = 10**decimals
    return (200 * scale * part + whole) // (2 * whole)


@pytest.mark.parametrize("decimals", [0, 1])
def test_a_percent_with_its_whole_is_a_count(decimals: int) -> None:
    """Why the percent of a hidden count is hidden: beside its whole it gives it away, or nearly."""
    for whole in range(MIN_PERSONS, 60):
        for part in range(1, HIDE_TO + 1):
            shown = half_up(part, whole, decimals)
            possible = [n for n in range(whole + 1) if half_up(n, whole, decimals) == shown]
            assert possible == [part]


@pytest.mark.parametrize("decimals", [0, 1])
def test_percent_of_shown_counts_tell_nothing_that_these_do_not(decimals: int) -> None:
    """A 2 by 2 table, its sums and percent: the tables that fit are those without the percent."""
    by_counts: dict[object, set[tuple[int, ...]]] = defaultdict(set)
    by_all: dict[object, set[tuple[int, ...]]] = defaultdict(set)
    for table in product(range(7), repeat=4):
        cells = [*table, table[0] + table[1], table[2] + table[3], table[0] + table[2]]
        cells += [table[1] + table[3], sum(table)]
        for hidden in ((), (0, 1, 2, 3), (0, 1, 4), (0, 2, 6), (0, 1, 2, 3, 4, 5)):
            shown = tuple((k, n) for k, n in enumerate(cells) if k not in hidden)
            percent = tuple(
                half_up(cells[part], cells[whole], decimals)
                for part, whole in ((0, 4), (1, 4), (2, 5), (3, 5), (4, 8), (5, 8), (6, 8), (7, 8))
                if part not in hidden and whole not in hidden and cells[whole]
            )
            by_counts[hidden, shown].add(table)
            by_all[hidden, shown, percent].add(table)
    assert sorted(map(sorted, by_counts.values())) == sorted(map(sorted, by_all.values()))
    assert any(len(tables) > 1 for tables in by_counts.values())


def full_time_shown(full: int, judged: int) -> bool:
    """Whether a share at full time is shown: nobody, or enough, on either side (stat_hours)."""
    sides = (full, judged - full)
    return all(side == 0 or side >= MIN_PERSONS for side in sides)


def test_a_share_at_full_time_tells_of_no_few() -> None:
    """Even to a reader who knows how many were judged, which no table tells."""
    shown = hidden = 0
    for judged in range(1, 60):
        for full in range(judged + 1):
            if not full_time_shown(full, judged):
                hidden += 1
                continue
            shown += 1
            percent = half_up(full, judged)
            possible = [n for n in range(judged + 1) if half_up(n, judged) == percent]
            # What is told is a count of nobody or of enough, on either side.
            assert possible == [full]
            assert all(side == 0 or side >= MIN_PERSONS for side in (full, judged - full))
    assert shown > hidden > 100


def test_hidden_amounts_of_a_row_keep_their_doubt() -> None:
    """An amount hidden with its recipients may be more or less by what the move of these allows.

    Two hidden cells in a row and two in another (a rectangle), every amount that adds up: the least
    and the greatest are as far apart as the lemma says.
    """
    tested = 0
    for counts in product(range(1, 6), repeat=4):
        a, b, c, d = counts
        moves = [
            m for m in range(-4, 5) if m and a + m > 0 and b - m > 0 and c - m > 0 and d + m > 0
        ]
        for each in product((2, 5, 9), repeat=4):
            amounts = [n * mean for n, mean in zip(counts, each, strict=True)]
            # a + b, c + d, a + c and b + d are told: one number is free.
            low = max(-amounts[0], -amounts[3])
            high = min(amounts[1], amounts[2])
            lemma_up = max((m for m in moves if m > 0), default=0) * min(each)
            lemma_down = max((-m for m in moves if m < 0), default=0) * min(each)
            assert high >= lemma_up and -low >= lemma_down
            tested += bool(moves)
    assert tested > 5_000


def test_what_amounts_by_sex_leave_of_the_total_is_nobodys() -> None:
    """Regions with men, women and persons of unknown sex: all sums that a reader can form."""
    for unknown in product((0, 1, 2), repeat=2):
        # Each region's (men, women, unknown) amounts; the country is their sum.
        regions = [(40, 30, 10 * n) for n in unknown]
        country = tuple(sum(column) for column in zip(*regions, strict=True))
        told: dict[tuple[str, str], int] = {}
        for name, (men, women, others) in (("0", country), ("1", regions[0]), ("2", regions[1])):
            told[name, "total"] = men + women + others
            if not others:
                told |= {(name, "1"): men, (name, "2"): women}
        # An amount moved from the unknown to the men, in region and country, changes nothing told.
        for place, others in zip("12", unknown, strict=True):
            if others:
                changed = {("0", "1"), ("0", "unknown"), (place, "1"), (place, "unknown")}
                assert changed.isdisjoint(told)


def dominated(amounts: tuple[int, ...], largest: int, percent: int) -> bool:
    """The (n, k) rule: the `largest` greatest have more than `percent` of the sum."""
    top = sum(sorted(amounts, reverse=True)[:largest])
    return 100 * top > percent * sum(amounts)


@pytest.mark.parametrize("percent", [75, 85])
def test_below_the_limit_of_dominance_no_recipient_learns_another_closely(percent: int) -> None:
    """The second greatest, who knows their own, learns the greatest to within the others' sum.

    What is left besides both may be small though the greatest has no more than k percent: the rule
    of one (1, k) does not bound it. That of two (2, k) does: the others have at least 1 - k.
    """
    loose = 0
    for amounts in combinations_with_repeats(range(1, 12), 4):
        first, second, *others = sorted(amounts, reverse=True)
        if dominated(amounts, 2, percent):
            loose += not dominated(amounts, 1, percent)
            continue
        assert Fraction(sum(others), sum(amounts)) >= 1 - Fraction(percent, 100)
        assert first + second <= Fraction(percent, 100) * sum(amounts)
    assert loose > 0  # the rule of one would have let these pass


def combinations_with_repeats(values: Iterable[int], count: int) -> Iterator[tuple[int, ...]]:
    """Every multiset of so many of the values."""
    values = list(values)
    for chosen in combinations(range(len(values) + count - 1), count):
        yield tuple(values[place - k] for k, place in enumerate(chosen))
