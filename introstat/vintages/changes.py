"""What changed in the facts from one vintage to a later one, and why.

Two warehouse files are compared row by row. A row of a fact is put down to the records of NIR that
changed beneath it; `facts.yml` beside this module says which.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from introstat.places import memory_limit
from introstat.progress import Tell, silent
from introstat.sql import text_literal
from introstat.warehouse.opening import attach_to_read

REASONS = {
    "new": "happened after the earlier vintage's last day, or time went on",
    "late": "had happened by then, but was registered or reported later",
    "corrected": "registered otherwise before",
    "removed": "taken out of the register",
    "reopened": "had ended, and goes on after all",
    "elsewhere": "follows from other rows: a person, a code list, another participation",
}
# A row that several records changed gets the strongest reason.
_BY_STRENGTH = ("reopened", "removed", "corrected", "late")


@dataclass(frozen=True)
class Changes:
    """Rows of each fact in the two vintages, and changed rows by fact and reason."""

    rows: dict[str, tuple[int, int]]
    changed: dict[tuple[str, str], int]


def compare(before: Path, after: Path, details: Path | None, progress: Tell = silent) -> Changes:
    """Compare the facts of two warehouses, `before` the earlier vintage.

    With `details` a CSV of every changed row is written: fact, reason, municipality_code, the key
    and the changed columns (old and new value) as JSON. It holds pseudonyms.
    """
    spec = yaml.safe_load(Path(__file__).with_name("facts.yml").read_text(encoding="utf-8"))
    rows: dict[str, tuple[int, int]] = {}
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        attach_to_read(connection, before, "before_file")
        attach_to_read(connection, after, "after_file")
        connection.execute("create temp table known as from before_file.dim_vintage")
        _load_records(connection, spec["records"])
        connection.execute(
            "create temp table changes (fact varchar, reason varchar, municipality_code varchar, "
            "key json, changed json)"
        )
        for done, (fact, how) in enumerate(spec["facts"].items()):
            progress(done, len(spec["facts"]), fact)
            rows[fact] = _compare_fact(connection, fact, how)
        progress(len(spec["facts"]), len(spec["facts"]), "")
        counted = connection.execute(
            "select fact, reason, count(*) from changes group by all order by all"
        ).fetchall()
        if details is not None:
            connection.execute(
                "copy (from changes order by fact, reason, municipality_code, key::varchar) "
                f"to {text_literal(str(details))} (format csv, header, delimiter ';')"
            )
    return Changes(rows, {(fact, reason): count for fact, reason, count in counted})


def _load_records(connection: duckdb.DuckDBPyConnection, records: dict[str, Any]) -> None:
    """Make `record_changes`: the records that differ, the days they span and why they differ."""
    connection.execute(
        "create temp table record_changes (record varchar, participation_id varchar, "
        "from_date date, to_date date, reason varchar)"
    )
    for record, how in records.items():
        key, begins, ends = how["key"], how["from"], how["ends"]
        columns = [
            name
            for name in _columns(connection, f"staging.{record}")
            if name not in {key, "delivered", "file_name", "line_number"}
        ]
        other = [name for name in columns if name != ends and name not in how["with_end"]]
        set_later = " and ".join(
            f"(before.{name} is null or before.{name} = after.{name})"
            for name in how["with_end"]
            if name != "registered_date"
        )
        reopened = (
            f"when before.{ends} <= known.observed_until "
            f"and coalesce(after.{ends} > known.observed_until, true) then 'reopened'"
            if key == "participation_id"
            else ""
        )
        connection.execute(
            f"""
            insert into record_changes
            select
                '{record}',
                coalesce(after.participation_id, before.participation_id),
                least(before.{begins}, after.{begins}),
                greatest(
                    case when before.{key} is not null
                        then coalesce(before.{ends}, date '9999-12-31') end,
                    case when after.{key} is not null
                        then coalesce(after.{ends}, date '9999-12-31') end
                ),
                case
                    when before.{key} is null and after.{begins} > known.observed_until then 'new'
                    when before.{key} is null then 'late'
                    when after.{key} is null then 'removed'
                    {reopened}
                    when {_differ(other)} then 'corrected'
                    when before.{ends} is null and after.{ends} > known.observed_until then 'new'
                    when before.{ends} is null and after.{ends} is not null then 'late'
                    when before.{ends} is not distinct from after.{ends}
                        {f"and {set_later}" if set_later else ""} then 'late'
                    else 'corrected'
                end
            from before_file.staging.{record} as before
            full join after_file.staging.{record} as after on before.{key} = after.{key}
            cross join known
            where before.{key} is null or after.{key} is null or {_differ(columns)}
            """
        )


def _compare_fact(
    connection: duckdb.DuckDBPyConnection, fact: str, how: dict[str, Any]
) -> tuple[int, int]:
    """Add the fact's changed rows to `changes`, and return how many rows each vintage has."""
    key = how["key"]
    values = [name for name in _columns(connection, fact) if name not in key]
    days = f"({how['happened']}) as happened, ({how['until']}) as until"
    connection.execute(
        f"""
        create or replace temp view before_rows as
        select
            facts.* replace (coalesce(idents.person_key, facts.person_key) as person_key), {days}
        from before_file.{fact} as facts
        -- A number that was replaced since is the same person.
        left join after_file.intermediate.int_identity__current_idents as idents
            on facts.person_key = idents.ident
        """
    )
    connection.execute(
        f"create or replace temp view after_rows as select *, {days} from after_file.{fact}"
    )
    same_key = " and ".join(f"before.{name} is not distinct from after.{name}" for name in key)
    connection.execute(
        f"""
        create or replace temp table differing as
        select row_number() over () as row_no, before, after
        from before_rows as before
        full join after_rows as after on {same_key}
        where before.{key[0]} is null or after.{key[0]} is null or {_differ(values)}
        """
    )
    keys = ", ".join(f"'{name}', coalesce(after.{name}, before.{name})" for name in key)
    changed = ", ".join(
        f"'{name}', case when before.{name} is distinct from after.{name} "
        f"then json_array(before.{name}, after.{name}) end"
        for name in values
    )
    reasons = _by_record(how) if "explained_by" in how else _by_condition(how)
    connection.execute(
        f"""
        insert into changes
        select
            '{fact}', reason, coalesce(after.municipality_code, before.municipality_code),
            json_object({keys}),
            -- Merged into nothing, a JSON object loses the members that are null.
            json_merge_patch('{{}}', json_object({changed}))
        from ({reasons})
        """
    )
    [counted] = connection.execute(
        f"select (select count(*) from before_file.{fact}), count(*) from after_file.{fact}"
    ).fetchall()
    return counted


def _by_record(how: dict[str, Any]) -> str:
    """Return a query for the differing rows, with the strongest reason of the records beneath."""
    records = ", ".join(f"'{name}'" for name in how["explained_by"])
    strength = ", ".join(f"'{name}'" for name in _BY_STRENGTH)
    return f"""
        with explained as (
            select
                row_no,
                arg_min(reason, list_position([{strength}], reason)) as strongest
            from differing
            inner join record_changes
                on coalesce(after.participation_id, before.participation_id)
                    = record_changes.participation_id
                and record_changes.from_date <= greatest(before.until, after.until)
                and record_changes.to_date >= least(before.happened, after.happened)
            where reason <> 'new' and record in ({records})
            group by row_no
        )

        select
            before,
            after,
            case
                when least(before.happened, after.happened) > known.observed_until then 'new'
                when strongest is not null then strongest
                when greatest(before.until, after.until) > known.observed_until then 'new'
                else 'elsewhere'
            end as reason
        from differing
        left join explained on differing.row_no = explained.row_no
        cross join known
    """


def _by_condition(how: dict[str, Any]) -> str:
    """Return a query for the differing rows, with the reason of the first condition that holds."""
    stem = how["key"][:-1]
    same = {
        side: " and ".join(f"other.{name} = differing.{side}.{name}" for name in stem)
        for side in ("before", "after")
    }
    cases = " ".join(f"when {each['when']} then '{each['reason']}'" for each in how["reasons"])
    return f"""
        with marked as (
            select
                before,
                after,
                case
                    when after.{stem[0]} is null
                        then exists (from after_rows as other where {same["before"]})
                    when before.{stem[0]} is null
                        then exists (from before_rows as other where {same["after"]})
                    else false
                end as is_moved,
                exists (
                    from after_file.fct_participation as other
                    where other.person_key = differing.before.person_key and other.is_ongoing
                ) as is_ongoing
            from differing
        )

        select before, after, case {cases} else 'elsewhere' end as reason
        from marked
        cross join known
    """


def _differ(columns: list[str]) -> str:
    return (
        "(" + " or ".join(f"before.{name} is distinct from after.{name}" for name in columns) + ")"
    )


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe after_file.{relation}").fetchall()]
