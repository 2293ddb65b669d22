"""From recordings to an error on a new person, with the library alone."""

import numpy as np

import gaitcast
from gaitcast.channel import match_channels
from gaitcast.evaluation.splits import LeaveOneSubjectOut
from gaitcast.models import Signature
from gaitcast.signal import Butterworth, ComplementaryTilt
from gaitcast.tasks import Windows, cut_series

TARGET = ("right_ankle_angle_flexion",)
HISTORY, HORIZON = 200, 20  # samples

cohort = gaitcast.load("simulated", subjects=3, minutes=0.5, rate_hz=100.0)
channels = match_channels(cohort.recordings[0].channels, ["*_acc_*", "*_gyr_*"], where="example")
chain = gaitcast.Chain([Butterworth(20.0), ComplementaryTilt()], channels, rate_hz=100.0)
features = {trial.trial: chain.run(trial) for trial in cohort}
signature = Signature(chain.channels, TARGET, HISTORY, HORIZON, 100.0)

fold = LeaveOneSubjectOut("loso").folds(cohort, gap=HISTORY + HORIZON)[0]
train, validation, test = (
    cut_series(cohort, features, TARGET, part) for part in (fold.train, fold.validation, fold.test)
)
predictor, _ = gaitcast.fit("ridge", signature, train, validation)
errors = [
    np.abs(forecast - Windows([series], HISTORY, HORIZON).futures(0)).mean()
    for series, forecast in predictor.forecasts(test)
]
print(f"{fold.subject}, never seen: {np.mean(errors):.2f} deg, 10 to {10 * HORIZON} ms ahead")
