"""A study, its recordings and the folder of its results; recordings are read once per process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.datasets import load, stamp_source
from gaitcast.evaluation.splits import Split
from gaitcast.study.complete import complete_only
from gaitcast.study.preparation import prepare
from gaitcast.study.study import Study
from gaitcast.training import LogKind

#: Dataset and its options, preparations, folder, clock, stamp of the files.
Asked = tuple[str, tuple[str, ...], Path | None, str, str]
#: What another process has read for this one.
_HANDED: dict[Asked, Cohort] = {}


@dataclass(frozen=True)
class Workspace:
    """A study, its recordings and the folder of its results.

    Parameters
    ----------
    study : Study
        What to run.
    data : str, Path or None
        Folder of the recordings; kept as a Path.
    out : str or Path
        Folder of results; finished fits lie in ``out/fits``, their losses in ``out/logs``.
    log : str
        How losses are written: ``csv``, ``tensorboard``, ``mlflow`` or ``none``.
    devices : int
        Each fit is spread over so many GPUs, or processes where there is none.
    recordings : Cohort, optional
        At any rates; instead of what the study's ``[data]`` names.
    """

    study: Study
    data: Path | None
    out: Path
    log: LogKind = "csv"
    devices: int = 1
    recordings: Cohort | None = None

    def __post_init__(self) -> None:
        if self.data is not None:
            object.__setattr__(self, "data", Path(self.data))
        object.__setattr__(self, "out", Path(self.out))

    def cohort(self, clock: str) -> Cohort:
        """Recordings on the uniform or the recorded clock, read once per process.

        Parameters
        ----------
        clock : str
            ``uniform`` or ``recorded``.

        Returns
        -------
        Cohort
            Shared; do not change.
        """
        if self.recordings is None:
            return _cohort(*self._asked(clock))
        return self._at_rate if clock == "uniform" else self.recordings

    @cached_property
    def _at_rate(self) -> Cohort:
        """The given recordings at the working rate of the study's pipelines."""
        study, first = self.study, self.study.models[0]
        pipeline = study.pipeline(
            first,
            first.inputs[0],
            first.steps[0],
            max(study.horizons_ms),
            rate_hz=study.data.resample_hz,
        )
        return pipeline.at_rate(self.recordings) if self.recordings else self.cohort("uniform")

    def __getstate__(self) -> dict[str, Any]:
        # Workers are handed the recordings once, not with every job.
        stamp = self.stamp if self.recordings is not None else None
        kept = {k: v for k, v in vars(self).items() if k != "_at_rate"}
        return {**kept, "recordings": None, **({"stamp": stamp} if stamp else {})}

    def held(self) -> dict[Asked, Cohort]:
        """Recordings of all splits, for the processes that fit.

        Returns
        -------
        dict
            For :func:`hold`.
        """
        clocks = {split.clock for split in self.study.splits}
        return {self._asked(clock): self.cohort(clock) for clock in clocks}

    def _asked(self, clock: str) -> Asked:
        table = self.study.data
        dataset = table.model_dump_json(exclude={"prepare"})
        return dataset, tuple(table.prepare), self.data, clock, self.stamp

    @cached_property
    def stamp(self) -> str:
        """Which state of its files this workspace reads: the one when it was first asked."""
        table = self.study.data
        if self.recordings is not None:
            return fingerprint(self.recordings)
        return stamp_source(
            table.dataset, self.data, (table.options.get(key) for key in ("mapping", "people"))
        )

    def split(self, name: str) -> Split:
        """A split by name.

        Parameters
        ----------
        name : str
            Of the split.

        Returns
        -------
        Split
            From the study.
        """
        return next(s for s in self.study.splits if s.name == name)


def hold(cohorts: Mapping[Asked, Cohort]) -> None:
    """Take recordings that another process has read.

    Parameters
    ----------
    cohorts : dict
        From :meth:`Workspace.held` there.
    """
    _HANDED.clear()
    _HANDED.update(cohorts)


def hold_too(cohorts: Mapping[Asked, Cohort]) -> None:
    """Take recordings besides those of other studies that this process works for."""
    _HANDED.update(cohorts)


def let_go(cohorts: Mapping[Asked, Cohort]) -> None:
    """Forget recordings that another process has read."""
    for asked in cohorts:
        _HANDED.pop(asked, None)


@lru_cache(maxsize=32)
def _cohort(
    dataset_json: str, steps: tuple[str, ...], folder: Path | None, clock: str, stamp: str
) -> Cohort:
    """Recordings with some preparations; each is made on those with one fewer, which are kept."""
    asked = (dataset_json, steps, folder, clock, stamp)
    if asked in _HANDED:
        return _HANDED[asked]
    if steps:
        return prepare(_cohort(dataset_json, steps[:-1], folder, clock, stamp), steps[-1:])
    table = json.loads(dataset_json)
    cohort = load(
        table["dataset"],
        folder,
        rate_hz=table["resample_hz"] if clock == "uniform" else None,
        max_gap_s=table["max_gap_s"],
        **table["options"],
    )
    cohort = complete_only(cohort, table["complete"], table["least_s"])
    return cohort.confirm_participants() if table["participants"] == "confirmed" else cohort


@lru_cache(maxsize=2)
def fingerprint(cohort: Cohort) -> str:
    """Hash of every sample, time stamp, event and covariate."""
    digest = hashlib.sha256()
    for subject, known in sorted(cohort.subjects.items()):
        digest.update(subject.encode() + _known_text(known))
    for recording in cohort:
        content = (recording.trial, recording.subject, recording.channels)
        digest.update(repr((*content, recording.rate_hz, recording.max_gap_s)).encode())
        digest.update(np.ascontiguousarray(recording.time_s).tobytes())
        digest.update(np.ascontiguousarray(recording.samples).tobytes())
        digest.update(_known_text(recording.covariates))
        for event, times in sorted(recording.events.items()):
            digest.update(event.encode() + np.asarray(times, float).tobytes())
    return digest.hexdigest()


def _known_text(known: Mapping[str, float | str]) -> bytes:
    """Whatever kind of float a loader gives."""
    values = {name: v if isinstance(v, str) else float(v) for name, v in known.items()}
    return repr(sorted(values.items())).encode()
