"""What a release holds: cubes.yml and the seeds' labels, as objects."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from introstat.codelists import labels, registration_interval, seed_rows
from introstat.disclosure.policy import NO_DOMINANCE, Policy
from introstat.release.cube import Kind
from introstat.rule_texts import rules_of_seed

CONTENTS = Path(__file__).with_name("cubes.yml")
TOTAL = "total"
COUNTRY = "0"
REGION_TYPES = ("country", "county", "municipality")
AT_THE_TIME, REFERENCE_YEAR = "at_the_time", "reference_year"
AS_REGISTERED = "as_registered"  # restricted: codes that count apart in the two other sets


@dataclass(frozen=True)
class Label:
    """A code with its labels in both languages."""

    code: str
    nb: str
    en: str


@dataclass(frozen=True)
class DimensionSpec:
    """A dimension of the cubes: its codes in order, its total (None: codes overlap).

    `unpublished` (not registered, too few to tell) counts in totals but has no cells of its own.
    With `only_used` a cube shows only codes that somebody in the country has. `klass` holds the
    numbers of Statistics Norway's classifications by what they are of: the dimension, or a type of
    region.
    """

    name: str
    label: Label
    codes: tuple[Label, ...]
    total: Label | None
    unpublished: str | None
    only_used: bool
    seed: str | None
    klass: Mapping[str, int]
    definition: Label

    def column(self, name: str) -> dict[str, str]:
        """What the seed says of each of its codes in another of its columns."""
        assert self.seed is not None
        return {next(iter(row.values())): row[name] for row in seed_rows(self.seed)}


@dataclass(frozen=True)
class MeasureSpec:
    """A figure of a cube, and the count that decides whether it is shown (see cubes.yml)."""

    name: str
    label: Label
    unit: Label
    decimals: int
    kind: Kind
    refers: Label
    counts: bool = False
    part: str | None = None
    whole: str | None = None
    rests_on: str | None = None
    follows: str | None = None
    amounts: str | None = None


@dataclass(frozen=True)
class CubeSpec:
    """A published cube. `system` names the counts it shares with other cubes in protection."""

    name: str
    stem: str
    title: Label
    description: Label
    population: Label
    dimensions: tuple[DimensionSpec, ...]
    measures: tuple[MeasureSpec, ...]
    region_types: tuple[str, ...]
    system: str
    pool: str | None
    imdi_table: str | None
    only_years: bool
    final: Mapping[str, int]
    year_measures: frozenset[str] = frozenset()

    @property
    def model(self) -> str:
        """The model of the figures before protection."""
        return f"stat_{self.name}"

    @property
    def region_sets(self) -> tuple[str, ...]:
        """Codes of the time; beside them those of the reference year where there are
        municipalities.
        """
        return (AT_THE_TIME, REFERENCE_YEAR)[: 2 if "municipality" in self.region_types else 1]

    def holds(self, period: str) -> bool:
        """Whether a release of this period has the cube."""
        return is_year(period) or not self.only_years

    def measures_in(self, period: str) -> tuple[MeasureSpec, ...]:
        """The figures of a release of this period."""
        return tuple(
            m for m in self.measures if is_year(period) or m.name not in self.year_measures
        )

    def final_by(self, period: str) -> date:
        """The day by which preliminary figures of a period become final."""
        year, month = int(period[:4]) + self.final["years"], self.final["month"]
        return date(year, month, monthrange(year, month)[1])

    def counts_in(self) -> tuple[MeasureSpec, ...]:
        """The counts that protection decides by."""
        return tuple(measure for measure in self.measures if measure.counts)

    def count_table(self, measure: MeasureSpec) -> str:
        """The name of the count table that one of its counts is protected in."""
        one = len(self.counts_in()) == 1
        return self.system if one else f"{self.system}_{measure.name}"


@dataclass(frozen=True)
class Contents:
    """The cubes of a release, notes to all, and the links between counts as cubes.yml has them.

    `periods` says of a table of counts what a year has to do with its half-years; dimensions of
    `at_total` are then at their total. `cohorts` says which table has to do with earlier years.
    """

    cubes: Mapping[str, CubeSpec]
    dimensions: Mapping[str, DimensionSpec]
    notes: tuple[Mapping[str, Any], ...]
    links: tuple[Mapping[str, Any], ...]
    groups: tuple[Mapping[str, Any], ...]
    main: Mapping[str, Mapping[str, tuple[str, ...]]]
    periods: Mapping[str, Mapping[str, str]]
    at_total: tuple[str, ...]
    cohorts: Mapping[str, Any]

    def notes_of(self, cube: str, policy: Policy, language: str) -> tuple[str, ...]:
        """The notes to a cube, `nb` or `en`, with the limits of the policy in their places."""
        limits = {
            "hidden": policy.hidden_counts,
            "least": policy.min_persons,
            "pool_below": policy.pool_below,
            "group_from": policy.group_from,
            "all_but": policy.all_but,
            "dominant_persons": policy.dominant_persons,
            "dominant_percent": policy.dominant_percent,
        }
        own, groups = self.cubes[cube], ""
        if policy.whole_groups == "protect" and any(
            own.count_table(measure) in policy.sensitive for measure in own.counts_in()
        ):
            groups = "all_but" if policy.all_but else "all"
        dominance = policy.dominant_percent < NO_DOMINANCE
        return tuple(
            note[language].format_map(limits)
            for note in self.notes
            if cube in note.get("cubes", [cube])
            and note.get("whole_groups", groups) == groups
            and note.get("dominance", dominance) == dominance
        )

    def of(self, period: str) -> dict[str, CubeSpec]:
        """The cubes that a release of this period has."""
        return {name: cube for name, cube in self.cubes.items() if cube.holds(period)}


def is_year(period: str) -> bool:
    """Whether a period is a year, not a half-year."""
    return "H" not in period


@cache
def load_contents() -> Contents:
    """Read cubes.yml; it is part of the program, so a fault in it is a fault of the program."""
    content = yaml.safe_load(CONTENTS.read_text(encoding="utf-8"))
    dimensions = {name: _dimension(name, d) for name, d in content["dimensions"].items()}
    cubes = {
        name: _cube(name, {"final": content["final"], **cube}, dimensions, content["measures"])
        for name, cube in content["cubes"].items()
    }
    notes, links, groups = (tuple(content[name]) for name in ("notes", "links", "groups"))
    periods = content["periods"]
    return Contents(
        cubes, dimensions, notes, links, groups, content["main"], periods["tables"],
        tuple(periods["at_total"]), content["cohorts"],
    )  # fmt: skip


def _dimension(name: str, given: Mapping[str, Any]) -> DimensionSpec:
    klass = given.get("klass")
    nb, en = given.get("labels", ("label_nb", "label_en"))
    seed = given.get("seed")
    rows = sorted(
        rules_of_seed() if seed == "completeness_rules" else seed_rows(seed) if seed else [],
        key=lambda row: int(row.get("sort_order", 0) or 0),
    )
    codes = [Label(next(iter(row.values())), row[nb], row[en]) for row in rows]
    codes += [Label(m["code"], m["label_nb"], m["label_en"]) for m in given.get("more", [])]
    total = _label(TOTAL, given, "total") if "total_nb" in given else None
    return DimensionSpec(
        name,
        _label(name, given, "label"),
        tuple(codes),
        total,
        given.get("unpublished"),
        given.get("only_used", False),
        seed,
        klass if isinstance(klass, Mapping) else {name: klass} if klass else {},
        _label(name, given, "definition"),
    )


def _cube(
    name: str,
    given: Mapping[str, Any],
    dimensions: Mapping[str, DimensionSpec],
    measures: Mapping[str, Any],
) -> CubeSpec:
    of_a_year = given.get("measures_of_a_year", {})
    return CubeSpec(
        name,
        given["stem"],
        _label(name, given, "title"),
        _label(name, given, "description"),
        _label(name, given, "population"),
        tuple(dimensions[each] for each in given["dimensions"]),
        tuple(
            MeasureSpec(
                m,
                _label(m, measures[m], "label"),
                _label(m, measures[m], "unit"),
                rule.get("decimals", measures[m].get("decimals", 0)),
                measures[m].get("kind", "flow"),
                _label(m, measures[m], "refers"),
                **{key: value for key, value in rule.items() if key != "decimals"},
            )
            for m, rule in (given["measures"] | of_a_year).items()
        ),
        tuple(given.get("regions", REGION_TYPES)),
        given.get("system", name),
        given.get("pool"),
        given.get("imdi_table"),
        given.get("periods") == "year",
        given["final"],
        frozenset(of_a_year),
    )


def _label(code: str, given: Mapping[str, str], kind: str) -> Label:
    """A text of cubes.yml in both languages, with the seeds' limits in their places; '' if none."""
    nb, en = (given.get(f"{kind}_{each}", "").format_map(_limits()) for each in ("nb", "en"))
    return Label(code, nb, en)


@cache
def _limits() -> dict[str, str]:
    of_rules = {
        f"{row['rule_id']}_{row['limit_name']}": row["limit_value"]
        for row in seed_rows("rule_limits")
    }
    return (
        of_rules
        | labels("report_limits", "limit_value")
        | {"registration_interval": f"{float(registration_interval()):g}"}
    )
