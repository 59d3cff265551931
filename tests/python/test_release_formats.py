"""Every format of a release, read by a reader that is not ours, and held against the rows it came
from: each cell, each sign, each text. And the comparison that `verify` rests on: it sees one cell.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import frictionless
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datadoc_model.required.model import MetadataContainer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonstat_validator import validate_jsonstat
from older_releases import make_older
from pyaxis import pyaxis

from introstat.errors import UserError
from introstat.release import encodings, naming
from introstat.release.cube import (
    Code,
    Measure,
    PublishedCube,
    PublishedDimension,
    Release,
    unique_labels,
)
from introstat.release.cube_rows import cube_from_rows
from introstat.release.formats import (
    csv_package,
    imdi_csv,
    jsonstat,
    parquet,
    px,
    sdmx,
    workbook,
)

SEEDS = Path(__file__).parents[2] / "seeds" / "codelists"
RELEASE = Release(
    "2017H2", 1, "Introduksjonsordningen 2. halvår 2017", "Introduction 2017", date(2018, 1, 21)
)
PX_SIGNS = {'"."': ".", '".."': "..", '"..."': ":"}
Cells = dict[tuple[str, ...], tuple[Decimal | None, str]]
"""Value and sign by the codes of all dimensions and the measure; without what cannot occur."""

LETTERS = "abcæøåÆØÅáčđŋšŧžÁČĐŊŠŦŽ \"';,:.&<>%#\n\t0123–"
texts = st.text(LETTERS, min_size=1, max_size=40).filter(lambda text: text.strip(' \n\t"') != "")
# pyaxis takes blanks and brackets in a variable's name for its own, and stumbles where one variable
# is called in English what another is in Norwegian.
names = st.text("abcæøåčŋ-'", min_size=1, max_size=12)
english_names = st.text("ABCÆØÅČŊ", min_size=1, max_size=12)
periods = st.sampled_from(
    [("2017H2",), ("2017",), ("2016H1", "2016H2", "2017H1"), ("2015", "2017"), ("2016H2", "2017")]
)


def cells_of(table: pa.Table) -> Cells:
    """A reader's table as a dictionary; a cell that is there twice is an error of the reader."""
    keys = [each for each in table.column_names if each not in ("value", "sign", "is_preliminary")]
    found: Cells = {}
    for row in table.to_pylist():
        codes = tuple(row[key] for key in keys)
        assert codes not in found
        if row["sign"] != ".":
            found[codes] = (row["value"], row["sign"])
    return found


@st.composite
def tables(draw: st.DrawFn) -> tuple[PublishedCube, Cells]:
    """A cube of any shape, and the cells it was made from."""
    codes_of: dict[str, tuple[Code, ...]] = {
        "period": tuple(Code(each, each, each) for each in draw(periods))
    }
    if draw(st.booleans()):
        regions = draw(
            st.lists(st.sampled_from(["0", "03", "11", "0301", "5436"]), min_size=1, unique=True)
        )
        codes_of["region"] = tuple(Code(each, draw(texts), draw(texts)) for each in regions)
    for number in range(draw(st.integers(0, 2))):
        codes = [f"c{place}" for place in range(draw(st.integers(1, 4)))]
        codes_of[f"dim{number}"] = tuple(Code(each, draw(texts), draw(texts)) for each in codes)
    roles = {"period": "time", "region": "region"}
    dimensions = [
        PublishedDimension(
            name, draw(names), draw(english_names), codes,
            None if name == "period" else draw(st.sampled_from([None, codes[-1].code])),
            roles.get(name, "classification"),  # type: ignore[arg-type]
        )
        for name, codes in codes_of.items()
    ]  # fmt: skip
    measures = [
        Measure(
            f"m{number}", draw(texts), draw(texts), "personer", "persons", draw(st.integers(0, 2))
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    rows, cells = [], {}
    for codes in product(*(each.code_names for each in dimensions), measures):
        key, measure = codes[:-1], codes[-1]
        sign = draw(st.sampled_from(["", "", "", ":", "..", ".", "absent"]))
        number = draw(st.integers(-20, 3_000_000_000))
        value = None if sign else Decimal(number).scaleb(-measure.decimals)
        if sign != "absent":
            rows.append((*key, measure.name, value, sign))
        if sign not in (".", "absent"):
            cells[(*key, measure.name)] = (value, sign)
    columns = [*(each.name for each in dimensions), "measure", "value", "sign"]
    types = [pa.string()] * (len(columns) - 2) + [pa.decimal128(20, 2), pa.string()]
    data = list(zip(*rows, strict=True)) or [[] for _ in columns]
    order = draw(st.permutations(range(len(rows))))
    shuffled = [[column[place] for place in order] for column in data]
    table = pa.table({n: pa.array(c, t) for n, c, t in zip(columns, shuffled, types, strict=True)})
    cube = cube_from_rows(
        table,
        name="table",
        file_stem="tabell",
        title_nb=draw(texts) * draw(st.sampled_from([1, 12])),
        title_en=draw(texts),
        description_nb=draw(st.sampled_from(["", "Om tabellen.\n\nMer."])),
        description_en="",
        dimensions=dimensions,
        measures=measures,
        updated=RELEASE.updated,
        is_preliminary=draw(st.booleans()),
        notes_nb=("Brudd i 2017.",),
        notes_en=("Break in 2017.",),
        contact='IMDi "statistikk", tlf. 123',
    )
    return cube, cells


def every_table(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with tables of any shape."""
    return settings(
        max_examples=40, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                               HealthCheck.large_base_example, HealthCheck.data_too_large],
    )(given(made=tables())(test))  # fmt: skip


# A release as they are: the cubes that IMDi knows, codes and words of the seeds.


def seed(name: str, code: str) -> list[Code]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return [Code(row[code], row["label_nb"], row["label_en"]) for row in csv.DictReader(file)]


TOTAL = Code("total", "I alt", "Total")
REGIONS = (
    Code("0", "Hele landet", "The whole country"),
    Code("03", "Oslo", "Oslo"),
    Code("20", "Finnmark – Finnmárku – Finmarkku", "Finnmark"),
    Code("0301", "Oslo", "Oslo"),
    Code("0403", "Hamar", "Hamar"),
    Code("0426", "Våler", "Våler"),
    Code("0137", "Våler", "Våler"),
    Code("2020", "Porsanger – Porsáŋgu – Porsanki", "Porsanger"),
)


def region() -> PublishedDimension:
    return PublishedDimension(
        "region", "Region", "Region", REGIONS, "0", "region", 131, "Koder i 2017.", "Codes of 2017."
    )


def classified(name: str, nb: str, en: str, codes: Sequence[Code]) -> PublishedDimension:
    return PublishedDimension(name, nb, en, (TOTAL, *codes), "total")


def sex() -> PublishedDimension:
    return classified("sex", "Kjønn", "Sex", seed("sexes", "sex"))


EXITS = (
    Measure("exits", "Avsluttede deltakelser", "Exits", "personer", "persons"),
    Measure("percent", "Andel", "Share", "prosent", "percent", kind="average"),
)
PERSONS = Measure("participants", "Deltakere", "Participants", "personer", "persons")
MEASURED = Measure("participants_with_measure", "Deltakere", "Participants", "personer", "persons")
FORMER = Measure("former_participants", "Deltakere", "Participants", "personer", "persons")
FINE = Measure("percent", "Andel", "Share", "prosent", "percent", 1, "average")


def real(
    name: str, stem: str, period: str, dimensions: Sequence[PublishedDimension],
    measures: Sequence[Measure], is_preliminary: bool = False,
) -> PublishedCube:  # fmt: skip
    """A cube with values and signs that a fixed rule draws."""
    time_codes = (Code(period, period.replace("H", ". halvår "), period),)
    all_dimensions = (
        PublishedDimension("period", "Periode", "Period", time_codes, None, "time"), *dimensions
    )  # fmt: skip
    shape = (*(len(each.codes) for each in all_dimensions), len(measures))
    drawn = np.random.default_rng(len(name)).integers(0, 1000, size=shape)
    signs = np.where(drawn < 300, 1, np.where(drawn < 350, 2, np.where(drawn < 400, 3, 0)))
    signs = signs.astype(np.uint8)
    return PublishedCube(
        name=name, file_stem=stem,
        title_nb=f"{stem.capitalize()} i introduksjonsprogram, etter område", title_en=name,
        description_nb="Personer med en deltakelse som berører perioden.",
        description_en="Persons.", dimensions=all_dimensions, measures=tuple(measures),
        numbers=np.where(signs == 0, drawn, 0), sign_numbers=signs, updated=RELEASE.updated,
        is_preliminary=is_preliminary, source_nb="NIR", source_en="NIR", contact="IMDi",
    )  # fmt: skip


def release_cubes(period: str, is_preliminary: bool = False) -> list[PublishedCube]:
    ages = [Code(each, f"{each} år", each) for each in ("18-25", "26-35", "56+", "other")]
    two = [Code("arbutd", "Arbeid eller utdanning", "Work"), Code("annet", "Annet", "Other")]
    years = [Code(str(each), f"{each} år etter", f"{each} years after") for each in range(1, 6)]
    statuses = [*seed("status_groups", "status_group"), *seed("statuses", "status_code")]
    shapes: list[tuple[str, str, Sequence[PublishedDimension], Sequence[Measure]]] = [
        ("participants", "deltakere",
         [region(), sex(), classified("age_band", "Alder", "Age", ages)], [PERSONS, FINE]),
        ("measures_4", "tiltak-4",
         [region(), PublishedDimension("measure_group", "Tiltaksgruppe", "Group",
                              tuple(seed("measure_groups", "measure_group"))), sex()], [MEASURED]),
        ("measures_12", "tiltak-12",
         [region(), PublishedDimension("measure_type", "Tiltak", "Measure",
                              tuple(seed("measure_types", "measure_type"))), sex()], [MEASURED]),
        ("direct_result_2", "direkte-resultat-2",
         [region(), classified("result_group", "Årsak", "Reason", two), sex()], EXITS),
        ("direct_result_7", "direkte-resultat-7",
         [region(), classified("termination_group", "Årsak", "Reason",
                               seed("termination_groups", "termination_group")), sex()], EXITS),
        ("status", "status",
         [region(), PublishedDimension("years_after", "År etter", "Years after", tuple(years)),
          classified("status_group", "Status", "Status", statuses), sex()], [FORMER, EXITS[1]]),
        ("hours", "timer", [region(), sex()],
         [Measure("hours_per_week", "Timer per uke", "Hours per week", "timer", "hours", 1,
                  "average")]),
    ]  # fmt: skip
    return [
        real(name, stem, period, dimensions, measures, is_preliminary)
        for name, stem, dimensions, measures in shapes
    ]


@pytest.fixture(scope="module")
def half_year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[PublishedCube]]:
    folder = tmp_path_factory.mktemp("release") / "2017H2_v1"
    cubes = release_cubes("2017H2", is_preliminary=True)
    encodings.write_all(cubes, folder, RELEASE)
    return folder, cubes


@pytest.fixture
def copied(half_year: tuple[Path, list[PublishedCube]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(half_year[0], tmp_path / "release"))


# One format after the other, by its own independent reader.


@every_table
def test_the_cube_gives_back_the_rows_it_was_made_from(made, tmp_path):
    cube, cells = made
    assert cells_of(cube.to_rows()) == cells


@every_table
def test_parquet_as_duckdb_reads_it(made, tmp_path):
    cube, cells = made
    path = tmp_path / "x.parquet"
    parquet.write(cube, path, RELEASE)
    with duckdb.connect() as connection:
        table = connection.execute("select * from read_parquet(?)", [str(path)]).to_arrow_table()
        codecs = connection.execute(
            "select distinct compression from parquet_metadata(?)", [str(path)]
        ).fetchall()
    kinds = dict(zip(table.column_names, map(str, table.schema.types), strict=True))
    assert kinds.pop("value") == ("double" if cube.decimals else "int64")
    assert kinds.pop("is_preliminary") == "bool" and set(kinds.values()) == {"string"}
    found = cells_of(table.drop_columns("is_preliminary"))
    assert {
        key: (value if value is None else Decimal(str(value)), sign)
        for key, (value, sign) in found.items()
    } == cells
    assert set(table["is_preliminary"].to_pylist()) == {cube.is_preliminary}
    assert codecs == [("ZSTD",)]
    about = json.loads(pq.read_schema(path).metadata[b"introstat"])
    assert about["title"] == {"nb": cube.title_nb, "en": cube.title_en}
    assert [each["name"] for each in about["dimensions"]] == [each.name for each in cube.dimensions]
    assert cells_of(parquet.read(path)) == cells


def test_pandas_gets_numbers_and_texts(half_year) -> None:
    folder, cubes = half_year
    for cube in cubes:
        frame = pd.read_parquet(folder / f"{cube.file_stem}_p2017-H2_v1.parquet")
        assert frame["value"].dtype.kind == "f"  # signs are gaps, so integers are doubles too
        assert frame["is_preliminary"].dtype.kind == "b"
        assert all(frame[name].map(type).eq(str).all() for name in ("period", "measure", "sign"))
        shown = frame[frame["sign"] == ""]
        assert shown["value"].notna().all()
        assert frame.loc[frame["sign"] != "", "value"].isna().all()
        assert float(frame["value"].sum()) == pytest.approx(
            sum(float(text) for text in cube.value_texts() if text)
        )


@every_table
def test_csv_as_frictionless_and_duckdb_read_it(made, tmp_path):
    cube, cells = made
    path, package = tmp_path / "tabell.csv", tmp_path / "datapackage.json"
    csv_package.write(cube, path, RELEASE)
    csv_package.write_package([(cube, path)], package, RELEASE, "introstat-test")
    report = frictionless.validate(str(package))
    assert report.valid, report.flatten(["type", "message"])
    assert report.stats["warnings"] == 0
    keys = [*(each.name for each in cube.dimensions), "measure"]
    found: Cells = {}
    for row in frictionless.Package(str(package)).get_resource("tabell").read_rows():
        sign = row["sign"] or ""
        if sign != ".":
            found[tuple(row[key] for key in keys)] = (row["value"], sign)
        assert row["is_preliminary"] is cube.is_preliminary
    assert found == cells
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {', '.join(keys)}, cast(value as decimal(24, 2)), coalesce(sign, '') "
            "from read_csv(?, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
            "header = true, new_line = '\\n')",
            [str(path)],
        ).fetchall()
    assert {row[:-2]: row[-2:] for row in rows if row[-1] != "."} == cells
    assert cells_of(csv_package.read(path)) == cells


@every_table
def test_px_as_pyaxis_reads_it(made, tmp_path):
    cube, cells = made
    path = tmp_path / "x.px"
    px.write(cube, path, RELEASE)
    for language in ("nb", "en"):
        parsed = pyaxis.parse(str(path), encoding="utf-8", lang=language, sd_values="(?!)",
                              null_values="(?!)")  # fmt: skip
        metadata = parsed["METADATA"]
        variables = [*metadata["STUB"], *metadata["HEADING"]]
        codes = [metadata[f"CODES({each})"] for each in variables]
        assert [metadata[f"VARIABLECODE({each})"] for each in variables] == [
            *([each.name] for each in cube.dimensions), ["measure"]
        ]  # fmt: skip
        assert all(len(metadata[f"VALUES({each})"]) == len(set(metadata[f"VALUES({each})"]))
                   for each in variables)  # fmt: skip
        found: Cells = {}
        for key, token in zip(product(*codes), parsed["DATA"]["DATA"], strict=True):
            sign = PX_SIGNS.get(token, "")
            if sign != ".":
                found[key] = (None if sign else Decimal(token), sign)
        assert found == cells
    title = "".join(pyaxis.parse(str(path), encoding="utf-8", lang="nb")["METADATA"]["TITLE"])
    # pyaxis drops the blanks at the ends of the parts that a long text is broken into.
    assert title.replace(" ", "") == "".join(cube.title_nb.replace('"', "'").split())
    assert cells_of(px.read(path)) == cells


@every_table
def test_jsonstat_as_its_validator_and_the_standard_read_it(made, tmp_path):
    cube, cells = made
    path = tmp_path / "x.json"
    jsonstat.write(cube, path, RELEASE)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert validate_jsonstat(found)
    dimension = found["dimension"]
    decoded: Cells = {}
    for place, key in enumerate(product(*(dimension[d]["category"]["index"] for d in found["id"]))):
        status = found.get("status", {})
        sign = status[place] if isinstance(status, list) else status.get(str(place), "")
        assert (sign == "*") == (cube.is_preliminary and found["value"][place] is not None)
        sign = sign.replace("*", "")
        value = found["value"][place]
        if sign != ".":
            decimals = dimension["measure"]["category"]["unit"][key[-1]]["decimals"]
            exact = (
                None
                if value is None
                else Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals))
            )
            decoded[key] = (exact, sign)
    assert decoded == cells
    assert found["role"]["time"] == ["period"]
    assert found["role"]["metric"] == ["measure"]
    assert found["extension"]["preliminary"] is cube.is_preliminary
    told = ["* Foreløpige tall. De kan bli endret når de endelige tallene kommer."]
    described = [cube.description_nb] if cube.description_nb else []
    assert found["note"] == told * cube.is_preliminary + described + ["Brudd i 2017."]
    assert ("*" in found["extension"]["status"]["label"]) == cube.is_preliminary
    for each in cube.dimensions:
        labels = {code.code: code.label_nb for code in each.codes}
        assert dimension[each.name]["category"]["label"] == labels
        english = found["extension"]["en"]["dimension"][each.name]["category"]["label"]
        assert english == {code.code: code.label_en for code in each.codes}
    assert cells_of(jsonstat.read(path)) == cells


@every_table
def test_sdmx_csv_as_the_csv_module_reads_it(made, tmp_path):
    cube, cells = made
    shutil.rmtree(tmp_path / "sdmx", ignore_errors=True)
    path = sdmx.write(cube, tmp_path / "sdmx", RELEASE)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]][:4] == ["STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ"]
    assert {row["STRUCTURE_ID"] for row in rows} == {"IMDI:TABELL(2017.2.1)"}
    found: Cells = {}
    for row in rows:
        period = row["TIME_PERIOD"].replace("-S", "H")
        assert row["FREQ"] == ("S" if "H" in period else "A")
        codes = {name: row[name.upper()] for name in (d.name for d in cube.dimensions[1:])}
        if codes.get("region") == "_T":
            codes["region"] = "0"
        sign = {"HIDDEN": ":", "MISSING": "..", "CANNOT_OCCUR": ".", "": ""}[row["SIGN"]]
        expected = {":": "Q", "..": "O", ".": "M", "": "P" if cube.is_preliminary else "A"}
        assert row["OBS_STATUS"] == expected[sign]
        if sign != ".":
            value = Decimal(row["OBS_VALUE"]) if row["OBS_VALUE"] else None
            found[period, *codes.values(), row["INDICATOR"]] = (value, sign)
    assert found == cells
    assert cells_of(sdmx.read(path)) == cells
    sdmx.write_structures([cube], tmp_path / "sdmx", RELEASE)
    assert sdmx.differences(tmp_path / "sdmx") == []


def test_sdmx_has_its_own_codes_for_totals_and_one_code_list_for_the_same_codes(half_year) -> None:
    folder, _ = half_year
    structures = json.loads(
        (folder / "sdmx" / "strukturer_p2017-H2_v1.json").read_text(encoding="utf-8")
    )["data"]
    lists = {each["id"]: [code["id"] for code in each["codes"]] for each in structures["codelists"]}
    assert len(lists) == len(structures["codelists"])
    assert lists["CL_AGE_BAND"] == ["_T", "18-25", "26-35", "56_PLUS", "other"]
    assert lists["CL_REGION"][:3] == ["_T", "03", "20"]
    assert not [name for name in lists if name.startswith("CL_SEX_")]
    [sexes] = [each for each in structures["codelists"] if each["id"] == "CL_SEX"]
    assert sexes["codes"][1]["names"] == {"nb": "Menn", "en": "Men"}


def test_a_code_that_sdmx_cannot_hold_is_told(tmp_path: Path) -> None:
    odd = PublishedDimension("group", "Gruppe", "Group", (Code("a/b", "A", "A"),))
    cube = real("x", "x", "2017", [odd], [PERSONS])
    with pytest.raises(UserError, match="The code a/b of group is none that SDMX can hold"):
        sdmx.write(cube, tmp_path, RELEASE)


@every_table
def test_the_workbook_as_openpyxl_reads_it(made, tmp_path):
    cube, cells = made
    path = tmp_path / "x.xlsx"
    workbook.write([cube], path, RELEASE)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Innhold", "tabell", "Koder"]
    code_of: dict[str, dict[str, str]] = {}
    title_of, places = {}, {}
    for _, name, title, place, code, label, *_ in book["Koder"].iter_rows(
        min_row=2, values_only=True
    ):
        code_of.setdefault(name, {})[code if place.endswith("kode") else label] = code
        title_of[name], places[name] = title, place
    assert {name: list(codes.values()) for name, codes in code_of.items()} == {
        **{each.name: list(each.code_names) for each in cube.dimensions},
        "measure": [each.name for each in cube.measures],
    }
    above, heads, *body = list(book["tabell"].iter_rows(min_row=4))
    in_heading = [name for name, place in places.items() if place.startswith("kolonner")]
    order = [name for name in code_of if name not in (*in_heading, "measure")]
    left = len(order) + sum(places[name].endswith("kode") for name in order)
    found: Cells = {}
    measure = ""
    for row in body:
        key: dict[str, str] = {}
        column = 0
        for name in order:
            has_code = places[name].endswith("kode")
            key[name] = code_of[name][row[column].value]
            column += 1 + has_code
            assert heads[column - 1].value == title_of[name]
            assert heads[column - 2].value == "Kode" or not has_code
        for top, head, cell in zip(above[left:], heads[left:], row[left:], strict=True):
            measure = top.value or (measure if in_heading else head.value)
            full = key | {"measure": code_of["measure"][measure]}
            if in_heading:
                full[in_heading[0]] = code_of[in_heading[0]][head.value]
            is_sign = cell.data_type == "s"
            assert is_sign or cell.data_type == "n"
            if cell.value != ".":
                codes = tuple(
                    full[name] for name in (*(d.name for d in cube.dimensions), "measure")
                )
                value = None if is_sign else Decimal(str(cell.value))
                found[codes] = (value, cell.value if is_sign else "")
    assert found == cells
    mark = "*" if cube.is_preliminary else ""
    assert (book["Innhold"].cell(7, 4).value or "") == mark
    assert ("Foreløpige tall" in book["tabell"]["A2"].value) == cube.is_preliminary
    assert cells_of(workbook.read(path)["tabell"]) == {
        tuple(codes): cell for codes, cell in reordered(cube, workbook.read(path)["tabell"], cells)
    }


def reordered(
    cube: PublishedCube, table: pa.Table, cells: Cells
) -> list[tuple[tuple[str, ...], tuple]]:
    """The cells with their codes in the order of a table's columns."""
    names = [*(each.name for each in cube.dimensions), "measure"]
    wanted = [each for each in table.column_names if each in names]
    return [
        (tuple(dict(zip(names, codes, strict=True))[name] for name in wanted), cell)
        for codes, cell in cells.items()
    ]


def cells_to_show(cube: PublishedCube, table: imdi_csv.ImdiTable, level: str) -> int:
    """How many cells of a cube one of IMDi's files has room for."""
    allowed = {name: set(words) for name, (_, words) in table.columns.items()}
    allowed["measure"] = set(table.measures)
    allowed["region"] = {c.code for c in REGIONS if (len(c.code) == 4) == (level == "kommune")}
    for each in cube.dimensions:
        allowed.setdefault(each.name, set(cube.periods) if each.role == "time" else {"total"})
    return sum(
        row["sign"] != "." and all(row[name] in codes for name, codes in allowed.items())
        for row in cube.to_rows().to_pylist()
    )


@pytest.mark.parametrize("period", ["2017", "2017H2"])
def test_imdis_files_as_the_csv_module_reads_them(period: str, tmp_path: Path) -> None:
    cubes = {each.name: each for each in release_cubes(period)}
    release = Release(period, 2, "x", "x", date(2018, 1, 21))
    seen: dict[str, int] = {}
    for table in imdi_csv.layout().tables:
        cube = cubes[table.cube]
        cells = cells_of(cube.to_rows())
        for path in imdi_csv.write(cube, tmp_path / "imdi", release):
            assert path.name.endswith(f"_{naming.in_name(period)}_v2.csv")
            content = path.read_bytes()
            assert content.count(b"\n") == content.count(b"\r\n")
            header, *rows = list(
                csv.reader(content.decode("iso-8859-1").splitlines(), delimiter=";")
            )
            level = "fylke" if "_fylke_" in path.name else "kommune"
            assert header[:3] == [
                *(["Fylkesnummer", "Fylke"] if level == "fylke" else ["Kommunenummer", "Kommune"]),
                "År",
            ]
            assert header[3] == "Kjønn"
            assert header[-2:] == ["Enhet", "Antall"]
            for row in rows:
                named = dict(zip(header, row, strict=True))
                assert named["År"] == period
                assert not row[0].startswith("0") or row[0] == "0"
                codes = {
                    "region": row[0]
                    if row[0] == "0"
                    else row[0].zfill(2 if level == "fylke" else 4)
                }
                for dimension, (heading, words) in table.columns.items():
                    [codes[dimension]] = [c for c, word in words.items() if word == named[heading]]
                [measure] = [m for m, word in table.measures.items() if word == named["Enhet"]]
                codes |= {"period": period, "measure": measure}
                at = [codes.get(each.name, each.total) for each in cube.dimensions]
                value, sign = cells[(*at, measure)]
                [decimals] = [each.decimals for each in cube.measures if each.name == measure]
                written = {":": ":", "..": "."}[sign] if sign else f"{value:.{decimals}f}"
                assert named["Antall"] == written
            seen[f"{table.name} {level}"] = len(rows)
            assert len(rows) == cells_to_show(cube, table, level)
    assert len(seen) == 12
    assert all(seen.values())
    county = (
        tmp_path / "imdi" / f"intro_deltakere_fylke_{naming.in_name(period)}_v2.csv"
    ).read_text("iso-8859-1")
    assert "0;Norge;" in county
    assert "20;Finnmark - Finnmárku - Finmarkku;" in county


def test_imdis_words_are_there_for_every_code_of_the_rule_book() -> None:
    words = {
        table.name: {name: set(each) for name, (_, each) in table.columns.items()}
        for table in imdi_csv.layout().tables
    }
    for table, dimension, codes in (
        ("intro_avslutning_direkte_8", "termination_group", ("termination_groups", None)),
        ("intro_tiltak_4", "measure_group", ("measure_groups", None)),
        ("intro_tiltak_12", "measure_type", ("measure_types", None)),
        ("intro_status_arbutd", "status_group", ("status_groups", None)),
        ("intro_deltakere", "sex", ("sexes", None)),
    ):
        assert {each.code for each in seed(codes[0], codes[1] or dimension)} == words[table][
            dimension
        ] - {"total"}
    for table in imdi_csv.layout().tables:
        for _, labels in table.columns.values():
            assert len(set(labels.values())) == len(labels)
            assert all(word == imdi_csv.latin(word) for word in labels.values())


def test_a_table_that_does_not_fit_imdis_is_refused_with_the_reason(tmp_path: Path) -> None:
    bare = real("participants", "deltakere", "2017", [region()], [PERSONS])
    with pytest.raises(UserError, match="no dimension sex; it has period, region"):
        imdi_csv.write(bare, tmp_path, RELEASE)
    unmeasured = real("participants", "deltakere", "2017", [region(), sex()], [FINE])
    with pytest.raises(UserError, match="none of the measures participants"):
        imdi_csv.write(unmeasured, tmp_path, RELEASE)
    ages = PublishedDimension("age_band", "Alder", "Age", (Code("56+", "56+", "56+"),))
    no_total = real("participants", "deltakere", "2017", [region(), sex(), ages], [PERSONS])
    with pytest.raises(UserError, match="age_band of table participants has no total"):
        imdi_csv.write(no_total, tmp_path, RELEASE)


def test_letters_that_latin_1_lacks_become_the_nearest() -> None:
    assert imdi_csv.latin("Porsáŋgu Kárášjohka Unjárga Gáivuotna čđŋšŧž ČĐŊŠŦŽ") == (
        "Porsángu Kárásjohka Unjárga Gáivuotna cdnstz CDNSTZ"
    )
    assert imdi_csv.latin("æøåÆØÅ – «2017» 日 …") == "æøåÆØÅ - «2017» ? ..."


def test_datadoc_is_accepted_by_its_model_and_describes_the_parquet_file(half_year) -> None:
    folder, cubes = half_year
    for cube in cubes:
        data = folder / f"{cube.file_stem}_p2017-H2_v1.parquet"
        text = (folder / f"{cube.file_stem}_p2017-H2_v1__DOC.json").read_text(encoding="utf-8")
        metadata = MetadataContainer.model_validate_json(text).datadoc
        assert metadata is not None
        assert [each.short_name for each in metadata.variables] == pq.read_schema(data).names
        assert metadata.dataset.file_path == data.name
        assert str(metadata.dataset.contains_data_from) == "2017-07-01"
        assert str(metadata.dataset.contains_data_until) == "2017-12-31"
        assert "Foreløpige tall" in metadata.dataset.description.root[0].languageText
        assert metadata.dataset.version_description is not None
        assert metadata.dataset.version_description.root[0].languageText == (
            "Versjon 1. Foreløpige tall."
        )
        assert {each.id.version for each in metadata.variables} == {5}
        linked = {v.short_name: str(v.classification_uri) for v in metadata.variables
                  if v.classification_uri}  # fmt: skip
        assert linked == {"region": "https://www.ssb.no/klass/klassifikasjoner/131"}
        [place] = [each for each in metadata.variables if each.short_name == "region"]
        assert place.comment is not None and place.comment.root[1].languageText == "Codes of 2017."
        [sign] = [each for each in metadata.variables if each.short_name == "sign"]
        assert sign.special_value is not None
        assert [each.code for each in sign.special_value.other_value or []] == [
            ":",
            "..",
            ".",
            "...",
        ]


# PX has rules that a tolerant reader does not ask for.


def px_text(cube: PublishedCube, tmp_path: Path) -> str:
    px.write(cube, tmp_path / "x.px", RELEASE)
    return (tmp_path / "x.px").read_bytes().decode("utf-8")


@every_table
def test_px_keeps_the_rules_of_the_format(made, tmp_path):
    cube, _ = made
    text = px_text(cube, tmp_path)
    lines = text.split("\r\n")
    head = lines[: lines.index("DATA=")]
    assert all(len(line) <= 256 for line in head if not re.match(r"[A-Z-]+(\[en\])?\(", line))
    assert all(line.count('"') % 2 == 0 for line in head)
    assert lines[-2:] == [";", ""]
    keywords = [re.match(r"([A-Z0-9-]+)", line)[1] for line in head if line[0] != '"']  # type: ignore[index]
    assert keywords[:5] == ["CHARSET", "AXIS-VERSION", "CODEPAGE", "LANGUAGE", "LANGUAGES"]
    for mandatory in ("CONTENTS", "DECIMALS", "HEADING", "MATRIX", "STUB", "SUBJECT-AREA",
                      "SUBJECT-CODE", "TITLE", "UNITS", "VALUES"):  # fmt: skip
        assert mandatory in keywords
    for keyword in ("TITLE", "CONTENTS", "STUB", "HEADING", "VALUES", "CODES", "NOTE", "UNITS"):
        plain = [line for line in head if re.match(rf"{keyword}[=(]", line)]
        english = [line for line in head if line.startswith(f"{keyword}[en]")]
        assert plain and len(plain) == len(english)


def test_px_says_what_a_reader_needs_to_know(tmp_path: Path) -> None:
    text = px_text(release_cubes("2017H2", is_preliminary=True)[0], tmp_path)
    for line in (
        'CODEPAGE="utf-8";',
        'LANGUAGES="nb","en";',
        "DECIMALS=1;",
        "SHOWDECIMALS=0;",
        'PRECISION("Statistikkvariabel","Andel")=1;',
        'CONTVARIABLE="Statistikkvariabel";',
        'UNITS("Deltakere")="personer";',
        'UNITS[en]("Participants")="persons";',
        'LAST-UPDATED("Deltakere")="20180121 00:00";',
        'TIMEVAL("Periode")=TLIST(H1),"20172";',
        'ELIMINATION("Kjønn")="I alt";',
        'DATASYMBOL1=".";',
        'DATASYMBOL2="..";',
        'DATASYMBOL3=":";',
        'MATRIX="x";',
        'TABLEID="x";',
        "AGGREGALLOWED=NO;",
        "COPYRIGHT=YES;",
        "OFFICIAL-STATISTICS=NO;",
        'LINK="https://www.imdi.no/";',
        'STOCKFA("Deltakere")="F";',
        'STOCKFA("Andel")="A";',
        'REFPERIOD("Deltakere")="01.07.2017–31.12.2017";',
        'REFPERIOD[en]("Participants")="2017-07-01 – 2017-12-31";',
        'NOTEX="* Foreløpige tall. De kan bli endret når de endelige tallene kommer.";',
    ):
        assert f"{line}\r\n" in text
    assert '"Våler (0426)","Våler (0137)"' in text
    assert "NEXT-UPDATE" not in text
    assert len(re.findall(r"^NOTE=", text, re.MULTILINE)) == 1
    assert "Porsáŋgu" in text
    data = text.split("DATA=\r\n")[1]
    assert set(re.findall(r'"[^"]*"', data)) == {'"."', '".."', '"..."'}
    assert ":" not in data


def test_px_says_what_may_be_added_and_when_the_next_figures_come(tmp_path: Path) -> None:
    counted = release_cubes("2017", is_preliminary=True)[0]
    alone = replace(
        counted, measures=counted.measures[:1], numbers=counted.numbers[..., :1].copy(),
        sign_numbers=counted.sign_numbers[..., :1].copy(), next_update=date(2018, 6, 30),
    )  # fmt: skip
    text = px_text(alone, tmp_path)
    assert "AGGREGALLOWED=YES;\r\n" in text
    assert 'NEXT-UPDATE="20180630 00:00";\r\n' in text
    overlapping = next(each for each in release_cubes("2017") if each.name == "measures_4")
    assert "AGGREGALLOWED=NO;\r\n" in px_text(overlapping, tmp_path)


def test_no_table_has_the_id_of_another_in_any_release(tmp_path: Path) -> None:
    found = []
    for period, version in (("2017", 1), ("2017H2", 1), ("2017H2", 2)):
        folder = tmp_path / f"{period}_v{version}"
        release = replace(RELEASE, period=period, version=version)
        encodings.write_all(release_cubes(period), folder, release)
        for path in folder.glob("*.px"):
            text = path.read_text(encoding="utf-8")
            found += re.findall(r'^(?:TABLEID|MATRIX)="(.*)";$', text, re.MULTILINE)
    assert len(found) == 2 * 3 * 7
    assert all(found.count(each) == 2 for each in found)


@pytest.mark.parametrize(
    ("periods", "timeval"),
    [
        (("2016", "2017"), 'TLIST(A1),"2016","2017"'),
        (("2016H2", "2017H1"), 'TLIST(H1),"20162","20171"'),
        (("2017H1", "2016H2"), None),
        (("2016H2", "2017"), None),
    ],
)
def test_px_counts_time_where_periods_are_of_one_kind_and_in_order(
    periods: tuple[str, ...], timeval: str | None, tmp_path: Path
) -> None:
    codes = tuple(Code(each, each, each) for each in periods)
    cube = PublishedCube(
        name="x", file_stem="x", title_nb="x", title_en="x", description_nb="", description_en="",
        dimensions=(PublishedDimension("period", "Periode", "Period", codes, None, "time"),),
        measures=(PERSONS,), numbers=np.zeros((2, 1), np.int64),
        sign_numbers=np.zeros((2, 1), np.uint8), updated=RELEASE.updated,
    )  # fmt: skip
    found = re.findall(r'TIMEVAL\("Periode"\)=(.*);', px_text(cube, tmp_path))
    assert found == ([timeval] if timeval else [])


def test_a_file_that_is_not_px_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.px"
    file.write_text('CHARSET="ANSI";\nTITLE="uten slutt\n', encoding="utf-8")
    with pytest.raises(UserError, match="line 1: not a PX file"):
        px.read(file)


# All formats together.


def test_all_formats_of_a_release_say_the_same(half_year) -> None:
    folder, cubes = half_year
    assert encodings.compare(folder) == []
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for cube in cubes:
        for ending in (".parquet", ".csv", ".px", ".json", "__DOC.json"):
            assert f"{cube.file_stem}_p2017-H2_v1{ending}" in names
    in_imdis_layout = {name for name in names if name.startswith("imdi/")}
    assert len(in_imdis_layout) >= len(cubes) - 1
    assert not [name for name in in_imdis_layout if "timer" in name]


def test_the_data_package_is_valid_over_all_tables(half_year) -> None:
    folder, cubes = half_year
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert len(package["resources"]) == len(cubes)
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert all(each["is_preliminary"] for each in package["resources"])
    (folder / "datapackage.json").read_bytes().decode("utf-8")


def test_a_changed_byte_of_csv_is_found_by_the_data_package(copied: Path) -> None:
    file = copied / "timer_p2017-H2_v1.csv"
    content = file.read_bytes()
    place = next(i for i, byte in enumerate(content) if byte in b"123" and i > 200)
    file.write_bytes(content[:place] + b"4" + content[place + 1 :])
    report = frictionless.validate(str(copied / "datapackage.json"))
    assert "hash-count" in {row[0] for row in report.flatten(["type"])}


def change_text(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    text = path.read_bytes().decode(encoding)
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def change_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["timer"]
    sheet["D6"].value = ":" if sheet["D6"].data_type == "n" else 1.5
    book.save(path)


def change_json(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    found["status"][found["status"].index(":")] = ".."
    path.write_text(json.dumps(found), encoding="utf-8")


def change_csv(path: Path) -> None:
    rows = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith(",,true")
    ]
    change_text(path, rows[0], rows[0].replace(",,true", "7,,true"))


def change_px(path: Path) -> None:
    change_text(path, '"..." ', '".." ')


def change_sdmx(path: Path) -> None:
    change_text(path, ",Q,HIDDEN,", ",O,MISSING,")


def change_imdi(path: Path) -> None:
    change_text(path, ";:\r\n", ";4\r\n", "iso-8859-1")


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("timer_p2017-H2_v1.csv", change_csv),
        ("timer_p2017-H2_v1.px", change_px),
        ("timer_p2017-H2_v1.json", change_json),
        ("tabeller_p2017-H2_v1.xlsx", change_workbook),
        ("sdmx/timer_p2017-H2_v1.csv", change_sdmx),
        ("imdi/intro_deltakere_kommune_forelopig_p2017-H2_v1.csv", change_imdi),
        ("imdi/intro_status_arbutd_fylke_forelopig_p2017-H2_v1.csv", change_imdi),
    ],
)
def test_one_changed_cell_is_found_and_named(
    file: str, change: Callable[[Path], None], copied: Path
) -> None:
    change(copied / file)
    difference, *more = encodings.compare(copied)
    assert difference.startswith(f"{Path(file).name}: period 2017H2, region ")
    assert "Parquet has" in difference
    checksum = [f"{file}: not the bytes that datapackage.json has a checksum of."]
    assert more == (checksum if file == "timer_p2017-H2_v1.csv" else [])


def test_a_damaged_parquet_file_or_package_is_told(copied: Path) -> None:
    package = json.loads((copied / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"][0]["path"] = "annet_p2017-H2_v1.csv"
    (copied / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    assert encodings.compare(copied) == [
        "datapackage.json: annet_p2017-H2_v1.csv is not in the release.",
        "datapackage.json: deltakere_p2017-H2_v1.csv is not described.",
    ]
    (copied / "datapackage.json").write_text("{}", encoding="utf-8")
    assert encodings.compare(copied) == [
        "datapackage.json: cannot be read (KeyError). Take it anew."
    ]
    for content in (b"", b"PAR1", (copied / "datapackage.json").read_bytes()):
        (copied / "timer_p2017-H2_v1.parquet").write_bytes(content)
        [told] = encodings.compare(copied)
        assert told.startswith("timer_p2017-H2_v1.parquet: not a Parquet file of a release")
    assert encodings.compare(copied / "imdi") == [
        f"{copied / 'imdi'}: no Parquet file of a release in it."
    ]


def test_what_csvw_says_is_compared_with_the_csv_files(copied: Path) -> None:
    path = copied / "csv-metadata.json"
    group = json.loads(path.read_text(encoding="utf-8"))
    assert {each["url"] for each in group["tables"]} == {p.name for p in copied.glob("*.csv")}
    gone, changed = group["tables"].pop(0)["url"], group["tables"][0]
    changed["tableSchema"]["columns"].pop()
    path.write_text(json.dumps(group), encoding="utf-8")
    assert encodings.compare(copied) == [
        f"csv-metadata.json: {gone} is not described.",
        f"csv-metadata.json: the columns of {changed['url']} are others.",
    ]
    path.unlink()
    assert encodings.compare(copied) == [
        "csv-metadata.json: cannot be read (FileNotFoundError). Take it anew."
    ]


def test_the_catalogue_names_every_file_of_every_table(copied: Path) -> None:
    path = copied / "katalog_p2017-H2_v1.ttl"
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"dcat:downloadURL <(\S+)>", text)
    assert len(named) == len(set(named)) == 7 * 5
    assert all((copied / each).is_file() for each in named)
    assert 'owl:versionInfo "1" ;' in text and "Foreløpige tall" in text
    change_text(path, "dcat:downloadURL <timer_p2017-H2_v1.csv>", "dcat:downloadURL <timer.csv>")
    assert encodings.compare(copied) == [
        f"{path.name}: timer_p2017-H2_v1.csv is not named.",
        f"{path.name}: timer.csv is not in the release.",
    ]
    path.unlink()
    assert encodings.compare(copied) == ["0 catalogues katalog_*.ttl; expected one."]


def test_missing_files_rows_twice_and_a_lost_mark_are_found(copied: Path) -> None:
    (copied / "timer_p2017-H2_v1.px").unlink()
    (copied / "sdmx" / "timer_p2017-H2_v1.csv").unlink()
    table = copied / "sdmx" / "status_p2017-H2_v1.csv"
    change_text(table, "IMDI:STATUS(2017.2.1)", "IMDI:STATUS(2017.1.1)")
    (copied / "status_p2017-H2_v1__DOC.json").unlink()
    (copied / "imdi" / "intro_tiltak_4_fylke_forelopig_p2017-H2_v1.csv").unlink()
    change_text(copied / "deltakere_p2017-H2_v1.json", '"preliminary":true', '"preliminary":false')
    twice = copied / "tiltak-4_p2017-H2_v1.csv"
    line = next(row for row in twice.read_text(encoding="utf-8").splitlines() if ",:," in row)
    change_text(twice, line, f"{line}\n{line}")
    found = encodings.compare(copied)
    assert len([each for each in found if each.endswith("is there twice.")]) == 1
    assert "timer: not found as px." in found
    assert "timer: not found as sdmx." in found
    assert "status_p2017-H2_v1.csv: its columns are not those of its structure." in found
    assert "status: no document status_p2017-H2_v1__DOC.json." in found
    assert "tiltak-4: not found as intro_tiltak_4_fylke_forelopig_p2017-H2_v1.csv." in found
    assert "deltakere_p2017-H2_v1.json: preliminary is {False}, Parquet has {True}." in found


@pytest.fixture(scope="module")
def three_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "2017H2_v1"
    known = ("participants", "measures_4", "hours")
    few = [each for each in release_cubes("2017H2", is_preliminary=True) if each.name in known]
    encodings.write_all(few, folder, RELEASE)
    return folder


@pytest.mark.parametrize(
    "file",
    [
        "timer_p2017-H2_v1.csv",
        "timer_p2017-H2_v1.px",
        "timer_p2017-H2_v1.json",
        "timer_p2017-H2_v1__DOC.json",
        "tabeller_p2017-H2_v1.xlsx",
        "sdmx/timer_p2017-H2_v1.csv",
        "imdi/intro_deltakere_kommune_forelopig_p2017-H2_v1.csv",
    ],
)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe;\n0;1\n", b"{}"])
def test_a_file_that_cannot_be_read_is_told_and_stops_nothing(
    file: str, content: bytes, three_tables: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(three_tables, tmp_path / "release"))
    (folder / file).write_bytes(content)
    change_text(folder / "tiltak-4_p2017-H2_v1.px", '"..." ', '".." ')
    told = encodings.compare(folder)
    assert any(each.startswith(f"{Path(file).name}: ") for each in told)
    assert any(each.startswith("tiltak-4_p2017-H2_v1.px: period 2017H2") for each in told)


def test_a_release_of_before_is_compared_as_it_is(copied: Path) -> None:
    make_older(copied)
    assert (copied / "tiltak_4_p2017-H2_v1.parquet").is_file()
    assert encodings.compare(copied) == []
    change_text(copied / "tiltak_4_p2017-H2_v1.px", '"..." ', '".." ')
    [told] = encodings.compare(copied)
    assert told.startswith("tiltak_4_p2017-H2_v1.px: period 2017H2, region ")


def test_a_final_release_has_no_mark(tmp_path: Path) -> None:
    encodings.write_all(release_cubes("2017"), tmp_path, RELEASE)
    assert encodings.compare(tmp_path) == []
    assert (tmp_path / "imdi" / "intro_deltakere_kommune_p2017_v1.csv").is_file()
    for path in tmp_path.rglob("*.*"):
        if path.suffix in (".px", ".csv"):
            assert "Foreløpige" not in path.read_bytes().decode("iso-8859-1")


AGAIN = """
import sys; sys.path[:0] = [sys.argv[1]]
from pathlib import Path
import test_release_formats as tests
tests.encodings.write_all(
    tests.release_cubes("2017H2", is_preliminary=True), Path(sys.argv[2]), tests.RELEASE)
"""


def test_another_process_at_another_place_writes_the_same_bytes(half_year, tmp_path) -> None:
    folder, _ = half_year
    elsewhere = os.environ | {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-c", AGAIN, str(Path(__file__).parent), str(tmp_path / "again")],
        check=True, env=elsewhere, cwd=tmp_path,
    )  # fmt: skip
    once = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.*")}
    again = {
        p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*.*")
    }
    assert len(once) > 40
    assert once == again


@pytest.mark.parametrize("places", [1000, pytest.param(4000, marks=pytest.mark.slow)])
def test_a_large_table_takes_seconds_in_all_formats(places: int, tmp_path: Path) -> None:
    regions = tuple(
        Code(f"{number:04d}", f"Sted {number}", f"Place {number}") for number in range(places)
    )
    shape = (1, places, 8, 3, 2)
    cube = PublishedCube(
        name="large", file_stem="stor", title_nb="Stor", title_en="Large", description_nb="",
        description_en="",
        dimensions=(
            PublishedDimension(
                "period", "Periode", "Period", (Code("2017", "2017", "2017"),), None, "time"
            ),
            PublishedDimension("region", "Region", "Region", regions, None, "region"),
            classified("group", "Gruppe", "Group", [Code(f"g{i}", f"G{i}", "G") for i in range(7)]),
            sex(),
        ),
        measures=(PERSONS, FINE),
        numbers=np.arange(48 * places, dtype=np.int64).reshape(shape).copy(),
        sign_numbers=np.zeros(shape, np.uint8), updated=RELEASE.updated,
    )  # fmt: skip
    began = time.process_time()
    encodings.write_all([cube], tmp_path, RELEASE)
    # 2.8 seconds for 4000 places on a quiet machine; the bound is for one that is not.
    assert time.process_time() - began < 15 * places / 4000
    assert encodings.compare(tmp_path) == []


# What a cube refuses.


def row_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    usual = {"period": "2017", "sex": "1", "measure": "participants", "value": 5, "sign": ""}
    types = {name: pa.float64() if name == "value" else pa.string() for name in usual}
    return pa.Table.from_pylist([usual | dict(row) for row in rows], pa.schema(types))


def from_rows(rows: pa.Table, **changed: object) -> PublishedCube:
    dimensions = (
        PublishedDimension("period", "År", "Year", (Code("2017", "2017", "2017"),), None, "time"),
        sex(),
    )  # fmt: skip
    about: dict[str, object] = {
        "name": "participants", "file_stem": "deltakere", "title_nb": "x", "title_en": "x",
        "description_nb": "", "description_en": "", "dimensions": dimensions,
        "measures": (PERSONS, FINE), "updated": RELEASE.updated,
    }  # fmt: skip
    return cube_from_rows(rows, **(about | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{}, {}], "the cell is given twice"),
        ([{"sex": "3"}], "sex is not in the code list"),
        ([{"sex": None}], "sex is not in the code list"),
        ([{"measure": "exits"}], "measure is not in the code list"),
        ([{"sign": ":"}], "a value beside a sign"),
        ([{"value": None}], "neither a value nor a sign"),
        ([{"value": None, "sign": "-"}], "unknown sign"),
        ([{"value": 1.5}], "more decimals than the measure has"),
        ([{"value": float("nan")}], "more decimals than the measure has, or not a number"),
        ([{"value": 1e17}], "not a number that every format holds"),
    ],
)
def test_a_wrong_cell_is_refused_and_named(rows, said) -> None:
    with pytest.raises(UserError, match=said) as refused:
        from_rows(row_table(rows))
    assert "period 2017, sex" in refused.value.message
    assert "value 5" not in refused.value.message


def test_ten_wrong_cells_are_named_and_the_rest_counted() -> None:
    with pytest.raises(UserError) as refused:
        from_rows(row_table([{"sex": str(number)} for number in range(3, 20)]))
    assert refused.value.message.endswith("… and 7 more")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file_stem": "deltakære"}, "not the stem of a file name"),
        ({"measures": ()}, "measure is not in the code list|no measure"),
        ({"dimensions": (sex(),)}, "0 dimensions of time"),
        ({"notes_nb": ("bare norsk",)}, "in Norwegian and in English"),
        ({"measures": (PERSONS, FINE, PERSONS)}, "codes of measure are none, not unique"),
    ],
)
def test_a_cube_that_some_format_could_not_hold_is_refused(changed, said) -> None:
    with pytest.raises(UserError, match=said):
        from_rows(row_table([]), **changed)


def test_integers_decimals_and_doubles_give_the_same_cube() -> None:
    wanted = from_rows(row_table([{"value": 7.0}]))
    for value in (pa.array([7], pa.int64()), pa.array([Decimal("7.0")], pa.decimal128(9, 1))):
        rows = row_table([{}])
        changed = rows.set_column(rows.column_names.index("value"), "value", value)
        assert from_rows(changed).to_rows() == wanted.to_rows()


def test_a_cube_cannot_be_changed() -> None:
    cube = from_rows(row_table([{}]))
    with pytest.raises(ValueError, match="read-only"):
        cube.numbers[0] = 1


def test_equal_labels_are_told_apart() -> None:
    assert unique_labels([("1", "Nes"), ("2", "Os"), ("3", "Nes")]) == ["Nes (1)", "Os", "Nes (3)"]
    tricky = [("1", "Nes"), ("2", "Nes"), ("3", "Nes (1)")]
    assert len(set(unique_labels(tricky))) == 3


# Names.


@pytest.mark.parametrize(
    ("periods", "span"),
    [
        (("2017H2",), "p2017-H2"),
        (("2017",), "p2017"),
        (("2017H2", "2016H1"), "p2016-H1_p2017-H2"),
        (("2016H1", "2016H2", "2016"), "p2016"),
        (("2015", "2016H1"), "p2015_p2016-H1"),
    ],
)
def test_names_follow_the_standard_and_are_read_back(periods: tuple[str, ...], span: str) -> None:
    name = naming.file_name("direkte-resultat-7", periods, 12, "parquet")
    assert name == f"direkte-resultat-7_{span}_v12.parquet"
    assert naming.stem_in(name) == "direkte-resultat-7"
    assert naming.stem_in(f"deltakere_{span}_v1__DOC.json") == "deltakere"


def test_a_long_series_does_not_name_the_workbook_and_the_package(tmp_path: Path) -> None:
    codes = tuple(Code(each, each, each) for each in ("2012H1", "2017H2"))
    series = PublishedCube(
        name="headline", file_stem="hovedtall", title_nb="x", title_en="x", description_nb="",
        description_en="", measures=(PERSONS,), numbers=np.zeros((2, 1), np.int64),
        dimensions=(PublishedDimension("period", "Periode", "Period", codes, None, "time"),),
        sign_numbers=np.zeros((2, 1), np.uint8), updated=RELEASE.updated,
    )  # fmt: skip
    names = {path.name for path in encodings.write_all([series], tmp_path, RELEASE)}
    assert {"hovedtall_p2012-H1_p2017-H2_v1.csv", "tabeller_p2017-H2_v1.xlsx"} <= names
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert package["name"] == "introstat-p2017-h2-v1"


@pytest.mark.parametrize("name", ["deltakere.csv", "deltakere_p2017.csv", "x_p2017-H3_v1.csv",
                                  "x_p2017_v0.csv", "Æ_p2017_v1.csv"])  # fmt: skip
def test_other_names_are_not_taken_for_a_releases(name: str) -> None:
    assert naming.stem_in(name) is None


@pytest.mark.parametrize("period", ["2017H3", "17", "2017-H1", "", "2017H"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(UserError, match="is not a period; expected a half-year as 2017H2"):
        naming.in_name(period)
    with pytest.raises(UserError, match="counted from 1"):
        naming.file_name("x", ["2017"], 0, "csv")
