"""Rows spoiled on purpose, so that every reason for quarantine occurs in a demonstration.

A row's fault is drawn once, so the same row is faulty in every snapshot that holds it. The rates
stand in `parameters.yml` (`faults`, share of a file's rows, all together about 0.4 %):

============ ============================================================================
duplicate    the line occurs twice
missing      a required field is empty
unparseable  a date or number that is none: «ukjent», «ca. 10»; or a date as 31.12.2016
reversed     the end lies before the start
bad_ident    the last check digit is wrong
superseded   the same key came before with other content and an earlier registration date
orphan       the parent it points to does not exist
unknown_word a code word that no list has
============ ============================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from introstat.synth.draw import Ints
from introstat.synth.parameters import parameters

KINDS = tuple(parameters()["faults"])


@dataclass(frozen=True)
class Targets:
    """The columns of a file that a fault can hit.

    A fault whose column the file does not have leaves the row alone.
    """

    missing: str
    start: str = "fra_dato"
    end: str = "til_dato"
    ident: str = "ident"
    number: str = ""
    parent: str = "deltakelse_id"
    word: str = ""
    changed: str = ""  # differs between a superseded row and the one that supersedes it
    registered: str = "registrert_dato"


def mark(rng: np.random.Generator, size: int) -> Ints:
    """Return the fault of each row: a position in `KINDS`, -1 for the sound ones."""
    rates = np.cumsum(list(parameters()["faults"].values()))
    drawn = np.searchsorted(rates, rng.random(size), side="right")
    return np.where(drawn < len(rates), drawn, -1).astype(np.int64)


def spoiled(columns: Mapping[str, str], source: str, targets: Targets) -> str:
    """Return a query for the file's rows, in order, with the faults put in.

    `columns` gives each column's text expression on `source`, a relation in row order that also
    has `fault` (see `mark`) and `row_number`.
    """
    base = ", ".join(f'{expression} as "{name}"' for name, expression in columns.items())
    faulty = ", ".join(_faulty(name, targets) for name in columns)
    plain = ", ".join(f'"{name}"' for name in columns)
    query = f"""
        with base as (select {base}, fault, row_number from {source}),
        spoiled as (
            select {faulty}, row_number, 0 as part from base
            union all
            select {plain}, row_number, 1 as part from base where fault = {KINDS.index("duplicate")}
    """
    if targets.changed:
        older = ", ".join(_older(name, targets) for name in columns)
        condition = f"fault = {KINDS.index('superseded')}"
        query += f"union all select {older}, row_number, 2 as part from base where {condition}"
    return f"{query}) select {plain} from spoiled order by part, row_number"


def _faulty(name: str, targets: Targets) -> str:
    """Return a column as it stands in the file: its own value, or what the fault makes of it."""
    day_first = f"strftime(try_cast({name} as date), '%d.%m.%Y')"
    no_date = f"if(row_number % 2 = 0, 'ukjent', {day_first})"
    other_digit = f"left({name}, 10) || (cast(right({name}, 1) as integer) + 1) % 10"
    faults = (
        ("missing", targets.missing, "null"),
        ("unparseable", targets.number or targets.start, "'ca. 10'" if targets.number else no_date),
        ("reversed", targets.end, f"cast(try_cast({targets.start} as date) - 12 as varchar)"),
        ("bad_ident", targets.ident, other_digit),
        ("orphan", targets.parent, f"'9' || lpad({name}, 9, '0')"),
        ("unknown_word", targets.word, f"{name} || '_x'"),
    )
    cases = [
        f"when {KINDS.index(kind)} then {text}" for kind, column, text in faults if column == name
    ]
    if not cases:
        return f'"{name}"'
    return f'case fault {" ".join(cases)} else "{name}" end as "{name}"'


def _older(name: str, targets: Targets) -> str:
    """Return a column of the row that was superseded."""
    if name == targets.changed:
        return f"cast(try_cast({name} as date) - 7 as varchar)"
    if name == targets.registered:
        return f"cast(try_cast({name} as date) - 1 as varchar)"
    return f'"{name}"'
