"""The whole synthetic register, and how it is handed to DuckDB for writing.

Fields that are codes become words here; dates stay day numbers made `date`, with 9999-12-31 for
what never comes. Each table has `row_number`, and `fault` where its file can have faulty rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from introstat.synth import faults
from introstat.synth.decisions import CATEGORIES, DECISIONS, REJECTION, STOP
from introstat.synth.draw import (
    NEVER,
    Ints,
    Rows,
    between,
    choose,
    day,
    first_day,
    happens,
    stream,
)
from introstat.synth.geography import geography
from introstat.synth.idents import organisation_numbers
from introstat.synth.income import IncomeLines, Units
from introstat.synth.measures import WORDS, Absences, Measures
from introstat.synth.parameters import parameters
from introstat.synth.people import BASES, EDUCATION_FOR_COLLECTIVE_FROM, LAWS, People, country_codes
from introstat.synth.programmes import GOALS, LEAVE_KINDS, Leaves, Programmes
from introstat.synth.registers import SIGNALS, Residences, Signals
from introstat.synth.spells import REASONS

COLLECTIVE_LAW = LAWS.index("kollektiv_beskyttelse")
INTEGRATION_LAW = LAWS.index("integreringsloven")
Columns = dict[str, Any]
"""A table for DuckDB: an array by the name of each column."""


@dataclass(frozen=True)
class Truth:
    """Everything that happened, whether or not it has been registered yet."""

    people: People
    programmes: Programmes
    measures: Measures
    absences: Absences
    units: Units
    income: IncomeLines
    residences: Residences
    signals: Signals


def dates(days: Ints) -> pa.Array:
    """Return day numbers as dates."""
    return pa.array(days.astype("datetime64[D]"))


def words(positions: Ints, labels: Sequence[str]) -> pa.Array:
    """Return positions as their words, -1 as missing."""
    indices = pa.array(positions.astype(np.int32), mask=positions < 0)
    coded = pa.DictionaryArray.from_arrays(indices, pa.array(list(labels), pa.string()))
    return coded.cast(pa.string())


def load(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, dirty: bool) -> None:
    """Put the register into DuckDB tables; `dirty` marks the rows to spoil."""
    tables = {
        "person": _person(truth.people),
        "person_row": _person_row(truth.people, seed),
        "category": _category(truth),
        "decision": _decision(truth, seed),
        "participation": _participation(truth),
        "measure": _measure(truth),
        "absence": _absence(truth.absences),
        "leave": _leave(truth.programmes.leaves),
        "unit": _unit(truth.units),
        "income_line": _income(truth),
        "ident_change": _ident_change(truth.people),
        "residence": _residence(truth.residences),
        "signal": _signal(truth.signals),
    }
    for name, columns in tables.items():
        size = len(next(iter(columns.values())))
        fault = faults.mark(stream(seed, f"faults of {name}"), size) if dirty else np.full(size, -1)
        columns |= {"fault": fault.astype(np.int8), "row_number": np.arange(1, size + 1)}
        connection.register("arrow", pa.table(columns))
        connection.execute(f"create table {name} as select * from arrow")
        connection.unregister("arrow")


def _codes(lineage: Ints, date: Ints) -> pa.Array:
    geo = geography()
    return words(geo.code_at(lineage, date), geo.codes)


def _known(numbers: Ints) -> pa.Array:
    """Return numbers, those below zero as missing."""
    return pa.array(numbers, mask=numbers < 0)


def _dated(rows: Rows, *names: str) -> Columns:
    """Return fields that are dates, by name; start and end become start_date and end_date."""
    called = {"start": "start_date", "end": "end_date"}
    return {called.get(name, name): dates(getattr(rows, name)) for name in names}


def _person(people: People) -> Columns:
    """Return one row per person: what other files need of them."""
    return {
        "person": np.arange(len(people)),
        "ident_1": people.idents[:, 0],
        "ident_2": people.idents[:, 1],
        "ident_3": people.idents[:, 2],
        "replaced_1": dates(people.replaced[:, 0]),
        "replaced_2": dates(people.replaced[:, 1]),
        "sex": people.sex,
        "duf": _known(people.duf),
        "protection": people.protection,
    }


def _person_row(people: People, seed: int) -> Columns:
    """Return rows of NIR's person file: one each, two for a few whose number was replaced."""
    rng = stream(seed, "person rows")
    p = parameters()
    size = len(people)
    follows = choose(rng, list(p["idents"]["nir_follows"].values()), size)
    # Persons registered after the replacement are known by the new number only.
    in_time = (people.replaced[:, 0] < NEVER) & (people.registered < people.replaced[:, 0])
    second = np.flatnonzero(in_time & (follows == 2))
    person = np.concatenate([np.arange(size), second])
    is_second = np.arange(len(person)) >= size
    row = people[person]
    held = (in_time & (follows > 0))[person] & ~is_second
    may_have_school = row.law == INTEGRATION_LAW
    recent = row.settled >= EDUCATION_FOR_COLLECTIVE_FROM
    may_have_school |= (row.law == COLLECTIVE_LAW) & recent
    may_have_school |= happens(rng, p["people"]["upper_secondary_forbidden"], len(row))
    renewed = row.replaced[:, 0] + between(rng, (0, 30), len(row))
    renewed = np.maximum(renewed, row.registered + 1)
    return _person(row) | {
        "person": person,
        "ident_1": np.where(is_second, row.idents[:, 1], row.idents[:, 0]),
        "replaced_1": dates(np.where(held, NEVER, row.replaced[:, 0])),
        "replaced_2": dates(np.where(held, NEVER, row.replaced[:, 1])),
        "country": words(row.country, country_codes()),
        "basis": words(row.basis, BASES),
        **_dated(row, "birth", "permit", "arrival", "settled", "death"),
        "school": words(np.where(may_have_school, row.upper_secondary, -1), ("nei", "ja")),
        "settled_code": _codes(row.lineage, row.settled),
        "reserved": row.reserved.astype(np.int8),
        "registered": dates(np.where(is_second, renewed, row.registered)),
    }


def _category(truth: Truth) -> Columns:
    spells = truth.programmes.categories
    return {
        "ident": truth.people.ident_at(spells.person, spells.registered),
        "kind": words(spells.kind, CATEGORIES),
        "code": _codes(spells.lineage, spells.start),
        **_dated(spells, "start", "end", "registered"),
    }


def _decision(truth: Truth, seed: int) -> Columns:
    decisions = truth.programmes.decisions
    return {
        "ident": truth.people.ident_at(decisions.person, decisions.registered),
        "kind": words(decisions.kind, DECISIONS),
        "code": _codes(decisions.lineage, decisions.date),
        "decided": dates(decisions.date),
        "text": _texts(truth, seed),
        **_dated(decisions, "start", "end", "registered"),
    }


def _texts(truth: Truth, seed: int) -> pa.Array:
    """Return grounds of rejections and stops; a few name another person by number."""
    p = parameters()["programmes"]
    decisions = truth.programmes.decisions
    texts = np.full(len(decisions), None, dtype=object)
    for kind, name in ((REJECTION, "rejection_texts"), (STOP, "stop_texts")):
        rows = decisions.kind == kind
        texts[rows] = np.array(p[name], dtype=object)[decisions.text[rows]]
    rng = stream(seed, "decision texts")
    named = np.flatnonzero((decisions.text >= 0) & happens(rng, p["ident_in_text"], len(texts)))
    others = truth.people.idents[rng.integers(0, len(truth.people), len(named)), 2]
    for row, other in zip(named, others, strict=True):
        texts[row] += f"; se også sak for {other:011d}"
    return pa.array(texts, pa.string())


def _participation(truth: Truth) -> Columns:
    spells = truth.programmes.participations
    return {
        "person": spells.person,
        "ident": truth.people.ident_at(spells.person, spells.registered),
        "code": _codes(spells.lineage, spells.start),
        "decision": pa.array(spells.decision + 1, mask=spells.decision < 0),
        "reason": words(spells.reason, REASONS),
        "source": words(spells.by_system.astype(np.int64), ("kommune", "system")),
        "goal": words(spells.goal, GOALS),
        **_dated(spells, "start", "end", "registered", "end_registered", "first_end"),
        **_dated(spells, "first_end_registered", "reopened", "contract"),
    }


def _measure(truth: Truth) -> Columns:
    measures = truth.measures
    spells = truth.programmes.participations[measures.participation]
    # Decimals come with a point from some municipalities' systems, with a comma from the rest.
    point = stream(0, "decimal point").random(geography().size)
    point_used = point < parameters()["measures"]["decimal_point"]
    return {
        "participation": measures.participation + 1,
        "word": words(measures.word, WORDS),
        "end_known": dates(spells.end_registered),
        "half_hours": _known(measures.half_hours),
        "decimal_point": point_used[spells.lineage],
        **_dated(measures, "start", "end", "planned_end", "registered"),
    }


def _absence(absences: Absences) -> Columns:
    return {
        "participation": absences.participation + 1,
        "kind": words(absences.valid.astype(np.int64), ("ugyldig", "gyldig")),
        "half_hours": absences.half_hours,
        **_dated(absences, "start", "end", "registered"),
    }


def _leave(leaves: Leaves) -> Columns:
    return {
        "participation": leaves.participation + 1,
        "kind": words(leaves.kind, LEAVE_KINDS),
        **_dated(leaves, "start", "end", "registered"),
    }


def _unit(units: Units) -> Columns:
    """Return one row per reporting unit and spell under one municipality code."""
    geo = geography()
    begins = np.concatenate([[0], geo.breaks])
    unit, period = np.divmod(np.arange(units.size * len(begins)), len(begins))
    code = geo.table[period, units.lineage[unit]]
    # A change of code that leaves this unit's code alone is no new spell.
    opens = (period == 0) | (code != np.roll(code, 1))
    unit, code, start = unit[opens], code[opens], begins[period[opens]]
    following = np.append(np.where(unit[1:] == unit[:-1], start[1:] - 1, NEVER), NEVER)
    return {
        "unit": organisation_numbers(units.size)[unit],
        "code": words(code, geo.codes),
        "start_date": dates(np.maximum(start, day("2000-01-01"))),
        "end_date": dates(following),
    }


def _income(truth: Truth) -> Columns:
    lines = truth.income
    # Numbers of the units come first; the municipalities themselves take those after.
    codes = len(geography().codes)
    number = organisation_numbers(truth.units.size + codes)
    of_municipality = number[truth.units.size :][lines.payer % codes]
    payer = np.where(lines.payer < codes, of_municipality, number[lines.unit])
    return {
        "delivered": lines.delivered.astype(np.int16),
        "month": lines.month.astype(np.int16),
        "payer": payer.astype(np.int32),
        "unit": number[lines.unit].astype(np.int32),
        "person": lines.person.astype(np.int32),
        "ident": truth.people.ident_at(lines.person, first_day(lines.month + 1) - 1),
        "kind": lines.kind.astype(np.int8),
        "amount": lines.amount.astype(np.int32),
    }


def _ident_change(people: People) -> Columns:
    first = people[people.replaced[:, 0] < NEVER]
    second = people[people.replaced[:, 1] < NEVER]
    return {
        "old": np.concatenate([first.idents[:, 0], second.idents[:, 1]]),
        "new": np.concatenate([first.idents[:, 1], second.idents[:, 2]]),
        "start_date": dates(np.concatenate([first.replaced[:, 0], second.replaced[:, 1]])),
    }


def _residence(residences: Residences) -> Columns:
    return {
        "person": residences.person,
        "code": words(residences.code, geography().codes),
        **_dated(residences, "start", "end"),
    }


def _signal(signals: Signals) -> Columns:
    sources = parameters()["status"]["kilde"]
    source = [sources.get(word, sources["other"]) for word in SIGNALS]
    return {
        "person": signals.person,
        "signal": words(signals.signal, SIGNALS),
        "source": words(signals.signal, source),
        **_dated(signals, "start", "end", "known"),
    }
