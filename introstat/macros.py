"""dbt's macros for Python: receipt, mappings and `protect` read values as staging reads them."""

import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from introstat.codelists import seed_relation
from introstat.places import project_root
from introstat.sql import quoted_name

if TYPE_CHECKING:
    import jinja2

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?endmacro\s*-?%\}", re.DOTALL)


@cache
def macros() -> SimpleNamespace:
    """Return the project's macros as functions."""
    return SimpleNamespace(**environment().globals)


def environment(**more: Any) -> "jinja2.Environment":
    """Return what models are rendered in: the project's macros, and what of dbt they call.

    That is DuckDB's, and `ref` gives seeds; `more` comes beside it or in its place.
    """
    import jinja2

    made = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    known = made.globals
    for name, text in _macro_texts().items():
        known[name] = _function(made, name, text)

    def returned(value: Any) -> None:
        raise _Returned(value)

    known.update(
        {
            "adapter": SimpleNamespace(
                dispatch=lambda name: known.get(f"duckdb__{name}") or known[f"default__{name}"],
                quote=quoted_name,
            ),
            "dbt": SimpleNamespace(
                date=lambda year, month, day: f"make_date({year}, {month}, {day})",
                type_string=lambda: "varchar",
            ),
            "ref": seed_relation,
            "return": returned,
        }
    )
    known.update(more)
    return made


class _Returned(Exception):
    """What a macro returns: more than its text."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _function(made: "jinja2.Environment", name: str, text: str) -> Callable[..., Any]:
    @cache
    def template() -> "jinja2.Template":
        return made.from_string(text)

    def call(*args: Any, **named: Any) -> Any:
        try:
            return getattr(template().module, name)(*args, **named)
        except _Returned as returned:
            return returned.value

    return call


@cache
def _macro_texts() -> dict[str, str]:
    """Return the text of each macro by its name; each is compiled when it is first called."""
    return {
        found.group(1): found.group()
        for path in sorted((project_root() / "macros").rglob("*.sql"))
        for found in _MACRO.finditer(path.read_text(encoding="utf-8"))
    }
