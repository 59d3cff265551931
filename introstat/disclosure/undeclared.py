"""Codes that are the sum of others and are not declared as that: everybody in them counts twice.

A code is refused if it is named like a total (total_words.csv), or if its counts are the sum of
others in so many groups, and so large, that chance would hardly make it so.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import log2
from pathlib import Path

import numpy as np
import pyarrow as pa

from introstat.disclosure.counts import whole_numbers
from introstat.disclosure.layout import Layout, dimensions_of, text_column
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.system import Dimension, Ints, Mask

# How much likelier a sum must be than chance: one false alarm in a hundred tables at the most. Less
# is asked where the code says the same: others begin with it, or it is named like a sum of some.
_UNLIKELY, _UNLIKELY_BEGUN, _UNLIKELY_NAMED = 100, 10, 1
# Of the groups that are known, the share in which a total may be wrong.
_WRONG_AT_MOST = 0.1
# What people write behind a word.
_SIGNS = " .:;,*=¹²³"
# Parts that stand anywhere are looked for among so many codes; more are tried side by side only.
_MOST_PARTS = 12


@dataclass(frozen=True)
class _Codes:
    """The codes of one dimension and their counts: a row for each group of the other dimensions.

    `known` marks groups in which no count is hidden; `there` the counts that the table has.
    """

    dimension: Dimension
    codes: tuple[str, ...]
    groups: tuple[str, ...]
    counts: Ints
    there: Mask
    known: Mask


@dataclass(frozen=True)
class _Sum:
    """A code that is a sum: of the named parts, or of all others (None); wrong in some groups."""

    code: str
    parts: tuple[str, ...] | None
    groups: int
    wrong: tuple[str, ...] = ()


def refuse_undeclared_totals(
    name: str, layout: Layout, tables: Sequence[pa.Table], column: str
) -> None:
    """Raise UserError that names the codes, and how each is declared, if there are any.

    `tables` are the files of one cube, `column` that of their numbers; what is none is not known.
    """
    dimensions = dimensions_of(layout, tables)
    keys: list[tuple[str, ...]] = []
    numbers: list[int | None] = []
    for table in tables:
        codes = [
            text_column(table, d.name)
            if d.name in table.column_names
            else [d.total or ""] * table.num_rows
            for d in dimensions
        ]
        keys += zip(*codes, strict=True)
        read = whole_numbers(text_column(table, column))
        numbers += [number if number >= 0 else None for number in read]
    told = []
    for axis, dimension in enumerate(dimensions):
        if dimension.total is not None and len(dimension.leaves) > 1:
            found = _sums(
                _codes_of(axis, dimensions, keys, numbers),
                layout.categories.get(dimension.name, ()),
            )
            told += [_in_words(dimension, each) for each in found]
    refuse_rows(
        f"{name}: codes that are totals or groups of others, and not declared as that: everybody "
        "in them would count twice. Declare each or take its rows out; if one is a category like "
        'the others, say so with --category "dimension=CODE"',
        told,
    )


def _in_words(dimension: Dimension, found: _Sum) -> str:
    label = f"{dimension.name}={found.code}"
    if found.parts is not None:
        return (
            f"{label}: the sum of {', '.join(found.parts)} in all {found.groups} groups; "
            f'--hierarchy "{dimension.name}=FILE", a list of child and parent'
        )
    declare = f'--total "{label}"'
    if found.wrong:
        return (
            f"{label}: named like a total, or nearly always the sum of the other codes, but not in "
            f"{found.wrong[0]}{_more(found.wrong)}: mend the counts, and {declare}"
        )
    if not found.groups:
        return f"{label}: named like a total; {declare}"
    return f"{label}: the sum of all other codes in {found.groups} groups; {declare}"


def _more(groups: tuple[str, ...]) -> str:
    return f" (and {len(groups) - 1} more)" if len(groups) > 1 else ""


def _codes_of(
    axis: int,
    dimensions: Sequence[Dimension],
    keys: Sequence[tuple[str, ...]],
    numbers: Sequence[int | None],
) -> _Codes:
    """Return the leaf codes of a dimension, in the order in which the table has them."""
    leaves = [set(dimension.leaves) for dimension in dimensions]
    inner = [
        (key, number)
        for key, number in zip(keys, numbers, strict=True)
        if all(code in own for code, own in zip(key, leaves, strict=True))
    ]
    place_of = {code: place for place, code in enumerate(dict.fromkeys(k[axis] for k, _ in inner))}
    rest = [(*key[:axis], *key[axis + 1 :]) for key, _ in inner]
    row_of = {other: row for row, other in enumerate(dict.fromkeys(rest))}
    shape = (len(row_of), len(place_of))
    counts, there = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
    known = np.ones(len(row_of), dtype=bool)
    for (key, number), other in zip(inner, rest, strict=True):
        row, place = row_of[other], place_of[key[axis]]
        there[row, place] = True
        counts[row, place] = number or 0
        known[row] &= number is not None
    names = [d.name for d in dimensions if d is not dimensions[axis]]
    labels = tuple(
        ", ".join(f"{name}={code}" for name, code in zip(names, other, strict=True)) or "the table"
        for other in row_of
    )
    return _Codes(dimensions[axis], tuple(place_of), labels, counts, there, known)


def _sums(table: _Codes, accepted: Sequence[str]) -> Iterator[_Sum]:
    """Give the codes that are sums: those named so, groups of some, and what sums the rest."""
    total = _folded(table.dimension.total or "")
    named = [
        place
        for place, code in enumerate(table.codes)
        if code not in accepted and (_is_named(code, "whole") or _folded(code) == total)
    ]
    plain = [place for place in range(len(table.codes)) if place not in named]
    groups: dict[int, _Sum] = {}
    before = -1
    while before < len(groups):  # a group of groups is seen once those are
        before = len(groups)
        for place in list(plain):
            parts = table.codes[place] not in accepted and _parts_of(table, place, plain)
            if parts:
                plain.remove(place)
                names = tuple(table.codes[part] for part in parts)
                groups[place] = _Sum(table.codes[place], names, _of_all(table, place, ()).groups)
    for place in named:
        yield _of_all(table, place, plain)
    for place, group in groups.items():
        every = _of_all(table, place, plain)
        yield group if every.wrong else every
    for place in plain:
        others = [other for other in plain if other != place]
        every = _of_all(table, place, others)
        if every.code not in accepted and _is_likely_total(table, place, others, every):
            yield every


def _of_all(table: _Codes, place: int, others: Sequence[int]) -> _Sum:
    """Return how a code stands to the sum of others, group by group."""
    rows = table.known & table.there[:, place]
    wrong = rows & (table.counts[:, place] != table.counts[:, list(others)].sum(axis=1))
    return _Sum(
        table.codes[place],
        None,
        int(rows.sum()),
        tuple(table.groups[row] for row in np.flatnonzero(wrong)),
    )


def _is_likely_total(table: _Codes, place: int, others: Sequence[int], found: _Sum) -> bool:
    if len(found.wrong) > _WRONG_AT_MOST * found.groups:
        return False
    rows = table.known & table.there[:, place]
    wrong = np.isin(table.groups, found.wrong)
    counts = table.counts[rows & ~wrong]
    if not counts[:, place].any():
        return False
    if _is_named(table.codes[place], "begins") or _is_named(table.codes[place], "ends"):
        return True
    # Two codes with the same counts say nothing of which is the other's sum.
    is_told = (counts[:, list(others)] > 0).any(axis=0).sum() >= 2
    return bool(is_told) and _bits(counts[:, place]) >= log2(_UNLIKELY * len(table.codes))


def _parts_of(table: _Codes, place: int, plain: Sequence[int]) -> Sequence[int]:
    """Return the codes, not all, of which a code is the sum in every group; none if it is none.

    They are those that begin with its own code, stand right before or after it, or are among a
    few. The more ways there are to choose them, the less a sum says.
    """
    counts = table.counts[table.known & table.there[:, place]]
    own = counts[:, place]
    said = _bits(own) - log2(len(table.codes))
    begun = [p for p in plain if p != place and table.codes[p].startswith(table.codes[place])]
    if said >= log2(_UNLIKELY_BEGUN) and len(begun) > 1 and _is_sum(counts, begun, own):
        return begun
    is_named = _is_named(table.codes[place], "begins") or _is_named(table.codes[place], "ends")
    said -= log2(_UNLIKELY_NAMED if is_named else _UNLIKELY)
    if said < 0 or not own.any():
        return ()
    if said >= log2(2 * len(table.codes)):
        for parts in _beside(place, plain, counts):
            if len(parts) < len(plain) - 1 and _is_sum(counts, parts, own):
                return parts
    fits: Mask = np.logical_and((counts <= own[:, None]).all(axis=0), counts.any(axis=0))
    inside = [p for p in plain if p != place and fits[p]]
    if len(inside) <= _MOST_PARTS and said >= len(inside):
        sums = counts.sum(axis=0)
        for size in range(2, min(len(inside), len(plain) - 2) + 1):
            for some in combinations(inside, size):
                if sums[list(some)].sum() == sums[place] and _is_sum(counts, some, own):
                    return some
    return ()


def _beside(place: int, plain: Sequence[int], counts: Ints) -> Iterator[list[int]]:
    """Give the codes right after a code, and right before it, that make up its sum in all."""
    sums = counts.sum(axis=0)
    at = plain.index(place)
    for side in (plain[at + 1 :], plain[:at][::-1]):
        left, parts = sums[place], []
        for other in side:
            left -= sums[other]
            parts.append(other)
            if left <= 0:
                break
        if left == 0 and len(parts) > 1:
            yield parts


def _is_sum(counts: Ints, parts: Sequence[int], own: Ints) -> bool:
    return bool((counts[:, list(parts)].sum(axis=1) == own).all())


def _bits(own: Ints) -> float:
    """Return how much it takes to hit the counts of a code by chance."""
    return float(np.log2(own + 1.0).sum())


def _folded(code: str) -> str:
    """Return a code in small letters, without needless blanks and the signs around it."""
    folded = " ".join(code.split()).casefold()
    bare = folded.rstrip(_SIGNS)
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip(_SIGNS)
    return bare or folded


def _is_named(code: str, match: str) -> bool:
    folded, words = _folded(code), tuple(_words()[match])
    if match == "begins":
        return folded.startswith(words)
    return folded.endswith(words) if match == "ends" else folded in words


@cache
def _words() -> dict[str, set[str]]:
    path = Path(__file__).with_name("total_words.csv")
    words: dict[str, set[str]] = {"whole": set(), "begins": set(), "ends": set()}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words[row["match"]].add(row["word"])
    return words
