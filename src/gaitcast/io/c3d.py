"""C3D: markers, force plates, events and stored joint angles and moments of a motion laboratory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.channel import ANGLE_AXES, marker_channels
from gaitcast.io.c3d_analogs import read_analogs
from gaitcast.io.c3d_events import read_events
from gaitcast.io.c3d_file import C3DFile, read_file
from gaitcast.io.c3d_measures import read_measures
from gaitcast.io.c3d_moments import moment_unit
from gaitcast.io.c3d_plates import plates_of, read_plate
from gaitcast.io.c3d_units import angle_factor, length_unit
from gaitcast.io.marker_people import is_of, other_people
from gaitcast.io.sheet import Sheet
from gaitcast.recording import Recording
from gaitcast.signal.plate_corners import Surface, laboratory_frame
from gaitcast.units import factor

#: Outputs of Plug-in Gait that have a channel name here.
_JOINT = re.compile(r"([LR])(Hip|Knee|Ankle|Shoulder|Elbow|Wrist)(Angles|Moment)")
#: Outputs of models that are neither points nor known joints.
_OUTPUT = re.compile(
    r"(?i).*(angles?|moments?|torque|force|power|grf|score|anglesrot|flexion|extension|adduction|"
    r"abduction|rotation|velocity)([_. ]?[xyz])?$|[#*].*|"
)
#: What programs write where no name was given.
_NO_NAMES = {
    "subject", "patient", "default", "static", "treadmill", "nexus", "template", "unknown", "name",
    "test", "new subject", "new patient", "participant", "person", "none", "labeling skeleton",
    "unnamed", "anonymous", "anon", "n/a", "na", "xxx", "dynamic", "walk", "walking", "gait",
    "trial", "calibration", "skeleton", "model", "actor", "performer", "client", "new",
}  # fmt: skip


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
    _read_points(sheet, file, subject)
    if file.beyond:
        sheet.notes.append(f"warning: {file.beyond} frames beyond those announced are not read")
    surfaces = {}
    plates = plates_of(sheet, file)
    for number, plate, index in plates:
        read_plate(sheet, file, time_s, number, plate, index)
        surfaces[number] = Surface(plate.axes, plate.corners_m.mean(axis=0))
    used = {at for _, _, index in plates for at in index}
    read_analogs(sheet, file, time_s, used)
    read_events(sheet, file, time_s)
    recording = sheet.recording(time_s, file.rate_hz, max_gap_s, subject=subject)
    return laboratory_frame(recording, surfaces, *_screen(file))


def _plain(label: str) -> str:
    """A label without the subject's name in front of it."""
    return label.split(":", 1)[-1].strip()


def _read_points(sheet: Sheet, file: C3DFile, subject: str) -> None:
    count = file.points.shape[1]
    named = file.labels("POINT")[:count]
    others, several = other_people(named, subject)
    sheet.notes += [several] if several else []
    foreign = {k for k, label in enumerate(named) if is_of(label, others)}
    labels = [_plain(label) for label in named]
    labels += [f"point{k + 1}" for k in range(len(labels), count)]
    outputs = {
        _plain(label)
        for kind in ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS")
        for label in file.labels("POINT", kind)
    }
    unit, note = length_unit(file)
    scale = factor(unit, "pos")
    sheet.notes += [note] if note else []
    joints = [
        (joint, k)
        for k, label in enumerate(labels)
        if k not in foreign and (joint := _JOINT.fullmatch(label))
    ]
    _read_joints(sheet, file, joints)
    left_out = []
    for k, (label, values) in enumerate(zip(labels, file.points.transpose(1, 0, 2), strict=True)):
        if k in foreign or _JOINT.fullmatch(label):
            continue
        if label in outputs or _OUTPUT.fullmatch(label):
            left_out.append(label)
        else:
            hidden = (values[:, :2] == 0).all(axis=1)  # some programs write 0 for "not seen"
            values = np.where(hidden[:, None], np.nan, values * scale)
            sheet.add_vector(marker_channels(label), values)
    if left_out:
        shown = ", ".join(f"'{label}'" for label in left_out[:3])
        more = f" and {len(left_out) - 3} more points" if len(left_out) > 3 else ""
        sheet.notes.append(f"{shown}{more} not read: neither markers nor joint angles or moments")


def _read_joints(sheet: Sheet, file: C3DFile, joints: list[tuple[re.Match[str], int]]) -> None:
    """Add stored angles and moments; the unit of each is found once."""
    kinds = {joint[3] for joint, _ in joints}
    quantity, scale = moment_unit(sheet, file) if "Moment" in kinds else ("", 1.0)
    turn = 1.0
    if "Angles" in kinds:
        angles = file.points[:, [k for joint, k in joints if joint[3] == "Angles"]]
        turn = angle_factor(sheet, file, angles)
    for joint, k in joints:
        side = {"L": "left", "R": "right"}[joint[1]]
        kind, by = ("angle", turn) if joint[3] == "Angles" else (quantity, scale)
        if not kind:
            continue
        for axis, column in zip(ANGLE_AXES, file.points[:, k].T, strict=True):
            sheet.add(f"{side}_{joint[2].lower()}_{kind}_{axis}", column * by)


def _screen(file: C3DFile) -> tuple[np.ndarray, str]:
    """Which axis of the laboratory is up; z if the file does not say."""
    said = next(iter(file.text("POINT", "Y_SCREEN")), "+Z").upper()
    # Laboratories with z up write +Z as well as -Z: only the axis is reliable.
    up = np.array([said.strip("+-") == name for name in "XYZ"], dtype=float)
    return (up, "POINT:Y_SCREEN") if up.any() else (np.array([0.0, 0.0, 1.0]), "")


def _read_subject(sheet: Sheet, file: C3DFile) -> str:
    read_measures(sheet, file)
    names = [_plain(name) for name in file.labels("SUBJECTS", "NAMES")]
    names = [name for name in dict.fromkeys(names) if name]
    none = {*_NO_NAMES, sheet.path.stem.lower(), *_of_sets(file)}
    named = [name for name in names if name.lower() not in none]
    if names and not named:
        sheet.notes.append(
            f"SUBJECTS:NAMES says '{names[0]}', which names no person: the file's name is used"
        )
    if len(named) > 1:
        shown = ", ".join(named)
        sheet.notes.append(f"warning: the file names several people ({shown}): taken for the first")
    return next(iter(named), "")


def _of_sets(file: C3DFile) -> set[str]:
    """Names of marker sets and models, which some programs write for the person's."""
    groups = ("MARKER_SETS", "MODELS", "DISPLAY_SETS")
    return {name.lower() for group in groups for name in file.labels("SUBJECTS", group)}
