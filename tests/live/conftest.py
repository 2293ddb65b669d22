"""A small bundle with intervals, and what it is fed with."""

import numpy as np
import pytest

from gaitcast import Pipeline
from gaitcast.live.live_session import LiveSession
from gaitcast.runtime import Bundle, Engine

ANGLE = "right_ankle_angle_flexion"


@pytest.fixture(scope="session")
def live_bundle(people, tmp_path_factory):
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
    walk = people["S03"]
    return [*zip(walk.time_s, walk.complete(live_bundle.card.channels), strict=True)]


@pytest.fixture
def finished(live_bundle, samples):
    """A session whose source ended."""
    session = LiveSession(Engine(live_bundle))
    session.begin(iter(samples))
    session.join(60)
    return session
