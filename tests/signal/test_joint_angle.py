"""A joint's angle from two IMUs: a hinge with known truth, other mountings, and real people."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gaitcast import JointAngle, Pipeline, load
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle
from gaitcast.signal import Chain
from gaitcast.signal.joint_pair import SEGMENTS
from gaitcast.simulate import simulate

ANGLE = "right_ankle_angle_flexion"
IMU = tuple(f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz")
STEP = JointAngle(ANGLE, "right_shank", "right_foot")
#: How both sensors are fixed on everybody.
MOUNTED = Rotation.from_euler("xyz", [[20.0, -10.0, 0.0], [0.0, 15.0, 30.0]], degrees=True)


def hinge(seed: int, turned_deg: float = 0.0, seconds: float = 60.0) -> Recording:
    """Stands for 3 s, then walks: a foot that rests in every step, and a shank on a hinge."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(100 * seconds)) / 100
    pace, size = rng.uniform(0.7, 1.0), rng.uniform(0.8, 1.2)
    cycle = np.maximum(at_s - 3, 0) * pace
    begun = np.clip((at_s - 3) / 2, 0, 1) ** 2
    swing = np.clip((cycle % 1 - 0.4) / 0.6, 0, 1)
    lift = np.sin(np.pi * swing) ** 2
    angle = size * begun * (9 * np.sin(2 * np.pi * cycle) + 4 * np.sin(4 * np.pi * cycle + 1))
    tilts = [30 * np.sin(2 * np.pi * swing) * lift, 9 * lift, 7 * np.sin(2 * np.pi * swing) * lift]
    foot = Rotation.from_euler("zxy", size * np.column_stack(tilts) * begun[:, None], degrees=True)
    shank = foot * Rotation.from_euler("z", -angle[:, None], degrees=True)
    columns = []
    for body, mounted in zip((foot, shank), MOUNTED, strict=True):
        axis = rng.normal(size=3)
        more = Rotation.from_rotvec(np.radians(turned_deg) * axis / np.linalg.norm(axis))
        sensor = body * mounted * more
        turn = (sensor[:-1].inv() * sensor[1:]).as_rotvec(degrees=True) * 100
        columns += [sensor.inv().apply([0.0, 9.81, 0.0]), np.vstack([np.zeros(3), turn])]
    samples = np.column_stack([angle, *columns])
    person = f"P{seed}"
    return Recording(person, person, 100.0, at_s, samples, (ANGLE, *IMU))


@pytest.fixture(scope="module")
def learned() -> JointAngle:
    return STEP.learned([hinge(seed) for seed in range(4)])


def errors(step: JointAngle, recording: Recording) -> np.ndarray:
    made = Chain([step], IMU, 100.0).run(recording)
    return made[:, -2] - recording.column(ANGLE)


def test_a_hinge_gives_its_angle(learned):
    for seed in (10, 11):
        away = np.abs(errors(learned, hinge(seed)))
        assert away.mean() < 0.3
        assert away.max() < 2.0  # in the first step, before the axes are seen


@pytest.mark.parametrize("turned_deg", [10.0, 20.0])
def test_sensors_that_are_turned_find_the_axes(learned, turned_deg):
    fixed = replace(learned, mounting_deg=0.0)
    for seed in (12, 13, 14):
        walk = hinge(seed, turned_deg)
        found, kept = (np.abs(errors(step, walk)[1000:]).mean() for step in (learned, fixed))
        assert found < 0.1 * turned_deg
        assert found < 0.5 * kept


def test_the_deviation_covers_the_error(learned):
    walk = hinge(15, 15.0)
    made = Chain([learned], IMU, 100.0).run(walk)
    assert (np.abs(made[:, -2] - walk.column(ANGLE)) < 2 * made[:, -1]).mean() > 0.9


def test_the_deviation_grows_where_the_level_does_not_fit(learned):
    walk = hinge(15)
    slow = walk.samples.copy()
    slow[:, [4, 5, 6, 10, 11, 12]] *= np.pi / 180
    usual, wrong = (
        Chain([learned], IMU, 100.0).run(r)[500:, -1].mean()
        for r in (walk, replace(walk, samples=slow))
    )
    assert wrong > 2 * usual


def test_a_start_in_mid_walk_is_less_certain(learned):
    walk, covered = hinge(16), []
    for begin in range(1000, 1100, 10):
        rows = slice(begin, None)
        cut = replace(walk, time_s=walk.time_s[rows], samples=walk.samples[rows])
        made = Chain([learned], IMU, 100.0).run(cut)
        away = np.abs(made[:, -2] - cut.column(ANGLE))
        covered.append((away < 2 * made[:, -1]).mean() > 0.95)
    assert sum(covered) >= 9  # in one of ten instants of this walk nothing turns


def test_axes_are_not_followed_where_the_skin_moves_otherwise(learned):
    loose = STEP.learned([on_skin(hinge(seed), seed) for seed in range(4)])
    assert learned.rate_dps[1] == 1
    assert loose.rate_dps[1] == 0
    walk = on_skin(hinge(20), 20)
    assert (
        np.abs(errors(loose, walk)).mean()
        < np.abs(errors(replace(loose, rate_dps=(loose.rate_dps[0], 1.0)), walk)).mean()
    )


def on_skin(recording: Recording, seed: int) -> Recording:
    """The shank's sensor swings with each step, about an axis of the person's own."""
    axis = np.random.default_rng(seed).normal(size=3)
    samples = recording.samples.copy()
    bend = np.gradient(recording.column(ANGLE)) * 100
    samples[:, -3:] += 0.4 * np.abs(bend)[:, None] * axis / np.linalg.norm(axis)
    return replace(recording, samples=samples)


def test_a_gap_begins_anew(learned):
    walk = hinge(16)
    after = replace(walk, time_s=walk.time_s + 5.0)
    both = replace(
        walk,
        time_s=np.r_[walk.time_s, after.time_s + walk.time_s[-1]],
        samples=np.vstack([walk.samples, walk.samples]),
    )
    made = Chain([learned], IMU, 100.0).run(both)
    np.testing.assert_allclose(made[: len(walk)], made[len(walk) :], atol=1e-12)


def test_channels_are_named_and_others_stay(learned):
    assert learned.bind(IMU, 100.0).channels == (*IMU, ANGLE, "right_ankle_anglesd_flexion")
    assert replace(learned, uncertainty="none").bind(IMU, 100.0).channels == (*IMU, ANGLE)


def test_nothing_learned_is_refused():
    with pytest.raises(GaitcastError, match=r"learned nothing.*Fit the pipeline"):
        Chain([STEP], IMU, 100.0).run(hinge(0, seconds=5.0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: STEP.bind((ANGLE, *IMU), 100.0), "among the inputs"),
        (lambda: STEP.bind(IMU[:-1], 100.0), "needs 'right_shank_gyr_z'"),
        (lambda: JointAngle("right_foot_acc_x", "right_shank", "right_foot"), "no joint angle"),
        (lambda: STEP.learned([restless(hinge(0))]), "never rests"),
        (lambda: STEP.learned([unlike(hinge(0))]), "explain only"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(GaitcastError, match=words):
        make()


@pytest.fixture(scope="module")
def both_legs():
    """Two walking people with IMUs on both legs and a measured angle of ankle and knee."""
    return simulate(subjects=2, minutes=0.5, seed=3)


@pytest.mark.parametrize("angle", [ANGLE, "right_knee_angle_flexion"])
def test_the_right_pair_is_learned_from_simulated_people_too(both_legs, angle):
    proximal, distal = SEGMENTS[angle.split("_")[1]]
    step = JointAngle(angle, f"right_{proximal}", f"right_{distal}").learned(both_legs)
    assert 0.9 < np.abs(step.rate_map).max() < 1.2  # their feet turn about one axis and no other


@pytest.mark.parametrize(
    ("angle", "proximal", "distal"),
    [
        (ANGLE, "right_thigh", "right_foot"),
        (ANGLE, "left_shank", "right_foot"),
        (ANGLE, "right_shank", "left_foot"),
        (ANGLE, "right_foot", "right_shank"),
        ("right_knee_angle_flexion", "right_thigh", "right_foot"),
        ("right_knee_angle_flexion", "left_thigh", "right_shank"),
        ("right_hip_angle_flexion", "center_pelvis", "left_thigh"),
    ],
)
def test_segments_that_are_not_beside_the_joint_are_refused_by_name(angle, proximal, distal):
    with pytest.raises(GaitcastError, match="is not beside the joint of"):
        JointAngle(angle, proximal, distal)


@pytest.mark.parametrize(
    ("angle", "named", "worn"),
    [
        (ANGLE, "right_shank", "right_thigh"),
        (ANGLE, "right_shank", "left_shank"),
        (ANGLE, "right_foot", "left_foot"),
        ("right_knee_angle_flexion", "right_shank", "right_foot"),
        ("right_knee_angle_flexion", "right_thigh", "left_thigh"),
        ("right_knee_angle_flexion", "right_thigh", "center_pelvis"),
    ],
)
def test_sensors_with_each_other_s_name_are_refused_by_what_they_measured(
    both_legs, angle, named, worn
):
    def relabelled(name):
        for one, other in ((named, worn), (worn, named)):
            if name.startswith((f"{one}_acc", f"{one}_gyr")):
                return name.replace(one, other)
        return name

    mixed = [replace(r, channels=tuple(map(relabelled, r.channels))) for r in both_legs]
    proximal, distal = SEGMENTS[angle.split("_")[1]]
    step = JointAngle(angle, f"right_{proximal}", f"right_{distal}")
    with pytest.raises(GaitcastError, match=f"explain only|'{worn}' in place of '{named}'"):
        step.learned(mixed)


def test_what_is_not_clear_is_a_warning():
    with pytest.warns(UserWarning, match=r"explain 9\d% of the rate"):
        STEP.learned([shaking(hinge(seed)) for seed in range(2)])


def test_sensors_that_are_exchanged_are_a_warning():
    imus = {n: n.replace("foot", "x").replace("shank", "foot").replace("x_", "shank_") for n in IMU}
    walks = [hinge(seed) for seed in range(2)]
    walks = [replace(w, channels=tuple(imus.get(n, n) for n in w.channels)) for w in walks]
    with pytest.warns(UserWarning, match="look exchanged"):
        STEP.learned(walks)


def shaking(recording: Recording) -> Recording:
    """A marker of the measured angle shakes."""
    samples = recording.samples.copy()
    samples[300:, 0] += 1.2 * np.sin(np.arange(len(samples) - 300) / 4)
    return replace(recording, samples=samples)


def restless(recording: Recording) -> Recording:
    samples = recording.samples.copy()
    samples[:, 4:7] += 20.0
    return replace(recording, samples=samples)


def unlike(recording: Recording) -> Recording:
    samples = recording.samples.copy()
    samples[:, 0] = np.random.default_rng(0).normal(size=len(samples))
    return replace(recording, samples=samples)


def test_a_pipeline_learns_it_on_its_training_people_alone(tmp_path):
    walks = [hinge(seed, seconds=20.0) for seed in range(3)]
    cohort = Cohort("hinge", tuple(walks))
    pipe = Pipeline(
        inputs=["*_acc_*", "*_gyr_*"], targets=[ANGLE], history_ms=200, horizon_ms=100,
        steps=[STEP], model="persistence",
    )  # fmt: skip
    pipe.fit(cohort.without("P2"))
    alone = STEP.learned(walks[:2])
    assert pipe.fitted.chain.steps == (alone,)
    assert pipe.steps == (STEP,)
    assert pipe.describe()["measured_ms"] == {}
    pipe.save(tmp_path / "kept")
    again = Pipeline.load(tmp_path / "kept")
    assert again.steps == (STEP,)
    assert again.fitted.chain.steps == (alone,)
    one, other = (p.predict(walks[2]).values for p in (pipe, again))
    assert np.array_equal(one, other)
    assert pipe.score(cohort).mae.max() < 10
    bundle = Bundle.load(pipe.export(tmp_path / "bundle"))
    assert ANGLE not in bundle.card.channels
    assert json.loads((tmp_path / "bundle" / "card.json").read_text())["measured_ms"] == {}


def faulty(samples: np.ndarray, kind: str) -> np.ndarray:
    """Foot, then shank (n, 12): worn or wired otherwise than the training people's."""
    made, foot, shank = samples.copy(), slice(0, 6), slice(6, 12)
    if kind == "exchanged":
        made = np.hstack([samples[:, shank], samples[:, foot]])
    elif kind == "rad/s":
        made[:, [3, 4, 5, 9, 10, 11]] *= np.pi / 180
    elif kind == "foot in rad/s":
        made[:, 3:6] *= np.pi / 180
    elif kind == "dead foot":
        made[:, foot] = 0.0
    elif kind == "another leg":  # half a step later
        made[:, shank] = np.roll(samples[:, shank], 55, axis=0)
    return made


#: Share of the instants that two standard deviations cover at least.
COVERED = {"": 0.95, "rad/s": 0.85, "foot in rad/s": 0.85, "dead foot": 0.85, "another leg": 0.85}


def test_the_deviation_says_what_faulty_sensors_cost(data):
    cohort = load("ankle6-encoder", data / "ankle6-encoder", rate_hz=100.0)
    angle, walk = "ipsi_ankle_angle_flexion", cohort["LOG25"]
    imu = tuple(n.replace("right", "ipsi") for n in IMU)
    step = JointAngle(angle, "ipsi_shank", "ipsi_foot").learned([*cohort.without("LOG25")])
    deviations = {}
    for kind in (*COVERED, "exchanged"):
        bound = step.bind(imu, 100.0)
        made = bound.process(faulty(walk.matrix(imu), kind), walk.dt_s())[200:]
        away = np.abs(made[:, -2] - walk.column(angle)[200:])
        assert (away < 2 * made[:, -1]).mean() > COVERED.get(kind, 0.2), kind
        deviations[kind] = made[:, -1].mean()
    usual = deviations.pop("")
    assert usual < 2.2
    assert min(deviations.values()) > 1.9 * usual


def test_new_people_with_an_encoder(data):
    cohort = load("ankle6-encoder", data / "ankle6-encoder", rate_hz=100.0)
    angle = "ipsi_ankle_angle_flexion"
    step = JointAngle(angle, "ipsi_shank", "ipsi_foot")
    found = []
    for walk in cohort:
        inputs = tuple(n for n in walk.channels if n != angle)
        others = [other for other in cohort if other.subject != walk.subject]
        made = Chain([step.learned(others)], inputs, 100.0).run(walk)
        found.append(np.abs(made[199:, -2] - walk.column(angle)[199:]).mean())
    assert np.mean(found) < 0.85
    assert max(found) < 1.2


def test_what_another_version_learned_is_one_clear_error():
    with pytest.raises(GaitcastError, match=r"'start_deg' has 2 numbers instead of 4"):
        JointAngle(
            angle="right_ankle_angle_flexion",
            proximal="right_shank",
            distal="right_foot",
            start_deg=(1.0, 2.0),
        )
