"""Protection of a release's counts: the regions' sizes first, then what their detail may show."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.detail import COUNTY, Regions, sizes_of_table
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, ProtectedCube, protect
from introstat.disclosure.regional import Regional
from introstat.disclosure.suppress import ProtectionImpossible, Row
from introstat.disclosure.table_audit import Witnesses
from introstat.release.cohorts import COHORTS, links_of_cohorts, main_figures_to_hide
from introstat.release.contents import TOTAL
from introstat.release.counted import Counted, codes_of
from introstat.release.detail import regions_for
from introstat.release.figures import REFERENCE, REGISTERED, UNPLACED, PeriodRegion
from introstat.release.periods import (
    Codes,
    Taken,
    every_region,
    joined,
    links_between,
    named,
    take_together,
)
from introstat.release.rests import (
    PERSONS,
    SIZES,
    filled,
    municipal,
    shown_in,
    sizes_cube,
    sizes_in,
    with_rests,
    without,
)

LISTED = 12  # lines of a refusal that is no end
# Times the policy's limits of detail, whether municipalities show detail that they did not show in
# the periods beside, and by when each try ends, as a share of the time there is. The second try is
# for rows that what was told before leaves without doubt.
TRIES = (
    (1, True, 0.5), (1, True, 0.6), (1, False, 0.7), (2, False, 0.8), (4, False, 0.9),
    (1000, False, 1.0),
)  # fmt: skip


@dataclass(frozen=True)
class ProtectedCounts:
    """The counts of a release as they may be published, by count table in its codes.

    `hidden_before` are main figures of earlier years that must be hidden too. `primaries` and
    `witnesses` are restricted, and so are the rows that what was told before leaves no doubt,
    `left_out`. `policy` has the limits of detail that were used, `regions` the level of each code.
    """

    tables: Mapping[str, pa.Table]
    hidden_before: Sequence[Mapping[str, str]]
    primaries: Mapping[str, pa.Table]
    witnesses: Witnesses
    policy: Policy
    regions: Regions
    left_out: Set[Row]


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
    every = every_region(counted.regions, counted.beside)
    whole = regions_for(counted.contents, counted.tables, every)
    sizeless: set[str] = set()  # regions whose size tells too much beside other periods
    sizes = _protected_sizes(counted, whole, sizeless, policy, workers, started + seconds, say)
    left_out: set[Row] = set()  # rows that what was told before leaves without doubt
    refused = ProtectionImpossible("nothing was tried")
    impossible: frozenset[Row] = frozenset()  # rows for which the last try, had it time, failed
    for number, (times, shows_more, share) in enumerate(TRIES):
        if more_rows := _may_be_left_out(impossible, counted, whole) - left_out:
            left_out |= more_rows
            rows = {f"{table} of {code.removeprefix(REFERENCE)}" for table, code, _ in more_rows}
            say(f"left out, since what was told leaves no doubt: {', '.join(sorted(rows))}")
        elif number and shows_more:
            continue
        if times == 1 and not shows_more:
            if not counted.beside:
                continue
            say("less detail: none of municipalities that show none in the other periods")
        if times > 1:
            say(f"less detail: {times} times as many persons must be expected")
        until = started + seconds * share
        try:
            regions = {region for _, region, _ in impossible}
            if not shows_more and (more := regions & _may_lose_size(counted, sizes, whole)):
                sizeless |= more
                say(f"the number of participants is hidden in {', '.join(sorted(more))}")
                sizes = _protected_sizes(counted, whole, sizeless, policy, workers, until, say)
            return _protected(
                counted,
                whole,
                stricter(policy, times),
                shows_more,
                sizes,
                left_out,
                workers,
                until,
                say,
            )
        except ProtectionImpossible as refusal:
            refused = refusal
            impossible = refusal.rows if time.monotonic() <= until else frozenset()
            for line in refusal.format_message().splitlines()[:LISTED]:
                say(line)
    raise refused


def _may_be_left_out(rows: Iterable[Row], counted: Counted, whole: Regions) -> set[Row]:
    """The rows of counties and municipalities, where something was told before."""
    if not counted.beside and not any(counted.earlier.values()):
        return set()
    shown = {code for code, region in whole.of.items() if region.level >= COUNTY}
    nowhere = {UNPLACED, REGISTERED + UNPLACED}
    return {row for row in rows if row[1] in shown - nowhere and row[0] in counted.cubes}


def _protected_sizes(
    counted: Counted,
    whole: Regions,
    hidden: Collection[str],
    policy: Policy,
    workers: int,
    until: float,
    say: Callable[[str], None],
) -> ProtectedCube:
    """The numbers of participants, protected by themselves and beside those of other periods; those
    of some regions are hidden, however large.
    """
    cubes, tables, codes = {}, {}, {}
    for one in (counted, *counted.beside):
        persons, name = one.tables[PERSONS], named(SIZES, one.period, counted.period)
        cubes[name] = sizes_cube(one.cubes[PERSONS], persons, one.regions)
        tables[name] = sizes_in(one.earlier.get(PERSONS, ()), persons)
        codes[one.period] = codes_of({SIZES: cubes[name]})
    before = tables.pop(SIZES)
    return protect(
        cubes,
        policy,
        links_between(counted.contents, codes, counted.period),
        {SIZES: before} if before else None,
        workers=workers,
        tell=say,
        regional=Regional(
            whole,
            doubtful={SIZES: [(code,) for code in sorted(hidden)]},
            finished=tables,
            same=dict.fromkeys(tables, SIZES),
            until=until,
        ),
    )[SIZES]


def _may_lose_size(counted: Counted, sizes: ProtectedCube, whole: Regions) -> set[str]:
    """The municipalities whose number is shown and need not be, where other periods are protected
    beside: with what these tell, the number can give a cell away whatever else is hidden.
    """
    if not counted.beside:
        return set()
    before = sizes_in(counted.earlier.get(PERSONS, ()), counted.tables[PERSONS])
    return set(municipal(whole)) & _shown([sizes.table]) - _shown(before)


def _shown(tables: Iterable[pa.Table]) -> set[str]:
    """The regions whose number tables show."""
    return {
        code
        for table in tables
        for code in table.filter(pc.equal(table["sign"], ""))["region"].to_pylist()
    }


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
    shows_more: bool,
    sizes: ProtectedCube,
    left_out: Set[Row],
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
    told = [shown_in(other.earlier, other.tables[PERSONS]) for other in counted.beside]
    if told and not shows_more:
        everywhere = set.intersection(*map(set, told))
        size_of |= {code: 0 for code in municipal(whole) if code not in everywhere}
    for code in shown_in(counted.earlier, persons) & set(size_of):
        size_of[code] = max(size_of[code], policy.main_from)  # what was told stays told
    small = {code for code in municipal(whole) if size_of.get(code, 0) < policy.main_from}
    bare = small.difference(*told)
    periods = (counted, *counted.beside)
    parts = [_part_of_system(one, bare, whole, counted.period) for one in periods]
    (own, *others), cubes, tables, codes = zip(*parts, strict=True)
    by_period = dict(zip((one.period for one in periods), codes, strict=True))
    at = (TOTAL,) * len(persons.dimensions)
    proofs: list[Witnesses] = []
    cohorts = {COHORTS: counted.cohorts} if counted.cohorts else {}
    protected = protect(
        {name: cube for part in (*cubes, cohorts) for name, cube in part.items()},
        policy,
        [
            *(link for taken in (own, *others) for link in taken.links),
            *links_between(counted.contents, by_period, counted.period),
            *(links_of_cohorts(counted.contents) if cohorts else []),
        ],
        tables[0] | dict.fromkeys(cohorts, counted.cohorts_shown),
        workers=workers,
        tell=say,
        proofs=proofs,
        regional=Regional(
            joined(own, others),
            sizes=size_of,
            decided={
                SIZES: {(code,): sign != "" for code, (_, sign) in shown.items()},
                PERSONS: {
                    (code, *at): sign != "" for code, (_, sign) in shown.items() if code not in bare
                },
            },
            left_out=left_out,
            finished={name: files for part in tables[1:] for name, files in part.items()},
            same={
                named(table, period, counted.period): table
                for period, own_codes in by_period.items()
                for table in own_codes
            },
            beside=[taken.regions for taken in others],
            until=until,
        ),
    )
    published = [code for code in bare if code in shown]
    return ProtectedCounts(
        {
            name: filled(protected[name].table, counted.tables[name], published, shown)
            if counted.tables[name].by_municipality
            else protected[name].table
            for name in counted.cubes
        },
        [
            figure
            for name in cohorts
            for figure in main_figures_to_hide(
                protected[name].table, counted.contents, counted.period
            )
        ],
        {name: cube.primaries for name, cube in protected.items()},
        proofs[0],
        policy,
        whole,
        left_out,
    )


def _part_of_system(
    one: Counted, bare: Collection[str], every: Regions, own: str
) -> tuple[Taken, dict[str, Cube], dict[str, Sequence[pa.Table]], dict[str, Codes]]:
    """A period's part of the system: how it is taken, its cubes, what its releases show, and the
    codes of each table.
    """
    there = {name: one.tables[name] for name in one.cubes}
    persons = one.tables[PERSONS]
    codes = codes_of(one.cubes)
    taken = take_together(one.contents, there, one.regions, bare, every, codes, one.period, own)
    cubes = {
        name: with_rests(cube, one.tables[name], taken.taken, taken.code_of)
        for name, cube in one.cubes.items()
    }
    cubes[SIZES] = sizes_cube(one.cubes[PERSONS], persons, one.regions)
    shown = {name: without(tables, bare) for name, tables in one.earlier.items()}
    shown[SIZES] = sizes_in(one.earlier.get(PERSONS, ()), persons)
    return (
        taken,
        {named(name, one.period, own): cube for name, cube in cubes.items()},
        {named(name, one.period, own): tables for name, tables in shown.items()},
        codes | codes_of({SIZES: cubes[SIZES]}),
    )
