"""dbt's macros for Python: receipt, mappings and `protect` read values as staging reads them."""

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from introstat.codelists import seed_relation
from introstat.places import project_root

if TYPE_CHECKING:
    import jinja2

_FILES = (
    "macros/staging/parse.sql",
    "macros/staging/numbers.sql",
    "macros/staging/placeholders.sql",
    "macros/engine/functions.sql",
    "macros/quality/rule_book.sql",
    "macros/time/ages.sql",
)


@cache
def macros() -> Any:
    """Return the project's macros as functions, with what of dbt they call: DuckDB's own."""
    texts = [(project_root() / path).read_text(encoding="utf-8") for path in _FILES]
    return environment().from_string("\n".join(texts)).module


@cache
def environment() -> "jinja2.Environment":
    """Return what the macros, and models that call them, are rendered in."""
    import jinja2

    def dispatch(name: str) -> Any:
        return getattr(macros(), f"default__{name}")

    def safe_cast(field: str, data_type: str) -> Any:
        return macros().duckdb__safe_cast(field, data_type)

    def date(year: str, month: str, day: str) -> str:
        return f"make_date({year}, {month}, {day})"

    made = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    made.globals.update(
        {
            "adapter": SimpleNamespace(dispatch=dispatch),
            "dbt": SimpleNamespace(safe_cast=safe_cast, date=date),
            "ref": seed_relation,
            "return": lambda value: value,
        }
    )
    return made
