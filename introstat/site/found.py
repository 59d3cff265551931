"""What lets others find the figures: sitemap, DCAT-AP-NO catalogue, Atom feed."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from introstat.release import manifest, naming
from introstat.site.page import MENU, RELEASES, Site
from introstat.site.releases import Released
from introstat.site.table_files import FORMATS, Listed
from introstat.site.words import LANGUAGES, Words

CATALOGUE, FEED, SITEMAP = "katalog.ttl", "utgivelser.atom", "sitemap.xml"
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_THEME = f"<{_AUTHORITY}/data-theme/SOCI>"
_NORWAY = f"<{_AUTHORITY}/country/NOR>"
_PUBLIC = f"<{_AUTHORITY}/access-right/PUBLIC>"
_HALF_YEARLY = f"<{_AUTHORITY}/frequency/ANNUAL_2>"
_LANGUAGES = (f"<{_AUTHORITY}/language/NOB>", f"<{_AUTHORITY}/language/ENG>")
_IN_LANGUAGES = ", ".join(_LANGUAGES)
# Of the formats, those that the vocabulary of file types has.
_FILE_TYPES = {"csv": "CSV", "json": "JSON"}
_MEDIA = {"csv": "text/csv", "json": "application/json"}
_PREFIXES = (
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
)


def write(site: Site, tables: Sequence[Listed]) -> None:
    """Write sitemap, catalogue and feed: they hold whole addresses, so they need the site's own."""
    if site.base_url:
        site.put(SITEMAP, _sitemap(site).encode())
        site.put(CATALOGUE, ("\n".join(_catalogue(site, tables)) + "\n").encode())
        site.put(FEED, _feed(site).encode())


def _sitemap(site: Site) -> str:
    rows = "".join(
        f"<url><loc>{escape(site.base_url + path)}</loc><lastmod>{site.as_of}</lastmod></url>\n"
        for path in sorted(site.paths)
        if path not in site.leads_on
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def _feed(site: Site) -> str:
    words, base, download = site.words["nb"], site.base_url, MENU["download"]
    entries = "".join(
        f"<entry><id>{escape(base)}{RELEASES}/{each.name}/{manifest.MANIFEST}</id>"
        f"<title>{escape(words.period(each.period))}, "
        f"{escape(words('site.preliminary' if each.is_preliminary else 'site.final').lower())}"
        f" ({each.name})</title>"
        f"<updated>{each.as_of}T00:00:00Z</updated>"
        f'<link href="{escape(base)}{download}#u{each.name}"/>'
        f"<summary>{escape(_why(each, words))}</summary></entry>\n"
        for each in sorted(site.figures.releases.all, key=_by_day, reverse=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="nb"><id>{escape(base)}</id>'
        f"<title>{escape(words('site.title'))}</title><updated>{site.as_of}T00:00:00Z</updated>"
        f"<author><name>{escape(site.publisher)}</name></author>"
        f'<link rel="self" href="{escape(base)}{FEED}"/><link href="{escape(base)}"/>\n'
        f"{entries}</feed>\n"
    )


def _why(release: Released, words: Words) -> str:
    """Why there is a version: its note, or the day of its data."""
    note = str(release.about["note"])
    return note or words("site.data_until", day=words.day(release.as_of))


def _by_day(release: Released) -> tuple[date, date, int]:
    return release.as_of, release.last_day, release.version


# DCAT-AP-NO


def _catalogue(site: Site, tables: Sequence[Listed]) -> Iterator[str]:
    base, publisher = site.base_url, f"<{site.homepage}>"
    for prefix, address in _PREFIXES:
        yield f"@prefix {prefix}: <{address}> ."
    yield ""
    # A validator without the vocabularies at hand sees that the terms are theirs.
    types = [f"<{_AUTHORITY}/file-type/{each}>" for each in _FILE_TYPES.values()]
    terms = (_THEME, _NORWAY, _PUBLIC, _HALF_YEARLY, *_LANGUAGES, *types, _licence(site))
    for term in terms:
        yield f"{term} skos:inScheme {term.rpartition('/')[0]}> ."
    yield f"{publisher} a foaf:Agent ; foaf:name {_text(site.publisher, 'nb')} ."
    contact = f"<{base}{CATALOGUE}#kontakt>"
    email = tables[0].newest.about["contact"]
    yield f"{contact} a vcard:Organization ; vcard:fn {_text(site.publisher, 'nb')} ;"
    yield f"    vcard:hasEmail <mailto:{email}> ."
    titles = " , ".join(_text(site.words[each]("site.title"), each) for each in LANGUAGES)
    leads = " , ".join(_text(site.words[each]("site.lead"), each) for each in LANGUAGES)
    yield f"<{base}{CATALOGUE}> a dcat:Catalog ;"
    yield f"    dct:title {titles} ; dct:description {leads} ;"
    yield f'    dct:identifier "{base}{CATALOGUE}" ; dct:publisher {publisher} ;'
    yield f"    dct:modified {_day(site.as_of)} ; dct:language {_IN_LANGUAGES} ;"
    yield f"    dct:license {_licence(site)} ; foaf:homepage <{base}> ;"
    yield "    dcat:dataset " + " , ".join(f"<{base}{each.name}>" for each in tables) + " ."
    for each in tables:
        yield ""
        yield from _dataset(site, each, publisher, contact)


def _dataset(site: Site, each: Listed, publisher: str, contact: str) -> Iterator[str]:
    base, about = site.base_url, each.newest.about
    titles = " , ".join(_text(each.title(language), language) for language in LANGUAGES)
    said = " , ".join(_text(about["description"][language], language) for language in LANGUAGES)
    first = min(naming.period_dates(release.period)[0] for release in each.releases)
    last = max(release.last_day for release in each.releases)
    files = [
        (release, ending, f"{base}{RELEASES}/{release.name}/{each.file(release, ending)}")
        for release in each.releases
        for _, ending in FORMATS
    ]
    yield f"<{base}{each.name}> a dcat:Dataset ;"
    yield f"    dct:title {titles} ; dct:description {said} ;"
    yield f'    dct:identifier "{base}{each.name}" ; dcat:theme {_THEME} ;'
    yield f"    dct:publisher {publisher} ; dcat:contactPoint {contact} ;"
    yield f"    dct:accessRights {_PUBLIC} ; dct:spatial {_NORWAY} ; dct:language {_IN_LANGUAGES} ;"
    yield f"    dct:accrualPeriodicity {_HALF_YEARLY} ; dct:modified {_day(site.as_of)} ;"
    yield f"    dcat:landingPage <{base}{each.name}> ;"
    yield "    dct:temporal [ a dct:PeriodOfTime ; "
    yield f"        dcat:startDate {_day(first)} ; dcat:endDate {_day(last)} ] ;"
    yield "    dcat:distribution " + " , ".join(f"<{address}>" for *_, address in files) + " ."
    for release, ending, address in files:
        named = " , ".join(
            _text(
                f"{each.title(language)}, {site.words[language].period(release.period)}", language
            )
            for language in LANGUAGES
        )
        yield f"<{address}> a dcat:Distribution ; dct:title {named} ;"
        yield f"    dcat:accessURL <{address}> ; dcat:downloadURL <{address}> ;"
        if ending in _MEDIA:
            kind = f"https://www.iana.org/assignments/media-types/{_MEDIA[ending]}"
            yield f"    dcat:mediaType <{kind}> ;"
        if ending in _FILE_TYPES:
            yield f"    dct:format <{_AUTHORITY}/file-type/{_FILE_TYPES[ending]}> ;"
        yield f"    dct:license {_licence(site)} ; dct:issued {_day(release.as_of)} ."


def _licence(site: Site) -> str:
    """The licence in the vocabulary of licences: CC-BY-4.0 is CC_BY_4_0 there."""
    name = re.sub(r"[-.]", "_", str(site.package["licenses"][0]["name"]))
    return f"<{_AUTHORITY}/licence/{name}>"


def _text(text: str, language: str) -> str:
    return f"{json.dumps(text, ensure_ascii=False)}@{language}"


def _day(day: date) -> str:
    return f'"{day}"^^xsd:date'
