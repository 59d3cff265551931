"""Identity numbers restored for one municipality, and for its persons only."""

import duckdb

from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.lists.municipality import Municipality

# Whoever is in one of the municipality's lists. Protected addresses are left out of the lists by
# the warehouse; here they are left out once more, so that a mistake there restores no number.
_LISTED = """
    with listed as (
        select person_key from rpt_participants where current_municipality_code = $code
        union select person_key from rpt_entitled_without_decision
            where current_municipality_code = $code
        union select person_key from rpt_participants_without_measures
            where current_municipality_code = $code
        union select person_key from rpt_ended_participants where current_municipality_code = $code
        union select person_key from rpt_findings where current_municipality_code = $code
    )
    select person_key
    from listed
    where person_key not in (select person_key from dim_person where is_address_protected)
"""


class NotOfThisMunicipality(Exception):
    """A number was asked for of somebody who is not in the municipality's lists."""


class MunicipalityIdents:
    """Restores the numbers of the persons in one municipality's lists and refuses all others."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        municipality: Municipality,
        pseudonymiser: Pseudonymiser,
    ) -> None:
        rows = connection.execute(_LISTED, {"code": municipality.code}).fetchall()
        self._persons = {person_key for (person_key,) in rows}
        self._municipality = municipality
        self._pseudonymiser = pseudonymiser
        self._restored: dict[str, str] = {}

    def __contains__(self, person_key: str) -> bool:
        return person_key in self._persons

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
