"""Force plates of a C3D file: found, zeroed, brought to the markers' clock and checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.c3d_units import length_unit, plate_factors
from gaitcast.io.force_plates import CHANNELS, Plate
from gaitcast.io.sheet import Sheet
from gaitcast.signal.antialias import onto_clock
from gaitcast.units import factor

#: No person is lighter, N.
_LIGHTEST_N = 60.0
#: A plate without load reads less than this part of what it reads under a foot.
_REST_SHARE = 0.25
#: A plate whose force changes by more within the frames called empty, N, is being stepped on.
_STEADY_N = 5.0
#: No person's centre of pressure stays so near to the middle of a plate, m.
_STILL_M = 0.003
#: Shear per vertical force, which moves the centre of pressure by the transducers' depth.
_SHEAR = 0.3

FoundPlate = tuple[int, Plate, list[int]]


def plates_of(sheet: Sheet, file: C3DFile) -> list[FoundPlate]:
    """Force plates that a file describes.

    Parameters
    ----------
    sheet : Sheet
        Gets a warning for each plate that is left out.
    file : C3DFile
        The container.

    Returns
    -------
    list of (int, Plate, list of int)
        Number from 1, plate, and the indices of its analog channels.
    """
    kinds = file.numbers("FORCE_PLATFORM", "TYPE").ravel().astype(int).tolist()
    used = int(next(iter(file.numbers("FORCE_PLATFORM", "USED").ravel()), 0))
    scale = factor(length_unit(file)[0], "pos")
    found = []
    for k, kind in enumerate(kinds[: max(used, 0)]):
        try:
            found.append((k + 1, *_plate(file, k, kind, scale)))
        except (GaitcastError, IndexError) as error:
            what = error.what if isinstance(error, GaitcastError) else "it is not described"
            sheet.notes.append(f"warning: plate {k + 1} left out: {what}")
    return found


def _plate(file: C3DFile, k: int, kind: int, scale: float) -> tuple[Plate, list[int]]:
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
    return plate, index.tolist()


def read_plate(
    sheet: Sheet, file: C3DFile, time_s: np.ndarray, number: int, plate: Plate, index: list[int]
) -> None:
    """Add force, centre of pressure and free moment of one plate, on the markers' clock.

    Parameters
    ----------
    sheet : Sheet
        Gets the channels, and notes and warnings about the plate.
    file : C3DFile
        The container.
    time_s : numpy.ndarray, shape (n,)
        Of the frames.
    number, plate, index
        From :func:`plates_of`.
    """
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
    fast = plate.wrench(_zeroed(sheet, file, channels, plate, number))
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


def _zeroed(
    sheet: Sheet, file: C3DFile, channels: np.ndarray, plate: Plate, number: int
) -> np.ndarray:
    """Channels less their mean over the frames, counted from 1, that the file calls empty.

    Programs write 0 for "none", and many 1 to 10 without having looked at the plate.
    """
    span = file.numbers("FORCE_PLATFORM", "ZERO").ravel()[:2]
    if len(span) < 2 or not (np.isfinite(span).all() and 1 <= span[0] <= span[1]):
        return channels
    words = f"frames {span[0]:g} to {span[1]:g} (FORCE_PLATFORM:ZERO)"
    if span[1] > len(file.points):
        sheet.notes.append(f"warning: plate {number} not zeroed: {words} are not in the file")
        return channels
    each = len(channels) // len(file.points)
    empty = slice(int(span[0] - 1) * each, int(span[1]) * each)
    vertical = plate.wrench(channels)[:, 2]
    if _carries(vertical, vertical[empty]):
        sheet.notes.append(
            f"warning: plate {number} not zeroed: it is stepped on in {words}, which should be "
            "empty"
        )
        return channels
    level = channels[empty].mean(axis=0)
    if plate.kind == 1:
        level[3:5] = 0.0  # the place of a force is no reading of it
    taken = abs(float(vertical[empty].mean()))
    if taken > 1:
        sheet.notes.append(f"plate {number}: {taken:.0f} N taken off, the mean of {words}")
    return channels - level


def _carries(vertical: np.ndarray, part: np.ndarray) -> bool:
    """Whether a plate carries a person in one part of a trial: a constant offset does not count."""
    most = float(np.percentile(np.abs(vertical), 99))
    rest = float(np.percentile(np.abs(vertical), 5))
    level = abs(float(part.mean()))
    thirds = [float(third.mean()) for third in np.array_split(part, 3) if len(third)]
    return (
        level - rest > 20
        or abs(thirds[-1] - thirds[0]) > _STEADY_N
        or (level > _LIGHTEST_N and level > _REST_SHARE * most)
    )


def _judge(sheet: Sheet, number: int, plate: Plate, lift: np.ndarray, centre: np.ndarray) -> None:
    """Add the warnings about one plate."""
    _judge_rest(sheet, number, lift)
    loaded = lift > 50
    if not loaded.any():
        sheet.notes.append(f"plate {number} was not stepped on")
        return
    away = np.linalg.norm(centre[loaded] - plate.corners_m.mean(axis=0), axis=1)
    away = away[np.isfinite(away)]
    depth = 0.0 if plate.kind == 1 else abs(float(plate.origin_m[2]))
    if len(away) > 10 and np.percentile(away, 95) < _STILL_M + _SHEAR * depth:
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


def _judge_rest(sheet: Sheet, number: int, lift: np.ndarray) -> None:
    most = float(np.percentile(np.abs(lift), 99))
    level = np.abs(lift - np.percentile(lift, 10)) < 5
    rest = float(np.median(lift[level]))
    unloaded = abs(rest) < max(_LIGHTEST_N, _REST_SHARE * most)
    least = 8 if most > _LIGHTEST_N else 20  # a plate that no foot touched spoils nothing
    if level.mean() > 0.1 and unloaded and abs(rest) > least:
        sheet.notes.append(f"warning: plate {number} reads {rest:.0f} N without load")
