"""What lets others find the figures: sitemap, DCAT-AP-NO catalogue, Atom feed."""

from collections.abc import Sequence
from datetime import date
from html import escape

from introstat.release import manifest, naming
from introstat.release.formats import dcat
from introstat.site.page import MENU, RELEASES, Site
from introstat.site.releases import Released
from introstat.site.table_files import FORMATS, Listed
from introstat.site.words import LANGUAGES, Words

CATALOGUE, FEED, SITEMAP = "katalog.ttl", "utgivelser.atom", "sitemap.xml"


def write(site: Site, tables: Sequence[Listed]) -> None:
    """Write sitemap, catalogue and feed: they hold whole addresses, so they need the site's own."""
    if site.base_url:
        site.put(SITEMAP, _sitemap(site).encode())
        site.put(CATALOGUE, dcat.turtle(_catalogue(site, tables)).encode())
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


def _catalogue(site: Site, tables: Sequence[Listed]) -> dcat.Catalogue:
    address = site.base_url + CATALOGUE
    return dcat.Catalogue(
        address,
        address,
        {each: site.words[each]("site.title") for each in LANGUAGES},
        {each: site.words[each]("site.lead") for each in LANGUAGES},
        site.publisher,
        site.homepage,
        tables[0].newest.about["contact"],
        str(site.package["licenses"][0]["name"]),
        site.base_url,
        site.as_of,
        [_dataset(site, each) for each in tables],
    )


def _dataset(site: Site, each: Listed) -> dcat.Dataset:
    """A table with the files of every release that has it."""
    address, about = site.base_url + each.name, each.newest.about
    files = [
        dcat.Distribution(
            f"{site.base_url}{RELEASES}/{release.name}/{each.file(release, ending)}",
            {
                language: f"{each.title(language)}, {site.words[language].period(release.period)}"
                for language in LANGUAGES
            },
            ending,
            release.as_of,
        )
        for release in each.releases
        for _, ending in FORMATS
    ]
    return dcat.Dataset(
        address,
        address,
        {language: each.title(language) for language in LANGUAGES},
        {language: about["description"][language] for language in LANGUAGES},
        min(naming.period_dates(release.period)[0] for release in each.releases),
        max(release.last_day for release in each.releases),
        site.as_of,
        files,
        landing_page=address,
    )
