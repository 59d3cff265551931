"""What a mapping makes of a folder of sample files, and what it leaves open.

What the receipt and staging would say of the rows is asked of them (`rehearsal`).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from introstat.codelists import code_list, list_of
from introstat.contract import MANIFEST, Table
from introstat.errors import DeliveryRefused, UserError
from introstat.filereading import connect_in_memory, shown_names
from introstat.identity.numbers import SYNTHETIC
from introstat.mapping.apply import (
    Coverage,
    MappedRule,
    coverage,
    map_rules,
    missing_columns,
    refuse_uneven,
)
from introstat.mapping.findings import named
from introstat.mapping.layout import Field, Mapping, OfficeFile
from introstat.mapping.office import Office, load_office
from introstat.receipt.files import read_incoming
from introstat.receipt.judged import SetAside
from introstat.receipt.manifest import (
    DeliveredFile,
    contract_file,
    expect_together,
    layouts_of,
)
from introstat.receipt.mapped import sheet_name
from introstat.receipt.rehearsal import Rehearsal


@dataclass
class FileReport:
    """What became of one sample file; `office` is None if it could not be read."""

    name: str
    layout: OfficeFile
    office: Office | None = None
    missing_needed: list[str] = field(default_factory=list)
    missing_others: list[str] = field(default_factory=list)
    covered: Coverage | None = None
    rules: list[MappedRule] = field(default_factory=list)

    def uses(self) -> dict[str, list[str]]:
        """Return for each column of the file what it becomes or decides."""
        found: dict[str, list[str]] = defaultdict(list)
        for rule in self.layout.rules:
            for each in rule.fields:
                for name in each.reads:
                    found[name].append(f"{rule.table.name}.{each.target.name}")
            for condition in rule.when:
                found[condition.column].append(f"decides on {rule.table.name}")
        for ignored in self.layout.ignored:
            for condition in ignored.when:
                found[condition.column].append("decides what is left out")
        return {name: list(dict.fromkeys(uses)) for name, uses in found.items()}


@dataclass
class MappingReport:
    """A whole check: the files, and the problems in plain words; without problems all is mapped.

    `remarks` are what the receipt would remark on, which leaves nothing open; `parts` counts the
    files and rules that make up each table.
    """

    mapping: Mapping
    files: list[FileReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    parts: Counter[Table] = field(default_factory=Counter)

    def origins(self, table: Table) -> dict[str, list[str]]:
        """Return for each column of a table of the contract where it comes from."""
        found: dict[str, list[str]] = {column.name: [] for column in table.columns}
        for layout in self.mapping.files:
            for rule in layout.rules:
                if rule.table == table:
                    for each in rule.fields:
                        found[each.target.name].append(f"{layout.pattern}: {origin(each)}")
        return {name: list(dict.fromkeys(origins)) for name, origins in found.items()}


def origin(each: Field) -> str:
    """Return where a field comes from, in words."""
    if each.constant is not None:
        return f"always {each.constant!r}"
    if each.key:
        return f"key of {', '.join(each.key)}"
    return ", else ".join(each.columns)


def check(
    mapping: Mapping, sample: Path | None, synthetic: frozenset[str] = SYNTHETIC
) -> MappingReport:
    """Apply a mapping to the files of a folder; without one only the mapping itself is judged.

    `synthetic` are the test populations whose numbers are valid.
    """
    report = MappingReport(mapping, problems=[*mapping.lacks(), *_unknown_meanings(mapping)])
    if sample is None:
        return report
    paths = sorted(
        path
        for path in sample.iterdir()
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )
    with TemporaryDirectory(prefix="introstat-") as home, connect_in_memory() as connection:
        trial = Rehearsal(mapping.source, Path(home), synthetic)
        for path in paths:
            _check_file(connection, report, trial, path)
        for layout in mapping.files:
            if not layout.is_optional and all(each.layout != layout for each in report.files):
                sheet = f", sheet {layout.sheet}" if layout.sheet else ""
                report.problems.append(
                    f"no file of the sample is named like {layout.pattern}{sheet}"
                )
        try:
            expect_together("the delivery would be refused", report.parts)
        except DeliveryRefused as refusal:
            report.problems.append(refusal.message)
        _judge(report, trial)
    return report


def _check_file(
    connection: duckdb.DuckDBPyConnection, report: MappingReport, trial: Rehearsal, path: Path
) -> None:
    mapping, name = report.mapping, path.name
    try:
        layouts = layouts_of(name, mapping, name)
        if not layouts:
            _, table = contract_file(name, mapping.source, name, mapping)
            if table.format == "csv":
                file = DeliveredFile(path, table.name, table, 0, "", "utf-8", name)
                read_incoming(connection, file)
                report.remarks += trial.seal(connection, table, name, name)
                report.parts[table] += 1
    except UserError as error:
        report.problems.append(error.message)
        return
    sheets: list[Office] = []
    for layout in layouts:
        shown = sheet_name(path, layout) if len(layouts) > 1 else name
        found = FileReport(shown, layout)
        report.files.append(found)
        try:
            found.office = load_office(connection, path, layout, "utf-8", shown)
            refuse_uneven(connection, layout, found.office, shown)
        except DeliveryRefused as refusal:
            report.problems.append(refusal.message)
            continue
        sheets.append(found.office)
        _check_rows(connection, report, trial, found, found.office)
    read = {office.sheet for office in sheets}
    others = [sheet for office in sheets[:1] for sheet in office.others if sheet not in read]
    if others and len(sheets) == len(layouts):
        report.remarks.append(f"{name}: sheets not read: {shown_names(others)}")


def _check_rows(
    connection: duckdb.DuckDBPyConnection,
    report: MappingReport,
    trial: Rehearsal,
    found: FileReport,
    office: Office,
) -> None:
    name, layout = found.name, found.layout
    found.missing_needed, found.missing_others = missing_columns(layout, office)
    if found.missing_needed:
        report.problems.append(
            f"{name}: column {', '.join(map(repr, found.missing_needed))} is missing, which the "
            f"mapping reads; the file has {shown_names(office.names)}"
        )
        return
    found.covered = coverage(connection, layout, office)
    if found.covered.unmatched:
        report.problems.append(
            f"{name}: {found.covered.unmatched} rows fit no table and no `ignore`, the first on "
            f"line {found.covered.first_unmatched}"
        )
    report.problems += [f"{name}: {said}" for said in found.covered.damaged]
    seen: Counter[str] = Counter()
    for mapped in map_rules(connection, layout, office):
        table = mapped.rule.table
        found.rules.append(mapped)
        report.problems += [f"{name}: {each.message(table.name)}" for each in mapped.findings]
        seen[table.name] += 1
        report.parts[table] += 1
        report.remarks += trial.seal(connection, table, f"{name}#{seen[table.name]}", name)


def _judge(report: MappingReport, trial: Rehearsal) -> None:
    """Add what the receipt and staging would say of the sealed rows, where it is not said yet."""
    if trial.is_empty:
        return
    judged = trial.judged()
    told: Counter[tuple[str, str, str]] = Counter()
    for file in report.files:
        for mapped in file.rules:
            for each in mapped.findings:
                told[file.name, mapped.rule.table.name, each.field.target.name] += each.unread
    lines: defaultdict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for one in judged:
        file_name = one.file_name.rpartition("#")[0] or one.file_name
        fields = _fields(report, one)
        if one.column and fields == []:
            continue  # a required column without a source, which is told
        unread = told[file_name, one.table.name, one.column or ""]
        if one.reason == "unparseable_value" and one.rows <= unread:
            continue
        place = lines[file_name, one.said]
        name = " or ".join(fields or [repr(one.column)]) if one.column else one.table.name
        rows, line = place.get(name, (0, one.line))
        place[name] = max(rows, one.rows), min(line, one.line)
    for (name, said), places in lines.items():
        where = ", ".join(
            f"{rows} in {column} (first on line {line})" for column, (rows, line) in places.items()
        )
        report.problems.append(f"{name}: {said}: {where}; such rows are quarantined")
    checked = trial.checked()
    # Words that the receipt reads in its own way, 301 for 0301, are known after all.
    read = {
        (each.table.name, each.column)
        for each in checked.findings
        if each.rule.rule_id.startswith("unknown_") and not each.found
    }
    for file in report.files:
        for mapped in file.rules:
            table = mapped.rule.table.name
            for each in mapped.findings:
                if each.of_words and (table, each.field.target.name) in read:
                    report.problems.remove(f"{file.name}: {each.message(table)}")
    columns = {(table, column) for _, table, column in told}
    columns |= {(one.table.name, one.column or "") for one in judged}
    report.problems += [f"the delivery would be refused: {each}" for each in checked.refusing]
    report.remarks += [
        str(each)
        for each in checked.remarked
        if (each.table.name, each.column or "") not in columns
    ]


def _fields(report: MappingReport, one: SetAside) -> list[str] | None:
    """Return what the office calls the column of rows that are set aside; None if not mapped."""
    name, _, number = one.file_name.rpartition("#")
    for file in report.files:
        if file.name == name:
            rules = [rule for rule in file.layout.rules if rule.table == one.table]
            fields = rules[int(number) - 1].fields
            return [
                named(each) or origin(each) for each in fields if each.target.name == one.column
            ]
    return None


def _unknown_meanings(mapping: Mapping) -> list[str]:
    """Return which words the mapping itself gives that the contract's code lists do not know."""
    found = []
    for layout in mapping.files:
        for rule in layout.rules:
            for each in rule.fields:
                listed = list_of(rule.table.name, each.target.name)
                given = {meaning for _, meaning in each.codes} | {each.constant or ""}
                if listed:
                    found += [
                        f"line {rule.line}: {rule.table.name}.{each.target.name} is given the word "
                        f"{word!r}, which its code list does not have"
                        for word in sorted(given - {*code_list(listed), ""})
                    ]
    return list(dict.fromkeys(found))
