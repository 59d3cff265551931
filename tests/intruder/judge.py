"""The truth, from the restricted warehouse: it judges what an attack found and tells it nothing."""

from collections import defaultdict
from pathlib import Path

import duckdb

from tests.intruder.facts import Codes, Facts, Time
from tests.intruder.folders import Cell, codes_of, knowledge
from tests.intruder.places import COUNTRY, COUNTY, UNPLACED, leaf_places

_SETS = {"at_the_time": "leaf", "as_registered": "registered"}
_KEYS = ("period", "period_type", "region_set", "region_type", "region_code", "measure")
_CUBES = (
    "participants", "participants_country", "measures_4", "measures_12", "direct_result_2",
    "direct_result_7", "status", "status_codes", "benefit", "completeness",
)  # fmt: skip

Counts = dict[tuple[str, Codes], int]
_COUNTIES_ONLY = {"country_of_birth", "status_code"}


class Truth:
    """The true counts of the periods that facts speak of; one warehouse has one vintage."""

    def __init__(self, warehouse: Path, facts: Facts) -> None:
        self.facts = facts
        self.leaves: dict[Time, dict[str, Counts]] = {}
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            schema = connection.execute(
                "select table_schema from information_schema.tables "
                "where table_name = 'stat_participants'"
            ).fetchone()
            assert schema is not None
            self.found: dict[Time, dict[str, Counts]] = {}
            for time in facts.shapes:
                found = self.found[time] = self._counts(connection, schema[0], time)
                if time in facts.regions:
                    self.leaves[time] = self._of_leaves(time, found)

    def _counts(
        self, connection: duckdb.DuckDBPyConnection, schema: str, time: Time
    ) -> dict[str, Counts]:
        """The counts of the country, counties, municipalities and codes as registered, by name."""
        found: dict[str, Counts] = defaultdict(dict)
        shown = {
            name: set(codes)
            for shape in self.facts.shapes[time]
            for name, codes in shape.dimensions
        }
        for cube in _CUBES:
            rows = connection.execute(
                f"select * from {schema}.stat_{cube} where period = ? and region_set in "
                "('at_the_time', 'as_registered')",
                [time[1]],
            ).to_arrow_table()
            own: dict[str, Counts] = defaultdict(dict)
            names = [n for n in rows.column_names if n not in (*_KEYS, "value", "persons")]
            for row in rows.to_pylist():
                if row["measure"] not in knowledge()["counts"]:
                    continue
                for name, [pool] in knowledge()["pooled"].items():
                    if row.get(name, pool) not in (shown.get(name, ()) or (row.get(name),)):
                        row[name] = pool
                key = row["measure"], codes_of({name: row[name] for name in names})
                where = row["region_code"]
                if row["region_type"] == "municipality":
                    where = f"{_SETS[row['region_set']]} {where}"
                own[where][key] = own[where].get(key, 0) + int(row["value"])
            for where, counts in own.items():
                found[where] |= counts
        return found

    def _of_leaves(self, time: Time, found: dict[str, Counts]) -> dict[str, Counts]:
        release = next(r for r in self.facts.releases if (r.vintage, r.period) == time)
        places = leaf_places(release)
        leaves = {name: dict(found.get(name, {})) for name in places}
        for name, place in places.items():
            own = f"leaf {place.counts_in}"
            if place.set == "as_registered" and own in leaves:
                for key, count in leaves[name].items():
                    leaves[own][key] -= count
        unplaced = dict(found[knowledge()["country"]])
        for counts in leaves.values():
            for key, count in counts.items():
                unplaced[key] = unplaced.get(key, 0) - count
        leaves[UNPLACED] = unplaced
        return leaves

    def of(self, cell: Cell) -> int:
        """The true count of a cell."""
        time, key = (cell.vintage, cell.period), (cell.measure, cell.codes)
        if time not in self.leaves:
            return self.found[time][knowledge()["country"]].get(key, 0)
        if any(name in _COUNTIES_ONLY for name, _ in cell.codes):
            return self._in_county(time, cell.region, key)
        for regions in (self.facts.regions[time], self.facts.fine[time]):
            if cell.region in regions.leaves:
                return sum(
                    self.leaves[time][leaf].get(key, 0) for leaf in regions.leaves[cell.region]
                )
        raise KeyError(cell)

    def _in_county(self, time: Time, region: str, key: tuple[str, Codes]) -> int:
        """A count of a table that has no municipalities."""
        found, country = self.found[time], knowledge()["country"]
        if self.facts.regions[time].kinds[region] in (COUNTRY, COUNTY) and region in found:
            return found[region].get(key, 0)
        counties = sum(counts.get(key, 0) for name, counts in found.items() if len(name) == 2)
        return found[country].get(key, 0) - counties
