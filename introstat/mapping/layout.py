"""What a mapping says: which of an office's files and columns make up which tables.

One that is understood but leaves a required table or column without a source says so in `lacks`.
"""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field

from introstat.contract import Column, Source, Table
from introstat.errors import UserError
from introstat.mapping.formats import DateFormat, NumberFormat, date_format


@dataclass(frozen=True)
class Formats:
    """How a file is written, and how the dates and numbers in it are.

    `encoding` None: as the manifest says. `quote` None: no quotes. `header_line` 0: no header.
    `fills_short`: a row that lacks fields at its end has them empty. `missing` are words that mean
    that there is nothing.
    """

    encoding: str | None = None
    delimiter: str = ";"
    quote: str | None = '"'
    header_line: int = 1
    fills_short: bool = False
    missing: tuple[str, ...] = ()
    dates: tuple[DateFormat, ...] = (date_format("yyyy-mm-dd"),)
    number: NumberFormat = field(default_factory=NumberFormat)


@dataclass(frozen=True)
class Condition:
    """A condition on a row: one of the words stands in the column, or none does.

    Words that are patterns hold `*` for any letters and `?` for one.
    """

    column: str
    words: tuple[str, ...]
    is_negated: bool = False
    is_pattern: bool = False


@dataclass(frozen=True)
class Ignored:
    """Rows that are left out, and why: those for which all holds that is said.

    `first` and `last` count the file's rows from its ends; `is_empty` are rows without a value.
    """

    reason: str
    when: tuple[Condition, ...] = ()
    first: int | None = None
    last: int | None = None
    is_empty: bool = False


@dataclass(frozen=True)
class Field:
    """Where one column of the contract comes from.

    Exactly one of `columns` (the first that is filled), `constant` and `key` (joined) is given.
    `missing` None: the file's words.
    """

    target: Column
    columns: tuple[str, ...]
    constant: str | None
    key: tuple[str, ...]
    transforms: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    dates: tuple[DateFormat, ...]
    number: NumberFormat
    missing: tuple[str, ...] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The office's columns that it needs."""
        return self.columns + self.key


@dataclass(frozen=True)
class MappingRule:
    """Rows of an office's file that become rows of one table."""

    table: Table
    when: tuple[Condition, ...]
    once: bool
    fields: tuple[Field, ...]
    line: int


@dataclass(frozen=True)
class OfficeFile:
    """One of an office's files, or several of the same shape.

    `sheet` is the name or number of a workbook's sheet, empty for the only one that is shown.
    """

    pattern: str
    sheet: str
    is_optional: bool
    formats: Formats
    names: tuple[str, ...]
    ignored: tuple[Ignored, ...]
    rules: tuple[MappingRule, ...]

    def fits(self, name: str) -> bool:
        """Return whether a file's name is of this pattern; `.gz` and capitals do not matter."""
        plain = name.lower().removesuffix(".gz")
        return fnmatch.fnmatchcase(plain, self.pattern.lower().removesuffix(".gz"))

    @property
    def used(self) -> set[str]:
        """The office's columns that some rule or condition reads."""
        conditions = [c for ignored in self.ignored for c in ignored.when]
        conditions += [c for rule in self.rules for c in rule.when]
        read = {name for rule in self.rules for field in rule.fields for name in field.reads}
        return read | {condition.column for condition in conditions}

    def missing_in(self, name: str) -> tuple[str, ...]:
        """Return the words that mean missing in one of the office's columns, wherever it is read.

        What is said where a column is mapped comes in place of what is said of the file.
        """
        fields = [each for rule in self.rules for each in rule.fields if name in each.columns]
        own = [each.missing for each in fields if each.missing is not None]
        return (
            tuple(dict.fromkeys(word for words in own for word in words))
            if own
            else (self.formats.missing)
        )


@dataclass(frozen=True)
class Mapping:
    """A whole mapping of one source; `sha256` tells one version from another.

    `absent` names tables that the office has nothing for, with the reason; `as_contract` those that
    it delivers as the contract says, beside the mapped files.
    """

    name: str
    sha256: str
    source: Source
    description: str
    reviewed_by: str
    reviewed_on: str
    absent: tuple[tuple[str, str], ...]
    as_contract: tuple[str, ...]
    files: tuple[OfficeFile, ...]

    def layouts_of(self, name: str) -> tuple[OfficeFile, ...]:
        """Return what the mapping says of a file by its name: of each of its sheets, or once.

        Raises UserError if two patterns fit that are not of two sheets.
        """
        fitting = tuple(file for file in self.files if file.fits(name))
        sheets = {file.sheet for file in fitting}
        if len(fitting) > 1 and (len(sheets) < len(fitting) or "" in sheets):
            raise UserError(
                f"mapping {self.name}: {name} fits two patterns, {fitting[0].pattern!r} and "
                f"{fitting[1].pattern!r}. Write them so that one does, or name the `sheet` of each."
            )
        return fitting

    def unknown_file(self, name: str) -> str:
        """Return the complaint about a file that is neither the mapping's nor the contract's."""
        patterns = ", ".join(file.pattern for file in self.files)
        return (
            f"{name} is no file of mapping {self.name} ({patterns}) nor of {self.source.name}. "
            "Take it out of the delivery or write it into the mapping."
        )

    def lacks(self) -> Iterator[str]:
        """Give what the contract requires and the mapping gives no source for."""
        mapped = {rule.table.name for file in self.files for rule in file.rules}
        elsewhere = {name for name, _ in self.absent} | set(self.as_contract)
        for table in self.source.tables:
            if table.name not in mapped | elsewhere and not table.optional:
                yield (
                    f"no file gives table {table.name}; map it, name it under `as_contract` if it "
                    "is delivered as the contract says, or say under `absent` why there is none"
                )
        for file in self.files:
            for rule in file.rules:
                given = {field.target.name for field in rule.fields}
                for column in rule.table.columns:
                    if column.required and column.name not in given:
                        yield (
                            f"line {rule.line}: table {rule.table.name} of {file.pattern} lacks "
                            f"the required column {column.name}"
                        )
