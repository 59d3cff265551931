"""What a mapping covers of a folder of sample files, and what it leaves open."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from introstat.codelists import code_list, list_of
from introstat.contract import MANIFEST, Table
from introstat.errors import DeliveryRefused, UserError
from introstat.filereading import connect_in_memory, shown_names
from introstat.mapping.apply import Coverage, MappedRule, coverage, map_rules, missing_columns
from introstat.mapping.layout import Field, Mapping, OfficeFile
from introstat.mapping.office import Office, load_office


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
    """A whole check: the files, and the problems in plain words; without problems all is mapped."""

    mapping: Mapping
    files: list[FileReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

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


def check(mapping: Mapping, sample: Path | None) -> MappingReport:
    """Apply a mapping to the files of a folder; without one only the mapping itself is judged."""
    report = MappingReport(mapping, problems=[*mapping.lacks(), *_unknown_meanings(mapping)])
    if sample is None:
        return report
    paths = sorted(
        path
        for path in sample.iterdir()
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )
    with connect_in_memory() as connection:
        for path in paths:
            _check_file(connection, report, path)
    for layout in mapping.files:
        if not layout.is_optional and all(each.layout != layout for each in report.files):
            report.problems.append(f"no file of the sample is named like {layout.pattern}")
    return report


def _check_file(connection: duckdb.DuckDBPyConnection, report: MappingReport, path: Path) -> None:
    mapping, name = report.mapping, path.name
    try:
        layout = mapping.file_of(name)
        if layout is None:
            if not mapping.source.file_of(name):
                raise UserError(f"{name}: {mapping.unknown_file(name)}")
            return
    except UserError as error:
        report.problems.append(error.message)
        return
    found = FileReport(name, layout)
    report.files.append(found)
    try:
        found.office = office = load_office(connection, path, layout, "utf-8", name)
    except DeliveryRefused as refusal:
        report.problems.append(refusal.message)
        return
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
    found.rules = list(map_rules(connection, layout, office))
    for mapped in found.rules:
        report.problems += [
            f"{name}: {finding.message(mapped.rule.table.name)}" for finding in mapped.findings
        ]


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
