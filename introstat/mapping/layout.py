"""What a mapping file says: which of an office's files and columns make up which tables.

docs/mapping.md describes the file for the one who writes it. A mapping that cannot be understood
is a UserError that names its line; one that is understood but leaves a required table or column
without a source says so in `lacks`.
"""

import fnmatch
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from introstat.contract import Column, Source, Table, sources
from introstat.errors import UserError
from introstat.mapping.formats import (
    TRANSFORMS,
    DateFormat,
    NumberFormat,
    ambiguous,
    date_format,
)
from introstat.mapping.yamlparts import Part, meant, read_yaml
from introstat.places import mappings_folder

ENCODINGS = ("utf-8", "latin-1", "windows-1252")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DELIMITERS = {"tab": "\t", "\\t": "\t"}
_FORMAT_KEYS = ("encoding", "delimiter", "quote", "header_line", "dates", "decimal", "thousands")
_TOP_KEYS = (
    "source", "description", "reviewed", "formats", "codes", "absent", "as_contract", "files",
)  # fmt: skip
_TEXT_ONLY = ("dates", "decimal", "thousands")


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
        """Tell whether a file's name is of this pattern; `.gz` and capitals do not matter."""
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
        """Say what the contract requires and the mapping gives no source for."""
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


def find_mapping(name: str) -> Path:
    """Return where the mapping of a name lies; UserError if it is no name or there is none."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"mapping {name[:40]!r} is no name of a mapping; expected small letters, digits, - "
            "and _."
        )
    path = mappings_folder() / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in mappings_folder().glob("*.yml")))
        raise UserError(
            f"mapping {name} is not in {mappings_folder().name}/; there is {known or 'none'}."
        )
    return path


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file; UserError names the file, the line and what is wrong."""
    shown = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    root, content = read_yaml(path, shown)
    top = root.entries("the mapping", _TOP_KEYS)
    root.required(top, "the mapping", "source", "description", "reviewed", "files")
    source = sources()[top["source"].choice("source", sources())]
    reviewed = top["reviewed"].entries("reviewed", ("by", "on"))
    top["reviewed"].required(reviewed, "reviewed", "by", "on")
    formats = _formats(top["formats"], Formats()) if "formats" in top else Formats()
    lists = {
        name: _codes(part)
        for name, part in (top["codes"].entries("codes") if "codes" in top else {}).items()
    }
    absent = top["absent"].entries("absent") if "absent" in top else {}
    for name, part in absent.items():
        _table(part, source, name)
    as_contract = top["as_contract"].texts("as_contract") if "as_contract" in top else ()
    known = [table.name for table in source.tables]
    for name in as_contract:
        if name not in known:
            raise top["as_contract"].error(
                f"source {source.name} has no table {name!r}; {meant(name, known)}"
            )
    return Mapping(
        name=path.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        source=source,
        description=top["description"].text("description"),
        reviewed_by=reviewed["by"].text("reviewed.by"),
        reviewed_on=reviewed["on"].text("reviewed.on"),
        absent=tuple((name, part.text(f"absent.{name}")) for name, part in absent.items()),
        as_contract=as_contract,
        files=tuple(_file(part, source, formats, lists) for part in top["files"].items("files")),
    )


_Lists = dict[str, tuple[tuple[str, str], ...]]


def _file(part: Part, source: Source, defaults: Formats, lists: _Lists) -> OfficeFile:
    what = "a file"
    entries = part.entries(what, ("file", "optional", "columns", "ignore", "tables", *_FORMAT_KEYS))
    part.required(entries, what, "file", "tables")
    pattern = entries["file"].text("file")
    if "/" in pattern or "\\" in pattern:
        raise entries["file"].error(f"file {pattern!r} is no plain file name.")
    formats = _formats_of(entries, defaults)
    names = entries["columns"].texts("columns") if "columns" in entries else ()
    if bool(names) == bool(formats.header_line):
        raise part.error(
            "a file has a header or `columns`: with `header_line: 0` the names of its columns are "
            "listed under `columns`, else they are not."
        )
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise entries["columns"].error(f"column {twice[0]!r} is listed twice.")
    ignored = entries["ignore"].items("ignore") if "ignore" in entries else []
    file = OfficeFile(
        pattern=pattern,
        is_optional=entries["optional"].flag("optional") if "optional" in entries else False,
        formats=formats,
        names=names,
        ignored=tuple(map(_ignored, ignored)),
        rules=tuple(
            _rule(rule, source, formats, lists) for rule in entries["tables"].items("tables")
        ),
    )
    unknown = sorted(file.used - set(names)) if names else []
    if unknown:
        raise part.error(
            f"column {unknown[0]!r} is used but not listed under `columns`; "
            f"{meant(unknown[0], names)}"
        )
    return file


def _ignored(part: Part) -> Ignored:
    entries = part.entries("ignore", ("when", "reason"))
    part.required(entries, "ignore", "when", "reason")
    return Ignored(_conditions(entries["when"]), entries["reason"].text("reason"))


def _conditions(part: Part) -> tuple[Condition, ...]:
    found = []
    for column, value in part.entries("when").items():
        what = f"when {column}"
        if value.is_text or value.is_list:
            found.append(Condition(column, value.words(what), False))
            continue
        entries = value.entries(what, ("not", "filled"))
        if len(entries) != 1:
            raise value.error(f"{what} has both `not` and `filled`; expected one of them.")
        if "not" in entries:
            found.append(Condition(column, entries["not"].words(what), True))
        else:
            found.append(Condition(column, ("",), entries["filled"].flag(what)))
    return tuple(found)


def _rule(part: Part, source: Source, formats: Formats, lists: _Lists) -> MappingRule:
    what = "a table"
    entries = part.entries(what, ("table", "when", "once", "columns"))
    part.required(entries, what, "table", "columns")
    table = _table(entries["table"], source, entries["table"].text("table"))
    known = {column.name: column for column in table.columns}
    fields = []
    for name, value in entries["columns"].entries(f"columns of {table.name}").items():
        if name not in known:
            raise value.error(
                f"table {table.name} of the contract has no column {name!r}; {meant(name, known)}"
            )
        fields.append(_field(value, known[name], formats, lists))
    return MappingRule(
        table=table,
        when=_conditions(entries["when"]) if "when" in entries else (),
        once=entries["once"].flag("once") if "once" in entries else False,
        fields=tuple(fields),
        line=part.line,
    )


def _table(part: Part, source: Source, name: str) -> Table:
    found = next((table for table in source.tables if table.name == name), None)
    if found is None:
        names = [table.name for table in source.tables]
        raise part.error(f"source {source.name} has no table {name!r}; {meant(name, names)}")
    if found.format != "csv":
        raise part.error(
            f"table {name} comes in a national form ({found.format}) and is not mapped: deliver it "
            "as the contract says, beside the mapped files."
        )
    return found


def _field(part: Part, target: Column, formats: Formats, lists: _Lists) -> Field:
    what = target.name
    if part.is_text:
        return Field(target, (part.text(what),), None, (), (), (), formats.dates, formats.number)
    entries = part.entries(what, ("from", "value", "key", "transform", "codes", *_TEXT_ONLY))
    given = [key for key in ("from", "value", "key") if key in entries]
    if len(given) != 1:
        raise part.error(
            f"{what} needs one of `from` (a column of the office), `value` (the same in every row) "
            f"and `key` (columns that make a key); found {' and '.join(given) or 'none'}."
        )
    alone = [key for key in entries if key not in given]
    if alone and given != ["from"]:
        raise entries[alone[0]].error(f"{what}: `{alone[0]}` goes with `from` only.")
    if target.identity and "codes" in entries:
        raise entries["codes"].error(f"{what} holds identity numbers, which have no code words.")
    transforms = entries["transform"].texts("transform") if "transform" in entries else ()
    for name in transforms:
        if name not in TRANSFORMS:
            raise entries["transform"].error(
                f"unknown transform {name!r}; {meant(name, TRANSFORMS)}"
            )
    own = _formats_of({key: entries[key] for key in _TEXT_ONLY if key in entries}, formats)
    wrong = [
        key
        for key in _TEXT_ONLY
        if key in entries
        and ((target.data_type == "date") != (key == "dates") or target.data_type == "varchar")
    ]
    if wrong:
        raise entries[wrong[0]].error(
            f"{what} is {'text' if target.data_type == 'varchar' else 'a ' + target.data_type}; "
            f"`{wrong[0]}` does not apply."
        )
    return Field(
        target=target,
        columns=entries["from"].texts("from") if "from" in entries else (),
        constant=entries["value"].text("value") if "value" in entries else None,
        key=entries["key"].texts("key") if "key" in entries else (),
        transforms=transforms,
        codes=_codes_of(entries["codes"], lists) if "codes" in entries else (),
        dates=own.dates,
        number=own.number,
    )


def _codes_of(part: Part, lists: _Lists) -> tuple[tuple[str, str], ...]:
    if not part.is_text:
        return _codes(part)
    name = part.text("codes")
    if name not in lists:
        raise part.error(f"there is no list {name!r} under `codes`; {meant(name, lists)}")
    return lists[name]


def _codes(part: Part) -> tuple[tuple[str, str], ...]:
    """Return pairs of the office's word and the contract's; both may be empty, for missing."""
    return tuple((word, value.word(word)) for word, value in part.entries("codes").items())


def _formats(part: Part, defaults: Formats) -> Formats:
    return _formats_of(part.entries("formats", _FORMAT_KEYS), defaults)


def _formats_of(entries: dict[str, Part], defaults: Formats) -> Formats:
    encoding, delimiter, quote = defaults.encoding, defaults.delimiter, defaults.quote
    header_line, dates = defaults.header_line, defaults.dates
    decimal, thousands = defaults.number.decimal, defaults.number.thousands
    if "encoding" in entries:
        encoding = entries["encoding"].choice("encoding", ENCODINGS)
    if "delimiter" in entries:
        written = entries["delimiter"].raw("delimiter")
        delimiter = _DELIMITERS.get(written, written)
        if len(delimiter) != 1 or delimiter in '\r\n"':
            raise entries["delimiter"].error(
                f"delimiter is {written!r}; expected one character, or tab."
            )
    if "quote" in entries:
        written = entries["quote"].text("quote")
        quote = None if written == "none" else written
        if quote is not None and len(quote) != 1:
            raise entries["quote"].error(f"quote is {written!r}; expected one character, or none.")
    if "header_line" in entries:
        written = entries["header_line"].text("header_line")
        if not re.fullmatch(r"[0-9]{1,3}", written):
            raise entries["header_line"].error(
                f"header_line is {written!r}; expected the header's line, or 0 for no header."
            )
        header_line = int(written)
    if "dates" in entries:
        dates = _dates(entries["dates"])
    if "decimal" in entries:
        decimal = entries["decimal"].choice("decimal", (",", "."))
    if "thousands" in entries:
        written = entries["thousands"].choice("thousands", ("space", ".", ",", "none"))
        thousands = {"space": " ", "none": ""}.get(written, written)
    if thousands and (not decimal or decimal == thousands):
        part = entries.get("thousands") or entries["decimal"]
        raise part.error("with a thousands sign `decimal` must be given and another sign.")
    return Formats(encoding, delimiter, quote, header_line, dates, NumberFormat(decimal, thousands))


def _dates(part: Part) -> tuple[DateFormat, ...]:
    try:
        found = tuple(map(date_format, part.texts("dates")))
    except ValueError as error:
        raise part.error(f"{error}.") from None
    both = ambiguous(found)
    if both:
        raise part.error(
            f"by {both[0].written!r} and {both[1].written!r} one text could be two dates; give the "
            "columns formats of their own."
        )
    return found
