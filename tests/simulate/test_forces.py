from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gaitcast.simulate import simulate, virtual_imu
from gaitcast.simulate.feet import move_foot
from gaitcast.simulate.forces import IMPEDANCE_UNTIL, draw_impedance, ground_forces
from gaitcast.simulate.motion import centre_of_mass, move_body
from gaitcast.simulate.people import SIDES, draw_person
from gaitcast.simulate.route import draw_traits, plan_route

GRAVITY = 9.80665


def acted(person, seed=6, long_s=60.0):
    """Everything of one walk of a person."""
    rng = np.random.default_rng(seed)
    route = plan_route(person, long_s, rng)
    steps = int(route.phase[-1]) + 4
    traits = {side: draw_traits(steps, rng) for side in SIDES}
    impedance = {side: draw_impedance(person, traits[side], rng) for side in SIDES}
    feet = {side: move_foot(person, route, side, traits[side]) for side in SIDES}
    motion = move_body(person, route, feet)
    return route, feet, motion, impedance, ground_forces(person, route, motion, feet, impedance)


@pytest.fixture(scope="module")
def scene():
    person = draw_person("P", np.random.default_rng(6))
    return person, *acted(person)


def test_newton_holds(scene):
    person, route, _, motion, _, forces = scene
    place = centre_of_mass(person, motion)
    # Not the splines that made the forces: plain second differences of where the body is.
    pull = np.gradient(np.gradient(place, route.time_s, axis=0), route.time_s, axis=0)
    pull += [0, 0, GRAVITY]
    pull = route.to_walker(pull)
    total = forces["right"].ground_n + forces["left"].ground_n
    weight = person.mass_kg * GRAVITY
    inside = slice(5, -5)
    rms = np.sqrt(np.mean((total - person.mass_kg * pull)[inside] ** 2, axis=0)) / weight
    assert rms.max() < 0.01
    assert np.all(forces["right"].ground_n[:, 2] >= 0)


def test_the_walkers_frame_turns_with_the_walker(scene):
    route = replace(scene[1], heading_rad=np.full_like(scene[1].time_s, np.pi / 2))
    room = np.tile([0.0, 2.0, 3.0], (len(route.time_s), 1))
    assert np.allclose(route.to_walker(room), [2.0, 0.0, 3.0])  # facing y, y is ahead
    room = np.tile([1.0, 0.0, 0.0], (len(route.time_s), 1))
    assert np.allclose(route.to_walker(room), [0.0, -1.0, 0.0])  # and x is to the right


def test_segments_make_the_whole_body(scene):
    for sex in ("female", "male"):
        person = replace(draw_person("P", np.random.default_rng(1)), sex=sex)
        parts = {"pelvis": 1, "trunk": 1, "arm": 2, "forearm": 2, "thigh": 2, "shank": 2, "foot": 2}
        total = sum(count * person.segment(name).mass for name, count in parts.items())
        assert total == pytest.approx(person.mass_kg, rel=0.005)
    person, route, _, motion, *_ = scene
    standing = centre_of_mass(person, motion)[route.time_s < 1.5, 2].mean()
    assert 0.54 < standing / person.height_m < 0.575


def test_standing_is_in_balance_and_feet_are_side_by_side(scene):
    person, route, _, motion, _, forces = scene
    still = route.time_s < 1.5
    body = centre_of_mass(person, motion)[still, 0].mean()
    feet = {side: motion.origin_m[f"{side}_foot"][still, 0].mean() for side in SIDES}
    pressure = np.mean([feet[s] + forces[s].pressure_m[still, 0].mean() for s in SIDES])
    assert abs(feet["right"] - feet["left"]) < 0.01
    assert abs(pressure - body) < 0.02


def test_a_loaded_foot_stays_where_it_landed_and_bodies_move_smoothly():
    for seed in range(12):
        person = draw_person("P", np.random.default_rng(seed))
        route, feet, motion, _, forces = acted(person, seed, 30.0)
        straight = (route.effort > 0.6) & (np.abs(route.turning_rad_s) < 0.05)
        for side in SIDES:
            loaded = straight & (forces[side].ground_n[:, 2] > 0.2 * person.mass_kg * GRAVITY)
            foot = motion.origin_m[f"{side}_foot"]
            short = np.linalg.norm(foot - feet[side].ankle_m, axis=1)[loaded]
            assert np.median(short) < 0.01
            assert np.percentile(short, 95) < 0.02
            turn = motion.turn[f"{side}_shank"]
            acc, _ = virtual_imu(route.time_s, motion.origin_m[f"{side}_shank"], turn)
            assert np.linalg.norm(acc, axis=1).max() < 200
            assert np.percentile(np.linalg.norm(acc, axis=1), 99) < 80
        left = np.column_stack([-np.sin(route.heading_rad), np.cos(route.heading_rad)])
        apart = (motion.origin_m["left_foot"] - motion.origin_m["right_foot"])[:, :2]
        assert (apart * left).sum(axis=1).min() > -0.12  # legs do not pass through each other


def test_the_ankle_obeys_its_impedance_in_early_stance(scene):
    person, route, feet, motion, impedance, forces = scene
    for side in SIDES:
        angle = np.radians(motion.angles_deg[f"{side}_ankle_angle_flexion"])
        rate = np.gradient(angle, route.time_s)
        speedup = np.gradient(rate, route.time_s)
        early = (feet[side].phase < IMPEDANCE_UNTIL) & (route.effort > 0.7)
        row = feet[side].step + 1
        equilibrium = np.radians(forces[side].equilibrium_deg[row])
        law = (
            impedance[side].stiffness[row] * (angle - equilibrium)
            + impedance[side].damping[row] * rate
            + impedance[side].inertia[row] * speedup
        )
        # Where the centre of pressure would leave the sole, the sole wins.
        long = person.length("foot")
        free = (
            early
            & (forces[side].pressure_m[:, 0] > -0.23 * long)
            & (forces[side].ground_n[:, 2] > 50)
        )
        assert free.sum() > 0.7 * early.sum()
        error = (law - forces[side].torque)[free]
        assert np.sqrt(np.mean(error**2)) < 0.02
        assert np.std(forces[side].torque[free]) > 0.05


def test_pressure_rolls_forward_under_the_sole(scene):
    person, route, feet, _, _, forces = scene
    long = person.length("foot")
    for side in SIDES:
        along = forces[side].pressure_m[:, 0] / long
        assert along.min() >= -0.25
        assert along.max() <= 0.75
        walking = route.effort > 0.8
        late = walking & (feet[side].phase > 0.45) & (feet[side].phase < 0.55)
        early = walking & (feet[side].phase > 0.02) & (feet[side].phase < 0.06)
        assert along[late].mean() - along[early].mean() > 0.4
        assert 1.0 < forces[side].torque[walking].max() < 2.6  # push-off


def test_the_foot_imu_of_the_swing_tells_of_the_stiffness_to_come():
    (trial,) = simulate(1, 4.0, 0)
    steps = {name: values[trial.truth.steps["side"] == "right"]
             for name, values in trial.truth.steps.items()}  # fmt: skip
    imu = trial.matrix([f"right_foot_{q}_{a}" for q in ("acc", "gyr") for a in "xyz"])
    swings, stiffness = [], []
    for off, strike, k in zip(
        steps["toe_off_s"], steps["heel_strike_s"][1:], steps["stiffness"][1:], strict=False
    ):
        if strike - off < 0.6:
            grid = np.linspace(off, strike, 20)
            swings.append(np.concatenate([np.interp(grid, trial.time_s, c) for c in imu.T]))
            stiffness.append(k)
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 4, 9)))
    told = cross_val_predict(model, np.array(swings), np.array(stiffness), cv=5)
    left = np.mean((told - stiffness) ** 2) / np.var(stiffness)
    assert 0.1 < left < 0.7  # neither hidden nor given away


def test_a_bowed_knee_moves_more_force_to_the_side():
    person = draw_person("P", np.random.default_rng(6))
    for side, other, medial in (("right", "left", 1), ("left", "right", -1)):
        spread = []
        for degrees, affected in ((-4.0, "none"), (1.3, "none"), (8.0, "none"), (8.0, side)):
            alignment = {side: degrees, other: 1.3}
            bowed = replace(person, knee_alignment_deg=alignment, affected_side=affected)
            route, feet, *_, forces = acted(bowed)
            alone = (feet[side].phase > 0.15) & (feet[side].phase < 0.45) & (route.effort > 0.8)
            spread.append(medial * forces[side].ground_n[alone, 1].mean())
        assert np.all(np.diff(spread) > 1.0)  # N


def test_a_knee_never_locks_however_bowed():
    person = draw_person("P", np.random.default_rng(6))
    bowed = replace(person, knee_alignment_deg={"right": 12.0, "left": -9.0})
    _, _, motion, _, _ = acted(bowed, long_s=20.0)
    for side in SIDES:
        assert motion.angles_deg[f"{side}_knee_angle_flexion"].min() > 2.0


def test_people_differ_in_stiffness():
    means = [trial.truth.steps["stiffness"].mean() for trial in simulate(6, 0.3, 1)]
    assert 1.0 < np.mean(means) < 3.0
    assert np.std(means) > 0.15
