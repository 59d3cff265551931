"""The regions of a period as sums of one another, from the list of regions of a release."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.intruder.folders import REFERENCE, Place, Release, knowledge

NOWHERE = "9999"
UNPLACED = "unplaced"  # protected addresses, and who has no known municipality
COUNTRY, COUNTY, MUNICIPALITY, REST, LEAF = range(5)


@dataclass
class Regions:
    """The regions of a period, each a set of leaves, and which are sums of others.

    Two names of one set of leaves are one region. A leaf is a municipality's own code, or a code as
    registered that counts apart; a rest is a group of leaves of which nothing but sizes is told.
    """

    leaves: dict[str, frozenset[str]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    sums: dict[tuple[str, tuple[str, ...]], None] = field(default_factory=dict)
    own: dict[frozenset[str], str] = field(default_factory=dict)
    rests: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, kind: int, leaves: Iterable[str]) -> None:
        """Add a region by its leaves."""
        self.leaves[name] = frozenset(leaves)
        self.kinds[name] = kind
        self.own.setdefault(self.leaves[name], name)
        if kind == REST:
            self.rests |= dict.fromkeys(self.leaves[name], name)

    def rest_of(self, leaves: frozenset[str]) -> str | None:
        """The rest that leaves are of; None if they are not all of one."""
        name = self.rests.get(next(iter(leaves)))
        return name if name is not None and leaves <= self.leaves[name] else None

    def one(self, name: str) -> str:
        """The name that stands for all names of a region."""
        return self.own[self.leaves[name]]

    @property
    def nodes(self) -> list[str]:
        """One name for each region."""
        return list(self.own.values())

    def cover(self, name: str, parts: Sequence[str]) -> None:
        """Say that a region is the sum of the parts within it, if they cover it."""
        left, used = set(self.leaves[name]), set()
        for part in parts:
            if self.leaves[part] <= left and self.leaves[part] != self.leaves[name]:
                left -= self.leaves[part]
                used.add(self.one(part))
        if not left and used:
            self.sums[self.one(name), tuple(sorted(used))] = None


def leaf_places(release: Release) -> dict[str, Place]:
    """The finest places of a period: municipalities' own codes, and codes that count apart."""
    kinds = {"at_the_time": "leaf", "as_registered": "registered"}
    return {
        f"{kinds[p.set]} {p.code}": p
        for p in release.places
        if p.type == "municipality" and p.set in kinds
    }


def _in(place: Place) -> str:
    """The municipality that a leaf counts in."""
    return place.code if place.set == "at_the_time" else place.counts_in


def bare_places(releases: Sequence[Release]) -> set[str]:
    """The leaves of which nothing but the size is told, in all releases."""
    bare: set[str] = set()
    shown: set[str] = set()
    for release in releases:
        told = _told(release)
        for name, place in leaf_places(release).items():
            is_told = {_in(place), REFERENCE + place.reference} & told
            (shown if is_told else bare).add(name)
    return bare - shown


def _told(release: Release) -> set[str]:
    """The regions of which a release tells more than the size; what nobody has is no telling."""
    told = set()
    country, size = knowledge()["country"], knowledge()["size"]
    for table in release.tables:
        empty = {
            (cell.measure, cell.codes)
            for cell, value in table.values.items()
            if cell.region == country and float(value) == 0
        }
        for cell in [*table.values, *(c for c, sign in table.signs.items() if sign == ":")]:
            if (
                cell.measure in knowledge()["counts"]
                and (cell.measure, cell.codes) not in empty
                and (cell.measure != size or cell.codes)
            ):
                told.add(cell.region)
    return told


def rests_of(releases: Sequence[Release]) -> dict[str, str]:
    """The rest of each bare leaf: together are those that lie in the same counties throughout."""
    bare = bare_places(releases)
    where: dict[str, dict[tuple[str, str, str], None]] = defaultdict(dict)
    for release in sorted(releases, key=lambda r: (r.period, r.version)):
        for name, place in leaf_places(release).items():
            if name in bare:
                where[name][release.period, place.county, place.reference_county] = None
    numbers: dict[tuple[tuple[str, str, str], ...], int] = {}
    return {
        name: f"rest {numbers.setdefault(tuple(at), len(numbers) + 1)}"
        for name, at in where.items()
    }


def regions_of(release: Release, rests: Mapping[str, str]) -> Regions:
    """The regions of a release's period, its bare leaves taken together as rests."""
    places = leaf_places(release)
    found = Regions()
    country = knowledge()["country"]
    found.add(country, COUNTRY, [*places, UNPLACED])
    counties: dict[str, set[str]] = {"no county": {UNPLACED}, REFERENCE + "no county": {UNPLACED}}
    municipalities: dict[str, set[str]] = {}
    finest: dict[str, set[str]] = {UNPLACED: {UNPLACED}}
    for name, place in places.items():
        for mark, code in (("", place.county), (REFERENCE, place.reference_county)):
            county = "no county" if code in ("", NOWHERE) else code
            counties.setdefault(mark + county, set()).add(name)
        for mark, code in (("", _in(place)), (REFERENCE, place.reference)):
            if code != NOWHERE:
                municipalities.setdefault(mark + code, set()).add(name)
        finest.setdefault(rests.get(name, name), set()).add(name)
    # Of a region with bare leaves beside others only the size is told.
    municipalities = {n: of for n, of in municipalities.items() if rests.keys().isdisjoint(of)}
    for kind, named in ((COUNTY, counties), (MUNICIPALITY, municipalities), (REST, finest)):
        for name, leaves in named.items():
            found.add(name, LEAF if leaves == {name} else kind, leaves)
    for mark in ("", REFERENCE):
        # A reference code begins with its mark, and a plain one with no letter that is the mark.
        own = [n for n in counties if n.startswith(REFERENCE) == bool(mark)]
        parts = [n for n in municipalities if n.startswith(REFERENCE) == bool(mark)]
        found.cover(country, own)
        for county in own:
            found.cover(county, [*parts, *finest])
        for name in parts:
            found.cover(name, list(finest))
    return found
