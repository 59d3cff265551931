"""Protection of a release's counts: the regions' sizes first, then what their detail may show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from introstat.disclosure.detail import Regions, sizes_of_table
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, ProtectedCube, protect
from introstat.disclosure.regional import Regional
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import Witnesses
from introstat.release.contents import TOTAL, Contents
from introstat.release.detail import regions_for, regions_with_rests
from introstat.release.figures import CountTable, PeriodRegion, links_of
from introstat.release.rests import (
    PERSONS,
    SIZES,
    filled,
    links_of_sizes,
    municipal,
    shown_in,
    sizes_cube,
    sizes_in,
    together,
    with_rests,
    without,
)

STRICTER = (1, 2, 4, 1000)  # times the policy's limits of detail, until all can be protected


@dataclass(frozen=True)
class ProtectedCounts:
    """The counts of a release as they may be published, by count table in its codes.

    `primaries` and `witnesses` are restricted. `policy` has the limits of detail that were used.
    """

    tables: Mapping[str, pa.Table]
    primaries: Mapping[str, pa.Table]
    witnesses: Witnesses
    policy: Policy


@dataclass(frozen=True)
class Counted:
    """The counts of a release before protection, and what belongs to them."""

    contents: Contents
    tables: Mapping[str, CountTable]
    cubes: Mapping[str, Cube]
    regions: Sequence[PeriodRegion]
    earlier: Mapping[str, Sequence[pa.Table]]


def protect_counts(
    counted: Counted, policy: Policy, workers: int, until: float, say: Callable[[str], None]
) -> ProtectedCounts:
    """Protect the counts of a release.

    Where some cell cannot be protected at the policy's detail, less detail is shown, and said so.
    Raises ProtectionImpossible where nothing helps.
    """
    whole = regions_for(counted.contents, counted.tables, counted.regions)
    persons = counted.tables[PERSONS]
    before = sizes_in(counted.earlier.get(PERSONS, ()), persons)
    sizes = protect(
        {SIZES: sizes_cube(counted.cubes[PERSONS], persons, counted.regions)},
        policy,
        (),
        {SIZES: before} if before else None,
        workers=workers,
        tell=say,
        regional=Regional(whole, until=until),
    )[SIZES]
    for number, times in enumerate(STRICTER, 1):
        stricter = replace(
            policy,
            county_expects=policy.county_expects * times,
            municipality_expects=policy.municipality_expects * times,
            main_from=policy.main_from * times,
        )
        if times > 1:
            say(f"less detail: {times} times as many persons must be expected")
        try:
            return _protected(counted, whole, stricter, sizes, workers, until, say)
        except ProtectionImpossible as refusal:
            if number == len(STRICTER):
                raise
            for line in refusal.format_message().splitlines()[:12]:
                say(line)
    raise AssertionError("every way was tried")


def _protected(
    counted: Counted,
    whole: Regions,
    policy: Policy,
    sizes: ProtectedCube,
    workers: int,
    until: float,
    say: Callable[[str], None],
) -> ProtectedCounts:
    persons = counted.tables[PERSONS]
    shown = {
        region: (value, sign)
        for region, value, sign in zip(
            *(sizes.table[name].to_pylist() for name in ("region", "value", "sign")), strict=True
        )
    }
    size_of = sizes_of_table({code: value or 0 for code, (value, _) in shown.items()}, whole)
    for code in shown_in(counted.earlier, persons) & set(size_of):
        size_of[code] = max(size_of[code], policy.main_from)  # what was told stays told
    bare = [code for code in municipal(whole) if size_of.get(code, 0) < policy.main_from]
    regions, code_of = together(counted.regions, bare)
    cubes = {
        name: with_rests(cube, counted.tables[name], regions, code_of)
        for name, cube in counted.cubes.items()
    }
    cubes[SIZES] = sizes_cube(counted.cubes[PERSONS], persons, counted.regions)
    codes = {
        name: {d: set(cube.table[d].to_pylist()) for d in cube.layout.dims}
        for name, cube in cubes.items()
    }
    there = {name: counted.tables[name] for name in counted.cubes}
    at = (TOTAL,) * len(persons.dimensions)
    proofs: list[Witnesses] = []
    protected = protect(
        cubes,
        policy,
        [*links_of(counted.contents, there, codes), *links_of_sizes(persons, code_of)],
        {
            **{name: without(tables, bare) for name, tables in counted.earlier.items()},
            SIZES: sizes_in(counted.earlier.get(PERSONS, ()), persons),
        },
        workers=workers,
        tell=say,
        proofs=proofs,
        regional=Regional(
            regions_with_rests(counted.contents, counted.tables, counted.regions, bare),
            size_of,
            {
                SIZES: {(code,): sign != "" for code, (_, sign) in shown.items()},
                PERSONS: {
                    (code, *at): sign != "" for code, (_, sign) in shown.items() if code not in bare
                },
            },
            until,
        ),
    )
    published = [code for code in bare if code in shown]
    return ProtectedCounts(
        {
            name: filled(cube.table, counted.tables[name], published, shown)
            if counted.tables[name].by_municipality
            else cube.table
            for name, cube in protected.items()
            if name != SIZES
        },
        {name: cube.primaries for name, cube in protected.items()},
        proofs[0],
        policy,
    )
