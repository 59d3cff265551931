"""Identity numbers restored for one municipality, and for its persons only."""

from collections.abc import Sequence

import duckdb

from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.lists.municipality import Municipality

# Whoever is in one of the municipality's lists. Protected addresses are left out of the lists by
# the warehouse; here they are left out once more, so that a mistake there restores no number.
_LISTED = """
    with listed as (
        select current_municipality_code, person_key from rpt_participants
        union select current_municipality_code, person_key from rpt_entitled_without_decision
        union select current_municipality_code, person_key from rpt_participants_without_measures
        union select current_municipality_code, person_key from rpt_ended_participants
        union select current_municipality_code, person_key from rpt_findings
    )
    select current_municipality_code, person_key
    from listed
    where current_municipality_code in (select unnest($codes))
        and person_key not in (select person_key from dim_person where is_address_protected)
"""


def listed_persons(
    connection: duckdb.DuckDBPyConnection, municipalities: Sequence[Municipality]
) -> dict[str, set[str]]:
    """Return the persons in the lists of each municipality, by its code."""
    codes = [municipality.code for municipality in municipalities]
    found: dict[str, set[str]] = {code: set() for code in codes}
    for code, person_key in connection.execute(_LISTED, {"codes": codes}).fetchall():
        found[code].add(person_key)
    return found


class NotOfThisMunicipality(Exception):
    """A number was asked for of somebody who is not in the municipality's lists."""


class MunicipalityIdents:
    """Restores the numbers of the persons in one municipality's lists and refuses all others."""

    def __init__(
        self, municipality: Municipality, persons: set[str], pseudonymiser: Pseudonymiser
    ) -> None:
        self._municipality = municipality
        self._persons = persons
        self._pseudonymiser = pseudonymiser
        self._restored: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many persons' numbers have been restored."""
        return len(self._restored)

    def number(self, person_key: str) -> str:
        """Return the person's number; UserError if the key is not the one of the receipt."""
        if person_key not in self._persons:
            raise NotOfThisMunicipality(
                f"Somebody who is not in the lists of {self._municipality.title}."
            )
        if person_key not in self._restored:
            try:
                self._restored[person_key] = self._pseudonymiser.number(person_key)
            except ValueError:
                raise UserError(
                    "The pseudonym key is not the one these deliveries were received with, so no "
                    "number can be restored. Name the right one with --key-file."
                ) from None
        return self._restored[person_key]
