"""Numbers told before, by other periods and earlier versions, that leave a cell no doubt."""

from dataclasses import replace

import pyarrow as pa

from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube
from introstat.release.contents import load_contents
from introstat.release.counted import Counted
from introstat.release.figures import PeriodRegion, count_tables_of, layout_of
from introstat.release.protecting import ProtectedCounts, protect_counts

CONTENTS = load_contents()
# Every municipality shows all its detail.
POLICY = Policy(
    decided_by="a test", decided_on="2026-01-01",
    county_expects=0, municipality_expects=0, main_from=1,
)  # fmt: skip
REGIONS = [PeriodRegion(code, False, "9999", "02", code, "02") for code in ("0219", "0228", "0231")]
AGES = ("18-25", "26-35", "36-45", "46-55", "56+")
# Of each municipality men and women by age.
MANY = {"1": (20, 25, 30, 22, 9), "2": (24, 30, 26, 21, 8)}
SECOND = {"0219": MANY, "0228": MANY, "0231": {"1": (7, 0, 0, 0, 0), "2": (4, 0, 0, 0, 0)}}
# One of the two who took part in the first half only is 26 to 35 years old.
MORE = {"1": (26, 31, 35, 29, 15), "2": (31, 35, 33, 26, 14)}
YEAR = {"0219": MORE, "0228": MORE, "0231": {"1": (7, 1, 0, 0, 0), "2": (5, 0, 0, 0, 0)}}


def counted(period: str, of: dict[str, dict[str, tuple[int, ...]]], *beside: Counted) -> Counted:
    table = count_tables_of(CONTENTS, period)["participants"]
    rows = [
        (code, sex, age, n)
        for code, sexes in of.items()
        for sex, ages in sexes.items()
        for age, n in zip(AGES, ages, strict=True)
    ]
    rows += [
        (code, sex, age, 0)
        for code in (*of, "9999")
        for sex in ("1", "2", "unknown")
        for age in (*AGES, "other")
        if code == "9999" or sex == "unknown" or age == "other"
    ]
    names = ("region", "sex", "age_band", "count")
    cube = Cube(
        pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))),
        layout_of(table, REGIONS),
        "count",
        "count",
    )
    return Counted(
        period, CONTENTS, {"participants": table}, {"participants": cube}, REGIONS, {}, beside
    )


def protected(wanted: Counted, said: list[str]) -> ProtectedCounts:
    return protect_counts(wanted, POLICY, 1, float("inf"), said.append)


def cell(done: ProtectedCounts, region: str, sex: str, age: str) -> tuple[int | None, str]:
    [row] = [
        row
        for row in done.tables["participants"].to_pylist()
        if (row["region"], row["sex"], row["age_band"]) == (region, sex, age)
    ]
    return row["value"], row["sign"]


def test_a_municipalitys_number_is_hidden_where_a_half_year_makes_it_tell_too_much() -> None:
    said: list[str] = []
    half = protected(counted("2017H2", SECOND), said)
    assert cell(half, "0231", "total", "total") == (11, "")
    assert cell(half, "0231", "total", "26-35") == (0, "")
    alone = protected(counted("2017", YEAR), said)
    assert cell(alone, "0231", "total", "total") == (13, "")
    assert not [line for line in said if "number of participants" in line]

    # All of the 11 are in the year, at their ages: of 13, two at most are 26 to 35.
    shown = replace(
        counted("2017H2", SECOND), earlier={"participants": [half.tables["participants"]]}
    )
    beside = protected(counted("2017", YEAR, shown), said)
    assert cell(beside, "0231", "total", "total") == (None, ":")
    assert "the number of participants is hidden in 0231" in " ".join(said)
    assert cell(beside, "02", "total", "26-35")[1] == ""


def test_a_row_is_left_out_where_an_earlier_version_leaves_it_no_doubt() -> None:
    """All four of an age were women, as was shown, and one is a man now. Were both sexes hidden,
    each would be somebody of four: one to three.
    """
    then = SECOND | {"0231": {"1": (7, 0, 0, 0, 0), "2": (4, 4, 0, 0, 0)}}
    now = SECOND | {"0231": {"1": (7, 1, 0, 0, 0), "2": (4, 3, 0, 0, 0)}}
    said: list[str] = []
    first = protected(counted("2017H2", then), said)
    assert cell(first, "0231", "2", "26-35") == (4, "")
    said.clear()
    told = {"participants": [first.tables["participants"]]}
    second = protected(replace(counted("2017H2", now), earlier=told), said)
    assert "left out, since what was told leaves no doubt: participants of 0231" in said
    assert cell(second, "0231", "1", "26-35") == cell(second, "0231", "2", "26-35") == (None, "...")
    # What was told as well, or it would stand out what changed; but not the number, and no others.
    assert cell(second, "0231", "total", "26-35") == (None, "...")
    assert cell(second, "0231", "total", "total") == (15, "")
    assert cell(second, "0219", "1", "26-35") == (25, "")
