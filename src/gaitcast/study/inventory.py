"""What recordings hold, and how much of it, before a study is written on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gaitcast.cohort import Cohort, RecordingInfo
from gaitcast.recording import Recording
from gaitcast.study.complete import true_runs

#: So many recordings are read; of more, evenly chosen ones.
MOST_READ = 400


@dataclass(frozen=True)
class TrialContent:
    """One recording, without its samples.

    Parameters
    ----------
    info : RecordingInfo
    missing : dict of str to numpy.ndarray, shape (n,)
        Of the channels that miss a sample, where they do.
    """

    info: RecordingInfo
    missing: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, recording: Recording) -> TrialContent:
        """A recording at hand, described."""
        nan = np.isnan(recording.samples)
        missing = {name: nan[:, k] for k, name in enumerate(recording.channels) if nan[:, k].any()}
        return cls(RecordingInfo.of(recording), missing)

    def missing_share(self, name: str) -> float:
        """Share of the samples that a channel misses, 0 to 1; 1 where it is absent."""
        if name not in self.info.channels:
            return 1.0
        return float(self.missing[name].mean()) if name in self.missing else 0.0

    def runs_s(self, names: Iterable[str]) -> list[float]:
        """Durations, s, of the parts in which all of some channels were measured."""
        if not set(names) <= set(self.info.channels):
            return []
        gone = [self.missing[name] for name in names if name in self.missing]
        if not gone:
            return [self.info.duration_s]
        known = ~np.logical_or.reduce(gone)
        return [(rows.stop - rows.start) / self.info.rate_hz for rows in true_runs(known)]


@dataclass(frozen=True)
class Inventory:
    """What the recordings of a cohort hold.

    Parameters
    ----------
    cohort : Cohort
    trials : tuple of TrialContent
        Those that were read.
    """

    cohort: Cohort
    trials: tuple[TrialContent, ...]

    @classmethod
    def of(cls, cohort: Cohort) -> Inventory:
        """Read the recordings of a cohort, evenly chosen ones of very many.

        Parameters
        ----------
        cohort : Cohort
            At any rates.
        """
        infos = cohort.infos
        count = min(len(infos), MOST_READ)
        chosen = np.unique(np.linspace(0, len(infos) - 1, count).round().astype(int))
        return cls(cohort, tuple(TrialContent.of(cohort[infos[k].trial]) for k in chosen))

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Names in order of first appearance, of all recordings."""
        return tuple(dict.fromkeys(n for info in self.cohort.infos for n in info.channels))

    def measuring(self, names: Sequence[str]) -> Inventory:
        """Only the recordings in which some channels were measured, at least in part."""
        kept = [t for t in self.trials if all(t.missing_share(name) < 1 for name in names)]
        return replace(self, trials=tuple(kept))

    def missing_share(self, name: str) -> float:
        """Share of all samples that a channel misses, 0 to 1."""
        weights = [trial.info.samples for trial in self.trials]
        shares = [trial.missing_share(name) for trial in self.trials]
        return float(np.average(shares, weights=weights)) if sum(weights) else 1.0

    def runs(self, names: Sequence[str]) -> list[tuple[str, float]]:
        """Participant and duration, s, of each part in which some channels were measured."""
        return [(t.info.subject, run_s) for t in self.trials for run_s in t.runs_s(names)]

    @property
    def whole(self) -> bool:
        """Whether every recording was read."""
        return len(self.trials) == len(self.cohort)

    def is_known(self, word: str) -> bool:
        """Whether a covariate is known, as a number, of all participants."""
        subjects = self.cohort.subjects
        values = [subjects.get(person, {}).get(word) for person in self.cohort.people]
        return all(isinstance(value, int | float) and np.isfinite(value) for value in values)
