"""Error on a new wearer by the number of people trained on, and by the seconds of each.

Every person of a set is tested; the models train on some of the others, drawn anew for each tested
person and seed. Set GAITCAST_DATA. Arguments: ``ankle`` or ``knee``, then models.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from gaitcast.cohort import Cohort, change_recordings
from gaitcast.datasets import load
from gaitcast.pipeline import Pipeline
from gaitcast.recording import Recording

#: Dataset, target, inputs, numbers of people, seconds of each (all of it where None).
SETS = {
    "ankle": (
        "ankle6-encoder",
        "ipsi_ankle_angle_flexion",
        ["*_acc_*", "*_gyr_*", "ipsi_ankle_angle_flexion"],
        ((1, None), (2, None), (3, None), (5, None), (5, 15.0), (5, 30.0), (5, 60.0)),
    ),
    "knee": (
        "uci-emg-knee22",
        "ipsi_knee_angle_flexion",
        ["ipsi_knee_angle_flexion"],
        ((1, None), (3, None), (7, None), (15, None)),
    ),
}
SEEDS = 2


def beginning(cohort: Cohort, seconds: float | None) -> Cohort:
    """The first seconds of each recording."""
    if seconds is None:
        return cohort

    def cut(one: Recording) -> Recording:
        kept = one.time_s < one.time_s[0] + seconds
        return replace(one, time_s=one.time_s[kept], samples=one.samples[kept])

    return change_recordings(cohort, cut)


def error(pipe: Pipeline, recording: Recording) -> float:
    """Mean absolute error over all steps ahead whose truth was measured, deg."""
    made = pipe.predict(recording)
    ahead_s = made.ahead_ms / 1000
    truth = np.interp(
        made.time_s[:, None] + ahead_s, recording.time_s, recording.column(pipe.targets[0])
    )
    inside = made.time_s + ahead_s[-1] <= recording.time_s[-1]
    return float(np.abs(made.values[inside, :, 0] - truth[inside]).mean())


def main() -> None:
    dataset, target, inputs, amounts = SETS[sys.argv[1]]
    cohort = load(dataset, rate_hz=100, max_gap_s=0.1)
    subjects = list(dict.fromkeys(one.subject for one in cohort))
    pipe = Pipeline(inputs=inputs, targets=[target], history_ms=2000, horizon_ms=500)
    rows = []
    for model in sys.argv[2:]:
        for people, seconds in amounts:
            for seed in range(SEEDS if people < len(subjects) - 1 else 1):
                for number, subject in enumerate(subjects):
                    others = [one for one in subjects if one != subject]
                    drawn = np.random.default_rng((seed, number)).permutation(others)[:people]
                    training = beginning(cohort.select(sorted(drawn)), seconds)
                    made = replace(pipe, model=model, seed=seed).fit(training)
                    trials = [one for one in cohort if one.subject == subject]
                    found = np.mean([error(made, one) for one in trials])
                    rows.append((model, people, seconds or 0.0, subject, found))
            table = pd.DataFrame(rows, columns=["model", "people", "seconds", "subject", "mae"])
            chosen = table[(table.model == model) & (table.people == people)]
            each = chosen[chosen.seconds == (seconds or 0.0)].groupby("subject").mae.mean()
            half = 1.96 * each.std() / np.sqrt(len(each))
            print(f"{model} {people} people, {seconds or 'all'} s: {each.mean():.2f} +- {half:.2f}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
