"""Shared recordings: simulated ones, and the real ones where ``GAITCAST_DATA`` points to them."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from gaitcast.cohort import Cohort
from gaitcast.recording import Recording
from gaitcast.signal import resample
from gaitcast.simulate import simulate
from gaitcast.simulate.feet import move_foot
from gaitcast.simulate.motion import Motion, move_body
from gaitcast.simulate.people import SIDES, Person, draw_person
from gaitcast.simulate.route import Route, draw_traits, plan_route

torch.set_num_threads(1)
ANGLE = "right_ankle_angle_flexion"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the real recordings; without it a test is skipped, or fails if required."""
    folder = Path(os.environ.get("GAITCAST_DATA", "not set"))
    if not folder.is_dir():
        message = f"real recordings needed: GAITCAST_DATA is {folder}"
        if os.environ.get("GAITCAST_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return folder.resolve()


@pytest.fixture(scope="session")
def people() -> Cohort:
    """Three simulated people, 20 s each, on a uniform clock."""
    cohort = simulate(subjects=3, minutes=0.3, seed=5)
    return Cohort("people", tuple(resample(r, 100.0) for r in cohort))


@pytest.fixture(scope="session")
def walk() -> tuple[Person, Route, Motion]:
    """A minute and a half of a simulated person before any sensor has seen it."""
    rng = np.random.default_rng(6)
    person = draw_person("P", rng)
    route = plan_route(person, 90.0, rng)
    steps = int(route.phase[-1]) + 4
    feet = {side: move_foot(person, route, side, draw_traits(steps, rng)) for side in SIDES}
    return person, route, move_body(person, route, feet)


def recording(samples: np.ndarray, rate_hz: float = 100.0, trial: str = "t") -> Recording:
    """A recording of plain numbers: foot accelerometer x, y, z, as far as there are columns."""
    channels = tuple(f"right_foot_acc_{a}" for a in "xyz")[: samples.shape[1]]
    return Recording("p", trial, rate_hz, np.arange(len(samples)) / rate_hz, samples, channels)


@pytest.fixture(scope="session")
def live_bundle(people, tmp_path_factory):
    """A small bundle with intervals, for the live page."""
    from gaitcast import Pipeline  # here, since torch and bokeh take seconds
    from gaitcast.runtime import Bundle

    pipe = Pipeline(
        inputs=["right_shank_*", ANGLE],
        targets=[ANGLE],
        history_ms=200,
        horizon_ms=100,
        model="ridge",
    ).fit(people.without("S03"))
    folder = tmp_path_factory.mktemp("live") / "bundle"
    return Bundle.load(pipe.export(folder, half_width=np.full((10, 1), 5.0)))


@pytest.fixture
def samples(people, live_bundle):
    """What the live page is fed with."""
    walk = people["S03"]
    return [*zip(walk.time_s, walk.complete(live_bundle.card.channels), strict=True)]


@pytest.fixture
def finished(live_bundle, samples):
    """A session whose source ended."""
    from gaitcast.live.live_session import LiveSession
    from gaitcast.runtime import Engine

    session = LiveSession(Engine(live_bundle))
    session.begin(iter(samples))
    session.join(60)
    return session
