"""From recordings to series: the one place where features, targets and covariates meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort, OnDemand
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature
from gaitcast.recording import Recording
from gaitcast.runtime.wearer import beyond_training
from gaitcast.signal import Chain
from gaitcast.tasks import Series, Span, cut_series
from gaitcast.tasks.mapped_rows import mapped
from gaitcast.training.augment import Augmentation

#: From a part's name, a span's number in it and its length to the windows that belong to the part.
Masks = Callable[[str, int, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Assembly:
    """Recordings at the working rate, and all that turns them into series of one shape.

    Parameters
    ----------
    cohort : Cohort
        At the working rate of `chain`.
    chain : Chain
        Signal steps, bound to the raw channels.
    signature : Signature
        What the model is built for.
    wearers : dict of str to numpy.ndarray, shape (covariates,)
        Covariates of each trial's participant.
    late_s : dict of str to float
        By raw channel, how long after its instant a device has its value.
    gap_s : float
        Least distance of two parts of one recording. Where the steps remember for longer, what is
        learnt from is run through them apart, from a fresh state.
    pad : int
        Samples by which the model's history is longer than the task's: so many stand in front of
        each series, so that it forecasts at the same instants as the others.
    """

    cohort: Cohort
    chain: Chain
    signature: Signature
    wearers: Mapping[str, np.ndarray] = field(default_factory=dict)
    late_s: Mapping[str, float] = field(default_factory=dict)
    gap_s: float = np.inf
    pad: int = 0

    def learned(self, spans: Sequence[Span]) -> Assembly:
        """With what its signal steps learn from the training part.

        Parameters
        ----------
        spans : sequence of Span
            Of the training part, never of anyone who is tested.

        Returns
        -------
        Assembly
            A new one; itself where no step learns.
        """
        if not self.chain.learns:
            return self
        parts = [_as_known(self._cut(span), self.late_s) for span in spans]
        return replace(self, chain=self.chain.learned(parts))

    def features(self, recording: Recording) -> np.ndarray:
        """Columns of the model at every sample of a recording.

        Parameters
        ----------
        recording : Recording
            At the working rate, with the chain's raw channels.

        Returns
        -------
        numpy.ndarray, shape (n, columns)
            Features, then the covariates of the trial's participant; physical units.

        Raises
        ------
        GaitcastError
            If a channel is absent, or a sample of it was not measured.
        """
        signals = self.chain.run(_as_known(recording, self.late_s))
        known = self.wearers.get(recording.trial, np.zeros(0))
        return np.hstack([signals, np.tile(known, (len(signals), 1))])

    def beyond(self, ranges: Mapping[str, tuple[float, float]]) -> dict[str, list[str]]:
        """Participants whose covariates lie beyond those of the training people.

        Parameters
        ----------
        ranges : dict of str to tuple of float
            :attr:`~gaitcast.training.Predictor.covariate_range` of a fitted predictor.

        Returns
        -------
        dict of str to list of str
            Lines by person; only people with any.
        """
        found = {}
        for trial, known in self.wearers.items():
            values = dict(zip(self.signature.covariates, map(float, known), strict=True))
            if lines := beyond_training(values, ranges):
                found[self._people[trial]] = lines
        return found

    def series(
        self, parts: Mapping[str, Sequence[Span]], masks: Masks | None = None
    ) -> tuple[dict[str, list[Series]], int]:
        """Features and targets of every part.

        Parameters
        ----------
        parts : dict of str to sequence of Span
            Such as ``train``, ``validation``, ``calibration`` and ``test``.
        masks : callable, optional
            Which windows of each span belong to a part; all of them without it.

        Returns
        -------
        tuple of dict of str to list of Series, and int
            Physical units, and how many series were left out since no window fits into them.
        """
        named, places = self._cuts(parts, masks), list[tuple[str, int]]()

        def each() -> Iterator[Series]:
            for part, number, series in named:
                places.append((part, number))
                yield series

        on_demand = isinstance(self.cohort.recordings, OnDemand)
        found = mapped(each()) if on_demand else list(each())
        made: dict[str, list[Series]] = {part: [] for part in parts}
        # Trial by trial, so that each is read once; then as the spans stand.
        order = sorted(zip(places, found, strict=True), key=lambda one: one[0][1])
        left_out = 0
        for (part, _), series in order:
            long = len(series) >= self.signature.span
            left_out += not long
            if long:
                made[part].append(series)
        return made, left_out

    def _cuts(
        self, parts: Mapping[str, Sequence[Span]], masks: Masks | None
    ) -> Iterator[tuple[str, int, Series]]:
        """Series of each part with the number of their span, trial by trial."""
        asked: dict[str, list[tuple[str, int, Span]]] = {}
        for part, spans in parts.items():
            for number, span in enumerate(spans):
                asked.setdefault(span.trial, []).append((part, number, span))
        for trial in sorted(asked):
            recording = self.cohort[trial]
            features = self.features(recording)
            for part, number, span in asked[trial]:
                found = cut_series(recording, features, self.signature.targets, span)
                # A tested participant is still met from the start of the recording, as by a device.
                if self.chain.memory_s > self.gap_s and part != "test":
                    found = [self._alone(self._cut(s.span), s.span) for s in found]
                for one in found:
                    if masks is not None:
                        mask = masks(part, number, len(span))
                        one = replace(
                            one, mask=mask[one.span.start - span.start : one.span.stop - span.start]
                        )
                    yield part, number, self._named(one.padded(self.pad))

    def new_wearers(self, spans: Sequence[Span], how: Augmentation, seed: int) -> list[Series]:
        """Changed copies of training spans, through the steps like any other recording.

        Parameters
        ----------
        spans : sequence of Span
        how : Augmentation
        seed : int

        Returns
        -------
        list of Series
            ``how.copies`` for each span.
        """
        rng, targets = np.random.default_rng([seed, 17]), self.signature.targets
        copies = [
            self._alone(how.apply(self._cut(span), targets, rng), span)
            for _ in range(how.copies)
            for span in spans
        ]
        return [self._named(copy) for copy in copies]

    def _named(self, series: Series) -> Series:
        shape = self.signature
        columns = (*shape.inputs, *shape.covariates)
        person = self._people.get(series.span.trial.split("+")[0], "")
        return replace(series, columns=columns, wanted=shape.targets, person=person)

    @cached_property
    def _people(self) -> dict[str, str]:
        return {info.trial: info.subject for info in self.cohort.infos}

    def _cut(self, span: Span) -> Recording:
        """A span as a recording of its own: inputs and targets only."""
        recording, rows = self.cohort[span.trial], slice(span.start, span.stop)
        names = tuple(dict.fromkeys([*self.chain.inputs, *self.signature.targets]))
        recording.complete(self.chain.inputs)  # raises; targets may be unknown here and there
        return replace(
            recording,
            channels=names,
            time_s=recording.time_s[rows],
            samples=recording.matrix(names)[rows],
            events={},
            truth=None,
        )

    def _alone(self, recording: Recording, span: Span) -> Series:
        """Features and targets of a recording that the steps meet for the first time."""
        targets = recording.matrix(self.signature.targets)
        return Series(
            span,
            np.ascontiguousarray(self.features(recording), dtype=np.float32),
            np.ascontiguousarray(targets, dtype=np.float32),
        )


def check_series(series: Sequence[Series], signature: Signature, where: str) -> None:
    """Raise unless series are what a model is built for.

    Parameters
    ----------
    series : sequence of Series
        Physical units.
    signature : Signature
    where : str
        Named in the error.

    Raises
    ------
    GaitcastError
        If columns differ in number, name or order, a feature is not finite, or a target is
        infinite. One that is not known (NaN) is left out of all that counts.
    """
    wanted = (*signature.inputs, *signature.covariates)
    for one in series:
        place = f"{where}, trial '{one.span.trial}'"
        for kind, values, names, expected in (
            ("features", one.features, one.columns, wanted),
            ("targets", one.targets, one.wanted, signature.targets),
        ):
            if values.shape != (len(one), len(expected)) or (names and names != expected):
                found = ", ".join(names) or f"{values.shape[-1]} columns"
                raise GaitcastError(
                    f"{kind} are {found}", where=place, hint=f"Expected: {', '.join(expected)}"
                )
            wrong = ~np.isfinite(values) if kind == "features" else np.isinf(values)
            if wrong.any():
                row, column = np.argwhere(wrong)[0]
                second = (one.span.start + row) / signature.rate_hz
                raise GaitcastError(
                    f"'{expected[column]}' is not a number {second:.2f} s after the start",
                    where=place,
                    hint="Fill or cut those samples",
                )


def needed_from_a_device(inputs: Sequence[str], targets: Sequence[str]) -> tuple[str, ...]:
    """Inputs that no IMU gives: a device has to measure them by other means.

    Parameters
    ----------
    inputs, targets : sequence of str
        Raw channels.

    Returns
    -------
    tuple of str
        Targets among the inputs, and what is no acceleration, rate of turn or magnetic field.
    """
    imu = ("acc", "gyr", "mag", "accdev", "gyrdev")
    return tuple(n for n in inputs if n in targets or Channel.parse(n).quantity not in imu)


def _as_known(recording: Recording, late_s: Mapping[str, float]) -> Recording:
    """The recording as a device has it: late channels hold the value that has arrived."""
    shifts = {n: round(d * recording.rate_hz) for n, d in late_s.items() if n in recording.channels}
    if not any(shifts.values()):
        return recording
    samples = recording.samples.copy()
    for name, shift in shifts.items():
        column = recording.channels.index(name)
        for segment in recording.segments():
            rows = np.arange(segment.start, segment.stop)
            before = np.maximum(rows - shift, segment.start)
            samples[rows, column] = recording.samples[before, column]
    return replace(recording, samples=samples)
