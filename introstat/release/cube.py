"""A published table in memory: the one shape that every writer takes and every reader gives back.

A cube is dense: a cell for every combination of its dimensions' codes and its measures. A cell is a
number or one of four signs, never both (docs/formats.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.published import CANNOT_OCCUR, HIDDEN, LEFT_OUT, MISSING, SIGNS
from introstat.errors import UserError
from introstat.release import naming

Role = Literal["region", "time", "classification", "metric"]
Kind = Literal["flow", "stock", "average"]
"""What a figure is over time: of a whole period, on a day, or a mean or share."""
SIGN_TEXTS_NB = {
    HIDDEN: "Vises ikke, av hensyn til personvernet",
    LEFT_OUT: (
        "Vises ikke på dette nivået: så få kan ventes at tallet bare sier noe om enkeltpersoner"
    ),
    MISSING: "Oppgave mangler",
    CANNOT_OCCUR: "Tall kan ikke forekomme",
}
SIGN_TEXTS_EN = {
    HIDDEN: "Not for publication, to protect persons",
    LEFT_OUT: (
        "Not shown at this level: so few can be expected that a number only tells of single persons"
    ),
    MISSING: "Data not available",
    CANNOT_OCCUR: "Category not applicable",
}
PRELIMINARY = "*"
"""Statistics Norway's mark of a preliminary figure."""
PRELIMINARY_NB = "* Foreløpige tall. De kan bli endret når de endelige tallene kommer."
PRELIMINARY_EN = "* Preliminary figures. They may be revised when the final figures are published."
KLASS = "https://www.ssb.no/klass/klassifikasjoner/"
"""What the address of a classification of Statistics Norway begins with; its number follows."""
MEASURE = "measure"
"""Name of the column, and of the dimension in PX and JSON-stat, that holds the measures."""
MEASURE_LABEL_NB, MEASURE_LABEL_EN = "Statistikkvariabel", "Contents"
"""What Statistics Norway's tables call the dimension that holds the measures."""
_OWN_COLUMNS = {MEASURE, "value", "sign", "is_preliminary"}

Numbers = npt.NDArray[np.int64]
SignNumbers = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Code:
    """A code of a dimension."""

    code: str
    label_nb: str
    label_en: str


@dataclass(frozen=True)
class PublishedDimension:
    """A dimension: its name (of a column), labels, codes in their order, and the total's code.

    `klass` is the number of Statistics Norway's classification that the codes are from.
    """

    name: str
    label_nb: str
    label_en: str
    codes: tuple[Code, ...]
    total: str | None = None
    role: Role = "classification"
    klass: int | None = None
    definition_nb: str = ""
    definition_en: str = ""

    @property
    def code_names(self) -> tuple[str, ...]:
        """The codes alone, in their order."""
        return tuple(each.code for each in self.codes)


@dataclass(frozen=True)
class Measure:
    """What is counted or computed: labels, unit, and the decimals it is published with.

    `refers` says in words what day or period it is of, where that is not the table's period.
    """

    name: str
    label_nb: str
    label_en: str
    unit_nb: str
    unit_en: str
    decimals: int = 0
    kind: Kind = "flow"
    refers_nb: str = ""
    refers_en: str = ""


@dataclass(frozen=True)
class Release:
    """What is the same for all files of a release.

    `updated` stands for the day of publication everywhere a format wants a date: no writer reads
    the clock. `note` says why there is a new version; `is_official` whether the figures are in the
    national programme for official statistics. `owner`, `unit_type` and `data_source` are
    Datadoc's; Statistics Norway wants codes of its classifications 83, 702 and 712 there before a
    file goes into its own catalogue.
    """

    period: str
    version: int
    title_nb: str
    title_en: str
    updated: date
    note: str = ""
    licence: str = "CC-BY-4.0"
    licence_name: str = "Creative Commons Navngivelse 4.0 Internasjonal"
    licence_address: str = "https://creativecommons.org/licenses/by/4.0/"
    publisher: str = "Integrerings- og mangfoldsdirektoratet (IMDi)"
    homepage: str = "https://www.imdi.no/"
    is_official: bool = False
    owner: str = "IMDi"
    unit_type: str = "person"
    data_source: str = "NIR"


@dataclass(frozen=True, eq=False)
class PublishedCube:
    """A published table.

    `numbers` and `sign_numbers` are arrays with an axis for each dimension and a last one for the
    measures. A number is the value times 10 to the measure's decimals, 0 where there is a sign; a
    sign number is a place in `SIGNS`. Both are made read-only. `next_update` is the day by which
    preliminary figures become final.
    """

    name: str
    file_stem: str
    title_nb: str
    title_en: str
    description_nb: str
    description_en: str
    dimensions: tuple[PublishedDimension, ...]
    measures: tuple[Measure, ...]
    numbers: Numbers
    sign_numbers: SignNumbers
    updated: date
    is_preliminary: bool = False
    notes_nb: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()
    source_nb: str = ""
    source_en: str = ""
    contact: str = ""
    population_nb: str = ""
    population_en: str = ""
    next_update: date | None = None
    subject_code: str = "introinnv"
    subject_nb: str = "Introduksjonsordningen for nyankomne innvandrere"
    subject_en: str = "Introduction programme for newly arrived immigrants"

    def __post_init__(self) -> None:
        """Refuse a cube that some format could not hold."""
        _refuse_unusable(self)
        for array in (self.numbers, self.sign_numbers):
            array.setflags(write=False)

    @property
    def axes(self) -> tuple[PublishedDimension, ...]:
        """The dimensions, and the measures as the last of them."""
        codes = tuple(Code(each.name, each.label_nb, each.label_en) for each in self.measures)
        measures = PublishedDimension(
            MEASURE, MEASURE_LABEL_NB, MEASURE_LABEL_EN, codes, role="metric"
        )
        return (*self.dimensions, measures)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of codes of each dimension, then of measures."""
        return (*(len(each.codes) for each in self.dimensions), len(self.measures))

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods it has figures of, in the order of its time dimension."""
        return next(each.code_names for each in self.dimensions if each.role == "time")

    @property
    def adds_up(self) -> bool:
        """Whether cells may be added: no means and shares, and no codes that overlap."""
        counted = all(each.kind != "average" for each in self.measures)
        return counted and all(d.total is not None for d in self.dimensions if d.role != "time")

    @property
    def decimals(self) -> int:
        """The most decimals a measure has."""
        return max(each.decimals for each in self.measures)

    def value_texts(self) -> list[str]:
        """Every value in the cells' order, with the measure's decimals and a dot; '' for a sign."""
        texts = np.empty(self.shape, dtype=object)
        for place, measure in enumerate(self.measures):
            numbers = self.numbers[..., place].reshape(-1).tolist()
            texts[..., place] = np.array(
                [f"{Decimal(each).scaleb(-measure.decimals):f}" for each in numbers], dtype=object
            ).reshape(self.shape[:-1])
        texts[self.sign_numbers != 0] = ""
        return list(texts.reshape(-1))

    def sign_texts(self) -> list[str]:
        """Every sign in the cells' order; '' for a value."""
        return list(np.array(SIGNS, dtype=object)[self.sign_numbers.reshape(-1)])

    def to_rows(self, exact: bool = True) -> pa.Table:
        """Return one row per cell: dimensions, measure, value, sign, is_preliminary.

        In the order of dimensions, codes and measures. `value` is bigint if no measure has
        decimals, else an exact decimal, or the nearest double; null where there is a sign.
        """
        columns = code_columns([(each.name, each.code_names) for each in self.axes])
        values = np.empty(self.shape, dtype=np.int64)
        for place, measure in enumerate(self.measures):
            values[..., place] = self.numbers[..., place] * 10 ** (self.decimals - measure.decimals)
        is_sign = self.sign_numbers.reshape(-1) != 0
        if self.decimals and not exact:
            value = pa.array(values.reshape(-1) / 10**self.decimals, mask=is_sign)
        else:
            value = pa.array(values.reshape(-1), mask=is_sign)
            if self.decimals:
                value = as_decimal(value, self.decimals)
        columns["value"] = value
        columns["sign"] = pa.DictionaryArray.from_arrays(
            self.sign_numbers.reshape(-1).astype(np.int32), pa.array(SIGNS, pa.string())
        )
        columns["is_preliminary"] = pa.array(np.full(is_sign.size, self.is_preliminary))
        return pa.table(columns)


def places_of(shape: Sequence[int], axis: int) -> npt.NDArray[np.int32]:
    """Where each cell, in row-major order, is on one axis."""
    inner, outer = int(np.prod(shape[axis + 1 :])), int(np.prod(shape[:axis]))
    return np.tile(np.repeat(np.arange(shape[axis], dtype=np.int32), inner), outer)


def code_columns(lists: Sequence[tuple[str, Sequence[str]]]) -> dict[str, pa.Array]:
    """The codes of every cell, in row-major order, by the name of the code list."""
    shape = [len(codes) for _, codes in lists]
    return {
        name: pa.DictionaryArray.from_arrays(places_of(shape, axis), pa.array(codes, pa.string()))
        for axis, (name, codes) in enumerate(lists)
    }


def unique_labels(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Labels of (code, label) pairs, told apart by their codes where two are the same.

    Five municipalities have been called Nes: a reader who sees only labels needs to know which.
    """
    times: dict[str, int] = {}
    for _, label in pairs:
        times[label] = times.get(label, 0) + 1
    labels = [label if times[label] == 1 else f"{label} ({code})" for code, label in pairs]
    # A label can look like another's addition: then every one gets its code.
    if len(set(labels)) < len(labels):
        labels = [f"{label} ({code})" for code, label in pairs]
    return labels


def as_decimal(numbers: pa.Array, decimals: int) -> pa.Array:
    """Whole numbers as decimals of so many places, without a detour over doubles."""
    exact = pc.cast(numbers, pa.decimal128(19, 0))
    unit = pa.scalar(Decimal(1).scaleb(-decimals), pa.decimal128(decimals + 1, decimals))
    return pc.cast(pc.multiply(exact, unit), pa.decimal128(18, decimals))


def _refuse_unusable(cube: PublishedCube) -> None:
    """Raise UserError if a format could not hold the cube."""

    def wrong(message: str) -> UserError:
        return UserError(f"Table {cube.name}: {message}")

    times = [each for each in cube.dimensions if each.role == "time"]
    if len(times) != 1:
        raise wrong(f"it has {len(times)} dimensions of time, expected one.")
    naming.file_name(cube.file_stem, cube.periods, 1, "csv")
    names = [each.name for each in cube.dimensions]
    if len(set(names)) < len(names) or set(names) & _OWN_COLUMNS:
        raise wrong(f"two columns of one name; dimensions are {', '.join(names)}.")
    if not cube.measures:
        raise wrong("it has no measure.")
    if cube.numbers.shape != cube.shape or cube.sign_numbers.shape != cube.shape:
        raise wrong(f"the arrays have not the shape {cube.shape} of dimensions and measures.")
    if cube.numbers.dtype != np.int64 or cube.sign_numbers.dtype != np.uint8:
        raise wrong("the arrays are not int64 and uint8.")
    if cube.sign_numbers.max(initial=0) >= len(SIGNS) or cube.numbers[cube.sign_numbers != 0].any():
        raise wrong("a cell has an unknown sign, or a number beside its sign.")
    if len(cube.notes_nb) != len(cube.notes_en):
        raise wrong("every note is wanted in Norwegian and in English.")
    if any(not 0 <= each.decimals <= 6 for each in cube.measures):
        raise wrong("a measure has 0 to 6 decimals.")
    for axis in cube.axes:
        name, keys = axis.name, axis.code_names
        if not keys or len(set(keys)) < len(keys) or any(not _is_code(key) for key in keys):
            raise wrong(f"the codes of {name} are none, not unique, or have blanks or quotes.")
        if any(not (each.label_nb.strip() and each.label_en.strip()) for each in axis.codes):
            raise wrong(f"a code of {name} has no Norwegian or no English label.")
        if axis.total is not None and axis.total not in keys:
            raise wrong(f"the total {axis.total} of {name} is not among its codes.")


def _is_code(text: str) -> bool:
    return bool(text) and text.isprintable() and '"' not in text and text.strip() == text
