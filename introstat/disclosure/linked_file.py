"""A file of linked cubes (YAML): where their counts are, how they look, and what ties them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout, parse_hierarchy, read_code_list
from introstat.disclosure.linked import SENSES, Link, Term

_CUBE_SETTINGS = {
    "in", "count", "dims", "hierarchies", "totals", "no_total", "tables", "persons", "method",
    "pool", "additive", "categories",
}  # fmt: skip


@dataclass(frozen=True)
class CubeFile:
    """One cube: where its counts are, and what they look like.

    `persons` names the column of the persons behind a figure; `method` is None for the policy's;
    `pool` lists dimensions whose rare categories are joined; `additive` is False for figures
    without sums.
    """

    file: Path
    count: str
    layout: Layout
    persons: str | None = None
    method: str | None = None
    pool: tuple[str, ...] = ()
    additive: bool = True


def read_linked(path: Path) -> tuple[dict[str, CubeFile], tuple[Link, ...]]:
    """Return the cubes and links of a file with the settings `cubes` and `links`.

    Paths in it are relative to it. Raises UserError that names the setting and what it may be.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("cubes"), dict):
        raise UserError(f"{path}: expected `cubes:` with a name and settings for each cube.")
    _refuse_others(f"{path}: the file", content, {"cubes", "links"})
    cubes = {
        str(name): _cube(f"{path}: cube {name}", path.parent, given)
        for name, given in content["cubes"].items()
    }
    links = content.get("links") or []
    if not isinstance(links, list):
        raise UserError(f"{path}: `links` is not a list.")
    return cubes, tuple(_link(path, f"link {n}", given) for n, given in enumerate(links, 1))


def _cube(where: str, folder: Path, given: Any) -> CubeFile:
    _refuse_others(where, given, _CUBE_SETTINGS)
    missing = [setting for setting in ("in", "count", "dims") if not given.get(setting)]
    if missing:
        raise UserError(f"{where}: {', '.join(missing)} is missing.")
    totals: dict[str, str | None] = {str(k): str(v) for k, v in (given.get("totals") or {}).items()}
    layout = Layout(
        _texts(where, given["dims"]),
        tuple(parse_hierarchy(text, folder) for text in _texts(where, given.get("hierarchies"))),
        totals | dict.fromkeys(_texts(where, given.get("no_total"))),
        tuple(_texts(where, table) for table in given.get("tables") or ()),
        categories={
            str(name): _texts(where, codes)
            for name, codes in (given.get("categories") or {}).items()
        },
    )
    return CubeFile(
        folder / str(given["in"]),
        str(given["count"]),
        layout,
        given.get("persons"),
        given.get("method"),
        _texts(where, given.get("pool")),
        given.get("additive", True) is True,
    )


def _link(path: Path, name: str, given: Any) -> Link:
    where = f"{path}: {name}"
    _refuse_others(where, given, {"name", "left", "right", "is"})
    sense = given.get("is", "equal")
    if sense not in SENSES:
        raise UserError(f"{where}: `is` is {sense!r}, expected {' or '.join(SENSES)}.")
    sides = []
    for side in ("left", "right"):
        terms = given.get(side)
        terms = [terms] if isinstance(terms, dict) else terms
        if not isinstance(terms, list) or not terms:
            raise UserError(f"{where}: `{side}` names no cube.")
        sides.append(tuple(_term(f"{where}, {side}", path.parent, term) for term in terms))
    return Link(str(given.get("name") or name), sides[0], sides[1], sense)


def _term(where: str, folder: Path, given: Any) -> Term:
    _refuse_others(where, given, {"cube", "at", "through"})
    if "cube" not in given:
        raise UserError(f"{where}: cube is missing.")
    through = {
        str(name): read_code_list(str(name), folder / str(file))
        for name, file in (given.get("through") or {}).items()
    }
    at = {str(name): str(code) for name, code in (given.get("at") or {}).items()}
    return Term(str(given["cube"]), at, through)


def _refuse_others(where: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, dict):
        raise UserError(f"{where}: expected settings as `name: value`.")
    if unknown := sorted(str(name) for name in set(given) - known):
        raise UserError(
            f"{where}: unknown setting {', '.join(unknown)}; known: {', '.join(sorted(known))}."
        )


def _texts(where: str, given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise UserError(f"{where}: expected a list, found {given!r}.")
    return tuple(str(item) for item in given)
