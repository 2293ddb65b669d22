"""Xsens MVN (``.mvnx``): joint angles, segment positions, sensors and foot contacts of a suit.

The file is read as a stream, frame by frame. MVN's axes are those of gaitcast: x forward (as the
suit was calibrated), y to the left, z up.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError, XMLParser

import numpy as np

from gaitcast.channel import ANGLE_AXES, VECTOR_AXES
from gaitcast.errors import GaitcastError
from gaitcast.io.safe_xml import local_name
from gaitcast.io.sheet import Sheet
from gaitcast.recording import Recording
from gaitcast.signal.walkway import along_walkway
from gaitcast.units import factor

GRAVITY = 9.80665
_CHUNK = 1 << 20
#: Data of a frame that is read -> numbers per sensor, segment or joint.
_WANTED = {
    "position": 3, "angularVelocity": 3, "sensorOrientation": 4, "sensorFreeAcceleration": 3,
    "sensorAcceleration": 3, "sensorAngularVelocity": 3, "jointAngle": 3, "footContacts": 1,
}  # fmt: skip
_SEGMENT = {
    "Pelvis": "pelvis", "T8": "trunk", "Sternum": "trunk", "Head": "head", "Shoulder": "shoulder",
    "UpperArm": "arm", "ForeArm": "forearm", "Hand": "hand", "UpperLeg": "thigh",
    "LowerLeg": "shank", "Foot": "foot",
}  # fmt: skip
#: Segment -> the point that its origin is.
_ORIGIN = {
    "Pelvis": "pelvis", "UpperLeg": "hip", "LowerLeg": "knee", "Foot": "ankle", "Toe": "toe",
}  # fmt: skip
_JOINTS = ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist")
#: List of labels -> its entries; lists of finger segments have names of their own.
_LISTS = {
    "segments": "segment", "sensors": "sensor", "joints": "joint",
    "footContactDefinition": "contactDefinition",
}  # fmt: skip
_CONTACTS = ("LeftFoot_Heel", "LeftFoot_Toe", "RightFoot_Heel", "RightFoot_Toe")
#: Names that the program gives to a suit; they say nothing about the wearer.
_NO_NAME = re.compile(r"(?i)((mvn|xsens|suit|system|subject|actor|awinda|link|untitled)[ _-]*\d*)*")


@dataclass
class _Suit:
    """What the file holds; also what the parser calls while it reads."""

    subject: dict[str, str] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    index: list[int] = field(default_factory=list)
    time_ms: list[float] = field(default_factory=list)
    frames: list[dict[str, np.ndarray]] = field(default_factory=list)
    _list: str = ""
    _frame: dict[str, np.ndarray] | None = None
    _stamp: tuple[str, str] = ("", "")
    _text: list[str] | None = None

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError("its XML has a document type, which is not read")

    def start(self, tag: str, given: dict[str, str]) -> None:
        name = local_name(tag)
        if name == "subject":
            self.subject = dict(given)
        elif name in _LISTS:
            self._list = _LISTS[name]
        elif name == self._list and "label" in given:
            self.labels.setdefault(name, []).append(given["label"])
        elif name == "frame":
            # T-poses come first, with other kinds; early versions leave the kind out.
            kind = given.get("type", "normal")
            self._frame = {} if kind in ("normal", "") else None
            self._stamp = given.get("index", ""), given.get("time", "")
        elif self._frame is not None and name in _WANTED:
            self._text = []

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        name = local_name(tag)
        if name in _LISTS:
            self._list = ""
        if self._text is not None and name in _WANTED and self._frame is not None:
            self._frame[name] = np.array("".join(self._text).split(), dtype=float)
            self._text = None
        elif name == "frame" and self._frame is not None:
            index, time = self._stamp
            self.frames.append(self._frame)
            number = index[:12].isdecimal()
            self.index.append(int(index[:12]) if number else len(self.index))
            self.time_ms.append(float(time) if time else np.nan)
            self._frame = None

    def close(self) -> None:
        """Nothing is left to do at the end."""

    def stacked(self, name: str, count: int) -> np.ndarray | None:
        """One kind of data, shape (frames, count, numbers); None if a frame lacks it."""
        width = _WANTED[name] * count
        rows = [frame.get(name) for frame in self.frames]
        if not count or any(row is None or len(row) != width for row in rows):
            return None
        return np.array(rows, dtype=float).reshape(len(rows), count, _WANTED[name])


def read_mvnx(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one MVNX file.

    Parameters
    ----------
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        ``right_knee_angle_flexion`` ... (deg) from ``jointAngle``; joint centres
        (``right_knee_pos_x`` ..., m); ``right_shank_acc_x`` ... (m/s^2, with gravity) and ``_gyr_``
        (deg/s) in the axes of each sensor; heel strikes and toe-offs from MVN's foot contacts.

    Raises
    ------
    GaitcastError
        If the file is damaged, has a document type, or holds no frame.
    """
    path = Path(path)
    suit, notes = _parse(path)
    try:
        rate_hz = float(suit.subject.get("frameRate", "nan"))
    except ValueError:
        rate_hz = np.nan
    time_s, rate_hz = _clock(suit, rate_hz, notes, str(path))
    sheet = Sheet(path)
    sheet.notes += notes
    _add_joints(sheet, suit)
    _add_positions(sheet, suit)
    _add_sensors(sheet, suit)
    _add_contacts(sheet, suit, time_s)
    label = suit.subject.get("label", "").strip()
    subject = "" if _NO_NAME.fullmatch(label) else label
    gap_s = max(max_gap_s, 2.5 / rate_hz)
    recording = sheet.recording(time_s, rate_hz, gap_s, subject=subject)
    placed = any("_pos_" in name for name in recording.channels)
    return along_walkway(recording) if placed else recording


def _parse(path: Path) -> tuple[_Suit, list[str]]:
    suit = _Suit()
    parser = XMLParser(target=suit)
    notes: list[str] = []
    try:
        with _opened(path) as file:
            while chunk := file.read(_CHUNK):
                parser.feed(chunk)
        parser.close()
    except ParseError as error:
        if len(suit.frames) < 2:
            raise GaitcastError(f"its XML is damaged: {error}", where=str(path)) from error
        what = f"the file is damaged behind frame {suit.index[-1]} and read up to there: {error}"
        notes.append(f"warning: {what}")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the MVNX file: {reason}", where=str(path)) from error
    if len(suit.frames) < 2:
        raise GaitcastError("the MVNX file holds fewer than two frames", where=str(path))
    return suit, notes


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def _clock(suit: _Suit, rate_hz: float, notes: list[str], where: str) -> tuple[np.ndarray, float]:
    """Times of the frames from their numbers; from their milliseconds where those disagree."""
    times = np.array(suit.time_ms) / 1000
    step = float(np.median(np.diff(times))) if np.isfinite(times).all() else 0.0
    if not (np.isfinite(rate_hz) and 0 < rate_hz < 1e5):
        if step <= 0:
            raise GaitcastError("the MVNX file states no frame rate", where=where)
        notes.append("assumed: the rate from the times of the frames (the file states none)")
        return times, 1 / step
    if step > 0 and not 0.9 < step * rate_hz < 1.1 and abs(step - 1 / rate_hz) > 1.5e-3:
        what = f"the file states {rate_hz:g} Hz, but its frames are {1000 * step:g} ms apart"
        notes.append(f"warning: {what}: their times are used")
        return times, 1 / step
    index = np.array(suit.index, dtype=float)
    if (np.diff(index) <= 0).any():
        raise GaitcastError("the numbers of its frames do not increase", where=where)
    return (index - index[0]) / rate_hz, rate_hz


def _sided(label: str) -> tuple[str, str]:
    for word, side in (("Right", "right"), ("Left", "left")):
        if label.startswith(word):
            return side, label.removeprefix(word)
    return "center", label


def _add_joints(sheet: Sheet, suit: _Suit) -> None:
    joints = suit.labels.get("joint", [])
    angles = suit.stacked("jointAngle", len(joints))
    if angles is None:
        return
    for k, label in enumerate(joints):
        side, joint = _sided(label.removeprefix("j"))
        if side == "center" or joint not in _JOINTS:
            continue
        # MVN gives abduction, internal rotation, flexion.
        values = np.column_stack([angles[:, k, 2], -angles[:, k, 0], angles[:, k, 1]])
        for axis, column in zip(ANGLE_AXES, values.T, strict=True):
            sheet.add(f"{side}_{joint.lower()}_angle_{axis}", column)
    note = "assumed: MVN's joint angles are abduction, internal rotation and flexion, all positive"
    sheet.notes.append(note)


def _add_positions(sheet: Sheet, suit: _Suit) -> None:
    segments = suit.labels.get("segment", [])
    places = suit.stacked("position", len(segments))
    if places is None:
        return
    for k, label in enumerate(segments):
        side, segment = _sided(label)
        if segment in _ORIGIN:
            x, y, z = (f"{side}_{_ORIGIN[segment]}_pos_{axis}" for axis in VECTOR_AXES)
            sheet.add_vector((x, y, z), places[:, k])


def _add_sensors(sheet: Sheet, suit: _Suit) -> None:
    """Readings in the axes of each sensor, as an IMU gives them."""
    sensors, segments = suit.labels.get("sensor", []), suit.labels.get("segment", [])
    turns = suit.stacked("sensorOrientation", len(sensors))
    free = suit.stacked("sensorFreeAcceleration", len(sensors))
    acc = suit.stacked("sensorAcceleration", len(sensors))
    gyr = suit.stacked("sensorAngularVelocity", len(sensors))
    turning = suit.stacked("angularVelocity", len(segments))
    rebuilt = False
    for k, label in enumerate(sensors):
        side, segment = _sided(label)
        if segment not in _SEGMENT:
            continue
        stem = f"{side}_{_SEGMENT[segment]}"
        reading = None if acc is None else acc[:, k]
        if reading is None and free is not None and turns is not None:
            reading = _into_sensor(turns[:, k], free[:, k] + [0, 0, GRAVITY])
            rebuilt = True
        rate = None if gyr is None else gyr[:, k]
        if rate is None and turning is not None and turns is not None and label in segments:
            rate = _into_sensor(turns[:, k], turning[:, segments.index(label)])
            rebuilt = True
        if rate is not None:
            rate = rate * factor("rad/s", "gyr")
        for quantity, values in (("acc", reading), ("gyr", rate)):
            if values is not None:
                x, y, z = (f"{stem}_{quantity}_{axis}" for axis in VECTOR_AXES)
                sheet.add_vector((x, y, z), values)
    if rebuilt:
        sheet.notes.append(
            "sensor readings computed from MVN's free accelerations and angular velocities, turned "
            "into the sensors' axes; gravity added"
        )


def _into_sensor(quaternions: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Vectors of the laboratory in the axes of a sensor, shape (n, 3)."""
    norm = np.linalg.norm(quaternions, axis=1, keepdims=True)
    w, x, y, z = (quaternions / np.where(norm > 0, norm, np.nan)).T
    turns = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    return np.einsum("jin,nj->ni", turns, vectors)


def _add_contacts(sheet: Sheet, suit: _Suit, time_s: np.ndarray) -> None:
    labels = suit.labels.get("contactDefinition") or list(_CONTACTS)
    contacts = suit.stacked("footContacts", len(labels))
    if contacts is None:
        if any("footContacts" in frame for frame in suit.frames):
            sheet.notes.append("foot contacts not read: their number is not that of their labels")
        return
    for side in ("Left", "Right"):
        own = [k for k, label in enumerate(labels) if label.startswith(f"{side}Foot")]
        if not own:
            continue
        down = (contacts[:, own, 0] > 0.5).any(axis=1).astype(int)
        change = np.diff(down)
        sheet.events[f"{side.lower()}_heel_strike"] = time_s[1:][change > 0]
        sheet.events[f"{side.lower()}_toe_off"] = time_s[1:][change < 0]
    sheet.notes.append("heel strikes and toe-offs are MVN's estimated foot contacts")
