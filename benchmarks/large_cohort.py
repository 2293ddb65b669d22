"""Training from a cohort on disk that is larger than the memory it may use, and from one in memory.

python benchmarks/large_cohort.py make FOLDER --gigabytes 10
python benchmarks/large_cohort.py train FOLDER --batches 3000
python benchmarks/large_cohort.py train FOLDER --batches 3000 --people 12   # held in memory
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import gaitcast as gc
from gaitcast.cohort import OnDemand, RecordingInfo
from gaitcast.io import write_cohort
from gaitcast.models import build
from gaitcast.simulate.population import simulate_person
from gaitcast.tasks import Span
from gaitcast.tasks.mapped_rows import Place
from gaitcast.training.batches import training_batches
from gaitcast.training.fit import fit_scalers
from gaitcast.training.module import ForecastModule
from gaitcast.training.predictor import Predictor

#: Length of each simulated person's walk, s.
WALK_S = 600.0
PIPE = gc.Pipeline(
    model="lstm",
    inputs=("*_foot_acc_*", "*_foot_gyr_*", "*_shank_acc_*", "*_shank_gyr_*"),
    targets=("right_ankle_angle_flexion",),
    history_ms=1000,
    horizon_ms=100,
)


def person(number: int) -> gc.Recording:
    """One simulated person's walk."""
    _, recording = simulate_person(f"S{number + 1:04d}", WALK_S, [7, number])
    return replace(recording, truth=None)


def make(folder: Path, gigabytes: float) -> None:
    """Write a cohort of so many GB of samples, one person in memory at a time."""
    first = RecordingInfo.of(person(0))
    count = max(2, round(gigabytes * 1e9 / first.nbytes))
    names = [f"S{k + 1:04d}" for k in range(count)]
    infos = [replace(first, subject=name, trial=name) for name in names]
    recordings = OnDemand(lambda trial: person(int(trial[1:]) - 1), infos)
    write_cohort(gc.Cohort("simulated", recordings), folder)
    print(f"{folder}: {count} people, {count * first.nbytes / 1e9:.1f} GB of samples")


def memory_mb() -> tuple[float, float]:
    """Memory of this process that no file stands for, now, and the most that was resident ever."""
    status = Path("/proc/self/status").read_text().split("\n")
    found = {
        line.split(":")[0]: line.split()[1] for line in status if line.startswith(("Rss", "Vm"))
    }
    return int(found["RssAnon"]) / 1024, int(found["VmHWM"]) / 1024


def train(folder: Path, batches: int, people: int | None) -> None:
    """Prepare as `Pipeline.fit` does, then time steps of training."""
    torch.set_num_threads(1)
    began_s = time.perf_counter()
    cohort = gc.load(folder)
    if people:
        cohort = cohort.select(cohort.people[:people])
    at_rate = PIPE.at_rate(cohort)
    assembly = PIPE.assemble(at_rate)
    spans = [Span(info.trial, 0, info.samples) for info in at_rate.infos]
    series, _ = assembly.series({"train": spans})
    forecaster = build("lstm", assembly.signature, {}, 0)
    scalers = fit_scalers("standard", series["train"])
    scaled = Predictor("lstm", {}, forecaster, *scalers).scaled(series["train"])
    settings = PIPE.training_settings()
    windows = assembly.signature.windows(scaled)
    made, burn_in = training_batches(forecaster, windows, settings, 0)
    held = "on disk" if isinstance(Place.of(scaled[0].features), Place) else "in memory"
    print(
        f"{len(at_rate.people)} people, series {held}: {len(windows):,} windows ready after "
        f"{time.perf_counter() - began_s:.0f} s; {memory_mb()[0]:.0f} MB"
    )
    module = ForecastModule(forecaster.train(), settings, burn_in, 0, validated=False)
    descent = torch.optim.Adam(forecaster.parameters(), lr=1e-3)
    steps, most_mb = [], 0.0
    epochs = itertools.chain.from_iterable(itertools.repeat(made))
    for number, (x, y) in enumerate(itertools.islice(epochs, batches)):
        if number % 100 == 0:
            most_mb = max(most_mb, memory_mb()[0])
            steps.append(time.perf_counter())
        loss = module.training_step((x, y))
        descent.zero_grad()
        loss.backward()
        descent.step()
    each_ms = np.diff(steps) * 10
    print(
        f"{batches} batches of {settings.batch} windows: {np.median(each_ms):.2f} ms each "
        f"({np.quantile(each_ms, 0.25):.2f} to {np.quantile(each_ms, 0.75):.2f}); at most "
        f"{most_mb:.0f} MB, with mapped files {memory_mb()[1]:.0f} MB"
    )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["make", "train"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--batches", type=int, default=3000)
    parser.add_argument("--people", type=int)
    asked = parser.parse_args()
    if asked.what == "make":
        make(asked.folder, asked.gigabytes)
    else:
        train(asked.folder, asked.batches, asked.people)


if __name__ == "__main__":
    main()
