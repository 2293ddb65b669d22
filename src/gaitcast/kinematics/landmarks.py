"""Positions of landmarks, from the labels of markers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaitcast.channel import Channel
from gaitcast.marker_labels import landmark
from gaitcast.recording import Recording
from gaitcast.signal.lab_frame import lab_vectors

#: (side, landmark) -> positions, shape (n, 3), m.
Points = Mapping[tuple[str, str], np.ndarray]


def landmarks(recording: Recording) -> dict[tuple[str, str], np.ndarray]:
    """Positions of the landmarks that a recording's markers show.

    Parameters
    ----------
    recording : Recording
        With ``marker`` channels, z up.

    Returns
    -------
    dict of (str, str) to numpy.ndarray, shape (n, 3)
        By side and landmark, m; of two markers for one landmark the first that is ever visible.
    """
    found: dict[tuple[str, str], np.ndarray] = {}
    for triple in lab_vectors(recording.channels):
        channel = Channel.parse(triple[0])
        key = landmark(channel.segment) if channel.quantity == "marker" else None
        if key and key not in found:
            positions = recording.matrix(triple)
            if np.isfinite(positions).any():
                found[key] = positions
    return found
