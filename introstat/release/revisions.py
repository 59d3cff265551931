"""What changed since the release before: old, new and difference of every figure, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from introstat.release.contents import Contents
from introstat.sql import text_literal

COLUMNS = (
    "cube varchar, period varchar, region_set varchar, region_code varchar, dimensions varchar, "
    "measure varchar, old_value decimal(18, 1), old_sign varchar, new_value decimal(18, 1), "
    "new_sign varchar, difference decimal(18, 1), reason varchar"
)
DEFINITION = "definisjon"
PROTECTION = "personvern"


@dataclass(frozen=True)
class Before:
    """The release that revisions are against: its name, manifest, and protected store."""

    name: str
    manifest: dict[str, Any]
    store: Path


def write_revisions(
    connection: duckdb.DuckDBPyConnection,
    contents: Contents,
    period: str,
    release: str,
    before: Before | None,
    reason: str,
) -> None:
    """Make the table `revisions` beside the `pub_*` of the new release.

    A figure that is shown in both and differs, or is shown in one only. `reason` holds for figures
    that changed; one that only its sign changed was hidden, or shown, by protection. `pub_*` of the
    release before are the relations `before_<cube>`.
    """
    connection.execute(f"create or replace table revisions ({COLUMNS})")
    if before is None:
        return
    for cube in contents.of(period).values():
        if not connection.execute(
            "select 1 from duckdb_tables() where table_name = ?", [f"before_{cube.name}"]
        ).fetchone():
            continue
        dims = [dimension.name for dimension in cube.dimensions]
        keys = ["period", "region_set", "region_code", *dims, "measure"]
        codes = ", ".join(f"{name} := coalesce(news.{name}, olds.{name})" for name in dims)
        on = " and ".join(f"news.{key} = olds.{key}" for key in keys)
        connection.execute(
            f"""
            insert into revisions
            select {text_literal(cube.name)}, coalesce(news.period, olds.period),
                coalesce(news.region_set, olds.region_set),
                coalesce(news.region_code, olds.region_code),
                to_json(struct_pack({codes})),
                coalesce(news.measure, olds.measure), olds.value, coalesce(olds.sign, '.'),
                news.value, coalesce(news.sign, '.'), news.value - olds.value,
                case when news.value is not null and olds.value is not null
                    then {text_literal(reason)} else '{PROTECTION}' end
            from (select * from pub_{cube.name} where release = {text_literal(release)}) as news
            full join before_{cube.name} as olds on {on}
            where news.value is distinct from olds.value
                or coalesce(news.sign, '.') <> coalesce(olds.sign, '.')
            order by all
            """
        )
