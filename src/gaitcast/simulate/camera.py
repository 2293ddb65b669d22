"""A side camera on a simulated walk: 2-D markers of one leg, as a digitiser delivers them."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.seed import SEEDS
from gaitcast.simulate.people import SIDES

MARKERS = ("hip", "knee", "ankle", "heel", "toe")


def film(
    recording: Recording,
    side: str = "right",
    rate_hz: float = 60.0,
    noise_m: float = 0.002,
    seed: int = 0,
) -> Recording:
    """Markers of one leg in the sagittal plane.

    Parameters
    ----------
    recording : Recording
        From :func:`gaitcast.simulate.simulate`: the marker positions are in its truth.
    side : str
        ``right`` or ``left``.
    rate_hz : float
        Frame rate of the camera.
    noise_m : float
        SD of each coordinate, m.

    Returns
    -------
    Recording
        Trial ``<trial>-camera`` at an even rate; channels ``<side>_<marker>_pos_x`` (ahead of the
        walker's mean position, as on a treadmill) and ``_z`` (up).

    Raises
    ------
    GaitcastError
        If the recording has no truth, or a number is out of range.
    """
    if recording.truth is None:
        raise GaitcastError(
            "there is no truth to film",
            where=f"recording '{recording.trial}'",
            hint="Only simulated recordings can be filmed",
        )
    possible = 0 < rate_hz <= 1000 and 0 <= noise_m < 1 and 0 <= seed < SEEDS
    if side not in SIDES or not possible:
        raise GaitcastError(
            f"cannot film side '{side}' at {rate_hz:g} Hz with {noise_m:g} m and seed {seed}"
        )
    channels = tuple(f"{side}_{marker}_pos_{axis}" for marker in MARKERS for axis in "xz")
    begin, end = recording.time_s[0], recording.time_s[-1]
    time_s = begin + np.arange(int((end - begin) * rate_hz) + 1) / rate_hz
    seen = np.column_stack(
        [np.interp(time_s, recording.time_s, recording.truth.column(name)) for name in channels]
    )
    noise = np.random.default_rng(seed).normal(0, noise_m, seen.shape)
    return Recording(
        subject=recording.subject,
        trial=f"{recording.trial}-camera",
        rate_hz=rate_hz,
        time_s=time_s,
        samples=seen + noise,
        channels=channels,
        events=recording.events,
        covariates=recording.covariates,
    )
