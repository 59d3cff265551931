"""Counts as people bring them: CSV that a Norwegian Excel wrote, totals that nobody declared."""

from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from deliveries import ident

from introstat.cli import main
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout
from introstat.disclosure.textfile import Written, lines_of, read_text_csv, written_as
from introstat.disclosure.undeclared import refuse_undeclared_totals

COUNTS = {
    ("Tromsø", "arbeid"): 12, ("Tromsø", "utdanning"): 5, ("Tromsø", "annet"): 6,
    ("Ås", "arbeid"): 9, ("Ås", "utdanning"): 8, ("Ås", "annet"): 7,
    ("Bø", "arbeid"): 2, ("Bø", "utdanning"): 4, ("Bø", "annet"): 0,
}  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def protect(source: Path, *more):
    out = source.with_name("out.csv")
    made = run(
        "protect", "--in", source, "--count", "freq", "--dims", "kommune,årsak", "--out", out, *more
    )
    return made, out


def lines(separator: str = ",", number: str = "{}") -> list[str]:
    rows = [(*key, number.format(count)) for key, count in COUNTS.items()]
    return [separator.join(row) for row in [("kommune", "årsak", "freq"), *rows]]


# How a file is written


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("\n".join(lines()) + "\n", "utf-8", Written()),
        ("\r\n".join(lines(";")) + "\r\n", "cp1252", Written(";", "\r\n", "cp1252")),
        ("\r\n".join(lines(";")) + "\r\n", "utf-8-sig", Written(";", "\r\n", "utf-8-sig")),
        ("sep=;\r\n" + "\r\n".join(lines(";")), "cp1252", Written(";", "\r\n", "cp1252")),
        ("\r\n".join([*lines(";"), "", ";;", " ;;", ""]), "utf-8", Written(";", "\r\n", "utf-8")),
        ("\r\n".join(line + ";" for line in lines(";")), "utf-8", Written(";", "\r\n", "utf-8")),
        ("\n".join(lines(";", "{},0")), "utf-8", Written(";", "\n", "utf-8")),
        ("\n".join(lines(";", '" {} "')), "utf-8", Written(";", "\n", "utf-8")),
        ("\r\n".join(lines("\t")), "utf-16", Written("\t", "\r\n", "utf-16")),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_writes_is_read_and_written_back_alike(
    tmp_path, text, encoding, written
):
    plain, source = tmp_path / "plain", tmp_path / "counts.csv"
    plain.mkdir()
    (plain / "counts.csv").write_text("\n".join(lines()), encoding="utf-8")
    expected, published = protect(plain / "counts.csv")
    assert expected.exit_code == 0, expected.output
    source.write_bytes(text.encode(encoding))
    assert written_as(source) == written
    made, out = protect(source)
    assert made.exit_code == 0, made.output
    for mine, theirs in (
        (out, published),
        (source.with_name("counts.primaries.csv"), plain / "counts.primaries.csv"),
    ):
        content = mine.read_bytes()
        as_plain = content.decode(encoding).replace(written.line_end, "\n")
        assert as_plain == theirs.read_text(encoding="utf-8").replace(",", written.separator)
        if encoding == "utf-8-sig":
            assert content.startswith(b"\xef\xbb\xbf")
    audited = run(
        "audit", "--in", out, "--dims", "kommune,årsak",
        "--primaries", source.with_name("counts.primaries.csv"),
    )  # fmt: skip
    assert audited.exit_code == 0, audited.output


@pytest.mark.parametrize(
    ("wrong", "text"),
    [("2,5", "2,5"), ("1,000", "1,000"), ("", ""), ("fem", "fem"), ("-1", "-1"), ("1,", "1,")],
)
def test_a_count_that_is_not_whole_is_refused_with_its_line_and_value(tmp_path, wrong, text):
    source = tmp_path / "counts.csv"
    written = ["sep=;", *lines(";")[:3], "", *lines(";")[3:]]
    written[-1] = f"Bø;annet;{wrong}"
    source.write_bytes("\r\n".join(written).encode("cp1252"))
    made, out = protect(source)
    assert made.exit_code == 2
    assert f"row 12: kommune=Bø, årsak=annet: {text!r}" in made.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"a;n\nx;1;2\n", "line 2: 3 fields, expected 2"),
        (b'a;n\n"x;1\n', "cannot be read as CSV"),
        (b"a;a\nx;1\n", "two columns are named 'a'"),
        (b"a;\nx;1\n", "a column has no name"),
        (b"a\0;n\0\n\0", "it holds NUL bytes"),
        (b"a;n\n\x81;1\n", "cannot be read as CSV"),
    ],
)
def test_what_is_no_csv_is_refused_by_its_line(tmp_path, content, message):
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_text_csv(path)


def test_an_earlier_table_is_read_like_the_new_one(tmp_path):
    released = "k;value;sign\r\na;5{0};\r\nb;7{0};\r\nAlt;12{0};\r\n"
    paths = [tmp_path / "now.csv", tmp_path / "then.csv"]
    for path in paths:
        path.write_text(released.format(",0"), encoding="utf-8")
    made = run("audit", "--in", paths[0], "--dims", "k", "--total", "k=Alt", "--earlier", paths[1])
    assert made.exit_code == 0, made.output


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text('sep=,\na,n\n\n"x\ny",1\n,\nz,2\n', encoding="utf-8")
    table = read_text_csv(path)
    assert table.to_pydict() == {"a": ["x\ny", "z"], "n": ["1", "2"]}
    assert list(lines_of(table)) == [4, 7]
    assert list(lines_of(pa.table({"a": ["x", "y"]}))) == [2, 3]


# Totals that are not declared


def table_of(sums: dict[str, tuple[str, ...]], groups: int, codes: str = "abcd") -> pa.Table:
    """A table of groups and codes, some of them the sums of others; the counts are fixed."""
    rows = []
    for group in range(groups):
        counts = {code: 3 + (5 * place + 7 * group) % 11 for place, code in enumerate(codes)}
        for code, parts in sums.items():
            counts[code] = sum(counts[part] for part in parts)
        order = [*sums, *(code for code in codes if code not in sums)]
        rows += [(f"g{group}", code, str(counts[code])) for code in order]
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(("g", "k", "n"))})


def told(table: pa.Table, layout: Layout | None = None) -> str:
    try:
        refuse_undeclared_totals("counts", layout or Layout(("g", "k")), [table], "n")
    except UserError as error:
        return error.message
    return ""


EVERY = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    "name",
    ["I alt", "i alt", "Ialt", "TOTALT", "Sum", "Alle", "Begge kjønn", "All", "total", " Total",
     "Hele  landet", "_T", "Total:", "Sum :", "I alt*", "(alle)", "(I alt):", "Norge", "Noreg",
     "Heile landet", "Menn og kvinner", "Begge kjønna", "Sammenlagt", "Delsum", "Mellomsum",
     "Subtotal", "Sub total", "Summa", "Tilsammen", "Alle kommuner", "Alle fylker:"],
)  # fmt: skip
@pytest.mark.parametrize("groups", [1, 3])
def test_a_code_named_like_a_total_is_refused_with_what_declares_it(name, groups):
    said = told(table_of({name: EVERY}, groups))
    assert f'k={name}: the sum of all other codes in {groups} groups; --total "k={name}"' in said


@pytest.mark.parametrize("name", ["x", "Alle årsaker", "Kvinner og menn"])
def test_a_code_that_is_the_sum_of_all_others_in_every_group_is_refused(name):
    said = told(table_of({name: EVERY}, 3))
    assert f'k={name}: the sum of all other codes in 3 groups; --total "k={name}"' in said


@pytest.mark.parametrize("number", ["{:,}", "{},0"])
@pytest.mark.parametrize("blank", [" ", "\u00a0"])
def test_a_total_is_seen_however_its_numbers_are_written(number, blank):
    table = table_of({"x": EVERY}, 3)
    counts = [number.format(1000 * int(count)) for count in table["n"].to_pylist()]
    counts = [count.replace(",", blank) if number == "{:,}" else count for count in counts]
    said = told(table.set_column(2, "n", [counts]))
    assert 'k=x: the sum of all other codes in 3 groups; --total "k=x"' in said


def test_totals_of_all_dimensions_are_refused_together():
    rows = dict(COUNTS)
    names = [sorted({key[axis] for key in COUNTS}) for axis in (0, 1)]
    for place in names[0]:
        rows[place, "I alt"] = sum(COUNTS[place, cause] for cause in names[1])
    for cause in [*names[1], "I alt"]:
        rows["Hele landet", cause] = sum(rows[place, cause] for place in names[0])
    table = pa.table(
        {
            "kommune": [key[0] for key in rows],
            "årsak": [key[1] for key in rows],
            "n": list(map(str, rows.values())),
        }
    )
    layout = Layout(("kommune", "årsak"))
    said = told(table, layout)
    assert '--total "kommune=Hele landet"' in said
    assert '--total "årsak=I alt"' in said
    declared = Layout(layout.dims, totals={"kommune": "Hele landet", "årsak": "I alt"})
    assert told(table, declared) == ""
    assert "årsak=I alt" not in told(table, Layout(layout.dims, totals={"årsak": None}))


def test_a_total_that_is_wrong_somewhere_is_refused_with_the_group():
    table = table_of({"I alt": EVERY}, 3)
    counts = table["n"].to_pylist()
    counts[5] = "1"
    said = told(table.set_column(2, "n", [counts]))
    assert (
        "k=I alt: named like a total, or nearly always the sum of the other codes, but not in "
        in said
    )
    assert "g=g1: mend the counts, and --total" in said
    table = table_of({"x": EVERY}, 12)
    counts = table["n"].to_pylist()
    counts[0] = "1"
    assert "k=x: named like a total, or nearly always" in told(table.set_column(2, "n", [counts]))


@pytest.mark.parametrize(
    ("sums", "groups"),
    [
        ({"x": ("a", "b")}, 8),
        ({"x": ("b", "d")}, 8),
        ({"x": ("a", "b", "c")}, 8),
        ({"arbeid i alt": ("a", "b")}, 2),
        ({"x": ("a", "b"), "y": ("c", "d")}, 8),
        ({"I alt": EVERY, "x": ("a", "c")}, 8),
        ({"z": EVERY, "x": ("a", "b"), "y": ("c", "d")}, 8),
    ],
)
def test_groups_of_codes_are_refused_with_what_declares_them(sums, groups):
    said = told(table_of(sums, groups))
    for name, parts in sums.items():
        if parts == EVERY:
            assert f"k={name}: the sum of all other codes" in said
        else:
            assert f"k={name}: the sum of {', '.join(parts)} in all {groups} groups; --hier" in said
    assert said.count("\n") == len(sums)


def test_groups_whose_codes_begin_alike_are_refused_however_many_codes_there_are():
    codes = [f"{county}{n:02d}" for county in ("03", "11", "46") for n in range(1, 21)]
    rows = {
        (sex, code): 1 + (3 * i + 5 * j) % 9
        for i, sex in enumerate(("1", "2"))
        for j, code in enumerate(codes)
    }
    for sex, county in product(("1", "2"), ("03", "11", "46")):
        rows[sex, county] = sum(rows[sex, code] for code in codes if code.startswith(county))
    table = pa.table(
        {"g": [k[0] for k in rows], "k": [k[1] for k in rows], "n": list(map(str, rows.values()))}
    )
    assert [line.partition(":")[0].strip() for line in told(table).splitlines()[1:]] == [
        "k=03", "k=11", "k=46",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "counts",
    [
        {"a": [3], "b": [4], "c": [7]},
        {"a": [1, 4], "b": [2, 4], "c": [3, 1]},
        {"a": [1, 0], "b": [2, 1], "c": [3, 1]},
        {"Menn": [25, 31, 8], "Kvinner": [25, 31, 8]},
        {"a": [0, 0, 0], "b": [0, 0, 0], "c": [0, 0, 0]},
        {"a": [5, 6, 7, 8], "b": [0, 0, 0, 0], "c": [5, 6, 7, 8]},
        {"Allergi": [5, 1], "Sumatra": [2, 2], "Totalitært": [3, 0]},
        {"Alle dager": [5, 1], "Noen dager": [2, 2], "Ingen dager": [3, 0]},
    ],
)
def test_what_is_a_sum_by_chance_is_no_total(counts):
    rows = [
        (f"g{group}", code, str(number))
        for code, numbers in counts.items()
        for group, number in enumerate(numbers)
    ]
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("g", "k", "n"))})
    assert told(table) == ""


def test_a_category_may_be_said_to_be_one(tmp_path):
    table = table_of({"Alle": EVERY, "x": ("a", "b")}, 8)
    accepted = Layout(("g", "k"), categories={"k": ("Alle", "x")})
    assert told(table, accepted) == ""
    source = tmp_path / "counts.csv"
    source.write_text("k,freq\na,5\nb,7\nAlle,9\n", encoding="utf-8")
    asked = ["protect", "--in", source, "--count", "freq", "--dims", "k"]
    out = ["--out", tmp_path / "out.csv"]
    refused = run(*asked, *out)
    assert refused.exit_code == 2
    assert "k=Alle: named like a total, or nearly always the sum" in refused.output
    assert run(*asked, *out, "--category", "k=Alle").exit_code == 0
    assert "expected `dimension=CODE`" in run(*asked, *out, "--category", "Alle").output
    assert "Category of x: not a dimension" in run(*asked, *out, "--category", "x=y").output


def test_the_commands_refuse_a_total_that_is_not_declared_and_take_one_that_is(tmp_path):
    source = tmp_path / "counts.csv"
    places = dict.fromkeys(key[0] for key in COUNTS)
    total = [
        f"{place};I alt;{sum(n for key, n in COUNTS.items() if key[0] == place)}"
        for place in places
    ]
    source.write_text("\n".join([*lines(";"), *total]), encoding="utf-8")
    made, out = protect(source)
    assert made.exit_code == 2
    assert (
        'årsak=I alt: the sum of all other codes in 3 groups; --total "årsak=I alt"' in made.output
    )
    assert not out.exists()
    declared = ["--total", "årsak=I alt"]
    made, out = protect(source, *declared)
    assert made.exit_code == 0, made.output
    asked = ["audit", "--in", out, "--dims", "kommune,årsak"]
    refused = run(*asked)
    assert refused.exit_code == 2
    assert "årsak=I alt" in refused.output
    listed = ["--primaries", tmp_path / "counts.primaries.csv"]
    assert run(*asked, *declared, *listed).exit_code == 0


def test_an_audit_refuses_a_code_named_like_a_total_though_numbers_are_hidden(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("k,value,sign\na,,:\nb,,:\nI alt,9,\n", encoding="utf-8")
    refused = run("audit", "--in", out, "--dims", "k")
    assert refused.exit_code == 2
    assert 'k=I alt: named like a total; --total "k=I alt"' in refused.output


def test_linked_cubes_are_asked_for_totals_too(tmp_path):
    (tmp_path / "a.csv").write_text("k,n\na,5\nb,7\nI alt,12\n", encoding="utf-8")
    linked = tmp_path / "linked.yml"
    for more, code in (("", 2), (", totals: {k: I alt}", 0), (", categories: {k: [I alt]}", 0)):
        linked.write_text(f"cubes: {{a: {{in: a.csv, count: n, dims: [k]{more}}}}}\n")
        made = run("protect", "--linked", linked, "--out", tmp_path / "out")
        assert made.exit_code == code, made.output


def test_no_identity_number_is_in_what_is_refused(tmp_path):
    """Who protects a file of persons by mistake sees none of their numbers on the screen."""
    number = ident(1)
    for name, rows, code in (
        ("twice.csv", [f"{number},a,5", f"{number},a,6"], 2),
        ("missing.csv", [f"{number},a,5", "B,b,6"], 2),
        ("impossible.csv", [f"{number},a,3", f"{number},b,1"], 3),
    ):
        source = tmp_path / name
        source.write_text("\n".join(["kommune,årsak,freq", *rows]))
        made, out = protect(source)
        assert made.exit_code == code, made.output
        assert "kommune=…" in made.output
        assert number not in made.output
        assert not out.exists()
