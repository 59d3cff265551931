"""A published table read from its Parquet file: a cell by its codes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.published import CANNOT_OCCUR, MISSING, SIGNS
from introstat.release.contents import COUNTRY
from introstat.release.cube import MEASURE
from introstat.release.formats import parquet

PERIOD, REGION = "period", "region"


@dataclass(frozen=True, slots=True)
class Cell:
    """A published figure, or the sign in its place.

    `number` is the value times 10 to its decimals; None where there is a sign.
    """

    number: int | None
    sign: str
    decimals: int
    is_preliminary: bool

    @property
    def value(self) -> float:
        """The value for a chart's geometry."""
        assert self.number is not None
        return float(self.number / 10**self.decimals)


NO_CELL = Cell(None, MISSING, 0, False)
"""What stands where no release has a figure."""
CANNOT = Cell(None, CANNOT_OCCUR, 0, False)


class Table:
    """A table of one release, dense as it was published."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about = parquet.about(path)
        self.dimensions: list[dict[str, Any]] = self.about["dimensions"]
        self.measures: dict[str, dict[str, Any]] = {m["name"]: m for m in self.about["measures"]}
        self.places = {
            each["name"]: {code["code"]: at for at, code in enumerate(each["codes"])}
            for each in self.dimensions
        }
        self.places[MEASURE] = {name: at for at, name in enumerate(self.measures)}
        self.is_preliminary: bool = self.about["is_preliminary"]
        self.totals: dict[str, str | None] = {d["name"]: d["total"] for d in self.dimensions}
        rows = parquet.read(path)
        shape = [len(codes) for codes in self.places.values()]
        most = max(each["decimals"] for each in self.measures.values())
        scaled = pc.cast(pc.multiply(pc.fill_null(rows["value"], 0), 10**most), pa.int64())
        self.numbers = scaled.to_numpy().reshape(shape).copy()
        for at, measure in enumerate(self.measures.values()):
            self.numbers[..., at] //= 10 ** (most - measure["decimals"])
        signs = pc.index_in(pc.cast(rows["sign"], pa.string()), pa.array(SIGNS))
        self.signs = signs.to_numpy().astype(np.uint8).reshape(shape)
        # A cell is asked for by its codes hundreds of thousands of times.
        self._axes = [(n, c, self.totals.get(n), len(c)) for n, c in self.places.items()]
        self._decimals = {name: each["decimals"] for name, each in self.measures.items()}
        self._flat_numbers: list[int] = self.numbers.reshape(-1).tolist()
        self._flat_signs: list[int] = self.signs.reshape(-1).tolist()
        self._labels = {
            (each["name"], code["code"]): code["label"]
            for each in self.dimensions
            for code in each["codes"]
        }

    def codes(self, dimension: str) -> list[str]:
        """The codes of a dimension, in their order."""
        return list(self.places[dimension])

    def label(self, dimension: str, code: str, language: str) -> str:
        """What a code is called."""
        return str(self._labels[dimension, code][language])

    def cell(
        self, measure: str, region: str = COUNTRY, period: str | None = None, **codes: str
    ) -> Cell:
        """Return a cell; a dimension that is not named stands at its total.

        A code that the table does not have is of somebody nobody is, so the cell cannot occur; a
        region or period that it does not have is missing.
        """
        place = 0
        for name, codes_of, total, size in self._axes:
            if name == MEASURE:
                code: str | None = measure
            elif name == REGION:
                code = region
            elif name == PERIOD:
                code = period or next(iter(codes_of))
            else:
                code = codes.get(name, total)
            at = codes_of.get(code or "")
            if at is None:
                return NO_CELL if name in (REGION, PERIOD) else CANNOT
            place = place * size + at
        decimals = self._decimals[measure]
        sign = self._flat_signs[place]
        if sign:
            return Cell(None, SIGNS[sign], decimals, self.is_preliminary)
        return Cell(self._flat_numbers[place], "", decimals, self.is_preliminary)

    def has(self, region: str) -> bool:
        """Whether the table has figures of a region."""
        return region in self.places[REGION]

    def rows_of(self, region: str) -> Iterator[tuple[dict[str, str], str, str]]:
        """The codes, value and sign of every cell of a region, in the order of the table."""
        axis = list(self.places).index(REGION)
        numbers = np.take(self.numbers, self.places[REGION][region], axis)
        signs = np.take(self.signs, self.places[REGION][region], axis)
        names = [name for name in self.places if name != REGION]
        lists = [self.codes(name) for name in names]
        decimals = [each["decimals"] for each in self.measures.values()]
        for at in np.ndindex(*numbers.shape):
            codes = {
                name: codes[place] for name, codes, place in zip(names, lists, at, strict=True)
            }
            sign = SIGNS[signs[at]]
            text = "" if sign else plain_number(int(numbers[at]), decimals[at[-1]])
            yield codes, text, sign


def plain_number(number: int, decimals: int) -> str:
    """A scaled whole number as files write it, with a dot: 375 of one decimal is 37.5."""
    if not decimals:
        return str(number)
    whole, part = divmod(abs(number), 10**decimals)
    return f"{'-' if number < 0 else ''}{whole}.{part:0{decimals}d}"


def texts_of(about: Mapping[str, Any], name: str, language: str) -> str:
    """A text of a table in a language: its title, its description."""
    return str(about[name][language])
