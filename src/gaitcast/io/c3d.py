"""C3D: markers, force plates, events and stored joint angles and moments of a motion laboratory."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcast.channel import ANGLE_AXES, marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.c3d_analogs import read_analogs
from gaitcast.io.c3d_events import read_events
from gaitcast.io.c3d_file import C3DFile, read_file
from gaitcast.io.c3d_units import length_unit, measured_in, moment_unit, plate_factors
from gaitcast.io.force_plates import CHANNELS, Plate
from gaitcast.io.sheet import Sheet
from gaitcast.recording import Recording
from gaitcast.signal.antialias import onto_clock
from gaitcast.signal.plate_corners import Surface, laboratory_frame
from gaitcast.units import factor, parse_unit

#: Outputs of Plug-in Gait that have a channel name here.
_JOINT = re.compile(r"([LR])(Hip|Knee|Ankle|Shoulder|Elbow|Wrist)(Angles|Moment)")
#: Outputs of models that are neither points nor known joints.
_OUTPUT = re.compile(r".*(Angles?|Moment|Force|Power|GRF|Score|AnglesROT)$|[#*].*|")
#: PROCESSING parameter -> covariate, least and greatest size, factor. Plug-in Gait's body measures.
_MEASURES = {
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
#: What programs write for a name that nobody gave.
_NO_NAMES = {
    "subject", "patient", "default", "static", "treadmill", "nexus", "template", "unknown", "name",
    "test", "new subject", "new patient", "participant", "person", "none", "labeling skeleton",
}  # fmt: skip
#: A plate that carries more, N, is not at rest.
_AT_REST_N = 100.0
#: A plate whose force changes by more, N, is being stepped on.
_STEADY_N = 5.0
#: A centre of pressure that stays so near to the middle, m, is none: a moment's unit is wrong.
_STILL_M = 0.003


def read_c3d(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one C3D trial on the clock of its markers.

    Parameters
    ----------
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        Markers (``left_LASI_marker_x`` ...: the laboratory's labels); of every plate force, centre
        of pressure and free moment (``center_plate1_force_z``, ``_pos_``, ``_torque_``; the force
        on the foot, positive up); stored Plug-in Gait angles and moments, events, and mass and
        height where the file has them. z is up and x is the walking direction. Plates are resampled
        onto the markers' clock with :func:`gaitcast.signal.antialias.onto_clock`. Hidden markers
        and centres of pressure without load are NaN.

    Raises
    ------
    GaitcastError
        If the file is damaged or holds no known signal.
    """
    path = Path(path)
    file = read_file(path)
    sheet = Sheet(path)
    time_s = (file.first_frame + np.arange(len(file.points))) / file.rate_hz
    subject = _read_subject(sheet, file)
    _read_points(sheet, file)
    if file.beyond:
        sheet.notes.append(f"warning: {file.beyond} frames beyond those announced are not read")
    surfaces = {}
    plates = _plates(sheet, file)
    for number, plate, index in plates:
        _read_plate(sheet, file, time_s, number, plate, index)
        surfaces[number] = Surface(plate.axes, plate.corners_m.mean(axis=0))
    used = {at for _, _, index in plates for at in index}
    read_analogs(sheet, file, time_s, used)
    read_events(sheet, file, time_s)
    recording = sheet.recording(time_s, file.rate_hz, max_gap_s, subject=subject)
    return laboratory_frame(recording, surfaces, *_screen(file))


def _plain(label: str) -> str:
    """A label without the subject's name in front of it."""
    return label.split(":", 1)[-1].strip()


def _read_points(sheet: Sheet, file: C3DFile) -> None:
    count = file.points.shape[1]
    labels = [_plain(label) for label in file.labels("POINT")[:count]]
    labels += [f"point{k + 1}" for k in range(len(labels), count)]
    outputs = {
        _plain(label)
        for kind in ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
        for label in file.labels("POINT", kind)
    }
    unit, note = length_unit(file)
    scale = factor(unit, "pos")
    sheet.notes += [note] if note else []
    moments = [
        values
        for label, values in zip(labels, file.points.transpose(1, 0, 2), strict=True)
        if label.endswith("Moment")
    ]
    largest = float(np.nanmax(np.abs(moments), initial=0.0)) if moments else 0.0
    left_out = []
    for label, values in zip(labels, file.points.transpose(1, 0, 2), strict=True):
        joint = _JOINT.fullmatch(label)
        if joint:
            _read_joint(sheet, file, joint, values, largest)
        elif label in outputs or _OUTPUT.fullmatch(label):
            left_out.append(label)
        else:
            hidden = (values[:, :2] == 0).all(axis=1)  # some programs write 0 for "not seen"
            values = np.where(hidden[:, None], np.nan, values * scale)
            sheet.add_vector(marker_channels(label), values)
    if left_out:
        shown = ", ".join(f"'{label}'" for label in left_out[:3])
        more = f" and {len(left_out) - 3} more points" if len(left_out) > 3 else ""
        sheet.notes.append(f"{shown}{more} not read: neither markers nor joint angles or moments")


def _read_joint(
    sheet: Sheet, file: C3DFile, joint: re.Match[str], values: np.ndarray, largest: float
) -> None:
    side = {"L": "left", "R": "right"}[joint[1]]
    quantity, scale = "angle", 1.0
    if joint[3] == "Moment":
        quantity, scale = moment_unit(sheet, file, largest)
    else:
        said = parse_unit("".join(file.text("POINT", "ANGLE_UNITS")[:1]))
        scale = measured_in(said, "angle") or 1.0
    for axis, column in zip(ANGLE_AXES, values.T, strict=True):
        sheet.add(f"{side}_{joint[2].lower()}_{quantity}_{axis}", column * scale)


def _plates(sheet: Sheet, file: C3DFile) -> list[tuple[int, Plate, list[int]]]:
    """Numbers from 1, plates, and the indices of their analog channels."""
    kinds = file.numbers("FORCE_PLATFORM", "TYPE").ravel().astype(int).tolist()
    used = int(next(iter(file.numbers("FORCE_PLATFORM", "USED").ravel()), 0))
    scale = factor(length_unit(file)[0], "pos")
    found = []
    for k, kind in enumerate(kinds[: max(used, 0)]):
        try:
            if kind not in CHANNELS:
                raise GaitcastError(f"type {kind} is not read (types 1 to 4 are)")
            corners = file.numbers("FORCE_PLATFORM", "CORNERS")[:, :, k]
            origin = file.numbers("FORCE_PLATFORM", "ORIGIN")[:, k]
            index = file.numbers("FORCE_PLATFORM", "CHANNEL")[: CHANNELS[kind], k].astype(int) - 1
            calibration = np.eye(6)
            if kind == 4:
                calibration = file.numbers("FORCE_PLATFORM", "CAL_MATRIX")[:, :, k]
            plate = Plate(kind, corners.T * scale, origin * scale, calibration)
            if len(index) < CHANNELS[kind] or index.min() < 0:
                raise GaitcastError("its channels are not given")
            if corners.shape != (3, 4) or len(origin) != 3 or calibration.shape != (6, 6):
                raise GaitcastError("its corners, origin or calibration have another shape")
            if not plate.sound:
                raise GaitcastError("its corners span no area")
            found.append((k + 1, plate, index.tolist()))
        except (GaitcastError, IndexError) as error:
            what = error.what if isinstance(error, GaitcastError) else "it is not described"
            sheet.notes.append(f"warning: plate {k + 1} left out: {what}")
    return found


def _read_plate(
    sheet: Sheet, file: C3DFile, time_s: np.ndarray, number: int, plate: Plate, index: list[int]
) -> None:
    """Add one plate on the markers' clock."""
    up = -plate.axes[:, 2]
    analogs = file.analogs
    if max(index) >= analogs.shape[1] or not len(analogs):
        sheet.notes.append(f"plate {number} has no samples in the file")
        return
    factors = plate_factors(sheet, file, index, plate.kind, number)
    channels = analogs[:, index]
    if plate.kind == 4:  # what the matrix gives has units, what goes into it has volts
        plate = replace(plate, calibration=factors[:, None] * plate.calibration)
    else:
        channels = channels * factors
    if not np.isfinite(channels).all() or np.abs(channels).max() > 1e6:
        sheet.notes.append(f"warning: plate {number} left out: its samples are not forces")
        return
    fast_hz = file.rate_hz * len(analogs) / len(time_s)
    fast_s = time_s[0] + np.arange(len(analogs)) / fast_hz
    fast = _zeroed(sheet, file, plate.wrench(channels), plate.kind, number)
    wrench = onto_clock(fast_s, fast, fast_hz, time_s, file.rate_hz)
    force, centre, torque = plate.ground_reaction(wrench)
    lift = force @ up
    if lift.min() < -100 and -lift.min() > 3 * lift.max():
        force, torque, lift = -force, -torque, -lift
        sheet.notes.append(f"plate {number} gave the force of the foot on it: signs reversed")
    _judge(sheet, number, plate, lift, centre)
    for quantity, values in (("force", force), ("pos", centre), ("torque", torque)):
        x, y, z = (f"center_plate{number}_{quantity}_{axis}" for axis in "xyz")
        sheet.add_vector((x, y, z), values)


def _zeroed(sheet: Sheet, file: C3DFile, wrench: np.ndarray, kind: int, number: int) -> np.ndarray:
    """Forces and moments less their mean over the frames that the file calls empty."""
    span = file.numbers("FORCE_PLATFORM", "ZERO").ravel()[:2]
    frames = len(file.points)
    if len(span) < 2 or not 1 <= span[0] <= span[1] <= frames or kind == 1:
        return wrench
    each = len(wrench) // frames
    empty = wrench[int(span[0] - 1) * each : int(span[1]) * each]
    level = empty.mean(axis=0)
    thirds = [part[:, :3].mean(axis=0) for part in np.array_split(empty, 3) if len(part)]
    changes = np.linalg.norm(thirds[-1] - thirds[0])
    words = f"frames {span[0]:g} to {span[1]:g}"
    if np.linalg.norm(level[:3]) > _AT_REST_N or changes > _STEADY_N:
        sheet.notes.append(
            f"plate {number} is stepped on in {words}, which FORCE_PLATFORM:ZERO calls empty: "
            "nothing was taken off"
        )
        return wrench
    if np.linalg.norm(level[:3]) > _STEADY_N:
        sheet.notes.append(
            f"plate {number}: {np.linalg.norm(level[:3]):.0f} N taken off, the mean of {words} "
            "(FORCE_PLATFORM:ZERO)"
        )
    return wrench - level


def _judge(sheet: Sheet, number: int, plate: Plate, lift: np.ndarray, centre: np.ndarray) -> None:
    """Add the warnings about one plate."""
    loaded = lift > 50
    if not loaded.any():
        sheet.notes.append(f"plate {number} was not stepped on")
        return
    rest = float(np.percentile(lift, 10))
    level = np.abs(lift - rest) < 5
    if level.mean() > 0.1 and 8 < abs(np.median(lift[level])) < _AT_REST_N:
        sheet.notes.append(
            f"warning: plate {number} reads {np.median(lift[level]):.0f} N without load"
        )
    away = np.linalg.norm(centre[loaded] - plate.corners_m.mean(axis=0), axis=1)
    if loaded.sum() > 10 and np.nanmax(away, initial=0.0) < _STILL_M:
        sheet.notes.append(
            f"warning: plate {number} has its centre of pressure in its middle throughout: check "
            "the unit of its moments"
        )
    beside = plate.outside(centre[loaded])
    if beside > 0.05:
        sheet.notes.append(
            f"warning: plate {number} has its centre of pressure outside its area in {beside:.0%} "
            "of the loaded samples: check its corners, origin and the unit of its moments"
        )


def _screen(file: C3DFile) -> tuple[np.ndarray, str]:
    """Which axis of the laboratory is up; z if the file does not say."""
    said = next(iter(file.text("POINT", "Y_SCREEN")), "+Z").upper()
    # Laboratories with z up write +Z as well as -Z: only the axis is reliable.
    up = np.array([said.strip("+-") == name for name in "XYZ"], dtype=float)
    return (up, "POINT:Y_SCREEN") if up.any() else (np.array([0.0, 0.0, 1.0]), "")


def _read_subject(sheet: Sheet, file: C3DFile) -> str:
    for name, (covariate, least, most, scale) in _MEASURES.items():
        values = file.numbers("PROCESSING", name).ravel()
        if len(values) and least <= abs(values[0]) <= most:
            sheet.covariates[covariate] = float(values[0]) * scale
    names = [_plain(name) for name in file.labels("SUBJECTS", "NAMES")]
    named = [n for n in dict.fromkeys(names) if n and n.lower() not in _NO_NAMES]
    if len(named) > 1:
        sheet.notes.append(f"warning: it names several people ({', '.join(named)}): the first")
    return next(iter(named), "")
