"""The facts against an independent, slow reading of the definitions, day by day.

Small generated populations with every hard case injected at a high rate; every fact, dimension and
quarantined row must be the same. Any difference is told with its key.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from oracle.compare import compare
from oracle.dirt import dirty
from oracle.rules import compare_rules

from introstat.synth.generate import generate

# All that is compared: no cube, no list, and no data test beside the oracle's own.
MODELS = ("dim_*", "fct_*", "dq_*", "quarantine")


@pytest.mark.parametrize(
    ("seed", "persons", "first_year", "last_year"),
    [
        pytest.param(1, 250, 2016, 2017, id="introduksjonsloven"),
        pytest.param(2, 250, 2020, 2021, id="two laws, week 53, mergers of 2020"),
        pytest.param(3, 250, 2022, 2023, id="collective protection"),
    ],
)
def test_facts_agree_with_the_definitions(
    tmp_path: Path,
    models: Callable[..., Path],
    pseudonymiser,
    seed: int,
    persons: int,
    first_year: int,
    last_year: int,
) -> None:
    generate(tmp_path / "clean", persons, seed, first_year, last_year)
    dirty(tmp_path / "clean", tmp_path / "extracts", seed)
    warehouse = models(tmp_path / "extracts", *MODELS)
    assert compare(tmp_path / "extracts", warehouse, None, pseudonymiser.pseudonym) == []
    assert compare_rules(warehouse) == []


def test_an_earlier_vintage_agrees_as_well(
    tmp_path: Path, models: Callable[..., Path], pseudonymiser
) -> None:
    generate(tmp_path / "clean", 200, 4, 2016, 2018)
    dirty(tmp_path / "clean", tmp_path / "extracts", 4)
    as_of = date(2018, 9, 30)
    warehouse = models(tmp_path / "extracts", *MODELS, as_of=str(as_of))
    assert compare(tmp_path / "extracts", warehouse, as_of, pseudonymiser.pseudonym) == []
    assert compare_rules(warehouse) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_facts_agree_for_many_seeds(
    tmp_path: Path, models: Callable[..., Path], pseudonymiser, seed: int
) -> None:
    generate(tmp_path / "clean", 400, seed, 2014 + seed % 8, 2017 + seed % 8)
    dirty(tmp_path / "clean", tmp_path / "extracts", seed)
    warehouse = models(tmp_path / "extracts", *MODELS)
    assert compare(tmp_path / "extracts", warehouse, None, pseudonymiser.pseudonym) == []
    assert compare_rules(warehouse) == []
