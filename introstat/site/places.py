"""The places of the newest reference year, and where earlier codes and names lead."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from introstat.codelists import seed_rows
from introstat.norwegian import slug
from introstat.release.contents import COUNTRY, REFERENCE_YEAR, REGION_TYPES
from introstat.site.releases import Releases

_COUNTY, _MUNICIPALITY = REGION_TYPES[1:]
# A name of several languages: «Porsanger - Porsáŋgu - Porsanki».
_BETWEEN = " - "


@dataclass(frozen=True)
class Place:
    """A county or municipality of the reference year, or the country."""

    code: str
    name: str
    kind: str
    county: str = ""

    @property
    def short(self) -> str:
        """The first of its names."""
        return self.name.split(_BETWEEN)[0]


@dataclass(frozen=True)
class Former:
    """An earlier code or name, and the places it leads to."""

    code: str
    name: str
    kind: str
    until: date
    now: tuple[str, ...]


class Places:
    """The places of a site."""

    def __init__(self, releases: Releases) -> None:
        self.year = releases.reference_year
        self.of = _valid_in(self.year)
        # Names are the releases'. A municipality that was split has no successor: its figures stand
        # under the old code, which is a place as well.
        for release in releases.newest:
            if release.reference_year == self.year:
                for row in release.regions(REFERENCE_YEAR):
                    if row["region_code"] == COUNTRY:
                        continue
                    code = row["region_code"]
                    name, kind = row["region_name"], row["region_type"]
                    self.of[code] = Place(code, name, kind, row["county_code"] or code)
        names = [
            place.name
            for place in self.of.values()
            if place.kind == _MUNICIPALITY and not self.split_into(place.code)
        ]
        self._doubled = {name for name in names if names.count(name) > 1}

    @cached_property
    def counties(self) -> list[Place]:
        """The counties, by name."""
        return self._sorted(_COUNTY)

    @cached_property
    def municipalities(self) -> list[Place]:
        """The municipalities, by name."""
        return self._sorted(_MUNICIPALITY)

    def within(self, county: str) -> list[Place]:
        """The municipalities of a county, by name."""
        return [place for place in self.municipalities if place.county == county]

    def name(self, place: Place) -> str:
        """The name, with the county where two municipalities have the same."""
        if self.split_into(place.code):
            return f"{place.name} ({place.code})"
        if place.kind == _MUNICIPALITY and place.name in self._doubled:
            return f"{place.name} ({self.of[place.county].short})"
        return place.name

    def _sorted(self, kind: str) -> list[Place]:
        found = [place for place in self.of.values() if place.kind == kind]
        return sorted(found, key=lambda place: (in_order(place.name), place.code))

    @cached_property
    def former(self) -> list[Former]:
        """Every municipality code and county code of before, with its last name."""
        leads = _leads()
        found = []
        for kind, seed in ((_MUNICIPALITY, "municipalities"), (_COUNTY, "counties")):
            for code, (name, until) in _last_names(seed, kind).items():
                if code in self.of or until is None:
                    continue
                if kind == _MUNICIPALITY:
                    now = tuple(sorted(c for c in _ends(code, leads) if c in self.of))
                else:
                    now = self._counties_after(code, leads)
                found.append(Former(code, name, kind, until, now))
        return found

    def _counties_after(self, county: str, leads: dict[str, list[str]]) -> tuple[str, ...]:
        """The counties that a former county's municipalities are in now."""
        last = max(
            date.fromisoformat(row["valid_to"])
            for row in seed_rows("municipalities")
            if row["county_code"] == county and row["valid_to"]
        )
        codes = {
            row["municipality_code"]
            for row in seed_rows("municipalities")
            if row["county_code"] == county and row["valid_to"] == last.isoformat()
        }
        now = {end for each in codes for end in _ends(each, leads) if end in self.of}
        return tuple(sorted({self.of[each].county for each in now}))

    @cached_property
    def names(self) -> dict[str, list[Former]]:
        """What each address made of a name leads to: names of now and of before."""
        found: dict[str, list[Former]] = defaultdict(list)
        for place in self.of.values():
            if not self.split_into(place.code):
                for name in {place.name, *place.name.split(_BETWEEN)}:
                    found[slug(name)].append(
                        Former(place.code, name, place.kind, date.max, (place.code,))
                    )
        for former in self.former:
            for name in {former.name, *former.name.split(_BETWEEN)}:
                if former.now:
                    found[slug(name)].append(
                        Former(former.code, name, former.kind, former.until, former.now)
                    )
        for row in _renamed():
            if row["municipality_code"] in self.of:
                code = row["municipality_code"]
                until = date.fromisoformat(row["valid_to"])
                found[slug(row["municipality_name"])].append(
                    Former(code, row["municipality_name"], _MUNICIPALITY, until, (code,))
                )
        return {
            name: sorted(every, key=lambda f: (-f.until.toordinal(), f.code))
            for name, every in sorted(found.items())
        }

    @cached_property
    def parts(self) -> dict[str, list[Former]]:
        """The municipalities that went into each place under another name or code, newest first."""
        found: dict[str, list[Former]] = defaultdict(list)
        for former in self.former:
            if len(former.now) == 1 and former.kind == _MUNICIPALITY:
                found[former.now[0]].append(former)
        return {
            code: sorted(every, key=lambda f: (-f.until.toordinal(), in_order(f.name)))
            for code, every in found.items()
        }

    def split_into(self, code: str) -> list[Place]:
        """What a place was split into, if it was: its figures stand until then."""
        ends = _ends(code, _leads()) - {code}
        return [self.of[each] for each in sorted(ends) if each in self.of]

    def split_from(self, code: str) -> list[Place]:
        """The place that a place was a part of until a split."""
        return [each for each in self.of.values() if self.of[code] in self._splits[each.code]]

    @cached_property
    def _splits(self) -> dict[str, list[Place]]:
        return {code: self.split_into(code) for code in self.of}

    @cached_property
    def mergers(self) -> dict[str, list[date]]:
        """The days on which several municipalities became each place, or part of it."""
        found: dict[str, set[date]] = defaultdict(set)
        together: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in seed_rows("municipality_changes"):
            together[row["change_date"], row["new_code"]].add(row["old_code"])
        leads = _leads()
        for (day, code), olds in together.items():
            if len(olds) > 1:
                for end in _ends(code, leads) | {code}:
                    found[end].add(date.fromisoformat(day))
        return {code: sorted(days) for code, days in found.items()}

    def is_comparable(self, code: str, year: int) -> bool:
        """Whether a code was of the same area in another reference year."""
        if year == self.year or code == COUNTRY:
            return True
        first, last = sorted((year, self.year))
        touched = {
            each
            for row in seed_rows("municipality_changes")
            if first < int(row["change_date"][:4]) <= last
            for each in (row["old_code"], row["new_code"])
        }
        if len(code) == len(COUNTRY) + 1:
            return not any(each[:2] == code for each in touched)
        return code not in touched


def _valid_in(year: int) -> dict[str, Place]:
    """The counties and municipalities at the end of a year, from the code lists."""
    last_day = date(year, 12, 31).isoformat()

    def valid(seed: str) -> list[dict[str, str]]:
        return [
            row
            for row in seed_rows(seed)
            if row["valid_from"] <= last_day and (not row["valid_to"] or row["valid_to"] > last_day)
        ]

    found = {}
    for row in valid("counties"):
        code = row["county_code"]
        found[code] = Place(code, row["county_name"], _COUNTY, code)
    for row in valid("municipalities"):
        code = row["municipality_code"]
        found[code] = Place(code, row["municipality_name"], _MUNICIPALITY, row["county_code"])
    return found


def in_order(name: str) -> str:
    """A key that sorts names as Norwegians do: æ, ø and å last, other accents left out."""
    own = name.lower().replace("æ", "{").replace("ø", "|").replace("å", "}")
    plain = unicodedata.normalize("NFKD", own)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@cache
def _leads() -> dict[str, list[str]]:
    leads: dict[str, list[str]] = defaultdict(list)
    for row in seed_rows("municipality_changes"):
        leads[row["old_code"]].append(row["new_code"])
    return leads


def _ends(code: str, leads: dict[str, list[str]]) -> set[str]:
    """The last codes that a code has become, itself if it has not changed."""
    ends: set[str] = set()
    waiting, seen = [code], set()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        following = [new for new in leads.get(each, []) if new != each]
        if following:
            waiting += following
        else:
            ends.add(each)
    return ends


def _last_names(seed: str, kind: str) -> dict[str, tuple[str, date | None]]:
    """Each code's last name, and the day it was valid until; None if it still is."""
    found: dict[str, tuple[str, date | None]] = {}
    for row in _by_day(seed_rows(seed)):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        found[row[f"{kind}_code"]] = (row[f"{kind}_name"], until)
    return found


def _renamed() -> Iterable[dict[str, str]]:
    """Rows of names that a code that is still there has had before."""
    last = _last_names("municipalities", _MUNICIPALITY)
    for row in _by_day(seed_rows("municipalities")):
        name, until = last[row["municipality_code"]]
        if row["valid_to"] and until is None and row["municipality_name"] != name:
            yield row


def _by_day(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: row["valid_from"])
