"""A bundle made and fed sample by sample; the state goes through a file in between."""

import tempfile
from pathlib import Path

import numpy as np

from gaitcast import Bundle, Chain, Engine, fit
from gaitcast.deploy import write_bundle
from gaitcast.models import Signature
from gaitcast.signal import Butterworth, ComplementaryTilt, resample
from gaitcast.simulate import simulate
from gaitcast.tasks import Span, cut_series

TARGET = ("right_ankle_angle_flexion",)

cohort = simulate(subjects=2, minutes=0.3)
teacher, newcomer = (resample(trial, 100.0) for trial in cohort)
chain = Chain([Butterworth(20.0), ComplementaryTilt()], teacher.channels, 100.0)
signature = Signature(chain.channels, TARGET, 100, 20, 100.0)
spans = [Span(teacher.trial, 0, len(teacher))]
clocked = type(cohort)("clocked", (teacher, newcomer))
train = cut_series(clocked, {teacher.trial: chain.run(teacher)}, TARGET, spans)
predictor, _ = fit("knn", signature, train)

with tempfile.TemporaryDirectory() as place:
    bundle = Bundle.load(write_bundle(chain, predictor, Path(place) / "knn"))
    engine, raw, errors = Engine(bundle), cohort["S02"], []
    angle = newcomer.column(TARGET[0])
    for number, (time_s, sample) in enumerate(zip(raw.time_s, raw.samples, strict=True)):
        if number == 700:  # a restart of the device
            engine.save_state(Path(place) / "state.npz")
            engine = Engine(bundle)
            engine.load_state(Path(place) / "state.npz")
        for forecast in engine.push(time_s, sample):
            now = round((forecast.time_s - newcomer.time_s[0]) * 100)
            if now + 20 < len(angle):
                errors.append(abs(forecast.values[-1, 0] - angle[now + 20]))
print(f"{len(errors)} forecasts of a newcomer, 200 ms ahead: {np.mean(errors):.2f} deg")
