"""Body measures of a C3D file, as Plug-in Gait keeps them."""

from __future__ import annotations

import numpy as np

from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.people_table import unlikely_body
from gaitcast.io.sheet import Sheet

#: PROCESSING parameter -> covariate, least and greatest size, factor. Plug-in Gait's body measures.
_MEASURES: dict[str, tuple[str, float, float, float]] = {
    "BODYMASS": ("mass_kg", 5, 300, 1.0),
    "HEIGHT": ("height_m", 300, 2500, 1e-3),
    "MARKER DIAMETER": ("marker_diameter_m", 2, 40, 1e-3),
    "INTERASISDISTANCE": ("inter_asis_m", 50, 500, 1e-3),
    **{
        f"{side[0].upper()}{word}": (f"{side}_{covariate}", least, most, scale)
        for side in ("left", "right")
        for word, covariate, least, most, scale in (
            ("LEGLENGTH", "leg_length_m", 300, 1500, 1e-3),
            ("KNEEWIDTH", "knee_width_m", 20, 250, 1e-3),
            ("ANKLEWIDTH", "ankle_width_m", 20, 150, 1e-3),
            ("THIGHROTATION", "thigh_rotation_deg", 0, np.pi, float(np.degrees(1))),
            ("SHANKROTATION", "shank_rotation_deg", 0, np.pi, float(np.degrees(1))),
            ("ANKLEABADD", "ankle_abadd_deg", 0, np.pi, float(np.degrees(1))),
        )
    },
}
#: Heights in inches; those in m and cm are not in mm either.
_INCHES = (20.0, 90.0)


def read_measures(sheet: Sheet, file: C3DFile) -> None:
    """Take mass, height and the sizes of the legs; warn of those that no person has.

    Parameters
    ----------
    sheet : Sheet
        Gets covariates and notes.
    file : C3DFile
        0 is no measure there.
    """
    for name, (covariate, least, most, scale) in _MEASURES.items():
        values = file.numbers("PROCESSING", name).ravel()
        if not len(values) or not np.isfinite(values[0]):
            continue
        if least <= abs(values[0]) <= most:
            sheet.covariates[covariate] = float(values[0]) * scale
        elif values[0]:
            sheet.notes.append(_not_taken(sheet, name, covariate, float(values[0])))
    mass, height = (sheet.covariates.get(name) for name in ("mass_kg", "height_m"))
    if isinstance(mass, float) and isinstance(height, float):
        unlikely = unlikely_body(mass, height)
        sheet.notes += [f"warning: PROCESSING: {unlikely}"] if unlikely else []


def _not_taken(sheet: Sheet, name: str, covariate: str, value: float) -> str:
    unit = {"_m": "mm", "kg": "kg"}.get(covariate[-2:], "rad")
    words = f"warning: PROCESSING:{name} is {value:g}, no person's in {unit}: left out"
    if covariate == "height_m" and _INCHES[0] <= value <= _INCHES[1]:
        mass = sheet.covariates.get("mass_kg")
        words += " (inches?" + (f" And is the mass of {mass:g} in lb?)" if mass else ")")
    return words
