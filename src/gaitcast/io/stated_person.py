"""Who a table is of, and what is known of them, by the lines above it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gaitcast.io.metadata_tables import Value
from gaitcast.io.people_table import meaning, people_of

_SUBJECT = re.compile(
    r"(?i)(subject|participant|patient|proband|person|volunteer|wearer)s?[-_ ]?"
    r"(id|code|name|no|nr|number)?\.?"
)
#: What programs write where no name was given.
NO_NAMES = {
    "defaultsubject", "default", "subject", "test", "unknown", "none", "n/a", "participant",
    "new patient", "patient", "name", "-",
}  # fmt: skip
_LONGEST = 40


def person_above(about: Mapping[str, str]) -> tuple[str, dict[str, Value], list[str]]:
    """Participant and covariates that the lines above a table state.

    Parameters
    ----------
    about : dict of str to str
        Statements, such as ``{"Subject": "P07", "Body mass": "71 kg"}``.

    Returns
    -------
    subject : str
        Empty if no line names one.
    covariates : dict of str to float or str
        ``mass_kg``, ``height_m``, ``age`` and ``sex``, as far as they are stated.
    notes : list of str
        What was assumed, or left out.
    """
    named = (value.strip() for key, value in about.items() if _SUBJECT.fullmatch(key.strip()))
    subject = next((v for v in named if v.lower() not in NO_NAMES and len(v) <= _LONGEST), "")
    body = {key: value for key, value in about.items() if meaning(key) is not None}
    found = people_of({"": body}, "above the table")
    return subject, found.known[""], found.notes
