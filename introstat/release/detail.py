"""The regions of a release as disclosure control takes them: levels, blocks, and main figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from introstat.disclosure.detail import (
    COUNTRY,
    COUNTY,
    DERIVED_COUNTY,
    DERIVED_MUNICIPALITY,
    MUNICIPALITY,
    Region,
    Regions,
)
from introstat.release import contents
from introstat.release.contents import TOTAL, Contents
from introstat.release.figures import (
    REGISTERED,
    UNPLACED,
    CountTable,
    PeriodRegion,
    leaves_of,
    marked,
)
from introstat.release.rests import PERSONS, SIZES, members_of


def regions_for(
    given: Contents, tables: Mapping[str, CountTable], regions: Sequence[PeriodRegion]
) -> Regions:
    """The regions of a release's count tables.

    A municipality of the reference year shows no more than each of those merged in it. Both sets of
    counties give away the municipalities of a county that went to another one: a county of the
    reference year shows no more than each part of the counties that it has to do with.
    """
    block_of = _blocks(regions)
    leaves = leaves_of(regions)
    of = {contents.COUNTRY: Region(COUNTRY), UNPLACED: Region(COUNTY)}
    of[REGISTERED + UNPLACED] = Region(COUNTY)
    for leaf, region in leaves.items():
        of[leaf] = Region(MUNICIPALITY, block_of[region.code, region.is_registered])
    for region in regions:
        block = block_of[region.code, region.is_registered]
        if not region.is_registered:
            of[region.code] = Region(MUNICIPALITY, block)
        for county in {region.county} - {UNPLACED}:
            of[county] = Region(COUNTY)
    own = [region for region in regions if not region.is_registered]
    together: dict[tuple[str, str], list[str]] = {}
    for region in own:
        together.setdefault((region.county, region.reference_county), []).append(region.code)
    for region in regions:
        block = block_of[region.code, region.is_registered]
        if region.reference != UNPLACED:
            merged = tuple((r.code,) for r in own if r.reference == region.reference)
            of[marked(region.reference)] = Region(DERIVED_MUNICIPALITY, block, merged)
        if region.reference_county != UNPLACED:
            near = {county for county, derived in together if derived == region.reference_county}
            groups = [tuple(codes) for (county, _), codes in together.items() if county in near]
            of[marked(region.reference_county)] = Region(DERIVED_COUNTY, parts=tuple(groups))
    return Regions(
        "region",
        of,
        SIZES,
        _main_figures(given, tables),
        tuple(map(tuple, together.values())),
        persons=PERSONS,
    )


def _main_figures(
    given: Contents, tables: Mapping[str, CountTable]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The codes of main figures by table; a dimension that none is named of stands at its total."""
    return {
        name: {d.name: tuple(given.main[name].get(d.name, (TOTAL,))) for d in table.dimensions}
        for name, table in tables.items()
        if name in given.main
    }


def _blocks(regions: Sequence[PeriodRegion]) -> dict[tuple[str, bool], int]:
    """The block of each region: those with the same counties, at the time and in the reference
    year.
    """
    counties = sorted({(r.county, r.reference_county) for r in regions})
    return {
        (r.code, r.is_registered): counties.index((r.county, r.reference_county)) for r in regions
    }


def regions_with_rests(
    given: Contents,
    tables: Mapping[str, CountTable],
    every: Regions,
    taken: Sequence[PeriodRegion],
    code_of: Mapping[str, str],
) -> Regions:
    """The regions of a release's count tables where those that are bare are taken together.

    `every` are all of them, `taken` and `code_of` what `together` made of them.
    """
    with_rests = regions_for(given, tables, taken)
    return replace(with_rests, of={**every.of, **with_rests.of}, members=members_of(code_of))
