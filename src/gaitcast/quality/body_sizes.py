"""Sizes and places of bodies, forces and centres of pressure that no laboratory has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.recording import Recording
from gaitcast.signal.body_up import LEVELS, body_points, body_vectors, ground_vectors

Vector = tuple[str, str, str]
_GRAVITY = 9.81
#: Distance from the knee to the ankle of a toddler and of a giant, m.
_SHANK_M = (0.1, 0.75)
#: Largest distance between two markers of a person, m, from that of two feet to that of two hands.
_PERSON_M, _LEAST_MARKERS = (0.1, 4.0), 6
_LABORATORY_M = 20.0
#: Half of the time no part of a runner goes faster, m/s; no laboratory reaches so far, m.
_SPEED_M_S, _FAR_M = 14.0, 100.0
#: Centre of pressure to the nearest marker of a foot, m.
_UNDER_FOOT_M = 0.5
_LOAD_N = 50.0
#: A person's greatest vertical force, N; a foot's in body weights.
_BODY_N, _BODY_WEIGHTS = 80.0, (0.25, 8.0)
#: What a foot carries at most, in % of the body weight.
_PERCENT = (80.0, 160.0)


def warn_body(recording: Recording) -> Iterator[str]:
    """Markers that span too little or too much for a person."""
    points = body_points(recording)
    for side in ("left", "right", "center"):
        knee, ankle = (
            next((points[side, n] for n in LEVELS[level] if (side, n) in points), None)
            for level in ("knee", "ankle")
        )
        if knee is None or ankle is None:
            continue
        apart = np.linalg.norm(knee - ankle, axis=1)
        apart = apart[np.isfinite(apart)]
        long = float(np.median(apart)) if len(apart) else 0.3
        if not _SHANK_M[0] < long < _SHANK_M[1]:
            yield f"the {side} knee and ankle are {long:.2g} m apart: check the unit of positions"
            return
    for quantity, words in (("marker", "markers"), ("pos", "positions of segments")):
        triples = [t for t in body_vectors(recording) if t[0].endswith(f"_{quantity}_x")]
        span = _span(recording, triples)
        large = span is not None and span > _PERSON_M[1]
        if large or (span is not None and len(triples) >= _LEAST_MARKERS and span < _PERSON_M[0]):
            yield f"the {words} span {span:.2g} m: check the unit of positions"
            return
    yield from _warn_speed(recording)


def _span(recording: Recording, triples: Sequence[Vector]) -> float | None:
    """How far the points of a person are apart, m, median; None of fewer than two."""
    if len(triples) < 2:
        return None
    cloud = np.array([recording.matrix(t) for t in triples])
    least = min(len(triples), _LEAST_MARKERS)
    seen = np.isfinite(cloud).all(axis=2).sum(axis=0) >= least
    if not seen.any():
        return None
    wide = np.nanmax(cloud[:, seen], axis=0) - np.nanmin(cloud[:, seen], axis=0)
    return float(np.median(wide.max(axis=1)))


def _warn_speed(recording: Recording) -> Iterator[str]:
    """Positions of segments that go faster than a person, or lie far off from the start on."""
    for triple in body_vectors(recording):
        if not triple[0].endswith("_pos_x"):
            continue
        path = recording.matrix(triple)
        steps_m = np.linalg.norm(np.diff(path, axis=0), axis=1)
        steps_m = steps_m[np.isfinite(steps_m)]
        if len(steps_m) < 20:
            continue
        name = triple[0][:-2]
        fast = float(np.median(steps_m)) * recording.rate_hz
        first = path[np.isfinite(path).all(axis=1)][0]
        if fast > _SPEED_M_S:
            yield f"{name} moves at {fast:.3g} m/s at the median: check the unit of positions"
            return
        if float(np.abs(first).max()) > _FAR_M:
            yield f"{name} begins {np.abs(first).max():.3g} m away: check the unit of positions"
            return


def warn_forces(recording: Recording) -> Iterator[str]:
    """Vertical forces of another unit, sign or axis."""
    peaks: dict[str, float] = {}
    for name in recording.channels:
        quantity = Channel.parse(name).quantity
        if quantity not in ("force", "grf") or not name.endswith("_z"):
            continue
        triple = [name[:-1] + axis for axis in VECTOR_AXES]
        known = [other if other in recording.channels else name for other in triple]
        values = recording.matrix(known)
        values = values[np.isfinite(values).all(axis=1)]
        if len(values) < 20:
            continue
        scale = 1.0 if quantity == "force" else 70.0  # N of a person of 70 kg
        low, high = scale * np.percentile(values, [1, 99], axis=0)
        size = np.maximum(-low, high)
        other = VECTOR_AXES[int(size[:2].argmax())]
        if low[2] < -100 and -low[2] > high[2]:
            yield f"{name} is negative under load: its sign is reversed"
        elif size[2] < 0.3 * size[:2].max() and size[:2].max() > 200:
            yield f"{name} stays small while {other} carries the load: another axis is up"
        peaks[name] = float(size[2])
    if peaks:
        yield from _warn_weight(recording, peaks)


def _warn_weight(recording: Recording, peaks: dict[str, float]) -> Iterator[str]:
    name = max(peaks, key=lambda key: peaks[key])
    unit = Channel.parse(name).unit
    peak = peaks[name] / (70.0 if unit == "N/kg" else 1.0)
    mass = recording.covariates.get("mass_kg")
    if peaks[name] < _BODY_N and _loads(recording.column(name), peak):
        yield f"{name} reaches only {peak:.2g} {unit}: perhaps in body weights, kN or N/kg"
    elif unit == "N" and _PERCENT[0] <= peak < _PERCENT[1] and _loads(recording.column(name), peak):
        yield f"{name} reaches only {peak:.3g} N: perhaps in % of the body weight"
    elif isinstance(mass, int | float) and mass > 0 and peaks[name] > _BODY_N:
        weights = peak / _GRAVITY / (1.0 if unit == "N/kg" else float(mass))
        if not _BODY_WEIGHTS[0] < weights < _BODY_WEIGHTS[1]:
            yield f"{name} reaches {weights:.2g} body weights of {mass:.3g} kg: check its unit"


def _loads(values: np.ndarray, peak: float) -> bool:
    """Whether a force that small has the shape of steps: on and off, never pulling."""
    known = values[np.isfinite(values)]
    low, middle, high = np.percentile(known, [2, 50, 98])
    alternates = float(np.mean(known > 0.5 * high)) > 0.1 and high - low > 0.5 * high
    return bool(
        peak > 0.3 and low > -0.1 * high and alternates and np.ptp(known) > 0 and middle >= low
    )


def warn_pressure(recording: Recording) -> Iterator[str]:
    """Centres of pressure outside the laboratory, that do not move, or under no foot."""
    points = body_points(recording)
    feet: dict[str, list[np.ndarray]] = {"left": [], "right": []}
    for (side, name), positions in points.items():
        if side in feet and name in _FEET:
            feet[side].append(positions)
    for triple in ground_vectors(recording):
        if not triple[0].endswith("_pos_x"):
            continue
        force = triple[0].replace("_pos_x", "_force_z")
        if force not in recording.channels:
            continue
        centre, lift = recording.matrix(triple), recording.column(force)
        loaded = np.isfinite(centre).all(axis=1) & (np.abs(lift) > _LOAD_N)
        if loaded.sum() < 20:
            continue
        name, middle = triple[0][:-2], np.median(np.abs(centre[loaded]), axis=0)
        if middle.max() > _LABORATORY_M:
            yield f"{name} lies {middle.max():.0f} m away: check the unit of positions or moments"
        elif 1e-5 < np.ptp(centre[loaded], axis=0).max() < 5e-4 and np.ptp(lift[loaded]) > 200:
            yield f"{name} moves less than 0.5 mm under load: check the unit"
        elif feet["left"] and feet["right"]:
            yield from _under(
                name, centre[loaded], {s: np.array(p)[:, loaded] for s, p in feet.items()}
            )


_FEET = (*LEVELS["foot"], *LEVELS["ankle"])


def _under(name: str, centre: np.ndarray, feet: dict[str, np.ndarray]) -> Iterator[str]:
    """Whether a foot, and the named one, is where the ground pushes."""
    apart = {}
    for side, points in feet.items():
        far = np.linalg.norm(points - centre, axis=2)
        apart[side] = np.where(np.isfinite(far), far, np.inf).min(axis=0)
    nearest = np.minimum(apart["left"], apart["right"])
    nearest = nearest[np.isfinite(nearest)]
    if len(nearest) < 20:
        return
    if np.median(nearest) > _UNDER_FOOT_M:
        far_m = float(np.median(nearest))
        yield f"{name} is {far_m:.2g} m from the nearest foot under load: axes, place or unit?"
        return
    side = name.split("_")[0]
    if side in apart:
        other = apart["right" if side == "left" else "left"]
        both = np.isfinite(other) & np.isfinite(apart[side])
        if both.sum() >= 20 and np.mean(other[both] < apart[side][both] - 0.05) > 0.7:
            yield f"{name} lies under the other foot: a wrong side, or another origin?"
