"""The catalogue of planted faults fits the project; `make test-mutations` plants them."""

import re
from collections import Counter

import pytest
from conftest import ROOT

from tests.mutations.catalogue import KINDS, Fault, StaleCatalogue, catalogue, chosen

FAULTS = catalogue()
# Tables of a code list as it stands, and of a person as the intermediate model has it.
WITHOUT_LOGIC = {
    "dim_country", "dim_measure_type", "dim_municipality_successor", "dim_period", "dim_person",
    "dim_status", "dim_vintage",
}  # fmt: skip


def models(*patterns: str) -> set[str]:
    return {path.stem for pattern in patterns for path in (ROOT / "models").glob(pattern)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_text_of_a_fault_stands_in_its_file_once(fault: Fault) -> None:
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.planted_in(text) != text
    assert fault.kind in KINDS


def test_every_fault_has_a_name_of_its_own() -> None:
    names = Counter(each.name for each in FAULTS)
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("fact", models("*/fct_*.sql", "*/dim_*.sql") - WITHOUT_LOGIC),
        ("cube", models("statistics/**/stat_*.sql")),
        ("rule", models("quality/dq_*.sql")),
        (
            "staging",
            set(
                re.findall(
                    r"then '(\w+)'",
                    (ROOT / "macros" / "staging" / "checked_rows.sql").read_text(encoding="utf-8"),
                )
            ),
        ),
        (
            "disclosure",
            {
                *("audit", "counts", "linked", "policy", "protection", "rounding", "suppress"),
                *models("publication/protected/*.sql"),
                "protected",
            },
        ),
    ],
)
def test_each_place_has_a_fault(kind: str, places: set[str]) -> None:
    assert len(places) >= 7
    assert places - {each.place for each in FAULTS if each.kind == kind} == set()


def test_a_stale_entry_and_an_unknown_name_are_told() -> None:
    fault = Fault("twice", "fact", "models/marts/fct_a.sql", "day", "month")
    with pytest.raises(StaleCatalogue, match=r"'twice': its `find` stands 2 times in .*fct_a\.sql"):
        fault.planted_in("day and day")
    assert fault.planted_in("a day") == "a month"
    assert chosen([fault], ["fct_a"]) == chosen([fault], []) == [fault]
    with pytest.raises(ValueError, match="called 'fct_b'"):
        chosen([fault], ["fct_b"])
