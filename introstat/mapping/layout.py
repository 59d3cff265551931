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
    """

    encoding: str | None = None
    delimiter: str = ";"
    quote: str | None = '"'
    header_line: int = 1
    dates: tuple[DateFormat, ...] = (date_format("yyyy-mm-dd"),)
    number: NumberFormat = field(default_factory=NumberFormat)


@dataclass(frozen=True)
class Condition:
    """A condition on a row: one of the words stands in the column, or none does."""

    column: str
    words: tuple[str, ...]
    is_negated: bool


@dataclass(frozen=True)
class Ignored:
    """Rows that are left out, and why."""

    when: tuple[Condition, ...]
    reason: str


@dataclass(frozen=True)
class Field:
    """Where one column of the contract comes from.

    Exactly one of `columns` (the first that is filled), `constant` and `key` (joined) is given.
    """

    target: Column
    columns: tuple[str, ...]
    constant: str | None
    key: tuple[str, ...]
    transforms: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    dates: tuple[DateFormat, ...]
    number: NumberFormat

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
    """One of an office's files, or several of the same shape."""

    pattern: str
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

    def file_of(self, name: str) -> OfficeFile | None:
        """Return what the mapping says of a file by its name, None if it says nothing.

        Raises UserError if two patterns fit.
        """
        fitting = [file for file in self.files if file.fits(name)]
        if len(fitting) > 1:
            raise UserError(
                f"mapping {self.name}: {name} fits two patterns, {fitting[0].pattern!r} and "
                f"{fitting[1].pattern!r}. Write them so that one does."
            )
        return fitting[0] if fitting else None

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
