"""The published controls of form 11b: each hit, just kept and left blank, the same at receipt."""

import json
import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from conftest import rows
from deliveries import deliver, ident
from oracle.dirt import synthetic_ident

from introstat.identity.numbers import is_valid_duf, is_valid_form_duf

D_NUMBER = synthetic_ident(random.Random(0), date(1985, 1, 9), d_number=True)
WRONG = ident(4)[:-1] + str((int(ident(4)[-1]) + 1) % 10)
SEVENTEEN, EIGHTEEN, NINETY_EIGHT, NINETY_NINE, UNKNOWN = (ident(n) for n in range(10, 15))
BORN = {
    SEVENTEEN: "1999-01-01", EIGHTEEN: "1998-12-31",
    NINETY_EIGHT: "1918-01-01", NINETY_NINE: "1917-12-31",
}  # fmt: skip
MONTHS = "".join(f"{month:02d}" for month in range(1, 13))
# Valid by the form's rule; the second by the contract's only.
DUF, OTHER_DUF = "201017238203", "201017238208"

Change = tuple[int, str]
# What is changed in a line that is in order, and the controls that then do not hold.
CASES: dict[str, tuple[list[Change], set[str]]] = {
    "nothing": ([], set()),
    "K2: a letter in a number": ([(18, ident(1)[:10] + "x")], {"K2", "K5"}),
    "K2: a letter in a DUF number": ([(29, "20101723820x")], {"K2", "K6"}),
    "K2: a letter in a district": ([(8, "0x")], {"K2"}),
    "K2 near: a letter in the journal number": ([(10, "Æ-12345x")], set()),
    "K2 blank: districts": ([(6, "    ")], set()),
    "K3: of another year": ([(0, "5001")], {"K3"}),
    "K3 near: of its last year": ([(0, "1601")], set()),
    "K3 blank": ([(0, "    ")], {"K3"}),
    "K4: another year": ([(4, "15")], {"K4"}),
    "K4 blank": ([(4, "  ")], {"K4"}),
    "K5: a wrong check digit": ([(18, WRONG)], {"K5"}),
    "K5 near: a D-number": ([(18, D_NUMBER)], set()),
    "K5 blank: a DUF number alone": ([(18, " " * 11), (29, DUF)], {"K5"}),
    "K6: by another rule only": ([(29, OTHER_DUF)], {"K6"}),
    "K6: too short": ([(29, " 20101723820")], {"K6"}),
    "K6 near": ([(29, DUF)], set()),
    "K7: 3": ([(41, "3")], {"K7"}),
    "K7 near: 2": ([(41, "2")], set()),
    "K7 blank": ([(41, " ")], {"K7"}),
    "K8: 6": ([(42, "6")], {"K8"}),
    "K8 near: 5": ([(42, "5")], set()),
    "K8 blank": ([(42, " ")], {"K8"}),
    "K9: no date": ([(43, "310216")], {"K9"}),
    "K9 near: a leap day": ([(43, "290216")], set()),
    "K9 blank": ([(43, "      ")], {"K9"}),
    "K9: zeros": ([(43, "000000")], {"K9"}),
    "K10: 3": ([(49, "3")], {"K10"}),
    "K10 near: 1": ([(49, "1")], set()),
    "K10 blank": ([(49, " ")], {"K10"}),
    "K11: zeros alone": ([(50, "00" * 11)], {"K11"}),
    "K11 blank": ([(50, " " * 22)], {"K11"}),
    "K11: zeros and blanks": ([(50, "00  " * 5 + "00")], {"K11"}),
    "K11: a code in another's place": ([(50, "0200")], {"K11"}),
    "K11: the fifth": ([(58, "05")], {"K11"}),
    "K11: half a code": ([(50, " 1")], {"K11"}),
    "K11: a code that is none": ([(66, "09")], {"K11"}),
    "K11 near: each code in its place": ([(50, "0102030400060708101199")], set()),
    "K11 near: blanks before the last": ([(50, " " * 20 + "99")], set()),
    "K12: 11": ([(72, "11311216")], {"K12"}),
    "K12, K13: 11 without an end": ([(72, "11")], {"K12", "K13"}),
    "K12 near: 10": ([(72, "10311216")], set()),
    "K12 blank": ([(72, "  311216")], {"K12"}),
    "K12, K13 blank": ([(72, "  ")], {"K12", "K13"}),
    "K13: in the year after": ([(72, "01010117")], {"K13"}),
    "K13 near: the year's last day": ([(72, "01311216")], set()),
    "K13 blank": ([(72, "01      ")], {"K13"}),
    "K13: zeros": ([(72, "01000000")], {"K13"}),
    "K13: no date": ([(72, "01320116")], {"K13"}),
    "K14: zeros alone": ([(72, "01311216"), (80, "00" * 12)], {"K14"}),
    "K14 blank": ([(72, "01311216"), (80, " " * 24)], {"K14"}),
    "K14: a month in another's place": ([(80, "02")], {"K14"}),
    "K14 near: blanks before the last": ([(80, " " * 22), (104, "0015000")], set()),
    "K15: nothing paid": ([(104, "0000000")], {"K15", "K20"}),
    "K15: the limit": ([(104, "0350000")], {"K15", "K19", "K23"}),
    "K15 near": ([(104, "0349999")], {"K19", "K23"}),
    "K15 blank": ([(104, " " * 7)], {"K15"}),
    "K15 near: blanks before the amount": ([(104, " 150000")], set()),
    "K16: the day before": ([(72, "01010216"), (43, "020216")], {"K16"}),
    "K16 near: the same day": ([(72, "01020216"), (43, "020216")], set()),
    "K17: the day before the year": ([(43, "020215"), (72, "01311215")], {"K13", "K17"}),
    "K17 near: its first day": ([(43, "020215"), (72, "01010116")], set()),
    "K17: in the programme all the same": ([(43, "020215"), (72, "06311215")], {"K17"}),
    "K18: not ticked": ([(102, "00")], {"K18"}),
    "K18 blank": ([(102, "  ")], {"K18"}),
    "K18 near: ended": ([(72, "01311216"), (102, "00")], set()),
    "K19: 20 000 a month": ([(82, "00" * 10), (104, "0040000")], {"K19"}),
    "K19 near: 19 999": ([(82, "  " * 10), (104, "0039998")], set()),
    "K20: 8 000 a month": ([(82, "00" * 10), (104, "0016000")], {"K20"}),
    "K20 near: 8 000 and half a krone": ([(82, "  " * 10), (104, "0016001")], set()),
    "K21: 17": ([(18, SEVENTEEN)], {"K21"}),
    "K21 near: 18 on the year's last day": ([(18, EIGHTEEN)], set()),
    "K22: 99": ([(18, NINETY_NINE)], {"K22"}),
    "K22 near: 98": ([(18, NINETY_EIGHT)], set()),
    "K21, K22: nobody that NIR knows": ([(18, UNKNOWN)], set()),
    "K23: 220 000": ([(104, "0220000")], {"K23"}),
    "K23 near: 219 999": ([(104, "0219999")], set()),
}  # fmt: skip


def form(number: int, changes: list[Change]) -> str:
    """A line that is in order, of a person of its own, with changes from positions on."""
    line = (
        f"030116{'':4}{number:>8}{ident(100 + number)}{'':12}11010216"
        f"2{'01' + '00' * 10}06000000{MONTHS}0150000"
    )
    for start, text in changes:
        line = line[:start] + text + line[start + len(text) :]
    assert len(line) == 111
    return line


LINES = [form(number, changes) for number, (changes, _) in enumerate(CASES.values())]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    extracts = tmp_path_factory.mktemp("forms") / "extracts"
    person = "{};;2;{};SY;SY;flyktning;2015-01-01;2015-01-02;;0;0301;;;0;2015-02-01"
    deliver(extracts, "nir", "2017-01-21", {
        "personer.csv": [person.format(*each) for each in BORN.items()],
    })  # fmt: skip
    # A line twice; one too short and one too long.
    lines = [*LINES, LINES[1], LINES[0][:-1], LINES[0] + "0"]
    deliver(extracts, "kostra", "2017-02-20", {"11b-2016.dat": lines})
    deliver(extracts, "kostra", "2019-02-20", {"11b-2018.dat": [
        form(0, [(4, "18"), (43, "010218"), (104, "0300000")]),
        form(1, [(4, "18"), (0, "5001"), (43, "010218")]),
        form(2, [(4, "18"), (0, "1601"), (43, "010218")]),
    ]})  # fmt: skip
    return build(extracts, "dq_kostra_forms", "dq_conservation", "quarantine")


def of_line(warehouse: Path, year: int) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for unit, rule in rows(
        warehouse,
        "select unit_id, rule_id from dq_kostra_forms where is_finding "
        f"and unit_id like '11b-{year}.dat/%'",
    ):
        number = int(unit.split("/")[1])
        found.setdefault(number, set()).add(re.sub("^K0", "K", rule))
    return found


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES, start=1)))
def test_each_control_is_hit_just_kept_and_left_blank(
    warehouse: Path, number: int, case: str
) -> None:
    assert of_line(warehouse, 2016).get(number, set()) == CASES[case][1]


def test_a_line_of_another_length_is_that_alone_and_a_repeated_one_is_left_out(
    warehouse: Path,
) -> None:
    found = of_line(warehouse, 2016)
    last = len(LINES)
    assert [found.get(last + n) for n in (1, 2, 3)] == [None, {"K1"}, {"K1"}]
    asked = "select distinct split_part(unit_id, '/', 2)::int from dq_kostra_forms"
    numbers = {number for (number,) in rows(warehouse, f"{asked} where unit_id like '%2016%'")}
    assert numbers == {*range(1, last + 1), last + 2, last + 3}


def test_municipalities_and_amounts_are_those_of_the_reporting_year(warehouse: Path) -> None:
    assert of_line(warehouse, 2018) == {3: {"K3"}}


def test_the_reception_check_says_the_same(warehouse: Path) -> None:
    for year, delivered in ((2016, "2017-02-20"), (2018, "2019-02-20")):
        home = warehouse.with_suffix(".received") / "kostra" / delivered / "mottakskontroll"
        result = json.loads((home / "resultat.json").read_text(encoding="utf-8"))
        at_receipt = {
            check["rule_id"]: (check["of"], check["found"])
            for check in result["checks"]
            if re.fullmatch(r"K\d+", check["rule_id"])
        }
        in_warehouse = {
            re.sub("^K0", "K", rule): (asked, found)
            for rule, asked, found in rows(
                warehouse,
                "select rule_id, count(*) filter (where is_applicable), "
                "count(*) filter (where is_finding) from dq_kostra_forms "
                f"where unit_id like '11b-{year}.dat/%' group by rule_id",
            )
        }
        assert len(at_receipt) == 23
        assert at_receipt == in_warehouse


def test_the_forms_rule_for_duf_numbers_is_not_the_contracts() -> None:
    assert (is_valid_form_duf(DUF), is_valid_duf(DUF)) == (True, False)
    assert (is_valid_form_duf(OTHER_DUF), is_valid_duf(OTHER_DUF)) == (False, True)
    for text in ("", "20101723820", "20101723820x", "2010172382031"):
        assert not is_valid_form_duf(text)
