"""A year and its half-years tell of the same persons, so their releases are protected together.

Tables of the period that is protected have their own names; those of the others carry their
period's name, in protection and audit alike.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from introstat.disclosure.counts import POOLED
from introstat.disclosure.detail import Regions
from introstat.disclosure.linked import Link, Term
from introstat.release.contents import COUNTRY, TOTAL, Contents, is_year
from introstat.release.detail import regions_with_rests
from introstat.release.figures import CountTable, PeriodRegion, links_of
from introstat.release.rests import PERSONS, SIZES, links_of_sizes, together

Codes = Mapping[str, Set[str]]
"""The codes that a table has, by dimension."""

# What a year has to do with its halves (cubes.yml): the periods on both sides, and how it holds.
_FIRST, _SECOND, _YEAR = "H1", "H2", ""
_KINDS = {
    "first": ((_FIRST,), (_YEAR,), "at_most"),
    "second": ((_SECOND,), (_YEAR,), "at_most"),
    "both": ((_YEAR,), (_FIRST, _SECOND), "at_most"),
    "amounts": ((_YEAR,), (_FIRST, _SECOND), "at_most"),
    "sum": ((_FIRST, _SECOND), (_YEAR,), "equal"),
}
_WORDS = {
    "first": "who is in the first half-year is in the year",
    "second": "who is in the second half-year is in the year",
    "both": "who is in the year is in one of its half-years",
    "amounts": "what is paid in a year is paid in its half-years",
    "sum": "a year is the sum of its half-years",
}


class HasRegions(Protocol):
    """A period with its regions."""

    @property
    def regions(self) -> Sequence[PeriodRegion]:
        """Its municipalities and codes as registered."""


@dataclass(frozen=True)
class Finished:
    """What releases of another period show: its regions, and the tables of every version."""

    period: str
    regions: Sequence[PeriodRegion]
    tables: Mapping[str, Sequence[pa.Table]]


@dataclass(frozen=True)
class Taken:
    """A period as the system has it, its bare municipalities taken together.

    `taken` are its regions so, `code_of` gives each leaf's code among them; `links` and `regions`
    name tables as `named` does.
    """

    taken: Sequence[PeriodRegion]
    code_of: Mapping[str, str]
    links: Sequence[Link]
    regions: Regions


def year_of(period: str) -> str:
    """The year of a half-year or year."""
    return period[:4]


def tied_to(period: str, released: Collection[str]) -> list[str]:
    """Return the released periods that tell of the same counts as a period: a year's half-years;
    for a half-year the year, and through it the other half-year.
    """
    year = year_of(period)
    if not is_year(period) and year not in released:
        return []
    others = {year, year + _FIRST, year + _SECOND} - {period}
    return sorted(others & set(released))


def named(table: str, period: str, own: str) -> str:
    """The name of a period's table beside those of the period that is protected."""
    return table if period == own else f"{period} {table}"


def take_together(
    contents: Contents,
    tables: Mapping[str, CountTable],
    regions: Sequence[PeriodRegion],
    bare: Iterable[str],
    every: Regions,
    codes: Mapping[str, Codes],
    period: str,
    own: str,
) -> Taken:
    """Take a period's bare municipalities together; `every` are the regions of all periods,
    `codes` those of its tables.
    """
    taken, code_of = together(regions, bare)
    with_rests = regions_with_rests(contents, tables, every, taken, code_of)
    links = [*links_of(contents, tables, codes), *links_of_sizes(tables[PERSONS], code_of)]
    return Taken(
        taken,
        code_of,
        [_renamed(link, period, own) for link in links],
        replace(
            with_rests,
            sizes=named(SIZES, period, own),
            persons=named(PERSONS, period, own),
            cubes=frozenset(named(table, period, own) for table in (*tables, SIZES)),
        ),
    )


def every_region(own: Sequence[PeriodRegion], others: Iterable[HasRegions]) -> list[PeriodRegion]:
    """The regions of several periods, each once."""
    return list(dict.fromkeys([*own, *(region for one in others for region in one.regions)]))


def joined(own: Taken, others: Sequence[Taken]) -> Regions:
    """The regions of the period that is protected, which know the codes of the others too."""
    of = {code: one for taken in (*others, own) for code, one in taken.regions.of.items()}
    return replace(own.regions, of=of)


def links_between(
    contents: Contents, codes: Mapping[str, Mapping[str, Codes]], own: str
) -> list[Link]:
    """Return what a reader knows of a year's counts and its half-years'.

    `codes` are those of each table of each period.
    """
    year, links = year_of(own), []
    for table, given in {**contents.periods, SIZES: contents.periods[PERSONS]}.items():
        for kind, where in given.items():
            *sides, sense = _KINDS[kind]
            periods = [year + part for side in sides for part in side]
            if not all(table in codes.get(period, {}) for period in periods):
                continue
            at_total = () if kind == "second" else contents.at_total
            own_codes = [codes[p][table] for p in periods]
            for at in _places(contents, table, where, at_total, own_codes):
                left, right = (
                    tuple(Term(named(table, year + part, own), at) for part in side)
                    for side in sides
                )
                words = f"{_WORDS[kind]} ({table})"
                links.append(Link(words, left, right, sense, held=kind == "amounts"))
    return links


def _renamed(link: Link, period: str, own: str) -> Link:
    left, right = (
        tuple(replace(term, cube=named(term.cube, period, own)) for term in side)
        for side in (link.left, link.right)
    )
    return replace(link, left=left, right=right)


def _places(
    contents: Contents, table: str, where: str, at_total: Sequence[str], codes: Sequence[Codes]
) -> Iterator[dict[str, str]]:
    """The codes at which links of a table hold: one place; or, where different categories were
    pooled, one for each category that every period has.
    """
    at = {dimension: TOTAL for dimension in at_total if dimension in codes[0]}
    if where == "country":
        at["region"] = COUNTRY
    pooled = next((cube.pool for cube in contents.cubes.values() if cube.system == table), None)
    if pooled is None or len({frozenset(own[pooled]) for own in codes}) == 1:
        yield at
        return
    for code in sorted(set.intersection(*(set(own[pooled]) for own in codes)) - {POOLED, TOTAL}):
        yield at | {pooled: code}
