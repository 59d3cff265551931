"""DCAT-AP-NO in Turtle: a catalogue of data sets and their files, as data.norge.no harvests it.

The site writes one over all releases. A release has one of its own tables, whose addresses are
relative: they are whole ones wherever the folder is published.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from introstat.release import naming
from introstat.release.cube import PRELIMINARY_EN, PRELIMINARY_NB, PublishedCube, Release
from introstat.release.formats import sdmx

EXTENSION, STEM = "ttl", "katalog"
Texts = Mapping[str, str]
"""A text by its language."""
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_THEME = f"<{_AUTHORITY}/data-theme/SOCI>"
_NORWAY = f"<{_AUTHORITY}/country/NOR>"
_PUBLIC = f"<{_AUTHORITY}/access-right/PUBLIC>"
_HALF_YEARLY = f"<{_AUTHORITY}/frequency/ANNUAL_2>"
_LANGUAGES = (f"<{_AUTHORITY}/language/NOB>", f"<{_AUTHORITY}/language/ENG>")
_IN_LANGUAGES = ", ".join(_LANGUAGES)
# Of the formats, those that the vocabulary of file types has.
_FILE_TYPES = {"csv": "CSV", "json": "JSON", "xlsx": "XLSX"}
_MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PREFIXES = (
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
)


@dataclass(frozen=True)
class Distribution:
    """A file of a data set: its address, titles, ending and the day of its data."""

    address: str
    titles: Texts
    ending: str
    issued: date


@dataclass(frozen=True)
class Dataset:
    """A table with its files. `first` and `last` are the days that its figures are of."""

    address: str
    identifier: str
    titles: Texts
    descriptions: Texts
    first: date
    last: date
    modified: date
    files: Sequence[Distribution]
    landing_page: str = ""
    version: str = ""
    version_notes: Texts | None = None


@dataclass(frozen=True)
class Catalogue:
    """The whole: who publishes, and which data sets. `licence` is a name as CC-BY-4.0."""

    address: str
    identifier: str
    titles: Texts
    descriptions: Texts
    publisher: str
    publisher_address: str
    contact: str
    licence: str
    homepage: str
    modified: date
    datasets: Sequence[Dataset]


def turtle(catalogue: Catalogue) -> str:
    """Return a catalogue in Turtle."""
    return "\n".join(_lines(catalogue)) + "\n"


def write(cubes: Sequence[tuple[PublishedCube, Path]], path: Path, release: Release) -> None:
    """Write the catalogue of a release; each cube comes with its CSV file.

    Beside that lie the files of other formats that have its name.
    """
    text = turtle(
        Catalogue(
            "",
            f"introstat/{release.period}_v{release.version}",
            {"nb": release.title_nb, "en": release.title_en},
            {
                "nb": f"Alle tabeller i utgivelsen. {release.title_nb}.",
                "en": f"All tables of the release. {release.title_en}.",
            },
            release.publisher,
            release.homepage,
            next((cube.contact for cube, _ in cubes if cube.contact), ""),
            release.licence,
            release.homepage,
            release.updated,
            [_dataset_of(cube, data, release) for cube, data in cubes],
        )
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def differences(folder: Path, tables: Sequence[Path]) -> list[str]:
    """What is wrong with the catalogue of a release: files that are not there, or not named."""
    paths = sorted(folder.glob(f"{STEM}_p*.{EXTENSION}"))
    if len(paths) != 1:
        return [f"{len(paths)} catalogues {STEM}_*.{EXTENSION}; expected one."]
    text = paths[0].read_text(encoding="utf-8", errors="replace")
    named = set(re.findall(r"dcat:downloadURL <([^>]+)>", text))
    found = [f"{paths[0].name}: {each} is not named." for each in
             sorted({t.name for t in tables} - named)]  # fmt: skip
    gone = sorted(each for each in named if not (folder / each).is_file())
    return found + [f"{paths[0].name}: {each} is not in the release." for each in gone]


def _dataset_of(cube: PublishedCube, data: Path, release: Release) -> Dataset:
    days = [naming.period_dates(each) for each in cube.periods]
    titles = {"nb": cube.title_nb, "en": cube.title_en or cube.title_nb}
    described = {"nb": cube.description_nb, "en": cube.description_en}
    mark = {"nb": PRELIMINARY_NB, "en": PRELIMINARY_EN} if cube.is_preliminary else {}
    beside = sorted(each.name for each in data.parent.glob(f"{data.stem}.*"))
    files = [*beside, f"{sdmx.FOLDER}/{data.stem}.{sdmx.EXTENSION}"]
    notes = {
        each: " ".join(filter(None, (mark.get(each, ""), release.note))) for each in ("nb", "en")
    }
    return Dataset(
        f"#{cube.file_stem}",
        f"introstat/{data.stem}",
        titles,
        {each: described[each] or titles[each] for each in ("nb", "en")},
        min(first for first, _ in days),
        max(last for _, last in days),
        release.updated,
        [Distribution(f, titles, f.rpartition(".")[2], release.updated) for f in files],
        version=str(release.version),
        version_notes={each: text for each, text in notes.items() if text},
    )


def _lines(catalogue: Catalogue) -> Iterator[str]:
    for prefix, address in _PREFIXES:
        yield f"@prefix {prefix}: <{address}> ."
    yield ""
    # A validator without the vocabularies at hand sees that the terms are theirs.
    licence = _licence(catalogue.licence)
    types = [f"<{_AUTHORITY}/file-type/{each}>" for each in _FILE_TYPES.values()]
    for term in (_THEME, _NORWAY, _PUBLIC, _HALF_YEARLY, *_LANGUAGES, *types, licence):
        yield f"{term} skos:inScheme {term.rpartition('/')[0]}> ."
    publisher = f"<{catalogue.publisher_address}>"
    name = _text(catalogue.publisher, "nb")
    yield f"{publisher} a foaf:Agent ; foaf:name {name} ."
    contact = f"<{catalogue.address}#kontakt>"
    yield f"{contact} a vcard:Organization ; vcard:fn {name} ;"
    yield f"    vcard:hasEmail <mailto:{catalogue.contact}> ."
    yield f"<{catalogue.address}> a dcat:Catalog ;"
    yield f"    dct:title {_texts(catalogue.titles)} ;"
    yield f"    dct:description {_texts(catalogue.descriptions)} ;"
    yield f"    dct:identifier {json.dumps(catalogue.identifier)} ; dct:publisher {publisher} ;"
    yield f"    dct:modified {_day(catalogue.modified)} ; dct:language {_IN_LANGUAGES} ;"
    yield f"    dct:license {licence} ; foaf:homepage <{catalogue.homepage}> ;"
    listed = " , ".join(f"<{each.address}>" for each in catalogue.datasets)
    yield f"    dcat:dataset {listed} ."
    for each in catalogue.datasets:
        yield ""
        yield from _dataset(each, publisher, contact, licence)


def _dataset(each: Dataset, publisher: str, contact: str, licence: str) -> Iterator[str]:
    yield f"<{each.address}> a dcat:Dataset ;"
    yield f"    dct:title {_texts(each.titles)} ; dct:description {_texts(each.descriptions)} ;"
    yield f"    dct:identifier {json.dumps(each.identifier)} ; dcat:theme {_THEME} ;"
    yield f"    dct:publisher {publisher} ; dcat:contactPoint {contact} ;"
    yield f"    dct:accessRights {_PUBLIC} ; dct:spatial {_NORWAY} ; dct:language {_IN_LANGUAGES} ;"
    yield f"    dct:accrualPeriodicity {_HALF_YEARLY} ; dct:modified {_day(each.modified)} ;"
    if each.landing_page:
        yield f"    dcat:landingPage <{each.landing_page}> ;"
    if each.version:
        yield f"    owl:versionInfo {json.dumps(each.version)} ;"
    if each.version_notes:
        yield f"    adms:versionNotes {_texts(each.version_notes)} ;"
    yield "    dct:temporal [ a dct:PeriodOfTime ; "
    yield f"        dcat:startDate {_day(each.first)} ; dcat:endDate {_day(each.last)} ] ;"
    yield "    dcat:distribution " + " , ".join(f"<{f.address}>" for f in each.files) + " ."
    for file in each.files:
        yield f"<{file.address}> a dcat:Distribution ; dct:title {_texts(file.titles)} ;"
        yield f"    dcat:accessURL <{file.address}> ; dcat:downloadURL <{file.address}> ;"
        if file.ending in _MEDIA:
            kind = f"https://www.iana.org/assignments/media-types/{_MEDIA[file.ending]}"
            yield f"    dcat:mediaType <{kind}> ;"
        if file.ending in _FILE_TYPES:
            yield f"    dct:format <{_AUTHORITY}/file-type/{_FILE_TYPES[file.ending]}> ;"
        yield f"    dct:license {licence} ; dct:issued {_day(file.issued)} ."


def _licence(name: str) -> str:
    """A licence in the vocabulary of licences: CC-BY-4.0 is CC_BY_4_0 there."""
    return f"<{_AUTHORITY}/licence/{re.sub(r'[-.]', '_', name)}>"


def _texts(texts: Texts) -> str:
    return " , ".join(_text(text, language) for language, text in texts.items())


def _text(text: str, language: str) -> str:
    return f"{json.dumps(text, ensure_ascii=False)}@{language}"


def _day(day: date) -> str:
    return f'"{day}"^^xsd:date'
