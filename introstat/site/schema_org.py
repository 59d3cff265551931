"""A page's data set as schema.org has it, for search engines."""

from collections.abc import Sequence

from introstat.release import naming
from introstat.site.page import Page, Site, embedded


def dataset_json(site: Site, page: Page, files: Sequence[tuple[str, str]] = ()) -> str:
    """A page's data set as schema.org has it: all figures, or one table with its files."""
    releases = site.figures.releases
    first, last = releases.newest[0], releases.latest
    about: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": page.title,
        "description": page.description,
        "inLanguage": page.language,
        "license": site.licence_address,
        "creator": {"@type": "Organization", "name": site.publisher, "url": site.homepage},
        "isAccessibleForFree": True,
        "spatialCoverage": {"@type": "Country", "name": "Norway"},
        "temporalCoverage": f"{naming.period_dates(first.period)[0]}/{last.last_day}",
        "dateModified": str(site.as_of),
        "version": last.name,
    }
    if site.base_url:
        about["url"] = site.base_url + page.path
    if files:
        about["distribution"] = [
            {
                "@type": "DataDownload",
                "encodingFormat": name,
                "contentUrl": _whole(site, page, path),
            }
            for name, path in files
        ]
    return embedded(about)


def _whole(site: Site, page: Page, path: str) -> str:
    """A link's whole address, or the link as it is where the site's own is not known."""
    return site.base_url + path.removeprefix(page.root) if site.base_url else path
