"""The whole synthetic register, and how it is handed to DuckDB for writing.

Fields that are codes become words here; dates stay day numbers made `date`, with 9999-12-31 for
what never comes. Each table has `row_number`, and `fault` where its file can have faulty rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from introstat.synth import faults
from introstat.synth.draw import NEVER, Ints, between, choose, happens, stream
from introstat.synth.geography import geography
from introstat.synth.idents import organisation_numbers
from introstat.synth.income import IncomeLines, Units
from introstat.synth.measures import WORDS, Absences, Measures
from introstat.synth.parameters import parameters
from introstat.synth.people import BASES, EDUCATION_FOR_COLLECTIVE_FROM, LAWS, People, country_codes
from introstat.synth.programmes import (
    CATEGORIES,
    DECISIONS,
    GOALS,
    LEAVE_KINDS,
    REASONS,
    REJECTION,
    STOP,
    Programmes,
)
from introstat.synth.registers import SIGNALS, Residences, Signals

COLLECTIVE_LAW = LAWS.index("kollektiv_beskyttelse")
INTEGRATION_LAW = LAWS.index("integreringsloven")


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
    """Day numbers as dates."""
    return pa.array(days.astype("datetime64[D]"))


def words(positions: Ints, labels: Sequence[str]) -> pa.Array:
    """Positions as their words, -1 as missing."""
    indices = pa.array(positions.astype(np.int32), mask=positions < 0)
    coded = pa.DictionaryArray.from_arrays(indices, pa.array(list(labels), pa.string()))
    return coded.cast(pa.string())


def load(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, dirty: bool) -> None:
    """Put the register into DuckDB tables; `dirty` marks the rows to spoil."""
    tables = {
        "person": _person(truth),
        "person_row": _person_row(truth, seed),
        "category": _category(truth),
        "decision": _decision(truth, seed),
        "participation": _participation(truth),
        "measure": _measure(truth),
        "absence": _absence(truth),
        "leave": _leave(truth),
        "unit": _unit(truth),
        "income_line": _income(truth),
        "ident_change": _ident_change(truth),
        "residence": _residence(truth),
        "signal": _signal(truth),
    }
    for name, columns in tables.items():
        size = len(next(iter(columns.values())))
        fault = faults.mark(stream(seed, f"faults of {name}"), size) if dirty else np.full(size, -1)
        columns["fault"] = pa.array(fault.astype(np.int8))
        columns["row_number"] = pa.array(np.arange(1, size + 1))
        arrow = pa.table(columns)
        connection.register("arrow", arrow)
        connection.execute(f"create table {name} as select * from arrow")
        connection.unregister("arrow")


def _codes(lineage: Ints, date: Ints) -> pa.Array:
    geo = geography()
    return words(geo.code_at(lineage, date), geo.codes)


def _person(truth: Truth) -> dict[str, pa.Array]:
    """One row per person: what other files need of them."""
    people = truth.people
    return {
        "person": pa.array(np.arange(people.size)),
        "ident_1": pa.array(people.idents[:, 0]),
        "ident_2": pa.array(people.idents[:, 1]),
        "ident_3": pa.array(people.idents[:, 2]),
        "replaced_1": dates(people.replaced[:, 0]),
        "replaced_2": dates(people.replaced[:, 1]),
        "sex": pa.array(people.sex),
        "duf": pa.array(people.duf, mask=people.duf < 0),
        "protection": pa.array(people.protection),
    }


def _person_row(truth: Truth, seed: int) -> dict[str, pa.Array]:
    """Rows of NIR's person file: one each, two for a few whose number was replaced."""
    people = truth.people
    rng = stream(seed, "person rows")
    p = parameters()
    follows = choose(rng, list(p["idents"]["nir_follows"].values()), people.size)
    changed = people.replaced[:, 0] < NEVER
    # Persons registered after the replacement are known by the new number only.
    late = people.registered >= people.replaced[:, 0]
    second = np.flatnonzero(changed & ~late & (follows == 2))
    keeps = changed & ~late & (follows > 0)
    person = np.concatenate([np.arange(people.size), second])
    is_second = np.arange(len(person)) >= people.size
    never = np.full(len(person), NEVER)
    held = keeps[person] & ~is_second
    law = people.law[person]
    may_have_school = law == INTEGRATION_LAW
    recent = people.settled[person] >= EDUCATION_FOR_COLLECTIVE_FROM
    may_have_school |= (law == COLLECTIVE_LAW) & recent
    may_have_school |= happens(rng, p["people"]["upper_secondary_forbidden"], len(person))
    school = np.where(may_have_school, people.upper_secondary[person], -1)
    known = people.registered[person]
    ident_1 = np.where(is_second, people.idents[person, 1], people.idents[person, 0])
    renewed = people.replaced[person, 0] + between(rng, (0, 30), len(person))
    return {
        "person": pa.array(person),
        "ident_1": pa.array(ident_1),
        "ident_2": pa.array(people.idents[person, 1]),
        "ident_3": pa.array(people.idents[person, 2]),
        "replaced_1": dates(np.where(held, never, people.replaced[person, 0])),
        "replaced_2": dates(np.where(held, never, people.replaced[person, 1])),
        "sex": pa.array(people.sex[person]),
        "birth": dates(people.birth[person]),
        "country": words(people.country[person], country_codes()),
        "basis": words(people.basis[person], BASES),
        "permit": dates(people.permit[person]),
        "arrival": dates(people.arrival[person]),
        "school": words(school, ("nei", "ja")),
        "protection": pa.array(people.protection[person]),
        "settled_code": _codes(people.lineage[person], people.settled[person]),
        "settled": dates(people.settled[person]),
        "death": dates(people.death[person]),
        "reserved": pa.array(people.reserved[person].astype(np.int8)),
        "duf": pa.array(people.duf[person], mask=people.duf[person] < 0),
        "registered": dates(np.where(is_second, np.maximum(renewed, known + 1), known)),
    }


def _category(truth: Truth) -> dict[str, pa.Array]:
    spells = truth.programmes.categories
    return {
        "ident": pa.array(truth.people.ident_at(spells.person, spells.registered)),
        "kind": words(spells.kind, CATEGORIES),
        "code": _codes(spells.lineage, spells.start),
        "start_date": dates(spells.start),
        "end_date": dates(spells.end),
        "registered": dates(spells.registered),
    }


def _decision(truth: Truth, seed: int) -> dict[str, pa.Array]:
    decisions = truth.programmes.decisions
    ident = truth.people.ident_at(decisions.person, decisions.registered)
    return {
        "ident": pa.array(ident),
        "kind": words(decisions.kind, DECISIONS),
        "code": _codes(decisions.lineage, decisions.date),
        "decided": dates(decisions.date),
        "start_date": dates(decisions.start),
        "end_date": dates(decisions.end),
        "text": _texts(truth, seed),
        "registered": dates(decisions.registered),
    }


def _texts(truth: Truth, seed: int) -> pa.Array:
    """Grounds of rejections and stops; a few name another person by number."""
    p = parameters()["programmes"]
    decisions = truth.programmes.decisions
    texts = np.full(len(decisions.kind), None, dtype=object)
    for kind, name in ((REJECTION, "rejection_texts"), (STOP, "stop_texts")):
        rows = decisions.kind == kind
        texts[rows] = np.array(p[name], dtype=object)[decisions.text[rows]]
    rng = stream(seed, "decision texts")
    named = np.flatnonzero((decisions.text >= 0) & happens(rng, p["ident_in_text"], len(texts)))
    others = truth.people.idents[rng.integers(0, truth.people.size, len(named)), 2]
    for row, other in zip(named, others, strict=True):
        texts[row] += f"; se også sak for {other:011d}"
    return pa.array(texts, pa.string())


def _participation(truth: Truth) -> dict[str, pa.Array]:
    spells = truth.programmes.participations
    return {
        "person": pa.array(spells.person),
        "ident": pa.array(truth.people.ident_at(spells.person, spells.registered)),
        "lineage": pa.array(spells.lineage),
        "code": _codes(spells.lineage, spells.start),
        "decision": pa.array(spells.decision + 1, mask=spells.decision < 0),
        "start_date": dates(spells.start),
        "end_date": dates(spells.end),
        "reason": words(spells.reason, REASONS),
        "source": words(spells.by_system.astype(np.int64), ("kommune", "system")),
        "registered": dates(spells.registered),
        "end_registered": dates(spells.end_registered),
        "first_end": dates(spells.first_end),
        "first_end_registered": dates(spells.first_end_registered),
        "reopened": dates(spells.reopened),
        "goal": words(spells.goal, GOALS),
        "contract": dates(spells.contract),
    }


def _measure(truth: Truth) -> dict[str, pa.Array]:
    measures = truth.measures
    spells = truth.programmes.participations
    # Decimals come with a point from some municipalities' systems, with a comma from the rest.
    point = stream(0, "decimal point").random(geography().size)
    point_used = point < parameters()["measures"]["decimal_point"]
    return {
        "participation": pa.array(measures.participation + 1),
        "word": words(measures.word, WORDS),
        "start_date": dates(measures.start),
        "end_date": dates(measures.end),
        "planned_end": dates(measures.planned_end),
        "end_known": dates(spells.end_registered[measures.participation]),
        "half_hours": pa.array(measures.half_hours, mask=measures.half_hours < 0),
        "decimal_point": pa.array(point_used[spells.lineage[measures.participation]]),
        "registered": dates(measures.registered),
    }


def _absence(truth: Truth) -> dict[str, pa.Array]:
    absences = truth.absences
    return {
        "participation": pa.array(absences.participation + 1),
        "kind": words(absences.valid.astype(np.int64), ("ugyldig", "gyldig")),
        "start_date": dates(absences.start),
        "end_date": dates(absences.end),
        "half_hours": pa.array(absences.half_hours),
        "registered": dates(absences.registered),
    }


def _leave(truth: Truth) -> dict[str, pa.Array]:
    leaves = truth.programmes.leaves
    return {
        "participation": pa.array(leaves.participation + 1),
        "kind": words(leaves.kind, LEAVE_KINDS),
        "start_date": dates(leaves.start),
        "end_date": dates(leaves.end),
        "registered": dates(leaves.registered),
    }


def _unit(truth: Truth) -> dict[str, pa.Array]:
    """One row per reporting unit and spell under one municipality code."""
    geo = geography()
    units = truth.units
    number = organisation_numbers(units.size)
    begins = np.concatenate([[0], geo.breaks])
    unit, period = np.divmod(np.arange(units.size * len(begins)), len(begins))
    code = geo.table[period, units.lineage[unit]]
    # A change of code that leaves this unit's code alone is no new spell.
    opens = (period == 0) | (code != np.roll(code, 1))
    unit, code, start = unit[opens], code[opens], begins[period[opens]]
    following = np.append(np.where(unit[1:] == unit[:-1], start[1:] - 1, NEVER), NEVER)
    start = np.maximum(start, np.datetime64("2000-01-01", "D").astype(np.int64))
    return {
        "unit": pa.array(number[unit]),
        "code": words(code, geo.codes),
        "start_date": dates(start),
        "end_date": dates(following),
    }


def _income(truth: Truth) -> dict[str, pa.Array]:
    lines = truth.income
    number = organisation_numbers(truth.units.size + len(geography().codes))
    # Numbers of the units come first; the municipalities themselves take those after.
    codes = len(geography().codes)
    payer = np.where(lines.payer < codes, number[truth.units.size :][lines.payer % codes], 0)
    payer = np.where(lines.payer < codes, payer, number[lines.unit])
    last = (lines.month + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    return {
        "delivered": pa.array(lines.delivered.astype(np.int16)),
        "month": pa.array(lines.month.astype(np.int16)),
        "payer": pa.array(payer.astype(np.int32)),
        "unit": pa.array(number[lines.unit].astype(np.int32)),
        "person": pa.array(lines.person.astype(np.int32)),
        "ident": pa.array(truth.people.ident_at(lines.person, last)),
        "kind": pa.array(lines.kind.astype(np.int8)),
        "amount": pa.array(lines.amount.astype(np.int32)),
    }


def _ident_change(truth: Truth) -> dict[str, pa.Array]:
    people = truth.people
    first = np.flatnonzero(people.replaced[:, 0] < NEVER)
    second = np.flatnonzero(people.replaced[:, 1] < NEVER)
    return {
        "old": pa.array(np.concatenate([people.idents[first, 0], people.idents[second, 1]])),
        "new": pa.array(np.concatenate([people.idents[first, 1], people.idents[second, 2]])),
        "start_date": dates(
            np.concatenate([people.replaced[first, 0], people.replaced[second, 1]])
        ),
    }


def _residence(truth: Truth) -> dict[str, pa.Array]:
    residences = truth.residences
    return {
        "person": pa.array(residences.person),
        "code": words(residences.code, geography().codes),
        "start_date": dates(residences.start),
        "end_date": dates(residences.end),
    }


def _signal(truth: Truth) -> dict[str, pa.Array]:
    signals = truth.signals
    sources = parameters()["status"]["kilde"]
    source = [sources.get(word, sources["other"]) for word in SIGNALS]
    return {
        "person": pa.array(signals.person),
        "signal": words(signals.signal, SIGNALS),
        "source": words(signals.signal, source),
        "start_date": dates(signals.start),
        "end_date": dates(signals.end),
        "known": dates(signals.known),
    }
