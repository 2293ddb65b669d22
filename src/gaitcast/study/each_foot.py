"""Every recording once for each foot, the right one mirrored: one model estimates either foot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.marker_labels import landmark
from gaitcast.recording import Recording

#: Axes that change their sign in a mirror between left and right: of vectors, and of turns.
_MIRRORED = {"acc": "y", "force": "y", "marker": "y", "gyr": "xz"}
_OTHER = {"left": "right", "right": "left"}


def each_foot(cohort: Cohort) -> Cohort:
    """Make two recordings of each that has force under both feet: one for each foot.

    Parameters
    ----------
    cohort : Cohort
        With ``SIDE_plate_force_AXIS``, and accelerations and rates of turn, or markers, of both
        sides. Recordings without force are left out, and so are all other channels, markers that
        are no known landmark, and events.

    Returns
    -------
    Cohort
        ``TRIAL-left`` and ``TRIAL-right`` with ``ipsi_`` and ``contra_`` channels: the same person
        twice, with the force under the ipsilateral foot alone. What belongs to a right foot is
        mirrored, so that y points away from the middle of the body for both. Markers get the name
        of their landmark, which is the same for both sides: ``ipsi_knee-lateral_marker_x``.

    Raises
    ------
    GaitcastError
        If no recording has force under both feet.
    """
    made = [
        _seen_from(recording, side)
        for recording in cohort
        if {"left_plate_force_z", "right_plate_force_z"} <= {*recording.channels}
        for side in ("left", "right")
    ]
    if not made:
        raise GaitcastError(
            "no recording has force under both feet (SIDE_plate_force_AXIS)",
            where=f"cohort '{cohort.name}'",
        )
    return replace(cohort, recordings=tuple(made))


def _seen_from(recording: Recording, side: str) -> Recording:
    as_seen = {side: "ipsi", _OTHER[side]: "contra", "center": "center"}
    columns: dict[str, np.ndarray] = {}
    for name in recording.channels:
        channel = _named_alike(Channel.parse(name))
        if channel is None or (channel.quantity == "force" and channel.side != side):
            continue
        turned = side == "right" and channel.axis in _MIRRORED[channel.quantity]
        seen = replace(channel, side=as_seen[channel.side]).name
        columns[seen] = recording.column(name) * (-1 if turned else 1)
    # One order of channels for both feet.
    names = sorted(columns)
    return replace(
        recording,
        trial=f"{recording.trial}-{side}",
        channels=tuple(names),
        samples=np.column_stack([columns[name] for name in names]),
        events={},
        truth=None,
    )


def _named_alike(channel: Channel) -> Channel | None:
    """A channel whose name differs from that of the other foot by the side alone, if it has one."""
    if channel.quantity == "marker":
        found = landmark(channel.segment)
        return found and replace(channel, side=found[0], segment=found[1].replace("_", "-"))
    sided = channel.quantity in _MIRRORED and channel.side in _OTHER
    return channel if sided else None
