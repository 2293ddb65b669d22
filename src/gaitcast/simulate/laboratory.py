"""Ankles of simulated people as a laboratory measures them, with known truth for identification."""

from __future__ import annotations

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.recording import Recording, Truth
from gaitcast.seed import SEEDS
from gaitcast.simulate.people import SIDES
from gaitcast.simulate.population import check_numbers, step_table, walk
from gaitcast.simulate.route import CLOCK_HZ


def simulate_ankles(
    subjects: int = 4,
    minutes: float = 0.5,
    rate_hz: float = 250.0,
    seed: int = 0,
    *,
    angle_noise_deg: float = 0.05,
    moment_noise: float = 0.005,
) -> Cohort:
    """Ankle angles and moments of both sides, with the white noise of a laboratory.

    Parameters
    ----------
    subjects : int
        Number of people; the same people as those of :func:`gaitcast.simulate.simulate`.
    minutes : float
        Length of each walk.
    rate_hz : float
        Rate of the uniform clock, 100 to 2,000.
    seed : int
        The same seed gives the same bytes.
    angle_noise_deg, moment_noise : float
        SD of the noise of each sample; of the moment in N m/kg.

    Returns
    -------
    Cohort
        ``SIDE_ankle_angle_flexion`` (deg), ``SIDE_ankle_moment_flexion`` (N m/kg) and events;
        stiffness, damping, inertia and equilibrium of every step in each recording's ``truth``.
        They hold from heel strike to a sixth of stance, see :mod:`gaitcast.simulate.forces`.

    Raises
    ------
    GaitcastError
        If a number is out of range.
    """
    check_numbers(
        (
            (f"{subjects} people", subjects >= 1, "Ask for at least one"),
            (f"{minutes:g} minutes", 0.1 <= minutes <= 60, "Ask for 0.1 to 60"),
            (f"at {rate_hz:g} Hz", CLOCK_HZ <= rate_hz <= 2000, "Ask for 100 to 2,000"),
            (f"seed {seed}", 0 <= seed < SEEDS, f"Give 0 to {SEEDS - 1}"),
        )
    )
    recordings, subjects_table = [], {}
    for number in range(subjects):
        name = f"S{number + 1:02d}"
        rng = np.random.default_rng([seed, number])
        person, route, impedance, motion, forces = walk(name, minutes * 60, rng, rate_hz)
        subjects_table[name] = person.covariates()
        true = {}
        for side in SIDES:
            angle = motion.angles_deg[f"{side}_ankle_angle_flexion"]
            true[f"{side}_ankle_angle_flexion"] = angle
            true[f"{side}_ankle_moment_flexion"] = forces[side].torque
        table, events = step_table(route, impedance, forces)
        clean = np.column_stack(list(true.values()))
        spread = np.tile([angle_noise_deg, moment_noise], 2)
        recordings.append(
            Recording(
                name,
                name,
                rate_hz,
                route.time_s,
                clean + spread * rng.normal(size=clean.shape),
                tuple(true),
                events,
                truth=Truth(clean.astype(np.float32), tuple(true), table),
            )
        )
    return Cohort("simulated laboratory", tuple(recordings), subjects_table)
