"""A page of the site: where it lies, what it links to, and how it is written."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from introstat.addresses import linked
from introstat.release.formats import csv_package
from introstat.site.blocks import breaks_of
from introstat.site.figures import Figures
from introstat.site.places import Place
from introstat.site.words import LANGUAGES, Words

MENU = {
    "front": "index.html",
    "places": "steder.html",
    "tables": "tabeller.html",
    "about": "om.html",
    "download": "last-ned.html",
}
ACCESSIBILITY = "tilgjengelighet.html"
RELEASES = "utgivelser"
"""The folder of the releases as they were made."""
FOLDERS = {"county": "fylke", "municipality": "kommune"}
_ROOTS = {"nb": "", "en": "en/"}


@dataclass
class Site:
    """What all pages share: the figures, the folder, addresses of the files beside them.

    `paths` are the pages that are written, `leads_on` those of them that only lead to others.
    """

    figures: Figures
    folder: Path
    base_url: str
    assets: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    leads_on: set[str] = field(default_factory=set)
    style_sheet: str = ""

    def __post_init__(self) -> None:
        self.words = {language: Words(language) for language in LANGUAGES}
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.environment.globals |= {"breaks_of": breaks_of, "linked": linked}

    @cached_property
    def package(self) -> dict[str, Any]:
        """What the newest release's data package says of itself: publisher, licence."""
        path = self.figures.releases.latest.folder / csv_package.PACKAGE
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @property
    def publisher(self) -> str:
        """Who publishes the figures."""
        return str(self.package["contributors"][0]["title"])

    @property
    def homepage(self) -> str:
        """The publisher's address."""
        return str(self.package["homepage"])

    @property
    def licence_address(self) -> str:
        """Where the licence can be read."""
        return str(self.package["licenses"][0]["path"])

    def licence_name(self, words: Words) -> str:
        """The licence's name."""
        licence = self.package["licenses"][0]
        return str(licence["title"] if words.language == "nb" else licence["name"])

    @cached_property
    def as_of(self) -> date:
        """The day of the newest data."""
        return max(each.as_of for each in self.figures.releases.newest)

    @cached_property
    def release_names(self) -> list[str]:
        """The releases whose figures count."""
        return [each.name for each in self.figures.releases.newest]

    def style(self, root: str) -> Markup:
        """The style sheet of a page; `root` is the way from it to the site's folder."""
        return Markup(self.style_sheet.replace("{root}", root))

    def style_hash(self, root: str) -> str:
        """Its checksum, by which the page's policy knows it."""
        digest = hashlib.sha256(self.style(root).encode()).digest()
        return f"sha256-{base64.b64encode(digest).decode()}"

    @property
    def preliminary(self) -> bool:
        """Whether any figure is preliminary."""
        return any(each.is_preliminary for each in self.figures.releases.newest)

    def preliminary_names(self, words: Words) -> list[str]:
        """The periods whose figures are preliminary."""
        return [words.period(r.period) for r in self.figures.releases.newest if r.is_preliminary]

    def write(self, template: str, page: "Page", **values: Any) -> None:
        """Write a page with a template."""
        made = self.environment.get_template(template)
        text = made.render(site=self, page=page, words=page.words, **values)
        self.put(page.path, text.encode())
        self.paths.append(page.path)

    def put(self, path: str, content: bytes) -> None:
        """Write a file into the site."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def put_asset(self, name: str, content: bytes) -> str:
        """Write a file whose name holds its checksum, and return its address in the site."""
        stem, _, ending = name.rpartition(".")
        path = f"filer/{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{ending}"
        self.put(path, content)
        self.assets[name] = path
        return path


@dataclass
class Page:
    """One page in one language; `name` is its address in the language's own part of the site."""

    site: Site
    language: str
    name: str
    title: str
    description: str
    scripts: list[str] = field(default_factory=list)
    json_ld: str = ""

    @property
    def words(self) -> Words:
        """The texts of its language."""
        return self.site.words[self.language]

    @property
    def path(self) -> str:
        """Its address in the site."""
        return _ROOTS[self.language] + self.name

    @property
    def other_language(self) -> str:
        """The language that it is not in."""
        return next(each for each in LANGUAGES if each != self.language)

    @property
    def other_path(self) -> str:
        """The same page in the other language."""
        return _ROOTS[self.other_language] + self.name

    @property
    def root(self) -> str:
        """The way from it to the site's folder."""
        return "../" * self.path.count("/")

    def to(self, path: str) -> str:
        """A relative link to an address in the site."""
        return self.root + path

    def own(self, name: str) -> str:
        """The address of a page in its language."""
        return _ROOTS[self.language] + name

    def place(self, place: Place) -> str:
        """The address of a place's page in its language."""
        return self.own(place_name(place))

    @property
    def home(self) -> str:
        """The front page's address."""
        return self.own(MENU["front"])

    @property
    def about(self) -> str:
        """The address of the page about the figures."""
        return self.own(MENU["about"])

    @property
    def download(self) -> str:
        """The address of the download page."""
        return self.own(MENU["download"])

    @property
    def accessibility(self) -> str:
        """The address of the accessibility statement."""
        return self.own(ACCESSIBILITY)

    @property
    def menu(self) -> list[tuple[str, str]]:
        """The pages of the menu: names of their texts, and addresses."""
        return [(name, self.own(path)) for name, path in MENU.items()]


def place_name(place: Place) -> str:
    """The address of a place's page in a language's part of the site."""
    return f"{FOLDERS[place.kind]}/{place.code}.html"


def embedded(content: Mapping[str, Any]) -> str:
    """JSON as it may stand in a page: no tag can end in it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")
