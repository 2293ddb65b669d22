"""What motion-capture programs write about a session's participant beside its files.

OpenCap: ``sessionMetadata.yaml``. AddBiomechanics: ``_subject.json``. Pose2Sim: ``Config.toml``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gaitcast.errors import GaitcastError
from gaitcast.io.metadata_tables import Value
from gaitcast.io.stated_person import NO_NAMES

#: Key -> covariate.
_KEYS = {
    "mass_kg": "mass_kg", "massKg": "mass_kg", "participant_mass": "mass_kg",
    "height_m": "height_m", "heightM": "height_m", "participant_height": "height_m",
    "age": "age", "ageYears": "age", "sex": "sex", "gender": "sex", "sexOpenCap": "sex",
    "biologicalSex": "sex",
}  # fmt: skip
_NAMES = ("subjectID", "subject", "participant_id")


def _yaml(text: str) -> Any:
    import yaml

    return yaml.safe_load(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "sessionMetadata.yaml": _yaml,
    "_subject.json": json.loads,
    "Config.toml": tomllib.loads,
}
SESSION_FILES = tuple(_READERS)


def read_session(folder: str | Path) -> tuple[str, dict[str, Value]]:
    """Participant and covariates of a session, from the files that programs keep in its folder.

    Parameters
    ----------
    folder : str or Path
        Of the session.

    Returns
    -------
    subject : str
        Empty if no file names one.
    covariates : dict of str to float or str
        ``mass_kg``, ``height_m``, ``age`` and ``sex``, as far as they are stated.

    Raises
    ------
    GaitcastError
        If such a file is damaged.
    """
    subject = ""
    known: dict[str, Value] = {}
    for name, parse in _READERS.items():
        path = Path(folder, name)
        if not path.is_file():
            continue
        try:
            about = parse(path.read_text(encoding="utf-8"))
        except Exception as error:  # each of the parsers has its own
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise GaitcastError(f"cannot be read: {reason}", where=str(path)) from error
        for table in _tables(about):
            named = [str(table[k]) for k in _NAMES if table.get(k)]
            subject = subject or next((n for n in named if n.lower() not in NO_NAMES), "")
            for key, covariate in _KEYS.items():
                value = table.get(key)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    known.setdefault(covariate, float(value))
                elif isinstance(value, str) and covariate == "sex" and value:
                    known.setdefault(covariate, value)
    return subject, known


def _tables(about: Any) -> list[Mapping[str, Any]]:
    """The file's own keys, and those of the project that Pose2Sim has."""
    if not isinstance(about, dict):
        return []
    project = about.get("project")
    return [about, project] if isinstance(project, dict) else [about]
