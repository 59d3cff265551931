"""The facts against an independent, slow reading of the definitions, day by day.

Small generated populations with every hard case injected at a high rate; every fact, dimension and
quarantined row must be the same. Any difference is told with its key.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from oracle import reading
from oracle.compare import compare
from oracle.dirt import dirty
from oracle.forms import compare_forms
from oracle.rules import compare_rules

from introstat.synth.generate import generate

# All that is compared: no cube, no list, and no data test beside the oracle's own.
MODELS = ("dim_*", "fct_*", "dq_*", "quarantine")


@pytest.mark.parametrize(
    ("seed", "first_year", "earlier"),
    [
        pytest.param(1, 2016, date(2017, 9, 30), id="introduksjonsloven, and an earlier vintage"),
        pytest.param(2, 2020, None, id="two laws, week 53, mergers of 2020"),
        pytest.param(3, 2022, None, id="collective protection"),
    ],
)
def test_facts_agree_with_the_definitions(
    tmp_path: Path,
    build: Callable[..., Path],
    pseudonymiser,
    seed: int,
    first_year: int,
    earlier: date | None,
) -> None:
    generate(tmp_path / "clean", 200, seed, first_year, first_year + 1)
    dirty(tmp_path / "clean", tmp_path / "extracts", seed)
    for as_of in (None, earlier) if earlier else (None,):
        warehouse = build(tmp_path / "extracts", *MODELS, as_of=str(as_of or ""))
        assert compare(tmp_path / "extracts", warehouse, as_of, pseudonymiser.pseudonym) == []
        assert compare_rules(warehouse) == []
        read = reading.read(tmp_path / "extracts", as_of)
        assert compare_forms(tmp_path / "extracts", read, warehouse) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_facts_agree_for_many_seeds(
    tmp_path: Path, build: Callable[..., Path], pseudonymiser, seed: int
) -> None:
    generate(tmp_path / "clean", 400, seed, 2014 + seed % 8, 2017 + seed % 8)
    dirty(tmp_path / "clean", tmp_path / "extracts", seed)
    warehouse = build(tmp_path / "extracts", *MODELS)
    assert compare(tmp_path / "extracts", warehouse, None, pseudonymiser.pseudonym) == []
    assert compare_rules(warehouse) == []
