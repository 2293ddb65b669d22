"""OpenSim's text files out: markers as ``.trc``, joint angles and ground forces as ``.mot``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.atomic import write_text
from gaitcast.channel import VECTOR_AXES, Channel, marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.external_loads import write_external_loads
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.opensim import COORDINATES, PELVIS, TO_Z_UP
from gaitcast.recording import Recording
from gaitcast.signal.lab_frame import lab_vectors, turn


def write_trc(recording: Recording, path: str | Path) -> tuple[str, ...]:
    """Write the markers and positions of a recording for OpenSim.

    Parameters
    ----------
    recording : Recording
        With ``marker`` or ``pos`` channels.
    path : Path
        ``.trc``; replaced if it exists. In m, y up, full precision.

    Returns
    -------
    tuple of str
        Channels that a TRC file cannot hold.

    Raises
    ------
    GaitcastError
        If there is no marker, or the file cannot be written.
    """
    path = Path(path)
    _enough(recording)
    turned = turn(recording, TO_Z_UP.T)
    vectors = [
        triple
        for triple in lab_vectors(recording.channels)
        if Channel.parse(triple[0]).quantity in ("marker", "pos")
    ]
    if not vectors:
        raise GaitcastError("no markers to write", where=f"recording '{recording.trial}'")
    labels = []
    for x, _, _ in vectors:
        channel = Channel.parse(x)
        sided = f"{channel.side.capitalize()}_{channel.segment}"
        known = channel.quantity == "marker" and marker_channels(channel.segment)[0] == x
        labels.append(channel.segment if known else sided)
    count, rate = len(recording), _text(recording.rate_hz)
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"{rate}\t{rate}\t{count}\t{len(labels)}\tm\t{rate}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(labels),
        "\t\t" + "\t".join(f"{a}{k + 1}" for k in range(len(labels)) for a in "XYZ"),
        "",
    ]
    values = turned.matrix([name for triple in vectors for name in triple])
    rows = [
        "\t".join([str(k + 1), _text(t), *("" if np.isnan(v) else _text(v) for v in row)])
        for k, (t, row) in enumerate(zip(recording.time_s, values, strict=True))
    ]
    write_text(path, "\n".join([*head, *rows]) + "\n")
    kept = {name for triple in vectors for name in triple}
    return tuple(name for name in recording.channels if name not in kept)


def write_mot(recording: Recording, path: str | Path) -> tuple[str, ...]:
    """Write the joint angles and ground forces of a recording for OpenSim.

    Parameters
    ----------
    recording : Recording
        With ``angle``, ``tilt`` or ``force`` channels.
    path : Path
        ``.mot`` or ``.sto``; replaced if it exists. Degrees, y up, full precision. OpenSim reads no
        missing values: a centre of pressure and a moment without load are written as 0. With
        ``left_plate`` or ``right_plate``, ``NAME_external_loads.xml`` beside it says which forces
        act on which foot.

    Returns
    -------
    tuple of str
        Channels that have no name in OpenSim, or that were not measured throughout.

    Raises
    ------
    GaitcastError
        If no channel has a name in OpenSim, or the file cannot be written.
    """
    path = Path(path)
    turned = turn(recording, TO_Z_UP.T)
    vectors = {name for triple in lab_vectors(recording.channels) for name in triple}
    names = {
        name: found
        for name in recording.channels
        if (
            (found := _opensim_name(name))
            # The direction of a lone component is undefined after the axes are turned.
            and (name in vectors or Channel.parse(name).quantity not in ("pos", "force", "torque"))
        )
        or (found and Channel.parse(name).axis not in VECTOR_AXES)
    }
    _enough(recording)
    columns = {name: _whole(turned, name) * sign for name, (_, sign) in names.items()}
    holes = {name for name, values in columns.items() if not np.isfinite(values).all()}
    holes |= {name for name in names if _set_of(name) in {_set_of(h) for h in holes} - {""}}
    names = {name: found for name, found in names.items() if name not in holes}
    if not names:
        raise GaitcastError(
            "no joint angles or forces that were measured throughout",
            where=f"recording '{recording.trial}'",
        )
    head = [
        path.stem,
        "version=1",
        f"nRows={len(recording)}",
        f"nColumns={len(names) + 1}",
        "inDegrees=yes",
        "endheader",
        "\t".join(["time", *(title for title, _ in names.values())]),
    ]
    table = np.column_stack([recording.time_s, *(columns[name] for name in names)])
    rows = ["\t".join(_text(v) for v in row) for row in table]
    feet = [side for side in ("right", "left") if f"{side}_plate_force_z" in names]
    if feet:
        beside = path.with_name(f"{path.stem}_external_loads.xml")
        write_external_loads(beside, path.name, feet)
    write_text(path, "\n".join([*head, *rows]) + "\n")
    return tuple(name for name in recording.channels if name not in names)


def _set_of(name: str) -> str:
    """The plate of a channel, whose forces are of no use in part; empty for other channels."""
    channel = Channel.parse(name)
    return f"{channel.side}_{channel.segment}" if channel.segment.startswith("plate") else ""


def _whole(recording: Recording, name: str) -> np.ndarray:
    """A channel; where a plate carries nothing its centre of pressure and moment are 0."""
    values = recording.column(name)
    channel = Channel.parse(name)
    vertical = f"{channel.side}_{channel.segment}_force_y"
    if channel.quantity not in ("pos", "torque") or vertical not in recording.channels:
        return values
    empty = ~np.isfinite(values) & (np.abs(recording.column(vertical)) < LEAST_LOAD_N)
    return np.where(empty, 0.0, values)


def _enough(recording: Recording) -> None:
    if len(recording) < 2:
        raise GaitcastError("fewer than two samples", where=f"recording '{recording.trial}'")


def _text(value: float) -> str:
    return repr(float(value))


def _opensim_name(name: str) -> tuple[str, float] | None:
    """OpenSim's name of a channel and the sign that converts to it."""
    channel = Channel.parse(name)
    letter = channel.side[0]
    if channel.quantity == "angle" or (channel.quantity == "torque" and channel.axis not in "xyz"):
        for coordinate, (joint, axis, sign) in COORDINATES.items():
            sided = "{s}" in coordinate
            if (joint, axis) == (channel.segment, channel.axis) and sided == (letter in "lr"):
                title = coordinate.replace("{s}", letter)
                torque = channel.quantity == "torque"
                return (f"{title}_moment", -sign) if torque else (title, sign)
    if channel.segment == "pelvis" and channel.quantity == "tilt":
        return {axis: (title, sign) for title, (axis, sign) in PELVIS.items()}[channel.axis]
    if channel.segment == "pelvis" and channel.quantity == "pos":
        return f"pelvis_t{channel.axis}", 1.0
    if channel.segment.startswith("plate") and letter in "lrc" and channel.side != "contra":
        place = f"_{letter}" if letter in "lr" else f"_{channel.segment[5:]}"
        kind = {"force": "force{}_v", "pos": "force{}_p", "torque": "torque{}_"}
        if channel.quantity in kind:
            return f"ground_{kind[channel.quantity].format(place)}{channel.axis}", 1.0
    return None
