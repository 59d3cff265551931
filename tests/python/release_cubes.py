"""Made-up publication cubes for the report's tests: believable figures in the contract's shape."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow as pa

from introstat.codelists import labels, seed_rows
from introstat.release.contents import load_contents

DIMENSIONS = {
    name: tuple(dimension.name for dimension in cube.dimensions)
    for name, cube in load_contents().cubes.items()
}
_COUNTRIES = {"SY": 0.34, "ER": 0.25, "SO": 0.09, "AF": 0.08, "SD": 0.05, "ET": 0.04, "IR": 0.03}
_COUNTRIES |= {"IQ": 0.03, "CD": 0.02, "MM": 0.02, "other": 0.05}
_AGES = {"18-25": 0.27, "26-35": 0.41, "36-45": 0.21, "46-55": 0.09, "56+": 0.015, "other": 0.005}


@dataclass
class Cubes:
    """The cells of a release, before they are put into a database."""

    period: str
    earlier: Sequence[str]
    persons: int = 28_800
    hide_to: int = 3
    everything_hidden: bool = False
    cells: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    @property
    def is_year(self) -> bool:
        return "H" not in self.period

    def put(
        self,
        cube: str,
        region_type: str,
        region: str,
        measure: str,
        value: Decimal | int | float | None,
        *codes: str,
        period: str | None = None,
        sign: str = "",
        count: bool = False,
    ) -> None:
        """Put a cell; a small count is hidden, as is everything where everything is."""
        if self.everything_hidden or (count and value is not None and 1 <= value <= self.hide_to):
            value, sign = None, ":"
        written = (
            None if value is None else Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
        )
        at = period or self.period
        row = (at, "at_the_time", region_type, region, *codes, measure, written, sign)
        self.cells.setdefault(cube, []).append(row)


def _regions(period: str, every: bool) -> list[tuple[str, str, str, str | None]]:
    day = date(int(period[:4]), 6 if period.endswith("H1") else 12, 30)

    def valid(row: Mapping[str, str]) -> bool:
        return date.fromisoformat(row["valid_from"]) <= day and (
            not row["valid_to"] or date.fromisoformat(row["valid_to"]) > day
        )

    counties = [
        (row["county_code"], "county", row["county_name"], None)
        for row in seed_rows("counties")
        if valid(row)
    ]
    municipalities = [
        (row["municipality_code"], "municipality", row["municipality_name"], row["county_code"])
        for row in seed_rows("municipalities")
        if valid(row) and (every or row["municipality_code"].endswith("1"))
    ]
    return [("0", "country", "Hele landet", None), *counties, *municipalities]


def _split(total: int, shares: Mapping[str, float], chance: random.Random) -> dict[str, int]:
    left, found = total, {}
    weight = sum(shares.values())
    for code, share in list(shares.items())[:-1]:
        part = min(left, max(0, round(total * share / weight * chance.uniform(0.8, 1.2))))
        found[code] = part
        left -= part
    found[list(shares)[-1]] = left
    return found


def sample(
    period: str = "2017H2",
    earlier: Sequence[str] = ("2015H1", "2015H2", "2016H1", "2016H2", "2017H1"),
    *,
    persons: int = 28_800,
    everything_hidden: bool = False,
    revised: bool = False,
    every_municipality: bool = False,
    seed: int = 2017,
) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the cubes of a release, always the same for a seed.

    Of the municipalities it has one in ten, some in each county, unless every one is wanted.
    """
    cubes = Cubes(period, earlier, persons, everything_hidden=everything_hidden)
    chance = random.Random(seed)
    regions = _regions(period, every_municipality)
    places = [row for row in regions if row[1] == "municipality"]
    weights = [chance.paretovariate(1.1) for _ in places]
    by_place = dict(
        zip(
            (row[0] for row in places),
            (round(persons * w / sum(weights)) for w in weights),
            strict=True,
        )
    )
    by_county: dict[str, int] = {}
    for code, _, _, county in places:
        by_county[str(county)] = by_county.get(str(county), 0) + by_place[code]
    # The country has those with a protected address as well.
    country = sum(by_county.values()) + round(persons * 0.008)
    sizes = {"0": ("country", country)}
    sizes |= {code: ("county", size) for code, size in by_county.items()}
    sizes |= {code: ("municipality", size) for code, size in by_place.items()}
    for number, at in enumerate((*earlier, period)):
        _headline(cubes, at, country, len(earlier) - number, chance)
    for region, (region_type, size) in sizes.items():
        _region(cubes, region_type, region, size, chance)
    for event, known in zip(labels("event_types"), (97, 91, 94, 86, 71, 83), strict=True):
        low, high = known - chance.randint(2, 8), min(100, known + chance.randint(1, 4))
        for measure, value in (("known", known), ("low", low), ("high", high)):
            cubes.put("registration_share", "country", "0", f"{measure}_percent", value, event)
    return _database(cubes, regions, revised=revised)


def _headline(cubes: Cubes, at: str, country: int, periods_ago: int, chance: random.Random) -> None:
    size = round(country * (1 - 0.09 * periods_ago))
    men = round(size * 0.58)
    exits = round(size * 0.19)
    for sex, n, lift in (("total", size, 0), ("1", men, 8), ("2", size - men, -10)):
        codes = ("headline", "country", "0")
        share = n / size
        values: dict[str, float] = {
            "participants": n,
            "exits": round(exits * share),
            "direct_result_percent": 46 + lift - periods_ago,
            "hours_per_week": 27.4 - 0.3 * periods_ago + lift / 20,
            "full_time_percent": 38 + lift // 2 - periods_ago,
            "measure_days_percent": 88 - periods_ago,
            "recipients": round(n * 0.97),
            "amount": round(n * 0.97) * 84_210,
            "mean_amount": 84_210 + 100 * lift,
        }
        if cubes.is_year:
            values["former_participants"] = round(exits * share * 0.94)
            values["status_percent"] = 63 + lift - periods_ago
        for measure, value in values.items():
            is_count = measure in ("participants", "exits", "recipients", "former_participants")
            cubes.put(*codes, measure, value, sex, period=at, count=is_count)


def _percent(part: int, whole: int, decimals: int = 0) -> Decimal | None:
    if whole == 0:
        return None
    step = Decimal(1).scaleb(-decimals)
    return (Decimal(100 * part) / whole).quantize(step, ROUND_HALF_UP)


def _region(cubes: Cubes, region_type: str, region: str, size: int, chance: random.Random) -> None:
    at = (region_type, region)
    men = round(size * 0.58)
    sexes = {"total": size, "1": men, "2": size - men}
    codes_12 = [code for code in labels("measure_types") if code != "ukjent"]
    codes_4 = [code for code in labels("measure_groups") if code != "ukjent"]
    reasons = dict(zip(labels("termination_groups"), (25, 21, 9, 8, 9, 3, 16, 8, 1), strict=True))
    _shared(cubes, "participants", at, sexes, _AGES, 1, chance)
    if region_type != "municipality":
        _shared(cubes, "participants_country", at, sexes, _COUNTRIES, 0, chance)
    for sex, n in sexes.items():
        for cube, codes in (("measures_4", codes_4), ("measures_12", codes_12)):
            for number, code in enumerate(codes):
                taking = round(n * (0.93 if number == 0 else chance.uniform(0.02, 0.4)))
                name = "participants_with_measure"
                cubes.put(cube, *at, name, taking, sex, code, count=True)
        few = 0 < n < 4
        for measure, value in (
            ("hours_per_week", chance.uniform(22, 33)),
            ("full_time_percent", chance.randint(15, 70)),
            ("measure_days_percent", chance.randint(70, 98)),
        ):
            if few or n == 0:
                cubes.put("hours", *at, measure, None, sex, sign=":" if few else "..")
            else:
                cubes.put("hours", *at, measure, round(value, 1), sex)
        exits = _split(round(n * 0.19), reasons, chance)
        _counted(cubes, "direct_result_7", at, sex, exits, "exits", 0)
        good = exits["arbeid"] + exits["utdanning"]
        coarse = {"arbutd": good, "annet": sum(exits.values()) - good}
        _counted(cubes, "direct_result_2", at, sex, coarse, "exits", 0)
        if cubes.is_year:
            _status(cubes, at, sex, round(n * 0.17), chance)
        for band, persons in {"total": n, **_split(n, _AGES, chance)}.items():
            recipients = round(persons * 0.97)
            cubes.put("benefit", *at, "recipients", recipients, sex, band, count=True)
            few = 0 < recipients < 4
            mean = chance.randint(70_000, 95_000)
            for measure, value in (("amount", recipients * mean), ("mean_amount", mean)):
                if few or recipients == 0:
                    cubes.put("benefit", *at, measure, None, sex, band, sign=":" if few else "..")
                else:
                    cubes.put("benefit", *at, measure, value, sex, band)
    for row in seed_rows("completeness_rules"):
        checked = 0 if row["rule_id"] in ("C15", "C17") else round(size * chance.uniform(0.3, 1.2))
        base = {"C01": 0.31, "C03": 0.08, "C14": 0.27, "C11": 0.21}.get(row["rule_id"], 0.009)
        findings = min(checked, round(checked * base * chance.uniform(0.6, 1.4)))
        cubes.put("completeness", *at, "checked", checked, row["rule_id"], count=True)
        hidden = 1 <= findings <= 3 or 1 <= checked <= 3
        for measure, value in (("findings", findings), ("percent", _percent(findings, checked))):
            if hidden or value is None:
                sign = ":" if hidden else ".."
                cubes.put("completeness", *at, measure, None, row["rule_id"], sign=sign)
            else:
                cubes.put("completeness", *at, measure, value, row["rule_id"])


def _shared(
    cubes: Cubes,
    cube: str,
    at: tuple[str, str],
    sexes: Mapping[str, int],
    shares: Mapping[str, float],
    decimals: int,
    chance: random.Random,
) -> None:
    """Participants by sex and another dimension; percents are the sex's share of each code."""
    counts = {sex: _split(sexes[sex], shares, chance) for sex in "12"}
    counts["total"] = {code: counts["1"][code] + counts["2"][code] for code in shares}
    for sex, by_code in counts.items():
        for code in ("total", *shares):
            count = by_code[code] if code in by_code else sum(by_code.values())
            whole = counts["total"].get(code, sum(counts["total"].values()))
            cubes.put(cube, *at, "participants", count, sex, code, count=True)
            _put_percent(cubes, cube, at, count, whole, decimals, sex, code)


def _put_percent(
    cubes: Cubes,
    cube: str,
    at: tuple[str, str],
    count: int,
    whole: int,
    decimals: int,
    *codes: str,
) -> None:
    """Put a percent; it is hidden with its count, and cannot occur where there is nobody."""
    share = _percent(count, whole, decimals)
    hidden = 1 <= count <= 3 or 1 <= whole <= 3
    if hidden or share is None:
        cubes.put(cube, *at, "percent", None, *codes, sign=":" if hidden else ".")
    else:
        cubes.put(cube, *at, "percent", share, *codes)


def _counted(
    cubes: Cubes,
    cube: str,
    at: tuple[str, str],
    sex: str,
    counts: Mapping[str, int],
    measure: str,
    decimals: int,
    *before: str,
) -> None:
    whole = sum(counts.values())
    for code, count in {"total": whole, **counts}.items():
        cubes.put(cube, *at, measure, count, *before, sex, code, count=True)
        _put_percent(cubes, cube, at, count, whole, decimals, *before, sex, code)


def _status(cubes: Cubes, at: tuple[str, str], sex: str, size: int, chance: random.Random) -> None:
    groups = labels("statuses", "status_group")
    for years_after in "12345":
        shares = dict(zip(groups, (14, 36, 13, 8, 6, 4, 3, 2, 3, 5, 3, 3), strict=True))
        codes = _split(size, shares, chance)
        counts = {
            group: sum(n for code, n in codes.items() if groups[code] == group) for group in "123"
        }
        _counted(cubes, "status", at, sex, counts, "former_participants", 0, years_after)
        if at[0] != "municipality":
            _counted(cubes, "status_codes", at, sex, codes, "former_participants", 0, years_after)


def _database(
    cubes: Cubes, regions: Sequence[tuple[str, str, str, str | None]], *, revised: bool
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for cube, dimensions in DIMENSIONS.items():
        if cube.startswith("status") and not cubes.is_year:
            continue
        columns = "".join(f"{name} varchar, " for name in dimensions)
        connection.execute(
            f"create table pub_{cube} (period varchar, region_set varchar, region_type varchar, "
            f"region_code varchar, {columns}measure varchar, value decimal(18, 1), sign varchar)"
        )
        _insert(connection, f"pub_{cube}", cubes.cells.get(cube, []))
    connection.execute(
        "create table regions (region_code varchar, region_type varchar, region_name varchar, "
        "county_code varchar)"
    )
    _insert(connection, "regions", regions)
    connection.execute(
        "create table revisions (cube varchar, period varchar, region_code varchar, "
        "dimensions varchar, measure varchar, old_value decimal(18, 1), old_sign varchar, "
        "new_value decimal(18, 1), new_sign varchar, difference decimal(18, 1), reason varchar)"
    )
    if revised:
        _insert(connection, "revisions", _revisions(cubes.period))
    return connection


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Put rows into a table by its columns' types; row by row takes half a minute."""
    if not rows:
        return
    types = connection.execute(f"describe {table}").fetchall()
    arrow = {"VARCHAR": pa.string(), "DECIMAL(18,1)": pa.decimal128(18, 1)}
    columns = {
        name: pa.array(values, arrow[kind])
        for (name, kind, *_), values in zip(types, zip(*rows, strict=True), strict=True)
    }
    connection.register("_rows", pa.table(columns))
    connection.execute(f"insert into {table} select * from _rows")
    connection.unregister("_rows")


def _revisions(period: str) -> list[tuple[object, ...]]:
    def row(
        cube: str, region: str, codes: Mapping[str, str], measure: str, old: int | None, new: int
    ) -> tuple[object, ...]:
        change = None if old is None else new - old
        sign = ":" if old is None else ""
        at = (cube, period, region, json.dumps(codes), measure)
        values = [None if each is None else Decimal(each) for each in (old, new, change)]
        return (*at, values[0], sign, values[1], "", values[2], "Sen registrering")

    return [
        row("participants", "0", {"sex": "total", "age_band": "total"}, "participants", 990, 1010),
        row("direct_result_2", "03", {"sex": "1", "result_group": "arbutd"}, "percent", 52, 51),
        row("completeness", "0301", {"rule_id": "C03"}, "findings", None, 12),
        *(
            row("participants", "0", {"sex": "2", "age_band": band}, "participants", 80 + n, 81 + n)
            for n, band in enumerate(("18-25", "26-35", "other"))
        ),
    ]
