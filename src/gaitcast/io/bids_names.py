"""BIDS-Motion's words for our channels: system of sensors, type, component, tracked point."""

from __future__ import annotations

from gaitcast.channel import VECTOR_AXES, Channel, marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.column_meaning import UnclearError
from gaitcast.io.column_names import meaning_of

#: Our quantity -> system of sensors (``tracksys``) and BIDS' type of channel.
SYSTEMS: dict[str, tuple[str, str]] = {
    "acc": ("imu", "ACCEL"), "gyr": ("imu", "GYRO"), "mag": ("imu", "MAGN"),
    "accdev": ("imu", "MISC"), "gyrdev": ("imu", "MISC"),
    "marker": ("omc", "POS"), "pos": ("omc", "POS"), "vel": ("omc", "VEL"),
    "accel": ("omc", "ACCEL"), "angle": ("angles", "JNTANG"), "tilt": ("angles", "ORNT"),
}  # fmt: skip
#: Types that BIDS allows.
TYPES = {
    "ACCEL", "ANGACCEL", "GYRO", "JNTANG", "LATENCY", "MAGN", "MISC", "ORNT", "POS", "VEL",
}  # fmt: skip
COMPONENTS = {"x", "y", "z", "quat_x", "quat_y", "quat_z", "quat_w", "n/a"}
_WORDS = {"ACCEL": "acc", "GYRO": "gyr", "MAGN": "mag", "POS": "pos", "JNTANG": "angle"}


def system_of(name: str) -> str:
    """Which ``tracksys`` a channel belongs to.

    Parameters
    ----------
    name : str
        Of the channel.

    Returns
    -------
    str
        ``imu``, ``omc``, ``angles`` or ``forces`` (forces, moments, EMG).
    """
    channel = Channel.parse(name)
    if channel.segment.startswith("plate"):
        return "forces"
    return SYSTEMS.get(channel.quantity, ("forces", ""))[0]


def row_of(name: str, rate_hz: float) -> dict[str, str]:
    """A channel's row of ``_channels.tsv``.

    Parameters
    ----------
    name : str
        Of the channel.
    rate_hz : float
        Of the recording.

    Returns
    -------
    dict of str to str
        By column.
    """
    channel = Channel.parse(name)
    _, kind = SYSTEMS.get(channel.quantity, ("forces", "MISC"))
    axis = channel.axis if channel.axis in VECTOR_AXES and kind != "MISC" else "n/a"
    placed = channel.quantity in ("acc", "gyr", "mag", "emg")
    frame = "lab" if kind in ("POS", "VEL") or channel.quantity == "accel" else "n/a"
    return {
        "name": name,
        "component": axis,
        "type": kind,
        "tracked_point": f"{channel.side}_{channel.segment}",
        "units": channel.unit,
        "placement": channel.segment if placed else "n/a",
        "reference_frame": frame,
        "sampling_frequency": f"{rate_hz:g}",
        "status": "good",
    }


def channel_of(row: dict[str, str]) -> tuple[str, float, str] | None:
    """Our name of a channel that a ``_channels.tsv`` describes, of any program.

    Parameters
    ----------
    row : dict of str to str
        Of ``_channels.tsv``.

    Returns
    -------
    tuple of str, float and str, or None
        Name, sign and unit; None if it is not understood.
    """
    unit = row.get("units", "")
    try:
        channel = Channel.parse(row.get("name", ""))
        return channel.name, 1.0, unit or channel.unit
    except GaitcastError:
        pass
    point, kind, axis = row.get("tracked_point", ""), row.get("type", ""), row.get("component", "")
    if kind not in _WORDS:
        return None
    try:
        found = meaning_of(f"{point} {_WORDS[kind]} {axis}", unit)
        if not found.asked:
            return found.channel, found.sign, found.unit or unit
    except UnclearError:
        pass
    if kind == "POS" and axis in VECTOR_AXES and point:
        return marker_channels(point)[VECTOR_AXES.index(axis)], 1.0, unit
    return None
