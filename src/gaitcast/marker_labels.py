"""Meaning of marker labels: one table, extended by adding a word.

A label is converted to capitals without blanks, dots, dashes and underscores, and looked up in
`MIDLINE`. Then the side (``R``, ``L``, ``RIGHT``, ``LEFT``) is removed and the rest is looked up in
`SIDED`.
"""

from __future__ import annotations

import re

#: Landmark -> segment that it moves with, and the words of the marker sets for it.
SIDED: dict[str, tuple[str, str]] = {
    # pelvis
    "asis": ("pelvis", "ASI ASIS IAS"),
    "psis": ("pelvis", "PSI PSIS IPS"),
    "iliac_crest": ("pelvis", "ILIAC"),
    # thigh; the skin over the trochanter slides, so it is part of no cluster
    "trochanter": ("hip_skin", "GTROCH FT FTC GTR GTRO"),
    "knee_lateral": ("thigh", "KNE KNEELAT FLE LFC KNEE1 LE LEPI"),
    "knee_medial": ("thigh", "KNEIN KNEEMED FME MFC KNEE2 ME MEPI"),
    "thigh_1": ("thigh", "THI THIGH THIGH1 TH TH1 THIGHUPPER WAND1"),
    "thigh_2": ("thigh", "THI2 THIGH2 TH2 THIGHFRONT"),
    "thigh_3": ("thigh", "THIGH3 TH3 THIGHREAR"),
    "thigh_4": ("thigh", "THIGH4 BAR1"),
    # shank
    "tibial_tuberosity": ("shank", "TT TTC"),
    "fibula_head": ("shank", "FAX FIBULA"),
    "ankle_lateral": ("shank", "ANK ANKLELAT FAL LMAL MALL LM"),
    "ankle_medial": ("shank", "ANKIN ANKLEMED TAM MMAL MM"),
    "shank_1": ("shank", "TIB SHANK1 SK TB1 SHANKUPPER WAND2"),
    "shank_2": ("shank", "TIB2 SHANK2 TB2 SHANKFRONT"),
    "shank_3": ("shank", "SHANK3 TB3 SHANKREAR"),
    "shank_4": ("shank", "SHANK4 BAR2"),
    # foot
    "heel": ("foot", "HEE HEEL FCC CAL"),
    "toe": ("foot", "TOE TOETIP BIGTOE"),
    "mt1": ("foot", "FM1 MT1 FOOTMED TOEMED"),
    "mt2": ("foot", "FM2 MT2"),
    "mt5": ("foot", "FM5 MT5 FOOTLAT TOELAT MET SMALLTOE"),
    "midfoot_superior": ("foot", "MIDFOOTSUP"),
    "midfoot_lateral": ("foot", "MIDFOOTLAT"),
    # thorax and arm
    "acromion": ("thorax", "SHO ACR ACROMION ACROMIUM SAJ AC SHOULD"),
    "back": ("thorax", "BAK BACK SCAP"),
    "elbow_lateral": ("humerus", "ELB ELBOW ELBOWLAT HLE LEL"),
    "elbow_medial": ("humerus", "ELBOWMED HME MEL"),
    "humerus_1": ("humerus", "UPA UA1 HUMPROX BICEP WAND3"),
    "humerus_2": ("humerus", "UA2 HUMANT"),
    "humerus_3": ("humerus", "UA3 HUMPOST"),
    "wrist_radial": ("forearm", "WRA WRISTLAT WIRSTLAT RSP FARADIUS"),
    "wrist_ulnar": ("forearm", "WRB WRISTMED WIRSTMED WRITSMED UHE FAULNA"),
    "forearm_1": ("forearm", "FRA FOREARM FASUPERIOR WAND4"),
    "hand": ("hand", "FIN HAND HM2"),
    "hand_5": ("hand", "HM5"),
    "head_front": ("head", "FHD HDF TEMPLE HEAD"),
    "head_back": ("head", "BHD HDB"),
    # joint centres that some files already hold
    "hip_centre": ("thigh", "HJC HIP HIPCENTER"),
    "knee_centre": ("shank", "KJC KNEE"),
    "ankle_centre": ("foot", "AJC ANKLE"),
}
MIDLINE: dict[str, tuple[str, str]] = {
    "sacrum": ("pelvis", "SACR SACRUM VSACRAL"),
    "c7": ("thorax", "C7 CV7"),
    "t8": ("thorax", "TV8 T8 MAI"),
    "t10": ("thorax", "T10"),
    "sternal_notch": ("thorax", "CLAV SJN SNJ"),
    "xiphoid": ("thorax", "STRN SXS STERNUM"),
    "rib_cage": ("thorax", "RIBCAGE"),
    "head_top": ("head", "TOPHEAD HEADANT"),
}
#: Landmark -> segment.
SEGMENT = {name: row[0] for table in (SIDED, MIDLINE) for name, row in table.items()}
_SIDED = {word: name for name, row in SIDED.items() for word in row[1].split()}
_MIDLINE = {word: name for name, row in MIDLINE.items() for word in row[1].split()}
_SIDES = {"L": "left", "R": "right"}
#: The augmented markers of OpenCap, ``r_knee_study``: KNEE is a marker there, and no joint centre.
_STUDY = {
    "ASIS": "asis", "PSIS": "psis", "KNEE": "knee_lateral", "MKNEE": "knee_medial",
    "ANKLE": "ankle_lateral", "MANKLE": "ankle_medial", "CALC": "heel", "TOE": "toe",
    "5META": "mt5", "SHOULDER": "acromion", "LELBOW": "elbow_lateral", "MELBOW": "elbow_medial",
    "LWRIST": "wrist_radial", "MWRIST": "wrist_ulnar", "HJC": "hip_centre",
    "THIGH1": "thigh_1", "THIGH2": "thigh_2", "THIGH3": "thigh_3",
    "SH1": "shank_1", "SH2": "shank_2", "SH3": "shank_3",
}  # fmt: skip


def landmark(label: str) -> tuple[str, str] | None:
    """Side and landmark of a marker label.

    Parameters
    ----------
    label : str
        Laboratory label, such as ``"LASI"``, ``"R.KNEE.LAT"`` or ``"R_FLE"``.

    Returns
    -------
    tuple of str, or None
        Side (``left``, ``right``, ``center``) and a key of `SIDED` or `MIDLINE`; None for an
        unknown label.
    """
    word = re.sub(r"[^A-Za-z0-9]", "", label.rsplit(":", 1)[-1]).upper()
    if word.endswith("STUDY"):
        plain = word.removesuffix("STUDY")
        if plain in _MIDLINE:
            return "center", _MIDLINE[plain]
        if plain[:1] in _SIDES and plain[1:] in _STUDY:
            return _SIDES[plain[0]], _STUDY[plain[1:]]
        return None
    if word in _MIDLINE:
        return "center", _MIDLINE[word]
    found = re.match(r"(RIGHT|LEFT|R|L)(.+)$", word)
    if found and found[2] in _SIDED:
        return _SIDES[found[1][0]], _SIDED[found[2]]
    return None
