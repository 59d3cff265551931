"""A mapping file read into a `Mapping`.

docs/mapping.md describes the file for the one who writes it. A mapping that cannot be understood
is a UserError that names its line.
"""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from introstat.contract import Column, Source, Table, sources
from introstat.errors import UserError
from introstat.mapping.formats import (
    TRANSFORMS,
    DateFormat,
    NumberFormat,
    ambiguous,
    date_format,
)
from introstat.mapping.layout import (
    Condition,
    Field,
    Formats,
    Ignored,
    Mapping,
    MappingRule,
    OfficeFile,
)
from introstat.mapping.yamlparts import Part, meant, read_yaml
from introstat.places import mappings_folder

ENCODINGS = ("utf-8", "latin-1", "windows-1252")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DELIMITERS = {"tab": "\t", "\\t": "\t"}
_FORMAT_KEYS = (
    "encoding", "delimiter", "quote", "header_line", "short_rows", "missing", "dates", "decimal",
    "thousands",
)  # fmt: skip
_TOP_KEYS = (
    "source", "description", "reviewed", "formats", "codes", "absent", "as_contract", "files",
)  # fmt: skip
_TEXT_ONLY = ("dates", "decimal", "thousands")
_IGNORE_KEYS = ("when", "first", "last", "empty")
_Lists = dict[str, tuple[tuple[str, str], ...]]


def find_mapping(name: str) -> Path:
    """Return where the mapping of a name lies. Raises UserError if there is none."""
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
    """Read and check a mapping file. Raises UserError with its line if it is wrong."""
    shown = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    root, content = read_yaml(path, shown)
    top = root.entries("the mapping", _TOP_KEYS, "source", "description", "reviewed", "files")
    source = sources()[top["source"].choice("source", sources())]
    reviewed = top["reviewed"].entries("reviewed", ("by", "on"), "by", "on")
    formats = Formats()
    if "formats" in top:
        formats = _formats_of(top["formats"].entries("formats", _FORMAT_KEYS), formats)
    lists = top["codes"].entries("codes") if "codes" in top else {}
    codes = {name: _codes(part) for name, part in lists.items()}
    absent = top["absent"].entries("absent") if "absent" in top else {}
    for name, part in absent.items():
        _table(part, source, name)
    as_contract = top["as_contract"].texts("as_contract") if "as_contract" in top else ()
    for name in as_contract:
        _known_table(top["as_contract"], source, name)
    return Mapping(
        name=path.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        source=source,
        description=top["description"].text("description"),
        reviewed_by=reviewed["by"].text("reviewed.by"),
        reviewed_on=reviewed["on"].text("reviewed.on"),
        absent=tuple((name, part.text(f"absent.{name}")) for name, part in absent.items()),
        as_contract=as_contract,
        files=tuple(_file(part, source, formats, codes) for part in top["files"].items("files")),
    )


def _file(part: Part, source: Source, defaults: Formats, lists: _Lists) -> OfficeFile:
    known = ("file", "sheet", "optional", "columns", "ignore", "tables", *_FORMAT_KEYS)
    entries = part.entries("a file", known, "file", "tables")
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
        sheet=entries["sheet"].text("sheet") if "sheet" in entries else "",
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
    _expect_no_missing_words(part, file)
    return file


def _expect_no_missing_words(part: Part, file: OfficeFile) -> None:
    """Refuse a word that is asked for, or has a meaning, where it means that there is nothing."""
    conditions = [c for ignored in file.ignored for c in ignored.when]
    conditions += [c for rule in file.rules for c in rule.when]
    for each in conditions:
        for word in each.words:
            if word in file.missing_in(each.column) and not each.is_pattern:
                raise part.error(
                    f"`when` asks for the word {word!r} in {each.column!r}, where `missing` says "
                    "that it means nothing; ask for `{filled: false}`."
                )
    for rule in file.rules:
        for field in rule.fields:
            missing = {word for name in field.columns for word in file.missing_in(name)}
            for word, meaning in field.codes:
                if word and meaning and word in missing:
                    raise part.error(
                        f"{field.target.name}: `codes` gives the word {word!r} a meaning, and "
                        "`missing` says that it means nothing; take it out of one of them."
                    )


def _ignored(part: Part) -> Ignored:
    entries = part.entries("ignore", (*_IGNORE_KEYS, "reason"), "reason")
    if not any(key in entries for key in _IGNORE_KEYS):
        raise part.error(f"ignore lacks one of {', '.join(f'`{key}`' for key in _IGNORE_KEYS)}.")
    if "empty" in entries and not entries["empty"].flag("empty"):
        raise entries["empty"].error("empty is false; leave it out.")
    return Ignored(
        reason=entries["reason"].text("reason"),
        when=_conditions(entries["when"]) if "when" in entries else (),
        first=entries["first"].number("first") if "first" in entries else None,
        last=entries["last"].number("last") if "last" in entries else None,
        is_empty="empty" in entries,
    )


def _conditions(part: Part) -> tuple[Condition, ...]:
    found = []
    for column, value in part.entries("when").items():
        what = f"when {column}"
        if value.is_text or value.is_list:
            found.append(Condition(column, value.words(what)))
            continue
        entries = value.entries(what, ("not", "filled", "like"))
        if len(entries) != 1:
            raise value.error(f"{what} needs one of `not`, `filled` and `like`.")
        if "not" in entries:
            found.append(Condition(column, entries["not"].words(what), is_negated=True))
        elif "like" in entries:
            found.append(Condition(column, entries["like"].texts(what), is_pattern=True))
        else:
            found.append(Condition(column, ("",), is_negated=entries["filled"].flag(what)))
    return tuple(found)


def _rule(part: Part, source: Source, formats: Formats, lists: _Lists) -> MappingRule:
    keys = ("table", "when", "once", "columns")
    entries = part.entries("a table", keys, "table", "columns")
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
    found = _known_table(part, source, name)
    if found.format != "csv":
        raise part.error(
            f"table {name} comes in a national form ({found.format}) and is not mapped: deliver it "
            "as the contract says, beside the mapped files."
        )
    return found


def _known_table(part: Part, source: Source, name: str) -> Table:
    tables = {table.name: table for table in source.tables}
    if name not in tables:
        raise part.error(f"source {source.name} has no table {name!r}; {meant(name, tables)}")
    return tables[name]


def _field(part: Part, target: Column, formats: Formats, lists: _Lists) -> Field:
    what = target.name
    if part.is_text:
        return Field(target, (part.text(what),), None, (), (), (), formats.dates, formats.number)
    keys = ("from", "value", "key", "transform", "codes", "missing", *_TEXT_ONLY)
    entries = part.entries(what, keys)
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
        if key in entries and ((target.data_type == "date") != (key == "dates") or target.is_text)
    ]
    if wrong:
        raise entries[wrong[0]].error(
            f"{what} is {'text' if target.is_text else 'a ' + target.data_type}; "
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
        missing=entries["missing"].written("missing") if "missing" in entries else None,
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


def _formats_of(entries: dict[str, Part], defaults: Formats) -> Formats:
    """Return the formats with what the entries say of them."""
    said: dict[str, Any] = {}
    if "encoding" in entries:
        said["encoding"] = entries["encoding"].choice("encoding", ENCODINGS)
    if "delimiter" in entries:
        written = entries["delimiter"].raw("delimiter")
        said["delimiter"] = delimiter = _DELIMITERS.get(written, written)
        if len(delimiter) != 1 or delimiter in '\r\n"':
            raise entries["delimiter"].error(
                f"delimiter is {written!r}; expected one character, or tab."
            )
    if "quote" in entries:
        written = entries["quote"].text("quote")
        if written != "none" and len(written) != 1:
            raise entries["quote"].error(f"quote is {written!r}; expected one character, or none.")
        said["quote"] = None if written == "none" else written
    if "header_line" in entries:
        said["header_line"] = entries["header_line"].number("header_line", least=0)
    if "short_rows" in entries:
        said["fills_short"] = (
            entries["short_rows"].choice("short_rows", ("fill", "refuse")) == "fill"
        )
    if "missing" in entries:
        said["missing"] = entries["missing"].written("missing")
    if "dates" in entries:
        said["dates"] = _dates(entries["dates"])
    return replace(defaults, **said, number=_number_of(entries, defaults.number))


def _number_of(entries: dict[str, Part], number: NumberFormat) -> NumberFormat:
    if "decimal" in entries:
        number = replace(number, decimal=entries["decimal"].choice("decimal", (",", ".")))
    if "thousands" in entries:
        written = entries["thousands"].choice("thousands", ("space", ".", ",", "none"))
        number = replace(number, thousands={"space": " ", "none": ""}.get(written, written))
    if number.thousands and (not number.decimal or number.decimal == number.thousands):
        part = entries.get("thousands") or entries["decimal"]
        raise part.error("with a thousands sign `decimal` must be given and another sign.")
    return number


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
