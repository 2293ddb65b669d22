"""Simulated people on a walk, recorded by sensors, with the truth.

Every recording holds what a well-equipped lab would have: IMUs on feet, shanks, thighs and pelvis,
encoders on the ankles, joint angles, force plates under each foot and ankle moments. The rest is in
``recording.truth``: the same channels without noise, markers, the centre of mass, and the
stiffness, damping and inertia of the ankle at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Gt, Interval
from joblib import Parallel, delayed
from scipy.interpolate import CubicSpline

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording, Truth
from gaitcast.seed import SEEDS
from gaitcast.signal.resample import resample
from gaitcast.simulate.feet import FLAT, TOE_OFF, move_foot, sole
from gaitcast.simulate.forces import Forces, Impedance, draw_impedance, ground_forces
from gaitcast.simulate.imu import add_sensor_errors, virtual_imu
from gaitcast.simulate.motion import Motion, centre_of_mass, move_body
from gaitcast.simulate.people import SIDES, Person, draw_person
from gaitcast.simulate.route import CLOCK_HZ, Route, draw_traits, plan_route

#: Segment -> place of its sensor in the segment's frame, as shares of stature.
SENSOR_PLACES = {
    "foot": (0.030, 0.0, -0.010),
    "shank": (0.015, 0.0, -0.100),
    "thigh": (0.035, 0.0, -0.120),
    "pelvis": (-0.060, 0.0, 0.020),
}
SENSORS = (
    *(f"{side}_{part}" for side in SIDES for part in ("foot", "shank", "thigh")),
    "center_pelvis",
)
_ENCODER_DEG = 0.257  # one count
_ANGLE_NOISE_DEG, _FORCE_NOISE_N, _PRESSURE_NOISE_M, _MOMENT_NOISE = 0.3, 2.0, 0.002, 0.01
_UNLOADED_N = 20.0
#: True angles that no instrument here measures: the fixed ones of the knee, and yaw.
_UNSEEN = {
    *(f"{side}_knee_angle_{axis}" for side in SIDES for axis in ("adduction", "rotation")),
    "center_pelvis_tilt_yaw",
    "center_body_tilt_yaw",
}


def simulate(subjects: int = 4, minutes: float = 1.0, seed: int = 0, workers: int = 1) -> Cohort:
    """Draw people and record a walk of each.

    Parameters
    ----------
    minutes : float
        Length of each recording: 2.5 s of standing (the whole recording below 0.11 minutes), then
        walking at several speeds with turns and stops.
    seed : int
        The same seed gives the same bytes, with any number of workers. A person depends only on the
        seed and on their number.
    workers : int
        Number of processes.

    Returns
    -------
    Cohort
        At a jittered 100 Hz with a few lost samples; accelerometers in m/s^2 (gravity included),
        gyroscopes in deg/s, joint angles in deg, forces under each foot in N and in the walker's
        frame, centres of pressure in m from the ankle along and left of the foot, ankle moments in
        N m/kg. Covariates of the people are in ``subjects``, the truth in each recording's
        ``truth``.

    Raises
    ------
    GaitcastError
        If a number is out of range.
    """
    check_numbers(
        (
            (f"{subjects} people", subjects >= 1, "Ask for at least one"),
            (f"{minutes:g} minutes", 0.05 <= minutes <= 600, "Ask for 0.05 to 600"),
            (f"seed {seed}", 0 <= seed < SEEDS, f"Give 0 to {SEEDS - 1}"),
            (f"{workers} workers", workers >= 1, "Give 1 or more"),
        )
    )
    drawn = Parallel(n_jobs=workers)(
        delayed(simulate_person)(f"S{number + 1:02d}", minutes * 60, [seed, number])
        for number in range(subjects)
    )
    return Cohort(
        "simulated",
        tuple(recording for _, recording in drawn),
        {person.name: person.covariates() for person, _ in drawn},
    )


def load_simulated(
    folder: Path | None = None,
    rate_hz: float | None = None,
    max_gap_s: float = 0.1,
    subjects: Annotated[int, Gt(0)] = 4,
    minutes: Annotated[float, Gt(0)] = 1.0,
    seed: Annotated[int, Interval(ge=0, lt=SEEDS)] = 0,
) -> Cohort:
    """Like :func:`simulate`, in the interface of a dataset.

    Parameters
    ----------
    folder : Path, optional
        Refused: simulated people come from no folder.
    rate_hz : float or None
        Uniform clock; None keeps the jittered samples.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.
    subjects, minutes, seed
        See :func:`simulate`.

    Raises
    ------
    GaitcastError
        If a folder is given.
    """
    if folder is not None:
        raise GaitcastError(
            "simulated people are in no folder",
            where=str(folder),
            hint="Leave out --data, or set data.dataset to the name of recordings",
        )
    cohort = simulate(subjects, minutes, seed)
    recordings = [replace(r, max_gap_s=max_gap_s) for r in cohort]
    if rate_hz is not None:
        recordings = [resample(r, rate_hz) for r in recordings]
    return replace(cohort, recordings=tuple(recordings))


def check_numbers(numbers: Sequence[tuple[str, bool, str]]) -> None:
    """Raise unless every number can be simulated.

    Parameters
    ----------
    numbers : sequence of (str, bool, str)
        Value, whether it is possible, and the hint.

    Raises
    ------
    GaitcastError
        For the first number that is not.
    """
    for value, possible, hint in numbers:
        if not possible:
            raise GaitcastError(f"cannot simulate {value}", hint=hint)


def walk(
    name: str, record_s: float, rng: np.random.Generator, clock_hz: float = CLOCK_HZ
) -> tuple[Person, Route, dict[str, Impedance], Motion, dict[str, Forces]]:
    """Draw a person and simulate their walk, without any sensor.

    Parameters
    ----------
    record_s : float
        Length of the walk.
    rng : numpy.random.Generator
        Used in a fixed order.
    clock_hz : float
        Clock of the simulation; a finer one gives the same walk.

    Returns
    -------
    tuple
        Person, route, ankle impedance by side, motion, forces by side.
    """
    person = draw_person(name, rng)
    route = plan_route(person, record_s, rng, clock_hz)
    steps = int(route.phase[-1]) + 4
    traits = {side: draw_traits(steps, rng) for side in SIDES}
    impedance = {side: draw_impedance(person, traits[side], rng) for side in SIDES}
    feet = {side: move_foot(person, route, side, traits[side]) for side in SIDES}
    motion = move_body(person, route, feet)
    return person, route, impedance, motion, ground_forces(person, route, motion, feet, impedance)


def simulate_person(name: str, record_s: float, seed: list[int]) -> tuple[Person, Recording]:
    """Simulate one person and their recording.

    Parameters
    ----------
    name : str
        Name of subject and trial.
    record_s : float
        Length of the recording.
    seed : list of int
        Seed of this person.

    Returns
    -------
    tuple of Person and Recording
        The recording holds its truth.
    """
    rng = np.random.default_rng(seed)
    person, route, impedance, motion, forces = walk(name, record_s, rng)
    at_s = _sample_times(route.time_s[-1], rng)
    true = _true_channels(person, route, motion, forces, at_s)
    table, events = step_table(route, impedance, forces)
    samples = _measure(person, true, rng)
    walking = route.speed_m_s > 0.3
    recording = Recording(
        subject=name,
        trial=name,
        rate_hz=100.0,
        time_s=at_s,
        samples=np.column_stack(list(samples.values())),
        channels=tuple(samples),
        events=events,
        covariates={"speed_m_s": float(route.speed_m_s[walking].mean()) if walking.any() else 0.0},
        truth=Truth(
            np.column_stack([v.astype(np.float32) for v in true.values()]), tuple(true), table
        ),
    )
    return person, recording


def _sample_times(until_s: float, rng: np.random.Generator) -> np.ndarray:
    """A logger's clock: slightly over 10 ms, with jitter, rare hangs and lost samples."""
    steps_ms = rng.choice([9, 10, 10, 10, 10, 11], size=int(until_s * 100))
    steps_ms = steps_ms + np.where(rng.random(len(steps_ms)) < 5e-4, rng.integers(10, 40), 0)
    time_s = np.cumsum(steps_ms) / 1000
    kept = rng.random(len(time_s)) > 1e-3
    return time_s[kept & (time_s < until_s)]


def _true_channels(
    person: Person,
    route: Route,
    motion: Motion,
    forces: dict[str, Forces],
    at_s: np.ndarray,
) -> dict[str, np.ndarray]:
    """Every channel without noise at the sample times."""

    def sampled(values: np.ndarray) -> np.ndarray:
        return CubicSpline(route.time_s, values)(at_s)

    def straight(values: np.ndarray) -> np.ndarray:
        return np.interp(at_s, route.time_s, values)

    true: dict[str, np.ndarray] = {}
    for sensor in SENSORS:
        segment = sensor.removeprefix("center_")
        turn, shift = person.mounting[sensor]
        place = np.array(SENSOR_PLACES[segment.split("_")[-1]]) * person.height_m + shift
        body = motion.turn[segment]
        acc, gyr = virtual_imu(
            route.time_s, motion.origin_m[segment] + body.apply(place), body * turn, at_s
        )
        for quantity, values in (("acc", acc), ("gyr", gyr)):
            true |= {f"{sensor}_{quantity}_{a}": v for a, v in zip("xyz", values.T, strict=True)}
    true |= {name: sampled(values) for name, values in motion.angles_deg.items()}
    for side, force in forces.items():
        true |= {
            f"{side}_plate_force_{axis}": straight(values)
            for axis, values in zip("xyz", force.ground_n.T, strict=True)
        }
        true |= {
            f"{side}_plate_pos_{axis}": straight(values)
            for axis, values in zip("xy", force.pressure_m.T, strict=True)
        }
        true[f"{side}_ankle_moment_flexion"] = straight(force.torque)
    body_m = centre_of_mass(person, motion)
    true |= {f"center_body_pos_{a}": sampled(v) for a, v in zip("xyz", body_m.T, strict=True)}
    true["center_body_tilt_yaw"] = straight(np.degrees(route.heading_rad))
    for name, values in _markers(person, route, motion).items():
        true |= {f"{name}_pos_{a}": straight(v) for a, v in zip("xyz", values.T, strict=True)}
    return true


def _markers(person: Person, route: Route, motion: Motion) -> dict[str, np.ndarray]:
    """Joint centres, heel and ball (the toe) in the frame that moves along the path."""
    heel, ball = sole(person)
    middle = np.column_stack([route.x_m, route.y_m, np.zeros_like(route.x_m)])
    found = {}
    for side in SIDES:
        foot, turn = motion.origin_m[f"{side}_foot"], motion.turn[f"{side}_foot"]
        for name, room in (
            ("hip", motion.origin_m[f"{side}_thigh"]),
            ("knee", motion.origin_m[f"{side}_shank"]),
            ("ankle", foot),
            ("heel", foot + turn.apply([heel[0], 0.0, heel[1]])),
            ("toe", foot + turn.apply([ball[0], 0.0, ball[1]])),
        ):
            found[f"{side}_{name}"] = route.to_walker(room - middle)
    return found


def _measure(
    person: Person, true: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """True channels with the errors of the lab's instruments."""
    count = len(next(iter(true.values())))
    read: dict[str, np.ndarray] = {}
    for sensor in SENSORS:
        acc, gyr = (
            np.column_stack([true[f"{sensor}_{quantity}_{a}"] for a in "xyz"])
            for quantity in ("acc", "gyr")
        )
        read_pair = add_sensor_errors(acc, gyr, 0.01, rng)
        for quantity, values in zip(("acc", "gyr"), read_pair, strict=True):
            read |= {f"{sensor}_{quantity}_{a}": v for a, v in zip("xyz", values.T, strict=True)}
    for name, values in true.items():
        side, segment, quantity, _ = name.split("_")
        noise = rng.normal(size=count) if quantity in ("angle", "tilt", "moment", "force") else 0.0
        if name.endswith("ankle_angle_flexion"):
            shifted = values + person.encoder_zero_deg[side]
            read[name] = np.round(shifted / _ENCODER_DEG) * _ENCODER_DEG
        elif quantity in ("angle", "tilt") and name not in _UNSEEN:
            read[name] = values + _ANGLE_NOISE_DEG * noise
        elif quantity == "force":
            read[name] = values + _FORCE_NOISE_N * noise
        elif quantity == "moment":
            read[name] = values + _MOMENT_NOISE * noise
        elif segment == "plate":  # centre of pressure, unknown without load
            loaded = true[f"{side}_plate_force_z"] > _UNLOADED_N
            spread = _PRESSURE_NOISE_M * rng.normal(size=count)
            read[name] = np.where(loaded, values + spread, 0.0)
    return read


def step_table(
    route: Route, impedance: dict[str, Impedance], forces: dict[str, Forces]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Impedance and event times of every whole step, and the events.

    Parameters
    ----------
    impedance, forces : dict
        By side.

    Returns
    -------
    tuple of dict
        Columns of the step table, and event times by name, s.
    """
    rows: dict[str, list[np.ndarray]] = {}
    events: dict[str, np.ndarray] = {}
    for side in SIDES:
        strike = np.arange(int(route.phase[-1]) + 1) + (0.0 if side == "right" else 0.5)
        names = ("heel_strike", "foot_flat", "heel_off", "toe_off")
        times = [route.time_of(strike + later) for later in (0.0, *FLAT, TOE_OFF)]
        whole = np.isfinite(times[0]) & np.isfinite(times[-1])
        row = strike[whole].astype(int) + 1
        column = {
            "side": np.full(whole.sum(), side),
            **{f"{name}_s": time[whole] for name, time in zip(names, times, strict=True)},
            "speed_m_s": np.interp(times[0][whole], route.time_s, route.speed_m_s),
            "stiffness": impedance[side].stiffness[row],
            "damping": impedance[side].damping[row],
            "inertia": impedance[side].inertia[row],
            "equilibrium_deg": forces[side].equilibrium_deg[row],
        }
        for name, values in column.items():
            rows.setdefault(name, []).append(values)
        for name, time in zip(names, times, strict=True):
            events[f"{side}_{name}"] = time[np.isfinite(time)]
    return {name: np.concatenate(parts) for name, parts in rows.items()}, events
