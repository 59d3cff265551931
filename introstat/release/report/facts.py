"""What the report has to know beside the cubes: which release this is, how fresh, who decided."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from introstat.disclosure.policy import Policy

Kind = Literal["preliminary", "final"]


@dataclass(frozen=True)
class Facts:
    """One release, as the report tells it.

    The report knows no clock: every date in it, and in its files' metadata, is from here.
    """

    period: str
    """A half-year, 2017H2, or a year, 2017."""
    kind: Kind
    version: int
    as_of: date
    """The day whose knowledge the figures hold; the report's own date."""
    observed_until: date
    """The last day of which NIR tells anything."""
    file_stem: str
    """The files' name without ending: rapport_p2017-H2_v1."""
    commit: str
    """The code that made the figures."""
    policy: Policy
    publisher: str
    contact: str
    sources: tuple[str, ...]
    """Each source in a sentence: what it is, and when it was delivered."""
    previous: str | None = None
    """The release that this one's revisions are against; None: the first."""
