"""Sizes that no body has: units, zeros and signs of angles, moments, IMU and EMG channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.recording import Recording

#: What the flexion of a joint does in any gait: (least, greatest median, deg).
_MEDIANS = {"knee": (-8.0, 110.0), "hip": (-35.0, 110.0), "ankle": (-55.0, 45.0)}
#: A joint that moves with the body spans more than this, deg; in rad it spans less.
_LEAST_SPAN_DEG, _SPAN_OF_RAD = 3.0, 0.1
#: No joint leans or turns so far in a quiet stance, deg.
_LEAST_TURN_DEG = 15.0
#: Sides of people differ; in rad and in deg they differ by 57.
_RAD_BESIDE_DEG = (25.0, 130.0)
#: Quantity -> least and greatest size of all its channels in motion, 99th percentile.
_TOGETHER = {"moment": (0.25, 6.0), "torque": (5.0, 800.0)}
#: A stance has an ankle moment of more than this; where it is negative, so much more than positive.
_LEAST_MOMENT, _MOSTLY = {"moment": 0.3, "torque": 20.0}, 3.0
#: Share of the greatest force.
_LOADED = 0.3
_MAG_UT = (5.0, 500.0)
_EMG_MV = (0.005, 20.0)
_RATES_HZ = (10.0, 5000.0)
_LEAST_S = 0.2


def moves(recording: Recording) -> bool:
    """Whether anything but a standing person is in it: a sensor, a marker, a joint, a load."""
    for name in recording.channels:
        channel = Channel.parse(name)
        values = _known(recording, name)
        if len(values) < 20 or (channel.segment.startswith("plate") and channel.quantity == "pos"):
            continue
        span = float(np.percentile(values, 98) - np.percentile(values, 2))
        least = {"gyr": 60.0, "acc": 6.0, "angle": 15.0, "marker": 0.3, "pos": 0.3, "force": 150.0}
        if span > least.get(channel.quantity, np.inf):
            return True
    return False


def _known(recording: Recording, name: str) -> np.ndarray:
    values = recording.column(name)
    return values[np.isfinite(values)]


def warn_rate(recording: Recording) -> Iterator[str]:
    """Rates and lengths that no gait recording has, and events outside it."""
    if not _RATES_HZ[0] <= recording.rate_hz <= _RATES_HZ[1]:
        yield f"a rate of {recording.rate_hz:.4g} Hz, not 10 to 5,000: check the clock's unit"
    if len(recording) > 1 and recording.duration_s < _LEAST_S:
        yield f"only {recording.duration_s:.3g} s long: check the clock's unit"
    if not len(recording):
        return
    slack = recording.max_gap_s + 1e-9
    first, last = recording.time_s[0] - slack, recording.time_s[-1] + slack
    outside = sum(int(((t < first) | (t > last)).sum()) for t in recording.events.values())
    if outside and not any("events lie" in note for note in recording.notes):
        total = sum(len(t) for t in recording.events.values())
        yield f"{outside} of {total} events lie outside the trial: check their clock"


def warn_counters(recording: Recording) -> Iterator[str]:
    """Channels that rise by the same step all the time: a clock or a counter."""
    found = []
    for name in recording.channels:
        values = recording.column(name)
        if len(values) < 50 or Channel.parse(name).quantity in ("marker", "pos"):
            continue
        steps = np.diff(values)
        middle = float(np.median(steps))
        if middle and np.mean(np.abs(steps - middle) < 0.01 * abs(middle)) > 0.95:
            found.append(name)
    if found:
        yield f"{', '.join(found[:3])} rise steadily: a clock or a counter read as a signal?"


def warn_angles(recording: Recording) -> Iterator[str]:
    """Joint angles with another sign or zero, or in rad."""
    spans = {}
    for name in recording.channels:
        channel = Channel.parse(name)
        if channel.quantity != "angle" or channel.axis != "flexion":
            continue
        values = _known(recording, name)
        if len(values) < 20:
            continue
        low, middle, high = (float(np.percentile(values, p)) for p in (2, 50, 98))
        spans[name] = high - low
        least, most = _MEDIANS.get(channel.segment, (-np.inf, np.inf))
        if channel.segment == "knee" and high < 5 and high - low > 20:
            yield f"{name} is negative throughout: is flexion negative in the source?"
        elif not least <= middle <= most:
            yield f"{name} has a median of {middle:.0f} deg: another zero or sign than anatomical?"
    legs = [n for n in spans if Channel.parse(n).segment in ("knee", "hip", "ankle")]
    small = [n for n in legs if _SPAN_OF_RAD < spans[n] < _LEAST_SPAN_DEG]
    if small and len(small) == len(legs) and _in_motion(recording, small):
        yield f"{', '.join(small[:3])} span at most {max(spans[n] for n in small):.2g} deg: in rad?"
    else:
        yield from _warn_one_side(spans)


def warn_planes(recording: Recording) -> Iterator[str]:
    """Joints that turn or lean further than they bend, as in no walk: planes mixed up."""
    for name in recording.channels:
        channel = Channel.parse(name)
        if (channel.quantity, channel.axis) != ("angle", "flexion"):
            continue
        if channel.segment not in _MEDIANS:
            continue
        bends = _span(recording, name)
        for plane in ("adduction", "rotation"):
            other = f"{name.removesuffix('flexion')}{plane}"
            turns = _span(recording, other) if other in recording.channels else 0.0
            if turns > max(_LEAST_TURN_DEG, 2 * bends) and _in_motion(recording, [name, other]):
                yield (
                    f"{other} spans {turns:.0f} deg and {name.rsplit('_', 1)[1]} only {bends:.0f}: "
                    "are the planes mixed up?"
                )
                break


def _span(recording: Recording, name: str) -> float:
    values = _known(recording, name)
    return float(np.ptp(np.percentile(values, [2, 98]))) if len(values) >= 20 else 0.0


def _warn_one_side(spans: dict[str, float]) -> Iterator[str]:
    """A joint that moves 57 times less than the same joint of the other side: deg beside rad."""
    for name, span in spans.items():
        other = name.replace("left_", "right_") if name.startswith("left_") else ""
        twin = spans.get(other, 0.0)
        less, more = sorted((span, twin))
        if less > _SPAN_OF_RAD and _RAD_BESIDE_DEG[0] < more / less < _RAD_BESIDE_DEG[1]:
            small, large = (name, other) if span < twin else (other, name)
            yield f"{small} spans {less:.2g} deg and {large} {more:.3g} deg: one in rad?"
            return
    most = max(spans, key=lambda name: spans[name], default="")
    for name, span in spans.items():
        if "_knee_" in name and _SPAN_OF_RAD < span < 2.0 and spans[most] > _RAD_BESIDE_DEG[0]:
            words = f"{name} spans {span:.2g} deg and {most} {spans[most]:.3g} deg"
            yield f"{words}: one in rad, or a locked knee?"
            return


def _in_motion(recording: Recording, names: list[str]) -> bool:
    return moves(recording) or any(is_cyclic(recording, name) for name in names)


def is_cyclic(recording: Recording, name: str) -> bool:
    """Whether a channel repeats itself every 0.5 to 2 s, as no standing person does.

    Parameters
    ----------
    recording : Recording
        Of any rate.
    name : str
        Of the channel.
    """
    values = recording.column(name)
    longest, rate = int(2.0 * recording.rate_hz), recording.rate_hz
    if not np.isfinite(values).all() or len(values) < 2 * longest or longest > 20_000:
        return False
    centred = values - values.mean()
    whole = float(centred @ centred)
    if not whole:
        return False
    lags = np.unique(np.linspace(1, longest, 80).astype(int))
    alike = np.array([float(centred[k:] @ centred[:-k]) / whole for k in lags])
    dip = int(np.argmax(alike < -0.1))
    return bool(alike[dip] < -0.1 and alike[dip:][lags[dip:] > 0.5 * rate].max(initial=0) > 0.5)


def warn_moments(recording: Recording) -> Iterator[str]:
    """Joint moments that are too small or too large all together."""
    for quantity, (least, most) in _TOGETHER.items():
        names = [
            name
            for name in recording.channels
            if Channel.parse(name).quantity == quantity
            and Channel.parse(name).axis == "flexion"
            and Channel.parse(name).segment in ("ankle", "knee", "hip")
        ]
        sizes = [np.percentile(np.abs(v), 99) for n in names if len(v := _known(recording, n))]
        size = float(max(sizes, default=0.0))
        unit = Channel.parse(names[0]).unit if names else ""
        if size > most:
            yield f"{names[0]} and its like reach {size:.3g} {unit}: check the unit"
        elif 0 < size < least and _in_motion(recording, names):
            yield f"joint moments reach only {size:.2g} {unit}: check the unit, or the mass"


def warn_ankle_sign(recording: Recording) -> Iterator[str]:
    """Ankle moments that are dorsiflexor moments under load: no stance has those."""
    for name in recording.channels:
        channel = Channel.parse(name)
        least = _LEAST_MOMENT.get(channel.quantity)
        if (channel.segment, channel.axis) != ("ankle", "flexion") or least is None:
            continue
        values = recording.column(name)
        values = values[np.isfinite(values) & _loaded(recording, channel.side)]
        if len(values) < 20:
            continue
        low, high = np.percentile(values, [5, 95])
        reversed_sign = -low > least and -low > _MOSTLY * max(high, 0.0)
        if reversed_sign and _in_motion(recording, [name]):
            yield (
                f"{name} is negative in stance ({low:.2g} {channel.unit}): plantarflexor moments "
                "are positive here; is its sign reversed?"
            )


def _loaded(recording: Recording, side: str) -> np.ndarray:
    """Samples in which the foot carries load, where its force is known; else all."""
    names = (f"{side}_plate_force_z", f"{side}_foot_grf_z")
    name = next((n for n in names if n in recording.channels), None)
    if name is None:
        return np.ones(len(recording), bool)
    force = np.nan_to_num(np.abs(recording.column(name)))
    return force > _LOADED * float(force.max(initial=0.0))


def warn_fields(recording: Recording) -> Iterator[str]:
    """Magnetometers and EMG in another unit."""
    for name in recording.channels:
        if not name.endswith("_mag_x"):
            continue
        triple = [name[:-1] + axis for axis in VECTOR_AXES]
        if set(triple) <= set(recording.channels):
            norms = np.linalg.norm(recording.matrix(triple), axis=1)
            norms = norms[np.isfinite(norms)]
            middle = float(np.median(norms)) if len(norms) else 0.0
            if middle and not _MAG_UT[0] < middle < _MAG_UT[1]:
                words = f"{name[:-2]} has a median of {middle:.2g} uT instead of 25 to 65"
                yield f"{words}: check the unit"
    raw = [n for n in recording.channels if n.endswith("_emg_raw")]
    sizes = [
        np.percentile(np.abs(v - np.median(v)), 99.5) for n in raw if len(v := _known(recording, n))
    ]
    size = float(max(sizes, default=0.0))
    if size and not _EMG_MV[0] < size < _EMG_MV[1]:
        unit = "in V" if size < _EMG_MV[0] else "in uV, or not in a unit of voltage"
        yield f"EMG reaches {size:.2g} mV: perhaps {unit}"
