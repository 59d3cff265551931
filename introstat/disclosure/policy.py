"""The policy of disclosure control: one reviewed YAML file, checked word by word."""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from introstat.disclosure.errors import UserError

METHODS = ("suppress", "round")
ZEROS = ("publish", "may_hide")
WHOLE_GROUPS = ("allow", "protect")
DEFAULT_POLICY = Path(__file__).with_name("policy.yml")
EXACT_CELLS = 5
"""How many of the narrowest safe cells an audit gives exact intervals, if nothing else is said."""


NO_DOMINANCE = 100
"""The percent of an amount that nobody has more of: as a setting, no amount is dominated."""


@dataclass(frozen=True)
class Policy:
    """What must not be shown, and how wide the doubt about it must stay.

    Counts in `hide_from`..`hide_to` (persons, both ends included) are primary. `zeros` is
    `publish` (a zero is always shown, so a reader knows every hidden cell to be at least 1) or
    `may_hide` (a zero may serve as a secondary cell). `min_width` is the least width (persons) of
    the feasible interval of a primary cell. Inner counts below `round_base` are rounded to 0 or
    `round_base`. Categories of fewer than `pool_below` persons are pooled before protection; a
    mean, share or amount needs `min_persons` behind it. An amount of which `dominant_persons` have
    more than `dominant_percent` together is primary (dominance.py). A county shows a category in
    which `county_expects` persons can be expected, a municipality one of `municipality_expects`,
    and its main figures from `main_from` participants on (detail.py). `whole_groups` says whether a
    group of at least `group_from` persons of whom all but at most `all_but` have the same outcome
    is protected (groups.py); `sensitive` names the outcome's dimension by count table. `methods`
    names the method of a cube; `method` is the one for every other cube. `not_additive` says what
    happens to figures that have no sums. `decided_by` and `decided_on` say who answers for it and
    since when; `decision` says what was decided, and why, where a policy protects less than the one
    before.
    """

    decided_by: str
    decided_on: str
    hide_from: int = 1
    hide_to: int = 3
    zeros: str = "publish"
    min_width: int = 3
    method: str = "suppress"
    methods: tuple[tuple[str, str], ...] = ()
    round_base: int = 3
    pool_below: int = 10
    min_persons: int = 4
    dominant_persons: int = 2
    dominant_percent: int = 85
    county_expects: int = 3
    municipality_expects: int = 5
    main_from: int = 10
    whole_groups: str = "allow"
    group_from: int = 4
    all_but: int = 0
    sensitive: Mapping[str, str] = field(default_factory=dict, hash=False)
    not_additive: str = "suppress"
    decision: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) over the content, the same however the file is laid out."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def short_fingerprint(self) -> str:
        """The first 12 characters of the fingerprint: what readers see."""
        return self.fingerprint[:12]

    @property
    def hidden_counts(self) -> str:
        """The counts that are hidden, as texts name them: 1–3, or 3 alone."""
        if self.hide_from == self.hide_to:
            return str(self.hide_to)
        return f"{self.hide_from}–{self.hide_to}"

    @property
    def least_hidden(self) -> int:
        """The least value a reader must think possible in a hidden cell: 1 if zeros are shown."""
        return 1 if self.zeros == "publish" else 0

    def method_of(self, cube: str, additive: bool = True) -> str:
        """Return the method, `suppress` or `round`, for a cube, or for figures without sums."""
        return dict(self.methods).get(cube, self.method) if additive else self.not_additive


def load_policy(path: Path) -> Policy:
    """Read and check a policy file. Raises UserError that names the setting and what it may be."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"Policy {path}: cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"Policy {path}: expected settings as `name: value`, found none.")
    try:
        return policy_from(content)
    except ValueError as error:
        raise UserError(f"Policy {path}: {error}") from None


def policy_from(settings: Mapping[str, Any]) -> Policy:
    """Return a policy from its settings. Raises ValueError that names the first fault."""
    known = set(Policy.__dataclass_fields__) - {"methods"}
    if unknown := sorted(str(name) for name in set(settings) - known):
        raise ValueError(
            f"unknown setting {', '.join(unknown)}; known: {', '.join(sorted(known))}."
        )
    values = dict(settings)
    for name in ("decided_by", "decided_on"):
        if isinstance(values.get(name), datetime.date):
            values[name] = values[name].isoformat()
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise ValueError(f"{name} is missing; a policy says who decided it and when.")
    try:
        datetime.date.fromisoformat(values["decided_on"])
    except ValueError:
        raise ValueError(f"decided_on is {values['decided_on']!r}, expected a date.") from None
    least = {
        "hide_from": 1,
        "hide_to": 1,
        "min_width": 1,
        "round_base": 2,
        "pool_below": 0,
        "min_persons": 1,
        "dominant_persons": 1,
        "dominant_percent": 1,
        "county_expects": 0,
        "municipality_expects": 0,
        "main_from": 0,
        "group_from": 1,
        "all_but": 0,
    }
    for name, smallest in least.items():
        value = values.get(name, smallest)
        if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
            raise ValueError(
                f"{name} is {value!r}, expected a whole number of at least {smallest}."
            )
    if values.get("dominant_percent", NO_DOMINANCE) > NO_DOMINANCE:
        raise ValueError(
            f"dominant_percent is {values['dominant_percent']}, expected at most {NO_DOMINANCE}: "
            "no part is more than the whole."
        )
    if not isinstance(values.get("decision", ""), str):
        raise ValueError("decision is not a text; it says what was decided and why.")
    _one_of(values, "zeros", ZEROS)
    _one_of(values, "whole_groups", WHOLE_GROUPS)
    values["sensitive"] = _names_by_table(values.get("sensitive"))
    _one_of(values, "not_additive", METHODS)
    if isinstance(per_cube := values.get("method"), dict):
        for cube in per_cube:
            _one_of(per_cube, cube, METHODS)
        if "default" not in per_cube:
            raise ValueError("method names cubes but no `default` for the others.")
        values["method"] = per_cube["default"]
        values["methods"] = tuple(
            sorted((str(c), m) for c, m in per_cube.items() if c != "default")
        )
    _one_of(values, "method", METHODS)
    policy = Policy(**values)
    if policy.hide_to < policy.hide_from:
        raise ValueError(f"hide_to ({policy.hide_to}) is below hide_from ({policy.hide_from}).")
    _expect_groups(policy)
    return policy


def _names_by_table(given: Any) -> dict[str, str]:
    given = {} if given is None else given
    if not isinstance(given, Mapping) or not all(
        isinstance(word, str) for pair in given.items() for word in pair
    ):
        raise ValueError(
            f"sensitive is {given!r}, expected the outcome's dimension by count table, as "
            "`table: dimension`."
        )
    return dict(given)


def _expect_groups(policy: Policy) -> None:
    """Raise ValueError where the settings of whole groups do not go together."""
    if policy.group_from <= 2 * policy.all_but:
        raise ValueError(
            f"all_but is {policy.all_but}, expected less than half of group_from "
            f"({policy.group_from}): else no one outcome is nearly all's."
        )
    if policy.whole_groups != "protect":
        return
    if policy.zeros == "publish":
        raise ValueError(
            "whole_groups is protect and zeros is publish: shown zeros of the other outcomes tell "
            "the outcome of a whole group. Set zeros to may_hide, or whole_groups to allow."
        )
    if policy.all_but >= policy.min_width:
        raise ValueError(
            f"all_but is {policy.all_but}, expected less than min_width ({policy.min_width}): a "
            "doubt that is no wider still tells that all but so few have the outcome."
        )
    if not policy.sensitive:
        raise ValueError(
            "whole_groups is protect and sensitive is empty; name the outcomes to protect, as "
            "`table: dimension`."
        )


def _one_of(settings: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    if name in settings and settings[name] not in allowed:
        raise ValueError(f"{name} is {settings[name]!r}, expected {' or '.join(allowed)}.")
