"""The amount of each person of a count table, for those of which few have nearly all."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from introstat.disclosure.dominance import AMOUNT
from introstat.queries import table_of
from introstat.release.contents import AT_THE_TIME
from introstat.release.figures import REGISTERED, UNPLACED, CountTable, PeriodRegion, leaves_of


def amounts_of(
    warehouse: duckdb.DuckDBPyConnection,
    counted: CountTable,
    period: str,
    regions: Sequence[PeriodRegion],
) -> pa.Table | None:
    """The amount of each person whom a count table counts, in hundredths of a krone, by the codes
    of its inner cells; None where no amount rests on the counts.
    """
    if counted.measure.amounts is None:
        return None
    rows = table_of(
        warehouse,
        f"""
        select
            people.place_code,
            coalesce(places.region_code, '') as municipality,
            {", ".join(f"people.{d.name}" for d in counted.dimensions)},
            cast(round(100 * people.amount) as bigint) as {AMOUNT}
        from {counted.measure.amounts} as people
        left join stat_base_regions as places
            on
                people.period = places.period
                and people.place_code = places.place_code
                and places.region_set = ?
                and places.region_type = 'municipality'
        where people.period = ?
        """,
        [AT_THE_TIME, period],
    )
    leaves = leaves_of(regions)
    codes = [
        next(
            (
                leaf
                for leaf in (REGISTERED + place, REGISTERED + municipality, municipality)
                if leaf in leaves
            ),
            UNPLACED,
        )
        for place, municipality in zip(
            rows["place_code"].to_pylist(), rows["municipality"].to_pylist(), strict=True
        )
    ]
    return rows.drop_columns(["place_code", "municipality"]).append_column("region", [codes])
