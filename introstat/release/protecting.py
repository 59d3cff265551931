"""Protection of a release's counts: the regions' sizes first, then what their detail may show."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from introstat.disclosure.detail import Regions, sizes_of_table
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, ProtectedCube, protect
from introstat.disclosure.regional import Regional
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import Witnesses
from introstat.release.contents import TOTAL, Contents
from introstat.release.detail import regions_for, regions_with_rests
from introstat.release.figures import (
    CountTable,
    PeriodRegion,
    count_tables_of,
    counts_of,
    links_of,
    regions_of,
)
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

LISTED = 12  # lines of a refusal that is no end
# Times the policy's limits of detail, and by when each try ends, as a share of the time there is.
STRICTER = ((1, 0.6), (2, 0.75), (4, 0.85), (1000, 1.0))


@dataclass(frozen=True)
class ProtectedCounts:
    """The counts of a release as they may be published, by count table in its codes.

    `primaries` and `witnesses` are restricted. `policy` has the limits of detail that were used,
    `regions` the level of each code.
    """

    tables: Mapping[str, pa.Table]
    primaries: Mapping[str, pa.Table]
    witnesses: Witnesses
    policy: Policy
    regions: Regions


@dataclass(frozen=True)
class Counted:
    """The counts of a release before protection, and what belongs to them."""

    contents: Contents
    tables: Mapping[str, CountTable]
    cubes: Mapping[str, Cube]
    regions: Sequence[PeriodRegion]
    earlier: Mapping[str, Sequence[pa.Table]]


def counted_in(
    warehouse: duckdb.DuckDBPyConnection,
    contents: Contents,
    period: str,
    listed: Sequence[Mapping[str, str]],
    earlier: Mapping[str, Sequence[pa.Table]],
) -> Counted:
    """The counts of a period; tables that count nobody are left out."""
    tables, regions = count_tables_of(contents, period), regions_of(listed)
    cubes = {name: counts_of(warehouse, table, period, regions) for name, table in tables.items()}
    there = {name: cube for name, cube in cubes.items() if any(cube.table["count"].to_pylist())}
    return Counted(contents, tables, there, regions, earlier)


def protect_counts(
    counted: Counted, policy: Policy, workers: int, seconds: float, say: Callable[[str], None]
) -> ProtectedCounts:
    """Protect the counts of a release within so many seconds.

    Where some cell cannot be protected at the policy's detail, or not in time, less detail is
    shown, and said so. Raises ProtectionImpossible where nothing helps.
    """
    started = time.monotonic()
    try:
        return _less_and_less(counted, policy, workers, (started, seconds), say)
    except ProtectionImpossible:
        if time.monotonic() <= started + seconds:
            raise
        raise ProtectionImpossible(
            f"{seconds:.0f} seconds are too few to protect these counts, even without the detail "
            "of municipalities. Give more with --within, or leave it out."
        ) from None


def _less_and_less(
    counted: Counted,
    policy: Policy,
    workers: int,
    time_given: tuple[float, float],
    say: Callable[[str], None],
) -> ProtectedCounts:
    """Try the policy's detail, then less, each until its share of the time is over."""
    started, seconds = time_given
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
        regional=Regional(whole, until=started + seconds),
    )[SIZES]
    refused = ProtectionImpossible("nothing was tried")
    for times, share in STRICTER:
        if times > 1:
            say(f"less detail: {times} times as many persons must be expected")
        try:
            return _protected(
                counted,
                whole,
                stricter(policy, times),
                sizes,
                workers,
                started + seconds * share,
                say,
            )
        except ProtectionImpossible as refusal:
            refused = refusal
            for line in refusal.format_message().splitlines()[:LISTED]:
                say(line)
    raise refused


def _sizes_told(
    shown: Mapping[str, tuple[int | None, str]], regions: Sequence[PeriodRegion]
) -> dict[str, int]:
    """The regions' sizes as they are told: of a county whose total is hidden, what is shown of its
    municipalities.
    """
    told = {code: value or 0 for code, (value, _) in shown.items()}
    for region in regions:
        if not region.is_registered and not told.get(region.county, 1):
            told[region.county] = sum(
                told[one.code]
                for one in regions
                if one.county == region.county and not one.is_registered
            )
    return told


def stricter(policy: Policy, times: int) -> Policy:
    """The policy with so many times its limits of detail."""
    return replace(
        policy,
        county_expects=policy.county_expects * times,
        municipality_expects=policy.municipality_expects * times,
        main_from=policy.main_from * times,
    )


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
    size_of = sizes_of_table(_sizes_told(shown, counted.regions), whole)
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
            regions_with_rests(counted.contents, counted.tables, whole, regions, code_of),
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
        whole,
    )
