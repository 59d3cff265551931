"""What the report has to know beside the cubes: which release this is, how fresh, who decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Kind = Literal["preliminary", "final"]


@dataclass(frozen=True)
class RuleLimits:
    """A completeness rule's limits in percent of what is checked; None is never reached."""

    warn_percent: Decimal | None
    stop_percent: Decimal | None


@dataclass(frozen=True)
class Policy:
    """What the policy of disclosure control says of this release."""

    fingerprint: str
    """Its hash: which policy it was, to the last letter."""
    decided_by: str
    decided_on: date
    hide_from: int
    hide_to: int
    """Counts from and to which none is shown."""
    min_persons: int
    """Least persons behind a mean, a share or an amount."""
    rounds: bool = False
    """Small counts are rounded instead of hidden."""


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
    limits: Mapping[str, RuleLimits]
    """By rule, from the seed completeness_rules."""
    publisher: str
    contact: str
    sources: tuple[str, ...]
    """Each source in a sentence: what it is, and when it was delivered."""
    previous: str | None = None
    """The release that this one's revisions are against; None: the first."""

    @property
    def release(self) -> str:
        """The release's name, as the cubes have it: 2017H2_v1."""
        return f"{self.period}_v{self.version}"
